"""Statements whose truth is known: true, false, subtly false and vacuous ones, over the whole language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import permutations
from typing import Any

from equivalences import (
    Array,
    Claim,
    Equation,
    FeatureMap,
    Minimum,
    activation,
    append,
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
    symmetric,
    tanh,
    trace,
    transpose,
    unknown,
    zeros,
)
from equivalences.language import tracing
from equivalences.language.comparison import Comparison

half = Fraction(1, 2)


@dataclass(frozen=True)
class Statement:
    """A statement, and how exact arithmetic reads it: mod p, over ℚ as well, or not at all."""

    name: str
    given: Mapping[str, Any]
    lhs: Callable[..., Array]
    rhs: Callable[..., Array] | None = None
    reads: str = "mod p"
    more: Mapping[str, Any] = field(default_factory=dict)

    def comparison(self) -> Comparison:
        """The traced statement."""
        return tracing.trace(
            Claim("planted", title=self.name, given=self.given, lhs=self.lhs, rhs=self.rhs, **self.more)
        )


def square(x: Array) -> Array:
    """The sum of squares."""
    return dot(x, x)


def features() -> Any:
    """A feature map of the exponential kernel."""
    return feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y)))


def attention(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array) -> Array:
    return W0 @ phi(query) + softmax(keys @ query) @ values


def loss(W: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    return -dot(values, phi(keys) @ W.T) / (eta * exp(keys @ query).sum())


def step(sign: int) -> Callable[..., Array]:
    """A gradient step, downhill for +1."""

    def side(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
        return (W0 - sign * eta * gradient(loss)(W0, phi, keys, values, query, eta)) @ phi(query)

    return side


def mse(W: Array, X: Array, Y: Array) -> Array:
    return half * square(Y - X @ W.T)


def closed(K: Array, V: Array, lam: Array) -> Array:
    return V.T @ K @ inverse(K.T @ K + identity("d") / lam)


def kernel_step(W0: Array, phi: FeatureMap, X: Array, Y: Array, q: Array) -> Array:
    return (W0 - gradient(lambda W: half * square(Y - phi(X) @ W.T))(W0)) @ phi(q)


def frozen(W: Array, X: Array, Y: Array, eta: Array) -> Array:
    return mse(W - eta * stop_gradient(gradient(mse)(W, X, Y)), X, Y)


def entropy(z: Array, y: Array) -> Array:
    return logsumexp(z) - dot(y, z)


def sherman_morrison(R: Array, k: Array) -> Array:
    return R - outer(R @ k, k @ R) / (1 + k @ R @ k)


def standard(matrices: tuple[Array, ...]) -> Array:
    """The standard polynomial: it vanishes for 2 k matrices of size at most k."""
    total = None
    for order in permutations(range(len(matrices))):
        sign = 1
        for i in range(len(order)):
            for j in range(i):
                sign = -sign if order[j] > order[i] else sign
        product = matrices[order[0]]
        for k in order[1:]:
            product = product @ matrices[k]
        total = sign * product if total is None else total + sign * product
    assert total is not None
    return total


attended = {
    "W0": real("v f"),
    "phi": features(),
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
    "eta": positive(),
}
linear = {"W0": real("v d"), "X": real("n d"), "Y": real("n v"), "q": real("d"), "eta": real()}
ridge = {"K": real("n d"), "V": real("n v"), "lam": positive(), "q": real("d")}
token = {"K": real("n d"), "V": real("n v"), "Q": real("n d"), "t": index("n")}
layered = {"A": real("a c"), "B": real("b a"), "x": real("c"), "y": real("b"), "s": activation()}
scalars = {"x": real(), "y": real()}
vector = {"x": real("n"), "c": real()}
matrices = {"A": real("d d"), "B": real("d d")}

TRUE = (
    Statement("softmax attention is a gradient step", attended, attention, step(1)),
    Statement(
        "every query its own step",
        {**attended, "queries": real("m d")},
        lambda W0, phi, keys, values, queries: phi(queries) @ W0.T + softmax(queries @ keys.T) @ values,
        lambda W0, phi, keys, values, queries, eta: each(
            lambda query: step(1)(W0, phi, keys, values, query, eta), queries
        ),
    ),
    Statement(
        "kernel regression with a polynomial kernel",
        {
            **linear,
            "W0": real("v f"),
            "phi": feature_map("d -> f", kernel=lambda x, y: (1 + dot(x, y)) ** 2),
        },
        kernel_step,
        lambda W0, phi, X, Y, q: W0 @ phi(q) + (1 + X @ q) ** 2 @ (Y - phi(X) @ W0.T),
    ),
    Statement(
        "linear attention is a gradient step",
        linear,
        lambda W0, X, Y, q, eta: W0 @ q + eta * (X @ q) @ (Y - X @ W0.T),
        lambda W0, X, Y, q, eta: (W0 - eta * gradient(mse)(W0, X, Y)) @ q,
        reads="ℚ",
    ),
    Statement(
        "push-through",
        ridge,
        lambda K, V, lam, q: closed(K, V, lam) @ q,
        lambda K, V, lam, q: V.T @ (inverse(K @ K.T + identity("n") / lam) @ (K @ q)),
        reads="ℚ",
    ),
    Statement(
        "solve is the inverse",
        {"A": real("d d"), "B": real("d e")},
        lambda A, B: solve(A, B),
        lambda A, B: inverse(A) @ B,
        reads="ℚ",
    ),
    Statement(
        "gradient of a solve",
        {"A": positive_definite("d"), "b": real("d")},
        lambda A, b: gradient(lambda M: dot(b, solve(M, b)))(A),
        lambda A, b: -outer(inverse(A).T @ b, inverse(A) @ b),
        reads="ℚ",
    ),
    Statement(
        "Sherman-Morrison recursion",
        ridge,
        lambda K, lam: scan(sherman_morrison, lam * identity("d"), K),
        lambda K, lam: inverse(K.T @ K + identity("d") / lam),
        reads="ℚ",
    ),
    Statement(
        "recurrent is masked",
        token,
        lambda K, V, Q: scan(
            lambda S, k, v, q: S + outer(v, k), zeros("v d"), (K, V, Q), read=lambda S, k, v, q: S @ q
        ),
        lambda K, V, Q: (causal("n") * (Q @ K.T)) @ V,
        reads="ℚ",
    ),
    Statement(
        "running sums are a triangular product",
        token,
        lambda K: cumsum(K),
        lambda K: causal("n") @ K,
        reads="ℚ",
    ),
    Statement(
        "a row of causal softmax is a prefix softmax",
        token,
        lambda K, V, Q, t: (softmax(Q @ K.T, where=causal("n")) @ V)[t],
        lambda K, V, Q, t: (causal("n")[t] * exp(K @ Q[t])) @ V / dot(causal("n")[t], exp(K @ Q[t])),
    ),
    Statement(
        "scaled logits are scaled keys",
        token,
        lambda K, V, Q: softmax(Q @ K.T / sqrt(size("d"))) @ V,
        lambda K, V, Q: softmax(Q @ (sqrt(size("d")) * K / size("d")).T) @ V,
    ),
    Statement("softmax is shift-invariant", vector, lambda x, c: softmax(x + c), lambda x: softmax(x)),
    Statement(
        "logsumexp moves with a shift", vector, lambda x, c: logsumexp(x + c), lambda x, c: c + logsumexp(x)
    ),
    Statement(
        "softmax by logsumexp",
        vector,
        lambda x: exp(x - logsumexp(x) * ones("n")),
        lambda x: softmax(x),
    ),
    Statement(
        "log of a product",
        {"x": positive(), "y": positive()},
        lambda x, y: log(x * y),
        lambda x, y: log(x) + log(y),
    ),
    Statement(
        "addition theorem", scalars, lambda x, y: sin(x + y), lambda x, y: sin(x) * cos(y) + cos(x) * sin(y)
    ),
    Statement(
        "rotation keeps inner products",
        {"x": real("d"), "y": real("d"), "a": real(), "b": real()},
        lambda x, y, a, b: dot(cos(a) * x, cos(b) * x) + dot(sin(a) * x, sin(b) * x),
        lambda x, y, a, b: cos(a - b) * square(x),
    ),
    Statement(
        "derivative of the sine", vector, lambda x: jacobian(sin)(x), lambda x: identity("n") * cos(x)[:, None]
    ),
    Statement("tanh by sigmoid", vector, lambda x: tanh(x), lambda x: 2 * sigmoid(2 * x) - 1),
    Statement(
        "softplus differentiates to sigmoid",
        vector,
        lambda x: gradient(lambda z: softplus(z).sum())(x),
        lambda x: sigmoid(x),
    ),
    Statement("softplus by a logarithm", vector, lambda x: softplus(x), lambda x: log(1 + exp(x))),
    Statement(
        "cross-entropy differentiates to an error",
        {"y": real("n"), "z": real("n")},
        lambda y, z: gradient(lambda u: entropy(u, y))(z),
        lambda y, z: softmax(z) - y,
    ),
    Statement(
        "jacobian of softmax",
        vector,
        lambda x: jacobian(lambda z: softmax(z))(x),
        lambda x: identity("n") * softmax(x)[:, None] - outer(softmax(x), softmax(x)),
    ),
    Statement(
        "exponentials nested twice",
        {"x": real("n")},
        lambda x: softmax(softmax(x) + 1),
        lambda x: exp(softmax(x)) / exp(softmax(x)).sum(),
    ),
    Statement(
        "gradient through a gradient step",
        linear,
        lambda W0, X, Y, eta: gradient(lambda W: mse(W - eta * gradient(mse)(W, X, Y), X, Y))(W0),
        lambda W0, X, Y, eta: (
            gradient(mse)(W0 - eta * gradient(mse)(W0, X, Y), X, Y) @ (identity("d") - eta * X.T @ X)
        ),
        reads="ℚ",
    ),
    Statement(
        "first-order gradient through a step",
        linear,
        lambda W0, X, Y, eta: gradient(lambda W: mse(W - eta * stop_gradient(gradient(mse)(W, X, Y)), X, Y))(
            W0
        ),
        lambda W0, X, Y, eta: gradient(mse)(W0 - eta * gradient(mse)(W0, X, Y), X, Y),
        reads="ℚ",
    ),
    Statement(
        "gradient of an unknown layer by the chain rule",
        {"f": unknown("c, p -> a"), "x": real("c"), "p": real("p")},
        lambda f, x, p: gradient(lambda w: square(f(x, w)))(p),
        lambda f, x, p: 2 * f(x, p) @ jacobian(lambda w: f(x, w))(p),
        reads="ℚ",
    ),
    Statement(
        "a frozen layer's weights do not matter",
        layered,
        lambda A, B, x, y, s: gradient(lambda A: square(s(A @ x)) + entropy(B @ stop_gradient(s(A @ x)), y))(A),
        more={"independent_of": ("B",)},
        reads="ℚ",
    ),
    Statement(
        "ridge regression is the minimiser",
        ridge,
        lambda K, V, lam: closed(K, V, lam),
        more={
            "minimises": Minimum(
                loss=lambda W, K, V, lam: mse(W, K, V) + half / lam * square(W),
                gap=lambda H, K, lam: half * square(K @ H.T) + half / lam * square(H),
            )
        },
        reads="ℚ",
    ),
    Statement(
        "an orthogonal matrix keeps norms",
        {"S": symmetric("d"), "J": real("d d"), "U": real("d d"), "x": real("d")},
        lambda U, x: square(U @ x),
        lambda x: square(x),
        more={
            "assume": (Equation(lambda U: U.T @ U, lambda: identity("d")),),
            "realise": {
                "U": lambda J: (identity("d") + (J - J.T)) @ inverse(identity("d") - (J - J.T)),
            },
        },
        reads="ℚ",
    ),
    Statement(
        "a mask is its own square",
        {"M": mask("n m"), "x": real("m")},
        lambda M, x: (M * M) @ x,
        lambda M, x: M @ x,
        reads="ℚ",
    ),
    Statement("a sum of rectifiers", vector, lambda x: relu(x) - relu(-x), lambda x: x + 0 * x, reads="only ℚ"),
    Statement(
        "a root of a square",
        {"x": positive("n")},
        lambda x: sqrt(square(x) * x**2),
        lambda x: sqrt(square(x)) * x,
        reads="neither",
    ),
    Statement(
        "heads by einsum",
        {"Q": real("h n d"), "K": real("h m d"), "V": real("h m v")},
        lambda Q, K, V: softmax(Q @ transpose(K), axis=-1) @ V,
        lambda Q, K, V: einsum(
            softmax(einsum(Q, K, "h n d, h m d -> h n m"), axis=2), V, "h n m, h m v -> h n v"
        ),
    ),
    Statement("a trace is cyclic", matrices, lambda A, B: trace(A @ B), lambda A, B: trace(B @ A), reads="ℚ"),
    Statement(
        "a block product",
        {"A": real("n n"), "B": real("n m"), "x": real("n"), "y": real("m")},
        lambda A, B, x, y: block([[A, B], [B.T, zeros("m m")]]) @ concat(x, y),
        lambda A, B, x, y: concat(A @ x + B @ y, B.T @ x),
        reads="ℚ",
    ),
    Statement(
        "one more token",
        {"K": real("n d"), "k": real("d"), "q": real("d")},
        lambda K, k, q: logsumexp(append(K, k) @ q),
        lambda K, k, q: log(exp(K @ q).sum() + exp(k @ q)),
    ),
    Statement(
        "powers of a matrix by a loop",
        {"A": real("d d"), "x": real("d")},
        lambda A, x: scan(lambda s: A @ s, x, length="T"),
        lambda A, x: scan(lambda P: A @ P, identity("d"), length="T") @ x,
        reads="ℚ",
    ),
)

FALSE = (
    Statement("a step uphill", attended, attention, step(-1)),
    Statement(
        "the first weights dropped",
        attended,
        lambda keys, values, query: softmax(keys @ query) @ values,
        step(1),
    ),
    Statement(
        "a preconditioner transposed",
        {**linear, "P": real("d d")},
        lambda W0, X, Y, q, P: W0 @ q + (X @ (P.T @ q)) @ (Y - X @ W0.T),
        lambda W0, X, Y, q, P: (W0 - gradient(mse)(W0, X, Y) @ P) @ q,
    ),
    Statement("matrices commute", matrices, lambda A, B: A @ B, lambda A, B: B @ A),
    Statement(
        "a strict mask",
        token,
        lambda K, V, Q: (causal("n", strict=True) * (Q @ K.T)) @ V,
        lambda K, V, Q: (causal("n") * (Q @ K.T)) @ V,
    ),
    Statement(
        "the mask comes after the softmax",
        token,
        lambda K, V, Q: (causal("n") * softmax(Q @ K.T, axis=1)) @ V,
        lambda K, V, Q: softmax(Q @ K.T, where=causal("n")) @ V,
    ),
    Statement(
        "a plus in Sherman-Morrison",
        ridge,
        lambda K, lam: scan(lambda R, k: R + outer(R @ k, k @ R) / (1 + k @ R @ k), lam * identity("d"), K),
        lambda K, lam: inverse(K.T @ K + identity("d") / lam),
    ),
    Statement(
        "the first-order gradient is the gradient",
        linear,
        lambda W0, X, Y, eta: gradient(lambda W: mse(W - eta * stop_gradient(gradient(mse)(W, X, Y)), X, Y))(
            W0
        ),
        lambda W0, X, Y, eta: gradient(lambda W: mse(W - eta * gradient(mse)(W, X, Y), X, Y))(W0),
    ),
    Statement(
        "a layer's update ignores the next",
        layered,
        lambda A, B, x, y, s: gradient(lambda A: entropy(B @ s(A @ x), y))(A),
        more={"independent_of": ("B",)},
    ),
    Statement(
        "no scale",
        token,
        lambda K, V, Q: softmax(Q @ K.T / sqrt(size("d"))) @ V,
        lambda K, V, Q: softmax(Q @ K.T) @ V,
    ),
    Statement("a difference of sines", scalars, lambda x, y: sin(x - y), lambda x, y: sin(x) - sin(y)),
    Statement("an exponential of a sum", scalars, lambda x, y: exp(x + y), lambda x, y: exp(x) + exp(y)),
    Statement("a rectifier is linear", vector, lambda x: relu(x), lambda x: x * 1),
    Statement(
        "a root of a sum",
        {"x": positive(), "y": positive()},
        lambda x, y: sqrt(x + y),
        lambda x, y: sqrt(x) + sqrt(y),
    ),
    Statement(
        "an absolute value is the number",
        scalars,
        lambda x: sqrt(x**2),
        lambda x: x * 1,
    ),
    Statement(
        "a logarithm of a sum",
        {"x": positive("n")},
        lambda x: log(x.sum()),
        lambda x: log(x).sum(),
    ),
    Statement(
        "the minimiser without its penalty",
        ridge,
        lambda K, V, lam: V.T @ K @ inverse(K.T @ K + identity("d")),
        more={
            "minimises": Minimum(
                loss=lambda W, K, V, lam: mse(W, K, V) + half / lam * square(W),
                gap=lambda H, K, lam: half * square(K @ H.T) + half / lam * square(H),
            )
        },
    ),
    Statement(
        "a mask has no effect",
        {"M": mask("n m"), "x": real("m")},
        lambda M, x: M @ x,
        lambda M, x: (M * M * M) @ (2 * x),
    ),
    Statement(
        "positive definite matrices are the identity",
        {"A": positive_definite("d"), "x": real("d")},
        lambda A, x: A @ x,
        lambda A, x: inverse(A) @ x,
    ),
    Statement(
        "symmetric matrices commute",
        {"A": symmetric("d"), "B": symmetric("d")},
        lambda A, B: A @ B,
        lambda A, B: B @ A,
    ),
)

LATE = Statement(
    "the standard identity of four matrices, which first fails at size 3",
    {name: real("d d") for name in "ABCD"},
    lambda A, B, C, D: standard((A, B, C, D)),
    lambda: zeros("d d"),
)
