"""A claim whose left side multiplies a matrix by a vector of another size."""

from equivalences import Claim, Mutant, real

claim = Claim(
    "ill-typed",
    title="A product whose sizes do not fit",
    given={"A": real("n d"), "x": real("n")},
    lhs=lambda A, x: A @ x,
    rhs=lambda A, x: A.T @ x,
    mutants=(Mutant("twice", lhs=lambda A, x: 2 * (A.T @ x)),),
)
