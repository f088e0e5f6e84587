"""Bounds and limits under all checkers: true, false by a little, without a proof, and ill-stated."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from equivalences import Claim, Limit, Mutant, dot, exp, gpu, numeric, real, symbolic, zeros
from equivalences.language.array import ClaimError
from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Options, Verdict
from equivalences.language.mutation import mutants_of
from equivalences.language.tracing import trace

OPTIONS = Options(instances=100, device="numpy", digits=30)
XY = {"x": real("d"), "y": real("d")}


def claim(given: Any, lhs: Any, **more: Any) -> Claim:
    return Claim("statement", title="A statement", given=given, lhs=lhs, **more)


def compare(given: Any, lhs: Any, **more: Any) -> Comparison:
    return trace(claim(given, lhs, **more))


def verdicts(comparison: Comparison) -> list[Verdict]:
    return [checker.examine(comparison, OPTIONS).verdict for checker in (symbolic, numeric, gpu)]


def twice_the_product(x: Any, y: Any) -> Any:
    return 2 * dot(x, y)


def squares(x: Any, y: Any) -> Any:
    return dot(x, x) + dot(y, y)


def square_of_difference(x: Any, y: Any) -> Any:
    return dot(x - y, x - y)


def test_a_bound_with_its_gap_passes_everywhere() -> None:
    comparison = compare(XY, twice_the_product, at_most=squares, gap=square_of_difference)
    assert verdicts(comparison) == [Verdict.PROVED, Verdict.CERTIFIED, Verdict.STRESSED]


def test_the_gap_of_another_bound_proves_nothing() -> None:
    comparison = compare(XY, twice_the_product, at_most=squares, gap=lambda x, y: dot(x + y, x + y))
    assert symbolic.examine(comparison, OPTIONS).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "gap",
    [
        lambda x, y: dot(x - y, x - 2 * y),
        lambda x, y: dot(x, x) + dot(y, y) - 2 * dot(x, y),
        lambda x, y: -dot(x - y, x - y),
    ],
    ids=["of no sign", "the difference", "negative"],
)
def test_a_gap_of_no_visible_sign_is_refused(gap: Callable[..., Any]) -> None:
    with pytest.raises(ClaimError, match="not visibly non-negative"):
        compare(XY, twice_the_product, at_most=squares, gap=gap)


def test_a_bound_that_fails_by_little_is_refuted() -> None:
    comparison = compare(
        XY, lambda x, y: (2 + Fraction(1, 10**12)) * dot(x, y), at_most=squares, gap=square_of_difference
    )
    assert symbolic.examine(comparison, OPTIONS).verdict is not Verdict.PROVED
    evidence = numeric.examine(comparison, OPTIONS)
    assert evidence.verdict is Verdict.REFUTED
    assert evidence.witness is not None
    assert numeric.recheck(comparison, evidence.witness)


def test_a_bound_reversed_is_refuted() -> None:
    comparison = compare(XY, squares, at_most=twice_the_product)
    assert numeric.examine(comparison, OPTIONS).verdict is Verdict.REFUTED
    automatic = mutants_of(compare(XY, twice_the_product, at_most=squares, gap=square_of_difference))
    (reversed_,) = (mutant for mutant in automatic if "reversed" in mutant.title)
    assert numeric.refute(reversed_.comparison, OPTIONS) is not None


def test_a_mutant_states_another_upper_side() -> None:
    stated = claim(XY, twice_the_product, at_most=squares, gap=square_of_difference)
    tighter = trace(stated, Mutant("half of it", rhs=lambda x, y: squares(x, y) / 2))
    assert tighter.relation == "bound"
    assert numeric.refute(tighter, OPTIONS) is not None


def test_the_same_program_on_both_sides_of_a_bound_is_vacuous() -> None:
    comparison = compare(XY, squares, at_most=squares)
    assert symbolic.examine(comparison, OPTIONS).verdict is Verdict.VACUOUS


def shrinking(eps: Any, x: Any) -> Any:
    return dot(x, x) / (1 + eps**2)


def limit(order: int, remainder: Any, to: int = 0) -> Limit:
    return Limit("eps", to=to, order=order, remainder=remainder)


GIVEN = {"eps": real(), "x": real("d")}


def test_a_limit_with_its_rate_passes() -> None:
    stated = limit(2, lambda eps, x: -dot(x, x) / (1 + eps**2))
    comparison = compare(GIVEN, shrinking, rhs=lambda x: dot(x, x), limit=stated)
    assert verdicts(comparison)[:2] == [Verdict.PROVED, Verdict.CERTIFIED]


@pytest.mark.parametrize(
    "stated",
    [
        limit(1, lambda eps, x: -dot(x, x) / (1 + eps**2)),
        limit(3, lambda eps, x: -dot(x, x) / (1 + eps**2)),
        limit(2, lambda eps, x: dot(x, x) / (1 + eps**2)),
        limit(2, lambda eps, x: -dot(x, x)),
    ],
    ids=["too slow", "too fast", "of the other sign", "to next order only"],
)
def test_a_limit_at_another_rate_is_refuted(stated: Limit) -> None:
    comparison = compare(GIVEN, shrinking, rhs=lambda x: dot(x, x), limit=stated)
    assert symbolic.examine(comparison, OPTIONS).verdict is not Verdict.PROVED
    assert numeric.examine(comparison, OPTIONS).verdict is Verdict.REFUTED


def test_a_remainder_without_a_value_at_the_limit_is_no_rate() -> None:
    stated = limit(2, lambda eps, x: -dot(x, x) / eps / (1 + eps**2))
    comparison = compare(
        GIVEN, lambda eps, x: dot(x, x) - eps * dot(x, x) / (1 + eps**2), rhs=lambda x: dot(x, x), limit=stated
    )
    assert numeric.examine(comparison, OPTIONS).verdict is not Verdict.CERTIFIED


def test_an_ill_stated_limit_says_what_is_wrong() -> None:
    with pytest.raises(ClaimError, match="eps"):
        compare(
            {"x": real("d")}, lambda x: dot(x, x), rhs=lambda x: dot(x, x), limit=limit(1, lambda x: zeros(""))
        )
    with pytest.raises(ClaimError, match="at_most"):
        compare(XY, twice_the_product, rhs=squares, at_most=squares)


def test_exponentials_grow_above_their_tangent_but_no_checker_claims_a_proof_without_a_gap() -> None:
    comparison = compare({"a": real()}, lambda a: 1 + a, at_most=lambda a: exp(a))
    assert verdicts(comparison) == [Verdict.UNDECIDED, Verdict.CERTIFIED, Verdict.STRESSED]
