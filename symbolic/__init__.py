"""Proves claims for all sizes: terms become index networks, a search proposes, a checker replays."""

from collections.abc import Mapping
from typing import Any

from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Evidence, Options, Verdict

from .account import FaultError, account
from .certificate import SCOPE, certificate_of, statement_of
from .certificate import replay as replay
from .derivation import formula
from .display.notation import legend_of
from .goals import Goal, Statement
from .lowering.places import UnreadableError
from .moves import Proof
from .recurrence import MissingStateError
from .search.proposals import propose
from .unfolding import can_unfold, unfolded

SHOWN = 120
"""Characters of LaTeX of an open goal that a reason shows."""


def examine(comparison: Comparison, options: Options) -> Evidence:
    """What the prover finds: PROVED with a certificate, UNDECIDED, INAPPLICABLE, or VACUOUS."""

    def answer(
        verdict: Verdict,
        reason: str = "",
        detail: Mapping[str, Any] | None = None,
        certificate: Mapping[str, Any] | None = None,
    ) -> Evidence:
        return Evidence(
            checker="symbolic",
            verdict=verdict,
            scope=SCOPE,
            reason=reason,
            detail=detail or {},
            certificate=certificate,
        )

    if comparison.is_trivial():
        return answer(Verdict.VACUOUS, "both sides are the same program")
    comparison = comparison.with_gap() or comparison
    readings = [comparison, *([unfolded(comparison)] if can_unfold(comparison) else [])]
    for number, reading in enumerate(readings):
        try:
            statement = statement_of(reading)
        except UnreadableError as error:
            return answer(Verdict.INAPPLICABLE, f"the prover does not read {error}")
        except MissingStateError as error:
            return answer(Verdict.UNDECIDED, f"{error}: say what the left scan's state is, with state=")
        proofs = _proofs(statement)
        if isinstance(proofs, Goal):
            if number == 0:
                reason = _unproved(comparison, statement, proofs)
            continue
        certificate = certificate_of(proofs, is_unfolded=number > 0)
        if not replay(comparison, certificate):
            return answer(Verdict.UNDECIDED, "the proposed proof does not replay")
        try:
            detail = account(reading, statement, proofs, options.seed)
        except FaultError as error:
            return answer(Verdict.UNDECIDED, str(error))
        return answer(Verdict.PROVED, detail=detail, certificate=certificate)
    return answer(Verdict.UNDECIDED, reason)


def _proofs(statement: Statement) -> dict[str, Proof] | Goal:
    """A proof of each goal; or the first goal for which none was found."""
    proofs: dict[str, Proof] = {}
    for goal in statement.goals:
        proof = propose(goal)
        if proof is None:
            return goal
        proofs[goal.name] = proof
    return proofs


def _unproved(comparison: Comparison, statement: Statement, goal: Goal) -> str:
    """Which goal is open, what is left of it where that is short, and what may help."""
    left = formula(goal.difference, legend_of([goal.difference]))
    short = len(left) <= SHOWN and "\\text" not in left
    shown = f", {left} = 0," if short else f", of which {len(goal.difference)} terms are left,"
    advice = ""
    if statement.axis:
        advice = "; is state= what the left scan's state is?" if comparison.invariant else "; state= may help"
    if comparison.bounds is not None:
        advice = "; a bound is proved by gap=, what the upper side exceeds the lower by"
    return f"no proof was found of the goal {goal.name!r}{shown} which is not a refutation{advice}"
