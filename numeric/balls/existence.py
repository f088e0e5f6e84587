"""Whether a feature map can have the kernel that is asked of it, as far as two points show.

An inner product is symmetric, ⟨u, u⟩ ≥ 0, and by Cauchy and Schwarz ⟨u, v⟩² ≤ ⟨u, u⟩ ⟨v, v⟩, with equality
where there is one feature only.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from flint import arb

from equivalences.language.comparison import Comparison, Kernel
from equivalences.language.domain import Features
from equivalences.language.evidence import Instance

from .evaluation import Evaluation
from .features import extent
from .kernels import gram_of
from .precision import UndefinedError, ball, precision

BITS = 128
PAIRS = (
    (("1/2", "-1", "1/4"), ("-3/4", "5/4", "2")),
    (("1", "1/8", "-1/2"), ("-1", "-1/8", "1/2")),
)
"""Pairs of points, whose entries are repeated as long as the points are."""


def impossible(comparison: Comparison, sizes: Mapping[str, int]) -> str:
    """Why no feature map has its kernel at these sizes; empty where none is seen to be impossible."""
    with precision(BITS):
        for name, kernel in comparison.kernels.items():
            domain = comparison.given[name]
            assert isinstance(domain, Features)
            for pair in PAIRS:
                points = [repeated(entries, extent(domain.points, sizes)) for entries in pair]
                reason = contradiction(comparison, kernel, sizes, points, narrow=domain.features == "1")
                if reason:
                    return f"no feature map has the kernel of {name}: {reason}"
    return ""


def repeated(entries: Sequence[str], width: int) -> list[arb]:
    """A point of so many entries."""
    return [ball(Fraction(entries[k % len(entries)]) * (1 + k // len(entries))) for k in range(width)]


def contradiction(
    comparison: Comparison, kernel: Kernel, sizes: Mapping[str, int], points: list[list[arb]], *, narrow: bool
) -> str:
    """What two points show; ``narrow`` says that there is one feature only."""
    try:
        gram = gram_of(kernel, Evaluation(comparison, Instance(sizes, {})).beneath)
        (a, b), (c, d) = gram(points, points)
    except UndefinedError:
        return ""
    determinant = a * d - b * c
    if not b.overlaps(c):
        return "κ(x, y) ≠ κ(y, x)"
    if a < 0 or d < 0:
        return "κ(x, x) < 0"
    if determinant < 0:
        return "κ(x, y)² > κ(x, x) κ(y, y)"
    if narrow and determinant > 0:
        return "one feature is not enough for two points"
    return ""
