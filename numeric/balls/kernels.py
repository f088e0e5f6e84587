"""The Gram matrix of a kernel, in balls.

A kernel is split into leaves, such as ⟨x, y⟩, and a scalar function of them. The leaves are computed for all
pairs, by one matrix product where a leaf is the inner product; the function is then taken entry by entry.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from flint import arb

from equivalences.language.comparison import Kernel
from equivalences.language.term import (
    Apply,
    Bound,
    Contract,
    Elementwise,
    Matmul,
    Power,
    Term,
    rewrite,
    walk,
)

from . import linear
from .ballarray import BallArray, chunks, permute, stretch
from .tape import Value

Point: TypeAlias = Sequence[arb]
Gram: TypeAlias = Callable[[Sequence[Point], Sequence[Point]], list[Sequence[arb]]]
"""κ(x, y) for all pairs, a row for every x."""

Evaluate: TypeAlias = Callable[[Term, Mapping[int, Value]], BallArray]
"""The value of a term where bound variables, by identity, have the given values."""


def gram_of(kernel: Kernel, evaluate: Evaluate) -> Gram:
    """The function that computes Gram matrices of a kernel."""
    leaves: list[tuple[Bound, Term]] = []

    def replace(term: Term) -> Term | None:
        if isinstance(term, Elementwise | Apply | Power) or not _depends(term, kernel.x, kernel.y):
            return None
        leaves.append((Bound(f"leaf{len(leaves)}", ()), term))
        return leaves[-1][0]

    outer = rewrite(kernel.value, replace)

    def gram(xs: Sequence[Point], ys: Sequence[Point]) -> list[Sequence[arb]]:
        bound = {id(name): Value(_pairs(leaf, kernel, evaluate, xs, ys)) for name, leaf in leaves}
        values = stretch(evaluate(outer, bound), (len(xs), len(ys)))
        return chunks(values.entries, len(ys), len(xs))

    return gram


def _pairs(
    leaf: Term, kernel: Kernel, evaluate: Evaluate, xs: Sequence[Point], ys: Sequence[Point]
) -> BallArray:
    """A leaf for all pairs."""
    if _is_inner_product(leaf, kernel):
        return linear.matmul(_rows(xs), permute(_rows(ys), (1, 0)))

    def at(x: Point, y: Point) -> arb:
        bound = {id(kernel.x): Value(BallArray((len(x),), x)), id(kernel.y): Value(BallArray((len(y),), y))}
        return evaluate(leaf, bound).entries[0]

    shape = (len(xs), len(ys))
    if not _depends(leaf, kernel.y):
        return stretch(BallArray((len(xs), 1), [at(x, ys[0]) for x in xs]), shape)
    if not _depends(leaf, kernel.x):
        return stretch(BallArray((1, len(ys)), [at(xs[0], y) for y in ys]), shape)
    return BallArray(shape, [at(x, y) for x in xs for y in ys])


def _rows(points: Sequence[Point]) -> BallArray:
    return BallArray((len(points), len(points[0])), [x for point in points for x in point])


def _depends(term: Term, *variables: Bound) -> bool:
    return any(t is variable for t in walk(term) for variable in variables)


def _is_inner_product(leaf: Term, kernel: Kernel) -> bool:
    match leaf:
        case Contract((left, right), _, ()) | Matmul(left, right):
            return {id(left), id(right)} == {id(kernel.x), id(kernel.y)}
    return False
