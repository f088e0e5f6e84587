"""Sizes of axes at an instance, and the shapes that follow."""

from collections.abc import Mapping

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Numbers
from equivalences.language.term import summands

Sizes = Mapping[str, int]


def extent(axis: str, sizes: Sizes) -> int:
    """The size of an axis, written as a name, 1, or a sum of those.

    >>> extent("n+1", {"n": 3})
    4
    """
    return sum(1 if part == "1" else sizes[part] for part in summands(axis))


def given_shapes(comparison: Comparison, sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """The shape of each variable that has to be supplied: arrays that no hypothesis ties down."""
    return {
        name: tuple(extent(axis, sizes) for axis in domain.axes)
        for name, domain in comparison.given.items()
        if isinstance(domain, Numbers) and name not in comparison.realised
    }
