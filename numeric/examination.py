"""What exact and ball arithmetic find out about one comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Evidence, Instance, Options, Verdict, Witness

from . import witness
from .balls import certification as balls
from .balls.certification import Status
from .balls.existence import impossible
from .cases import Absence, Case, instances
from .exact.degree import bound, printed
from .exact.programs import Programs
from .membership import violation
from .sampling import Sizes, axes_of, feature_axes, schedule
from .trial import Trial, at_random, over_rationals, repeats

POINTS = 2
"""Random points mod p for each choice of sizes."""


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
    wide = [row.is_wide and case.optional for case, row in zip(cases, table, strict=True)]
    outside += [f"{case.title}: {row.reason}" for case, row, x in zip(cases, table, wide, strict=True) if x]
    cases = [case for case, x in zip(cases, wide, strict=True) if not x]
    table = [row for row, x in zip(table, wide, strict=True) if not x]
    against = next((case for case, row in zip(cases, table, strict=True) if row.differs), None)
    if against is not None and (found := witness.against(programs, against.instance, options)):
        return refuted(found)
    modular = Modular.of(programs, options)
    detail = {
        "exact": modular.table(),
        "rational": rational_table(programs, cases, table),
        "balls": [dict(row.columns) for row in table],
        "outside": outside,
        "digits": options.digits,
    }
    verdict, reason = settle(programs, cases, table, modular, absences)
    return answer(verdict, scope_of(table, modular, options), reason, detail)


def answer(verdict: Verdict, scope: str, reason: str = "", detail: Mapping[str, Any] | None = None) -> Evidence:
    """Evidence of this checker."""
    return Evidence(checker="numeric", verdict=verdict, scope=scope, reason=reason, detail=detail or {})


def refuted(found: Witness) -> Evidence:
    """The evidence of a witness."""
    extent = found.instance.extent()
    entries = "1 entry" if extent == 1 else f"{extent} entries"
    scope = f"one instance, largest array of {entries}, {found.arithmetic}"
    return Evidence(checker="numeric", verdict=Verdict.REFUTED, scope=scope, witness=found)


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
        "value": result.lhs,
        "gap": result.gap,
        "bits": result.bits,
        "status": result.status,
        "exact": "0 over ℚ" if exact else "",
    }
    return Row(exact=exact, status=result.status, columns=columns, reason=result.reason)


def show(sizes: Mapping[str, int]) -> str:
    """Sizes as they are printed.

    >>> show({"n": 2, "d": 3})
    'n = 2, d = 3'
    """
    return ", ".join(f"{axis} = {size}" for axis, size in sizes.items())


@dataclass(frozen=True, kw_only=True)
class Modular:
    """The comparison mod p at random points of several sizes.

    Attributes:
        refusal: why it does not apply; empty where it does.
        trials: the points.
        sizes: of each point.
        steady: whether programs that were built again gave the same values.
    """

    refusal: str
    trials: Sequence[Trial] = ()
    sizes: Sequence[Sizes] = ()
    steady: bool = True

    @staticmethod
    def of(programs: Programs, options: Options) -> "Modular":
        """Compare at two random points for each choice of sizes."""
        axes = axes_of(programs.comparison)
        choices = schedule(axes, Random(options.seed))
        refusal = programs.any(choices[0]).modular
        if refusal:
            return Modular(refusal=refusal)
        steady = repeats(programs.comparison, choices[-1], f"{options.seed} again")
        sizes = [choice for choice in choices for _ in range(POINTS)]
        trials = [at_random(programs, choice, f"{options.seed} examine {k}") for k, choice in enumerate(sizes)]
        return Modular(refusal="", trials=trials, sizes=sizes, steady=steady)

    @property
    def compared(self) -> list[Trial]:
        """The points at which both sides have a value."""
        return [trial for trial in self.trials if trial.outcome != "undefined"]

    @property
    def depth(self) -> int:
        """How deep exponentials are nested."""
        return max((len(trial.primes) for trial in self.compared), default=1) - 1

    @property
    def problem(self) -> str:
        """Why agreement mod p cannot be claimed, although this applies."""
        if not self.steady:
            return "the exact evaluator does not repeat its own values: the run is void"
        if any(trial.outcome == "different" for trial in self.compared):
            return "the sides differ mod p, but neither ℚ nor balls confirm it"
        return ""

    def false_pass(self) -> str:
        """How likely it is that a difference at some of these sizes was missed."""
        by_size: dict[str, float] = {}
        for trial, sizes in zip(self.trials, self.sizes, strict=True):
            if trial.outcome != "undefined":
                name = show(sizes)
                by_size[name] = by_size.get(name, 0) + min(0, bound(trial.program, trial.primes))
        return printed(max(by_size.values())) if by_size else ""

    def shown(self) -> list[str]:
        """The sizes at which both sides have a value."""
        both = zip(self.trials, self.sizes, strict=True)
        return list(dict.fromkeys(show(sizes) for trial, sizes in both if trial.outcome != "undefined"))

    def table(self) -> dict[str, Any]:
        """The table of the page."""
        compared = self.compared
        undefined = next((t.reason for t in self.trials if t.outcome == "undefined"), "")
        reason = self.refusal or self.problem or ("" if compared else undefined)
        assumption = "that exponentials and features are independent random residues" if self.depth else ""
        return {
            "applicable": not self.refusal and bool(compared),
            "reason": reason,
            "primes": [str(p) for t in compared[:POINTS] for p in t.primes],
            "instances": len(compared),
            "sizes": self.shown(),
            "false_pass": "" if reason else self.false_pass(),
            "assumption": assumption,
        }


def rational_table(programs: Programs, cases: Sequence[Case], table: Sequence[Row]) -> dict[str, Any]:
    """The table of the comparison over ℚ."""
    equal = sum(row.exact is True for row in table)
    reason = programs.of(cases[0].instance).rational if cases else "there is no instance"
    return {"applicable": not reason, "reason": reason, "instances": equal}


def scope_of(table: Sequence[Row], modular: Modular, options: Options) -> str:
    """For what the evidence speaks, in one line."""
    parts = [f"balls to {options.digits} digits at {sum(row.status == 'agree' for row in table)} instances"]
    exact = sum(row.exact is True for row in table)
    if exact:
        parts.insert(0, f"exactly 0 over ℚ at {exact} instances")
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
