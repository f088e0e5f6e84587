import json
import os
import pty
import re
import select
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from equivalences.catalogue import catalogue, entries_of, load
from equivalences.command.details import paste
from equivalences.command.selection import select as select_claims
from equivalences.command.terminal import clean
from equivalences.language.evidence import Instance
from equivalences.verification.result import ClaimResult
from tests.planted import planted

from .driver import Command, Program

ESCAPE = "\x1b["


def test_verify_prints_a_line_a_claim_and_then_what_failed(command: Command) -> None:
    _, out, err = command("verify", planted("true"), planted("false"))
    assert err == ""
    lines = out.splitlines()
    assert lines[0].startswith("equivalences 0.1.0 · Python 3.")
    assert re.fullmatch(r"  claim +symbolic +numeric +stress +mutants +time", lines[3])
    rows = {line.split()[1]: line for line in lines if line[:1] in "✓✗?" and len(line.split()) > 6}
    assert rows["difference-of-squares"].startswith("✓")
    cells = re.split("  +", rows["difference-of-squares"])
    assert cells[1:5] == ["proved", "certified", "stressed (numpy, cpu)", "11/11"]
    detail = out[out.index("✗ freshmans-dream is refuted") :]
    assert "claim_false.py:6" in detail
    for row in ("witness     a = 1; b = 1", "lhs         4", "rhs         2", "difference  2, exact"):
        assert row in detail
    assert "replay      python -m equivalences replay" in detail
    assert "Report: reports/README.md" in out


def test_verify_a_family_a_pattern_an_id_and_all(command: Command) -> None:
    for selector in ("mesa", "mesa-layer-p*", "mesa-layer-primal-eq-dual", "mesa/mesa-layer-primal-eq-dual"):
        _, out, _ = command("list", selector)
        assert "mesa-layer-primal-eq-dual" in out
        assert "linear-attention-eq-gradient-step" not in out
    assert "linear-attention-eq-gradient-step" in command("list", "all")[1]


def test_verify_adds_the_repair_of_a_folklore_claim() -> None:
    (folklore, *_) = [entry for entry in catalogue() if entry.expected]
    selection = select_claims([folklore.id])
    assert [entry.id for entry in selection.entries] == [folklore.id]
    assert [entry.id for entry in selection.repairs] == [folklore.repair]
    assert not selection.is_whole
    assert select_claims(["all"]).is_whole


def test_json_is_alone_on_stdout_and_reads_back(command: Command) -> None:
    status, out, err = command("verify", planted("true"), planted("false"), "--output-format", "json")
    data = json.loads(out)
    assert data["schema"] == 1
    assert data["status"] == status == 1
    assert "freshmans-dream is refuted" in err
    claims = {claim["id"]: claim for claim in data["claims"]}
    assert list(claims) == ["difference-of-squares", "square-of-a-difference", "freshmans-dream"]
    true, false = claims["difference-of-squares"], claims["freshmans-dream"]
    assert true["verified"] is True
    assert {name: check["verdict"] for name, check in true["checks"].items()} == {
        "symbolic": "PROVED",
        "numeric": "CERTIFIED",
        "gpu": "STRESSED",
    }
    assert true["mutants"]["total"] == true["mutants"]["killed"] > 0
    assert (true["mutants"]["equal"], true["mutants"]["survived"]) == (0, 0)
    assert true["witness"] is None
    assert false["witness"]["instance"]["values"] == {"a": ["1"], "b": ["1"]}
    assert claims["square-of-a-difference"]["expected"] == "REFUTED"
    assert all(ClaimResult.from_json(claim).to_json() == claim for claim in data["claims"])


def test_list_has_the_same_shape_without_checks(command: Command) -> None:
    status, out, err = command("list", planted("true"), "--output-format", "json")
    assert (status, err) == (0, "")
    (first, second) = json.loads(out)["claims"]
    assert (first["id"], first["family"], first["expected"]) == ("difference-of-squares", "user", None)
    assert (second["expected"], second["repair"]) == ("REFUTED", "difference-of-squares")
    assert "checks" not in first


def test_show_says_what_is_claimed(command: Command) -> None:
    status, out, _ = command("show", planted("false"))
    assert status == 0
    assert "A square of a sum is a sum of squares" in out
    assert "(a + b) ** 2" in out
    assert "– a difference" in out
    assert command("show", planted("false"), "--latex")[1].startswith("% A square of a sum")


def test_show_prints_the_state_and_the_functions_that_the_sides_call(command: Command) -> None:
    _, out, _ = command("show", "recursive-mesa-layer-eq-ridge-regression")
    state, helpers = out.index("\n  state\n"), out.index("\n  helpers\n")
    assert "inverse(" in out[state:helpers]
    assert "def rank_one_update(R: Array, key: Array)" in out[helpers:]


