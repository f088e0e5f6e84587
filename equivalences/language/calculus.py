"""Derivatives, taken by the checkers and never by the author."""

import inspect
from collections.abc import Callable
from typing import Any

from .array import Array, refuse
from .term import Bound, Gradient, StopGradient, Term, show_axes, walk


def gradient(f: Callable[..., Array], wrt: str | None = None) -> Callable[..., Array]:
    """The gradient of a scalar function by its first argument, or by the one named ``wrt``.

    ``gradient(loss)(W, x)`` has the type of W. Only that argument varies: every other occurrence of the
    same array, captured ones included, is a constant.

    Raises:
        ShapeError: the function is not scalar (use ``jacobian``), or does not use the argument.
    """
    return lambda *args: _differentiate(f, args, wrt, scalar=True)


def jacobian(f: Callable[..., Array], wrt: str | None = None) -> Callable[..., Array]:
    """The derivative of an array by an array: axes of the value, then of the argument.

    Raises:
        ShapeError: the function does not use the argument.
    """
    return lambda *args: _differentiate(f, args, wrt, scalar=False)


def stop_gradient(x: Array) -> Array:
    """The same array, held constant by every enclosing gradient; outside a gradient, the identity."""
    return Array(StopGradient(x.term))


def _differentiate(f: Callable[..., Array], args: tuple[Any, ...], wrt: str | None, *, scalar: bool) -> Array:
    name = getattr(f, "__name__", "f")
    position = 0
    if wrt is not None:
        parameters = list(inspect.signature(f).parameters)
        if wrt not in parameters:
            refuse(f"gradient({name}, wrt={wrt!r}): {name} has the parameters {', '.join(parameters)}")
        position = parameters.index(wrt)
    if position >= len(args) or not isinstance(args[position], Array):
        refuse(f"gradient({name}): argument {position + 1}, the one that varies, is not an array")
    at: Term = args[position].term
    hint = list(inspect.signature(f).parameters)[position]
    variable = Bound(hint, at.axes)
    value = f(*args[:position], Array(variable), *args[position + 1 :])
    if not isinstance(value, Array):
        refuse(f"gradient({name}): {name} returned {value!r}, not an array")
    if scalar and value.axes:
        refuse(
            f"gradient({name}): the loss has axes {show_axes(value.axes)} and must be a scalar; "
            "sum it, or use jacobian"
        )
    if not any(t is variable for t in walk(value.term)):
        refuse(
            f"gradient({name}): the loss does not use {hint}, so its gradient would silently be 0; "
            "an array captured from outside counts as a constant, pass it as the argument"
        )
    return Array(Gradient(value.term, variable, at))
