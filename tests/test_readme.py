"""The README keeps its word: its claim is decided, its excerpt is on the page, its files exist."""

import doctest
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_its_claim_is_verified(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "claim_readme.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "equivalences", "verify", str(tmp_path / "claim_readme.py"), "--budget", "quick",
         "--report-dir", str(tmp_path / "reports")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_excerpt_is_on_the_page() -> None:
    section = README[README.index("## From a page") : README.index("## A claim of your own")]
    (link,) = re.findall(r"\[its page\]\((.*?)\)", section)
    page = (ROOT / link).read_text()
    quoted = section.split("follow there.")[1]
    lines = [line for line in quoted.splitlines() if line.strip()]
    assert len(lines) > 5
    assert [line for line in lines if line not in page] == []


def test_its_session_with_torch_is_true() -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    (session,) = re.findall(r"```pycon\n(.*?)```", README, re.DOTALL)
    test = doctest.DocTestParser().get_doctest(session, {}, "README", "README.md", 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_its_commands_set_everything_up() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        assert ".venv/bin/pip install -c constraints.txt -e" in command


def test_the_reference_of_ops_is_current() -> None:
    module = runpy.run_path(str(ROOT / "docs" / "write_ops.py"))
    assert module["reference"]() == (ROOT / "docs" / "ops.md").read_text(), "run python docs/write_ops.py"


def test_what_it_links_to_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
