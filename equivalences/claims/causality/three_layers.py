"""Layer causality in three layers: each layer of layer-causal gradient descent trains alone.

The loss adds a read-out a layer, and the gradient is stopped between layers. The middle layer's update is then
that of its own read-out at a fixed input; it sees nothing of the layer above. The last layer's update is that
of plain gradient descent. The layers are uninterpreted differentiable functions of whole arrays.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Function,
    Mutant,
    Source,
    dot,
    gradient,
    logsumexp,
    real,
    stop_gradient,
    unknown,
)

PAPER = "arXiv:2311.07772"
THREE: dict[str, Domain] = {
    "X": real("n c"),
    "f1": unknown("n c, p -> n c"),
    "theta1": real("p"),
    "f2": unknown("n c, q -> n c"),
    "theta2": real("q"),
    "f3": unknown("n c, r -> n c"),
    "theta3": real("r"),
    "U": real("w c"),
    "targets": real("n w"),
}


def cross_entropy(hidden: Array, U: Array, targets: Array) -> Array:
    """Cross-entropy of the frozen read-out of a layer's output.  [n c], [w c], [n w] -> []"""
    logits = hidden @ U.T
    return logsumexp(logits, axis=1).sum() - dot(targets, logits)


def causal_loss_of_three(
    theta1: Array,
    theta2: Array,
    theta3: Array,
    X: Array,
    f1: Function,
    f2: Function,
    f3: Function,
    U: Array,
    targets: Array,
) -> Array:
    """The layer-causal loss of three layers.  … -> []"""
    h1 = f1(X, theta1)
    h2 = f2(stop_gradient(h1), theta2)
    h3 = f3(stop_gradient(h2), theta3)
    return sum_of_losses(h1, h2, h3, U, targets)


def sum_of_losses(h1: Array, h2: Array, h3: Array, U: Array, targets: Array) -> Array:
    """A read-out a layer.  [n c], [n c], [n c], [w c], [n w] -> []"""
    return cross_entropy(h1, U, targets) + cross_entropy(h2, U, targets) + cross_entropy(h3, U, targets)


def leaking_loss_of_three(
    theta1: Array,
    theta2: Array,
    theta3: Array,
    X: Array,
    f1: Function,
    f2: Function,
    f3: Function,
    U: Array,
    targets: Array,
) -> Array:
    """Three layers, with the gradient let through from the third to the second.  … -> []"""
    h1 = f1(X, theta1)
    h2 = f2(stop_gradient(h1), theta2)
    return sum_of_losses(h1, h2, f3(h2, theta3), U, targets)


three_layers = Claim(
    "layer-causal-descent-is-layer-causal-in-three-layers",
    title="Layer-causal gradient descent: the second of three layers' update ignores the third",
    given=THREE,
    lhs=lambda theta1, theta2, theta3, X, f1, f2, f3, U, targets: (
        -gradient(causal_loss_of_three, wrt="theta2")(theta1, theta2, theta3, X, f1, f2, f3, U, targets)
    ),
    independent_of=("f3", "theta3"),
    source=Source(PAPER, "layer-causal gradient descent"),
    about="The second layer sees the first one's output as data, and nothing of the third.",
    stops="It does depend on the first layer, through the data it is given.",
    mutants=(
        Mutant(
            "the gradient let through from the third layer",
            lhs=(
                lambda theta1, theta2, theta3, X, f1, f2, f3, U, targets: (
                    -gradient(leaking_loss_of_three, wrt="theta2")(
                        theta1, theta2, theta3, X, f1, f2, f3, U, targets
                    )
                )
            ),
        ),
        Mutant(
            "the read-out of the third layer alone",
            lhs=(
                lambda theta1, theta2, theta3, X, f1, f2, f3, U, targets: (
                    -gradient(lambda theta: cross_entropy(f3(f2(f1(X, theta1), theta), theta3), U, targets))(
                        theta2
                    )
                )
            ),
        ),
        Mutant(
            "the read-out applied to the layers' sum",
            lhs=(
                lambda theta1, theta2, theta3, X, f1, f2, f3, U, targets: (
                    -gradient(
                        lambda theta: cross_entropy(
                            f2(f1(X, theta1), theta) + f3(stop_gradient(f2(f1(X, theta1), theta)), theta3),
                            U,
                            targets,
                        )
                    )(theta2)
                )
            ),
        ),
    ),
)


