"""How far softmax copying is from copying: bounds that fall with e^−β.

The logit is β at the position to copy from, and 0 at n others.
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
    ones,
    real,
    size,
    softmax,
    zeros,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {"others": real("n d"), "target": real("d"), "beta": real()}


def missing_weight(beta: Array) -> Array:
    """What the copied position lacks to the weight 1.  [] -> []"""
    return 1 - dot(softmax(append(zeros("n"), beta)), append(zeros("n"), ones("")))


def copied(others: Array, target: Array, beta: Array) -> Array:
    """Softmax attention with the logit β at the target and 0 at n others.  [n d], [d], [] -> [d]"""
    return softmax(append(0 * others.sum(1), beta)) @ append(others, target)


def squared_error(others: Array, target: Array, beta: Array) -> Array:
    """The squared distance of what is copied from the target.  [n d], [d], [] -> []"""
    error = copied(others, target, beta) - target
    return dot(error, error)


def deviations(others: Array, target: Array) -> Array:
    """The squared distances of the others from the target, summed.  [n d], [d] -> []"""
    return ((others - target[None, :]) ** 2).sum(1).sum()


def spread(others: Array) -> Array:
    """Half the squared distances of all pairs of others.  [n d] -> []"""
    return ((others[:, None, :] - others[None, :, :]) ** 2).sum(2).sum(1).sum() / 2


def slack(others: Array, target: Array, beta: Array) -> Array:
    """What the bound leaves: the others' spread, and the denominator.  [n d], [d], [] -> []"""
    n, Z = size("n"), size("n") + exp(beta)
    return spread(others) / Z**2 + n * (n**2 + 2 * n * exp(beta)) * exp(-2 * beta) / Z**2 * deviations(
        others, target
    )


weight = Claim(
    "softmax-copy-weight-misses-at-most",
    title="The weight that softmax copying lacks is at most n e^−β",
    given={"beta": real()},
    lhs=missing_weight,
    at_most=lambda beta: size("n") * exp(-beta),
    gap=lambda beta: size("n") ** 2 * exp(-beta) / (size("n") + exp(beta)),
    source=Source(PAPER, "the construction of tokens by a first layer"),
    about="n is the number of the other positions. The bound is tight for large β.",
    stops="For β < log n it says nothing, as no weight is above 1.",
    mutants=(
        Mutant("half the bound", rhs=lambda beta: size("n") * exp(-beta) / 2),
        Mutant("without the number of others", rhs=lambda beta: exp(-beta)),
        Mutant("twice the rate", rhs=lambda beta: size("n") * exp(-2 * beta)),
    ),
)

error = Claim(
    "softmax-copy-error-at-most",
    title="Softmax copying errs by at most e^−β √n times the root of the others' summed squared distances",
    given=GIVEN,
    lhs=squared_error,
    at_most=lambda others, target, beta: size("n") * exp(-2 * beta) * deviations(others, target),
    gap=slack,
    source=Source("original", "the construction of tokens of arXiv:2309.05858, with its error"),
    about="Squared on both sides: with no token farther than D from the target it errs by at most n e^−β D.",
    stops="It is 0 at no finite β unless the deviations cancel.",
    mutants=(
        Mutant(
            "an eighth of the bound",
            rhs=lambda others, target, beta: size("n") * exp(-2 * beta) * deviations(others, target) / 8,
        ),
        Mutant(
            "twice the rate",
            rhs=lambda others, target, beta: size("n") * exp(-4 * beta) * deviations(others, target),
        ),
        Mutant("no error", rhs=lambda others, target: 0 * deviations(others, target)),
    ),
)
