"""At convex combinations the optimal predictor for a mixture of two linear functions has an error floor.

Labels X(αu₁ + (1 − α)u₂) belong to neither of two hypotheses, X u₁ and X u₂. The posterior's weight is a
sigmoid of log odds that grow with the number of tokens, and not α. What is left as an error is the square of
the difference, and no number of tokens removes it. A regression on both hypotheses' functions has none.
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
    inverse,
    mask,
    ones,
    positive,
    real,
    zeros,
)

COMBINED = "the optimal predictor behind arXiv:2311.00871, at convex combinations of two functions"
LINEAR: dict[str, Domain] = {
    "X": real("n d"),
    "x": real("d"),
    "u1": real("d"),
    "u2": real("d"),
    "alpha": real(),
    "w1": positive(),
    "w2": positive(),
    "sigma": positive(),
}


def joint(w: Array, X: Array, u: Array, y: Array, sigma: Array) -> Array:
    """Prior times likelihood of a linear function.  [], [n d], [d], [n], [] -> []"""
    error = y - X @ u
    return w * exp(-dot(error, error) / (2 * sigma**2))


def mixture_at_combination(
    X: Array, x: Array, u1: Array, u2: Array, alpha: Array, w1: Array, w2: Array, sigma: Array
) -> Array:
    """The posterior mean at a query, for a prompt whose labels are a convex combination.  … -> []"""
    y = X @ (alpha * u1 + (1 - alpha) * u2)
    first, second = joint(w1, X, u1, y, sigma), joint(w2, X, u2, y, sigma)
    return (first * dot(x, u1) + second * dot(x, u2)) / (first + second)


def weight(X: Array, u1: Array, u2: Array, alpha: Array, w1: Array, w2: Array, sigma: Array) -> Array:
    """The first function's posterior weight there: a sigmoid of the drifting log odds.  … -> []"""
    apart = X @ (u1 - u2)
    return 1 / (1 + w2 / w1 * exp((1 - 2 * alpha) * dot(apart, apart) / (2 * sigma**2)))


def squared_error(
    X: Array, x: Array, u1: Array, u2: Array, alpha: Array, w1: Array, w2: Array, sigma: Array
) -> Array:
    """Of the posterior mean, against the convex combination itself.  … -> []"""
    truth = dot(x, alpha * u1 + (1 - alpha) * u2)
    error = truth - mixture_at_combination(X, x, u1, u2, alpha, w1, w2, sigma)
    return error * error


def error_by_weight(x: Array, u1: Array, u2: Array, alpha: Array, weight: Array) -> Array:
    """(weight − α)² (x·(u₁ − u₂))².  [d], [d], [d], [], [] -> []"""
    error = (weight - alpha) * dot(x, u1 - u2)
    return error * error


error = Claim(
    "mixture-error-at-convex-combination",
    title="At a convex combination the optimal predictor errs as its posterior weight misses the share",
    given=LINEAR,
    lhs=squared_error,
    rhs=lambda X, x, u1, u2, alpha, w1, w2, sigma: error_by_weight(
        x, u1, u2, alpha, weight(X, u1, u2, alpha, w1, w2, sigma)
    ),
    source=Source("original", COMBINED),
    about=(
        "The weight goes to 1 with the number of tokens if α > ½, and the error to (1 − α)²(x·(u₁ − u₂))², its "
        "floor. This is the optimum for the mixture: the same behaviour of a trained network is by itself no "
        "sign of a defect."
    ),
    stops="Labels without noise, and one function a class.",
    mutants=(
        Mutant(
            "the winner's floor already",
            rhs=lambda x, u1, u2, alpha: error_by_weight(x, u1, u2, alpha, ones("")),
        ),
        Mutant(
            "the mixture's weight for the posterior's",
            rhs=lambda x, u1, u2, alpha, w1, w2: error_by_weight(x, u1, u2, alpha, w1 / (w1 + w2)),
        ),
        Mutant(
            "the loser selected",
            rhs=lambda X, x, u1, u2, alpha, w1, w2, sigma: error_by_weight(
                x, u1, u2, alpha, weight(X, u1, u2, 1 - alpha, w1, w2, sigma)
            ),
        ),
    ),
)

