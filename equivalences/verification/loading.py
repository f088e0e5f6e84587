"""Finds the claims of users' files, each imported in a process of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from equivalences.catalogue import Entry

from .pool import Pool
from .result import Failure

READING = 30.0
"""Seconds within which a file has to be imported."""
TICK = 0.1
"""Seconds between two looks at the clock, for whoever watches."""
Observer: TypeAlias = Callable[[int, int, tuple[tuple[str, float], ...]], None]
"""Told how many files are loaded, of how many, and what is being loaded, for how many seconds."""


def load_files(
    files: Sequence[str], jobs: int = 1, timeout: float = READING, observer: Observer | None = None
) -> tuple[list[Entry], dict[str, Failure]]:
    """The claims that files state, in order, and why there are none of the others; paths are absolute."""
    found: dict[str, list[Entry]] = {}
    unloaded: dict[str, Failure] = {}
    with Pool(jobs) as pool:
        for file in files:
            if Path(file).is_file():
                request = {"kind": "list", "file": file}
                pool.submit(file, request, seconds=min(timeout, READING), root=str(Path(file).parent))
        while pool.is_busy():
            for reply in pool.wait(TICK):
                if isinstance(reply.answer, Failure):
                    unloaded[reply.key] = reply.answer
                elif not reply.answer:
                    unloaded[reply.key] = Failure(kind="unreadable", message="it states no claim")
                else:
                    found[reply.key] = [Entry.from_json(entry) for entry in reply.answer]
            names = ((Path(file).name, since) for file, since in pool.running())
            if observer:
                observer(len(found) + len(unloaded), len(files), tuple(names))
    return [entry for file in files for entry in found.get(file, [])], unloaded
