"""Networks as noncommutative polynomials: products of matrices and vectors in a row.

A monomial is a word if every dummy stands at two places and nothing is a closed cycle: the factors line up
from the row index to the column index. A vector is a matrix with one column; between a vector and a
transposed vector there is room for scalars, which are words from 1 to 1. Scalars without indices are
central. Transposing every rule once more gives the other half of the ideal.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

from ..domain import Domain, MoveError, Rule, rule_network
from ..goals import Goal
from ..moves import Cofactor, Proof, apply
from ..networks.network import Factor, Head, Index, Monomial, Network, exact
from .buchberger import Cofactor as FoundCofactor
from .buchberger import Polynomial, Term, Word, membership

Array: TypeAlias = tuple[Head, tuple[Index, ...]]
Ends: TypeAlias = tuple[Index | None, Index | None]
"""The row and the column index; None stands for an axis of size 1."""


def propose_words(goal: Goal, domain: Domain) -> Proof | None:
    """A proof by membership in the ideal of the rules, where everything in sight is a word."""
    difference = goal.difference
    if len(difference.free) > 2:
        return None
    ends = ends_of(difference)
    claim = polynomial_of(difference, ends)
    if claim is None:
        return None
    rules = [Rule("hypothesis", name) for name in goal.rules]
    for key in sorted(domain.inverses):
        rules += [Rule("inverse left", key), Rule("inverse right", key)]
    rules += [Rule("denominator", k) for k in sorted(domain.nonzero) if domain.heads[k].kind == "box"]
    sources: list[tuple[Rule, Ends]] = []
    generators: list[Polynomial] = []
    for rule in rules:
        network = rule_network(rule, goal, domain)
        if len(network.free) > 2:
            continue
        i, j = ends_of(network)
        for where in ((i, j), (j, i)):
            polynomial = polynomial_of(network, where)
            if polynomial and polynomial not in generators:
                sources.append((rule, where))
                generators.append(polynomial)
    units = frozenset(domain.nonzero) | {key for key, head in domain.heads.items() if head.positive}
    found = membership(claim, generators, units)
    if found is None:
        return None
    moves = []
    for cofactor in found:
        rule, where = sources[cofactor.generator]
        move = cofactor_move(cofactor, rule, where, ends, domain.heads)
        if move is not None:
            moves.append(move)
    rest = difference
    try:
        for move in moves:
            rest = apply(rest, move, goal, domain)
    except MoveError:
        return None
    return None if rest else Proof(tuple(moves))


def ends_of(network: Network) -> Ends:
    """The free indices as row and column."""
    free: list[Index | None] = [*network.free, None, None]
    return free[0], free[1]


def polynomial_of(network: Network, ends: Ends) -> Polynomial | None:
    """The network as a polynomial in words, or None where a monomial is none."""
    total: Polynomial = {}
    for monomial, c in network.terms.items():
        term = term_of(monomial, ends)
        if term is None:
            return None
        total[term] = total.get(term, Fraction(0)) + c
    return {term: c for term, c in total.items() if c}


def term_of(monomial: Monomial, ends: Ends) -> Term | None:
    """A monomial as central factors and a word."""
    central: list[tuple[str, int]] = []
    arrays: list[Array] = []
    for head, indices, e in monomial:
        if not isinstance(e, int):
            return None
        if not indices:
            central.append((head.key, e))
        elif head.kind == "delta":
            if None in ends or set(indices) != set(ends):
                return None
        elif e < 0 or len(indices) > 2 or len(set(indices)) < len(indices):
            return None
        else:
            arrays += [(head, indices)] * e
    word = Line(arrays, ends).word()
    return None if word is None else (tuple(sorted(central)), word)


class Line:
    """The factors of a monomial, to be lined up from row to column."""

    def __init__(self, arrays: list[Array], ends: Ends) -> None:
        self.unused = dict(enumerate(arrays))
        self.ends = ends

    def word(self) -> Word | None:
        """The word, or None where the factors do not line up."""
        row, column = self.ends
        first, stop = self.walk(row)
        if stop is None:
            last, end = self.walk(column)
            middle = self.scalars()
            if end is not None or middle is None:
                return None
            return word_of(first) + middle + word_of(transposed(last))
        if self.unused or (first and stop != column):
            return None
        return word_of(first)

    def walk(self, start: Index | None) -> tuple[list[tuple[Head, bool]], Index | None]:
        """The factors met from an index on, and where they end: None for a vector."""
        at, met = start, list[tuple[Head, bool]]()
        while at is not None:
            k = next((k for k, (_, indices) in self.unused.items() if at in indices), None)
            if k is None:
                return met, at
            head, indices = self.unused.pop(k)
            met.append((head, len(indices) == 2 and indices[0] != at))
            at = None if len(indices) == 1 else indices[int(indices[0] == at)]
        return met, None

    def scalars(self) -> Word | None:
        """The closed products from vector to vector, in a fixed order."""
        words = []
        while self.unused:
            k = next((k for k, (_, indices) in self.unused.items() if len(indices) == 1), None)
            if k is None:
                return None
            head, (at,) = self.unused.pop(k)
            met, stop = self.walk(at)
            if stop is not None or not met:
                return None
            there = [(head, True), *met]
            words.append(min(word_of(there), word_of(transposed(there))))
        return tuple(x for word in sorted(words) for x in word)


def word_of(factors: list[tuple[Head, bool]]) -> Word:
    """Letters; a symmetric matrix is its transpose."""
    return tuple((head.key, flipped and not head.symmetries) for head, flipped in factors)


def transposed(factors: list[tuple[Head, bool]]) -> list[tuple[Head, bool]]:
    """The transpose of a product."""
    return [(head, not flipped) for head, flipped in reversed(factors)]


class MisfitError(Exception):
    """Words whose sizes do not fit: they cancel among themselves."""


def cofactor_move(
    found: FoundCofactor, rule: Rule, where: Ends, ends: Ends, heads: Mapping[str, Head]
) -> Cofactor | None:
    """A cofactor as a move; None where its sizes do not fit."""
    factors: list[Factor] = [(heads[key], (), e) for key, e in found.central]
    dummies: list[Index] = []

    def fresh(sort: str) -> Index:
        dummies.append(Index(sort, f"&{len(dummies)}"))
        return dummies[-1]

    def follow(at: Index | None, word: Word) -> Index | None:
        for key, flipped in word:
            head = heads[key]
            source, target = [*head.sorts, None][:2][:: -1 if flipped else 1]
            if (None if at is None else at.sort) != source:
                raise MisfitError
            after = None if target is None else fresh(target)
            pair = (after, at) if flipped else (at, after)
            factors.append((head, tuple(i for i in pair if i is not None), 1))
            at = after
        return at

    try:
        at = follow(ends[0], found.left)
        if (at and at.sort) != (where[0] and where[0].sort):
            raise MisfitError
        substitution = {} if where[0] is None or at is None else {where[0]: at}
        middle = None if where[1] is None else fresh(where[1].sort)
        if where[1] is not None and middle is not None:
            substitution[where[1]] = middle
        last = follow(at if where == (None, None) else middle, found.right)
    except MisfitError:
        return None
    if (last and last.sort) != (ends[1] and ends[1].sort):
        return None
    if last is not None and ends[1] is not None:
        if last not in dummies:
            return None
        dummies.remove(last)
        factors = [(h, tuple(ends[1] if i == last else i for i in ix), e) for h, ix, e in factors]
        substitution = {i: ends[1] if j == last else j for i, j in substitution.items()}
    return Cofactor(rule, exact(found.coefficient), tuple(factors), tuple(substitution.items()), tuple(dummies))
