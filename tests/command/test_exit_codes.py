import json
import signal
import time
from pathlib import Path
from typing import Any, NoReturn

import pytest

from equivalences import command as command_package
from equivalences.command.outcome import status_of
from equivalences.command.status import Status
from equivalences.verification.result import ClaimResult, Outcome
from tests.planted import planted

from .driver import Command, Program


def test_0_when_every_claim_is_verified_folklore_included(command: Command) -> None:
    status, out, _ = command("verify", planted("true"))
    assert status == 0
    assert "2 verified (1 by refutation, as expected)" in out


def test_1_when_a_claim_is_refuted(command: Command) -> None:
    assert command("verify", planted("true"), planted("false"))[0] == 1


def test_1_when_a_mutant_survives(command: Command) -> None:
    assert command("verify", planted("mutants"))[0] == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("verfy", "all"), "Did you mean 'verify'?"),
        (("verify", "all", "--sed", "1"), "Did you mean '--seed'?"),
        (("verify", "all", "--device", "nump"), "Did you mean 'numpy'?"),
        (("verify", "all", "--check", "symbolc"), "Did you mean 'symbolic'?"),
        (("verify", "all", "-j", "0"), "0 is not positive"),
        (("verify", "all", "--timeout", "nan"), "nan is no number of seconds"),
        (("verify",), "the following arguments are required: WHAT"),
        (("verify", "mesas"), "Did you mean 'mesa'?"),
        (("verify", "nothing*"), "no claim 'nothing*'"),
        (("verify", "no_such_file.py"), "there is no file 'no_such_file.py'"),
        (("show", "softmax-attention-eq-gradient-stp"), "Did you mean 'softmax-attention-eq-gradient-step'"),
        (("new", "Not an id!"), "lower-case words joined by hyphens"),
        ((), "the following arguments are required: COMMAND"),
    ],
)
def test_2_for_wrong_usage_with_a_suggestion(command: Command, arguments: tuple[str, ...], text: str) -> None:
    status, out, err = command(*arguments)
    assert status == 2
    assert out == ""
    assert text in err
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["ill_typed", "raises", "exits", "nothing"])
def test_2_when_the_only_file_cannot_be_read_and_3_beside_others(command: Command, name: str) -> None:
    assert command("verify", planted(name))[0] == 2
    assert command("verify", planted(name), planted("true"))[0] == 3


def test_2_when_the_only_file_never_finishes_loading(command: Command) -> None:
    status, out, _ = command("verify", planted("loops"), "--timeout", "1")
    assert status == 2
    assert "cannot be loaded: stopped at its limit of 1 s, in claim_loops.py:" in out


def test_2_for_two_claims_of_one_id(command: Command, tmp_path: Path) -> None:
    copies = [tmp_path / "claim_a.py", tmp_path / "claim_b.py"]
    for copy in copies:
        with open(planted("false")) as original:
            copy.write_text(original.read())
    status, _, err = command("verify", *map(str, copies))
    assert status == 2
    assert "claim_a.py:6" in err
    assert "claim_b.py:6" in err


def test_3_when_something_is_not_settled(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "claim_vacuous.py"
    file.write_text(
        "from equivalences import Claim, real\n"
        'claim = Claim("vacuous", title="No mutant can be made of it", given={"a": real()},\n'
        "              lhs=lambda a: a, rhs=lambda a: a)\n"
    )
    status, out, _ = command("verify", str(file))
    assert status == 3
    assert "vacuous is vacuous" in out


def test_4_for_a_bug_of_ours(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(options: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr("equivalences.command.listing.run", broken)
    status, _, err = command("list")
    assert status == 4
    assert "bug in equivalences itself" in err


def test_4_when_checkers_contradict_each_other(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "claim_contradiction.py"
    file.write_text(
        "from equivalences import Claim, real\n"
        'claim = Claim("contradiction", title="", given={"a": real(), "lie_symbolic": real()},\n'
        "              lhs=lambda a: a, rhs=lambda a: 2 * a)\n"
    )
    status, out, _ = command("verify", str(file), planted("false"))
    assert status == 4
    assert "is proved and refuted at once" in out


def test_130_after_ctrl_c_with_what_was_finished(program: Program, tmp_path: Path) -> None:
    process = program("verify", planted("true"), planted("hostile"), "--output-format", "json", "-j", "1")
    assert process.stderr is not None
    for line in process.stderr:
        if "square-of-a-difference" in line:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    outcomes = {claim["id"]: claim["outcome"] for claim in json.loads(out)["claims"]}
    assert outcomes["difference-of-squares"] == "verified"
    assert outcomes["hang-numeric"] == "interrupted"
    assert "difference-of-squares verified" in (tmp_path / "reports/README.md").read_text()


def test_130_after_ctrl_c_while_files_are_loaded(program: Program) -> None:
    process = program("verify", planted("loops"))
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "Stopped.\n")


def test_precedence_is_130_4_1_3() -> None:
    def status(*outcomes: Outcome, **more: Any) -> Status:
        made = [
            ClaimResult(id="x", family="f", title="", path="", line=1, outcome=outcome) for outcome in outcomes
        ]
        return status_of(made, **more)

    every = list(Outcome)
    assert status(*every, interrupted=True) == Status.INTERRUPTED
    assert status(*every) == Status.BUG
    assert status(*(o for o in every if o is not Outcome.CONTRADICTION)) == Status.REFUTED
    assert status(Outcome.VERIFIED, Outcome.UNREADABLE) == Status.UNSETTLED
    assert status(Outcome.VERIFIED, unloaded=1) == Status.UNSETTLED
    assert status(Outcome.UNREADABLE) == Status.NOTHING_RAN
    assert status() == Status.NOTHING_RAN
    assert status(Outcome.VERIFIED) == Status.VERIFIED
    assert command_package.main(["--version"]) == 0
