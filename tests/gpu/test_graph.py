"""Terms become graphs that mean the same: gradients, maps, loops, feature maps."""

import inspect
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from equivalences import (
    Array,
    Claim,
    activation,
    append,
    causal,
    concat,
    cos,
    cumsum,
    dot,
    each,
    einsum,
    exp,
    feature_map,
    gradient,
    identity,
    index,
    inverse,
    jacobian,
    log,
    logsumexp,
    mask,
    outer,
    positive,
    real,
    relu,
    scan,
    sigmoid,
    sin,
    size,
    softmax,
    softplus,
    solve,
    sqrt,
    stop_gradient,
    tanh,
    unknown,
    zeros,
)
from equivalences import trace as matrix_trace
from equivalences.gpu.compile.features import realise
from equivalences.gpu.compile.graph import Graph
from equivalences.gpu.compile.kernel import Unsupported, compile_comparison
from equivalences.gpu.compile.lower import lower
from equivalences.gpu.device.backend import usable_backend
from equivalences.gpu.device.model import ieee_model
from equivalences.language.comparison import Comparison
from equivalences.language.domain import Domain, Numbers
from equivalences.language.realisation import offset, weight
from equivalences.language.tracing import trace

from . import reference

SIZES = {"n": 3, "m": 2, "d": 2, "v": 2, "f": 4, "k": 2, "T": 3}
STEP = flint.arb(2) ** -60
GIVEN: dict[str, Domain] = {
    "W": real("v d"),
    "X": real("n d"),
    "Y": real("n v"),
    "A": real("d d"),
    "M": mask("n v"),
    "q": real("d"),
    "a": positive(),
    "t": index("n"),
    "act": activation(),
    "f": unknown("v d, d -> k"),
}

Side = Callable[..., Array]


def compared(lhs: Side, rhs: Side, given: Mapping[str, Domain] = GIVEN) -> Comparison:
    return trace(Claim("a-test", title="A test", given=given, lhs=lhs, rhs=rhs))


