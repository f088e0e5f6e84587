"""How long proofs take, for every claim of the catalogue and for its near misses.

python benchmarks/proof.py [repeats]

A proof is: call both sides, lower them, search, replay the certificate. What the page adds (a second opinion by
SymPy, the evaluation of each step mod p, the derivation's text) is timed apart, as "examine".
"""

import statistics
import sys
import time
from collections.abc import Callable

from equivalences import symbolic
from equivalences.catalogue import catalogue, claims_of, load
from equivalences.language.claim import Claim
from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Options, Verdict
from equivalences.language.mutation import mutants_of
from equivalences.language.tracing import trace
from equivalences.symbolic.certificate import certificate_of, replay, statement_of
from equivalences.symbolic.lowering.places import UnreadableError
from equivalences.symbolic.recurrence import MissingStateError
from equivalences.symbolic.search.proposals import propose
from equivalences.symbolic.unfolding import can_unfold, unfolded


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def prove(comparison: Comparison) -> bool:
    """Whether the sides, or the sides with their functions written by exponentials, are proved equal."""
    comparison = comparison.with_gap() or comparison
    return proves(comparison) or (can_unfold(comparison) and proves(unfolded(comparison), is_unfolded=True))


def proves(comparison: Comparison, *, is_unfolded: bool = False) -> bool:
    proofs = {}
    for goal in statement_of(comparison).goals:
        proof = propose(goal)
        if proof is None:
            return False
        proofs[goal.name] = proof
    return replay(comparison, certificate_of(proofs, is_unfolded=is_unfolded))


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    proofs: dict[str, float] = {}
    examinations: dict[str, float] = {}
    refusals: dict[str, float] = {}
    modules = dict.fromkeys(entry.module for entry in catalogue())
    for claim in (claim for module in modules for claim in claims_of(load(module))):
        time_claim(claim, repeats, proofs, examinations, refusals)
    for name, times in (("proof", proofs), ("examine", examinations), ("near miss refused", refusals)):
        worst = max(times, key=lambda key: times[key])
        print(
            f"{name:18} {len(times):4}   median {statistics.median(times.values()):7.1f} ms"
            f"   worst {times[worst]:8.1f} ms ({worst})   sum {sum(times.values()) / 1000:6.2f} s"
        )


def time_claim(
    claim: Claim,
    repeats: int,
    proofs: dict[str, float],
    examinations: dict[str, float],
    refusals: dict[str, float],
) -> None:
    comparison = trace(claim)
    if claim.expected or "symbolic" in claim.waive:
        start = time.perf_counter()
        try:
            assert not prove(comparison), claim.id
        except (UnreadableError, MissingStateError):
            return
        refusals[claim.id] = (time.perf_counter() - start) * 1000
        return
    assert prove(comparison), claim.id
    proofs[claim.id] = milliseconds(lambda: prove(trace(claim)), repeats)
    examinations[claim.id] = milliseconds(lambda: symbolic.examine(trace(claim), Options()), 1)
    for mutant in mutants_of(comparison):
        start = time.perf_counter()
        verdict = symbolic.examine(mutant.comparison, Options()).verdict
        if verdict is not Verdict.PROVED:
            refusals[f"{claim.id}: {mutant.title}"] = (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
