"""Proves claims for all sizes: terms become index networks, a search proposes, a checker replays."""

from collections.abc import Mapping
from typing import Any

from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Evidence, Options, Verdict

from .account import FaultError, account
from .certificate import SCOPE, certificate_of, statement_of
from .certificate import replay as replay
from .induction import MissingStateError
from .lowering.places import UnreadableError
from .moves import Proof
from .search.proposals import propose


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
    try:
        statement = statement_of(comparison)
    except UnreadableError as error:
        return answer(Verdict.INAPPLICABLE, f"the prover does not read {error}")
    except MissingStateError as error:
        return answer(Verdict.UNDECIDED, f"{error}: say what the left scan's state is, with state=")
    proofs: dict[str, Proof] = {}
    for goal in statement.goals:
        proof = propose(goal)
        if proof is None:
            return answer(
                Verdict.UNDECIDED,
                f"no proof was found of the goal {goal.name!r}: {len(goal.difference)} terms are left; "
                "that is not a refutation",
            )
        proofs[goal.name] = proof
    certificate = certificate_of(proofs)
    if not replay(comparison, certificate):
        return answer(Verdict.UNDECIDED, "the proposed proof does not replay")
    try:
        detail = account(comparison, statement, proofs, options.seed)
    except FaultError as error:
        return answer(Verdict.UNDECIDED, str(error))
    return answer(Verdict.PROVED, detail=detail, certificate=certificate)
