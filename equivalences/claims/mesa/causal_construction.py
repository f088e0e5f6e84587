"""One causal linear self-attention layer takes, at every token, one gradient step on the tokens so far.

Tokens [Φ₀sₜ; sₜ; sₜ₋₁] carry a prediction, the state and the state before. With two printed weight matrices a
layer with a causal mask that includes the diagonal, on the residual stream, maps every token in parallel to
[(Φ₀ − η∇Lₜ(Φ₀)) sₜ; sₜ; sₜ₋₁], where Lₜ sums the squared errors of predicting each state up to sₜ from the
one before it. The first token has no state before it: it has to stand as 0 there.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    block,
    causal,
    concat,
    dot,
    gradient,
    identity,
    index,
    ones,
    outer,
    real,
    shift,
    zeros,
)

SOURCE = Source("arXiv:2309.05858", "the proposition on one layer of linear self-attention")
PAIRS: dict[str, Domain] = {
    "Phi0": real("s s"),
    "current": real("n s"),
    "previous": real("n s"),
    "eta": real(),
    "t": index("n"),
}
SERIES: dict[str, Domain] = {
    "Phi0": real("s s"),
    "states": real("n s"),
    "eta": real(),
    "t": index("n"),
}


def tokens(Phi0: Array, current: Array, previous: Array) -> Array:
    """Prediction, state and the state before, side by side.  [s s], [n s], [n s] -> [n s+s+s]"""
    return concat(current @ Phi0.T, current, previous, axis=1)


def value_projection(Phi0: Array, eta: Array) -> Array:
    """What the values become: η(sₜ − Φ₀sₜ₋₁) in the first slot.  [s s], [] -> [s+s+s s+s+s]"""
    nothing = zeros("s s")
    return block(
        [
            [nothing, eta * identity("s"), -eta * Phi0],
            [nothing, nothing, nothing],
            [nothing, nothing, nothing],
        ]
    )


def key_query() -> Array:
    """The states before as keys, the states as queries.  -> [s+s+s s+s+s]"""
    nothing = zeros("s s")
    return block([[nothing, nothing, nothing], [nothing, nothing, nothing], [nothing, identity("s"), nothing]])


def layer(stream: Array, value: Array, form: Array) -> Array:
    """Causal linear self-attention on the residual stream.  [n e], [e e], [e e] -> [n e]"""
    scores = causal("n") * (stream @ form.T @ stream.T)
    return stream + scores @ stream @ value.T


def attended(Phi0: Array, current: Array, previous: Array, eta: Array, t: Array) -> Array:
    """One token after the layer.  … -> [s+s+s]"""
    return layer(tokens(Phi0, current, previous), value_projection(Phi0, eta), key_query())[t]


def loss(Phi: Array, current: Array, previous: Array, weights: Array) -> Array:
    """Half the weighted squared errors of predicting each state from the one before.  … -> []"""
    error = current - previous @ Phi.T
    return dot(weights, (error**2).sum(1)) / 2


def trained(Phi0: Array, current: Array, previous: Array, eta: Array, t: Array) -> Array:
    """The token of the model that was trained on the tokens so far.  … -> [s+s+s]"""
    Phi = Phi0 - eta * gradient(loss)(Phi0, current, previous, causal("n")[t])
    return concat(Phi @ current[t], current[t], previous[t])


pairs = Claim(
    "causal-construction-eq-gradient-step-on-pairs-so-far",
    title="One causal linear layer is, at every token, one gradient step on the pairs so far",
    given=PAIRS,
    lhs=attended,
    rhs=trained,
    source=SOURCE,
    about=(
        "For any pairs (what was before, what comes), a time series or not: the layer trains on every pair up "
        "to the token's own, and predicts at the token's state. All tokens at once, from one set of weights."
    ),
    stops="The sum is not divided by the number of pairs, and includes the token's own pair.",
    mutants=(
        Mutant(
            "the slots of keys and queries exchanged",
            lhs=lambda Phi0, current, previous, eta, t: layer(
                tokens(Phi0, current, previous), value_projection(Phi0, eta), key_query().T
            )[t],
        ),
        Mutant(
            "all pairs, later ones too",
            rhs=lambda Phi0, current, previous, eta, t: concat(
                (Phi0 - eta * gradient(loss)(Phi0, current, previous, ones("n"))) @ current[t],
                current[t],
                previous[t],
            ),
        ),
        Mutant(
            "without the token's own pair",
            rhs=lambda Phi0, current, previous, eta, t: concat(
                (Phi0 - eta * gradient(loss)(Phi0, current, previous, causal("n", strict=True)[t]))
                @ current[t],
                current[t],
                previous[t],
            ),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda Phi0, current, previous, eta, t: trained(Phi0, current, previous, -eta, t),
        ),
    ),
)


def before(states: Array) -> Array:
    """The state before each, 0 before the first.  [n s] -> [n s]"""
    return shift("n") @ states


series = Claim(
    "causal-construction-eq-gradient-step-on-series",
    title="On a time series that starts from 0, one causal linear layer is one gradient step at every time",
    given=SERIES,
    lhs=lambda Phi0, states, eta, t: attended(Phi0, states, before(states), eta, t),
    rhs=lambda Phi0, states, eta, t: trained(Phi0, states, before(states), eta, t),
    source=SOURCE,
    about=(
        "The first token's last slot is 0. Its pair (0, s₁) has a loss that no Φ changes, so that the sum runs "
        "over the pairs of the series as published."
    ),
    stops="If something else stands before the first state, it is trained on as one more pair.",
    mutants=(
        Mutant(
            "the states shifted the other way",
            lhs=lambda Phi0, states, eta, t: attended(Phi0, states, shift("n").T @ states, eta, t),
        ),
        Mutant(
            "the mean of the errors",
            rhs=lambda Phi0, states, eta, t: trained(
                Phi0, states, before(states), eta / (causal("n")[t]).sum(), t
            ),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda Phi0, states, eta, t: trained(Phi0, states, before(states), -eta, t),
        ),
    ),
)


def started(states: Array, s0: Array) -> Array:
    """The state before each, s₀ before the first.  [n s], [s] -> [n s]"""
    first = ones("n") - shift("n") @ ones("n")
    return before(states) + outer(first, s0)


spurious = Claim(
    "causal-construction-with-a-start-eq-gradient-step-on-series",
    title="The construction ignores what stands before the first state",
    given={**SERIES, "s0": real("s")},
    lhs=lambda Phi0, states, s0, eta, t: attended(Phi0, states, started(states, s0), eta, t),
    rhs=lambda Phi0, states, s0, eta, t: concat(
        (Phi0 - eta * gradient(loss)(Phi0, states, before(states), causal("n")[t])) @ states[t],
        states[t],
        started(states, s0)[t],
    ),
    source=Source("original", "the proposition of arXiv:2309.05858 without its condition on the first token"),
    about="Tokens start at the second time in the paper, and at 0 in its code; one might start them anywhere.",
    stops="False: (s₀, s₁) is one more pair, and is trained on.",
    expected=Verdict.REFUTED,
    repair="causal-construction-eq-gradient-step-on-series",
)
