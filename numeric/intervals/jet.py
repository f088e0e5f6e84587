"""Numbers with a slope, in mpmath's intervals: forward derivatives, one direction at a time.

A jet of level 0 is an interval; one of level k is a value and a slope, both of lower level, so that
derivatives nest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mpmath import iv
from mpmath.libmp.libmpf import ComplexResult

from ..balls.precision import UndefinedError


@dataclass(frozen=True, eq=False, slots=True)
class Jet:
    """A value, and its slope along the direction of the gradient at nesting level ``level``."""

    level: int
    value: Any
    slope: Any = None

    def __add__(self, other: "Jet") -> "Jet":
        level = max(self.level, other.level)
        if not level:
            return Jet(0, self.value + other.value)
        (a, da), (b, db) = parts(self, level), parts(other, level)
        return Jet(level, a + b, da + db)

    def __radd__(self, other: int) -> "Jet":
        return number(other) + self

    def __neg__(self) -> "Jet":
        return Jet(self.level, -self.value, None if self.slope is None else -self.slope)

    def __sub__(self, other: "Jet") -> "Jet":
        level = max(self.level, other.level)
        if not level:
            return Jet(0, self.value - other.value)
        (a, da), (b, db) = parts(self, level), parts(other, level)
        return Jet(level, a - b, da - db)

    def __mul__(self, other: "Jet") -> "Jet":
        level = max(self.level, other.level)
        if not level:
            return Jet(0, self.value * other.value)
        (a, da), (b, db) = parts(self, level), parts(other, level)
        return Jet(level, a * b, da * b + a * db)

    def __truediv__(self, other: "Jet") -> "Jet":
        level = max(self.level, other.level)
        if not level:
            return Jet(0, self.value / other.value)
        (a, da), (b, db) = parts(self, level), parts(other, level)
        quotient = a / b
        return Jet(level, quotient, (da - quotient * db) / b)

    def __pow__(self, exponent: int) -> "Jet":
        if not self.level:
            return Jet(0, self.value**exponent)
        slope = number(exponent) * self.value ** (exponent - 1) * self.slope if exponent else number(0)
        return Jet(self.level, self.value**exponent, slope)


def number(value: int | Fraction) -> Jet:
    """A rational constant."""
    exact = Fraction(value)
    return Jet(0, iv.mpf(exact.numerator) / exact.denominator)


def parts(x: Jet, level: int) -> tuple[Jet, Jet]:
    """Value and slope at a level; a jet of lower level does not move."""
    return (x.value, x.slope) if x.level == level else (x, number(0))


def interval(x: Jet) -> Any:
    """The interval of the value alone."""
    while x.level:
        x = x.value
    return x.value


def apply(function: str, x: Jet) -> Jet:
    """An elementary function.

    Raises:
        UndefinedError: the interval reaches out of the domain.
    """
    if x.level:
        value = apply(function, x.value)
        return Jet(x.level, value, SLOPES[function](x.value, value) * x.slope)
    try:
        return Jet(0, VALUES[function](x.value))
    except ComplexResult:
        raise UndefinedError(f"{function} of a negative number", certain=False) from None


def _relu(x: Any) -> Any:
    low, high = iv.mpf(x.a), iv.mpf(x.b)
    if low >= 0:
        return x
    return iv.mpf(0) if high <= 0 else iv.mpf([0, high.b])


def _step(x: Jet) -> Jet:
    inner = interval(x)
    if iv.mpf(inner.b) <= 0:
        return number(0)
    if iv.mpf(inner.a) > 0:
        return number(1)
    raise UndefinedError("the derivative of relu where the sign is undecided", certain=False)


VALUES: dict[str, Callable[[Any], Any]] = {
    "negate": lambda x: -x,
    "exp": iv.exp,
    "log": iv.log,
    "sqrt": iv.sqrt,
    "tanh": lambda x: 1 - 2 / (iv.exp(2 * x) + 1),
    "sin": iv.sin,
    "cos": iv.cos,
    "relu": _relu,
    "sigmoid": lambda x: 1 / (1 + iv.exp(-x)),
    "softplus": lambda x: iv.log(1 + iv.exp(x)),
}
SLOPES: dict[str, Callable[[Jet, Jet], Jet]] = {
    "negate": lambda x, y: number(-1),
    "exp": lambda x, y: y,
    "log": lambda x, y: number(1) / x,
    "sqrt": lambda x, y: number(Fraction(1, 2)) / y,
    "tanh": lambda x, y: number(1) - y * y,
    "sin": lambda x, y: apply("cos", x),
    "cos": lambda x, y: -apply("sin", x),
    "relu": lambda x, y: _step(x),
    "sigmoid": lambda x, y: y * (number(1) - y),
    "softplus": lambda x, y: apply("sigmoid", x),
}
