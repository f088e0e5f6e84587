import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from equivalences.catalogue import entries_of, load
from equivalences.command.selection import select
from equivalences.language.evidence import Evidence, Options, Verdict
from equivalences.verification.engine import Progress, Run
from equivalences.verification.result import ClaimResult, Failure, Outcome
from tests.planted import planted

from .running import SETTINGS, run_files, run_planted

TEMPLATE = """
from equivalences import Claim, Mutant, Verdict, real
GIVEN = {{"a": real(), "b": real(){variables}}}
claim = Claim("made", title="made", given=GIVEN, lhs=lambda a, b: {lhs}, rhs=lambda a, b: {rhs}{more})
"""
PASSES = {"symbolic": Verdict.PROVED, "numeric": Verdict.CERTIFIED, "gpu": Verdict.STRESSED}


def made(folder: Path, lhs: str, rhs: str, *variables: str, more: str = "", **changes: object) -> ClaimResult:
    """The result for a claim in a and b with further variables, which the fake checkers obey."""
    extra = "".join(f', "{name}": real()' for name in variables)
    file = folder / "claim_made.py"
    file.write_text(TEMPLATE.format(lhs=lhs, rhs=rhs, variables=extra, more=more and ", " + more))
    return run_files(str(file), **changes)["made"]  # type: ignore[arg-type]


def test_true_claim_passes_every_checker_and_kills_every_mutant() -> None:
    result = run_planted("true")["difference-of-squares"]
    assert result.verified
    assert result.reasons == ()
    assert {name: getattr(check, "verdict", None) for name, check in result.checks.items()} == PASSES
    assert result.count("killed") == len(result.mutants) > 1
    assert not result.mutants[0].automatic
    assert all(mutant.automatic for mutant in result.mutants[1:])
    assert result.mutants[0].witness is not None
    assert result.axes == {"a": (), "b": ()}
    assert result.description == {"title": "A difference of squares factors"}
    assert Path(result.path).name == "claim_true.py"
    assert result.line == 24


def test_folklore_claim_is_verified_by_its_witness_and_its_repair() -> None:
    result = run_planted("true")["square-of-a-difference"]
    assert result.verified
    assert result.expected is Verdict.REFUTED
    assert result.witness is not None
    assert result.mutants == ()


def test_folklore_claim_without_its_repair_in_the_run_is_in_error() -> None:
    result = run_planted("true", only=("square-of-a-difference",))["square-of-a-difference"]
    assert result.outcome is Outcome.ERROR
    assert "repair" in result.reasons[0]


def test_folklore_claim_that_is_true_is_proved_against_expectation(tmp_path: Path) -> None:
    more = 'expected=Verdict.REFUTED, repair="nothing"'
    result = made(tmp_path, "a + b", "b + a", more=more)
    assert result.outcome is Outcome.PROVED


def test_false_claim_has_the_smallest_witness_and_its_mutants_are_not_tried() -> None:
    result = run_planted("false")["freshmans-dream"]
    assert result.outcome is Outcome.REFUTED
    assert result.witness is not None
    assert {name: str(x[0]) for name, x in result.witness.instance.values.items()} == {"a": "1", "b": "1"}
    assert (result.witness.lhs, result.witness.rhs) == ("4", "2")
    assert result.mutants == ()


def test_proof_of_a_refuted_claim_is_a_contradiction(tmp_path: Path) -> None:
    result = made(tmp_path, "a + b", "a - b", "lie_symbolic")
    assert result.outcome is Outcome.CONTRADICTION


def test_ill_typed_claim_cannot_be_read_and_says_what_to_do() -> None:
    result = run_planted("ill_typed")["ill-typed"]
    assert result.outcome is Outcome.UNREADABLE
    assert "did you mean .T" in result.reasons[0]
    assert "claim_ill_typed.py:9" in result.reasons[0]


def test_raising_side_cannot_be_read_and_names_its_line() -> None:
    result = run_planted("raises")["raises"]
    assert result.outcome is Outcome.UNREADABLE
    assert "LookupError: write the other side here  (claim_raises.py:8)" in result.reasons[0]
    check = result.checks["symbolic"]
    assert isinstance(check, Failure)
    assert "Traceback" in check.traceback


