"""The addition theorems: sine and cosine of a sum of monomials with rational coefficients."""

from fractions import Fraction

from . import algebra, atoms
from .network import ZERO, Network, exact

LONGEST, HIGHEST = 4, 8
"""How many monomials, and which multiple of one, are expanded; beyond, the function is kept whole."""


def angle_sum(name: str, argument: Network) -> Network | None:
    """sin or cos of the argument in those of its monomials, or None where that is too long."""
    multiples = [Fraction(c).numerator for c in argument.terms.values()]
    if len(multiples) > LONGEST or any(abs(k) > HIGHEST for k in multiples):
        return None
    cosine, sine = algebra.constant(1), ZERO
    for monomial, c in argument.terms.items():
        unit = Network({monomial: exact(Fraction(1, Fraction(c).denominator))})
        x = atoms.single(atoms.placed("function", "cos", unit))
        y = atoms.single(atoms.placed("function", "sin", unit))
        if c < 0:
            y = -y
        for _ in range(abs(Fraction(c).numerator)):
            cosine, sine = (
                algebra.multiply(cosine, x) - algebra.multiply(sine, y),
                algebra.multiply(cosine, y) + algebra.multiply(sine, x),
            )
    return sine if name == "sin" else cosine
