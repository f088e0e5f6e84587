"""Arithmetic and data movement in balls, each with the way its derivative goes back.

These and the ``functions`` are the steps of evaluation: every one computes an array, and says how a cotangent
of the result becomes a cotangent of each operand. Cotangents are computed by the same steps, so that any
derivative has a derivative.
"""

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import prod

from flint import arb

from . import ballarray as balls
from . import linear
from .ballarray import Shape
from .precision import UndefinedError, ball
from .tape import Value, pulled_back, record


def add(a: Value, b: Value) -> Value:
    """a + b, entry by entry."""
    return record(
        balls.add(a.array, b.array),
        (a, lambda g, _: narrowed(g, a.shape)),
        (b, lambda g, _: narrowed(g, b.shape)),
    )


def subtract(a: Value, b: Value) -> Value:
    """a − b, entry by entry."""
    return record(
        balls.subtract(a.array, b.array),
        (a, lambda g, _: narrowed(g, a.shape)),
        (b, lambda g, _: narrowed(negate(g), b.shape)),
    )


def multiply(a: Value, b: Value) -> Value:
    """a · b, entry by entry."""
    return record(
        balls.multiply(a.array, b.array),
        (a, lambda g, _: narrowed(multiply(g, b), a.shape)),
        (b, lambda g, _: narrowed(multiply(g, a), b.shape)),
    )


def divide(a: Value, b: Value) -> Value:
    """a / b, entry by entry.

    Raises:
        UndefinedError: a divisor is 0.
    """
    require(b, lambda y: not y.is_zero(), "a divisor is 0")
    return record(
        balls.elementwise(operator.truediv, a.array, b.array),
        (a, lambda g, _: narrowed(divide(g, b), a.shape)),
        (b, lambda g, out: narrowed(negate(divide(multiply(g, out), b)), b.shape)),
    )


def negate(a: Value) -> Value:
    """−a."""
    return record(balls.mapped(operator.neg, a.array), (a, lambda g, _: negate(g)))


def scale(a: Value, factor: Fraction) -> Value:
    """A rational multiple."""
    by = ball(factor)
    return record(balls.mapped(lambda x: x * by, a.array), (a, lambda g, _: scale(g, factor)))


def power(a: Value, exponent: int) -> Value:
    """An integer power, entry by entry.

    Raises:
        UndefinedError: the exponent is negative and a base is 0.
    """
    if exponent < 0:
        require(a, lambda x: not x.is_zero(), "the base of a negative power is 0")
    return record(
        balls.mapped(lambda x: raised(x, exponent), a.array),
        (
            a,
            lambda g, _: (
                multiply(g, scale(power(a, exponent - 1), Fraction(exponent)))
                if exponent
                else scale(g, Fraction(0))
            ),
        ),
    )


def raised(x: arb, exponent: int) -> arb:
    """An integer power by multiplications: Arb's own is not a number for a ball that contains 0."""
    if exponent < 0:
        return raised(1 / x, -exponent)
    result = arb(1)
    while exponent:
        if exponent % 2:
            result *= x
        x, exponent = x * x, exponent // 2
    return result


def narrowed(g: Value, shape: Shape) -> Value:
    """The transpose of stretching: sums over the axes that were stretched from ``shape``."""
    if g.shape == shape:
        return g
    stretched = range(len(g.shape)) if not shape else [k for k, size in enumerate(shape) if size != g.shape[k]]
    return reshape(total(g, tuple(stretched)), shape)


def stretched(a: Value, shape: Shape) -> Value:
    """The array repeated along its axes of size 1; a scalar along all."""
    if a.shape == shape:
        return a
    return record(balls.stretch(a.array, shape), (a, lambda g, _: narrowed(g, a.shape)))


def reshape(a: Value, shape: Shape) -> Value:
    """The same entries in another shape."""
    if a.shape == shape:
        return a
    return record(balls.reshape(a.array, shape), (a, lambda g, _: reshape(g, a.shape)))


def permute(a: Value, order: tuple[int, ...]) -> Value:
    """Axes reordered: axis k of the result is axis ``order[k]`` of the argument."""
    inverse_order = tuple(order.index(k) for k in range(len(order)))
    return record(balls.permute(a.array, order), (a, lambda g, _: permute(g, inverse_order)))


def diagonal(a: Value, labels: tuple[int, ...]) -> Value:
    """Axes with one label identified."""
    return record(balls.diagonal(a.array, labels), (a, lambda g, _: spread(g, labels)))


def spread(a: Value, labels: tuple[int, ...]) -> Value:
    """The transpose of ``diagonal``."""
    return record(balls.spread(a.array, labels), (a, lambda g, _: diagonal(g, labels)))


