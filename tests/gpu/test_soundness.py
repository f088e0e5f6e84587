"""Statements that once passed, or fell, for the wrong reason; each is here with its right verdict."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from equivalences import (
    Array,
    Claim,
    Equation,
    Verdict,
    causal,
    dot,
    each,
    exp,
    feature_map,
    gpu,
    gradient,
    identity,
    index,
    inverse,
    jacobian,
    log,
    mask,
    ones,
    outer,
    positive,
    positive_definite,
    real,
    size,
    solve,
    sqrt,
    symmetric,
    unknown,
    zeros,
)
from equivalences.gpu import examination
from equivalences.gpu.cases import make_cases, positions_of
from equivalences.gpu.compile.kernel import Kernel, compile_comparison
from equivalences.gpu.compile.points import features_needed
from equivalences.gpu.device.backend import NAMES, Backend, find_backend, usable_backend
from equivalences.gpu.device.model import ieee_model
from equivalences.gpu.existence import why_impossible
from equivalences.gpu.families import FAMILIES
from equivalences.gpu.membership import INSIDE, OUTSIDE, UNSURE, conditions_of, membership
from equivalences.gpu.replay import Replay, regenerate
from equivalences.gpu.stress import Shard
from equivalences.language.comparison import Comparison
from equivalences.language.domain import Domain, Features
from equivalences.language.evidence import Evidence, Options
from equivalences.language.tracing import trace
from equivalences.numeric import recheck

from . import planted

OPTIONS = Options(instances=400, device="numpy")
USABLE = [name for name in NAMES if isinstance(find_backend(name), Backend)]
Side = Callable[..., Array]


def compared(given: dict[str, Domain], lhs: Side, rhs: Side, **rest: Any) -> Comparison:
    return trace(Claim("planted", title="Planted", given=given, lhs=lhs, rhs=rhs, **rest))


def examine(comparison: Comparison) -> Evidence:
    return gpu.examine(comparison, OPTIONS)


def assert_refuted(comparison: Comparison) -> None:
    evidence = examine(comparison)
    assert (evidence.verdict, evidence.reason[:9]) == (Verdict.REFUTED, "confirmed")
    assert evidence.witness is not None
    assert recheck(comparison, evidence.witness)


# kernels and their memory

F: dict[str, Domain] = {"F": unknown("d -> d"), "x": real("n")}
AT_CONSTANTS = {
    "one": compared(
        F, lambda F, x: outer(x, F(2 * ones("d"))), lambda F, x: 3 * outer(x, F(2 * ones("d"))) / 3
    ),
    "the other": compared(
        F, lambda F, x: outer(x, F(zeros("d"))), lambda F, x: outer(x / 2, F(zeros("d")) + F(zeros("d")))
    ),
    "inverse": compared(
        {"A": positive_definite("n"), "b": real("n")},
        lambda A, b: (inverse(A) + outer(b, b)) @ b + solve(A, b),
        lambda A, b: 2 * solve(A, b) + b * dot(b, b),
    ),
}


def test_a_kernel_does_not_write_into_the_tables_of_an_unknown_function() -> None:
    one, other = (lambda F, x: outer(x, F(2 * ones("d")))), (lambda F, x: outer(x, F(zeros("d"))))
    for lhs, rhs in ((one, other), (other, one)):
        assert_refuted(compared(F, lhs, rhs))


@pytest.mark.parametrize("name", AT_CONSTANTS)
def test_true_statements_at_constants_are_stressed(name: str) -> None:
    assert examine(AT_CONSTANTS[name]).verdict == Verdict.STRESSED


@pytest.mark.parametrize("device", USABLE)
def test_kernels_leave_inputs_and_tables_as_they_are(device: str) -> None:
    """Twice the same arrays, each time the same sides; NumPy's are read-only, so that a write raises."""
    backend = usable_backend(device)
    sizes = {"n": 3, "d": 2, "v": 2, "e": 2, "f": 7}
    claims = {name: trace(claim) for name, claim in (planted.TRUE | planted.FALSE).items()} | AT_CONSTANTS
    for comparison in claims.values():
        kernel = compile_comparison(comparison, sizes, ieee_model("float64"))
        cases = make_cases(comparison, "uniform", sizes, seed=0, first=0, count=9)
        arrays = {name: backend.put(array) for name, array in cases.items()}
        positions = positions_of(comparison, "uniform", sizes, 0, 0)
        first, second = (
            [
                np.array(backend.get(x))
                for x in (
                    *kernel.values(backend, arrays, positions),
                    *kernel.bounds(backend, arrays, positions),
                )
            ]
            for _ in range(2)
        )
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True))
        assert all(np.array_equal(backend.get(arrays[name]), cases[name]) for name in cases)


