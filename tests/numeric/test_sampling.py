from collections.abc import Mapping
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equivalences import index, mask, positive, positive_definite, real, symmetric
from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Instance
from equivalences.language.term import Variable
from equivalences.numeric.exact.programs import Programs
from equivalences.numeric.membership import belongs
from equivalences.numeric.sampling import (
    EDGES,
    FAMILIES,
    axes_of,
    distinct,
    draw,
    entry,
    feature_axes,
    integers,
    schedule,
)
from equivalences.numeric.trial import compare, over_rationals
from tests.numeric.statements import TRUE, Statement

DOMAINS: Mapping[str, Any] = {
    "x": real("n d"),
    "p": positive("n"),
    "m": mask("n d"),
    "s": symmetric("d"),
    "a": positive_definite("d"),
    "t": index("n"),
}
EVERYTHING = Comparison(DOMAINS, Variable("x", ("n", "d")), Variable("x", ("n", "d")))


def named(name: str) -> Statement:
    return next(s for s in TRUE if s.name == name)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FAMILIES), st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 4))
def test_every_family_lies_in_the_domains(family: str, seed: int, n: int, d: int) -> None:
    instance = draw(EVERYTHING, {"n": n, "d": d}, Random(seed), family)
    assert belongs(EVERYTHING, instance)
    assert all(x.denominator & (x.denominator - 1) == 0 for v in instance.values.values() for x in v)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_random_integers_lie_in_the_domains(seed: int, n: int) -> None:
    values = integers(EVERYTHING, {"n": n, "d": n}, Random(seed), 128)
    whole = {name: tuple(map(Fraction, entries)) for name, entries in values.items()}
    assert belongs(EVERYTHING, Instance({"n": n, "d": n}, {**whole, "t": (Fraction(n - 1),)}))


def test_the_same_seed_draws_the_same_instance() -> None:
    sizes = {"n": 3, "d": 2}
    assert draw(EVERYTHING, sizes, Random(7)) == draw(EVERYTHING, sizes, Random(7))
    assert draw(EVERYTHING, sizes, Random(7)) != draw(EVERYTHING, sizes, Random(8))


def test_edges_are_what_they_say() -> None:
    rows = draw(EVERYTHING, {"n": 3, "d": 2}, Random(0), "equal rows").values["x"]
    assert rows[:2] == rows[2:4] == rows[4:]
    assert set(draw(EVERYTHING, {"n": 3, "d": 2}, Random(0), "ones").values["x"]) == {1}
    assert all(x < 0 for x in draw(EVERYTHING, {"n": 3, "d": 2}, Random(0), "negative").values["x"])
    assert 0 in draw(EVERYTHING, {"n": 3, "d": 3}, Random(0), "zeros").values["x"]
    powers = draw(EVERYTHING, {"n": 3, "d": 2}, Random(0), "powers of two").values["x"]
    assert all(abs(x).numerator == 1 or abs(x).denominator == 1 for x in powers)
    assert len(set(EDGES)) == 5


def test_an_unknown_family_is_an_error() -> None:
    with pytest.raises(ValueError, match="no family 'odd'"):
        entry("odd", Random(0))


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("p", ("0", "1", "1")),
        ("m", ("0", "1", "2", "0", "1", "1")),
        ("s", ("1", "2", "3", "4")),
        ("a", ("1", "2", "2", "1")),
        ("t", ("3",)),
        ("t", ("1/2",)),
        ("x", ("1", "2")),
    ],
)
def test_what_is_outside_a_domain_does_not_belong(name: str, entries: tuple[str, ...]) -> None:
    inside = draw(EVERYTHING, {"n": 3, "d": 2}, Random(0))
    outside = Instance(inside.sizes, {**inside.values, name: tuple(map(Fraction, entries))})
    assert belongs(EVERYTHING, inside)
    assert not belongs(EVERYTHING, outside)


def test_the_schedule_has_the_sizes_that_matter() -> None:
    axes = ("n", "d", "v")
    choices = schedule(axes, Random(0))
    assert {"n": 1, "d": 1, "v": 1} in choices
    assert any(len(set(sizes.values())) == 3 for sizes in choices)
    assert all(
        any(sizes[edge] == 1 < sizes[other] for sizes in choices)
        for edge in axes
        for other in axes
        if edge != other
    )
    assert max(sizes["n"] for sizes in choices) >= 4
    assert schedule((), Random(0)) == [{}]
    assert len(set(distinct(axes).values())) == 3


def test_loops_without_data_have_a_size() -> None:
    assert axes_of(named("powers of a matrix by a loop").comparison()) == ("d", "T")


def test_feature_axes_follow_from_the_points() -> None:
    comparison = named("softmax attention is a gradient step").comparison()
    assert feature_axes(comparison) == ("f",)
    assert "f" not in axes_of(comparison)
    assert Programs(comparison).sized({"n": 3, "d": 2, "v": 1})["f"] == 4


def test_what_a_hypothesis_ties_down_is_computed() -> None:
    comparison = named("an orthogonal matrix keeps norms").comparison()
    programs = Programs(comparison)
    drawn = draw(comparison, {"d": 2}, Random(0))
    assert "U" not in drawn.values
    a, b, c, d = programs.completed(drawn).values["U"]
    assert (a * a + c * c, a * b + c * d, b * b + d * d) == (1, 0, 1)  # type: ignore[comparison-overlap]  # Fractions equal ints
    assert over_rationals(programs, drawn).outcome == "equal"


def test_a_sampler_that_breaks_its_hypothesis_gives_no_sample() -> None:
    statement = named("an orthogonal matrix keeps norms")
    more = {**statement.more, "realise": {"U": lambda J: 2 * J}}
    broken = Statement("broken", statement.given, statement.lhs, statement.rhs, more=more)
    programs = Programs(broken.comparison())
    trial = over_rationals(programs, draw(programs.comparison, {"d": 2}, Random(0)))
    assert trial.outcome == "undefined"
    assert "hypotheses" in trial.reason
    assert (
        compare(trial.program, trial.program.modulo(0), {"J": [1, 2, 3, 4], "x": [1, 2]}).outcome == "undefined"
    )
