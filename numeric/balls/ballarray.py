"""Arrays of balls: a shape, and entries in row-major order.

Entries are moved without being copied, so that one ball object stands for one real number wherever it
appears; ``features`` relies on this. Elementwise operations run over Python lists, products and solutions
(``contraction``) run in FLINT's matrices.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import prod
from typing import TypeAlias

from flint import arb, arb_mat

from .precision import ball

Shape: TypeAlias = tuple[int, ...]
ZERO, ONE = arb(0), arb(1)


@dataclass(frozen=True, eq=False)
class BallArray:
    """An array of real numbers, each enclosed by a ball; nothing changes it after it is made."""

    shape: Shape
    entries: Sequence[arb]

    @cached_property
    def matrix(self) -> arb_mat:
        """A matrix [n m] as FLINT's."""
        rows, columns = self.shape
        return arb_mat(rows, columns, self.entries)


def from_matrix(matrix: arb_mat) -> BallArray:
    """FLINT's matrix as an array [n m]."""
    return BallArray((matrix.nrows(), matrix.ncols()), matrix.entries())


def scalar(x: arb) -> BallArray:
    """One ball.  []"""
    return BallArray((), [x])


def filled(shape: Shape, value: Fraction) -> BallArray:
    """An array of one rational number."""
    return BallArray(shape, [ball(value)] * prod(shape))


def zeros(shape: Shape) -> BallArray:
    """An array of zeros."""
    return BallArray(shape, [ZERO] * prod(shape))


def identity(size: int) -> BallArray:
    """The identity matrix."""
    return BallArray((size, size), [ONE if i == j else ZERO for i in range(size) for j in range(size)])


def lower_triangle(size: int, *, strict: bool) -> BallArray:
    """Ones where the column is not behind the row (strictly before it, if strict), else zeros."""
    last = 0 if strict else 1
    return BallArray((size, size), [ONE if j < i + last else ZERO for i in range(size) for j in range(size)])


def subdiagonal(size: int) -> BallArray:
    """Ones just below the diagonal, else zeros."""
    return BallArray((size, size), [ONE if j == i - 1 else ZERO for i in range(size) for j in range(size)])


def one_hot(shape: Shape, position: int) -> BallArray:
    """Zeros, and a one at a flat position."""
    entries = [ZERO] * prod(shape)
    entries[position] = ONE
    return BallArray(shape, entries)


def common_shape(a: Shape, b: Shape) -> Shape:
    """The shape of an elementwise result: sizes of 1, and scalars, stretch."""
    if not a or not b:
        return a or b
    return tuple(y if x == 1 else x for x, y in zip(a, b, strict=True))


def stretch(a: BallArray, shape: Shape) -> BallArray:
    """The array repeated along its axes of size 1; a scalar along all."""
    if a.shape == shape:
        return a
    if len(a.entries) == 1:
        return BallArray(shape, [a.entries[0]] * prod(shape))
    return BallArray(shape, [a.entries[k] for k in _stretched(a.shape, shape)])


def elementwise(f: Callable[[arb, arb], arb], a: BallArray, b: BallArray) -> BallArray:
    """A function of two numbers, entry by entry."""
    if a.shape == b.shape:
        return BallArray(a.shape, list(map(f, a.entries, b.entries)))
    if not b.shape:
        right = b.entries[0]
        return BallArray(a.shape, [f(x, right) for x in a.entries])
    if not a.shape:
        left = a.entries[0]
        return BallArray(b.shape, [f(left, y) for y in b.entries])
    shape = common_shape(a.shape, b.shape)
    return elementwise(f, stretch(a, shape), stretch(b, shape))


def mapped(f: Callable[[arb], arb], a: BallArray) -> BallArray:
    """A function of one number, entry by entry."""
    return BallArray(a.shape, list(map(f, a.entries)))


def add(a: BallArray, b: BallArray) -> BallArray:
    """a + b."""
    return elementwise(operator.add, a, b)


def subtract(a: BallArray, b: BallArray) -> BallArray:
    """a − b."""
    return elementwise(operator.sub, a, b)


def multiply(a: BallArray, b: BallArray) -> BallArray:
    """a · b, entry by entry."""
    return elementwise(operator.mul, a, b)


def reshape(a: BallArray, shape: Shape) -> BallArray:
    """The same entries in another shape."""
    return BallArray(shape, a.entries)


def permute(a: BallArray, order: tuple[int, ...]) -> BallArray:
    """Axes reordered: axis k of the result is axis ``order[k]`` of the argument."""
    if order == tuple(range(len(order))):
        return a
    shape = tuple(a.shape[k] for k in order)
    return BallArray(shape, [a.entries[k] for k in _permuted(a.shape, order)])


