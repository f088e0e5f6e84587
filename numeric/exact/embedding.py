"""Feature maps at an instance mod p: features whose inner products are the kernel's at all points met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from flint import nmod_mat

from .arithmetic import Matrix, Scalar, UnrealisableError
from .execution import Execution, Plan, plan
from .gram import embed
from .graph import Node, UnreadableError

Point = tuple[int, ...]


@dataclass(frozen=True)
class KernelGraph:
    """A feature map's kernel as a graph of two points."""

    x: Node
    y: Node
    value: Node

    @cached_property
    def steps(self) -> Plan:
        """How to evaluate it."""
        return plan([self.value], lambda node: 0)

    @property
    def depth(self) -> int:
        """How deep its exponentials are nested."""
        return len(self.steps) - 1

    def __call__(
        self, execution: Execution, level: int, x: list[list[Scalar]], y: list[list[Scalar]]
    ) -> Scalar:
        """The kernel of two points, each given at this level and the deeper ones."""
        pair = Execution(execution.fields[level : level + self.depth + 1], {})
        for known, a, b in zip(pair.values, x, y, strict=True):
            known[self.x.number], known[self.y.number] = a, b
        pair.run(self.steps)
        return pair.entries(self.value)[0]


@dataclass
class Embedding:
    """Realises all feature maps of one execution.

    Attributes:
        kernels: of every feature map.
        nodes: the feature nodes that are needed, for each map and level.
        planner: plans the execution of nodes.
    """

    kernels: Mapping[str, KernelGraph]
    nodes: Mapping[tuple[str, int], Sequence[Node]]
    plans: Mapping[tuple[str, int], Plan]
    found: dict[tuple[str, int], dict[Point, list[Scalar]]] = field(default_factory=dict)
    begun: set[tuple[str, int]] = field(default_factory=set)

    def __call__(self, execution: Execution, node: Node, level: int) -> list[Scalar]:
        """The entries of a feature node.

        Raises:
            UnrealisableError: the feature axis is too short for the points, mod these primes.
            UnreadableError: a map is applied to its own features.
        """
        name = node.parameter
        if (name, level) not in self.found:
            if (name, level) in self.begun:
                raise UnreadableError(f"{name} is applied to its own features")
            self.begun.add((name, level))
            self.found[name, level] = self.solve(execution, name, level)
        vectors = self.found[name, level]
        return [x for point in rows(execution, node, level) for x in vectors[key(point)]]

    def solve(self, execution: Execution, name: str, level: int) -> dict[Point, list[Scalar]]:
        """Features of every distinct point."""
        kernel, nodes = self.kernels[name], self.nodes[name, level]
        execution.run(self.plans[name, level], level)
        points: dict[Point, list[list[Scalar]]] = {}
        for node in nodes:
            levels = [rows(execution, node, level + k) for k in range(kernel.depth + 1)]
            for point in zip(*levels, strict=True):
                points.setdefault(key(point[0]), list(point))
        gram = self.gram(execution, kernel, list(points.values()), level)
        return dict(zip(points, embed(gram, nodes[0].shape[-1]), strict=True))

    def gram(
        self, execution: Execution, kernel: KernelGraph, points: list[list[list[Scalar]]], level: int
    ) -> Matrix:
        """The kernel at all pairs of points."""
        n = len(points)
        table: list[list[Scalar]] = [[None] * n for _ in range(n)]
        for j in range(n):
            for k in range(j + 1):
                table[j][k] = table[k][j] = kernel(execution, level, points[j], points[k])
        if n > 1 and kernel(execution, level, points[0], points[1]) != table[0][1]:
            raise UnrealisableError("the kernel is not symmetric: no feature map has it")
        prime = execution.fields[level].number(0).modulus()
        return nmod_mat(n, n, [x for row in table for x in row], prime)


def rows(execution: Execution, node: Node, level: int) -> list[list[Scalar]]:
    """The points of a feature node."""
    (point,) = node.parents
    entries, width = execution.entries(point, level), point.shape[-1]
    return [entries[k : k + width] for k in range(0, len(entries), width)]


def key(point: Sequence[Scalar]) -> Point:
    """A point as something to compare by."""
    return tuple(map(int, point))
