"""When a claim is verified.

Every required checker passed and every mutant was refuted or, if made automatically, proved equal to the
claim or found to have no value anywhere; and at least one mutant was refuted, or agreement would show
nothing. Where a checker found nothing to compare, surviving mutants say nothing more. A claim that is
expected to be refuted has a witness instead, no checker that agrees with it, and a verified repair.
"""

from collections.abc import Mapping, Sequence

from equivalences.language.evidence import Evidence, Verdict, Witness

from .result import Check, ClaimResult, Failure, MutantResult, Outcome

PASSES = {"symbolic": Verdict.PROVED, "numeric": Verdict.CERTIFIED, "gpu": Verdict.STRESSED}
"""The verdict by which each checker passes a claim."""


def passed(checker: str, check: Check | None) -> bool:
    """Whether a check is a pass of that checker: its own word, and no other's."""
    return isinstance(check, Evidence) and check.verdict is PASSES[checker]


def settle(
    *,
    required: Sequence[str],
    checks: Mapping[str, Check],
    mutants: Sequence[MutantResult] | None,
    witness: Witness | None,
) -> tuple[Outcome, tuple[str, ...]]:
    """Where a claim that is said to be true stands, and why it is not verified.

    ``mutants`` is None where they were not to be tried: then it is about the checks alone.
    """
    if witness is not None:
        return _refuted(checks)
    problems = [
        *_problems_of_checks(required, checks),
        *(() if mutants is None else _problems_of_mutants(mutants)),
    ]
    nothing_compared = any(
        isinstance(check, Evidence) and check.verdict is Verdict.VACUOUS for check in checks.values()
    )
    return _worst(problems, EMPTY if nothing_compared else SEVERITY)


def settle_refuted(
    *, checks: Mapping[str, Check], witness: Witness | None, repair: ClaimResult | str
) -> tuple[Outcome, tuple[str, ...]]:
    """Where a claim that is expected to be refuted stands; ``repair`` is its result, or why there is none."""
    proved = passed("symbolic", checks.get("symbolic"))
    agreeing = [name for name, check in checks.items() if passed(name, check)]
    if witness is not None and proved:
        return _refuted(checks)
    if proved:
        return Outcome.PROVED, ("it is expected to be refuted, and has been proved",)
    problems = list(_failures(checks))
    if witness is None:
        problems.append((Outcome.UNDECIDED, "it is expected to be refuted, and no witness was found"))
    if agreeing:
        problems.append((Outcome.UNDECIDED, f"it is expected to be refuted, and {', '.join(agreeing)} agreed"))
    if isinstance(repair, str):
        problems.append((Outcome.ERROR, repair))
    elif not repair.verified:
        problems.append((Outcome.UNDECIDED, f"its repair {repair.id} is {repair.outcome}"))
    return _worst(problems, SEVERITY)


SEVERITY = (
    Outcome.INTERRUPTED,
    Outcome.UNREADABLE,
    Outcome.SURVIVED,
    Outcome.ERROR,
    Outcome.VACUOUS,
    Outcome.UNDECIDED,
)
"""Which problem names the outcome where there are several."""
EMPTY = (Outcome.INTERRUPTED, Outcome.UNREADABLE, Outcome.VACUOUS, *SEVERITY)
"""The same where a checker says VACUOUS."""


def _worst(
    problems: Sequence[tuple[Outcome, str]], severity: Sequence[Outcome]
) -> tuple[Outcome, tuple[str, ...]]:
    """The outcome of the gravest problem, with the reasons of that outcome first."""
    for outcome in severity:
        if any(kind is outcome for kind, _ in problems):
            ordered = sorted(problems, key=lambda problem: problem[0] is not outcome)
            return outcome, tuple(reason for _, reason in ordered)
    return Outcome.VERIFIED, ()


def _refuted(checks: Mapping[str, Check]) -> tuple[Outcome, tuple[str, ...]]:
    if passed("symbolic", checks.get("symbolic")):
        reason = "symbolic proved it and there is a witness against it: a checker is wrong, please report this"
        return Outcome.CONTRADICTION, (reason,)
    return Outcome.REFUTED, ("the sides differ at the witness",)


def _failures(checks: Mapping[str, Check]) -> list[tuple[Outcome, str]]:
    kinds = {"unreadable": Outcome.UNREADABLE, "interrupted": Outcome.INTERRUPTED, "timeout": Outcome.UNDECIDED}
    return [
        (kinds.get(check.kind, Outcome.ERROR), f"{checker}: {check.message}")
        for checker, check in checks.items()
        if isinstance(check, Failure)
    ]


def _problems_of_checks(required: Sequence[str], checks: Mapping[str, Check]) -> list[tuple[Outcome, str]]:
    problems = _failures(checks)
    for checker in required:
        match checks.get(checker):
            case None:
                problems.append((Outcome.UNDECIDED, f"{checker} was not asked"))
            case Evidence(verdict=Verdict.VACUOUS, reason=reason):
                problems.append((Outcome.VACUOUS, f"{checker} says VACUOUS: {reason}"))
            case Evidence(verdict=verdict, reason=reason) as evidence if not passed(checker, evidence):
                problems.append((Outcome.UNDECIDED, f"{checker} says {verdict}: {reason}"))
    return problems


def _problems_of_mutants(mutants: Sequence[MutantResult]) -> list[tuple[Outcome, str]]:
    problems = []
    for mutant in mutants:
        match mutant.outcome:
            case "survived":
                problems.append((Outcome.SURVIVED, f"the mutant {mutant.title!r} was not refuted"))
            case "error":
                problems.append((Outcome.ERROR, f"the mutant {mutant.title!r}: {mutant.message}"))
            case "undefined" if not mutant.automatic:
                problems.append((Outcome.ERROR, f"the mutant {mutant.title!r}: {mutant.message}"))
            case "equal" if not mutant.automatic:
                text = f"the mutant {mutant.title!r} is equal to the claim, so it is no near miss"
                problems.append((Outcome.ERROR, text))
    if not any(mutant.outcome == "killed" for mutant in mutants):
        text = "no mutant was refuted" if mutants else "it has no mutants, so nothing shows that it could fail"
        problems.append((Outcome.VACUOUS, text))
    return problems
