"""Whether a feature map can have its kernel: inner products are symmetric and positive semidefinite.

At points x₁, …, xₘ and for every vector v, Σ vᵢ vⱼ κ(xᵢ, xⱼ) = ‖Σ vᵢ φ(xᵢ)‖² ≥ 0; two points give the
Cauchy–Schwarz inequality. A negative sum, bounds taken into account, excludes every feature map.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from equivalences.language.comparison import Comparison, Kernel
from equivalences.language.domain import Features, Numbers
from equivalences.language.term import Term, Variable, rewrite

from .cases import make_cases
from .compile.kernel import compile_comparison
from .device.backend import Backend
from .device.model import Model
from .families import FAMILIES
from .membership import largest_form

Array: TypeAlias = Any

POINTS = 8
"""Points of a Gram matrix."""
SETS = 4
"""Gram matrices of each family."""


def why_impossible(
    comparison: Comparison, sizes: Mapping[str, int], backend: Backend, model: Model, seed: int
) -> str:
    """Why no feature map of a comparison has its kernel at these sizes; empty if no reason is met."""
    for name, domain in comparison.given.items():
        if isinstance(domain, Features):
            gram = _gram(comparison.kernels[name], domain, sizes, backend, model, seed)
            reason = _defect(*gram)
            if reason:
                return f"no feature map has the kernel of {name}, which is {reason}"
    return ""


def _gram(
    kernel: Kernel, domain: Features, sizes: Mapping[str, int], backend: Backend, model: Model, seed: int
) -> tuple[Array, Array, Array]:
    """κ(xᵢ, xⱼ) with its error, and the bounds of κ(xᵢ, xⱼ) − κ(xⱼ, xᵢ), for all sets.  [sets p p], …"""
    point = Numbers((domain.points,))
    x, y = Variable("x", point.axes), Variable("y", point.axes)
    pair = Comparison({"x": point, "y": point}, _at(kernel, x, y), _at(kernel, y, x))
    compiled = compile_comparison(pair, sizes, model)
    rows = Comparison({"p": Numbers(("+".join("1" * POINTS), domain.points))}, x, y)
    drawn = [
        make_cases(rows, family, sizes, seed=seed, first=0, count=SETS, dtype=model.dtype)["p"]
        for family in FAMILIES
    ]
    points = np.concatenate(drawn)
    flat = (-1, points.shape[-1])
    arrays = {
        "x": backend.put(np.repeat(points, POINTS, axis=1).reshape(flat)),
        "y": backend.put(np.tile(points, (1, POINTS, 1)).reshape(flat)),
    }
    found = compiled.bounds(backend, arrays, {})
    lhs, lhs_error, rhs, rhs_error = (
        np.asarray(backend.get(a), "float64").reshape(-1, POINTS, POINTS) for a in found
    )
    with np.errstate(all="ignore"):  # the factor pays for the rounding of this line
        return lhs, lhs_error, np.abs(lhs - rhs) - (lhs_error + rhs_error) * (1 + 2**-20)


def _at(kernel: Kernel, x: Term, y: Term) -> Term:
    """The kernel at two terms."""
    return rewrite(kernel.value, lambda t: {id(kernel.x): x, id(kernel.y): y}.get(id(t)))


def _defect(gram: Array, error: Array, asymmetry: Array) -> str:
    """What a kernel of a feature map is not, seen in some Gram matrices; sets that overflow say nothing."""
    with np.errstate(all="ignore"):
        finite = np.all(np.isfinite(gram) & np.isfinite(error) & np.isfinite(asymmetry), axis=(1, 2))
    gram, error, asymmetry = gram[finite], error[finite], asymmetry[finite]
    if np.any(asymmetry > 0):
        return "not symmetric"
    if not len(gram):
        return ""
    negative = largest_form(gram, error) < 0
    return "not positive semidefinite" if np.any(negative) else ""