def test_latex_of_a_proof_that_was_not_found_says_so(command: Command) -> None:
    _, out, _ = command("show", planted("false"), "--latex")
    assert "% Not proved: symbolic says UNDECIDED: the normal forms differ." in out


def test_files_that_were_not_loaded_are_counted(command: Command) -> None:
    status, out, _ = command("verify", planted("true"), planted("ill_typed"), planted("nothing"))
    assert status == 3
    assert "2 verified (1 by refutation, as expected) · 1 unreadable · 1 file not loaded" in out


def test_loading_is_seen(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("equivalences.command.verification.HEARTBEAT", 0.3)
    _, out, _ = command("verify", planted("loops"), "--timeout", "1")
    assert re.search(r"^… 0/1 files loaded, loading: claim_loops.py \(\d s\)$", out, re.MULTILINE)


def test_new_refuses_an_id_of_the_catalogue(command: Command, tmp_path: Path) -> None:
    status, _, err = command("new", "mesa-layer-primal-eq-dual")
    assert status == 2
    assert "is a claim of the catalogue, equivalences/claims/mesa/ridge.py:" in err
    assert not list(tmp_path.iterdir())


def test_missing_device_is_told_at_once(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "equivalences.command.devices.survey", lambda: {"torch": "missing: it is not installed"}
    )
    status, out, err = command("verify", planted("true"), "--device", "torch")
    assert (status, out) == (2, "")
    assert "--device torch cannot be used: it is not installed" in err
    assert command("verify", planted("true"), "--device", "torch", "--check", "numeric")[0] == 0


def test_new_writes_a_claim_that_can_be_read_and_never_overwrites(command: Command, tmp_path: Path) -> None:
    status, out, _ = command("new", "my-claim")
    assert status == 0
    assert "claim_my_claim.py" in out
    file = tmp_path / "claim_my_claim.py"
    (entry,) = entries_of(load("", str(file)))
    assert entry.id == "my-claim"
    assert command("show", str(file))[0] == 0
    file.write_text("mine")
    status, _, err = command("new", "my-claim")
    assert status == 2
    assert "exists already" in err
    assert file.read_text() == "mine"


def test_doctor_names_what_is_missing(command: Command) -> None:
    status, out, _ = command("doctor")
    assert status == 0
    for name in ("Python", "numpy", "sympy", "python-flint", "torch", "processors"):
        assert re.search(rf"^{name}  +\S", out, re.MULTILINE), name


def save(folder: Path, results: list[Any]) -> None:
    (folder / "reports").mkdir(exist_ok=True)
    (folder / "reports/results.json").write_text(json.dumps({"schema": 1, "claims": results}))


def test_replay_checks_what_was_saved_and_notices_changes(command: Command, tmp_path: Path) -> None:
    data = json.loads(command("verify", planted("true"), planted("false"), "--output-format", "json")[1])
    files = (planted("true"), planted("false"))
    status, _, err = command("replay", *files)
    assert status == 2
    assert "there is nothing to replay in reports" in err
    save(tmp_path, data["claims"])
    (tmp_path / "reports/user").mkdir()
    certificate = tmp_path / "reports/user/difference-of-squares.certificate.json"
    certificate.write_text(json.dumps(data["claims"][0]["checks"]["symbolic"]["certificate"]))
    status, out, _ = command("replay", *files)
    assert status == 0
    assert "the certificate is replayed" in out
    assert "11 of 11 mutants are refuted again" in out
    assert "the witness refutes it again" in out
    certificate.write_text('{"grid": 4}')
    status, out, _ = command("replay", *files)
    assert status == 1
    assert "the certificate does not replay" in out


def test_replay_of_an_edited_witness_fails(command: Command, tmp_path: Path) -> None:
    data = json.loads(command("verify", planted("false"), "--output-format", "json")[1])
    data["claims"][0]["witness"]["instance"]["values"]["a"] = ["0"]
    save(tmp_path, data["claims"])
    status, out, _ = command("replay", planted("false"))
    assert status == 1
    assert "no longer refutes" in out


def test_only_some_checks_write_no_page(command: Command, tmp_path: Path) -> None:
    status, out, _ = command("verify", planted("true"), "--check", "symbolic", "--check", "numeric")
    assert status == 0
    assert "2 passed symbolic and numeric alone (1 by refutation, as expected); a verdict needs all" in out
    assert "verified" not in out.splitlines()[-1]
    assert not (tmp_path / "reports").exists()


def test_details_of_many_failures_are_cut_with_a_count(command: Command) -> None:
    _, out, _ = command("verify", planted("hostile"), "--timeout", "1")
    assert out.count(".py:1\n") == 5
    assert re.search(r"\n\d more are not verified: \S+", out)


def test_witness_can_be_pasted_in_its_shape() -> None:
    values = {"x": range(1, 7), "w": [7], "t": [1], "e": []}
    instance = Instance({"n": 2, "d": 1}, {name: tuple(map(Fraction, x)) for name, x in values.items()})
    axes = {"x": ("n+1", "n"), "w": ("d",), "t": (), "e": ("m",)}
    assert paste(instance, axes) == "x = [[1, 2], [3, 4], [5, 6]]; w = [7]; t = 1; e = []"


def test_control_and_bidirectional_characters_are_not_printed(command: Command, tmp_path: Path) -> None:
    assert clean("a\x1b]0;b\x07\u202ec\x9b1m\nd\u2066e") == "a]0;bc1m de"
    file = tmp_path / "claim_x.py"
    file.write_text(
        "from equivalences import Claim, real\n"
        'claim = Claim("sly", title="\\x1b]0;owned\\x07\\u202etitle", given={"a": real()},\n'
        "              lhs=lambda a: a, rhs=lambda a: 2 * a)\n"
    )
    for arguments in (("list", str(file)), ("show", str(file)), ("verify", str(file))):
        out = command(*arguments)[1]
        assert "title" in out
        assert not set(out) & {"\x1b", "\x07", "\u202e"}


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colour_in_a_pipe_only_if_forced_and_never_a_live_line(
    program: Program, environment: dict[str, str], coloured: bool
) -> None:
    out, err = program("verify", planted("false"), environment=environment).communicate(timeout=30)
    assert err == ""
    assert (ESCAPE in out) == coloured
    assert "\r" not in out


def test_ascii_stream_gets_ascii(program: Program) -> None:
    process = program("verify", planted("false"), environment={"PYTHONIOENCODING": "ascii"})
    out, err = process.communicate(timeout=30)
    assert err == ""
    assert out.isascii()
    assert "FAIL freshmans-dream is refuted" in out
    assert process.returncode == 1


def test_reader_that_goes_away_stops_the_output_not_the_run(program: Program, tmp_path: Path) -> None:
    process = program("verify", planted("true"), planted("false"))
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith("equivalences")
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=30) == 1
    assert err == ""
    assert "freshmans-dream refuted" in (tmp_path / "reports/README.md").read_text()


