"""Statements about attention and optimisation: true ones, and near misses that look like them."""

from collections.abc import Callable, Mapping
from typing import Any

from equivalences import (
    Claim,
    activation,
    append,
    block,
    causal,
    concat,
    dot,
    each,
    exp,
    feature_map,
    gradient,
    identity,
    index,
    inverse,
    jacobian,
    logsumexp,
    mask,
    ones,
    outer,
    positive,
    positive_definite,
    real,
    scan,
    size,
    softmax,
    solve,
    stop_gradient,
    transpose,
    unknown,
    zeros,
)
from equivalences.language.comparison import Comparison
from equivalences.language.tracing import trace

TRUE: dict[str, Comparison] = {}
NEAR: dict[str, Comparison] = {}


def state(
    name: str,
    given: Mapping[str, Any],
    lhs: Callable[..., Any],
    rhs: Callable[..., Any] | None = None,
    *,
    true: bool = True,
    **more: Any,
) -> None:
    """Add a statement to ``TRUE``, or to ``NEAR``."""
    claim = Claim("statement", title=name, given=given, lhs=lhs, rhs=rhs, **more)
    (TRUE if true else NEAR)[name] = trace(claim)


def sq(r: Any) -> Any:
    return dot(r, r)


# Softmax attention as one step of gradient descent on exponential features.


def exponential_features() -> Any:
    return feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y)))


def attention(W0: Any, phi: Any, keys: Any, values: Any, query: Any) -> Any:
    return W0 @ phi(query) + softmax(keys @ query) @ values


def loss(W: Any, phi: Any, keys: Any, values: Any, query: Any, eta: Any) -> Any:
    return -dot(values, phi(keys) @ W.T) / (eta * exp(keys @ query).sum())


def gradient_step(W0: Any, phi: Any, keys: Any, values: Any, query: Any, eta: Any) -> Any:
    return (W0 - eta * gradient(loss)(W0, phi, keys, values, query, eta)) @ phi(query)


def two_steps(W0: Any, phi: Any, keys: Any, values: Any, query: Any, eta: Any) -> Any:
    W1 = W0 - eta * gradient(loss)(W0, phi, keys, values, query, eta)
    return gradient_step(W1, phi, keys, values, query, eta)


SOFTMAX = {
    "W0": real("v f"),
    "phi": exponential_features(),
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
    "eta": positive(),
}
state("softmax attention is a gradient step", SOFTMAX, attention, gradient_step)
state(
    "a step up the loss",
    SOFTMAX,
    attention,
    lambda W0, phi, keys, values, query, eta: (
        (W0 + eta * gradient(loss)(W0, phi, keys, values, query, eta)) @ phi(query)
    ),
    true=False,
)
state(
    "W0 dropped",
    SOFTMAX,
    lambda phi, keys, values, query: softmax(keys @ query) @ values,
    gradient_step,
    true=False,
)
state("two softmax steps", SOFTMAX, attention, two_steps, true=False)


def zero_shot_step(phi: Any, keys: Any, values: Any, tkeys: Any, tvalues: Any, query: Any, eta: Any) -> Any:
    Z = exp(concat(keys, tkeys) @ query).sum()
    W0 = tvalues.T @ phi(tkeys) / Z
    return (W0 - eta * gradient(lambda W: -dot(values, phi(keys) @ W.T) / (eta * Z))(W0)) @ phi(query)


TWO_AXES = {
    "phi": exponential_features(),
    "keys": real("n d"),
    "values": real("n v"),
    "tkeys": real("m d"),
    "tvalues": real("m v"),
    "query": real("d"),
    "eta": positive(),
}
state(
    "query tokens among the keys",
    TWO_AXES,
    lambda keys, values, tkeys, tvalues, query: softmax(concat(keys, tkeys) @ query) @ concat(values, tvalues),
    zero_shot_step,
)


def regularised(W0: Any, phi: Any, keys: Any, values: Any, query: Any, eta: Any) -> Any:
    def whole(W: Any) -> Any:
        return loss(W, phi, keys, values, query, eta) + sq(W) / (2 * eta)

    return (W0 - eta * gradient(whole)(W0)) @ phi(query)


