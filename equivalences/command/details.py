"""Why a claim is not verified: its place, the smallest witness in a form that can be pasted, and what to do."""

import textwrap
from collections.abc import Mapping, Sequence
from fractions import Fraction

from equivalences.catalogue import USER
from equivalences.language.evidence import Instance, Witness
from equivalences.language.term import summands
from equivalences.verification.result import ClaimResult, Failure, Outcome

from .table import mark_of
from .terminal import Terminal, clean

SHOWN = 5
"""Claims whose details are printed; the others are named."""
WORDS = {
    Outcome.REFUTED: "is refuted",
    Outcome.PROVED: "is proved, against what it expects",
    Outcome.SURVIVED: "has a mutant that survived",
    Outcome.VACUOUS: "is vacuous",
    Outcome.UNDECIDED: "is not settled",
    Outcome.ERROR: "is in error",
    Outcome.UNREADABLE: "cannot be read",
    Outcome.CONTRADICTION: "is proved and refuted at once",
    Outcome.INTERRUPTED: "was not finished",
}
REASONS = 4
STACK = 6


def print_details(terminal: Terminal, results: Sequence[ClaimResult]) -> None:
    """The details of the claims that are not verified, refuted ones first: a few, then the others' names."""
    failing = sorted((r for r in results if not r.verified), key=lambda result: mark_of(result) != ("✗", "red"))
    for result in failing[:SHOWN]:
        terminal.line()
        for line in lines(terminal, result):
            terminal.line(line)
    if len(failing) > SHOWN:
        names = ", ".join(result.id for result in failing[SHOWN:])
        terminal.line(f"\n{len(failing) - SHOWN} more are not verified: {names}")


def lines(terminal: Terminal, result: ClaimResult, again: str = "replay") -> list[str]:
    """The details of one claim; ``again`` is the command that shows a witness again."""
    mark, colour = mark_of(result)
    place = f"{result.path}:{result.line}"
    head = f"{mark} {result.id} {WORDS[result.outcome]}"
    gap = max(2, terminal.width - len(terminal.text(head)) - len(place) - 1)
    block = [terminal.colour(head, colour) + " " * gap + place, *_wrapped(terminal, result.title)]
    if result.outcome is not Outcome.REFUTED:
        for reason in result.reasons[:REASONS]:
            block += _wrapped(terminal, reason)
        if len(result.reasons) > REASONS:
            block.append(f"    and {len(result.reasons) - REASONS} more reasons")
        block += _stack(result)
    if result.witness is not None and not result.expected:
        block += _witness(result, result.witness, again)
    return block


def _wrapped(terminal: Terminal, text: str) -> list[str]:
    lines = textwrap.wrap(
        clean(text), max(40, terminal.width - 7), break_long_words=False, break_on_hyphens=False
    )
    return [("    " if k == 0 else "      ") + line for k, line in enumerate(lines)]


def _witness(result: ClaimResult, witness: Witness, again: str) -> list[str]:
    where = f" at entry {list(witness.entry)}" if witness.entry else ""
    target = result.path if result.family == USER else result.id
    rows = [
        ("witness", paste(witness.instance, result.axes)),
        ("sizes", ", ".join(f"{name} = {size}" for name, size in witness.instance.sizes.items())),
        *((name, words) for name, words in witness.functions.items()),
        ("lhs", witness.lhs + where),
        ("rhs", witness.rhs),
        ("difference", f"{witness.difference}, {witness.arithmetic}"),
        (again, f"python -m equivalences {again} {target}"),
    ]
    return [f"    {clean(name):<12}{clean(text)}" for name, text in rows if text]


def _stack(result: ClaimResult) -> list[str]:
    failures = [c for c in result.checks.values() if isinstance(c, Failure) and c.traceback]
    if not failures:
        return []
    return [f"    | {clean_line(line)}" for line in failures[0].traceback.splitlines()[-STACK:]]


def clean_line(line: str) -> str:
    """A line of a traceback, its indentation kept."""
    return " " * (len(line) - len(line.lstrip())) + clean(line.lstrip())


def paste(instance: Instance, axes: Mapping[str, tuple[str, ...]]) -> str:
    """The inputs as assignments, arrays in their shape: ``W = [[1, 1/2]]; t = 0``."""
    return "; ".join(
        f"{name} = {_nested(list(entries), [_extent(axis, instance.sizes) for axis in axes.get(name, ('?',))])}"
        for name, entries in instance.values.items()
    )


def _extent(axis: str, sizes: Mapping[str, int]) -> int:
    return sum(1 if part == "1" else sizes.get(part, 0) for part in summands(axis))


def _nested(entries: list[Fraction], shape: Sequence[int]) -> str:
    if not shape:
        return str(entries[0])
    if len(shape) == 1:
        return f"[{', '.join(map(str, entries))}]"
    step = len(entries) // shape[0] if shape[0] else 0
    rows = [_nested(entries[k * step : (k + 1) * step], shape[1:]) for k in range(shape[0])]
    return f"[{', '.join(rows)}]"
