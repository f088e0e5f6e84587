"""Claims that are true and whose mutants are not what they should be."""

from equivalences import Array, Claim, Mutant, real


def factored(a: Array, b: Array) -> Array:
    """The product of sum and difference.  [], [] -> []"""
    return (a + b) * (a - b)


def expanded(a: Array, b: Array) -> Array:
    """The difference of squares.  [], [] -> []"""
    return a**2 - b**2


GIVEN = {"a": real(), "b": real()}

equal = Claim(
    "mutant-is-equal",
    title="A near miss that is itself true",
    given=GIVEN,
    lhs=factored,
    rhs=expanded,
    mutants=(Mutant("the other way round", rhs=lambda a, b: -(b**2) + a**2),),
)

survives = Claim(
    "mutant-survives",
    title="A near miss that the refuter does not see",
    given=GIVEN,
    lhs=factored,
    rhs=expanded,
    mutants=(Mutant("unseen", rhs=lambda a, b, blind_refuter: a**2 + b**2, given={"blind_refuter": real()}),),
)

ill_typed = Claim(
    "mutant-is-ill-typed",
    title="A near miss that cannot be read",
    given=GIVEN,
    lhs=factored,
    rhs=expanded,
    mutants=(Mutant("a vector", rhs=lambda x: x, given={"x": real("n")}),),
)

twice = Claim(
    "one-program-twice",
    title="A claim whose sides are one program",
    given=GIVEN,
    lhs=factored,
    rhs=lambda a, b: (a + b) * (a - b),
    mutants=(Mutant("the square of the difference", rhs=lambda a, b: (a - b) ** 2),),
)