state(
    "the regularised step forgets W0",
    SOFTMAX,
    lambda keys, values, query: softmax(keys @ query) @ values,
    regularised,
)
LAYER = {
    "phi": exponential_features(),
    "keys": real("n d"),
    "values": real("n v"),
    "queries": real("m d"),
    "eta": positive(),
    "W0": real("v f"),
}
state(
    "a whole layer, every query its own problem",
    LAYER,
    lambda W0, phi, keys, values, queries: phi(queries) @ W0.T + softmax(queries @ keys.T, axis=1) @ values,
    lambda W0, phi, keys, values, queries, eta: each(
        lambda query: gradient_step(W0, phi, keys, values, query, eta), queries
    ),
)
state(
    "a whole layer, the normaliser of all queries",
    LAYER,
    lambda keys, values, queries: softmax(queries @ keys.T, axis=1) @ values,
    lambda keys, values, queries: exp(queries @ keys.T) @ values / exp(queries @ keys.T).sum(),
    true=False,
)
state(
    "a whole layer, one model for all queries",
    LAYER,
    lambda W0, phi, keys, values, queries, eta: each(
        lambda query: gradient_step(W0, phi, keys, values, query, eta), queries
    ),
    lambda W0, phi, keys, values, queries, eta: (
        phi(queries)
        @ (
            W0
            - eta * gradient(lambda W: -dot(values, phi(keys) @ W.T) / (eta * exp(queries @ keys.T).sum()))(W0)
        ).T
    ),
    true=False,
)

# Linear attention and its preconditioned form.


def mse(W: Any, X: Any, Y: Any) -> Any:
    return sq(Y - X @ W.T) / 2


LINEAR = {
    "W0": real("v d"),
    "X": real("n d"),
    "Y": real("n v"),
    "query": real("d"),
    "eta": real(),
    "P": real("d d"),
}
state(
    "linear attention is a gradient step",
    LINEAR,
    lambda W0, X, Y, query, eta: W0 @ query + eta * (X @ query) @ (Y - X @ W0.T),
    lambda W0, X, Y, query, eta: (W0 - eta * gradient(mse)(W0, X, Y)) @ query,
)
state(
    "preconditioned linear attention",
    LINEAR,
    lambda W0, X, Y, query, eta, P: W0 @ query + eta * (X @ (P @ query)) @ (Y - X @ W0.T),
    lambda W0, X, Y, query, eta, P: (W0 - eta * gradient(mse)(W0, X, Y) @ P) @ query,
)
state(
    "preconditioned by the transpose",
    LINEAR,
    lambda W0, X, Y, query, eta, P: W0 @ query + eta * (X @ (P.T @ query)) @ (Y - X @ W0.T),
    lambda W0, X, Y, query, eta, P: (W0 - eta * gradient(mse)(W0, X, Y) @ P) @ query,
    true=False,
)


def oswald(W0: Any, X: Any, Y: Any, query: Any, eta: Any) -> Any:
    return construction(concat(Y, X, axis=1), concat(-(W0 @ query), query), W0, eta)


def construction(E: Any, e: Any, W0: Any, eta: Any) -> Any:
    KQ = block([[zeros("v v"), zeros("v d")], [zeros("d v"), identity("d")]])
    PV = block([[-eta * identity("v"), eta * W0], [zeros("d v"), zeros("d d")]])
    return e + PV @ (E.T @ (E @ (KQ @ e)))


def oswald_step(W0: Any, X: Any, Y: Any, query: Any, eta: Any) -> Any:
    return concat(-((W0 - eta * gradient(mse)(W0, X, Y)) @ query), query)


def query_included(W0: Any, X: Any, Y: Any, query: Any, eta: Any) -> Any:
    e = concat(-(W0 @ query), query)
    return construction(append(concat(Y, X, axis=1), e), e, W0, eta)


state("the whole token of a linear construction", LINEAR, oswald, oswald_step)
state("the same, the query included", LINEAR, query_included, oswald_step, true=False)
state(
    "the same, with the extra term",
    LINEAR,
    query_included,
    lambda W0, X, Y, query, eta: (
        oswald_step(W0, X, Y, query, eta) + concat(2 * eta * sq(query) * (W0 @ query), 0 * query)
    ),
)


def layers(W0: Any, X: Any, Y: Any, query: Any, eta: Any) -> Any:
    def layer(s: Any) -> Any:
        return (s[0] - eta * (X @ X.T) @ s[0], s[1] + eta * (X @ query) @ s[0])

    return scan(layer, (Y - X @ W0.T, W0 @ query), length="T")[1]


