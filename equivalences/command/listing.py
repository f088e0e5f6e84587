"""``list``: names the claims there are, without loading a checker."""

import argparse
import json
import sys

from equivalences.catalogue import Entry
from equivalences.language.evidence import Json

from .selection import select
from .status import SCHEMA, Status
from .terminal import Terminal, clean, silence


def run(options: argparse.Namespace) -> Status:
    """List the selected claims, all of the package's if none are named."""
    selection = select(options.selectors or ["all"])
    status = Status.UNSETTLED if selection.unloaded else Status.VERIFIED
    if not selection.entries:
        status = Status.NOTHING_RAN
    for file, failure in selection.unloaded.items():
        print(f"{clean(file)} cannot be loaded: {clean(failure.message)}", file=sys.stderr)
    if options.output_format == "json":
        try:
            print(
                json.dumps({"schema": SCHEMA, "claims": [_data(e) for e in selection.entries]}, indent=1),
                flush=True,
            )
        except BrokenPipeError:
            silence(sys.stdout)
        return status
    terminal = Terminal(sys.stdout)
    width = max((len(entry.id) for entry in selection.entries), default=0)
    family = ""
    for entry in selection.entries:
        if entry.family != family:
            family = entry.family
            terminal.line(terminal.colour(family, "bold"))
        note = "  (false, with its counterexample)" if entry.expected else ""
        terminal.line(f"  {entry.id.ljust(width)}  {clean(entry.title)}{note}")
    return status


def _data(entry: Entry) -> Json:
    expected = None if entry.expected is None else entry.expected.value
    return {
        "id": entry.id,
        "family": entry.family,
        "title": entry.title,
        "path": entry.path,
        "line": entry.line,
        "expected": expected,
        "repair": entry.repair,
        "waived": dict(entry.waive),
    }
