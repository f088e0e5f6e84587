import math
from fractions import Fraction
from random import Random

import pytest
from flint import fmpq, fmpz, nmod, nmod_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from equivalences import (
    Array,
    dot,
    exp,
    gradient,
    identity,
    inverse,
    log,
    ones,
    real,
    sin,
    softmax,
    solve,
    sqrt,
    tanh,
)
from equivalences.numeric.exact.arithmetic import Rationals, Residues, UnrealisableError
from equivalences.numeric.exact.degree import bound, printed
from equivalences.numeric.exact.gram import embed
from equivalences.numeric.exact.primes import Level, chain
from equivalences.numeric.exact.programs import Programs
from equivalences.numeric.sampling import axes_of, distinct, draw, schedule
from equivalences.numeric.trial import at_random, compare, over_rationals, over_residues, repeats
from tests.numeric.statements import FALSE, LATE, TRUE, Statement

READABLE = [s for s in TRUE if s.reads in ("mod p", "ℚ")]
RATIONAL = [s for s in TRUE if s.reads in ("only ℚ", "ℚ")]
SIGNED = ("a rectifier is linear", "a root of a sum", "an absolute value is the number")


def title(statement: Statement) -> str:
    return statement.name


def outcomes(statement: Statement) -> list[str]:
    comparison = statement.comparison()
    programs = Programs(comparison)
    choices = schedule(axes_of(comparison), Random(0))
    return [at_random(programs, sizes, f"test {k}").outcome for k, sizes in enumerate(choices)]


@pytest.mark.parametrize("statement", READABLE, ids=title)
def test_what_is_true_agrees_mod_p_at_all_sizes(statement: Statement) -> None:
    assert set(outcomes(statement)) == {"equal"}


@pytest.mark.parametrize("statement", [s for s in FALSE if s.name not in SIGNED], ids=title)
def test_what_is_false_differs_mod_p(statement: Statement) -> None:
    assert "different" in outcomes(statement)


@pytest.mark.parametrize("statement", RATIONAL, ids=title)
def test_what_is_true_and_rational_is_exactly_zero(statement: Statement) -> None:
    comparison = statement.comparison()
    programs = Programs(comparison)
    found = [
        over_rationals(programs, draw(comparison, distinct(axes_of(comparison)), Random(k))) for k in range(4)
    ]
    assert {trial.outcome for trial in found} <= {"equal", "undefined"}
    assert "equal" in {trial.outcome for trial in found}


@pytest.mark.parametrize("statement", TRUE, ids=title)
def test_what_cannot_be_read_says_why(statement: Statement) -> None:
    comparison = statement.comparison()
    program = Programs(comparison).any(dict.fromkeys(axes_of(comparison), 2))
    assert bool(program.modular) == (statement.reads in ("only ℚ", "neither"))
    assert bool(program.rational) == (statement.reads in ("mod p", "neither"))


def test_an_identity_that_fails_late_agrees_at_small_sizes() -> None:
    programs = Programs(LATE.comparison())
    assert [at_random(programs, {"d": d}, "late").outcome for d in (1, 2, 3)] == ["equal", "equal", "different"]


@pytest.mark.parametrize("depth", range(5))
@pytest.mark.parametrize("rooted", [False, True])
def test_chains_of_primes(depth: int, rooted: bool) -> None:
    levels = chain(depth, 11, rooted=rooted)
    assert len(levels) == depth + 1
    for k, level in enumerate(levels):
        assert fmpz(level.prime).is_prime()
        assert level.prime < 2**64
        assert pow(level.unit, 2, level.prime) == level.prime - 1
        if k < depth:
            order = levels[k + 1].prime
            assert (level.prime - 1) % order == 0
            assert pow(level.g, order, level.prime) == 1 != level.g
        if rooted:
            roots = {x: nmod(x, level.prime).sqrt() for x in (2, 3, 5, 7)}
            assert all(root**2 == x for x, root in roots.items())  # type: ignore[comparison-overlap]  # python-flint's types do not know nmod == int
    assert rooted or levels[-1].prime >= (2**62, 2**60, 2**55, 2**50, 2**45)[depth]
    assert chain(depth, 11) != chain(depth, 12)


