"""The memory makes room by contracting its signal.

The contracted signal is X̄(t/τ). A normal basis function that is contracted is one of another centre and width,
so that a contracted signal lies in the span of another basis, and has to be fitted again.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    exp,
    pi,
    positive,
    real,
    scan,
    sqrt,
    zeros,
)

PAPER = "arXiv:2109.00301"
BASIS: dict[str, Domain] = {
    "t": real(),
    "tau": positive(),
    "centres": real("m"),
    "widths": positive("m"),
}


def density(t: Array, centres: Array, widths: Array) -> Array:
    """The normal densities of these centres and widths at t.  [], [m], [m] -> [m]"""
    return exp(-((t - centres) ** 2) / (2 * widths**2)) / (sqrt(2 * pi()) * widths)


dilation = Claim(
    "memory-contracted-basis-function-eq-narrower-basis-function",
    title="A contracted basis function has a contracted centre and width",
    given=BASIS,
    lhs=lambda t, tau, centres, widths: density(t / tau, centres, widths),
    rhs=lambda t, tau, centres, widths: tau * density(t, tau * centres, tau * widths),
    source=Source(PAPER, "contracting the signal"),
    about="ψ(t/τ; μ, σ) = τ ψ(t; τμ, τσ): for τ < 1 narrower and nearer to 0; the factor keeps the height.",
    stops=(
        "The narrow function is not in the span of those before; after k contractions the width is τᵏσ, and "
        "finer than every width of the basis."
    ),
    mutants=(
        Mutant("the width kept", rhs=lambda t, tau, centres, widths: density(t, tau * centres, widths)),
        Mutant(
            "without the factor",
            rhs=lambda t, tau, centres, widths: density(t, tau * centres, tau * widths),
        ),
        Mutant(
            "stretched instead of contracted",
            lhs=lambda t, tau, centres, widths: density(t * tau, centres, widths),
        ),
    ),
)

in_span = Claim(
    "memory-contracted-signal-stays-in-span",
    title="A contracted signal is a signal of the same basis",
    given={"s": real(), "t": real(), "tau": positive(), "centres": real("1"), "widths": positive("1")},
    lhs=lambda s, t, tau, centres, widths: density(t / tau, centres, widths) * density(s, centres, widths),
    rhs=lambda s, t, tau, centres, widths: density(s / tau, centres, widths) * density(t, centres, widths),
    source=Source("original", "what storing the contracted signal of arXiv:2109.00301 would need to be exact"),
    about=(
        "With one basis function: if its contraction is a multiple of itself, the ratio of both is the same "
        "at any two points s and t."
    ),
    stops="False: the widths differ.",
    expected=Verdict.REFUTED,
    repair="memory-contracted-basis-function-eq-narrower-basis-function",
)


def after_contractions(t: Array, rate: Array, centres: Array, widths: Array) -> Array:
    """The basis functions after T contractions by τ = e^{−rate}.  [], [], [m], [m] -> [m]"""
    return density(scan(lambda x: x / exp(-rate), t, length="T"), centres, widths)


def log_of_power(rate: Array) -> Array:
    """The logarithm of τ's power, added up.  [] -> []"""
    return scan(lambda x: x - rate, zeros(""), length="T")


def shrunk_basis(t: Array, rate: Array, centres: Array, widths: Array) -> Array:
    """The basis functions of centres and widths times τ's power.  [], [], [m], [m] -> [m]"""
    power = exp(log_of_power(rate))
    return power * density(t, power * centres, power * widths)


repeated = Claim(
    "memory-basis-function-after-contractions-eq-powers-of-width",
    title="After T contractions a basis function has the width of the first times a power of the factor",
    given={"t": real(), "rate": positive(), "centres": real("m"), "widths": positive("m")},
    lhs=after_contractions,
    rhs=shrunk_basis,
    state=lambda logarithm, t: t * exp(-logarithm),
    source=Source("original", "repeated contraction in arXiv:2109.00301"),
    about=(
        "What was stored T updates ago would need basis functions of width τ^T σ. Once this is smaller than "
        "every width of the basis, T > ln(σ/σmin)/ln(1/τ), the fit can only blur it."
    ),
    stops="Contraction alone: at every update the memory is fitted again, and only nearly keeps the signal.",
    mutants=(
        Mutant(
            "another rate",
            rhs=lambda t, rate, centres, widths: shrunk_basis(t, 2 * rate, centres, widths),
        ),
        Mutant(
            "the width kept",
            rhs=lambda t, rate, centres, widths: density(t, exp(log_of_power(rate)) * centres, widths),
        ),
        Mutant(
            "without the height",
            rhs=lambda t, rate, centres, widths: density(
                t, exp(log_of_power(rate)) * centres, exp(log_of_power(rate)) * widths
            ),
        ),
    ),
)
