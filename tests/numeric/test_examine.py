import json
from collections.abc import Callable

import pytest

from equivalences import Array, dot, exp, feature_map, gradient, identity, inverse, log, real, sqrt
from equivalences.language.evidence import Evidence, Options, Verdict
from equivalences.numeric import examine
from tests.numeric.statements import FALSE, LATE, TRUE, Statement

OPTIONS = Options(digits=40)


def title(statement: Statement) -> str:
    return statement.name


@pytest.mark.parametrize("statement", TRUE, ids=title)
def test_what_is_true_is_certified(statement: Statement) -> None:
    evidence = examine(statement.comparison(), OPTIONS)
    exact, rational, balls = (evidence.detail[key] for key in ("exact", "rational", "balls"))
    assert (evidence.verdict, evidence.reason) == (Verdict.CERTIFIED, "")
    assert exact["applicable"] == (statement.reads in ("mod p", "ℚ"))
    assert rational["applicable"] == (statement.reads in ("only ℚ", "ℚ"))
    assert len(balls) >= 5
    assert all(row["status"] == "agree" for row in balls)
    if exact["applicable"]:
        assert exact["instances"] >= 2
        assert len(exact["primes"]) >= 2
        assert exact["false_pass"].startswith("≤ 2^-")
        assert exact["false_pass"] in evidence.scope
    else:
        assert exact["reason"]
        assert "mod p" not in evidence.scope


@pytest.mark.parametrize("statement", [*FALSE, LATE], ids=title)
def test_what_is_false_is_refuted(statement: Statement) -> None:
    evidence = examine(statement.comparison(), OPTIONS)
    assert evidence.verdict == Verdict.REFUTED
    assert evidence.witness is not None


def test_evidence_survives_json() -> None:
    evidence = examine(TRUE[0].comparison(), OPTIONS)
    assert Evidence.from_json(json.loads(json.dumps(evidence.to_json()))) == evidence


def test_evidence_repeats_itself() -> None:
    assert examine(TRUE[1].comparison(), OPTIONS) == examine(TRUE[1].comparison(), OPTIONS)


def test_a_program_against_itself_is_vacuous() -> None:
    statement = Statement("itself", {"x": real()}, lambda x: exp(x), lambda x: exp(x))
    assert examine(statement.comparison(), OPTIONS).verdict == Verdict.VACUOUS


@pytest.mark.parametrize(
    "statement",
    [
        Statement("0/0", {"x": real()}, lambda x: x / (x - x), lambda x: (2 * x) / (x - x)),
        Statement("never invertible", {"A": real("d d")}, lambda A: inverse(A - A), lambda A: inverse(0 * A)),
    ],
    ids=title,
)
def test_what_has_no_value_anywhere_is_vacuous(statement: Statement) -> None:
    evidence = examine(statement.comparison(), OPTIONS)
    assert evidence.verdict == Verdict.VACUOUS
    assert "0" in evidence.reason


def realised(by: Callable[..., Array]) -> Statement:
    statement = next(s for s in TRUE if s.name == "an orthogonal matrix keeps norms")
    more = {**statement.more, "realise": {"U": by}}
    return Statement("realised otherwise", statement.given, statement.lhs, statement.rhs, more=more)


def test_a_sampler_that_breaks_its_hypothesis_is_vacuous() -> None:
    evidence = examine(realised(lambda: 2 * identity("d")).comparison(), OPTIONS)
    assert evidence.verdict == Verdict.VACUOUS
    assert "hypotheses" in evidence.reason


def test_a_hypothesis_that_only_edges_satisfy_certifies_nothing() -> None:
    evidence = examine(realised(lambda J: 2 * J).comparison(), OPTIONS)
    assert evidence.verdict == Verdict.UNDECIDED
    assert "edges" in evidence.reason


def test_a_logarithm_that_cancels_still_has_a_domain() -> None:
    statement = Statement("exp of log", {"x": real()}, lambda x: exp(log(x)), lambda x: x * 1)
    evidence = examine(statement.comparison(), OPTIONS)
    assert evidence.verdict == Verdict.CERTIFIED
    assert not any(row["value"].startswith(("-", "[-")) for row in evidence.detail["balls"])
    assert any(text.startswith("negative") for text in evidence.detail["outside"])


def test_a_root_of_a_negative_number_certifies_nothing() -> None:
    statement = Statement("imaginary", {"x": real()}, lambda x: sqrt(-1 - x * x), lambda x: sqrt(-(1 + x * x)))
    assert examine(statement.comparison(), OPTIONS).verdict not in (Verdict.CERTIFIED, Verdict.REFUTED)


def test_a_gradient_through_a_feature_map_is_inapplicable() -> None:
    statement = Statement(
        "through the features",
        {"phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))), "w": real("f"), "x": real("d")},
        lambda phi, w, x: gradient(lambda z: dot(w, phi(z)))(x),
        lambda x: 0 * x,
    )
    evidence = examine(statement.comparison(), OPTIONS)
    assert evidence.verdict == Verdict.INAPPLICABLE
    assert "feature map" in evidence.reason


def test_more_digits_are_certified_when_asked_for() -> None:
    evidence = examine(TRUE[0].comparison(), Options(digits=300))
    assert evidence.verdict == Verdict.CERTIFIED
    assert all(row["bits"] > 996 for row in evidence.detail["balls"])