def instance(comparison: Comparison, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    shapes = {
        name: tuple(sum(SIZES.get(p, 1) for p in axis.split("+")) for axis in domain.axes)
        for name, domain in comparison.given.items()
        if isinstance(domain, Numbers)
    }
    values = {name: rng.integers(-24, 25, shape) / 16 for name, shape in shapes.items()}
    for name in values:
        if comparison.given[name] == mask("n v"):
            values[name] = (values[name] > -0.8).astype(float)
        if getattr(comparison.given[name], "constraint", "") == "positive":
            values[name] = np.abs(values[name]) + 0.5
    return values


def exact_side(comparison: Comparison, side: str, inputs: Mapping[str, Any], *, forwards: bool = False) -> Any:
    graph = Graph()
    root = lower(graph, getattr(comparison, side), comparison, SIZES, forwards=forwards)
    graph, root = realise(graph, root, comparison, SIZES)
    return reference.evaluate(graph, root, inputs, {"t": 1})


def largest(x: Any) -> float:
    return max((float(abs(v).upper()) for v in np.asarray(x, dtype=object).reshape(-1)), default=0.0)


LOSSES: dict[str, Side] = {
    "squares": lambda W, X, Y: dot(Y - X @ W.T, Y - X @ W.T),
    "softmax": lambda W, X, Y: dot(softmax(X @ W.T, axis=1), Y),
    "softmax over rows": lambda W, X, Y: dot(softmax(X @ W.T, axis=0), Y),
    "masked softmax": lambda W, X, Y, M: dot(softmax(X @ W.T, axis=0, where=M), Y),
    "logsumexp": lambda W, X: logsumexp(X @ W.T, axis=0).sum(),
    "functions": lambda W, X: (sin(X @ W.T) * cos(X @ W.T) + tanh(X @ W.T) ** 3).sum(),
    "more functions": lambda W, X: (sigmoid(X @ W.T) * softplus(X @ W.T) / (1 + exp(X @ W.T))).sum(),
    "roots": lambda W: (sqrt(W**2 + 1) * log(W**2 + 2) / (W**2 + 1) ** 2).sum() + (W**2 + 1).sum() ** -1,
    "relu": lambda W, X, Y: dot(relu(X @ W.T), Y),
    "inverse": lambda W, A: matrix_trace(inverse(W.T @ W + identity("d")) @ A),
    "solve": lambda W, q: dot(q, solve(W.T @ W + identity("d"), W.T @ W @ q)),
    "solve with columns": lambda W, A: matrix_trace(solve(W.T @ W + identity("d"), W.T @ W @ A)),
    "einsum": lambda W, X, Y: einsum(W, X, Y, W, "v d, n d, n v, u d -> u").sum(),
    "diagonal": lambda W, A: matrix_trace(W.T @ W @ A) * matrix_trace(W @ A @ W.T),
    "outer": lambda W, q: matrix_trace(outer(W @ q, W @ q)) / size("n"),
    "cumulative": lambda W, X, Y: dot(cumsum(X @ W.T), Y),
    "concatenated": lambda W, X, Y: (concat(X @ W.T, Y) ** 2).sum() + (append(Y, W @ X.sum(0)) ** 3).sum(),
    "taken": lambda W, X, t: exp((X @ W.T)[t]).sum(),
    "stretched": lambda W, q: (W * q[None, :] + (W @ q)[:, None]).sum() + (W * W.sum(0)[None, :]).sum(),
    "mapped": lambda W, X, Y: each(lambda x, y: dot(y - W @ x, y - W @ x) ** 2, X, Y).sum(),
    "map in a map": lambda W, X: each(lambda x: each(lambda z: exp(dot(W @ x, W @ z)), X).sum(), X).sum(),
    "scanned": lambda W, X: scan(lambda s, x: tanh(W.T @ W @ (s + x)), X.sum(0) * 0, X).sum(),
    "reads": lambda W, X, Y: dot(
        scan(lambda S, x: S + outer(W @ x, x), zeros("v d"), X, read=lambda S, x: S @ x), Y
    ),
    "scan without data": lambda W, q: scan(lambda s: s - W.T @ W @ s / 4, q, length="T").sum(),
    "activation": lambda W, X, act: act(X @ W.T).sum(),
    "unknown": lambda W, q, f: (f(W, q) * f(W, q)).sum(),
    "gradient": lambda W, X, Y: (gradient(lambda V: dot(softmax(X @ V.T, axis=1), Y))(W) ** 2).sum(),
    "jacobian": lambda W, X, q: (jacobian(lambda p: tanh(W @ p))(q) ** 2).sum(),
    "gradient for each": lambda W, X, Y: (
        each(lambda x, y: gradient(lambda V: dot(y, tanh(V @ x)))(W), X, Y).sum(0).sum(1).sum()
    ),
    "division": lambda W, X, a: (X @ W.T / (a + W.sum() ** 2)).sum(),
    "causal": lambda W, X: ((causal("n") * (X @ W.T @ W @ X.T)) @ X).sum(),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_gradient_is_a_quotient_of_differences(name: str) -> None:
    """At 400 bits and a step of 2⁻⁶⁰ the two agree to the square of the step."""
    loss = LOSSES[name]
    parameters = loss.__code__.co_varnames[: loss.__code__.co_argcount]
    given = {key: GIVEN[key] for key in dict.fromkeys((*parameters, "W"))}

    def differentiated(**arguments: Any) -> Array:
        rest = [arguments[key] for key in parameters[1:]]
        return gradient(lambda W: loss(W, *rest))(arguments["W"])

    differentiated.__signature__ = signature_of(parameters)  # type: ignore[attr-defined]
    first = compared(loss, lambda a: a, given | {"a": positive()})
    second = compared(differentiated, lambda W: W, given)
    inputs = {key: reference.exact(value) for key, value in instance(second).items()}
    found = exact_side(second, "lhs", inputs)
    assert largest(found - exact_side(second, "lhs", inputs, forwards=True)) < 1e-90
    for position in np.ndindex(found.shape):
        values = []
        for sign in (1, -1):
            shifted = inputs["W"].copy()
            shifted[position] = shifted[position] + sign * STEP
            values.append(exact_side(first, "lhs", inputs | {"W": shifted}).item())
        quotient = (values[0] - values[1]) / (2 * STEP)
        assert abs(found[position] - quotient) < flint.arb(2) ** -90


def signature_of(names: tuple[str, ...]) -> Any:
    return inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names])


