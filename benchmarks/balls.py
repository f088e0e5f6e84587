"""Ball arithmetic against its competitors: medians and ratios, and the figures that the design asks for.

    python benchmarks/balls.py            # all precisions
    python benchmarks/balls.py --quick    # 53 and 1024 bits

The statement is that softmax attention of 32 queries over 32 tokens of dimension 16 is a gradient step. mpmath
computes the same two sides, hand-written with its fastest dot product and without derivatives; its times with
and without gmpy2 come from processes of their own.
"""

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

BITS = (53, 256, 1024, 3333)
N, D = 32, 16


def timed(f: Callable[[], object], seconds: float = 1.0) -> float:
    """The median time of a call, in milliseconds, over about so many seconds."""
    f()
    times: list[float] = []
    start = time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        f()
        times.append(time.perf_counter() - before)
    return 1e3 * median(times)


def inputs() -> dict[str, list[list[Fraction]]]:
    rng = random.Random(0)
    return {
        name: [[Fraction(rng.randint(-(2**40), 2**40), 3 * 2**39) for _ in range(D)] for _ in range(N)]
        for name in "QKV"
    }


def mpmath_sides(context: Any, numbers: dict[str, list[list[Any]]]) -> list[list[Any]]:
    """Both sides and their difference, in any of mpmath's contexts."""
    Q, K, V = (numbers[name] for name in "QKV")
    columns = list(zip(*V, strict=True))
    root = context.sqrt(context.mpf(D))

    def fdot(a: Sequence[Any], b: Sequence[Any]) -> Any:
        return (
            context.fdot(a, b)
            if context.__class__.__name__ == "MPContext"
            else sum(x * y for x, y in zip(a, b, strict=True))
        )

    def scores() -> list[list[Any]]:
        return [[context.exp(fdot(q, k) / root) for k in K] for q in Q]

    def attention() -> list[list[Any]]:
        rows = [[x / total for x in row] for row, total in ((row, sum(row)) for row in scores())]
        return [[fdot(row, column) for column in columns] for row in rows]

    def step() -> list[list[Any]]:
        rows = scores()
        return [[fdot(row, column) / sum(row) for column in columns] for row in rows]

    return [[x - y for x, y in zip(a, b, strict=True)] for a, b in zip(attention(), step(), strict=True)]


def mpmath_times(bits: Sequence[int]) -> dict[str, Any]:
    import mpmath

    times: dict[str, Any] = {"backend": mpmath.libmp.BACKEND, "mp": {}, "iv": {}}
    for name, context in (("mp", mpmath.mp), ("iv", mpmath.iv)):
        for b in bits:
            context.prec = b
            numbers = {
                k: [[context.mpf(x.numerator) / x.denominator for x in row] for row in rows]
                for k, rows in inputs().items()
            }
            times[name][b] = timed(partial(mpmath_sides, context, numbers))
    return times


