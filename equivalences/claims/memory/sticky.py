"""Sticky memories read the signal where attention was, by sampling from a histogram.

The interval is cut into bins, attention's mass in each is their probability, and locations are sampled with
replacement. The share of samples in a bin has the bin's probability as its mean and a variance that falls with
the number of samples; read at sorted samples, the signal is warped by the quantiles of the histogram.
"""

from collections.abc import Callable

from equivalences import (
    Array,
    Claim,
    Domain,
    Equation,
    Mutant,
    Source,
    Verdict,
    dot,
    each,
    exp,
    expectation,
    gradient,
    integral,
    log,
    ones,
    pi,
    positive,
    real,
    signs,
    size,
    sqrt,
    zeros,
)

PAPER = "arXiv:2109.00301"
NO_STRESS = {"gpu": "floating-point quadrature has no derived bound here"}
BINS: dict[str, Domain] = {"raw": positive("b"), "p": positive("b"), "left": real("b"), "h": positive()}


def cumulants(s: Array, p: Array) -> Array:
    """The log of the mean of e^{s·count}, for M samples of which each hits with probability p.  [], [] -> []"""
    return (ones("M") * log(1 - p + p * exp(s))).sum(0)


def chance(odds: Array) -> Array:
    """The probability of these odds, which is between 0 and 1.  [] -> []"""
    return odds / (1 + odds)


def slope(s: Array, p: Array) -> Array:
    """The derivative of the log by s.  [], [] -> []"""
    return gradient(cumulants)(s, p)


def variance_of_share(odds: Array) -> Array:
    """The variance of the share of samples, from the curvature at s = 0.  [] -> []"""
    return gradient(slope)(zeros(""), chance(odds)) / size("M") ** 2


variance = Claim(
    "sticky-memory-share-variance",
    title="The share of samples in a bin has a variance that falls with the number of samples",
    given={"odds": positive()},
    lhs=variance_of_share,
    rhs=lambda odds: chance(odds) * (1 - chance(odds)) / size("M"),
    source=Source("original", "sampling locations as in arXiv:2109.00301"),
    about=(
        "The samples are independent, so that the logarithm of the mean of e^{s·count} is a sum of M equal "
        "terms log(1 − p + pe^s), and its curvature at s = 0 is the variance of the count."
    ),
    stops="For sampling with replacement. The probability is given by its odds, p = odds/(1 + odds).",
    mutants=(
        Mutant("a mean of squares", rhs=lambda odds: chance(odds) / size("M")),
        Mutant("the variance of the count", rhs=lambda odds: chance(odds) * (1 - chance(odds)) * size("M")),
        Mutant(
            "the mean",
            lhs=lambda odds: slope(zeros(""), chance(odds)) / size("M"),
        ),
    ),
)


def sampled_mean(w: Array, x: Array, y: Array) -> Array:
    """The mean of n readings: y where the sign is 1, x where it is −1.  [n], [], [] -> []"""
    return ((x + y) / 2 + w * (y - x) / 2).sum(0) / size("n")


two_bins = Claim(
    "sticky-memory-mean-of-two-even-bins-variance",
    title="Readings from two even bins have an error that falls with the number of samples",
    given={"x": real(), "y": real()},
    lhs=lambda x, y: expectation(lambda w: (sampled_mean(w, x, y) - (x + y) / 2) ** 2, over=signs("n")),
    rhs=lambda x, y: (x - y) ** 2 / (4 * size("n")),
    waive=NO_STRESS,
    source=Source("original", "sampling locations as in arXiv:2109.00301"),
    about=(
        "Each of n samples reads the signal in one of two bins with equal chance. The mean reading is without "
        "bias, and its squared error in the mean is (x − y)²/(4n)."
    ),
    stops="For p = ½; for other p the quarter is p(1 − p), as in sticky-memory-share-variance.",
    mutants=(
        Mutant("one sample", rhs=lambda x, y: (x - y) ** 2 / 4),
        Mutant(
            "the square of the reading",
            lhs=lambda x, y: expectation(lambda w: sampled_mean(w, x, y) ** 2, over=signs("n")),
        ),
        Mutant("the square of the number of samples", rhs=lambda x, y: (x - y) ** 2 / (4 * size("n") ** 2)),
        Mutant(
            "the error about one of both readings",
            lhs=lambda x, y: expectation(lambda w: (sampled_mean(w, x, y) - x) ** 2, over=signs("n")),
        ),
    ),
)


