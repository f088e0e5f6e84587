"""Whether instances satisfy the hypotheses: what is realised obeys its domain, and assumptions hold.

A claim says nothing outside its domain, so that an instance there neither holds nor violates it. Constraints
and assumptions are evaluated with bounds like the sides: an equation fails where it visibly does, and an
inequality holds where it certainly does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Constraint, Numbers

from .compile.kernel import Kernel
from .device.backend import Backend

Array: TypeAlias = Any

OUTSIDE, UNSURE, INSIDE = -1, 0, 1
EPS = float(np.finfo("float64").eps)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A hypothesis that an instance may violate.

    Attributes:
        sides: the two terms of an equation, or one term twice that has to obey a constraint.
        constraint: that constraint; None for an equation.
    """

    sides: Comparison
    constraint: Constraint | None


def conditions_of(comparison: Comparison) -> Iterable[Condition]:
    """The hypotheses that sampling does not see to: constraints of what is realised, and assumptions."""
    for name, term in comparison.realised.items():
        domain = comparison.given[name]
        if isinstance(domain, Numbers) and domain.constraint != "real":
            yield Condition(sides=replace(comparison, lhs=term, rhs=term), constraint=domain.constraint)
    for lhs, rhs in comparison.assumptions:
        yield Condition(sides=replace(comparison, lhs=lhs, rhs=rhs), constraint=None)


def membership(
    backend: Backend,
    conditions: Sequence[tuple[Condition, Kernel]],
    arrays: Mapping[str, Array],
    positions: Mapping[str, int],
    count: int,
) -> Array:
    """For each instance of a batch INSIDE, UNSURE or OUTSIDE.  [batch …], … -> [batch]"""
    found = np.full(count, INSIDE)
    for condition, kernel in conditions:
        sides = (np.asarray(backend.get(x), "float64") for x in kernel.bounds(backend, arrays, positions))
        lhs, lhs_error, rhs, rhs_error = sides
        with np.errstate(all="ignore"):
            if condition.constraint is None:
                sure, fails = _vanishes(lhs - rhs, lhs_error + rhs_error)
            else:
                sure, fails = OBEYS[condition.constraint](lhs, lhs_error)
            known = np.isfinite(lhs_error + rhs_error)
        found = np.minimum(found, _standing(sure & known, fails & known, count))
    return found


def _standing(sure: Array, fails: Array, count: int) -> Array:
    """One of three answers an instance, from those of its entries."""
    sure = np.all(np.broadcast_to(sure, (count, *sure.shape[1:])).reshape(count, -1), axis=1)
    fails = np.any(np.broadcast_to(fails, (count, *fails.shape[1:])).reshape(count, -1), axis=1)
    return np.where(fails, OUTSIDE, np.where(sure, INSIDE, UNSURE))


def _vanishes(x: Array, error: Array) -> tuple[Array, Array]:
    fails = np.abs(x) > error * (1 + 8 * EPS)
    return ~fails & np.isfinite(x), fails


def _positive(x: Array, error: Array) -> tuple[Array, Array]:
    return x > error, x <= -error


def _zero_or_one(x: Array, error: Array) -> tuple[Array, Array]:
    return _vanishes(np.minimum(np.abs(x), np.abs(x - 1)), error)


def _symmetric(x: Array, error: Array) -> tuple[Array, Array]:
    return _vanishes(x - np.swapaxes(x, -1, -2), error + np.swapaxes(error, -1, -2))


def _definite(x: Array, error: Array) -> tuple[Array, Array]:
    """Symmetric, and certainly definite: elimination succeeds after a shift by all that it may get wrong.

    The computed factors are those of A + ΔA with ‖ΔA‖ ≤ γ(n+1) / (1 − γ(n+1)) · tr A (Higham 2002,
    section 10.1). Definiteness fails where vᵀ A v ≤ 0 certainly, for v the last computed eigenvector.
    """
    sure, fails = _symmetric(x, error)
    n = x.shape[-1]
    gamma = (n + 1) * EPS / (1 - (n + 1) * EPS)
    trace = np.sum(np.abs(np.diagonal(x, axis1=-2, axis2=-1)), axis=-1)
    shift = (4 * gamma * trace + np.max(np.sum(error, axis=-1), axis=-1)) * (1 + 8 * n * EPS)
    certain = _eliminates(x - shift[:, None, None] * np.eye(n))
    return sure & certain[:, None, None], fails | (largest_form(x, error) <= 0)[:, None, None]


def largest_form(a: Array, error: Array) -> Array:
    """An upper bound of vᵀ A v, for |A − a| ≤ error and some vector v that makes it small.  [… n n] -> […]"""
    finite = np.where(np.isfinite(a), a, 0.0)
    v = np.linalg.eigh((finite + np.swapaxes(finite, -1, -2)) / 2)[1][..., :1]
    row, sizes = np.swapaxes(v, -1, -2), np.abs(v)
    n = a.shape[-1]
    rounding = 4 * (n + 2) * EPS * (np.swapaxes(sizes, -1, -2) @ np.abs(a) @ sizes)
    slack = np.swapaxes(sizes, -1, -2) @ error @ sizes * (1 + 4 * (n + 2) * EPS)
    return (row @ a @ v + rounding + slack)[..., 0, 0]


def _eliminates(a: Array) -> Array:
    """Whether Gaussian elimination without pivoting meets positive pivots only.  [batch n n] -> [batch]"""
    a = a.copy()
    good = np.ones(len(a), bool)
    for k in range(a.shape[-1]):
        pivot = a[:, k, k]
        good &= pivot > 0
        column = a[:, k + 1 :, k]
        a[:, k + 1 :, k + 1 :] -= column[:, :, None] * (column / pivot[:, None])[:, None, :]
    return good


OBEYS: Mapping[Constraint, Callable[[Array, Array], tuple[Array, Array]]] = {
    "positive": _positive,
    "mask": _zero_or_one,
    "symmetric": _symmetric,
    "positive definite": _definite,
}
"""For each constraint: where entries with errors certainly obey it, and where they certainly do not."""
