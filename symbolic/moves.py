"""The sound moves on a goal P = 0, and what they may use.

A move may divide by what the claim divides by, and by nothing else: the domain lists every place at which
a denominator, a root or a logarithm stands in the claim, and the matrices that it inverts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from .goals import Goal
from .networks import atoms
from .networks.algebra import (
    NO_RENAMING,
    constant,
    contract,
    delta,
    entry,
    multiply,
    product,
    rename,
    require_sorted,
)
from .networks.derivative import differentiate
from .networks.network import Factor, Head, Index, Network, Rational

Axiom: TypeAlias = Literal["hypothesis", "denominator", "inverse left", "inverse right"]


class MoveError(ValueError):
    """A move that is not allowed."""


class Rule(NamedTuple):
    """What is known to be 0: a hypothesis by its name, or what a denominator or an inverse satisfies."""

    axiom: Axiom
    key: str


@dataclass(frozen=True)
class Domain:
    """Where the claim is defined.

    Attributes:
        inverses: the inverted matrices, by key.
        nonzero: factors that stand in the claim with a negative exponent, by the head's key.
        rooted: factors that stand there under a root or in a logarithm.
        heads: every head of the claim and its hypotheses, by key.
    """

    inverses: Mapping[str, Head]
    nonzero: Mapping[str, frozenset[tuple[Index, ...]]]
    rooted: Mapping[str, frozenset[tuple[Index, ...]]]
    heads: Mapping[str, Head]

    def permits(self, head: Head, indices: tuple[Index, ...], e: Rational) -> bool:
        """Whether a power of a factor is defined wherever the claim is."""
        key = head.key
        if not head.positive:
            if e < 0 and not matches(self.nonzero.get(key, ()), indices):
                return False
            fractional = not isinstance(e, int) or head.kind == "log"
            places = (*self.rooted.get(key, ()), *(self.nonzero.get(key, ()) if head.kind == "log" else ()))
            if fractional and not matches(places, indices):
                return False
        if head.argument is None or head.kind == "inverse":
            return True
        here = {atoms.placeholder(i.sort, k): i for k, i in enumerate(indices)}
        return all(
            self.permits(inner, tuple(here.get(i, i) for i in ix), f)
            for monomial in head.argument.terms
            for inner, ix, f in monomial
        )


def matches(patterns: Iterable[tuple[Index, ...]], indices: tuple[Index, ...]) -> bool:
    """Whether indices are covered by a pattern, in which every index but a given one is arbitrary."""
    for pattern in patterns:
        found: dict[Index, Index] = {}
        for p, i in zip(pattern, indices, strict=True):
            if found.setdefault(p, i) != i or (is_given(p) and p != i):
                break
        else:
            return True
    return False


def is_given(index: Index) -> bool:
    """Whether an index is one of the claim's ``given``, and so stands for one position, not for all."""
    return index.name[0].isalpha() or index.name[0] == "_"


def domain_of(goal: Goal) -> Domain:
    """The domain of a goal: of its two sides and its hypotheses."""
    inverses: dict[str, Head] = {}
    nonzero: dict[str, set[tuple[Index, ...]]] = {}
    rooted: dict[str, set[tuple[Index, ...]]] = {}
    heads: dict[str, Head] = {}
    seen: set[tuple[str, tuple[Index, ...], Rational]] = set()

    def visit(network: Network, here: Mapping[Index, Index]) -> None:
        for monomial in network.terms:
            for head, ix, e in monomial:
                indices = tuple(here.get(i, i) for i in ix)
                if (head.key, indices, e) in seen:
                    continue
                seen.add((head.key, indices, e))
                heads[head.key] = head
                if e < 0:
                    nonzero.setdefault(head.key, set()).add(indices)
                if not isinstance(e, int) or head.kind == "log":
                    rooted.setdefault(head.key, set()).add(indices)
                if head.kind == "inverse":
                    inverses[head.key] = head
                if head.argument is not None:
                    visit(
                        head.argument,
                        {atoms.placeholder(i.sort, k): i for k, i in enumerate(indices)},
                    )

    for network in (goal.left, goal.right, *goal.rules.values()):
        visit(network, {})
    return Domain(
        inverses,
        {k: frozenset(v) for k, v in nonzero.items()},
        {k: frozenset(v) for k, v in rooted.items()},
        heads,
    )


def rule_network(rule: Rule, goal: Goal, domain: Domain) -> Network:
    """What a rule says is 0, for all values of its free indices.

    Raises:
        MoveError: no such hypothesis, inverse or denominator in the claim.
    """
    if rule.axiom == "hypothesis":
        if rule.key not in goal.rules:
            raise MoveError(f"no hypothesis {rule.key}")
        return goal.rules[rule.key]
    if rule.axiom == "denominator":
        if rule.key not in domain.nonzero or domain.heads[rule.key].kind != "box":
            raise MoveError("no such denominator in the claim")
        head = domain.heads[rule.key]
        indices = tuple(Index(sort, f"#{k}") for k, sort in enumerate(head.sorts))
        reciprocal = product(1, [(head, indices, -1)])
        return multiply(reciprocal, atoms.instantiate(head, indices)) - constant(1)
    if rule.key not in domain.inverses:
        raise MoveError("no such inverse in the claim")
    head = domain.inverses[rule.key]
    matrix, sort = head.argument, head.sorts[0]
    assert matrix is not None
    row, column = atoms.placeholder(sort, 0), atoms.placeholder(sort, 1)
    i, j, k = (Index(sort, name) for name in ("#0", "#1", "#2"))
    if rule.axiom == "inverse left":
        parts = [(entry(head, i, k), NO_RENAMING), (matrix, {row: k, column: j})]
    else:
        parts = [(matrix, {row: i, column: k}), (entry(head, k, j), NO_RENAMING)]
    return contract(parts, [k]) - delta(i, j)


