"""Means tested by sampling: true ones pass, false ones are refuted, and what is assumed is checked."""

from dataclasses import replace
from fractions import Fraction
from math import exp, log1p

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equivalences import Claim, dot, expectation, normal, real, signs, size
from equivalences import exp as e
from equivalences.gpu import examination, sampling
from equivalences.language.array import Array, ClaimError
from equivalences.language.evidence import Evidence, Options, Verdict
from equivalences.language.tracing import trace

OPTIONS = Options(instances=4000, device="numpy")
GIVEN = {"x": real("d"), "y": real("d")}


def estimate(w: Array, x: Array, y: Array) -> Array:
    return dot(e(w @ x - dot(x, x) / 2), e(w @ y - dot(y, y) / 2)) / size("m")


def variance(x: Array, y: Array) -> Array:
    return e(2 * dot(x, y)) * (e(dot(x + y, x + y)) - 1) / size("m")


FEATURES = Claim(
    "features-are-unbiased",
    title="Positive features estimate the kernel without bias",
    given=GIVEN,
    lhs=lambda x, y: expectation(lambda w: estimate(w, x, y), over=normal("m d")),
    rhs=lambda x, y: e(dot(x, y)),
    variance=variance,
)


def examined(claim: Claim, options: Options = OPTIONS) -> Evidence:
    return examination.examine(trace(claim), options)


@given(st.floats(-1e3, 1e3))
def test_the_influence_function_is_below_what_makes_a_supermartingale(x: float) -> None:
    value = float(sampling.phi(np.array(x)))
    assert exp(value) <= (1 + x + x * x / 2) * (1 + 1e-12)
    assert abs(value) <= abs(x)
    assert value == pytest.approx(np.sign(x) * log1p(abs(x) + x * x / 2))


@pytest.mark.parametrize("seed", range(8))
def test_a_true_mean_passes_and_says_with_what_chance_it_might_not(seed: int) -> None:
    evidence = examined(FEATURES, replace(OPTIONS, seed=seed))
    assert evidence.verdict is Verdict.STRESSED, evidence.reason
    assert "1e-06" in evidence.scope
    assert all(row["noticed"] and float(row["ratio"]) < 1 for row in evidence.detail["sampling"])


def test_a_mean_over_signs_is_sampled_too() -> None:
    claim = replace(
        FEATURES,
        lhs=lambda x: expectation(lambda r: dot(r, x) * r + r, over=signs("d")),
        rhs=lambda x: x,
        variance=lambda x: dot(x, x) - x**2 + 1,
    )
    assert examined(claim).verdict is Verdict.STRESSED


def test_a_false_mean_is_refuted_by_a_witness_in_balls() -> None:
    evidence = examined(replace(FEATURES, rhs=lambda x, y: e(dot(x, y)) + 1))
    assert evidence.verdict is Verdict.REFUTED
    assert evidence.witness is not None
    assert "balls" in evidence.witness.arithmetic


def test_a_variance_that_is_too_small_refutes_nothing() -> None:
    evidence = examined(replace(FEATURES, variance=lambda x, y: variance(x, y) / 10**6))
    assert evidence.verdict is Verdict.UNDECIDED
    assert "balls see no difference" in evidence.reason


def test_a_variance_of_nothing_is_undecided() -> None:
    assert examined(replace(FEATURES, variance=lambda x, y: 0 * variance(x, y))).verdict is Verdict.UNDECIDED


def test_a_variance_of_another_type_is_an_error() -> None:
    with pytest.raises(ClaimError, match="its variance is"):
        trace(replace(FEATURES, variance=lambda x: x))


def test_without_a_variance_it_is_inapplicable() -> None:
    evidence = examined(replace(FEATURES, variance=None))
    assert evidence.verdict is Verdict.INAPPLICABLE
    assert "no derived bound" in evidence.reason


SHIFTED = Claim(
    "a-shifted-normal-number",
    title="A normal number and t is t on average",
    given={"t": real()},
    lhs=lambda t: expectation(lambda w: w + t, over=normal()),
    rhs=lambda t: t,
    variance=lambda t: 1 + 0 * t,
)


def test_the_stated_variance_passes_where_it_is_right() -> None:
    evidence = examined(SHIFTED)
    assert evidence.verdict is Verdict.STRESSED
    for row in evidence.detail["sampling"]:
        low, high = row["spread"].split(" to ")
        assert 0.8 < float(low) <= float(high) < 1.2


@pytest.mark.parametrize("variance", [Fraction(1, 2), Fraction(4, 5)])
def test_a_variance_that_is_too_small_is_rejected_even_if_the_mean_is_right(variance: Fraction) -> None:
    evidence = examined(replace(SHIFTED, variance=lambda t: variance + 0 * t))
    assert evidence.verdict is Verdict.UNDECIDED
    assert "too small" in evidence.reason


@pytest.mark.parametrize(("variance", "off"), [(10**8, 1), (1000, Fraction(1, 10))])
def test_a_variance_that_is_too_large_hides_no_wrong_mean(variance: int, off: Fraction) -> None:
    claim = replace(SHIFTED, rhs=lambda t: t + off, variance=lambda t: variance + 0 * t)
    evidence = examined(claim)
    assert evidence.verdict is Verdict.UNDECIDED
    assert "hardly show" in evidence.reason


def test_what_is_not_defined_for_every_draw_is_not_sampled() -> None:
    claim = replace(
        SHIFTED,
        lhs=lambda t: expectation(lambda w: 1 / w + t, over=normal()),
        variance=lambda t: 10**4 + 0 * t,
    )
    evidence = examined(claim)
    assert evidence.verdict is Verdict.INAPPLICABLE
    assert "every draw" in evidence.reason


@pytest.mark.parametrize(("off", "verdict"), [(0, Verdict.STRESSED), (Fraction(1, 10**6), Verdict.REFUTED)])
def test_without_variance_every_draw_is_the_mean(off: Fraction, verdict: Verdict) -> None:
    """(r·t)² is t² for both signs; the larger sizes have an ordinary variance."""
    claim = replace(
        FEATURES,
        given={"x": real("d")},
        lhs=lambda x: expectation(lambda r: dot(r, x) ** 2, over=signs("d")),
        rhs=lambda x: dot(x, x) + off,
        variance=lambda x: 2 * dot(x, x) ** 2 - 2 * dot(x**2, x**2),
    )
    evidence = examined(claim)
    assert evidence.verdict is verdict, evidence.reason


def test_draws_that_differ_where_no_variance_is_stated_refute_nothing_but_do_not_pass() -> None:
    evidence = examined(replace(SHIFTED, variance=lambda t: 0 * t))
    assert evidence.verdict is Verdict.UNDECIDED
