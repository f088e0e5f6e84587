"""How fast the generated kernels are, as ratios within one run.

    python benchmarks/stress.py [--quick]

Compiled softmax attention against the same batched by hand, against one instance at a time, and with its
bound; then the whole stress of a claim. Rates are instances per CPU-second of one thread, the best of five.
"""

import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from equivalences import Array, Claim, exp, real, softmax
from equivalences.gpu.cases import Arrays, make_cases
from equivalences.gpu.compile.kernel import Kernel, compile_comparison, load
from equivalences.gpu.device.backend import Backend, Missing, find_backend
from equivalences.gpu.device.model import ieee_model
from equivalences.gpu.device.process import settle_process
from equivalences.gpu.stress import compare
from equivalences.language.tracing import trace

SIZES = ((4, 4), (8, 8), (16, 16), (32, 16))
BUDGET = 1 << 22
REPEATS = 5


def attention(Q: Array, K: Array, V: Array) -> Array:
    return softmax(Q @ K.T, axis=1) @ V


def normalised(Q: Array, K: Array, V: Array) -> Array:
    weights = exp(Q @ K.T)
    return (weights @ V) / weights.sum(1)[:, None]


CLAIM = Claim(
    "benchmark-softmax",
    title="Softmax attention is exponentials over their sum",
    given={"Q": real("m d"), "K": real("n d"), "V": real("n v")},
    lhs=attention,
    rhs=normalised,
)


def by_hand_numpy(Q: Any, K: Any, V: Any) -> Any:
    scores = np.matmul(Q, np.swapaxes(K, -1, -2))
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return np.matmul(scores, V)


def by_hand_torch(Q: Any, K: Any, V: Any) -> Any:
    scores = Q @ K.mT
    weights = (scores - scores.amax(-1, keepdim=True)).exp_()
    return (weights / weights.sum(-1, keepdim=True)) @ V


def one_at_a_time(Q: Any, K: Any, V: Any) -> Any:
    result = np.empty((len(Q), Q.shape[1], V.shape[2]))
    for k in range(len(Q)):
        scores = Q[k] @ K[k].T
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        result[k] = (weights / weights.sum(axis=-1, keepdims=True)) @ V[k]
    return result


Hand: TypeAlias = Callable[[Any, Any, Any], Any]
HANDS: dict[str, Hand] = {"numpy": by_hand_numpy, "torch": by_hand_torch}


def rate(call: Callable[[], object], instances: int) -> float:
    """Instances per CPU-second."""
    call()
    times = []
    for _ in range(REPEATS):
        start, calls = time.process_time(), 0
        while time.process_time() - start < 0.1:
            call()
            calls += 1
        times.append((time.process_time() - start) / calls)
    return instances / min(times)


def whole(kernel: Kernel, backend: Backend, sizes: Mapping[str, int], count: int) -> None:
    """Make cases, evaluate both sides with bounds, compare."""
    comparison = trace(CLAIM)
    cases = make_cases(comparison, "uniform", sizes, seed=0, first=0, count=count, dtype="float64")
    arrays = {name: backend.put(array) for name, array in cases.items()}
    lhs, lhs_error, rhs, rhs_error = kernel.bounds(backend, arrays, {})
    compare(backend, lhs, rhs, lhs_error + rhs_error)


def measure(kernel: Kernel, backend: Backend, hand: Hand, cases: Arrays, sizes: Mapping[str, int]) -> str:
    """One line of the table."""
    count = len(cases["Q"])
    arrays = {key: backend.put(array) for key, array in cases.items()}
    lhs = partial(load(kernel.source)["lhs"], backend.xp, backend, backend.xp.float64, count)
    side = rate(partial(lhs, *arrays.values()), count)
    by_hand = rate(partial(hand, *arrays.values()), count)
    loop = rate(partial(one_at_a_time, *cases.values()), count)
    both = rate(partial(kernel.values, backend, arrays, {}), count)
    bound = rate(partial(kernel.bounds, backend, arrays, {}), count)
    end = rate(partial(whole, kernel, backend, sizes, count), count)
    return (
        f"{side:>9.3g} {by_hand:>9.3g} {side / by_hand:>6.2f} {side / loop:>6.1f}× "
        f"{both:>9.3g} {bound:>9.3g} {both / bound:>5.1f} {end:>9.3g}"
    )


def main() -> None:
    settle_process()
    comparison = trace(CLAIM)
    print(
        f"{'n,d':>6} {'backend':>8} {'one side':>9} {'by hand':>9} {'ratio':>6} {'× loop':>7} "
        f"{'values':>9} {'bounds':>9} {'cost':>5} {'whole':>9}  compile ms"
    )
    for n, d in SIZES[:2] if "--quick" in sys.argv else SIZES:
        sizes = {"m": n, "n": n, "d": d, "v": d}
        start = time.perf_counter()
        kernel = compile_comparison(comparison, sizes, ieee_model("float64"))
        compiling = 1e3 * (time.perf_counter() - start)
        count = max(1, BUDGET // kernel.memory_per_instance)
        cases = make_cases(comparison, "uniform", sizes, seed=0, first=0, count=count, dtype="float64")
        for name, hand in HANDS.items():
            backend = find_backend(name)
            if isinstance(backend, Missing):
                print(f"{n:>3},{d:<2} {name:>8} {backend.reason}")
                continue
            settle_process()
            line = measure(kernel, backend, hand, cases, sizes)
            print(f"{n:>3},{d:<2} {name:>8} {line}  {compiling:.1f}")


if __name__ == "__main__":
    main()