def in_process(bits: Sequence[int], *, gmpy2: bool) -> dict[str, Any]:
    environment = {**os.environ, **({} if gmpy2 else {"MPMATH_NOGMPY": "1"})}
    command = [sys.executable, __file__, "--mpmath", *map(str, bits)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def hand_written(bits: int) -> Callable[[], object]:
    """The two sides in python-flint without this library, as the floor."""
    from flint import arb, arb_mat, ctx

    ctx.prec = bits
    Q, K, V = (
        arb_mat([[arb(x.numerator) / x.denominator for x in row] for row in rows]) for rows in inputs().values()
    )

    def scores() -> list[list[arb]]:
        root = 1 / arb(D).sqrt()
        return [[x.exp() for x in row] for row in (Q * K.transpose() * root).tolist()]

    def sides() -> object:
        rows = scores()
        inverses = [1 / sum(row, arb(0)) for row in rows]
        lhs = arb_mat([[x * s for x in row] for row, s in zip(rows, inverses, strict=True)]) * V
        again = scores()
        totals = [sum(row, arb(0)) for row in again]
        product = (arb_mat(again) * V).tolist()
        rhs = arb_mat([[x / s for x in row] for row, s in zip(product, totals, strict=True)])
        return lhs - rhs

    return sides


def statements() -> dict[str, Any]:
    from equivalences import (
        Claim,
        Mutant,
        dot,
        exp,
        feature_map,
        gradient,
        identity,
        inverse,
        logsumexp,
        outer,
        positive,
        real,
        scan,
        size,
        softmax,
        sqrt,
        zeros,
    )  # fmt: skip
    from equivalences.language.domain import Domain
    from equivalences.language.tracing import trace

    def kappa(Q: Any, K: Any) -> Any:
        return exp(Q @ K.T / sqrt(size("d")))

    def attention(Q: Any, K: Any, V: Any) -> Any:
        return softmax(Q @ K.T / sqrt(size("d")), axis=1) @ V

    def gradient_step(Q: Any, K: Any, V: Any) -> Any:
        weights = kappa(Q, K)

        def loss(O: Any) -> Any:  # noqa: E741
            square = (V * V).sum(1)[None, :] - 2 * O @ V.T + (O * O).sum(1)[:, None]
            return dot(weights, square) / 2

        return -gradient(loss)(zeros("m d")) / weights.sum(1)[:, None]

    def closed_step(Q: Any, K: Any, V: Any) -> Any:
        weights = kappa(Q, K)
        return weights @ V / weights.sum(1)[:, None]

    def mse(W: Any, X: Any, Y: Any) -> Any:
        return dot(Y - X @ W, Y - X @ W) / 2

    def cross_entropy(W: Any, X: Any, Y: Any) -> Any:
        return logsumexp(X @ W, axis=1).sum() - dot(Y, X @ W)

    def feature_loss(W: Any, phi: Any, K: Any, V: Any, q: Any, eta: Any) -> Any:
        return -dot(V, phi(K) @ W.T) / (eta * exp(K @ q).sum())

    tokens: dict[str, Domain] = {"Q": real("m d"), "K": real("n d"), "V": real("n d")}
    data: dict[str, Domain] = {"W": real("d v"), "X": real("n d"), "Y": real("n v")}
    features: dict[str, Domain] = {
        "W": real("d f"), "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))), "K": real("n d"),
        "V": real("n d"), "q": real("d"), "eta": positive(),
    }  # fmt: skip
    mutant = Mutant(
        "a relative error of 1e-300", rhs=lambda Q, K, V: closed_step(Q, K, V) * (1 + Fraction(1, 10**300))
    )
    softmax_claim = Claim("softmax", "softmax", tokens, attention, gradient_step, mutants=(mutant,))
    return {
        "softmax, gradient by tape": trace(softmax_claim),
        "softmax, closed form": trace(Claim("closed", "closed", tokens, attention, closed_step)),
        "mutant": trace(softmax_claim, mutant),
        "softmax, feature map": trace(
            Claim(
                "features",
                "features",
                features,
                lambda W, phi, K, V, q: W @ phi(q) + softmax(K @ q) @ V,
                lambda W, phi, K, V, q, eta: (W - eta * gradient(feature_loss)(W, phi, K, V, q, eta)) @ phi(q),
            )
        ),
        "ridge push-through": trace(
            Claim(
                "ridge",
                "ridge",
                {"K": real("n d"), "V": real("n d"), "lam": positive()},
                lambda K, V, lam: inverse(K.T @ K + lam * identity("d")) @ K.T @ V,
                lambda K, V, lam: K.T @ inverse(K @ K.T + lam * identity("n")) @ V,
            )
        ),
        "DeltaNet": trace(
            Claim(
                "delta",
                "delta",
                {"K": real("n d"), "V": real("n d")},
                lambda K, V: scan(lambda S, k, v: S + outer(v - S @ k, k), zeros("d d"), (K, V)),
                lambda K, V: scan(
                    lambda S, k, v: S - gradient(lambda W: dot(v - W @ k, v - W @ k) / 2)(S),
                    zeros("d d"),
                    (K, V),
                ),
            )
        ),
        "gradient of a square loss": trace(
            Claim("mse", "mse", data, lambda W, X, Y: gradient(mse)(W, X, Y), lambda W, X, Y: X.T @ (X @ W - Y))
        ),
        "gradient of a cross-entropy": trace(
            Claim(
                "ce",
                "ce",
                data,
                lambda W, X, Y: gradient(cross_entropy)(W, X, Y),
                lambda W, X, Y: X.T @ (softmax(X @ W, axis=1) - Y),
            )
        ),
    }


def instance_of(comparison: Any) -> Any:
    from equivalences.language.domain import Numbers
    from equivalences.language.evidence import Instance

    sizes = {"n": N, "m": N, "d": D, "v": D, "f": N + 1}
    rng, known, values = random.Random(1), inputs(), {}
    for name, domain in comparison.given.items():
        if isinstance(domain, Numbers):
            count = 1
            for axis in domain.axes:
                count *= sizes[axis]
            drawn = [Fraction(rng.randint(1, 2**20), 2**21) for _ in range(count)]
            flat = [x for row in known.get(name, []) for x in row]
            values[name] = tuple(flat if len(flat) == count else drawn)
    return Instance(sizes, values)


def competitors(bits: Sequence[int], comparison: Any) -> None:
    from equivalences.numeric.balls import certification as balls

    instance = instance_of(comparison)
    sources = {"without gmpy2": in_process(bits, gmpy2=False)}
    if importlib.util.find_spec("gmpy2"):
        sources["with gmpy2"] = in_process(bits, gmpy2=True)
    else:
        print("gmpy2 is not installed here: no figures with it")
    print(
        f"\nboth sides of softmax attention, n = {N}, d = {D}: milliseconds, and times slower than the balls\n"
    )
    heads = [f"{kind} {name}" for name in sources for kind in ("mpmath", "mpmath.iv")]
    print(f"{'bits':>5} {'balls':>9} {'floor':>9}  " + "  ".join(f"{head:>24}" for head in heads))
    for b in bits:

        def ours(b: int = b) -> object:
            lhs, rhs = balls.evaluate(comparison, instance, b)
            return [x - y for x, y in zip(lhs, rhs, strict=True)]

        mine, floor = timed(ours), timed(hand_written(b))
        columns = [sources[name][kind][str(b)] for name in sources for kind in ("mp", "iv")]
        cells = "  ".join(f"{t:13.1f} ms ×{t / mine:7.1f}" for t in columns)
        print(f"{b:>5} {mine:>6.1f} ms {floor:>6.1f} ms  {cells}")


def figures(comparisons: dict[str, Any]) -> None:
    from equivalences.language import term
    from equivalences.numeric.balls import certification as balls
    from equivalences.numeric.balls.evaluation import Evaluation
    from equivalences.numeric.balls.features import certify_kernel
    from equivalences.numeric.balls.precision import precision

    print("\nverdicts: median milliseconds, both precisions of the loop included\n")
    for name, comparison in comparisons.items():
        instance = instance_of(comparison)
        cells = []
        for digits in (16, 77, 308, 1000):
            result = balls.certify(comparison, instance, digits)
            spent = timed(lambda: balls.certify(comparison, instance, digits), 0.5)  # noqa: B023
            cells.append(f"{digits} digits {spent:7.1f} ms {result.status}")
        print(f"{name:<28} " + "   ".join(cells))
    print("\ngradients by the tape: times the closed form\n")
    for name in ("gradient of a square loss", "gradient of a cross-entropy"):
        comparison = comparisons[name]
        instance, cells = instance_of(comparison), []
        for bits in BITS:

            def side(
                t: term.Term, bits: int = bits, c: Any = comparison, i: Any = instance
            ) -> Callable[[], object]:
                def run() -> object:
                    with precision(bits):
                        return Evaluation(c, i).value(t)

                return run

            slow, fast = timed(side(comparison.lhs), 0.5), timed(side(comparison.rhs), 0.5)
            cells.append(f"{bits} bits {slow:6.2f} / {fast:6.2f} ms ×{slow / fast:4.2f}")
        print(f"{name:<28} " + "   ".join(cells))
    points = inputs()["K"]
    print(f"\nexp⟨x, y⟩ as an inner product of features, {N * N} kernels\n")
    for bits in BITS:
        found = certify_kernel(points, bits)
        print(f"{bits:>5} bits {timed(lambda: certify_kernel(points, bits), 0.5):7.1f} ms  {found}")  # noqa: B023


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="53 and 1024 bits only")
    parser.add_argument("--mpmath", nargs="+", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.mpmath:
        print(json.dumps(mpmath_times(arguments.mpmath)))
        return
    comparisons = statements()
    competitors((53, 1024) if arguments.quick else BITS, comparisons["softmax, closed form"])
    figures(comparisons)


if __name__ == "__main__":
    main()