def stale_layers(W0: Any, X: Any, Y: Any, query: Any, eta: Any) -> Any:
    def layer(s: Any) -> Any:
        return (s[0], s[1] + eta * (X @ query) @ s[0])

    return scan(layer, (Y - X @ W0.T, W0 @ query), length="T")[1]


def steps(W0: Any, X: Any, Y: Any, query: Any, eta: Any) -> Any:
    return scan(lambda W: W - eta * gradient(mse)(W, X, Y), W0, length="T") @ query


def residual_state(W: Any, X: Any, Y: Any, query: Any) -> Any:
    return (Y - X @ W.T, W @ query)


state("T layers are T steps", LINEAR, layers, steps, state=residual_state)
state("T layers with a stale residual", LINEAR, stale_layers, steps, state=residual_state, true=False)
state(
    "m epochs of a linear loss are one step m times as long",
    LINEAR,
    lambda W0, X, Y, eta: scan(lambda W: W + eta * gradient(lambda U: dot(Y, X @ U.T))(W), W0, length="T"),
    lambda W0, X, Y, eta: W0 + size("T") * eta * (Y.T @ X),
)
state(
    "the same, with a sum of ones for the size",
    LINEAR,
    lambda W0, X, Y, eta: scan(lambda W: W + eta * (Y.T @ X), W0, length="T"),
    lambda W0, X, Y, eta: W0 + ones("T").sum() * eta * (Y.T @ X),
)
state(
    "per-token gradients sum to the batch gradient",
    LINEAR,
    lambda W0, X, Y: gradient(mse)(W0, X, Y),
    lambda W0, X, Y: each(lambda x, y: gradient(lambda W: sq(y - W @ x) / 2)(W0), X, Y).sum(0),
)
state(
    "a gradient of a gradient",
    LINEAR,
    lambda W0, X, Y: gradient(lambda W: sq(gradient(mse)(W, X, Y)) / 2)(W0),
    lambda W0, X, Y: (W0 @ X.T - Y.T) @ X @ (X.T @ X),
)


def unrolled(W0: Any, X: Any, Y: Any, eta: Any) -> Any:
    return mse(W0 - eta * gradient(mse)(W0, X, Y), X, Y)


def first_order(W0: Any, X: Any, Y: Any, eta: Any) -> Any:
    return gradient(lambda W: mse(W - eta * stop_gradient(gradient(mse)(W, X, Y)), X, Y))(W0)


state(
    "a gradient through a gradient step",
    LINEAR,
    lambda W0, X, Y, eta: gradient(unrolled)(W0, X, Y, eta),
    lambda W0, X, Y, eta: (
        gradient(mse)(W0 - eta * gradient(mse)(W0, X, Y), X, Y) @ (identity("d") - eta * X.T @ X)
    ),
)
state(
    "first order is second order",
    LINEAR,
    first_order,
    lambda W0, X, Y, eta: gradient(unrolled)(W0, X, Y, eta),
    true=False,
)
state(
    "first order is the gradient at the step",
    LINEAR,
    first_order,
    lambda W0, X, Y, eta: gradient(mse)(W0 - eta * gradient(mse)(W0, X, Y), X, Y),
)

# Ridge regression, inverses.

MESA = {
    "W0": real("v d"),
    "K": real("n d"),
    "V": real("n v"),
    "k": real("d"),
    "v": real("v"),
    "q": real("d"),
    "lam": positive(),
    "M": real("d d"),
    "U": real("d r"),
    "C": real("r r"),
}


def ridge_loss(W: Any, K: Any, V: Any, lam: Any) -> Any:
    return mse(W, K, V) + sq(W) / (2 * lam)


def ridge(K: Any, V: Any, lam: Any) -> Any:
    return V.T @ K @ inverse(K.T @ K + identity("d") / lam)


def rank_one(R: Any, k: Any) -> Any:
    return R - outer(R @ k, k @ R) / (1 + k @ R @ k)