def on_a_terminal(program: Program, *arguments: str, **environment: str) -> str:
    """The bytes that a terminal of 80 columns receives."""
    ours, theirs = pty.openpty()
    process = program(*arguments, environment={"TERM": "xterm", "COLUMNS": "80", **environment}, stdout=theirs)
    os.close(theirs)
    received = b""
    while select.select([ours], [], [], 30)[0]:
        try:
            chunk = os.read(ours, 1 << 16)
        except OSError:
            break
        received += chunk
    os.close(ours)
    process.communicate(timeout=30)
    return received.decode()


def test_terminal_has_colour_and_one_live_line_of_its_width(program: Program) -> None:
    seen = on_a_terminal(program, "verify", planted("true"), planted("hostile"), "--timeout", "2")
    assert "\r\x1b[K… " in seen
    assert "running: hang-numeric numeric" in seen
    assert f"{ESCAPE}32m✓" in seen
    for line in re.sub(r"\x1b\[[0-9;]*[mK]", "", seen).replace("\r\n", "\n").split("\n"):
        last = line.split("\r")[-1]
        if "claim_hostile.py" not in last and "Error" not in last and "|" not in last:
            assert len(last) <= 80 or "more are not verified" in last, last


def test_dumb_terminal_has_neither(program: Program) -> None:
    seen = on_a_terminal(program, "verify", planted("true"), TERM="dumb")
    assert ESCAPE not in seen
    assert "✓ difference-of-squares" in seen


def test_heartbeat_where_there_is_no_live_line(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("equivalences.command.verification.HEARTBEAT", 0.3)
    _, out, _ = command("verify", planted("hostile"), "--timeout", "1", "-j", "1")
    assert re.search(r"^… \d+/13, running: hang-numeric numeric \(\d s\)$", out, re.MULTILINE)


def test_help_names_every_command_and_exit_status(command: Command) -> None:
    status, out, _ = command("--help")
    assert status == 0
    for word in ("verify", "list", "show", "new", "replay", "doctor", "130", "exit status"):
        assert word in out
