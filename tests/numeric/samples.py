"""Statements, true and nearly true, on which the evaluators of this folder are tried."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import Any

from flint import arb

from equivalences import (
    Array,
    Claim,
    FeatureMap,
    ScalarFunction,
    activation,
    block,
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
    tanh,
    trace,
    transpose,
    unknown,
    zeros,
)
from equivalences.language import tracing
from equivalences.language.comparison import Comparison
from equivalences.language.domain import Domain, Index, Numbers
from equivalences.language.evidence import Instance

SIZES = {
    "n": 3, "m": 2, "d": 2, "v": 2, "w": 3, "c": 2, "a": 2, "b": 3, "e": 2, "h": 2, "r": 2, "p": 2, "s": 2,
    "T": 3, "f": 10,
}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A statement, whether it is true, and the sizes at which that shows."""

    name: str
    given: Mapping[str, Domain]
    lhs: Callable[..., Array]
    rhs: Callable[..., Array]
    true: bool = True
    sizes: Mapping[str, int] = field(default_factory=dict)


def compared(sample: Sample, **options: Any) -> Comparison:
    return tracing.trace(Claim("sample", sample.name, sample.given, sample.lhs, sample.rhs, **options))


def instance_of(comparison: Comparison, sizes: Mapping[str, int] = SIZES, seed: int = 0) -> Instance:
    """Random dyadic inputs."""
    rng = random.Random(seed)
    values: dict[str, tuple[Fraction, ...]] = {}
    for name, domain in comparison.given.items():
        match domain:
            case Index(axis):
                values[name] = (Fraction(rng.randrange(sizes[axis])),)
            case Numbers(axes, constraint):
                shape = [sum(1 if part == "1" else sizes[part] for part in axis.split("+")) for axis in axes]
                values[name] = _entries(rng, prod(shape), shape, constraint)
    return Instance(dict(sizes), values)


def ends(x: arb) -> tuple[Fraction, Fraction]:
    """The exact ends of a finite ball: FLINT's own ``contains`` would round a fraction first."""
    (m, e), (r, f) = x.mid().man_exp(), x.rad().man_exp()
    middle, radius = int(m) * Fraction(2) ** int(e), int(r) * Fraction(2) ** int(f)
    return middle - radius, middle + radius


def _entries(rng: random.Random, count: int, shape: list[int], constraint: str) -> tuple[Fraction, ...]:
    numbers = [Fraction(rng.randint(-64, 64), 64) for _ in range(count)]
    match constraint:
        case "positive":
            return tuple(abs(x) + Fraction(1, 64) for x in numbers)
        case "mask":
            return tuple(Fraction(rng.randint(0, 1)) for _ in numbers)
        case "symmetric" | "positive definite":
            n = shape[0]
            rows = [numbers[k * n : (k + 1) * n] for k in range(n)]
            if constraint == "symmetric":
                return tuple(rows[i][j] + rows[j][i] for i in range(n) for j in range(n))
            return tuple(
                sum((x * y for x, y in zip(rows[i], rows[j], strict=True)), Fraction(int(i == j)))
                for i in range(n)
                for j in range(n)
            )
    return tuple(numbers)


half = Fraction(1, 2)


def square(x: Array) -> Array:
    return dot(x, x)


def loss(W: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    features: Array = phi(keys)
    return -dot(values, features @ W.T) / (eta * exp(keys @ query).sum())


def attention(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array) -> Array:
    return W0 @ phi(query) + softmax(keys @ query) @ values


def gradient_step(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    return (W0 - eta * gradient(loss)(W0, phi, keys, values, query, eta)) @ phi(query)


def step_up(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    return (W0 + eta * gradient(loss)(W0, phi, keys, values, query, eta)) @ phi(query)


def exponential() -> Any:
    return feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y)))


ATTENTION: dict[str, Domain] = {
    "W0": real("v f"), "phi": exponential(), "keys": real("n d"), "values": real("n v"), "query": real("d"),
    "eta": positive(),
}  # fmt: skip


def mse(W: Array, X: Array, Y: Array) -> Array:
    return half * square(Y - X @ W.T)


