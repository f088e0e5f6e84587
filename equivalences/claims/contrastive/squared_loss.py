"""The squared loss, from zero, trains the same step; from anywhere else it does not.

At W₀ = 0 the squared and the inner-product loss have the same gradient, −Σ vᵢφ(kᵢ)ᵀ. So the one step from zero
says nothing of which loss it was: what tells them apart is any other starting point, or a second step.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    FeatureMap,
    Mutant,
    Source,
    Verdict,
    dot,
    exp,
    feature_map,
    gradient,
    real,
    softmax,
)

GIVEN: dict[str, Domain] = {
    "W0": real("v f"),
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
}
FROM_ZERO: dict[str, Domain] = {name: domain for name, domain in GIVEN.items() if name != "W0"}


def attention(keys: Array, values: Array, query: Array) -> Array:
    """Softmax attention of one query.  [n d], [n v], [d] -> [v]"""
    return softmax(keys @ query) @ values


def squared_loss(W: Array, phi: FeatureMap, keys: Array, values: Array, query: Array) -> Array:
    """Half the squared error, over the query's normaliser.  … -> []"""
    error = values - phi(keys) @ W.T
    return dot(error, error) / (2 * exp(keys @ query).sum())


def step(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array) -> Array:
    """One step of size 1 on the squared loss, then the prediction.  … -> [v]"""
    return (W0 - gradient(squared_loss)(W0, phi, keys, values, query)) @ phi(query)


def step_from_zero(phi: FeatureMap, keys: Array, values: Array, query: Array) -> Array:
    """The same from zero.  … -> [v]"""
    return step(0 * values.T @ phi(keys), phi, keys, values, query)


from_zero = Claim(
    "softmax-attention-eq-squared-loss-step-from-zero",
    title="From zero, one step on the squared loss gives softmax attention too",
    given=FROM_ZERO,
    lhs=attention,
    rhs=step_from_zero,
    source=Source("original", "the main equivalence of arXiv:2310.13220, with the squared loss"),
    about="Surprising at first: the two losses have the same gradient at W = 0.",
    stops="At W₀ = 0 and for one step only; elsewhere the residuals take the place of the values.",
    mutants=(
        Mutant(
            "a loss without its half",
            rhs=lambda phi, keys, values, query: 2 * step_from_zero(phi, keys, values, query),
        ),
        Mutant(
            "two steps",
            rhs=lambda phi, keys, values, query: step(
                0 * values.T @ phi(keys)
                - gradient(squared_loss)(0 * values.T @ phi(keys), phi, keys, values, query),
                phi,
                keys,
                values,
                query,
            ),
        ),
        Mutant(
            "weights left unnormalised",
            lhs=lambda keys, values, query: exp(keys @ query) @ values,
        ),
    ),
)


def attention_over_residuals(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array) -> Array:
    """The initial model, plus attention over what it misses.  … -> [v]"""
    return W0 @ phi(query) + attention(keys, values - phi(keys) @ W0.T, query)


from_anywhere = Claim(
    "softmax-attention-over-residuals-eq-squared-loss-step",
    title="From any weights, one step on the squared loss is softmax attention over the residuals",
    given=GIVEN,
    lhs=attention_over_residuals,
    rhs=step,
    source=Source("original", "the main equivalence of arXiv:2310.13220, with the squared loss"),
    about="The error signal of the squared loss is the residual; that of the inner-product loss is the value.",
    stops="For one step; the step size is 1 over the query's normaliser.",
    mutants=(
        Mutant(
            "values for residuals",
            lhs=lambda W0, phi, keys, values, query: W0 @ phi(query) + attention(keys, values, query),
        ),
        Mutant(
            "no initial model",
            lhs=lambda W0, phi, keys, values, query: attention(keys, values - phi(keys) @ W0.T, query),
        ),
        Mutant(
            "residuals of the wrong sign",
            lhs=lambda W0, phi, keys, values, query: (
                W0 @ phi(query) - attention(keys, values - phi(keys) @ W0.T, query)
            ),
        ),
    ),
)

same_from_anywhere = Claim(
    "softmax-attention-eq-squared-loss-step-from-anywhere",
    title="From any weights, one step on the squared loss adds softmax attention over the values",
    given=GIVEN,
    lhs=lambda W0, phi, keys, values, query: W0 @ phi(query) + attention(keys, values, query),
    rhs=step,
    source=Source("original", "the statement from zero, read for any start"),
    about="What holds from zero for both losses holds elsewhere for the inner-product loss only.",
    stops="False: the residuals vᵢ − W₀φ(kᵢ) take the place of the values.",
    expected=Verdict.REFUTED,
    repair="softmax-attention-over-residuals-eq-squared-loss-step",
)
