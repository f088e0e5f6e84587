"""The far side of the pool: reads tasks, performs them, replies; survives whatever can be survived."""

import contextlib
import ctypes
import faulthandler
import json
import os
import resource
import signal
import traceback
from pathlib import Path
from types import TracebackType

from equivalences.language.array import ClaimError
from equivalences.language.evidence import Json

from .result import Failure
from .tasks import perform

MEMORY = 8 << 30
"""Bytes that a worker may hold; reservations of address space, as CUDA makes, do not count."""
PR_SET_PDEATHSIG = 1
PACKAGE = str(Path(__file__).resolve().parents[1])


def main() -> None:
    """Serve until the input ends."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    _redirect()
    _die_with_parent()
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
    _limit_memory()
    for line in requests:
        replies.write(reply_to(json.loads(line)) + b"\n")
        replies.flush()


def reply_to(request: Json) -> bytes:
    """The reply to a request as one line of JSON: an answer, or a failure."""
    try:
        # NaN and infinity are no JSON, and no evidence: they fail here.
        return json.dumps({"answer": perform(request)}, allow_nan=False).encode()
    except BaseException as error:
        return json.dumps({"failure": _failure(error)}).encode()


def _failure(error: BaseException) -> Json:
    stack = "".join(traceback.format_exception(error)).strip()
    kind, text = "exception", f"{type(error).__name__}: {error}"
    match error:
        case ClaimError():
            kind, text, stack = "unreadable", str(error), ""
        case SyntaxError():
            kind, text = "unreadable", f"{error.msg} ({Path(error.filename or '').name}:{error.lineno})"
        case MemoryError():
            kind, text = "memory", f"out of memory: a worker may hold {MEMORY >> 30} GiB"
        case SystemExit():
            kind, text = "exit", f"called sys.exit({error.code!r})"
    if kind == "exception":
        text += _raised_at(error.__traceback__)
    failure = Failure(kind=kind, message=text, traceback=stack)  # type: ignore[arg-type]  # the cases above name kinds
    return failure.to_json()["failure"]


def _raised_at(trace: TracebackType | None) -> str:
    """The innermost line outside this package, else the innermost: `` (file.py:12)``."""
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)]
    outside = [place for place in frames if not place[0].startswith((PACKAGE, "<"))]
    path, line = (outside or frames)[-1]
    return f"  ({Path(path).name}:{line})"


def _redirect() -> None:
    """What claims print goes to the log; they read nothing."""
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)


def _die_with_parent() -> None:
    """Ask Linux for SIGKILL when the parent is gone: an endless check would outlive it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit_memory() -> None:
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
