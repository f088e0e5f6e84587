"""One problem for all queries: false as published, and true for a model that predicts its own normaliser.

The loss of softmax attention contains the normaliser of the query, so that every query trains a model of its
own. No loss without it will do: with one key number k₁ ≠ k₂ and different values, attention as a function of
the query q is a + b / (1 + e^{(k₂ − k₁) q}), which has poles at complex q, while every Wφ(q) with the features
of e^{kq} is an entire function. What works is a model that predicts [values; 1] and is read as a quotient.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    FeatureMap,
    Mutant,
    Source,
    Verdict,
    concat,
    dot,
    exp,
    feature_map,
    gradient,
    ones,
    positive,
    real,
    softmax,
)

GIVEN: dict[str, Domain] = {
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
    "eta": positive(),
}


def attention(keys: Array, values: Array, query: Array) -> Array:
    """Softmax attention of one query.  [n d], [n v], [d] -> [v]"""
    return softmax(keys @ query) @ values


def step_from_zero(phi: FeatureMap, keys: Array, targets: Array, scale: Array, eta: Array) -> Array:
    """The weights after one step from zero on the loss −⟨targets, predictions⟩/(ηZ).  … -> [v f]"""
    nothing = 0 * targets.T @ phi(keys)

    def loss(W: Array) -> Array:
        return -dot(targets, phi(keys) @ W.T) / (eta * scale)

    return nothing - eta * gradient(loss)(nothing)


def trained_at_another_query(
    phi: FeatureMap, keys: Array, values: Array, query: Array, other: Array, eta: Array
) -> Array:
    """Train on the loss of one query, predict at another.  … -> [v]"""
    return step_from_zero(phi, keys, values, exp(keys @ other).sum(), eta) @ phi(query)


one_loss = Claim(
    "one-loss-serves-every-query",
    title="A model trained on the loss of one query gives the attention of every other",
    given={**GIVEN, "other": real("d")},
    lhs=attention,
    rhs=trained_at_another_query,
    source=Source("original", "the main equivalence of arXiv:2310.13220, read as one trained model"),
    about="The dual model is spoken of as one model; its loss is that of the query at hand.",
    stops="False: the predictions are off by the quotient of the two normalisers.",
    expected=Verdict.REFUTED,
    repair="projective-model-serves-every-query",
)

quotient = Claim(
    "model-of-another-query-is-off-by-normalisers",
    title="A model trained for one query is off, at another, by the quotient of their normalisers",
    given={**GIVEN, "other": real("d")},
    lhs=trained_at_another_query,
    rhs=lambda keys, values, query, other: (
        attention(keys, values, query) * exp(keys @ query).sum() / exp(keys @ other).sum()
    ),
    source=Source("original", "the normaliser in the loss of arXiv:2310.13220"),
    about="The direction of the prediction is right, its length is not.",
    stops="It is attention where the two queries have the same normaliser.",
    mutants=(
        Mutant(
            "the quotient the other way round",
            rhs=lambda keys, values, query, other: (
                attention(keys, values, query) * exp(keys @ other).sum() / exp(keys @ query).sum()
            ),
        ),
        Mutant("no quotient", rhs=attention),
        Mutant(
            "attention of the other query",
            rhs=lambda keys, values, query, other: (
                attention(keys, values, other) * exp(keys @ query).sum() / exp(keys @ other).sum()
            ),
        ),
    ),
)


def projective_model(phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Train once, without any query, to predict values and ones; predict, and divide.  … -> [v]"""
    on_values = step_from_zero(phi, keys, values, ones(""), eta)
    on_ones = step_from_zero(phi, keys, ones("n")[:, None], ones(""), eta)
    return on_values @ phi(query) / (on_ones @ phi(query)).sum()


projective = Claim(
    "projective-model-serves-every-query",
    title="Trained once on values and ones, a linear model gives the attention of every query as a quotient",
    given=GIVEN,
    lhs=attention,
    rhs=projective_model,
    source=Source("original", "a repair of the main equivalence of arXiv:2310.13220"),
    about=(
        "The loss knows of no query: its labels are [vᵢ; 1], and one step from zero trains both blocks. The "
        "first block of the prediction, over the last coordinate, is attention, for every query at once."
    ),
    stops="The read-out is a quotient: no linear model without it gives attention for all queries.",
    mutants=(
        Mutant(
            "no quotient",
            rhs=lambda phi, keys, values, query, eta: (
                step_from_zero(phi, keys, values, ones(""), eta) @ phi(query)
            ),
        ),
        Mutant(
            "the ones trained at twice the rate",
            rhs=lambda phi, keys, values, query, eta: projective_model(phi, keys, values, query, eta) / 2,
        ),
        Mutant(
            "values of the wrong sign",
            rhs=lambda phi, keys, values, query, eta: projective_model(phi, keys, -values, query, eta),
        ),
    ),
)


def attention_on_block(keys: Array, values: Array, query: Array) -> Array:
    """Attention and its normaliser: the two blocks of a prediction.  [n d], [n v], [d] -> [v+1]"""
    weights = exp(keys @ query)
    return concat(weights @ values, weights.sum()[None])


blocks = Claim(
    "attention-numerator-and-normaliser-are-one-linear-model",
    title="Attention's numerator and normaliser are the two blocks of one linear model of the query",
    given=GIVEN,
    lhs=attention_on_block,
    rhs=lambda phi, keys, values, query, eta: concat(
        step_from_zero(phi, keys, values, ones(""), eta) @ phi(query),
        step_from_zero(phi, keys, ones("n")[:, None], ones(""), eta) @ phi(query),
    ),
    source=Source("original", "a repair of the main equivalence of arXiv:2310.13220"),
    about="Neither block has poles: both are sums of exponentials, and the quotient is taken last.",
    stops="Nothing is normalised yet.",
    mutants=(
        Mutant(
            "the normaliser in both blocks",
            lhs=lambda keys, values, query: concat(
                attention(keys, values, query), exp(keys @ query).sum()[None]
            ),
        ),
        Mutant(
            "minus the query",
            lhs=lambda keys, values, query: attention_on_block(keys, values, -query),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda phi, keys, values, query, eta: concat(
                step_from_zero(phi, keys, values, ones(""), -eta) @ phi(query),
                -(step_from_zero(phi, keys, ones("n")[:, None], ones(""), eta) @ phi(query)),
            ),
        ),
    ),
)
