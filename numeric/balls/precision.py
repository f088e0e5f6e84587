"""Working precision, and numbers that enter and leave balls.

FLINT's precision is one setting of the whole process, so it is changed for a block and put back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from math import ceil, log2

from flint import arb, ctx, fmpq

LOG2_10 = log2(10)


class UndefinedError(Exception):
    """A value that does not exist at the instance, or that the balls are too wide to define.

    Attributes:
        reason: what is undefined, in words.
        certain: whether more precision cannot help.
    """

    def __init__(self, reason: str, *, certain: bool) -> None:
        super().__init__(reason)
        self.reason, self.certain = reason, certain


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute with ``bits`` bits inside the block, and as before after it."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def bits_of(digits: int) -> int:
    """The bits that hold so many decimal digits.

    >>> bits_of(1000)
    3322
    """
    return ceil(digits * LOG2_10)


def ball(value: Fraction) -> arb:
    """The ball of a rational number: exact where it is dyadic and fits the precision."""
    if value.denominator == 1:
        return arb(value.numerator)
    return arb(fmpq(value.numerator, value.denominator))


def magnitude(x: arb) -> int:
    """An exponent e with |x| ≤ 2ᵉ on the ball, by at most a factor 4 too large; x is finite and not 0."""
    mantissa, exponent = x.abs_upper().man_exp()
    return int(exponent) + int(mantissa.bit_length())


def show(x: arb, digits: int = 20) -> str:
    """A ball as text: ``[0.333 ± 3.4e-4]``, or the number alone where it is exact and short."""
    return str(x.str(digits)).replace("+/-", "±")


def rounded_up(x: arb) -> str:
    """Three decimal digits of a number that is no smaller than any in the ball, which is not negative."""
    return str((x.upper() * 101 / 100).str(3, radius=False))


def rounded_down(x: arb) -> str:
    """Three decimal digits of a number that is no larger than any in the ball, which is not negative."""
    return str((x.lower() * 99 / 100).str(3, radius=False))
