"""The command with fake checkers and no pages, as a program: ``python -m tests.command.driver verify …``."""

import sys
from pathlib import Path

from equivalences import report
from equivalences.command import main
from equivalences.verification import engine
from tests.verification.fakes import FAKES


def write(results, directory, options, whole=True):
    directory.mkdir(exist_ok=True)
    (directory / "README.md").write_text("".join(f"{result.id} {result.outcome}\n" for result in results))


def disguise():
    engine.MODULES = FAKES
    engine.PAGES = "tests.verification.fakes.pages"
    report.write = write


if __name__ == "__main__":
    disguise()
    sys.path.append(str(Path(__file__).parents[2]))
    sys.exit(main())
