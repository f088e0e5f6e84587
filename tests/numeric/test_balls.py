import dataclasses
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from equivalences import (
    Array,
    Claim,
    Equation,
    dot,
    each,
    exp,
    gradient,
    identity,
    inverse,
    log,
    real,
    relu,
    scan,
    size,
    softmax,
    solve,
    sqrt,
    unknown,
    zeros,
)
from equivalences.language import tracing
from equivalences.language.comparison import Comparison
from equivalences.language.domain import Domain
from equivalences.language.evidence import Instance
from equivalences.language.realisation import CUBIC, offset, weight
from equivalences.numeric.balls import certification as balls
from equivalences.numeric.balls.precision import (
    UndefinedError,
    ball,
    bits_of,
    magnitude,
    rounded_down,
    rounded_up,
)

from .samples import SAMPLES, Sample, compared, ends, half, instance_of

ROOT = Path(__file__).resolve().parents[2]
X: dict[str, Domain] = {"x": real("n")}


def states(lhs: Callable[..., Array], rhs: Callable[..., Array], given: dict[str, Domain] = X) -> Comparison:
    return compared(Sample("a statement", given, lhs, rhs))


def holds(x: arb, value: Fraction) -> bool:
    low, high = ends(x)
    return low <= value <= high


def at(comparison: Comparison, *entries: Fraction | int, **sizes: int) -> Instance:
    """The entries of the only variable, a vector unless sizes say otherwise."""
    (name,) = comparison.given
    return Instance(sizes or {"n": len(entries)}, {name: tuple(map(Fraction, entries))})


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.name)
def test_true_statements_agree_and_near_misses_differ(sample: Sample, seed: int) -> None:
    comparison = compared(sample)
    result = balls.certify(comparison, instance_of(comparison, seed=seed), 50)
    assert result.status == ("agree" if sample.true else "differ"), result
    assert not result.reason
    assert float(result.gap) < 1e-49 if sample.true else float(result.gap) > 1e-6


def test_a_tiny_relative_error_is_seen_only_at_a_precision_that_resolves_it() -> None:
    attention: dict[str, Domain] = {"q": real("d"), "k": real("n d"), "v": real("n d")}
    comparison = states(
        lambda q, k, v: softmax(k @ q) @ v,
        lambda q, k, v: (exp(k @ q) @ v / exp(k @ q).sum()) * (1 + Fraction(1, 10**300)),
        attention,
    )
    instance = instance_of(comparison)
    assert balls.certify(comparison, instance, 77).status == "agree"
    refuted = balls.certify(comparison, instance, 299)
    assert (refuted.status, refuted.bits) == ("differ", bits_of(299) + 32)
    assert 0 < float(refuted.gap) < 1e-299
    lhs, rhs = balls.evaluate(comparison, instance, 1024)
    assert not all((x - y).contains(0) for x, y in zip(lhs, rhs, strict=True))


@pytest.mark.parametrize(
    ("lhs", "reason"),
    [
        (lambda x: log(x), "logarithm"),
        (lambda x: sqrt(x), "square root"),
        (lambda x: 1 / (x - x), "divisor is 0"),
        (lambda x: (x - x) ** -1, "negative power"),
        (lambda x: inverse(x[:, None] * x[None, :]) @ x, "singular"),
        (lambda x: solve(x[:, None] * x[None, :], x), "singular"),
        (lambda x: exp(exp(exp(exp(x * x * 16)))), "not finite"),
        (lambda x: exp(exp(exp(exp(x * x * 16)))) - exp(exp(exp(exp(x * x * 16)))), "not finite"),
        (lambda x: softmax(x, where=zeros("n")), "softmax over nothing"),
        (lambda x: log(sqrt(2 * x * x) ** 2 - 2 * x * x) + x, "not finite"),
        (lambda x: 1 / (exp(x) * exp(-x) - 1) + x, "not finite"),
        (lambda x: inverse(exp(x)[:, None] * exp(x)[None, :]) @ x, "singular"),
        (lambda x: gradient(lambda y: relu(exp(y) * exp(-y) - 1).sum())(x), "not finite"),
        (lambda x: gradient(lambda y: sqrt(y - y).sum())(x), "divisor is 0"),
    ],
)  # fmt: skip
def test_what_has_no_value_never_agrees_and_never_differs(lhs: Callable[..., Array], reason: str) -> None:
    for rhs in (lhs, lambda x: x):
        comparison = states(lhs, rhs)
        result = balls.certify(comparison, at(comparison, -2, Fraction(-3, 2)), 20)
        assert result.status == "undecided"
        assert reason in result.reason


