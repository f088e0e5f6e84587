from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import iv

from equivalences import Array, gradient, inverse, log, real, relu, sqrt
from equivalences.language.evidence import Instance
from equivalences.numeric.balls import certification as balls
from equivalences.numeric.balls.precision import UndefinedError
from equivalences.numeric.intervals import interval
from equivalences.numeric.intervals.jet import Jet, apply, number
from equivalences.numeric.intervals.jetarray import endpoints

from .samples import SAMPLES, Sample, compared, ends, instance_of

SMALL = {axis: 2 for axis in ("n", "m", "d", "v", "w", "c", "a", "b", "e", "h", "r", "p", "s", "T")} | {"f": 6}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.name)
def test_both_implementations_enclose_the_same_numbers(sample: Sample) -> None:
    comparison = compared(sample)
    instance = instance_of(comparison, SMALL, seed=3)
    pairs = zip(
        balls.evaluate(comparison, instance, 150), interval.evaluate(comparison, instance, 150), strict=True
    )
    for ours, theirs in pairs:
        for x, y in zip(ours, theirs, strict=True):
            (a, b), (c, d) = ends(x), endpoints(y)
            assert max(a, c) <= min(b, d)
            assert max(b - a, d - c) < Fraction(1, 10**35)


@pytest.mark.parametrize(
    "side",
    [
        lambda x: log(x),
        lambda x: sqrt(x),
        lambda x: inverse(x[:, None] * x[None, :]) @ x,
        lambda x: gradient(lambda y: relu(y - y * y / y).sum())(x),
    ],
)
def test_what_has_no_value_raises(side: Callable[..., Array]) -> None:
    comparison = compared(Sample("undefined", {"x": real("n")}, side, lambda x: x))
    before = iv.prec
    with pytest.raises(UndefinedError):
        interval.evaluate(comparison, Instance({"n": 2}, {"x": (Fraction(-1), Fraction(-1, 3))}), 80)
    assert iv.prec == before


@given(st.fractions(max_denominator=1000), st.integers(0, 5))
def test_intervals_have_exact_ends_and_jets_the_slopes_of_powers(x: Fraction, exponent: int) -> None:
    low, high = endpoints(number(x).value)
    assert low <= x <= high
    power = Jet(1, number(x), number(1)) ** exponent
    low, high = endpoints(power.slope.value)
    assert low <= (exponent * x ** (exponent - 1) if exponent else 0) <= high


def test_jets_nest() -> None:
    x = Jet(2, Jet(1, number(3), number(1)), number(1))
    second = (x * x * x).slope.slope
    assert endpoints(second.value) == (18, 18)  # type: ignore[comparison-overlap]  # Fractions equal ints
    assert endpoints(apply("exp", number(0)).value) == (1, 1)  # type: ignore[comparison-overlap]  # Fractions equal ints
