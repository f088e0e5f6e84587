"""Execution of graphs, level by level along a chain of fields, of what is asked for and no more.

An exponential's argument is evaluated one level further down the chain; what no output needs (the value of
a loss that is only differentiated) is never evaluated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from .arithmetic import Field, Matrix, Scalar, Value
from .graph import Node

NEXT = frozenset({"exp", "turn"})
PARTIAL = {
    "exp": "an exponential",
    "turn": "a sine or cosine",
    "log": "a logarithm",
    "sqrt": "a square root",
    "relu": "a rectifier, which depends on the sign",
    "step": "a rectifier's derivative, which depends on the sign",
    "root": "an irrational square root",
    "unit": "a sine or cosine",
    "feature": "a feature map of which only the kernel is known",
    "opaque": "π, the error function, an integral or a mean, which only balls evaluate",
    "slope": "a feature map's derivative by its point, which the kernel does not define",
}
LARGE = 64
"""Entries from which a constant is kept as a matrix."""

Plan: TypeAlias = tuple[tuple[Node, ...], ...]


def plan(outputs: Sequence[Node], deeper: Callable[[Node], int]) -> Plan:
    """The nodes that the outputs need, for each level, in the order of evaluation.

    ``deeper`` says how many further levels need the point of a feature node.
    """
    found: list[dict[int, Node]] = [{}]
    todo = [(node, 0) for node in outputs]
    while todo:
        node, level = todo.pop()
        while len(found) <= level:
            found.append({})
        if node.number in found[level]:
            continue
        found[level][node.number] = node
        if node.operation in NEXT:
            todo.append((node.parents[0], level + 1))
        elif node.operation == "feature":
            todo.extend((node.parents[0], level + k) for k in range(deeper(node) + 1))
        else:
            todo.extend((parent, level) for parent in node.parents)
    return tuple(tuple(nodes[k] for k in sorted(nodes)) for nodes in found)


def refusal(steps: Plan, readable: frozenset[str], levels: int) -> str:
    """Why a chain of fields cannot carry out a plan; empty where it can."""
    for nodes in steps:
        for node in nodes:
            if node.operation in PARTIAL and node.operation not in readable:
                return f"it needs the value of {PARTIAL[node.operation]}"
    if len(steps) > levels:
        return f"its exponentials are nested {len(steps) - 1} deep, and this reads {levels - 1}"
    return ""


@dataclass
class Execution:
    """The values of nodes at one instance.

    Attributes:
        fields: one a level.
        inputs: entries of the variables.
        realise: the features of a node at a level; asked only where a feature node is needed.
        constants: for each level, numbers that were converted before; more are added.
    """

    fields: Sequence[Field]
    inputs: Mapping[str, Sequence[Fraction | int]]
    realise: "Callable[[Execution, Node, int], list[Scalar]] | None" = None
    constants: Sequence[dict[int, Value]] = ()
    values: list[dict[int, Value]] = field(default_factory=list)
    lists: list[dict[int, list[Scalar]]] = field(default_factory=list)
    matrices: list[dict[int, Matrix]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values = [{} for _ in self.fields]
        self.lists = [{} for _ in self.fields]
        self.matrices = [{} for _ in self.fields]

    def run(self, steps: Plan, start: int = 0) -> None:
        """Execute a plan whose first level is ``start``.

        Raises:
            ZeroDivisionError: a denominator vanishes, or a matrix is singular.
        """
        for offset in range(len(steps) - 1, -1, -1):
            known = self.values[start + offset]
            for node in steps[offset]:
                if node.number not in known:
                    known[node.number] = self.compute(node, start + offset)

    def entries(self, node: Node, level: int = 0) -> list[Scalar]:
        """The entries of an evaluated node, row by row."""
        value = self.values[level][node.number]
        if isinstance(value, list):
            return value
        known = self.lists[level]
        if node.number not in known:
            known[node.number] = value.entries()
        return known[node.number]

    def matrix(self, node: Node, level: int) -> Matrix:
        """An evaluated node as a matrix."""
        value = self.values[level][node.number]
        if not isinstance(value, list):
            return value
        known = self.matrices[level]
        if node.number not in known:
            rows, columns = node.shape
            known[node.number] = self.fields[level].matrix(rows, columns, value)
        return known[node.number]

    def compute(self, node: Node, level: int) -> Value:
        """The value of a node whose parents are known."""
        parents, entries = node.parents, self.entries
        match node.operation:
            case "input":
                return list(map(self.fields[level].number, self.inputs[node.parameter]))
            case "number":
                return self.number(node, level)
            case "gather":
                source = entries(parents[0], level)
                return [source[k] for k in node.parameter]
            case "scatter":
                return self.scatter(node, level)
            case "product":
                return self.matrix(parents[0], level) * self.matrix(parents[1], level)
            case "add" | "subtract" | "multiply" | "divide":
                return self.binary(node, level)
            case "scale":
                (scalar,) = entries(parents[0], level)
                value = self.values[level][parents[1].number]
                return [scalar * x for x in value] if isinstance(value, list) else value * scalar
            case "copy" | "stop":
                return self.values[level][parents[0].number]
            case "reshape":
                return entries(parents[0], level)
            case "transpose":
                return self.matrix(parents[0], level).transpose()
            case "inverse":
                return self.matrix(parents[0], level).inv()
            case "solve":
                return self.matrix(parents[0], level).solve(self.matrix(parents[1], level))
            case "negate":
                value = self.values[level][parents[0].number]
                return [-x for x in value] if isinstance(value, list) else -value
            case "power":
                return [x**node.parameter for x in entries(parents[0], level)]
            case "join":
                return [x for parent in parents for x in entries(parent, level)]
            case "root":
                return self.fields[level].roots(node.parameter)
            case "unit":
                return [self.fields[level].unit()]
            case "feature":
                assert self.realise is not None
                return self.realise(self, node, level)
        argument = entries(parents[0], level + (node.operation in NEXT))
        return self.fields[level].apply(node.operation, argument)

    def number(self, node: Node, level: int) -> Value:
        """A constant, converted once; a matrix where it is large."""
        known = self.constants[level] if self.constants else {}
        if node.number not in known:
            converted = list(map(self.fields[level].number, node.parameter))
            known[node.number] = converted
            if len(node.shape) == 2 and len(converted) >= LARGE:
                rows, columns = node.shape
                known[node.number] = self.fields[level].matrix(rows, columns, converted)
        return known[node.number]

    def binary(self, node: Node, level: int) -> Value:
        """An operation between arrays of one shape; sums of matrices stay matrices."""
        left, right = node.parents
        a, b = self.values[level][left.number], self.values[level][right.number]
        if node.operation in ("add", "subtract") and not (isinstance(a, list) and isinstance(b, list)):
            x, y = self.matrix(left, level), self.matrix(right, level)
            return x + y if node.operation == "add" else x - y
        x, y = self.entries(left, level), self.entries(right, level)
        match node.operation:
            case "add":
                return [p + q for p, q in zip(x, y, strict=True)]
            case "subtract":
                return [p - q for p, q in zip(x, y, strict=True)]
            case "multiply":
                return [p * q for p, q in zip(x, y, strict=True)]
        return [p / q for p, q in zip(x, y, strict=True)]

    def scatter(self, node: Node, level: int) -> list[Scalar]:
        """Sums of entries."""
        sums = [self.fields[level].number(0)] * len(node)
        for k, x in zip(node.parameter, self.entries(node.parents[0], level), strict=True):
            sums[k] = sums[k] + x
        return sums