LINEAR: dict[str, Domain] = {
    "W0": real("v d"), "X": real("n d"), "Y": real("n v"), "query": real("d"), "eta": real(), "P": real("d d"),
}  # fmt: skip
MESA: dict[str, Domain] = {
    "W0": real("v d"), "K": real("n d"), "V": real("n v"), "k": real("d"), "v": real("v"), "q": real("d"),
    "lam": positive(), "M": positive_definite("d"),
}  # fmt: skip
TOKENS: dict[str, Domain] = {
    "S0": real("v d"), "K": real("n d"), "V": real("n v"), "beta": real("n"), "Q": real("n d"),
}  # fmt: skip
LAYERS: dict[str, Domain] = {
    "x": real("c"), "A": real("a c"), "B": real("b a"), "U1": real("w a"), "U2": real("w b"), "y": real("w"),
    "s": activation(), "z": real("w"),
}  # fmt: skip
UNKNOWN: dict[str, Domain] = {
    "x": real("c"), "p": real("p"), "r": real("r"), "f1": unknown("c, p -> a"), "f2": unknown("a, r -> b"),
}  # fmt: skip


def closed(K: Array, V: Array, lam: Array) -> Array:
    return V.T @ K @ inverse(K.T @ K + identity("d") / lam)


def sherman(R: Array, k: Array) -> Array:
    return R - outer(R @ k, k @ R) / (1 + k @ R @ k)


def mesa_recursive(K: Array, V: Array, lam: Array, q: Array) -> Array:
    def step(s: tuple[Array, ...], k: Array, v: Array) -> tuple[Array, ...]:
        return s[0] + outer(v, k), sherman(s[1], k)

    S, R = scan(step, (zeros("v d"), lam * identity("d")), (K, V))
    return S @ (R @ q)


def delta_step(S: Array, k: Array, v: Array, b: Array) -> Array:
    return S @ (identity("d") - b * outer(k, k)) + b * outer(v, k)


def online_step(S: Array, k: Array, v: Array, b: Array) -> Array:
    return S - b * gradient(lambda W: half * square(v - W @ k))(S)


def linear_recurrent(K: Array, V: Array, Q: Array) -> Array:
    return scan(lambda S, k, v, q: S + outer(v, k), zeros("v d"), (K, V, Q), read=lambda S, k, v, q: S @ q)


def cross_entropy(z: Array, y: Array) -> Array:
    return logsumexp(z) - dot(y, z)


def detached_loss(A: Array, B: Array, x: Array, y: Array, U1: Array, U2: Array, s: ScalarFunction) -> Array:
    h = s(A @ x)
    return cross_entropy(U1 @ h, y) + cross_entropy(U2 @ s(B @ stop_gradient(h)), y)


def unrolled(W0: Array, X: Array, Y: Array, eta: Array) -> Array:
    return mse(W0 - eta * gradient(mse)(W0, X, Y), X, Y)


