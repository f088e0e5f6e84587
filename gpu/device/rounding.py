"""How far a device's functions are from the true values, in units in the last place, on samples.

A sample is no bound: vendors publish none either ("generated from extensive but not exhaustive tests, so
they are not guaranteed bounds", CUDA C++ Programming Guide on the accuracy of its functions). What is found
here becomes a hypothesis of the model, printed with its margin.
"""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import flint
import numpy as np

from .backend import Backend

Array: TypeAlias = Any

REFERENCE_BITS = 120
SAMPLES = 1 << 14
DOMAINS: dict[str, tuple[float, float, bool]] = {
    "exp": (-10.0, 9.3, True),
    "expm1": (-10.0, 9.3, True),
    "log": (-60.0, 60.0, False),
    "log1p": (-20.0, 20.0, False),
    "sqrt": (-60.0, 60.0, False),
    "tanh": (-20.0, 5.0, True),
    "sin": (-20.0, 20.0, True),
    "cos": (-20.0, 20.0, True),
}
"""For each function: the binary exponents of its samples, and whether they have both signs."""
HIGHEST = {"float64": 60.0, "float32": 6.4}
"""Beyond this binary exponent of the argument, exponentials leave the range."""

HOST: dict[str, Callable[[Array], Array]] = {name: getattr(np, name) for name in DOMAINS}
EXACT: dict[str, Callable[[flint.arb], flint.arb]] = {
    name: getattr(flint.arb, name) for name in DOMAINS if name != "sqrt"
}


def samples_of(function: str, dtype: str) -> Array:
    """Arguments spread over the binary exponents of a function's domain, and close to 1 for logarithms."""
    low, high, signed = DOMAINS[function]
    if function in ("exp", "expm1"):
        high = min(high, HIGHEST[dtype])
    stream = np.random.Philox(key=[0, sorted(DOMAINS).index(function)])
    words = stream.random_raw(2 * SAMPLES).reshape(2, SAMPLES)
    fraction = (words[0] >> 11).astype("float64") * 2.0**-53
    x = np.exp2(low + (high - low) * fraction)
    if signed:
        x = np.where(words[1] & np.uint64(1), x, -x)
    if function == "log":
        x[::4] = 1 + (fraction[::4] - 0.5) * 2.0 ** -(words[1][::4] % np.uint64(20)).astype("float64")
    return x.astype(dtype)


def measure_ulps(backend: Backend, function: str, dtype: str) -> float:
    """The largest error of a function over ``SAMPLES`` arguments, in ulps; infinite where it is not finite."""
    x = samples_of(function, dtype)
    y = backend.get(getattr(backend.xp, function)(backend.put(x)))
    if not np.all(np.isfinite(y)):
        return math.inf
    match dtype, function:
        case "float32", _:
            error = y.astype("float64") - HOST[function](x.astype("float64"))
        case _, "sqrt":
            error = _excess_of_root(x, y)
        case _:
            error = _excess(function, x, y)
    return float(np.max(np.abs(error) / unit_in_the_last_place(y)))


def measure_division(backend: Backend, dtype: str) -> float:
    """The largest error of a quotient, in ulps."""
    words = np.random.Philox(key=[0, 100]).random_raw(2 * SAMPLES).reshape(2, SAMPLES)
    spread = np.exp2((words % np.uint64(61)).astype("float64") - 30)
    a, b = ((1 + (words >> np.uint64(11)).astype("float64") * 2.0**-53) * spread).astype(dtype)
    q = backend.get(backend.put(a) / backend.put(b))
    if dtype == "float32":
        error = q.astype("float64") - a.astype("float64") / b.astype("float64")
    else:
        high, low = two_product(q, b)
        error = ((high - a) + low) / b
    return float(np.max(np.abs(error) / unit_in_the_last_place(q)))


def unit_in_the_last_place(y: Array) -> Array:
    """The distance of neighbouring numbers at |y|, in double precision, where it is never subnormal."""
    _, exponent = np.frexp(y.astype("float64"))
    return np.ldexp(float(np.finfo(y.dtype).eps), exponent - 1)


def two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """a·b as the sum of two floats, exactly (Dekker, *Numerische Mathematik* 18, 1971); float64 only."""

    def split(x: Array) -> tuple[Array, Array]:
        scaled = 134217729.0 * x
        high = scaled - (scaled - x)
        return high, x - high

    product = a * b
    (a1, a2), (b1, b2) = split(a), split(b)
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def _excess_of_root(x: Array, y: Array) -> Array:
    """y − √x from y² − x, which is exact."""
    high, low = two_product(y, y)
    return ((high - x) + low) / (2 * y)


def _excess(function: str, x: Array, y: Array) -> Array:
    """y − f(x) from a ball of f(x)."""
    exact = EXACT[function]
    with flint.ctx.workprec(REFERENCE_BITS):
        return np.asarray([float(b - exact(flint.arb(a))) for a, b in zip(x.tolist(), y.tolist(), strict=True)])
