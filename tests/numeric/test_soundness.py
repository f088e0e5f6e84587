"""Statements that once passed or fell for a wrong reason: outside the domain, or where a loss has no value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from inspect import Parameter, Signature
from typing import Any

import pytest

from equivalences import (
    Array,
    Claim,
    Equation,
    causal,
    dot,
    exp,
    feature_map,
    gradient,
    inverse,
    log,
    mask,
    ones,
    positive,
    positive_definite,
    real,
    relu,
    softmax,
    solve,
    sqrt,
    symmetric,
    tanh,
    zeros,
)
from equivalences.language.comparison import Comparison
from equivalences.language.domain import Domain
from equivalences.language.evidence import Instance, Options, Verdict
from equivalences.language.term import Gradient, Softmax, Variable, rewrite
from equivalences.language.tracing import trace
from equivalences.numeric import compare_at, examine, recheck, refute, witness_at
from equivalences.numeric.balls import certification as balls
from equivalences.numeric.exact.programs import Programs
from equivalences.numeric.intervals import interval
from equivalences.numeric.trial import over_residues

OPTIONS = Options(digits=30)
Side = Callable[..., Array]


def variable(name: str) -> Side:
    """The function of ``given`` that is one of its variables."""

    def chosen(**inputs: Array) -> Array:
        return inputs[name]

    chosen.__signature__ = Signature([Parameter(name, Parameter.KEYWORD_ONLY)])  # type: ignore[attr-defined]
    return chosen


@dataclass(frozen=True)
class Stated:
    """A claim in short."""

    given: Mapping[str, Domain]
    lhs: Side
    rhs: Side
    realise: Mapping[str, Side] = field(default_factory=dict)
    assume: tuple[Equation, ...] = ()

    def comparison(self) -> Comparison:
        """As a checker sees it; what is realised is assumed to be that, if nothing else is assumed."""
        own = tuple(Equation(variable(name), side) for name, side in self.realise.items())
        claim = Claim(
            "stated",
            title="Stated.",
            given=self.given,
            lhs=self.lhs,
            rhs=self.rhs,
            realise=self.realise,
            assume=self.assume or own,
        )
        return trace(claim)


NO_INPUT = {
    "c is not positive": Stated(
        {"c": positive(), "x": real("n")},
        lambda c, x: c * x,
        lambda x: -x,
        {"c": lambda: -ones("")},
        (Equation(lambda c: c, lambda: -ones("")),),
    ),
    "c is not positive, in balls": Stated(
        {"c": positive(), "x": real()},
        lambda c, x: c * tanh(x),
        lambda x: -tanh(x),
        {"c": lambda x: -exp(x - x)},
    ),
    "m is not a mask": Stated(
        {"m": mask("n"), "x": real("n")},
        lambda m, x: m * x,
        lambda m, x: 2 * x,
        {"m": lambda: 2 * ones("n")},
    ),
    "S is not positive definite": Stated(
        {"S": positive_definite("n"), "A": real("n n")},
        lambda S: S @ S,
        lambda A: (A @ A.T) @ (A @ A.T),
        {"S": lambda A: -A @ A.T},
    ),
    "the inputs do not satisfy the hypotheses": Stated(
        {"c": real(), "x": real()},
        lambda c, x: c * x,
        lambda c, x: x * c * c,
        {"c": lambda x: x * x + 1},
        (Equation(lambda c: c, lambda x: x),),
    ),
}


@pytest.mark.parametrize("reason", NO_INPUT)
def test_where_no_input_satisfies_given_the_claim_is_vacuous(reason: str) -> None:
    comparison = NO_INPUT[reason].comparison()
    evidence = examine(comparison, OPTIONS)
    assert evidence.verdict == Verdict.VACUOUS
    assert reason.removesuffix(", in balls") in evidence.reason
    assert refute(comparison, OPTIONS) is None


REALISED = [
    Stated(
        {"c": positive(), "x": real(), "y": real()},
        lambda c: sqrt(c**2),
        lambda c: c,
        {"c": lambda x, y: x * y},
    ),
    Stated(
        {"m": mask("n"), "k": mask("n"), "x": real("n")},
        lambda m, x: m * m * x,
        lambda m, x: m * x,
        {"m": lambda k: 1 - k},
    ),
    Stated(
        {"S": symmetric("n"), "A": real("n n")},
        lambda S: S.T + 0 * S,
        lambda S: S,
        {"S": lambda A: A + A.T},
    ),
    Stated(
        {"c": positive(), "x": real()},
        lambda c: sqrt(c**2),
        lambda c: c,
        {"c": lambda x: exp(x) - 1},
    ),
]


@pytest.mark.parametrize("stated", REALISED)
@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_true_on_the_domain_of_realised_variables_is_certified(stated: Stated, seed: int) -> None:
    evidence = examine(stated.comparison(), replace(OPTIONS, seed=seed))
    assert (evidence.verdict, evidence.reason) == (Verdict.CERTIFIED, "")


OUTSIDE = [
    Stated(
        {"m": mask("n"), "y": real("n"), "x": real("n")},
        lambda m, x: m * m * x,
        lambda m, x: m * x,
        {"m": lambda y: y},
    ),
    Stated({"S": symmetric("n"), "A": real("n n")}, lambda S: S.T + 0 * S, lambda S: S, {"S": lambda A: A}),
]


@pytest.mark.parametrize("stated", OUTSIDE)
def test_no_witness_lies_outside_the_domain_of_realised_variables(stated: Stated) -> None:
    comparison = stated.comparison()
    assert examine(comparison, OPTIONS).verdict != Verdict.REFUTED
    assert refute(comparison, OPTIONS) is None


def test_instances_outside_the_domain_are_refused() -> None:
    comparison = REALISED[0].comparison()
    outside = Instance({}, {"x": (Fraction(1),), "y": (Fraction(-1),)})
    assert witness_at(comparison, outside) is None
    assert compare_at(comparison, outside, 20) == "undecided"
    assert compare_at(comparison, Instance({}, {"x": (Fraction(1),), "y": (Fraction(1),)}), 20) == "agree"


def test_a_damaged_witness_is_refused() -> None:
    stated = Stated({"x": real("n"), "y": real("m")}, lambda x, y: x * y.sum(), lambda x, y: x + 0 * y.sum())
    comparison = stated.comparison()
    witness = refute(comparison, OPTIONS)
    assert witness is not None
    assert recheck(comparison, witness)
    sizes, values = witness.instance.sizes, witness.instance.values
    damaged = [
        Instance({"n": 1}, values),
        Instance({}, {}),
        Instance(sizes, {"x": values["x"]}),
        Instance(sizes, {**values, "z": (Fraction(1),)}),
        Instance({**sizes, "n": 0}, {**values, "x": ()}),
    ]
    assert not any(recheck(comparison, replace(witness, instance=instance)) for instance in damaged)


def test_a_witness_shows_what_is_realised() -> None:
    stated = Stated({"c": real(), "x": real()}, lambda c, x: c * x, lambda c: c, {"c": lambda x: x * x})
    witness = refute(stated.comparison(), OPTIONS)
    assert witness is not None
    assert recheck(stated.comparison(), witness)
    x = witness.instance.values["x"][0]
    assert witness.instance.values["c"] == (x * x,)
    wrong = Instance({}, {"x": (x,), "c": (x * x + 1,)})
    assert not recheck(stated.comparison(), replace(witness, instance=wrong))


def weighted(x: Array, m: Array, v: Array) -> Array:
    """⟨v, softmax(x)⟩ with weights m, in other words.  [n], [n], [n] -> []"""
    return dot(v, m * exp(x)) / dot(m, exp(x))


def by_where(comparison: Comparison) -> Comparison:
    """The left side with the second variable in the place of a softmax's ones."""

    def replaced(term: Any) -> Any:
        match term:
            case Gradient(body, variable, at):
                mask = rewrite(
                    body,
                    lambda t: Softmax(t.argument, t.position, variable) if isinstance(t, Softmax) else None,
                )
                return Gradient(mask, variable, at)
        return None

    return replace(comparison, lhs=rewrite(comparison.lhs, replaced))


