"""Elementary functions and softmax in balls, each with its derivative; see ``tangent``."""

from collections.abc import Sequence
from fractions import Fraction

from flint import arb

from . import ballarray as balls
from .ballarray import ONE, ZERO
from .precision import ball
from .tangent import (
    divide,
    multiply,
    narrowed,
    negate,
    number,
    power,
    require,
    reshape,
    scale,
    subtract,
    total,
)
from .tape import Value, record


def exp(a: Value) -> Value:
    """eˣ, entry by entry."""
    return record(balls.mapped(arb.exp, a.array), (a, multiply))


def log(a: Value) -> Value:
    """The natural logarithm, entry by entry.

    Raises:
        UndefinedError: an argument is certainly not positive.
    """
    require(a, lambda x: not x <= 0, "a logarithm of a number that is not positive")
    return record(balls.mapped(arb.log, a.array), (a, lambda g, _: divide(g, a)))


def sqrt(a: Value) -> Value:
    """The square root, entry by entry; a ball around 0 is taken from 0 on, where alone there is a root.

    Raises:
        UndefinedError: an argument is certainly negative, or 0 where a derivative is asked for.
    """
    require(a, lambda x: not x < 0, "a square root of a negative number")
    roots = balls.mapped(root, a.array)
    return record(roots, (a, lambda g, out: scale(divide(g, out), Fraction(1, 2))))


def tanh(a: Value) -> Value:
    """The hyperbolic tangent, entry by entry."""
    return record(
        balls.mapped(arb.tanh, a.array), (a, lambda g, out: multiply(g, subtract(number(1), power(out, 2))))
    )


def sin(a: Value) -> Value:
    """The sine, entry by entry."""
    return record(balls.mapped(arb.sin, a.array), (a, lambda g, _: multiply(g, cos(a))))


def cos(a: Value) -> Value:
    """The cosine, entry by entry."""
    return record(balls.mapped(arb.cos, a.array), (a, lambda g, _: negate(multiply(g, sin(a)))))


def erf(a: Value) -> Value:
    """The error function, entry by entry; its derivative is 2 e^(−x²) / √π."""

    def pull(g: Value, _: Value) -> Value:
        density = exp(negate(power(a, 2)))
        return multiply(g, multiply(density, Value(balls.scalar(2 / arb.pi().sqrt()))))

    return record(balls.mapped(arb.erf, a.array), (a, pull))


def sigmoid(a: Value) -> Value:
    """1 / (1 + e⁻ˣ), entry by entry."""
    return record(
        balls.mapped(lambda x: 1 / (1 + (-x).exp()), a.array),
        (a, lambda g, out: multiply(g, multiply(out, subtract(number(1), out)))),
    )


def softplus(a: Value) -> Value:
    """log(1 + eˣ), entry by entry."""
    return record(balls.mapped(lambda x: x.exp().log1p(), a.array), (a, lambda g, _: multiply(g, sigmoid(a))))


def relu(a: Value) -> Value:
    """max(x, 0), entry by entry; where the sign is undecided the ball [0, upper end].

    The derivative at exactly 0 is 0; where the sign is undecided there is none.
    """
    return record(
        balls.mapped(positive_part, a.array),
        (a, lambda g, _: multiply(g, Value(balls.mapped(is_positive, a.array)))),
    )


def polynomial(a: Value, coefficients: Sequence[Fraction]) -> Value:
    """A polynomial with rational coefficients, lowest first, entry by entry."""
    numbers = [ball(c) for c in reversed(coefficients)]

    def value(x: arb) -> arb:
        result = ZERO
        for c in numbers:
            result = result * x + c
        return result

    slope = [k * c for k, c in enumerate(coefficients)][1:]
    return record(balls.mapped(value, a.array), (a, lambda g, _: multiply(g, polynomial(a, slope))))


def softmax(a: Value, position: int, where: Value | None) -> Value:
    """Exponentials over their sum along one axis, times the array ``where`` before both.

    With w = m eˣ / Z, ∂wᵢ/∂xⱼ = wᵢ (δᵢⱼ − wⱼ) and ∂wᵢ/∂mⱼ = (δᵢⱼ − wᵢ) eˣʲ / Z.
    """
    weights = balls.mapped(arb.exp, a.array)
    if where is not None:
        weights = balls.multiply(weights, where.array)
    kept = tuple(1 if k == position else size for k, size in enumerate(a.shape))
    sums = balls.reshape(balls.total(weights, (position,)), kept)
    require(Value(sums), lambda s: not s.is_zero(), "a softmax over nothing")
    inverses = balls.mapped(lambda s: 1 / s, sums)

    def pull(g: Value, out: Value) -> Value:
        weighted = multiply(g, out)
        mean = reshape(total(weighted, (position,)), kept)
        return subtract(weighted, multiply(out, mean))

    if where is None:
        return record(balls.multiply(weights, inverses), (a, pull))
    mask = where

    def pull_mask(g: Value, out: Value) -> Value:
        mean = reshape(total(multiply(g, out), (position,)), kept)
        exponentials = exp(a)
        sums = reshape(total(multiply(mask, exponentials), (position,)), kept)
        return narrowed(multiply(subtract(g, mean), divide(exponentials, sums)), mask.shape)

    return record(balls.multiply(weights, inverses), (a, pull), (mask, pull_mask))


def logsumexp(a: Value, position: int) -> Value:
    """The logarithm of the sum of exponentials along one axis; its derivative is the softmax."""
    sums = balls.total(balls.mapped(arb.exp, a.array), (position,))
    require(Value(sums), lambda s: not s <= 0, "a logarithm of an empty sum")
    kept = tuple(1 if k == position else size for k, size in enumerate(a.shape))
    return record(
        balls.mapped(arb.log, sums),
        (a, lambda g, _: multiply(reshape(g, kept), softmax(a, position, None))),
    )


def root(x: arb) -> arb:
    """The square root; of a ball around 0, what lies between 0 and that of its upper end."""
    return x.sqrt() if x >= 0 else ZERO.union(x.upper().sqrt())


def positive_part(x: arb) -> arb:
    """max(x, 0); where the sign is undecided, a ball around [0, upper end]."""
    if x >= 0:
        return x
    if x <= 0:
        return ZERO
    return ZERO.union(x.upper())


def is_positive(x: arb) -> arb:
    """1 or 0; not a number where the sign is undecided."""
    if x > 0:
        return ONE
    if x <= 0:
        return ZERO
    return arb.nan()
