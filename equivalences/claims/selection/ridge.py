"""The class of dense linear functions: the optimal predictor is a ridge regression of strength σ².

Functions w·x with standard normal w, labels with Gaussian noise of variance σ². The posterior mean of w is
Xᵀ(XXᵀ + σ²I)⁻¹y. The strength is σ² for a sum over the tokens of squared errors, whatever their number. As σ
goes to 0 it becomes the interpolant of least norm.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Limit,
    Minimum,
    Mutant,
    Source,
    Verdict,
    dot,
    identity,
    inverse,
    positive,
    real,
    size,
    zeros,
)

OPTIMUM = "the optimal predictor behind arXiv:2311.00871, for dense linear functions"
GIVEN: dict[str, Domain] = {"X": real("n d"), "y": real("n"), "sigma": positive()}
WITH_QUERY: dict[str, Domain] = {**GIVEN, "x": real("d")}


def gaussian_mean(X: Array, y: Array, sigma: Array) -> Array:
    """Cov(w, y) Cov(y)⁻¹ y for w of covariance I, y = Xw + noise.  [n d], [n], [] -> [d]"""
    return X.T @ (inverse(X @ X.T + sigma**2 * identity("n")) @ y)


def negative_log_posterior(w: Array, X: Array, y: Array, sigma: Array) -> Array:
    """Of standard normal weights under Gaussian noise, up to a constant.  [d], [n d], [n], [] -> []"""
    error = y - X @ w
    return dot(error, error) / (2 * sigma**2) + dot(w, w) / 2


mode = Claim(
    "dense-posterior-mean-minimises-negative-log-posterior",
    title="The posterior mean of a dense linear function is the mode of its posterior",
    given=GIVEN,
    lhs=gaussian_mean,
    minimises=Minimum(
        negative_log_posterior,
        gap=lambda difference, X, sigma: (
            dot(X @ difference, X @ difference) / (2 * sigma**2) + dot(difference, difference) / 2
        ),
    ),
    source=Source("original", OPTIMUM),
    about=(
        "The gap is an even function of the difference, so that the posterior is symmetric about this point: "
        "it is the mean and the mode."
    ),
    stops="For a normal prior of covariance I. Sparse priors have a mean and a mode that differ.",
    mutants=(
        Mutant("σ⁴ in the place of σ²", lhs=lambda X, y, sigma: gaussian_mean(X, y, sigma**2)),
        Mutant("no shrinkage", lhs=lambda X, y, sigma: X.T @ y / sigma**2),
        Mutant("half the weights", lhs=lambda X, y, sigma: gaussian_mean(X, y, sigma) / 2),
    ),
)


def ridge(X: Array, y: Array, x: Array, strength: Array) -> Array:
    """The ridge regression on the sum of squared errors, at a query.  [n d], [n], [d], [] -> []"""
    return x @ (inverse(X.T @ X + strength * identity("d")) @ (X.T @ y))


def prediction(X: Array, y: Array, x: Array, sigma: Array) -> Array:
    """What the posterior mean says at a query.  [n d], [n], [d], [] -> []"""
    return x @ gaussian_mean(X, y, sigma)


strength = Claim(
    "dense-posterior-mean-eq-ridge-regression",
    title="The optimal predictor for dense linear functions is a ridge regression of strength σ²",
    given=WITH_QUERY,
    lhs=prediction,
    rhs=lambda X, y, x, sigma: ridge(X, y, x, sigma**2),
    source=Source("original", OPTIMUM),
    about="The strength belongs to the sum of squared errors: more tokens, relatively less shrinkage.",
    stops="In a loss that is a mean over n tokens the same strength reads σ²/n.",
    mutants=(
        Mutant("strength σ", rhs=lambda X, y, x, sigma: ridge(X, y, x, sigma)),
        Mutant("strength nσ²", rhs=lambda X, y, x, sigma: ridge(X, y, x, size("n") * sigma**2)),
        Mutant("no ridge", rhs=lambda X, y, x: ridge(X, y, x, zeros(""))),
    ),
)

mean_loss = Claim(
    "dense-posterior-mean-eq-ridge-of-strength-over-n",
    title="The optimal predictor for dense linear functions is a ridge regression of strength σ²/n",
    given=WITH_QUERY,
    lhs=prediction,
    rhs=lambda X, y, x, sigma: ridge(X, y, x, sigma**2 / size("n")),
    source=Source("original", f"{OPTIMUM}, with the strength of a mean loss put into the sum"),
    about="What comes out if the strength for a mean of squared errors is used with their sum.",
    stops="False from two tokens on.",
    expected=Verdict.REFUTED,
    repair="dense-posterior-mean-eq-ridge-regression",
)


def least_norm(X: Array, y: Array) -> Array:
    """The interpolant of least norm.  [n d], [n] -> [d]"""
    return X.T @ (inverse(X @ X.T) @ y)


interpolates = Claim(
    "least-norm-predictor-interpolates",
    title="Without noise the optimal dense predictor passes through every label",
    given={"X": real("n n+m"), "y": real("n")},
    lhs=lambda X, y: X @ least_norm(X, y),
    rhs=lambda y: y,
    source=Source("original", f"{OPTIMUM}, without noise"),
    about="The labels may be any numbers: a dense function explains all of them.",
    stops="No more tokens than features, and linearly independent inputs: d = n + m here.",
    mutants=(
        Mutant("the inputs alone", lhs=lambda X, y: X @ (X.T @ y)),
        Mutant("labels of the wrong sign", lhs=lambda X, y: X @ least_norm(X, -y)),
        Mutant("half of the way", lhs=lambda X, y: X @ least_norm(X, y) / 2),
    ),
)

least = Claim(
    "least-norm-predictor-eq-projection",
    title="Any other interpolant is longer than the noise-free optimal predictor, by Pythagoras",
    given={"X": real("n n+m"), "w": real("n+m")},
    lhs=lambda w: dot(w, w),
    rhs=lambda X, w: (
        dot(least_norm(X, X @ w), least_norm(X, X @ w))
        + dot(w - least_norm(X, X @ w), w - least_norm(X, X @ w))
    ),
    source=Source("original", f"{OPTIMUM}, without noise"),
    about="With labels Xw the predictor is the projection of w on the span of the inputs.",
    stops=(
        "No more tokens than features: d = n + m. What lies outside of the inputs' span is lost; it is the "
        "whole of the error."
    ),
    mutants=(
        Mutant("only the predictor's length", rhs=lambda X, w: dot(least_norm(X, X @ w), least_norm(X, X @ w))),
        Mutant("only the error's length", rhs=lambda X, w: dot(w - least_norm(X, X @ w), w)),
        Mutant(
            "without the inverse",
            rhs=lambda X, w: dot(X @ w, X @ w) + dot(w - X.T @ (X @ w), w - X.T @ (X @ w)),
        ),
    ),
)

approach = Claim(
    "dense-posterior-mean-minus-least-norm-predictor",
    title="By how much noise moves the optimal dense predictor away from the interpolant of least norm",
    given={"X": real("n d"), "a": real("n"), "sigma": positive()},
    lhs=lambda X, a, sigma: gaussian_mean(X, X @ X.T @ a, sigma) - X.T @ a,
    rhs=lambda X, a, sigma: -(sigma**2) * gaussian_mean(X, a, sigma),
    source=Source("original", f"{OPTIMUM}, with little noise"),
    about=(
        "Labels are y = XXᵀa, which are any labels if the inputs are independent; Xᵀa is their interpolant of "
        "least norm. The difference is of the order of σ²."
    ),
    stops="For labels that no linear function makes there is no interpolant.",
    mutants=(
        Mutant("σ in the place of σ²", rhs=lambda X, a, sigma: -sigma * gaussian_mean(X, a, sigma)),
        Mutant("towards longer weights", rhs=lambda X, a, sigma: sigma**2 * gaussian_mean(X, a, sigma)),
        Mutant("without the ridge's strength", rhs=lambda X, a, sigma: -gaussian_mean(X, a, sigma)),
    ),
)

vanishing = Claim(
    "dense-posterior-mean-tends-to-least-norm-predictor",
    title="As the noise vanishes the optimal dense predictor becomes the interpolant of least norm",
    given={"X": real("n n+m"), "y": real("n"), "variance": positive()},
    lhs=lambda X, y, variance: X.T @ (inverse(X @ X.T + variance * identity("n")) @ y),
    rhs=least_norm,
    limit=Limit(
        "variance",
        to=0,
        order=1,
        remainder=lambda X, y, variance: (
            -X.T @ (inverse(X @ X.T) @ (inverse(X @ X.T + variance * identity("n")) @ y))
        ),
    ),
    source=Source("original", f"{OPTIMUM}, with little noise"),
    about="At first order in the noise's variance σ², for any labels.",
    stops="No more tokens than features, d = n + m. For more, the limit is the least-squares fit.",
    mutants=(
        Mutant("the inputs alone", rhs=lambda X, y: X.T @ y),
        Mutant("half of the interpolant", rhs=lambda X, y: least_norm(X, y) / 2),
        Mutant("labels of the wrong sign", rhs=lambda X, y: least_norm(X, -y)),
    ),
)