SAMPLES = (
    Sample("softmax attention is a gradient step", ATTENTION, attention, gradient_step),
    Sample("a step up the loss", ATTENTION, attention, step_up, true=False),
    Sample(
        "linear attention is a gradient step",
        LINEAR,
        lambda W0, X, Y, query, eta: W0 @ query + eta * (X @ query) @ (Y - X @ W0.T),
        lambda W0, X, Y, query, eta: (W0 - eta * gradient(mse)(W0, X, Y)) @ query,
    ),
    Sample(
        "the preconditioner transposed",
        LINEAR,
        lambda W0, X, Y, query, eta, P: W0 @ query + eta * (X @ (P.T @ query)) @ (Y - X @ W0.T),
        lambda W0, X, Y, query, eta, P: (W0 - eta * gradient(mse)(W0, X, Y) @ P) @ query,
        true=False,
    ),
    Sample(
        "block matrices",
        LINEAR,
        lambda W0, X, Y, query, eta, P: (
            block([[P, zeros("d d")], [zeros("d d"), P.T]]) @ concat(query, eta * query)
        ),
        lambda W0, X, Y, query, eta, P: concat(P @ query, eta * query @ P),
    ),
    Sample(
        "T layers are T steps",
        LINEAR,
        lambda W0, X, Y, query, eta: scan(
            lambda s: (s[0] - eta * (X @ X.T) @ s[0], s[1] + eta * (X @ query) @ s[0]),
            (Y - X @ W0.T, W0 @ query),
            length="T",
        )[1],
        lambda W0, X, Y, query, eta: scan(lambda W: W - eta * gradient(mse)(W, X, Y), W0, length="T") @ query,
    ),
    Sample(
        "push-through",
        MESA,
        lambda K, V, lam, q: closed(K, V, lam) @ q,
        lambda K, V, lam, q: V.T @ (inverse(K @ K.T + identity("n") / lam) @ (K @ q)),
    ),
    Sample(
        "solve is inverse",
        MESA,
        lambda K, M, q: concat(solve(M, q), solve(M, K.T) @ (K @ q)),
        lambda K, M, q: concat(inverse(M) @ q, inverse(M) @ K.T @ K @ q),
    ),
    Sample(
        "the mesa layer is a stationary point",
        MESA,
        lambda K, V, lam: gradient(lambda W: mse(W, K, V) + half / lam * square(W))(closed(K, V, lam)),
        lambda K: zeros("v d"),
    ),
    Sample(
        "Sherman and Morrison, sign",
        MESA,
        lambda M, k: inverse(M + outer(k, k)),
        lambda M, k: inverse(M) + outer(inverse(M) @ k, k @ inverse(M)) / (1 + k @ inverse(M) @ k),
        true=False,
    ),
    Sample("mesa, recursive", MESA, mesa_recursive, lambda K, V, lam, q: closed(K, V, lam) @ q),
    Sample(
        "DeltaNet is an online step",
        TOKENS,
        lambda S0, K, V, beta: scan(delta_step, S0, (K, V, beta)),
        lambda S0, K, V, beta: scan(online_step, S0, (K, V, beta)),
    ),
    Sample(
        "linear attention, recurrent and masked",
        TOKENS,
        linear_recurrent,
        lambda K, V, Q: (causal("n") * (Q @ K.T)) @ V,
    ),
    Sample(
        "linear attention, strict mask",
        TOKENS,
        linear_recurrent,
        lambda K, V, Q: (causal("n", strict=True) * (Q @ K.T)) @ V,
        true=False,
    ),
    Sample(
        "a row of causal softmax",
        {**TOKENS, "t": index("n")},
        lambda K, V, Q, t: (softmax(Q @ K.T, where=causal("n")) @ V)[t],
        lambda K, V, Q, t: (causal("n")[t] * exp(K @ Q[t])) @ V / dot(causal("n")[t], exp(K @ Q[t])),
    ),
    Sample(
        "the gradient of the last layer alone",
        LAYERS,
        lambda A, B, x, y, U1, U2, s: gradient(detached_loss)(A, B, x, y, U1, U2, s),
        lambda A, x, y, U1, s: gradient(lambda A: cross_entropy(U1 @ s(A @ x), y))(A),
    ),
    Sample(
        "the gradient without the detour",
        LAYERS,
        lambda A, B, x, y, U1, U2, s: gradient(detached_loss)(A, B, x, y, U1, U2, s),
        lambda A, B, x, y, U1, U2, s: gradient(
            lambda A: cross_entropy(U1 @ s(A @ x), y) + cross_entropy(U2 @ s(B @ s(A @ x)), y)
        )(A),
        true=False,
    ),
    Sample(
        "logsumexp and softmax", LAYERS, lambda y: gradient(lambda z: logsumexp(z))(y), lambda y: softmax(y)
    ),
    Sample(
        "the Jacobian of softmax",
        LAYERS,
        lambda y: jacobian(lambda z: softmax(z))(y),
        lambda y: identity("w") * softmax(y)[:, None] - outer(softmax(y), softmax(y)),
    ),
    Sample(
        "the Hessian of logsumexp is the Jacobian of softmax",
        LAYERS,
        lambda y: jacobian(lambda z: gradient(lambda u: logsumexp(u))(z))(y),
        lambda y: jacobian(lambda z: softmax(z))(y),
    ),
    Sample(
        "gradient of a gradient",
        LINEAR,
        lambda W0, X, Y: gradient(lambda W: half * square(gradient(mse)(W, X, Y)))(W0),
        lambda W0, X, Y: (W0 @ X.T - Y.T) @ X @ (X.T @ X),
    ),
    Sample(
        "gradient through a step",
        LINEAR,
        lambda W0, X, Y, eta: gradient(unrolled)(W0, X, Y, eta),
        lambda W0, X, Y, eta: (
            gradient(mse)(W0 - eta * gradient(mse)(W0, X, Y), X, Y) @ (identity("d") - eta * X.T @ X)
        ),
    ),
    Sample(
        "first order only",
        LINEAR,
        lambda W0, X, Y, eta: gradient(lambda W: mse(W - eta * stop_gradient(gradient(mse)(W, X, Y)), X, Y))(
            W0
        ),
        lambda W0, X, Y, eta: gradient(mse)(W0 - eta * gradient(mse)(W0, X, Y), X, Y),
    ),
    Sample(
        "first order is not all",
        LINEAR,
        lambda W0, X, Y, eta: gradient(lambda W: mse(W - eta * stop_gradient(gradient(mse)(W, X, Y)), X, Y))(
            W0
        ),
        lambda W0, X, Y, eta: gradient(unrolled)(W0, X, Y, eta),
        true=False,
    ),
    Sample(
        "every query its own problem",
        {**ATTENTION, "queries": real("m d")},
        lambda W0, phi, keys, values, queries: phi(queries) @ W0.T + softmax(queries @ keys.T, axis=1) @ values,
        lambda W0, phi, keys, values, queries, eta: each(
            lambda query: gradient_step(W0, phi, keys, values, query, eta), queries
        ),
    ),
    Sample(
        "heads",
        {"Q": real("h n d"), "K": real("h n d"), "V": real("h n v"), "W": real("h v m")},
        lambda Q, K, V, W: (softmax(Q @ transpose(K), axis=-1) @ V @ W).sum("h"),
        lambda Q, K, V, W: einsum(
            exp(Q @ transpose(K)) / exp(Q @ transpose(K)).sum(2)[:, :, None], V, W, "h i j, h j v, h v m -> i m"
        ),
    ),
    Sample(
        "chain rule through unknown layers",
        UNKNOWN,
        lambda p, r, x, f1, f2: gradient(lambda p: square(f2(f1(x, p), r)))(p),
        lambda p, r, x, f1, f2: (
            2 * f2(f1(x, p), r) @ jacobian(f2)(f1(x, p), r) @ jacobian(lambda p: f1(x, p))(p)
        ),
    ),
    Sample(
        "elementary functions",
        {"x": positive("n d"), "y": real("n d")},
        lambda x, y: (
            sqrt(x) ** 2 * exp(log(x))
            + sin(y) ** 2
            + cos(y) ** 2
            + sigmoid(y)
            + tanh(y)
            + relu(y)
            + softplus(y)
        ),
        lambda x, y: (
            x**2
            + 1
            + exp(y) / (1 + exp(y))
            + (1 - exp(-2 * y)) / (1 + exp(-2 * y))
            + (y + sqrt(y**2)) / 2
            + log(1 + exp(y))
        ),
    ),
    Sample(
        "elementary derivatives",
        {"x": positive("n d"), "y": real("n d")},
        lambda x, y: (
            gradient(
                lambda x: (sqrt(x) + log(x) + 1 / x + x**3 + x**-2 + sin(x) + tanh(x) + softplus(x)).sum()
            )(x)
            + gradient(lambda y: (cos(y) + sigmoid(y) + relu(y) + exp(y * y)).sum())(y)
        ),
        lambda x, y: (
            half / sqrt(x)
            + 1 / x
            - 1 / x**2
            + 3 * x**2
            - 2 / x**3
            + cos(x)
            + 1
            - tanh(x) ** 2
            + sigmoid(x)
            - sin(y)
            + sigmoid(y) * sigmoid(-y)
            + (1 + y / sqrt(y**2)) / 2
            + 2 * y * exp(y**2)
        ),
    ),
    Sample(
        "inverse and solve, derived",
        MESA,
        lambda M, k, q: gradient(lambda R: k @ inverse(R) @ q)(M) + gradient(lambda R: k @ solve(R, q))(M),
        lambda M, k, q: -2 * outer(inverse(M).T @ k, inverse(M) @ q),
    ),
    Sample(
        "prefix sums, traces, sizes",
        {**TOKENS, "m1": mask("n"), "M": real("n n")},
        lambda K, m1, M: cumsum(K) * m1[:, None] * trace(M) + size("n") * K + dot(M, identity("n")),
        lambda K, m1, M: (
            (causal("n") @ K) * m1[:, None] * einsum(M, "i i -> ") + ones("n").sum() * K + einsum(M, "i i -> ")
        ),
    ),
    Sample(
        "prefix sums, derived",
        TOKENS,
        lambda K, Q: gradient(lambda K: dot(cumsum(K), Q))(K),
        lambda K, Q: causal("n").T @ Q,
    ),
    Sample(
        "a gradient through a recurrence",
        {"W": real("d d"), "K": real("n d"), "Q": real("d")},
        lambda W, K, Q: gradient(lambda s: square(scan(lambda s, k: W @ s + k, s, K)))(Q),
        lambda W, K, Q: 2 * scan(lambda s, k: W @ s + k, Q, K) @ scan(lambda s, k: W @ s, identity("d"), K),
    ),
)
