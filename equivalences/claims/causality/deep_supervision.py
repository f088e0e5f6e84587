"""Layer-causal gradient descent against deep supervision: the stopped gradient is the difference.

Both add a read-out a layer. Layer-causal gradient descent stops the gradient between layers; without the stop
the same sum of losses is deep supervision, under which a lower layer is trained by every read-out above it
too. In two layers its update of the first is the layer-causal update plus that of plain gradient descent.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Function,
    Mutant,
    Source,
    Verdict,
    gradient,
    real,
    stop_gradient,
    unknown,
)

PAPER = "arXiv:2311.07772"
GIVEN: dict[str, Domain] = {
    "X": real("n c"),
    "f1": unknown("n c, p -> n c"),
    "theta1": real("p"),
    "f2": unknown("n c, q -> n c"),
    "theta2": real("q"),
    "loss": unknown("n c -> "),
}


def layer_causal_loss(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, loss: Function
) -> Array:
    """One read-out a layer, and no gradient between layers.  … -> []"""
    h1 = f1(X, theta1)
    return loss(h1) + loss(f2(stop_gradient(h1), theta2))


def supervised_loss(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, loss: Function
) -> Array:
    """Deep supervision: one read-out a layer, with the gradient between layers.  … -> []"""
    h1 = f1(X, theta1)
    return loss(h1) + loss(f2(h1, theta2))


def top_loss(theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, loss: Function) -> Array:
    """The loss of plain gradient descent: one read-out, at the top.  … -> []"""
    return loss(f2(f1(X, theta1), theta2))


def layer_causal(theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, loss: Function) -> Array:
    """The first layer's update in layer-causal gradient descent.  … -> [p]"""
    return -gradient(layer_causal_loss)(theta1, theta2, X, f1, f2, loss)


def supervised(theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, loss: Function) -> Array:
    """The first layer's update under deep supervision.  … -> [p]"""
    return -gradient(supervised_loss)(theta1, theta2, X, f1, f2, loss)


def plain(theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, loss: Function) -> Array:
    """The first layer's update in plain gradient descent.  … -> [p]"""
    return -gradient(top_loss)(theta1, theta2, X, f1, f2, loss)


decomposed = Claim(
    "deep-supervision-eq-layer-causal-plus-gradient-descent",
    title="Deep supervision updates the first of two layers by the layer-causal and the plain update together",
    given=GIVEN,
    lhs=supervised,
    rhs=lambda theta1, theta2, X, f1, f2, loss: (
        layer_causal(theta1, theta2, X, f1, f2, loss) + plain(theta1, theta2, X, f1, f2, loss)
    ),
    source=Source("original", "the losses of layer-causal gradient descent in arXiv:2311.07772, not stopped"),
    about="For any differentiable layers and read-out. What the stopped gradient removes is the plain update.",
    stops="For two layers; with more, each read-out above the layer adds its own term.",
    mutants=(
        Mutant("the layer-causal update alone", rhs=layer_causal),
        Mutant("the plain update alone", rhs=plain),
        Mutant(
            "their difference",
            rhs=lambda theta1, theta2, X, f1, f2, loss: (
                layer_causal(theta1, theta2, X, f1, f2, loss) - plain(theta1, theta2, X, f1, f2, loss)
            ),
        ),
    ),
)

not_stopped = Claim(
    "layer-causal-descent-eq-deep-supervision",
    title="Layer-causal gradient descent is gradient descent on the sum of the layers' losses",
    given=GIVEN,
    lhs=layer_causal,
    rhs=supervised,
    source=Source("original", "layer-causal gradient descent, read without its stopped gradients"),
    about="The sum of losses alone does not make an update layer-causal.",
    stops="False at every layer but the last: the losses above send their gradients down.",
    expected=Verdict.REFUTED,
    repair="deep-supervision-eq-layer-causal-plus-gradient-descent",
)

second_layer = Claim(
    "deep-supervision-eq-layer-causal-descent-at-last-layer",
    title="At the last layer, deep supervision and layer-causal gradient descent agree",
    given=GIVEN,
    lhs=lambda theta1, theta2, X, f1, f2, loss: (
        -gradient(supervised_loss, wrt="theta2")(theta1, theta2, X, f1, f2, loss)
    ),
    rhs=lambda theta1, theta2, X, f1, f2, loss: (
        -gradient(layer_causal_loss, wrt="theta2")(theta1, theta2, X, f1, f2, loss)
    ),
    source=Source("original", "the losses of layer-causal gradient descent in arXiv:2311.07772, not stopped"),
    about="No loss lies above the last layer; there the stopped gradient stops nothing.",
    stops="For the first step, before the lower layers have moved apart.",
    mutants=(
        Mutant(
            "an update of the wrong sign",
            lhs=lambda theta1, theta2, X, f1, f2, loss: gradient(supervised_loss, wrt="theta2")(
                theta1, theta2, X, f1, f2, loss
            ),
        ),
        Mutant(
            "the first layer skipped",
            rhs=lambda theta2, X, f2, loss: -gradient(lambda theta: loss(f2(X, theta)))(theta2),
        ),
        Mutant(
            "the read-out of both layers' sum",
            rhs=lambda theta1, theta2, X, f1, f2, loss: (
                -gradient(lambda theta: loss(f1(X, theta1) + f2(f1(X, theta1), theta)))(theta2)
            ),
        ),
    ),
)
