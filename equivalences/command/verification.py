"""``verify``: runs the checkers and shows what they find as it is known."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import equivalences
from equivalences import catalogue
from equivalences.language.claim import CHECKERS
from equivalences.language.evidence import Json, Options
from equivalences.verification.budget import BUDGETS
from equivalences.verification.engine import Progress, Run, Settings
from equivalences.verification.result import ClaimResult, Outcome

from .details import print_details
from .devices import require
from .outcome import status_of
from .selection import Selection, select
from .status import SCHEMA, Status
from .table import Table, seconds
from .terminal import Terminal, clean, silence

HEARTBEAT = 60.0
"""Seconds of silence after which a line says what is running, where there is no live line."""


def run(options: argparse.Namespace) -> Status:
    """Verify the selected claims, print, write the pages."""
    settings = settings_of(options)
    if "gpu" in settings.checks:
        require(options.device)
    started = time.monotonic()
    terminal = Terminal(sys.stdout if options.output_format == "text" else sys.stderr)
    watch = Watch(terminal)
    try:
        selection = select(options.selectors, options.jobs, settings.timeout, watch.loading)
    finally:
        terminal.end_live()
    entries = (*selection.entries, *selection.repairs)
    _print_heading(terminal, selection, options.budget, settings)
    table = Table(terminal, [entry.id for entry in entries])
    if entries:
        terminal.line(table.heading())
    running = Run(entries, settings, watch)
    results: list[ClaimResult] = []
    interrupted = False
    try:
        with closing(running.results()) as arriving:
            for result in arriving:
                results.append(result)
                terminal.line(table.row(result))
                watch.spoken()
    except KeyboardInterrupt:
        interrupted = True
    terminal.end_live()
    order = [entry.id for entry in entries]
    known = sorted([*results, *running.unfinished()], key=lambda result: order.index(result.id))
    status = status_of(known, interrupted=interrupted, unloaded=len(selection.unloaded))
    _print_unloaded(terminal, selection)
    print_details(terminal, results if interrupted else known)
    unloaded, elapsed = len(selection.unloaded), time.monotonic() - started
    parts = summary_of(known, settings.checks, unloaded)
    _print_summary(terminal, parts, elapsed, interrupted)
    whole = selection.is_whole and not interrupted
    if settings.checks == CHECKERS and not _write_report(
        terminal, results, Path(options.report_dir), settings, whole
    ):
        status = status or Status.UNSETTLED
    if options.output_format == "json":
        _print_json(_data(known, selection, settings, status, time.monotonic() - started))
    return status


def settings_of(options: argparse.Namespace) -> Settings:
    """The engine's settings, from the budget and whatever overrides it."""
    instances, digits, timeout = BUDGETS[options.budget]
    return Settings(
        options=Options(
            seed=options.seed,
            digits=options.digits or digits,
            instances=options.instances or instances,
            device=options.device,
        ),
        checks=tuple(checker for checker in CHECKERS if checker in (options.check or CHECKERS)),
        jobs=options.jobs,
        timeout=options.timeout or timeout,
    )


class Watch:
    """Shows how far the run is: on the live line, or now and then on a line of its own."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.last = time.monotonic()

    def spoken(self) -> None:
        """Note that something was printed."""
        self.last = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Show the progress, if it is time to."""
        self._show(_progress_line("…", progress))

    def loading(self, done: int, files: int, running: tuple[tuple[str, float], ...]) -> None:
        """Show how many files are loaded, if it is time to."""
        names = ", ".join(f"{clean(name)} ({time:.0f} s)" for name, time in running)
        self._show(f"… {done}/{files} files loaded, loading: {names}")

    def _show(self, text: str) -> None:
        if self.terminal.has_live_line:
            self.terminal.live(text)
        elif time.monotonic() - self.last > HEARTBEAT:
            self.terminal.line(text)
            self.spoken()


