"""``replay``: checks what a run saved once more, without any search."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from equivalences.catalogue import Entry
from equivalences.language.evidence import Json, Options, Witness
from equivalences.verification.budget import BUDGETS
from equivalences.verification.engine import Settings
from equivalences.verification.result import Failure

from .asking import ask
from .details import paste
from .saving import Saved, saved_evidence
from .selection import select
from .status import SCHEMA, Status, UsageError
from .terminal import Terminal, clean

STALE = "the saved results are of another version of this claim; run `equivalences verify`"


def run(options: argparse.Namespace) -> Status:
    """Replay the certificates and re-check the witnesses of the selected claims.

    Raises:
        UsageError: nothing was saved for any of them.
    """
    directory = Path(options.report_dir)
    timeout = options.timeout or BUDGETS["standard"].seconds
    settings = Settings(options=Options(seed=options.seed), jobs=options.jobs, timeout=timeout)
    selection = select(options.selectors, options.jobs)
    entries = {entry.id: entry for entry in selection.entries}
    saved = {name: saved_evidence(directory, entry) for name, entry in entries.items()}
    there = [name for name in entries if saved[name]]
    questions = {name: _request(saved[name]) for name in there}
    answers = ask("replay", questions, entries, settings)
    terminal = Terminal(sys.stdout if options.output_format == "text" else sys.stderr)
    data = [_shown(terminal, entries[name], saved[name], answers[name]) for name in there]
    for name in (name for name in entries if name not in there):
        terminal.line(f"– {name}: no certificate and no witness is saved in {directory}")
    if not data:
        raise UsageError(f"there is nothing to replay in {directory}: run `equivalences verify` first")
    if options.output_format == "json":
        print(json.dumps({"schema": SCHEMA, "claims": data}, indent=1), flush=True)
    if any(claim["holds"] is False for claim in data):
        return Status.REFUTED
    unsettled = len(data) < len(selection.entries) or any(claim["holds"] is None for claim in data)
    return Status.UNSETTLED if unsettled else Status.VERIFIED


def _request(saved: Saved) -> dict[str, Json]:
    return {
        "certificate": saved.certificate,
        "witness": saved.witness.to_json() if saved.witness else None,
        "mutants": {title: witness.to_json() for title, witness in saved.mutants.items()},
        "statements": list(saved.statements),
    }


def _shown(terminal: Terminal, entry: Entry, saved: Saved, answer: Json | Failure) -> Json:
    """Print what was replayed; the same as data."""
    if isinstance(answer, Failure):
        terminal.line(f"✗ {entry.id}: {clean(answer.message)}")
        return {"id": entry.id, "holds": False, "failure": answer.message}
    if answer["stale"]:
        terminal.line(f"? {entry.id}: {STALE}")
        return {"id": entry.id, "holds": None, **answer}
    lines = []
    if answer["certificate"] is not None:
        lines.append((answer["certificate"], "the certificate is replayed", "the certificate does not replay"))
    if answer["witness"] is not None:
        lines.append((answer["witness"], "the witness refutes it again", "the witness no longer refutes it"))
    if answer["mutants"] is not None:
        count = len(saved.mutants)
        again = f"{count} of {count} mutants are refuted again"
        lines.append(
            (not answer["mutants"], again, f"mutants no longer refuted: {', '.join(answer['mutants'])}")
        )
    holds = all(good for good, _, _ in lines)
    terminal.line(f"{'✓' if holds else '✗'} {entry.id}")
    for good, yes, no in lines:
        terminal.line(f"    {yes if good else clean(no)}")
    if saved.witness is not None:
        for line in _witness(saved.witness, answer["axes"]):
            terminal.line(f"    {line}")
    return {"id": entry.id, "holds": holds, **answer}


def _witness(witness: Witness, axes: Mapping[str, tuple[str, ...]]) -> list[str]:
    rows = (("inputs", paste(witness.instance, axes)), ("lhs", witness.lhs), ("rhs", witness.rhs))
    return [f"{name:<8}{clean(text)}" for name, text in (*rows, ("gap", witness.difference))]
