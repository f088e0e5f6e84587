"""Convex combinations of two hypotheses: the optimal predictor for the mixture selects, it does not combine.

Labels αf₁ + (1 − α)f₂ belong to neither hypothesis. The log of the posterior odds grows in proportion to the
number of labels wherever α is not a half, and the closer hypothesis takes all the weight. What is left is an
error that no number of labels removes, and that is the optimum's own. A prior over sums of both hypotheses
has no such error.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    concat,
    dot,
    expectation,
    log,
    normal,
    positive,
    real,
)

OPTIMUM = "the optimal predictor behind arXiv:2311.00871, for a mixture of two classes of tasks"
COMBINED = "the optimal predictor behind arXiv:2311.00871, at convex combinations of two functions"
TWO: dict[str, Domain] = {
    "f1": real("n"),
    "f2": real("n"),
    "y": real("n"),
    "w1": positive(),
    "w2": positive(),
    "sigma": positive(),
}


def misfit(f: Array, y: Array) -> Array:
    """The sum of squared residuals.  [n], [n] -> []"""
    return dot(y - f, y - f)


def log_odds(f1: Array, f2: Array, y: Array, w1: Array, w2: Array, sigma: Array) -> Array:
    """Log-weight and log-likelihood of the first hypothesis, less those of the second.  … -> []"""
    first = log(w1) - misfit(f1, y) / (2 * sigma**2)
    second = log(w2) - misfit(f2, y) / (2 * sigma**2)
    return first - second


ADDED: dict[str, Domain] = {**TWO, "g1": real("m"), "g2": real("m"), "z": real("m")}

additive = Claim(
    "log-posterior-odds-are-additive-over-data",
    title="The log of the posterior odds adds up over the data",
    given=ADDED,
    lhs=lambda f1, f2, y, g1, g2, z, w1, w2, sigma: log_odds(
        concat(f1, g1), concat(f2, g2), concat(y, z), w1, w2, sigma
    ),
    rhs=lambda f1, f2, y, g1, g2, z, w1, w2, sigma: (
        log(w1 / w2) + (misfit(f2, y) - misfit(f1, y) + misfit(g2, z) - misfit(g1, z)) / (2 * sigma**2)
    ),
    source=Source("original", OPTIMUM),
    about="The prior's odds count once, every label the same: each adds its difference of squared residuals.",
    stops="For single hypotheses. The evidence of a class with weights to fit adds up only by the chain rule.",
    mutants=(
        Mutant(
            "the prior counted twice",
            rhs=lambda f1, f2, y, g1, g2, z, w1, w2, sigma: (
                log_odds(f1, f2, y, w1, w2, sigma) + log_odds(g1, g2, z, w1, w2, sigma)
            ),
        ),
        Mutant(
            "averaged over the labels",
            rhs=lambda f1, f2, y, g1, g2, z, w1, w2, sigma: (
                log(w1 / w2) + (misfit(f2, y) - misfit(f1, y) + misfit(g2, z) - misfit(g1, z)) / (4 * sigma**2)
            ),
        ),
        Mutant(
            "the hypotheses exchanged",
            lhs=lambda f1, f2, y, g1, g2, z, w1, w2, sigma: log_odds(
                concat(f2, g2), concat(f1, g1), concat(y, z), w1, w2, sigma
            ),
        ),
    ),
)


def combination(f1: Array, f2: Array, alpha: Array) -> Array:
    """αf₁ + (1 − α)f₂.  [n], [n], [] -> [n]"""
    return alpha * f1 + (1 - alpha) * f2


SHARED: dict[str, Domain] = {**{n: d for n, d in TWO.items() if n != "y"}, "alpha": real()}

drift = Claim(
    "log-odds-at-convex-combination-grow-linearly",
    title="At a convex combination the log odds drift towards the hypothesis with the larger share",
    given=SHARED,
    lhs=lambda f1, f2, alpha, w1, w2, sigma: log_odds(f1, f2, combination(f1, f2, alpha), w1, w2, sigma),
    rhs=lambda f1, f2, alpha, w1, w2, sigma: (
        log(w1 / w2) + (2 * alpha - 1) * dot(f1 - f2, f1 - f2) / (2 * sigma**2)
    ),
    source=Source("original", COMBINED),
    about=(
        "Every token adds (2α − 1)(f₁ − f₂)²/(2σ²). Unless α is a half, the odds grow exponentially with the "
        "number of tokens: the winner takes it all."
    ),
    stops="Labels without noise; with it the mean is the same: mean-log-odds-at-noisy-convex-combination.",
    mutants=(
        Mutant(
            "a drift in proportion to the share",
            rhs=lambda f1, f2, alpha, w1, w2, sigma: (
                log(w1 / w2) + alpha * dot(f1 - f2, f1 - f2) / (2 * sigma**2)
            ),
        ),
        Mutant(
            "σ² without its factor 2",
            rhs=lambda f1, f2, alpha, w1, w2, sigma: (
                log(w1 / w2) + (2 * alpha - 1) * dot(f1 - f2, f1 - f2) / sigma**2
            ),
        ),
        Mutant(
            "shares exchanged",
            lhs=lambda f1, f2, alpha, w1, w2, sigma: log_odds(
                f1, f2, combination(f2, f1, alpha), w1, w2, sigma
            ),
        ),
    ),
)


def mean_log_odds(f1: Array, f2: Array, alpha: Array, w1: Array, w2: Array, sigma: Array) -> Array:
    """At a convex combination with noise of variance σ² on its labels, averaged over it.  … -> []"""
    return expectation(
        lambda noise: log_odds(f1, f2, combination(f1, f2, alpha) + sigma * noise, w1, w2, sigma),
        over=normal("n"),
    )


def mean_log_odds_of_noise(
    f1: Array, f2: Array, alpha: Array, w1: Array, w2: Array, sigma: Array, shift: Array
) -> Array:
    """The same with noise of mean ``shift``.  … -> []"""
    return expectation(
        lambda noise: log_odds(f1, f2, combination(f1, f2, alpha) + sigma * (noise + shift), w1, w2, sigma),
        over=normal("n"),
    )


noisy = Claim(
    "mean-log-odds-at-noisy-convex-combination",
    title="Noise on the labels does not change the mean drift of the log odds",
    given=SHARED,
    lhs=mean_log_odds,
    rhs=lambda f1, f2, alpha, w1, w2, sigma: (
        log(w1 / w2) + (2 * alpha - 1) * dot(f1 - f2, f1 - f2) / (2 * sigma**2)
    ),
    source=Source("original", COMBINED),
    about="At α = 1 the drift is the Kullback–Leibler divergence between the two hypotheses' labels.",
    stops="A mean: about it the log odds of n labels scatter by the root of n.",
    waive={"gpu": "floating-point quadrature has no derived bound here"},
    mutants=(
        Mutant("noise of another mean", given={"shift": real("n")}, lhs=mean_log_odds_of_noise),
        Mutant(
            "the prior's odds left out",
            rhs=lambda f1, f2, alpha, sigma: (2 * alpha - 1) * dot(f1 - f2, f1 - f2) / (2 * sigma**2),
        ),
        Mutant(
            "the labels' noise counted as misfit",
            rhs=lambda f1, f2, alpha, w1, w2, sigma: (
                log(w1 / w2) + (2 * alpha - 1) * dot(f1 - f2, f1 - f2) / (2 * sigma**2 + 2)
            ),
        ),
    ),
)

fitted = Claim(
    "log-odds-eq-least-squares-share",
    title="The log odds of two hypotheses measure the share of the first that fits the labels best",
    given={"f1": real("n"), "f2": real("n"), "y": real("n"), "sigma": positive()},
    lhs=lambda f1, f2, y, sigma: (misfit(f2, y) - misfit(f1, y)) / (2 * sigma**2),
    rhs=lambda f1, f2, y, sigma: (
        (2 * dot(y - f2, f1 - f2) / dot(f1 - f2, f1 - f2) - 1) * dot(f1 - f2, f1 - f2) / (2 * sigma**2)
    ),
    source=Source("original", COMBINED),
    about=(
        "For any labels whatever: the regression of y − f₂ on f₁ − f₂ gives a share, and the labels speak for "
        "the first hypothesis if it is more than a half."
    ),
    stops="The hypotheses differ on the prompt. The share may well be below 0 or above 1.",
    mutants=(
        Mutant(
            "the share itself",
            rhs=lambda f1, f2, y, sigma: dot(y - f2, f1 - f2) / (2 * sigma**2),
        ),
        Mutant(
            "a regression without the second hypothesis",
            rhs=lambda f1, f2, y, sigma: (
                (2 * dot(y, f1) / dot(f1, f1) - 1) * dot(f1 - f2, f1 - f2) / (2 * sigma**2)
            ),
        ),
        Mutant(
            "the hypotheses exchanged",
            lhs=lambda f1, f2, y, sigma: (misfit(f1, y) - misfit(f2, y)) / (2 * sigma**2),
        ),
    ),
)