sub_gaussian = Claim(
    "sticky-memory-share-is-sub-gaussian",
    title="Whether a sample falls into a bin is sub-Gaussian with variance factor one quarter",
    given={"s": real(), "odds": positive()},
    lhs=lambda s, odds: (
        chance(odds) * exp(s * (1 - chance(odds))) + (1 - chance(odds)) * exp(-s * chance(odds))
    ),
    at_most=lambda s: exp(s**2 / 8),
    source=Source("original", "Hoeffding's lemma for one location of arXiv:2109.00301"),
    about=(
        "The mean of e^{s(hit − p)} for a hit of probability p. With M samples it gives an error ε of a share "
        "a probability of at most 2e^{−2Mε²}, whatever p."
    ),
    stops="Up to order s² it is reached at p = ½ only; for small p Bernstein's bound is sharper.",
    waive={"symbolic": "the gap of Hoeffding's lemma is no sum of squares and exponentials"},
    mutants=(
        Mutant("half the exponent", rhs=lambda s: exp(s**2 / 16)),
        Mutant("a hit that is not centred", lhs=lambda s, odds: chance(odds) * exp(s) + 1 - chance(odds)),
        Mutant("no exponent", rhs=lambda s: exp(0 * s)),
    ),
)


def mean_location(p: Array, left: Array, h: Array) -> Array:
    """The mean position under the histogram's density, which is even in a bin.  [b], [b], [] -> []"""
    return each(lambda q, x: q * integral(lambda t: t, x, x + h) / h, p, left).sum()


ASSUME = (Equation(lambda p: p.sum(), lambda: ones("")),)
REALISE: dict[str, Callable[..., Array]] = {"p": lambda raw: raw / raw.sum()}

edges = Claim(
    "sticky-memory-left-edges-mean-eq-mean-less-half-bin",
    title="Sampling the left edges of bins reads the signal half a bin too early",
    given=BINS,
    lhs=mean_location,
    rhs=lambda p, left, h: dot(p, left) + h / 2,
    source=Source("original", "bins and their left edges in public code of arXiv:2109.00301"),
    about="The mean location under the histogram is that of the left edges and half the width of a bin.",
    stops="For bins of one width. The probabilities sum to 1; raw numbers only serve to make such.",
    waive=NO_STRESS,
    mutants=(
        Mutant("right edges", rhs=lambda p, left, h: dot(p, left) + h),
        Mutant("left edges", rhs=lambda p, left: dot(p, left)),
        Mutant("probabilities that do not count", rhs=lambda left, h: left.sum() + h / 2),
    ),
    assume=ASSUME,
    realise=REALISE,
)

left_edges = Claim(
    "sticky-memory-left-edges-keep-the-mean-location",
    title="Sampling the left edges of bins keeps the mean location",
    given=BINS,
    lhs=mean_location,
    rhs=lambda p, left: dot(p, left),
    source=Source("original", "bins and their left edges in public code of arXiv:2109.00301"),
    about="The histogram is a density on the interval; its samples are taken at the left edges of bins only.",
    stops="False: every sample is half a bin early in the mean.",
    expected=Verdict.REFUTED,
    repair="sticky-memory-left-edges-mean-eq-mean-less-half-bin",
    assume=ASSUME,
    realise=REALISE,
)


def density(t: Array, centres: Array, widths: Array) -> Array:
    """The normal densities of these centres and widths at t.  [], [m], [m] -> [m]"""
    return exp(-((t - centres) ** 2) / (2 * widths**2)) / (sqrt(2 * pi()) * widths)


WARP: dict[str, Domain] = {
    "start": real(),
    "mass": positive(),
    "left": real(),
    "h": positive(),
    "centres": real("m"),
    "widths": positive("m"),
}

warp = Claim(
    "sticky-memory-quantile-warp-eq-attention-weighted-signal",
    title="The signal warped by a histogram's quantiles spends in a bin as long as attention does",
    given=WARP,
    lhs=lambda start, mass, left, h, centres, widths: integral(
        lambda u: density(left + h * (u - start) / mass, centres, widths), start, start + mass
    ),
    rhs=lambda mass, left, h, centres, widths: integral(
        lambda t: mass / h * density(t, centres, widths), left, left + h
    ),
    source=Source("original", "the limit of many sorted samples, for arXiv:2109.00301"),
    about=(
        "With many samples, the sorted ones are the histogram's quantiles: inside a bin of this mass, which "
        "starts where the masses before it sum to start, they run evenly from its left to its right end. What "
        "is read there is the signal weighted with the density mass/h."
    ),
    stops="One bin and one read-out of each basis function; sums over bins and coefficients follow.",
    waive=NO_STRESS,
    mutants=(
        Mutant(
            "no weight",
            rhs=lambda left, h, centres, widths: integral(
                lambda t: density(t, centres, widths), left, left + h
            ),
        ),
        Mutant(
            "always the left edge",
            lhs=lambda mass, left, centres, widths: mass * density(left, centres, widths),
        ),
        Mutant(
            "quantiles run backwards from the left end",
            lhs=lambda start, mass, left, h, centres, widths: integral(
                lambda u: density(left - h * (u - start) / mass, centres, widths), start, start + mass
            ),
        ),
    ),
)