def test_no_entries_show_nothing() -> None:
    comparison = states(lambda x: x + x, lambda x: 2 * x)
    assert balls.certify(comparison, at(comparison, n=0), 20).reason == "no entries"


def test_empty_axes_inside_are_sums_over_nothing() -> None:
    given: dict[str, Domain] = {"K": real("n d"), "q": real("d")}
    comparison = states(
        lambda K, q: K.T @ (K @ q) + each(lambda k: k, K).sum(0),
        lambda K, q: scan(lambda s, k: s + k, zeros("d"), K) + 0 * q,
        given,
    )
    result = balls.certify(comparison, instance_of(comparison, {"n": 0, "d": 2}), 20)
    assert (result.status, result.gap) == ("agree", "0")


def test_relu_is_enclosed_where_its_sign_is_undecided() -> None:
    comparison = states(lambda x: relu(exp(x) * exp(-x) - 1), lambda x: x - x)
    assert balls.certify(comparison, at(comparison, 3), 20).status == "agree"


def test_relu_has_the_derivative_0_at_0() -> None:
    comparison = states(lambda x: gradient(lambda y: relu(y).sum())(x), lambda x: x - x)
    assert balls.certify(comparison, at(comparison, 0, -1), 20).status == "agree"
    assert balls.certify(comparison, at(comparison, 0, 1), 20).status == "differ"


def test_precision_grows_by_what_is_missing() -> None:
    ridge: dict[str, Domain] = {"K": real("n n"), "lam": real()}
    comparison = states(
        lambda K, lam: inverse(K.T @ K + lam * identity("n")) @ K.T,
        lambda K, lam: K.T @ inverse(K @ K.T + lam * identity("n")),
        ridge,
    )
    n = 12
    hilbert = tuple(Fraction(1, i + j + 1) for i in range(n) for j in range(n))
    instance = Instance({"n": n}, {"K": hilbert, "lam": (Fraction(1, 2**100),)})
    result = balls.certify(comparison, instance, 100)
    assert result.status == "agree"
    assert float(result.gap) < 1e-100 * 2**100
    assert bits_of(100) + 32 < result.bits < 2 * bits_of(100)


def test_a_difference_that_no_precision_narrows_stays_undecided() -> None:
    comparison = states(lambda x: scan(lambda s: 4 * s * (1 - s), x, length="T"), lambda x: x)
    chaotic = at(comparison, Fraction(1, 3), n=1, T=8000)
    result = balls.certify(comparison, chaotic, 10)
    assert result.status == "undecided"
    assert result.reason


def test_a_side_that_excludes_itself_voids_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = states(lambda x: x + x, lambda x: 2 * x)
    honest = balls.enclose

    def lying(c: Comparison, i: Instance, bits: int) -> balls.Enclosures:
        found = honest(c, i, bits)
        moved = [x + (1 if bits > 64 else 0) for x in found.lhs]
        return dataclasses.replace(found, lhs=moved, rhs=moved)

    monkeypatch.setattr(balls, "enclose", lying)
    result = balls.certify(comparison, at(comparison, 1, 2), 50)
    assert result.status == "undecided"
    assert "void" in result.reason


def test_hypotheses_are_realised_and_checked() -> None:
    def hypothesis(rhs: Callable[..., Array], realise: Callable[..., Array]) -> Comparison:
        claim = Claim(
            "unit-vector",
            "a unit vector has length 1",
            {"u": real("n"), "x": real("n")},
            lambda u: dot(u, u),
            rhs,
            assume=(Equation(lambda u: dot(u, u), lambda u: dot(u, u) ** 0),),
            realise={"u": realise},
        )
        return tracing.trace(claim)

    instance = Instance({"n": 2}, {"x": (Fraction(1), Fraction(2))})
    good = hypothesis(lambda u: dot(u, u) ** 2, lambda x: x / sqrt(dot(x, x)))
    assert balls.certify(good, instance, 30).status == "agree"
    bad = hypothesis(lambda u: dot(u, u) ** 2, lambda x: x / dot(x, x))
    assert "hypotheses" in balls.certify(bad, instance, 30).reason


