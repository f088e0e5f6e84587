"""Softmax attention with squared distances as scores is the discrete form of continuous attention.

At n positions the weights of a softmax over −(t − μ)²/(2σ²) are the normal density's values over their sum.
They are an exponential family too: the derivative of what is read by the natural parameters is a covariance
under the weights, for any features of the positions.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    cumsum,
    einsum,
    erf,
    exp,
    gradient,
    jacobian,
    logsumexp,
    ones,
    pi,
    positive,
    real,
    size,
    softmax,
    sqrt,
)

PAPER = "arXiv:2006.07214"
POSITIONS: dict[str, Domain] = {"t": real("n"), "mu": real(), "sigma": positive()}
FAMILY: dict[str, Domain] = {"phi": real("n k"), "psi": real("n m"), "theta": real("k")}


def by_distance(t: Array, mu: Array, sigma: Array) -> Array:
    """Attention weights that fall with the squared distance from μ.  [n], [], [] -> [n]"""
    return softmax(-((t - mu) ** 2) / (2 * sigma**2))


def normalised_density(t: Array, mu: Array, sigma: Array) -> Array:
    """The normal density's values over their sum.  [n], [], [] -> [n]"""
    values = exp(-((t - mu) ** 2) / (2 * sigma**2)) / (sqrt(2 * pi()) * sigma)
    return values / values.sum()


def by_natural_parameters(t: Array, mu: Array, sigma: Array) -> Array:
    """A softmax of θ₁t + θ₂t².  [n], [], [] -> [n]"""
    return softmax(mu / sigma**2 * t - t**2 / (2 * sigma**2))


weights = Claim(
    "distance-softmax-eq-normalised-density",
    title="A softmax over squared distances has the weights of a normal density, over their sum",
    given=POSITIONS,
    lhs=by_distance,
    rhs=normalised_density,
    source=Source("original", "the discrete form of the density of arXiv:2109.00301"),
    about="Unlike the density's mass on the interval, the weights always sum to 1 over the tokens.",
    stops="The sum replaces the integral: for evenly spaced positions it tends to it, up to the mass outside.",
    mutants=(
        Mutant("another width", rhs=lambda t, mu, sigma: normalised_density(t, mu, 2 * sigma)),
        Mutant("another side", rhs=lambda t, mu, sigma: normalised_density(t, -mu, sigma)),
        Mutant(
            "not over their sum",
            rhs=lambda t, mu, sigma: exp(-((t - mu) ** 2) / (2 * sigma**2)) / (sqrt(2 * pi()) * sigma),
        ),
    ),
)

natural = Claim(
    "distance-softmax-eq-natural-parameters",
    title="A softmax over squared distances is an exponential family with the statistics t and t²",
    given=POSITIONS,
    lhs=by_distance,
    rhs=by_natural_parameters,
    source=Source("original", "the natural parameters of arXiv:2006.07214 at finitely many positions"),
    about="The square of μ is the same for all positions and cancels: θ = (μ/σ², −1/(2σ²)).",
    stops="For any positions; they need not be evenly spaced.",
    mutants=(
        Mutant("μ for μ/σ²", rhs=lambda t, mu, sigma: softmax(mu * t - t**2 / (2 * sigma**2))),
        Mutant("without the half", rhs=lambda t, mu, sigma: softmax(mu / sigma**2 * t - t**2 / sigma**2)),
        Mutant("linear scores", rhs=lambda t, mu, sigma: softmax(mu / sigma**2 * t)),
    ),
)


def read(theta: Array, phi: Array, psi: Array) -> Array:
    """The weighted mean of the rows of ψ, with scores θ·φ.  [k], [n k], [n m] -> [m]"""
    return softmax(phi @ theta) @ psi


def covariance(theta: Array, phi: Array, psi: Array) -> Array:
    """The covariance of ψ and φ under the weights.  [k], [n k], [n m] -> [m k]"""
    p = softmax(phi @ theta)
    return einsum(p, psi, phi, "n, n m, n k -> m k") - einsum(p @ psi, p @ phi, "m, k -> m k")