@pytest.mark.parametrize(
    ("identifier", "outcome", "text"),
    [
        ("mutant-is-equal", Outcome.ERROR, "is equal to the claim"),
        ("mutant-survives", Outcome.SURVIVED, "was not refuted"),
        ("mutant-is-ill-typed", Outcome.ERROR, "the sides differ in type"),
        ("one-program-twice", Outcome.VACUOUS, "VACUOUS"),
    ],
)
def test_mutants_that_are_not_what_they_should_be(identifier: str, outcome: Outcome, text: str) -> None:
    result = run_planted("mutants", only=(identifier,))[identifier]
    assert result.outcome is outcome
    assert any(text in reason for reason in result.reasons)


def test_claim_whose_mutants_all_survive_the_blind_refuter_is_not_verified(tmp_path: Path) -> None:
    result = made(tmp_path, "(a + b) * a", "a**2 + a * b", "blind_refuter")
    assert result.outcome is Outcome.SURVIVED
    assert result.count("killed") == 0


def test_declared_mutant_without_a_value_is_an_error_and_is_not_killed(tmp_path: Path) -> None:
    mutant = 'Mutant("nowhere", rhs=lambda a: a, given={"nowhere_numeric": real()})'
    result = made(tmp_path, "(a + b) * a", "a**2 + a * b", more=f"mutants=({mutant},)")
    assert result.outcome is Outcome.ERROR
    assert result.reasons == ("the mutant 'nowhere': no input has a value",)
    assert (result.count("undefined"), result.count("survived")) == (1, 0)
    assert result.count("killed") == len(result.mutants) - 1 > 0


def test_claim_without_a_value_is_vacuous_and_none_of_its_mutants_is_killed(tmp_path: Path) -> None:
    result = made(tmp_path, "(a + b) * a", "a**2 + a * b", "nowhere_numeric")
    assert result.outcome is Outcome.VACUOUS
    assert result.reasons[0] == "numeric says VACUOUS: no input has a value"
    assert result.count("undefined") == len(result.mutants) > 0


def test_statement_is_that_of_the_sides_and_domains_not_of_names_and_texts(tmp_path: Path) -> None:
    first = made(tmp_path, "a + b", "b + a")
    assert len(first.statement) == 64
    assert made(tmp_path, "a + b", "b + a", more='about="More words."').statement == first.statement
    others = [made(tmp_path, "a + b", "b + a + 0"), made(tmp_path, "a + b", "b + a", "c")]
    assert len({first.statement, *(other.statement for other in others)}) == 3


def test_automatic_mutant_that_is_proved_equal_is_no_problem(tmp_path: Path) -> None:
    result = made(tmp_path, "a + 0 * b", "a", more='mutants=(Mutant("b", rhs=lambda b: b),)')
    assert result.count("equal") >= 1
    assert result.verified


HOSTILE = {
    "crash-symbolic": ("symbolic", "crash", "SIGSEGV"),
    "raise-gpu": ("gpu", "exception", "ValueError: a planted error"),
    "exit-symbolic": ("symbolic", "exit", "sys.exit(3)"),
    "hardexit-gpu": ("gpu", "crash", "status 7"),
    "memory-numeric": ("numeric", "memory", "8 GiB"),
    "nan-gpu": ("gpu", "exception", "not JSON compliant"),
    "lie-gpu": ("gpu", "unconfirmed", "does not re-check"),
    "void-symbolic": ("symbolic", "unconfirmed", "does not replay"),
    "crash-refuter": ("numeric", "crash", "the refuter: its process died of SIGSEGV"),
    "hang-numeric": ("numeric", "timeout", "arithmetic.py"),
}


def test_misbehaving_checkers_fail_their_own_check_and_no_other() -> None:
    results = run_planted("true", "hostile", timeout=1.5)
    for identifier, (checker, kind, text) in HOSTILE.items():
        result = results[identifier]
        check = result.checks[checker]
        assert not result.verified, identifier
        assert isinstance(check, Failure), identifier
        assert (check.kind, text in check.message) == (kind, True), (identifier, check.message)
        others = [c for name, c in result.checks.items() if name != checker]
        assert all(isinstance(c, Evidence) for c in others), identifier
    assert results["none-gpu"].outcome is Outcome.UNDECIDED
    for identifier in ("noise-symbolic", "orphan-gpu", "difference-of-squares", "square-of-a-difference"):
        assert results[identifier].verified, identifier


