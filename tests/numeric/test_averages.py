"""Means and integrals in balls: held to Arb's quadrature and to enumeration; what has no value says so."""

from fractions import Fraction
from typing import Any

import pytest

from equivalences import (
    dot,
    erf,
    exp,
    expectation,
    integral,
    log,
    normal,
    pi,
    positive,
    real,
    scan,
    signs,
    sqrt,
    tanh,
)
from equivalences.language.claim import Claim
from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Options, Verdict
from equivalences.language.tracing import trace
from equivalences.numeric import examine

OPTIONS = Options(digits=30)
T = {"t": real()}
X = {"x": real("d")}


def compare(given: Any, lhs: Any, rhs: Any) -> Comparison:
    return trace(Claim("statement", title="A statement", given=given, lhs=lhs, rhs=rhs))


def mean(f: Any, axes: str = "") -> Any:
    return expectation(f, over=normal(axes))


def density(s: Any) -> Any:
    return exp(-(s**2) / 2) / sqrt(2 * pi())


def test_a_gaussian_mean_is_the_integral_against_its_density() -> None:
    """The closed moments against a rigorous quadrature over [-40, 40]; what is outside is below 10⁻³⁴⁰."""
    comparison = compare(
        T,
        lambda t: mean(lambda w: (w + t) ** 2 * exp(w / 3)),
        lambda t: integral(lambda s: (s + t) ** 2 * exp(s / 3) * density(s), -40, 40),
    )
    assert examine(comparison, OPTIONS).verdict is Verdict.CERTIFIED
    cut = compare(
        T,
        lambda t: mean(lambda w: (w + t) ** 2 * exp(w / 3)),
        lambda t: integral(lambda s: (s + t) ** 2 * exp(s / 3) * density(s), -4, 4),
    )
    assert examine(cut, OPTIONS).verdict is Verdict.REFUTED


def test_signs_are_enumerated() -> None:
    def by_hand(x: Any) -> Any:
        return dot(x, x)

    assert (
        examine(
            compare(X, lambda x: expectation(lambda r: dot(r, x) ** 2, over=signs("d")), by_hand), OPTIONS
        ).verdict
        is Verdict.CERTIFIED
    )
    fourth = compare(
        X,
        lambda x: expectation(lambda r: dot(r, x) ** 4, over=signs("d")),
        lambda x: 3 * dot(x, x) ** 2 - 2 * dot(x**2, x**2),
    )
    assert examine(fourth, OPTIONS).verdict is Verdict.CERTIFIED


TRUE = {
    "∫₀ᵗ exp(−s²) = √π/2 erf t": (
        T,
        lambda t: integral(lambda s: exp(-(s**2)), 0, t),
        lambda t: sqrt(pi()) / 2 * erf(t),
    ),
    "the ends of an integral swap its sign": (
        T,
        lambda t: integral(lambda s: exp(s), 0, t),
        lambda t: 1 - exp(0 * t) - integral(lambda s: exp(s), t, 0),
    ),
    "∫ tanh′ = tanh": (T, lambda t: integral(lambda s: 1 - tanh(s) ** 2, 0, t), lambda t: tanh(t)),
}

FALSE = {
    "erf without its root": (T, lambda t: integral(lambda s: exp(-(s**2)), 0, t), lambda t: pi() / 2 * erf(t)),
    "E exp(w·x) = exp(|x|²)": (X, lambda x: mean(lambda w: exp(dot(w, x)), "d"), lambda x: exp(dot(x, x))),
    "E (w·x)⁴ = |x|⁴": (X, lambda x: mean(lambda w: dot(w, x) ** 4, "d"), lambda x: dot(x, x) ** 2),
    "E w⁶ = 15 + 10⁻²⁰": (T, lambda t: t * mean(lambda w: w**6), lambda t: t * (15 + Fraction(1, 10**20))),
    "signs like a Gaussian": (
        X,
        lambda x: expectation(lambda r: exp(dot(r, x)), over=signs("d")),
        lambda x: exp(dot(x, x) / 2),
    ),
}

NOWHERE = {
    "E 1/w": (T, lambda t: t + mean(lambda w: 1 / w), lambda t: t),
    "E exp(w²)": (T, lambda t: t + 0 * mean(lambda w: exp(w**2)), lambda t: t),
}


