"""Bounds against a million adversarial instances, and planted faults against the controls.

    python benchmarks/adversarial.py [--instances 1200000] [--device auto] [--quick]

Every claim of the catalogue that is expected to be true runs on its part of the instances, in ten families,
at five sizes, in both precisions; a violation would be a wrong bound or a wrong kernel. Then each planted
fault has to be noticed: by the audit of a device that has it, and by the bounds of the claims that use it.
The exit status is 1 if an instance violates its bound or a fault goes unnoticed.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from tabulate import tabulate

from equivalences import gpu
from equivalences.catalogue import catalogue, claims_of, load
from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Evidence, Options
from equivalences.language.tracing import trace

QUICK = 50_000


def true_claims() -> Iterator[tuple[str, Comparison]]:
    """The catalogue's claims that are expected to hold, traced."""
    for module in dict.fromkeys(entry.module for entry in catalogue()):
        for claim in claims_of(load(module)):
            if claim.expected is None:
                yield claim.id, trace(claim)


def run(
    comparisons: Sequence[tuple[str, Comparison]], instances: int, device: str
) -> list[tuple[str, Evidence, float]]:
    """Each comparison on its part of the instances, with the seconds of the processor that it took."""
    results = []
    for seed, (name, comparison) in enumerate(comparisons):
        start = time.process_time()
        evidence = gpu.examine(
            comparison, Options(seed=seed, instances=-(-instances // len(comparisons)), device=device)
        )
        results.append((name, evidence, time.process_time() - start))
        print(f"{evidence.verdict:12} {name}", file=sys.stderr)
    return results


def families(results: Sequence[tuple[str, Evidence, float]]) -> list[list[object]]:
    """For each family and precision: instances, undecided ones, the largest error over its bound."""
    ran: Counter[tuple[str, str]] = Counter()
    undecided: Counter[tuple[str, str]] = Counter()
    worst: dict[tuple[str, str], tuple[float, str]] = {}
    for name, evidence, _ in results:
        for row in evidence.detail.get("rows", ()):
            kind = (row["family"], row["dtype"])
            ran[kind] += row["instances"]
            undecided[kind] += row["undecided"]
            worst[kind] = max(worst.get(kind, (0.0, "")), (float(row["worst"]), name))
    return [[*kind, ran[kind], undecided[kind], *worst[kind]] for kind in ran]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=int, default=1_200_000)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} instances")
    options = parser.parse_args()
    results = run(list(true_claims()), QUICK if options.quick else options.instances, options.device)
    print(
        tabulate(
            families(results), ["family", "precision", "instances", "undecided", "worst", "at"], floatfmt=".2g"
        )
    )
    rows = [
        [
            name,
            str(evidence.verdict),
            sum(row["instances"] for row in evidence.detail.get("rows", ())),
            f"{seconds:.2f}",
            evidence.reason,
        ]
        for name, evidence, seconds in results
    ]
    print("\n" + tabulate(rows, ["claim", "verdict", "instances", "CPU s", "reason"]))
    controls = Counter(
        (control["title"], control["tripped"])
        for _, evidence, _ in results
        for control in evidence.detail.get("controls", ())
    )
    print(
        "\n"
        + tabulate([[*key, count] for key, count in sorted(controls.items())], ["control", "tripped", "claims"])
    )
    total = sum(row[2] for row in families(results))  # type: ignore[misc]
    violations = [name for name, evidence, _ in results if "violates its model" in evidence.reason]
    missed = [title for title, tripped in controls if not tripped]
    print(f"\n{total} instances, violations in {len(violations)} claims, {len(missed)} faults unnoticed")
    return 1 if violations or missed or any(str(e.verdict) == "REFUTED" for _, e, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main())
