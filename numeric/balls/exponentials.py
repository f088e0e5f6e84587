"""Sums of polynomials times exponentials of quadratic polynomials, with balls as coefficients.

This is what a body under a mean over normal numbers is made of. A variable is a number; a monomial is the
sorted tuple of the variables in it, as often as they occur.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flint import arb, arb_mat

from .ballarray import ONE, ZERO
from .precision import UndefinedError

Monomial: TypeAlias = tuple[int, ...]
Polynomial: TypeAlias = Mapping[Monomial, arb]

NOTHING: Polynomial = {}


@dataclass(frozen=True, eq=False)
class Term:
    """A polynomial times e to a polynomial without constant term."""

    factor: Polynomial
    exponent: Polynomial


@dataclass(frozen=True, eq=False)
class ExpPolynomial:
    """A sum of terms, the one without an exponential first if there is one."""

    terms: tuple[Term, ...]

    def __add__(self, other: "Operand") -> "ExpPolynomial":
        plain: list[Term] = []
        rest: list[Term] = []
        for term in (*self.terms, *lift(other).terms):
            (rest if term.exponent else plain).append(term)
        merged = Term(total(term.factor for term in plain), NOTHING)
        return ExpPolynomial((merged, *rest) if plain else tuple(rest))

    def __mul__(self, other: "Operand") -> "ExpPolynomial":
        products = (
            ExpPolynomial((Term(product(a.factor, b.factor), total((a.exponent, b.exponent))),))
            for a in self.terms
            for b in lift(other).terms
        )
        result = ExpPolynomial(())
        for part in products:
            result = result + part
        return result

    def __neg__(self) -> "ExpPolynomial":
        return self * arb(-1)

    def __sub__(self, other: "Operand") -> "ExpPolynomial":
        return self + lift(other) * arb(-1)

    def __rsub__(self, other: "Operand") -> "ExpPolynomial":
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: "Operand") -> "ExpPolynomial":
        return self * lift(other) ** -1

    def __rtruediv__(self, other: "Operand") -> "ExpPolynomial":
        return lift(other) * self**-1

    def __pow__(self, exponent: int) -> "ExpPolynomial":
        if exponent < 0:
            return self.reciprocal() ** -exponent
        result = lift(ONE)
        for _ in range(exponent):
            result = result * self
        return result

    def reciprocal(self) -> "ExpPolynomial":
        """One over this, where it is a number times an exponential.

        Raises:
            UndefinedError: it is something else.
        """
        if len(self.terms) != 1 or set(self.terms[0].factor) > {()}:
            raise UndefinedError("a mean of a quotient of random numbers", certain=True)
        (term,) = self.terms
        return ExpPolynomial(
            (Term({(): 1 / term.factor.get((), ZERO)}, {m: -c for m, c in term.exponent.items()}),)
        )

    def exp(self) -> "ExpPolynomial":
        """e to this, a polynomial of degree 2 at most.

        Raises:
            UndefinedError: it is something else.
        """
        polynomial = self.terms[0].factor if self.terms else NOTHING
        if any(term.exponent for term in self.terms) or max(map(len, polynomial), default=0) > 2:
            raise UndefinedError("a mean of an exponential of more than a quadratic polynomial", certain=True)
        constant = polynomial.get((), ZERO)
        return ExpPolynomial((Term({(): arb(constant).exp()}, {m: c for m, c in polynomial.items() if m}),))

    def normal_mean(self) -> arb:
        """The mean where every variable is an independent standard normal number.

        Raises:
            UndefinedError: it is infinite, or the balls are too wide to see that it is not.
        """
        return sum((normal_mean(term) for term in self.terms), ZERO)


Operand: TypeAlias = ExpPolynomial | arb


def lift(value: Operand) -> ExpPolynomial:
    """A number as a polynomial."""
    return value if isinstance(value, ExpPolynomial) else ExpPolynomial((Term({(): value}, NOTHING),))


def variable(number: int) -> ExpPolynomial:
    """A variable."""
    return ExpPolynomial((Term({(number,): ONE}, NOTHING),))


def total(polynomials: Iterable[Polynomial]) -> Polynomial:
    """The sum."""
    result: dict[Monomial, arb] = {}
    for polynomial in polynomials:
        for monomial, c in polynomial.items():
            result[monomial] = result[monomial] + c if monomial in result else c
    return result


def product(left: Polynomial, right: Polynomial) -> Polynomial:
    """The product."""
    return total({tuple(sorted((*a, *b))): c * d} for a, c in left.items() for b, d in right.items())


def normal_mean(term: Term) -> arb:
    """E p(w) e^{ℓ·w + w·Q w/2}, which is E p(v) e^{ℓ·Σℓ/2} √det Σ for v normal with mean Σℓ, Σ = (1 − Q)⁻¹."""
    used = sorted({k for monomial in (*term.factor, *term.exponent) for k in monomial})
    place = {k: n for n, k in enumerate(used)}
    precision = [[ONE if i == j else ZERO for j in used] for i in used]
    slope = [ZERO for _ in used]
    for monomial, c in term.exponent.items():
        if len(monomial) == 1:
            slope[place[monomial[0]]] += c
            continue
        i, j = (place[k] for k in monomial)
        precision[i][j] -= c
        precision[j][i] -= c
    if not used:
        return term.factor.get((), ZERO)
    determinant = pivots(precision)
    covariance = arb_mat(precision).inv()
    mean = (covariance * arb_mat([[x] for x in slope])).entries()
    exponent = sum((a * b for a, b in zip(slope, mean, strict=True)), ZERO) / 2
    moments = Moments(mean, [[covariance[i, j] for j in range(len(used))] for i in range(len(used))])
    value = sum((c * moments.of(tuple(place[k] for k in m)) for m, c in term.factor.items()), ZERO)
    return value * exponent.exp() / determinant.sqrt()


def pivots(matrix: list[list[arb]]) -> arb:
    """The determinant of a symmetric matrix that elimination shows to be positive definite.

    Raises:
        UndefinedError: it is not, or the balls are too wide to tell.
    """
    rows, determinant = [list(row) for row in matrix], ONE
    for k, row in enumerate(rows):
        if not row[k] > 0:
            raise UndefinedError("a mean that may be infinite", certain=bool(row[k] <= 0))
        determinant *= row[k]
        for other in rows[k + 1 :]:
            ratio = other[k] / row[k]
            for j in range(k, len(rows)):
                other[j] -= ratio * row[j]
    return determinant


class Moments:
    """Means of products of jointly normal numbers, by Stein's recursion.

    E wᵢ g(w) = μᵢ E g(w) + Σⱼ Σᵢⱼ E ∂ⱼ g(w).
    """

    def __init__(self, mean: list[arb], covariance: list[list[arb]]) -> None:
        self.mean, self.covariance = mean, covariance
        self.known: dict[Monomial, arb] = {(): ONE}

    def of(self, monomial: Monomial) -> arb:
        """The mean of a product of variables."""
        if monomial not in self.known:
            (i, *rest) = monomial
            value = self.mean[i] * self.of(tuple(rest))
            for k, j in enumerate(rest):
                value += self.covariance[i][j] * self.of((*rest[:k], *rest[k + 1 :]))
            self.known[monomial] = value
        return self.known[monomial]
