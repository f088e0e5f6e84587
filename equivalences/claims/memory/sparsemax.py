"""Continuous sparsemax attends with a cut-off parabola instead of a normal density.

Its density is p(t) = (a² − (t − μ)²)/(2σ²) where |t − μ| ≤ a, and 0 elsewhere. It is given here by its half
width a, which fixes the scale σ² = 2a³/3; that scale is not its variance. Means of normal basis functions come
out with the error function, of polynomials as polynomials.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    erf,
    exp,
    integral,
    ones,
    pi,
    positive,
    real,
    sqrt,
)

PAPER = "arXiv:2006.07214"
NO_STRESS = {"gpu": "floating-point quadrature has no derived bound here"}
GIVEN: dict[str, Domain] = {"mu": real(), "a": positive()}
WITH_BASIS: dict[str, Domain] = {**GIVEN, "centres": real("m"), "widths": positive("m")}


def scale(a: Array) -> Array:
    """The scale σ² of the density whose half width is a.  [] -> []"""
    return 2 * a**3 / 3


def parabola(t: Array, mu: Array, a: Array) -> Array:
    """The density inside its support.  [], [], [] -> []"""
    return (a**2 - (t - mu) ** 2) / (2 * scale(a))


def mass(mu: Array, a: Array) -> Array:
    """The integral of the density over its support.  [], [] -> []"""
    return integral(lambda t: parabola(t, mu, a), mu - a, mu + a)


total = Claim(
    "continuous-sparsemax-has-mass-one",
    title="The continuous sparsemax of a square is a density",
    given=GIVEN,
    lhs=mass,
    rhs=lambda: ones(""),
    waive=NO_STRESS,
    source=Source(PAPER, "the truncated parabola"),
    about="With σ² = 2a³/3, that is a = (3σ²/2)^⅓, the parabola needs no other threshold.",
    stops="On the whole line: where the support leaves [0, 1], a part of the mass falls outside the tokens.",
    mutants=(
        Mutant(
            "a scale of a³",
            lhs=lambda mu, a: integral(lambda t: (a**2 - (t - mu) ** 2) / (2 * a**3), mu - a, mu + a),
        ),
        Mutant("half of the support", lhs=lambda mu, a: integral(lambda t: parabola(t, mu, a), mu, mu + a)),
        Mutant(
            "a scale of a², as of a variance",
            lhs=lambda mu, a: integral(lambda t: (a**2 - (t - mu) ** 2) / (2 * a**2), mu - a, mu + a),
        ),
    ),
)


def mean(mu: Array, a: Array) -> Array:
    """The mean position.  [], [] -> []"""
    return integral(lambda t: t * parabola(t, mu, a), mu - a, mu + a)


def variance(mu: Array, a: Array) -> Array:
    """The mean squared distance from the mean position.  [], [] -> []"""
    second = integral(lambda t: t**2 * parabola(t, mu, a), mu - a, mu + a)
    return second - mean(mu, a) ** 2


spread = Claim(
    "continuous-sparsemax-variance-eq-fifth-of-squared-half-width",
    title="The variance of the continuous sparsemax is a fifth of its squared half width",
    given=GIVEN,
    lhs=variance,
    rhs=lambda a: a**2 / 5,
    waive=NO_STRESS,
    source=Source(PAPER, "mean and variance of the truncated parabola"),
    about="The variance does not depend on μ, and grows with the power ⅔ of the scale: it is (3σ²/2)^⅔/5.",
    stops="The second moment about 0 has μ² besides.",
    mutants=(
        Mutant("a uniform density", rhs=lambda a: a**2 / 3),
        Mutant("the scale σ²", rhs=scale),
        Mutant(
            "the second moment",
            lhs=lambda mu, a: integral(lambda t: t**2 * parabola(t, mu, a), mu - a, mu + a),
        ),
    ),
)

scale_is_variance = Claim(
    "continuous-sparsemax-variance-eq-scale",
    title="The variance of the continuous sparsemax is its parameter σ²",
    given=GIVEN,
    lhs=variance,
    rhs=scale,
    source=Source("original", "σ² of continuous sparsemax, read as that of continuous softmax"),
    about="For the normal density that continuous softmax gives, σ² is the variance.",
    stops="False: σ² = 2a³/3 is not even of the unit of a variance. The two agree at a = 3/10 only.",
    expected=Verdict.REFUTED,
    repair="continuous-sparsemax-variance-eq-fifth-of-squared-half-width",
)


def density(t: Array, centres: Array, widths: Array) -> Array:
    """The normal densities of these centres and widths at t.  [], [m], [m] -> [m]"""
    return exp(-((t - centres) ** 2) / (2 * widths**2)) / (sqrt(2 * pi()) * widths)


def mean_of_basis(mu: Array, a: Array, centres: Array, widths: Array) -> Array:
    """The mean of every basis function.  [], [], [m], [m] -> [m]"""
    return integral(lambda t: parabola(t, mu, a) * density(t, centres, widths), mu - a, mu + a)


def closed_form(mu: Array, a: Array, centres: Array, widths: Array) -> Array:
    """The same by the values of normal density and error function at both ends.  [], [], [m], [m] -> [m]"""
    low, high = (mu - a - centres) / widths, (mu + a - centres) / widths
    at_low, at_high = exp(-(low**2) / 2) / sqrt(2 * pi()), exp(-(high**2) / 2) / sqrt(2 * pi())
    inside = (erf(high / sqrt(2)) - erf(low / sqrt(2))) / 2
    away = centres - mu
    whole = (a**2 - away**2 - widths**2) * inside
    edges = 2 * away * widths * (at_low - at_high) + widths**2 * (low * at_low - high * at_high)
    return (whole - edges) / (2 * scale(a))


basis = Claim(
    "continuous-sparsemax-mean-of-density-eq-error-functions",
    title="The mean of a normal basis function under continuous sparsemax is given by the error function",
    given=WITH_BASIS,
    lhs=mean_of_basis,
    rhs=closed_form,
    waive=NO_STRESS,
    source=Source(PAPER, "Gaussian basis functions under continuous sparsemax"),
    about="Only the two ends of the support enter, in units of the basis function's width.",
    stops=(
        "Differences of error functions of nearly equal arguments lose digits in floating point: far from "
        "the support both are close to 1."
    ),
    mutants=(
        Mutant(
            "the edges left out",
            rhs=lambda mu, a, centres, widths: (
                (a**2 - (centres - mu) ** 2 - widths**2)
                * (erf((mu + a - centres) / (sqrt(2) * widths)) - erf((mu - a - centres) / (sqrt(2) * widths)))
                / (4 * scale(a))
            ),
        ),
        Mutant("a scale of a³", rhs=lambda mu, a, centres, widths: closed_form(mu, a, centres, widths) * 2 / 3),
        Mutant(
            "the parabola's height everywhere",
            rhs=lambda mu, a, centres, widths: (
                a**2
                * (erf((mu + a - centres) / (sqrt(2) * widths)) - erf((mu - a - centres) / (sqrt(2) * widths)))
                / (4 * scale(a))
            ),
        ),
    ),
)
