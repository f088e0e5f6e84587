"""How much random updates overlap: means and squares of inner products in d dimensions.

Independent centred entries of variance 1, normal or signs. The mean overlap with a fixed vector is 0 and its
mean square is that vector's squared length, 1/d of the product of both squared lengths: a cosine of typical
size 1/√d. That is how far the orthogonality of unrelated updates may be trusted.
"""

from equivalences import (
    Claim,
    Domain,
    Mutant,
    Source,
    dot,
    expectation,
    identity,
    normal,
    ones,
    real,
    signs,
    size,
)

QUADRATURE = "floating-point quadrature has no derived bound here"
TWO: dict[str, Domain] = {"u": real("d"), "v": real("d")}

isotropic = Claim(
    "mean-product-of-overlaps-with-gaussian-eq-inner-product",
    title="The overlaps of a Gaussian vector with two others multiply, on average, to their inner product",
    given=TWO,
    lhs=lambda u, v: expectation(lambda r: dot(r, u) * dot(r, v), over=normal("d")),
    rhs=lambda u, v: dot(u, v),
    source=Source("original", "isotropic noise"),
    about="With u = v: the mean squared overlap is |u|².",
    stops="Independent entries of mean 0 and variance 1.",
    waive={"gpu": QUADRATURE},
    mutants=(
        Mutant("d times as much", rhs=lambda u, v: size("d") * dot(u, v)),
        Mutant("both overlaps with one vector", rhs=lambda u: dot(u, u)),
        Mutant(
            "noise of variance 4",
            lhs=lambda u, v: expectation(lambda r: dot(2 * r, u) * dot(2 * r, v), over=normal("d")),
        ),
    ),
)

sign_noise = Claim(
    "mean-squared-overlap-with-signs-is-one-dth-of-squared-lengths",
    title="The mean squared overlap with a vector of signs is one d-th of the product of squared lengths",
    given={"u": real("d")},
    lhs=lambda u: size("d") * expectation(lambda s: dot(s, u) ** 2, over=signs("d")),
    rhs=lambda u: expectation(lambda s: dot(s, s) * dot(u, u), over=signs("d")),
    source=Source("original", "isotropic noise"),
    about="A vector of signs always has squared length d, so its mean squared cosine with u is exactly 1/d.",
    stops="Signs are fair and independent.",
    waive={"gpu": QUADRATURE},
    mutants=(
        Mutant("without the d", lhs=lambda u: expectation(lambda s: dot(s, u) ** 2, over=signs("d"))),
        Mutant(
            "the vector of signs in the place of u",
            rhs=lambda u: expectation(lambda s: dot(s, s) ** 2, over=signs("d")),
        ),
        Mutant(
            "entries 0 and 1",
            lhs=lambda u: size("d") * expectation(lambda s: dot((1 + s) / 2, u) ** 2, over=signs("d")),
        ),
    ),
)

fourth = Claim(
    "fourth-moment-of-overlap-with-gaussian",
    title="The fourth moment of the overlap with a Gaussian vector is three times the squared second",
    given={"u": real("d")},
    lhs=lambda u: expectation(lambda r: dot(r, u) ** 4, over=normal("d")),
    rhs=lambda u: 3 * dot(u, u) ** 2,
    source=Source("original", "isotropic noise"),
    about="The overlap is itself Gaussian, with variance |u|²: in d dimensions nothing else remains.",
    stops="Normal entries; for signs the fourth moment is smaller.",
    waive={"gpu": QUADRATURE},
    mutants=(
        Mutant("signs instead", lhs=lambda u: expectation(lambda s: dot(s, u) ** 4, over=signs("d"))),
        Mutant("once instead of three times", rhs=lambda u: dot(u, u) ** 2),
        Mutant("the fourth powers of the entries", rhs=lambda u: 3 * (u**4).sum()),
    ),
)

pairs = Claim(
    "mean-squared-overlaps-of-gaussian-updates",
    title="Of independent Gaussian updates, two overlap with mean square d, and each with itself with d² + 2d",
    given={"c": real()},
    lhs=lambda c: expectation(lambda R: (c * R @ R.T) ** 2, over=normal("n d")),
    rhs=lambda c: c**2 * size("d") * (ones("n n") + (size("d") + 1) * identity("n")),
    source=Source("original", "isotropic noise"),
    about=(
        "The rows of R are the updates, and c scales their inner products. Two of them have mean squared "
        "overlap d, beside mean squared lengths of d each."
    ),
    stops="Means of squares, not the mean of the squared cosine, which is 1/d.",
    waive={"gpu": QUADRATURE},
    mutants=(
        Mutant("no overlap of two", rhs=lambda c: c**2 * size("d") * (size("d") + 2) * identity("n")),
        Mutant(
            "the square of the mean length",
            rhs=lambda c: c**2 * size("d") * (ones("n n") + (size("d") - 1) * identity("n")),
        ),
        Mutant("signs instead", lhs=lambda c: expectation(lambda R: (c * R @ R.T) ** 2, over=signs("n d"))),
    ),
)

lengthened = Claim(
    "gaussian-update-lengthens-output-as-if-orthogonal",
    title="On average a Gaussian update lengthens the output as an orthogonal one does",
    given={"z": real("d"), "sigma": real()},
    lhs=lambda z, sigma: expectation(lambda r: dot(z + sigma * r, z + sigma * r), over=normal("d")),
    rhs=lambda z, sigma: dot(z, z) + expectation(lambda r: dot(sigma * r, sigma * r), over=normal("d")),
    source=Source("original", "random updates as a baseline of arXiv:2311.07772"),
    about="Squared lengths add, as for orthogonal vectors; the update's is σ²d on average.",
    stops="On average. A single draw is orthogonal to the output only up to a cosine of order 1/√d.",
    waive={"gpu": QUADRATURE},
    mutants=(
        Mutant("σ² without the dimension", rhs=lambda z, sigma: dot(z, z) + sigma**2),
        Mutant(
            "lengths add",
            rhs=lambda z, sigma: dot(z, z) + sigma**2 * size("d") + 2 * sigma * z.sum(),
        ),
        Mutant(
            "noise that is not centred",
            lhs=lambda z, sigma: expectation(
                lambda r: dot(z + sigma * (1 + r), z + sigma * (1 + r)), over=normal("d")
            ),
        ),
    ),
)
