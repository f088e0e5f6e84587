"""Claims with mutants, or sides, that have no value at any input."""

from equivalences import Array, Claim, Mutant, dot, exp, log, real, sqrt


def normalised(g: Array, x: Array) -> Array:
    """A vector over its length, scaled.  [d], [d] -> [d]"""
    return g * x / sqrt(dot(x, x))


def normalised_twice(g: Array, x: Array) -> Array:
    """The same of the doubled vector; without x it is 0/0.  [d], [d] -> [d]"""
    return g * (2 * x) / sqrt(dot(2 * x, 2 * x))


GIVEN = {"g": real("d"), "x": real("d")}

scale = Claim(
    "scale-invariance",
    title="A vector over its length does not depend on its scale",
    given=GIVEN,
    lhs=normalised_twice,
    rhs=normalised,
)

undefined = Claim(
    "undefined-mutant",
    title="A near miss that has no value",
    given=GIVEN,
    lhs=normalised_twice,
    rhs=normalised,
    mutants=(Mutant("the length of zero", rhs=lambda g, x: g * x / sqrt(dot(0 * x, 0 * x))),),
)

nowhere = Claim(
    "undefined-everywhere",
    title="Both sides are the logarithm of a negative number",
    given={"x": real()},
    lhs=lambda x: log(-exp(x)),
    rhs=lambda x: log(-exp(x)) + 0 * x,
)
