from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from equivalences.numeric.balls import ballarray as balls
from equivalences.numeric.balls import linear
from equivalences.numeric.balls.ballarray import BallArray
from equivalences.numeric.balls.contraction import contract, product
from equivalences.numeric.balls.precision import UndefinedError
from equivalences.numeric.balls.tape import Value

shapes = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple)


def numbered(shape: tuple[int, ...], start: int = 1) -> tuple[BallArray, Any]:
    array = np.arange(start, start + int(np.prod(shape)), dtype=float).reshape(shape)
    return BallArray(shape, [arb(x) for x in array.ravel()]), array


def same(a: BallArray, b: Any) -> bool:
    return a.shape == np.shape(b) and [float(x) for x in a.entries] == list(np.ravel(b))


@given(shapes, st.randoms())
def test_data_moves_as_in_numpy(shape: tuple[int, ...], rng: Any) -> None:
    a, x = numbered(shape)
    order = list(range(len(shape)))
    rng.shuffle(order)
    axis = rng.randrange(len(shape))
    summed = tuple(k for k in range(len(shape)) if rng.random() < 0.5)
    assert same(balls.permute(a, tuple(order)), x.transpose(order))
    assert same(balls.total(a, summed), x.sum(summed))
    assert same(balls.running_total(a, axis, backwards=False), x.cumsum(axis))
    assert same(balls.running_total(a, axis, backwards=True), np.flip(np.flip(x, axis).cumsum(axis), axis))
    start = rng.randint(0, shape[axis])
    assert same(balls.cut(a, axis, start, shape[axis]), np.take(x, range(start, shape[axis]), axis))
    assert same(balls.joined([a, a], axis), np.concatenate([x, x], axis))
    thin = tuple(1 if k in summed else size for k, size in enumerate(shape))
    b, y = numbered(thin)
    assert same(balls.stretch(b, shape), np.broadcast_to(y, shape))
    assert same(balls.multiply(a, b), x * y)
    assert same(balls.subtract(b, a), y - x)


def test_axes_of_size_1_stretch_on_either_side() -> None:
    a, x = numbered((3, 1))
    b, y = numbered((1, 2))
    assert same(balls.add(a, b), x + y)


@pytest.mark.parametrize("labels", [(0, 0), (0, 1, 0), (1, 1, 0), (0, 0, 0)])
def test_a_diagonal_is_spread_back(labels: tuple[int, ...]) -> None:
    sizes = {0: 3, 1: 2}
    a, x = numbered(tuple(sizes[k] for k in labels))
    unique = list(dict.fromkeys(labels))
    line = balls.diagonal(a, labels)
    assert same(line, np.einsum(x, list(labels), unique))
    again = balls.spread(line, labels)
    assert balls.diagonal(again, labels).entries == line.entries
    assert sum(map(float, again.entries)) == sum(map(float, line.entries))


@settings(deadline=None)
@given(st.data())
def test_contractions_are_those_of_einsum(data: st.DataObject) -> None:
    sizes = {0: 1, 1: 2, 2: 3, 3: 2}
    label = st.sampled_from(sorted(sizes))
    operands = data.draw(st.lists(st.lists(label, max_size=3).map(tuple), min_size=1, max_size=3))
    used = sorted({k for names in operands for k in names})
    output = tuple(data.draw(st.lists(st.sampled_from(used), unique=True))) if used else ()
    pairs = [numbered(tuple(sizes[k] for k in names), start=j) for j, names in enumerate(operands)]
    letters = [x for (_, array), names in zip(pairs, operands, strict=True) for x in (array, list(names))]
    result = contract([Value(a) for a, _ in pairs], operands, output)
    assert same(result.array, np.einsum(*letters, list(output)))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 2, 3), (2, 3, 4)),
        ((2, 2, 3), (3, 4)), ((2, 2, 3), (3,)), ((2, 3), (2, 3, 4)), ((3,), (2, 3, 4)), ((2, 0), (0, 3)),
        ((2, 5, 2, 3), (2, 5, 3, 1)),
    ],
)  # fmt: skip
def test_products_are_those_of_numpy(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    (a, x), (b, y) = numbered(left), numbered(right)
    assert same(product(Value(a), Value(b)).array, x @ y)


def test_a_singular_matrix_is_told_from_one_that_is_not_resolved() -> None:
    exact = BallArray((2, 2), [arb(1), arb(2), arb(2), arb(4)])
    with pytest.raises(UndefinedError, match="singular") as certain:
        linear.inverse(exact)
    third = arb(1) / 3
    with pytest.raises(UndefinedError, match="singular") as open_question:
        linear.inverse(BallArray((2, 2), [third, third, third, third]))
    assert certain.value.certain
    assert not open_question.value.certain


def test_entries_of_one_number_are_one_object() -> None:
    a = BallArray((2, 2), [arb(1) / 3, arb(2) / 3, arb(4) / 3, arb(5) / 3])
    moved = balls.permute(balls.joined([balls.cut(a, 0, 1, 2), a], 0), (1, 0))
    assert [id(x) for x in moved.entries] == [id(a.entries[k]) for k in (2, 0, 2, 3, 1, 3)]
    assert balls.filled((2,), Fraction(1, 3)).shape == (2,)
