"""The class of sparse linear functions: exact Bayes averages over supports, and the LASSO does something else.

A sparse function has weights s ⊙ w, where s is a mask, the support. For each support the posterior mean is a
ridge regression on the features in it; over all supports they are averaged by their evidences. The LASSO is
the mode of another posterior. In one dimension it says exactly 0 below its threshold, where a posterior
mean says something for every label but 0.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Minimum,
    Mutant,
    Source,
    Verdict,
    dot,
    einsum,
    exp,
    identity,
    inverse,
    log,
    logsumexp,
    mask,
    positive,
    real,
    relu,
    softmax,
    tanh,
    zeros,
)

SPARSE = "the optimal predictor behind arXiv:2311.00871, for sparse linear functions"
TASK: dict[str, Domain] = {"X": real("n d"), "y": real("n"), "s": mask("d"), "sigma": positive()}


def support_mean(X: Array, y: Array, s: Array, sigma: Array) -> Array:
    """The posterior mean of the weights on one support.  [n d], [n], [d], [] -> [d]"""
    on = X * s[None, :]
    return s * (X.T @ (inverse(on @ on.T + sigma**2 * identity("n")) @ y))


def support_loss(w: Array, X: Array, y: Array, s: Array, sigma: Array) -> Array:
    """The ridge loss of strength σ² of a function with weights s ⊙ w.  [d], [n d], [n], [d], [] -> []"""
    error = y - X @ (s * w)
    return (dot(error, error) + sigma**2 * dot(w, w)) / 2


support = Claim(
    "support-posterior-mean-minimises-ridge-loss",
    title="On a known support the posterior mean is the ridge regression on its features",
    given=TASK,
    lhs=support_mean,
    minimises=Minimum(
        support_loss,
        gap=lambda difference, X, s, sigma: (
            dot(X @ (s * difference), X @ (s * difference)) / 2 + sigma**2 * dot(difference, difference) / 2
        ),
    ),
    source=Source("original", SPARSE),
    about="Weights outside of the support are 0: they cost and do nothing.",
    stops="The support is known here. What is not known of it is averaged, not minimised, over.",
    mutants=(
        Mutant(
            "all features",
            lhs=lambda X, y, sigma: X.T @ (inverse(X @ X.T + sigma**2 * identity("n")) @ y),
        ),
        Mutant(
            "the dense posterior mean cut to the support",
            lhs=lambda X, y, s, sigma: s * (X.T @ (inverse(X @ X.T + sigma**2 * identity("n")) @ y)),
        ),
        Mutant("twice the weights", lhs=lambda X, y, s, sigma: 2 * support_mean(X, y, s, sigma)),
    ),
)

FAMILY: dict[str, Domain] = {
    "X": real("n d"),
    "y": real("n"),
    "x": real("d"),
    "S": mask("m d"),
    "W": real("h d"),
    "p": positive("m"),
    "q": positive("h"),
    "sigma": positive(),
}


def log_likelihoods(X: Array, y: Array, S: Array, W: Array, sigma: Array) -> Array:
    """Of the labels under every support with all weights.  [n d], [n], [m d], [h d], [] -> [m h]"""
    error = einsum(X, S, W, "n d, m d, h d -> m h n") - y[None, None, :]
    return -(error * error).sum(2) / (2 * sigma**2)


def sparse_posterior_mean(
    X: Array, y: Array, x: Array, S: Array, W: Array, p: Array, q: Array, sigma: Array
) -> Array:
    """Bayes' rule over supports and weights at once.  … -> []"""
    joint = p[:, None] * exp(log_likelihoods(X, y, S, W, sigma)) * q[None, :]
    return (joint * einsum(x, S, W, "d, m d, h d -> m h")).sum() / joint.sum()


def average_over_supports(
    X: Array, y: Array, x: Array, S: Array, W: Array, p: Array, q: Array, sigma: Array
) -> Array:
    """Each support's posterior mean, weighted by the support's evidence.  … -> []"""
    logits = log_likelihoods(X, y, S, W, sigma) + log(q)[None, :]
    means = (softmax(logits, axis=1) * einsum(x, S, W, "d, m d, h d -> m h")).sum(1)
    return softmax(log(p) + logsumexp(logits, axis=1)) @ means


bayes = Claim(
    "sparse-posterior-mean-eq-evidence-weighted-supports",
    title="The optimal predictor for sparse functions averages over supports by their evidences",
    given=FAMILY,
    lhs=sparse_posterior_mean,
    rhs=average_over_supports,
    source=Source("original", SPARSE),
    about="Supports are the rows of S, weights the rows of W; with 2 of 20 features there are 190 supports.",
    stops="Finitely many weights stand for the normal prior, whose evidences need a determinant.",
    mutants=(
        Mutant(
            "supports averaged by their prior",
            rhs=lambda X, y, x, S, W, p, q, sigma: (
                (p / p.sum())
                @ (
                    softmax(log_likelihoods(X, y, S, W, sigma) + log(q)[None, :], axis=1)
                    * einsum(x, S, W, "d, m d, h d -> m h")
                ).sum(1)
            ),
        ),
        Mutant(
            "the prior over weights left out",
            rhs=lambda X, y, x, S, W, p, q, sigma: average_over_supports(X, y, x, S, W, p, q / q, sigma),
        ),
        Mutant(
            "half the noise",
            rhs=lambda X, y, x, S, W, p, q, sigma: average_over_supports(X, y, x, S, W, p, q, sigma / 2),
        ),
    ),
)


