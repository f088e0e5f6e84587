import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, arb_series, ctx

from equivalences import (
    Array,
    dot,
    exp,
    gradient,
    jacobian,
    logsumexp,
    real,
    scan,
    softmax,
    stop_gradient,
    tanh,
    zeros,
)
from equivalences.language.domain import Domain
from equivalences.language.evidence import Instance
from equivalences.numeric.balls import certification as balls
from equivalences.numeric.balls import tangent
from equivalences.numeric.balls.ballarray import BallArray
from equivalences.numeric.balls.precision import precision
from equivalences.numeric.balls.tape import Value, pulled_back, variable

from .samples import Sample, compared, instance_of, mse, square

SIZES = {"n": 4, "d": 3, "v": 2}
DATA: dict[str, Domain] = {"W": real("v d"), "X": real("n d"), "Y": real("n v")}
BITS = 200


def objects(entries: list[Any], shape: tuple[int, ...]) -> Any:
    """An array of power series, which NumPy would take for sequences."""
    result = np.empty(len(entries), dtype=object)
    result[:] = entries
    return result.reshape(shape)


def series(start: list[arb], direction: list[arb], shape: tuple[int, ...]) -> Any:
    """The array start + t · direction, as power series in t."""
    return objects([arb_series([x, v], prec=3) for x, v in zip(start, direction, strict=True)], shape)


def sums(x: Any) -> Any:
    """Sums along the rows."""
    return objects([sum(row, arb_series([0], prec=3)) for row in x], (len(x),))


def exponentials(x: Any) -> Any:
    return objects([e.exp() for e in x.ravel()], x.shape)


def cross_entropy_of(W: Array, X: Array, Y: Array) -> Array:
    return logsumexp(X @ W.T, axis=1).sum() - dot(Y, X @ W.T)


def attention_of(W: Array, X: Array, Y: Array) -> Array:
    return square(softmax(X @ W.T, axis=1) - Y)


def recurrent_of(W: Array, X: Array, Y: Array) -> Array:
    return square(scan(lambda s, x, y: s * tanh(W @ x) + y, zeros("v"), (X, Y)))


def series_cross_entropy(W: Any, X: Any, Y: Any) -> Any:
    logits = X @ W.T
    normalisers = sums(exponentials(logits))
    return sum(z.log() for z in normalisers) - (Y * logits).sum()


def series_attention(W: Any, X: Any, Y: Any) -> Any:
    weights = exponentials(X @ W.T)
    difference = weights / sums(weights)[:, None] - Y
    return (difference * difference).sum()


def series_recurrent(W: Any, X: Any, Y: Any) -> Any:
    state = objects([arb_series([0], prec=3)] * 2, (2,))
    for x, y in zip(X, Y, strict=True):
        inner = exponentials(W @ x * 2)
        state = state * ((inner - 1) / (inner + 1)) + y
    return (state * state).sum()


@pytest.mark.parametrize(
    ("loss", "as_series"),
    [
        (cross_entropy_of, series_cross_entropy),
        (attention_of, series_attention),
        (recurrent_of, series_recurrent),
    ],
)
def test_gradients_and_hessians_agree_with_power_series_in_random_directions(
    loss: Callable[..., Array], as_series: Callable[..., Any]
) -> None:
    comparison = compared(
        Sample(
            "slopes",
            {**DATA, "V": real("v d")},
            lambda W, X, Y, V: dot(gradient(loss)(W, X, Y), V),
            lambda W, X, Y, V: dot(gradient(lambda U: dot(gradient(loss)(U, X, Y), V))(W), V) / 2,
        )
    )
    for seed in range(8):
        instance = instance_of(comparison, SIZES, seed)
        first, second = (side[0] for side in balls.evaluate(comparison, instance, BITS))
        with precision(BITS):
            entries = {
                name: [arb(x.numerator) / x.denominator for x in values]
                for name, values in instance.values.items()
            }
            constants = [np.array(entries[k], dtype=object).reshape(4, -1) for k in ("X", "Y")]
            before, ctx.cap = ctx.cap, 3
            value = as_series(series(entries["W"], entries["V"], (2, 3)), *constants)
            ctx.cap = before
        assert first.overlaps(value[1])
        assert second.overlaps(value[2])
        assert first.rad() < 1e-50
        assert second.rad() < 1e-50


def slope(f: Callable[[Value], Value], x: float) -> arb:
    at = variable(Value(BallArray((), [arb(x)])), 1)
    one = Value(BallArray((), [arb(1)]))
    result: arb = pulled_back(f(at), one, at, 1, tangent.add).array.entries[0]
    return result


