"""Similarity of attention maps: what it measures when all maps share a base.

The last token's attention scores are compared in three settings: zero-shot, in context, fine-tuned. SimAM is
the cosine of the in-context and the fine-tuned scores; SimAM_Δ is the cosine of their changes from zero-shot.
The changes' cosine does not see how large the changes are. The scores' cosine does: where the updates have
nothing in common it is what the shared base makes of it, near 1 for small updates.
"""

from collections.abc import Callable

from equivalences import (
    Array,
    Claim,
    Domain,
    Equation,
    Mutant,
    Source,
    Verdict,
    concat,
    dot,
    positive,
    real,
    sqrt,
    zeros,
)

PAPER = "arXiv:2311.07772"


def cosine(a: Array, b: Array) -> Array:
    """The cosine of the angle between two arrays.  [n], [n] -> []"""
    return dot(a, b) / (sqrt(dot(a, a)) * sqrt(dot(b, b)))


def sim_am(icl: Array, ft: Array) -> Array:
    """The similarity of two attention maps.  [n], [n] -> []"""
    return cosine(icl, ft)


def sim_am_delta(base: Array, icl: Array, ft: Array) -> Array:
    """The similarity of their changes from the zero-shot map.  [n], [n], [n] -> []"""
    return cosine(icl - base, ft - base)


SCALED: dict[str, Domain] = {
    "base": real("n"),
    "update": real("n"),
    "other": real("n"),
    "c": positive(),
}

rescaled = Claim(
    "similarity-of-attention-updates-ignores-their-scale",
    title="The similarity of two updates does not change when one of them is rescaled",
    given=SCALED,
    lhs=lambda base, update, other, c: sim_am_delta(base, base + c * update, base + other),
    rhs=lambda base, update, other: sim_am_delta(base, base + update, base + other),
    source=Source(PAPER, "the similarity of the changes of attention maps"),
    about="A learning rate may be chosen by anything else: the metric does not see it, to first order.",
    stops="By a positive factor; a negative one changes the sign. Neither update may be 0.",
    mutants=(
        Mutant("by a factor of any sign", given={"c": real()}),
        Mutant(
            "the maps instead of the updates",
            lhs=lambda base, update, other, c: sim_am(base + c * update, base + other),
            rhs=lambda base, update, other: sim_am(base + update, base + other),
        ),
        Mutant(
            "the base rescaled too",
            lhs=lambda base, update, other, c: sim_am_delta(base, c * (base + update), base + other),
        ),
    ),
)

maps_rescaled = Claim(
    "similarity-of-attention-maps-ignores-scale-of-updates",
    title="The similarity of two attention maps does not change when an update is rescaled",
    given=SCALED,
    lhs=lambda base, update, other, c: sim_am(base + c * update, base + other),
    rhs=lambda base, update, other: sim_am(base + update, base + other),
    source=Source("original", "SimAM, taken to measure agreement of updates"),
    about="Without it, a smaller learning rate alone makes two settings look more alike, or less.",
    stops="False: the base is not rescaled.",
    expected=Verdict.REFUTED,
    repair="similarity-of-attention-updates-ignores-their-scale",
)

ORTHOGONAL: dict[str, Domain] = {
    "base": real("n"),
    "icl": real("n"),
    "ft": real("n"),
    "direction": real("n"),
    "other": real("n"),
}


def no_overlap(a: Array, b: Array) -> Array:
    """The inner product that is to be 0.  [n], [n] -> []"""
    return dot(a, b)


def nothing() -> Array:
    """Zero.  -> []"""
    return zeros("")


def moved_aside(base: Array, direction: Array) -> Array:
    """The base plus a multiple of what a direction has orthogonal to it.  [n], [n] -> [n]"""
    return base + dot(base, base) * direction - dot(base, direction) * base


def moved_aside_again(base: Array, icl: Array, other: Array) -> Array:
    """The base plus what another direction has orthogonal to the base and to the first update.  … -> [n]"""
    first = icl - base
    across = dot(first, first) * (dot(base, base) * other - dot(base, other) * base)
    return base + across - dot(first, other) * dot(base, base) * first


