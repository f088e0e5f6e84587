"""What a formula says is what the term computes: printed, read back, and compared over the rationals."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from equivalences import (
    append,
    causal,
    concat,
    dot,
    each,
    einsum,
    identity,
    ones,
    outer,
    relu,
    trace,
    transpose,
)
from equivalences.language.array import Array
from equivalences.language.term import (
    Apply,
    Causal,
    Concatenate,
    Constant,
    Contract,
    CumulativeSum,
    Each,
    Elementwise,
    Expand,
    Filled,
    Identity,
    Matmul,
    Permute,
    Power,
    Sum,
    Term,
    Variable,
    summands,
)
from equivalences.report.latex import Writer
from equivalences.report.names import Names

from .reading import Reader, column

Arrays: TypeAlias = st.SearchStrategy[Array]

SIZES = {"n": 3, "d": 2, "1": 1}
TYPES = {
    "a": (),
    "b": (),
    "x": ("d",),
    "y": ("d",),
    "z": ("n",),
    "A": ("n", "d"),
    "B": ("n", "d"),
    "M": ("d", "d"),
}
VARIABLES = {name: Array(Variable(name, axes)) for name, axes in TYPES.items()}
MIX = np.random.default_rng(0)
VALUES = {
    name: np.array(
        [Fraction(int(k)) for k in MIX.choice([-3, -2, -1, 1, 2, 3], size=[SIZES[a] for a in axes]).ravel()],
        dtype=object,
    ).reshape([SIZES[a] for a in axes])
    for name, axes in TYPES.items()
}


def size(axis: str) -> int:
    return sum(SIZES[part] for part in summands(axis))


def evaluate(term: Term, bound: Mapping[int, Any] | None = None) -> Any:
    """The value of a term as an array of rationals."""
    bound = bound or {}

    def at(t: Term) -> Any:
        return evaluate(t, bound)

    if id(term) in bound:
        return bound[id(term)]
    match term:
        case Variable(name, _):
            return VALUES[name]
        case Constant(value):
            return np.array(value, dtype=object)
        case Filled(value, shape):
            return np.full([size(a) for a in shape], value, dtype=object)
        case Identity(axis):
            return np.array([[Fraction(i == j) for j in range(size(axis))] for i in range(size(axis))])
        case Causal(axis, _):
            return np.array([[Fraction(j <= i) for j in range(size(axis))] for i in range(size(axis))])
        case Elementwise(operation, left, right):
            function = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide}
            return np.asarray(function[operation](at(left), at(right)), dtype=object)
        case Power(base, exponent):
            return np.asarray(at(base) ** exponent, dtype=object)
        case Apply("negate", argument):
            return np.asarray(-at(argument), dtype=object)
        case Apply("relu", argument):
            return np.asarray(np.maximum(at(argument), np.array(Fraction(0))), dtype=object)
        case Permute(argument, order):
            return at(argument).transpose(order)
        case Expand(argument, position):
            return np.expand_dims(at(argument), position)
        case Sum(argument, positions):
            return np.asarray(at(argument).sum(axis=positions), dtype=object)
        case CumulativeSum(argument, position):
            return np.cumsum(at(argument), axis=position)
        case Matmul(left, right):
            return np.asarray(at(left) @ at(right), dtype=object)
        case Concatenate(parts, position):
            return np.concatenate([at(part) for part in parts], axis=position)
        case Contract(operands, labels, output):
            sizes = {
                k: size(a)
                for x, ks in zip(operands, labels, strict=True)
                for k, a in zip(ks, x.axes, strict=True)
            }
            summed = [k for k in sizes if k not in output]
            result = np.full([sizes[k] for k in output], Fraction(0), dtype=object)
            values = [at(x) for x in operands]
            for place in np.ndindex(*(sizes[k] for k in (*output, *summed))):
                where = dict(zip((*output, *summed), place, strict=True))
                entries = [v[tuple(where[k] for k in ks)] for v, ks in zip(values, labels, strict=True)]
                product = Fraction(1)
                for entry in entries:
                    product *= entry
                result[place[: len(output)]] += product
            return result
        case Each(body, rows, sequences):
            values = [at(s) for s in sequences]
            results = [
                evaluate(body, {**bound, **{id(r): v[k] for r, v in zip(rows, values, strict=True)}})
                for k in range(len(values[0]))
            ]
            return np.array(results, dtype=object)
    raise AssertionError(term)


def of_type(*axes: str) -> Arrays:
    return st.sampled_from([v for v in VARIABLES.values() if v.axes == axes])


def pairs(strategy: Arrays) -> st.SearchStrategy[tuple[Array, Array]]:
    return st.tuples(strategy, strategy)


def arithmetic(same: Arrays, scalar: Arrays) -> Arrays:
    """What can be made of arrays of one type, and scalars."""
    return st.one_of(
        pairs(same).map(lambda p: p[0] + p[1]),
        pairs(same).map(lambda p: p[0] - p[1]),
        pairs(same).map(lambda p: p[0] * p[1]),
        same.map(lambda p: -p),
        same.map(relu),
        same.map(lambda p: p**2),
        st.tuples(scalar, same).map(lambda p: p[0] * p[1]),
        st.tuples(same, scalar).map(lambda p: p[0] * p[1]),
        st.tuples(same, scalar).map(lambda p: p[0] + p[1]),
        same.map(lambda p: p / 2),
        st.tuples(same, st.sampled_from([VARIABLES["a"], VARIABLES["b"]])).map(lambda p: p[0] / p[1]),
    )


def terms(depth: int) -> tuple[Arrays, Arrays, Arrays, Arrays, Arrays]:
    """Strategies for scalars, vectors [d] and [n], and matrices [n d] and [d d]."""
    if depth == 0:
        s, x, z = of_type(), of_type("d"), of_type("n")
        return (
            s | st.sampled_from([Array(Constant(Fraction(k, 2))) for k in (-3, 1, 2, 4)]),
            x,
            z,
            of_type("n", "d"),
            of_type("d", "d"),
        )
    s, x, z, a, m = terms(depth - 1)
    scalar = st.one_of(
        s,
        arithmetic(s, s),
        pairs(x).map(lambda p: p[0] @ p[1]),
        pairs(a).map(lambda p: dot(*p)),
        x.map(lambda p: dot(p, p)),
        m.map(trace),
        z.map(lambda p: p.sum()),
        a.map(lambda p: p.sum()),
        st.tuples(a, m).map(lambda p: einsum(p[0], p[1], p[0], "n d, d e, n e ->")),
        a.map(lambda p: each(lambda r: dot(r, r) + 1, p).sum()),
    )
    vector = st.one_of(
        x,
        arithmetic(x, s),
        st.tuples(m, x).map(lambda p: p[0] @ p[1]),
        st.tuples(x, m).map(lambda p: p[0] @ p[1]),
        st.tuples(z, a).map(lambda p: p[0] @ p[1]),
        a.map(lambda p: p.sum("n")),
        st.tuples(a, z).map(lambda p: einsum(p[0], p[1], "n d, n -> d")),
        st.tuples(m, x).map(lambda p: (each(lambda r: outer(r, r), p[0]).sum(0)) @ p[1]),
    )
    tokens = st.one_of(
        z, arithmetic(z, s), st.tuples(a, x).map(lambda p: p[0] @ p[1]), a.map(lambda p: p.sum(1)),
        st.tuples(x, a).map(lambda p: p[0] @ p[1].T),
    )  # fmt: skip
    matrix = st.one_of(
        a,
        arithmetic(a, s),
        st.tuples(a, m).map(lambda p: p[0] @ p[1]),
        st.tuples(z, x).map(lambda p: outer(*p)),
        st.tuples(z, x).map(lambda p: p[0][:, None] * p[1][None, :]),
        st.tuples(z, a).map(lambda p: p[0][:, None] * p[1]),
        st.tuples(a, z).map(lambda p: p[0] / (p[1] * p[1] + 1)[:, None]),
        st.tuples(a, x).map(lambda p: p[0] - p[1][None, :]),
        st.tuples(a, z).map(lambda p: p[0] + p[1][:, None]),
        pairs(a).map(lambda p: (causal("n") * (p[0] @ p[1].T)) @ p[1]),
        st.tuples(a, m).map(lambda p: einsum(p[0], p[1], "n d, e d -> n e")),
    )
    square = st.one_of(
        m,
        arithmetic(m, s),
        m.map(lambda p: p.T),
        m.map(transpose),
        pairs(m).map(lambda p: p[0] @ p[1]),
        pairs(a).map(lambda p: p[0].T @ p[1]),
        st.tuples(m, s).map(lambda p: p[0] + p[1] * identity("d")),
        pairs(x).map(lambda p: outer(*p)),
        m.map(lambda p: p @ ones("d d")),
    )
    return scalar, vector, tokens, matrix, square


def read_back(term: Term) -> tuple[Any, str]:
    """The value of the printed formula, its definitions evaluated first."""
    writer = Writer(Names(tuple(TYPES), ("n", "d")))
    formula = writer.formula(term)
    names = {name: column(value) for name, value in VALUES.items()}
    for definition in writer.definitions:
        for left, right in definition.equations:
            names[left] = Reader(right.latex, names, SIZES).whole()
    return Reader(formula.latex, names, SIZES).whole(), formula.latex


@settings(max_examples=300, deadline=None)
@given(st.one_of(*terms(3)))
def test_a_formula_means_what_the_term_computes(array: Array) -> None:
    try:
        expected = column(evaluate(array.term))
    except ZeroDivisionError:
        return
    found, latex = read_back(array.term)
    assert np.shape(found) == np.shape(expected), latex
    assert np.all(found == expected), latex


@settings(max_examples=50, deadline=None)
@given(*terms(1))
def test_block_matrices_are_read_back(
    scalar: Array, vector: Array, tokens: Array, matrix: Array, square: Array
) -> None:
    for array in (
        concat(matrix, square),
        append(matrix, vector),
        concat(vector, tokens),
        concat(matrix, matrix, axis=1),
    ):
        try:
            expected = column(evaluate(array.term))
        except ZeroDivisionError:
            return
        found, latex = read_back(array.term)
        assert np.all(found == expected), latex


def test_the_reader_tells_a_transpose() -> None:
    right, _ = read_back((VARIABLES["M"] @ VARIABLES["x"]).term)
    wrong, _ = read_back((VARIABLES["x"] @ VARIABLES["M"]).term)
    assert np.any(right != wrong)
