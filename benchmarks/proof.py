"""How long proofs take, for every claim of the catalogue and for its near misses.

python benchmarks/proof.py [repeats]

A proof is: call both sides, lower them, search, replay the certificate. What the page adds (a second opinion by
SymPy, the evaluation of each step mod p, the derivation's text) is timed apart, as "examine".
"""

import statistics
import sys
import time
from collections.abc import Callable

from equivalences import catalogue, symbolic
from equivalences.language.claim import Claim
from equivalences.language.evidence import Options, Verdict
from equivalences.language.mutation import mutants_of
from equivalences.language.tracing import trace


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def prove(claim: Claim) -> bool:
    return symbolic.prove(trace(claim)) is not None


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    proofs, examinations, refusals = {}, {}, {}
    for entry in catalogue.builtin():
        claim = catalogue.load(entry)
        prove(claim)
        if claim.expected:
            refusals[claim.id] = milliseconds(lambda claim=claim: prove(claim), 1)
            continue
        proofs[claim.id] = milliseconds(lambda claim=claim: prove(claim), repeats)
        examinations[claim.id] = milliseconds(lambda claim=claim: symbolic.examine(trace(claim), Options()), 1)
        comparison = trace(claim)
        for mutant in mutants_of(comparison):
            start = time.perf_counter()
            verdict = symbolic.examine(mutant.comparison, Options()).verdict
            if verdict is not Verdict.PROVED:
                refusals[f"{claim.id}: {mutant.title}"] = (time.perf_counter() - start) * 1000
    for name, times in (("proof", proofs), ("examine", examinations), ("near miss refused", refusals)):
        worst = max(times, key=lambda key: times[key])
        print(
            f"{name:18} {len(times):4}   median {statistics.median(times.values()):7.1f} ms"
            f"   worst {times[worst]:8.1f} ms ({worst})   sum {sum(times.values()) / 1000:6.2f} s"
        )


if __name__ == "__main__":
    main()
