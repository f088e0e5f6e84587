"""The report's files: each whole or absent, the summary last, and nothing of anybody else's touched."""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from equivalences.language.claim import ID
from equivalences.language.erratum import Erratum
from equivalences.language.evidence import Evidence, Json, Options
from equivalences.verification import ClaimResult, MutantResult

from . import ledger, page, summary
from .blocks import Block, Heading, Paragraph, markdown, words
from .environment import facts

MARKER = "<!-- Written by equivalences; edits are overwritten. -->"
SCHEMA = "equivalences-results/1"
EVIDENCE = (".certificate.json", ".witness.json")
"""What ``replay`` needs of a claim, in files beside its page."""
ERRATA = "errata.md"
NO_ERRATA: Mapping[str, Sequence[Erratum]] = {}
FAMILY = re.compile(r"[a-z][a-z0-9_-]*")


class ReportError(Exception):
    """A report that cannot be written where it was asked for: the text says why."""


def write(
    results: Sequence[ClaimResult],
    directory: Path,
    options: Options,
    whole: bool = True,
    errata: Mapping[str, Sequence[Erratum]] = NO_ERRATA,
) -> tuple[Path, ...]:
    """Write the pages, certificates, witnesses, ``results.json`` and, last, the summary; what was written.

    The errata of the families that have results become a page beside the summary.

    A run of the whole catalogue removes pages of ours that belong to no claim any more. Any other run keeps
    the rest: its rows come from the ``results.json`` that lies there. If there is none, though pages of
    other claims are, the summary stays as it is, since its other rows cannot be known.

    Raises:
        ReportError: a path leads outside the directory, or a file there was not written by us.
    """
    for name in ("README.md", "results.json", ERRATA):
        _require_ours(directory / name)
    known = {} if whole else _saved(directory)
    known |= {result.id: result for result in results}
    everything = sorted(known.values(), key=lambda result: (result.family == "user", result.family, result.id))
    written = [path for result in results for path in _write_claim(result, everything, directory, options)]
    others = [path for path in _pages(directory) if path.stem not in known]
    data = {
        "schema": SCHEMA,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "options": asdict(options),
        "environment": facts(),
        "claims": [result.to_json() for result in everything],
    }
    written.append(_replace(directory, Path("results.json"), canonical(data)))
    if whole or not others:
        present = {result.family for result in everything}
        shown = {family: entries for family, entries in errata.items() if family in present and entries}
        if shown:
            written.append(_replace(directory, Path(ERRATA), render(ledger.blocks(shown, known))))
        counted = [_counted(result) for result in everything]
        link = ERRATA if shown else ""
        written.append(_replace(directory, Path("README.md"), render(summary.blocks(counted, options, link))))
    for path in others if whole else ():
        for kind in EVIDENCE:
            path.with_suffix(kind).unlink(missing_ok=True)
        path.unlink()
    return tuple(written)


def render(blocks: Iterable[Block]) -> str:
    """A page's text, with the line by which we know it for ours."""
    return f"{MARKER}\n\n{markdown(list(blocks))}"


def canonical(data: Json) -> str:
    """JSON whose bytes depend on its content only."""
    return json.dumps(data, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _write_claim(
    result: ClaimResult, everything: Sequence[ClaimResult], directory: Path, options: Options
) -> list[Path]:
    """A claim's page, after its certificate and its witness."""
    if not ID.fullmatch(result.id) or not FAMILY.fullmatch(result.family):
        raise ReportError(f"{result.family}/{result.id} is no name for a page")
    addresses = {other.id: f"../{other.family}/{other.id}.md" for other in everything}
    file = Path(result.family) / f"{result.id}.md"
    text = render(_with_discarded(page.blocks(_counted(result), addresses, options), result))
    written = []
    for kind, data in zip(EVIDENCE, (_certificate(result), _witness(result)), strict=True):
        if data is not None:
            written.append(_replace(directory, file.with_suffix(kind), canonical(data)))
        elif _is_ours(directory / file):
            (directory / file.with_suffix(kind)).unlink(missing_ok=True)
    return [*written, _replace(directory, file, text)]


def _certificate(result: ClaimResult) -> Json | None:
    match result.checks.get("symbolic"):
        case Evidence(certificate=dict() as found):
            return _of_statement(found, result)
    return None


def _witness(result: ClaimResult) -> Json | None:
    return None if result.witness is None else _of_statement(result.witness.to_json(), result)


def _of_statement(data: Json, result: ClaimResult) -> Json:
    """Evidence with the hash of the statement that it is about, where that is known."""
    return {**data, "statement": result.statement} if result.statement else data


def _counted(result: ClaimResult) -> ClaimResult:
    """The result as pages count: a mutant without any value is discarded, or an error of its author."""
    mutants = (replace(m, outcome="error") if m.outcome == "undefined" else m for m in _kept(result))
    return replace(result, mutants=tuple(mutants))


def _kept(result: ClaimResult) -> list[MutantResult]:
    return [m for m in result.mutants if not (m.automatic and m.outcome == "undefined")]


def _with_discarded(blocks: Sequence[Block], result: ClaimResult) -> list[Block]:
    """A page that says, before its limits, which automatic mutants were discarded."""
    gone = [mutant for mutant in result.mutants if mutant not in _kept(result)]
    if not gone:
        return list(blocks)
    text = "Discarded, since they have no value at any input: " + "; ".join(m.title for m in gone) + "."
    limits = Heading(2, words("What this does not show"))
    end = blocks.index(limits) if limits in blocks else len(blocks)
    return [*blocks[:end], Paragraph(words(text)), *blocks[end:]]


def _saved(directory: Path) -> dict[str, ClaimResult]:
    """The results of earlier runs."""
    file = directory / "results.json"
    if not file.is_file():
        return {}
    data = _read_results(file)
    return {claim["id"]: ClaimResult.from_json(claim) for claim in data["claims"]}


def _read_results(file: Path) -> Mapping[str, Json]:
    try:
        data = json.loads(file.read_text("utf-8"))
    except ValueError:
        data = None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ReportError(
            f"{file} was not written by this version of equivalences: move it away, or name another folder"
        )
    return data


def _pages(directory: Path) -> list[Path]:
    """The claims' pages that lie there and are ours."""
    root = directory.resolve()
    inside = (path for path in sorted(directory.glob("*/*.md")) if path.resolve().is_relative_to(root))
    return [path for path in inside if _is_ours(path)]


def _is_ours(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_text("utf-8", "replace").startswith(MARKER)


def _replace(directory: Path, relative: Path, text: str) -> Path:
    """Put a file in place in one step, so that a reader sees the old one or the new one."""
    path = directory / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or not path.parent.resolve().is_relative_to(directory.resolve()):
        raise ReportError(f"{path} leads outside {directory}")
    _require_ours(path)
    handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _require_ours(path: Path) -> None:
    """Refuse to replace a file that is not ours; certificates belong to their pages."""
    if not path.exists():
        return
    if path.name == "results.json":
        _read_results(path)
    elif path.suffix == ".md" and not _is_ours(path):
        raise ReportError(f"{path} was not written by equivalences: move it away, or name another folder")
