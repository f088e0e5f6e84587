"""True claims at which one checker misbehaves; which one and how is the name of a variable."""

from equivalences import Claim, Mutant, real

WAYS = (
    "crash_symbolic",
    "hang_numeric",
    "raise_gpu",
    "exit_symbolic",
    "hardexit_gpu",
    "memory_numeric",
    "nan_gpu",
    "noise_symbolic",
    "orphan_gpu",
    "lie_gpu",
    "void_symbolic",
    "none_gpu",
    "crash_refuter",
)


def planted(way: str) -> Claim:
    """A true claim with one more variable."""
    given = {"a": real(), "b": real(), way: real()}
    return Claim(
        way.replace("_", "-"),
        title="A true claim at which a checker misbehaves",
        given=given,
        lhs=lambda a, b: (a + b) * (a - b),
        rhs=lambda a, b: a**2 - b**2,
        mutants=(Mutant("a sum", rhs=lambda a, b: a**2 + b**2),),
    )


claims = tuple(planted(way) for way in WAYS)