def truncated_descent(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, U: Array, targets: Array
) -> Array:
    """The second layer's update when its input is a given array.  … -> [q]"""
    below = f1(X, theta1)
    return -gradient(lambda theta: cross_entropy(f2(below, theta), U, targets))(theta2)


block_diagonal = Claim(
    "layer-causal-descent-is-block-diagonal",
    title="In layer-causal gradient descent each layer trains alone, on its input as data",
    given=THREE,
    lhs=lambda theta1, theta2, theta3, X, f1, f2, f3, U, targets: (
        -gradient(causal_loss_of_three, wrt="theta2")(theta1, theta2, theta3, X, f1, f2, f3, U, targets)
    ),
    rhs=truncated_descent,
    source=Source(PAPER, "layer-causal gradient descent"),
    about="Of three layers' joint loss, the gradient by the second is that of its own read-out alone.",
    stops="Without the stopped gradient the losses above would add theirs.",
    mutants=(
        Mutant(
            "deep supervision",
            lhs=lambda theta1, theta2, theta3, X, f1, f2, f3, U, targets: (
                -gradient(leaking_loss_of_three, wrt="theta2")(
                    theta1, theta2, theta3, X, f1, f2, f3, U, targets
                )
            ),
        ),
        Mutant(
            "an update of the wrong sign",
            rhs=lambda theta1, theta2, X, f1, f2, U, targets: (
                -truncated_descent(theta1, theta2, X, f1, f2, U, targets)
            ),
        ),
        Mutant(
            "the input not passed through the first layer",
            rhs=(
                lambda theta2, X, f2, U, targets: (
                    -gradient(lambda theta: cross_entropy(f2(X, theta), U, targets))(theta2)
                )
            ),
        ),
    ),
)


def causal_descent_of_third(
    theta1: Array,
    theta2: Array,
    theta3: Array,
    X: Array,
    f1: Function,
    f2: Function,
    f3: Function,
    U: Array,
    targets: Array,
) -> Array:
    """The third layer's update in layer-causal gradient descent.  … -> [r]"""
    descent = gradient(causal_loss_of_three, wrt="theta3")
    return -descent(theta1, theta2, theta3, X, f1, f2, f3, U, targets)


def descent_of_third(
    theta1: Array,
    theta2: Array,
    theta3: Array,
    X: Array,
    f1: Function,
    f2: Function,
    f3: Function,
    U: Array,
    targets: Array,
) -> Array:
    """The third layer's update in plain gradient descent: one read-out, at the top.  … -> [r]"""
    return -gradient(lambda theta: cross_entropy(f3(f2(f1(X, theta1), theta2), theta), U, targets))(theta3)


last_of_three = Claim(
    "layer-causal-descent-eq-gradient-descent-at-last-of-three-layers",
    title="At the last of three layers, layer-causal gradient descent is gradient descent",
    given=THREE,
    lhs=causal_descent_of_third,
    rhs=descent_of_third,
    source=Source(PAPER, "layer-causal gradient descent at the last layer"),
    about="Nothing lies above the last layer, so that nothing is cut off, however many layers lie below.",
    stops="For the first step, and where the full layer's output is read out.",
    mutants=(
        Mutant(
            "an update of the wrong sign",
            rhs=lambda theta1, theta2, theta3, X, f1, f2, f3, U, targets: (
                -descent_of_third(theta1, theta2, theta3, X, f1, f2, f3, U, targets)
            ),
        ),
        Mutant(
            "the second layer skipped",
            rhs=lambda theta1, theta3, X, f1, f3, U, targets: (
                -gradient(lambda theta: cross_entropy(f3(f1(X, theta1), theta), U, targets))(theta3)
            ),
        ),
        Mutant(
            "two read-outs of the last layer",
            lhs=lambda theta1, theta2, theta3, X, f1, f2, f3, U, targets: (
                2 * causal_descent_of_third(theta1, theta2, theta3, X, f1, f2, f3, U, targets)
            ),
        ),
    ),
)
