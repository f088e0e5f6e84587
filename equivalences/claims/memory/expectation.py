"""Reading the memory is a mean of its signal under a normal density of positions.

The basis functions are normal densities ψⱼ(t) = N(t; μⱼ, σⱼ²), and a query attends with a normal density
N(t; μ, σ²) on the whole line. Means of densities are densities, of a variance that adds; weighted with t or t²
they are the same density times the moments of a product of two.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    exp,
    expectation,
    normal,
    pi,
    positive,
    real,
    sqrt,
)

PAPER = "arXiv:2109.00301"
EARLIER = "arXiv:2006.07214"
NO_STRESS = {"gpu": "floating-point quadrature has no derived bound here"}
GIVEN: dict[str, Domain] = {
    "mu": real(),
    "sigma": positive(),
    "centres": real("m"),
    "widths": positive("m"),
}
HEAD: dict[str, Domain] = {**GIVEN, "B": real("m e"), "W_V": real("e v")}


def density(t: Array, centres: Array, variances: Array) -> Array:
    """The normal densities of these centres and variances at t.  [], [m], [m] -> [m]"""
    return exp(-((t - centres) ** 2) / (2 * variances)) / sqrt(2 * pi() * variances)


def mean_of_basis(mu: Array, sigma: Array, centres: Array, widths: Array) -> Array:
    """The mean of every basis function under the query's density.  [], [], [m], [m] -> [m]"""
    return expectation(lambda w: density(mu + sigma * w, centres, widths**2), over=normal())


def blurred(mu: Array, sigma: Array, centres: Array, widths: Array) -> Array:
    """The density at μ with both variances added.  [], [], [m], [m] -> [m]"""
    return density(mu, centres, sigma**2 + widths**2)


mean = Claim(
    "memory-expectation-eq-wider-density",
    title="The mean of a normal basis function is the density with both variances added",
    given=GIVEN,
    lhs=mean_of_basis,
    rhs=blurred,
    waive=NO_STRESS,
    source=Source(PAPER, "the expectation of the basis functions under the Gaussian density"),
    about="E ψⱼ(t) for t ~ N(μ, σ²) is N(μ; μⱼ, σ² + σⱼ²): a convolution of two densities.",
    stops=(
        "The density of positions lives on the whole line, the tokens on [0, 1]: the mass outside is read "
        "too, and nothing is renormalised."
    ),
    mutants=(
        Mutant(
            "a width added to a variance",
            rhs=lambda mu, sigma, centres, widths: density(mu, centres, sigma**2 + widths),
        ),
        Mutant(
            "the standard deviation in the place of the variance",
            rhs=lambda mu, sigma, centres, widths: density(mu, centres, sqrt(sigma**2 + widths**2)),
        ),
        Mutant(
            "the variance of the query left out",
            rhs=lambda mu, centres, widths: density(mu, centres, widths**2),
        ),
        Mutant(
            "basis functions of height 1",
            rhs=lambda mu, sigma, centres, widths: exp(-((mu - centres) ** 2) / (2 * (sigma**2 + widths**2))),
        ),
    ),
)


def mean_times_position(mu: Array, sigma: Array, centres: Array, widths: Array) -> Array:
    """The mean of t ψ(t).  [], [], [m], [m] -> [m]"""
    return expectation(lambda w: (mu + sigma * w) * density(mu + sigma * w, centres, widths**2), over=normal())


def middle(mu: Array, sigma: Array, centres: Array, widths: Array) -> Array:
    """The mean of the product of the two densities, each weighted with the other's variance.  … -> [m]"""
    return (centres * sigma**2 + mu * widths**2) / (sigma**2 + widths**2)


first_moment = Claim(
    "memory-first-moment-eq-density-times-tilted-mean",
    title="The mean of position times basis function is the wider density times a middle position",
    given=GIVEN,
    lhs=mean_times_position,
    rhs=lambda mu, sigma, centres, widths: (
        blurred(mu, sigma, centres, widths) * middle(mu, sigma, centres, widths)
    ),
    waive=NO_STRESS,
    source=Source(EARLIER, "the moments in the Jacobian of continuous softmax"),
    about="The product of two normal densities has its mean between theirs, nearer to the narrower one's.",
    stops="On the whole line; cut to [0, 1] both factors gain edge terms.",
    mutants=(
        Mutant(
            "the mean of the query",
            rhs=lambda mu, sigma, centres, widths: mu * blurred(mu, sigma, centres, widths),
        ),
        Mutant(
            "weights exchanged",
            rhs=lambda mu, sigma, centres, widths: (
                blurred(mu, sigma, centres, widths)
                * (centres * widths**2 + mu * sigma**2)
                / (sigma**2 + widths**2)
            ),
        ),
        Mutant(
            "weights by widths, not variances",
            rhs=lambda mu, sigma, centres, widths: (
                blurred(mu, sigma, centres, widths) * (centres * sigma + mu * widths) / (sigma + widths)
            ),
        ),
    ),
)


