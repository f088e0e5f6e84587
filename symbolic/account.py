"""What is told of a proof, and two checks that share no code with it: a wrong prover shows here.

Every goal that a proof goes through is evaluated mod p, and SymPy looks at small explicit sizes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from equivalences.language.comparison import Comparison
from equivalences.language.term import Variable

from .derivation import conditions, derivation, hypotheses, weight
from .domain import domain_of
from .evaluation.evaluate import vanish
from .explicit.opinion import second_opinion
from .goals import Goal, Statement, cases
from .lowering.lower import Lowering
from .lowering.places import UnreadableError
from .moves import Proof, apply, split
from .networks.network import Head, Index, Network

AT_MOST = 12
"""How many of the goals that one proof goes through are evaluated."""

LARGEST = 120
"""Factors of a network that is evaluated."""


class FaultError(Exception):
    """A check that contradicts a replayed proof: a bug of the prover, of the checker, or of the check."""


def account(
    comparison: Comparison, statement: Statement, proofs: Mapping[str, Proof], seed: int
) -> dict[str, Any]:
    """The detail of the evidence: derivation, conditions, hypotheses, induction, second opinion.

    Raises:
        FaultError: a step does not evaluate to 0, or small explicit sizes contradict the proof.
    """
    evaluated = evaluate_steps(comparison, statement, proofs, seed)
    opinion = second_opinion(comparison)
    if opinion.verdict == "contradicts":
        raise FaultError(f"explicit algebra contradicts the proof, which is a bug: {opinion.reason}")
    goals = [{"name": goal.name, "steps": proofs[goal.name].steps()} for goal in statement.goals]
    return {
        "derivation": derivation(comparison, statement, proofs),
        "conditions": conditions(statement),
        "hypotheses": hypotheses(statement),
        "induction": {"axis": statement.axis, "goals": goals} if statement.axis else None,
        "steps": sum(proof.steps() for proof in proofs.values()),
        "evaluated": evaluated,
        "second_opinion": {"sizes": opinion.sizes, "verdict": opinion.verdict, "reason": opinion.reason},
    }


def evaluate_steps(comparison: Comparison, statement: Statement, proofs: Mapping[str, Proof], seed: int) -> int:
    """How many of the goals that the proofs go through were seen to vanish mod p.

    Raises:
        FaultError: one does not.
    """
    definitions = realised(comparison)
    seen = 0
    for goal in statement.goals:
        steps = chosen(list(goals_of(goal, proofs[goal.name])))
        rules = list(goal.rules.values())
        found = vanish(steps, rules, seed=seed, definitions=definitions)
        if False in found:
            raise FaultError(f"a step does not evaluate to zero, which is a bug; goal {goal.name!r}")
        seen += found.count(True)
    return seen


def goals_of(goal: Goal, proof: Proof) -> Iterator[Network]:
    """The networks that a proof goes through: each vanishes where the hypotheses hold."""
    domain = domain_of(goal)

    def inside(network: Network, part: Proof) -> Iterator[Network]:
        yield network
        for move in part.moves:
            network = apply(network, move, goal, domain)
            yield network
        if part.cut is not None:
            for piece, inner in zip(split(network, part.cut, domain), part.parts, strict=True):
                yield from inside(piece, inner)

    yield from inside(goal.difference, proof)


def chosen(networks: Sequence[Network]) -> list[Network]:
    """Some of the networks, none that is 0 or too long, spread evenly."""
    fit = [n for n in dict.fromkeys(networks) if n and weight(n) <= LARGEST]
    return fit if len(fit) <= AT_MOST else [fit[k * len(fit) // AT_MOST] for k in range(AT_MOST)]


def realised(comparison: Comparison) -> dict[Head, Network]:
    """The arrays that hypotheses tie down, as networks in the place holders of their indices.

    An array that depends on an index of ``given`` is no such network, and left out.
    """
    found: dict[Head, Network] = {}
    for name, term in comparison.realised.items():
        for _, at, positions in cases(Lowering(comparison.given), comparison, term.axes, ""):
            here = Lowering(comparison.given, positions=positions)
            try:
                value = here.lower(term, [(k, placeholder(i, n)) for n, (k, i) in enumerate(at)])
                ((monomial, _),) = here.lower(Variable(name, term.axes), at).terms.items()
            except UnreadableError:
                continue
            if all(i.name[0] == "$" for i in value.free):
                found[monomial[0][0]] = value
    return found


def placeholder(index: Index | None, position: int) -> Index | None:
    """The place holder of an index at a position."""
    return None if index is None else Index(index.sort, f"${position}")
