"""Momentum on a linear loss, in the space of weights and in the space of outputs.

Gradient descent with momentum on a loss that is linear in the outputs adds outer products of values and keys.
Read at a fixed query it is a recurrence of two vectors: attention without softmax whose contributions are
carried on. A gradient that is seen early is used again at every later step, so that early tokens weigh more.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    dot,
    gradient,
    real,
    scan,
    zeros,
)

DAI = "arXiv:2212.10559"
GIVEN: dict[str, Domain] = {
    "W0": real("v d"),
    "keys": real("n d"),
    "values": real("n v"),
    "beta": real(),
    "query": real("d"),
}


def sample_gradient(W: Array, key: Array, value: Array) -> Array:
    """The gradient of minus the similarity of one output and one value.  [v d], [d], [v] -> [v d]"""
    return gradient(lambda M: -dot(value, M @ key))(W)


def trained_with_momentum(W0: Array, keys: Array, values: Array, beta: Array) -> tuple[Array, Array]:
    """Weights and momentum, two arrays of one type, after a pass of single steps.  … -> [v d]"""

    def step(state: tuple[Array, Array], key: Array, value: Array) -> tuple[Array, Array]:
        W, momentum = state
        momentum = beta * momentum - sample_gradient(W, key, value)
        return W + momentum, momentum

    W, momentum = scan(step, (W0, zeros("v d")), (keys, values))
    return W, momentum


def momentum_attention(W0: Array, keys: Array, values: Array, beta: Array, query: Array) -> Array:
    """Linear attention of the query whose contributions are carried on.  … -> [v]"""

    def step(state: tuple[Array, Array], key: Array, value: Array) -> tuple[Array, Array]:
        output, momentum = state
        momentum = beta * momentum + dot(key, query) * value
        return output + momentum, momentum

    return scan(step, (W0 @ query, zeros("v")), (keys, values))[0]


def plain_attention(W0: Array, keys: Array, values: Array, query: Array) -> Array:
    """Linear attention, token by token.  … -> [v]"""

    def step(state: tuple[Array, Array], key: Array, value: Array) -> tuple[Array, Array]:
        output, last = state
        return output + dot(key, query) * value, 0 * last

    return scan(step, (W0 @ query, zeros("v")), (keys, values))[0]


def late_momentum_attention(W0: Array, keys: Array, values: Array, beta: Array, query: Array) -> Array:
    """The momentum of before the token's own contribution.  … -> [v]"""

    def step(state: tuple[Array, Array], key: Array, value: Array) -> tuple[Array, Array]:
        output, momentum = state
        return output + beta * momentum, beta * momentum + dot(key, query) * value

    return scan(step, (W0 @ query, zeros("v")), (keys, values))[0]


two_spaces = Claim(
    "momentum-on-linear-loss-eq-momentum-attention",
    title="Momentum on the weights is, at every query, momentum on the outputs of linear attention",
    given=GIVEN,
    lhs=momentum_attention,
    rhs=lambda W0, keys, values, beta, query: trained_with_momentum(W0, keys, values, beta)[0] @ query,
    state=lambda W, momentum, query: (W @ query, momentum @ query),
    source=Source("original", "the dual form of arXiv:2212.10559, for gradient descent with momentum"),
    about="On the loss −Σ vᵢ·W kᵢ, one token a step, with step size 1 and momentum factor β.",
    stops=(
        "The query is fixed while the tokens pass. What is carried on are contributions, each with its "
        "attention weight, not bare values."
    ),
    mutants=(
        Mutant("no momentum", lhs=plain_attention),
        Mutant("the momentum of one token earlier", lhs=late_momentum_attention),
        Mutant(
            "momentum of the opposite sign",
            lhs=lambda W0, keys, values, beta, query: momentum_attention(W0, keys, values, -beta, query),
        ),
    ),
)


def plain_training(W0: Array, keys: Array, values: Array, beta: Array) -> Array:
    """Gradient steps of size 1 from 1 − β times the weights, without momentum.  … -> [v d]"""
    return scan(lambda W, key, value: W - sample_gradient(W, key, value), (1 - beta) * W0, (keys, values))


def read_of_momentum(W0: Array, keys: Array, values: Array, beta: Array) -> Array:
    """1 − β of the weights and β of the momentum.  … -> [v d]"""
    W, momentum = trained_with_momentum(W0, keys, values, beta)
    return (1 - beta) * W + beta * momentum


conserved = Claim(
    "gradient-descent-is-read-off-momentum",
    title="On a linear loss, plain gradient descent is a combination of momentum's weights and momentum",
    given={name: GIVEN[name] for name in ("W0", "keys", "values", "beta")},
    lhs=plain_training,
    rhs=read_of_momentum,
    state=lambda W, momentum, beta: (1 - beta) * W + beta * momentum,
    source=Source("original", "the dual form of arXiv:2212.10559, for gradient descent with momentum"),
    about="Momentum moves 1/(1 − β) times as far as plain descent, less what it has still to give.",
    stops="The gradients must not depend on the weights: the loss is linear.",
    mutants=(
        Mutant(
            "the weights alone",
            rhs=lambda W0, keys, values, beta: (1 - beta) * trained_with_momentum(W0, keys, values, beta)[0],
        ),
        Mutant(
            "the momentum with the weights' share",
            rhs=lambda W0, keys, values, beta: (
                (1 - beta) * trained_with_momentum(W0, keys, values, beta)[0]
                + (1 - beta) * trained_with_momentum(W0, keys, values, beta)[1]
            ),
        ),
        Mutant(
            "a start at the weights themselves",
            lhs=lambda W0, keys, values, beta: plain_training(W0, keys, values, beta) + beta * W0,
        ),
    ),
)

TWO: dict[str, Domain] = {
    "k1": real("d"),
    "v1": real("v"),
    "k2": real("d"),
    "v2": real("v"),
    "beta": real(),
}


def two_momentum_steps(k1: Array, v1: Array, k2: Array, v2: Array, beta: Array) -> Array:
    """Two steps with momentum from zero.  … -> [v d]"""
    W = zeros("v d")
    first = -sample_gradient(W, k1, v1)
    second = beta * first - sample_gradient(W + first, k2, v2)
    return W + first + second


order = Claim(
    "momentum-on-linear-loss-ignores-order",
    title="On a linear loss momentum, like gradient descent, does not depend on the order of the tokens",
    given=TWO,
    lhs=two_momentum_steps,
    rhs=lambda k1, v1, k2, v2, beta: two_momentum_steps(k2, v2, k1, v1, beta),
    source=Source("original", "the order of tokens under momentum"),
    about="Without momentum it is true: a pass of steps on a linear loss is one step on the batch.",
    stops="False: the earlier token is used again, and so weighs 1 + β.",
    expected=Verdict.REFUTED,
    repair="momentum-on-linear-loss-eq-momentum-attention",
)
