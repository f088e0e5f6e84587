"""NumPy arrays of jets: how they are made, summed, stacked and solved."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from equivalences.language.realisation import CUBIC

from ..balls.precision import UndefinedError
from .jet import Jet, interval, number

Jets: TypeAlias = Any
"""A NumPy array of jets."""


def endpoints(x: Any) -> tuple[Fraction, Fraction]:
    """The exact ends of a finite interval."""
    low, high = ((-1) ** sign * Fraction(int(man)) * Fraction(2) ** exp for sign, man, exp, _ in x._mpi_)
    return low, high


def mapped(f: Callable[[Jet], Jet], x: Jets) -> Jets:
    """A function of one number, entry by entry."""
    return filled([f(entry) for entry in x.ravel()], x.shape)


def filled(entries: Sequence[Jet], shape: tuple[int, ...]) -> Jets:
    """An array of some entries."""
    result = np.empty(len(entries), dtype=object)
    result[:] = entries
    return result.reshape(shape)


def constants(x: Any) -> Jets:
    """An array of rational constants."""
    array = np.asarray(x, dtype=object)
    return filled([number(Fraction(entry)) for entry in array.ravel()], array.shape)


def total(x: Jets, positions: tuple[int, ...]) -> Jets:
    """The sum over some axes."""
    return np.asarray(np.add.reduce(x, axis=positions, initial=number(0)), dtype=object) if positions else x


def stacked(values: Sequence[Jets], shape: tuple[int, ...]) -> Jets:
    """Arrays of one shape along a new first axis."""
    return filled([x for value in values for x in value.ravel()], (len(values), *shape))


def cubic(u: Jet) -> Jet:
    """The polynomial that stands for unknown functions."""
    value = number(0)
    for c in reversed(CUBIC):
        value = value * u + number(c)
    return value


def solved(matrix: Jets, right: Jets) -> Jets:
    """The solution of matrix · x = right, by elimination with the pivot furthest from 0.

    Raises:
        UndefinedError: every candidate for a pivot contains 0.
    """
    n = len(matrix)
    rows = [list(a) + list(b) for a, b in zip(matrix, right, strict=True)]
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: _distance(rows[i][k]))
        if _distance(rows[pivot][k]) == 0:
            raise UndefinedError("a matrix is singular, or too close to it", certain=False)
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i in range(n):
            if i != k:
                rows[i] = [x - rows[i][k] * y for x, y in zip(rows[i], rows[k], strict=True)]
    return filled([x for row in rows for x in row[n:]], (n, right.shape[1]))


def _distance(x: Jet) -> Fraction:
    """The distance of an interval from 0."""
    low, high = endpoints(interval(x))
    return max(low, -high, Fraction(0))
