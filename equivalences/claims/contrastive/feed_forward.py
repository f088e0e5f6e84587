"""The feed-forward layer after attention, as a change of labels that depends on the query.

A ReLU layer is linear on the activation cell of its input. On the cell of the attention output h it maps h to
W_F h + b_F, so that one step with labels W_F v, and the bias b_F added, gives the whole layer. The cell is that
of h, and h depends on the query: so do the labels.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    FeatureMap,
    Mutant,
    Source,
    dot,
    exp,
    feature_map,
    gradient,
    positive,
    real,
    relu,
    softmax,
)

GIVEN: dict[str, Domain] = {
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
    "eta": positive(),
    "W1": real("h v"),
    "b1": real("h"),
    "W2": real("o h"),
    "b2": real("o"),
}


def attention(keys: Array, values: Array, query: Array) -> Array:
    """Softmax attention of one query.  [n d], [n v], [d] -> [v]"""
    return softmax(keys @ query) @ values


def feed_forward(x: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> Array:
    """A ReLU network with one hidden layer.  [v], [h v], [h], [o h], [o] -> [o]"""
    return W2 @ relu(W1 @ x + b1) + b2


def cell(x: Array, W1: Array, b1: Array) -> Array:
    """1 for every hidden unit that is active at x, else 0: the ReLU's derivative.  [v], [h v], [h] -> [h]"""
    return gradient(lambda u: relu(u).sum())(W1 @ x + b1)


def transformer_layer(
    keys: Array, values: Array, query: Array, W1: Array, b1: Array, W2: Array, b2: Array
) -> Array:
    """Attention and a feed-forward layer.  … -> [o]"""
    return feed_forward(attention(keys, values, query), W1, b1, W2, b2)


def trained_on_relabelled(
    phi: FeatureMap,
    keys: Array,
    values: Array,
    query: Array,
    eta: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    at: Array,
) -> Array:
    """One step from zero with labels W_F vᵢ, then the prediction plus b_F, by the cell of ``at``.  … -> [o]"""
    active = cell(at, W1, b1)
    W_F = (W2 * active[None, :]) @ W1
    b_F = W2 @ (active * b1) + b2
    labels = values @ W_F.T
    nothing = 0 * labels.T @ phi(keys)

    def loss(W: Array) -> Array:
        return -dot(labels, phi(keys) @ W.T) / (eta * exp(keys @ query).sum())

    return (nothing - eta * gradient(loss)(nothing)) @ phi(query) + b_F


layer = Claim(
    "transformer-layer-eq-step-on-relabelled-tokens",
    title="Attention with a ReLU layer is one step whose labels pass through the layer's active part",
    given=GIVEN,
    lhs=transformer_layer,
    rhs=lambda phi, keys, values, query, eta, W1, b1, W2, b2: trained_on_relabelled(
        phi, keys, values, query, eta, W1, b1, W2, b2, attention(keys, values, query)
    ),
    source=Source("arXiv:2310.13220", "one transformer layer with its feed-forward part"),
    about=(
        "With Σ the diagonal matrix of active units at the attention output h, W_F = W₂ΣW₁ and b_F = W₂Σb₁ + "
        "b₂. The dual model is Wφ(x) + b_F with labels W_F vᵢ."
    ),
    stops="Σ depends on h, and so on the query: the labels are not fixed before the query is known.",
    mutants=(
        Mutant(
            "the active units of another point",
            given={"other": real("v")},
            rhs=lambda phi, keys, values, query, eta, W1, b1, W2, b2, other: trained_on_relabelled(
                phi, keys, values, query, eta, W1, b1, W2, b2, other
            ),
        ),
        Mutant(
            "all units active",
            rhs=lambda keys, values, query, W1, b1, W2, b2: (
                W2 @ (W1 @ attention(keys, values, query) + b1) + b2
            ),
        ),
        Mutant(
            "values through the layer one by one",
            rhs=lambda keys, values, query, W1, b1, W2, b2: (
                softmax(keys @ query) @ (relu(values @ W1.T + b1[None, :]) @ W2.T) + b2
            ),
        ),
    ),
)
