"""Membership in a two-sided ideal of noncommutative polynomials, with cofactors.

Letters do not commute; central factors, which stand before a word, do. Completion of a basis by its
overlaps is not guaranteed to end, so it has a budget. A certificate of membership proves an identity for
matrices of all sizes that fit (C. G. Raab, G. Regensburger, J. Hossein Poor, Formal proofs of operator
identities by a single formal computation, 2021).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, TypeAlias

Letter: TypeAlias = tuple[str, bool]
"""The key of an array, and whether it is transposed."""

Word: TypeAlias = tuple[Letter, ...]
Central: TypeAlias = tuple[tuple[str, int], ...]
"""Keys of scalars with exponents, sorted, none with exponent 0."""

Term: TypeAlias = tuple[Central, Word]
Polynomial: TypeAlias = dict[Term, Fraction]

LONGEST = 14
POLYNOMIALS = 60
WORK = 6000


class Cofactor(NamedTuple):
    """coefficient · central · left · generator · right."""

    coefficient: Fraction
    central: Central
    left: Word
    generator: int
    right: Word


class SpentError(Exception):
    """The budget is spent."""


@dataclass(frozen=True)
class Element:
    """A member of the basis: its leading term, the polynomial made monic, and whence it came."""

    lead: Term
    polynomial: Polynomial
    cofactors: tuple[Cofactor, ...]


def times(a: Central, b: Central, sign: int = 1) -> Central:
    """The product of central factors, or with sign −1 the quotient."""
    exponents = dict(a)
    for key, e in b:
        exponents[key] = exponents.get(key, 0) + sign * e
    return tuple(sorted((key, e) for key, e in exponents.items() if e))


def order(term: Term) -> tuple[int, Word, int, Central]:
    """Longer words are greater, then those later in the alphabet, then those with more central factors."""
    central, word = term
    return (len(word), word, sum(abs(e) for _, e in central), central)


def add_multiple(
    total: Polynomial, c: Fraction, central: Central, left: Word, by: Polynomial, right: Word
) -> None:
    """total += c · central · left · by · right."""
    for (own, word), a in by.items():
        term = (times(own, central), left + word + right)
        value = total.get(term, Fraction(0)) + c * a
        if value:
            total[term] = value
        else:
            total.pop(term, None)


@dataclass(eq=False)
class Basis:
    """A growing basis of the ideal of some generators.

    ``units`` are the central keys by which one may divide.
    """

    units: frozenset[str]
    elements: list[Element] = field(default_factory=list)
    left: int = WORK

    def insert(self, polynomial: Polynomial, cofactors: list[Cofactor]) -> bool:
        """Add what is left of a polynomial after reduction; false where nothing is."""
        rest, used = self.reduce(polynomial)
        if not rest:
            return False
        lead = max(rest, key=order)
        c = rest[lead]
        all_cofactors = [*cofactors, *(u._replace(coefficient=-u.coefficient) for u in used)]
        self.elements.append(
            Element(
                lead,
                {term: a / c for term, a in rest.items()},
                tuple(merged(f._replace(coefficient=f.coefficient / c) for f in all_cofactors)),
            )
        )
        return True

    def reduce(self, polynomial: Polynomial) -> tuple[Polynomial, list[Cofactor]]:
        """The remainder, and the cofactors of what was subtracted."""
        todo, done, used = dict(polynomial), Polynomial(), list[Cofactor]()
        while todo:
            term = max(todo, key=order)
            found = next(self.divisors(term), None)
            if found is None:
                done[term] = todo.pop(term)
                continue
            element, central, left, right = found
            self.left -= len(element.polynomial) + len(element.cofactors)
            if self.left < 0:
                raise SpentError
            c = todo[term]
            add_multiple(todo, -c, central, left, element.polynomial, right)
            used += [
                Cofactor(
                    c * f.coefficient, times(f.central, central), left + f.left, f.generator, f.right + right
                )
                for f in element.cofactors
            ]
        return done, used

    def divisors(self, term: Term) -> Iterator[tuple[Element, Central, Word, Word]]:
        """The elements whose leading term divides a term, and the quotient."""
        central, word = term
        for element in self.elements:
            own, lead = element.lead
            quotient = times(central, own, -1)
            if any(e < 0 and key not in self.units for key, e in quotient):
                continue
            for k in range(len(word) - len(lead) + 1):
                if word[k : k + len(lead)] == lead:
                    yield element, quotient, word[:k], word[k + len(lead) :]

    def overlaps(self, n: int) -> Iterator[tuple[int, Element, Word, Word, Element, Word, Word]]:
        """The ways in which the leading words of element n and of an earlier one overlap or include."""
        for k in range(n + 1):
            pairs = [(self.elements[n], self.elements[k]), (self.elements[k], self.elements[n])]
            for first, second in pairs[: 1 if k == n else 2]:
                u, v = first.lead[1], second.lead[1]
                for m in range(1, min(len(u), len(v))):
                    if u[-m:] == v[:m]:
                        yield len(u) + len(v) - m, first, (), v[m:], second, u[:-m], ()
                if first is not second:
                    for m in range(len(u) - len(v) + 1):
                        if u[m : m + len(v)] == v:
                            yield len(u), first, (), (), second, u[:m], u[m + len(v) :]


def merged(cofactors: Iterator[Cofactor]) -> Iterator[Cofactor]:
    """Cofactors that differ in the coefficient only, added up."""
    total: dict[tuple[Central, Word, int, Word], Fraction] = {}
    for c, central, left, generator, right in cofactors:
        key = (central, left, generator, right)
        total[key] = total.get(key, Fraction(0)) + c
    for (central, left, generator, right), c in total.items():
        if c:
            yield Cofactor(c, central, left, generator, right)


def membership(claim: Polynomial, generators: list[Polynomial], units: frozenset[str]) -> list[Cofactor] | None:
    """Cofactors that make the claim out of the generators, or None where none were found."""
    basis = Basis(units)
    try:
        for k, generator in enumerate(generators):
            basis.insert(generator, [Cofactor(Fraction(1), (), (), k, ())])
        return complete(basis, claim)
    except SpentError:
        return None


def complete(basis: Basis, claim: Polynomial) -> list[Cofactor] | None:
    """Overlaps, shortest first, are added to the basis until the claim reduces to 0.

    Raises:
        SpentError: the budget is spent.
    """
    todo: list[tuple[int, Element, Word, Word, Element, Word, Word]] = []
    seen = 0
    while True:
        rest, cofactors = basis.reduce(claim)
        if not rest:
            return list(merged(iter(cofactors)))
        if len(basis.elements) > POLYNOMIALS:
            return None
        while seen < len(basis.elements):
            todo += [overlap for overlap in basis.overlaps(seen) if overlap[0] <= LONGEST]
            seen += 1
        todo.sort(key=lambda overlap: -overlap[0])
        grown = False
        while todo and not grown:
            _, first, left, right, second, before, after = todo.pop()
            grown = basis.insert(*spolynomial(first, left, right, second, before, after))
        if not grown:
            return None


def spolynomial(
    first: Element, left: Word, right: Word, second: Element, before: Word, after: Word
) -> tuple[Polynomial, list[Cofactor]]:
    """The difference of two multiples with one leading term, and its cofactors."""
    one, two = dict(first.lead[0]), dict(second.lead[0])
    common = tuple(sorted((k, max(one.get(k, 0), two.get(k, 0))) for k in one.keys() | two.keys()))
    common = tuple((k, e) for k, e in common if e)
    polynomial: Polynomial = {}
    cofactors = []
    for sign, element, a, b in ((1, first, left, right), (-1, second, before, after)):
        central = times(common, element.lead[0], -1)
        add_multiple(polynomial, Fraction(sign), central, a, element.polynomial, b)
        cofactors += [
            Cofactor(sign * f.coefficient, times(f.central, central), a + f.left, f.generator, f.right + b)
            for f in element.cofactors
        ]
    return polynomial, cofactors
