"""A true claim with a near miss, and a false one that is expected, with its repair."""

from equivalences import Array, Claim, Mutant, Verdict, real


def factored(a: Array, b: Array) -> Array:
    """The product of sum and difference.  [], [] -> []"""
    return (a + b) * (a - b)


def expanded(a: Array, b: Array) -> Array:
    """The difference of squares.  [], [] -> []"""
    return a**2 - b**2


def expanded_wrongly(a: Array, b: Array) -> Array:
    """The square of the difference.  [], [] -> []"""
    return (a - b) ** 2


GIVEN = {"a": real(), "b": real()}

claim = Claim(
    "difference-of-squares",
    title="A difference of squares factors",
    given=GIVEN,
    lhs=factored,
    rhs=expanded,
    mutants=(Mutant("the square of the difference", rhs=expanded_wrongly),),
)

folklore = (
    Claim(
        "square-of-a-difference",
        title="The square of a difference is the difference of squares",
        given=GIVEN,
        lhs=expanded_wrongly,
        rhs=expanded,
        expected=Verdict.REFUTED,
        repair="difference-of-squares",
    ),
)
