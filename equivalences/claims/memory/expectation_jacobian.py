"""The Jacobian of reading the memory is a covariance.

The query's density is an exponential family with statistics φ(t) = (t, t²) and natural parameters
θ = (μ/σ², −1/(2σ²)). The derivative of the mean of a basis function ψ by θ is the covariance of φ and ψ.
"""

from collections.abc import Callable

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    exp,
    expectation,
    jacobian,
    normal,
    pi,
    positive,
    real,
    sqrt,
)

PAPER = "arXiv:2006.07214"
NO_STRESS = {"gpu": "floating-point quadrature has no derived bound here"}
GIVEN: dict[str, Domain] = {
    "mu": real(),
    "sigma": positive(),
    "centres": real("m"),
    "widths": positive("m"),
}


def density(t: Array, centres: Array, variances: Array) -> Array:
    """The normal densities of these centres and variances at t.  [], [m], [m] -> [m]"""
    return exp(-((t - centres) ** 2) / (2 * variances)) / sqrt(2 * pi() * variances)


def mean_of_basis(theta1: Array, theta2: Array, centres: Array, widths: Array) -> Array:
    """The mean of the basis functions, by the natural parameters.  [], [], [m], [m] -> [m]"""
    mean, variance = -theta1 / (2 * theta2), -1 / (2 * theta2)
    return density(mean, centres, variance + widths**2)


def derivative_by_first(mu: Array, sigma: Array, centres: Array, widths: Array) -> Array:
    """The derivative by θ₁ = μ/σ².  [], [], [m], [m] -> [m]"""
    by_first = jacobian(mean_of_basis, wrt="theta1")
    return by_first(mu / sigma**2, -1 / (2 * sigma**2), centres, widths)


def derivative_by_second(mu: Array, sigma: Array, centres: Array, widths: Array) -> Array:
    """The derivative by θ₂ = −1/(2σ²).  [], [], [m], [m] -> [m]"""
    by_second = jacobian(mean_of_basis, wrt="theta2")
    return by_second(mu / sigma**2, -1 / (2 * sigma**2), centres, widths)


def mean(f: Callable[[Array], Array], mu: Array, sigma: Array) -> Array:
    """The mean of f under the query's density.  f, [], [] -> […]"""
    return expectation(lambda w: f(mu + sigma * w), over=normal())


def covariance_with_position(mu: Array, sigma: Array, centres: Array, widths: Array) -> Array:
    """Cov(t, ψ(t)).  [], [], [m], [m] -> [m]"""
    together = mean(lambda t: t * density(t, centres, widths**2), mu, sigma)
    return together - mean(lambda t: t, mu, sigma) * mean(lambda t: density(t, centres, widths**2), mu, sigma)


def covariance_with_square(mu: Array, sigma: Array, centres: Array, widths: Array) -> Array:
    """Cov(t², ψ(t)).  [], [], [m], [m] -> [m]"""
    together = mean(lambda t: t**2 * density(t, centres, widths**2), mu, sigma)
    return together - mean(lambda t: t**2, mu, sigma) * mean(
        lambda t: density(t, centres, widths**2), mu, sigma
    )


first = Claim(
    "memory-jacobian-eq-covariance-with-position",
    title="A basis function's mean changes with μ/σ² by its covariance with position",
    given=GIVEN,
    lhs=derivative_by_first,
    rhs=covariance_with_position,
    waive=NO_STRESS,
    source=Source(PAPER, "the Jacobian of continuous softmax"),
    about=(
        "θ₁ = μ/σ². The left side differentiates the closed form of the mean; the right side is a covariance "
        "under the query's density, with three means."
    ),
    stops="The derivative is by θ₁ at fixed θ₂, so that μ moves and σ does not; ∂/∂μ is this over σ².",
    mutants=(
        Mutant(
            "the product of means left out",
            rhs=lambda mu, sigma, centres, widths: mean(
                lambda t: t * density(t, centres, widths**2), mu, sigma
            ),
        ),
        Mutant(
            "the derivative by the mean",
            lhs=lambda mu, sigma, centres, widths: jacobian(
                lambda mu: density(mu, centres, sigma**2 + widths**2)
            )(mu),
        ),
        Mutant(
            "the covariance of the square",
            rhs=covariance_with_square,
        ),
    ),
)

second = Claim(
    "memory-jacobian-eq-covariance-with-square",
    title="A basis function's mean changes with −1/(2σ²) by its covariance with squared position",
    given=GIVEN,
    lhs=derivative_by_second,
    rhs=covariance_with_square,
    waive=NO_STRESS,
    source=Source(PAPER, "the Jacobian of continuous softmax"),
    about="θ₂ = −1/(2σ²). With θ₁ fixed, μ = −θ₁/(2θ₂) moves with θ₂ too.",
    stops="The derivative by σ² at fixed μ is another one: it moves θ₁ as well.",
    mutants=(
        Mutant(
            "the product of means left out",
            rhs=lambda mu, sigma, centres, widths: mean(
                lambda t: t**2 * density(t, centres, widths**2), mu, sigma
            ),
        ),
        Mutant(
            "the mean held fixed",
            lhs=lambda mu, sigma, centres, widths: jacobian(
                lambda theta2: density(mu, centres, widths**2 - 1 / (2 * theta2))
            )(-1 / (2 * sigma**2)),
        ),
        Mutant("the covariance of the position", rhs=covariance_with_position),
    ),
)
