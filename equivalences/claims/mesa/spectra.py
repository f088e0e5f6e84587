"""How fast the iterations of the mesa layer converge, eigenvalue by eigenvalue, and when they do.

In the eigenbasis of a symmetric matrix one step along the residual multiplies each component of the error by
1 − αa. With α = 2/(μ + L) every component whose eigenvalue is between μ and L shrinks to at most
(L − μ)/(L + μ) of itself. A Neumann series sums powers of I − X, and converges where those do: that X is small
does not help.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    identity,
    ones,
    positive,
    real,
    scan,
    sqrt,
)

PAPER = "arXiv:2309.05858"
SPECTRUM: dict[str, Domain] = {"mu": positive(), "width": positive(), "u": positive("d"), "w": positive("d")}
POWERS: dict[str, Domain] = {"X": real("d d")}


def eigenvalues(mu: Array, width: Array, u: Array, w: Array) -> Array:
    """Numbers between μ and μ + width.  [], [], [d], [d] -> [d]"""
    return mu + width * u / (u + w)


def squared_factor(mu: Array, width: Array, u: Array, w: Array) -> Array:
    """The square of 1 − αa at α = 2/(μ + L), for every eigenvalue.  … -> [d]"""
    return (1 - 2 * eigenvalues(mu, width, u, w) / (2 * mu + width)) ** 2


def squared_rate(mu: Array, width: Array) -> Array:
    """The square of (L − μ)/(L + μ), for every eigenvalue.  … -> [d]"""
    return (width / (2 * mu + width)) ** 2 * ones("d")


rate = Claim(
    "richardson-step-shrinks-every-component-by-rate",
    title="At the best step size every component of the error shrinks to at most (L − μ)/(L + μ) of itself",
    given=SPECTRUM,
    lhs=squared_factor,
    at_most=squared_rate,
    gap=lambda mu, width, u, w: 4 * width**2 * u * w / ((u + w) ** 2 * (2 * mu + width) ** 2),
    source=Source(PAPER, "the rate of the iterated layers, with the spectrum made explicit"),
    about=(
        "Every eigenvalue a with μ ≤ a ≤ L = μ + width, written as μ + width · u/(u + w). With the condition "
        "number κ = L/μ the rate is (κ − 1)/(κ + 1), and K steps shrink the error by its power."
    ),
    stops="For symmetric matrices, in their eigenbasis; the step size needs μ and L.",
    mutants=(
        Mutant("the square of that rate", rhs=lambda mu, width: squared_rate(mu, width) ** 2),
        Mutant(
            "(L − μ)/(2(L + μ))",
            rhs=lambda mu, width: squared_rate(mu, width) / 4,
        ),
        Mutant(
            "a step of size 4/(μ + L)",
            lhs=lambda mu, width, u, w: (1 - 4 * eigenvalues(mu, width, u, w) / (2 * mu + width)) ** 2,
        ),
    ),
)


def partial_sum(X: Array) -> Array:
    """Σ (I − X)ᵏ X for k < K.  [d d] -> [d d]"""
    rest = identity("d") - X

    def add_power(state: tuple[Array, Array]) -> tuple[Array, Array]:
        total, power = state
        return total + power @ X, power @ rest

    total, _ = scan(add_power, (0 * X, identity("d")), length="K")
    return total


def power_of_rest(X: Array) -> Array:
    """(I − X)ᴷ.  [d d] -> [d d]"""
    return scan(lambda power: power @ (identity("d") - X), identity("d"), length="K")


telescope = Claim(
    "neumann-sum-times-matrix-eq-identity-less-power",
    title="A Neumann sum of K terms times its matrix is the identity less the K-th power of I − X",
    given=POWERS,
    lhs=partial_sum,
    rhs=lambda X: identity("d") - power_of_rest(X),
    state=lambda power: (identity("d") - power, power),
    source=Source(PAPER, "the Neumann series for the inverse"),
    about="So the sums tend to X⁻¹ if and only if the powers of I − X tend to 0.",
    stops="They do if and only if every eigenvalue of I − X is below 1 in size.",
    mutants=(
        Mutant("one power more", rhs=lambda X: identity("d") - power_of_rest(X) @ (identity("d") - X)),
        Mutant(
            "powers of X",
            rhs=lambda X: identity("d") - scan(lambda power: power @ X, identity("d"), length="K"),
        ),
        Mutant("the identity plus the power", rhs=lambda X: identity("d") + power_of_rest(X)),
    ),
)


def small_number(u: Array) -> Array:
    """A number between −1 and 1.  [] -> []"""
    return u / sqrt(1 + u**2)


small = Claim(
    "neumann-terms-shrink-for-every-small-matrix",
    title="For a number below 1 in size the terms of the Neumann series do not grow",
    given={"u": real()},
    lhs=lambda u: (1 - small_number(u)) ** 2,
    at_most=lambda: ones(""),
    source=Source("original", "the condition of arXiv:2309.05858 that the operator norm of X is below 1"),
    about="The series for 1/x sums powers of 1 − x. A matrix of norm below 1 may be a negative number.",
    stops="False for every negative x, −1/2 for example: it is I − X that has to be small.",
    expected=Verdict.REFUTED,
    repair="neumann-terms-shrink-for-positive-definite-matrices",
)

positive_numbers = Claim(
    "neumann-terms-shrink-for-positive-definite-matrices",
    title="For a positive eigenvalue below 1 the terms of the Neumann series shrink",
    given={"p": positive()},
    lhs=lambda p: (1 - p / (1 + p)) ** 2,
    at_most=lambda: ones(""),
    gap=lambda p: p * (2 + p) / (1 + p) ** 2,
    source=Source(PAPER, "the Neumann series for a positive definite matrix of norm below 1"),
    about="Every x between 0 and 1 is p/(1 + p); the factor 1 − x lies between 0 and 1 as well.",
    stops="For symmetric positive definite matrices, eigenvalue by eigenvalue.",
    mutants=(
        Mutant("at most 1/2", rhs=lambda: ones("") / 2),
        Mutant("at most x", rhs=lambda p: p / (1 + p)),
        Mutant("the negative eigenvalue", lhs=lambda p: (1 + p / (1 + p)) ** 2),
    ),
)
