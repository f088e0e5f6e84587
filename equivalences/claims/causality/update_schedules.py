"""Layer-causal training, all layers at once or one after the other.

Each of two layers has a loss of its own. At once (as Jacobi solves a system): both layers are updated from
the activations of before the update. One after the other (as Gauss and Seidel do): the second layer is
updated on what the first says after its own update. The two agree to first order in the step size; for linear
layers with squared losses what remains is known exactly.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Function,
    Limit,
    Mutant,
    Source,
    Verdict,
    dot,
    gradient,
    jacobian,
    outer,
    real,
    unknown,
    zeros,
)

GIVEN: dict[str, Domain] = {
    "X": real("n c"),
    "f1": unknown("n c, p -> n c"),
    "theta1": real("p"),
    "f2": unknown("n c, q -> n c"),
    "theta2": real("q"),
    "loss": unknown("n c -> "),
}
STEP: dict[str, Domain] = {**GIVEN, "eta": real()}


def first_update(theta1: Array, X: Array, f1: Function, loss: Function, eta: Array) -> Array:
    """The first layer after a step on its own loss.  … -> [p]"""
    return theta1 - eta * gradient(lambda theta: loss(f1(X, theta)))(theta1)


def second_update(theta2: Array, below: Array, f2: Function, loss: Function, eta: Array) -> Array:
    """The second layer after a step on its own loss, at a given input.  … -> [q]"""
    return theta2 - eta * gradient(lambda theta: loss(f2(below, theta)))(theta2)


def at_once(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, loss: Function, eta: Array
) -> Array:
    """The second layer, updated on what the first says before its update.  … -> [q]"""
    return second_update(theta2, f1(X, theta1), f2, loss, eta)


def in_turn(
    theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, loss: Function, eta: Array
) -> Array:
    """The second layer, updated on what the first says after its update.  … -> [q]"""
    return second_update(theta2, f1(X, first_update(theta1, X, f1, loss, eta)), f2, loss, eta)


def slope_in_turn(theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, loss: Function) -> Array:
    """The derivative by the step size at 0, one layer after the other.  … -> [q]"""
    return jacobian(lambda eta: in_turn(theta1, theta2, X, f1, f2, loss, eta))(zeros(""))


def slope_at_once(theta1: Array, theta2: Array, X: Array, f1: Function, f2: Function, loss: Function) -> Array:
    """The derivative by the step size at 0, both layers at once.  … -> [q]"""
    return jacobian(lambda eta: at_once(theta1, theta2, X, f1, f2, loss, eta))(zeros(""))


first_order = Claim(
    "layers-updated-in-turn-eq-at-once-to-first-order",
    title="Updating two layers in turn or at once gives the second the same update to first order",
    given=GIVEN,
    lhs=slope_in_turn,
    rhs=slope_at_once,
    source=Source("original", "the order in which layer-causal gradient descent may update its layers"),
    about=(
        "At step size 0 the two are equal, and so are their derivatives by the step size. The first layer's "
        "update is the same step in both."
    ),
    stops=(
        "To first order only: the second layer's input has moved when its turn comes. Layers and loss are "
        "twice differentiable."
    ),
    mutants=(
        Mutant(
            "the input twice as far away",
            rhs=lambda theta1, theta2, X, f1, f2, loss: jacobian(
                lambda eta: second_update(theta2, 2 * f1(X, theta1), f2, loss, eta)
            )(zeros("")),
        ),
        Mutant(
            "half the step",
            rhs=lambda theta1, theta2, X, f1, f2, loss: jacobian(
                lambda eta: at_once(theta1, theta2, X, f1, f2, loss, eta / 2)
            )(zeros("")),
        ),
        Mutant(
            "the slope at 1",
            lhs=lambda theta1, theta2, X, f1, f2, loss: jacobian(
                lambda eta: in_turn(theta1, theta2, X, f1, f2, loss, eta)
            )(1 + zeros("")),
        ),
    ),
)

same_update = Claim(
    "layers-updated-in-turn-eq-at-once",
    title="Updating two layers in turn or at once gives the second the same update",
    given=STEP,
    lhs=in_turn,
    rhs=at_once,
    source=Source("original", "the order in which layer-causal gradient descent may update its layers"),
    about="Code that runs one backward pass updates at once; a forward pass could only update in turn.",
    stops="False beyond first order.",
    expected=Verdict.REFUTED,
    repair="layers-updated-in-turn-eq-at-once-to-first-order",
)

LINEAR: dict[str, Domain] = {
    "A": real("h d"),
    "B": real("v h"),
    "x": real("d"),
    "target1": real("h"),
    "target2": real("v"),
    "eta": real(),
}


def squared_loss(W: Array, x: Array, target: Array) -> Array:
    """Half the squared error of a linear layer.  [v d], [d], [v] -> []"""
    error = W @ x - target
    return dot(error, error) / 2


def step_of(W: Array, x: Array, target: Array, eta: Array) -> Array:
    """A linear layer after one gradient step.  [v d], [d], [v], [] -> [v d]"""
    return W - eta * gradient(squared_loss)(W, x, target)


def difference(A: Array, B: Array, x: Array, target1: Array, target2: Array, eta: Array) -> Array:
    """The second layer updated in turn, minus the same updated at once.  … -> [v h]"""
    in_its_turn = step_of(B, step_of(A, x, target1, eta) @ x, target2, eta)
    return in_its_turn - step_of(B, A @ x, target2, eta)


def remainder(A: Array, B: Array, x: Array, target1: Array, target2: Array, eta: Array) -> Array:
    """Minus η² times what the moved input changes in the gradient.  … -> [v h]"""
    h = A @ x
    moved = dot(x, x) * (target1 - h)
    error = B @ h - target2
    return -(eta**2) * (outer(B @ moved, h) + outer(error, moved) + eta * outer(B @ moved, moved))


exact = Claim(
    "linear-layers-updated-in-turn-minus-at-once",
    title="For linear layers, updates in turn and at once differ by an exact term of second order",
    given=LINEAR,
    lhs=difference,
    rhs=remainder,
    source=Source("original", "the order in which layer-causal gradient descent may update its layers"),
    about=(
        "The first layer's step moves the second's input by η|x|²(t₁ − Ax); the second's gradient is quadratic "
        "in its input."
    ),
    stops="With squared losses. The two agree where the first layer has no error on the input.",
    mutants=(
        Mutant(
            "the term of third order left out",
            rhs=lambda A, B, x, target1, target2, eta: (
                -(eta**2)
                * (outer(B @ (target1 - A @ x), A @ x) + outer(B @ (A @ x) - target2, target1 - A @ x))
                * dot(x, x)
            ),
        ),
        Mutant(
            "of the opposite sign",
            rhs=lambda A, B, x, target1, target2, eta: -remainder(A, B, x, target1, target2, eta),
        ),
        Mutant(
            "of first order",
            rhs=lambda A, B, x, target1, target2, eta: remainder(A, B, x, target1, target2, eta) / eta,
        ),
    ),
)


def rate(A: Array, B: Array, x: Array, target1: Array, target2: Array, eta: Array) -> Array:
    """The difference of the two schedules over the squared step size.  … -> [v h]"""
    h = A @ x
    moved = dot(x, x) * (target1 - h)
    return -outer(B @ moved, h + eta * moved) - outer(B @ h - target2, moved)


second_order = Claim(
    "linear-layers-updated-in-turn-approach-at-once",
    title="For linear layers the difference of the two schedules vanishes with the squared step size",
    given=LINEAR,
    lhs=difference,
    rhs=lambda: zeros("v h"),
    limit=Limit("eta", to=0, order=2, remainder=rate),
    source=Source("original", "the order in which layer-causal gradient descent may update its layers"),
    about="Halving the step size divides the difference by about four.",
    stops="With squared losses. The rate is that of one step; over many steps the differences add up.",
    mutants=(
        Mutant(
            "layers a whole step apart",
            lhs=lambda A, B, x, target1, target2, eta: (
                step_of(B, step_of(A, x, target1, eta) @ x, target2, eta) - B
            ),
        ),
        Mutant(
            "the first layer twice as fast",
            lhs=lambda A, B, x, target1, target2, eta: (
                step_of(B, step_of(A, x, target1, 2 * eta) @ x, target2, eta) - step_of(B, A @ x, target2, eta)
            ),
        ),
        Mutant("to the second layer itself", rhs=lambda B: B),
    ),
)
