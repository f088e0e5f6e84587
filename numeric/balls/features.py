"""Feature maps in balls: vectors whose inner products are the kernel's.

At finitely many points a positive semidefinite kernel has exact features of finite length: the rows of a
Cholesky factor of the Gram matrix. Rows do not change when points are added, so points are factored as they
are met. ``truncation`` confirms by other means that exp⟨x, y⟩ is such a kernel.
"""

import operator
from collections.abc import Mapping, Sequence
from math import prod

from flint import arb, fmpq_mat

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Features
from equivalences.language.term import (
    Bound,
    Each,
    Feature,
    LoopReads,
    LoopState,
    Term,
    children,
    digest,
    summands,
    walk,
)

from .ballarray import ZERO
from .kernels import Gram, Point
from .precision import UndefinedError
from .truncation import KernelCertificate as KernelCertificate
from .truncation import certify_kernel as certify_kernel

COINCIDENT = "cannot be told apart"
"""Points that are equal, but come from different balls."""


def points_at_most(comparison: Comparison, sizes: Mapping[str, int]) -> dict[str, int]:
    """For each feature axis, a number of features that suffices: a bound of the number of distinct points.

    ``sizes`` has all other axes.
    """
    seen: set[str] = set()
    bounds: dict[str, int] = {d.features: 0 for d in comparison.given.values() if isinstance(d, Features)}
    met: set[int] = set()

    def visit(term: Term, repeats: int) -> None:
        if id(term) in met:
            return
        met.add(id(term))
        if isinstance(term, Feature):
            fixed = not any(isinstance(t, Bound) for t in walk(term.point))
            if not fixed or digest(term.point) not in seen:
                bounds[term.features] += repeats * prod(extent(a, sizes) for a in term.point.axes[:-1])
            if fixed:
                seen.add(digest(term.point))
        for child in children(term):
            visit(child, repeats * _iterations(term, sizes))

    for root in (comparison.lhs, comparison.rhs, *(t for pair in comparison.assumptions for t in pair)):
        visit(root, 1)
    return bounds


def extent(axis: str, sizes: Mapping[str, int]) -> int:
    """The number of indices of an axis."""
    return sum(1 if part == "1" else sizes[part] for part in summands(axis))


def _iterations(term: Term, sizes: Mapping[str, int]) -> int:
    """How often a node evaluates what lies under it, at most."""
    match term:
        case LoopState(loop, _) | LoopReads(loop):
            return extent(loop.axis, sizes)
        case Each(_, _, sequences):
            return extent(sequences[0].axes[0], sizes)
    return 1


class Realisation:
    """One feature map at one instance and precision.

    Attributes:
        points: the distinct points met so far.
        vectors: their features, as far as they are not 0.
        pivots: for each feature, the point that brought it in.
    """

    def __init__(self, name: str, size: int, gram: Gram) -> None:
        self.name, self.size, self.kernel = name, size, gram
        self.points: list[Point] = []
        self.vectors: list[list[arb]] = []
        self.pivots: list[int] = []
        self.gram: list[Sequence[arb]] = []
        self.known: dict[tuple[object, ...], int] = {}
        self.inexact: list[int] = []

    def features(self, points: Sequence[Point]) -> list[list[arb]]:
        """The features of some points; equal points have the same.

        Raises:
            UndefinedError: two points cannot be told apart, there are more of them than features, or the
                kernel is not proved positive semidefinite at them.
        """
        old = len(self.points)
        numbers = [self.number(point) for point in points]
        new = self.points[old:]
        if new:
            for row in self.kernel(new, self.points):
                self.extend(row[: len(self.vectors) + 1])
        return [self.vectors[k] + [ZERO] * (self.size - len(self.vectors[k])) for k in numbers]

    def number(self, point: Point) -> int:
        """The number of a point: a new one if it is certainly distinct from all others."""
        objects = tuple(map(id, point))
        if objects in self.known:
            return self.known[objects]
        exact = all(x.is_exact() for x in point)
        key = tuple(x.man_exp() for x in point) if exact else objects
        if key not in self.known:
            others = self.inexact if exact else range(len(self.points))
            if any(all(map(arb.overlaps, point, self.points[k])) for k in others):
                raise UndefinedError(f"two points of {self.name} {COINCIDENT}", certain=False)
            if not exact:
                self.inexact.append(len(self.points))
            self.known[key] = len(self.points)
            self.points.append(point)
        return self.known[key]

    def extend(self, row: Sequence[arb]) -> None:
        """One more row of the factor, from the kernel of a new point with all before it and itself."""
        vector: list[arb] = []
        for feature, point in enumerate(self.pivots):
            other = self.vectors[point]
            vector.append((row[point] - sum(map(operator.mul, vector, other), ZERO)) / other[feature])
        rest = row[-1] - sum(map(operator.mul, vector, vector), ZERO)
        self.gram.append(row)
        if rest > 0:
            if len(vector) == self.size:
                raise UndefinedError(f"{self.name} needs more than {self.size} features", certain=True)
            self.pivots.append(len(self.vectors))
            vector.append(rest.sqrt())
        elif not self.is_dependent(row):
            raise UndefinedError(
                f"the kernel of {self.name} is not positive semidefinite", certain=bool(rest < 0)
            )
        self.vectors.append(vector)

    def is_dependent(self, row: Sequence[arb]) -> bool:
        """Whether the features of a new point are certainly a combination of those before: decided over ℚ."""
        square = [self.gram[p][q] if q <= p else self.gram[q][p] for p in self.pivots for q in self.pivots]
        column = [row[p] for p in self.pivots]
        if not all(x.is_exact() for x in (*square, *column, row[-1])):
            return False
        n = len(column)
        rational = fmpq_mat(n, 1, [x.fmpq() for x in column])
        inner = fmpq_mat(n, n, [x.fmpq() for x in square]).solve(rational) if n else rational
        return bool((rational.transpose() * inner)[0, 0] == row[-1].fmpq()) if n else bool(row[-1] == 0)
