"""The normalised similarity of unrelated updates, as a function of how much they lengthen the output.

Zero-shot output and two updates are pairwise orthogonal; in coordinates along the three they are three lengths.
The squared similarity is ¼ (1 − 1/ρ)(1 − 1/ρ′). It stays below ¼, so that the similarity stays below ½; it
tends to 0 for updates that are small beside the output, and to ½ for updates beside which the output is small.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Equation,
    Limit,
    Mutant,
    Source,
    concat,
    dot,
    ones,
    positive,
    sqrt,
    zeros,
)

GIVEN: dict[str, Domain] = {"z": positive(), "a": positive(), "b": positive()}
TWINS: dict[str, Domain] = {"z": positive(), "eps": positive()}


def length(a: Array) -> Array:
    """The Euclidean norm.  [d] -> []"""
    return sqrt(dot(a, a))


def normalised_similarity(base: Array, icl: Array, ft: Array) -> Array:
    """SimAOU of outputs scaled to length 1.  [d], [d], [d] -> []"""
    first = icl / length(icl) - base / length(base)
    second = ft / length(ft) - base / length(base)
    return dot(first, second) / (length(first) * length(second))


def on_axis(a: Array) -> Array:
    """A number as a coordinate.  [] -> [1]"""
    return a * ones("1")


def of_lengths(z: Array, a: Array, b: Array) -> Array:
    """The similarity for an output of length z and orthogonal updates of lengths a, b.  [], [], [] -> []"""
    return normalised_similarity(
        concat(on_axis(z), zeros("1+1")),
        concat(on_axis(z), on_axis(a), zeros("1")),
        concat(on_axis(z), zeros("1"), on_axis(b)),
    )


def shortening(z: Array, a: Array) -> Array:
    """1 − 1/ρ for an output of length z that an orthogonal update of length a lengthens.  [], [] -> []"""
    return 1 - z / sqrt(z**2 + a**2)


LENGTHENED: dict[str, Domain] = {
    "z": positive(),
    "rho": positive(),
    "sigma": positive(),
    "excess": positive(),
    "other": positive(),
}


def lengthened(z: Array, rho: Array, sigma: Array) -> Array:
    """The similarity for orthogonal updates that lengthen an output ρ and σ times.  [], [], [] -> []"""
    return of_lengths(z, z * sqrt(rho**2 - 1), z * sqrt(sigma**2 - 1))


by_factors = Claim(
    "normalised-similarity-of-orthogonal-updates",
    title="The normalised similarity of two orthogonal updates follows from how much they lengthen the output",
    given=LENGTHENED,
    lhs=lengthened,
    rhs=lambda rho, sigma: sqrt(1 - 1 / rho) * sqrt(1 - 1 / sigma) / 2,
    assume=(
        Equation(lambda rho, excess: rho - excess, lambda: ones("")),
        Equation(lambda sigma, other: sigma - other, lambda: ones("")),
    ),
    realise={"rho": lambda excess: 1 + excess, "sigma": lambda other: 1 + other},
    source=Source("original", "the normalised similarity of arXiv:2311.07772 for updates without overlap"),
    about=(
        "½ √((1 − 1/ρ)(1 − 1/σ)): with outputs twice as long it is one quarter, the baseline of random updates "
        "of squared length 3|z|²."
    ),
    stops=(
        "Output and both updates are pairwise orthogonal; coordinates are taken along the three. The factors "
        "are above 1, as orthogonal updates make them."
    ),
    mutants=(
        Mutant("without the half", rhs=lambda rho, sigma: sqrt(1 - 1 / rho) * sqrt(1 - 1 / sigma)),
        Mutant("without the roots", rhs=lambda rho, sigma: (1 - 1 / rho) * (1 - 1 / sigma) / 2),
        Mutant("one factor for both", rhs=lambda rho: (1 - 1 / rho) / 2),
    ),
)

squared = Claim(
    "squared-normalised-similarity-of-orthogonal-updates",
    title="The squared normalised similarity of two orthogonal updates is a quarter of the two shortenings",
    given=GIVEN,
    lhs=lambda z, a, b: of_lengths(z, a, b) ** 2,
    rhs=lambda z, a, b: shortening(z, a) * shortening(z, b) / 4,
    source=Source("original", "the normalised similarity of arXiv:2311.07772 for updates without overlap"),
    about=(
        "ρ = √(z² + a²)/z is how many times as long the output gets; with ρ = ρ′ = 2 it is 1/16, the square of "
        "the baseline of one quarter. The similarity itself is positive."
    ),
    stops="Output and both updates are pairwise orthogonal; coordinates are taken along the three.",
    mutants=(
        Mutant("a half of them", rhs=lambda z, a, b: shortening(z, a) * shortening(z, b) / 2),
        Mutant("one shortening squared", rhs=lambda z, a: shortening(z, a) ** 2 / 4),
        Mutant("not squared", lhs=of_lengths),
        Mutant(
            "updates along one axis",
            lhs=lambda z, a, b: (
                normalised_similarity(
                    concat(on_axis(z), zeros("1")),
                    concat(on_axis(z), on_axis(a)),
                    concat(on_axis(z), on_axis(b)),
                )
                ** 2
            ),
        ),
    ),
)


def distance_to_quarter(z: Array, a: Array, b: Array) -> Array:
    """What the squared similarity lacks, as a sum of positive terms.  [], [], [] -> []"""
    first, second = sqrt(z**2 + a**2), sqrt(z**2 + b**2)
    return (z / first + a**2 / (first * (first + z)) * z / second) / 4


bounded = Claim(
    "squared-normalised-similarity-of-orthogonal-updates-is-below-a-quarter",
    title="The squared normalised similarity of two orthogonal updates is at most one quarter",
    given=GIVEN,
    lhs=lambda z, a, b: of_lengths(z, a, b) ** 2,
    at_most=lambda: ones("") / 4,
    gap=distance_to_quarter,
    source=Source("original", "the normalised similarity of arXiv:2311.07772 for updates without overlap"),
    about="So the similarity is at most ½; the gap is positive, and it never gets there.",
    stops="Output and both updates are pairwise orthogonal; parallel updates reach 1.",
    mutants=(
        Mutant("at most an eighth", rhs=lambda: ones("") / 8),
        Mutant("the similarity itself at most a quarter", lhs=of_lengths),
        Mutant(
            "half of what it is",
            rhs=lambda z, a, b: shortening(z, a) * shortening(z, b) / 8,
        ),
    ),
)

small = Claim(
    "normalised-similarity-of-small-orthogonal-updates-tends-to-zero",
    title="For small orthogonal updates the normalised similarity tends to zero, with their squared length",
    given=TWINS,
    lhs=lambda z, eps: of_lengths(z, eps * z, eps * z),
    rhs=lambda: zeros(""),
    limit=Limit(
        "eps", to=0, order=2, remainder=lambda eps: 1 / (2 * sqrt(1 + eps**2) * (1 + sqrt(1 + eps**2)))
    ),
    source=Source("original", "the normalised similarity of arXiv:2311.07772 for updates without overlap"),
    about="Updates of ε times the output's length; for small ε the similarity is about ε²/4.",
    stops="Both updates have the same length here.",
    mutants=(
        Mutant("updates of the output's length", lhs=lambda z: of_lengths(z, z, z)),
        Mutant(
            "only one of the updates small",
            lhs=lambda z, eps: of_lengths(z, eps * z, z),
        ),
        Mutant("updates half as long", lhs=lambda z, eps: of_lengths(z, eps * z / 2, eps * z / 2)),
    ),
)

large = Claim(
    "normalised-similarity-of-large-orthogonal-updates-tends-to-one-half",
    title="For orthogonal updates beside which the output is small the normalised similarity tends to one half",
    given=TWINS,
    lhs=lambda z, eps: of_lengths(eps * z, z, z),
    rhs=lambda: ones("") / 2,
    limit=Limit("eps", to=0, order=1, remainder=lambda eps: -1 / (2 * sqrt(1 + eps**2))),
    source=Source("original", "the normalised similarity of arXiv:2311.07772 for updates without overlap"),
    about="An output of ε times the updates' length; the similarity falls short of ½ by about ε/2.",
    stops="At ε = 0 there is no output to normalise. Both updates have the same length here.",
    mutants=(
        Mutant("to one", rhs=lambda: ones("")),
        Mutant("an output as long as the updates", lhs=lambda z: of_lengths(z, z, z)),
        Mutant("only one update of full length", lhs=lambda z, eps: of_lengths(eps * z, z, 2 * eps * z)),
    ),
)
