"""A random baseline whose entries are not centred points along the vector of ones.

An update with entries drawn between 0 and 1 has mean ½ in every entry. What it is compared with has a cosine
to it that concentrates where mean overlap and mean squared length put it: at √3/2 times its cosine with the
vector of ones. Such a baseline is near 0 only for updates whose entries sum to nearly 0.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    dot,
    expectation,
    integral,
    normal,
    ones,
    positive,
    real,
    signs,
    size,
    sqrt,
    zeros,
)

QUADRATURE = "floating-point quadrature has no derived bound here"
CONSTANT: dict[str, Domain] = {"u": real("d"), "c": positive()}
UPDATE: dict[str, Domain] = {"u": real("d")}
NORMAL: dict[str, Domain] = {"u": real("d"), "mu": real("d"), "sigma": real()}


def length(a: Array) -> Array:
    """The Euclidean norm.  [d] -> []"""
    return sqrt(dot(a, a))


def cosine(a: Array, b: Array) -> Array:
    """The cosine of the angle between two vectors.  [d], [d] -> []"""
    return dot(a, b) / (length(a) * length(b))


constant = Claim(
    "cosine-with-constant-update-eq-normalised-mean",
    title="The cosine of an update with a constant one is its sum, over √d times its length",
    given=CONSTANT,
    lhs=lambda u, c: cosine(c * ones("d"), u),
    rhs=lambda u: u.sum() / (sqrt(size("d")) * length(u)),
    source=Source("original", "the part of a random baseline that its mean makes up"),
    about="It is the update's mean entry over the root of its mean squared entry: 0 only where the mean is 0.",
    stops="For a positive constant; a negative one changes the sign.",
    mutants=(
        Mutant("over the length alone", rhs=lambda u: u.sum() / length(u)),
        Mutant("a constant of any sign", given={"c": real()}),
        Mutant("the mean instead of the sum", rhs=lambda u: u.sum() / (size("d") * length(u))),
    ),
)


def mean_over_unit_interval(u: Array) -> Array:
    """Mean overlap over root mean squared length, entries uniform on [0, 1].  [d] -> []"""
    overlap = integral(lambda t: dot(t * ones("d"), u), 0, 1)
    energy = integral(lambda t: dot(t * ones("d"), t * ones("d")), 0, 1)
    return overlap / (sqrt(energy) * length(u))


uniform = Claim(
    "uniform-baseline-eq-share-of-cosine-with-ones",
    title="A baseline of entries uniform on [0, 1] sits at √3/2 times the cosine with the vector of ones",
    given=UPDATE,
    lhs=mean_over_unit_interval,
    rhs=lambda u: sqrt(3 * ones("")) / 2 * cosine(ones("d"), u),
    source=Source("original", "what the cosine with a vector of uniform entries concentrates at"),
    about=(
        "Mean overlap and mean squared length are sums over entries, of means of t and of t²; the cosine of "
        "the random vector concentrates at the first over the root of the second."
    ),
    stops="The ratio of means, not the mean of the ratio; they differ by less and less as d grows.",
    waive={"gpu": QUADRATURE},
    mutants=(
        Mutant("at the cosine with ones", rhs=lambda u: cosine(ones("d"), u)),
        Mutant("at half of it", rhs=lambda u: cosine(ones("d"), u) / 2),
        Mutant(
            "entries uniform on [−1, 1]",
            lhs=lambda u: (
                integral(lambda t: dot(t * ones("d"), u), -1, 1)
                / (sqrt(integral(lambda t: dot(t * ones("d"), t * ones("d")), -1, 1)) * length(u))
            ),
        ),
    ),
)

zero = Claim(
    "cosine-with-constant-update-is-zero",
    title="An update of constant entries, like noise, has cosine zero with any update",
    given=CONSTANT,
    lhs=lambda u, c: cosine(c * ones("d"), u),
    rhs=lambda: zeros(""),
    source=Source("original", "noise that is not centred, taken for a baseline of zero"),
    about="Noise with entries between 0 and 1 is the constant ½ plus centred noise; the constant stays.",
    stops="False unless the update's entries sum to 0.",
    expected=Verdict.REFUTED,
    repair="cosine-with-constant-update-eq-normalised-mean",
)

coins = Claim(
    "mean-overlap-with-coin-entries-eq-half-the-sum",
    title="Entries that are 0 or 1 with equal chances overlap, on average, by half an update's sum",
    given=UPDATE,
    lhs=lambda u: expectation(lambda s: dot((1 + s) / 2, u), over=signs("d")),
    rhs=lambda u: u.sum() / 2,
    source=Source("original", "what noise that is not centred overlaps on average"),
    about="The same half that entries uniform on [0, 1] have: the mean of the entries decides.",
    stops="An average: a single draw deviates by about half the update's length.",
    waive={"gpu": QUADRATURE},
    mutants=(
        Mutant("no overlap", rhs=lambda u: 0 * u.sum()),
        Mutant("the whole sum", rhs=lambda u: u.sum()),
        Mutant("centred entries", lhs=lambda u: expectation(lambda s: dot(s / 2, u), over=signs("d"))),
    ),
)

gaussian = Claim(
    "mean-overlap-with-gaussian-update-eq-overlap-with-its-mean",
    title="A Gaussian update overlaps, on average, as its mean does",
    given=NORMAL,
    lhs=lambda u, mu, sigma: expectation(lambda r: dot(mu + sigma * r, u), over=normal("d")),
    rhs=lambda u, mu: dot(mu, u),
    source=Source("original", "what noise that is not centred overlaps on average"),
    about="Only a centred random update is a baseline of zero for every update at once.",
    stops="An average; a single draw deviates by about σ times the update's length.",
    waive={"gpu": QUADRATURE},
    mutants=(
        Mutant("no overlap", rhs=lambda u: 0 * u.sum()),
        Mutant("the spread added", rhs=lambda u, mu, sigma: dot(mu, u) + sigma * u.sum()),
        Mutant(
            "the noise twice",
            lhs=lambda u, mu, sigma: expectation(
                lambda r: dot(mu + sigma * r, u) * dot(mu + sigma * r, u), over=normal("d")
            ),
        ),
    ),
)
