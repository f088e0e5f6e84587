"""Means and integrals in the prover: moments, signs, definite integrals; true, false, and nowhere defined."""

from typing import Any

import pytest

from equivalences import (
    dot,
    erf,
    exp,
    expectation,
    integral,
    normal,
    ones,
    pi,
    positive,
    real,
    signs,
    size,
    sqrt,
)
from equivalences.language.evidence import Options, Verdict
from equivalences.symbolic import examine

from .proving import compare

X = {"x": real("d")}
XY = {"x": real("d"), "y": real("d")}
T = {"t": real()}


def mean(f: Any, axes: str = "") -> Any:
    return expectation(f, over=normal(axes))


TRUE = {
    "E w = 0": (T, lambda t: t + mean(lambda w: w), lambda t: t),
    "E w² = 1": (T, lambda t: t * mean(lambda w: w**2), lambda t: t),
    "E w⁴ = 3": (T, lambda t: t * mean(lambda w: w**4), lambda t: 3 * t),
    "E |w|² = d": (X, lambda x: x * mean(lambda w: dot(w, w), "d"), lambda x: x * size("d")),
    "E (w·x)(w·y) = x·y": (XY, lambda x, y: mean(lambda w: dot(w, x) * dot(w, y), "d"), lambda x, y: dot(x, y)),
    "E (w·x)⁴ = 3 |x|⁴": (
        X,
        lambda x: mean(lambda w: dot(w, x) ** 4, "d"),
        lambda x: 3 * dot(x, x) ** 2,
    ),
    "E exp(w·x) = exp(|x|²/2)": (
        X,
        lambda x: mean(lambda w: exp(dot(w, x)), "d"),
        lambda x: exp(dot(x, x) / 2),
    ),
    "E w exp(w·x) = x exp(|x|²/2)": (
        X,
        lambda x: mean(lambda w: w * exp(dot(w, x)), "d"),
        lambda x: x * exp(dot(x, x) / 2),
    ),
    "E over signs r·x r = x": (
        X,
        lambda x: expectation(lambda r: dot(r, x) * r, over=signs("d")),
        lambda x: x,
    ),
    "signs to the 10th and 12th are 1": (
        T,
        lambda t: t * expectation(lambda r: r**10 + r**12, over=signs()),
        lambda t: 2 * t,
    ),
    "signs square to 1": (
        X,
        lambda x: expectation(lambda r: r * r * x, over=signs("d")),
        lambda x: x,
    ),
    "∫₀ᵗ 2s = t²": (T, lambda t: integral(lambda s: 2 * s, 0, t), lambda t: t**2),
    "∫₋₁ᵗ changes its sign with its ends": (
        T,
        lambda t: integral(lambda s: s**2, -1, t),
        lambda t: -integral(lambda s: s**2, t, -1),
    ),
}

FALSE = {
    "E w⁴ = 1": (T, lambda t: t * mean(lambda w: w**4), lambda t: t),
    "E w⁴ = (E w²)²": (T, lambda t: t * mean(lambda w: w**4), lambda t: t * mean(lambda w: w**2) ** 2),
    "E exp(w·x) = exp(|x|²)": (X, lambda x: mean(lambda w: exp(dot(w, x)), "d"), lambda x: exp(dot(x, x))),
    "E exp = exp E": (
        X,
        lambda x: mean(lambda w: exp(dot(w, x)), "d"),
        lambda x: exp(mean(lambda w: dot(w, x), "d")),
    ),
    "one draw is two": (
        X,
        lambda x: mean(lambda w: dot(w, x) * dot(w, x), "d"),
        lambda x: mean(lambda w: dot(w, x), "d") * mean(lambda w: dot(w, x), "d"),
    ),
    "one scalar for all coordinates": (
        X,
        lambda x: mean(lambda w: dot(w * ones("d"), x) ** 2),
        lambda x: dot(x, x),
    ),
    "signs have the fourth moments of a Gaussian": (
        X,
        lambda x: expectation(lambda r: dot(r, x) ** 4, over=signs("d")),
        lambda x: 3 * dot(x, x) ** 2,
    ),
    "E over signs exp(r·x) as for a Gaussian": (
        X,
        lambda x: expectation(lambda r: exp(dot(r, x)), over=signs("d")),
        lambda x: exp(dot(x, x) / 2),
    ),
    "∫₋₁ᵗ 2s = t²": (T, lambda t: integral(lambda s: 2 * s, -1, t), lambda t: t**2),
    "Gauss without its root": (
        T,
        lambda t: integral(lambda s: exp(-(s**2)), 0, t),
        lambda t: erf(t) * pi() / 2,
    ),
}

