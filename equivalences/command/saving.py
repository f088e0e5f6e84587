"""What the last run left in the reports' folder. It is data: read, checked by its readers, never run."""

import json
from pathlib import Path

from equivalences.language.evidence import Json
from equivalences.verification.result import ClaimResult


def saved_result(directory: Path, identifier: str) -> ClaimResult | None:
    """A claim's result in ``results.json``, if it is there."""
    file = directory / "results.json"
    claims = json.loads(file.read_text("utf-8"))["claims"] if file.is_file() else []
    found = [claim for claim in claims if claim["id"] == identifier]
    return ClaimResult.from_json(found[0]) if found else None


def saved_certificate(directory: Path, family: str, identifier: str) -> Json | None:
    """A claim's certificate, if there is one."""
    file = directory / family / f"{identifier}.certificate.json"
    return json.loads(file.read_text("utf-8")) if file.is_file() else None