def soft_threshold(y: Array, tau: Array) -> Array:
    """The LASSO of one weight: y moved towards 0 by τ, and no further.  [], [] -> []"""
    return relu(y - tau) - relu(-y - tau)


ONE: dict[str, Domain] = {"y": real(), "a": positive(), "r": positive(), "sigma": positive()}


def three_point_mean(y: Array, a: Array, r: Array, sigma: Array) -> Array:
    """The posterior mean for weights a, −a and 0 of prior odds 1 : 1 : r.  [], [], [], [] -> []"""
    plus, minus = exp(-((y - a) ** 2) / (2 * sigma**2)), exp(-((y + a) ** 2) / (2 * sigma**2))
    return a * (plus - minus) / (plus + minus + r * exp(-(y**2) / (2 * sigma**2)))


def shrunk_sinh(y: Array, a: Array, r: Array, sigma: Array) -> Array:
    """a (eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ + r e^(a²/(2σ²))) with z = ay/σ².  [], [], [], [] -> []"""
    z = a * y / sigma**2
    return a * (exp(z) - exp(-z)) / (exp(z) + exp(-z) + r * exp(a**2 / (2 * sigma**2)))


three = Claim(
    "three-point-posterior-mean-eq-shrunk-sinh",
    title="The posterior mean of a weight that may be 0 is 0 for the label 0 only",
    given=ONE,
    lhs=three_point_mean,
    rhs=shrunk_sinh,
    source=Source("original", SPARSE),
    about=(
        "The smallest sparse prior: 0, a or −a. The numerator vanishes at y = 0 alone; everywhere else the "
        "optimum says something, if only little."
    ),
    stops="Three values; any symmetric prior with more than the value 0 behaves alike.",
    mutants=(
        Mutant("the value 0 left out", rhs=lambda y, a, sigma: a * tanh(a * y / sigma**2)),
        Mutant(
            "the size of a left out of the evidence",
            rhs=lambda y, a, r, sigma: shrunk_sinh(y, a, r * exp(-(a**2) / (2 * sigma**2)), sigma),
        ),
        Mutant("half the noise", rhs=lambda y, a, r, sigma: shrunk_sinh(y, a, r, sigma / 2)),
    ),
)

silent = Claim(
    "lasso-below-threshold-is-zero",
    title="The LASSO says exactly 0 for every label below its threshold",
    given={"b": positive(), "c": positive(), "s": positive()},
    lhs=lambda b, c, s: soft_threshold(b - c, b + c + s),
    rhs=lambda: zeros(""),
    source=Source("original", SPARSE),
    about=(
        "Every label y with |y| < τ is y = b − c, with τ = b + c + s and all three positive. The posterior "
        "mean is not 0 there, except at y = 0: three-point-posterior-mean-eq-shrunk-sinh."
    ),
    stops="At |y| > τ the LASSO is y moved by τ towards 0.",
    mutants=(
        Mutant("no threshold", lhs=lambda b, c: b - c),
        Mutant(
            "a threshold for negative labels only",
            lhs=lambda b, c, s: relu(b - c) - relu(c - b - (b + c + s)),
        ),
        Mutant("shrinkage without a threshold", lhs=lambda b, c, s: (b - c) / (1 + b + c + s)),
    ),
)


def lasso_loss(p: Array, tau: Array, u: Array) -> Array:
    """(y − p)²/2 + τ|p| at the label y = τ + u; |p| is p + 2 relu(−p).  [], [], [] -> []"""
    error = tau + u - p
    return error * error / 2 + tau * (p + 2 * relu(-p))


loud = Claim(
    "soft-threshold-minimises-lasso-loss",
    title="Above the threshold the soft threshold minimises the LASSO's loss",
    given={"tau": positive(), "u": positive()},
    lhs=lambda tau, u: soft_threshold(tau + u, tau),
    minimises=Minimum(
        lasso_loss,
        gap=lambda difference, tau, u: difference * difference / 2 + 2 * tau * relu(-difference - u),
    ),
    source=Source("original", SPARSE),
    about="Labels above the threshold are y = τ + u with u > 0; those below −τ are their mirror images.",
    stops="One weight. For more, it holds where the features are orthonormal.",
    mutants=(
        Mutant("no shrinkage", lhs=lambda tau, u: tau + u),
        Mutant("twice the shrinkage", lhs=lambda tau, u: u - tau),
        Mutant("half the weight", lhs=lambda tau, u: soft_threshold(tau + u, tau) / 2),
    ),
)

lasso = Claim(
    "lasso-eq-posterior-mean-of-sparse-prior",
    title="The LASSO is the posterior mean of a sparse prior",
    given={**ONE, "tau": positive()},
    lhs=three_point_mean,
    rhs=lambda y, tau: soft_threshold(y, tau),
    source=Source("original", f"{SPARSE}, with the LASSO taken for the optimum"),
    about="A network that does as well as the LASSO on sparse functions need not be near the optimum.",
    stops="False: the LASSO is a mode, and exactly 0 on an interval of labels.",
    expected=Verdict.REFUTED,
    repair="three-point-posterior-mean-eq-shrunk-sinh",
)