EQUAL: dict[str, tuple[Side, Side]] = {
    "stop_gradient freezes": (
        lambda W, X: gradient(lambda V: dot(stop_gradient(V @ X.T), V @ X.T))(W),
        lambda W, X: W @ X.T @ X,
    ),
    "stop_gradient freezes outer gradients too": (
        lambda W: gradient(lambda V: (gradient(lambda U: (stop_gradient(V) * U**2).sum())(V)).sum())(W),
        lambda W: 2 * W,
    ),
    "only the argument varies": (
        lambda W: gradient(lambda V: (V * W).sum())(W),
        lambda W: W,
    ),
    "a jacobian has the axes of the value first": (
        lambda W, q: jacobian(lambda p: W @ p)(q),
        lambda W: W,
    ),
    "a jacobian of a matrix": (
        lambda W, X: jacobian(lambda V: X @ V.T)(W),
        lambda W, X: einsum(identity("v"), X, "v u, n d -> n v u d"),
    ),
    "a jacobian in a map": (
        lambda W, X: each(lambda x: jacobian(lambda p: tanh(W @ p))(x), X),
        lambda W, X: each(lambda x: (1 - tanh(W @ x) ** 2)[:, None] * W, X),
    ),
    "a map of gradients is a gradient of the sum": (
        lambda W, X, Y: each(lambda x, y: gradient(lambda V: dot(y, V @ x) ** 2)(W), X, Y).sum(0),
        lambda W, X, Y: gradient(lambda V: each(lambda x, y: dot(y, V @ x) ** 2, X, Y).sum())(W),
    ),
    "reads see the state after the step": (
        lambda X: scan(lambda s, x: s + x, X.sum(0) * 0, X, read=lambda s, x: s),
        lambda X: cumsum(X),
    ),
    "states are replaced at once": (
        lambda q: scan(lambda s: (s[1], s[0] + s[1]), (q, 2 * q), length="T")[1],
        lambda q: 8 * q,
    ),
    "an index is a row": (
        lambda X, Y, t: (X.T @ Y)[:, None].sum(1).sum(0) * 0 + Y[t],
        lambda Y, t: causal("n")[t] @ Y - causal("n", strict=True)[t] @ Y,
    ),
    "a constant body": (lambda X: each(lambda x: dot(x, x) * 0 + 2, X), lambda X: X.sum(1) * 0 + 2),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_programs_have_equal_graphs(name: str) -> None:
    comparison = compared(*EQUAL[name])
    inputs = instance(comparison)
    lhs, rhs = (exact_side(comparison, side, inputs) for side in ("lhs", "rhs"))
    assert lhs.shape == rhs.shape
    assert largest(lhs - rhs) < 1e-100
    assert largest(lhs) > 0


KERNELS: dict[str, Callable[[Array, Array], Array]] = {
    "exp": lambda x, y: exp(dot(x, y)),
    "gaussian": lambda x, y: exp(-dot(x - y, x - y) / 2),
    "square": lambda x, y: (1 + dot(x, y)) ** 2,
}


def feature_given(kernel: str) -> dict[str, Domain]:
    phi = feature_map("d -> f", kernel=KERNELS[kernel])
    return {"phi": phi, "W0": real("v f"), "X": real("n d"), "Z": real("m d"), "q": real("d"), "Y": real("n v")}


@pytest.mark.parametrize("kernel", KERNELS)
def test_inner_products_of_features_are_kernel_values(kernel: str) -> None:
    kappa = KERNELS[kernel]
    pairs: list[tuple[Side, Side]] = [
        (lambda phi, X, Z: phi(X) @ phi(Z).T, lambda X, Z: each(lambda x: each(lambda z: kappa(x, z), Z), X)),
        (lambda phi, X: einsum(phi(X), phi(X), "n f, n f -> n"), lambda X: each(lambda x: kappa(x, x), X)),
        (lambda phi, X, q: each(lambda x: dot(phi(x), phi(q)), X), lambda X, q: each(lambda x: kappa(x, q), X)),
        (lambda phi, X, q, Y: (Y.T @ phi(X)) @ phi(q), lambda X, q, Y: Y.T @ each(lambda x: kappa(x, q), X)),
        (
            lambda phi, X, q, Y: scan(lambda S, x, y: S + outer(y, phi(x)), zeros("v f"), (X, Y)) @ phi(q),
            lambda X, q, Y: Y.T @ each(lambda x: kappa(x, q), X),
        ),
        (
            lambda phi, W0, X, q: (W0 - gradient(lambda W: dot(W @ phi(q), W @ phi(q)) / 2)(W0)) @ phi(q),
            lambda phi, W0, q: W0 @ phi(q) * (1 - kappa(q, q)),
        ),
        (lambda phi, W0, X, Y: dot(W0, Y.T @ phi(X)), lambda phi, W0, X, Y: dot(W0 @ phi(X).T, Y.T)),
    ]
    for lhs, rhs in pairs:
        comparison = compared(lhs, rhs, feature_given(kernel))
        inputs = instance(comparison)
        left, right = (exact_side(comparison, side, inputs) for side in ("lhs", "rhs"))
        assert largest(left - right) < 1e-90
        assert largest(left) > 0


def test_repeated_points_are_no_special_case() -> None:
    comparison = compared(
        lambda phi, X, q, Y: (Y.T @ phi(X)) @ phi(q),
        lambda X, q, Y: Y.T @ exp(X @ q),
        feature_given("exp"),
    )
    inputs = instance(comparison)
    inputs["X"][:] = inputs["q"]
    left, right = (exact_side(comparison, side, inputs) for side in ("lhs", "rhs"))
    assert largest(left - right) < 1e-90


@pytest.mark.parametrize(
    "side",
    [
        lambda phi, q: exp(phi(q)).sum(),
        lambda phi, q: phi(q).sum(),
        lambda phi, X: gradient(lambda x: dot(phi(x), phi(x)))(X).sum(),
        lambda phi, q: (phi(q) * phi(q)).sum(),
        lambda phi, q: dot(phi(q) + 1, phi(q)),
    ],
)
def test_what_inner_products_do_not_tell_is_refused(side: Side) -> None:
    comparison = compared(side, lambda q: q.sum(), feature_given("exp"))
    with pytest.raises(Unsupported):
        compile_comparison(comparison, SIZES, ieee_model("float64"))


def test_sides_share_no_node_and_keep_their_association() -> None:
    given = {"Q": real("m d"), "K": real("n d"), "V": real("n v")}
    comparison = compared(lambda Q, K, V: (Q @ K.T) @ V, lambda Q, K, V: Q @ (K.T @ V), given)
    kernel = compile_comparison(comparison, {"m": 4, "n": 5, "d": 3, "v": 2}, ieee_model("float64"))
    assert not kernel.is_trivial
    lhs, rhs = kernel.source.split("\n\n\n")[:2]
    assert "(-1, 4, 5)" not in lhs
    assert lhs.count("xp.matmul") == rhs.count("xp.matmul") == 2
    assert lhs.partition("\n")[2] != rhs.partition("\n")[2]


def test_one_program_on_both_sides_is_said_to_be_trivial() -> None:
    comparison = compared(lambda X, Y: X.T @ Y, lambda X, Y: X.T @ Y)
    assert compile_comparison(comparison, SIZES, ieee_model("float64")).is_trivial


def test_what_differentiation_makes_one_program_is_differentiated_both_ways() -> None:
    def loss(W: Array, q: Array, B: Array) -> Array:
        return exp(W @ q).sum() + exp(B @ stop_gradient(W @ q)).sum()

    claim = Claim(
        "truncated",
        title="A stopped gradient does not see what comes after",
        given={"W": real("v d"), "q": real("d"), "B": real("k v")},
        lhs=lambda W, q, B: gradient(loss)(W, q, B),
        independent_of=("B",),
    )
    kernel = compile_comparison(trace(claim), SIZES, ieee_model("float64"))
    assert not kernel.is_trivial
    rng = np.random.default_rng(0)
    arrays = {name: rng.standard_normal((20, *shape)) for name, shape in kernel.shapes.items()}
    lhs, lhs_error, rhs, rhs_error = kernel.bounds(usable_backend("numpy"), arrays, {})
    assert np.all(np.abs(lhs - rhs) <= lhs_error + rhs_error)
    assert np.all(lhs_error > 0)
    known = compared(lambda q: gradient(lambda z: logsumexp(z))(q), lambda q: softmax(q))
    assert not compile_comparison(known, SIZES, ieee_model("float64")).is_trivial


def test_unknown_functions_are_the_cubic_of_the_realisation() -> None:
    def h(u: Fraction) -> Fraction:
        return u + u**2 / 2 + u**3 / 6

    comparison = compared(lambda W, q, f: f(W, q), lambda W, q, f: 2 * f(W, q))
    inputs = instance(comparison)
    found = exact_side(comparison, "lhs", inputs)
    entries = [[Fraction(float(x)) for x in inputs[name].reshape(-1)] for name in ("W", "q")]
    for o in range(SIZES["k"]):
        inner = offset("f", o)
        for k, values in enumerate(entries):
            inner += sum(weight("f", k, o, c) * x for c, x in enumerate(values))
        assert abs(found[o] - reference.rational(h(inner))) < 1e-90
    activated = exact_side(compared(lambda q, act: act(q), lambda q: q), "lhs", inputs)
    for x, value in zip(entries[1], activated, strict=True):
        expected = offset("act", 0) + h(weight("act", 0, 0, 0) * x)
        assert abs(value - reference.rational(expected)) < 1e-90
