"""Lines for people: coloured, in the terminal's characters and width, with one live line at the end.

Colour and the live line are decided apart: ``NO_COLOR`` and ``FORCE_COLOR`` are about colour only, and a live
line appears on a terminal only. A reader that goes away (``| head``) ends the output, not the run.
"""

import io
import os
import shutil
import unicodedata
from collections.abc import Mapping
from typing import TextIO

COLOURS = {"green": 32, "red": 31, "yellow": 33, "bold": 1, "dim": 2}
ASCII = str.maketrans({"✓": "ok", "✗": "FAIL", "·": "|", "–": "-", "…": "...", "±": "+/-", "≤": "<=", "×": "x"})
WIDTH = 132
"""Of files, pipes and logs."""
CLEAR = "\r\x1b[K"


def clean(text: str) -> str:
    """Text of a claim, safe to print: no control and no invisible characters, one line."""
    spaced = "".join(" " if c in "\n\t" else c for c in text)
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp"))


class Terminal:
    """A stream for people."""

    def __init__(self, stream: TextIO, environment: Mapping[str, str] = os.environ) -> None:
        self.stream: TextIO | None = stream
        dumb = environment.get("TERM") == "dumb"
        interactive = stream.isatty() and not dumb
        forced = environment.get("FORCE_COLOR", "0") not in ("", "0")
        self.encoding = stream.encoding or "ascii"
        self.has_live_line = interactive
        self.has_colour = not environment.get("NO_COLOR") and not dumb and (forced or interactive)
        self.is_ascii = not _encodes("✓✗·–…±", self.encoding)
        self.width = shutil.get_terminal_size((WIDTH, 24)).columns
        self._live = ""

    def colour(self, text: str, *names: str) -> str:
        """The text in colours, where the terminal has any."""
        if not self.has_colour or not names:
            return text
        codes = ";".join(str(COLOURS[name]) for name in names)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def line(self, text: str = "") -> None:
        """Print a line, above the live line."""
        self._write((CLEAR if self._live else "") + text + "\n")
        self._live = ""

    def live(self, text: str) -> None:
        """Replace the live line, where there is one."""
        if self.has_live_line:
            self._live = text[: self.width - 1]
            self._write(CLEAR + self._live)

    def end_live(self) -> None:
        """Remove the live line."""
        if self._live:
            self._write(CLEAR)
            self._live = ""

    def text(self, text: str) -> str:
        """Text as the terminal can show it."""
        shown = text.translate(ASCII) if self.is_ascii else text
        return shown.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def _write(self, text: str) -> None:
        if self.stream is None:
            return
        try:
            self.stream.write(self.text(text))
            self.stream.flush()
        except BrokenPipeError:
            silence(self.stream)
            self.stream = None


def plain_terminal(width: int = WIDTH) -> Terminal:
    """A terminal for text that goes elsewhere: no colour, no live line, all characters."""
    terminal = Terminal(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), {})
    terminal.width = width
    return terminal


def silence(stream: TextIO) -> None:
    """Send what is still written to a stream nowhere: its reader has gone."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
