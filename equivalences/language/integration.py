"""Integrals over an interval, and means over random arrays, taken by the checkers and never by the author."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from .array import Array, Operand, lift, refuse
from .domain import parse_axes
from .term import Axes, Bound, Expectation, Integral, Law, show_axes, walk


@dataclass(frozen=True)
class Distribution:
    """The law of a random array whose entries are independent."""

    axes: Axes
    law: Law


def normal(axes: str = "") -> Distribution:
    """Independent standard normal entries: ``normal("n d")`` is a random matrix, ``normal()`` a number."""
    return Distribution(parse_axes(axes), "normal")


def signs(axes: str = "") -> Distribution:
    """Independent entries that are 1 or −1 with equal chances."""
    return Distribution(parse_axes(axes), "signs")


def expectation(f: Callable[[Array], Array], over: Distribution) -> Array:
    """The mean of f(w), w being a random array: E f(w), entry by entry.  […] -> […]

    The mean is that of the absolutely convergent integral; another normal law is written by its parameters, as
    in ``expectation(lambda w: f(mu + sigma * w), over=normal())``.

    Raises:
        ShapeError: f does not use its argument.
    """
    value, variable = _body("expectation", f, over.axes)
    return Array(Expectation(value.term, variable, over.law))


def integral(f: Callable[[Array], Array], lower: Operand, upper: Operand) -> Array:
    """∫ f(t) dt from ``lower`` to ``upper``, entry by entry; reversed ends change the sign.  […] -> […]

    Raises:
        ShapeError: an end is not a scalar, or f does not use its argument.
    """
    ends = lift(lower), lift(upper)
    for end in ends:
        if end.axes:
            refuse(f"integral from {ends[0]!r} to {ends[1]!r}: both ends are scalars")
    value, variable = _body("integral", f, ())
    return Array(Integral(value.term, variable, ends[0].term, ends[1].term))


def _body(op: str, f: Callable[[Array], Array], axes: Axes) -> tuple[Array, Bound]:
    name = next(iter(inspect.signature(f).parameters), "x")
    variable = Bound(name, axes)
    value = lift(f(Array(variable)))
    if not any(t is variable for t in walk(value.term)):
        refuse(
            f"{op}: the function does not use its argument {name}{show_axes(axes)}, so that there is nothing "
            "to average or to integrate"
        )
    return value, variable
