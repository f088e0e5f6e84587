"""Programs of exact arithmetic: a side unrolled at concrete sizes, with its gradients and loops gone.

A node is an array of known shape; what it costs to evaluate depends on the sizes only, so one graph serves
every instance of those sizes in every field. Data movement is a list of positions, made by moving an array
of positions with NumPy.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any, Literal, TypeAlias

import numpy as np

Shape: TypeAlias = tuple[int, ...]
Operation: TypeAlias = Literal[
    "input", "number", "unit", "feature", "copy", "stop", "reshape",
    "add", "subtract", "multiply", "divide", "negate", "scale", "power",
    "gather", "scatter", "join", "transpose", "product", "inverse", "solve",
    "exp", "turn", "log", "sqrt", "relu", "step", "slope", "root", "opaque",
]  # fmt: skip


LINEAR = frozenset({"add", "subtract", "negate", "gather", "reshape", "copy", "stop", "transpose"})
FOLDED = frozenset({"reshape", "gather", "power", "scale", "multiply", "divide"})
MONOTONE = frozenset(
    {"add", "multiply", "divide", "scale", "scatter", "gather", "reshape", "join", "copy", "stop", "transpose"}
)


class UnreadableError(Exception):
    """What this rung cannot evaluate, in words."""


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """An array of the program.

    Attributes:
        number: position in the order of creation; parents come before.
        operation: what computes it.
        parents: its operands.
        shape: its sizes.
        parameter: the name of an input or feature map, a number's entries, an exponent, positions.
    """

    number: int
    operation: Operation
    parents: "tuple[Node, ...]"
    shape: Shape
    parameter: Any = None

    def __len__(self) -> int:
        """The number of entries."""
        return prod(self.shape)


class Graph:
    """Makes nodes. ``gather`` and ``scatter`` move data; the rest are operations of a field."""

    def __init__(self) -> None:
        self.count = 0
        self.logarithmic: dict[int, Node | None] = {}
        """Nodes with a logarithm among their summands, each with its exponential once that is known."""
        self.constant: set[int] = set()
        """Nodes that depend on no input, as far as numbers, their moves, products and quotients go."""
        self.partial = False
        """Whether there is a logarithm or root of what may be negative, even if its value is not needed."""
        self.divisions: list[Node] = []
        """Divisions by what is not positive by its form, and inverses of matrices."""
        self.positive: set[int] = set()
        """Nodes that are positive by their form: exponentials, and sums and products of those."""

    def node(self, operation: Operation, parents: Sequence[Node], shape: Shape, parameter: Any = None) -> Node:
        """A new node."""
        self.count += 1
        below = [p.number in self.logarithmic for p in parents]
        multiple = operation == "scale" and any(p.number in self.constant for p in parents)
        if operation == "log" or (any(below) and (multiple or operation in LINEAR)):
            self.logarithmic[self.count] = None
        if self.is_positive(operation, parents, shape, parameter):
            self.positive.add(self.count)
        below_zero = any(p.number not in self.positive for p in parents)
        self.partial |= operation in ("log", "sqrt") and below_zero
        if operation == "number" or (operation in FOLDED and all(p.number in self.constant for p in parents)):
            self.constant.add(self.count)
        made = Node(self.count, operation, tuple(parents), shape, parameter)
        if self.divides(made):
            self.divisions.append(made)
        return made

    def divides(self, node: Node) -> bool:
        """Whether a node may be undefined for a denominator that is 0."""
        match node.operation:
            case "divide":
                return node.parents[1].number not in self.positive
            case "power":
                return bool(node.parameter < 0) and node.parents[0].number not in self.positive
        return node.operation in ("inverse", "solve")

    def is_positive(self, operation: Operation, parents: Sequence[Node], shape: Shape, parameter: Any) -> bool:
        """Whether a new node is positive by its form."""
        match operation:
            case "exp":
                return True
            case "number":
                return all(x > 0 for x in parameter)
            case "scatter" if len(set(parameter)) < prod(shape):
                return False
        return operation in MONOTONE and all(p.number in self.positive for p in parents)

    def number(self, value: Fraction | int | Sequence[Fraction | int], shape: Shape = ()) -> Node:
        """Rational entries; one number fills the shape."""
        size = prod(shape)
        values = (value,) * size if isinstance(value, int | Fraction) else value
        whole = tuple(x.numerator if x.denominator == 1 else x for x in values)
        return self.node("number", (), shape, whole)

    def binary(self, operation: Literal["add", "subtract", "multiply", "divide"], a: Node, b: Node) -> Node:
        """An operation between arrays of one shape."""
        return self.node(operation, (a, b), a.shape)

    def unary(self, operation: Operation, a: Node, parameter: Any = None) -> Node:
        """An operation entry by entry."""
        return self.node(operation, (a,), a.shape, parameter)

    def scale(self, scalar: Node, a: Node) -> Node:
        """A scalar times an array."""
        return self.node("scale", (scalar, a), a.shape)

    def reshape(self, a: Node, shape: Shape) -> Node:
        """The same entries under another shape."""
        return a if a.shape == shape else self.node("reshape", (a,), shape)

    def gather(self, a: Node, positions: Sequence[int], shape: Shape) -> Node:
        """Entry k of the result is entry ``positions[k]`` of the argument."""
        return self.node("gather", (a,), shape, positions)

    def scatter(self, a: Node, positions: Sequence[int], shape: Shape) -> Node:
        """Entry k of the argument is added to entry ``positions[k]`` of the result."""
        return self.node("scatter", (a,), shape, positions)

    def move(self, a: Node, movement: Callable[[Any], Any]) -> Node:
        """Data moved as NumPy would move it."""
        moved = movement(np.arange(len(a)).reshape(a.shape))
        return self.gather(a, moved.ravel().tolist(), moved.shape)

    def permute(self, a: Node, order: Sequence[int]) -> Node:
        """Axes reordered, as in ``np.transpose``."""
        if list(order) == sorted(order):
            return a
        if len(order) == 2:
            return self.node("transpose", (a,), a.shape[::-1])
        return self.move(a, lambda x: x.transpose(order))

    def stretch(self, a: Node, shape: Shape) -> Node:
        """A scalar, or axes of size 1, stretched to a shape."""
        return a if a.shape == shape else self.move(a, lambda x: np.broadcast_to(x, shape))

    def sum(self, a: Node, positions: Sequence[int]) -> Node:
        """The sum over the axes at ``positions``, which vanish."""
        kept = tuple(size for k, size in enumerate(a.shape) if k not in positions)
        index = [size if k not in positions else 1 for k, size in enumerate(a.shape)]
        target = np.broadcast_to(np.arange(prod(kept)).reshape(index), a.shape)
        return self.scatter(a, target.ravel().tolist(), kept)

    def join(self, parts: Sequence[Node]) -> Node:
        """The entries of all parts in one vector."""
        return parts[0] if len(parts) == 1 else self.node("join", parts, (sum(map(len, parts)),))

    def product(self, a: Node, b: Node) -> Node:
        """A matrix product."""
        return self.node("product", (a, b), (a.shape[0], b.shape[1]))
