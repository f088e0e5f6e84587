import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from flint import arb, arb_poly
from hypothesis import given
from hypothesis import strategies as st

from equivalences import Array, dot, each, exp, feature_map, gradient, real, scan, sqrt, zeros
from equivalences.language.comparison import Comparison
from equivalences.language.domain import Domain
from equivalences.language.evidence import Instance
from equivalences.numeric.balls import certification as balls
from equivalences.numeric.balls import truncation
from equivalences.numeric.balls.features import certify_kernel, points_at_most

from .samples import SAMPLES, Sample, compared, instance_of

EXPONENTIAL: Callable[..., Array] = lambda x, y: exp(dot(x, y))  # noqa: E731
KERNELS: dict[str, Callable[..., Array]] = {
    "exponential": EXPONENTIAL,
    "scaled": lambda x, y: exp(x @ y / sqrt(1 + dot(x, x) + dot(y, y))),
    "Gaussian": lambda x, y: exp(-dot(x - y, x - y) / 2),
    "polynomial": lambda x, y: (1 + dot(x, y)) ** 2,
    "linear": dot,
    "cosine": lambda x, y: dot(x, y) / sqrt(dot(x, x)) / sqrt(dot(y, y)),
}


def statement(
    kernel: Callable[..., Array], lhs: Callable[..., Array], rhs: Callable[..., Array], **more: Domain
) -> Comparison:
    given: dict[str, Domain] = {"phi": feature_map("d -> f", kernel=kernel), "X": real("n d"), "Y": real("m d")}
    return compared(Sample("features", {**given, **more}, lhs, rhs))


def grid(kernel: Callable[..., Array]) -> Callable[..., Array]:
    return lambda X, Y: each(lambda x: each(lambda y: kernel(x, y), Y), X)


@pytest.mark.parametrize("name", ["exponential", "Gaussian", "polynomial", "linear"])
def test_inner_products_of_features_are_the_kernel(name: str) -> None:
    kernel = KERNELS[name]
    comparison = statement(kernel, lambda phi, X, Y: phi(X) @ phi(Y).T, grid(kernel))
    instance = instance_of(comparison, {"n": 4, "m": 3, "d": 2, "f": 7})
    assert balls.certify(comparison, instance, 50).status == "agree"


def test_another_kernel_is_refuted() -> None:
    comparison = statement(EXPONENTIAL, lambda phi, X, Y: phi(X) @ phi(Y).T, grid(KERNELS["Gaussian"]))
    instance = instance_of(comparison, {"n": 2, "m": 2, "d": 2, "f": 4})
    assert balls.certify(comparison, instance, 50).status == "differ"


def test_features_that_the_kernel_makes_dependent_need_no_room() -> None:
    comparison = statement(dot, lambda phi, X, Y: phi(X) @ phi(Y).T, lambda X, Y: X @ Y.T)
    instance = instance_of(comparison, {"n": 5, "m": 4, "d": 2, "f": 2})
    assert balls.certify(comparison, instance, 50).status == "agree"


def test_equal_points_have_equal_features_wherever_they_appear() -> None:
    comparison = statement(
        EXPONENTIAL,
        lambda phi, X, Y: phi(X) - each(lambda x: phi(x), X),
        lambda phi, X, Y: scan(lambda s, x: s, zeros("f"), X, read=lambda s, x: phi(x)) - phi(X),
    )
    instance = instance_of(comparison, {"n": 3, "m": 1, "d": 2, "f": 3})
    rows = tuple(map(Fraction, ("1/3", "1", "1/2", "0", "1/3", "1")))
    equal = Instance({**instance.sizes, "f": 2}, {**instance.values, "X": rows})
    assert balls.certify(comparison, instance, 50).status == "agree"
    assert balls.certify(comparison, equal, 50).status == "agree"


def test_too_few_features_are_not_decided() -> None:
    comparison = statement(EXPONENTIAL, lambda phi, X, Y: phi(X), lambda phi, X, Y: 2 * phi(X))
    result = balls.certify(comparison, instance_of(comparison, {"n": 3, "m": 1, "d": 2, "f": 2}), 50)
    assert (result.status, "more than 2 features" in result.reason) == ("undecided", True)


