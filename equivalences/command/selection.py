"""Which claims a command is about."""

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from equivalences.catalogue import Entry, catalogue, refuse_duplicates

from .status import UsageError, suggestion

if TYPE_CHECKING:
    from equivalences.verification.result import Failure

READING = 30.0
"""Seconds within which a file has to be imported."""
TICK = 0.1
"""Seconds between two looks at the clock, for whoever watches."""
Observer: TypeAlias = Callable[[int, int, tuple[tuple[str, float], ...]], None]
"""Told how many files are loaded, of how many, and what is being loaded, for how many seconds."""


def silent(done: int, files: int, running: tuple[tuple[str, float], ...]) -> None:
    """Watch and say nothing."""


@dataclass(frozen=True)
class Selection:
    """The chosen claims, those that their repairs add, and the files that could not be loaded.

    ``is_whole`` says whether the package's claims are all among them.
    """

    entries: tuple[Entry, ...]
    repairs: tuple[Entry, ...]
    unloaded: "dict[str, Failure]"
    is_whole: bool


def select(
    selectors: Sequence[str], jobs: int = 1, timeout: float = READING, observer: Observer = silent
) -> Selection:
    """The claims that the selectors name, in the order of naming, each once.

    While files are loaded the observer is told how many are, of how many, and what is being loaded.

    Raises:
        UsageError: a selector that fits nothing, with suggestions.
        ClaimError: two claims have one id.
    """
    own = catalogue()
    files = [str(Path(s).resolve()) for s in selectors if _is_file(s)]
    foreign = [file for file in dict.fromkeys(files) if file not in {entry.file for entry in own}]
    loaded, unloaded = _load(foreign, jobs, min(timeout, READING), observer)
    known = (*own, *loaded)
    refuse_duplicates(known)
    chosen: dict[str, Entry] = {}
    for selector in selectors:
        matching = _matching(selector, own, known)
        if not matching and str(Path(selector).resolve()) not in unloaded:
            raise UsageError(_unknown(selector, known))
        chosen |= {entry.id: entry for entry in matching}
    wanted = {entry.repair for entry in chosen.values() if entry.repair} - set(chosen)
    repairs = tuple(entry for entry in known if entry.id in wanted)
    return Selection(tuple(chosen.values()), repairs, unloaded, {e.id for e in own} <= set(chosen))


def _is_file(selector: str) -> bool:
    return selector.endswith(".py") or Path(selector).is_file()


def _matching(selector: str, own: Sequence[Entry], known: Sequence[Entry]) -> list[Entry]:
    if selector == "all":
        return list(own)
    if _is_file(selector):
        return [entry for entry in known if entry.file == str(Path(selector).resolve())]
    names = [(entry, (entry.id, entry.family, f"{entry.family}/{entry.id}")) for entry in known]
    return [entry for entry, several in names if any(fnmatch.fnmatchcase(name, selector) for name in several)]


def _unknown(selector: str, known: Sequence[Entry]) -> str:
    if _is_file(selector):
        return f"there is no file {selector!r}"
    names = {"all", *(entry.id for entry in known), *(entry.family for entry in known)}
    hint = suggestion(selector, names)
    return f"no claim {selector!r} ({len(known)} are known; see `equivalences list`).{hint}"


def _load(
    files: Sequence[str], jobs: int, seconds: float, observer: Observer
) -> "tuple[list[Entry], dict[str, Failure]]":
    """The claims of users' files, each imported in a worker."""
    if not files:
        return [], {}
    from equivalences.verification.pool import Pool  # `list` of the package's claims does without
    from equivalences.verification.result import Failure

    found: dict[str, list[Entry]] = {}
    unloaded: dict[str, Failure] = {}
    with Pool(jobs) as pool:
        for file in files:
            if Path(file).is_file():
                request = {"kind": "list", "file": file}
                pool.submit(file, request, seconds=seconds, root=str(Path(file).parent))
        while pool.is_busy():
            for reply in pool.wait(TICK):
                if isinstance(reply.answer, Failure):
                    unloaded[reply.key] = reply.answer
                elif not reply.answer:
                    unloaded[reply.key] = Failure(kind="unreadable", message="it states no claim")
                else:
                    found[reply.key] = [Entry.from_json(entry) for entry in reply.answer]
            names = ((Path(file).name, since) for file, since in pool.running())
            observer(len(found) + len(unloaded), len(files), tuple(names))
    return [entry for file in files for entry in found.get(file, [])], unloaded
