"""The Jacobian of continuous sparsemax is a covariance under the uniform measure on its support.

The natural parameters are θ = (μ/σ², −1/(2σ²)), and σ² = 2a³/3 for the half width a of the support. The
signal is a cubic c₀ + c₁t + c₂t² + c₃t³; its mean is a polynomial in μ and a.
"""

from collections.abc import Callable

from equivalences import Array, Claim, Domain, Mutant, Source, gradient, integral, positive, real

PAPER = "arXiv:2006.07214"
NO_STRESS = {"gpu": "floating-point quadrature has no derived bound here"}
GIVEN: dict[str, Domain] = {
    "mu": real(),
    "a": positive(),
    "c0": real(),
    "c1": real(),
    "c2": real(),
    "c3": real(),
}


def cubic(t: Array, c0: Array, c1: Array, c2: Array, c3: Array) -> Array:
    """The signal.  [], [], [], [], [] -> []"""
    return c0 + c1 * t + c2 * t**2 + c3 * t**3


def mean_signal(mu: Array, a: Array, c0: Array, c1: Array, c2: Array, c3: Array) -> Array:
    """The mean of the signal under the truncated parabola.  … -> []"""
    return integral(
        lambda t: cubic(t, c0, c1, c2, c3) * 3 * (a**2 - (t - mu) ** 2) / (4 * a**3), mu - a, mu + a
    )


def closed_form(mu: Array, a: Array, c0: Array, c1: Array, c2: Array, c3: Array) -> Array:
    """The signal at μ and half its curvature there times the variance a²/5.  … -> []"""
    return cubic(mu, c0, c1, c2, c3) + (c2 + 3 * c3 * mu) * a**2 / 5


mean = Claim(
    "continuous-sparsemax-mean-of-cubic-eq-closed-form",
    title="The mean of a cubic under continuous sparsemax is its value at μ plus half curvature times variance",
    given=GIVEN,
    lhs=mean_signal,
    rhs=closed_form,
    waive=NO_STRESS,
    source=Source("original", "polynomial signals under the truncated parabola of arXiv:2006.07214"),
    about="The density is symmetric about μ, so that odd powers of t − μ do not count.",
    stops="For a cubic on the whole support; from degree 4 on, higher moments enter.",
    mutants=(
        Mutant("the signal at the mean position", rhs=lambda mu, c0, c1, c2, c3: cubic(mu, c0, c1, c2, c3)),
        Mutant(
            "the variance of a uniform density",
            rhs=lambda mu, a, c0, c1, c2, c3: cubic(mu, c0, c1, c2, c3) + (c2 + 3 * c3 * mu) * a**2 / 3,
        ),
        Mutant(
            "the curvature without its cubic part",
            rhs=lambda mu, a, c0, c1, c2, c3: cubic(mu, c0, c1, c2, c3) + c2 * a**2 / 5,
        ),
    ),
)


def scale(a: Array) -> Array:
    """σ² as a function of the half width.  [] -> []"""
    return 2 * a**3 / 3


def second_parameter(a: Array) -> Array:
    """θ₂ = −1/(2σ²) as a function of the half width.  [] -> []"""
    return -1 / (2 * scale(a))


def derivative_by_first(mu: Array, a: Array, c0: Array, c1: Array, c2: Array, c3: Array) -> Array:
    """The derivative by θ₁ at fixed θ₂, that is with μ = σ²θ₁ and fixed a.  … -> []"""
    by_first = gradient(lambda theta1: closed_form(scale(a) * theta1, a, c0, c1, c2, c3))
    return by_first(mu / scale(a))


def derivative_by_second(mu: Array, a: Array, c0: Array, c1: Array, c2: Array, c3: Array) -> Array:
    """The derivative by θ₂ at fixed θ₁: by the half width, over that of θ₂.  … -> []"""

    def along(theta1: Array, reach: Array) -> Array:
        return closed_form(scale(reach) * theta1, reach, c0, c1, c2, c3)

    return gradient(along, wrt="reach")(mu / scale(a), a) / gradient(second_parameter)(a)