combines = Claim(
    "mixture-predicts-convex-combination",
    title="Shown a convex combination, the optimal predictor for the mixture predicts it",
    given=LINEAR,
    lhs=mixture_at_combination,
    rhs=lambda x, u1, u2, alpha: dot(x, alpha * u1 + (1 - alpha) * u2),
    source=Source("original", f"{COMBINED}, read as a test that an optimal learner should pass"),
    about="Its predictions are convex combinations of the two functions, but with the posterior's weights.",
    stops="False: the weights are those of evidence, not of the labels' shares.",
    expected=Verdict.REFUTED,
    repair="mixture-error-at-convex-combination",
)


def fitted_share(X: Array, u1: Array, u2: Array, y: Array) -> Array:
    """The least-squares share of the first function in labels.  [n d], [d], [d], [n] -> []"""
    apart = X @ (u1 - u2)
    return dot(y - X @ u2, apart) / dot(apart, apart)


def fitted_combination(X: Array, x: Array, u1: Array, u2: Array, alpha: Array) -> Array:
    """Fit the share to the labels, then combine.  [n d], [d], [d], [d], [] -> []"""
    share = fitted_share(X, u1, u2, X @ (alpha * u1 + (1 - alpha) * u2))
    return share * dot(x, u1) + (1 - share) * dot(x, u2)


recovered = Claim(
    "fitted-share-recovers-convex-combination",
    title="A regression on both functions recovers every convex combination exactly",
    given={name: LINEAR[name] for name in ("X", "x", "u1", "u2", "alpha")},
    lhs=fitted_combination,
    rhs=lambda x, u1, u2, alpha: dot(x, alpha * u1 + (1 - alpha) * u2),
    source=Source("original", f"{COMBINED}, for a learner whose hypotheses contain them"),
    about="The labels tell the share. The floor is that of the mixture's prior, which rules the share out.",
    stops="Without noise, where the two functions differ on the prompt: one such token is enough.",
    mutants=(
        Mutant("the winner's prediction", rhs=lambda x, u1: dot(x, u1)),
        Mutant("the average", rhs=lambda x, u1, u2: dot(x, u1 + u2) / 2),
        Mutant(
            "a regression on the first function alone",
            lhs=lambda X, x, u1, u2, alpha: (
                dot(x, u1) * fitted_share(X, u1, zeros("d"), X @ (alpha * u1 + (1 - alpha) * u2))
            ),
        ),
    ),
)


def least_squares(C: Array, y: Array) -> Array:
    """The weights of a regression without a ridge.  [n p], [n] -> [p]"""
    return inverse(C.T @ C) @ (C.T @ y)


def combined(s: Array, u: Array, v: Array, alpha: Array) -> Array:
    """Weights on the first class's features, and on the second's, in shares.  [p], [p], [p], [] -> [p]"""
    return alpha * s * u + (1 - alpha) * (1 - s) * v


span = Claim(
    "union-of-features-recovers-convex-combination",
    title="A regression on both classes' features recovers every combination of their functions exactly",
    given={
        "C": real("p+m p"),
        "s": mask("p"),
        "x": real("p"),
        "u": real("p"),
        "v": real("p"),
        "alpha": real(),
    },
    lhs=lambda C, s, x, u, v, alpha: dot(
        x, least_squares(C, alpha * (C @ (s * u)) + (1 - alpha) * (C @ ((1 - s) * v)))
    ),
    rhs=lambda s, x, u, v, alpha: dot(x, combined(s, u, v, alpha)),
    source=Source("original", f"{COMBINED}, for a prior that contains them"),
    about=(
        "The columns of C are the features of both classes, and s marks those of the first. Neither the shares "
        "nor the functions have to be known."
    ),
    stops="Without noise; with as many tokens as features at least, and independent features.",
    mutants=(
        Mutant("the shares exchanged", rhs=lambda s, x, u, v, alpha: dot(x, combined(s, u, v, 1 - alpha))),
        Mutant("the first class's function", rhs=lambda s, x, u: dot(x, s * u)),
        Mutant(
            "without the inverse",
            lhs=lambda C, s, x, u, v, alpha: dot(C @ x, C @ combined(s, u, v, alpha)),
        ),
    ),
)
