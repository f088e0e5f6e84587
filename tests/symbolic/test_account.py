"""The prover as a whole on planted claims, and what it tells of a proof."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from equivalences import (
    Array,
    Claim,
    FeatureMap,
    ScalarFunction,
    activation,
    causal,
    dot,
    exp,
    feature_map,
    gradient,
    index,
    inverse,
    outer,
    positive,
    real,
    scan,
    softmax,
    zeros,
)
from equivalences.language.comparison import Comparison
from equivalences.language.domain import Domain
from equivalences.language.evidence import Options, Verdict
from equivalences.language.tracing import trace
from equivalences.symbolic import examine, replay

GIVEN: Mapping[str, Domain] = {
    "W": real("v f"),
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "K": real("n d"),
    "V": real("n v"),
    "q": real("d"),
    "P": real("d d"),
    "eta": positive(),
    "s": activation(),
    "t": index("n"),
}


def comparison(lhs: Callable[..., Any], rhs: Callable[..., Any], **more: Any) -> Comparison:
    given = more.pop("given", GIVEN)
    return trace(Claim("a-claim", title="A claim", given=given, lhs=lhs, rhs=rhs, **more))


def attention(W: Array, phi: FeatureMap, K: Array, V: Array, q: Array) -> Array:
    """[v f], φ, [n d], [n v], [d] -> [v]"""
    return W @ phi(q) + softmax(K @ q) @ V


def loss(W: Array, phi: FeatureMap, K: Array, V: Array, q: Array, eta: Array) -> Array:
    """… -> []"""
    return -dot(V, phi(K) @ W.T) / (eta * exp(K @ q).sum())


def step(W: Array, phi: FeatureMap, K: Array, V: Array, q: Array, eta: Array) -> Array:
    """… -> [v]"""
    return (W - eta * gradient(loss)(W, phi, K, V, q, eta)) @ phi(q)


def downstream(s: ScalarFunction, q: Array) -> Array:
    """φ, [d] -> [d]"""
    return gradient(lambda x: s(x).sum())(q)


TRUE: dict[str, tuple[Callable[..., Array], Callable[..., Array], dict[str, Any]]] = {
    "attention": (attention, step, {}),
    "inverse of a product": (lambda P, q: inverse(P @ P) @ q, lambda P, q: inverse(P) @ inverse(P) @ q, {}),
    "recurrent is masked": (
        lambda K, V: scan(lambda S, k, v: S + outer(v, k), zeros("v d"), (K, V), read=lambda S, k, v: S @ k),
        lambda K, V: (causal("n") * (K @ K.T)) @ V,
        {"state": lambda K, V: V.T @ K},
    ),
    "chain rule": (
        lambda s, q, eta: gradient(lambda e: s(e * q).sum())(eta),
        lambda s, q, eta: dot(q, downstream(s, eta * q)),
        {},
    ),
}

FALSE: dict[str, tuple[Callable[..., Array], Callable[..., Array], dict[str, Any]]] = {
    "a step up": (attention, lambda W, phi, K, V, q, eta: 2 * W @ phi(q) - step(W, phi, K, V, q, eta), {}),
    "W dropped": (lambda K, V, q: softmax(K @ q) @ V, step, {}),
    "an inverse of the transpose": (lambda P: inverse(P), lambda P: inverse(P.T), {}),
    "a strict mask": (
        lambda K, V: scan(lambda S, k, v: S + outer(v, k), zeros("v d"), (K, V), read=lambda S, k, v: S @ k),
        lambda K, V: (causal("n", strict=True) * (K @ K.T)) @ V,
        {"state": lambda K, V: V.T @ K},
    ),
    "another token": (lambda K, V, t: (K @ K.T)[t], lambda K, t: (K @ K.T).sum(0), {}),
    "a function is its derivative": (lambda s, q: s(q), downstream, {}),
    "a function is linear": (lambda s, q: s(2 * q), lambda s, q: 2 * s(q), {}),
    "the normaliser inside": (lambda K, V, q: softmax(K @ q) @ V, lambda K, V, q: softmax(2 * K @ q) @ V, {}),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_claims_are_proved_and_told(name: str) -> None:
    lhs, rhs, more = TRUE[name]
    traced = comparison(lhs, rhs, **more)
    evidence = examine(traced, Options())
    assert evidence.verdict == Verdict.PROVED, evidence.reason
    assert evidence.certificate is not None
    assert replay(traced, evidence.certificate)
    detail = evidence.detail
    assert detail["derivation"]
    assert all(step["latex"] and step["reason"] for step in detail["derivation"])
    assert detail["second_opinion"]["verdict"] in ("agrees", "open")
    assert (detail["induction"] is not None) == ("state" in more)
    assert detail["steps"] >= detail["evaluated"] - 1


@pytest.mark.parametrize("name", FALSE)
def test_false_claims_are_not_proved(name: str) -> None:
    lhs, rhs, more = FALSE[name]
    evidence = examine(comparison(lhs, rhs, **more), Options())
    assert evidence.verdict == Verdict.UNDECIDED
    # nothing had to be caught by the second opinion or by the evaluation of steps
    assert "bug" not in evidence.reason


def test_no_certificate_of_one_claim_proves_another() -> None:
    evidence = examine(comparison(*TRUE["attention"][:2]), Options())
    assert evidence.certificate is not None
    assert not replay(comparison(*FALSE["a step up"][:2]), evidence.certificate)


def standard_identity(A: Array, B: Array, C: Array, D: Array) -> Array:
    """Σ ± of the products in every order.  [d d] four times -> [d d]"""
    total = 0 * A
    for order in itertools.permutations(range(4)):
        crossings = sum(order[i] > order[j] for i in range(4) for j in range(i + 1, 4))
        a, b, c, d = ((A, B, C, D)[k] for k in order)
        total = total + (-1) ** crossings * (a @ b @ c @ d)
    return total


def test_what_holds_at_sizes_one_and_two_only_is_not_proved() -> None:
    given = {name: real("d d") for name in "ABCD"}
    evidence = examine(comparison(standard_identity, lambda A: 0 * A, given=given), Options())
    assert evidence.verdict == Verdict.UNDECIDED
    assert "24 terms" in evidence.reason


def test_one_program_on_both_sides_is_vacuous() -> None:
    evidence = examine(comparison(lambda K: K @ K.T, lambda K: K @ K.T), Options())
    assert evidence.verdict == Verdict.VACUOUS
