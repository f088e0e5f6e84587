"""A sharper query reads the signal nearer to its position.

The mean r of a basis function under the query's density tends to the basis function at μ as the query's
variance tends to 0: as the heat equation has it, at a rate of half the curvature, and not further away than
σ²/(2√(2π)σⱼ³) for any μ.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Limit,
    Mutant,
    Source,
    exp,
    gradient,
    pi,
    positive,
    real,
    sqrt,
)

ABOUT_IT = Source("original", "narrow queries to the memory of arXiv:2109.00301")
GIVEN: dict[str, Domain] = {"mu": real(), "variance": positive(), "centre": real(), "width": positive()}


def density(t: Array, centre: Array, variance: Array) -> Array:
    """The normal density.  [], [], [] -> []"""
    return exp(-((t - centre) ** 2) / (2 * variance)) / sqrt(2 * pi() * variance)


def read(mu: Array, variance: Array, centre: Array, width: Array) -> Array:
    """The mean of the basis function under the query's density, in closed form.  [], [], [], [] -> []"""
    return density(mu, centre, variance + width**2)


def slope(mu: Array, variance: Array, centre: Array, width: Array) -> Array:
    """The derivative of the read-out by the position.  [], [], [], [] -> []"""
    return gradient(read)(mu, variance, centre, width)


heat = Claim(
    "memory-read-out-obeys-heat-equation",
    title="The read-out changes with the query's variance by half its curvature in the position",
    given=GIVEN,
    lhs=lambda mu, variance, centre, width: gradient(read, wrt="variance")(mu, variance, centre, width),
    rhs=lambda mu, variance, centre, width: gradient(slope)(mu, variance, centre, width) / 2,
    source=ABOUT_IT,
    about="A wider query blurs the signal as heat spreads, with the variance as time.",
    stops="For any signal that is a sum of normal densities, since both sides are linear in the signal.",
    mutants=(
        Mutant(
            "the whole curvature",
            rhs=lambda mu, variance, centre, width: gradient(slope)(mu, variance, centre, width),
        ),
        Mutant(
            "the slope",
            rhs=lambda mu, variance, centre, width: slope(mu, variance, centre, width) / 2,
        ),
        Mutant(
            "the derivative by the width",
            lhs=lambda mu, variance, centre, width: gradient(read, wrt="width")(mu, variance, centre, width),
        ),
    ),
)

bound = Claim(
    "memory-read-out-error-is-at-most-half-variance-times-curvature",
    title="A narrow query reads the basis function at its position, up to half its variance times a curvature",
    given=GIVEN,
    lhs=lambda mu, variance, centre, width: (
        (read(mu, variance, centre, width) - density(mu, centre, width**2)) ** 2
    ),
    at_most=lambda variance, width: variance**2 / (8 * pi() * width**6),
    source=ABOUT_IT,
    about=(
        "Both sides are squared: |r − ψ(μ)| ≤ σ²/(2√(2π)σⱼ³), where 1/(√(2π)σⱼ³) is the largest curvature of "
        "the basis function, the one at its centre."
    ),
    stops="The bound is reached in the limit σ → 0, at the centre; far from it the error is much smaller.",
    waive={"symbolic": "the gap is an integral of curvatures, which no sum of squares shows to be ≥ 0"},
    mutants=(
        Mutant("half the bound", rhs=lambda variance, width: variance**2 / (32 * pi() * width**6)),
        Mutant("a second power of the width", rhs=lambda variance, width: variance**2 / (8 * pi() * width**4)),
        Mutant("the square of the variance", rhs=lambda variance, width: variance**4 / (8 * pi() * width**6)),
    ),
)


def remainder(variance: Array, width: Array) -> Array:
    """What is left of the difference of two inverse roots over the variance.  [], [] -> []"""
    root = sqrt(variance + width**2)
    return -1 / (sqrt(2 * pi()) * width * root * (width + root))


limit = Claim(
    "memory-read-out-at-a-centre-tends-to-peak",
    title="At the centre of a basis function the read-out tends to its peak, at the rate of the variance",
    given={"variance": positive(), "centre": real(), "width": positive()},
    lhs=lambda variance, centre, width: read(centre, variance, centre, width),
    rhs=lambda width: 1 / (sqrt(2 * pi()) * width),
    limit=Limit("variance", to=0, remainder=remainder),
    source=ABOUT_IT,
    about="The constant of the rate is −1/(2√(2π)σⱼ³), half the curvature of the basis function at its centre.",
    stops="At the centre only; elsewhere the sign of the curvature may be the other.",
    mutants=(
        Mutant("a peak of height 1", rhs=lambda width: width / width),
        Mutant("half the peak", rhs=lambda width: 1 / (2 * sqrt(2 * pi()) * width)),
        Mutant(
            "a read-out beside the centre",
            given={"mu": real()},
            lhs=lambda mu, variance, centre, width: read(mu, variance, centre, width),
        ),
    ),
)