def cut(a: Value, position: int, start: int, stop: int) -> Value:
    """The part from ``start`` to before ``stop`` along one axis."""
    return record(
        balls.cut(a.array, position, start, stop),
        (a, lambda g, _: padded(g, position, start, a.shape[position] - stop)),
    )


def padded(a: Value, position: int, before: int, behind: int) -> Value:
    """Zeros before and behind along one axis."""
    sides = [(*a.shape[:position], size, *a.shape[position + 1 :]) for size in (before, behind)]
    array = balls.joined([balls.zeros(sides[0]), a.array, balls.zeros(sides[1])], position)
    return record(array, (a, lambda g, _: cut(g, position, before, before + a.shape[position])))


def joined(parts: Sequence[Value], position: int) -> Value:
    """Arrays joined along one axis."""
    operands = []
    start = 0
    for part in parts:
        stop = start + part.shape[position]
        operands.append((part, _cutter(position, start, stop)))
        start = stop
    return record(balls.joined([part.array for part in parts], position), *operands)


def stacked(parts: Sequence[Value], shape: Shape) -> Value:
    """Arrays of one shape stacked along a new first axis; ``shape`` is that of each."""
    if not parts:
        return Value(balls.zeros((0, *shape)))
    return joined([reshape(part, (1, *shape)) for part in parts], 0)


def row(a: Value, position: int, index: int) -> Value:
    """The slice at an index along one axis, without that axis."""
    piece = cut(a, position, index, index + 1)
    return reshape(piece, a.shape[:position] + a.shape[position + 1 :])


def total(a: Value, positions: tuple[int, ...]) -> Value:
    """The sum over the axes at ``positions``."""
    if not positions:
        return a
    kept = tuple(1 if k in positions else size for k, size in enumerate(a.shape))
    return record(balls.total(a.array, positions), (a, lambda g, _: stretched(reshape(g, kept), a.shape)))


def running_total(a: Value, position: int, *, backwards: bool = False) -> Value:
    """Sums of the entry itself and all before it (behind it, if backwards) along one axis."""
    return record(
        balls.running_total(a.array, position, backwards=backwards),
        (a, lambda g, _: running_total(g, position, backwards=not backwards)),
    )


def matmul(a: Value, b: Value) -> Value:
    """The product of two matrices, or of two stacks of them."""
    return record(
        linear.matmul(a.array, b.array),
        (a, lambda g, _: matmul(g, transposed(b))),
        (b, lambda g, _: matmul(transposed(a), g)),
    )


def transposed(a: Value) -> Value:
    """The last two axes swapped."""
    return permute(a, (1, 0) if len(a.shape) == 2 else (0, 2, 1))


def inverse(a: Value) -> Value:
    """The inverse of a matrix: its derivative along H is −a⁻¹ H a⁻¹."""
    return record(
        linear.inverse(a.array),
        (a, lambda g, out: negate(matmul(transposed(out), matmul(g, transposed(out))))),
    )


def solve(a: Value, b: Value) -> Value:
    """The solution x of a x = b.  [n n], [n k] -> [n k]"""
    return record(
        linear.solve(a.array, b.array),
        (a, lambda g, out: negate(matmul(solve(transposed(a), g), transposed(out)))),
        (b, lambda g, _: solve(transposed(a), g)),
    )


def number(value: int | Fraction) -> Value:
    """A constant scalar."""
    return Value(balls.scalar(ball(Fraction(value))))


def derivative(value: Value, variable: Value, level: int) -> Value:
    """The derivative of an array by a variable: axes of the value, then of the variable."""
    rows = []
    for position in range(prod(value.shape)):
        seed = Value(balls.one_hot(value.shape, position))
        rows.append(pulled_back(value, seed, variable, level, add))
    return reshape(stacked(rows, variable.shape), value.shape + variable.shape)


def _cutter(position: int, start: int, stop: int) -> Callable[[Value, Value], Value]:
    return lambda g, _: cut(g, position, start, stop)


def require(a: Value, condition: Callable[[arb], bool], otherwise: str) -> None:
    """Demand a condition of every entry.

    Raises:
        UndefinedError: it does not hold; ``otherwise`` says what that means.
    """
    if not all(map(condition, a.array.entries)):
        raise UndefinedError(otherwise, certain=True)


def require_finite(a: Value, what: str) -> None:
    """Demand that every entry is a number, which a derivative alone would not show.

    Raises:
        UndefinedError: one is not, or not at this precision.
    """
    if not all(x.is_finite() for x in a.array.entries):
        raise UndefinedError(f"{what} is not finite", certain=False)