@settings(max_examples=40, deadline=None)
@given(st.fractions(max_denominator=10**6), st.fractions(max_denominator=10**6), st.integers(0, 20))
def test_exponentials_mod_p_turn_sums_into_products(x: Fraction, y: Fraction, seed: int) -> None:
    outer, inner = (Residues(level) for level in chain(1, seed))
    for name in ("exp", "turn"):
        a, b, both, none = outer.apply(name, [inner.number(v) for v in (x, y, x + y, Fraction(0))])
        assert a * b == both
        assert none == 1  # type: ignore[comparison-overlap]  # python-flint's types do not know nmod == int


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 5))
def test_roots_mod_p_are_multiplicative(a: int, b: int, seed: int) -> None:
    field = Residues(chain(0, seed, rooted=True)[0])
    try:
        x, y, both, quotient = field.roots([Fraction(a), Fraction(b), Fraction(a * b), Fraction(a, b)])
    except UnrealisableError:
        return
    assert x**2 == a  # type: ignore[comparison-overlap]  # python-flint's types do not know nmod == int
    assert x * y == both
    assert quotient * y == x


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32), st.booleans())
def test_features_have_the_inner_products_asked_for(n: int, rank: int, seed: int, hollow: bool) -> None:
    rng, prime = Random(seed), chain(0, seed % 7)[0].prime
    basis = nmod_mat(n, rank, [rng.randrange(prime) for _ in range(n * rank)], prime)
    middle = nmod_mat(rank, rank, [0] * rank**2, prime)
    for k in range(rank):
        middle[k, k] = rng.randrange(prime) * rng.randrange(2)
    gram = basis * middle * basis.transpose()
    if hollow:
        for k in range(n):
            gram[k, k] = 0
    vectors = nmod_mat(n, n + 1, [x for vector in embed(gram, n + 1) for x in vector], prime)
    assert vectors * vectors.transpose() == gram


def test_too_few_features_are_refused() -> None:
    prime = chain(0, 0)[0].prime
    identity = nmod_mat(3, 3, [1, 0, 0, 0, 1, 0, 0, 0, 1], prime)
    with pytest.raises(UnrealisableError, match="3 points"):
        embed(identity, 2)


def value(f: object, at: list[str]) -> list[fmpq]:
    """The entries of a side of vectors over ℚ."""
    statement = Statement("value", {"x": real("n")}, f, lambda x: x * 1)  # type: ignore[arg-type]
    program = Programs(statement.comparison()).at({"n": len(at)})
    execution = program.evaluate([Rationals()], {"x": [Fraction(a) for a in at]})
    return execution.entries(program.lhs)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.fractions(-3, 3, max_denominator=8), min_size=1, max_size=3), st.integers(0, 2))
def test_gradients_agree_with_exact_difference_quotients(x: list[Fraction], k: int) -> None:
    """The derivative of a polynomial of degree 4 is a combination of five values, without error."""

    def f(x: Array) -> Array:
        return dot(x, x) ** 2 + 3 * dot(x, x) * x.sum() - x.sum() ** 2

    def quartic(v: list[Fraction]) -> Fraction:
        square, total = sum(a * a for a in v), sum(v, Fraction(0))
        return square**2 + 3 * square * total - total**2

    k %= len(x)
    stencil = {-2: Fraction(1, 12), -1: Fraction(-2, 3), 1: Fraction(2, 3), 2: Fraction(-1, 12)}
    slope = sum(w * quartic([a + h * (j == k) for j, a in enumerate(x)]) for h, w in stencil.items())
    found = value(lambda x: gradient(f)(x), [str(a) for a in x])[k]
    assert Fraction(int(found.p), int(found.q)) == slope