def test_a_value_that_ignores_the_variable_has_slope_0() -> None:
    assert slope(lambda x: tangent.number(3), 2.0).is_zero()


def test_what_no_gradient_asks_for_is_not_recorded() -> None:
    a, b = tangent.number(2), tangent.number(3)
    assert tangent.multiply(a, b).operands == ()
    x = variable(a, 1)
    assert tangent.multiply(x, b).operands == (x,)


def test_a_finished_gradient_depends_on_outer_gradients_only() -> None:
    x = variable(tangent.number(2), 1)
    y = variable(tangent.multiply(x, x), 2)
    cube = tangent.multiply(tangent.multiply(y, y), tangent.multiply(y, x))
    inner = tangent.derivative(cube, y, 2)
    assert inner.varies == 1 << 1
    assert inner.array.entries[0] == 3 * 4**2 * 2
    outer = tangent.derivative(inner, x, 1)
    assert outer.varies == 0
    assert outer.array.entries[0] == 15 * 2**4


def test_perturbations_are_not_confused() -> None:
    """The derivative of x · d(x + y)/dy at y = 1 is 1, and not 2."""
    given: dict[str, Domain] = {"x": real()}
    comparison = compared(
        Sample(
            "confusion",
            given,
            lambda x: gradient(lambda u: u * gradient(lambda y: u * y + y)(u * 0 + 1))(x),
            lambda x: 2 * x + 1,
        )
    )
    assert balls.certify(comparison, Instance({}, {"x": (Fraction(5, 2),)}), 30).status == "agree"


def test_stopping_freezes_every_enclosing_gradient() -> None:
    given: dict[str, Domain] = {"x": real("n")}
    comparison = compared(
        Sample(
            "frozen twice",
            given,
            lambda x: jacobian(
                lambda u: gradient(lambda w: dot(w, stop_gradient(w * u)) + dot(exp(u), w))(u * u)
            )(x),
            lambda x: jacobian(lambda u: exp(u))(x),
        )
    )
    assert balls.certify(comparison, instance_of(comparison, {"n": 3}), 30).status == "agree"


def test_a_gradient_through_a_long_recurrence() -> None:
    comparison = compared(
        Sample(
            "a geometric series",
            {"a": real()},
            lambda a: gradient(lambda b: scan(lambda s: s * b / 2 + b, b, length="T"))(a),
            lambda a: gradient(lambda b: b * ((b / 2) ** 3000) + b * (1 - (b / 2) ** 3000) / (1 - b / 2))(a),
        )
    )
    instance = Instance({"T": 3000}, {"a": (Fraction(3, 4),)})
    assert balls.certify(comparison, instance, 30).status == "agree"


def test_a_matrix_step_and_its_transpose_are_adjoint() -> None:
    """⟨u, J v⟩ of the pull-back equals ⟨Jᵀ u, v⟩ for data movement, where J is the operation itself."""
    rng = random.Random(0)
    array = BallArray((2, 3, 2), [arb(rng.randint(-9, 9)) for _ in range(12)])
    moves: list[Callable[[Value], Value]] = [
        lambda x: tangent.permute(x, (2, 0, 1)),
        lambda x: tangent.cut(x, 1, 1, 3),
        lambda x: tangent.padded(x, 2, 1, 2),
        lambda x: tangent.diagonal(x, (0, 1, 0)),
        lambda x: tangent.total(x, (0, 2)),
        lambda x: tangent.running_total(x, 1),
        lambda x: tangent.running_total(x, 1, backwards=True),
        lambda x: tangent.stretched(tangent.reshape(x, (1, 12)), (3, 12)),
        lambda x: tangent.joined([x, tangent.negate(x)], 0),
        lambda x: tangent.row(x, 1, 2),
        lambda x: tangent.scale(x, Fraction(3)),
    ]
    for move in moves:
        x = variable(Value(array), 1)
        y = move(x)
        u = Value(BallArray(y.shape, [arb(rng.randint(-9, 9)) for _ in y.array.entries]))
        pulled = pulled_back(y, u, x, 1, tangent.add)
        left = sum(a * b for a, b in zip(u.array.entries, y.array.entries, strict=True))
        right = sum(a * b for a, b in zip(pulled.array.entries, array.entries, strict=True))
        assert left == right


def test_the_gradient_of_a_gradient_step_has_the_type_of_the_variable() -> None:
    comparison = compared(
        Sample(
            "types",
            DATA,
            lambda W, X, Y: jacobian(lambda U: gradient(mse)(U, X, Y))(W),
            lambda W, X, Y: jacobian(lambda U: U @ (X.T @ X))(W),
        )
    )
    assert balls.certify(comparison, instance_of(comparison, SIZES), 30).status == "agree"