def test_the_entry_shown_is_where_the_sides_differ() -> None:
    given: dict[str, Domain] = {"A": real("n m")}
    comparison = states(lambda A: A * A, lambda A: A, given)
    result = balls.certify(comparison, at(comparison, 1, 0, 1, 1, 3, 1, n=2, m=3), 20)
    assert (result.status, result.entry) == ("differ", (1, 1))
    assert [float(x) for x in (result.lhs, result.rhs, result.difference)] == [9, 3, 6]
    assert 5 < float(result.gap) <= 6


def test_entries_are_row_major_and_exact_where_they_can_be() -> None:
    given: dict[str, Domain] = {"A": real("n m")}
    comparison = states(lambda A: A.T * size("n"), lambda A: 2 * A.T, given)
    lhs, rhs = balls.evaluate(comparison, at(comparison, 1, 2, 3, 4, Fraction(5, 2), 6, n=2, m=3), 53)
    assert [x == y for x, y in zip(lhs, [2, 8, 4, 5, 6, 12], strict=True)] == [True] * 6
    assert all(x.is_exact() for x in rhs)


def test_evaluate_raises_where_a_side_has_no_value() -> None:
    comparison = states(lambda x: log(x), lambda x: x)
    with pytest.raises(UndefinedError, match="logarithm"):
        balls.evaluate(comparison, at(comparison, 0), 53)


def test_the_precision_is_put_back() -> None:
    before = ctx.prec
    comparison = states(lambda x: log(x), lambda x: x)
    with pytest.raises(UndefinedError):
        balls.evaluate(comparison, at(comparison, 0), 1000)
    assert balls.certify(comparison, at(comparison, 1), 100).status == "differ"
    assert ctx.prec == before


def test_no_solution_is_approximate() -> None:
    """FLINT's "approx" returns radius 0 around a wrong midpoint."""
    texts = {path: path.read_text() for path in (ROOT / "numeric").rglob("*.py")}
    assert any(".solve(" in text for text in texts.values())
    assert not [path for path, text in texts.items() if re.search(r"[\"']approx|algorithm\s*=", text)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fractions(-8, 8, max_denominator=12), min_size=4, max_size=4), st.integers(8, 80))
def test_balls_contain_the_exact_value(entries: list[Fraction], bits: int) -> None:
    comparison = states(
        lambda x: (x[:, None] * x[None, :]) @ x / (1 + dot(x, x)) + x**3 - x / 7,
        lambda x: gradient(lambda y: half * dot(y, y) + y.sum() / 3)(x),
    )
    lhs, rhs = balls.evaluate(comparison, at(comparison, *entries), bits)
    norm = sum(x * x for x in entries)
    for x, left, right in zip(entries, lhs, rhs, strict=True):
        assert holds(left, x * norm / (1 + norm) + x**3 - x / 7)
        assert holds(right, x + Fraction(1, 3))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([s for s in SAMPLES if s.true]))
def test_enclosures_at_two_precisions_meet(seed: int, sample: Sample) -> None:
    comparison = compared(sample)
    instance = instance_of(comparison, seed=seed)
    try:
        coarse, fine = (balls.evaluate(comparison, instance, bits) for bits in (40, 300))
    except UndefinedError:
        return
    for old, new in zip(coarse[0] + coarse[1], fine[0] + fine[1], strict=True):
        assert old.overlaps(new)
        assert not new.is_finite() or new.rad() < 1e-40


@given(st.fractions(min_value=Fraction(1, 10**9), max_value=10**9))
def test_magnitudes_and_shown_bounds_are_bounds(x: Fraction) -> None:
    value = ball(x)
    assert x <= Fraction(2) ** magnitude(value) <= 4 * x * (1 + Fraction(1, 2**40))
    assert Fraction(rounded_down(value)) <= x <= Fraction(rounded_up(value))


def test_bits_hold_the_digits() -> None:
    assert all(2 ** bits_of(digits) >= 10**digits > 2 ** (bits_of(digits) - 1) for digits in (1, 16, 50, 1000))


def test_unknown_functions_are_the_fixed_cubic() -> None:
    given: dict[str, Domain] = {"x": real("n"), "f": unknown("n -> n")}
    comparison = states(lambda x, f: f(x), lambda x: x, given)
    x = (Fraction(1, 2), Fraction(-3))
    lhs, _ = balls.evaluate(comparison, Instance({"n": 2}, {"x": x}), 100)
    for o, value in enumerate(lhs):
        u = offset("f", o) + sum(weight("f", 0, o, c) * entry for c, entry in enumerate(x))
        assert holds(value, sum((c * u**k for k, c in enumerate(CUBIC)), Fraction(0)))