def derivative_by_weights(order: int) -> Comparison:
    """That two ways to write a weighted softmax have the same derivative by the weights."""

    def nested(f: Side) -> Side:
        first = gradient(f)
        if order == 1:
            return first
        return gradient(lambda m, x, v: dot(v, first(m, x, v)))

    def left(m: Array, x: Array, v: Array) -> Array:
        return nested(lambda m, x, v: dot(v, softmax(x, where=k)) + 0 * m.sum())(m, x, v)

    k = Array(Variable("k", ("n",)))
    given = {"k": mask("n"), "x": real("n"), "m": mask("n"), "v": real("n")}
    stated = Stated(given, left, lambda m, x, v: nested(lambda m, x, v: weighted(x, m, v))(m, x, v))
    return by_where(stated.comparison())


def test_softmax_has_a_derivative_by_its_mask_in_every_arithmetic() -> None:
    comparison = derivative_by_weights(1)
    numbers = {"x": (1, -2, 3), "m": (1, 2, 3), "v": (1, 5, -7), "k": (1, 1, 1)}
    instance = Instance({"n": 3}, {name: tuple(map(Fraction, row)) for name, row in numbers.items()})
    assert balls.certify(comparison, instance, 40).status == "agree"
    assert over_residues(Programs(comparison), instance, 0).outcome == "equal"
    lhs, rhs = balls.evaluate(comparison, instance, 200)
    assert all(abs(float(x.mid())) > 1e-3 for x in lhs)
    for ours, theirs in zip((lhs, rhs), interval.evaluate(comparison, instance, 200), strict=True):
        assert all(abs(float(x.mid()) - float(y.mid)) < 1e-12 for x, y in zip(ours, theirs, strict=True))
    assert examine(comparison, OPTIONS).verdict == Verdict.CERTIFIED