def test_what_numpy_is_given_cannot_be_written_to() -> None:
    array = np.zeros(3)
    with pytest.raises(ValueError, match="read-only"):
        usable_backend("numpy").put(array)[0] = 1
    array[0] = 1


def test_numbers_that_stretch_are_arrays_and_not_literals() -> None:
    x: dict[str, Domain] = {"x": real("n")}
    assert (
        examine(compared(x, lambda x: outer(x, 2 * ones("d")), lambda x: outer(2 * x, ones("d")))).verdict
        == Verdict.STRESSED
    )
    third = compared(
        x,
        lambda x: outer(exp(x), ones("d") / 3) / outer(ones("n"), 7 * ones("d")),
        lambda x: outer(exp(x) / 21, ones("d")),
    )
    assert examine(third).verdict == Verdict.STRESSED
    assert_refuted(compared(x, lambda x: outer(x, 2 * ones("d")), lambda x: outer(x, ones("d"))))


# positions


def test_an_index_is_not_always_at_the_start() -> None:
    given: dict[str, Domain] = {"x": real("n"), "t": index("n")}
    assert_refuted(compared(given, lambda x, t: (causal("n") @ x)[t], lambda x, t: x[t]))


def test_two_indices_of_an_axis_coincide_and_differ() -> None:
    given: dict[str, Domain] = {"x": real("n"), "t": index("n"), "u": index("n")}
    nothing: Side = lambda x: 0 * x.sum()  # noqa: E731
    assert_refuted(compared(given, lambda x, t, u: (size("n") - 1) * identity("n")[t][u] * x[t], nothing))
    assert_refuted(compared(given, lambda x, t, u: (1 - identity("n")[t][u]) * x[t], nothing))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_few_instances_have_several_positions(family: str) -> None:
    comparison = compared(
        {"x": real("n"), "t": index("n"), "u": index("n")}, lambda x, t: x[t], lambda x, u: x[u]
    )
    found = {tuple(positions_of(comparison, family, {"n": 8}, 0, item).values()) for item in range(8)}
    assert len(found) > 1
    assert positions_of(comparison, family, {"n": 8}, 0, 5) == positions_of(comparison, family, {"n": 8}, 0, 5)


# feature maps


def featured(kernel: Callable[[Array, Array], Array], spec: str = "d -> f") -> dict[str, Domain]:
    return {"phi": feature_map(spec, kernel=kernel), "x": real("d"), "y": real("d")}


def gauss(x: Array, y: Array) -> Array:
    return exp(-dot(x - y, x - y))