class Cofactor(NamedTuple):
    """Subtract a multiple of a rule: coefficient · Σ_dummies context · rule."""

    rule: Rule
    coefficient: Rational
    context: tuple[Factor, ...]
    substitution: tuple[tuple[Index, Index], ...]
    dummies: tuple[Index, ...]


class Clear(NamedTuple):
    """Multiply by a power of a denominator."""

    key: str
    indices: tuple[Index, ...]
    exponent: Rational


class Cancel(NamedTuple):
    """Multiply by an inverted matrix at a free index, from the left or transposed."""

    key: str
    at: Index
    left: bool


class Cut(NamedTuple):
    """Take the coefficients of every entry of an array: by Euler, it suffices that they vanish."""

    key: str
    indices: tuple[Index, ...]


Move: TypeAlias = Cofactor | Clear | Cancel


@dataclass(frozen=True)
class Proof:
    """Moves that take a goal to 0; or to a cut, each part of which has a proof of its own."""

    moves: tuple[Move, ...] = ()
    cut: Cut | None = None
    parts: "tuple[Proof, ...]" = ()

    def steps(self) -> int:
        """The number of moves and cuts."""
        return len(self.moves) + (self.cut is not None) + sum(part.steps() for part in self.parts)


def apply(network: Network, move: Move, goal: Goal, domain: Domain) -> Network:
    """The goal after a move; it is 0 if and only if the goal before is.

    Raises:
        MoveError: the move is not allowed.
        SortError: an index in a place of another sort.
    """
    match move:
        case Cofactor():
            return subtract(network, move, goal, domain)
        case Clear(key, indices, exponent):
            head = domain.heads.get(key)
            if head is None or exponent <= 0 or not set(indices) <= set(network.free):
                raise MoveError("no such denominator in the claim")
            require_sorted([(head, indices, 1)])
            if head.zero_one or not (head.positive or matches(domain.nonzero.get(key, ()), indices)):
                raise MoveError("a factor by which the claim does not divide")
            if not (head.positive or isinstance(exponent, int) or matches(domain.rooted.get(key, ()), indices)):
                raise MoveError("a root of what may be negative")
            return multiply(network, product(1, [(head, indices, exponent)]))
        case Cancel(key, index, left):
            if key not in domain.inverses or index not in network.free or is_given(index):
                raise MoveError("no such inverse in the claim, or no such index in the goal")
            matrix, sort = domain.inverses[key].argument, index.sort
            if domain.inverses[key].sorts[0] != sort:
                raise MoveError("a matrix on another axis")
            assert matrix is not None
            row, column, u = atoms.placeholder(sort, 0), atoms.placeholder(sort, 1), Index(sort, "?u")
            here = {row: index, column: u} if left else {row: u, column: index}
            return contract([(matrix, here), (network, {index: u})], [u])


def subtract(network: Network, move: Cofactor, goal: Goal, domain: Domain) -> Network:
    """The goal less a multiple of a rule."""
    rule = rule_network(move.rule, goal, domain)
    substitution = dict(move.substitution)
    if not set(substitution) <= set(rule.free):
        raise MoveError("a substitution for indices that the rule lacks")
    if any(is_given(old) and old != new for old, new in substitution.items()):
        raise MoveError("a hypothesis on one position, used at another")
    used = {*substitution.values(), *(i for _, ix, _ in move.context for i in ix)}
    if not used <= {*network.free, *move.dummies} or any(i.name[0] != "&" for i in move.dummies):
        raise MoveError("an index that is neither free in the goal nor a dummy, whose name begins with &")
    require_sorted(move.context)
    for head, indices, e in move.context:
        if head.zero_one and e < 0:
            raise MoveError("division by what may be 0")
        if not domain.permits(head, indices, e):
            raise MoveError(f"{head!r} to the power {e} need not be defined")
    if move.rule.axiom == "denominator":
        head = domain.heads[move.rule.key]
        holders = [Index(sort, f"#{k}") for k, sort in enumerate(head.sorts)]
        if not domain.permits(head, tuple(substitution.get(i, i) for i in holders), -1):
            raise MoveError("a denominator at indices where it may be 0")
    context = product(1, list(move.context))
    return network - contract(
        [(context, NO_RENAMING), (rename(rule, substitution), NO_RENAMING)], move.dummies, move.coefficient
    )


def cut(network: Network, move: Cut, domain: Domain) -> list[Network]:
    """The parts P₀, G₁, … with P = P₀ + Σᵣ (1/r) Σ T·Gᵣ, r being the degree in the array T.

    Raises:
        MoveError: the indices are not new, or T stands in a denominator or a root.
    """
    head = domain.heads.get(move.key)
    if head is None or head.kind not in ("tensor", "inverse", "feature"):
        raise MoveError("only arrays are cut")
    require_sorted([(head, move.indices, 1)])
    if len(set(move.indices)) < len(move.indices) or set(move.indices) & set(network.free):
        raise MoveError("the indices of a cut have to be new")
    if any(i.name[0] != "#" for i in move.indices):
        raise MoveError("reserved names of indices")
    degrees: dict[int, dict[tuple[Factor, ...], Rational]] = {}
    for monomial, c in network.terms.items():
        exponents = [e for h, _, e in monomial if h == head]
        if any(e < 0 or not isinstance(e, int) for e in exponents):
            raise MoveError("a cut through a denominator or a root")
        degrees.setdefault(sum(int(e) for e in exponents), {})[monomial] = c
    return [
        differentiate(Network(terms), head, move.indices, deep=False) if degree else Network(terms)
        for degree, terms in sorted(degrees.items())
    ]
