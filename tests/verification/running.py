"""Runs the engine with the fake checkers."""

from dataclasses import replace

from equivalences.catalogue import entries_of, load
from equivalences.verification.engine import Run, Settings
from equivalences.verification.result import ClaimResult
from tests.planted import planted

from .fakes import FAKES

SETTINGS = Settings(jobs=2, timeout=10, modules=FAKES, pages="tests.verification.fakes.pages")


def run_files(*files: str, only: tuple[str, ...] = (), **changes: object) -> dict[str, ClaimResult]:
    """The results for the claims of files, by id."""
    entries = [entry for file in files for entry in entries_of(load("", file))]
    chosen = [entry for entry in entries if not only or entry.id in only]
    settings = replace(SETTINGS, **changes)  # type: ignore[arg-type]
    return {result.id: result for result in Run(chosen, settings).results()}


def run_planted(*names: str, **changes: object) -> dict[str, ClaimResult]:
    """The results for planted files."""
    return run_files(*map(planted, names), **changes)  # type: ignore[arg-type]
