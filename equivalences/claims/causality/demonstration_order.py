"""What does not depend on the order of the demonstrations, and what does.

Two groups of demonstrations are exchanged; exchanges of neighbouring groups generate every order. A gradient
over the whole batch does not see the exchange, and neither does attention of a query to all demonstrations,
with or without softmax, also after a layer in which every demonstration attends to all. A causal mask does
see it: there a demonstration's token attends to what stands before it.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Function,
    Mutant,
    Source,
    Verdict,
    causal,
    concat,
    each,
    gradient,
    real,
    softmax,
    unknown,
)

PAPER = "arXiv:2311.07772"
SAMPLES: dict[str, Domain] = {
    "theta": real("p"),
    "loss": unknown("p, d, c -> "),
    "first": real("n d"),
    "first_labels": real("n c"),
    "second": real("m d"),
    "second_labels": real("m c"),
}
TOKENS: dict[str, Domain] = {
    "first_keys": real("n d"),
    "first_values": real("n v"),
    "second_keys": real("m d"),
    "second_values": real("m v"),
    "query": real("d"),
}


def batch_loss(theta: Array, loss: Function, inputs: Array, labels: Array) -> Array:
    """The sum of the samples' losses.  [p], ℓ, [n d], [n c] -> []"""
    return each(lambda x, label: loss(theta, x, label), inputs, labels).sum()


def batch_gradient(
    theta: Array,
    loss: Function,
    first: Array,
    first_labels: Array,
    second: Array,
    second_labels: Array,
) -> Array:
    """The gradient over two groups of samples, in this order.  … -> [p]"""
    samples, labels = concat(first, second), concat(first_labels, second_labels)
    return gradient(batch_loss)(theta, loss, samples, labels)


full_batch = Claim(
    "full-batch-gradient-ignores-order-of-samples",
    title="A gradient over the whole batch does not depend on the order of two groups of samples",
    given=SAMPLES,
    lhs=batch_gradient,
    rhs=lambda theta, loss, first, first_labels, second, second_labels: batch_gradient(
        theta, loss, second, second_labels, first, first_labels
    ),
    source=Source("original", "gradient descent on demonstrations, as arXiv:2311.07772 compares it"),
    about="For any model and any differentiable loss of one sample. Exchanges of groups generate every order.",
    stops="Every sample keeps its label. Layers that mix the samples of a batch are not covered.",
    mutants=(
        Mutant(
            "labels of the wrong sign",
            rhs=lambda theta, loss, first, first_labels, second, second_labels: batch_gradient(
                theta, loss, second, -second_labels, first, first_labels
            ),
        ),
        Mutant(
            "the first group's gradient alone",
            rhs=lambda theta, loss, first, first_labels: gradient(batch_loss)(theta, loss, first, first_labels),
        ),
        Mutant(
            "the second group twice as heavy",
            rhs=lambda theta, loss, first, first_labels, second, second_labels: (
                batch_gradient(theta, loss, second, second_labels, first, first_labels)
                + gradient(batch_loss)(theta, loss, second, second_labels)
            ),
        ),
    ),
)


def linear_attention(
    first_keys: Array, first_values: Array, second_keys: Array, second_values: Array, query: Array
) -> Array:
    """Attention without softmax to two groups of demonstrations, in this order.  … -> [v]"""
    return (concat(first_keys, second_keys) @ query) @ concat(first_values, second_values)


linear = Claim(
    "linear-attention-ignores-order-of-demonstrations",
    title="Linear attention of a query does not depend on the order of two groups of demonstrations",
    given=TOKENS,
    lhs=linear_attention,
    rhs=lambda first_keys, first_values, second_keys, second_values, query: linear_attention(
        second_keys, second_values, first_keys, first_values, query
    ),
    source=Source("original", "one layer of attention without positions"),
    about="One layer without positions is as blind to order as a gradient over the whole batch.",
    stops="Without positions, and for a query that attends to every demonstration.",
    mutants=(
        Mutant(
            "values of the wrong sign",
            rhs=lambda first_keys, first_values, second_keys, second_values, query: linear_attention(
                second_keys, -second_values, first_keys, first_values, query
            ),
        ),
        Mutant(
            "the first group alone",
            rhs=lambda first_keys, first_values, query: (first_keys @ query) @ first_values,
        ),
        Mutant(
            "the second group at minus the query",
            rhs=lambda first_keys, first_values, second_keys, second_values, query: linear_attention(
                -second_keys, second_values, first_keys, first_values, query
            ),
        ),
    ),
)