def test_points_that_cannot_be_told_apart_are_not_decided() -> None:
    comparison = statement(
        EXPONENTIAL, lambda phi, X, Y: phi(X), lambda phi, X, Y: phi(X * exp(Y.sum()) * exp(-Y.sum()))
    )
    result = balls.certify(comparison, instance_of(comparison, {"n": 1, "m": 1, "d": 2, "f": 2}), 50)
    assert (result.status, "told apart" in result.reason) == ("undecided", True)


def test_a_kernel_that_is_no_inner_product_is_not_decided() -> None:
    comparison = statement(lambda x, y: dot(x, y) - 2, lambda phi, X, Y: phi(X), lambda phi, X, Y: 2 * phi(X))
    result = balls.certify(comparison, instance_of(comparison, {"n": 3, "m": 1, "d": 2, "f": 9}), 50)
    assert (result.status, "semidefinite" in result.reason) == ("undecided", True)


def test_a_derivative_by_a_point_is_not_decided() -> None:
    comparison = statement(
        EXPONENTIAL,
        lambda phi, X, Y: gradient(lambda Z: dot(phi(Z), phi(X)))(X),
        lambda phi, X, Y: X,
    )
    result = balls.certify(comparison, instance_of(comparison, {"n": 2, "m": 1, "d": 2, "f": 9}), 50)
    assert (result.status, "derivative" in result.reason) == ("undecided", True)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if "phi" in s.given], ids=lambda s: s.name)
def test_the_bound_of_the_points_suffices(sample: Sample) -> None:
    comparison = compared(sample)
    sizes = {"n": 3, "m": 2, "d": 2, "v": 1}
    bound = points_at_most(comparison, sizes)
    instance = instance_of(comparison, {**sizes, **bound}, seed=1)
    assert balls.certify(comparison, instance, 30).status == ("agree" if sample.true else "differ")


def test_equal_points_are_counted_once() -> None:
    comparison = compared(SAMPLES[0])
    assert points_at_most(comparison, {"n": 5, "d": 2, "v": 1}) == {"f": 6}


def points(n: int, d: int, seed: int = 0) -> list[list[Fraction]]:
    rng = random.Random(seed)
    return [[Fraction(rng.randint(-64, 64), 32) for _ in range(d)] for _ in range(n)]


@pytest.mark.parametrize("bits", [10, 53, 1024])
def test_the_exponential_kernel_is_an_inner_product(bits: int) -> None:
    found = certify_kernel(points(6, 3), bits)
    assert found.holds
    assert (found.pairs, found.bits) == (36, bits)
    assert 0 < Fraction(found.radius) < Fraction(1, 2**bits)
    assert Fraction(found.tail) > 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda order, series: series - 1,
        lambda order, series: series * arb("1.0000000000000001"),
        lambda order, series: arb_poly(series.coeffs()[: order // 3]),
    ],
)
def test_wrong_features_are_not_certified(wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = truncation.exponential_series
    monkeypatch.setattr(truncation, "exponential_series", lambda order: wrong(order, honest(order)))
    assert not certify_kernel(points(3, 2), 200).holds


def test_a_tail_that_is_too_wide_is_not_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truncation, "cut_off", lambda size, bits: (40, arb(1)))
    assert not certify_kernel(points(2, 2), 53).holds


def test_no_points_show_nothing() -> None:
    with pytest.raises(ValueError, match="no points"):
        certify_kernel([], 53)


def test_the_tail_bounds_what_is_left_out() -> None:
    for size in (Fraction(1, 10), Fraction(3), Fraction(29, 2)):
        order, bound = truncation.cut_off(arb(size.numerator) / size.denominator, 60)
        term, left_out = Fraction(1), Fraction(0)
        for k in range(1, order + 200):
            term = term * size / k
            left_out += term if k >= order else 0
        assert bound > arb(left_out.numerator) / left_out.denominator
        assert bound < arb(2) ** -60


@given(
    st.lists(st.fractions(-2, 2, max_denominator=6), min_size=2, max_size=2),
    st.lists(st.fractions(-2, 2, max_denominator=6), min_size=2, max_size=2),
    st.integers(1, 7),
)
def test_explicit_features_have_the_inner_product_of_the_series(
    x: list[Fraction], y: list[Fraction], order: int
) -> None:
    inner = sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))
    series, term = Fraction(0), Fraction(1)
    for k in range(order):
        series += term
        term = term * inner / (k + 1)
    assert truncation.explicit_inner_product(x, y, order) == series
