"""Exact arithmetic at n = 32, d = 16: times mod p and over ℚ, and ratios to plain fractions.

python benchmarks/exact.py
"""

import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tabulate import tabulate

from equivalences import (
    Claim,
    dot,
    exp,
    feature_map,
    gradient,
    identity,
    inverse,
    outer,
    positive,
    real,
    scan,
    softmax,
)
from equivalences.language.evidence import Instance
from equivalences.language.tracing import trace
from equivalences.numeric.exact.arithmetic import Rationals
from equivalences.numeric.exact.programs import Programs
from equivalences.numeric.sampling import draw, integers
from equivalences.numeric.trial import compare

half = Fraction(1, 2)
SIZES = {"n": 32, "d": 16, "v": 16}
SMALL = {"n": 8, "d": 4, "v": 4}


def ridge() -> Claim:
    """Push-through: V K' (K K' + 1/λ)⁻¹ on either side."""
    return Claim(
        "ridge",
        title="push-through",
        given={"K": real("n d"), "V": real("n v"), "lam": positive(), "q": real("d")},
        lhs=lambda K, V, lam, q: V.T @ K @ inverse(K.T @ K + identity("d") / lam) @ q,
        rhs=lambda K, V, lam, q: V.T @ (inverse(K @ K.T + identity("n") / lam) @ (K @ q)),
    )


def delta() -> Claim:
    """DeltaNet's recurrence and online gradient descent."""
    return Claim(
        "delta",
        title="DeltaNet",
        given={"S0": real("v d"), "K": real("n d"), "V": real("n v"), "b": real("n")},
        lhs=lambda S0, K, V, b: scan(
            lambda S, k, v, b: S @ (identity("d") - b * outer(k, k)) + b * outer(v, k), S0, (K, V, b)
        ),
        rhs=lambda S0, K, V, b: scan(
            lambda S, k, v, b: S - b * gradient(lambda W: half * dot(v - W @ k, v - W @ k))(S), S0, (K, V, b)
        ),
    )


def attention() -> Claim:
    """Softmax attention and a gradient step, with features of the exponential kernel."""

    def loss(W: Any, phi: Any, keys: Any, values: Any, query: Any, eta: Any) -> Any:
        return -dot(values, phi(keys) @ W.T) / (eta * exp(keys @ query).sum())

    return Claim(
        "attention",
        title="softmax attention",
        given={
            "W0": real("v f"),
            "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
            "keys": real("n d"),
            "values": real("n v"),
            "query": real("d"),
            "eta": positive(),
        },
        lhs=lambda W0, phi, keys, values, query: W0 @ phi(query) + softmax(keys @ query) @ values,
        rhs=lambda W0, phi, keys, values, query, eta: (
            (W0 - eta * gradient(loss)(W0, phi, keys, values, query, eta)) @ phi(query)
        ),
    )


def pairs() -> Claim:
    """Exponentials of all pairs: row-wise softmax attention and its definition."""
    return Claim(
        "pairs",
        title="softmax over all pairs",
        given={"Q": real("n d"), "K": real("n d"), "V": real("n v")},
        lhs=lambda Q, K, V: softmax(Q @ K.T) @ V,
        rhs=lambda Q, K, V: (exp(Q @ K.T) @ V) / exp(Q @ K.T).sum(1)[:, None],
    )


