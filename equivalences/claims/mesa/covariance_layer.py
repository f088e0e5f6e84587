"""The layers of the iterated solver: multiply by the covariance of the states so far, and read out.

One causal layer of linear self-attention on [x; s; s before] multiplies every token's iterate by the covariance
of the states before it; a last layer applies the cross-covariance. The step size belongs into one of the two
weight matrices: in both it is squared, and the sign is lost.
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
    identity,
    index,
    ones,
    real,
    shift,
    zeros,
)

PAPER = "arXiv:2309.05858"
LAYER: dict[str, Domain] = {
    "iterate": real("n s"),
    "states": real("n s"),
    "alpha": real(),
    "t": index("n"),
}


def product_layer(iterate: Array, states: Array, value_scale: Array, key_scale: Array) -> Array:
    """What a causal layer writes into the first slot of [x; s; s before].  [n s], [n s], [], [] -> [n s+s+s]"""
    nothing = zeros("s s")
    stream = concat(iterate, states, shift("n") @ states, axis=1)
    value = block(
        [
            [nothing, nothing, value_scale * identity("s")],
            [nothing, nothing, nothing],
            [nothing, nothing, nothing],
        ]
    )
    form = block(
        [
            [nothing, nothing, nothing],
            [nothing, nothing, nothing],
            [key_scale * identity("s"), nothing, nothing],
        ]
    )
    return (causal("n") * (stream @ form.T @ stream.T)) @ stream @ value.T


def products(iterate: Array, states: Array, alpha: Array, t: Array) -> Array:
    """−α S Sᵀx over the states before each token, in the first slot.  … -> [s+s+s]"""
    before = causal("n")[t][:, None] * (shift("n") @ states)
    value = -alpha * (before.T @ ((shift("n") @ states) @ iterate[t]))
    return concat(value, 0 * value, 0 * value)


multiplication = Claim(
    "causal-layer-multiplies-by-covariance-so-far",
    title="At every token one causal layer multiplies its iterate by the covariance of the states so far",
    given=LAYER,
    lhs=lambda iterate, states, alpha, t: product_layer(iterate, states, -alpha, ones(""))[t],
    rhs=products,
    source=Source(PAPER, "the proposition on iterated layers: one layer"),
    about="Slot three is the key and the value, slot one the query: −α Σ sₜ'₋₁ sₜ'₋₁ᵀ x, all tokens at once.",
    stops="The factor −α stands in one of the two matrices; s₀ = 0.",
    mutants=(
        Mutant(
            "−α in both matrices",
            lhs=lambda iterate, states, alpha, t: product_layer(iterate, states, -alpha, -alpha)[t],
        ),
        Mutant(
            "a factor of the wrong sign",
            rhs=lambda iterate, states, alpha, t: products(iterate, states, -alpha, t),
        ),
        Mutant(
            "the state as the query",
            rhs=lambda iterate, states, alpha, t: products(states, states, alpha, t),
        ),
    ),
)

doubled = Claim(
    "step-size-in-both-matrices-multiplies-by-minus-step",
    title="With −α printed in both matrices the layer multiplies by −α times the covariance",
    given=LAYER,
    lhs=lambda iterate, states, alpha, t: product_layer(iterate, states, -alpha, -alpha)[t],
    rhs=products,
    source=Source("original", "the two matrices of arXiv:2309.05858 as they stand in the extracted text"),
    about="The weight matrices of values and of keys and queries each carry the factor.",
    stops="False: the two factors multiply to +α².",
    expected=Verdict.REFUTED,
    repair="causal-layer-multiplies-by-covariance-so-far",
)


def read_out(iterate: Array, states: Array) -> Array:
    """A layer whose values are states, keys the states before, queries the iterates.  [n s], [n s] -> [n s]"""
    return (causal("n") * (iterate @ (shift("n") @ states).T)) @ states


final = Claim(
    "read-out-layer-applies-cross-covariance-so-far",
    title="A last layer applies the cross-covariance of states and states before to the iterate",
    given={name: LAYER[name] for name in ("iterate", "states", "t")},
    lhs=lambda iterate, states, t: read_out(iterate, states)[t],
    rhs=lambda iterate, states, t: (causal("n")[t][:, None] * states).T @ (shift("n") @ states) @ iterate[t],
    source=Source(PAPER, "the proposition on iterated layers: the last layer"),
    about="At the iterate A⁻¹s this is the ridge solution applied to s.",
    stops="What it gives is as good as the iterate.",
    mutants=(
        Mutant(
            "values before, keys now",
            lhs=lambda iterate, states, t: ((causal("n") * (iterate @ states.T)) @ (shift("n") @ states))[t],
        ),
        Mutant(
            "the covariance of the states",
            rhs=lambda iterate, states, t: (causal("n")[t][:, None] * states).T @ states @ iterate[t],
        ),
        Mutant(
            "all tokens",
            rhs=lambda iterate, states, t: states.T @ (shift("n") @ states) @ iterate[t],
        ),
    ),
)


def richardson_layer(iterate: Array, states: Array, alpha: Array, ridge: Array) -> Array:
    """All iterates after one step along the residuals, the masked layer doing the product.  … -> [n s]"""
    before = shift("n") @ states
    product = (causal("n") * (iterate @ before.T)) @ before
    return iterate + alpha * (states - product - ridge * iterate)


def own_step(iterate: Array, states: Array, alpha: Array, ridge: Array, t: Array) -> Array:
    """One token's step along its own residual.  … -> [s]"""
    before = causal("n")[t][:, None] * (shift("n") @ states)
    operator = before.T @ before + ridge * identity("s")
    return iterate[t] + alpha * (states[t] - operator @ iterate[t])


parallel = Claim(
    "masked-layer-steps-every-iterate-along-its-own-residual",
    title="One masked layer moves the iterates of all tokens, each along the residual of its own problem",
    given={**LAYER, "ridge": real()},
    lhs=lambda iterate, states, alpha, ridge, t: richardson_layer(iterate, states, alpha, ridge)[t],
    rhs=own_step,
    source=Source(PAPER, "the parallel form of the iterated mesa layer"),
    about="Token t solves for the ridge on the states before it; one layer does so for all tokens at once.",
    stops="It converges for a token if the step size suits the spectrum of its own operator.",
    mutants=(
        Mutant(
            "no mask",
            rhs=lambda iterate, states, alpha, ridge, t: (
                iterate[t]
                + alpha
                * (
                    states[t]
                    - (shift("n") @ states).T @ (shift("n") @ states) @ iterate[t]
                    - ridge * iterate[t]
                )
            ),
        ),
        Mutant(
            "without the ridge",
            rhs=lambda iterate, states, alpha, ridge, t: own_step(iterate, states, alpha, 0 * ridge, t),
        ),
        Mutant(
            "a step against the residual",
            rhs=lambda iterate, states, alpha, ridge, t: own_step(iterate, states, -alpha, ridge, t),
        ),
    ),
)
