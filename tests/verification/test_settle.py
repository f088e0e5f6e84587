from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from equivalences.language.claim import CHECKERS
from equivalences.language.evidence import Evidence, Instance, Verdict, Witness
from equivalences.verification.result import Check, Failure, FailureKind, MutantResult, Outcome
from equivalences.verification.settle import PASSES, settle, settle_refuted

WITNESS = Witness(
    instance=Instance({"n": 1}, {"x": (Fraction(1),)}),
    entry=(),
    lhs="1",
    rhs="0",
    difference="1",
    arithmetic="exact over the rationals",
)
verdicts = st.sampled_from(list(Verdict))
failures: st.SearchStrategy[FailureKind] = st.sampled_from(
    ["exception", "crash", "timeout", "unreadable", "interrupted", "memory"]
)


@st.composite
def checks(draw: st.DrawFn) -> dict[str, Check]:
    found: dict[str, Check] = {}
    for checker in draw(st.sets(st.sampled_from(CHECKERS))):
        if draw(st.integers(0, 9)) == 0:
            found[checker] = Failure(kind=draw(failures), message="it failed")
        else:
            verdict = draw(st.just(PASSES[checker]) | verdicts)
            found[checker] = Evidence(checker=checker, verdict=verdict, scope="")
    return found


outcomes = st.sampled_from(["killed", "killed", "killed", "equal", "undefined", "survived", "error"])
mutants = st.lists(
    st.builds(MutantResult, title=st.just("m"), automatic=st.booleans(), outcome=outcomes), max_size=4
).map(tuple)
PASSED = {checker: Evidence(checker=checker, verdict=verdict, scope="") for checker, verdict in PASSES.items()}
KILLED = MutantResult(title="m", automatic=False, outcome="killed", witness=WITNESS)


@given(checks(), mutants, st.none() | st.just(WITNESS), st.sets(st.sampled_from(CHECKERS)))
def test_verified_means_that_all_required_passed_and_the_mutants_were_refuted(
    found: dict[str, Check], tried: tuple[MutantResult, ...], witness: Witness | None, required: set[str]
) -> None:
    outcome, reasons = settle(required=sorted(required), checks=found, mutants=tried, witness=witness)
    fine = (
        witness is None
        and all(c in found and getattr(found[c], "verdict", None) is PASSES[c] for c in required)
        and not any(isinstance(check, Failure) for check in found.values())
        and all(m.outcome == "killed" or (m.outcome in ("equal", "undefined") and m.automatic) for m in tried)
        and any(m.outcome == "killed" for m in tried)
    )
    assert (outcome is Outcome.VERIFIED) == fine
    assert bool(reasons) == (not fine)


@given(checks(), mutants)
def test_a_witness_always_wins_over_agreement(found: dict[str, Check], tried: tuple[MutantResult, ...]) -> None:
    outcome, _ = settle(required=CHECKERS, checks=found, mutants=tried, witness=WITNESS)
    assert outcome in (Outcome.REFUTED, Outcome.CONTRADICTION)
    proved = getattr(found.get("symbolic"), "verdict", None) is Verdict.PROVED
    assert (outcome is Outcome.CONTRADICTION) == proved


@given(checks(), st.none() | st.just(WITNESS))
def test_folklore_is_verified_by_a_witness_that_no_checker_contradicts(
    found: dict[str, Check], witness: Witness | None
) -> None:
    outcome, _ = settle_refuted(checks=found, witness=witness, repair="there is none")
    assert outcome is not Outcome.VERIFIED
    if getattr(found.get("symbolic"), "verdict", None) is Verdict.PROVED:
        assert outcome is (Outcome.PROVED if witness is None else Outcome.CONTRADICTION)


def test_one_checkers_word_is_no_pass_of_another() -> None:
    swapped = {**PASSED, "symbolic": Evidence(checker="symbolic", verdict=Verdict.STRESSED, scope="")}
    assert settle(required=CHECKERS, checks=swapped, mutants=[KILLED], witness=None)[0] is Outcome.UNDECIDED
    assert settle(required=CHECKERS, checks=PASSED, mutants=[KILLED], witness=None)[0] is Outcome.VERIFIED


def test_nothing_compared_outweighs_surviving_mutants_and_errors_but_no_witness() -> None:
    empty = {**PASSED, "numeric": Evidence(checker="numeric", verdict=Verdict.VACUOUS, scope="", reason="why")}
    tried = [replace(KILLED, outcome="survived", witness=None), replace(KILLED, outcome="error", witness=None)]
    outcome, reasons = settle(required=CHECKERS, checks=empty, mutants=tried, witness=None)
    assert outcome is Outcome.VACUOUS
    assert reasons[0] == "numeric says VACUOUS: why"
    assert settle(required=CHECKERS, checks=PASSED, mutants=tried, witness=None)[0] is Outcome.SURVIVED
    refuted = settle(required=["numeric"], checks={"numeric": empty["numeric"]}, mutants=tried, witness=WITNESS)
    assert refuted[0] is Outcome.REFUTED


def test_undefined_mutants_alone_show_nothing() -> None:
    tried = [replace(KILLED, automatic=True, outcome="undefined", witness=None)]
    assert settle(required=CHECKERS, checks=PASSED, mutants=tried, witness=None)[0] is Outcome.VACUOUS
    assert settle(required=CHECKERS, checks=PASSED, mutants=[*tried, KILLED], witness=None) == (
        Outcome.VERIFIED,
        (),
    )


def test_agreement_without_a_refuted_mutant_is_vacuous() -> None:
    assert settle(required=CHECKERS, checks=PASSED, mutants=[], witness=None)[0] is Outcome.VACUOUS
