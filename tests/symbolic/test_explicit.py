"""The second opinion: agrees with what is true, contradicts what is false, and otherwise says so."""

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from equivalences import (
    Array,
    Claim,
    Equation,
    FeatureMap,
    activation,
    block,
    causal,
    concat,
    cos,
    cumsum,
    dot,
    each,
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
    ones,
    outer,
    positive,
    positive_definite,
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
    symmetric,
    tanh,
    trace,
    transpose,
    unknown,
)
from equivalences.language.domain import Domain
from equivalences.language.tracing import trace as traced
from equivalences.symbolic.explicit.opinion import Opinion, second_opinion

GIVEN: dict[str, Domain] = {
    "x": real("d"),
    "y": real("d"),
    "z": real("n"),
    "K": real("n d"),
    "V": real("n v"),
    "W": real("v d"),
    "M": real("d d"),
    "S": symmetric("d"),
    "P": positive_definite("d"),
    "m": mask("n n"),
    "p": positive("n"),
    "c": real(),
    "s": activation(),
    "f": unknown("d -> v"),
    "t": index("n"),
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
}


def opinion(lhs: Callable[..., Any], rhs: Callable[..., Any], **more: Any) -> Opinion:
    claim = Claim("a-claim", title="A claim", given=GIVEN, lhs=lhs, rhs=rhs)
    return second_opinion(traced(claim), **more)


TRUE: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "products": (lambda K, W: (K @ W.T).T, lambda K, W: W @ K.T),
    "Sherman–Morrison": (
        lambda P, x: inverse(P + outer(x, x)),
        lambda P, x: inverse(P) - outer(inverse(P) @ x, inverse(P) @ x) / (1 + x @ inverse(P) @ x),
    ),
    "solve": (lambda P, x: solve(P, x), lambda P, x: inverse(P) @ x),
    "shift of a softmax": (lambda z, c: softmax(z + c), lambda z: softmax(z)),
    "shift of a logsumexp": (lambda z, c: logsumexp(z + c), lambda z, c: c + logsumexp(z)),
    "logarithm": (lambda z, c: log(exp(z).sum()), lambda z: logsumexp(z)),
    "gradient of logsumexp": (lambda z: gradient(logsumexp)(z), lambda z: softmax(z)),
    "Jacobian of softmax": (
        lambda z: jacobian(softmax)(z),
        lambda z: identity("n") * softmax(z)[:, None] - outer(softmax(z), softmax(z)),
    ),
    "gradient of a quadratic form": (
        lambda M, x: gradient(lambda x: x @ M @ x)(x),
        lambda M, x: (M + M.T) @ x,
    ),
    "gradient at another point": (
        lambda x, y: gradient(lambda w: dot(w, w) * dot(w, y))(x + y),
        lambda x, y: 2 * dot(x + y, y) * (x + y) + dot(x + y, x + y) * y,
    ),
    "stopped gradient": (
        lambda x: gradient(lambda w: dot(w, w) * stop_gradient(dot(w, w)))(x),
        lambda x: 2 * dot(x, x) * x,
    ),
    "stopped inside a nested gradient": (
        lambda x, y: gradient(lambda w: dot(gradient(lambda u: dot(u, u) * stop_gradient(dot(u, y)))(w), y))(x),
        lambda x, y: 2 * dot(x, y) * y,
    ),
    "tanh": (lambda z: tanh(z), lambda z: (exp(z) - exp(-z)) / (exp(z) + exp(-z))),
    "sigmoid and softplus": (lambda z: gradient(lambda z: softplus(z).sum())(z), lambda z: sigmoid(z)),
    "rotations": (
        lambda z: sin(z)[:, None] * cos(z)[None, :] - cos(z)[:, None] * sin(z)[None, :],
        lambda z: sin(z[:, None] - z[None, :]),
    ),
    "root": (
        lambda x: dot(x, x) / sqrt(1 + dot(x, x)),
        lambda x: sqrt(1 + dot(x, x)) - 1 / sqrt(1 + dot(x, x)),
    ),
    "root of a size": (
        lambda z: softmax(z / sqrt(size("n"))),
        lambda z: softmax(z * sqrt(size("n")) / size("n")),
    ),
    "gradient of relu": (lambda z: gradient(lambda z: (relu(z) * relu(z)).sum())(z), lambda z: 2 * relu(z)),
    "chain rule": (
        lambda s, x, c: gradient(lambda c: s(c * x).sum())(c),
        lambda s, x, c: dot(x, gradient(lambda u: s(u).sum())(c * x)),
    ),
    "chain rule of a whole function": (
        lambda f, x, y, c: gradient(lambda c: dot(f(x + c * y), f(x)))(c),
        lambda f, x, y, c: f(x) @ (jacobian(f)(x + c * y) @ y),
    ),
    "idempotent mask": (lambda m: m * m, lambda m: m),
    "masked softmax": (
        lambda K, V: softmax(K @ K.T, where=causal("n")) @ V,
        lambda K, V: (lambda e: (e @ V) / e.sum(1)[:, None])(causal("n") * exp(K @ K.T)),
    ),
    "a token": (lambda K, t: (K @ K.T)[t], lambda K, t: K @ K[t]),
    "prefix sums": (lambda K: cumsum(K), lambda K: causal("n") @ K),
    "scan": (
        lambda K, V: scan(lambda S, k, v: S + outer(v, k), V.T @ K, (K, V)),
        lambda K, V: 2 * V.T @ K,
    ),
    "reads of a scan": (
        lambda K: scan(lambda s, k: s + k, 0 * K.sum(0), K, read=lambda s, k: dot(s, k)),
        lambda K: (causal("n") * (K @ K.T)) @ ones("n"),
    ),
    "each row": (lambda K, x: each(lambda k: dot(k, x) * k, K), lambda K, x: (K @ x)[:, None] * K),
    "blocks": (
        lambda K, V: trace(block([[K.T @ K, K.T @ V], [V.T @ K, V.T @ V]])),
        lambda K, V: dot(K, K) + dot(V, V),
    ),
    "concatenation": (lambda x, z: exp(concat(x, z)).sum(), lambda x, z: exp(x).sum() + exp(z).sum()),
    "symmetry": (lambda S, x: S @ x, lambda S, x: x @ transpose(S)),
    "kernel": (lambda phi, K, x: phi(K) @ phi(x), lambda K, x: exp(K @ x)),
    "kernel step": (
        lambda phi, K, V, x: gradient(lambda V: dot(V.T @ phi(K), V.T @ phi(K)))(V)[:, :] * 1,
        lambda K, V: 2 * exp(K @ K.T) @ V,
    ),
}