def softmax_attention(
    first_keys: Array, first_values: Array, second_keys: Array, second_values: Array, query: Array
) -> Array:
    """Softmax attention to two groups of demonstrations, in this order.  … -> [v]"""
    return softmax(concat(first_keys, second_keys) @ query) @ concat(first_values, second_values)


with_softmax = Claim(
    "softmax-attention-ignores-order-of-demonstrations",
    title="Softmax attention of a query does not depend on the order of two groups of demonstrations",
    given=TOKENS,
    lhs=softmax_attention,
    rhs=lambda first_keys, first_values, second_keys, second_values, query: softmax_attention(
        second_keys, second_values, first_keys, first_values, query
    ),
    source=Source("original", "one layer of attention without positions"),
    about="The normaliser, too, is a sum over all demonstrations.",
    stops="Without positions, and for a query that attends to every demonstration.",
    mutants=(
        Mutant(
            "values of the wrong sign",
            rhs=lambda first_keys, first_values, second_keys, second_values, query: softmax_attention(
                second_keys, -second_values, first_keys, first_values, query
            ),
        ),
        Mutant("without softmax on one side", rhs=linear_attention),
        Mutant(
            "a softmax a group",
            rhs=lambda first_keys, first_values, second_keys, second_values, query: (
                (softmax(second_keys @ query) @ second_values + softmax(first_keys @ query) @ first_values) / 2
            ),
        ),
    ),
)

STREAM: dict[str, Domain] = {"first": real("n d"), "second": real("m d"), "query": real("d")}


def read_after_layer(tokens: Array, weights: Array, query: Array) -> Array:
    """A residual layer of linear attention, then linear attention of the query.  [n d], [n n], [d] -> [d]"""
    hidden = tokens + weights @ tokens
    return (hidden @ query) @ hidden


def two_layers(first: Array, second: Array, query: Array) -> Array:
    """Two layers in which demonstrations attend to all demonstrations.  [n d], [m d], [d] -> [d]"""
    tokens = concat(first, second)
    return read_after_layer(tokens, tokens @ tokens.T, query)


def two_causal_layers(first: Array, second: Array, query: Array) -> Array:
    """Two layers in which demonstrations attend to themselves and what is before them.  … -> [d]"""
    tokens = concat(first, second)
    return read_after_layer(tokens, causal("n+m") * (tokens @ tokens.T), query)


def two_causal_layers_exchanged(first: Array, second: Array, query: Array) -> Array:
    """The same with the groups exchanged.  [n d], [m d], [d] -> [d]"""
    tokens = concat(second, first)
    return read_after_layer(tokens, causal("m+n") * (tokens @ tokens.T), query)


unmasked = Claim(
    "two-layers-without-mask-ignore-order-of-demonstrations",
    title="Two layers of linear attention without a mask do not depend on the order of demonstrations",
    given=STREAM,
    lhs=two_layers,
    rhs=lambda first, second, query: two_layers(second, first, query),
    source=Source("original", "attention without positions and without a mask"),
    about="Depth alone does not make attention sensitive to order.",
    stops="Without positions and without a mask.",
    mutants=(
        Mutant("a causal mask on one side", rhs=two_causal_layers),
        Mutant(
            "the second group attended to only",
            rhs=lambda first, second, query: read_after_layer(second, second @ second.T, query),
        ),
        Mutant(
            "one layer less",
            rhs=lambda first, second, query: (concat(second, first) @ query) @ concat(second, first),
        ),
    ),
)

masked = Claim(
    "causal-layers-ignore-order-of-demonstrations",
    title="Two layers of causal linear attention do not depend on the order of demonstrations",
    given=STREAM,
    lhs=two_causal_layers,
    rhs=two_causal_layers_exchanged,
    source=Source("original", "attention without positions, with a causal mask"),
    about="No position is encoded, and the query attends to all; the mask is enough to break the symmetry.",
    stops="False: a later demonstration has seen the earlier ones, not the reverse.",
    expected=Verdict.REFUTED,
    repair="two-layers-without-mask-ignore-order-of-demonstrations",
)