COMPLEX: dict[str, tuple[Any, Any, Any]] = {
    "∫₋₁¹ 1/s": (T, lambda t: t + integral(lambda s: 1 / s, -1, 1), lambda t: t),
    "∫₋₁¹ s/s": (T, lambda t: t * integral(lambda s: s / s, -1, 1), lambda t: 2 * t),
    "∫₋₁² 1/s²": (T, lambda t: t + integral(lambda s: 1 / s**2, -1, 2), lambda t: t - Fraction(3, 2)),
    "∫₋₂⁻¹ √s": (T, lambda t: t * integral(sqrt, -2, -1), lambda t: 0 * t),
    "∫₋₁¹ √s": (T, lambda t: t + 0 * integral(sqrt, -1, 1), lambda t: t),
    "∫ √(−1 − s²)": (T, lambda t: t * integral(lambda s: sqrt(-1 - s**2), -1, 1), lambda t: 0 * t),
    "∫ log(−1 − s²)": (
        T,
        lambda t: t * integral(lambda s: log(-1 - s**2), 0, 1),
        lambda t: t * integral(lambda s: log(1 + s**2), 0, 1),
    ),
    "a hole": (
        T,
        lambda t: t + 0 * integral(lambda s: sqrt((s - Fraction(1, 3)) ** 2 - Fraction(1, 10**8)), 0, 1),
        lambda t: t,
    ),
}


@pytest.mark.parametrize("name", COMPLEX)
def test_an_integral_of_what_has_no_real_value_somewhere_certifies_nothing(name: str) -> None:
    """Quadrature goes on with complex values, and their real parts may agree."""
    evidence = examine(compare(*COMPLEX[name]), OPTIONS)
    assert evidence.verdict is Verdict.VACUOUS, evidence.reason


def test_a_partial_integrand_that_is_defined_on_its_way_is_certified() -> None:
    root = compare(
        {"t": positive()},
        lambda t: integral(lambda s: sqrt(s) + 1 / s, 1, 1 + t),
        lambda t: Fraction(2, 3) * (sqrt(1 + t) ** 3 - 1) + log(1 + t),
    )
    assert examine(root, OPTIONS).verdict is Verdict.CERTIFIED


@pytest.mark.parametrize("name", TRUE)
def test_true_integrals_are_certified(name: str) -> None:
    evidence = examine(compare(*TRUE[name]), OPTIONS)
    assert evidence.verdict is Verdict.CERTIFIED, evidence.reason


@pytest.mark.parametrize("name", FALSE)
def test_false_means_are_refuted(name: str) -> None:
    assert examine(compare(*FALSE[name]), OPTIONS).verdict is Verdict.REFUTED


@pytest.mark.parametrize("name", NOWHERE)
def test_means_that_do_not_exist_certify_nothing(name: str) -> None:
    evidence = examine(compare(*NOWHERE[name]), OPTIONS)
    assert evidence.verdict in (Verdict.UNDECIDED, Verdict.INAPPLICABLE, Verdict.VACUOUS), evidence.reason


def test_a_gaussian_without_decay_has_no_mean() -> None:
    def lhs(s: Any) -> Any:
        return mean(lambda w: exp(-s * w**2 / 2))

    assert (
        examine(compare({"s": positive()}, lhs, lambda s: 1 / sqrt(1 + s)), OPTIONS).verdict
        is Verdict.CERTIFIED
    )
    assert (
        examine(compare({"s": positive()}, lhs, lambda s: 1 / sqrt(2 + s)), OPTIONS).verdict is Verdict.REFUTED
    )


def test_a_recurrence_under_an_integral_is_said_to_be_unread() -> None:
    comparison = compare(
        {"x": real("n"), "t": real()},
        lambda x, t: integral(lambda u: scan(lambda s, r: s + r, u, x), 0, t),
        lambda x, t: t * x.sum(),
    )
    evidence = examine(comparison, OPTIONS)
    assert evidence.verdict is Verdict.VACUOUS
    assert "under" in evidence.reason or "of the variable" in evidence.reason
