"""What the exit status says."""

import enum
from collections.abc import Iterable

SCHEMA = 1
"""The version of the data that commands print and save."""


class Status(enum.IntEnum):
    """Exit statuses; where several apply, 130 comes before 4, 1 and 3."""

    VERIFIED = 0
    """Every selected claim is verified, expected refutations included."""
    REFUTED = 1
    """A claim was refuted, or proved against what it expects, or a mutant survived."""
    NOTHING_RAN = 2
    """A usage error, an unknown id, or nothing that was named could be read."""
    UNSETTLED = 3
    """Nothing of that, but something is undecided, in error or vacuous."""
    BUG = 4
    """Something is wrong with equivalences itself."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""


class UsageError(Exception):
    """A command that cannot be run: the text says why, and what comes close."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'this' or 'that'?``, or nothing."""
    import difflib  # needed after a mistake only

    close = difflib.get_close_matches(word, list(known), n=3, cutoff=0.55)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