state(
    "a preconditioned step is ridge regression",
    MESA,
    lambda W0, K, V, lam: W0 - gradient(ridge_loss)(W0, K, V, lam) @ inverse(K.T @ K + identity("d") / lam),
    ridge,
)
state(
    "ridge regression is stationary",
    MESA,
    lambda K, V, lam: gradient(ridge_loss)(ridge(K, V, lam), K, V, lam),
    lambda: zeros("v d"),
)
state(
    "push-through",
    MESA,
    lambda K, V, lam, q: ridge(K, V, lam) @ q,
    lambda K, V, lam, q: V.T @ (inverse(K @ K.T + identity("n") / lam) @ (K @ q)),
)
state(
    "push-through with solve",
    MESA,
    lambda K, V, lam, q: V.T @ K @ solve(K.T @ K + identity("d") / lam, q),
    lambda K, V, lam, q: V.T @ solve(K @ K.T + identity("n") / lam, K @ q),
)
state("Sherman-Morrison", MESA, lambda M, k: inverse(M + outer(k, k)), lambda M, k: rank_one(inverse(M), k))
state(
    "Sherman-Morrison with the wrong sign",
    MESA,
    lambda M, k: inverse(M - outer(k, k)),
    lambda M, k: rank_one(inverse(M), k),
    true=False,
)
state(
    "Woodbury",
    MESA,
    lambda M, U, C: inverse(M + U @ C @ U.T),
    lambda M, U, C: inverse(M) - inverse(M) @ U @ inverse(inverse(C) + U.T @ inverse(M) @ U) @ U.T @ inverse(M),
)
state(
    "the gain after the update",
    MESA,
    lambda K, k, lam: 1 - k @ inverse(K.T @ K + outer(k, k) + identity("d") / lam) @ k,
    lambda K, k, lam: 1 / (1 + k @ inverse(K.T @ K + identity("d") / lam) @ k),
)
state(
    "the inverse recursion",
    MESA,
    lambda K, lam: scan(rank_one, lam * identity("d"), K),
    lambda K, lam: inverse(K.T @ K + identity("d") / lam),
)
state(
    "the inverse recursion with a plus",
    MESA,
    lambda K, lam: scan(lambda R, k: R + outer(R @ k, k @ R) / (1 + k @ R @ k), lam * identity("d"), K),
    lambda K, lam: inverse(K.T @ K + identity("d") / lam),
    true=False,
)


def mesa_recursion(K: Any, V: Any, lam: Any, q: Any) -> Any:
    S, R = scan(
        lambda s, k, v: (s[0] + outer(v, k), rank_one(s[1], k)),
        (zeros("v d"), lam * identity("d")),
        (K, V),
    )
    return S @ (R @ q)


state(
    "the mesa layer read out",
    MESA,
    mesa_recursion,
    lambda K, V, lam, q: ridge(K, V, lam) @ q,
    state=lambda K, V, lam: (V.T @ K, inverse(K.T @ K + identity("d") / lam)),
)

# Recurrences.

TOKENS = {
    "S0": real("v d"),
    "K": real("n d"),
    "V": real("n v"),
    "beta": real("n"),
    "Q": real("n d"),
    "K2": real("n d"),
    "q": real("d"),
    "k1": real("d"),
    "v1": real("v"),
    "q1": real("d"),
    "a": real(),
}
WITH_T = {**TOKENS, "t": index("n"), "eta": real()}


def delta_step(S: Any, k: Any, v: Any, b: Any) -> Any:
    return S @ (identity("d") - b * outer(k, k)) + b * outer(v, k)


def online_step(S: Any, k: Any, v: Any, b: Any) -> Any:
    return S - b * gradient(lambda W: sq(v - W @ k) / 2)(S)


def recurrent(K: Any, V: Any, Q: Any) -> Any:
    return scan(lambda S, k, v, q: S + outer(v, k), zeros("v d"), (K, V, Q), read=lambda S, k, v, q: S @ q)


def soft(K: Any, V: Any, Q: Any) -> Any:
    return softmax(Q @ K.T, where=causal("n")) @ V


