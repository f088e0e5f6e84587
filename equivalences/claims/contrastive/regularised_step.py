"""The regularised loss adds one branch to attention, and changes nothing else.

A regulariser α|W|²/(2η) makes one step forget a share α of where it started. With W₀ = 0 nothing is left to
forget; with the zero-shot model as W₀, the values of the query's own tokens shrink by 1 − α, and the attention
weights stay as they are.
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
    positive,
    real,
    softmax,
)

PAPER = "arXiv:2310.13220"
GIVEN: dict[str, Domain] = {
    "W0": real("v f"),
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
    "eta": positive(),
    "alpha": real(),
}
TOKENS: dict[str, Domain] = {
    **{name: GIVEN[name] for name in ("phi", "keys", "values", "query", "eta", "alpha")},
    "test_keys": real("m d"),
    "test_values": real("m v"),
}


def attention(keys: Array, values: Array, query: Array) -> Array:
    """Softmax attention of one query.  [n d], [n v], [d] -> [v]"""
    return softmax(keys @ query) @ values


def loss(
    W: Array, phi: FeatureMap, keys: Array, values: Array, normaliser: Array, eta: Array, alpha: Array
) -> Array:
    """Negative similarity over a normaliser, with the regulariser α|W|²/(2η).  … -> []"""
    return -dot(values, phi(keys) @ W.T) / (eta * normaliser) + alpha * dot(W, W) / (2 * eta)


def with_branch(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, alpha: Array) -> Array:
    """What is left of the initial model, plus attention.  … -> [v]"""
    return (1 - alpha) * (W0 @ phi(query)) + attention(keys, values, query)


def regularised_step(
    W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array, alpha: Array
) -> Array:
    """One step on the regularised loss, then predict at the query.  … -> [v]"""
    Z = exp(keys @ query).sum()
    return (W0 - eta * gradient(loss)(W0, phi, keys, values, Z, eta, alpha)) @ phi(query)


branch = Claim(
    "regularised-step-eq-attention-plus-branch",
    title="A regulariser of strength α subtracts αW₀φ(q) from the step, and changes no attention weight",
    given=GIVEN,
    lhs=with_branch,
    rhs=regularised_step,
    source=Source(PAPER, "the regularised variant of the attention layer"),
    about="The only new term is a branch from the initial model; at α = 1 it is gone, at α = 0 whole.",
    stops="The regulariser is α|W|²/(2η). Without the 1/η the branch is αηW₀φ(q).",
    mutants=(
        Mutant(
            "a regulariser without 1/η",
            rhs=lambda W0, phi, keys, values, query, eta, alpha: regularised_step(
                W0, phi, keys, values, query, eta, alpha * eta
            ),
        ),
        Mutant(
            "no branch",
            lhs=lambda W0, phi, keys, values, query: W0 @ phi(query) + attention(keys, values, query),
        ),
        Mutant(
            "the attention shrinks too",
            lhs=lambda W0, phi, keys, values, query, alpha: (
                (1 - alpha) * (W0 @ phi(query) + attention(keys, values, query))
            ),
        ),
        Mutant(
            "a regulariser without its half",
            rhs=lambda W0, phi, keys, values, query, eta, alpha: regularised_step(
                W0, phi, keys, values, query, eta, 2 * alpha
            ),
        ),
    ),
)


def shrunk_attention(
    keys: Array, values: Array, test_keys: Array, test_values: Array, query: Array, alpha: Array
) -> Array:
    """Attention in which the values of the query's tokens are multiplied by 1 − α.  … -> [v]"""
    return softmax(concat(keys, test_keys) @ query) @ concat(values, (1 - alpha) * test_values)


def regularised_step_from_zero_shot(
    phi: FeatureMap,
    keys: Array,
    values: Array,
    test_keys: Array,
    test_values: Array,
    query: Array,
    eta: Array,
    alpha: Array,
) -> Array:
    """Start at the model of the query's own tokens, train once on the regularised loss, predict.  … -> [v]"""
    Z = exp(concat(keys, test_keys) @ query).sum()
    W0 = test_values.T @ phi(test_keys) / Z
    return (W0 - eta * gradient(loss)(W0, phi, keys, values, Z, eta, alpha)) @ phi(query)


from_zero_shot = Claim(
    "regularised-step-eq-attention-with-shrunk-test-values",
    title="Regularised, a step from the zero-shot model is attention with its test values shrunk by 1 − α",
    given=TOKENS,
    lhs=shrunk_attention,
    rhs=regularised_step_from_zero_shot,
    source=Source(PAPER, "the regularised variant of the attention layer, with query tokens among the keys"),
    about="The attention weights are those of all tokens; only what the query's tokens say is turned down.",
    stops="At α = 1 the query's tokens still take part in the normaliser, though they say nothing.",
    mutants=(
        Mutant(
            "the demonstrations shrink",
            lhs=lambda keys, values, test_keys, test_values, query, alpha: (
                softmax(concat(keys, test_keys) @ query) @ concat((1 - alpha) * values, test_values)
            ),
        ),
        Mutant(
            "the query's tokens leave the normaliser",
            lhs=lambda keys, values, query: attention(keys, values, query),
        ),
        Mutant(
            "no regulariser",
            rhs=lambda phi, keys, values, test_keys, test_values, query, eta, alpha: (
                regularised_step_from_zero_shot(
                    phi, keys, values, test_keys, test_values, query, eta, 0 * alpha
                )
            ),
        ),
    ),
)

weights_change = Claim(
    "regularised-step-changes-attention-weights",
    title="The regulariser turns down what the query's tokens say by giving them less attention",
    given=TOKENS,
    lhs=lambda keys, values, test_keys, test_values, query, alpha: (
        (exp(keys @ query) @ values + (1 - alpha) * (exp(test_keys @ query) @ test_values))
        / (exp(keys @ query).sum() + (1 - alpha) * exp(test_keys @ query).sum())
    ),
    rhs=regularised_step_from_zero_shot,
    source=Source("original", "the regularised variant of arXiv:2310.13220, read as a change of the weights"),
    about="One might think that the weights of the query's tokens shrink by 1 − α and are normalised again.",
    stops="False: their values shrink, and the weights still add up to 1 with them.",
    expected=Verdict.REFUTED,
    repair="regularised-step-eq-attention-with-shrunk-test-values",
)
