"""The reverse-engineered algorithm: a layer whose blocks are multiples of the identity, written out.

Trained layers are compressed by replacing each block of their weight matrices by a multiple of the identity.
On tokens [0; s; s before] one layer of two such heads is a function of four matrices of moments, with twelve
numbers for weights.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    block,
    causal,
    concat,
    identity,
    index,
    real,
    shift,
    zeros,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {
    "states": real("n s"),
    "now1": real(),
    "before1": real(),
    "now2": real(),
    "before2": real(),
    "cross1": real(),
    "own1": real(),
    "cross2": real(),
    "own2": real(),
    "p1": real(),
    "q1": real(),
    "p2": real(),
    "q2": real(),
    "t": index("n"),
}


def head(stream: Array, a: Array, b: Array, c: Array, d: Array, p: Array, q: Array) -> Array:
    """A causal head with blocks of scaled identities; what it writes into the first slot.  … -> [n s+s+s]"""
    one, nothing = identity("s"), zeros("s s")
    form = block([[nothing, nothing, nothing], [nothing, a * one, b * one], [nothing, c * one, d * one]])
    value = block([[nothing, p * one, q * one], [nothing, nothing, nothing], [nothing, nothing, nothing]])
    return (causal("n") * (stream @ form.T @ stream.T)) @ stream @ value.T


def prediction(
    states: Array,
    now1: Array,
    before1: Array,
    now2: Array,
    before2: Array,
    cross1: Array,
    own1: Array,
    cross2: Array,
    own2: Array,
    p1: Array,
    q1: Array,
    p2: Array,
    q2: Array,
) -> Array:
    """The first slot after a layer of two heads.  [n s], … -> [n s+s+s]"""
    stream = concat(0 * states, states, shift("n") @ states, axis=1)
    return head(stream, now1, before1, cross1, own1, p1, q1) + head(stream, now2, before2, cross2, own2, p2, q2)


def moments(states: Array, p: Array, q: Array, t: Array) -> tuple[Array, Array]:
    """The moments of the tokens so far that a head mixes: p Σssᵀ + q Σs₋sᵀ and p Σss₋ᵀ + q Σs₋s₋ᵀ.  -> [s s]"""
    before = shift("n") @ states
    seen, seen_before = causal("n")[t][:, None] * states, causal("n")[t][:, None] * before
    return (
        p * seen.T @ states + q * seen_before.T @ states,
        p * seen.T @ before + q * seen_before.T @ before,
    )


def closed_form(
    states: Array,
    now1: Array,
    before1: Array,
    now2: Array,
    before2: Array,
    cross1: Array,
    own1: Array,
    cross2: Array,
    own2: Array,
    p1: Array,
    q1: Array,
    p2: Array,
    q2: Array,
    t: Array,
) -> Array:
    """The same by moments: C₁(a sₜ + b sₜ₋₁) + C₂(c sₜ + d sₜ₋₁), added over heads.  … -> [s+s+s]"""
    before = (shift("n") @ states)[t]
    A1, B1 = moments(states, p1, q1, t)
    A2, B2 = moments(states, p2, q2, t)
    value = (
        A1 @ (now1 * states[t] + before1 * before)
        + B1 @ (cross1 * states[t] + own1 * before)
        + A2 @ (now2 * states[t] + before2 * before)
        + B2 @ (cross2 * states[t] + own2 * before)
    )
    return concat(value, 0 * value, 0 * value)


compressed = Claim(
    "compressed-layer-eq-closed-form-of-moments",
    title="Two heads of scaled identity blocks are twelve numbers and four matrices of moments",
    given=GIVEN,
    lhs=lambda t, states, now1, before1, now2, before2, cross1, own1, cross2, own2, p1, q1, p2, q2: prediction(
        states, now1, before1, now2, before2, cross1, own1, cross2, own2, p1, q1, p2, q2
    )[t],
    rhs=closed_form,
    source=Source(PAPER, "the compressed algorithm of one layer, as in its public code"),
    about=(
        "A head has four numbers for its keys and queries (a, b, c, d) and two for its values (p, q); whatever "
        "the size of the state, the prediction at every token is this function of the moments so far."
    ),
    stops="On tokens whose first slot is 0. The remaining blocks of a head would act on that slot only.",
    mutants=(
        Mutant(
            "the moments transposed",
            rhs=lambda t, states, now1, before1, now2, before2, cross1, own1, cross2, own2, p1, q1, p2, q2: (
                closed_form(states, now1, cross1, now2, before2, before1, own1, cross2, own2, p1, q1, p2, q2, t)
            ),
        ),
        Mutant(
            "the values' numbers exchanged",
            rhs=lambda t, states, now1, before1, now2, before2, cross1, own1, cross2, own2, p1, q1, p2, q2: (
                closed_form(states, now1, before1, now2, before2, cross1, own1, cross2, own2, q1, p1, p2, q2, t)
            ),
        ),
        Mutant(
            "the second head left out",
            rhs=lambda t, states, now1, before1, now2, before2, cross1, own1, cross2, own2, p1, q1, p2, q2: (
                closed_form(
                    states, now1, before1, now2, before2, cross1, own1, cross2, own2, p1, q1, 0 * p2, 0 * q2, t
                )
            ),
        ),
    ),
)
