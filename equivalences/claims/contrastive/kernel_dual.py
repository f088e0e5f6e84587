"""The kernel dual of one gradient step, for three losses.

A linear model f(x) = W·φ(x) that takes one full-batch step from W₀ predicts, at a query q, its old
prediction plus a kernel sum over the training points: W₁φ(q) = W₀φ(q) + η Σᵢ eᵢ κ(kᵢ, q), where eᵢ is minus
the loss's derivative by the prediction at kᵢ. Only the kernel is used, so φ may be of any dimension. This
one statement lies under every *attention is a gradient step* claim; the losses differ in eᵢ alone.
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
    logsumexp,
    real,
    softmax,
)

GIVEN: dict[str, Domain] = {
    "W0": real("v f"),
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
    "eta": real(),
}


def linear_loss(W: Array, phi: FeatureMap, keys: Array, values: Array) -> Array:
    """Minus the similarity of predictions and values.  [v f], φ, [n d], [n v] -> []"""
    return -dot(values, phi(keys) @ W.T)


def squared_loss(W: Array, phi: FeatureMap, keys: Array, values: Array) -> Array:
    """Half the squared error.  [v f], φ, [n d], [n v] -> []"""
    error = values - phi(keys) @ W.T
    return dot(error, error) / 2


def cross_entropy(W: Array, phi: FeatureMap, keys: Array, values: Array) -> Array:
    """Cross-entropy of the predicted logits; the rows of ``values`` are targets.  … -> []"""
    logits = phi(keys) @ W.T
    return logsumexp(logits, axis=1).sum() - dot(values, logits)


def linear_dual(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Unnormalised kernel attention with the values themselves.  … -> [v]"""
    return W0 @ phi(query) + eta * exp(keys @ query) @ values


def squared_dual(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Unnormalised kernel attention with the residuals as values.  … -> [v]"""
    return W0 @ phi(query) + eta * exp(keys @ query) @ (values - phi(keys) @ W0.T)


def cross_entropy_dual(
    W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array
) -> Array:
    """Unnormalised kernel attention with target minus probability as values.  … -> [v]"""
    return W0 @ phi(query) + eta * exp(keys @ query) @ (values - softmax(phi(keys) @ W0.T, axis=1))


def linear_step(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Train once on the linear loss, then predict.  … -> [v]"""
    return (W0 - eta * gradient(linear_loss)(W0, phi, keys, values)) @ phi(query)


def squared_step(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Train once on the squared loss, then predict.  … -> [v]"""
    return (W0 - eta * gradient(squared_loss)(W0, phi, keys, values)) @ phi(query)


def cross_entropy_step(
    W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array
) -> Array:
    """Train once on the cross-entropy, then predict.  … -> [v]"""
    return (W0 - eta * gradient(cross_entropy)(W0, phi, keys, values)) @ phi(query)


linear = Claim(
    "kernel-dual-of-linear-loss-step",
    title="One step on a linear loss adds kernel attention over the values",
    given=GIVEN,
    lhs=linear_dual,
    rhs=linear_step,
    source=Source("original", "the chain rule for a linear map; the case ℓ(y) = −v·y"),
    about="The errors are the values themselves, whatever W₀ is: this is the case behind softmax attention.",
    stops="A second step doubles the sum; a linear loss has no minimiser to converge to.",
    mutants=(
        Mutant(
            "two steps",
            rhs=lambda W0, phi, keys, values, query, eta: linear_step(
                W0 - eta * gradient(linear_loss)(W0, phi, keys, values), phi, keys, values, query, eta
            ),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda W0, phi, keys, values, query, eta: linear_step(W0, phi, keys, values, query, -eta),
        ),
        Mutant(
            "the starting point forgotten",
            lhs=lambda phi, keys, values, query, eta: eta * exp(keys @ query) @ values,
        ),
    ),
)

squared = Claim(
    "kernel-dual-of-squared-loss-step",
    title="One step on the squared loss adds kernel attention over the residuals",
    given=GIVEN,
    lhs=squared_dual,
    rhs=squared_step,
    source=Source("original", "the chain rule for a linear map; the case ℓ(y) = |v − y|²/2"),
    about="The errors are the residuals at W₀, so that the values of the attention depend on the model.",
    stops="With the mean loss the step size is to be multiplied by the number of tokens.",
    mutants=(
        Mutant("values instead of residuals", lhs=linear_dual),
        Mutant(
            "a loss without its half",
            rhs=lambda W0, phi, keys, values, query, eta: squared_step(W0, phi, keys, values, query, 2 * eta),
        ),
        Mutant(
            "residuals of the wrong sign",
            lhs=lambda W0, phi, keys, values, query, eta: (
                W0 @ phi(query) + eta * exp(keys @ query) @ (values + phi(keys) @ W0.T)
            ),
        ),
    ),
)

cross = Claim(
    "kernel-dual-of-cross-entropy-step",
    title="One step on the cross-entropy adds kernel attention over target minus probability",
    given=GIVEN,
    lhs=cross_entropy_dual,
    rhs=cross_entropy_step,
    source=Source("original", "the chain rule for a linear map; ℓ the cross-entropy with logits y"),
    about="The errors are target minus predicted probability at W₀.",
    stops=(
        "Targets whose rows do not sum to 1 are meant literally: the loss is logsumexp minus the inner "
        "product, so no factor appears in front of the probabilities."
    ),
    mutants=(
        Mutant(
            "probabilities over the tokens",
            lhs=lambda W0, phi, keys, values, query, eta: (
                W0 @ phi(query) + eta * exp(keys @ query) @ (values - softmax(phi(keys) @ W0.T, axis=0))
            ),
        ),
        Mutant("logits instead of probabilities", lhs=squared_dual),
        Mutant(
            "a step up the loss",
            rhs=lambda W0, phi, keys, values, query, eta: cross_entropy_step(
                W0, phi, keys, values, query, -eta
            ),
        ),
    ),
)
