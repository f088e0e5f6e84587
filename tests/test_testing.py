"""Claims as tests of a project: collected by pytest, and asserted in plain tests."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from equivalences.command.status import UsageError
from equivalences.testing import assert_refuted, assert_verified

PLANTED = Path(__file__).parent / "planted"
TRUE = "difference-of-squares"
FALSE = "freshmans-dream"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a true claim, a folklore claim and a false one."""
    for name in ("claim_true.py", "claim_false.py"):
        (tmp_path / name).write_text((PLANTED / name).read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    if "--lf" in options or "--seed-cache" in options:
        command = [sys.executable, "-m", "pytest", *(o for o in options if o != "--seed-cache")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_each_check_of_each_claim_is_a_test_and_a_failure_is_the_counterexample(project: Path) -> None:
    done = run(project, "-v")
    assert done.returncode == 1
    for check in ("symbolic", "numeric", "gpu", "mutants"):
        assert f"claim_true.py::{TRUE}::{check} PASSED" in done.stdout
        assert f"claim_false.py::{FALSE}::{check} FAILED" in done.stdout
    assert "claim_true.py::square-of-a-difference::refutation PASSED" in done.stdout
    assert "witness     a = 1; b = 1" in done.stdout
    assert "python -m equivalences verify claim_false.py" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        (["-k", "symbolic"], "1 failed, 1 passed"),
        (["-k", TRUE], "4 passed"),
        (["-m", "claim", "claim_true.py"], "5 passed"),
        (["-m", "not claim"], "9 deselected"),
        ([f"claim_true.py::{TRUE}"], "4 passed"),
        ([f"claim_true.py::{TRUE}::numeric"], "1 passed"),
        (["-p", "no:equivalences"], "no tests ran"),
        (["-n", "2"], "4 failed, 5 passed"),
    ],
    ids=" ".join,
)
def test_pytests_own_ways_of_choosing_work(project: Path, options: list[str], counts: str) -> None:
    assert counts in run(project, "-q", *options).stdout


def test_last_failed_runs_exactly_those(project: Path) -> None:
    run(project, "--seed-cache", "-q")
    assert "4 failed" in (again := run(project, "--lf", "-q").stdout)
    assert "passed" not in again.splitlines()[-1]


def test_junit_has_verdict_and_scope(project: Path) -> None:
    run(project, "-q", "--junitxml=out.xml", "-o", "junit_family=xunit1", "claim_true.py")
    cases = {case.get("name"): case for case in ElementTree.parse(project / "out.xml").iter("testcase")}
    properties = {p.get("name"): p.get("value") for p in cases["symbolic"].iter("property")}
    assert properties == {"outcome": "verified", "verdict": "PROVED", "scope": "all sizes"}


def test_a_file_that_cannot_be_loaded_is_an_error_with_its_line(project: Path) -> None:
    (project / "claim_broken.py").write_text("from equivalences import Claim\nnothing_here\n")
    done = run(project, "-q", "claim_broken.py")
    assert done.returncode == 2
    assert "claim_broken.py cannot be loaded" in done.stdout
    assert "NameError" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_check_that_does_not_conclude_fails(project: Path) -> None:
    (project / "claim_open.py").write_text(
        "from equivalences import Claim, Mutant, exp, real\n"
        "claim = Claim('tangent-below-exponential', title='1 + a is at most exp a', given={'a': real()},\n"
        "    lhs=lambda a: 1 + a, at_most=lambda a: exp(a),\n"
        "    mutants=(Mutant('half', rhs=lambda a: exp(a) / 2),))\n"
    )
    done = run(project, "-v", "claim_open.py")
    assert "::symbolic FAILED" in done.stdout
    assert "::numeric PASSED" in done.stdout


def test_a_missing_device_is_a_skip_with_its_reason(project: Path) -> None:
    done = run(project, "-q", "-rs", "--claim-device", "cupy", "claim_true.py::difference-of-squares::gpu")
    assert "1 skipped" in done.stdout
    assert "cupy" in done.stdout


def test_files_named_in_pyproject_are_collected_too(project: Path) -> None:
    (project / "identities.py").write_text((project / "claim_true.py").read_text())
    (project / "claim_true.py").unlink()
    (project / "pytest.ini").unlink()
    (project / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\n\n[tool.equivalences]\nclaims = ["identities.py"]\n'
    )
    assert "identities.py::difference-of-squares::numeric PASSED" in run(project, "-v").stdout


def test_the_plugin_loads_next_to_nothing() -> None:
    code = (
        "import pytest, sys; before = set(sys.modules); import equivalences.pytest_plugin;"
        "print(sorted(m for m in set(sys.modules) - before if m.startswith('equivalences')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['equivalences', 'equivalences._siblings', 'equivalences.pytest_plugin']"


def test_claims_are_asserted_in_plain_tests() -> None:
    assert_verified(str(PLANTED / "claim_true.py"))
    assert_refuted(str(PLANTED / "claim_false.py"))


def test_an_assertion_that_fails_says_why() -> None:
    with pytest.raises(AssertionError, match="witness     a = 1; b = 1"):
        assert_verified(str(PLANTED / "claim_false.py"))
    with pytest.raises(AssertionError, match="no counterexample to difference-of-squares"):
        assert_refuted(str(PLANTED / "claim_true.py"))


def test_what_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="Did you mean"):
        assert_verified("softmax-attention-eq-gradient-stp")
    with pytest.raises(UsageError, match="Did you mean 'quick'"):
        assert_verified("softmax-attention-eq-gradient-step", budget="quik")
