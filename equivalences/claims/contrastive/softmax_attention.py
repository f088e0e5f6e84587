"""Softmax attention is one gradient-descent step of a linear model on exponential features.

The model f(x) = W·φ(x), with ⟨φ(x), φ(y)⟩ = e^{x·y}, takes one step from W₀ on the inner-product
("cosine-like", unnormalised) loss. Its normaliser is that of the query at hand: each query has a loss of
its own. The variants say what happens to W₀, when the query token attends to tokens of its own, and where
attention is a minimiser. Two literal readings are false and stand here with their counterexamples.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    FeatureMap,
    Minimum,
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
    sqrt,
)

PAPER = "arXiv:2310.13220"
GIVEN: dict[str, Domain] = {
    "W0": real("v f"),
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
    "eta": positive(),
}


def attention(keys: Array, values: Array, query: Array) -> Array:
    """Softmax attention of one query.  [n d], [n v], [d] -> [v]"""
    return softmax(keys @ query) @ values


def attention_from(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array) -> Array:
    """What the zero-shot model says, plus softmax attention.  [v f], φ, [n d], [n v], [d] -> [v]"""
    return W0 @ phi(query) + attention(keys, values, query)


def loss(W: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Negative similarity of predictions and values, over the query's normaliser.  … -> []"""
    return -dot(values, phi(keys) @ W.T) / (eta * exp(keys @ query).sum())