state(
    "the delta rule is online descent",
    TOKENS,
    lambda S0, K, V, beta: scan(delta_step, S0, (K, V, beta)),
    lambda S0, K, V, beta: scan(online_step, S0, (K, V, beta)),
)
state(
    "the delta rule is online descent, all outputs",
    TOKENS,
    lambda S0, K, V, beta, Q: scan(
        lambda S, k, v, b, q: delta_step(S, k, v, b),
        S0,
        (K, V, beta, Q),
        read=lambda S, k, v, b, q: S @ q,
    ),
    lambda S0, K, V, beta, Q: scan(
        lambda S, k, v, b, q: online_step(S, k, v, b),
        S0,
        (K, V, beta, Q),
        read=lambda S, k, v, b, q: S @ q,
    ),
)
state(
    "the gated delta rule is decayed online descent",
    TOKENS,
    lambda S0, K, V, beta, a: scan(
        lambda S, k, v, b: a * S @ (identity("d") - b * outer(k, k)) + b * outer(v, k), S0, (K, V, beta)
    ),
    lambda S0, K, V, beta, a: scan(lambda S, k, v, b: online_step(a * S, k, v, b), S0, (K, V, beta)),
)
state(
    "causal linear attention is recurrent",
    TOKENS,
    recurrent,
    lambda K, V, Q: (causal("n") * (Q @ K.T)) @ V,
    state=lambda K, V: V.T @ K,
)
state(
    "causal linear attention with a strict mask",
    TOKENS,
    recurrent,
    lambda K, V, Q: (causal("n", strict=True) * (Q @ K.T)) @ V,
    state=lambda K, V: V.T @ K,
    true=False,
)
state(
    "causal linear attention with a transposed mask",
    TOKENS,
    recurrent,
    lambda K, V, Q: (causal("n").T * (Q @ K.T)) @ V,
    state=lambda K, V: V.T @ K,
    true=False,
)
state(
    "a row of causal softmax is a prefix softmax",
    WITH_T,
    lambda K, V, Q, t: soft(K, V, Q)[t],
    lambda K, V, Q, t: (causal("n")[t] * exp(K @ Q[t])) @ V / dot(causal("n")[t], exp(K @ Q[t])),
)
state(
    "prefix descent is a masked linear attention row",
    WITH_T,
    lambda S0, K, V, Q, t, eta: (Q @ S0.T + eta * (causal("n") * (Q @ K.T)) @ (V - K @ S0.T))[t],
    lambda S0, K, V, Q, t, eta: (
        (S0 - eta * gradient(lambda W: dot(causal("n")[t], each(lambda k, v: sq(v - W @ k), K, V)) / 2)(S0))
        @ Q[t]
    ),
)
state(
    "transposed states",
    TOKENS,
    lambda K, V, a: scan(lambda S, k, v: a * S + outer(v, k), zeros("v d"), (K, V)),
    lambda K, V, a: scan(lambda S, k, v: (a * S.T + outer(k, v)).T, zeros("v d"), (K, V)),
)


def running_softmax(K: Any, V: Any, q: Any) -> Any:
    numerator, denominator = scan(
        lambda s, k, v: (s[0] + exp(k @ q) * v, s[1] + exp(k @ q)), (zeros("v"), zeros("")), (K, V)
    )
    return numerator / denominator


state(
    "running sums are a softmax row",
    TOKENS,
    running_softmax,
    lambda K, V, q: softmax(K @ q) @ V,
    state=lambda K, V, q: (exp(K @ q) @ V, exp(K @ q).sum()),
)
state(
    "masked softmax is causal",
    TOKENS,
    lambda K, V, Q, k1, v1, q1: softmax(append(Q, q1) @ append(K, k1).T, where=causal("n+1")) @ append(V, v1),
    lambda K, V, Q, k1, v1, q1: append(soft(K, V, Q), softmax(append(K, k1) @ q1) @ append(V, v1)),
)
state(
    "unmasked softmax is causal",
    TOKENS,
    lambda K, V, Q, k1, v1, q1: softmax(append(Q, q1) @ append(K, k1).T) @ append(V, v1),
    lambda K, V, Q, k1, v1, q1: append(softmax(Q @ K.T) @ V, softmax(append(K, k1) @ q1) @ append(V, v1)),
    true=False,
)
state(
    "a mask after the softmax is causal",
    TOKENS,
    lambda K, V, Q, k1, v1, q1: (causal("n+1") * softmax(append(Q, q1) @ append(K, k1).T)) @ append(V, v1),
    lambda K, V, Q, k1, v1, q1: append(
        (causal("n") * softmax(Q @ K.T)) @ V, softmax(append(K, k1) @ q1) @ append(V, v1)
    ),
    true=False,
)


