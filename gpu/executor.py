"""Work through tasks on any ``concurrent.futures`` executor, and outlive its workers.

A worker that dies takes a whole process pool with it; which of the tasks in flight killed it is not known.
So those are run again one at a time in a new pool, and only the one that kills its worker alone is given
up, by name. Tasks are pure functions of their address, so that running one twice does no harm.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Failure(Generic[Task]):
    """A task that was given up, and why."""

    task: Task
    reason: str


class Serial(Executor):
    """Runs each task at once, in this process: what a check does that is a process of its own."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run it, and give a future that is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def drive(
    tasks: Iterable[Task],
    work: Callable[[Task], Result],
    *,
    make_executor: Callable[[], Executor] = Serial,
    in_flight: int = 8,
    retries: int = 2,
    deadline: float = 600.0,
) -> Iterator[Result | Failure[Task]]:
    """One result, or one failure, for each task, in the order in which they end.

    A task that raises is tried again ``retries`` times. When no task ends within ``deadline`` seconds, those
    in flight are suspects, and the executor is replaced. With another executor than ``Serial``, ``work``,
    tasks and results have to be picklable.
    """
    waiting = iter(tasks)
    todo: deque[tuple[Task, int]] = deque()
    suspects: deque[tuple[Task, int]] = deque()
    live: dict[Future[Result], tuple[Task, int]] = {}
    executor = make_executor()
    try:
        while True:
            todo.extend((task, 0) for task in islice(waiting, in_flight - len(todo)))
            if not (todo or suspects or live):
                return
            source, limit = (todo, in_flight) if todo else (suspects, 1)
            broken = False
            while source and len(live) < limit and not broken:
                task, tried = source.popleft()
                try:
                    live[executor.submit(work, task)] = (task, tried)
                except BrokenExecutor:
                    source.appendleft((task, tried))
                    broken = True
            done, _ = wait(live, timeout=deadline, return_when=FIRST_COMPLETED)
            overdue = bool(live) and not done
            for future in [future for future in live if future in done]:
                task, tried = live.pop(future)
                error = future.exception()
                if error is None:
                    yield future.result()
                elif isinstance(error, BrokenExecutor):
                    broken = True
                    suspects.append((task, tried + 1))
                elif tried < retries:
                    suspects.append((task, tried + 1))
                else:
                    yield Failure(task, f"{type(error).__name__}: {error}")
            if broken or overdue:
                suspects.extend((task, tried + 1) for task, tried in live.values())
                live.clear()
                discard(executor)
                executor = make_executor()
                reason = f"no answer within {deadline:g} s" if overdue else "it kills its worker"
                yield from (Failure(task, reason) for task, tried in suspects if tried > retries)
                suspects = deque((task, tried) for task, tried in suspects if tried <= retries)
    finally:
        discard(executor)


def discard(executor: Executor) -> None:
    """Shut an executor down without waiting, and end the workers that it started.

    A pool's ``shutdown`` leaves a worker that hangs; ``kill_workers`` comes with Python 3.14 only.
    """
    workers = list((getattr(executor, "_processes", None) or {}).values())
    executor.shutdown(wait=False)
    for worker in workers:
        worker.kill()