def test_timeout_is_undecided_and_says_where_it_was(tmp_path: Path) -> None:
    result = made(tmp_path, "a + b", "b + a", "hugepower_symbolic", timeout=1.0)
    assert result.outcome is Outcome.UNDECIDED
    check = result.checks["symbolic"]
    assert isinstance(check, Failure)
    assert "stopped at its limit of 1 s, in arithmetic.py" in check.message


def test_waived_checker_is_not_asked_and_its_reason_is_kept(tmp_path: Path) -> None:
    result = made(tmp_path, "a + b", "b + a", more='waive={"gpu": "it has no floats"}')
    assert result.verified
    assert result.required == ("symbolic", "numeric")
    assert result.waived == {"gpu": "it has no floats"}
    assert set(result.checks) == {"symbolic", "numeric"}


def test_selected_checks_are_the_only_ones_but_mutants_are_tried() -> None:
    result = run_planted("true", checks=("numeric",))["difference-of-squares"]
    assert set(result.checks) == {"numeric"}
    assert result.verified
    assert result.mutants


def test_options_reach_the_checkers() -> None:
    options = Options(seed=7, digits=99, instances=123)
    result = run_planted("true", options=options)["difference-of-squares"]
    numeric, gpu = result.checks["numeric"], result.checks["gpu"]
    assert isinstance(numeric, Evidence)
    assert isinstance(gpu, Evidence)
    assert "99 digits, seed 7" in numeric.scope
    assert "123 instances" in gpu.scope


def test_undescribable_claim_is_in_error(tmp_path: Path) -> None:
    result = made(tmp_path, "a + b", "b + a", "raise_pages")
    assert result.outcome is Outcome.ERROR
    assert "its page: LookupError" in result.reasons[0]


def test_results_survive_json_and_do_not_depend_on_the_number_of_workers() -> None:
    two, one = (run_planted("true", "false", "mutants", jobs=jobs) for jobs in (2, 1))
    for identifier, result in two.items():
        again = ClaimResult.from_json(json.loads(json.dumps(result.to_json())))
        assert again.to_json() == result.to_json()
        assert replace(result, seconds=0.0) == replace(one[identifier], seconds=0.0)


def test_interrupted_run_keeps_what_is_done_and_marks_the_rest() -> None:
    entries = [e for name in ("true", "hostile") for e in entries_of(load("", planted(name)))]
    chosen = [e for e in entries if e.id in ("difference-of-squares", "hang-numeric")]

    def stop(progress: Progress) -> None:
        if progress.done == 1:
            raise KeyboardInterrupt

    run = Run(chosen, SETTINGS, stop)
    finished: list[ClaimResult] = []
    with pytest.raises(KeyboardInterrupt):
        finished.extend(run.results())
    (rest,) = run.unfinished()
    assert rest.id == "hang-numeric"
    assert rest.outcome is Outcome.INTERRUPTED
    assert [case.id for case in run.finished.values()] == ["difference-of-squares"]


def test_no_process_is_left_behind() -> None:
    run_planted("hostile", only=("orphan-gpu", "crash-symbolic"))
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    commands = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
    assert not any(b"equivalences.verification" in command for command in commands)


def test_files_of_two_folders_do_not_share_their_imports(tmp_path: Path) -> None:
    for name, right in (("one", "b + a"), ("two", "b - a")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "sides.py").write_text(f"def rhs(a, b):\n    return {right}\n")
        (folder / f"claim_{name}.py").write_text(
            "from equivalences import Claim, real\nfrom sides import rhs\n"
            'GIVEN = {"a": real(), "b": real()}\n'
            f'claim = Claim("{name}", title="", given=GIVEN, lhs=lambda a, b: a + b, rhs=rhs)\n'
        )
    entries = select([str(tmp_path / "one/claim_one.py"), str(tmp_path / "two/claim_two.py")]).entries
    for jobs in (1, 2):
        results = {r.id: r for r in Run(entries, replace(SETTINGS, jobs=jobs)).results()}
        assert results["one"].verified
        assert results["two"].outcome is Outcome.REFUTED