jacobian_of_read_out = Claim(
    "softmax-read-out-jacobian-eq-covariance",
    title="What softmax attention reads changes with its parameters by a covariance under its weights",
    given=FAMILY,
    lhs=lambda theta, phi, psi: jacobian(read)(theta, phi, psi),
    rhs=covariance,
    source=Source(PAPER, "the Jacobian of softmax, discrete and continuous"),
    about="For scores φθ that are linear in the parameters; ψ is whatever is read at the n positions.",
    stops="Where ψ or φ depends on θ, its own derivative adds to this.",
    mutants=(
        Mutant(
            "the product of means left out",
            rhs=lambda theta, phi, psi: einsum(softmax(phi @ theta), psi, phi, "n, n m, n k -> m k"),
        ),
        Mutant(
            "even weights",
            rhs=lambda theta, phi, psi: covariance(0 * theta, phi, psi),
        ),
        Mutant("twice the parameters", rhs=lambda theta, phi, psi: covariance(2 * theta, phi, psi)),
    ),
)

mean_statistics = Claim(
    "log-partition-gradient-eq-mean-statistics",
    title="The gradient of the logarithm of the softmax's normaliser is the mean of the statistics",
    given={"phi": FAMILY["phi"], "theta": FAMILY["theta"]},
    lhs=lambda theta, phi: gradient(lambda theta: logsumexp(phi @ theta))(theta),
    rhs=lambda theta, phi: phi.T @ softmax(phi @ theta),
    source=Source("original", "exponential families, for the densities of arXiv:2006.07214"),
    about="Its second derivative is the covariance of φ with itself.",
    stops="For finitely many positions; on an interval the sum becomes an integral.",
    mutants=(
        Mutant("even weights", rhs=lambda theta, phi: phi.T @ softmax(0 * phi @ theta)),
        Mutant("exponentials", rhs=lambda theta, phi: phi.T @ exp(phi @ theta)),
        Mutant("the wrong sign", rhs=lambda theta, phi: -phi.T @ softmax(phi @ theta)),
    ),
)


def mean_density(mu: Array, sigma: Array) -> Array:
    """The mean of the normal density over n evenly spaced positions, 1/n to 1.  [], [] -> []"""
    t = cumsum(ones("n"), 0) / size("n")
    return (exp(-((t - mu) ** 2) / (2 * sigma**2)) / (sqrt(2 * pi()) * sigma)).sum(0) / size("n")


def mass_inside(mu: Array, sigma: Array) -> Array:
    """The mass of the normal density on [0, 1].  [], [] -> []"""
    return (erf((1 - mu) / (sqrt(2) * sigma)) + erf(mu / (sqrt(2) * sigma))) / 2


def rate(sigma: Array) -> Array:
    """The largest slope of the density over 2n, squared.  [] -> []"""
    return exp(-ones("")) / (8 * pi() * sigma**4 * size("n") ** 2)


riemann = Claim(
    "mean-density-at-even-positions-is-near-mass-inside",
    title="Summed at n even positions, the density is within its largest slope over 2n of its mass inside",
    given={"mu": real(), "sigma": positive()},
    lhs=lambda mu, sigma: (mean_density(mu, sigma) - mass_inside(mu, sigma)) ** 2,
    at_most=rate,
    source=Source("original", "many tokens, for the densities of arXiv:2109.00301"),
    about=(
        "Both sides are squared. The largest slope of the density is e^{−1/2}/(√(2π)σ²), at a distance of σ "
        "from its centre. What the sums tend to is the mass on [0, 1], not 1."
    ),
    stops="Positions at right edges; at the middles of the parts the error falls with the square of n.",
    waive={
        "symbolic": "the gap is a sum of integrals of slopes, which no sum of squares shows to be ≥ 0",
        "gpu": "the Array API has no error function",
    },
    mutants=(
        Mutant("half of the error", rhs=lambda sigma: rate(sigma) / 4),
        Mutant("an error that falls with the square", rhs=lambda sigma: rate(sigma) / size("n") ** 2),
        Mutant(
            "a mass of one",
            lhs=lambda mu, sigma: (mean_density(mu, sigma) - 1) ** 2,
        ),
    ),
)
