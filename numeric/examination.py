"""What exact and ball arithmetic find out about one comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Evidence, Instance, Options, Verdict, Witness

from . import witness
from .approach import table as approach_table
from .approach import undefined
from .balls import certification as balls
from .balls.certification import Status
from .balls.existence import impossible
from .balls.features import COINCIDENT
from .balls.precision import UndefinedError
from .balls.precision import show as in_balls
from .cases import Absence, Case, instances
from .climb import climb
from .exact.programs import Programs
from .membership import violation
from .modular import Modular, show
from .sampling import axes_of, feature_axes
from .trial import over_rationals

SHOWN = 128
"""Bits by which the sides of a bound are shown."""


def examine(comparison: Comparison, options: Options) -> Evidence:
    """Try to refute; else compare mod p, over ℚ and in balls, as far as each reads the comparison.

    ``CERTIFIED`` says that at every listed instance the difference is exactly 0 over ℚ, or that its ball
    contains 0 and is as narrow as asked. Agreement mod p is printed beside it and never suffices.
    """
    if comparison.is_trivial():
        return answer(Verdict.VACUOUS, "no instance", "both sides are the same program")
    axes = (*axes_of(comparison), *feature_axes(comparison))
    if reason := impossible(comparison, dict.fromkeys(axes, 2)):
        return answer(Verdict.VACUOUS, "no instance", reason)
    found = witness.find(comparison, options)
    if found is not None:
        return refuted(found)
    programs = Programs(comparison)
    cases, absences = instances(programs, options)
    table = [certify(programs, case, options.digits) for case in cases]
    outside = [f"{title}: {absence.reason}" for title, absence in absences.items()]
    wide = [row.is_wide and may_stay_open(case, row) for case, row in zip(cases, table, strict=True)]
    outside += [f"{case.title}: {row.reason}" for case, row, x in zip(cases, table, wide, strict=True) if x]
    cases = [case for case, x in zip(cases, wide, strict=True) if not x]
    table = [row for row, x in zip(table, wide, strict=True) if not x]
    against = next((case for case, row in zip(cases, table, strict=True) if row.differs), None)
    if against is not None and (found := witness.against(programs, against.instance, options)):
        return refuted(found)
    ascent = climb(programs, options.seed) if comparison.bounds is not None else None
    if ascent is not None and ascent.is_violation and ascent.instance is not None:
        if found := witness.against(programs, ascent.instance, options):
            return refuted(found)
        return answer(Verdict.UNDECIDED, "no instance", "climbing met a violation that does not replay")
    modular = Modular.of(programs, options)
    approach, bounds = comparison.approach, comparison.bounds
    problem = undefined(comparison, approach, cases) if approach else ""
    detail = {
        "relation": comparison.relation,
        "exact": modular.table(),
        "rational": rational_table(programs, cases, table),
        "balls": [dict(row.columns) for row in table],
        "outside": outside,
        "digits": options.digits,
    }
    verdict, reason = settle(programs, cases, table, modular, absences)
    if verdict is Verdict.CERTIFIED and problem:
        verdict, reason = Verdict.UNDECIDED, problem
    scope = scope_of(table, modular, options, bounded=bounds is not None)
    if approach and not problem:
        detail["limit"] = approach_table(comparison, approach, cases)
    if ascent is not None:
        detail["climb"] = {"evaluations": ascent.evaluations, "slack": f"{ascent.slack:.2g}"}
        scope += f"; attacked at {ascent.evaluations} instances by climbing"
    return answer(verdict, scope, reason, detail)


def answer(verdict: Verdict, scope: str, reason: str = "", detail: Mapping[str, Any] | None = None) -> Evidence:
    """Evidence of this checker."""
    return Evidence(checker="numeric", verdict=verdict, scope=scope, reason=reason, detail=detail or {})


def refuted(found: Witness) -> Evidence:
    """The evidence of a witness."""
    extent = found.instance.extent()
    entries = "1 entry" if extent == 1 else f"{extent} entries"
    scope = f"one instance, largest array of {entries}, {found.arithmetic}"
    return Evidence(checker="numeric", verdict=Verdict.REFUTED, scope=scope, witness=found)


def may_stay_open(case: Case, row: "Row") -> bool:
    """Whether balls may decide nothing there: large values, or edges at which points of a feature map coincide.

    Equal points that are computed differently are two balls, of which no factor of a Gram matrix is known.
    """
    return case.optional or (not case.generic and row.reason.endswith(COINCIDENT))


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is known of the sides at one instance.

    Attributes:
        exact: whether they are equal over ℚ; None where that does not apply.
        status: what balls say.
        columns: the row of the page's table.
        reason: why balls are undecided.
    """

    exact: bool | None
    status: str
    columns: Mapping[str, Any]
    reason: str = ""

    @property
    def agrees(self) -> bool:
        """Whether this instance certifies."""
        return (self.exact is True and self.status != "differ") or (
            self.exact is None and self.status == "agree"
        )

    @property
    def is_wide(self) -> bool:
        """Whether nothing decides this instance."""
        return self.exact is None and self.status == "undecided"

    @property
    def differs(self) -> bool:
        """Whether this instance refutes."""
        return self.exact is False or self.status == "differ"


