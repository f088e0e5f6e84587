"""Single-sample gradient steps and the order in which the samples come.

Two steps on two samples, in one order or the other, agree to first order in the step size, for every twice
differentiable loss. Beyond that they do not; for a linear model on squared errors the difference is known
exactly. On a loss that is linear in the weights there is no difference: a pass is one step on the batch.
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
    jacobian,
    outer,
    real,
    scan,
    unknown,
    zeros,
)

SAMPLES: dict[str, Domain] = {
    "theta": real("p"),
    "loss": unknown("p, d -> "),
    "first": real("d"),
    "second": real("d"),
}


def one_step(theta: Array, loss: Function, sample: Array, eta: Array) -> Array:
    """A gradient step on one sample.  [p], ℓ, [d], [] -> [p]"""
    return theta - eta * gradient(loss)(theta, sample)


def two_steps(theta: Array, loss: Function, first: Array, second: Array, eta: Array) -> Array:
    """A step on one sample, then on another.  [p], ℓ, [d], [d], [] -> [p]"""
    return one_step(one_step(theta, loss, first, eta), loss, second, eta)


def slope(theta: Array, loss: Function, first: Array, second: Array) -> Array:
    """The derivative of two steps by the step size, at 0.  [p], ℓ, [d], [d] -> [p]"""
    return jacobian(lambda eta: two_steps(theta, loss, first, second, eta))(zeros(""))


first_order = Claim(
    "two-sample-steps-ignore-order-to-first-order",
    title="Two single-sample steps do not depend on their order, to first order in the step size",
    given=SAMPLES,
    lhs=slope,
    rhs=lambda theta, loss, first, second: slope(theta, loss, second, first),
    source=Source("original", "single-sample gradient descent on demonstrations"),
    about="At step size 0 nothing moves; the derivative by the step size is the batch's gradient either way.",
    stops="To first order only, for a loss that is twice differentiable in the weights.",
    mutants=(
        Mutant("one of the samples twice", rhs=lambda theta, loss, first: slope(theta, loss, first, first)),
        Mutant(
            "the slope at 1",
            lhs=lambda theta, loss, first, second: jacobian(
                lambda eta: two_steps(theta, loss, first, second, eta)
            )(1 + zeros("")),
        ),
        Mutant(
            "one step only",
            rhs=lambda theta, loss, first: jacobian(lambda eta: one_step(theta, loss, first, eta))(zeros("")),
        ),
    ),
)

batch_slope = Claim(
    "two-sample-steps-eq-batch-step-to-first-order",
    title="To first order two single-sample steps are one step on the batch of the two",
    given=SAMPLES,
    lhs=slope,
    rhs=lambda theta, loss, first, second: (
        -gradient(lambda weights: loss(weights, first) + loss(weights, second))(theta)
    ),
    source=Source("original", "single-sample gradient descent on demonstrations"),
    about="The losses add, without a mean.",
    stops="To first order only, for a loss that is twice differentiable in the weights.",
    mutants=(
        Mutant(
            "the mean of the losses",
            rhs=lambda theta, loss, first, second: (
                -gradient(lambda weights: loss(weights, first) + loss(weights, second))(theta) / 2
            ),
        ),
        Mutant(
            "the first sample only",
            rhs=lambda theta, loss, first: -gradient(lambda weights: loss(weights, first))(theta),
        ),
        Mutant(
            "the loss of the mean sample",
            rhs=lambda theta, loss, first, second: (
                -2 * gradient(lambda weights: loss(weights, (first + second) / 2))(theta)
            ),
        ),
    ),
)

LINEAR: dict[str, Domain] = {
    "W": real("v d"),
    "x1": real("d"),
    "y1": real("v"),
    "x2": real("d"),
    "y2": real("v"),
    "eta": real(),
}


def squared_step(W: Array, x: Array, y: Array, eta: Array) -> Array:
    """A gradient step of a linear model on one squared error.  [v d], [d], [v], [] -> [v d]"""

    def loss(M: Array) -> Array:
        return dot(M @ x - y, M @ x - y) / 2

    return W - eta * gradient(loss)(W)


def first_then_second(W: Array, x1: Array, y1: Array, x2: Array, y2: Array, eta: Array) -> Array:
    """The model after one sample and then another.  … -> [v d]"""
    return squared_step(squared_step(W, x1, y1, eta), x2, y2, eta)


def commutator(W: Array, x1: Array, y1: Array, x2: Array, y2: Array, eta: Array) -> Array:
    """η² times the samples' overlap times the residuals of one at the input of the other.  … -> [v d]"""
    return eta**2 * dot(x1, x2) * (outer(y2 - W @ x2, x1) - outer(y1 - W @ x1, x2))


