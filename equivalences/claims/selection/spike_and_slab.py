"""One weight that is 0 or normal: the optimal predictor shrinks by evidence, and never to 0.

The smallest case of sparse functions with normal weights: a weight is 0 with odds r against a standard normal
one, its label has noise of variance σ². The posterior mean is the ridge regression's, times the posterior
probability that the weight is not 0.
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
    positive,
    real,
    sqrt,
    zeros,
)

SPARSE = "the optimal predictor behind arXiv:2311.00871, for one weight that may be 0"
NO_STRESS = {"gpu": "floating-point quadrature has no derived bound here"}
GIVEN: dict[str, Domain] = {"y": real(), "r": positive(), "sigma": positive()}


def likelihood(w: Array, y: Array, sigma: Array) -> Array:
    """Of a label at the input 1, up to a constant factor.  [], [], [] -> []"""
    return exp(-((y - w) ** 2) / (2 * sigma**2))


def slab_evidence(y: Array, sigma: Array) -> Array:
    """The label's likelihood, averaged over a standard normal weight.  [], [] -> []"""
    return expectation(lambda w: likelihood(w, y, sigma), over=normal())


def slab_evidence_formula(y: Array, sigma: Array) -> Array:
    """σ exp(−y²/(2(1 + σ²))) / √(1 + σ²).  [], [] -> []"""
    return sigma * exp(-(y**2) / (2 * (1 + sigma**2))) / sqrt(1 + sigma**2)


evidence = Claim(
    "slab-evidence-eq-gaussian-of-added-variances",
    title="The evidence of a normal weight is a Gaussian of the added variances",
    given={"y": real(), "sigma": positive()},
    lhs=slab_evidence,
    rhs=slab_evidence_formula,
    source=Source("original", SPARSE),
    about=(
        "The exponent falls slowly, with 1 + σ² for σ²; the factor σ/√(1 + σ²) is the price of spreading the "
        "prior. Without noise it goes to 0, and so does a spike's likelihood at any label but 0, much faster."
    ),
    stops="One label at the input 1; the likelihood is taken without its factor 1/(σ√(2π)).",
    waive=NO_STRESS,
    mutants=(
        Mutant("the noise's variance alone", rhs=lambda y, sigma: likelihood(zeros(""), y, sigma)),
        Mutant("without its factor", rhs=lambda y, sigma: exp(-(y**2) / (2 * (1 + sigma**2)))),
        Mutant("variances not added", rhs=lambda y, sigma: slab_evidence_formula(y, sigma) * exp(y)),
    ),
)


def posterior_mean(y: Array, r: Array, sigma: Array) -> Array:
    """Bayes' rule for a weight that is 0 with odds r against standard normal.  [], [], [] -> []"""
    first_moment = expectation(lambda w: w * likelihood(w, y, sigma), over=normal())
    return first_moment / (slab_evidence(y, sigma) + r * likelihood(zeros(""), y, sigma))


def gated_ridge(y: Array, r: Array, sigma: Array) -> Array:
    """y/(1 + σ²) times the posterior probability that the weight is not 0.  [], [], [] -> []"""
    against = r * sqrt(1 + sigma**2) / sigma * exp(-(y**2) / (2 * sigma**2 * (1 + sigma**2)))
    return y / (1 + sigma**2) / (1 + against)


gate = Claim(
    "spike-and-slab-posterior-mean-eq-gated-ridge",
    title="The posterior mean of a weight that may be 0 is ridge regression behind a gate",
    given=GIVEN,
    lhs=posterior_mean,
    rhs=gated_ridge,
    source=Source("original", SPARSE),
    about=(
        "The gate opens with y²: small labels are nearly silenced, large ones shrunk by 1/(1 + σ²) only. The "
        "LASSO is exactly 0 on an interval, and shrinks every label above by the same amount."
    ),
    stops="0 at y = 0 only. One weight and one label.",
    waive=NO_STRESS,
    mutants=(
        Mutant("ridge regression without the gate", rhs=lambda y, sigma: y / (1 + sigma**2)),
        Mutant("the odds upside down", rhs=lambda y, r, sigma: gated_ridge(y, 1 / r, sigma)),
        Mutant(
            "no shrinkage behind the gate", rhs=lambda y, r, sigma: (1 + sigma**2) * gated_ridge(y, r, sigma)
        ),
    ),
)
