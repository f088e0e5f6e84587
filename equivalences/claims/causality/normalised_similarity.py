"""Similarity of attention outputs after normalisation: unrelated updates score up to one half.

SimAOU is the cosine of two settings' changes from zero-shot. Its normalised variant first scales each of the
three outputs to length 1. Normalising turns every update towards minus the zero-shot output, both of them,
and so makes a similarity where there was none: for updates orthogonal to each other and to the base it is
½ √((1 − 1/ρ)(1 − 1/ρ′)), with ρ and ρ′ the factors by which the updates lengthen the output.
"""

from collections.abc import Callable

from equivalences import (
    Array,
    Claim,
    Domain,
    Equation,
    Mutant,
    Source,
    dot,
    real,
    sqrt,
    zeros,
)

PAPER = "arXiv:2311.07772"
GIVEN: dict[str, Domain] = {
    "base": real("d"),
    "icl": real("d"),
    "ft": real("d"),
    "direction": real("d"),
    "other": real("d"),
}
ONE: dict[str, Domain] = {name: GIVEN[name] for name in ("base", "icl", "direction")}


def length(a: Array) -> Array:
    """The Euclidean norm.  [d] -> []"""
    return sqrt(dot(a, a))


def normalised(a: Array) -> Array:
    """The vector of length 1 in the same direction.  [d] -> [d]"""
    return a / length(a)


def cosine(a: Array, b: Array) -> Array:
    """The cosine of the angle between two vectors.  [d], [d] -> []"""
    return dot(a, b) / (length(a) * length(b))


def change(base: Array, output: Array) -> Array:
    """The change of the normalised output.  [d], [d] -> [d]"""
    return normalised(output) - normalised(base)


def normalised_similarity(base: Array, icl: Array, ft: Array) -> Array:
    """SimAOU of normalised outputs.  [d], [d], [d] -> []"""
    return cosine(change(base, icl), change(base, ft))


def shortening(base: Array, output: Array) -> Array:
    """1 − 1/ρ, where the output is ρ times as long as the base.  [d], [d] -> []"""
    return 1 - length(base) / length(output)


def moved_aside(base: Array, direction: Array) -> Array:
    """The base plus a multiple of what a direction has orthogonal to it.  [d], [d] -> [d]"""
    return base + dot(base, base) * direction - dot(base, direction) * base


def moved_aside_again(base: Array, icl: Array, other: Array) -> Array:
    """The base plus what another direction has orthogonal to the base and to the first update.  … -> [d]"""
    first = icl - base
    across = dot(first, first) * (dot(base, base) * other - dot(base, other) * base)
    return base + across - dot(first, other) * dot(base, base) * first


FIRST = Equation(lambda base, icl: dot(base, icl - base), lambda: zeros(""))
ASSUME = (
    FIRST,
    Equation(lambda base, ft: dot(base, ft - base), lambda: zeros("")),
    Equation(lambda base, icl, ft: dot(icl - base, ft - base), lambda: zeros("")),
)
REALISE: dict[str, Callable[..., Array]] = {"icl": moved_aside, "ft": moved_aside_again}

unnormalised = Claim(
    "orthogonal-updates-of-outputs-do-not-overlap",
    title="Without normalisation, orthogonal updates have similarity zero",
    given=GIVEN,
    lhs=lambda base, icl, ft: cosine(icl - base, ft - base),
    rhs=lambda: zeros(""),
    assume=ASSUME,
    realise=REALISE,
    source=Source(PAPER, "the similarity of attention output updates, without normalisation"),
    about="This is what the variant without normalisation says of unrelated updates.",
    stops="Exact for exact orthogonality; unrelated vectors of dimension d have it up to order 1/√d.",
    mutants=(
        Mutant("the outputs instead of the updates", lhs=lambda icl, ft: cosine(icl, ft)),
        Mutant(
            "the update against the other output",
            lhs=lambda base, icl, ft: cosine(icl, ft - base) + cosine(icl - base, ft) + cosine(base, icl),
        ),
        Mutant(
            "similarity of the normalised outputs",
            lhs=lambda base, icl, ft: dot(change(base, icl), change(base, ft)),
        ),
    ),
)

overlap = Claim(
    "normalised-orthogonal-updates-overlap",
    title="Normalised outputs with orthogonal updates change along a common direction",
    given=GIVEN,
    lhs=lambda base, icl, ft: dot(change(base, icl), change(base, ft)),
    rhs=lambda base, icl, ft: shortening(base, icl) * shortening(base, ft),
    assume=ASSUME,
    realise=REALISE,
    source=Source(PAPER, "the similarity of attention output updates of random updates, normalised"),
    about=(
        "The numerator of the normalised similarity is (1 − 1/ρ)(1 − 1/ρ′): both outputs lose of the base what "
        "the normalisation takes away."
    ),
    stops="Base and both updates are pairwise orthogonal. The two directions only serve to make such updates.",
    mutants=(
        Mutant("no overlap", rhs=lambda: zeros("")),
        Mutant(
            "one update normalised only",
            lhs=lambda base, icl, ft: dot(change(base, icl), ft - base),
        ),
        Mutant(
            "the shortening of one update squared",
            rhs=lambda base, icl: shortening(base, icl) * shortening(base, icl),
        ),
    ),
)

lengths = Claim(
    "length-of-normalised-orthogonal-update",
    title="The squared length of a normalised output's change is twice its shortening",
    given=ONE,
    lhs=lambda base, icl: dot(change(base, icl), change(base, icl)),
    rhs=lambda base, icl: 2 * shortening(base, icl),
    assume=(FIRST,),
    realise={"icl": moved_aside},
    source=Source(PAPER, "the similarity of attention output updates of random updates, normalised"),
    about="The denominators of the normalised similarity: 2(1 − 1/ρ), the chord between two unit vectors.",
    stops="The update is orthogonal to the base.",
    mutants=(
        Mutant("once its shortening", rhs=lambda base, icl: shortening(base, icl)),
        Mutant("the length of the update itself", lhs=lambda base, icl: dot(icl - base, icl - base)),
        Mutant(
            "the factor instead of its inverse",
            rhs=lambda base, icl: 2 - 2 * length(icl) / length(base),
        ),
    ),
)

similarity = Claim(
    "normalised-similarity-of-orthogonal-updates-is-a-quarter-of-lengths",
    title="Four times the overlap of normalised orthogonal updates is the product of their squared lengths",
    given=GIVEN,
    lhs=lambda base, icl, ft: 4 * dot(change(base, icl), change(base, ft)),
    rhs=lambda base, icl, ft: (
        dot(change(base, icl), change(base, icl)) * dot(change(base, ft), change(base, ft))
    ),
    assume=ASSUME,
    realise=REALISE,
    source=Source("original", "the normalised similarity of arXiv:2311.07772 for updates without overlap"),
    about=(
        "Divided by the lengths: the normalised similarity is a quarter of the product of the two lengths, "
        "½ √((1 − 1/ρ)(1 − 1/ρ′)). It lies between 0 and ½, and never reaches ½."
    ),
    stops="Base and both updates are pairwise orthogonal. The two directions only serve to make such updates.",
    mutants=(
        Mutant(
            "half instead of a quarter",
            lhs=lambda base, icl, ft: 2 * dot(change(base, icl), change(base, ft)),
        ),
        Mutant(
            "without normalisation",
            lhs=lambda base, icl, ft: 4 * dot(icl - base, ft - base),
        ),
        Mutant(
            "one length squared twice",
            rhs=lambda base, icl, ft: (
                dot(change(base, icl), change(base, icl)) * dot(change(base, icl), change(base, icl))
            ),
        ),
    ),
)
