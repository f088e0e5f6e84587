"""The stress check of one comparison: plan, controls, shards, replay, verdict."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Evidence, Options, Verdict, Witness

from . import sampling
from .cases import last_positions, make_cases
from .compile.graph import Unsupported
from .controls import Trial, try_device, try_kernel
from .device.audit import Audit, Void, audit_of
from .device.backend import Backend, Missing, describe_gpu, find_backend
from .device.model import Precision
from .device.process import settle_process
from .executor import Failure, Serial, drive
from .existence import why_impossible
from .families import FAMILIES
from .plan import PRECISIONS, Share, is_usable, shards_of, shares_of
from .replay import replay, replay_instance
from .stress import Outcome, Shard
from .workbench import Workbench

Json: TypeAlias = Any

CONTROLLED = 64
"""Instances on which each control is tried."""
REPLAYED = 4
"""Violations that are replayed until one is confirmed."""


@dataclass(frozen=True)
class Run:
    """All that a run found, and nothing that it concludes."""

    backend: Backend
    audits: Mapping[Precision, Audit]
    trials: Sequence[Trial]
    outcomes: Sequence[Outcome]
    failures: Sequence[Failure[Shard]]

    def count(self, kind: str) -> int:
        """The number of ``instances``, or of those ``held``, ``undecided``, ``violated`` or ``outside``."""
        return sum(getattr(outcome, kind) for outcome in self.outcomes)

    @property
    def scope(self) -> str:
        """For what the run speaks, in one line."""
        shards = [outcome.shard for outcome in self.outcomes]
        undecided = f", {self.count('undecided')} of them undecided" if self.count("undecided") else ""
        left_out = f", {self.count('outside')} more left out" if self.count("outside") else ""
        comma = "," if undecided or left_out else ""
        largest = max((size for shard in shards for _, size in shard.sizes), default=0)
        families, sizes = len({s.family for s in shards}), f"sizes 1 to {largest}" if largest else "scalars"
        return (
            f"{self.count('instances')} instances{undecided}{left_out}{comma} "
            f"of {families} {'family' if families == 1 else 'families'}, "
            f"{sizes}, {' and '.join(sorted({s.dtype for s in shards}, reverse=True))}, "
            f"{' and '.join(sorted({s.lane for s in shards}))} lane; {self.backend.title}"
        )

    def detail(self) -> dict[str, Json]:
        """Tables for the page."""
        return {
            "backend": self.backend.name,
            "device": self.backend.title,
            "model": [line for audit in self.audits.values() for line in audit.lines()],
            "lane": "exact" if any(o.shard.lane == "exact" for o in self.outcomes) else "bounded",
            "rows": list(self.rows()),
            "controls": [{"title": trial.title, "tripped": trial.tripped} for trial in self.trials],
            "gpu": describe_gpu(self.backend),
        }

    def rows(self) -> Iterator[dict[str, Json]]:
        """One row for each family and precision; the worst instance speaks for it."""
        for family, dtype in product(FAMILIES, PRECISIONS):
            own = [o for o in self.outcomes if (o.shard.family, o.shard.dtype) == (family, dtype)]
            if not own:
                continue
            worst = max(own, key=lambda o: (o.worst, o.shard.sizes))
            yield {
                "family": family,
                "about": FAMILIES[family].about,
                "dtype": dtype,
                "lane": worst.shard.lane,
                "sizes": show_sizes([o.shard for o in own]),
                "instances": sum(o.instances for o in own),
                "undecided": sum(o.undecided for o in own),
                "worst": f"{worst.worst:.2g}",
                "error": f"{worst.error:.2g}",
                "replay": worst.shard.address(worst.item),
            }


def examine(comparison: Comparison, options: Options) -> Evidence:
    """Stress a comparison on ``options.instances`` instances on ``options.device``, in this process.

    Raises:
        ValueError: no device has that name.
    """
    return stress(lambda: comparison, options)


def stress(
    load: Callable[[], Comparison], options: Options, *, make_executor: Callable[[], Executor] = Serial
) -> Evidence:
    """Stress the comparison that ``load`` gives, on any executor.

    A process pool needs a ``load`` that can be pickled: a function of a module, or a ``functools.partial``
    of one.
    """
    comparison = load()
    backend = find_backend(options.device)
    if isinstance(backend, Missing):
        return _evidence(Verdict.INAPPLICABLE, reason=f"{backend.name}: {backend.reason}")
    if comparison.is_trivial():
        return _evidence(Verdict.VACUOUS, reason="both sides are one program")
    settle_process()
    audits: dict[Precision, Audit] = {}
    for dtype in PRECISIONS:
        found = audit_of(backend.name, dtype)
        if isinstance(found, Void):
            return _evidence(Verdict.UNDECIDED, reason=f"void: {found.reason}")
        audits[dtype] = found
    if sampling.is_sampled(comparison):
        return sample(comparison, backend, audits, options)
    bench = Workbench(load, backend.name)
    try:
        shares = shares_of(comparison)
        for dtype in PRECISIONS:
            bench.conditions(shares[0].sizes, dtype)
        model = audits["float64"].model
        impossible = [why_impossible(comparison, s.sizes, backend, model, options.seed) for s in shares]
    except Unsupported as error:
        return _evidence(Verdict.INAPPLICABLE, reason=str(error))
    if all(impossible):
        return _evidence(Verdict.VACUOUS, reason=impossible[0])
    if any(impossible):
        reason = next(reason for reason in impossible if reason)
        return _evidence(Verdict.UNDECIDED, reason=f"at some sizes {reason}")
    first = next((share for share in shares if is_usable(bench, share)), None)
    if first is None:
        return _evidence(Verdict.VACUOUS, reason="both sides compile to one program")
    trials = [*try_device(backend), *_try_claim(bench, first, options.seed)]
    planned: list[Shard] = []
    outcomes: list[Outcome] = []
    failures: list[Failure[Shard]] = []
    shards = _noted(shards_of(bench, first, options), planned)
    for result in drive(shards, bench, make_executor=make_executor):
        if isinstance(result, Failure):
            failures.append(result)
            continue
        outcomes.append(result)
        if result.violated:
            break
    outcomes.sort(key=lambda outcome: planned.index(outcome.shard))
    return conclude(comparison, Run(backend, audits, trials, outcomes, failures), options)


def sample(
    comparison: Comparison, backend: Backend, audits: Mapping[Precision, Audit], options: Options
) -> Evidence:
    """Test a mean by sampling, in double precision.

    A rejection refutes only if balls confirm it. A wrong mean planted at each input has to be rejected.
    """
    try:
        tests = sampling.run(comparison, backend, audits["float64"].model, options)
    except Unsupported as error:
        return _evidence(Verdict.INAPPLICABLE, reason=str(error))
    scope = (
        f"the mean of {options.instances} draws at each of {len(tests)} inputs, by an anytime-valid test that "
        f"rejects a true claim with probability ≤ {sampling.ALPHA:g}, float64; {backend.title}"
    )
    detail = {
        "backend": backend.name,
        "device": backend.title,
        "model": audits["float64"].lines(),
        "sampling": sampling.rows(tests),
        "controls": [],
        "gpu": describe_gpu(backend),
    }
    verdict, reason, witness = Verdict.STRESSED, "", None
    for found in (t for t in tests if not t.ratio < 1):
        again = replay_instance(comparison, found.instance, options) if found.rejected else None
        if again is not None and again.answer == "differ":
            verdict, reason, witness = Verdict.REFUTED, f"confirmed at {found.address}", again.witness
            break
        what = (
            "the stated mean is rejected, but balls see no difference"
            if again
            else "a negative variance, or no finite bound"
        )
        verdict, reason = Verdict.UNDECIDED, f"{what} at {found.address}"
    if verdict is Verdict.STRESSED and not all(t.noticed for t in tests):
        verdict, reason = Verdict.UNDECIDED, "void: a planted wrong mean went unnoticed"
    if verdict is Verdict.STRESSED and (wide := [t.address for t in tests if t.wider]):
        verdict, reason = Verdict.UNDECIDED, f"void: the stated variance is rejected as too small at {wide[0]}"
    if verdict is Verdict.STRESSED and (narrow := [t.address for t in tests if t.narrow]):
        verdict, reason = Verdict.UNDECIDED, f"void: the draws hardly show the stated variance at {narrow[0]}"
    return _evidence(verdict, scope, reason, detail, witness)


def conclude(comparison: Comparison, run: Run, options: Options) -> Evidence:
    """The verdict that a run allows.

    A violation refutes only if balls confirm it; otherwise the model is what was refuted, and nothing is
    said of the claim. Undecided instances are never counted as held, and where they are the majority the
    run decides nothing.
    """
    answers: set[str] = set()
    for outcome in run.outcomes:
        for item in outcome.violations[:REPLAYED]:
            again = replay(comparison, outcome.shard, item, options)
            answers.add(again.answer)
            if again.answer == "differ":
                return _settled(
                    run, Verdict.REFUTED, f"confirmed at {outcome.shard.address(item)}", again.witness
                )
    missed = [trial.title for trial in run.trials if not trial.tripped]
    kinds = ("held", "undecided", "violated", "outside")
    held, undecided, violated, outside = (run.count(kind) for kind in kinds)
    if outside and not held + undecided + violated:
        return _settled(run, Verdict.VACUOUS, "no instance satisfies given and the hypotheses")
    if undecided > held and not violated:
        reason = f"{undecided} of {held + undecided} instances have no finite bound"
        return _settled(run, Verdict.UNDECIDED, reason)
    if missed:
        return _settled(run, Verdict.UNDECIDED, f"void: a planted fault went unnoticed: {'; '.join(missed)}")
    if violated:
        first = next(o for o in run.outcomes if o.violated)
        where = first.shard.address(first.violations[0])
        reason = f"{run.backend.title} violates its model, not the claim: balls see no difference at {where}"
        if "agree" not in answers:
            reason = f"the sides seem to differ, but balls decide nothing at {where}"
        return _settled(run, Verdict.UNDECIDED, reason)
    if run.failures:
        failure = run.failures[0]
        return _settled(run, Verdict.UNDECIDED, f"{failure.task.address(failure.task.first)}: {failure.reason}")
    if not held + undecided:
        return _settled(run, Verdict.VACUOUS, "no instance ran")
    return _settled(run, Verdict.STRESSED, "")


def show_sizes(shards: Sequence[Shard]) -> str:
    """The sizes of some shards, each once.

    ``n, d = 3, 2; 8`` says that n is 3 and d is 2, or both are 8.
    """
    names = ", ".join(axis for axis, _ in shards[0].sizes)
    texts = []
    for shard in shards:
        sizes = [size for _, size in shard.sizes]
        texts.append(str(sizes[0]) if len(set(sizes)) == 1 else ", ".join(map(str, sizes)))
    return f"{names} = {'; '.join(dict.fromkeys(texts))}" if names else "scalars"


def _noted(shards: Iterable[Shard], planned: list[Shard]) -> Iterator[Shard]:
    """The shards, each put on the list as it is taken: results come back in another order."""
    for shard in shards:
        planned.append(shard)
        yield shard


def _try_claim(bench: Workbench, share: Share, seed: int) -> Iterator[Trial]:
    positions = last_positions(bench.comparison, share.sizes)
    for dtype in PRECISIONS:
        cases = make_cases(
            bench.comparison, "uniform", share.sizes, seed=seed, first=0, count=CONTROLLED, dtype=dtype
        )
        arrays = {name: bench.backend.put(array) for name, array in cases.items()}
        yield from try_kernel(bench.kernel(share.sizes, dtype), bench.backend, arrays, positions)


def _settled(run: Run, verdict: Verdict, reason: str, witness: Witness | None = None) -> Evidence:
    return _evidence(verdict, run.scope, reason, run.detail(), witness)


def _evidence(
    verdict: Verdict,
    scope: str = "nothing ran",
    reason: str = "",
    detail: Mapping[str, Json] | None = None,
    witness: Witness | None = None,
) -> Evidence:
    return Evidence(
        checker="gpu", verdict=verdict, scope=scope, reason=reason, detail=detail or {}, witness=witness
    )
