"""Linear attention is one gradient step on least squares, whatever the initial weights.

A linear model y = W x is trained once on the keys and values. The step adds to the old prediction the
linear attention of the query to the keys, with the residuals at W₀ as values; a matrix preconditioner acts
on the query. Stacking layers on a residual stream repeats the step.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    causal,
    dot,
    gradient,
    index,
    real,
    scan,
)

GIVEN: dict[str, Domain] = {
    "W0": real("v d"),
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
    "eta": real(),
}
PRECONDITIONED: dict[str, Domain] = {**GIVEN, "P": real("d d")}


def squared_loss(W: Array, keys: Array, values: Array) -> Array:
    """Half the squared error of recalling the values by the keys.  [v d], [n d], [n v] -> []"""
    error = values - keys @ W.T
    return dot(error, error) / 2


def linear_attention(keys: Array, values: Array, query: Array) -> Array:
    """Attention without softmax.  [n d], [n v], [d] -> [v]"""
    return (keys @ query) @ values


def attention_step(W0: Array, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """The old prediction plus linear attention over the residuals.  … -> [v]"""
    return W0 @ query + eta * linear_attention(keys, values - keys @ W0.T, query)


def gradient_step(W0: Array, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Train once, then predict at the query.  … -> [v]"""
    return (W0 - eta * gradient(squared_loss)(W0, keys, values)) @ query


one_step = Claim(
    "linear-attention-eq-gradient-step",
    title="Linear attention over residuals is one gradient step on least squares",
    given=GIVEN,
    lhs=attention_step,
    rhs=gradient_step,
    source=Source("arXiv:2212.07677", "one linear self-attention layer as one gradient step"),
    about="With W₀ = 0 the residuals are the values, and the left side is plain linear attention.",
    stops="With the mean loss the step size is to be multiplied by the number of tokens.",
    mutants=(
        Mutant(
            "values instead of residuals",
            lhs=lambda W0, keys, values, query, eta: W0 @ query + eta * linear_attention(keys, values, query),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda W0, keys, values, query, eta: gradient_step(W0, keys, values, query, -eta),
        ),
        Mutant(
            "a loss without its half",
            rhs=lambda W0, keys, values, query, eta: gradient_step(W0, keys, values, query, 2 * eta),
        ),
    ),
)


def preconditioned_attention(
    W0: Array, keys: Array, values: Array, query: Array, eta: Array, P: Array
) -> Array:
    """Linear attention of the preconditioned query.  …, [d d] -> [v]"""
    return W0 @ query + eta * linear_attention(keys, values - keys @ W0.T, P @ query)


def preconditioned_step(W0: Array, keys: Array, values: Array, query: Array, eta: Array, P: Array) -> Array:
    """Train once with a preconditioned gradient, then predict.  …, [d d] -> [v]"""
    return (W0 - eta * gradient(squared_loss)(W0, keys, values) @ P) @ query


preconditioned = Claim(
    "linear-attention-eq-preconditioned-step",
    title="Linear attention of a transformed query is one preconditioned gradient step",
    given=PRECONDITIONED,
    lhs=preconditioned_attention,
    rhs=preconditioned_step,
    source=Source("original", "preconditioned gradient descent in one linear-attention layer, for any W₀"),
    about="The preconditioner P multiplies the gradient from the right; it need not be symmetric.",
    stops="P acts on the query as it stands, not transposed: for a P that is not symmetric this matters.",
    mutants=(
        Mutant(
            "the preconditioner transposed",
            lhs=lambda W0, keys, values, query, eta, P: preconditioned_attention(
                W0, keys, values, query, eta, P.T
            ),
        ),
        Mutant(
            "the zero-shot query transformed too",
            lhs=lambda W0, keys, values, query, eta, P: attention_step(W0, keys, values, P @ query, eta),
        ),
        Mutant("no preconditioner", rhs=gradient_step),
    ),
)


