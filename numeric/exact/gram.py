"""Features with given inner products, mod p."""

from collections.abc import Sequence
from itertools import count
from math import isqrt

from flint import nmod, nmod_mat

from .arithmetic import Matrix, Scalar, UnrealisableError, square_root


def embed(gram: Matrix, dimensions: int) -> list[list[Scalar]]:
    """Vectors whose inner products mod p are the entries of a symmetric matrix.

    The form is diagonalised by congruence, and every diagonal entry is written as a sum of at most two
    squares; two non-squares share two dimensions.

    Raises:
        UnrealisableError: there are too few dimensions.
    """
    columns, diagonal = diagonalise(gram)
    rows = squares(diagonal, gram.modulus())
    width = max((len(row) for row in rows), default=0)
    if width > dimensions:
        raise UnrealisableError(
            f"{gram.nrows()} points need {width} features mod p, and there are {dimensions}"
        )
    prime, rank, count = gram.modulus(), len(rows), gram.nrows()
    if not rank:
        return [[nmod(0, prime)] * dimensions for _ in range(count)]
    padded = [x for row in rows for x in (*row, *[0] * (dimensions - len(row)))]
    coordinates = [x for column in columns for x in column.entries()]
    across = nmod_mat(rank, count, coordinates, prime).transpose()
    return (across * nmod_mat(rank, dimensions, padded, prime)).tolist()


def diagonalise(gram: Matrix) -> tuple[list[Matrix], list[Scalar]]:
    """Columns c and numbers δ ≠ 0 with gram = Σ δ c cᵀ."""
    n, p = gram.nrows(), gram.modulus()
    columns: list[Matrix] = []
    diagonal: list[Scalar] = []
    rest = gram
    while (direction := anisotropic(rest)) is not None:
        w = nmod_mat(n, 1, [int(k in direction) for k in range(n)], p)
        column = rest * w
        delta = (w.transpose() * column)[0, 0]
        column = column * (1 / delta)
        columns.append(column)
        diagonal.append(delta)
        rest = rest - column * column.transpose() * delta
    return columns, diagonal


def anisotropic(form: Matrix) -> set[int] | None:
    """One or two coordinates whose sum has a norm other than 0; None where the form vanishes."""
    n = form.nrows()
    for k in range(n):
        if form[k, k] != 0:
            return {k}
    for j in range(n):
        for k in range(j):
            if form[j, k] != 0:
                return {j, k}
    return None


def squares(diagonal: Sequence[Scalar], prime: int) -> list[list[Scalar]]:
    """Orthogonal rows whose norms are the given numbers, in as few dimensions as this construction finds."""
    zero = nmod(0, prime)
    rows: list[list[Scalar]] = []
    width = 0
    spare: tuple[int, list[Scalar]] | None = None
    for delta in diagonal:
        root = square_root(delta)
        if root is not None:
            rows.append([zero] * width + [root])
            width += 1
        elif spare is None:
            a, b = two_squares(delta)
            spare = len(rows), [zero] * width + [a, b]
            rows.append(spare[1])
            width += 2
        else:
            partner, row = spare
            ratio = square_root(delta / diagonal[partner])
            assert ratio is not None
            rows.append([*row[:-2], -row[-1] * ratio, row[-2] * ratio])
            spare = None
    return rows


def two_squares(x: Scalar) -> tuple[Scalar, Scalar]:
    """a, b with a² + b² = x; every residue is such a sum."""
    start = isqrt(int(x))
    for a in count(start):
        b = square_root(x - a * a)
        if b is not None:
            return nmod(a, x.modulus()), b
    raise AssertionError
