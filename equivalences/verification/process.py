"""One worker: a fresh interpreter in a session of its own, which reads a JSON line a task and replies with one.

What it and the claims print goes to a log, of which only the end is ever read.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from equivalences.language.evidence import Json

START = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from equivalences.verification import worker
worker.main()
"""
"""A worker imports from where its parent does, whatever the current folder holds."""
LAST_WORDS = 4000
"""Characters of a log that a failure quotes."""


@dataclass(frozen=True, order=True)
class Task:
    """One request. Tasks are handed out by priority; equal ones in order of submission.

    Attributes:
        priority: smaller ones first.
        number: the order of submission, set by the pool.
        key: what the asker knows it by.
        request: what the worker receives.
        seconds: its deadline, from the moment that a worker has it.
        root: the folder that its imports may come from; a worker serves one.
    """

    priority: tuple[int, ...]
    number: int
    key: Any = field(compare=False)
    request: Mapping[str, Json] = field(compare=False)
    seconds: float = field(compare=False)
    root: str = field(compare=False, default="")
    is_retried: bool = field(compare=False, default=False)


class Worker:
    """One process, and the task that it has."""

    def __init__(self) -> None:
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", START, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            start_new_session=True,
            env=_environment(),
        )
        self.task: Task | None = None
        self.since = 0.0
        self.done = 0
        self.root = ""
        self.buffer = bytearray()

    @property
    def output(self) -> int:
        """The descriptor on which replies arrive."""
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    @property
    def deadline(self) -> float:
        """When the task it has is over."""
        return self.since + self.task.seconds if self.task else float("inf")

    def give(self, task: Task) -> None:
        """Hand over a task."""
        assert self.process.stdin is not None
        self.task, self.since = task, time.monotonic()
        self.root = self.root or task.root
        self.log.seek(0)
        self.log.truncate()
        # A worker that has died meanwhile is seen when its output ends.
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(task.request).encode() + b"\n")
            self.process.stdin.flush()

    def receive(self) -> bytes | None:
        """A complete line, ``None`` while there is none, or nothing at all once the process has ended."""
        chunk = os.read(self.output, 1 << 16)
        self.buffer += chunk
        if not chunk:
            return b""
        line, newline, rest = self.buffer.partition(b"\n")
        if not newline:
            return None
        self.buffer = rest
        return bytes(line)

    def has_died(self) -> bool:
        """Whether it ended without a last word; a child of its own may still hold its output open."""
        return self.process.poll() is not None and not select.select([self.output], [], [], 0)[0]

    def last_words(self) -> str:
        """The end of what the process wrote."""
        end = self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, end - LAST_WORDS))
        return self.log.read().decode(errors="replace").strip()

    def stack(self) -> str:
        """Where the process is now, as its fault handler tells from outside, even inside a C call."""
        self.log.seek(0, os.SEEK_END)
        self.process.send_signal(signal.SIGUSR1)
        for _ in range(30):
            time.sleep(0.01)
            words = self.last_words()
            if "File " in words.rpartition("most recent call first")[2]:
                break
        return words

    def kill(self) -> int:
        """End the process and whatever it started; the exit status, negative for a signal."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        status = self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        self.log.close()
        return status


def _environment() -> dict[str, str]:
    """The workers' environment: one thread each, since there are several, and sets in one order."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**dict.fromkeys(threads, "1"), "PYTHONHASHSEED": "0", **os.environ}
