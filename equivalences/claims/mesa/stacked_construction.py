"""What two layers of the regression constructions compute.

Without a mask a layer transforms the labels of all demonstrations along with the query's, which is what lets
it be repeated. A second update of the inputs makes the next step one on transformed inputs (GD++). With a
causal mask the layers disagree with two gradient steps: each residual is that of its own time.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    block,
    causal,
    concat,
    dot,
    einsum,
    gradient,
    identity,
    index,
    real,
    zeros,
)

EARLIER = "arXiv:2212.07677"
PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {
    "W0": real("v d"),
    "inputs": real("n d"),
    "labels": real("n v"),
    "eta": real(),
}


def squared_loss(W: Array, inputs: Array, labels: Array) -> Array:
    """Half the squared error.  [v d], [n d], [n v] -> []"""
    error = labels - inputs @ W.T
    return dot(error, error) / 2


def step(W0: Array, inputs: Array, labels: Array, eta: Array) -> Array:
    """The weights after one step.  [v d], [n d], [n v], [] -> [v d]"""
    return W0 - eta * gradient(squared_loss)(W0, inputs, labels)


def layer(stream: Array, value: Array) -> Array:
    """Linear self-attention by the inputs, on the residual stream.  [n v+d], [v+d v+d] -> [n v+d]"""
    form = block([[zeros("v v"), zeros("v d")], [zeros("d v"), identity("d")]])
    return stream + (stream @ form @ stream.T) @ stream @ value.T


def labelled(W0: Array, inputs: Array, labels: Array, eta: Array) -> Array:
    """All demonstrations after one layer.  … -> [n v+d]"""
    value = block([[-eta * identity("v"), eta * W0], [zeros("d v"), zeros("d d")]])
    return layer(concat(labels, inputs, axis=1), value)


all_labels = Claim(
    "regression-construction-transforms-all-labels",
    title="The layer subtracts the update's prediction from the label of every demonstration",
    given=GIVEN,
    lhs=labelled,
    rhs=lambda W0, inputs, labels, eta: concat(
        labels - inputs @ (step(W0, inputs, labels, eta) - W0).T, inputs, axis=1
    ),
    source=Source(EARLIER, "the transformed targets of the weight construction"),
    about="Each label yⱼ becomes yⱼ − ΔW xⱼ: the residual problem, on which the next layer takes its step.",
    stops="All tokens attend to all: with a causal mask each label sees the demonstrations before it only.",
    mutants=(
        Mutant(
            "labels plus the update's prediction",
            rhs=lambda W0, inputs, labels, eta: concat(
                labels + inputs @ (step(W0, inputs, labels, eta) - W0).T, inputs, axis=1
            ),
        ),
        Mutant("labels as they were", rhs=lambda inputs, labels: concat(labels, inputs, axis=1)),
        Mutant(
            "labels less the whole prediction",
            rhs=lambda W0, inputs, labels, eta: concat(
                labels - inputs @ step(W0, inputs, labels, eta).T, inputs, axis=1
            ),
        ),
    ),
)

PLUS: dict[str, Domain] = {
    "inputs": real("n d"),
    "labels": real("n v"),
    "eta": real(),
    "gamma": real(),
    "eta2": real(),
    "gamma2": real(),
}


def plus_layer(inputs: Array, labels: Array, eta: Array, gamma: Array) -> Array:
    """The layer that also transforms the inputs, from W₀ = 0.  [n d], [n v], [], [] -> [n v+d]"""
    value = block([[-eta * identity("v"), zeros("v d")], [zeros("d v"), -gamma * identity("d")]])
    return layer(concat(labels, inputs, axis=1), value)


def curved(inputs: Array, gamma: Array) -> Array:
    """The inputs x (I − γXᵀX).  [n d], [] -> [n d]"""
    return inputs - gamma * inputs @ (inputs.T @ inputs)


def residuals(inputs: Array, labels: Array, eta: Array) -> Array:
    """The labels less the prediction after one step from zero.  [n d], [n v], [] -> [n v]"""
    return labels - inputs @ step(0 * labels.T @ inputs, inputs, labels, eta).T


plus = Claim(
    "gradient-descent-plus-plus-layer-eq-step-and-curvature",
    title="A GD++ layer takes a gradient step on the labels and a curvature step on the inputs",
    given={name: PLUS[name] for name in ("inputs", "labels", "eta", "gamma")},
    lhs=plus_layer,
    rhs=lambda inputs, labels, eta, gamma: concat(
        residuals(inputs, labels, eta), curved(inputs, gamma), axis=1
    ),
    source=Source(EARLIER, "the variant with transformed inputs, as in its public code"),
    about="Each input x becomes (I − γ Σⱼ xⱼxⱼᵀ) x, which shrinks the directions that the inputs share.",
    stops="From W₀ = 0, where the labels are the residuals.",
    mutants=(
        Mutant(
            "inputs as they were",
            rhs=lambda inputs, labels, eta: concat(residuals(inputs, labels, eta), inputs, axis=1),
        ),
        Mutant(
            "inputs stretched",
            rhs=lambda inputs, labels, eta, gamma: concat(
                residuals(inputs, labels, eta), curved(inputs, -gamma), axis=1
            ),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda inputs, labels, eta, gamma: concat(
                residuals(inputs, labels, -eta), curved(inputs, gamma), axis=1
            ),
        ),
    ),
)


def two_plus_layers(
    inputs: Array, labels: Array, eta: Array, gamma: Array, eta2: Array, gamma2: Array
) -> Array:
    """All tokens after two GD++ layers.  … -> [n v+d]"""
    value = block([[-eta2 * identity("v"), zeros("v d")], [zeros("d v"), -gamma2 * identity("d")]])
    return layer(plus_layer(inputs, labels, eta, gamma), value)


two_plus = Claim(
    "two-gradient-descent-plus-plus-layers-eq-step-on-curved-inputs",
    title="The second GD++ layer takes its step on the inputs that the first has transformed",
    given=PLUS,
    lhs=two_plus_layers,
    rhs=lambda inputs, labels, eta, gamma, eta2, gamma2: concat(
        residuals(curved(inputs, gamma), residuals(inputs, labels, eta), eta2),
        curved(curved(inputs, gamma), gamma2),
        axis=1,
    ),
    source=Source(EARLIER, "the variant with transformed inputs, as in its public code"),
    about="Gradient descent in a basis that changes from layer to layer, towards one of less curvature.",
    stops="It is not gradient descent on the original inputs unless γ = 0.",
    mutants=(
        Mutant(
            "the second step on the original inputs",
            rhs=lambda inputs, labels, eta, gamma, eta2, gamma2: concat(
                residuals(inputs, residuals(inputs, labels, eta), eta2),
                curved(curved(inputs, gamma), gamma2),
                axis=1,
            ),
        ),
        Mutant(
            "one layer",
            lhs=lambda inputs, labels, eta, gamma: plus_layer(inputs, labels, eta, gamma),
        ),
        Mutant(
            "both rates of the labels exchanged",
            rhs=lambda inputs, labels, eta, gamma, eta2, gamma2: concat(
                residuals(curved(inputs, gamma), residuals(inputs, labels, eta2), eta),
                curved(curved(inputs, gamma), gamma2),
                axis=1,
            ),
        ),
    ),
)

CAUSAL: dict[str, Domain] = {
    "current": real("n v"),
    "previous": real("n d"),
    "queries": real("n d"),
    "eta": real(),
    "t": index("n"),
}


def causal_predictions(residual: Array, previous: Array, queries: Array, eta: Array) -> Array:
    """What causal linear attention adds to every token's prediction.  [n v], [n d], [n d], [] -> [n v]"""
    return eta * (causal("n") * (queries @ previous.T)) @ residual


