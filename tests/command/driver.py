"""The command with fake checkers and no pages, as a program: ``python -m tests.command.driver verify …``."""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from equivalences import report
from equivalences.command import main
from equivalences.language.erratum import Erratum
from equivalences.language.evidence import Options
from equivalences.report.writing import NO_ERRATA
from equivalences.verification import engine
from equivalences.verification.result import ClaimResult
from tests.verification.fakes import FAKES

Command: TypeAlias = Callable[..., tuple[int, str, str]]
"""The command with its arguments: the exit status and both outputs."""
Program: TypeAlias = Callable[..., subprocess.Popen[str]]
"""The command as a process."""


def write(
    results: Sequence[ClaimResult],
    directory: Path,
    options: Options,
    whole: bool = True,
    errata: Mapping[str, Sequence[Erratum]] = NO_ERRATA,
) -> tuple[Path, ...]:
    directory.mkdir(exist_ok=True)
    (directory / "README.md").write_text("".join(f"{result.id} {result.outcome}\n" for result in results))
    return ()


def disguise() -> None:
    engine.MODULES = FAKES
    engine.PAGES = "tests.verification.fakes.pages"
    report.write = write


if __name__ == "__main__":
    disguise()
    sys.path.append(str(Path(__file__).parents[2]))
    sys.exit(main())
