"""Intervals that contain the value of an expression at a rational point: how a difference is seen for sure."""

from collections.abc import Callable
from fractions import Fraction
from math import prod
from typing import Any, TypeAlias

import sympy
from mpmath.ctx_iv import MPIntervalContext

from equivalences.language.realisation import CUBIC, offset, weight

from .scalars import STEP, Budget, Scalar, UnreadableError

Interval: TypeAlias = Any
"""An mpmath interval."""

BITS = 200


class Encloser:
    """Encloses expressions at one point, and each node once."""

    def __init__(self, point: Callable[[Scalar], Fraction], budget: Budget) -> None:
        self.context = MPIntervalContext()
        self.context.prec = BITS
        self.point, self.budget = point, budget
        self.known: dict[Scalar, Interval] = {}

    def constant(self, value: Fraction) -> Interval:
        """An interval around a rational number."""
        return self.context.mpf(value.numerator) / value.denominator

    def enclose(self, x: Scalar) -> Interval:
        """An interval that contains the value, perhaps unbounded.

        Raises:
            UnreadableError: a function without an enclosure.
        """
        if x not in self.known:
            self.budget.spend(0.2 * (1 + len(x.args)))
            self.known[x] = self._enclose(x)
        return self.known[x]

    def _enclose(self, x: Scalar) -> Interval:
        iv = self.context
        if x.is_Rational:
            return self.constant(Fraction(int(x.p), int(x.q)))
        if x.is_Symbol:
            return self.constant(self.point(x))
        args = [self.enclose(a) for a in x.args]
        if x.is_Add:
            return sum(args, iv.mpf(0))
        if x.is_Mul:
            return prod(args, start=iv.mpf(1))
        if x.is_Pow:
            return self._power(args[0], x.exp)
        if isinstance(x, sympy.exp):
            return iv.exp(args[0])
        if isinstance(x, sympy.log):
            return iv.log(args[0]) if args[0].a > 0 else self._anything()
        if isinstance(x, sympy.sin):
            return iv.sin(args[0])
        if isinstance(x, sympy.cos):
            return iv.cos(args[0])
        if isinstance(x, sympy.Abs):
            return abs(args[0])
        if x.func is STEP:
            return iv.mpf([int(args[0].a > 0), int(args[0].b > 0)])
        if hasattr(x.func, "equivalence"):
            return self._unknown(x.func.equivalence, args)
        raise UnreadableError(f"no enclosure of {x.func.__name__}")

    def _anything(self) -> Interval:
        return self.context.mpf(["-inf", "inf"])

    def _power(self, base: Interval, exponent: Scalar) -> Interval:
        if exponent.is_Integer:
            if 0 in base and exponent < 0:
                return self._anything()
            value = prod([base] * abs(int(exponent)), start=self.context.mpf(1))
            return value if exponent >= 0 else 1 / value
        if not exponent.is_Rational:
            raise UnreadableError(f"a power {exponent}")
        if not base.a > 0:
            return self._anything()
        return self.context.exp(self.context.log(base) * self.constant(Fraction(exponent.p, exponent.q)))

    def _unknown(self, which: tuple[str, int, tuple[int, ...]], args: list[Interval]) -> Interval:
        """The fixed cubic that stands for an unknown function, or a derivative of it."""
        name, output, derivatives = which
        weights = [self.constant(weight(name, 0, output, k)) for k in range(len(args))]
        inner = sum((w * u for w, u in zip(weights, args, strict=True)), self.constant(offset(name, output)))
        coefficients = list(CUBIC)
        for _ in derivatives:
            coefficients = [k * c for k, c in enumerate(coefficients)][1:]
        value = self.context.mpf(0)
        for c in reversed(coefficients):
            value = value * inner + self.constant(c)
        return value * prod((weights[k] for k in derivatives), start=self.context.mpf(1))


def excludes_zero(x: Interval) -> bool:
    """Whether a bounded interval lies on one side of 0."""
    return bool(x.a > 0 or x.b < 0) and bool(abs(x).b < x.ctx.mpf("inf"))


def factor(gram: list[list[Interval]], encloser: Encloser) -> list[list[Interval]] | None:
    """Cholesky's factor of a Gram matrix: rows whose inner products are its entries.

    None where the matrix is not seen to be positive definite.
    """
    rows: list[list[Interval]] = []
    zero = encloser.context.mpf(0)
    for i, line in enumerate(gram):
        row: list[Interval] = []
        for j in range(i):
            rest = line[j] - sum((a * b for a, b in zip(row, rows[j][:j], strict=True)), zero)
            row.append(rest / rows[j][j])
        square = line[i] - sum((a * a for a in row), zero)
        if not square.a > 0:
            return None
        row.append(encloser.context.sqrt(square))
        rows.append(row)
    return [row + [zero] * (len(gram) - len(row)) for row in rows]