def test_a_wrong_derivative_by_a_mask_is_refuted() -> None:
    comparison = derivative_by_weights(1)
    wrong = Stated(comparison.given, lambda m: m, lambda m: 0 * m).comparison()
    assert refute(replace(comparison, rhs=wrong.rhs), OPTIONS) is not None


NO_LOSS: dict[str, Stated] = {
    "a denominator": Stated(
        {"v": real("n"), "w": real("n")},
        lambda v, w: gradient(lambda v: 1 / (dot(w, w) - dot(w, w)) + dot(v, v))(v),
        lambda v: 2 * v,
    ),
    "a denominator below a logarithm": Stated(
        {"v": real("n"), "w": real("n")},
        lambda v, w: gradient(lambda v: log(2 + tanh(1 / (dot(w, w) - dot(w, w)))) + dot(v, v))(v),
        lambda v: 2 * v,
    ),
    "a softmax over nothing": Stated(
        {"v": real("n"), "X": real("n n")},
        lambda v, X: gradient(lambda v: softmax(X, where=causal("n", strict=True)).sum() + dot(v, v))(v),
        lambda v: 2 * v,
    ),
    "a logarithm": Stated(
        {"v": real("n"), "w": real("n")},
        lambda v, w: gradient(lambda v: log(-dot(w, w)) + dot(v, v))(v),
        lambda v: 2 * v,
    ),
    "an inverse": Stated(
        {"v": real("n"), "w": real("d+1")},
        lambda v, w: gradient(lambda v: inverse(zeros("d+1 d+1")).sum() + dot(v, v))(v),
        lambda v: 2 * v,
    ),
    "a solution": Stated(
        {"v": real("n"), "w": real("d")},
        lambda v, w: gradient(lambda v: solve(zeros("d d"), w).sum() + dot(v, v))(v),
        lambda v: 2 * v,
    ),
}


@pytest.mark.parametrize("name", NO_LOSS)
def test_the_derivative_of_a_loss_without_a_value_certifies_nothing(name: str) -> None:
    evidence = examine(NO_LOSS[name].comparison(), OPTIONS)
    assert evidence.verdict == Verdict.VACUOUS
    assert "no input has a value" in evidence.reason


def test_a_loss_that_is_sometimes_undefined_is_compared_where_it_has_a_value() -> None:
    stated = Stated(
        {"v": real("n"), "w": real()},
        lambda v, w: gradient(lambda v: 1 / (w * w - w) + dot(v, v))(v),
        lambda v: 2 * v,
    )
    assert examine(stated.comparison(), OPTIONS).verdict == Verdict.CERTIFIED
    at_one = Instance({"n": 1}, {"v": (Fraction(3),), "w": (Fraction(1),)})
    assert compare_at(stated.comparison(), at_one, 20) == "undecided"


