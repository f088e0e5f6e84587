"""Faults planted in a device's arithmetic: a check that does not notice them shows nothing.

A faulty device is a backend whose namespace answers a few calls wrongly. The audit has to refuse it, and
the bounds of a claim that uses the call have to be violated.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from .cases import Arrays
from .compile.kernel import Kernel
from .device.audit import DOCUMENTED_ULP
from .device.backend import Backend
from .device.probes import keeps_subnormals, operands_kept
from .device.rounding import measure_ulps
from .stress import compare

Array: TypeAlias = Any
Call: TypeAlias = Callable[..., Array]

TF32_BITS = 11
"""Significant bits of TF32, the leading one included."""


@dataclass(frozen=True, eq=False)
class Fault:
    """A wrong answer to some calls of a namespace.

    Attributes:
        title: what is wrong, in words.
        calls: for each name, how the right function becomes the wrong one.
    """

    title: str
    calls: Mapping[str, Callable[[Any, Call], Call]]


@dataclass(frozen=True, eq=False)
class FaultyNamespace:
    """A namespace some of whose functions answer wrongly."""

    xp: Any
    fault: Fault

    def __getattr__(self, name: str) -> Any:
        right = getattr(self.xp, name)
        return self.fault.calls[name](self.xp, right) if name in self.fault.calls else right


def with_fault(backend: Backend, fault: Fault) -> Backend:
    """The same backend, with a fault in its namespace."""
    return replace(backend, title=f"{backend.title}, {fault.title}", xp=FaultyNamespace(backend.xp, fault))


def truncate(xp: Any, x: Array, bits: int) -> Array:
    """Numbers rounded to a few significant bits (Veltkamp's splitting)."""
    lost = {True: 53, False: 24}[x.dtype == xp.float64] - bits
    scaled = x * (2.0**lost + 1)
    return scaled - (scaled - x)


def flush(xp: Any, x: Array) -> Array:
    """Subnormal numbers as 0."""
    return xp.where(xp.abs(x) < float(xp.finfo(x.dtype).smallest_normal), xp.zeros_like(x), x)


def _operands_rounded(xp: Any, right: Call) -> Call:
    return lambda a, b: right(truncate(xp, a, TF32_BITS), truncate(xp, b, TF32_BITS))


def _argument_scaled(xp: Any, right: Call) -> Call:
    return lambda x: right(x * (1 + 2.0**-18))


def _result_flushed(xp: Any, right: Call) -> Call:
    return lambda *args, **kwargs: flush(xp, right(*args, **kwargs))


OPERANDS = Fault("operands of matmul rounded as in TF32", {"matmul": _operands_rounded})
EXPONENTIAL = Fault("exp with a wrong constant, of relative size 2⁻¹⁸", {"exp": _argument_scaled})
FLUSHED = Fault("subnormal results of matmul and sum as 0", {"matmul": _result_flushed, "sum": _result_flushed})
FAULTS = (OPERANDS, EXPONENTIAL, FLUSHED)

EXPONENTS = (44, 36, 28, 20, 16, 12, 8, 4, 1)
"""By 2⁻ᵏ the right side is wrong, relative to 1 + |rhs|, in the first control."""


@dataclass(frozen=True)
class Trial:
    """A control, and whether the check noticed it."""

    title: str
    tripped: bool


def try_device(backend: Backend) -> Iterator[Trial]:
    """Whether the audit notices each fault."""
    faulty = {fault.title: with_fault(backend, fault) for fault in FAULTS}
    yield Trial(f"audit: {OPERANDS.title}", operands_kept(faulty[OPERANDS.title], "float32") is not None)
    ulp = measure_ulps(faulty[EXPONENTIAL.title], "exp", "float32")
    yield Trial(f"audit: {EXPONENTIAL.title}", ulp > 2 * DOCUMENTED_ULP)
    yield Trial(f"audit: {FLUSHED.title}", keeps_subnormals(faulty[FLUSHED.title], "float32") is not None)


def try_kernel(
    kernel: Kernel, backend: Backend, arrays: Arrays, positions: Mapping[str, int]
) -> Iterator[Trial]:
    """Whether the bounds notice a wrong right side, and what a faulty device computes in double precision.

    A fault counts as noticed if the bounds exclude most of the values that it changes. It is not tried on
    sides that do not make the call, or for which it changes nothing.
    """
    dtype = kernel.model.dtype
    with np.errstate(all="ignore"):
        lhs, lhs_error, rhs, rhs_error = kernel.bounds(backend, arrays, positions)
        yield _smallest_noticed(backend, dtype, lhs, rhs, lhs_error + rhs_error)
        for fault in (OPERANDS, EXPONENTIAL) if dtype == "float64" else ():
            wrong_lhs, wrong_rhs = kernel.values(with_fault(backend, fault), arrays, positions)
            ratios = [
                backend.get(compare(backend, *side)[0])
                for side in ((wrong_lhs, lhs, 2 * lhs_error), (wrong_rhs, rhs, 2 * rhs_error))
            ]
            # What is undecided without the fault stays undecided with it: it is no change.
            changed = np.concatenate([ratio[(ratio != 0) & ~np.isnan(ratio)] for ratio in ratios])
            if len(changed):
                yield Trial(f"{fault.title} in {dtype}", excludes_most(changed))


def _smallest_noticed(backend: Backend, dtype: str, lhs: Array, rhs: Array, bound: Array) -> Trial:
    """The smallest error of the right side that is noticed; not tripped if none is."""
    for exponent in EXPONENTS:
        wrong = rhs + (1 + backend.xp.abs(rhs)) * 2.0**-exponent
        if excludes_most(backend.get(compare(backend, lhs, wrong, bound)[0])):
            return Trial(f"rhs off by 2^-{exponent} in {dtype}", True)
    return Trial(f"rhs off by 2^-{EXPONENTS[-1]} in {dtype}", False)


def excludes_most(ratio: Array) -> bool:
    """Whether more than half of the decided instances violate their bounds."""
    decided = ratio[~np.isnan(ratio)]
    return bool(2 * np.sum(decided > 1) > len(decided))
