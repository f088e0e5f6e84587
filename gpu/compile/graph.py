"""One side as a straight line of array operations with concrete sizes.

A node is an operation on earlier nodes; equal nodes are one. Shapes leave out the batch axis, which every
array has in front. An axis of features is written as its name, since its size is a matter of how feature
maps are realised; every other axis is a number. Each side has a graph of its own: nothing is ever shared
across sides, or a slip here could compare a program with itself.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

Dim: TypeAlias = int | str
Shape: TypeAlias = tuple[Dim, ...]
Labels: TypeAlias = tuple[int, ...]


class Unsupported(Exception):  # noqa: N818 - a state of affairs, not an error
    """A side that has no batched form; the text says why."""


@dataclass(frozen=True)
class Table:
    """Dyadic numbers that a key determines: tables of one key are equal."""

    key: tuple[str | int, ...]
    values: tuple[Fraction, ...] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Node:
    """An operation on earlier nodes of its graph.

    Attributes:
        op: its name; see the builders of ``Graph``.
        args: positions of the operands.
        shape: the axes behind the batch.
        extra: what else determines it: axes, a position, labels, a value.
    """

    op: str
    args: tuple[int, ...]
    shape: Shape
    extra: Any = ()


def broadcast_shapes(a: Shape, b: Shape) -> Shape:
    """The shape of an elementwise result: an axis of size 1 stretches."""
    assert len(a) == len(b), f"ranks of {a} and {b}"
    return tuple(y if x == 1 else x for x, y in zip(a, b, strict=True))


def count(shape: Iterable[Dim]) -> int:
    """The number of entries of a shape without feature axes."""
    return math.prod(int(k) for k in shape)


class Graph:
    """A straight-line program that grows at its end.

    Attributes:
        nodes: its operations.
        guards: values that no result may need, but that have to be finite for a result to mean anything:
            what a derivative is taken of.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.guards: list[int] = []
        self._known: dict[Node, int] = {}

    def add(self, op: str, args: Sequence[int] = (), shape: Shape = (), extra: Any = ()) -> int:
        """The position of a node, which is a new one only if there was no equal one."""
        node = Node(op, tuple(args), shape, extra)
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def shape(self, x: int) -> Shape:
        """The shape of a node."""
        return self.nodes[x].shape

    def value(self, x: int) -> Fraction | None:
        """The number that fills a node, where one does."""
        node = self.nodes[x]
        return node.extra if node.op == "filled" else None

    # leaves

    def input(self, name: str, shape: Shape) -> int:
        """A given array."""
        return self.add("input", (), shape, name)

    def filled(self, value: Fraction | int, shape: Shape = ()) -> int:
        """An array of one number; with the shape () a literal, which fits every shape."""
        return self.add("filled", (), shape, Fraction(value))

    def eye(self, n: Dim) -> int:
        """The identity matrix."""
        return self.add("eye", (), (n, n))

    def causal(self, n: Dim, strict: bool) -> int:
        """The 0/1 matrix that is 1 on and below the diagonal, or below only."""
        return self.add("causal", (), (n, n), strict)

    def shift(self, n: Dim) -> int:
        """The 0/1 matrix that is 1 just below the diagonal."""
        return self.add("shift", (), (n, n))

    def onehot(self, n: Dim, index: int | str) -> int:
        """The vector that is 1 at a position, given as a number or as the name of an index."""
        return self.add("onehot", (), (n,), index)

    def table(self, table: Table, shape: Shape) -> int:
        """An array of given numbers, row by row."""
        return self.add("table", (), shape, table)

    # entry by entry

    def binary(self, op: str, a: int, b: int) -> int:
        """``add``, ``subtract``, ``multiply`` or ``divide``; a literal fits every shape."""
        x, y = self.value(a), self.value(b)
        shape = self._stretched(a, b)
        if x is not None and y is not None and not (op == "divide" and y == 0):
            return self.filled(_arithmetic(op, x, y), shape)
        if x is not None and self.shape(b) == shape:
            a = self.filled(x)
        if y is not None and self.shape(a) == shape:
            b = self.filled(y)
        if y == 1 and op in ("multiply", "divide") and self.shape(a) == shape:
            return a
        if x == 1 and op == "multiply" and self.shape(b) == shape:
            return b
        return self.add(op, (a, b), shape)

    def _stretched(self, a: int, b: int) -> Shape:
        if not self.shape(a) and self.value(a) is not None:
            return self.shape(b)
        if not self.shape(b) and self.value(b) is not None:
            return self.shape(a)
        return broadcast_shapes(self.shape(a), self.shape(b))

    def unary(self, op: str, x: int) -> int:
        """``negate`` or a function of one number."""
        value = self.value(x)
        if op == "negate" and value is not None:
            return self.filled(-value, self.shape(x))
        return self.add(op, (x,), self.shape(x))

    def power(self, x: int, exponent: int) -> int:
        """An integer power, by squaring."""
        if exponent < 0:
            return self.binary("divide", self.filled(1), self.power(x, -exponent))
        if exponent == 0:
            return self.filled(1, self.shape(x))
        if exponent == 1:
            return x
        half = self.power(x, exponent // 2)
        square = self.binary("multiply", half, half)
        return square if exponent % 2 == 0 else self.binary("multiply", square, x)

    # axes

    def reshape(self, x: int, shape: Shape) -> int:
        """The same entries, row by row, under other axes."""
        node = self.nodes[x]
        if node.op == "reshape":
            x, node = node.args[0], self.nodes[node.args[0]]
        if node.shape == shape:
            return x
        if node.op == "filled":
            return self.filled(node.extra, shape)
        return self.add("reshape", (x,), shape)

    def permute(self, x: int, order: tuple[int, ...]) -> int:
        """Axes reordered: axis k of the result is axis ``order[k]`` of the operand."""
        if order == tuple(range(len(order))):
            return x
        node = self.nodes[x]
        shape = tuple(node.shape[k] for k in order)
        if node.op == "permute":
            return self.permute(node.args[0], tuple(node.extra[k] for k in order))
        if node.op == "filled":
            return self.filled(node.extra, shape)
        return self.add("permute", (x,), shape, order)

    def broadcast(self, x: int, shape: Shape) -> int:
        """Axes of size 1 stretched."""
        node = self.nodes[x]
        if node.shape == shape:
            return x
        if node.op == "filled":
            return self.filled(node.extra, shape)
        return self.add("broadcast", (x,), shape)

    def take(self, x: int, axis: int, index: int | str) -> int:
        """The slice at a position, given as a number or as the name of an index."""
        shape = self.shape(x)
        value = self.value(x)
        if value is not None:
            return self.filled(value, shape[:axis] + shape[axis + 1 :])
        return self.add("take", (x,), shape[:axis] + shape[axis + 1 :], (axis, index))

    def part(self, x: int, axis: int, start: int, stop: int) -> int:
        """The entries from ``start`` up to ``stop`` along an axis."""
        before = self.shape(x)
        shape = (*before[:axis], stop - start, *before[axis + 1 :])
        value = self.value(x)
        return (
            self.add("part", (x,), shape, (axis, start, stop)) if value is None else self.filled(value, shape)
        )

    def concatenate(self, parts: Sequence[int], axis: int) -> int:
        """Arrays joined along an axis."""
        if len(parts) == 1:
            return parts[0]
        first = self.shape(parts[0])
        if any(isinstance(self.shape(x)[axis], str) for x in parts):
            raise Unsupported("a feature axis is concatenated with another axis")
        total = sum(int(self.shape(x)[axis]) for x in parts)
        return self.add("concatenate", parts, (*first[:axis], total, *first[axis + 1 :]), axis)

    # sums

    def sum(self, x: int, axes: Sequence[int]) -> int:
        """The sum over some axes."""
        node = self.nodes[x]
        if not axes:
            return x
        kept = tuple(k for i, k in enumerate(node.shape) if i not in axes)
        summed = [k for i, k in enumerate(node.shape) if i in axes]
        if all(k == 1 for k in summed):
            return self.reshape(x, kept)
        if node.op == "filled" and not any(isinstance(k, str) for k in summed):
            return self.filled(node.extra * count(summed), kept)
        return self.add("sum", (x,), kept, tuple(sorted(axes)))

    def cumulate(self, x: int, axis: int, *, backwards: bool = False) -> int:
        """Inclusive prefix sums along an axis, or suffix sums."""
        return self.add("cumulate", (x,), self.shape(x), (axis, backwards))

    # the rest

    def softmax(self, x: int, axis: int, mask: int | None) -> int:
        """exp over its sum along an axis."""
        args = (x,) if mask is None else (x, mask)
        shape = self.shape(x) if mask is None else broadcast_shapes(self.shape(x), self.shape(mask))
        return self.add("softmax", args, shape, axis)

    def logsumexp(self, x: int, axis: int) -> int:
        """log Σ exp along an axis."""
        shape = self.shape(x)
        return self.add("logsumexp", (x,), shape[:axis] + shape[axis + 1 :], axis)

    def inverse(self, x: int) -> int:
        """Inverses of the matrices on the last two axes."""
        return self.add("inverse", (x,), self.shape(x))

    def solve(self, matrix: int, right: int) -> int:
        """x with matrix @ x = right, on the last two axes of both."""
        leading = broadcast_shapes(self.shape(matrix)[:-2], self.shape(right)[:-2])
        return self.add("solve", (matrix, right), leading + self.shape(right)[-2:])

    def hold(self, x: int) -> int:
        """The same array as a variable of its own, to differentiate by; never equal to another node."""
        return self.add("hold", (x,), self.shape(x), len(self.nodes))

    def stop(self, x: int) -> int:
        """The same array, through which no derivative passes."""
        return self.add("stop", (x,), self.shape(x))

    def feature(self, function: str, axis: str, point: int) -> int:
        """A feature map at points that lie along the last axis."""
        return self.add("feature", (point,), (*self.shape(point)[:-1], axis), function)


def _arithmetic(op: str, x: Fraction, y: Fraction) -> Fraction:
    match op:
        case "add":
            return x + y
        case "subtract":
            return x - y
        case "multiply":
            return x * y
    return x / y