exact = Claim(
    "two-squared-error-steps-in-two-orders-differ-by-commutator",
    title="On squared errors two orders of two samples differ by a term of second order that is known",
    given=LINEAR,
    lhs=lambda W, x1, y1, x2, y2, eta: (
        first_then_second(W, x1, y1, x2, y2, eta) - first_then_second(W, x2, y2, x1, y1, eta)
    ),
    rhs=commutator,
    source=Source("original", "single-sample gradient descent of a linear model"),
    about="The later sample's step corrects what the earlier one's did at its input.",
    stops="A linear model on squared errors. Samples with orthogonal inputs commute.",
    mutants=(
        Mutant("no difference", rhs=lambda W: 0 * W),
        Mutant(
            "targets instead of residuals",
            rhs=lambda x1, y1, x2, y2, eta: eta**2 * dot(x1, x2) * (outer(y2, x1) - outer(y1, x2)),
        ),
        Mutant(
            "of the opposite sign",
            rhs=lambda W, x1, y1, x2, y2, eta: -commutator(W, x1, y1, x2, y2, eta),
        ),
    ),
)

any_order = Claim(
    "two-squared-error-steps-ignore-order",
    title="Two single-sample steps do not depend on their order",
    given=LINEAR,
    lhs=first_then_second,
    rhs=lambda W, x1, y1, x2, y2, eta: first_then_second(W, x2, y2, x1, y1, eta),
    source=Source("original", "gradient descent on demonstrations, taken to be blind to their order"),
    about="True of a step on the batch, and often said of gradient descent as such.",
    stops="False as soon as the inputs overlap.",
    expected=Verdict.REFUTED,
    repair="two-squared-error-steps-in-two-orders-differ-by-commutator",
)

PASS: dict[str, Domain] = {"W0": real("v d"), "keys": real("n d"), "values": real("n v"), "eta": real()}


def linear_loss(W: Array, keys: Array, values: Array) -> Array:
    """Minus the similarity of outputs and values.  [v d], [n d], [n v] -> []"""
    return -dot(values, keys @ W.T)


def pass_over_samples(W0: Array, keys: Array, values: Array, eta: Array) -> Array:
    """One pass of single-sample steps on the linear loss.  … -> [v d]"""

    def step(W: Array, key: Array, value: Array) -> Array:
        return W - eta * gradient(lambda M: -dot(value, M @ key))(W)

    return scan(step, W0, (keys, values))


def batch_step(W0: Array, keys: Array, values: Array, eta: Array) -> Array:
    """One step on the whole batch.  … -> [v d]"""
    return W0 - eta * gradient(linear_loss)(W0, keys, values)


linear = Claim(
    "sample-steps-on-linear-loss-eq-batch-step",
    title="On a linear loss a pass of single-sample steps is one step on the batch, in whatever order",
    given=PASS,
    lhs=pass_over_samples,
    rhs=batch_step,
    source=Source("original", "the gradient of a linear loss does not depend on the weights"),
    about="The batch's step is a sum over the samples, so that no order is left in it.",
    stops="Only for a loss that is linear in the weights; such a loss has no minimiser.",
    mutants=(
        Mutant(
            "squared errors in the batch",
            rhs=lambda W0, keys, values, eta: (
                W0 - eta * gradient(lambda W: dot(values - keys @ W.T, values - keys @ W.T) / 2)(W0)
            ),
        ),
        Mutant("half the step", rhs=lambda W0, keys, values, eta: batch_step(W0, keys, values, eta / 2)),
        Mutant(
            "a step up the loss",
            rhs=lambda W0, keys, values, eta: batch_step(W0, keys, values, -eta),
        ),
    ),
)
