"""A linear layer that gradient descent trains is linear attention over its error signals.

The layer's weights after training are the initial ones plus a sum of outer products of error signals and
inputs, so that at a query the layer says what it said at first plus linear attention: inputs as keys, error
signals as values. For one step on the whole batch all errors are taken at the initial weights; for one pass
of single-sample steps each error is taken at the weights that its step finds. The losses are uninterpreted
differentiable functions.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Function,
    Mutant,
    Source,
    Verdict,
    dot,
    gradient,
    outer,
    real,
    scan,
    unknown,
)

PAPER = "arXiv:2311.07772"
BATCH: dict[str, Domain] = {
    "W0": real("v d"),
    "inputs": real("n d"),
    "loss": unknown("n v -> "),
    "gamma": real(),
    "query": real("d"),
}


def linear_attention(keys: Array, values: Array, query: Array) -> Array:
    """Attention without softmax.  [n d], [n v], [d] -> [v]"""
    return (keys @ query) @ values


def batch_errors(W0: Array, inputs: Array, loss: Function, gamma: Array) -> Array:
    """Minus γ times the loss's gradient by the layer's outputs, at the initial weights.  … -> [n v]"""
    return -gamma * gradient(loss)(inputs @ W0.T)


def attention_over_errors(W0: Array, inputs: Array, loss: Function, gamma: Array, query: Array) -> Array:
    """What the untrained layer says, plus linear attention over the errors.  … -> [v]"""
    return W0 @ query + linear_attention(inputs, batch_errors(W0, inputs, loss, gamma), query)


def trained_layer(W0: Array, inputs: Array, loss: Function, gamma: Array, query: Array) -> Array:
    """One step on the whole batch, then the layer at the query.  … -> [v]"""
    step = gradient(lambda W: loss(inputs @ W.T))(W0)
    return (W0 - gamma * step) @ query


full_batch = Claim(
    "trained-linear-layer-eq-linear-attention-over-errors",
    title="A linear layer after one gradient step is linear attention over its error signals",
    given=BATCH,
    lhs=attention_over_errors,
    rhs=trained_layer,
    source=Source(PAPER, "a linear layer trained by gradient descent, written as linear attention"),
    about=(
        "Holds for every differentiable loss of all the layer's outputs; layers above it are part of the loss. "
        "The errors are the values, the inputs are the keys."
    ),
    stops="One step on the whole batch: all errors are taken at the initial weights W₀.",
    mutants=(
        Mutant(
            "a step up the loss",
            rhs=lambda W0, inputs, loss, gamma, query: trained_layer(W0, inputs, loss, -gamma, query),
        ),
        Mutant(
            "what the untrained layer says left out",
            lhs=lambda W0, inputs, loss, gamma, query: linear_attention(
                inputs, batch_errors(W0, inputs, loss, gamma), query
            ),
        ),
        Mutant(
            "errors of a layer that says nothing yet",
            lhs=lambda W0, inputs, loss, gamma, query: (
                W0 @ query + linear_attention(inputs, batch_errors(0 * W0, inputs, loss, gamma), query)
            ),
        ),
    ),
)

SEQUENCE: dict[str, Domain] = {
    "W0": real("v d"),
    "inputs": real("n d"),
    "labels": real("n c"),
    "loss": unknown("v, c -> "),
    "gamma": real(),
    "query": real("d"),
}


def error(W: Array, x: Array, label: Array, loss: Function, gamma: Array) -> Array:
    """Minus γ times the loss's gradient by the output for one sample.  [v d], [d], [c], ℓ, [] -> [v]"""
    return -gamma * gradient(loss)(W @ x, label)


def single_sample_training(
    W0: Array, inputs: Array, labels: Array, loss: Function, gamma: Array, query: Array
) -> Array:
    """One pass of single-sample gradient steps, then the layer at the query.  … -> [v]"""

    def step(W: Array, x: Array, label: Array) -> Array:
        return W - gamma * gradient(lambda M: loss(M @ x, label))(W)

    return scan(step, W0, (inputs, labels)) @ query


def attention_over_recorded_errors(
    W0: Array, inputs: Array, labels: Array, loss: Function, gamma: Array, query: Array
) -> Array:
    """Linear attention that grows by one error a sample; the weights are kept to make the errors.  … -> [v]"""

    def step(state: tuple[Array, Array], x: Array, label: Array) -> tuple[Array, Array]:
        W, output = state
        e = error(W, x, label, loss, gamma)
        return W + outer(e, x), output + dot(x, query) * e

    return scan(step, (W0, W0 @ query), (inputs, labels))[1]


def attention_over_initial_errors(
    W0: Array, inputs: Array, labels: Array, loss: Function, gamma: Array, query: Array
) -> Array:
    """The same with every error taken at the initial weights.  … -> [v]"""

    def step(state: tuple[Array, Array], x: Array, label: Array) -> tuple[Array, Array]:
        W, output = state
        return W, output + dot(x, query) * error(W, x, label, loss, gamma)

    return scan(step, (W0, W0 @ query), (inputs, labels))[1]


def attention_over_later_errors(
    W0: Array, inputs: Array, labels: Array, loss: Function, gamma: Array, query: Array
) -> Array:
    """The same with every error taken after its own sample's step.  … -> [v]"""

    def step(state: tuple[Array, Array], x: Array, label: Array) -> tuple[Array, Array]:
        W, output = state
        after = W + outer(error(W, x, label, loss, gamma), x)
        return after, output + dot(x, query) * error(after, x, label, loss, gamma)

    return scan(step, (W0, W0 @ query), (inputs, labels))[1]


one_pass = Claim(
    "linear-layer-after-sgd-pass-eq-linear-attention-over-recorded-errors",
    title="After a pass of single-sample steps a linear layer is linear attention over the recorded errors",
    given=SEQUENCE,
    lhs=attention_over_recorded_errors,
    rhs=single_sample_training,
    state=lambda W, query: (W, W @ query),
    source=Source(PAPER, "a linear layer trained by gradient descent, written as linear attention"),
    about="Each error signal is taken at the weights that its step finds: eᵢ = −γ ∇ℓ(Wᵢ₋₁xᵢ, yᵢ).",
    stops="With all errors taken at the initial weights it is false from the second sample on.",
    mutants=(
        Mutant("errors at the initial weights", lhs=attention_over_initial_errors),
        Mutant("errors after the sample's own step", lhs=attention_over_later_errors),
        Mutant(
            "steps up the loss",
            rhs=lambda W0, inputs, labels, loss, gamma, query: single_sample_training(
                W0, inputs, labels, loss, -gamma, query
            ),
        ),
    ),
)

initial_errors = Claim(
    "linear-layer-after-sgd-pass-eq-linear-attention-over-initial-errors",
    title="After a pass of single-sample steps a linear layer is linear attention over its initial errors",
    given=SEQUENCE,
    lhs=attention_over_initial_errors,
    rhs=single_sample_training,
    source=Source("original", "the dual form for the whole batch, read for single-sample steps"),
    about="The dual form for the whole batch takes every error at W₀; a pass of single steps moves on.",
    stops="False from the second sample on, unless the loss is linear in the output.",
    expected=Verdict.REFUTED,
    repair="linear-layer-after-sgd-pass-eq-linear-attention-over-recorded-errors",
)
