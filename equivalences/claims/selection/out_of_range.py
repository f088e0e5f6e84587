"""Functions outside of the prior: the posterior goes to the closest hypothesis, and an error stays.

Labels are made by a function f that is none of the hypotheses: a sinusoid of a frequency out of range, say.
The log odds of two hypotheses are the difference of their squared distances from f, which grows with the
number of tokens, and a term linear in the noise. What is closest on the prompt wins, close or not.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    dot,
    exp,
    expectation,
    log,
    normal,
    positive,
    real,
    softmax,
)

OUTSIDE = "the optimal predictor behind arXiv:2311.00871, for functions outside of the prior"
GIVEN: dict[str, Domain] = {
    "F": real("k n"),
    "f": real("n"),
    "noise": real("n"),
    "prior": positive("k"),
    "sigma": positive(),
}


def distances(F: Array, f: Array) -> Array:
    """Squared distances of hypotheses from a function, on the prompt.  [k n], [n] -> [k]"""
    difference = F - f[None, :]
    return (difference * difference).sum(1)


def posterior(F: Array, y: Array, prior: Array, sigma: Array) -> Array:
    """Bayes' rule over finitely many hypotheses.  [k n], [n], [k], [] -> [k]"""
    return softmax(log(prior) - distances(F, y) / (2 * sigma**2))


concentration = Claim(
    "out-of-range-posterior-eq-softmax-of-distances",
    title="The posterior depends on a function out of range by its distances from the hypotheses",
    given=GIVEN,
    lhs=lambda F, f, noise, prior, sigma: posterior(F, f + sigma * noise, prior, sigma),
    rhs=lambda F, f, noise, prior, sigma: softmax(
        log(prior) - distances(F, f) / (2 * sigma**2) + F @ noise / sigma
    ),
    source=Source("original", OUTSIDE),
    about=(
        "Labels are f + σ·noise. The distances grow with the number n of tokens, the noise's term with its "
        "root: in the long run the closest hypothesis has all the weight, although it did not make the labels."
    ),
    stops="Closest on the prompt's inputs; where several are equally close the noise decides among them.",
    mutants=(
        Mutant(
            "without the noise",
            rhs=lambda F, f, prior, sigma: softmax(log(prior) - distances(F, f) / (2 * sigma**2)),
        ),
        Mutant(
            "noise of variance 1",
            rhs=lambda F, f, noise, prior, sigma: softmax(
                log(prior) - distances(F, f) / (2 * sigma**2) + F @ noise
            ),
        ),
        Mutant(
            "σ² without its factor 2",
            rhs=lambda F, f, noise, prior, sigma: softmax(
                log(prior) - distances(F, f) / sigma**2 + F @ noise / sigma
            ),
        ),
    ),
)


def log_likelihood(g: Array, y: Array, sigma: Array) -> Array:
    """Of labels under a function and Gaussian noise, up to a constant.  [n], [n], [] -> []"""
    return -dot(y - g, y - g) / (2 * sigma**2)


PAIR: dict[str, Domain] = {
    "f1": real("n"),
    "f2": real("n"),
    "f": real("n"),
    "noise": real("n"),
    "sigma": positive(),
}

pair = Claim(
    "out-of-range-log-odds",
    title="The log odds of two hypotheses are a difference of squared distances, and noise",
    given=PAIR,
    lhs=lambda f1, f2, f, noise, sigma: (
        log_likelihood(f1, f + sigma * noise, sigma) - log_likelihood(f2, f + sigma * noise, sigma)
    ),
    rhs=lambda f1, f2, f, noise, sigma: (
        (dot(f - f2, f - f2) - dot(f - f1, f - f1)) / (2 * sigma**2) + dot(f1 - f2, noise) / sigma
    ),
    source=Source("original", OUTSIDE),
    about=(
        "The first term is the drift: a difference of two Kullback–Leibler divergences, from the labels' "
        "distribution to each of the hypotheses'. The second has mean 0."
    ),
    stops="It holds for labels from within the prior too: then one of the distances is 0.",
    mutants=(
        Mutant(
            "the squared noise kept",
            rhs=lambda f1, f2, f, noise, sigma: (
                (dot(f - f2, f - f2) - dot(f - f1, f - f1)) / (2 * sigma**2)
                + dot(f1 - f2, noise) / sigma
                + dot(noise, noise) / 2
            ),
        ),
        Mutant(
            "the farther hypothesis preferred",
            rhs=lambda f1, f2, f, noise, sigma: (
                (dot(f - f1, f - f1) - dot(f - f2, f - f2)) / (2 * sigma**2) + dot(f1 - f2, noise) / sigma
            ),
        ),
        Mutant(
            "distances in the place of their squares' difference",
            rhs=lambda f1, f2, f, noise, sigma: (
                dot(f1 - f2, f1 - f2) / (2 * sigma**2) + dot(f1 - f2, noise) / sigma
            ),
        ),
    ),
)