FALSE: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "order of factors": (lambda M, P: M @ P, lambda M, P: P @ M),
    "sign": (lambda x: gradient(lambda w: dot(w, w))(x), lambda x: -2 * x),
    "another axis": (lambda M: softmax(M, axis=0), lambda M: softmax(M, axis=1)),
    "strictness": (lambda K: causal("n", strict=True) @ K, lambda K: causal("n") @ K),
    "scale of a softmax": (lambda z: softmax(2 * z), lambda z: softmax(z)),
    "kernel": (lambda phi, K, x: phi(K) @ phi(x), lambda K, x: exp(2 * K @ x)),
    "a stopped gradient that matters": (
        lambda x: gradient(lambda w: dot(w, w) * stop_gradient(dot(w, w)))(x),
        lambda x: gradient(lambda w: dot(w, w) * dot(w, w))(x),
    ),
    "almost equal": (lambda x: x, lambda x: x + x * Fraction(1, 10**30)),
    "an unknown function is not linear": (lambda s, x, y: s(x + y), lambda s, x, y: s(x) + s(y)),
    "relu is not the identity": (lambda x: relu(x), lambda x: x),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_claims_agree(name: str) -> None:
    found = opinion(*TRUE[name])
    assert found.verdict == "agrees", found
    assert "=" in found.sizes


@pytest.mark.parametrize("name", FALSE)
def test_false_claims_are_contradicted(name: str) -> None:
    found = opinion(*FALSE[name])
    assert found.verdict == "contradicts", found


def standard_identity(A: Array, B: Array, C: Array, D: Array) -> Array:
    """Σ ± of the products in every order.  [d d] four times -> [d d]"""
    total = 0 * A
    for order in itertools.permutations(range(4)):
        crossings = sum(order[i] > order[j] for i in range(4) for j in range(i + 1, 4))
        a, b, c, d = ((A, B, C, D)[k] for k in order)
        total = total + (-1) ** crossings * (a @ b @ c @ d)
    return total


def test_the_standard_identity_holds_at_small_sizes_only_and_the_sizes_are_said() -> None:
    given = {name: real("d d") for name in "ABCD"}
    claim = Claim("s-4", title="S4", given=given, lhs=standard_identity, rhs=lambda A: 0 * A)
    small = second_opinion(traced(claim), sizes=[{"d": 1}, {"d": 2}], budget=50_000)
    assert (small.verdict, small.sizes) == ("agrees", "d = 1; d = 2")
    assert second_opinion(traced(claim), sizes=[{"d": 3}], budget=50_000).verdict == "contradicts"


def test_a_side_that_is_nowhere_defined_is_open() -> None:
    found = opinion(lambda x: inverse(outer(x, x)), lambda x: 2 * inverse(outer(x, x)), sizes=[{"d": 2}])
    assert (found.verdict, found.reason) == ("open", "the sides are not defined at d = 2")


def test_a_derivative_through_a_feature_map_is_unreadable() -> None:
    def slope(phi: FeatureMap, x: Array) -> Array:
        return gradient(lambda x: phi(x).sum())(x)

    assert opinion(slope, lambda x: x).verdict == "unreadable"


def test_out_of_operations_is_open() -> None:
    assert opinion(*TRUE["Sherman–Morrison"], budget=10).verdict == "open"


def test_what_the_normal_form_cannot_settle_is_open() -> None:
    # true, but the sign of x is needed
    found = opinion(lambda x: relu(x) - relu(-x), lambda x: x)
    assert found.verdict == "open"
    assert found.reason.startswith("no normal form")


def test_hypotheses_are_realised() -> None:
    claim = Claim(
        "realised",
        title="An inverse by hypothesis",
        given={"A": real("d d"), "B": real("d d")},
        lhs=lambda A, B: B @ A,
        rhs=lambda: identity("d"),
        assume=(Equation(lambda A, B: A @ B, lambda: identity("d")),),
        realise={"B": lambda A: inverse(A)},
    )
    assert second_opinion(traced(claim)).verdict == "agrees"
