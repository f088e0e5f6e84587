"""Runs the checkers over claims and their mutants; alone in knowing which checkers there are.

For each claim: read it; try to refute it; then ask each checker and try each mutant. All of these are
tasks of one pool, earlier claims first, and a claim's result is given out once its last task has answered.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from equivalences.catalogue import Entry
from equivalences.language.claim import CHECKERS
from equivalences.language.evidence import Evidence, Json, Options, Witness

from .pool import Pool, Reply
from .result import Check, ClaimResult, Failure, MutantResult, Outcome, check_from_json
from .settle import settle, settle_refuted

MODULES = {checker: f"equivalences.{checker}" for checker in CHECKERS}
PAGES = "equivalences.report"
READING = 30.0
"""Seconds within which a file has to be imported and a claim traced."""
TICK = 0.1
"""Seconds between two looks at the clock, for whoever watches."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a run goes about it.

    Attributes:
        options: what the checkers are asked for.
        checks: the checkers to ask.
        mutants: whether to try them; without them no claim is verified.
        jobs: worker processes.
        timeout: seconds for one check, or one mutant.
        modules: the checkers, as modules to import.
        pages: the module that describes a claim for its page; empty for none.
    """

    options: Options = field(default_factory=Options)
    checks: tuple[str, ...] = CHECKERS
    mutants: bool = True
    jobs: int = 1
    timeout: float = 120.0
    modules: Mapping[str, str] = field(default_factory=lambda: MODULES)
    pages: str = field(default_factory=lambda: PAGES)


@dataclass(frozen=True)
class Progress:
    """How far a run is: claims done, of all; and what is running, as (id, task, seconds)."""

    done: int
    claims: int
    running: tuple[tuple[str, str, float], ...]


Observer: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True)
class _Step:
    """What a task is for: a claim's position, a kind, and which checker or mutant."""

    claim: int
    kind: str
    name: str = ""
    automatic: bool = False
    position: int = 0

    def __str__(self) -> str:
        if self.kind == "examine":
            return self.name
        return f"mutant {self.position + 1}" if self.kind == "mutant" else self.kind


@dataclass
class _Case:
    """A claim while its answers come in."""

    entry: Entry
    required: tuple[str, ...]
    open: int = 0
    checks: dict[str, Check] = field(default_factory=dict)
    mutants: dict[tuple[bool, int], MutantResult] = field(default_factory=dict)
    witnesses: list[Witness] = field(default_factory=list)
    axes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    statement: str = ""
    description: Json = field(default_factory=dict)
    undescribed: str = ""
    started: float = float("inf")
    seconds: float = 0.0
    titles: dict[tuple[bool, int], str] = field(default_factory=dict)


