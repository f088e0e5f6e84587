"""A tower of primes in which exponentials of exponentials are exact.

Four primes with p = 2q + 1 each: g = 4 generates the squares mod p, of which there are q, so that
x ↦ gˣ takes numbers mod q to squares mod p and sums to products, exactly. An exponential at one level
takes its argument one level down. The squares also have roots of every odd and every second order that
respect products, since q is odd: they stand for the positive numbers.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from operator import mul

TOWER = (9224222987608749119, 4612111493804374559, 2306055746902187279, 1153027873451093639)
"""Each prime is twice the next, plus one (a Cunningham chain); 1 to 30 are squares modulo each."""

GENERATOR = 4


class UnmodelledError(Exception):
    """A value that does not exist mod p: a draw at which a denominator vanishes, or a root of a non-square."""


def inverse(x: int, level: int) -> int:
    """1/x.

    Raises:
        UnmodelledError: x is 0.
    """
    if x % TOWER[level] == 0:
        raise UnmodelledError("a denominator vanishes")
    return pow(x, -1, TOWER[level])


def power(x: int, exponent: int | Fraction, level: int) -> int:
    """A rational power; of squares only, where the exponent is not an integer.

    Raises:
        UnmodelledError: 0 to a negative power, or a root that does not exist.
    """
    p = TOWER[level]
    exponent = Fraction(exponent)
    if exponent.denominator == 1:
        return pow(inverse(x, level) if exponent < 0 else x, abs(exponent.numerator), p)
    order = (p - 1) // 2
    if not is_square(x, level) or order % exponent.denominator == 0:
        raise UnmodelledError("a root of a number that stands for none that is positive")
    return pow(x, exponent.numerator * pow(exponent.denominator, -1, order) % order, p)


def exponential(argument: int, level: int) -> int:
    """g to an argument that was computed one level down."""
    return pow(GENERATOR, argument, TOWER[level])


def is_square(x: int, level: int) -> bool:
    """Whether x is a square other than 0."""
    return pow(x, (TOWER[level] - 1) // 2, TOWER[level]) == 1


def root(x: int, level: int) -> int:
    """The square root of a square that is itself a square; valid as all primes of the tower are 3 mod 4."""
    return pow(x, (TOWER[level] + 1) // 4, TOWER[level])


def multiply(values: Sequence[int], level: int) -> int:
    """A product."""
    return reduce(mul, values, 1) % TOWER[level]


def invert(matrix: Sequence[Sequence[int]], level: int) -> list[list[int]]:
    """The inverse of a matrix, by elimination.

    Raises:
        UnmodelledError: the matrix is singular.
    """
    p, n = TOWER[level], len(matrix)
    rows = [[x % p for x in row] + [int(i == j) for j in range(n)] for i, row in enumerate(matrix)]
    for i in range(n):
        pivot = next((k for k in range(i, n) if rows[k][i]), None)
        if pivot is None:
            raise UnmodelledError("a matrix is singular")
        rows[i], rows[pivot] = rows[pivot], rows[i]
        scale = pow(rows[i][i], -1, p)
        rows[i] = [x * scale % p for x in rows[i]]
        for k in range(n):
            if k != i and rows[k][i]:
                by = rows[k][i]
                rows[k] = [(x - by * y) % p for x, y in zip(rows[k], rows[i], strict=True)]
    return [row[n:] for row in rows]
