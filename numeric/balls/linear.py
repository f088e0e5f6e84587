"""Products, inverses and solutions of ball matrices, in FLINT."""

from math import prod

from flint import arb, arb_mat, fmpq_mat

from .ballarray import BallArray, chunks, from_matrix, identity
from .precision import UndefinedError


def matmul(a: BallArray, b: BallArray) -> BallArray:
    """The product of two matrices, or of two stacks of them.  [… n m], [… m k] -> [… n k]"""
    if len(a.shape) == 2:
        return from_matrix(a.matrix * b.matrix)
    (count, n, m), k = a.shape, b.shape[2]
    entries: list[arb] = []
    pieces = zip(chunks(a.entries, n * m, count), chunks(b.entries, m * k, count), strict=True)
    for left, right in pieces:
        entries.extend((arb_mat(n, m, left) * arb_mat(m, k, right)).entries())
    return BallArray((count, n, k), entries)


def inverse(a: BallArray) -> BallArray:
    """The inverse of a matrix.  [n n] -> [n n]

    Raises:
        UndefinedError: it is singular, or not proved regular at this precision.
    """
    return solve(a, identity(a.shape[0]))


def solve(a: BallArray, b: BallArray) -> BallArray:
    """The solution x of a x = b.  [n n], [n k] -> [n k]

    Raises:
        UndefinedError: the matrix is singular, or not proved regular at this precision.
    """
    if prod(b.shape) == 0:
        return b
    try:
        return from_matrix(a.matrix.solve(b.matrix))
    except ZeroDivisionError:
        raise UndefinedError("a matrix is singular, or too close to it", certain=is_singular(a)) from None


def is_singular(a: BallArray) -> bool:
    """Whether a matrix is certainly singular: its entries are exact, and so is its determinant, 0."""
    if not all(x.is_exact() for x in a.entries):
        return False
    return bool(fmpq_mat(a.shape[0], a.shape[1], [x.fmpq() for x in a.entries]).det() == 0)