def spliced(K: Any, K2: Any, t: Any) -> Any:
    c = causal("n")[t][:, None]
    return c * K + (1 - c) * K2


state(
    "no future leak, linear",
    WITH_T,
    lambda K, V, Q, t: ((causal("n") * (Q @ K.T)) @ V)[t],
    lambda K, K2, V, Q, t: ((causal("n") * (Q @ spliced(K, K2, t).T)) @ V)[t],
)
state(
    "no future leak, softmax",
    WITH_T,
    lambda K, V, Q, t: soft(K, V, Q)[t],
    lambda K, K2, V, Q, t: soft(spliced(K, K2, t), V, Q)[t],
)

# Layer-causal gradient descent.

MLP = {
    "s": activation(),
    "x": real("c"),
    "A": real("a c"),
    "B": real("b a"),
    "D": real("e b"),
    "U1": real("w a"),
    "U2": real("w b"),
    "U3": real("w e"),
    "y": real("w"),
}


def ce(z: Any, y: Any) -> Any:
    return logsumexp(z) - dot(y, z)


def stopped_loss(A: Any, B: Any, D: Any, s: Any, x: Any, y: Any, U1: Any, U2: Any, U3: Any) -> Any:
    h1 = s(A @ x)
    h2 = s(B @ stop_gradient(h1))
    h3 = s(D @ stop_gradient(h2))
    return ce(U1 @ h1, y) + ce(U2 @ h2, y) + ce(U3 @ h3, y)


def plain_loss(A: Any, B: Any, s: Any, x: Any, y: Any, U2: Any) -> Any:
    return ce(U2 @ s(B @ s(A @ x)), y)


def supervised_loss(A: Any, B: Any, s: Any, x: Any, y: Any, U1: Any, U2: Any) -> Any:
    h1 = s(A @ x)
    return ce(U1 @ h1, y) + ce(U2 @ s(B @ h1), y)


def second_layer(s: Any, A: Any, B: Any, D: Any, x: Any, y: Any, U1: Any, U2: Any, U3: Any) -> Any:
    return gradient(lambda B: stopped_loss(A, B, D, s, x, y, U1, U2, U3))(B)


state(
    "layer 1 does not depend on later layers",
    MLP,
    lambda s, A, B, D, x, y, U1, U2, U3: gradient(stopped_loss)(A, B, D, s, x, y, U1, U2, U3),
    independent_of=("B", "D"),
)
state("layer 2 does not depend on layer 3", MLP, second_layer, independent_of=("D",))
state(
    "plain descent does not depend on later layers",
    MLP,
    lambda s, A, B, x, y, U2: gradient(plain_loss)(A, B, s, x, y, U2),
    independent_of=("B",),
    true=False,
)
state(
    "deep supervision does not depend on later layers",
    MLP,
    lambda s, A, B, x, y, U1, U2: gradient(supervised_loss)(A, B, s, x, y, U1, U2),
    independent_of=("B",),
    true=False,
)
state(
    "layer 2 is trained alone at a fixed input",
    MLP,
    second_layer,
    lambda s, A, B, x, y, U2: (lambda h: gradient(lambda B: ce(U2 @ s(B @ h), y))(B))(s(A @ x)),
)
state(
    "the last layer is plain descent",
    MLP,
    lambda s, A, B, x, y, U1, U2: gradient(
        lambda B: ce(U1 @ s(A @ x), y) + ce(U2 @ s(B @ stop_gradient(s(A @ x))), y)
    )(B),
    lambda s, A, B, x, y, U2: gradient(lambda B: plain_loss(A, B, s, x, y, U2))(B),
)
state(
    "a gradient by name",
    MLP,
    lambda s, A, B, x, y, U2: gradient(plain_loss, wrt="B")(A, B, s, x, y, U2),
    lambda s, A, B, x, y, U2: gradient(lambda C: 2 * plain_loss(A, C, s, x, y, U2))(B) / 2,
)
state(
    "a column times a row",
    MLP,
    lambda x, y: x[:, None] @ y[None, :],
    lambda x, y: outer(x, y),
)
state(
    "the gradient of logsumexp",
    MLP,
    lambda y: gradient(lambda z: logsumexp(z))(y),
    lambda y: softmax(y),
)
state(
    "the jacobian of softmax",
    MLP,
    lambda y: jacobian(lambda z: softmax(z))(y),
    lambda y: identity("w") * softmax(y)[:, None] - outer(softmax(y), softmax(y)),
)


