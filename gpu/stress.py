"""One shard: instances of one family at one size, both sides with their bounds, and what came of it.

An instance is held when at every entry |lhs − rhs| is within the two sides' bounds, or exactly 0 in the
exact lane. It is undecided when a value or a bound is not finite: that is counted apart and is never a
pass. Otherwise it is a violation. An instance outside the domain is left out, and is none of these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Index

from .cases import make_cases, positions_of, stretch_of
from .compile.kernel import Kernel
from .device.backend import Backend
from .device.model import Precision
from .membership import OUTSIDE, UNSURE, Condition, membership

Array: TypeAlias = Any
Lane: TypeAlias = Literal["exact", "bounded"]

CHUNK_BYTES = {True: 1 << 28, False: 1 << 22}
"""Memory of a chunk on a graphics card, and on a processor, where twice its cache is best."""
LISTED = 16
"""Violations that are named; all are counted."""


class Evaluator(Protocol):
    """What a shard needs of a kernel: both sides of a batch, alone or with their errors."""

    @property
    def memory_per_instance(self) -> int:
        """Bytes of all that is computed for one instance."""
        ...

    def values(
        self, backend: Backend, arrays: Mapping[str, Array], positions: Mapping[str, int]
    ) -> tuple[Array, Array]:
        """Both sides."""
        ...

    def bounds(
        self, backend: Backend, arrays: Mapping[str, Array], positions: Mapping[str, int]
    ) -> tuple[Array, Array, Array, Array]:
        """The left side, its error, the right side, its error."""
        ...


@dataclass(frozen=True, kw_only=True)
class Shard:
    """The address of a range of instances.

    Attributes:
        family: of ``FAMILIES``.
        sizes: of the claim's axes, as pairs.
        dtype: ``float64`` or ``float32``.
        lane: whether a difference is held against 0 or against bounds.
        seed, first, count: which instances.
        bits: of each entry.
    """

    family: str
    sizes: tuple[tuple[str, int], ...]
    dtype: Precision
    lane: Lane
    seed: int
    first: int
    count: int
    bits: int

    def address(self, item: int) -> str:
        """One of its instances, in words."""
        sizes = "".join(f"{axis}={size}, " for axis, size in self.sizes)
        return f"{self.family}, {sizes}{self.dtype}, {self.bits} bits, seed {self.seed}, instance {item}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a shard.

    Attributes:
        held, undecided, violated: how many instances; they add up to what counts.
        outside: how many instances violate a hypothesis, and are left out.
        worst: the largest |lhs − rhs| over bound among the decided instances.
        error: |lhs − rhs| there.
        item: that instance.
        violations: the first few, by number.
        chunk: how many instances fitted into memory at a time.
    """

    shard: Shard
    held: int
    undecided: int
    violated: int
    outside: int
    worst: float
    error: float
    item: int
    violations: tuple[int, ...]
    chunk: int

    @property
    def instances(self) -> int:
        """How many count."""
        return self.held + self.undecided + self.violated


