"""One line a claim: what each checker says, how many mutants were refuted, and the time it took."""

from collections.abc import Sequence

from equivalences.language.evidence import Evidence, Verdict
from equivalences.verification.result import ClaimResult, Failure, Outcome

from .outcome import FAILED
from .terminal import Terminal, clean

HEADINGS = ("symbolic", "numeric", "stress", "mutants", "time")
WIDTHS = (11, 11, 24, 9, 9)
NARROW = (11, 11, 19, 9, 9)
WORDS = {Verdict.INAPPLICABLE: "n/a"}
DEVICES = {"torch:cuda": ("torch", "cuda"), "cupy": ("cupy", "cuda")}
FAILURES = {"timeout": "timeout", "crash": "crashed", "unconfirmed": "void", "interrupted": "stopped"}
GAP = 2


class Table:
    """The columns for a selection of claims on a terminal."""

    def __init__(self, terminal: Terminal, ids: Sequence[str]) -> None:
        self.terminal = terminal
        self.mark = len(terminal.text("✗")) + 1
        longest = max(map(len, ids), default=0)
        self.widths = WIDTHS
        if self._room(WIDTHS) < longest:
            self.widths = NARROW
        self.id = max(len("claim"), min(longest, self._room(self.widths)))

    def _room(self, widths: Sequence[int]) -> int:
        return self.terminal.width - self.mark - sum(widths) - GAP

    def heading(self) -> str:
        """The columns' names."""
        return self.terminal.colour(self._lines(" ", "claim", HEADINGS), "dim")

    def row(self, result: ClaimResult) -> str:
        """A claim's line; two if its id is too long to leave room for the rest."""
        cells = (*self._checks(result), _mutants(result), seconds(result.seconds))
        name, colour = mark_of(result)
        # The mark is padded before it is coloured: escape codes have no width.
        text = self._lines(name, result.id, cells)
        return (
            self.terminal.colour(text[: len(self.terminal.text(name))], colour)
            + text[len(self.terminal.text(name)) :]
        )

    def _lines(self, mark: str, name: str, cells: Sequence[str]) -> str:
        shown = self.terminal.text(mark).ljust(self.mark)
        row = "".join(
            " " * GAP + self.terminal.text(c).ljust(w - GAP) for c, w in zip(cells, self.widths, strict=True)
        )
        if len(name) > self.id:
            return f"{shown}{name}\n{' ' * (self.mark + self.id)}{row}".rstrip()
        return f"{shown}{name.ljust(self.id)}{row}".rstrip()

    def _checks(self, result: ClaimResult) -> list[str]:
        cells = []
        for checker in ("symbolic", "numeric", "gpu"):
            match result.checks.get(checker):
                case None:
                    cells.append("waived" if checker in result.waived else "–")
                case Failure(kind=kind):
                    cells.append(FAILURES.get(kind, "error"))
                case Evidence(verdict=Verdict.STRESSED, detail=detail):
                    cells.append(self._stressed(clean(str(detail.get("backend", "")))))
                case Evidence(verdict=verdict):
                    cells.append(WORDS.get(verdict, verdict.lower()))
        return cells

    def _stressed(self, backend: str) -> str:
        library, device = DEVICES.get(backend, (backend, "cpu"))
        wide = f"stressed ({library}, {device})"
        return wide if len(wide) <= self.widths[2] - GAP else f"stressed ({library})"


def mark_of(result: ClaimResult) -> tuple[str, str]:
    """A claim's mark and its colour."""
    if result.verified:
        return "✓", "green"
    if result.outcome in FAILED or result.outcome is Outcome.CONTRADICTION:
        return "✗", "red"
    return "?", "yellow"


def seconds(number: float) -> str:
    """A duration."""
    if number < 60:
        return f"{number:.1f} s"
    minutes, rest = divmod(round(number), 60)
    return f"{minutes} min" if minutes >= 10 else f"{minutes}m {rest:02} s"


def _mutants(result: ClaimResult) -> str:
    discarded = sum(mutant.automatic and mutant.outcome == "undefined" for mutant in result.mutants)
    tried = len(result.mutants) - result.count("equal") - discarded
    return f"{result.count('killed')}/{tried}" if result.mutants else "–"