def best(f: Callable[[], object], repeat: int) -> float:
    """The best time in milliseconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def modular(claim: Claim, sizes: dict[str, int], repeat: int) -> tuple[float, float]:
    """Milliseconds to unroll, and for each instance: draw, evaluate both sides, compare."""
    comparison = trace(claim)
    rng = Random(0)

    def unrolled() -> tuple[Programs, dict[str, int]]:
        programs = Programs(comparison)
        whole = programs.sized(sizes)
        whole |= {"f": whole["f"] + 1} if "f" in whole else {}
        programs.at(whole).steps  # noqa: B018 - the plan belongs to unrolling
        return programs, whole

    programs, whole = unrolled()
    program = programs.at(whole)
    fields = program.modulo(1)

    def once() -> None:
        inputs = integers(comparison, whole, rng, 64 * len(fields) + 64)
        assert compare(program, fields, inputs).outcome == "equal"

    return best(unrolled, 1), best(once, repeat)


def rational(claim: Claim, sizes: dict[str, int], repeat: int) -> float:
    """Milliseconds over ℚ with inputs of 53 bits."""
    comparison = trace(claim)
    programs, instance = Programs(comparison), full(draw(comparison, sizes, Random(0)))
    program = programs.of(instance)

    def once() -> None:
        assert compare(program, [Rationals()], instance.values).outcome == "equal"

    return best(once, repeat)


def full(instance: Instance) -> Instance:
    """The instance with entries of 53 bits."""
    rng = Random(1)
    values = {
        name: tuple(Fraction(rng.getrandbits(53) + 1, 2**53) for _ in entries)
        for name, entries in instance.values.items()
    }
    return Instance(instance.sizes, values)


def plain_ridge(sizes: dict[str, int], multiply: Callable[[Any, Any], Any], solve: Any, K: Any, V: Any) -> None:
    """Both sides of push-through in plain Python."""
    n, d = sizes["n"], sizes["d"]
    T = [list(row) for row in zip(*K, strict=True)]
    VT = [list(row) for row in zip(*V, strict=True)]
    G, H = multiply(T, K), multiply(K, T)
    for M, size in ((G, d), (H, n)):
        for k in range(size):
            M[k][k] += 1
    left = multiply(multiply(VT, K), solve(G))
    right = multiply(multiply(VT, solve(H)), K)
    assert left == right


def product(A: Any, B: Any) -> Any:
    columns = list(zip(*B, strict=True))
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in A]


def gauss(A: Any) -> Any:
    """The inverse by Gauss and Jordan."""
    n = len(A)
    M = [[*row, *(Fraction(int(i == j)) for j in range(n))] for i, row in enumerate(A)]
    for i in range(n):
        k = next(k for k in range(i, n) if M[k][i])
        M[i], M[k] = M[k], M[i]
        M[i] = [x / M[i][i] for x in M[i]]
        for j in range(n):
            if j != i and M[j][i]:
                M[j] = [x - M[j][i] * y for x, y in zip(M[j], M[i], strict=True)]
    return [row[n:] for row in M]


def plain(sizes: dict[str, int]) -> float:
    """Milliseconds for the ridge claim with Python's fractions."""
    instance = full(draw(trace(ridge()), sizes, Random(0)))
    K, V = (
        [list(instance.values[name][r * w : (r + 1) * w]) for r in range(sizes["n"])]
        for name, w in (("K", sizes["d"]), ("V", sizes["v"]))
    )
    return best(lambda: plain_ridge(sizes, product, gauss, K, V), 1)


def main() -> None:
    rows = []
    for claim, target in ((ridge(), 1.0), (delta(), None), (pairs(), 30.0), (attention(), 30.0)):
        build, each = modular(claim, SIZES, 7)
        rows.append((claim.title, "mod p", f"{each:.2f}", target or "", f"{build:.0f}"))
    rows.append((ridge().title, "over ℚ", f"{rational(ridge(), SIZES, 2):.1f}", 250, ""))
    shown = ", ".join(f"{axis} = {size}" for axis, size in SIZES.items())
    print(tabulate(rows, ("claim", shown, "ms an instance", "at most", "ms to unroll, once"), "github"))
    ours, theirs = rational(ridge(), SMALL, 5), plain(SMALL)
    shown = ", ".join(f"{axis} = {size}" for axis, size in SMALL.items())
    print(f"\npush-through over ℚ at {shown}: {ours:.2f} ms, Python's fractions {theirs / ours:.0f} times that")


if __name__ == "__main__":
    main()
