"""What the last run left in the reports' folder. It is data: read, checked by its readers, never run."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from equivalences.catalogue import Entry
from equivalences.language.evidence import Json, Witness
from equivalences.verification.result import ClaimResult


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What can be replayed of a claim.

    Attributes:
        certificate: as the independent checker takes it.
        witness: against the claim.
        mutants: the witnesses against its mutants, by title; from ``results.json`` only.
        statements: the hashes of the statements that these are about.
    """

    certificate: Json | None = None
    witness: Witness | None = None
    mutants: dict[str, Witness] = field(default_factory=dict)
    statements: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.certificate is not None or self.witness is not None or bool(self.mutants)


def saved_result(directory: Path, identifier: str) -> ClaimResult | None:
    """A claim's result in ``results.json``, if it is there."""
    file = directory / "results.json"
    claims = json.loads(file.read_text("utf-8"))["claims"] if file.is_file() else []
    found = [claim for claim in claims if claim["id"] == identifier]
    return ClaimResult.from_json(found[0]) if found else None


def saved_evidence(directory: Path, entry: Entry) -> Saved:
    """What there is of a claim in ``results.json`` and beside its page; the files alone are enough."""
    result = saved_result(directory, entry.id)
    certificate, proved = _read(directory, entry, "certificate")
    data, refuted = _read(directory, entry, "witness")
    witness = Witness.from_json(data) if data else None
    if result is not None:
        witness = result.witness or witness
    return Saved(
        certificate=certificate,
        witness=witness,
        mutants={m.title: m.witness for m in result.mutants if m.witness} if result else {},
        statements=tuple(filter(None, {proved, refuted, result.statement if result else ""})),
    )


def _read(directory: Path, entry: Entry, kind: str) -> tuple[Json | None, str]:
    """The evidence in a file beside a claim's page, and the hash of its statement."""
    file = directory / entry.family / f"{entry.id}.{kind}.json"
    if not file.is_file():
        return None, ""
    data = json.loads(file.read_text("utf-8"))
    return data, data.pop("statement", "")
