"""The command with the real checkers, on claims whose fate is known."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from equivalences.command import main
from tests.planted import planted

Verify: TypeAlias = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        common = ["--output-format", "json", "--budget", "quick", "--device", "numpy"]
        capsys.readouterr()
        status = main(["verify", *arguments, *common])
        return status, {claim["id"]: claim for claim in json.loads(capsys.readouterr().out)["claims"]}

    return run


def test_planted_claims_meet_their_fate(verify: Verify, tmp_path: Path) -> None:
    names = ("true", "false", "mutants", "ill_typed")
    status, claims = verify(*map(planted, names))
    assert status == 1
    assert {name: claim["outcome"] for name, claim in claims.items()} == {
        "difference-of-squares": "verified",
        "square-of-a-difference": "verified",
        "freshmans-dream": "refuted",
        "mutant-is-equal": "error",
        "mutant-survives": "verified",
        "mutant-is-ill-typed": "error",
        "one-program-twice": "vacuous",
        "ill-typed": "unreadable",
    }
    assert (tmp_path / "reports/user/freshmans-dream.md").is_file()
    assert main(["replay", planted("true"), planted("false")]) == 0


def test_new_claim_runs_as_it_is(verify: Verify, tmp_path: Path) -> None:
    assert main(["new", "my-claim"]) == 0
    status, claims = verify("claim_my_claim.py")
    assert status == 0
    assert claims["my-claim"]["mutants"]["killed"] > 5


def test_pages_do_not_depend_on_the_run(verify: Verify, tmp_path: Path) -> None:
    pages = []
    for directory, jobs in (("one", "1"), ("two", "2")):
        verify(planted("true"), planted("false"), "--report-dir", directory, "-j", jobs)
        pages.append(
            {p.name: p.read_bytes() for p in sorted((tmp_path / directory).rglob("*.*")) if p.suffix == ".md"}
        )
    assert pages[0] == pages[1]
    assert len(pages[0]) == 4