NOWHERE = {
    "E 1/w": (T, lambda t: t + mean(lambda w: 1 / w), lambda t: t),
    "E w/w": (T, lambda t: t * mean(lambda w: w / w), lambda t: t),
    "E exp(w²)": (T, lambda t: t + 0 * mean(lambda w: exp(w**2)), lambda t: t),
    "E exp(w²/2)": (T, lambda t: t + 0 * mean(lambda w: exp(w**2 / 2)), lambda t: t),
    "E exp(w³)": (T, lambda t: t + 0 * mean(lambda w: exp(w**3)), lambda t: t),
    "E √w": (T, lambda t: t + 0 * mean(lambda w: sqrt(w)), lambda t: t),
    "∫₋₁¹ 1/s": (T, lambda t: t + integral(lambda s: 1 / s, -1, 1), lambda t: t),
    "∫₋₁¹ s/s": (T, lambda t: t * integral(lambda s: s / s, -1, 1), lambda t: 2 * t),
}


@pytest.mark.parametrize("name", TRUE)
def test_means_and_integrals_are_proved_for_all_sizes(name: str) -> None:
    given, lhs, rhs = TRUE[name]
    evidence = examine(compare(given, lhs, rhs), Options())
    assert evidence.verdict is Verdict.PROVED, evidence.reason


@pytest.mark.parametrize("name", FALSE)
def test_false_means_are_not_proved(name: str) -> None:
    given, lhs, rhs = FALSE[name]
    verdict = examine(compare(given, lhs, rhs), Options()).verdict
    assert verdict in (Verdict.UNDECIDED, Verdict.INAPPLICABLE)


@pytest.mark.parametrize("name", NOWHERE)
def test_means_that_do_not_exist_prove_nothing(name: str) -> None:
    given, lhs, rhs = NOWHERE[name]
    assert examine(compare(given, lhs, rhs), Options()).verdict is not Verdict.PROVED


def test_the_precision_of_a_gaussian_has_to_be_positive() -> None:
    def lhs(s: Any) -> Any:
        return mean(lambda w: exp(-s * w**2 / 2))

    given = {"s": positive()}
    assert examine(compare(given, lhs, lambda s: 1 / sqrt(1 + s)), Options()).verdict is Verdict.PROVED
    assert examine(compare(given, lhs, lambda s: 1 / sqrt(s)), Options()).verdict is Verdict.UNDECIDED
    unsigned = examine(compare({"s": real()}, lhs, lambda s: 1 / sqrt(1 + s)), Options())
    assert unsigned.verdict is not Verdict.PROVED


def test_draws_inside_each_other_are_kept_apart() -> None:
    def nested(x: Any) -> Any:
        return mean(lambda w: dot(w, x) * mean(lambda u: dot(u, x) + dot(w, x), "d"), "d")

    assert examine(compare(X, nested, lambda x: dot(x, x)), Options()).verdict is Verdict.PROVED
    assert examine(compare(X, nested, lambda x: 2 * dot(x, x)), Options()).verdict is Verdict.UNDECIDED


def test_a_sum_over_an_integral_is_the_integral_of_a_sum() -> None:
    comparison = compare(
        {"x": real("d"), "t": real()},
        lambda x, t: integral(lambda s: s * x, 0, t) @ ones("d"),
        lambda x, t: t**2 / 2 * x @ ones("d"),
    )
    assert examine(comparison, Options()).verdict is Verdict.PROVED