divergence = Claim(
    "mean-log-likelihood-ratio-eq-squared-distance",
    title="On average a hypothesis loses its squared distance over 2σ² against the truth",
    given={"f": real("n"), "g": real("n"), "sigma": positive()},
    lhs=lambda f, g, sigma: expectation(
        lambda noise: log_likelihood(f, f + sigma * noise, sigma) - log_likelihood(g, f + sigma * noise, sigma),
        over=normal("n"),
    ),
    rhs=lambda f, g, sigma: dot(f - g, f - g) / (2 * sigma**2),
    source=Source("original", OUTSIDE),
    about=(
        "The Kullback–Leibler divergence between the labels' distributions under f and under g. The posterior "
        "goes to the hypothesis of the smallest one, whether or not f is a hypothesis itself."
    ),
    stops="Gaussian noise of one known variance.",
    waive={"gpu": "floating-point quadrature has no derived bound here"},
    mutants=(
        Mutant("σ² without its factor 2", rhs=lambda f, g, sigma: dot(f - g, f - g) / sigma**2),
        Mutant("a difference of correlations", rhs=lambda f, g, sigma: dot(f - g, f) / sigma**2),
        Mutant("of the wrong sign", rhs=lambda f, g, sigma: -dot(f - g, f - g) / (2 * sigma**2)),
    ),
)

SPREAD: dict[str, Domain] = {"G": real("k m"), "g": real("m"), "L": real("k")}

floor = Claim(
    "out-of-range-error-plus-spread-eq-average-error",
    title="The error out of range is the hypotheses' average error, less their spread",
    given=SPREAD,
    lhs=lambda G, g, L: dot(g - softmax(L) @ G, g - softmax(L) @ G),
    rhs=lambda G, g, L: softmax(L) @ distances(G, g) - softmax(L) @ distances(G, softmax(L) @ G),
    source=Source("original", OUTSIDE),
    about=(
        "At m queries, for any posterior. As the posterior concentrates the spread vanishes, and the error "
        "becomes that of the winner: it does not go to 0 with more tokens."
    ),
    stops="While the posterior is spread, averaging helps; the prompt's length takes that away.",
    mutants=(
        Mutant("without the spread", rhs=lambda G, g, L: softmax(L) @ distances(G, g)),
        Mutant(
            "the spread added",
            rhs=lambda G, g, L: softmax(L) @ distances(G, g) + softmax(L) @ distances(G, softmax(L) @ G),
        ),
        Mutant(
            "unnormalised weights",
            lhs=lambda G, g, L: dot(g - exp(L) @ G, g - exp(L) @ G),
        ),
    ),
)

extrapolates = Claim(
    "out-of-range-prediction-eq-function",
    title="From labels without noise the posterior mean recovers the function that made them",
    given={"F": real("k n"), "f": real("n"), "prior": positive("k"), "sigma": positive()},
    lhs=lambda F, f, prior, sigma: posterior(F, f, prior, sigma) @ F,
    rhs=lambda f: f,
    source=Source("original", f"{OUTSIDE}, read as extrapolation"),
    about="At the prompt's own tokens already, where the labels have just been shown.",
    stops="False: every prediction is an average of the hypotheses.",
    expected=Verdict.REFUTED,
    repair="out-of-range-error-plus-spread-eq-average-error",
)