IMPOSSIBLE: dict[str, tuple[Callable[[Array, Array], Array], str]] = {
    "negative": (lambda x, y: -exp(dot(x, y)), "positive semidefinite"),
    "asymmetric": (lambda x, y: dot(x, x), "symmetric"),
    "a distance": (lambda x, y: dot(x - y, x - y), "positive semidefinite"),
    "no Cauchy-Schwarz": (lambda x, y: 1 + 2 * dot(x, y) - dot(x, x) * dot(y, y), "positive semidefinite"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_kernel_that_no_feature_map_has_makes_a_statement_vacuous(name: str) -> None:
    kernel, lacking = IMPOSSIBLE[name]
    evidence = examine(compared(featured(kernel), lambda phi, x, y: dot(phi(x), phi(y)), kernel))
    assert evidence.verdict == Verdict.VACUOUS
    assert evidence.reason == f"no feature map has the kernel of phi, which is not {lacking}"


def test_a_kernel_that_exists_at_some_sizes_only_decides_nothing() -> None:
    def kernel(x: Array, y: Array) -> Array:
        return (size("d") - 2) * dot(x, y)

    evidence = examine(compared(featured(kernel), lambda phi, x, y: dot(phi(x), phi(y)), kernel))
    assert evidence.verdict == Verdict.UNDECIDED
    assert evidence.reason.startswith("at some sizes no feature map has the kernel of phi")


@pytest.mark.parametrize(
    "kernel",
    [gauss, lambda x, y: exp(dot(x, y)), dot, lambda x, y: (1 + dot(x, y)) ** 3, lambda x, y: 0 * dot(x, y)],
)
def test_kernels_of_feature_maps_are_never_called_impossible(kernel: Callable[[Array, Array], Array]) -> None:
    comparison = compared(featured(kernel), lambda phi, x, y: dot(phi(x), phi(y)), lambda x, y: dot(x, y))
    for d in (1, 2, 8):
        model = ieee_model("float64")
        assert why_impossible(comparison, {"d": d, "f": 9}, usable_backend("numpy"), model, seed=d) == ""


@pytest.mark.parametrize(
    ("spec", "reason"),
    [("d -> 1", "has a fixed size"), ("d -> d", "is another axis too"), ("d -> n", "is another axis too")],
)
def test_an_axis_of_features_is_one_of_its_own(spec: str, reason: str) -> None:
    given = featured(lambda x, y: exp(dot(x, y)), spec) | {"X": real("n d")}
    evidence = examine(
        compared(given, lambda phi, x, y: dot(phi(x), phi(y)), lambda x, y, X: exp(dot(x, y)) + 0 * X.sum())
    )
    assert evidence.verdict == Verdict.INAPPLICABLE
    assert reason in evidence.reason


def test_constant_points_need_features_too() -> None:
    given: dict[str, Domain] = {
        "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
        "z": real("d"),
    }
    comparison = compared(
        given,
        lambda phi, z: dot(phi(ones("d")), phi(z)),
        lambda phi, z: dot(phi(ones("d") - z), phi(z)),
    )
    assert_refuted(comparison)
    phi = given["phi"]
    assert isinstance(phi, Features)
    assert features_needed(comparison, phi, {"d": 2}) == 4


def test_points_of_loops_need_features_too() -> None:
    given = featured(lambda x, y: exp(dot(x, y))) | {"X": real("n d")}
    comparison = compared(
        given,
        lambda phi, x, X: each(lambda row: dot(phi(row + x), phi(x)), X),
        lambda x, X: exp((X + x[None, :]) @ x),
    )
    phi = given["phi"]
    assert isinstance(phi, Features)
    assert features_needed(comparison, phi, {"n": 5, "d": 2}) >= 1 + 5 + 1
    assert examine(comparison).verdict == Verdict.STRESSED


# domains


def realised(given: dict[str, Domain], lhs: Side, rhs: Side, **realise: Side) -> Comparison:
    def itself(name: str) -> Side:
        side: Side = eval(f"lambda {name}: {name}")  # sides take variables by parameter name
        return side

    assume = tuple(Equation(itself(name), f) for name, f in realise.items())
    return compared(given, lhs, rhs, assume=assume, realise=realise)


def test_a_statement_about_inputs_that_do_not_exist_is_vacuous() -> None:
    given: dict[str, Domain] = {"c": positive(), "x": real()}
    evidence = examine(realised(given, lambda c, x: x * c, lambda x: -x, c=lambda: -ones("")))
    assert (evidence.verdict, evidence.reason) == (
        Verdict.VACUOUS,
        "no instance satisfies given and the hypotheses",
    )
    assert "400 more left out" in evidence.scope


def test_hypotheses_that_visibly_fail_leave_nothing() -> None:
    given: dict[str, Domain] = {"c": real(), "x": real()}
    comparison = compared(
        given,
        lambda c, x: x * c,
        lambda c, x: c * x + 0 * c,
        assume=(Equation(lambda c: c, lambda x: x + 1),),
        realise={"c": lambda x: x},
    )
    assert examine(comparison).verdict == Verdict.VACUOUS


OUTSIDE_ONLY: dict[str, Comparison] = {
    "positive": realised(
        {"c": positive(), "x": real(), "y": real()}, lambda c: sqrt(c**2), lambda c: c, c=lambda x, y: x * y
    ),
    "mask": realised({"m": mask("n"), "y": real("n")}, lambda m: m * m, lambda m: m, m=lambda y: y),
    "symmetric": realised({"S": symmetric("n"), "A": real("n n")}, lambda S: S.T, lambda S: S, S=lambda A: A),
    "positive definite": realised(
        {"P": positive_definite("n"), "A": symmetric("n"), "e": real("n")},
        lambda P, e: sqrt((e @ P @ e) ** 2),
        lambda P, e: e @ P @ e,
        P=lambda A: A,
    ),
}
"""True in their domains, false beyond, where most instances are."""


@pytest.mark.parametrize("name", OUTSIDE_ONLY)
def test_instances_outside_the_domain_refute_nothing(name: str) -> None:
    evidence = examine(OUTSIDE_ONLY[name])
    assert evidence.verdict == Verdict.STRESSED, evidence.reason
    assert "more left out" in evidence.scope
    assert 0 < sum(row["instances"] for row in evidence.detail["rows"]) < 400


@pytest.mark.parametrize(
    "comparison",
    [
        realised(
            {"S": symmetric("n"), "A": real("n n")},
            lambda S: S.T + 0 * S,
            lambda S: S,
            S=lambda A: A + A.T,
        ),
        realised(
            {"P": positive_definite("n"), "A": real("n n")},
            lambda P: inverse(P) @ P,
            lambda P: P @ inverse(P),
            P=lambda A: A @ A.T + identity("n"),
        ),
    ],
    ids=["symmetric", "positive definite"],
)
def test_what_is_realised_in_its_domain_counts(comparison: Comparison) -> None:
    evidence = examine(comparison)
    assert evidence.verdict == Verdict.STRESSED
    assert evidence.scope.startswith("400 instances")
    assert "left out" not in evidence.scope


def test_a_false_statement_is_refuted_inside_its_domain() -> None:
    given: dict[str, Domain] = {"c": positive(), "x": real(), "y": real()}
    comparison = realised(given, lambda c: sqrt(c**2), lambda c: 2 * c, c=lambda x, y: x * y)
    evidence = examine(comparison)
    assert evidence.verdict == Verdict.REFUTED
    assert evidence.witness is not None
    values = evidence.witness.instance.values
    assert values["x"][0] * values["y"][0] > 0


@pytest.mark.parametrize("device", USABLE)
def test_membership_is_certain_or_unsure(device: str) -> None:
    given: dict[str, Domain] = {"P": positive_definite("n"), "A": real("n n")}
    comparison = realised(given, lambda P: P, lambda P: P + 0, P=lambda A: A)
    backend = usable_backend(device)
    conditions = [
        (c, compile_comparison(c.sides, {"n": 2}, ieee_model("float64"))) for c in conditions_of(comparison)
    ]
    assert [c.constraint for c, _ in conditions] == ["positive definite", None]
    matrices = [
        ([[2, 1], [1, 2]], INSIDE),
        ([[2, 1], [0, 2]], OUTSIDE),
        ([[-1, 0], [0, 2]], OUTSIDE),
        ([[1, 1], [1, 1]], UNSURE),
        ([[1, 1], [1, 1 + 2.0**-52]], UNSURE),
        ([[1, 2], [2, 1]], OUTSIDE),
        ([[np.inf, 0], [0, 1]], UNSURE),
    ]
    arrays = {"A": backend.put(np.asarray([m for m, _ in matrices], "float64"))}
    found = membership(backend, conditions, arrays, {}, len(matrices))
    assert found.tolist() == [answer for _, answer in matrices]


# derivatives of what is not defined

WV: dict[str, Domain] = {"w": real("n"), "v": real("n")}
UNDEFINED: dict[str, Comparison] = {
    "a quotient": compared(
        WV,
        lambda w, v: gradient(lambda u: 1 / (dot(w, w) - dot(w, w)) + dot(u, u))(v),
        lambda v: 2 * v,
    ),
    "a quotient by a constant": compared(
        WV,
        lambda v: gradient(lambda u: 1 / (size("n") - size("n")) + dot(u, u))(v),
        lambda v: 2 * v,
    ),
    "a logarithm": compared(
        WV, lambda w, v: gradient(lambda u: log(-dot(w, w)) + dot(u, u))(v), lambda v: 2 * v
    ),
    "a logarithm for each row": compared(
        {"w": real("n"), "X": real("n d")},
        lambda w, X: each(lambda row: gradient(lambda u: sqrt(-1 - dot(w, w)) + dot(u, u))(row), X),
        lambda X: 2 * X,
    ),
    "a logarithm in a jacobian": compared(
        WV, lambda w, v: jacobian(lambda u: log(-dot(w, w)) + u)(v), lambda v: identity("n") + 0 * outer(v, v)
    ),
    "a logarithm in a gradient of a gradient": compared(
        WV,
        lambda w, v: gradient(lambda u: dot(u, gradient(lambda s: log(-dot(w, w)) + dot(s, s))(u)))(v),
        lambda v: 4 * v,
    ),
}


@pytest.mark.parametrize("name", UNDEFINED)
def test_a_derivative_of_what_has_no_value_is_undecided(name: str) -> None:
    evidence = examine(UNDEFINED[name])
    assert evidence.verdict == Verdict.UNDECIDED
    assert evidence.reason == "400 of 400 instances have no finite bound"


def test_a_derivative_of_what_has_a_value_is_decided() -> None:
    comparison = compared(
        WV, lambda w, v: gradient(lambda u: log(1 + dot(w, w)) + dot(u, u))(v), lambda v: 2 * v
    )
    assert examine(comparison).verdict == Verdict.STRESSED


def test_values_alone_do_not_pay_for_what_derivatives_are_taken_of() -> None:
    comparison = UNDEFINED["a logarithm"]
    kernel: Kernel = compile_comparison(comparison, {"n": 3}, ieee_model("float64"))
    sources = dict(zip(("lhs", "rhs", "lhs_bound", "rhs_bound"), kernel.source.split("\n\n"), strict=True))
    assert "xp.log" not in sources["lhs"]
    assert "xp.log" in sources["lhs_bound"]


def test_what_balls_cannot_decide_does_not_blame_the_device(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def undecided(comparison: Comparison, shard: Shard, item: int, options: Options) -> Replay:
        return Replay(regenerate(comparison, shard, item), "undecided", None)

    monkeypatch.setattr(examination, "replay", undecided)
    evidence = examine(planted.comparison_of("wrong sign"))
    assert evidence.verdict == Verdict.UNDECIDED
    assert evidence.reason.startswith("the sides seem to differ, but balls decide nothing at uniform, ")
