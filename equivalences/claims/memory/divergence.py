"""The memory's regulariser is a divergence of normal densities.

The attention density N(μ, σ²) is held near a prior N(μ₀, σ₀²) by its Kullback-Leibler divergence. Where the
prior has no mean of its own, the term in the means is dropped, and the divergence depends on the widths only;
an implementation that drops it for the other priors does something else for both.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    expectation,
    gradient,
    log,
    normal,
    ones,
    pi,
    positive,
    real,
    zeros,
)

PAPER = "arXiv:2109.00301"
NO_STRESS = {"gpu": "floating-point quadrature has no derived bound here"}
GIVEN: dict[str, Domain] = {"mu": real(), "sigma": positive(), "mu0": real(), "sigma0": positive()}


def log_density(t: Array, mu: Array, sigma: Array) -> Array:
    """The logarithm of the normal density.  [], [], [] -> []"""
    return -((t - mu) ** 2) / (2 * sigma**2) - log(sigma) - log(2 * pi()) / 2


def divergence(mu: Array, sigma: Array, mu0: Array, sigma0: Array) -> Array:
    """The mean of the logarithm of the ratio of both densities, under the first.  [], [], [], [] -> []"""
    return expectation(
        lambda w: log_density(mu + sigma * w, mu, sigma) - log_density(mu + sigma * w, mu0, sigma0),
        over=normal(),
    )


def closed_form(mu: Array, sigma: Array, mu0: Array, sigma0: Array) -> Array:
    """What is left of the means and the ratio of variances.  [], [], [], [] -> []"""
    ratio = sigma**2 / sigma0**2
    return (ratio - log(ratio) - 1 + (mu - mu0) ** 2 / sigma0**2) / 2


def widths_only(sigma: Array, sigma0: Array) -> Array:
    """The regulariser without the term in the means.  [], [] -> []"""
    ratio = sigma**2 / sigma0**2
    return (ratio - log(ratio) - 1) / 2


closed = Claim(
    "memory-divergence-eq-closed-form",
    title="The divergence of two normal densities is that of their widths plus a distance of their means",
    given=GIVEN,
    lhs=divergence,
    rhs=closed_form,
    waive=NO_STRESS,
    source=Source(PAPER, "the Kullback-Leibler regulariser of the attention density"),
    about="The distance of the means counts in units of the prior's width, not of the density's own.",
    stops="It is not symmetric: the density that attends is the one that is averaged over.",
    mutants=(
        Mutant(
            "the densities exchanged", rhs=lambda mu, sigma, mu0, sigma0: closed_form(mu0, sigma0, mu, sigma)
        ),
        Mutant("the term in the means left out", rhs=widths_only),
        Mutant(
            "deviations in the place of variances",
            rhs=lambda mu, sigma, mu0, sigma0: (
                (sigma / sigma0 - log(sigma / sigma0) - 1 + (mu - mu0) ** 2 / sigma0**2) / 2
            ),
        ),
        Mutant(
            "the distance in units of the density's own width",
            rhs=lambda mu, sigma, mu0, sigma0: widths_only(sigma, sigma0) + (mu - mu0) ** 2 / (2 * sigma**2),
        ),
    ),
)

same_mean = Claim(
    "memory-divergence-of-equal-means-eq-widths-only",
    title="Dropping the term in the means is the divergence from a prior that moves along",
    given={"mu": real(), "sigma": positive(), "sigma0": positive()},
    lhs=lambda mu, sigma, sigma0: divergence(mu, sigma, mu, sigma0),
    rhs=widths_only,
    waive=NO_STRESS,
    source=Source(PAPER, "the regulariser without a prior mean"),
    about="It holds the width near σ₀ and lets the position go where it wants.",
    stops="For a prior at a fixed place it is not the divergence: memory-divergence-eq-widths-only.",
    mutants=(
        Mutant("without its half", rhs=lambda sigma, sigma0: 2 * widths_only(sigma, sigma0)),
        Mutant("the widths exchanged", rhs=lambda sigma, sigma0: widths_only(sigma0, sigma)),
        Mutant("a prior at 0", lhs=lambda mu, sigma, sigma0: divergence(mu, sigma, zeros(""), sigma0)),
    ),
)

without_means = Claim(
    "memory-divergence-eq-widths-only",
    title="The divergence from a prior with a mean of its own depends on the widths only",
    given={"mu": real(), "sigma": positive(), "mu0": positive(), "sigma0": positive()},
    lhs=divergence,
    rhs=widths_only,
    source=Source(
        "original", "what public code of arXiv:2109.00301 computes where the prior's mean is positive"
    ),
    about="A branch on the sign of μ₀ that drops the term in the means where μ₀ > 0.",
    stops="False unless the means agree: the regulariser no longer knows where the prior is.",
    expected=Verdict.REFUTED,
    repair="memory-divergence-eq-closed-form",
)

inverted_branch = Claim(
    "memory-divergence-from-absent-prior-ignores-position",
    title="With −1 for an absent prior mean, the regulariser does not depend on the position",
    given={"mu": real(), "sigma": positive(), "sigma0": positive()},
    lhs=lambda mu, sigma, sigma0: closed_form(mu, sigma, -ones(""), sigma0),
    independent_of=("mu",),
    source=Source("original", "what public code of arXiv:2109.00301 computes where the prior's mean is −1"),
    about="The same branch adds the term in the means where μ₀ ≤ 0, which stands for no prior mean at all.",
    stops="False: the regulariser pulls μ to −1, which lies outside the memory's interval [0, 1].",
    expected=Verdict.REFUTED,
    repair="memory-divergence-of-equal-means-eq-widths-only",
)

pull = Claim(
    "memory-divergence-step-moves-mean-to-prior",
    title="A gradient step on the divergence moves the position towards the prior's",
    given={**GIVEN, "eta": positive()},
    lhs=lambda mu, sigma, mu0, sigma0, eta: mu - eta * gradient(closed_form)(mu, sigma, mu0, sigma0),
    rhs=lambda mu, mu0, sigma0, eta: (1 - eta / sigma0**2) * mu + eta / sigma0**2 * mu0,
    source=Source("original", "the gradient of the regulariser of arXiv:2109.00301"),
    about="A step of size η mixes μ and μ₀ with the weight η/σ₀²; a step of size σ₀² lands on μ₀.",
    stops="For η > 2σ₀² the step overshoots and ends further away.",
    mutants=(
        Mutant(
            "a step up the divergence",
            lhs=lambda mu, sigma, mu0, sigma0, eta: mu + eta * gradient(closed_form)(mu, sigma, mu0, sigma0),
        ),
        Mutant(
            "weights by the density's own width",
            rhs=lambda mu, sigma, mu0, eta: (1 - eta / sigma**2) * mu + eta / sigma**2 * mu0,
        ),
        Mutant("no pull", rhs=lambda mu: mu),
    ),
)


def average_log_prior(mu: Array, sigma: Array, mu0: Array, sigma0: Array) -> Array:
    """The mean of the prior's log density.  [], [], [], [] -> []"""
    return expectation(lambda w: log_density(mu + sigma * w, mu0, sigma0), over=normal())


def average_log_density(mu: Array, sigma: Array) -> Array:
    """The mean of the density's own log density.  [], [] -> []"""
    return expectation(lambda w: log_density(mu + sigma * w, mu, sigma), over=normal())


gibbs = Claim(
    "memory-divergence-is-nonnegative",
    title="No normal density is on average more likely under another than under itself",
    given=GIVEN,
    lhs=average_log_prior,
    at_most=average_log_density,
    source=Source("original", "Gibbs' inequality for the densities of arXiv:2109.00301"),
    about="The difference of the two sides is the divergence.",
    stops="Equality for equal densities only.",
    waive={
        **NO_STRESS,
        "symbolic": "the gap contains x − 1 − log x, which no sum of squares and exponentials shows to be ≥ 0",
    },
    mutants=(
        Mutant(
            "the own density twice as wide",
            rhs=lambda mu, sigma: average_log_prior(mu, sigma, mu, 2 * sigma),
        ),
        Mutant(
            "the prior's own average",
            rhs=lambda mu0, sigma0: average_log_density(mu0, sigma0),
        ),
        Mutant("the own average less one", rhs=lambda mu, sigma: average_log_density(mu, sigma) - 1),
    ),
)