def uniform_covariance(
    f: Callable[[Array], Array], mu: Array, a: Array, c0: Array, c1: Array, c2: Array, c3: Array
) -> Array:
    """∫fψ − ∫f ∫ψ/(2a) over the support, for the signal ψ.  f, … -> []"""

    def over(g: Callable[[Array], Array]) -> Array:
        return integral(g, mu - a, mu + a)

    signal = over(lambda t: cubic(t, c0, c1, c2, c3))
    return over(lambda t: f(t) * cubic(t, c0, c1, c2, c3)) - over(f) * signal / (2 * a)


def with_position(mu: Array, a: Array, c0: Array, c1: Array, c2: Array, c3: Array) -> Array:
    """The uniform covariance of t and the signal.  … -> []"""
    return uniform_covariance(lambda t: t, mu, a, c0, c1, c2, c3)


def with_square(mu: Array, a: Array, c0: Array, c1: Array, c2: Array, c3: Array) -> Array:
    """The uniform covariance of t² and the signal.  … -> []"""
    return uniform_covariance(lambda t: t**2, mu, a, c0, c1, c2, c3)


first = Claim(
    "continuous-sparsemax-jacobian-eq-uniform-covariance-with-position",
    title="Under continuous sparsemax a mean changes with μ/σ² by a uniform covariance with position",
    given=GIVEN,
    lhs=derivative_by_first,
    rhs=with_position,
    waive=NO_STRESS,
    source=Source(PAPER, "the Jacobian of continuous sparsemax"),
    about=(
        "The measure is not that of the parabola: every position of the support counts alike, and nothing is "
        "divided by the support's length but the product of integrals."
    ),
    stops="For cubics; the means of other signals are not polynomials.",
    mutants=(
        Mutant(
            "the product of integrals left out",
            rhs=lambda mu, a, c0, c1, c2, c3: integral(lambda t: t * cubic(t, c0, c1, c2, c3), mu - a, mu + a),
        ),
        Mutant(
            "a covariance of mass one",
            rhs=lambda mu, a, c0, c1, c2, c3: with_position(mu, a, c0, c1, c2, c3) / (2 * a),
        ),
        Mutant(
            "a covariance under the parabola itself",
            rhs=lambda mu, a, c0, c1, c2, c3: (
                mean_signal(mu, a, 0 * a, c0, c1, c2)
                + c3 * integral(lambda t: t**4 * 3 * (a**2 - (t - mu) ** 2) / (4 * a**3), mu - a, mu + a)
                - mu * mean_signal(mu, a, c0, c1, c2, c3)
            ),
        ),
    ),
)

second = Claim(
    "continuous-sparsemax-jacobian-eq-uniform-covariance-with-square",
    title="Under continuous sparsemax a mean changes with −1/(2σ²) by a uniform covariance with t²",
    given=GIVEN,
    lhs=derivative_by_second,
    rhs=with_square,
    waive=NO_STRESS,
    source=Source(PAPER, "the Jacobian of continuous sparsemax"),
    about="With θ₁ fixed both μ = σ²θ₁ and the half width move.",
    stops="For cubics; the derivative by σ² at fixed μ is another one.",
    mutants=(
        Mutant(
            "the product of integrals left out",
            rhs=lambda mu, a, c0, c1, c2, c3: integral(
                lambda t: t**2 * cubic(t, c0, c1, c2, c3), mu - a, mu + a
            ),
        ),
        Mutant("a covariance with the position", rhs=with_position),
        Mutant(
            "the mean position held fixed",
            lhs=lambda mu, a, c0, c1, c2, c3: (
                gradient(lambda reach: closed_form(mu, reach, c0, c1, c2, c3))(a)
                / gradient(second_parameter)(a)
            ),
        ),
    ),
)
