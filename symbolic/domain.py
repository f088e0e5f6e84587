"""What a proof may use: the places at which the claim divides, and the equations that hold there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from .goals import Goal
from .networks import atoms
from .networks.algebra import NO_RENAMING, constant, contract, delta, entry, multiply, product
from .networks.network import Head, Index, Network, Rational

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