def _progress_line(mark: str, progress: Progress) -> str:
    running = ", ".join(f"{name} {task} ({time:.0f} s)" for name, task, time in progress.running)
    return f"{mark} {progress.done}/{progress.claims}, running: {running}"


def _print_heading(terminal: Terminal, selection: Selection, budget: str, settings: Settings) -> None:
    python = ".".join(map(str, sys.version_info[:3]))
    options = settings.options
    count = len(selection.entries)
    parts = [f"{count} claim{'s' * (count != 1)}"]
    if selection.repairs:
        parts.append(f"{len(selection.repairs)} more that they refer to")
    parts += [f"{options.instances:,} instances", f"{options.digits} digits", f"seed {options.seed}"]
    if settings.checks != CHECKERS:
        parts.append(f"{' and '.join(settings.checks)} only")
    terminal.line(f"equivalences {equivalences.__version__} · Python {python} · {budget} budget")
    terminal.line(" · ".join(parts))
    terminal.line()


def _print_unloaded(terminal: Terminal, selection: Selection) -> None:
    for file, failure in selection.unloaded.items():
        terminal.line(f"{terminal.colour('✗', 'red')} {clean(file)} cannot be loaded: {clean(failure.message)}")


def summary_of(results: Sequence[ClaimResult], checks: Sequence[str], unloaded: int = 0) -> list[str]:
    """How many claims ended how, and how many files were not loaded; some checkers alone give no verdict."""
    counts = Counter(result.outcome for result in results)
    folklore = sum(result.verified and result.expected is not None for result in results)
    whole = tuple(checks) == CHECKERS
    words = {outcome: str(outcome) for outcome in Outcome}
    if not whole:
        words[Outcome.VERIFIED] = f"passed {' and '.join(checks)} alone"
    if folklore:
        words[Outcome.VERIFIED] += f" ({folklore} by refutation, as expected)"
    parts = [f"{counts[outcome]} {words[outcome]}" for outcome in Outcome if counts[outcome]]
    if unloaded:
        parts.append(f"{unloaded} file{'s' * (unloaded != 1)} not loaded")
    if not whole and results:
        parts[-1] += "; a verdict needs all checkers, so no page was written"
    return parts


def _print_summary(terminal: Terminal, parts: Sequence[str], elapsed: float, interrupted: bool) -> None:
    terminal.line()
    if interrupted:
        terminal.line("Stopped; what was finished is reported.")
    terminal.line(f"{' · '.join(parts) or 'nothing ran'}   {seconds(elapsed)}")


def _write_report(
    terminal: Terminal, results: Sequence[ClaimResult], directory: Path, settings: Settings, whole: bool
) -> bool:
    """Write the pages of the claims that were finished; whether they could be written."""
    from equivalences import report  # `--help` does without
    from equivalences.report.writing import ReportError

    try:
        if results:
            report.write(results, directory, settings.options, whole, catalogue.ledger())
            terminal.line(f"Report: {directory / 'README.md'}")
    except (ReportError, OSError) as error:
        print(f"error: the report is not written: {error}", file=sys.stderr)
        return False
    return True


def _data(
    results: Sequence[ClaimResult], selection: Selection, settings: Settings, status: Status, elapsed: float
) -> Json:
    options = settings.options
    return {
        "schema": SCHEMA,
        "version": equivalences.__version__,
        "options": {
            "seed": options.seed,
            "digits": options.digits,
            "instances": options.instances,
            "device": options.device,
            "checks": list(settings.checks),
        },
        "claims": [result.to_json() for result in results],
        "unloaded": [
            {"path": file, **failure.to_json()["failure"]} for file, failure in selection.unloaded.items()
        ],
        "status": int(status),
        "seconds": round(elapsed, 3),
    }


def _print_json(data: Json) -> None:
    try:
        print(json.dumps(data, ensure_ascii=True, indent=1), flush=True)
    except BrokenPipeError:
        silence(sys.stdout)
