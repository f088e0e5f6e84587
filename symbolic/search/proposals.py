"""Proposes proofs: rewriting by hypotheses and inverses, clearing denominators, cutting. Untrusted.

Rewriting alone is tried first, then membership in the ideal of the rules, then rewriting with other moves.

A budget counts the factors of the goals to which moves are applied: the answer does not depend on the
machine's speed.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ..domain import Domain, MoveError, Rule, domain_of, rule_network
from ..goals import Goal
from ..moves import (
    ALIKE,
    Alike,
    Cancel,
    Clear,
    Cofactor,
    Cut,
    Division,
    Merge,
    Move,
    Proof,
    apply,
    exponents,
    split,
)
from ..networks.algebra import raw_terms
from ..networks.network import Head, Index, Network, exact
from .matching import Pattern, match, pattern_of
from .words import propose_words

DEPTH = 3
BUDGET = 1000
MERGED = 12
"""Exponents that are compared with each other at most."""
LONGEST = 300
"""Goals with more terms are not worked on."""


class ExhaustedError(Exception):
    """The budget is spent."""


def propose(goal: Goal) -> Proof | None:
    """A proof of a goal, or None where none was found."""
    if not goal.difference:
        return Proof()
    domain = domain_of(goal)
    if not goal.rules and not domain.inverses and not domain.nonzero:
        return None
    searches = []
    boxed = any(h.kind == "box" for h in domain.heads.values())
    for denominators, turned in itertools.product((True, False), (False, True)):
        if (denominators and not boxed) or (turned and not goal.rules):
            continue
        search = Search(goal, domain)
        search.patterns = search.orient_rules(denominators, turned=turned)
        searches.append(search)
    for depth in range(DEPTH + 1):
        words = propose_words(goal, domain) if depth == 1 else None
        if words is not None:
            return words
        for search in searches:
            proof = search.attempt(depth)
            if proof is not None:
                return proof
    return None


@dataclass(eq=False)
class Search:
    """The search for a proof of one goal."""

    goal: Goal
    domain: Domain
    budget: int = BUDGET
    patterns: Sequence[Pattern] = ()
    failed: set[tuple[str, int]] = field(default_factory=set)

    def attempt(self, depth: int) -> Proof | None:
        """A proof of the goal within what is left of the budget."""
        try:
            return self.prove(self.goal.difference, depth)
        except ExhaustedError:
            return None

    def spend(self, price: int) -> None:
        """Take from the budget.

        Raises:
            ExhaustedError: it is spent.
        """
        self.budget -= price
        if self.budget < 0:
            raise ExhaustedError

    def apply(self, network: Network, move: Move) -> Network:
        """The goal after a move, at the price of its terms."""
        self.spend(price(network))
        return apply(network, move, self.goal, self.domain)

    def orient_rules(self, denominators: bool, *, turned: bool = False) -> list[Pattern]:
        """All rules, plain cancellations first; ``turned``, hypotheses replace another of their terms."""
        rules = [Rule("hypothesis", name) for name in self.goal.rules]
        for key in sorted(self.domain.inverses):
            rules += [Rule("inverse left", key), Rule("inverse right", key)]
        boxes = [key for key in sorted(self.domain.nonzero) if self.domain.heads[key].kind == "box"]
        if denominators:
            rules += [Rule("denominator", key) for key in boxes]
        found = [
            pattern_of(
                rule, rule_network(rule, self.goal, self.domain), turned=turned and rule.axiom == "hypothesis"
            )
            for rule in rules
        ]
        return sorted(
            (p for p in found if p is not None), key=lambda p: (p.rule.axiom == "denominator", p.length)
        )

    def rewrite(self, network: Network) -> tuple[Network, list[Move]]:
        """Rules applied until none matches."""
        moves: list[Move] = []
        while network and len(network) <= LONGEST:
            self.spend(price(network) // 4)
            for move in rewritings(network, self.patterns):
                try:
                    network = self.apply(network, move)
                except MoveError:
                    continue
                moves.append(move)
                break
            else:
                break
        return network, moves

    def prove(self, network: Network, depth: int) -> Proof | None:
        """A proof with at most ``depth`` nested moves that are no rewriting."""
        if (network.key, depth) in self.failed:
            return None
        reduced, moves = self.rewrite(network)
        if not reduced:
            return Proof(tuple(moves))
        if depth:
            starts = [(reduced, moves), (network, [])] if moves else [(network, moves)]
            for start, before in starts:
                for steps in self.multipliers(start):
                    after = self.apply_all(start, steps)
                    proof = None if after is None else self.prove(after, depth - 1)
                    if proof is not None:
                        return Proof((*before, *steps, *proof.moves), proof.cut, proof.parts)
            for where in self.cuts(network):
                proof = self.prove_parts(network, where, depth - 1)
                if proof is not None:
                    return proof
            for division in (self.merge_of(network, depth), self.alike_in(network, depth)):
                proof = None if division is None else self.prove_parts(network, division, depth)
                if proof is not None:
                    return proof
        self.failed.add((network.key, depth))
        return None

    def apply_all(self, network: Network, moves: Sequence[Move]) -> Network | None:
        """The goal after several moves, or None where one is not allowed."""
        try:
            for move in moves:
                network = self.apply(network, move)
        except MoveError:
            return None
        return network

    def prove_parts(self, network: Network, where: Division, depth: int) -> Proof | None:
        """A proof of every part of a division."""
        self.spend(4 * price(network))
        parts = []
        for part in split(network, where, self.domain):
            proof = self.prove(part, depth)
            if proof is None:
                return None
            parts.append(proof)
        return Proof((), where, tuple(parts))

    def merge_of(self, network: Network, depth: int) -> Merge | None:
        """The exponentials taken together whose exponents are provably equal; None where none are."""
        found = [exponent for exponent, _ in exponents(network)]
        if not 2 <= len(found) <= MERGED:
            return None
        classes: list[int] = []
        for exponent in found:
            equal = (
                k
                for k in sorted(set(classes))
                if self.prove(exponent - found[classes.index(k)], depth) is not None
            )
            classes.append(next(equal, len(set(classes))))
        return Merge(tuple(classes)) if len(set(classes)) < len(classes) else None

    def alike_in(self, network: Network, depth: int) -> Alike | None:
        """Two atoms whose arguments are provably equal."""
        heads = {head.key: head for monomial in network.terms for head, _, _ in monomial if head.kind in ALIKE}
        pairs = itertools.combinations(sorted(heads.values(), key=lambda h: h.key), 2)
        for old, new in itertools.islice(pairs, MERGED):
            if (old.kind, old.name, old.sorts) == (new.kind, new.name, new.sorts):
                move = Alike(old.key, new.key)
                if self.prove(split(network, move, self.domain)[0], depth) is not None:
                    return move
        return None

    def multipliers(self, network: Network) -> Iterator[list[Move]]:
        """What the goal may be multiplied by: all denominators at free indices, or one inverted matrix."""
        free = set(network.free)
        powers: dict[tuple[Head, tuple[Index, ...]], Fraction] = {}
        sides: dict[tuple[str, Index, bool], None] = {}
        for monomial in network.terms:
            for head, indices, e in monomial:
                if head.kind == "inverse":
                    for k in (0, 1):
                        if indices[k] in free:
                            sides[head.key, indices[k], k == 0] = None
                elif e < 0 and (head.kind == "box" or not head.positive) and set(indices) <= free:
                    place = (head, indices)
                    powers[place] = min(powers.get(place, Fraction(0)), Fraction(e))
        if powers:
            yield [Clear(head.key, indices, exact(-e)) for (head, indices), e in powers.items()]
        for key, index, left in sorted(sides):
            yield [Cancel(key, index, left)]

    def cuts(self, network: Network) -> Iterator[Cut]:
        """The arrays with a summed index, few indices first."""
        heads: dict[str, Head] = {}
        barred = set()
        for monomial in network.terms:
            for head, indices, e in monomial:
                if head.kind == "tensor" and any(i.is_dummy for i in indices):
                    heads[head.key] = head
                if e < 0 or not isinstance(e, int):
                    barred.add(head.key)
        taken = {i.name for i in network.free}
        for head in sorted(heads.values(), key=lambda h: (len(h.sorts), h.key)):
            if head.key not in barred:
                names = (f"#c{k}" for k in range(len(taken) + len(head.sorts)))
                fresh = [name for name in names if name not in taken]
                yield Cut(head.key, tuple(Index(s, n) for s, n in zip(head.sorts, fresh, strict=False)))


def price(network: Network) -> int:
    """What it costs to work on a network."""
    return 1 + sum(len(monomial) for monomial in network.terms) // 3


def rewritings(network: Network, patterns: Sequence[Pattern]) -> Iterator[Cofactor]:
    """Every way to replace a monomial by a rule."""
    for pattern in patterns:
        heads = {head for head, _, _ in pattern.monomial if head.kind != "delta"}
        for c, factors, dummies in raw_terms(network, "&"):
            if not heads <= {head for head, _, _ in factors}:
                continue
            for found, rest in match(pattern, factors, dummies):
                used = {i for _, ix, _ in rest for i in ix} | set(found.values())
                coefficient = exact(Fraction(c) / Fraction(pattern.coefficient))
                yield Cofactor(
                    pattern.rule, coefficient, tuple(rest), tuple(found.items()), tuple(sorted(used & dummies))
                )
