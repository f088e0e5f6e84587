"""Few-shot prompts with spurious pairs: why in-context regression on a flat sequence stalls at half the map.

On the sequence x₁, y₁, x₂, y₂, … with yᵢ = Wxᵢ a layer that pairs neighbours also learns from (yᵢ, xᵢ₊₁),
although xᵢ₊₁ is independent of yᵢ. At the level of the population, with standard normal inputs and W
orthogonal, both kinds of pairs have the same inputs' covariance, and the solution is W/2, not W.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Equation,
    Minimum,
    Mutant,
    Source,
    Verdict,
    dot,
    identity,
    inverse,
    real,
    size,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {"A": real("d d"), "W": real("d d")}
SOURCE = Source("original", "the few-shot sequences of arXiv:2309.05858, at the level of the population")


def orthogonal(A: Array) -> Array:
    """The Cayley transform of a skew matrix: an orthogonal matrix.  [d d] -> [d d]"""
    skew = A - A.T
    return (identity("d") - skew) @ inverse(identity("d") + skew)


ORTHOGONAL = (
    Equation(lambda W: W @ W.T, lambda: identity("d")),
    Equation(lambda W: W.T @ W, lambda: identity("d")),
)


def wanted_loss(U: Array, W: Array) -> Array:
    """E|Wx − Ux|²/2 for standard normal x: the pairs (x, y).  [d d], [d d] -> []"""
    return dot(W - U, W - U) / 2


def spurious_loss(U: Array, W: Array) -> Array:
    """E|x′ − UWx|²/2 for independent standard normal x, x′: the pairs (y, x′).  [d d], [d d] -> []"""
    return (size("d") + dot(U @ W, U @ W)) / 2


def population_loss(U: Array, W: Array) -> Array:
    """Both kinds of pairs.  [d d], [d d] -> []"""
    return wanted_loss(U, W) + spurious_loss(U, W)


def covariance(W: Array) -> Array:
    """Of the inputs of both kinds of pairs, x and Wx.  [d d] -> [d d]"""
    return identity("d") + W @ W.T


half = Claim(
    "half-the-map-solves-normal-equations-on-spurious-pairs",
    title="Half the map solves the normal equations of wanted and spurious pairs",
    given=GIVEN,
    lhs=lambda W: W / 2 @ covariance(W),
    rhs=lambda W: W,
    source=SOURCE,
    about=(
        "Targets times inputs, on the right, are W for the wanted pairs, and 0 for the spurious ones; the "
        "covariances of the inputs are I and WWᵀ."
    ),
    stops="For W orthogonal, in the limit of long sequences. A W that shrinks its inputs comes out better.",
    assume=ORTHOGONAL,
    realise={"W": orthogonal},
    mutants=(
        Mutant("the map itself", lhs=lambda W: W @ covariance(W)),
        Mutant("the wanted pairs only", lhs=lambda W: W / 2),
        Mutant("spurious pairs that are predictable", rhs=lambda W: W + W.T),
        Mutant(
            "a map of which nothing is known",
            given={"M": real("d d")},
            lhs=lambda M: M / 2 @ covariance(M),
            rhs=lambda M: M,
        ),
    ),
)

whole = Claim(
    "least-squares-on-spurious-pairs-eq-the-map",
    title="Least squares on wanted and spurious pairs is the map",
    given=GIVEN,
    lhs=lambda W: W @ inverse(covariance(W)),
    rhs=lambda W: W,
    source=Source("original", "the few-shot sequences of arXiv:2309.05858, read as clean demonstrations"),
    about="With ever more demonstrations one expects in-context regression to find the map.",
    stops="False: the spurious pairs never average out, as they add to the inputs' covariance.",
    assume=ORTHOGONAL,
    realise={"W": orthogonal},
    expected=Verdict.REFUTED,
    repair="half-the-map-solves-normal-equations-on-spurious-pairs",
)

minimiser = Claim(
    "half-the-map-minimises-loss-on-spurious-pairs",
    title="Half the map minimises the population loss on wanted and spurious pairs",
    given=GIVEN,
    lhs=lambda W: W / 2,
    minimises=Minimum(population_loss, gap=lambda difference: dot(difference, difference)),
    source=SOURCE,
    about="For every other U the loss is larger by the squared Frobenius norm of U − W/2.",
    stops="For W orthogonal, standard normal inputs, and without noise.",
    assume=ORTHOGONAL,
    realise={"W": orthogonal},
    mutants=(
        Mutant("the map itself", lhs=lambda W: W),
        Mutant("nothing", lhs=lambda W: 0 * W),
        Mutant("minus half the map", lhs=lambda W: -W / 2),
    ),
)

plateau = Claim(
    "loss-plateau-of-spurious-pairs",
    title="With half an orthogonal map the population loss on wanted pairs is d/8",
    given=GIVEN,
    lhs=lambda W: wanted_loss(W / 2, W),
    rhs=lambda W: size("d") / 8,
    source=SOURCE,
    about="A quarter of what predicting 0 costs, which is d/2, and no more demonstrations lower it.",
    stops="For W orthogonal. At n demonstrations the loss lies above the plateau.",
    assume=ORTHOGONAL,
    realise={"W": orthogonal},
    mutants=(
        Mutant("predicting 0", lhs=lambda W: wanted_loss(0 * W, W)),
        Mutant("the map", lhs=lambda W: wanted_loss(W, W)),
        Mutant("a loss without its half", lhs=lambda W: 2 * wanted_loss(W / 2, W)),
    ),
)
