"""The points of feature maps: how many there are at most, and that axes of features are axes of their own."""

from collections.abc import Mapping
from math import prod

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Features, Index, Numbers
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

from .graph import Unsupported
from .sizes import Sizes, extent


def require_free_features(comparison: Comparison) -> None:
    """Refuse an axis of features whose size is not free: it has to hold as many as there are points.

    Raises:
        Unsupported: it has a fixed size, or is an axis of points or of positions too.
    """
    maps = [d for d in comparison.given.values() if isinstance(d, Features)]
    points = {part for d in maps for part in summands(d.points)}
    for axis in {d.features: None for d in maps}:
        if axis == "1" or "+" in axis:
            raise Unsupported(
                f"the axis of features {axis} has a fixed size, and the kernel's features need more"
            )
        if axis in points or any(_counts(d, axis, points) for d in comparison.given.values()):
            raise Unsupported(
                f"the axis of features {axis} is another axis too, whose size would bound the number of points"
            )


def _counts(domain: object, axis: str, points: set[str]) -> bool:
    """Whether an axis of features counts points, or positions."""
    match domain:
        case Numbers(axes, _):
            return axis in axes and axes[-1] != axis and axes[-1] in points
        case Index(name):
            return axis in summands(name)
    return False


def features_needed(comparison: Comparison, domain: Features, sizes: Mapping[str, int]) -> int:
    """As many features as there can be distinct points, and one more.

    Points are rows of variables, and whatever else a feature map is applied to, constants among it.
    """
    rows = [
        d.axes[:-1]
        for name, d in comparison.given.items()
        if isinstance(d, Numbers) and name not in comparison.realised and d.axes[-1:] == (domain.points,)
    ]
    given = sum(prod(extent(axis, sizes) for axis in axes) for axes in rows)
    return 1 + max(given, _applied(comparison, domain.features, sizes))


def _applied(comparison: Comparison, features: str, sizes: Sizes) -> int:
    """At how many points the maps into an axis are evaluated, at most; equal terms count once."""
    repeats: dict[Term, int] = {}

    def visit(term: Term, times: int) -> None:
        if repeats.get(term, 0) < times:
            repeats[term] = times
            for child in children(term):
                visit(child, times * _iterations(term, sizes))

    assumed = [side for pair in comparison.assumptions for side in pair]
    for root in (comparison.lhs, comparison.rhs, *comparison.realised.values(), *assumed):
        visit(root, 1)
    counts: dict[object, int] = {}
    for term, times in repeats.items():
        if isinstance(term, Feature) and term.features == features:
            closed = not any(isinstance(t, Bound) for t in walk(term.point))
            key = (term.function, digest(term.point)) if closed else term
            rows = prod(extent(axis, sizes) for axis in term.point.axes[:-1])
            counts[key] = rows if closed else rows * times
    return sum(counts.values())


def _iterations(term: Term, sizes: Sizes) -> int:
    """How often a node evaluates what lies under it, at most."""
    match term:
        case LoopState(loop, _) | LoopReads(loop):
            return extent(loop.axis, sizes)
        case Each(_, _, sequences):
            return extent(sequences[0].axes[0], sizes)
    return 1
