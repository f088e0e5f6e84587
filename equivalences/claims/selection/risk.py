"""The optimal dense predictor's errors: uncorrelated with the labels, and of known mean square.

Weights are standard normal, as is the noise. What is left of a function after its posterior mean is
uncorrelated with every label, which is why nothing better can be made of them. Its mean square is the
posterior's variance. Without noise, n tokens leave d − n of d directions unknown, one unit of error each.
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
    identity,
    inverse,
    normal,
    positive,
    real,
    size,
    zeros,
)

OPTIMUM = "the optimal predictor behind arXiv:2311.00871, for dense linear functions"
NO_STRESS = {"gpu": "floating-point quadrature has no derived bound here"}
GIVEN: dict[str, Domain] = {"X": real("n d"), "x": real("d"), "sigma": positive()}


def prediction(X: Array, y: Array, x: Array, sigma: Array) -> Array:
    """The posterior mean at a query.  [n d], [n], [d], [] -> []"""
    return (X @ x) @ (inverse(X @ X.T + sigma**2 * identity("n")) @ y)


def labels(z: Array, X: Array, sigma: Array) -> Array:
    """Labels of the weights that z begins with, with the noise that it ends with.  [d+n], [n d], [] -> [n]"""
    return concat(X, sigma * identity("n"), axis=1) @ z


def value(z: Array, x: Array) -> Array:
    """What the weights that z begins with say at a query.  [d+n], [d] -> []"""
    return dot(concat(x, zeros("n")), z)


def error_times_labels(X: Array, x: Array, sigma: Array, assumed: Array) -> Array:
    """The mean product of the prediction's error and the labels.  [n d], [d], [], [] -> [n]"""

    def product(z: Array) -> Array:
        y = labels(z, X, sigma)
        return (value(z, x) - prediction(X, y, x, assumed)) * y

    return expectation(product, over=normal("d+n"))


uncorrelated = Claim(
    "dense-posterior-error-is-uncorrelated-with-labels",
    title="The error of the optimal dense predictor is uncorrelated with every label",
    given=GIVEN,
    lhs=lambda X, x, sigma: error_times_labels(X, x, sigma, sigma),
    rhs=lambda: zeros("n"),
    source=Source("original", OPTIMUM),
    about=(
        "All are jointly normal, so that uncorrelated is independent: the labels tell nothing of the error, "
        "and the predictor is the conditional mean, not only the best linear one."
    ),
    stops="For the strength σ² only. With other weights than normal ones it is the best linear predictor.",
    waive=NO_STRESS,
    mutants=(
        Mutant("twice the noise assumed", lhs=lambda X, x, sigma: error_times_labels(X, x, sigma, 2 * sigma)),
        Mutant(
            "noise of variance 1 assumed",
            lhs=lambda X, x, sigma: error_times_labels(X, x, sigma, sigma / sigma),
        ),
        Mutant("the labels' own covariance with the function", rhs=lambda X, x: X @ x),
    ),
)


def mean_squared_error(X: Array, x: Array, sigma: Array, assumed: Array) -> Array:
    """Of a ridge prediction at a query, over weights and noise.  [n d], [d], [], [] -> []"""

    def squared(z: Array) -> Array:
        error = value(z, x) - prediction(X, labels(z, X, sigma), x, assumed)
        return error * error

    return expectation(squared, over=normal("d+n"))


def posterior_variance(X: Array, x: Array, sigma: Array) -> Array:
    """|x|² less what the prompt's inputs explain.  [n d], [d], [] -> []"""
    return dot(x, x) - prediction(X, X @ x, x, sigma)


variance = Claim(
    "dense-risk-eq-posterior-variance",
    title="The optimal dense predictor's risk at a query is the posterior's variance",
    given=GIVEN,
    lhs=lambda X, x, sigma: mean_squared_error(X, x, sigma, sigma),
    rhs=posterior_variance,
    source=Source("original", OPTIMUM),
    about="It depends on the inputs and not on the labels: the same for every function of the class.",
    stops="Averaged over the class; a particular function may fare better or worse.",
    waive=NO_STRESS,
    mutants=(
        Mutant("twice the noise assumed", lhs=lambda X, x, sigma: mean_squared_error(X, x, sigma, 2 * sigma)),
        Mutant("the prior's variance", rhs=lambda x: dot(x, x)),
        Mutant("the labels' noise added", rhs=lambda X, x, sigma: posterior_variance(X, x, sigma) + sigma**2),
    ),
)


def least_norm(X: Array, y: Array) -> Array:
    """The interpolant of least norm.  [n d], [n] -> [d]"""
    return X.T @ (inverse(X @ X.T) @ y)


def noise_free_risk(X: Array) -> Array:
    """The mean squared distance of the weights from the interpolant of least norm.  [n d] -> []"""

    def squared(w: Array) -> Array:
        error = w - least_norm(X, X @ w)
        return dot(error, error)

    return expectation(squared, over=normal("n+m"))


unknown_directions = Claim(
    "noise-free-dense-risk-eq-unknown-directions",
    title="Without noise, n tokens leave the optimal dense predictor a risk of exactly d − n",
    given={"X": real("n n+m")},
    lhs=noise_free_risk,
    rhs=lambda: size("m"),
    source=Source("original", f"{OPTIMUM}, without noise"),
    about=(
        "Here d = n + m. For a standard normal query the risk is the mean of the weights' squared distance, "
        "and it is m whatever the inputs are. Learning curves that are divided by d begin at 1."
    ),
    stops="Up to n = d, from where on it is 0; with linearly independent inputs.",
    waive=NO_STRESS,
    mutants=(
        Mutant("the tokens counted", rhs=lambda: size("n")),
        Mutant("all directions", rhs=lambda: size("n") + size("m")),
        Mutant("one direction more", rhs=lambda: size("m") + 1),
    ),
)
