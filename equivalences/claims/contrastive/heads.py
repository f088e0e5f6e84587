"""More heads, a causal mask, another layer: each is a dual problem of its own.

Heads have separate normalisers and so separate losses; a masked layer has a loss for every token, over the
tokens up to it; a stack of layers trains a new model a layer, whose data are the outputs of the layer below.
None of these is several steps on one objective.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    FeatureMap,
    Mutant,
    Source,
    causal,
    dot,
    exp,
    feature_map,
    gradient,
    index,
    positive,
    real,
    softmax,
)

PAPER = "arXiv:2310.13220"


def attention(keys: Array, values: Array, query: Array) -> Array:
    """Softmax attention of one query.  [n d], [n v], [d] -> [v]"""
    return softmax(keys @ query) @ values


def trained(phi: FeatureMap, keys: Array, values: Array, weights: Array, query: Array, eta: Array) -> Array:
    """One step from zero on the loss over weighted samples, then the prediction.  … -> [v]"""
    nothing = 0 * values.T @ phi(keys)
    Z = (weights * exp(keys @ query)).sum()

    def loss(W: Array) -> Array:
        return -dot(weights, (values * (phi(keys) @ W.T)).sum(1)) / (eta * Z)

    return (nothing - eta * gradient(loss)(nothing)) @ phi(query)


HEADS: dict[str, Domain] = {
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "P1": real("o v"),
    "P2": real("o v"),
    "keys1": real("n d"),
    "keys2": real("n d"),
    "values1": real("n v"),
    "values2": real("n v"),
    "query1": real("d"),
    "query2": real("d"),
    "eta": positive(),
}


def two_heads(
    P1: Array,
    P2: Array,
    keys1: Array,
    keys2: Array,
    values1: Array,
    values2: Array,
    query1: Array,
    query2: Array,
) -> Array:
    """Two softmax heads, projected and added.  … -> [o]"""
    return P1 @ attention(keys1, values1, query1) + P2 @ attention(keys2, values2, query2)


def one_head_trained(phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """One step from zero on all samples, then the prediction.  … -> [v]"""
    nothing = 0 * values.T @ phi(keys)

    def loss(W: Array) -> Array:
        return -dot(values, phi(keys) @ W.T) / (eta * exp(keys @ query).sum())

    return (nothing - eta * gradient(loss)(nothing)) @ phi(query)


def two_models(
    phi: FeatureMap,
    P1: Array,
    P2: Array,
    keys1: Array,
    keys2: Array,
    values1: Array,
    values2: Array,
    query1: Array,
    query2: Array,
    eta: Array,
) -> Array:
    """Two models trained apart, their predictions projected and added.  … -> [o]"""
    first = one_head_trained(phi, keys1, values1, query1, eta)
    return P1 @ first + P2 @ one_head_trained(phi, keys2, values2, query2, eta)


heads = Claim(
    "multi-head-attention-eq-block-dual-model",
    title="Two heads are two dual models, trained apart and added after projection",
    given=HEADS,
    lhs=two_heads,
    rhs=two_models,
    source=Source("original", "the main equivalence of arXiv:2310.13220, for several heads"),
    about="A block-diagonal model: every head has keys, values, a query and a normaliser of its own.",
    stops="Stated for two heads, which stand for any number; the heads share no loss.",
    mutants=(
        Mutant(
            "one normaliser for both heads",
            lhs=lambda P1, P2, keys1, keys2, values1, values2, query1, query2: (
                (P1 @ (exp(keys1 @ query1) @ values1) + P2 @ (exp(keys2 @ query2) @ values2))
                / (exp(keys1 @ query1).sum() + exp(keys2 @ query2).sum())
            ),
        ),
        Mutant(
            "projections exchanged",
            rhs=lambda phi, P1, P2, keys1, keys2, values1, values2, query1, query2, eta: two_models(
                phi, P2, P1, keys1, keys2, values1, values2, query1, query2, eta
            ),
        ),
        Mutant(
            "queries exchanged",
            rhs=lambda phi, P1, P2, keys1, keys2, values1, values2, query1, query2, eta: two_models(
                phi, P1, P2, keys1, keys2, values1, values2, query2, query1, eta
            ),
        ),
    ),
)

MASKED: dict[str, Domain] = {
    "phi": HEADS["phi"],
    "keys": real("n d"),
    "values": real("n v"),
    "queries": real("n d"),
    "eta": positive(),
    "t": index("n"),
}


def masked_attention(keys: Array, values: Array, queries: Array) -> Array:
    """Causal softmax attention of every token.  [n d], [n v], [n d] -> [n v]"""
    return softmax(queries @ keys.T, where=causal("n")) @ values


masked = Claim(
    "causal-attention-eq-gradient-step-on-prefix",
    title="At every token, causal softmax attention is one step on the tokens up to it",
    given=MASKED,
    lhs=lambda keys, values, queries, t: masked_attention(keys, values, queries)[t],
    rhs=lambda phi, keys, values, queries, eta, t: trained(phi, keys, values, causal("n")[t], queries[t], eta),
    source=Source("original", "the main equivalence of arXiv:2310.13220, with a causal mask"),
    about="A layer of T tokens is T dual problems, not one: each has its own samples and its own normaliser.",
    stops="The token itself is among its samples.",
    mutants=(
        Mutant(
            "all tokens as samples",
            rhs=lambda phi, keys, values, queries, eta, t: one_head_trained(phi, keys, values, queries[t], eta),
        ),
        Mutant(
            "the token itself left out",
            rhs=lambda phi, keys, values, queries, eta, t: trained(
                phi, keys, values, causal("n", strict=True)[t], queries[t], eta
            ),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda phi, keys, values, queries, eta, t: trained(
                phi, keys, -values, causal("n")[t], queries[t], eta
            ),
        ),
    ),
)

LAYERS: dict[str, Domain] = {
    "psi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "X": real("n d"),
    "V1": real("d d"),
    "V2": real("v d"),
    "query": real("d"),
    "eta": positive(),
}


def layer(X: Array, V: Array) -> Array:
    """Self-attention of all tokens, which are their own keys and queries.  [n d], [v d] -> [n v]"""
    return softmax(X @ X.T) @ (X @ V.T)


def two_layers(X: Array, V1: Array, V2: Array, query: Array) -> Array:
    """Attention of a query over the outputs of a first layer.  [n d], [d d], [v d], [d] -> [v]"""
    H = layer(X, V1)
    return attention(H, H @ V2.T, query)


def second_model(psi: FeatureMap, X: Array, V1: Array, V2: Array, query: Array, eta: Array) -> Array:
    """A model trained from zero on the outputs of a first layer.  … -> [v]"""
    H = layer(X, V1)
    return one_head_trained(psi, H, H @ V2.T, query, eta)


layers = Claim(
    "second-attention-layer-eq-step-on-outputs-of-first",
    title="A second attention layer is one step of a new model, trained on the outputs of the first",
    given=LAYERS,
    lhs=two_layers,
    rhs=second_model,
    source=Source("original", "the main equivalence of arXiv:2310.13220, layer by layer"),
    about=(
        "The first layer's outputs are predictions of dual models of their own, one a token; the second layer "
        "starts again from zero, with other features and with those predictions as its data."
    ),
    stops="It is not a second step on one objective. Without residual stream and feed-forward layer.",
    mutants=(
        Mutant(
            "the second model trained on the input",
            rhs=lambda psi, X, V2, query, eta: one_head_trained(psi, X, X @ V2.T, query, eta),
        ),
        Mutant(
            "the first layer's values not projected",
            lhs=lambda X, V2, query: attention(softmax(X @ X.T) @ X, softmax(X @ X.T) @ X @ V2.T, query),
        ),
        Mutant(
            "labels of the wrong sign",
            rhs=lambda psi, X, V1, V2, query, eta: second_model(psi, X, V1, -V2, query, eta),
        ),
    ),
)