def attention_layer(H: Any, K: Any, V: Any) -> Any:
    return softmax((H @ K) @ H.T, where=causal("n")) @ H @ V


def ces(Z: Any, Y: Any) -> Any:
    return logsumexp(Z, axis=1).sum() - dot(Y, Z)


ATTENTION = {
    "X": real("n d"),
    "K1": real("d d"),
    "V1": real("d d"),
    "K2": real("d d"),
    "V2": real("d d"),
    "U": real("d w"),
    "Y": real("n w"),
}


def stopped_attention(V1: Any, K1: Any, K2: Any, V2: Any, X: Any, U: Any, Y: Any) -> Any:
    H1 = X + attention_layer(X, K1, V1)
    G1 = stop_gradient(H1)
    return ces(H1 @ U, Y) + ces((G1 + attention_layer(G1, K2, V2)) @ U, Y)


def plain_attention(V1: Any, K1: Any, K2: Any, V2: Any, X: Any, U: Any, Y: Any) -> Any:
    H1 = X + attention_layer(X, K1, V1)
    return ces((H1 + attention_layer(H1, K2, V2)) @ U, Y)


state(
    "two attention layers, the values of layer 1",
    ATTENTION,
    lambda V1, K1, K2, V2, X, U, Y: gradient(stopped_attention)(V1, K1, K2, V2, X, U, Y),
    independent_of=("K2", "V2"),
)
state(
    "two attention layers, the keys of layer 1",
    ATTENTION,
    lambda V1, K1, K2, V2, X, U, Y: gradient(lambda K1: stopped_attention(V1, K1, K2, V2, X, U, Y))(K1),
    independent_of=("K2", "V2"),
)
state(
    "two attention layers, plain descent",
    ATTENTION,
    lambda V1, K1, K2, V2, X, U, Y: gradient(plain_attention)(V1, K1, K2, V2, X, U, Y),
    independent_of=("V2",),
    true=False,
)


def two_layers(X: Any, K1: Any, V1: Any, K2: Any, V2: Any, axis: str) -> Any:
    def layer(H: Any, K: Any, V: Any) -> Any:
        return H + softmax((H @ K) @ H.T, where=causal(axis)) @ H @ V

    return layer(layer(X, K1, V1), K2, V2)


state(
    "two masked attention layers are causal",
    {**ATTENTION, "x": real("d")},
    lambda X, x, K1, V1, K2, V2: (
        concat(identity("n"), zeros("n 1"), axis=1) @ two_layers(append(X, x), K1, V1, K2, V2, "n+1")
    ),
    lambda X, K1, V1, K2, V2: two_layers(X, K1, V1, K2, V2, "n"),
)
state(
    "two attention layers are causal, the mask of the first left out",
    {**ATTENTION, "x": real("d")},
    lambda X, x, K1, V1, K2, V2: (
        concat(identity("n"), zeros("n 1"), axis=1)
        @ softmax(append(X, x) @ K1 @ append(X, x).T)
        @ append(X, x)
        @ V1
    ),
    lambda X, K1, V1: softmax(X @ K1 @ X.T) @ X @ V1,
    true=False,
)
state(
    "cross-entropy has a dual form",
    {"W0": real("w d"), "X": real("n d"), "Y": real("n w"), "q": real("d"), "eta": real()},
    lambda W0, X, Y, q, eta: (W0 - eta * gradient(lambda W: ces(X @ W.T, Y))(W0)) @ q,
    lambda W0, X, Y, q, eta: W0 @ q + eta * (X @ q) @ (Y - softmax(X @ W0.T, axis=1)),
)


def explicit_heads(Qh: Any, Kh: Any, Vh: Any, Wo: Any) -> Any:
    E = exp(Qh @ transpose(Kh))
    return (E @ Vh @ Wo / E.sum(-1)[:, :, None]).sum("h")


state(
    "many heads",
    {"Qh": real("h n d"), "Kh": real("h n d"), "Vh": real("h n v"), "Wo": real("h v m")},
    lambda Qh, Kh, Vh, Wo: (softmax(Qh @ transpose(Kh), axis=-1) @ Vh @ Wo).sum("h"),
    explicit_heads,
)

