"""``replay``: checks what a run saved once more, without any search."""

import argparse
import json
import sys
from pathlib import Path

from equivalences.catalogue import Entry
from equivalences.language.evidence import Json, Options, Witness
from equivalences.verification.engine import Settings
from equivalences.verification.result import ClaimResult, Failure

from .asking import ask
from .details import paste
from .parser import BUDGETS
from .saving import saved_certificate, saved_result
from .selection import select
from .status import SCHEMA, Status, UsageError
from .terminal import Terminal, clean


def run(options: argparse.Namespace) -> Status:
    """Replay the certificates and re-check the witnesses of the selected claims.

    Raises:
        UsageError: nothing was saved for any of them.
    """
    directory = Path(options.report_dir)
    timeout = options.timeout or BUDGETS["standard"][2]
    settings = Settings(options=Options(seed=options.seed), jobs=options.jobs, timeout=timeout)
    selection = select(options.selectors, options.jobs)
    entries = {entry.id: entry for entry in selection.entries}
    saved = {name: saved_result(directory, name) for name in entries}
    certificates = {name: saved_certificate(directory, entry.family, name) for name, entry in entries.items()}
    there = [name for name in entries if saved[name] is not None or certificates[name] is not None]
    questions = {name: _request(saved[name], certificates[name]) for name in there}
    answers = ask("replay", questions, entries, settings)
    terminal = Terminal(sys.stdout if options.output_format == "text" else sys.stderr)
    data = [_shown(terminal, entries[name], saved[name], answers[name]) for name in there]
    for name in (name for name in entries if name not in there):
        terminal.line(f"– {name}: nothing is saved in {directory}")
    if not data:
        raise UsageError(f"nothing is saved in {directory}: run `equivalences verify` first")
    if options.output_format == "json":
        print(json.dumps({"schema": SCHEMA, "claims": data}, indent=1), flush=True)
    if len(data) < len(selection.entries):
        return Status.UNSETTLED
    return Status.VERIFIED if all(claim["holds"] for claim in data) else Status.REFUTED


def _request(saved: ClaimResult | None, certificate: Json | None) -> dict[str, Json]:
    witness = saved.witness.to_json() if saved and saved.witness else None
    mutants = {m.title: m.witness.to_json() for m in saved.mutants if m.witness} if saved else {}
    return {"certificate": certificate, "witness": witness, "mutants": mutants}


def _shown(terminal: Terminal, entry: Entry, saved: ClaimResult | None, answer: Json | Failure) -> Json:
    """Print what was replayed; the same as data."""
    if isinstance(answer, Failure):
        terminal.line(f"✗ {entry.id}: {clean(answer.message)}")
        return {"id": entry.id, "holds": False, "failure": answer.message}
    lines = []
    if answer["certificate"] is not None:
        lines.append((answer["certificate"], "the certificate is replayed", "the certificate does not replay"))
    if answer["witness"] is not None:
        lines.append((answer["witness"], "the witness refutes it again", "the witness no longer refutes it"))
    if answer["mutants"] is not None and saved is not None:
        count = saved.count("killed")
        again = f"{count} of {count} mutants are refuted again"
        lines.append(
            (not answer["mutants"], again, f"mutants no longer refuted: {', '.join(answer['mutants'])}")
        )
    holds = all(good for good, _, _ in lines) and bool(lines)
    terminal.line(f"{'✓' if holds else '✗'} {entry.id}" + ("" if lines else ": there is nothing to replay"))
    for good, yes, no in lines:
        terminal.line(f"    {yes if good else clean(no)}")
    if saved is not None and saved.witness is not None:
        for line in _witness(saved, saved.witness):
            terminal.line(f"    {line}")
    return {"id": entry.id, "holds": holds, **answer}


def _witness(saved: ClaimResult, witness: Witness) -> list[str]:
    rows = (("inputs", paste(witness.instance, saved.axes)), ("lhs", witness.lhs), ("rhs", witness.rhs))
    return [f"{name:<8}{clean(text)}" for name, text in (*rows, ("gap", witness.difference))]
