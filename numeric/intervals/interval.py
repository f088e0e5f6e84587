"""A second implementation of the evaluation, in mpmath's intervals: slow, short, and for small instances.

It shares the terms and nothing else with ``balls``: other arithmetic, NumPy object arrays in the place of
matrices, forward derivatives in the place of a tape.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from mpmath import iv

from equivalences.language import term as node
from equivalences.language.comparison import Comparison
from equivalences.language.domain import Features
from equivalences.language.evidence import Instance
from equivalences.language.realisation import offset, weight
from equivalences.language.term import Axes, Bound, Loop, Term, summands

from ..balls.precision import UndefinedError
from .jet import Jet, apply, interval, number
from .jetarray import (
    Jets,
    constants,
    cubic,
    filled,
    mapped,
    solved,
    stacked,
    total,
)

ARITHMETIC = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.true_divide}


def evaluate(comparison: Comparison, instance: Instance, bits: int) -> tuple[list[Any], list[Any]]:
    """Intervals that enclose the entries of both sides, row-major.

    Raises:
        UndefinedError: a side has no value at the instance, or the intervals are too wide to define one.
    """
    with precision(bits):
        walker = Intervals(comparison, instance)
        sides = (walker.at(comparison.lhs, Frame()), walker.at(comparison.rhs, Frame()))
        lhs, rhs = ([interval(x) for x in side.ravel()] for side in sides)
    return lhs, rhs


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute with ``bits`` bits inside the block, and as before after it."""
    before = iv.prec
    iv.prec = bits
    try:
        yield
    finally:
        iv.prec = before


@dataclass(frozen=True, eq=False)
class Frame:
    """Bound variables with their values, and what was computed among them."""

    bound: Mapping[int, Jets] = field(default_factory=dict)
    level: int = 0
    values: dict[int, Jets] = field(default_factory=dict)

    def with_bound(self, names: Sequence[Bound], values: Sequence[Jets], level: int) -> "Frame":
        """A frame in which some more variables are bound."""
        return Frame({**self.bound, **dict(zip(map(id, names), values, strict=True))}, level)


