"""What stands for an uninterpreted function at an instance: a fixed cubic with dyadic coefficients.

A claim about every differentiable function has to hold for this one, which is exact over the rationals,
mod p, in balls and in floats alike, and whose first three derivatives do not vanish:

    f(x₁, …)[o] = h(b[o] + Σₖ Σ_c wₖ[o, c] xₖ[c]),    h(u) = u + u²/2 + u³/6.

An activation of one number is u ↦ b + h(w u). Weights and offsets are derived from the function's name.
"""

import hashlib
from fractions import Fraction

WEIGHTS = tuple(Fraction(k, 4) for k in (-3, -2, -1, 1, 2, 3))
CUBIC = (Fraction(0), Fraction(1), Fraction(1, 2), Fraction(1, 6))
"""The coefficients of h, lowest first."""


def weight(function: str, *position: int) -> Fraction:
    """One coefficient of an unknown function: for argument k, output entry o and input entry c.

    >>> weight("f", 0, 1, 2) == weight("f", 0, 1, 2)
    True
    """
    digest = hashlib.sha256(repr((function, *position)).encode()).digest()
    return WEIGHTS[int.from_bytes(digest[:4], "big") % len(WEIGHTS)]


def offset(function: str, output: int) -> Fraction:
    """The offset b[o] of one output entry."""
    return weight(function, -1, output)
