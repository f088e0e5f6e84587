"""The memory makes room by contracting its signal.

The contracted signal is X̄(t/τ). A normal basis function that is contracted is one of another centre and width,
so that a contracted signal lies in the span of another basis, and has to be fitted again.
"""

from equivalences import Array, Claim, Domain, Mutant, Source, Verdict, exp, pi, positive, real, sqrt

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
