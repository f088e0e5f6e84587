"""Layer causality in two layers: in-context learning has it, gradient descent does not.

A stack of layers is trained on cross-entropy. The gradient by a lower layer's weights flows through all
layers above; an in-context update cannot, since a layer's output is a function of what is below it.
Layer-causal gradient descent stops the gradient between layers and gives every layer a read-out of its own.
The layers are uninterpreted differentiable functions of whole arrays, so the statements hold for attention
layers and any others alike.
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
    logsumexp,
    real,
    stop_gradient,
    unknown,
)

PAPER = "arXiv:2311.07772"
TWO: dict[str, Domain] = {
    "X": real("n c"),
    "f1": unknown("n c, p -> n c"),
    "theta1": real("p"),
    "f2": unknown("n c, q -> n c"),
    "theta2": real("q"),
    "U": real("w c"),
    "targets": real("n w"),
}


def cross_entropy(hidden: Array, U: Array, targets: Array) -> Array:
    """Cross-entropy of the frozen read-out of a layer's output.  [n c], [w c], [n w] -> []"""
    logits = hidden @ U.T
    return logsumexp(logits, axis=1).sum() - dot(targets, logits)


def loss_of_two(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, U: Array, targets: Array
) -> Array:
    """The loss of plain gradient descent: one read-out, at the top.  … -> []"""
    return cross_entropy(f2(f1(X, theta1), theta2), U, targets)


def causal_loss_of_two(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, U: Array, targets: Array
) -> Array:
    """The layer-causal loss: a read-out a layer, and no gradient between layers.  … -> []"""
    h1 = f1(X, theta1)
    h2 = f2(stop_gradient(h1), theta2)
    return cross_entropy(h1, U, targets) + cross_entropy(h2, U, targets)


def supervised_loss_of_two(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, U: Array, targets: Array
) -> Array:
    """Deep supervision: a read-out a layer, with the gradient between layers.  … -> []"""
    h1 = f1(X, theta1)
    return cross_entropy(h1, U, targets) + cross_entropy(f2(h1, theta2), U, targets)


def detached_output_loss_of_two(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, U: Array, targets: Array
) -> Array:
    """The gradient stopped before the first layer's read-out instead of before the second layer.  … -> []"""
    h1 = f1(X, theta1)
    return cross_entropy(stop_gradient(h1), U, targets) + cross_entropy(f2(h1, theta2), U, targets)


def descent(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, U: Array, targets: Array
) -> Array:
    """The first layer's update in plain gradient descent.  … -> [p]"""
    return -gradient(loss_of_two)(theta1, theta2, X, f1, f2, U, targets)


def causal_descent(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, U: Array, targets: Array
) -> Array:
    """The first layer's update in layer-causal gradient descent.  … -> [p]"""
    return -gradient(causal_loss_of_two)(theta1, theta2, X, f1, f2, U, targets)


plain = Claim(
    "gradient-descent-is-layer-causal",
    title="The first layer's gradient-descent update does not depend on the layer above",
    given=TWO,
    lhs=descent,
    independent_of=("f2", "theta2"),
    source=Source(PAPER, "layer causality, and its violation by gradient descent"),
    about="What gradient descent would need in order to be what a forward pass can do.",
    stops="False: the gradient flows through the second layer.",
    expected=Verdict.REFUTED,
    repair="layer-causal-descent-is-layer-causal",
)

two_layers = Claim(
    "layer-causal-descent-is-layer-causal",
    title="Layer-causal gradient descent: the first of two layers' update ignores the layer above",
    given=TWO,
    lhs=causal_descent,
    independent_of=("f2", "theta2"),
    source=Source(PAPER, "layer-causal gradient descent"),
    about="For any two differentiable layers and a frozen linear read-out under cross-entropy.",
    stops="The frozen read-out U is shared; were it trained, every layer's update would depend on all.",
    mutants=(
        Mutant("plain gradient descent", lhs=descent),
        Mutant(
            "deep supervision",
            lhs=lambda theta1, theta2, X, f1, f2, U, targets: (
                -gradient(supervised_loss_of_two)(theta1, theta2, X, f1, f2, U, targets)
            ),
        ),
        Mutant(
            "the gradient stopped in the wrong place",
            lhs=(
                lambda theta1, theta2, X, f1, f2, U, targets: (
                    -gradient(detached_output_loss_of_two)(theta1, theta2, X, f1, f2, U, targets)
                )
            ),
        ),
    ),
)


def causal_descent_of_second(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, U: Array, targets: Array
) -> Array:
    """The second layer's update in layer-causal gradient descent.  … -> [q]"""
    return -gradient(causal_loss_of_two, wrt="theta2")(theta1, theta2, X, f1, f2, U, targets)


last_layer = Claim(
    "layer-causal-descent-eq-gradient-descent-at-last-layer",
    title="At the last layer, layer-causal gradient descent is gradient descent",
    given=TWO,
    lhs=causal_descent_of_second,
    rhs=lambda theta1, theta2, X, f1, f2, U, targets: (
        -gradient(loss_of_two, wrt="theta2")(theta1, theta2, X, f1, f2, U, targets)
    ),
    source=Source(PAPER, "layer-causal gradient descent at the last layer"),
    about="Nothing lies above the last layer, so that nothing is cut off.",
    stops=(
        "For the first step, and where the read-out is that of the full layer's output; if an inner part of "
        "the layer is read out instead, the two differ."
    ),
    mutants=(
        Mutant(
            "the first layer's read-out",
            lhs=lambda theta1, theta2, X, f1, f2, U, targets: (
                -gradient(lambda theta: cross_entropy(f2(f1(X, theta1), theta) + f1(X, theta1), U, targets))(
                    theta2
                )
            ),
        ),
        Mutant(
            "an update of the wrong sign",
            lhs=lambda theta1, theta2, X, f1, f2, U, targets: (
                -causal_descent_of_second(theta1, theta2, X, f1, f2, U, targets)
            ),
        ),
        Mutant(
            "two read-outs of the last layer",
            rhs=(
                lambda theta1, theta2, X, f1, f2, U, targets: (
                    -2 * gradient(loss_of_two, wrt="theta2")(theta1, theta2, X, f1, f2, U, targets)
                )
            ),
        ),
    ),
)

first_layer = Claim(
    "layer-causal-descent-eq-gradient-descent-at-first-layer",
    title="At the first of two layers, layer-causal gradient descent is gradient descent",
    given=TWO,
    lhs=causal_descent,
    rhs=descent,
    source=Source("original", "the statement about the last layer, read for every layer"),
    about="The two agree at the last layer, for every architecture.",
    stops="False below it: gradient descent sees the layer above.",
    expected=Verdict.REFUTED,
    repair="layer-causal-descent-eq-gradient-descent-at-last-layer",
)
