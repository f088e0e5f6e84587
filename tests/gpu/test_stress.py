from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from equivalences.gpu.cases import STRETCH, positions_of
from equivalences.gpu.device.backend import NAMES, Backend, find_backend, usable_backend
from equivalences.gpu.stress import LISTED, Lane, Shard, compare, run_shard

from .planted import comparison_of

USABLE = [name for name in NAMES if isinstance(find_backend(name), Backend)]


def usable(name: str = "numpy") -> Backend:
    return usable_backend(name)


def shard(**changes: Any) -> Shard:
    plain = Shard(
        family="uniform",
        sizes=(("n", 3), ("d", 2), ("v", 2)),
        dtype="float64",
        lane="bounded",
        seed=5,
        first=0,
        count=100,
        bits=12,
    )
    return replace(plain, **changes)


@dataclass
class FakeKernel:
    """The left side is X + shift, the right side X, each with an error of 1e-9."""

    shift: float = 0.0
    memory_per_instance: int = 1
    largest: int = 10**9
    seen: list[tuple[int, Mapping[str, int]]] = field(default_factory=list)

    def values(self, backend: Backend, arrays: Mapping[str, Any], positions: Mapping[str, int]) -> Any:
        x = arrays.get("X", arrays.get("K"))
        self.seen.append((x.shape[0], dict(positions)))
        if x.shape[0] > self.largest:
            raise MemoryError
        return x + self.shift, x

    def bounds(self, backend: Backend, arrays: Mapping[str, Any], positions: Mapping[str, int]) -> Any:
        lhs, rhs = self.values(backend, arrays, positions)
        return lhs, backend.xp.full_like(rhs, 1e-9), rhs, backend.xp.full_like(rhs, 1e-9)


@pytest.mark.parametrize("name", USABLE)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_ratios_are_held_violated_or_undecided(name: str, dtype: str) -> None:
    b = usable(name)
    inf, nan, top = np.inf, np.nan, float(np.finfo(dtype).max)
    cases = [
        # lhs, rhs, bound, ratio
        ([1, 2], [1, 2], [0, 0], 0.0),
        ([1, 2], [1, 2], [1, 1], 0.0),
        ([1, 3], [1, 2], [1, 4], 0.25),
        ([1, 3], [1, 2], [1, 0.5], 2.0),
        ([1, 3], [1, 2], [1, 0], top),
        ([nan, 2], [1, 2], [1, 1], nan),
        ([1, 2], [1, nan], [1, 1], nan),
        ([inf, 2], [inf, 2], [1, 1], nan),
        ([1, 2], [1, 2], [inf, 1], nan),
        ([1, 9], [1, 2], [1, inf], nan),
        ([1, 2], [1, 2], [nan, 1], nan),
        ([top, 2], [-top, 2], [1, 1], nan),
        ([nan, 3], [1, 2], [1, 0.5], 2.0),
    ]
    lhs, rhs, bound = (b.put(np.asarray([case[k] for case in cases], dtype)) for k in range(3))
    ratio, difference = (b.get(x) for x in compare(b, lhs, rhs, bound))
    expected = np.asarray([case[3] for case in cases], dtype)
    assert np.array_equal(np.isnan(ratio), np.isnan(expected))
    good = ~np.isnan(expected)
    # the bound is widened by 8 roundings, and the quotient is rounded once
    assert np.all(ratio[good] <= expected[good])
    assert np.all(ratio[good] >= expected[good] * (1 - 9 * float(np.finfo(dtype).eps)))
    assert difference[3] == 1
    assert difference[12] == 1


def test_rounding_of_the_comparison_itself_is_no_violation() -> None:
    b = usable()
    eps = float(np.finfo("float64").eps)
    ratio, _ = compare(
        b, np.asarray([[1 + 2 * eps, 0.0]]), np.asarray([[1.0, 0.0]]), np.asarray([[2 * eps, 0.0]])
    )
    assert ratio[0] <= 1
    ratio, _ = compare(b, np.asarray([1 + 64 * eps]), np.asarray([1.0]), np.asarray([32 * eps]))
    assert ratio[0] > 1