def mean_times_square(mu: Array, sigma: Array, centres: Array, widths: Array) -> Array:
    """The mean of t² ψ(t).  [], [], [m], [m] -> [m]"""
    return expectation(
        lambda w: (mu + sigma * w) ** 2 * density(mu + sigma * w, centres, widths**2), over=normal()
    )


def second_moment_of_product(mu: Array, sigma: Array, centres: Array, widths: Array) -> Array:
    """The wider density times the second moment of the product.  … -> [m]"""
    variance = sigma**2 * widths**2 / (sigma**2 + widths**2)
    return blurred(mu, sigma, centres, widths) * (middle(mu, sigma, centres, widths) ** 2 + variance)


second_moment = Claim(
    "memory-second-moment-eq-density-times-tilted-square",
    title="The mean of squared position times basis function is the wider density times a second moment",
    given=GIVEN,
    lhs=mean_times_square,
    rhs=second_moment_of_product,
    waive=NO_STRESS,
    source=Source(EARLIER, "the moments in the Jacobian of continuous softmax"),
    about="The product of two normal densities has the variance σ²σⱼ²/(σ² + σⱼ²), smaller than either.",
    stops="On the whole line; cut to [0, 1] both factors gain edge terms.",
    mutants=(
        Mutant(
            "the variance of the product left out",
            rhs=lambda mu, sigma, centres, widths: (
                blurred(mu, sigma, centres, widths) * middle(mu, sigma, centres, widths) ** 2
            ),
        ),
        Mutant(
            "variances added",
            rhs=lambda mu, sigma, centres, widths: (
                blurred(mu, sigma, centres, widths)
                * (middle(mu, sigma, centres, widths) ** 2 + sigma**2 + widths**2)
            ),
        ),
        Mutant(
            "the query's second moment",
            rhs=lambda mu, sigma, centres, widths: blurred(mu, sigma, centres, widths) * (mu**2 + sigma**2),
        ),
    ),
)


def mean_of_values(mu: Array, sigma: Array, centres: Array, widths: Array, B: Array, W_V: Array) -> Array:
    """The mean of the projected signal.  …, [m e], [e v] -> [v]"""
    return expectation(lambda w: (B @ W_V).T @ density(mu + sigma * w, centres, widths**2), over=normal())


def projected_mean(mu: Array, sigma: Array, centres: Array, widths: Array, B: Array, W_V: Array) -> Array:
    """The signal read with the closed form, and then projected.  …, [m e], [e v] -> [v]"""
    return W_V.T @ (B.T @ blurred(mu, sigma, centres, widths))


head = Claim(
    "memory-context-eq-projected-mean-signal",
    title="The memory's context is the projection of the mean signal",
    given=HEAD,
    lhs=mean_of_values,
    rhs=projected_mean,
    waive=NO_STRESS,
    source=Source(PAPER, "the context vector of the long-term memory"),
    about=(
        "The values V = BW are a signal too. Projection and mean commute, since both are linear, so that one "
        "mean of the m basis functions serves every coordinate."
    ),
    stops="For one query: each query has its own μ and σ², and the keys enter through them alone.",
    mutants=(
        Mutant(
            "the signal at the mean position",
            rhs=lambda mu, centres, widths, B, W_V: W_V.T @ (B.T @ density(mu, centres, widths**2)),
        ),
        Mutant(
            "the standard deviation in the place of the variance",
            rhs=lambda mu, sigma, centres, widths, B, W_V: (
                W_V.T @ (B.T @ density(mu, centres, sqrt(sigma**2 + widths**2)))
            ),
        ),
        Mutant(
            "a width added to a variance",
            rhs=lambda mu, sigma, centres, widths, B, W_V: (
                W_V.T @ (B.T @ density(mu, centres, sigma**2 + widths))
            ),
        ),
    ),
)
