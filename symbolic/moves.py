"""The sound moves on a goal P = 0, and what they may use.

A move may divide by what the claim divides by, and by nothing else: the domain lists every place at which
a denominator, a root or a logarithm stands in the claim, and the matrices that it inverts.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from .domain import Domain, MoveError, Rule, is_given, matches, rule_network
from .goals import Goal
from .networks import atoms
from .networks.algebra import (
    NO_RENAMING,
    add,
    contract,
    level,
    product,
    raw_terms,
    rename,
    require_sorted,
    scaled,
)
from .networks.derivative import differentiate
from .networks.network import Factor, Index, Network, Rational


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


class Merge(NamedTuple):
    """Take exponentials with equal exponents for one another: a class for each exponent, in their order."""

    classes: tuple[int, ...]


ALIKE = frozenset({"box", "log", "function"})
"""Kinds of atoms that are compared by their arguments; exponentials are merged."""


class Alike(NamedTuple):
    """Write one atom for another, whose argument is equal."""

    key: str
    other: str


Division: TypeAlias = Cut | Merge | Alike
"""What a proof ends in where it goes on in parts."""

Move: TypeAlias = Cofactor | Clear | Cancel


@dataclass(frozen=True)
class Proof:
    """Moves that take a goal to 0; or to a division, each part of which has a proof of its own."""

    moves: tuple[Move, ...] = ()
    cut: Division | None = None
    parts: "tuple[Proof, ...]" = ()

    def steps(self) -> int:
        """The number of moves and divisions."""
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
            return scaled(network, [(head, indices, exponent)])
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


def split(network: Network, move: Division, domain: Domain) -> list[Network]:
    """What has to vanish for a network to vanish.

    Raises:
        MoveError: the step is not allowed.
    """
    match move:
        case Merge():
            return merge(network, move)
        case Alike():
            return replaced(network, move)
    return cut(network, move, domain)


def replaced(network: Network, move: Alike) -> list[Network]:
    """The difference of two atoms' arguments, and the network with the one written for the other.

    Raises:
        MoveError: they are not two atoms of the network of one kind and name, with indices of the same sorts.
    """
    atoms_of = {head.key: head for monomial in network.terms for head, _, _ in monomial}
    old, new = atoms_of.get(move.key), atoms_of.get(move.other)
    if old is None or new is None or old == new or old.argument is None or new.argument is None:
        raise MoveError("no two atoms of the goal")
    if (old.kind, old.name, old.sorts) != (new.kind, new.name, new.sorts) or old.kind not in ALIKE:
        raise MoveError("atoms of different kinds")
    indices = tuple(Index(sort, f"#a{k}") for k, sort in enumerate(old.sorts))
    marks = "?" * (1 + level(network.free))
    rows = [
        product(c, [(new if head == old else head, ix, e) for head, ix, e in factors], dummies)
        for c, factors, dummies in raw_terms(network, marks)
    ]
    return [atoms.instantiate(old, indices) - atoms.instantiate(new, indices), add(rows)]


def exponents(network: Network) -> list[tuple[Network, Network]]:
    """The exponents of a network, in a fixed order, each with what the exponential is multiplied by.

    Only exponentials that no sum runs over are taken apart.
    """
    found: dict[str, tuple[Network, list[Network]]] = {}
    marks = "?" * (1 + level(network.free))
    for c, factors, dummies in raw_terms(network, marks):
        powers = [(h, ix, e) for h, ix, e in factors if h.kind == "exp" and not dummies & set(ix)]
        exponent = add(atoms.instantiate(h, ix).scale(e) for h, ix, e in powers)
        rest = product(c, [f for f in factors if f not in powers], dummies)
        found.setdefault(exponent.key, (exponent, []))[1].append(rest)
    return [(exponent, add(rests)) for _, (exponent, rests) in sorted(found.items())]


def merge(network: Network, move: Merge) -> list[Network]:
    """For each class, the differences of its exponents, then the sum of what they are multiplied by.

    Where these vanish, so does Σ rₖ exp(aₖ) = Σ over classes of exp(a) Σ rₖ.

    Raises:
        MoveError: not one class for each exponent.
    """
    pairs = exponents(network)
    if len(pairs) != len(move.classes):
        raise MoveError("a merge of another number of exponentials")
    parts: list[Network] = []
    for number in sorted(set(move.classes)):
        members = [pair for pair, own in zip(pairs, move.classes, strict=True) if own == number]
        parts += [exponent - members[0][0] for exponent, _ in members[1:]]
        parts.append(add(rest for _, rest in members))
    return parts


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
