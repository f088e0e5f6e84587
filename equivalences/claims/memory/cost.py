"""What an update of the memory costs, counted in multiplications.

A product of an [a b] and a [b c] matrix takes abc multiplications: as many as the full contraction of two
arrays of ones has summands. The count depends on the numbers of basis functions and of positions, not on how
many tokens the memory has seen.
"""

from equivalences import Array, Claim, Mutant, Source, concat, einsum, ones, size

AHEAD = "For a fixed number of basis functions: with it, what the memory can tell apart is fixed as well. "


def samples_first() -> Array:
    """Read k samples, put l tokens beside them, and multiply by G.  -> []"""
    read = einsum(ones("k m"), ones("m e"), "k m, m e -> ")
    fitted = einsum(ones("m k+l"), concat(ones("k e"), ones("l e")), "m n, n e -> ")
    return read + fitted


def matrix_first() -> Array:
    """Multiply the memory by M, and the tokens by their part of G.  -> []"""
    return einsum(ones("m m"), ones("m e"), "a b, b e -> ") + einsum(ones("m l"), ones("l e"), "m l, l e -> ")


samples = Claim(
    "memory-update-multiplications",
    title="An update reads and fits: me(2k + l) multiplications for k samples and l new tokens",
    given={},
    lhs=samples_first,
    rhs=lambda: size("m") * size("e") * (2 * size("k") + size("l")),
    source=Source("original", "the update of arXiv:2109.00301, with G computed ahead"),
    about="mke to read the samples, and m(k + l)e to fit them with the tokens.",
    stops=AHEAD + "G is computed once, for numbers of samples and tokens that do not change.",
    mutants=(
        Mutant("the samples once", rhs=lambda: size("m") * size("e") * (size("k") + size("l"))),
        Mutant("the tokens twice", rhs=lambda: 2 * size("m") * size("e") * (size("k") + size("l"))),
        Mutant("the update's matrix computed ahead", lhs=matrix_first),
        Mutant("square in the basis", rhs=lambda: size("m") ** 2 * size("e") * (2 * size("k") + size("l"))),
    ),
)