# Layers of which nothing is known.

UNKNOWN = {
    "x": real("c"),
    "p": real("p"),
    "r": real("r"),
    "s": real("s"),
    "y": real("w"),
    "f1": unknown("c, p -> a"),
    "f2": unknown("a, r -> b"),
    "f3": unknown("b, s -> e"),
    "U1": unknown("a -> w"),
    "U2": unknown("b -> w"),
    "U3": unknown("e -> w"),
}


def stopped_unknown(
    p: Any, r: Any, s: Any, x: Any, y: Any, f1: Any, f2: Any, f3: Any, U1: Any, U2: Any, U3: Any
) -> Any:
    a = f1(x, p)
    b = f2(stop_gradient(a), r)
    e = f3(stop_gradient(b), s)
    return ce(U1(a), y) + ce(U2(b), y) + ce(U3(e), y)


def plain_unknown(p: Any, r: Any, s: Any, x: Any, y: Any, f1: Any, f2: Any, f3: Any, U3: Any) -> Any:
    return ce(U3(f3(f2(f1(x, p), r), s)), y)


state(
    "unknown layers: layer 1 does not depend on later ones",
    UNKNOWN,
    lambda p, r, s, x, y, f1, f2, f3, U1, U2, U3: gradient(stopped_unknown)(
        p, r, s, x, y, f1, f2, f3, U1, U2, U3
    ),
    independent_of=("r", "s"),
)
state(
    "unknown layers: layer 2 is trained alone",
    UNKNOWN,
    lambda p, r, s, x, y, f1, f2, f3, U1, U2, U3: gradient(stopped_unknown, wrt="r")(
        p, r, s, x, y, f1, f2, f3, U1, U2, U3
    ),
    lambda p, r, x, y, f1, f2, U2: (lambda a: gradient(lambda r: ce(U2(f2(a, r)), y))(r))(f1(x, p)),
)
state(
    "unknown layers: the last layer is plain descent",
    UNKNOWN,
    lambda p, r, s, x, y, f1, f2, f3, U1, U2, U3: gradient(stopped_unknown, wrt="s")(
        p, r, s, x, y, f1, f2, f3, U1, U2, U3
    ),
    lambda p, r, s, x, y, f1, f2, f3, U3: gradient(plain_unknown, wrt="s")(p, r, s, x, y, f1, f2, f3, U3),
)
state(
    "unknown layers: plain descent does not depend on layer 3",
    UNKNOWN,
    lambda p, r, s, x, y, f1, f2, f3, U3: gradient(plain_unknown)(p, r, s, x, y, f1, f2, f3, U3),
    independent_of=("s",),
    true=False,
)
state(
    "unknown layers: the chain rule",
    UNKNOWN,
    lambda p, r, x, f1, f2: gradient(lambda p: dot(f2(f1(x, p), r), f2(f1(x, p), r)))(p),
    lambda p, r, x, f1, f2: 2 * f2(f1(x, p), r) @ jacobian(f2)(f1(x, p), r) @ jacobian(lambda p: f1(x, p))(p),
)

# Shifts, symmetric matrices, masks.

MORE = {
    "x": real("n"),
    "y": real("n"),
    "c": real(),
    "A": positive_definite("d"),
    "k": real("d"),
    "m": mask("n"),
    "z": positive("n"),
}
state("logsumexp is shifted", MORE, lambda x, c: logsumexp(x + c * ones("n")), lambda x, c: logsumexp(x) + c)
state(
    "softmax by the logarithm of the sum",
    MORE,
    lambda x: softmax(x),
    lambda x: exp(x - logsumexp(x) * ones("n")),
)
state("softmax sums to 1", MORE, lambda x: softmax(x).sum(), lambda: 1)
state("a symmetric quadratic form", MORE, lambda A, k: gradient(lambda u: u @ A @ u / 2)(k), lambda A, k: A @ k)
state(
    "the inverse of a symmetric matrix",
    MORE,
    lambda A, k: k @ inverse(A),
    lambda A, k: inverse(A) @ k,
)
state("a mask squared", MORE, lambda m, x: m * m * x, lambda m, x: m * x)
state("a mask is one", MORE, lambda m, x: m * x, lambda x: x, true=False)