def two_causal_layers(current: Array, previous: Array, queries: Array, eta: Array) -> Array:
    """Predictions of two causal layers; the second sees what the first left of each token.  … -> [n v]"""
    before = eta * (causal("n", strict=True) * (previous @ previous.T)) @ current
    first = causal_predictions(current, previous, queries, eta)
    return first + causal_predictions(current - before, previous, queries, eta)


def weighted_loss(W: Array, current: Array, previous: Array, weights: Array) -> Array:
    """Half the weighted squared errors.  [v d], [n v], [n d], [n] -> []"""
    error = current - previous @ W.T
    return dot(weights, (error**2).sum(1)) / 2


def two_steps_at(current: Array, previous: Array, queries: Array, eta: Array, t: Array) -> Array:
    """The prediction at a token after two steps from zero on the pairs so far.  … -> [v]"""
    weights = causal("n")[t]
    W0 = 0 * current.T @ previous
    W1 = W0 - eta * gradient(weighted_loss)(W0, current, previous, weights)
    W2 = W1 - eta * gradient(weighted_loss)(W1, current, previous, weights)
    return W2 @ queries[t]


def stale_steps_at(current: Array, previous: Array, queries: Array, eta: Array, t: Array) -> Array:
    """Two steps, the second on residuals by the weights of each pair's own past.  … -> [v]"""
    trained_before = eta * einsum(causal("n", strict=True), current, previous, "t s, s v, s d -> t v d")
    residual = current - einsum(trained_before, previous, "t v d, t d -> t v")
    W1 = eta * (current * causal("n")[t][:, None]).T @ previous
    update = eta * (residual * causal("n")[t][:, None]).T @ previous
    return (W1 + update) @ queries[t]


stacked_form = Claim(
    "two-causal-layers-eq-steps-with-stale-residuals",
    title="Two causal layers take a second step whose residuals are each of their own time",
    given=CAUSAL,
    lhs=lambda current, previous, queries, eta, t: two_causal_layers(current, previous, queries, eta)[t],
    rhs=stale_steps_at,
    source=Source("original", "stacking the causal construction of arXiv:2309.05858"),
    about=(
        "The second layer sees, at each earlier token, the residual by the weights that were trained on the "
        "tokens before that one; two gradient steps would use the weights of the present."
    ),
    stops="The two agree only if the trained weights do not change with time.",
    mutants=(
        Mutant("two gradient steps", rhs=two_steps_at),
        Mutant(
            "the first layer only",
            rhs=lambda current, previous, queries, eta, t: (
                eta * (current * causal("n")[t][:, None]).T @ previous @ queries[t]
            ),
        ),
        Mutant(
            "a rate of the wrong sign",
            rhs=lambda current, previous, queries, eta, t: stale_steps_at(current, previous, queries, -eta, t),
        ),
    ),
)

stacked = Claim(
    "two-causal-layers-eq-two-gradient-steps",
    title="Two causal layers are two gradient steps at every token",
    given=CAUSAL,
    lhs=lambda current, previous, queries, eta, t: two_causal_layers(current, previous, queries, eta)[t],
    rhs=two_steps_at,
    source=Source("original", "the proposition of arXiv:2309.05858 on one layer, read for two"),
    about="Without a mask, stacked layers are as many gradient steps; with one they are not.",
    stops="False: the residuals of earlier tokens are out of date.",
    expected=Verdict.REFUTED,
    repair="two-causal-layers-eq-steps-with-stale-residuals",
)
