"""Positive random features: unbiased for the kernel, with a known variance, and biased for attention.

Features m^(−1/2) exp(ωₗ·x − |x|²/2) with standard normal ωₗ have inner products whose mean is exp(x·y). Their
variance grows like exp(|x + y|²). Attention divides one such estimate by another, and the mean of a quotient is
not the quotient of the means.
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
    normal,
    real,
    signs,
    size,
)

PAPER = "arXiv:2310.13220"
NO_BOUND = "floating-point quadrature has no derived bound here"
GIVEN: dict[str, Domain] = {"x": real("d"), "y": real("d")}


def feature(omega: Array, x: Array) -> Array:
    """One feature a row of ω, not yet divided by √m.  [m d], [d] -> [m]"""
    return exp(omega @ x - dot(x, x) / 2)


def estimate(omega: Array, x: Array, y: Array) -> Array:
    """The inner product of m features of two points.  [m d], [d], [d] -> []"""
    return dot(feature(omega, x), feature(omega, y)) / size("m")


def kernel(x: Array, y: Array) -> Array:
    """exp⟨x, y⟩.  [d], [d] -> []"""
    return exp(dot(x, y))


def variance(x: Array, y: Array) -> Array:
    """e^{2x·y} (e^{|x+y|²} − 1)/m.  [d], [d] -> []"""
    return exp(2 * dot(x, y)) * (exp(dot(x + y, x + y)) - 1) / size("m")


mean = Claim(
    "positive-random-features-are-unbiased",
    title="Positive random features estimate the exponential kernel without bias",
    given=GIVEN,
    lhs=lambda x, y: expectation(lambda omega: estimate(omega, x, y), over=normal("m d")),
    rhs=kernel,
    variance=variance,
    source=Source(PAPER, "the positive random features for the softmax kernel"),
    about="Whatever the number of features; the moment generating function of a normal vector, at x + y.",
    stops="For the kernel. Normalised attention made of them is a quotient, and biased.",
    mutants=(
        Mutant(
            "without the norms",
            lhs=lambda x, y: expectation(
                lambda omega: dot(exp(omega @ x), exp(omega @ y)) / size("m"), over=normal("m d")
            ),
        ),
        Mutant(
            "random signs for normal vectors",
            given={"x": real("d"), "y": real("d")},
            lhs=lambda x, y: expectation(lambda omega: estimate(omega, x, y), over=signs("m d")),
        ),
        Mutant("a Gaussian kernel", rhs=lambda x, y: exp(-dot(x - y, x - y) / 2)),
    ),
)

spread = Claim(
    "positive-random-features-variance",
    title="The variance of positive random features is e^{2x·y}(e^{|x+y|²} − 1)/m",
    given=GIVEN,
    lhs=lambda x, y: expectation(lambda omega: (estimate(omega, x, y) - kernel(x, y)) ** 2, over=normal("m d")),
    rhs=variance,
    source=Source("original", "the positive random features of arXiv:2310.13220"),
    about="One over the number of features, as it should be; but exponential in |x + y|².",
    stops="Of the estimate of the kernel, for independent normal rows.",
    waive={"gpu": NO_BOUND},
    mutants=(
        Mutant("without 1/m", rhs=lambda x, y: size("m") * variance(x, y) + variance(x, y)),
        Mutant("the second moment", rhs=lambda x, y: variance(x, y) + kernel(x, y) ** 2),
        Mutant(
            "the difference of the points",
            rhs=lambda x, y: exp(2 * dot(x, y)) * (exp(dot(x - y, x - y)) - 1) / size("m"),
        ),
    ),
)


def two_key_attention(weight: Array, other: Array) -> Array:
    """The weight of one of two keys.  [], [] -> []"""
    return weight / (weight + other)


quotient = Claim(
    "mean-of-normalised-weight-eq-normalised-mean-weight",
    title="Attention from unbiased estimates of the kernel is unbiased",
    given={"a": real(), "b": real(), "c": real()},
    lhs=lambda a, b, c: expectation(lambda s: two_key_attention(exp(a + b * s), exp(c)), over=signs()),
    rhs=lambda a, b, c: two_key_attention(expectation(lambda s: exp(a + b * s), over=signs()), exp(c)),
    source=Source("original", "the random features of arXiv:2310.13220, put into normalised attention"),
    about="The smallest case: two keys, one positive estimate that takes two values with equal chances.",
    stops="False: the mean of a quotient is not the quotient of the means, unless nothing is random.",
    expected=Verdict.REFUTED,
    repair="positive-random-features-are-unbiased",
)
