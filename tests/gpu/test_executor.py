import os
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from equivalences.gpu.executor import Failure, Serial, drive


def square(x: int) -> int:
    return x * x


def square_or_die(x: int) -> int:
    if x == 7:
        os._exit(1)
    return x * x


def square_or_hang(x: int) -> int:
    if x == 3:
        time.sleep(60)
    return x * x


def pool() -> Executor:
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


@pytest.mark.parametrize("make", [Serial, lambda: ThreadPoolExecutor(3), pool])
def test_each_task_has_one_result_on_any_executor(make: "type[Executor]") -> None:
    results = list(drive(range(20), square, make_executor=make))
    assert len(results) == 20
    assert set(results) == {k * k for k in range(20)}


def test_nothing_to_do_is_nothing_done() -> None:
    assert list(drive([], square)) == []


def test_a_task_that_raises_is_tried_again_and_then_named() -> None:
    tried: list[int] = []

    def fail_on_two(x: int) -> int:
        tried.append(x)
        if x == 2:
            raise ZeroDivisionError("of course")
        return x

    results = list(drive(range(4), fail_on_two, retries=2))
    assert {r for r in results if not isinstance(r, Failure)} == {0, 1, 3}
    assert [r for r in results if isinstance(r, Failure)] == [Failure(2, "ZeroDivisionError: of course")]
    assert tried.count(2) == 3


def test_a_task_that_fails_once_is_not_lost() -> None:
    failures = [OSError("first time")]

    def fail_once(x: int) -> int:
        if x == 2 and failures:
            raise failures.pop()
        return x

    results = list(drive(range(4), fail_once))
    assert len(results) == 4
    assert set(results) == {0, 1, 2, 3}


def test_only_the_task_that_kills_its_worker_is_lost_and_named() -> None:
    results = list(drive(range(10), square_or_die, make_executor=pool, retries=1))
    assert sorted(r for r in results if isinstance(r, int)) == [k * k for k in range(10) if k != 7]
    assert [r for r in results if isinstance(r, Failure)] == [Failure(7, "it kills its worker")]


def test_only_the_task_that_hangs_is_lost_and_named() -> None:
    start = time.monotonic()
    results = list(drive(range(5), square_or_hang, make_executor=pool, retries=1, deadline=1.5))
    assert sorted(r for r in results if isinstance(r, int)) == [0, 1, 4, 16]
    assert [r for r in results if isinstance(r, Failure)] == [Failure(3, "no answer within 1.5 s")]
    assert time.monotonic() - start < 30
