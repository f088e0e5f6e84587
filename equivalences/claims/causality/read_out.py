"""Where layer-causal gradient descent reads a layer out, and what its stopped gradients leave.

The layer's input is data: no gradient reaches it. The update of the value matrix is then a sum of outer
products, of error signals and of the inputs as the attention averages them. Whether the queries are data as
well makes no difference to keys and values. What the layer's read-out is read from does: if it is the
attention's output and not that of the whole layer, not even the last layer follows plain gradient descent.
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
    gradient,
    real,
    softmax,
    stop_gradient,
    unknown,
)

PAPER = "arXiv:2311.07772"
GIVEN: dict[str, Domain] = {
    "W_Q": real("d c"),
    "W_K": real("d c"),
    "W_V": real("v c"),
    "X": real("n c"),
    "loss": unknown("n v -> "),
}


def weights(W_K: Array, X: Array, queries: Array) -> Array:
    """Causal softmax weights of every token.  [d c], [n c], [n d] -> [n n]"""
    return softmax(queries @ (X @ W_K.T).T, axis=1, where=causal("n"))


def loss_of_values(W_V: Array, W_K: Array, W_Q: Array, X: Array, loss: Function) -> Array:
    """The loss of one attention layer's outputs.  … -> []"""
    return loss(weights(W_K, X, X @ W_Q.T) @ (X @ W_V.T))


def value_update(W_V: Array, W_K: Array, W_Q: Array, X: Array, loss: Function) -> Array:
    """The update of the value matrix by gradient descent.  … -> [v c]"""
    return -gradient(loss_of_values)(W_V, W_K, W_Q, X, loss)


def errors_times_averages(W_V: Array, W_K: Array, W_Q: Array, X: Array, loss: Function) -> Array:
    """Outer products of error signals and attention-averaged inputs, summed over the tokens.  … -> [v c]"""
    averages = weights(W_K, X, X @ W_Q.T) @ X
    errors = -gradient(loss)(averages @ W_V.T)
    return errors.T @ averages


values = Claim(
    "value-matrix-update-eq-errors-times-averaged-inputs",
    title="An attention layer's value matrix is updated by error signals times attention-averaged inputs",
    given=GIVEN,
    lhs=value_update,
    rhs=errors_times_averages,
    source=Source("original", "the dual form of a linear layer, for the value matrix of an attention layer"),
    about=(
        "The layer is linear in W_V, with the averaged inputs in the place of the inputs: one step on W_V is "
        "linear attention over the error signals, with averages as keys."
    ),
    stops="For the value matrix: the key matrix stands inside the softmax, and has no such dual form.",
    mutants=(
        Mutant(
            "the inputs instead of their averages",
            rhs=lambda W_V, W_K, W_Q, X, loss: (-gradient(loss)(weights(W_K, X, X @ W_Q.T) @ X @ W_V.T)).T @ X,
        ),
        Mutant(
            "an update of the wrong sign",
            rhs=lambda W_V, W_K, W_Q, X, loss: -errors_times_averages(W_V, W_K, W_Q, X, loss),
        ),
        Mutant(
            "errors of a layer that does not attend",
            rhs=lambda W_V, W_K, W_Q, X, loss: (
                (-gradient(loss)(X @ W_V.T)).T @ (weights(W_K, X, X @ W_Q.T) @ X)
            ),
        ),
    ),
)


def loss_of_keys(W_K: Array, W_V: Array, W_Q: Array, X: Array, loss: Function) -> Array:
    """The layer's loss, as a function of the key matrix.  … -> []"""
    return loss(weights(W_K, X, X @ W_Q.T) @ (X @ W_V.T))


def loss_with_queries_as_data(W_K: Array, W_V: Array, W_Q: Array, X: Array, loss: Function) -> Array:
    """The same with the gradient stopped at the queries and at the inputs.  … -> []"""
    data = stop_gradient(X)
    return loss(weights(W_K, data, stop_gradient(X @ W_Q.T)) @ (data @ W_V.T))


queries = Claim(
    "stopped-queries-leave-key-matrix-update",
    title="Stopping the gradient at the queries does not change the update of the key matrix",
    given=GIVEN,
    lhs=lambda W_K, W_V, W_Q, X, loss: -gradient(loss_with_queries_as_data)(W_K, W_V, W_Q, X, loss),
    rhs=lambda W_K, W_V, W_Q, X, loss: -gradient(loss_of_keys)(W_K, W_V, W_Q, X, loss),
    source=Source(PAPER, "layer-causal gradient descent: what its attention takes as data"),
    about="Within one layer the queries come from the query matrix and the inputs, neither of which moves.",
    stops="The query matrix and the layers below would be trained through the queries; they are not.",
    mutants=(
        Mutant(
            "half the update",
            lhs=lambda W_K, W_V, W_Q, X, loss: -gradient(loss_with_queries_as_data)(W_K, W_V, W_Q, X, loss) / 2,
        ),
        Mutant(
            "an update of the wrong sign",
            lhs=lambda W_K, W_V, W_Q, X, loss: gradient(loss_with_queries_as_data)(W_K, W_V, W_Q, X, loss),
        ),
        Mutant(
            "the query matrix trained as a key matrix",
            rhs=lambda W_K, W_V, W_Q, X, loss: (
                -gradient(lambda W: loss(weights(W_K, X, X @ W.T) @ (X @ W_V.T)))(W_Q)
            ),
        ),
    ),
)

PARTS: dict[str, Domain] = {
    "X": real("n c"),
    "attend": unknown("n c, p -> n c"),
    "theta": real("p"),
    "rest": unknown("n c, n c -> n c"),
    "loss": unknown("n c -> "),
}

attention_read_out = Claim(
    "last-layer-read-out-at-attention-eq-gradient-descent",
    title="At the last layer, reading out the attention's output gives the update of plain gradient descent",
    given=PARTS,
    lhs=lambda X, attend, theta, loss: -gradient(lambda t: loss(attend(X, t)))(theta),
    rhs=lambda X, attend, theta, rest, loss: -gradient(lambda t: loss(rest(attend(X, t), X)))(theta),
    source=Source("original", "layer-causal gradient descent with the read-out of the attention's output"),
    about="The rest of the layer, its residual connection and what follows, is a function of both.",
    stops="False: plain gradient descent goes through the rest of the layer.",
    expected=Verdict.REFUTED,
    repair="layer-causal-descent-eq-gradient-descent-at-last-layer",
)
