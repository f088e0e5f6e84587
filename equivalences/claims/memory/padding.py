"""What lies outside the memory's interval: padded positions, and mass of the attention density.

The tokens lie on [0, 1]. Public code fits them with further positions on both sides and then cuts the matrix G
to the tokens' rows: that is a fit of the signal padded with zeros, which pulls it to 0 outside, and near the
ends inside too. The attention density lives on the whole line, and a part of it falls outside the interval.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Minimum,
    Mutant,
    Source,
    Verdict,
    concat,
    dot,
    erf,
    exp,
    identity,
    integral,
    inverse,
    ones,
    pi,
    positive,
    real,
    solve,
    sqrt,
    zeros,
)

CODE = Source("original", "the padded positions in public code of arXiv:2109.00301")
NO_STRESS = {"gpu": "floating-point quadrature has no derived bound here"}
GIVEN: dict[str, Domain] = {
    "outside": real("m p"),
    "F": real("m n"),
    "X": real("n e"),
    "lam": positive(),
}
DENSITY: dict[str, Domain] = {"mu": real(), "sigma": positive()}


def fit(F: Array, X: Array, lam: Array) -> Array:
    """The ridge fit.  [m n], [n e], [] -> [m e]"""
    return solve(F @ F.T + lam * identity("m"), F @ X)


def cut_fit(outside: Array, F: Array, X: Array, lam: Array) -> Array:
    """G for all positions, cut to the tokens' rows, times the tokens.  [m p], [m n], [n e], [] -> [m e]"""
    everywhere = concat(outside, F, axis=1)
    G = everywhere.T @ inverse(everywhere @ everywhere.T + lam * identity("m"))
    tokens = concat(zeros("n p"), identity("n"), axis=1)
    return (tokens @ G).T @ X


def padded_fit(outside: Array, F: Array, X: Array, lam: Array) -> Array:
    """The fit of the tokens and of a zero at every position outside.  [m p], [m n], [n e], [] -> [m e]"""
    return fit(concat(outside, F, axis=1), concat(zeros("p e"), X), lam)


padding = Claim(
    "memory-cut-matrix-eq-zero-padding",
    title="Cutting the fit's matrix to the tokens is padding the signal with zeros",
    given=GIVEN,
    lhs=cut_fit,
    rhs=padded_fit,
    source=CODE,
    about=(
        "The rows of G that are cut away would have multiplied the signal outside. Leaving them out is the "
        "same as a signal that is 0 there, and not the same as no signal there."
    ),
    stops="The order of positions does not matter: those outside may lie on both sides.",
    mutants=(
        Mutant("no padding", rhs=lambda F, X, lam: fit(F, X, lam)),
        Mutant("another ridge", rhs=lambda outside, F, X, lam: padded_fit(outside, F, X, 2 * lam)),
        Mutant(
            "half of the zeros' weight",
            rhs=lambda outside, F, X, lam: padded_fit(outside / 2, F, X, lam),
        ),
    ),
)


def loss_with_zeros(B: Array, outside: Array, F: Array, X: Array, lam: Array) -> Array:
    """The ridge loss at the tokens, and the squared signal outside.  [m e], … -> []"""
    error, beyond = F.T @ B - X, outside.T @ B
    return dot(error, error) + dot(beyond, beyond) + lam * dot(B, B)


minimiser = Claim(
    "memory-cut-matrix-minimises-loss-with-zeros",
    title="The cut matrix gives the signal that is closest to the tokens and to zero outside",
    given=GIVEN,
    lhs=cut_fit,
    minimises=Minimum(
        loss_with_zeros,
        gap=lambda difference, outside, F, lam: (
            dot(F.T @ difference, F.T @ difference)
            + dot(outside.T @ difference, outside.T @ difference)
            + lam * dot(difference, difference)
        ),
    ),
    source=CODE,
    about="A second ridge, whose matrix is the sum of ψψᵀ over the positions outside.",
    stops="For an unlimited number of positions outside, only signals that vanish there are left.",
    mutants=(
        Mutant("no padding", lhs=lambda F, X, lam: fit(F, X, lam)),
        Mutant("another ridge", lhs=lambda outside, F, X, lam: cut_fit(outside, F, X, lam / 2)),
        Mutant("tokens doubled", lhs=lambda outside, F, X, lam: cut_fit(outside, F, 2 * X, lam)),
    ),
)

