"""Which claims a command is about."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from equivalences.catalogue import Entry, catalogue, refuse_duplicates

from .status import UsageError, suggestion

if TYPE_CHECKING:
    from equivalences.verification.loading import Observer
    from equivalences.verification.result import Failure


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
    selectors: Sequence[str],
    jobs: int = 1,
    timeout: float = float("inf"),
    observer: "Observer | None" = None,
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
    loaded, unloaded = _load(foreign, jobs, timeout, observer)
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
    files: Sequence[str], jobs: int, timeout: float, observer: "Observer | None"
) -> "tuple[list[Entry], dict[str, Failure]]":
    """The claims of users' files."""
    if not files:
        return [], {}
    from equivalences.verification.loading import load_files  # `list` of the package's claims does without

    return load_files(files, jobs, timeout, observer)
