"""Claims planted for these tests: true, false, subtly false and vacuous ones."""

from equivalences import (
    Array,
    Claim,
    activation,
    causal,
    dot,
    exp,
    feature_map,
    gradient,
    identity,
    index,
    inverse,
    mask,
    positive,
    positive_definite,
    real,
    scan,
    softmax,
    solve,
    symmetric,
)
from equivalences.language.comparison import Comparison
from equivalences.language.tracing import trace


def loss(W: Array, X: Array, Y: Array) -> Array:
    return dot(Y - X @ W.T, Y - X @ W.T) / 2


LINEAR = {"W0": real("v d"), "X": real("n d"), "Y": real("n v"), "query": real("d"), "eta": real()}
TRUE = {
    "linear": Claim(
        "planted-linear",
        title="One step on the squared error is linear attention",
        given=LINEAR,
        lhs=lambda W0, X, Y, query, eta: W0 @ query + eta * (X @ query) @ (Y - X @ W0.T),
        rhs=lambda W0, X, Y, query, eta: (W0 - eta * gradient(loss)(W0, X, Y)) @ query,
    ),
    "softmax": Claim(
        "planted-softmax",
        title="Softmax is exponentials over their sum",
        given={"K": real("n d"), "V": real("n v"), "q": real("d")},
        lhs=lambda K, V, q: softmax(K @ q) @ V,
        rhs=lambda K, V, q: (exp(K @ q) @ V) / exp(K @ q).sum(),
    ),
    "push-through": Claim(
        "planted-push-through",
        title="The ridge solution in its primal and dual forms",
        given={"K": real("n d"), "V": real("n v"), "q": real("d"), "lam": positive()},
        lhs=lambda K, V, q, lam: V.T @ K @ solve(K.T @ K + lam * identity("d"), q),
        rhs=lambda K, V, q, lam: V.T @ solve(K @ K.T + lam * identity("n"), K @ q),
    ),
    "recurrent": Claim(
        "planted-recurrent",
        title="Causal linear attention is a recurrence",
        given={"K": real("n d"), "V": real("n v"), "Q": real("n d"), "t": index("n")},
        lhs=lambda K, V, Q, t: scan(
            lambda S, k, v, q: S + v[:, None] * k[None, :],
            0 * V.T @ K,
            (K, V, Q),
            read=lambda S, k, v, q: S @ q,
        )[t],
        rhs=lambda K, V, Q, t: ((causal("n") * (Q @ K.T)) @ V)[t],
    ),
    "constraints": Claim(
        "planted-constraints",
        title="An inverse of a definite matrix, a symmetric form, a mask",
        given={
            "P": positive_definite("n"),
            "S": symmetric("n"),
            "M": mask("n n"),
            "x": real("n"),
            "s": activation(),
        },
        lhs=lambda P, S, M, x, s: inverse(P) @ (P @ s(x)) + S.T @ x + softmax(S, where=M) @ x,
        rhs=lambda P, S, M, x, s: s(x) + S @ x + (M * exp(S) / (M * exp(S)).sum(1)[:, None]) @ x,
    ),
    "features": Claim(
        "planted-features",
        title="A kernel smoother is an inner product of features",
        given={
            "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
            "K": real("n d"),
            "V": real("n v"),
            "q": real("d"),
        },
        lhs=lambda phi, K, V, q: (V.T @ phi(K)) @ phi(q),
        rhs=lambda phi, K, V, q: V.T @ exp(K @ q),
    ),
}
FALSE = {
    "wrong sign": Claim(
        "planted-wrong-sign",
        title="A step up the loss",
        given=LINEAR,
        lhs=TRUE["linear"].lhs,
        rhs=lambda W0, X, Y, query, eta: (W0 + eta * gradient(loss)(W0, X, Y)) @ query,
    ),
    "a little off": Claim(
        "planted-a-little-off",
        title="A softmax with one part in 2³⁰ too much",
        given=TRUE["softmax"].given,
        lhs=TRUE["softmax"].lhs,
        rhs=lambda K, V, q: (
            (exp(K @ q) @ V) / exp(K @ q).sum() * (1 + identity("e").sum() * 0 + dot(q, q) / 2**30)
        ),
    ),
    "strict mask": Claim(
        "planted-strict-mask",
        title="The token itself is left out",
        given=TRUE["recurrent"].given,
        lhs=TRUE["recurrent"].lhs,
        rhs=lambda K, V, Q, t: ((causal("n", strict=True) * (Q @ K.T)) @ V)[t],
    ),
}


def comparison_of(name: str) -> Comparison:
    """A planted claim, traced."""
    return trace((TRUE | FALSE)[name])
