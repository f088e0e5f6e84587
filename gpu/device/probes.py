"""Questions to a device's arithmetic whose answers are known exactly.

Each probe returns nothing, or what is wrong in one line. They follow the anomalies that devices show:
operands of a product rounded to fewer bits (TF32, bfloat16), sums that are truncated rather than rounded
(tensor cores: Fasi, Higham, Mikaitis, Pranesh, *PeerJ Computer Science* 7:e330, 2021), matrix units that
emulate a wider format and lose entries of small size, subnormal numbers taken for zero.
"""

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from .backend import Backend
from .rounding import two_product

Array: TypeAlias = Any
Probe: TypeAlias = Callable[[Backend, str], str | None]

WIDTHS = (1, 2, 3, 8, 16, 32, 64, 128)
"""Libraries change kernels with the size of the matrices."""
SPREAD = {"float64": 300, "float32": 30}


def full_significands(count: int, stream: int, dtype: str) -> Array:
    """Numbers from 1 to 2 whose last bit is set."""
    words = np.random.Philox(key=[1, stream]).random_raw(count)
    bits = np.finfo(dtype).nmant
    return (1 + ((words >> np.uint64(64 - bits)) | np.uint64(1)).astype("float64") * 2.0**-bits).astype(dtype)


def operands_kept(backend: Backend, dtype: str) -> str | None:
    """Whether A @ 1 = A = 1 @ A, to the last bit."""
    xp = backend.xp
    for k, width in enumerate(WIDTHS):
        a = full_significands(4 * width * width, k, dtype).reshape(4, width, width)
        one = np.broadcast_to(np.eye(width, dtype=dtype), a.shape).copy()
        left = backend.get(xp.matmul(backend.put(a), backend.put(one)))
        right = backend.get(xp.matmul(backend.put(one), backend.put(a)))
        worst = float(np.max(np.abs(np.stack([left - a, right - a])) / a))
        if worst:
            return (
                f"matmul of {width} × {width} matrices rounds its operands to about {-math.log2(worst):.0f} "
                "bits (TF32 or bfloat16): turn reduced precision off, as by "
                'torch.set_float32_matmul_precision("highest"), NVIDIA_TF32_OVERRIDE=0, CUPY_TF32=0'
            )
    return None


def rounds_to_nearest(backend: Backend, dtype: str) -> str | None:
    """Whether + − × ÷ are correctly rounded, at ties and elsewhere, held against rational arithmetic.

    Python rounds a rational to the nearest double; doing so first is harmless for these four operations in
    single precision (Figueroa, *SIGNUM Newsletter* 30, 1995).
    """
    eps = float(np.finfo(dtype).eps)
    ties = np.asarray([[1, eps / 2], [1 + eps, eps / 2], [1, 0.75 * eps], [1, -0.3 * eps], [1 + eps, 1 + eps]])
    a = np.concatenate([ties[:, 0], full_significands(256, 50, dtype)]).astype(dtype)
    b = np.concatenate([ties[:, 1], np.exp2(np.arange(256) % 41 - 20) * full_significands(256, 51, dtype)])
    x, y = backend.put(a), backend.put(b.astype(dtype))
    got = {"+": x + y, "-": x - y, "*": x * y, "/": x / y}
    exact = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
    pairs = [(Fraction(p), Fraction(q)) for p, q in zip(a.tolist(), b.astype(dtype).tolist(), strict=True)]
    wrong = [
        sign
        for sign, operation in exact.items()
        if backend.get(got[sign]).tolist()
        != np.asarray([float(operation(p, q)) for p, q in pairs]).astype(dtype).tolist()
    ]
    return f"{' '.join(wrong)} not rounded to nearest" if wrong else None


def accumulates(backend: Backend, dtype: str) -> str | None:
    """Whether sums of products stay within n·u·Σ|a||b|, rows and columns being of very different size."""
    xp, u = backend.xp, float(np.finfo(dtype).eps) / 2
    for k, width in enumerate(WIDTHS[1:6]):
        rows = full_significands(2 * 4 * width, 60 + k, dtype).reshape(2, 4, width)
        columns = full_significands(2 * width * 4, 70 + k, dtype).reshape(2, width, 4)
        rows[:, :, ::2] *= -1
        scale = np.exp2(np.asarray([-1, 0, 0, 1]) * (SPREAD[dtype] / 2)).astype(dtype)
        rows, columns = rows * scale[:, None], columns * scale
        got = backend.get(xp.matmul(backend.put(rows), backend.put(columns))).astype("float64")
        for place in np.ndindex(2, 4, 4):
            batch, i, j = place
            a, b = rows[batch, i].astype("float64"), columns[batch, :, j].astype("float64")
            high, low = two_product(a, b)
            exact = math.fsum([*high.tolist(), *low.tolist()])
            allowed = (width * u + 2.0**-50 * u) * math.fsum(np.abs(high).tolist()) * (1 + 2.0**-40) + u * abs(
                exact
            )
            if not abs(got[place] - exact) <= allowed:
                return f"a sum of {width} products is off by more than its rounding: {got[place]} for {exact}"
    return None


def rounds_sums(backend: Backend, dtype: str) -> str | None:
    """Whether 1·1 + 1·¾ε is 1 + ε, as rounding has it, and not 1, as truncation does."""
    eps = float(np.finfo(dtype).eps)
    rows = np.ones((4, 1, 2), dtype)
    columns = np.asarray([[[1], [0.75 * eps]]] * 4, dtype)
    got = backend.get(backend.xp.matmul(backend.put(rows), backend.put(columns))).astype("float64")
    return None if np.all(got == 1 + eps) else "sums in matmul are truncated, not rounded"


def keeps_subnormals(backend: Backend, dtype: str) -> str | None:
    """Whether numbers below the normal range survive each operation.

    They are written as bit patterns, for the host may share the device's habits.
    """
    xp, info = backend.xp, np.finfo(dtype)
    kind = f"int{info.bits}"

    def pattern(bits: int) -> Array:
        return backend.put(np.full((2, 1, 1), bits, kind).view(dtype))

    def power(exponent: int) -> Array:
        return pattern((info.maxexp - 1 + exponent) << info.nmant)

    normal, subnormal = pattern(1 << info.nmant), pattern(1)
    results = {
        "×": (normal * power(-1), 1 << (info.nmant - 1)),
        "× of a subnormal": (subnormal * power(20), 1 << 20),
        "+": (subnormal + subnormal, 2),
        "matmul": (xp.matmul(normal, power(-1)), 1 << (info.nmant - 1)),
        "matmul of a subnormal": (xp.matmul(subnormal, power(0)), 1),
        "sum": (xp.sum(xp.concat([subnormal, subnormal], axis=-1), axis=-1, keepdims=True), 2),
    }
    lost = [name for name, (got, bits) in results.items() if np.any(backend.get(got).view(kind) != bits)]
    return f"subnormal numbers become 0 in {', '.join(lost)}" if lost else None


FATAL: tuple[Probe, ...] = (operands_kept, rounds_to_nearest, accumulates)
"""Whoever fails one of these is not described by any model here."""
