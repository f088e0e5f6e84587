"""The scale of labels tells classes apart, before any function is learnt.

Sparse functions are made from dense ones by setting weights to 0. Without a rescaling their labels are
smaller, and so are those of convex combinations of two independent functions.
"""

from equivalences import (
    Array,
    Claim,
    Mutant,
    Source,
    Verdict,
    concat,
    dot,
    expectation,
    mask,
    normal,
    real,
)

SPARSE = "sparse functions by zeroing weights, as in github.com/dtsip/in-context-learning"
COMBINED = "the convex combinations behind arXiv:2311.00871, for functions drawn independently"
NO_STRESS = {"gpu": "floating-point quadrature has no derived bound here"}


def label_variance(s: Array, x: Array) -> Array:
    """Of the function with weights s ⊙ w at an input, w standard normal.  [d], [d] -> []"""
    return expectation(lambda w: dot(x, s * w) * dot(x, s * w), over=normal("d"))


sparse = Claim(
    "sparse-label-variance-eq-squares-on-support",
    title="Labels of sparse functions have the input's squares on the support as their variance",
    given={"s": mask("d"), "x": real("d")},
    lhs=label_variance,
    rhs=lambda s, x: dot(s, x * x),
    source=Source("original", SPARSE),
    about=(
        "At standard normal inputs this is the number of nonzero weights on average: 2 against 20 for 2 of 20 "
        "features. One label tells much about the class, before any function is learnt."
    ),
    stops="With sparse weights scaled by the root of d over their number the averages are the same.",
    waive=NO_STRESS,
    mutants=(
        Mutant("the features outside of the support", rhs=lambda s, x: dot(1 - s, x * x)),
        Mutant("twice the weights", lhs=lambda s, x: label_variance(2 * s, x)),
        Mutant("inputs for their squares", rhs=lambda s, x: dot(s, x)),
    ),
)

same = Claim(
    "sparse-label-variance-eq-dense-label-variance",
    title="Setting weights to 0 leaves the scale of the labels as it is",
    given={"s": mask("d"), "x": real("d")},
    lhs=label_variance,
    rhs=lambda x: dot(x, x),
    source=Source("original", f"{SPARSE}, taken for a class of the dense functions' scale"),
    about="What a comparison of two classes at one scale would need.",
    stops="False as soon as one weight is 0.",
    expected=Verdict.REFUTED,
    repair="sparse-label-variance-eq-squares-on-support",
)


def combined_variance(x: Array, z: Array, alpha: Array) -> Array:
    """Of αu·x + (1 − α)v·z, (u, v) standard normal.  [d], [p], [] -> []"""
    features = concat(alpha * x, (1 - alpha) * z)
    return expectation(lambda uv: dot(features, uv) * dot(features, uv), over=normal("d+p"))


combined = Claim(
    "convex-combination-label-variance",
    title="Labels of a convex combination have the shares' squares times the classes' variances as theirs",
    given={"x": real("d"), "z": real("p"), "alpha": real()},
    lhs=combined_variance,
    rhs=lambda x, z, alpha: alpha**2 * dot(x, x) + (1 - alpha) ** 2 * dot(z, z),
    source=Source("original", COMBINED),
    about=(
        "x and z are the two classes' features of one input. With classes of one scale a combination in equal "
        "shares has half of their variance: it leaves the mixture by its scale too, not only by its form."
    ),
    stops="Functions drawn independently. A combination of fixed functions has no such law.",
    waive=NO_STRESS,
    mutants=(
        Mutant(
            "the average of the variances",
            rhs=lambda x, z, alpha: alpha * dot(x, x) + (1 - alpha) * dot(z, z),
        ),
        Mutant(
            "the sum of the variances",
            rhs=lambda x, z: dot(x, x) + dot(z, z),
        ),
        Mutant("shares exchanged", rhs=lambda x, z, alpha: (1 - alpha) ** 2 * dot(x, x) + alpha**2 * dot(z, z)),
    ),
)