def certify(programs: Programs, case: Case, digits: int) -> Row:
    """Both sides at one instance: over ℚ where that applies, and in balls."""
    exact = None
    if not programs.of(case.instance).rational:
        exact = over_rationals(programs, case.instance).outcome == "equal"
    result = balls.certify(programs.comparison, case.instance, digits)
    columns = {
        "case": case.title,
        "sizes": show(case.instance.sizes),
        "value": first_of_sides(programs.comparison, case.instance) or result.lhs,
        "gap": result.gap,
        "bits": result.bits,
        "status": result.status,
        "exact": "0 over ℚ" if exact else "",
    }
    return Row(exact=exact, status=result.status, columns=columns, reason=result.reason)


def first_of_sides(comparison: Comparison, instance: Instance) -> str:
    """Of a bound, the first entry of what it compares; empty for other relations."""
    bounds = comparison.bounds
    if bounds is None:
        return ""
    sides = replace(comparison, lhs=bounds.lower, rhs=bounds.upper, relation="equality", bounds=None)
    try:
        lower, upper = balls.evaluate(sides, instance, SHOWN)
    except UndefinedError:
        return ""
    return f"{in_balls(lower[0], 8)}; {in_balls(upper[0], 8)}"


def rational_table(programs: Programs, cases: Sequence[Case], table: Sequence[Row]) -> dict[str, Any]:
    """The table of the comparison over ℚ."""
    equal = sum(row.exact is True for row in table)
    reason = programs.of(cases[0].instance).rational if cases else "there is no instance"
    return {"applicable": not reason, "reason": reason, "instances": equal}


def scope_of(table: Sequence[Row], modular: Modular, options: Options, *, bounded: bool = False) -> str:
    """For what the evidence speaks, in one line."""
    parts = [f"balls to {options.digits} digits at {sum(row.status == 'agree' for row in table)} instances"]
    exact = sum(row.exact is True for row in table)
    if exact:
        holds = "holds" if bounded else "exactly 0"
        parts.insert(0, f"{holds} over ℚ at {exact} instances")
    if modular.compared and not modular.problem:
        points = f"randomised mod p at {len(modular.compared)} points"
        parts.append(f"{points}, false-pass probability {modular.false_pass()}")
    return "; ".join(parts)


def settle(
    programs: Programs,
    cases: Sequence[Case],
    table: Sequence[Row],
    modular: Modular,
    absences: Mapping[str, Absence],
) -> tuple[Verdict, str]:
    """The verdict, and why it is no better."""
    outside = [f"{title}: {absence.reason}" for title, absence in absences.items()]
    if not cases:
        first = outside[0] if outside else "nothing was drawn"
        if any(absence.open for absence in absences.values()):
            return Verdict.UNDECIDED, f"no input is seen to be in the domain: {first}"
        if absences and all(absence.domain for absence in absences.values()):
            return Verdict.VACUOUS, f"no input satisfies given: {first}"
        ones = dict.fromkeys(axes_of(programs.comparison), 1)
        unread = bool(programs.comparison.kernels) and modular.refusal and programs.any(ones).rational
        return (Verdict.INAPPLICABLE if unread else Verdict.VACUOUS), f"no input has a value: {first}"
    failed = next((row for row in table if not row.agrees), None)
    if failed is not None:
        return Verdict.UNDECIDED, f"{failed.columns['case']}: {failed.reason or 'the rungs disagree'}"
    if not any(case.generic for case in cases):
        return Verdict.UNDECIDED, f"no input but edges has a value: {outside[0]}"
    if modular.problem:
        return Verdict.UNDECIDED, modular.problem
    return Verdict.CERTIFIED, ""


def compare(comparison: Comparison, instance: Instance, digits: int) -> Status:
    """``agree``, ``differ`` or ``undecided`` at one instance, over ℚ where that applies, else in balls."""
    programs = Programs(comparison)
    if violation(programs, instance):
        return "undecided"
    if not programs.of(instance).rational:
        return witness.WORDS[over_rationals(programs, instance).outcome]
    return balls.certify(comparison, instance, digits).status