def diagonal(a: BallArray, labels: tuple[int, ...]) -> BallArray:
    """Axes with one label identified: the entries where their indices agree, one axis a label."""
    unique = tuple(dict.fromkeys(labels))
    shape = tuple(a.shape[labels.index(label)] for label in unique)
    return BallArray(shape, [a.entries[k] for k in _diagonal(a.shape, labels)])


def spread(a: BallArray, labels: tuple[int, ...]) -> BallArray:
    """The transpose of ``diagonal``: zeros where indices with one label differ."""
    unique = tuple(dict.fromkeys(labels))
    shape = tuple(a.shape[unique.index(label)] for label in labels)
    entries = [ZERO] * prod(shape)
    for position, x in zip(_diagonal(shape, labels), a.entries, strict=True):
        entries[position] = x
    return BallArray(shape, entries)


def cut(a: BallArray, position: int, start: int, stop: int) -> BallArray:
    """The part from ``start`` to before ``stop`` along one axis."""
    outer, size, inner = _around(a.shape, position)
    entries: list[arb] = []
    for k in range(outer):
        entries.extend(a.entries[(k * size + start) * inner : (k * size + stop) * inner])
    return BallArray((*a.shape[:position], stop - start, *a.shape[position + 1 :]), entries)


def joined(parts: Sequence[BallArray], position: int) -> BallArray:
    """Arrays joined along one axis."""
    first = parts[0].shape
    outer = prod(first[:position])
    entries: list[arb] = []
    widths = [prod(part.shape[position:]) for part in parts]
    for k in range(outer):
        for part, width in zip(parts, widths, strict=True):
            entries.extend(part.entries[k * width : (k + 1) * width])
    size = sum(part.shape[position] for part in parts)
    return BallArray((*first[:position], size, *first[position + 1 :]), entries)


def total(a: BallArray, positions: tuple[int, ...]) -> BallArray:
    """The sum over the axes at ``positions``."""
    kept = tuple(k for k in range(len(a.shape)) if k not in positions)
    width = prod(a.shape[k] for k in positions)
    entries = permute(a, kept + positions).entries
    shape = tuple(a.shape[k] for k in kept)
    return BallArray(shape, [sum(chunk, ZERO) for chunk in chunks(entries, width, prod(shape))])


def running_total(a: BallArray, position: int, *, backwards: bool) -> BallArray:
    """Sums of the entry itself and all before it (behind it, if backwards) along one axis."""
    outer, size, inner = _around(a.shape, position)
    entries = list(a.entries)
    steps = range(size - 2, -1, -1) if backwards else range(1, size)
    neighbour = inner if backwards else -inner
    for k in range(outer):
        for t in steps:
            for j in range((k * size + t) * inner, (k * size + t + 1) * inner):
                entries[j] = entries[j] + entries[j + neighbour]
    return BallArray(a.shape, entries)


def chunks(entries: Sequence[arb], width: int, count: int) -> list[Sequence[arb]]:
    """``count`` pieces of one width, one after the other."""
    return [entries[k * width : (k + 1) * width] for k in range(count)]


def _around(shape: Shape, position: int) -> tuple[int, int, int]:
    """The number of entries before an axis, its size, and the number of entries behind it."""
    return prod(shape[:position]), shape[position], prod(shape[position + 1 :])


def _strides(shape: Shape) -> Shape:
    return tuple(prod(shape[k + 1 :]) for k in range(len(shape)))


def _positions(sizes: Shape, strides: Shape) -> list[int]:
    """Flat positions of all indices below ``sizes``, the last one running fastest."""
    positions = [0]
    for size, step in zip(sizes, strides, strict=True):
        positions = [p + i * step for p in positions for i in range(size)]
    return positions


@lru_cache(maxsize=256)
def _permuted(shape: Shape, order: tuple[int, ...]) -> list[int]:
    strides = _strides(shape)
    return _positions(tuple(shape[k] for k in order), tuple(strides[k] for k in order))


@lru_cache(maxsize=256)
def _stretched(shape: Shape, wider: Shape) -> list[int]:
    strides = zip(shape, _strides(shape), strict=True)
    return _positions(wider, tuple(0 if size == 1 else step for size, step in strides))


@lru_cache(maxsize=256)
def _diagonal(shape: Shape, labels: tuple[int, ...]) -> list[int]:
    strides = _strides(shape)
    unique = tuple(dict.fromkeys(labels))
    steps = tuple(sum(s for s, k in zip(strides, labels, strict=True) if k == label) for label in unique)
    return _positions(tuple(shape[labels.index(label)] for label in unique), steps)
