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
    einsum,
    exp,
    gradient,
    jacobian,
    logsumexp,
    pi,
    positive,
    real,
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