def residual_layers(W0: Array, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """T linear-attention layers; the stream carries each token's residual and the query's prediction.

    [v d], [n d], [n v], [d], [] -> [v]
    """

    def layer(stream: tuple[Array, Array]) -> tuple[Array, Array]:
        residuals, prediction = stream
        return (
            residuals - eta * (keys @ keys.T) @ residuals,
            prediction + eta * linear_attention(keys, residuals, query),
        )

    return scan(layer, (values - keys @ W0.T, W0 @ query), length="T")[1]


def gradient_steps(W0: Array, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """T gradient steps, then predict.  … -> [v]"""
    W = scan(lambda W: W - eta * gradient(squared_loss)(W, keys, values), W0, length="T")
    return W @ query


def stale_layers(W0: Array, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """T layers that never update the tokens' residuals.  … -> [v]"""

    def layer(stream: tuple[Array, Array]) -> tuple[Array, Array]:
        residuals, prediction = stream
        return residuals, prediction + eta * linear_attention(keys, residuals, query)

    return scan(layer, (values - keys @ W0.T, W0 @ query), length="T")[1]


stacked = Claim(
    "stacked-linear-attention-eq-gradient-steps",
    title="T stacked linear-attention layers are T gradient steps",
    given=GIVEN,
    lhs=residual_layers,
    rhs=gradient_steps,
    state=lambda W, keys, values, query: (values - keys @ W.T, W @ query),
    source=Source("arXiv:2212.07677", "stacked layers as repeated gradient steps"),
    about="The number of layers T is arbitrary; the induction hypothesis is: residuals and prediction of W.",
    stops="Every layer has to update the demonstrations too, and the keys are shared by all layers.",
    mutants=(
        Mutant("residuals never updated", lhs=stale_layers),
        Mutant(
            "steps up the loss",
            rhs=lambda W0, keys, values, query, eta: gradient_steps(W0, keys, values, query, -eta),
        ),
        Mutant(
            "a loss without its half",
            rhs=lambda W0, keys, values, query, eta: gradient_steps(W0, keys, values, query, 2 * eta),
        ),
    ),
)


def causal_linear_attention(W0: Array, keys: Array, values: Array, queries: Array, eta: Array) -> Array:
    """Masked linear attention over the residuals, and the old predictions.  … -> [n v]"""
    weights = causal("n") * (queries @ keys.T)
    return queries @ W0.T + eta * weights @ (values - keys @ W0.T)


TOKEN: dict[str, Domain] = {
    "W0": real("v d"),
    "keys": real("n d"),
    "values": real("n v"),
    "queries": real("n d"),
    "eta": real(),
    "t": index("n"),
}


def prefix_loss(W: Array, keys: Array, values: Array, weights: Array) -> Array:
    """Half the squared error over the tokens of weight 1.  [v d], [n d], [n v], [n] -> []"""
    error = values - keys @ W.T
    return dot(weights, (error**2).sum(1)) / 2


prefix = Claim(
    "causal-linear-attention-eq-prefix-gradient-step",
    title="At every token, causal linear attention is a gradient step on the prefix",
    given=TOKEN,
    lhs=lambda W0, keys, values, queries, eta, t: causal_linear_attention(W0, keys, values, queries, eta)[t],
    rhs=lambda W0, keys, values, queries, eta, t: (
        (W0 - eta * gradient(prefix_loss)(W0, keys, values, causal("n")[t])) @ queries[t]
    ),
    source=Source("original", "the causal form of one linear self-attention layer as one gradient step"),
    about="Token t trains on tokens 1 to t, itself included: one layer holds n different training problems.",
    stops="With the strict mask, token t does not train on itself.",
    mutants=(
        Mutant(
            "the strict prefix",
            rhs=lambda W0, keys, values, queries, eta, t: (
                (W0 - eta * gradient(prefix_loss)(W0, keys, values, causal("n", strict=True)[t])) @ queries[t]
            ),
        ),
        Mutant(
            "all tokens",
            rhs=lambda W0, keys, values, queries, eta, t: gradient_step(W0, keys, values, queries[t], eta),
        ),
        Mutant(
            "the suffix instead of the prefix",
            rhs=lambda W0, keys, values, queries, eta, t: (
                (W0 - eta * gradient(prefix_loss)(W0, keys, values, causal("n").T[t])) @ queries[t]
            ),
        ),
    ),
)

stacked_without_update = Claim(
    "stacked-linear-attention-without-residual-update",
    title="T stacked linear-attention layers are T gradient steps, without updating the demonstrations",
    given=GIVEN,
    lhs=stale_layers,
    rhs=gradient_steps,
    state=lambda W, keys, values, query: (values - keys @ W.T, W @ query),
    source=Source("original", "the stacked construction, read for the query token only"),
    about="A tempting shortcut: only the query's prediction is read out, so only it is updated.",
    stops="False from the second layer on: every later step would use the residuals of W₀.",
    expected=Verdict.REFUTED,
    repair="stacked-linear-attention-eq-gradient-steps",
)
