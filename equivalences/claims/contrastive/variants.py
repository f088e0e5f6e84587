"""Augmented and negative-sample attention, each as one step on a changed loss.

Augmentation maps keys and values before they enter the loss: any maps will do that do not depend on the
weights that are trained. Negative samples are subtracted from a value in the loss, and so from the values that
attention mixes; the attention weights stay as they are.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    FeatureMap,
    Function,
    Mutant,
    Source,
    Verdict,
    dot,
    exp,
    feature_map,
    gradient,
    positive,
    real,
    softmax,
    unknown,
)

PAPER = "arXiv:2310.13220"
BASE: dict[str, Domain] = {
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
    "eta": positive(),
}
AUGMENTED: dict[str, Domain] = {
    "W0": real("v f"),
    **BASE,
    "g1": unknown("n d -> n d"),
    "g2": unknown("n v -> n v"),
}
NEGATIVES: dict[str, Domain] = {"W0": real("v f"), **BASE, "M": real("n n"), "beta": real()}


def attention(keys: Array, values: Array, query: Array) -> Array:
    """Softmax attention of one query.  [n d], [n v], [d] -> [v]"""
    return softmax(keys @ query) @ values


def loss(W: Array, phi: FeatureMap, keys: Array, targets: Array, query: Array, eta: Array) -> Array:
    """Negative similarity of predictions and targets, over the query's normaliser.  … -> []"""
    return -dot(targets, phi(keys) @ W.T) / (eta * exp(keys @ query).sum())


def step(W0: Array, phi: FeatureMap, keys: Array, targets: Array, query: Array, eta: Array) -> Array:
    """Train once, then predict at the query.  … -> [v]"""
    return (W0 - eta * gradient(loss)(W0, phi, keys, targets, query, eta)) @ phi(query)


def augmented_attention(
    W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, g1: Function, g2: Function
) -> Array:
    """The initial model plus attention over augmented keys and values.  … -> [v]"""
    return W0 @ phi(query) + attention(g1(keys), g2(values), query)


augmented = Claim(
    "augmented-attention-eq-augmented-gradient-step",
    title="Attention over augmented keys and values is one step on augmented data",
    given=AUGMENTED,
    lhs=augmented_attention,
    rhs=lambda W0, phi, keys, values, query, eta, g1, g2: step(W0, phi, g1(keys), g2(values), query, eta),
    source=Source(PAPER, "the augmented variant of the attention layer"),
    about="The maps g₁ of the keys and g₂ of the values are any functions of whole arrays.",
    stops="The maps may not depend on the weights that are trained; the query is not augmented.",
    mutants=(
        Mutant(
            "keys not augmented in the loss",
            rhs=lambda W0, phi, keys, values, query, eta, g2: step(W0, phi, keys, g2(values), query, eta),
        ),
        Mutant(
            "values not augmented in the loss",
            rhs=lambda W0, phi, keys, values, query, eta, g1: step(W0, phi, g1(keys), values, query, eta),
        ),
        Mutant(
            "the normaliser of plain keys",
            lhs=lambda W0, phi, keys, values, query, g1, g2: (
                W0 @ phi(query) + exp(g1(keys) @ query) @ g2(values) / exp(keys @ query).sum()
            ),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda W0, phi, keys, values, query, eta, g1, g2: step(
                W0, phi, g1(keys), -g2(values), query, eta
            ),
        ),
    ),
)


def contrasted(values: Array, M: Array, beta: Array) -> Array:
    """Each value less β times the mean of its negatives.  [n v], [n n], [] -> [n v]"""
    return values - beta * (M.T @ values)


def contrastive_attention(
    W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, M: Array, beta: Array
) -> Array:
    """The initial model plus attention over contrasted values.  … -> [v]"""
    return W0 @ phi(query) + attention(keys, contrasted(values, M, beta), query)


def contrastive_loss(
    W: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array, M: Array, beta: Array
) -> Array:
    """Similarity to the value is rewarded, similarity to the mean of the negatives punished.  … -> []"""
    predictions = phi(keys) @ W.T
    similarity = predictions @ values.T
    rewarded = dot(predictions, values)
    punished = beta * dot(similarity, M.T)
    return -(rewarded - punished) / (eta * exp(keys @ query).sum())


negatives = Claim(
    "negative-samples-eq-contrasted-values",
    title="Negative samples in the loss are attention with contrasted values",
    given=NEGATIVES,
    lhs=contrastive_attention,
    rhs=lambda W0, phi, keys, values, query, eta, M, beta: (
        (W0 - eta * gradient(contrastive_loss)(W0, phi, keys, values, query, eta, M, beta)) @ phi(query)
    ),
    source=Source(PAPER, "the variant of the attention layer with negative samples"),
    about=(
        "Column i of M holds the weights of token i's negatives, 1/|N(i)| each as a rule; any M will do. The "
        "value vᵢ becomes vᵢ − β Σⱼ Mⱼᵢ vⱼ, and no attention weight changes."
    ),
    stops="If the negatives are chosen by the attention scores of the query, the loss depends on it once more.",
    mutants=(
        Mutant(
            "negatives by the rows of M",
            lhs=lambda W0, phi, keys, values, query, M, beta: (
                W0 @ phi(query) + attention(keys, values - beta * (M @ values), query)
            ),
        ),
        Mutant(
            "negatives rewarded",
            lhs=lambda W0, phi, keys, values, query, M, beta: contrastive_attention(
                W0, phi, keys, values, query, M, -beta
            ),
        ),
        Mutant(
            "no negatives",
            lhs=lambda W0, phi, keys, values, query: W0 @ phi(query) + attention(keys, values, query),
        ),
    ),
)

negative_keys = Claim(
    "negative-samples-eq-contrasted-keys",
    title="Negative samples in the loss are attention with contrasted keys",
    given=NEGATIVES,
    lhs=lambda W0, phi, keys, values, query, M, beta: (
        W0 @ phi(query) + attention(contrasted(keys, M, beta), values, query)
    ),
    rhs=lambda W0, phi, keys, values, query, eta, M, beta: (
        (W0 - eta * gradient(contrastive_loss)(W0, phi, keys, values, query, eta, M, beta)) @ phi(query)
    ),
    source=Source("original", "the negative samples of arXiv:2310.13220, moved to the keys"),
    about="Contrastive learning pushes representations apart; one might look for that in the keys.",
    stops="False: the negatives are subtracted from the values, and the weights do not change.",
    expected=Verdict.REFUTED,
    repair="negative-samples-eq-contrasted-values",
)
