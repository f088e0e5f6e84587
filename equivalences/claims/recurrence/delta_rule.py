"""DeltaNet's write to its state is one step of online gradient descent.

DeltaNet erases what its state recalls for a key, then writes the new value there. That is the step which
gradient descent takes on the squared error of recalling this one value, with the write strength as its
learning rate; over a sequence the two recurrences have the same states and the same outputs.
"""

from equivalences import Array, Claim, Domain, Mutant, Source, dot, gradient, identity, outer, real, scan

GIVEN: dict[str, Domain] = {
    "S0": real("v d"),
    "keys": real("n d"),
    "values": real("n v"),
    "beta": real("n"),
    "queries": real("n d"),
}


def delta_write(S: Array, key: Array, value: Array, beta: Array) -> Array:
    """Erase along the key, then write.  [v d], [d], [v], [] -> [v d]"""
    return S @ (identity("d") - beta * outer(key, key)) + beta * outer(value, key)


def recall_loss(S: Array, key: Array, value: Array) -> Array:
    """Half the squared error of recalling the value by the key.  [v d], [d], [v] -> []"""
    error = S @ key - value
    return dot(error, error) / 2


def online_step(S: Array, key: Array, value: Array, beta: Array) -> Array:
    """Descend the loss once.  [v d], [d], [v], [] -> [v d]"""
    return S - beta * gradient(recall_loss)(S, key, value)


def delta_net(S0: Array, keys: Array, values: Array, beta: Array, queries: Array) -> Array:
    """The layer's outputs: each query reads the state after its own token's write.  … -> [n v]"""
    return scan(
        lambda S, key, value, b, query: delta_write(S, key, value, b),
        S0,
        (keys, values, beta, queries),
        read=lambda S, key, value, b, query: S @ query,
    )


def online_learner(S0: Array, keys: Array, values: Array, beta: Array, queries: Array) -> Array:
    """Predictions of a linear model that takes one gradient step a token.  … -> [n v]"""
    return scan(
        lambda S, key, value, b, query: online_step(S, key, value, b),
        S0,
        (keys, values, beta, queries),
        read=lambda S, key, value, b, query: S @ query,
    )


def linear_attention(S0: Array, keys: Array, values: Array, beta: Array, queries: Array) -> Array:
    """Writes that never erase.  … -> [n v]"""
    return scan(
        lambda S, key, value, b, query: S + b * outer(value, key),
        S0,
        (keys, values, beta, queries),
        read=lambda S, key, value, b, query: S @ query,
    )


def predict_then_train(S0: Array, keys: Array, values: Array, beta: Array, queries: Array) -> Array:
    """Predictions with the state of before the step.  … -> [n v]"""

    def step(
        state: tuple[Array, Array], key: Array, value: Array, b: Array, query: Array
    ) -> tuple[Array, Array]:
        return online_step(state[0], key, value, b), state[0]

    return scan(
        step,
        (S0, S0),
        (keys, values, beta, queries),
        read=lambda state, key, value, b, query: state[1] @ query,
    )


write = Claim(
    "delta-rule-eq-online-gradient-step",
    title="DeltaNet is online gradient descent on recall, output by output",
    given=GIVEN,
    lhs=delta_net,
    rhs=online_learner,
    source=Source("arXiv:2406.06484", "the delta rule as online regression"),
    about="For any sequence, any initial state, any write strengths.",
    stops=(
        "The identity needs neither unit keys nor β in [0, 1]; the layer asks for both to keep the recurrence "
        "stable. The output is read after the write."
    ),
    mutants=(
        Mutant("a write that does not erase", lhs=linear_attention),
        Mutant(
            "a loss without its half",
            rhs=lambda S0, keys, values, beta, queries: online_learner(S0, keys, values, 2 * beta, queries),
        ),
        Mutant("predict before training", rhs=predict_then_train),
        Mutant(
            "steps up the loss",
            rhs=lambda S0, keys, values, beta, queries: online_learner(S0, keys, values, -beta, queries),
        ),
    ),
)