SIGNED = {
    "a root loses a sign": Stated(
        {"x": real(), "y": real()}, lambda x, y: sqrt(x * x * y), lambda x, y: x * sqrt(y)
    ),
    "only far away": Stated({"x": real()}, lambda x: relu(x - 100), lambda x: 0 * x),
    "only far away, in a vector": Stated({"x": real("n")}, lambda x: relu(x - 100), lambda x: 0 * x),
    "where few inputs have a value": Stated(
        {"b": real(), "p": real()},
        lambda b, p: log(1 + exp(b)) + (p + b),
        lambda b, p: log(1 - exp(b)) + (p + b),
    ),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", SIGNED)
def test_what_fails_for_some_signs_or_magnitudes_is_refuted(name: str, seed: int) -> None:
    comparison, options = SIGNED[name].comparison(), replace(OPTIONS, seed=seed)
    witness = refute(comparison, options)
    assert witness is not None
    assert recheck(comparison, witness)
    assert examine(comparison, options).verdict == Verdict.REFUTED


def test_all_signs_and_large_values_are_in_the_table() -> None:
    stated = Stated({"x": real(), "y": real()}, lambda x, y: tanh(x) * y, lambda x, y: y * tanh(x) + 0 * y)
    evidence = examine(stated.comparison(), OPTIONS)
    assert evidence.verdict == Verdict.CERTIFIED
    cases = [row["case"] for row in evidence.detail["balls"]]
    assert {"x > 0, y > 0", "x > 0, y < 0", "x < 0, y > 0", "x < 0, y < 0", "large values"} <= set(cases)
    assert len(cases) >= 20


def test_values_too_large_for_balls_do_not_hinder() -> None:
    stated = Stated({"x": positive("n")}, lambda x: exp(exp(exp(x))), lambda x: exp(exp(exp(x)) * relu(x) ** 0))
    evidence = examine(stated.comparison(), OPTIONS)
    assert evidence.verdict == Verdict.CERTIFIED
    assert any(line.startswith("large values") for line in evidence.detail["outside"])


def test_points_made_of_the_same_features_are_left_to_balls() -> None:
    def left(phi: Side, z: Array) -> Array:
        return dot(phi(z / (1 + dot(phi(z), phi(z)))), phi(z))

    kernel = feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y)))
    given: dict[str, Domain] = {"phi": kernel, "z": real("d")}
    true = Stated(given, left, lambda z: exp(dot(z, z) / (1 + exp(dot(z, z))))).comparison()
    assert examine(true, OPTIONS).verdict in (Verdict.CERTIFIED, Verdict.UNDECIDED)
    assert refute(true, OPTIONS) is None
    false = Stated(given, left, lambda z: exp(dot(z, z))).comparison()
    assert examine(false, OPTIONS).verdict in (Verdict.REFUTED, Verdict.UNDECIDED)
    instance = Instance({"d": 1, "f": 2}, {"z": (Fraction(1, 2),)})
    assert compare_at(true, instance, 20) in ("agree", "undecided")


KERNELS: dict[str, tuple[Domain, Side]] = {
    "κ(x, x) < 0": (
        feature_map("d -> f", kernel=lambda x, y: -exp(dot(x, y))),
        lambda x, y: -exp(dot(x, y)),
    ),
    "κ(x, y) ≠ κ(y, x)": (feature_map("d -> f", kernel=lambda x, y: dot(x, x)), lambda x, y: dot(x, x)),
    "one feature": (feature_map("d -> 1", kernel=lambda x, y: exp(dot(x, y))), lambda x, y: exp(dot(x, y))),
    "κ(x, y)² > κ(x, x) κ(y, y)": (
        feature_map("d -> f", kernel=lambda x, y: dot(x - y, x - y) + 1),
        lambda x, y: dot(x - y, x - y) + 1,
    ),
}


@pytest.mark.parametrize("reason", KERNELS)
def test_a_kernel_that_no_feature_map_has_is_vacuous(reason: str) -> None:
    domain, kernel = KERNELS[reason]
    given = {"phi": domain, "x": real("d"), "y": real("d")}
    for side in (kernel, lambda x, y: 2 * kernel(x, x)):
        comparison = Stated(given, lambda phi, x, y: dot(phi(x), phi(y)), side).comparison()
        evidence = examine(comparison, OPTIONS)
        assert evidence.verdict == Verdict.VACUOUS
        assert "no feature map has the kernel of phi" in evidence.reason
        assert reason in evidence.reason
        assert refute(comparison, OPTIONS) is None
