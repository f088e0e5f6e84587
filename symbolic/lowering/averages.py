"""The meaning of means over random arrays, and of integrals, of polynomials times exponentials.

A body is a combination of products of entries of the variable, of exponentials of polynomials of it, and of
what does not depend on it; each product is integrated by itself. For a normal variable the exponential
completes the square, which moves the mean and, for a single number, the variance; the moments that are left
are sums over partitions of the factors, one cumulant a block (Isserlis, 1918; for signs see McCullagh, Tensor
Methods in Statistics, 1987, chapter 2).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from equivalences.language.term import Expectation, Integral

from ..networks import atoms
from ..networks.algebra import (
    NO_RENAMING,
    add,
    bind,
    constant,
    contract,
    level,
    multiply,
    pi,
    product,
    raw_terms,
)
from ..networks.derivative import differentiate
from ..networks.network import ZERO, Factor, Head, Index, Network, Rational
from ..networks.positivity import is_positive
from .binding import fresh_entries
from .moments import CUMULANTS, Occurrence, moments
from .places import Binding, Parts, Place, Scope, UnreadableError

if TYPE_CHECKING:
    from .lower import Lowering

HALF = Fraction(1, 2)
DEEPEST = 12
"""The largest degree in the variable."""


def expectation(lowering: "Lowering", term: Expectation, at: tuple[Place, ...], scope: Scope) -> Network:
    """The mean of the body over its random variable.

    Raises:
        UnreadableError: the body is no combination of polynomials times exponentials that are known here.
    """
    body, heads = opened(lowering, term, at, scope)
    products = factored(body, heads)
    if term.law == "signs":
        return add(signed_mean(item) for item in products)
    return add(normal_mean(item) for item in products)


def integral(lowering: "Lowering", term: Integral, at: tuple[Place, ...], scope: Scope) -> Network:
    """The integral of the body between its ends.

    Raises:
        UnreadableError: as ``expectation``.
    """
    body, drawn = opened(lowering, term, at, scope)
    ends = lowering.lower(term.lower, (), scope), lowering.lower(term.upper, (), scope)
    if not drawn:
        return multiply(body, ends[1] - ends[0])
    (head,) = drawn
    return add(definite(item, head, *ends) for item in factored(body, drawn))


def name_of(scope: Scope) -> str:
    """The name of the variable of an average inside so many others."""
    return f"ω{len(scope)}"


def opened(
    lowering: "Lowering", term: Expectation | Integral, at: tuple[Place, ...], scope: Scope
) -> tuple[Network, frozenset[Head]]:
    """The body's entries, and the heads of the variable in it.

    Raises:
        UnreadableError: whether the body is defined depends on the variable.
    """
    found: dict[Head, Parts] = {}
    entries = fresh_entries(lowering, term.variable, name_of(scope), found)
    before = len(lowering.conditions)
    body = lowering.entries(term.body, tuple(k for k, _ in at), {**scope, term.variable: Binding(entries)})
    heads = frozenset(found)
    if any(heads & condition.network.heads for condition in lowering.conditions[before:]):
        raise UnreadableError("an average of what need not be defined for every value of its variable")
    return body, heads


@dataclass(frozen=True)
class Product:
    """A product of a body: what does not depend on the variable, its entries, and an exponent.

    Attributes:
        rest: a number and the factors that do not depend on the variable.
        dummies: the indices that are summed.
        entries: the factors that are entries of the variable, as often as they occur.
        exponent: the sum of the arguments of exponentials that depend on it.
        heads: those of the variable.
    """

    rest: Network
    dummies: frozenset[Index]
    entries: tuple[Occurrence, ...]
    exponent: Network
    heads: frozenset[Head]

    def times(self, *values: Network) -> Network:
        """The factors that do not depend on the variable times what the others became, summed."""
        return contract([(value, NO_RENAMING) for value in (self.rest, *values)], self.dummies)

    def of_degree(self, degree: int) -> Network:
        """The part of the exponent of one degree in the variable.

        Raises:
            UnreadableError: the exponent is no polynomial in it, or its degree is above 2.
        """
        return Network(
            {m: c for m, c in self.exponent.terms.items() if degree_of(list(m), self.heads) == degree}
        )


def factored(body: Network, heads: frozenset[Head]) -> Iterator[Product]:
    """The products of a body.

    Raises:
        UnreadableError: a factor depends on the variable in another way.
    """
    marks = "?" * (1 + level(body.free))
    for c, factors, dummies in raw_terms(body, marks):
        rest: list[Factor] = []
        entries: list[Occurrence] = []
        exponents: list[Network] = []
        for head, indices, e in factors:
            if head in heads:
                if not isinstance(e, int) or not 0 < e <= DEEPEST:
                    raise UnreadableError(f"an average of the power {e} of its variable")
                entries += [(head, indices)] * e
            elif head.argument is None or not heads & head.argument.heads:
                rest.append((head, indices, e))
            elif head.kind == "exp":
                exponents.append(atoms.instantiate(head, indices).scale(e))
            else:
                raise UnreadableError("an average of what is no polynomial times an exponential")
        if len(entries) > DEEPEST:
            raise UnreadableError(f"an average of a polynomial of degree {len(entries)}")
        exponent = add(exponents)
        for monomial in exponent.terms:
            degree_of(list(monomial), heads)
        yield Product(product(c, rest), frozenset(dummies), tuple(entries), exponent, heads)


def degree_of(factors: Sequence[Factor], heads: frozenset[Head]) -> int:
    """The degree of a product in the variable.

    Raises:
        UnreadableError: it is not 0, 1 or 2.
    """
    degree: Rational = 0
    for head, _, e in factors:
        if head in heads:
            degree += e
        elif head.argument is not None and heads & head.argument.heads:
            raise UnreadableError("an average of the exponential of what is no polynomial")
    if degree not in (0, 1, 2):
        raise UnreadableError(f"an average of the exponential of a polynomial of degree {degree}")
    return int(degree)


def signed_mean(item: Product) -> Network:
    """The mean of a product over independent signs.

    Raises:
        UnreadableError: the signs stand in an exponent.
    """
    if item.exponent:
        raise UnreadableError("the mean of an exponential of signs")
    return item.times(*moments(item.entries, {}, {}, CUMULANTS))


def normal_mean(item: Product) -> Network:
    """The mean of a product over independent standard normal entries.

    E e^{a·w} p(w) = e^{|a|²/2} E p(w + a); for one number, with e^{−q w²/2} besides, the precision is 1 + q.

    Raises:
        UnreadableError: a quadratic exponent of an array, or one that may grow too fast.
    """
    square = item.of_degree(2)
    means: dict[Head, Network] = {}
    variances: dict[Head, Network] = {}
    exponents, scale = [item.of_degree(0)], constant(1)
    for head in sorted(item.heads, key=lambda h: h.key):
        at = tuple(Index(sort, f"@{k}") for k, sort in enumerate(head.sorts))
        slope = differentiate(item.of_degree(1), head, at)
        if head in square.heads:
            variances[head] = power_of_precision(square, head)
            scale = multiply(scale, atoms.power(variances[head], HALF))
            means[head] = multiply(slope, variances[head])
        else:
            means[head] = slope
        exponents.append(bind(multiply(slope, means[head]), *at).scale(HALF))
    exponential = atoms.exp(add(exponents))
    return item.times(scale, exponential, *moments(item.entries, means, variances, {2: 1}))


def power_of_precision(square: Network, head: Head) -> Network:
    """The variance of a single normal number whose density is multiplied by the exponential of a square.

    Raises:
        UnreadableError: an array, several numbers, or a precision that is not visibly positive.
    """
    others = {h for m in square.terms for h, _, _ in m if h.kind == "tensor" and h.name.startswith("ω")}
    if head.sorts or others != {head}:
        raise UnreadableError("the mean of the exponential of a quadratic form in several random numbers")
    precision = constant(1) - differentiate(differentiate(square, head, ()), head, ())
    if not is_positive(precision):
        raise UnreadableError("the mean of the exponential of a square that may be too large")
    return atoms.power(precision, -1)


def definite(item: Product, head: Head, lower: Network, upper: Network) -> Network:
    """The integral of t^k e^{−αt²+βt+γ} between two ends; without an exponential, of a power.

    With g = −αt²+βt+γ and g' = β − 2αt: 2α ∫ t^k e^g = β ∫ t^{k−1} e^g + (k−1) ∫ t^{k−2} e^g − [t^{k−1} e^g].

    Raises:
        UnreadableError: an exponent that is linear in the variable, or not visibly concave.
    """
    degree = len(item.entries)
    if not item.exponent:
        powers = atoms.power(upper, degree + 1) - atoms.power(lower, degree + 1)
        return item.times(powers.scale(Fraction(1, degree + 1)))
    double = -differentiate(differentiate(item.of_degree(2), head, ()), head, ())
    if not is_positive(double):
        raise UnreadableError("the integral of an exponential that is not visibly that of a concave square")
    inverse, slope = atoms.power(double, -1), differentiate(item.of_degree(1), head, ())
    centre, root = multiply(slope, inverse), atoms.power(double.scale(HALF), HALF)
    peak = item.of_degree(0) + multiply(slope, centre).scale(HALF)

    def error(t: Network) -> Network:
        return atoms.function("erf", multiply(root, t - centre))

    def edge(t: Network, k: int) -> Network:
        away = t - centre
        value = atoms.exp(peak - multiply(double, away, away).scale(HALF))
        return multiply(atoms.power(t, k), value) if k else value

    whole = multiply(atoms.power(pi(), HALF), atoms.power(root, -1), atoms.exp(peak)).scale(HALF)
    values = [multiply(whole, error(upper) - error(lower))]
    for k in range(1, degree + 1):
        before = values[k - 2].scale(k - 1) if k > 1 else ZERO
        boundary = edge(upper, k - 1) - edge(lower, k - 1)
        values.append(multiply(inverse, multiply(slope, values[k - 1]) + before - boundary))
    return item.times(values[degree])