def run_shard(
    comparison: Comparison,
    kernel: Evaluator,
    backend: Backend,
    shard: Shard,
    conditions: Sequence[tuple[Condition, Kernel]] = (),
) -> Outcome:
    """Run a shard in chunks that fit the memory budget, halving them when the device runs out of memory.

    Instances that violate a condition are left out. The result does not depend on the chunks, but for
    ``chunk``.

    Raises:
        MemoryError: a single instance does not fit.
    """
    budget = CHUNK_BYTES[backend.is_gpu]
    chunk = max(1, min(shard.count, budget // max(1, kernel.memory_per_instance)))
    done, parts = 0, []
    while done < shard.count:
        start = shard.first + done
        count = min(chunk, shard.count - done, stretch_of(start)[1] - start if has_index(comparison) else chunk)
        try:
            part = replace(shard, first=start, count=count)
            parts.append(_measure(comparison, kernel, backend, part, conditions))
        except (MemoryError, RuntimeError) as error:
            if not backend.is_out_of_memory(error):
                raise
            if chunk == 1:
                raise MemoryError(f"{shard.address(start)} does not fit into memory") from error
            chunk //= 2
            continue
        done += count
    ratio, difference, outside = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _settle(shard, ratio, difference, outside, chunk)


def has_index(comparison: Comparison) -> bool:
    """Whether the claim speaks of a position, so that chunks keep to one."""
    return any(isinstance(domain, Index) for domain in comparison.given.values())


def _measure(
    comparison: Comparison,
    kernel: Evaluator,
    backend: Backend,
    shard: Shard,
    conditions: Sequence[tuple[Condition, Kernel]],
) -> tuple[Array, Array, Array]:
    """For each instance the largest ratio of difference and bound, NaN where undecided; the difference;

    and whether it lies outside the domain. Where that cannot be told, the instance is undecided.
    """
    sizes: Mapping[str, int] = dict(shard.sizes)
    cases = make_cases(
        comparison,
        shard.family,
        sizes,
        seed=shard.seed,
        first=shard.first,
        count=shard.count,
        dtype=shard.dtype,
        bits=shard.bits,
    )
    arrays = {name: backend.put(array) for name, array in cases.items()}
    positions = positions_of(comparison, shard.family, sizes, shard.seed, shard.first)
    xp = backend.xp
    if shard.lane == "exact":
        lhs, rhs = kernel.values(backend, arrays, positions)
        bound = xp.zeros_like(lhs)
    else:
        lhs, lhs_error, rhs, rhs_error = kernel.bounds(backend, arrays, positions)
        with np.errstate(all="ignore"):
            bound = lhs_error + rhs_error
    ratio, difference = compare(backend, lhs, rhs, bound)
    standing = membership(backend, conditions, arrays, positions, shard.count)
    decided = np.where(standing == UNSURE, np.nan, backend.get(ratio))
    return decided, backend.get(difference), standing == OUTSIDE


def compare(backend: Backend, lhs: Array, rhs: Array, bound: Array) -> tuple[Array, Array]:
    """The largest ratio of |lhs − rhs| and bound over an instance's entries, and the largest difference.

    Rounding of the difference, the bound's own sum and the quotient is allowed for. A ratio is NaN where
    the instance is undecided, unless another of its entries is a violation.
    """
    with np.errstate(all="ignore"):
        return _compare(backend.xp, *(flatten(backend.xp, x) for x in (lhs, rhs, bound)))


def flatten(xp: Any, x: Array) -> Array:
    """All entries of each instance in one row."""
    return xp.reshape(x, (x.shape[0], -1))


def _compare(xp: Any, lhs: Array, rhs: Array, bound: Array) -> tuple[Array, Array]:
    info = xp.finfo(lhs.dtype)
    difference = xp.abs(lhs - rhs)
    allowed = bound * (1 + 8 * float(info.eps))
    known = xp.isfinite(difference) & xp.isfinite(allowed)
    zero, one = xp.zeros_like(difference), xp.ones_like(difference)
    violated = known & (difference > allowed)
    quotient = xp.where(allowed > 0, difference / xp.where(allowed > 0, allowed, one), zero)
    beyond = xp.where(quotient > 1, quotient, one * (1 + float(info.eps)))
    beyond = xp.where(allowed > 0, beyond, one * float(info.max))
    ratio = xp.where(known, xp.where(violated, beyond, quotient), zero)
    undecided = xp.any(~known, axis=1) & ~xp.any(violated, axis=1)
    largest = xp.max(ratio, axis=1)
    largest = xp.where(undecided, xp.full_like(largest, float("nan")), largest)
    return largest, xp.max(xp.where(known, difference, zero), axis=1)


def _settle(shard: Shard, ratio: Array, difference: Array, outside: Array, chunk: int) -> Outcome:
    decided = ~np.isnan(ratio) & ~outside
    violated = decided & (ratio > 1)
    worst = int(np.argmax(np.where(decided, ratio, -1)))
    return Outcome(
        shard=shard,
        held=int(np.sum(decided & ~violated)),
        undecided=int(np.sum(np.isnan(ratio) & ~outside)),
        violated=int(np.sum(violated)),
        outside=int(np.sum(outside)),
        worst=float(ratio[worst]) if decided[worst] else 0.0,
        error=float(difference[worst]) if decided[worst] else 0.0,
        item=shard.first + worst,
        violations=tuple((shard.first + np.flatnonzero(violated)[:LISTED]).tolist()),
        chunk=chunk,
    )