class Run:
    """One run over some claims. ``results`` gives each claim's result once it is known."""

    def __init__(self, entries: Sequence[Entry], settings: Settings, observer: Observer | None = None) -> None:
        self.settings = settings
        self.observer = observer
        self.cases = [_Case(entry, self._required(entry)) for entry in entries]
        self.finished: dict[str, ClaimResult] = {}

    def _required(self, entry: Entry) -> tuple[str, ...]:
        return tuple(checker for checker in self.settings.checks if checker not in entry.waive)

    def results(self, workers: Pool | None = None) -> Generator[ClaimResult, None, None]:
        """Each claim's result, as soon as it is known; a folklore claim's after its repair's.

        The run has workers of its own, or borrows a pool that has nothing else to do.
        """
        with Pool(self.settings.jobs) if workers is None else nullcontext(workers) as pool:
            for number in range(len(self.cases)):
                self._ask(pool, _Step(number, "read"), min(READING, self.settings.timeout))
            while pool.is_busy():
                for reply in pool.wait(TICK):
                    self._take(pool, reply)
                    yield from self._settled()
                if self.observer:
                    self.observer(self._progress(pool))

    def unfinished(self) -> Iterator[ClaimResult]:
        """What is known of the claims that have no result yet, after an interruption."""
        for case in self.cases:
            if case.entry.id not in self.finished:
                missing = [checker for checker in case.required if checker not in case.checks]
                stopped = Failure(kind="interrupted", message="stopped before it had answered")
                case.checks |= dict.fromkeys(missing, stopped)
                reasons = ("the run was stopped",)
                outcome = Outcome.REFUTED if case.witnesses and not case.entry.expected else Outcome.INTERRUPTED
                yield self._result(case, outcome, reasons)

    def _progress(self, pool: Pool) -> Progress:
        running = [(self.cases[step.claim].entry.id, str(step), seconds) for step, seconds in pool.running()]
        return Progress(len(self.finished), len(self.cases), tuple(running))

    def _ask(self, pool: Pool, step: _Step, seconds: float | None = None) -> None:
        case = self.cases[step.claim]
        entry = case.entry
        case.open += 1
        request = {
            **request_for(entry, step.kind, self.settings),
            "checker": step.name,
            "automatic": step.automatic,
            "position": step.position,
        }
        deadline = self.settings.timeout if seconds is None else seconds
        pool.submit(step, request, seconds=deadline, priority=(step.claim,), root=root_of(entry))

    def _take(self, pool: Pool, reply: Reply) -> None:
        step: _Step = reply.key
        case = self.cases[step.claim]
        case.open -= 1
        now = time.monotonic()
        case.started = min(case.started, now - reply.seconds)
        case.seconds = now - case.started
        match step.kind:
            case "read":
                self._take_reading(pool, step, reply.answer)
            case "describe" if isinstance(reply.answer, Failure):
                case.undescribed = f"its page: {reply.answer.message}"
            case "describe":
                case.description = reply.answer
            case "refute":
                self._take_refutation(pool, step, reply.answer)
            case "examine":
                check = reply.answer if isinstance(reply.answer, Failure) else check_from_json(reply.answer)
                # A failure of the refuter outlives the examination: see _take_refutation.
                if step.name not in case.checks:
                    case.checks[step.name] = check
                if isinstance(check, Evidence) and check.witness is not None:
                    case.witnesses.append(check.witness)
            case "mutant":
                self._take_mutant(step, reply.answer)

    def _take_reading(self, pool: Pool, step: _Step, answer: Any) -> None:
        case = self.cases[step.claim]
        if isinstance(answer, Failure):
            message = answer.message if answer.kind == "unreadable" else f"it cannot be read: {answer.message}"
            unreadable = replace(answer, kind="unreadable", message=message)
            case.checks = dict.fromkeys(case.required, unreadable)
            return
        case.axes = {name: tuple(axes) for name, axes in answer["axes"].items()}
        case.statement = answer["statement"]
        case.titles = {
            (automatic, position): title
            for automatic, kind in ((False, "declared"), (True, "automatic"))
            for position, title in enumerate(answer[kind])
        }
        if self.settings.pages:
            self._ask(pool, replace(step, kind="describe"), min(READING, self.settings.timeout))
        self._ask(pool, replace(step, kind="refute"))

    def _take_refutation(self, pool: Pool, step: _Step, answer: Any) -> None:
        case = self.cases[step.claim]
        if isinstance(answer, Failure):
            case.checks["numeric"] = replace(answer, message=f"the refuter: {answer.message}")
        elif answer is not None:
            case.witnesses.append(Witness.from_json(answer))
        for checker in case.required:
            self._ask(pool, _Step(step.claim, "examine", checker))
        # The near misses of a false claim show nothing.
        if self.settings.mutants and not case.witnesses:
            for (automatic, position), title in case.titles.items():
                self._ask(pool, _Step(step.claim, "mutant", title, automatic, position))

    def _take_mutant(self, step: _Step, answer: Any) -> None:
        if isinstance(answer, Failure):
            answer = {"outcome": "error", "witness": None, "message": answer.message}
        result = MutantResult.from_json({"title": step.name, "automatic": step.automatic, **answer})
        self.cases[step.claim].mutants[step.automatic, step.position] = result

    def _settled(self) -> Iterator[ClaimResult]:
        for case in self.cases:
            if case.open == 0 and case.entry.id not in self.finished:
                settled = self._settle(case)
                if settled is not None:
                    if settled[0] is Outcome.VERIFIED and case.undescribed:
                        settled = Outcome.ERROR, (case.undescribed,)
                    self.finished[case.entry.id] = self._result(case, *settled)
                    yield self.finished[case.entry.id]
                    yield from self._settled()
                    return

    def _settle(self, case: _Case) -> tuple[Outcome, tuple[str, ...]] | None:
        witness = _smallest(case.witnesses)
        for check in case.checks.values():
            if isinstance(check, Failure) and check.kind == "unreadable":
                return Outcome.UNREADABLE, (check.message,)
        if not case.entry.expected:
            mutants = tuple(case.mutants.values()) if self.settings.mutants else None
            return settle(required=case.required, checks=case.checks, mutants=mutants, witness=witness)
        others = {other.entry.id: other.entry for other in self.cases}
        target = others.get(case.entry.repair or "")
        if target is None:
            repair: ClaimResult | str = f"its repair {case.entry.repair!r} is no claim of this run"
        elif target.expected:
            repair = f"its repair {target.id!r} is itself expected to be refuted"
        elif target.id in self.finished:
            repair = self.finished[target.id]
        else:
            return None
        return settle_refuted(checks=case.checks, witness=witness, repair=repair)

    def _result(self, case: _Case, outcome: Outcome, reasons: tuple[str, ...]) -> ClaimResult:
        entry = case.entry
        return ClaimResult(
            id=entry.id,
            family=entry.family,
            title=entry.title,
            path=entry.path,
            line=entry.line,
            expected=entry.expected,
            repair=entry.repair,
            outcome=outcome,
            reasons=reasons,
            required=case.required,
            waived={
                checker: reason for checker, reason in entry.waive.items() if checker in self.settings.checks
            },
            checks={checker: case.checks[checker] for checker in CHECKERS if checker in case.checks},
            mutants=tuple(case.mutants[key] for key in sorted(case.mutants)),
            witness=_smallest(case.witnesses),
            axes=case.axes,
            statement=case.statement,
            description=case.description,
            seconds=case.seconds,
        )


def request_for(entry: Entry, kind: str, settings: Settings) -> dict[str, Json]:
    """What a worker has to know for any task about a claim."""
    return {
        "kind": kind,
        "module": entry.module,
        "file": "" if entry.module else entry.file,
        "id": entry.id,
        "checkers": dict(settings.modules),
        "pages": settings.pages,
        "options": asdict(settings.options),
    }


def root_of(entry: Entry) -> str:
    """The folder that a user's file may import from."""
    return "" if entry.module else str(Path(entry.file).parent)


def _smallest(witnesses: Sequence[Witness]) -> Witness | None:
    return min(witnesses, key=lambda witness: witness.instance.extent(), default=None)
