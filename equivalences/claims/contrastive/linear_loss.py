"""Training on a loss that is linear in the weights: nothing converges, and no order matters.

The inner-product loss of softmax attention is linear, so that its gradient is the same everywhere. T epochs
add T times the step, one sample after the other adds the same as all at once, and the loss falls without
bound along the step. What the step does minimise is the loss over all weights that are no longer than itself.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    FeatureMap,
    Mutant,
    Source,
    Verdict,
    dot,
    exp,
    feature_map,
    gradient,
    positive,
    real,
    scan,
    size,
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


def loss(W: Array, phi: FeatureMap, keys: Array, values: Array) -> Array:
    """Negative similarity of predictions and values.  [v f], φ, [n d], [n v] -> []"""
    return -dot(values, phi(keys) @ W.T)


def step(W0: Array, phi: FeatureMap, keys: Array, values: Array, eta: Array) -> Array:
    """The weights after one step on all samples.  … -> [v f]"""
    return W0 - eta * gradient(loss)(W0, phi, keys, values)


def associations(phi: FeatureMap, keys: Array, values: Array) -> Array:
    """The sum of all values times their keys' features.  φ, [n d], [n v] -> [v f]"""
    return values.T @ phi(keys)


def epochs(W0: Array, phi: FeatureMap, keys: Array, values: Array, eta: Array) -> Array:
    """The weights after T epochs.  … -> [v f]"""
    return scan(lambda W: step(W, phi, keys, values, eta), W0, length="T")


def sample_loss(W: Array, feature: Array, value: Array) -> Array:
    """Negative similarity of one prediction and its value.  [v f], [f], [v] -> []"""
    return -dot(value, W @ feature)


def one_by_one(W0: Array, phi: FeatureMap, keys: Array, values: Array, eta: Array) -> Array:
    """The weights after one pass of stochastic gradient descent, a sample a step.  … -> [v f]"""
    return scan(
        lambda W, feature, value: W - eta * gradient(sample_loss)(W, feature, value), W0, (phi(keys), values)
    )


def after_epochs(
    W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array, count: Array
) -> Array:
    """The prediction after so many times the first step.  … -> [v]"""
    return W0 @ phi(query) + count * eta * (phi(keys) @ phi(query)) @ values


many_epochs = Claim(
    "linear-loss-epochs-eq-multiple-of-step",
    title="T epochs on the inner-product loss add T times the kernel attention of one",
    given=GIVEN,
    lhs=lambda W0, phi, keys, values, query, eta: epochs(W0, phi, keys, values, eta) @ phi(query),
    rhs=lambda W0, phi, keys, values, query, eta: after_epochs(W0, phi, keys, values, query, eta, size("T")),
    state=lambda W0, phi, keys, values, eta: W0 + size("T") * eta * associations(phi, keys, values),
    source=Source(PAPER, "the linear loss of the main equivalence, trained on for longer"),
    about="The gradient does not depend on the weights: there is no fixed point, and attention is one epoch.",
    stops="For a constant learning rate. A loss with a regulariser does converge.",
    mutants=(
        Mutant(
            "one epoch whatever T",
            rhs=lambda W0, phi, keys, values, query, eta: after_epochs(
                W0, phi, keys, values, query, eta, size("T") / size("T")
            ),
        ),
        Mutant(
            "steps up the loss",
            rhs=lambda W0, phi, keys, values, query, eta: after_epochs(
                W0, phi, keys, values, query, eta, -size("T")
            ),
        ),
        Mutant(
            "epochs counted twice",
            rhs=lambda W0, phi, keys, values, query, eta: after_epochs(
                W0, phi, keys, values, query, eta, 2 * size("T")
            ),
        ),
    ),
)

second_epoch = Claim(
    "linear-loss-second-epoch-changes-nothing",
    title="After one epoch on the inner-product loss, training has converged",
    given=GIVEN,
    lhs=lambda W0, phi, keys, values, query, eta: (
        step(step(W0, phi, keys, values, eta), phi, keys, values, eta) @ phi(query)
    ),
    rhs=lambda W0, phi, keys, values, query, eta: step(W0, phi, keys, values, eta) @ phi(query),
    source=Source("original", "one step of arXiv:2310.13220 read as training to convergence"),
    about="Attention is said to be the trained model; one might think that it is trained to the end.",
    stops="False: the second epoch adds as much as the first.",
    expected=Verdict.REFUTED,
    repair="linear-loss-epochs-eq-multiple-of-step",
)

