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


def test_undefined_mutants_are_discarded_and_undefined_claims_are_vacuous(
    verify: Verify, tmp_path: Path
) -> None:
    status, claims = verify(planted("nowhere"))
    assert status == 3
    assert {name: claim["outcome"] for name, claim in claims.items()} == {
        "scale-invariance": "verified",
        "undefined-mutant": "error",
        "undefined-everywhere": "vacuous",
    }
    counts = claims["scale-invariance"]["mutants"]
    assert (counts["undefined"], counts["survived"]) == (1, 0)
    assert counts["total"] == counts["killed"] + counts["undefined"] + counts["equal"]
    assert claims["undefined-everywhere"]["mutants"]["killed"] == 0
    page = (tmp_path / "reports/user/scale-invariance.md").read_text()
    assert "Discarded, since they have no value at any input: a variable dropped in lhs: x." in page


def test_certificates_and_witnesses_replay_without_results_and_know_their_statement(
    verify: Verify, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "claim_false.py"
    for name in ("true", "false"):
        (tmp_path / f"claim_{name}.py").write_text(Path(planted(name)).read_text())
    verify("claim_true.py", "claim_false.py")
    (tmp_path / "reports/results.json").unlink()
    assert main(["replay", "claim_true.py", "claim_false.py"]) == 0
    out = capsys.readouterr().out
    assert "the certificate is replayed" in out
    assert out.count("the witness refutes it again") == 2
    assert "inputs  a = 1; b = 1" in out
    file.write_text(file.read_text().replace("(a + b) ** 2", "(a + b) ** 3"))
    assert main(["replay", "claim_false.py"]) == 3
    assert "are of another version of this claim" in capsys.readouterr().out


def test_latex_has_the_statement_and_the_derivation_or_says_that_there_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["show", "mesa-layer-primal-eq-dual", "--latex"]) == 0
    latex = capsys.readouterr().out
    assert latex.index("% Proved for all sizes") < latex.index("% 1. the left side\n\\[\nV^{")
    assert latex.count("\\[\n") == latex.count("\n\\]\n") > 3
    assert main(["show", planted("false"), "--latex"]) == 0
    assert "% Not proved: symbolic says UNDECIDED" in capsys.readouterr().out


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
