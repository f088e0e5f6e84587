"""What the bounds of all operations share: errors as text, their debts, reserves and conditions."""

from ..device.model import Model
from .source import Error, Source, number

RESERVE = 4096.0
"""Underflows that a new error has in reserve."""


def settle(debt: float, model: Model) -> float:
    """What an error that is too small by (1 − u)^debt is multiplied by: (1 − u)^−debt ≤ 1 + 2·debt·u.

    Raises:
        OverflowError: the sums are so long that this precision says nothing.
    """
    if debt * model.u > 0.25:
        raise OverflowError(f"{debt:.3g} roundings in a row are too many for {model.dtype}")
    return 1 + 2 * debt * model.u


def literal(value: float, reserve: float = 1.0) -> Error:
    """An error that is one number."""
    return Error(text=number(value), scalar=True, debt=1, reserve=reserve)


def written(source: Source, x: int, text: str, debt: float, reserve: float = RESERVE) -> Error:
    """An error under its own name; RESERVE stands for a text that adds ``floor``."""
    return Error(text=source.bind(x, text, "e"), debt=debt, reserve=reserve)


def floor(source: Source, losses: float = 0.0) -> str:
    """The absolute term: ``losses`` underflows, and a reserve."""
    return number((losses + RESERVE + 16) * source.model.tiny)


def debt_of(*errors: Error | None) -> float:
    """The largest debt of some errors."""
    return max((error.debt for error in errors if error), default=0.0)


def as_array(source: Source, error: Error, like: int) -> str:
    """An error as an array of its node's shape."""
    return f"xp.full_like({source.array(like)}, {error.text})" if error.scalar else error.text


def finite(source: Source, x: int) -> list[str]:
    """The condition that a value is finite, where its error does not say so."""
    return [f"({source.magnitude(x)} <= largest)"] if source.may_hide_overflow(x) else []


def where(conditions: list[str], text: str) -> str:
    """The text where all conditions hold, else infinity; NaN satisfies none."""
    return f"xp.where({' & '.join(conditions)}, {text}, infinity)" if conditions else text
