import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from equivalences import report
from equivalences.command import main
from equivalences.verification import engine
from tests.verification.fakes import FAKES

from .driver import Command, Program, write

ROOT = Path(__file__).parents[2]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command with fake checkers, in an empty folder: the exit status and both outputs."""
    monkeypatch.setattr(engine, "MODULES", FAKES)
    monkeypatch.setattr(engine, "PAGES", "tests.verification.fakes.pages")
    monkeypatch.setattr(report, "write", write)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(list(arguments))
        output = capsys.readouterr()
        return status, output.out, output.err

    return run


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The same as a process, which is returned unfinished."""

    def start(
        *arguments: str, environment: Mapping[str, str] | None = None, **streams: Any
    ) -> subprocess.Popen[str]:
        settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **streams}
        plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.command.driver", *arguments],
            cwd=tmp_path,
            env={**plain, "PYTHONPATH": str(ROOT), **(environment or {})},
            **settings,
        )

    return start