def gradient_step(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Train once, then predict at the query.  … -> [v]"""
    return (W0 - eta * gradient(loss)(W0, phi, keys, values, query, eta)) @ phi(query)


def two_steps(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Train twice, then predict at the query.  … -> [v]"""
    W1 = W0 - eta * gradient(loss)(W0, phi, keys, values, query, eta)
    return gradient_step(W1, phi, keys, values, query, eta)


def step_with_another_normaliser(
    W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, other: Array, eta: Array
) -> Array:
    """Train on the loss of another query, then predict at this one.  … -> [v]"""
    return (W0 - eta * gradient(loss)(W0, phi, keys, values, other, eta)) @ phi(query)


main = Claim(
    "softmax-attention-eq-gradient-step",
    title="Softmax attention is one gradient-descent step on a cosine-like loss",
    given=GIVEN,
    lhs=attention_from,
    rhs=gradient_step,
    source=Source(PAPER, "the main equivalence"),
    about=(
        "Keys are training inputs, values are labels. With W₀ = 0 the left side is softmax attention alone. "
        "The learning rate cancels: it also stands in the loss."
    ),
    stops=(
        "The loss contains the normaliser of the query, so that every query trains a model of its own. With "
        "the true cosine loss the statement is false (softmax-attention-eq-cosine-loss-step), and a second "
        "step doubles the attention."
    ),
    mutants=(
        Mutant(
            "a step up the loss",
            rhs=lambda W0, phi, keys, values, query, eta: (
                (W0 + eta * gradient(loss)(W0, phi, keys, values, query, eta)) @ phi(query)
            ),
        ),
        Mutant("the normaliser of another query", given={"other": real("d")}, rhs=step_with_another_normaliser),
        Mutant("two steps", rhs=two_steps),
        Mutant("the zero-shot term dropped", lhs=attention),
        Mutant(
            "a mean loss without rescaling",
            rhs=lambda W0, phi, keys, values, query, eta: gradient_step(W0, phi, keys, values / 2, query, eta),
        ),
    ),
)

any_start = Claim(
    "softmax-attention-eq-gradient-step-from-any-start",
    title="Softmax attention is one gradient-descent step from any initial weights",
    given=GIVEN,
    lhs=attention,
    rhs=gradient_step,
    source=Source("original", "the main equivalence of arXiv:2310.13220, read without its condition on W₀"),
    about="A tempting reading: the loss is linear, its gradient does not depend on W₀, so W₀ cannot matter.",
    stops="False: the prediction keeps W₀φ(q). It holds for W₀ = 0.",
    expected=Verdict.REFUTED,
    repair="softmax-attention-eq-gradient-step",
)


def attention_over_all(keys: Array, values: Array, test_keys: Array, test_values: Array, query: Array) -> Array:
    """Attention to the demonstrations and to the query's own tokens.  [n d], [n v], [m d], [m v], [d] -> [v]"""
    return softmax(concat(keys, test_keys) @ query) @ concat(values, test_values)


def step_from_zero_shot(
    phi: FeatureMap,
    keys: Array,
    values: Array,
    test_keys: Array,
    test_values: Array,
    query: Array,
    eta: Array,
) -> Array:
    """Start at the model that the query's own tokens define, and train on the demonstrations.  … -> [v]"""
    Z = exp(concat(keys, test_keys) @ query).sum()

    def own_loss(W: Array) -> Array:
        return -dot(values, phi(keys) @ W.T) / (eta * Z)

    W0 = test_values.T @ phi(test_keys) / Z
    return (W0 - eta * gradient(own_loss)(W0)) @ phi(query)


def step_from_zero(
    phi: FeatureMap,
    keys: Array,
    values: Array,
    test_keys: Array,
    query: Array,
    eta: Array,
) -> Array:
    """The same from zero: what the query's own tokens say is lost.  … -> [v]"""
    Z = exp(concat(keys, test_keys) @ query).sum()

    def own_loss(W: Array) -> Array:
        return -dot(values, phi(keys) @ W.T) / (eta * Z)

    nothing = 0 * values.T @ phi(keys)
    return (nothing - eta * gradient(own_loss)(nothing)) @ phi(query)


QUERY_TOKENS: dict[str, Domain] = {
    "phi": GIVEN["phi"],
    "keys": real("n d"),
    "values": real("n v"),
    "test_keys": real("m d"),
    "test_values": real("m v"),
    "query": real("d"),
    "eta": positive(),
}

query_tokens = Claim(
    "softmax-attention-eq-step-from-zero-shot-model",
    title="When the query attends to its own tokens, they are the initial weights",
    given=QUERY_TOKENS,
    lhs=attention_over_all,
    rhs=step_from_zero_shot,
    source=Source(PAPER, "the form with query tokens among the keys"),
    about="The initial weights are W₀ = Σⱼ vⱼ φ(kⱼ)ᵀ / Z over the query's tokens; Z sums over all tokens.",
    stops="With W₀ = 0 it is false as soon as the query attends to a token of its own.",
    mutants=(
        Mutant("start at zero", rhs=step_from_zero),
        Mutant(
            "the query's tokens trained on twice",
            rhs=(
                lambda phi, keys, values, test_keys, test_values, query, eta: step_from_zero_shot(
                    phi, keys, values, test_keys, 2 * test_values, query, eta
                )
            ),
        ),
        Mutant(
            "a step up the loss",
            rhs=(
                lambda phi, keys, values, test_keys, test_values, query, eta: step_from_zero_shot(
                    phi, keys, -values, test_keys, test_values, query, eta
                )
            ),
        ),
    ),
)


def weights_of_attention(phi: FeatureMap, keys: Array, values: Array, query: Array) -> Array:
    """The weight matrix whose prediction at the query is attention.  φ, [n d], [n v], [d] -> [v f]"""
    return values.T @ phi(keys) / exp(keys @ query).sum()


def regularised_loss(W: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """The loss with the regulariser |W|²/(2η).  … -> []"""
    return loss(W, phi, keys, values, query, eta) + dot(W, W) / (2 * eta)


def regularised_step(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """One step on the regularised loss, then predict.  … -> [v]"""
    W1 = W0 - eta * gradient(regularised_loss)(W0, phi, keys, values, query, eta)
    return W1 @ phi(query)


one_step = Claim(
    "softmax-attention-eq-regularised-step",
    title="On the regularised loss, one step from anywhere lands on softmax attention",
    given=GIVEN,
    lhs=attention,
    rhs=regularised_step,
    source=Source("original", "the regularised loss of arXiv:2310.13220 at full strength"),
    about="The regulariser |W|²/(2η) makes one step of size η forget where it started.",
    stops="With a regulariser α|W|²/(2η), α ≠ 1, the prediction keeps (1 − α) W₀φ(q).",
    mutants=(
        Mutant("without the regulariser", rhs=gradient_step),
        Mutant(
            "half the regulariser",
            rhs=lambda W0, phi, keys, values, query, eta: (
                (W0 - eta * gradient(loss)(W0, phi, keys, values, query, eta) - W0 / 2) @ phi(query)
            ),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda W0, phi, keys, values, query, eta: (
                (W0 + eta * gradient(regularised_loss)(W0, phi, keys, values, query, eta)) @ phi(query)
            ),
        ),
    ),
)

minimiser = Claim(
    "softmax-attention-minimises-regularised-loss",
    title="The weights of softmax attention minimise the regularised loss",
    given={name: domain for name, domain in GIVEN.items() if name != "W0"},
    lhs=weights_of_attention,
    minimises=Minimum(regularised_loss, gap=lambda difference, eta: dot(difference, difference) / (2 * eta)),
    source=Source("original", "the regularised loss of arXiv:2310.13220 at full strength"),
    about=(
        "At any other W the loss exceeds that of attention's weights by |W − W*|²/(2η): the minimiser is "
        "attention, and it is the only one."
    ),
    stops="Without the regulariser the loss is linear and unbounded below.",
    mutants=(
        Mutant(
            "twice the weights",
            lhs=lambda phi, keys, values, query: 2 * weights_of_attention(phi, keys, values, query),
        ),
        Mutant("weights left unnormalised", lhs=lambda phi, keys, values: values.T @ phi(keys)),
        Mutant(
            "weights of the wrong sign",
            lhs=lambda phi, keys, values, query: -weights_of_attention(phi, keys, values, query),
        ),
    ),
)


def cosine_loss(W: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Minus the sum of cosines of predictions and values, over the query's normaliser.  … -> []"""
    predictions = phi(keys) @ W.T
    norms = sqrt((predictions**2).sum(1)) * sqrt((values**2).sum(1))
    cosines = (predictions * values).sum(1) / norms
    return -cosines.sum() / (eta * exp(keys @ query).sum())


def cosine_step(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Train once on the cosine loss, then predict at the query.  … -> [v]"""
    return (W0 - eta * gradient(cosine_loss)(W0, phi, keys, values, query, eta)) @ phi(query)


cosine = Claim(
    "softmax-attention-eq-cosine-loss-step",
    title="Softmax attention is one gradient-descent step on the true cosine loss",
    given=GIVEN,
    lhs=attention_from,
    rhs=cosine_step,
    source=Source("original", "the main equivalence of arXiv:2310.13220, with the cosine taken literally"),
    about=(
        "The loss of the true statement is an inner product. The cosine divides it by the norms of prediction "
        "and value, so that the loss does not change with the prediction's length, and its gradient by the "
        "prediction is orthogonal to the prediction."
    ),
    stops="False for one token already. At W₀ = 0 the cosine is not even defined.",
    expected=Verdict.REFUTED,
    repair="softmax-attention-eq-gradient-step",
)