@pytest.mark.parametrize("name", USABLE)
def test_all_instances_run_and_are_held(name: str) -> None:
    outcome = run_shard(comparison_of("linear"), FakeKernel(), usable(name), shard())
    assert (outcome.held, outcome.undecided, outcome.violated) == (100, 0, 0)
    assert outcome.instances == 100
    assert outcome.worst == 0


@pytest.mark.parametrize("lane", ["exact", "bounded"])
def test_violations_are_counted_and_the_first_are_named(lane: Lane) -> None:
    outcome = run_shard(
        comparison_of("linear"), FakeKernel(shift=2.0**-20), usable(), shard(first=50, lane=lane)
    )
    assert (outcome.held, outcome.violated) == (0, 100)
    assert outcome.violations == tuple(range(50, 50 + LISTED))
    assert outcome.worst > 1
    assert outcome.error == 2.0**-20


def test_a_difference_within_the_bound_is_a_violation_in_the_exact_lane_only() -> None:
    kernel = FakeKernel(shift=2.0**-31)
    assert run_shard(comparison_of("linear"), kernel, usable(), shard()).violated == 0
    assert run_shard(comparison_of("linear"), kernel, usable(), shard(lane="exact")).held == 0


def test_undecided_instances_are_never_held() -> None:
    outcome = run_shard(comparison_of("linear"), FakeKernel(shift=np.nan), usable(), shard())
    assert (outcome.held, outcome.undecided, outcome.violated) == (0, 100, 0)


def test_chunks_are_halved_when_memory_runs_out() -> None:
    kernel = FakeKernel(largest=30)
    outcome = run_shard(comparison_of("linear"), kernel, usable(), shard())
    assert [count for count, _ in kernel.seen] == [100, 50, 25, 25, 25, 25]
    assert (outcome.held, outcome.chunk) == (100, 25)


def test_an_instance_that_does_not_fit_is_named() -> None:
    with pytest.raises(
        MemoryError, match="uniform, n=3, d=2, v=2, float64, 12 bits, seed 5, instance 0 does not"
    ):
        run_shard(comparison_of("linear"), FakeKernel(largest=0), usable(), shard())


def test_errors_that_do_not_speak_of_memory_are_not_caught() -> None:
    @dataclass
    class Broken(FakeKernel):
        def values(self, backend: Backend, arrays: Mapping[str, Any], positions: Mapping[str, int]) -> Any:
            raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        run_shard(comparison_of("linear"), Broken(), usable(), shard())


@pytest.mark.parametrize("memory", [1 << 12, 1 << 16, 1 << 30])
def test_results_do_not_depend_on_the_chunks(memory: int) -> None:
    kernel = FakeKernel(shift=1e-10, memory_per_instance=memory)
    outcome = run_shard(comparison_of("linear"), kernel, usable(), shard())
    assert outcome.chunk == max(1, min(100, (1 << 22) // memory))
    whole = run_shard(comparison_of("linear"), FakeKernel(shift=1e-10), usable(), shard())
    assert replace(outcome, chunk=whole.chunk) == whole


def test_chunks_keep_to_one_position_of_an_index() -> None:
    kernel, comparison, where = (
        FakeKernel(),
        comparison_of("recurrent"),
        shard(first=STRETCH - 2, count=STRETCH + 3),
    )
    run_shard(comparison, kernel, usable(), where)
    starts = (STRETCH - 2, STRETCH, 2 * STRETCH)
    positions = [
        positions_of(comparison, where.family, dict(where.sizes), where.seed, start) for start in starts
    ]
    assert kernel.seen == list(zip((2, STRETCH, 1), positions, strict=True))
    assert len({position["t"] for position in positions}) > 1
