"""An induction head at inverse temperature β: how little weight is left to all but the best match.

The best match's logit is higher than any other by a gap: after the product with β the others are lower by
βΔ + log(1 + u) with u > 0. Their weight together is at most n e^−βΔ, and what is predicted differs from the
value of the best match accordingly.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    append,
    dot,
    exp,
    log,
    ones,
    outer,
    positive,
    real,
    size,
    softmax,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {"best": real(), "beta": positive(), "Delta": positive(), "u": positive("n")}
WITH_VALUES: dict[str, Domain] = {**GIVEN, "values": real("n v"), "value": real("v")}


def weights(best: Array, beta: Array, Delta: Array, u: Array) -> Array:
    """Softmax weights of n tokens below the best by βΔ + log(1 + u), and of the best.  … -> [n+1]"""
    return softmax(append(best - beta * Delta - log(1 + u), best))


def weight_of_others(best: Array, beta: Array, Delta: Array, u: Array) -> Array:
    """What all but the best token weigh.  … -> []"""
    return dot(weights(best, beta, Delta, u), append(0 * u + 1, 0 * best))


def ratios(beta: Array, Delta: Array, u: Array) -> Array:
    """The others' weights over that of the best.  [], [], [n] -> [n]"""
    return exp(-beta * Delta) / (1 + u)


def slack(beta: Array, Delta: Array, u: Array) -> Array:
    """What the bound on the weight leaves.  [], [], [n] -> []"""
    R = ratios(beta, Delta, u).sum()
    return exp(-beta * Delta) * (u / (1 + u)).sum() + R**2 / (1 + R)


weight = Claim(
    "induction-head-weight-of-others-at-most",
    title="Where the best match leads by a gap Δ, all other tokens together weigh at most n e^−βΔ",
    given=GIVEN,
    lhs=weight_of_others,
    at_most=lambda beta, Delta: size("n") * exp(-beta * Delta),
    gap=slack,
    source=Source(PAPER, "softmax attention on constructed tokens as a kernel regression"),
    about="u says by how much more than the gap a token lies below the best; n tokens lie below it.",
    stops="The best match has the largest inner product, which is the nearest token only at equal norms.",
    mutants=(
        Mutant("a quarter of the bound", rhs=lambda beta, Delta: size("n") * exp(-beta * Delta) / 4),
        Mutant("twice the rate", rhs=lambda beta, Delta: size("n") * exp(-2 * beta * Delta)),
        Mutant("without the number of tokens", rhs=lambda beta, Delta: exp(-beta * Delta)),
    ),
)


EACH: dict[str, Domain] = {
    "best": real(),
    "beta": real(),
    "gaps": real("n"),
    "values": real("n v"),
    "value": real("v"),
}


def squared_error(best: Array, beta: Array, gaps: Array, values: Array, value: Array) -> Array:
    """The squared distance of the prediction from the best match's value.  … -> []"""
    error = softmax(append(best - beta * gaps, best)) @ append(values, value) - value
    return dot(error, error)


def deviations(values: Array, value: Array) -> Array:
    """Differences of the others' values from the best match's.  [n v], [v] -> [n v]"""
    return values - outer(ones("n"), value)


def bound(beta: Array, gaps: Array, values: Array, value: Array) -> Array:
    """Squared ratios of weights, summed, times squared distances, summed.  [], [n], [n v], [v] -> []"""
    return exp(-2 * beta * gaps).sum() * dot(deviations(values, value), deviations(values, value))


def slack_of_error(beta: Array, gaps: Array, values: Array, value: Array) -> Array:
    """What Cauchy's inequality leaves, and what the denominator does.  … -> []"""
    r, D = exp(-beta * gaps), deviations(values, value)
    R = r.sum()
    cross = r[:, None, None] * D[None, :, :] - r[None, :, None] * D[:, None, :]
    left_by_cauchy = (cross**2).sum(2).sum(1).sum() / 2 / (1 + R) / (1 + R)
    return left_by_cauchy + dot(r, r) * R * (2 + R) / (1 + R) / (1 + R) * dot(D, D)


error = Claim(
    "induction-head-error-at-most",
    title="An induction head errs by at most the ratios e^−βΔ of the weights times the values' distances",
    given=EACH,
    lhs=squared_error,
    at_most=bound,
    gap=slack_of_error,
    source=Source("original", "softmax attention of arXiv:2309.05858 as a kernel regression, with its error"),
    about=(
        "Each token has its own gap to the best match. Both sides are squared: if n tokens have gaps of at "
        "least Δ and values within D of the best match's, the error is at most n e^−βΔ D."
    ),
    stops="A token with the same inner product as the best leaves no gap, and the prediction is a mean.",
    mutants=(
        Mutant(
            "a tenth of the bound", rhs=lambda beta, gaps, values, value: bound(beta, gaps, values, value) / 10
        ),
        Mutant("twice the rate", rhs=lambda beta, gaps, values, value: bound(2 * beta, gaps, values, value)),
        Mutant("no error", rhs=lambda beta, gaps, values, value: 0 * bound(beta, gaps, values, value)),
    ),
)