single_samples = Claim(
    "linear-loss-single-samples-eq-full-batch",
    title="On the inner-product loss one pass over single samples is one step on all of them",
    given=GIVEN,
    lhs=lambda W0, phi, keys, values, query, eta: one_by_one(W0, phi, keys, values, eta) @ phi(query),
    rhs=lambda W0, phi, keys, values, query, eta: step(W0, phi, keys, values, eta) @ phi(query),
    state=lambda W0, phi, keys, values, eta: W0 + eta * associations(phi, keys, values),
    source=Source(PAPER, "the linear loss of the main equivalence, one sample at a time"),
    about="Therefore in any order: the sum over samples does not know of one.",
    stops="For losses that are linear in the weights. On the squared loss later samples see changed weights.",
    mutants=(
        Mutant(
            "a mean instead of a sum",
            rhs=lambda W0, phi, keys, values, query, eta: (
                step(W0, phi, keys, values, eta / size("n")) @ phi(query)
            ),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda W0, phi, keys, values, query, eta: step(W0, phi, keys, values, -eta) @ phi(query),
        ),
        Mutant(
            "the initial model lost",
            rhs=lambda W0, phi, keys, values, query, eta: (step(W0, phi, keys, values, eta) - W0) @ phi(query),
        ),
    ),
)

unbounded = Claim(
    "linear-loss-falls-without-bound",
    title="The inner-product loss falls without bound along its own step",
    given={**GIVEN, "s": real()},
    lhs=lambda W0, phi, keys, values, s: loss(W0 + s * associations(phi, keys, values), phi, keys, values),
    rhs=lambda W0, phi, keys, values, s: (
        loss(W0, phi, keys, values) - s * dot(associations(phi, keys, values), associations(phi, keys, values))
    ),
    source=Source("original", "the linear loss of arXiv:2310.13220"),
    about="The loss is affine in s with slope −|Σᵢ vᵢφ(kᵢ)ᵀ|², so that it has no minimum unless that sum is 0.",
    stops="Where Σᵢ vᵢφ(kᵢ)ᵀ = 0 the loss is constant.",
    mutants=(
        Mutant(
            "a loss that rises",
            rhs=lambda W0, phi, keys, values, s: (
                loss(W0, phi, keys, values)
                + s * dot(associations(phi, keys, values), associations(phi, keys, values))
            ),
        ),
        Mutant(
            "a loss that does not depend on s",
            rhs=lambda W0, phi, keys, values, s: loss(W0, phi, keys, values),
        ),
        Mutant(
            "a loss that is quadratic in s",
            rhs=lambda W0, phi, keys, values, s: (
                loss(W0, phi, keys, values)
                - s**2 * dot(associations(phi, keys, values), associations(phi, keys, values))
            ),
        ),
    ),
)


def gap_on_the_ball(W: Array, phi: FeatureMap, keys: Array, values: Array) -> Array:
    """By how much a loss exceeds that of the step, if the weights are no longer than it.  … -> []"""
    G = associations(phi, keys, values)
    return dot(W - G, W - G) / 2 + (dot(G, G) - dot(W, W)) / 2


on_the_ball = Claim(
    "linear-loss-step-minimises-on-ball",
    title="The step from zero minimises the inner-product loss among all weights that are no longer",
    given={"W": real("v f"), **{name: GIVEN[name] for name in ("phi", "keys", "values")}},
    lhs=loss,
    rhs=lambda W, phi, keys, values: (
        loss(associations(phi, keys, values), phi, keys, values) + gap_on_the_ball(W, phi, keys, values)
    ),
    source=Source("original", "one step as empirical risk minimisation, for the loss of arXiv:2310.13220"),
    about=(
        "For every W the loss exceeds that of G = Σᵢ vᵢφ(kᵢ)ᵀ, the step from zero, by |W − G|²/2 + "
        "(|G|² − |W|²)/2. Where |W| ≤ |G| both terms are at least 0, and both vanish at W = G only: on the "
        "ball of radius |G| the step is the minimiser, and the only one."
    ),
    stops="On a ball of another radius the minimiser is the step rescaled to that radius.",
    mutants=(
        Mutant(
            "without the term of the radius",
            rhs=lambda W, phi, keys, values: (
                loss(associations(phi, keys, values), phi, keys, values)
                + dot(W - associations(phi, keys, values), W - associations(phi, keys, values)) / 2
            ),
        ),
        Mutant(
            "the term of the radius reversed",
            rhs=lambda W, phi, keys, values: (
                loss(associations(phi, keys, values), phi, keys, values)
                + dot(W - associations(phi, keys, values), W - associations(phi, keys, values)) / 2
                - (dot(associations(phi, keys, values), associations(phi, keys, values)) - dot(W, W)) / 2
            ),
        ),
        Mutant(
            "compared with twice the step",
            rhs=lambda W, phi, keys, values: (
                loss(2 * associations(phi, keys, values), phi, keys, values)
                + gap_on_the_ball(W, phi, keys, values)
            ),
        ),
    ),
)