class Intervals:
    """One instance at one precision."""

    def __init__(self, comparison: Comparison, instance: Instance) -> None:
        self.comparison = comparison
        self.instance = instance
        self.points: dict[str, list[Jets]] = {}
        self.vectors: dict[str, list[list[Jet]]] = {}

    def at(self, term: Term, frame: Frame) -> Jets:
        """The value of a term where the variables of a frame are bound."""
        if id(term) not in frame.values:
            frame.values[id(term)] = np.asarray(self.compute(term, frame), dtype=object)
        return frame.values[id(term)]

    def shape(self, axes: Axes) -> tuple[int, ...]:
        """The sizes of some axes."""
        sizes = {"1": 1, **self.instance.sizes}
        return tuple(sum(sizes[part] for part in summands(axis)) for axis in axes)

    def compute(self, term: Term, frame: Frame) -> Jets:
        """The value of a node, from those of its children."""
        match term:
            case node.Constant(value):
                return number(value)
            case node.Variable(name, axes):
                return self.given(name, axes)
            case Bound():
                return frame.bound[id(term)]
            case node.Size(axis):
                return number(self.shape((axis,))[0])
            case node.Filled(value, axes):
                return constants(np.full(self.shape(axes), value, dtype=object))
            case node.Identity(axis):
                return constants(np.eye(self.shape((axis,))[0], dtype=int))
            case node.Causal(axis, strict):
                n = self.shape((axis,))[0]
                return constants(np.tri(n, n, -1 if strict else 0, dtype=int))
            case node.Shift(axis):
                return constants(np.eye(self.shape((axis,))[0], k=-1, dtype=int))
            case node.Pi():
                return constants(np.array(iv.pi, dtype=object))
            case node.Elementwise(operation, left, right):
                return ARITHMETIC[operation](self.at(left, frame), self.at(right, frame))
            case node.Power(base, exponent):
                return mapped(lambda x: x**exponent, self.at(base, frame))
            case node.Apply(function, argument):
                return mapped(lambda x: apply(function, x), self.at(argument, frame))
            case node.Permute(argument, order):
                return np.transpose(self.at(argument, frame), order)
            case node.Expand(argument, position):
                return np.expand_dims(self.at(argument, frame), position)
            case node.Take(argument, position, index):
                return np.take(self.at(argument, frame), int(self.instance.values[index][0]), position)
            case node.Sum(argument, positions):
                return total(self.at(argument, frame), positions)
            case node.Concatenate(pieces, position):
                return np.concatenate([self.at(piece, frame) for piece in pieces], position)
            case node.CumulativeSum(argument, position):
                return np.add.accumulate(self.at(argument, frame), position)
        return self.algebra(term, frame)

    def algebra(self, term: Term, frame: Frame) -> Jets:
        """The value of a contraction, a softmax, an inverse, or a function of ``given``."""
        match term:
            case node.Matmul(left, right):
                return np.matmul(self.at(left, frame), self.at(right, frame))
            case node.Contract(operands, labels, output):
                pairs = zip(operands, labels, strict=True)
                letters = [x for operand, names in pairs for x in (self.at(operand, frame), list(names))]
                return np.einsum(*letters, list(output))
            case node.Softmax(argument, position, where):
                weights = mapped(lambda x: apply("exp", x), self.at(argument, frame))
                if where is not None:
                    weights = weights * self.at(where, frame)
                return weights / np.expand_dims(total(weights, (position,)), position)
            case node.LogSumExp(argument, position):
                weights = mapped(lambda x: apply("exp", x), self.at(argument, frame))
                return mapped(lambda x: apply("log", x), total(weights, (position,)))
            case node.Inverse(argument):
                matrix = self.at(argument, frame)
                return solved(matrix, constants(np.eye(len(matrix), dtype=int)))
            case node.Solve(matrix, right):
                x = self.at(right, frame)
                return solved(self.at(matrix, frame), x.reshape(len(x), -1)).reshape(x.shape)
            case node.Activation(function, argument):
                scaled = self.at(argument, frame) * constants(weight(function, 0, 0, 0))
                return mapped(cubic, scaled) + constants(offset(function, 0))
            case node.Unknown(function, arguments, axes):
                arrays = [self.at(x, frame).ravel() for x in arguments]
                outputs = range(prod(self.shape(axes)))
                entries = [cubic(_inner(function, o, arrays)) for o in outputs]
                return filled(entries, self.shape(axes))
            case node.Feature(function, point, _):
                points = self.at(point, frame)
                rows = [self.features(function, p) for p in points.reshape(-1, points.shape[-1])]
                return filled([x for row in rows for x in row], (*points.shape[:-1], len(rows[0])))
        return self.bind(term, frame)

    def bind(self, term: Term, frame: Frame) -> Jets:
        """The value of a node that binds variables, or holds them constant."""
        match term:
            case node.StopGradient(argument):
                return mapped(lambda x: Jet(0, interval(x)), self.at(argument, frame))
            case node.Gradient(body, variable, at):
                return self.gradient(body, variable, self.at(at, frame), frame)
            case node.Each(body, rows, sequences):
                arrays = [self.at(s, frame) for s in sequences]
                steps = [[array[k] for array in arrays] for k in range(len(arrays[0]))]
                values = [self.at(body, frame.with_bound(rows, step, frame.level)) for step in steps]
                return stacked(values, self.shape(body.axes))
            case node.LoopState(loop, component):
                return self.run(loop, frame)[0][component]
            case node.LoopReads(loop):
                assert loop.read is not None
                return stacked(self.run(loop, frame)[1], self.shape(loop.read.axes))
        raise TypeError(f"{type(term).__name__} is no term")

    def gradient(self, body: Term, variable: Bound, at: Jets, frame: Frame) -> Jets:
        """The slope of the body along each entry of the variable."""
        level = frame.level + 1
        slopes = []
        for position in range(at.size):
            moved = at.copy().ravel()
            moved[position] = Jet(level, moved[position], number(1))
            value = self.at(body, frame.with_bound([variable], [moved.reshape(at.shape)], level))
            slopes.append(mapped(lambda x: x.slope if x.level == level else number(0), value))
        shape = self.shape(body.axes)
        return np.moveaxis(stacked(slopes, shape), 0, -1).reshape(*shape, *at.shape)

    def run(self, loop: Loop, frame: Frame) -> tuple[list[Jets], list[Jets]]:
        """A loop's last state, and its reads."""
        states = [self.at(x, frame) for x in loop.initials]
        arrays = [self.at(x, frame) for x in loop.sequences]
        reads = []
        for k in range(self.shape((loop.axis,))[0]):
            rows = [array[k] for array in arrays]
            before = frame.with_bound((*loop.states, *loop.rows), (*states, *rows), frame.level)
            states = [self.at(body, before) for body in loop.bodies]
            if loop.read is not None:
                after = frame.with_bound((*loop.states, *loop.rows), (*states, *rows), frame.level)
                reads.append(self.at(loop.read, after))
        return states, reads

    def given(self, name: str, axes: Axes) -> Jets:
        """An input of the instance; one that a hypothesis ties down is computed from the others."""
        if name in self.comparison.realised:
            return self.at(self.comparison.realised[name], Frame())
        return filled([number(x) for x in self.instance.values[name]], self.shape(axes))

    def features(self, name: str, point: Jets) -> list[Jet]:
        """The features of one point: a row of the Cholesky factor of the Gram matrix."""
        points, vectors = self.points.setdefault(name, []), self.vectors.setdefault(name, [])
        domain = self.comparison.given[name]
        assert isinstance(domain, Features)
        (size,) = self.shape((domain.features,))
        for old, vector in zip(points, vectors, strict=True):
            if all(_same(x, y) for x, y in zip(old, point, strict=True)):
                return vector
        vector = [number(0)] * size
        for k, (old, other) in enumerate(zip(points, vectors, strict=True)):
            inner = number(0)
            for x, y in zip(vector[:k], other[:k], strict=True):
                inner = inner + x * y
            vector[k] = (self.kernel(name, point, old) - inner) / other[k]
        if len(points) == size:
            raise UndefinedError(f"{name} needs more than {size} features", certain=True)
        rest = self.kernel(name, point, point)
        for x in vector:
            rest = rest - x * x
        if not interval(rest) > 0:
            raise UndefinedError(f"the kernel of {name} is not proved positive definite", certain=False)
        vector[len(points)] = apply("sqrt", rest)
        points.append(point)
        vectors.append(vector)
        return vector

    def kernel(self, name: str, x: Jets, y: Jets) -> Jet:
        """The kernel of two points."""
        kernel = self.comparison.kernels[name]
        value: Jet = self.at(kernel.value, Frame().with_bound((kernel.x, kernel.y), (x, y), 0)).item()
        return value


def _same(x: Jet, y: Jet) -> bool:
    """Whether two coordinates are certainly equal; False if certainly not.

    Raises:
        UndefinedError: neither is certain.
    """
    a, b = interval(x), interval(y)
    if a.delta == 0 and b.delta == 0:
        return bool(a == b)
    if a.b < b.a or b.b < a.a:
        return False
    raise UndefinedError("two points cannot be told apart", certain=False)


def _inner(function: str, output: int, arrays: Sequence[Jets]) -> Jet:
    """What an unknown function takes the cubic of, for one output entry."""
    value = number(offset(function, output))
    for k, array in enumerate(arrays):
        for c, x in enumerate(array):
            value = value + number(weight(function, k, output, c)) * x
    return value
