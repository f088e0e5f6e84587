"""``show``: says what a claim states, in its author's words and programs, and how it stood last time."""

import argparse
import sys
import textwrap
from pathlib import Path

from equivalences.catalogue import Entry
from equivalences.language.evidence import Json
from equivalences.verification.engine import Settings
from equivalences.verification.result import Failure

from .asking import ask
from .derivation import latex_lines
from .saving import saved_result
from .selection import select
from .status import Status
from .table import Table
from .terminal import Terminal, clean


def run(options: argparse.Namespace) -> Status:
    """Show each selected claim; in LaTeX, its statement and derivation."""
    selection = select(options.selectors)
    terminal = Terminal(sys.stdout)
    for file, failure in selection.unloaded.items():
        print(f"{clean(file)} cannot be loaded: {clean(failure.message)}", file=sys.stderr)
    status = Status.VERIFIED if selection.entries else Status.NOTHING_RAN
    entries = {entry.id: entry for entry in selection.entries}
    asked = {name: {"checker": "symbolic"} for name in entries} if options.latex else {}
    proofs = ask("examine", asked, entries, Settings())
    answers = ask("show", {name: {"latex": options.latex} for name in entries}, entries, Settings())
    for entry in selection.entries:
        answer = answers[entry.id]
        if isinstance(answer, Failure):
            print(f"error: {entry.id} cannot be read: {clean(answer.message)}", file=sys.stderr)
            status = Status.NOTHING_RAN
        elif options.latex:
            for line in answer["latex"].rstrip().split("\n"):
                terminal.line(clean(line))
            for line in latex_lines(entry, proofs[entry.id]):
                terminal.line(line)
        else:
            _show(terminal, entry, answer, Path(options.report_dir))
    return status


def _show(terminal: Terminal, entry: Entry, answer: Json, directory: Path) -> None:
    place = f"{entry.path}:{entry.line}"
    head = f"{entry.id} · {entry.family}"
    gap = max(2, terminal.width - len(head) - len(place) - 1)
    terminal.line(terminal.colour(head, "bold") + " " * gap + place)
    terminal.line(clean(entry.title))
    _paragraph(terminal, "", answer["about"])
    _paragraph(terminal, "stops: ", answer["stops"])
    if entry.expected:
        _paragraph(terminal, "false: ", f"expected to be refuted; true is {entry.repair}")
    terminal.line("\n  given")
    width = max((len(name) for name in answer["given"]), default=0)
    for name, domain in answer["given"].items():
        terminal.line(f"    {name.ljust(width)}  {clean(domain)}")
    for name, program in answer["programs"].items():
        terminal.line(f"\n  {name}")
        for line in textwrap.dedent(program).rstrip().split("\n"):
            indent = len(line) - len(line.lstrip())
            terminal.line(f"    {' ' * indent}{clean(line.lstrip())}".rstrip())
    for name in answer["independent_of"]:
        terminal.line(f"\n  does not depend on {clean(name)}")
    if answer["mutants"]:
        terminal.line("\n  near misses, each to be refuted")
        for title in answer["mutants"]:
            terminal.line(f"    – {clean(title)}")
    terminal.line(f"\n  source  {', '.join(clean(part) for part in answer['source'] if part)}")
    result = saved_result(directory, entry.id)
    if result is not None:
        table = Table(terminal, [entry.id])
        terminal.line("\n" + table.heading() + "\n" + table.row(result))


def _paragraph(terminal: Terminal, label: str, text: str) -> None:
    if text:
        width = max(40, terminal.width - 4)
        terminal.line(
            "\n" + textwrap.fill(clean(label + text), width, initial_indent="  ", subsequent_indent="  ")
        )