harmless = Claim(
    "memory-padding-does-not-change-the-fit",
    title="Positions outside the interval, cut away after the fit, do not change it",
    given=GIVEN,
    lhs=cut_fit,
    rhs=lambda F, X, lam: fit(F, X, lam),
    source=Source("original", "what cutting the matrix G in public code of arXiv:2109.00301 suggests"),
    about="The positions outside carry no token, so that they seem not to matter.",
    stops="False for one token and one position outside: the signal is pulled to 0.",
    expected=Verdict.REFUTED,
    repair="memory-cut-matrix-eq-zero-padding",
)


def mass_inside(mu: Array, sigma: Array) -> Array:
    """The mass of the attention density on [0, 1].  [], [] -> []"""
    return integral(lambda t: exp(-((t - mu) ** 2) / (2 * sigma**2)) / (sqrt(2 * pi()) * sigma), 0, 1)


def by_error_function(mu: Array, sigma: Array) -> Array:
    """The same by the error function at both ends.  [], [] -> []"""
    return (erf((1 - mu) / (sqrt(2) * sigma)) + erf(mu / (sqrt(2) * sigma))) / 2


mass = Claim(
    "memory-attention-mass-inside-eq-error-functions",
    title="The mass of the attention density on the memory's interval is given by the error function",
    given=DENSITY,
    lhs=mass_inside,
    rhs=by_error_function,
    waive=NO_STRESS,
    source=Source("original", "the normal density of arXiv:2109.00301 on the interval of its signal"),
    about="At μ = 0 and at μ = 1 only one side counts, and at most half of the mass is inside.",
    stops="It tends to 1 only for 0 < μ < 1 and σ → 0.",
    mutants=(
        Mutant("the right end only", rhs=lambda mu, sigma: (1 + erf((1 - mu) / (sqrt(2) * sigma))) / 2),
        Mutant("without the root of two", rhs=lambda mu, sigma: by_error_function(mu, sigma / sqrt(2))),
        Mutant("the whole mass", rhs=lambda: ones("")),
    ),
)

whole_mass = Claim(
    "memory-attention-mass-inside-is-one",
    title="The memory's attention sums to one over the memory",
    given=DENSITY,
    lhs=mass_inside,
    rhs=lambda: ones(""),
    source=Source("original", "what one may expect of attention, for arXiv:2109.00301"),
    about="Discrete attention weights sum to 1 over the tokens.",
    stops="False for every μ and σ: the density has tails on both sides, and nothing is renormalised.",
    expected=Verdict.REFUTED,
    repair="memory-attention-mass-inside-eq-error-functions",
)

at_the_end = Claim(
    "memory-attention-mass-at-an-end-is-at-most-half",
    title="Attention to the memory's oldest position has at most half of its mass inside",
    given={"sigma": positive()},
    lhs=lambda sigma: mass_inside(zeros(""), sigma),
    at_most=lambda: ones("") / 2,
    source=Source("original", "the normal density of arXiv:2109.00301 at an end of its interval"),
    about="At μ = 0 the left half of the density lies where there is no token.",
    stops="The bound is reached in the limit σ → 0 only.",
    waive={
        **NO_STRESS,
        "symbolic": "the gap is (1 − erf(1/(√2σ)))/2, which no sum of squares shows to be ≥ 0",
    },
    mutants=(
        Mutant("a quarter", rhs=lambda: ones("") / 4),
        Mutant("a little less than half", rhs=lambda: 49 * ones("") / 100),
        Mutant("any position", given=DENSITY, lhs=mass_inside),
    ),
)