def test_a_vanishing_denominator_is_no_value() -> None:
    statement = Statement("a quotient", {"x": real(), "y": real()}, lambda x, y: x / y, lambda x, y: x * y**-1)
    comparison = statement.comparison()
    programs = Programs(comparison)
    at_zero = draw(comparison, {}, Random(0))
    values = {**at_zero.values, "y": (Fraction(0),)}
    assert over_rationals(programs, type(at_zero)({}, values)).outcome == "undefined"
    assert over_residues(programs, type(at_zero)({}, values), 0).outcome == "undefined"


def test_a_singular_matrix_everywhere_is_never_equal() -> None:
    statement = Statement(
        "an inverse that never exists",
        {"A": real("d d")},
        lambda A: inverse(A - A),
        lambda A: inverse(0 * A) * 1,
    )
    assert set(outcomes(statement)) == {"undefined"}


def test_exponentials_nested_too_deep_are_refused() -> None:
    def deep(x: Array) -> Array:
        for _ in range(6):
            x = exp(x)
        return x

    statement = Statement("deep", {"x": real()}, deep, lambda x: deep(x) * 1)
    assert "nested 6 deep" in Programs(statement.comparison()).at({}).modular


@pytest.mark.parametrize("f", [exp, tanh, sin, softmax, lambda x: sqrt(dot(x, x)) * x, lambda x: log(x * x)])
def test_transcendental_values_are_not_read_over_the_rationals(f: object) -> None:
    statement = Statement("transcendental", {"x": real("n")}, f, lambda x: x * 1)  # type: ignore[arg-type]
    assert Programs(statement.comparison()).at({"n": 2}).rational


def test_a_value_that_is_only_differentiated_is_not_needed() -> None:
    statement = Statement(
        "a logarithm's derivative",
        {"x": real("n")},
        lambda x: gradient(lambda z: log(dot(z, z) + 1))(x),
        lambda x: 2 * x / (dot(x, x) + 1),
    )
    program = Programs(statement.comparison()).at({"n": 3})
    assert program.modular == ""
    assert "logarithm" in program.rational  # its argument might be negative
    assert set(outcomes(statement)) == {"equal"}


def test_degrees_bound_the_chance_of_a_false_pass() -> None:
    statement = Statement("a power", {"x": real()}, lambda x: x**6 * x, lambda x: x**7)
    program = Programs(statement.comparison()).at({})
    assert bound(program, (2**62,)) == math.log2(7) - 62
    assert printed(-59.2) == "≤ 2^-59"
    assert "no bound" in printed(3.0)


RATIOS = (
    lambda x: (x - 1) * (x - 2) * (x - 3) / (x + 1),
    lambda x: 1 / (1 / (x - 5) + 1 / (x - 7)),
    lambda x: ((x - 1) / (x + 2) + (x - 4) / (x + 2)) ** 3,
    lambda x: inverse(x * identity("d") + ones("d d")).sum(),
    lambda x: solve(x * identity("d") + ones("d d"), ones("d")).sum() * (x - 9),
)


@pytest.mark.parametrize("k", range(len(RATIOS)))
@pytest.mark.parametrize("j", range(len(RATIOS)))
def test_a_small_field_shows_no_more_zeros_than_the_degree(k: int, j: int) -> None:
    statement = Statement("ratios", {"x": real()}, RATIOS[k], lambda x: RATIOS[j](x) + 1 / (x + 3) * (x - 11))
    program = Programs(statement.comparison()).any({"d": 3})
    field = Residues(Level(97, 1, 1, 22))
    outcomes = [compare(program, [field], {"x": [x]}).outcome for x in range(97)]
    zeros = outcomes.count("equal")
    assert "different" in outcomes
    assert zeros <= round(97 * 2 ** bound(program, (97,)))


def test_programs_repeat_themselves() -> None:
    comparison = TRUE[0].comparison()
    assert repeats(comparison, {"n": 2, "d": 2, "v": 1}, "seed")


def test_the_sides_share_inputs_only() -> None:
    program = Programs(TRUE[0].comparison()).at({"n": 2, "d": 1, "v": 1, "f": 3})
    left, right = (
        {node.number for nodes in program.plan(side) for node in nodes if node.operation != "input"}
        for side in (program.lhs, program.rhs)
    )
    assert left
    assert right
    assert not left & right
