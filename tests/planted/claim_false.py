"""A false claim that nobody expects to be false."""

from equivalences import Claim, Mutant, real

claim = Claim(
    "freshmans-dream",
    title="A square of a sum is a sum of squares",
    given={"a": real(), "b": real()},
    lhs=lambda a, b: (a + b) ** 2,
    rhs=lambda a, b: a**2 + b**2,
    mutants=(Mutant("a difference", rhs=lambda a, b: a**2 - b**2),),
)
