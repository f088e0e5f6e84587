"""Processes that take tasks, a few at a time; each is killed with its children at a deadline.

A worker lives for many tasks, and is replaced when it dies or is killed.
"""

import heapq
import json
import os
import selectors
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from equivalences.language.evidence import Json

from .process import Task, Worker
from .result import Failure


@dataclass(frozen=True)
class Reply:
    """What came of a task: the worker's answer, or why there is none; and how long it took."""

    key: Any
    answer: Json | Failure
    seconds: float


class Pool:
    """A few workers and the tasks that wait for one; a context that leaves no process behind."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.waiting: list[Task] = []
        self.workers: list[Worker] = []
        self.selector = selectors.DefaultSelector()
        self.submitted = 0

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *exception: object) -> None:
        for worker in list(self.workers):
            self._remove(worker)
        self.selector.close()

    def submit(
        self,
        key: Any,
        request: Mapping[str, Json],
        *,
        seconds: float,
        priority: tuple[int, ...] = (),
        root: str = "",
    ) -> None:
        """Add a task."""
        self.submitted += 1
        heapq.heappush(self.waiting, Task(priority, self.submitted, key, request, seconds, root))

    def running(self) -> Iterator[tuple[Any, float]]:
        """What is being done, and for how long already."""
        now = time.monotonic()
        for worker in self.workers:
            if worker.task:
                yield worker.task.key, now - worker.since

    def is_busy(self) -> bool:
        """Whether any task waits or runs."""
        return bool(self.waiting) or any(worker.task for worker in self.workers)

    def wait(self, seconds: float) -> list[Reply]:
        """The replies that arrive next; none if none does within the time."""
        self._hand_out()
        now = time.monotonic()
        soonest = min((worker.deadline for worker in self.workers), default=now)
        replies = []
        for event, _ in self.selector.select(max(0.0, min(seconds, soonest - now))):
            worker: Worker = event.data
            line = worker.receive()
            if line is not None:
                replies += self._finish(worker, line)
        for worker in [w for w in self.workers if w.has_died()]:
            replies += self._finish(worker, b"")
        now = time.monotonic()
        for worker in [w for w in self.workers if w.deadline <= now]:
            replies.append(self._expire(worker))
        self._hand_out()
        return replies

    def _hand_out(self) -> None:
        while self.waiting:
            worker = self._free(self.waiting[0])
            if worker is None:
                return
            worker.give(heapq.heappop(self.waiting))

    def _free(self, task: Task) -> Worker | None:
        """A worker for the task: one that has nothing to do and imports from no other folder."""
        idle = [worker for worker in self.workers if worker.task is None]
        fitting = [w for w in idle if not task.root or not w.root or w.root == task.root]
        if task.is_retried:
            fitting = [w for w in idle if w.done == 0]
        if fitting:
            return fitting[0]
        if len(self.workers) >= self.jobs:
            if not idle:
                return None
            self._remove(idle[0])
        worker = Worker()
        self.workers.append(worker)
        self.selector.register(worker.output, selectors.EVENT_READ, worker)
        return worker

    def _remove(self, worker: Worker) -> int:
        self.workers.remove(worker)
        self.selector.unregister(worker.output)
        return worker.kill()

    def _finish(self, worker: Worker, line: bytes) -> list[Reply]:
        task, seconds = worker.task, time.monotonic() - worker.since
        if not line:
            words = worker.last_words()
            status = self._remove(worker)
            if task is None:
                return []
            if worker.done and not task.is_retried:
                # An earlier task may have left the process ill: this one is asked once more, in a new one.
                heapq.heappush(self.waiting, replace(task, is_retried=True))
                return []
            return [Reply(task.key, Failure(kind="crash", message=_death(status), traceback=words), seconds)]
        if task is None:
            self._remove(worker)
            return []
        worker.task, worker.done = None, worker.done + 1
        reply = json.loads(line)
        if "failure" in reply:
            return [Reply(task.key, Failure(**reply["failure"]), seconds)]
        return [Reply(task.key, reply["answer"], seconds)]

    def _expire(self, worker: Worker) -> Reply:
        task = worker.task
        assert task is not None
        stack = worker.stack()
        self._remove(worker)
        message = f"stopped at its limit of {task.seconds:g} s{_place(stack)}"
        failure = Failure(kind="timeout", message=message, traceback=stack)
        return Reply(task.key, failure, time.monotonic() - worker.since)


def _death(status: int) -> str:
    if status < 0:
        return f"its process died of {signal.Signals(-status).name}"
    return f"its process ended with status {status}"


def _place(stack: str) -> str:
    """The innermost line of a fault handler's stack: `` in file.py:9 (f)``."""
    for line in stack.rpartition("most recent call first")[2].splitlines():
        if line.strip().startswith("File "):
            path, _, rest = line.strip().removeprefix('File "').partition('", line ')
            number, _, function = rest.partition(" in ")
            return f", in {os.path.basename(path)}:{number} ({function})"
    return ""