ASSUME = (
    Equation(lambda base, icl: no_overlap(base, icl - base), nothing),
    Equation(lambda base, ft: no_overlap(base, ft - base), nothing),
    Equation(lambda base, icl, ft: no_overlap(icl - base, ft - base), nothing),
)
REALISE: dict[str, Callable[..., Array]] = {"icl": moved_aside, "ft": moved_aside_again}

dominated = Claim(
    "similarity-of-attention-maps-with-orthogonal-updates-eq-share-of-base",
    title="Of two maps whose updates are orthogonal, the similarity is the share of the common base",
    given=ORTHOGONAL,
    lhs=sim_am,
    rhs=lambda base, icl, ft: dot(base, base) / (sqrt(dot(icl, icl)) * sqrt(dot(ft, ft))),
    assume=ASSUME,
    realise=REALISE,
    source=Source("original", "SimAM of arXiv:2311.07772 for updates without overlap"),
    about="The updates agree in nothing; what similarity there is comes from the base, and it is positive.",
    stops="Base and both updates are pairwise orthogonal. The two directions only serve to make such updates.",
    mutants=(
        Mutant(
            "no similarity",
            rhs=lambda: zeros(""),
        ),
        Mutant(
            "the base's length not squared",
            rhs=lambda base, icl, ft: sqrt(dot(base, base)) / (sqrt(dot(icl, icl)) * sqrt(dot(ft, ft))),
        ),
        Mutant(
            "one length left out",
            rhs=lambda base, icl: dot(base, base) / sqrt(dot(icl, icl)),
        ),
    ),
)

BLOCKS: dict[str, Domain] = {"base": real("n"), "update": real("k"), "other": real("l")}

pythagoras = Claim(
    "similarity-of-attention-maps-in-orthogonal-blocks",
    title="With updates in blocks of their own, the similarity of two maps follows from three lengths",
    given=BLOCKS,
    lhs=lambda base, update, other: sim_am(concat(base, update, zeros("l")), concat(base, zeros("k"), other)),
    rhs=lambda base, update, other: (
        dot(base, base)
        / (sqrt(dot(base, base) + dot(update, update)) * sqrt(dot(base, base) + dot(other, other)))
    ),
    source=Source("original", "SimAM of arXiv:2311.07772 for updates without overlap"),
    about=(
        "Base and updates live in three blocks of coordinates; up to a rotation, pairwise orthogonal vectors "
        "always do. For updates small beside the base the similarity is near 1, whatever they are."
    ),
    stops="Neither map may be 0; an update may.",
    mutants=(
        Mutant(
            "the updates' lengths left out",
            rhs=lambda base: dot(base, base) / (sqrt(dot(base, base)) * sqrt(dot(base, base))),
        ),
        Mutant(
            "one update in both",
            lhs=lambda base, update, other: sim_am(
                concat(base, update, 0 * other), concat(base, update, 0 * other)
            ),
        ),
        Mutant(
            "the other base of the opposite sign",
            lhs=lambda base, update, other: sim_am(
                concat(base, update, zeros("l")), concat(-base, zeros("k"), other)
            ),
        ),
    ),
)

orthogonal_updates = Claim(
    "similarity-of-attention-maps-with-orthogonal-updates-is-zero",
    title="Two attention maps whose updates have nothing in common have similarity zero",
    given=BLOCKS,
    lhs=lambda base, update, other: sim_am(concat(base, update, zeros("l")), concat(base, zeros("k"), other)),
    rhs=lambda: zeros(""),
    source=Source("original", "SimAM, taken to measure agreement of updates"),
    about="What one would want of a baseline: unrelated updates, no similarity.",
    stops="False for every base that is not 0.",
    expected=Verdict.REFUTED,
    repair="similarity-of-attention-maps-in-orthogonal-blocks",
)
