"""The LASSO and the Laplace prior: it is the posterior's mode, and not its mean.

One weight with density in proportion to e^(−τ|w|) on [−b, b], one label with noise of variance 1. The mode is
the soft threshold, 0 on an interval of labels; the mean is a ratio of integrals, which have closed forms.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    erf,
    exp,
    integral,
    pi,
    positive,
    real,
    relu,
    sqrt,
    zeros,
)

LAPLACE = "the optimal predictor behind arXiv:2311.00871, for one weight with a Laplace prior"
NO_STRESS = {"gpu": "floating-point quadrature has no derived bound here"}
GIVEN: dict[str, Domain] = {"y": real(), "tau": positive(), "b": positive()}


def joint(w: Array, y: Array, tau: Array) -> Array:
    """Likelihood times prior of a weight w > 0; that of −w is the joint at −y.  [], [], [] -> []"""
    return exp(-((y - w) ** 2) / 2 - tau * w)


def positive_evidence(y: Array, tau: Array, b: Array) -> Array:
    """The share of the positive weights in the evidence.  [], [], [] -> []"""
    return integral(lambda w: joint(w, y, tau), 0, b)


def positive_evidence_formula(y: Array, tau: Array, b: Array) -> Array:
    """A Gaussian about y − τ, cut off at 0 and b.  [], [], [] -> []"""
    ends = erf((y - tau) / sqrt(2)) + erf((b - y + tau) / sqrt(2))
    return sqrt(pi() / 2) * exp(tau**2 / 2 - tau * y) * ends


evidence = Claim(
    "laplace-evidence-eq-cut-off-gaussian",
    title="Behind a Laplace prior the positive weights' evidence is a Gaussian about y − τ, cut off at 0",
    given=GIVEN,
    lhs=positive_evidence,
    rhs=positive_evidence_formula,
    source=Source("original", LAPLACE),
    about=(
        "y − τ is the LASSO's weight above its threshold. It is the centre of a Gaussian here, of which the "
        "posterior has the part at w > 0, for small labels a tail."
    ),
    stops="Negative weights have the same at −y. Noise of variance 1, and a prior cut off at b.",
    waive=NO_STRESS,
    mutants=(
        Mutant(
            "not moved by τ",
            rhs=lambda y, tau, b: positive_evidence_formula(y, zeros(""), b),
        ),
        Mutant("the whole Gaussian", rhs=lambda y, tau: sqrt(2 * pi()) * exp(tau**2 / 2 - tau * y)),
        Mutant("labels of the wrong sign", rhs=lambda y, tau, b: positive_evidence_formula(-y, tau, b)),
    ),
)


def laplace_mean(y: Array, tau: Array, b: Array) -> Array:
    """The posterior mean, w and −w taken together.  [], [], [] -> []"""
    first_moment = integral(lambda w: w * (joint(w, y, tau) - joint(w, -y, tau)), 0, b)
    return first_moment / (positive_evidence(y, tau, b) + positive_evidence(-y, tau, b))


lasso = Claim(
    "lasso-eq-posterior-mean-of-laplace-prior",
    title="The LASSO is the posterior mean of a Laplace prior",
    given=GIVEN,
    lhs=laplace_mean,
    rhs=lambda y, tau: relu(y - tau) - relu(-y - tau),
    source=Source("original", f"{LAPLACE}, with the LASSO taken for the optimum"),
    about="The prior is the LASSO's own, and what is expected is the squared error.",
    stops="False: the LASSO is the posterior's mode. The mean is not 0 below the threshold.",
    expected=Verdict.REFUTED,
    repair="soft-threshold-minimises-lasso-loss",
)
