"""Bounds and limits under all checkers: true, false by a little, without a proof, and ill-stated."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from equivalences import (
    Claim,
    Equation,
    Limit,
    Minimum,
    Mutant,
    dot,
    exp,
    expectation,
    gpu,
    gradient,
    log,
    mask,
    normal,
    numeric,
    ones,
    positive,
    real,
    signs,
    sqrt,
    symbolic,
    zeros,
)
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


OF_X: dict[str, Any] = {"x": real(), "y": real()}
POSITIVE: dict[str, Any] = {"x": positive(), "y": real()}


@pytest.mark.parametrize("given", [OF_X, POSITIVE], ids=["real", "positive"])
@pytest.mark.parametrize(
    "remainder",
    [lambda x, y: y / x, lambda x, y: y * log(x), lambda x, y: y * gradient(sqrt)(x)],
    ids=["quotient", "log", "derivative of a root"],
)
def test_a_remainder_without_a_value_at_the_limit_is_refused(given: Any, remainder: Any) -> None:
    """y = 0 + x · y/x would say that every y is 0."""
    with pytest.raises(ClaimError, match="not visibly defined"):
        compare(given, lambda x, y: y + 0 * x, rhs=lambda y: 0 * y, limit=Limit("x", 0, remainder))


def test_a_remainder_with_a_value_on_one_side_only_is_refused() -> None:
    with pytest.raises(ClaimError, match="not visibly defined"):
        compare(
            {"x": real()},
            lambda x: sqrt(x**2) / x,
            rhs=lambda: ones(""),
            limit=Limit("x", 0, lambda x: 0 * sqrt(x)),
        )


def test_a_limit_is_not_evaded_by_a_hypothesis() -> None:
    """With c = 1/x, y = 0 + x · yc holds for every y."""
    with pytest.raises(ClaimError, match="assume and realise may not use it"):
        compare(
            {**POSITIVE, "c": positive()},
            lambda x, y: y + 0 * x,
            rhs=lambda y: 0 * y,
            limit=Limit("x", 0, lambda c, y: y * c),
            assume=(Equation(lambda c: c, lambda x: 1 / x),),
            realise={"c": lambda x: 1 / x},
        )


@pytest.mark.parametrize(
    ("domain", "to"), [(positive(), -1), (mask(""), Fraction(1, 2))], ids=["positive to −1", "mask to ½"]
)
def test_a_limit_that_the_domain_does_not_come_near_is_refused(domain: Any, to: Any) -> None:
    with pytest.raises(ClaimError, match="does not come near"):
        compare({"x": domain}, lambda x: x**2, rhs=lambda: ones(""), limit=Limit("x", to, lambda x: x))


@pytest.mark.parametrize(("order", "to"), [(Fraction(3, 2), 0), (2.0, 0), (0, 0), (True, 0), (1, 0.5)])
def test_orders_and_places_of_limits_are_whole_and_exact(order: Any, to: Any) -> None:
    with pytest.raises(ClaimError, match="a limit"):
        compare(POSITIVE, lambda x: x, rhs=lambda: zeros(""), limit=Limit("x", to, lambda x: x, order))


@pytest.mark.parametrize("hole", [Fraction(1, 100), Fraction(1, 10**30), Fraction(1, 2**1000)])
def test_a_side_that_is_undefined_near_the_limit_tends_to_nothing(hole: Fraction) -> None:
    comparison = compare(
        {"x": real()},
        lambda x: sqrt(x**2 - hole) ** 2,
        rhs=lambda: -hole * ones(""),
        limit=Limit("x", 0, lambda x: ones("") + 0 * x, order=2),
    )
    evidence = numeric.examine(comparison, OPTIONS)
    assert evidence.verdict is Verdict.UNDECIDED
    assert "near the limit" in evidence.reason


GAPS: dict[str, tuple[Any, Any]] = {
    "a squared root": (lambda y: y, lambda y: sqrt(y) ** 2),
    "exp of a log": (lambda y: y, lambda y: exp(log(y))),
    "a root that leaves out what refutes": (
        lambda y: (y - Fraction(1, 3)) ** 2 - Fraction(1, 10**9),
        lambda y: sqrt((y - Fraction(1, 3)) ** 2 - Fraction(1, 10**9)) ** 2,
    ),
}


@pytest.mark.parametrize("name", GAPS)
def test_a_gap_that_is_undefined_where_the_bound_fails_is_refused(name: str) -> None:
    upper, gap = GAPS[name]
    with pytest.raises(ClaimError, match="not visibly defined"):
        compare({"y": real()}, lambda y: 0 * y, at_most=upper, gap=gap)


def test_a_gap_may_divide_by_what_a_side_divides_by() -> None:
    given = {"x": real("d"), "s": real()}
    comparison = compare(
        given,
        lambda x, s: -dot(x / s, x / s),
        at_most=lambda s: 0 * s,
        gap=lambda x, s: dot(x / s, x / s),
    )
    assert symbolic.examine(comparison, OPTIONS).verdict is Verdict.PROVED


def test_a_minimum_is_not_saved_by_a_gap_that_is_undefined_below_it() -> None:
    gap = Minimum(lambda W: W**2, lambda h: sqrt(h**2 + h / 500) ** 2)
    with pytest.raises(ClaimError, match="not visibly defined"):
        compare({"t": real()}, lambda t: Fraction(1, 1000) + 0 * t, minimises=gap)


def test_two_random_numbers_do_not_make_a_square() -> None:
    def f(x: Any) -> Any:
        return x**4 - 2

    def gap(t: Any) -> Any:
        def outer(u: Any) -> Any:
            return expectation(lambda w: f(u) * f(w), over=signs())

        return t**2 * expectation(lambda w: outer(w), over=normal())

    with pytest.raises(ClaimError, match="not visibly non-negative"):
        compare({"t": real()}, lambda t: 0 * t, at_most=lambda t: -(t**2), gap=gap)


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
