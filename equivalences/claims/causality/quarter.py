"""The similarity of one quarter that normalisation gives to unrelated updates, and when.

Three updates of the length of the base, in blocks of their own, make an update whose squared length is three
times that of the base; the output becomes twice as long, and the normalised similarity of two such updates
is exactly ¼. An update of twice the base's length gives ½ (1 − 1/√5), about 0.2764.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    concat,
    dot,
    ones,
    real,
    sqrt,
    zeros,
)

PAPER = "arXiv:2311.07772"
GIVEN: dict[str, Domain] = {"x": real("d")}


def length(a: Array) -> Array:
    """The Euclidean norm.  [d] -> []"""
    return sqrt(dot(a, a))


def cosine(a: Array, b: Array) -> Array:
    """The cosine of the angle between two vectors.  [d], [d] -> []"""
    return dot(a, b) / (length(a) * length(b))


def similarity(base: Array, icl: Array, ft: Array) -> Array:
    """SimAOU: the cosine of two outputs' changes from zero-shot.  [d], [d], [d] -> []"""
    return cosine(icl - base, ft - base)


def normalised_similarity(base: Array, icl: Array, ft: Array) -> Array:
    """SimAOU of outputs scaled to length 1.  [d], [d], [d] -> []"""
    return similarity(base / length(base), icl / length(icl), ft / length(ft))


def base_in_seven_blocks(x: Array) -> Array:
    """The base in the first block.  [d] -> [d+d+d+d+d+d+d]"""
    return concat(x, zeros("d+d+d+d+d+d"))


def with_first_update(x: Array) -> Array:
    """An update of three blocks.  [d] -> [d+d+d+d+d+d+d]"""
    return concat(x, x, x, x, zeros("d+d+d"))


def with_second_update(x: Array) -> Array:
    """An update of the three other blocks.  [d] -> [d+d+d+d+d+d+d]"""
    return concat(x, zeros("d+d+d"), x, x, x)


quarter = Claim(
    "normalised-similarity-of-triple-energy-updates-is-a-quarter",
    title="Two unrelated updates of three times the base's energy have normalised similarity one quarter",
    given=GIVEN,
    lhs=lambda x: normalised_similarity(base_in_seven_blocks(x), with_first_update(x), with_second_update(x)),
    rhs=lambda: ones("") / 4,
    source=Source(PAPER, "random updates whose outputs are twice as long as the zero-shot output"),
    about=(
        "The base is one block; each update fills three blocks of its own with the same vector, so that its "
        "squared length is three times that of the base, and the output is twice as long."
    ),
    stops="The squared length counts: |r|² = 3|z|². Orthogonality is exact here; chance gives it up to 1/√d.",
    mutants=(
        Mutant(
            "without normalisation",
            lhs=lambda x: similarity(base_in_seven_blocks(x), with_first_update(x), with_second_update(x)),
        ),
        Mutant(
            "only the base normalised",
            lhs=lambda x: similarity(
                base_in_seven_blocks(x) / length(base_in_seven_blocks(x)),
                with_first_update(x),
                with_second_update(x),
            ),
        ),
        Mutant(
            "an update compared with itself",
            lhs=lambda x: normalised_similarity(
                base_in_seven_blocks(x), with_first_update(x), with_first_update(x)
            ),
        ),
        Mutant(
            "updates of the base's length",
            lhs=lambda x: normalised_similarity(
                concat(x, zeros("d+d")), concat(x, x, zeros("d")), concat(x, zeros("d"), x)
            ),
        ),
    ),
)

no_similarity = Claim(
    "normalised-similarity-of-orthogonal-updates-is-zero",
    title="Unrelated updates have normalised similarity zero",
    given=GIVEN,
    lhs=lambda x: normalised_similarity(
        concat(x, zeros("d+d")), concat(x, x, zeros("d")), concat(x, zeros("d"), x)
    ),
    rhs=lambda: zeros(""),
    source=Source("original", "the normalised similarity, read as if its baseline were zero"),
    about="Here each update has the base's length, and all three vectors are orthogonal.",
    stops="False: normalisation turns both changes towards minus the base.",
    expected=Verdict.REFUTED,
    repair="normalised-similarity-of-orthogonal-updates",
)

twice_the_length = Claim(
    "normalised-similarity-of-updates-of-twice-the-base-is-a-quarter",
    title="Two unrelated updates of twice the base's length have normalised similarity one quarter",
    given=GIVEN,
    lhs=lambda x: normalised_similarity(
        concat(x, zeros("d+d+d+d+d+d+d+d")),
        concat(x, x, x, x, x, zeros("d+d+d+d")),
        concat(x, zeros("d+d+d+d"), x, x, x, x),
    ),
    rhs=lambda: ones("") / 4,
    source=Source("original", "the quarter, with the output's length taken for the update's"),
    about="An easy slip: the output, base and update together, is twice as long, not the update.",
    stops="False: four blocks an update make |r|² = 4|z|², and the similarity is ½ (1 − 1/√5), about 0.2764.",
    expected=Verdict.REFUTED,
    repair="normalised-similarity-of-triple-energy-updates-is-a-quarter",
)
