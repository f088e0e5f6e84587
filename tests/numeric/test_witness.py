from dataclasses import replace
from fractions import Fraction

import pytest

from equivalences import activation, dot, exp, feature_map, positive, real
from equivalences.language.evidence import Instance, Options, Witness
from equivalences.numeric import compare_at, recheck, refute
from equivalences.numeric.exact.programs import Programs
from equivalences.numeric.membership import belongs
from equivalences.numeric.witness import confirm
from tests.numeric.statements import FALSE, LATE, TRUE, Statement

OPTIONS = Options()


def title(statement: Statement) -> str:
    return statement.name


@pytest.mark.parametrize("statement", FALSE, ids=title)
def test_what_is_false_has_a_small_witness_that_rechecks(statement: Statement) -> None:
    comparison = statement.comparison()
    witness = refute(comparison, OPTIONS)
    assert witness is not None
    assert witness.instance.extent() <= 6
    assert belongs(comparison, witness.instance)
    assert recheck(statement.comparison(), Witness.from_json(witness.to_json()))
    assert compare_at(comparison, witness.instance, 30) == "differ"


@pytest.mark.parametrize("statement", TRUE, ids=title)
def test_what_is_true_is_not_refuted(statement: Statement) -> None:
    assert refute(statement.comparison(), OPTIONS) is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_seed_refutes_what_is_true_or_misses_what_is_false(seed: int) -> None:
    options = Options(seed=seed)
    assert all(refute(s.comparison(), options) is None for s in TRUE[::3])
    assert all(refute(s.comparison(), options) is not None for s in FALSE[::3])


def test_an_identity_that_fails_late_is_refuted_where_it_first_fails() -> None:
    witness = refute(LATE.comparison(), OPTIONS)
    assert witness is not None
    assert witness.instance.sizes == {"d": 3}
    assert witness.arithmetic == "exact over the rationals"
    assert Fraction(witness.lhs) - Fraction(witness.rhs) == Fraction(witness.difference) != 0


def test_matrices_that_do_not_commute_are_the_smallest() -> None:
    statement = next(s for s in FALSE if s.name == "matrices commute")
    witness = refute(statement.comparison(), OPTIONS)
    assert witness is not None
    assert witness.instance.sizes == {"d": 2}
    entries = [x for values in witness.instance.values.values() for x in values]
    assert sorted(map(abs, entries)) == [0] * 6 + [1] * 2


def test_a_witness_that_was_tampered_with_does_not_recheck() -> None:
    statement = Statement(
        "a square is not twice the number", {"x": positive()}, lambda x: x * x, lambda x: 2 * x
    )
    comparison = statement.comparison()
    witness = refute(comparison, OPTIONS)
    assert witness is not None
    agree = Instance({}, {"x": (Fraction(2),)})
    outside = Instance({}, {"x": (Fraction(-1),)})
    assert recheck(comparison, witness)
    assert not recheck(comparison, replace(witness, instance=agree))
    assert not recheck(comparison, replace(witness, instance=outside))


def test_a_difference_below_every_float_is_found_in_balls() -> None:
    tiny = Fraction(1, 2**300)
    statement = Statement("a tiny difference", {"x": real()}, lambda x: exp(x), lambda x: exp(x) * (1 + tiny))
    witness = refute(statement.comparison(), OPTIONS)
    assert witness is not None
    assert "balls" in witness.arithmetic


def test_what_has_no_value_anywhere_is_not_refuted() -> None:
    statement = Statement("0/0", {"x": real()}, lambda x: x / (x - x), lambda x: (2 * x) / (x - x))
    assert refute(statement.comparison(), OPTIONS) is None


def test_a_program_against_itself_is_not_refuted() -> None:
    statement = Statement("itself", {"x": real()}, lambda x: exp(x), lambda x: exp(x))
    assert refute(statement.comparison(), OPTIONS) is None


def test_functions_of_given_are_explained() -> None:
    statement = Statement(
        "an activation is linear",
        {"s": activation(), "x": real(), "y": real()},
        lambda s, x, y: s(x + y),
        lambda s, x, y: s(x) + s(y),
    )
    witness = refute(statement.comparison(), OPTIONS)
    assert witness is not None
    assert "u²/2" in witness.functions["s"]


def test_a_kernel_that_no_feature_map_has_is_not_refuted_without_balls() -> None:
    statement = Statement(
        "an indefinite kernel",
        {"phi": feature_map("d -> f", kernel=lambda x, y: -dot(x, y)), "x": real("d")},
        lambda phi, x: dot(phi(x), phi(x)),
        lambda x: dot(x, x),
    )
    assert refute(statement.comparison(), OPTIONS) is None


def test_an_instance_at_which_the_sides_agree_is_no_witness() -> None:
    comparison = FALSE[3].comparison()
    zeros = Instance({"d": 1}, {"A": (Fraction(1),), "B": (Fraction(1),)})
    assert confirm(Programs(comparison), zeros) is None
    assert compare_at(comparison, zeros, 30) == "agree"
