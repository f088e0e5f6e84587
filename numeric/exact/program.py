"""A comparison unrolled at concrete sizes, and its values at instances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from equivalences.language.comparison import Comparison

from ..hypotheses import hypotheses
from .arithmetic import Rationals, Residues, Scalar, Value
from .elementary import exponential
from .embedding import Embedding, KernelGraph
from .execution import NEXT, Execution, Plan, plan, refusal
from .graph import Graph, Node
from .guards import guards
from .lowering import Lowering
from .primes import chain

DEEPEST = 4
"""Exponentials nested deeper leave primes too short to mean much."""

Inputs = Mapping[str, Sequence[Fraction | int]]


@dataclass
class Program:
    """Both sides of a comparison at one choice of sizes and indices; they share inputs only.

    Attributes:
        comparison: what is compared.
        sizes: of every axis name.
        indices: the position of every index of ``given``.
    """

    comparison: Comparison
    sizes: Mapping[str, int]
    indices: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.graph = Graph()
        self.inputs: dict[str, Node] = {}
        self.constants: dict[int, dict[int, Value]] = {}
        left, right, third = self.lowering(), self.lowering(), self.lowering()
        self.lhs, self.rhs = left(self.comparison.lhs), right(self.comparison.rhs)
        self.assumptions = [(third(h.left), third(h.right), h.violated) for h in hypotheses(self.comparison)]
        self.features = [node for side in (left, right, third) for node in side.features]
        self.bodies = [node for side in (left, right, third) for node in side.bodies]

    def lowering(self) -> Lowering:
        """A lowering with a memory of its own; its nodes are numbered after all others."""
        return Lowering(self.sizes, self.indices, self.comparison.realised, self.graph, self.inputs)

    @cached_property
    def kernels(self) -> dict[str, KernelGraph]:
        """The graph of each feature map's kernel."""
        return {name: self.kernel(name) for name in self.comparison.kernels}

    def kernel(self, name: str) -> KernelGraph:
        """The graph of a feature map's kernel."""
        kernel, lowering = self.comparison.kernels[name], self.lowering()
        x, y = (lowering.graph.node("input", (), lowering.shape(p), "") for p in (kernel.x, kernel.y))
        return KernelGraph(x, y, lowering(kernel.value, {id(kernel.x): x, id(kernel.y): y}))

    def plan(self, *outputs: Node) -> Plan:
        """What the outputs need."""
        return plan(outputs, lambda node: self.kernels[node.parameter].depth)

    @cached_property
    def outputs(self) -> tuple[Node, Node]:
        """The nodes to compare: the sides, or their exponentials where the sides are logarithms.

        The exponential is injective, so that nothing is lost.
        """
        if {self.lhs.number, self.rhs.number} & self.graph.logarithmic.keys():
            return exponential(self.graph, self.lhs), exponential(self.graph, self.rhs)
        return self.lhs, self.rhs

    @cached_property
    def steps(self) -> Plan:
        """The plan of the comparison, of its hypotheses, and of what has to exist besides."""
        hypotheses = [node for left, right, _ in self.assumptions for node in (left, right)]
        steps = self.plan(*self.outputs, *hypotheses)
        besides = guards(self.graph, self.bodies, {node.number for node in steps[0]})
        return self.plan(*self.outputs, *hypotheses, *besides) if besides else steps

    @cached_property
    def modular(self) -> str:
        """Why this cannot be read mod p; empty where it can."""
        return self.tangled or refusal(self.steps, Residues(chain(0, 0)[0]).reads, DEEPEST + 1)

    @cached_property
    def rational(self) -> str:
        """Why this cannot be read over ℚ; empty where it can.

        A logarithm whose value cancels still has to exist, so that it is left to balls.
        """
        if self.graph.partial:
            return "it contains a logarithm or a square root, whose domain balls decide"
        return refusal(self.steps, Rationals().reads, 1)

    def modulo(self, seed: int) -> list[Residues]:
        """The fields of a random chain, as long as this program needs."""
        rooted = any(node.operation == "root" for nodes in self.steps for node in nodes)
        return [Residues(level) for level in chain(len(self.steps) - 1, seed, rooted=rooted)]

    @cached_property
    def mapped(self) -> dict[tuple[str, int], list[Node]]:
        """The feature nodes that are needed, for each map and level."""
        found: dict[tuple[str, int], list[Node]] = {}
        for level, nodes in enumerate(self.steps):
            for node in nodes:
                if node.operation == "feature":
                    found.setdefault((node.parameter, level), []).append(node)
        return found

    @cached_property
    def arrivals(self) -> dict[tuple[str, int], Plan]:
        """The plans that evaluate the points of those nodes."""
        found = {}
        for place, nodes in self.mapped.items():
            own = {node.number for node in nodes}
            here, *deeper = self.plan(*nodes)
            found[place] = (tuple(node for node in here if node.number not in own), *deeper)
        return found

    @cached_property
    def tangled(self) -> str:
        """Why features cannot be found for all points at once; empty where they can."""
        for (name, _), nodes in self.mapped.items():
            own = {node.number for node in nodes}
            here = [node for node in self.plan(*nodes)[0] if node.operation not in NEXT]
            if any(parent.number in own for node in here for parent in node.parents):
                return f"{name} is applied to points that are made of its own features"
        return ""

    def points(self) -> int:
        """How many different points, as far as their programs tell, a feature map is applied to at most."""
        counts: dict[str, set[str]] = {}
        for node in self.features:
            (point,) = node.parents
            found = counts.setdefault(node.parameter, set())
            width = point.shape[-1]
            for start in range(0, len(point), width):
                found.add(origin(point, range(start, start + width)))
        return max(map(len, counts.values()), default=0)

    def evaluate(self, fields: Sequence[Rationals | Residues], inputs: Inputs) -> Execution:
        """The values of all outputs at an instance.

        Raises:
            ZeroDivisionError: a denominator vanishes, or a matrix is singular.
            UnrealisableError: mod these primes features are too few for the kernel, or a root is missing.
        """
        constants = [self.constants.setdefault(field.name, {}) for field in fields]
        embedding = Embedding(self.kernels, self.mapped, self.arrivals)
        execution = Execution(fields, inputs, embedding, constants)
        execution.run(self.steps)
        return execution

    def violated(self, execution: Execution) -> str:
        """Which hypothesis the instance violates; empty if none."""
        broken = (text for a, b, text in self.assumptions if execution.entries(a) != execution.entries(b))
        return next(broken, "")

    def sides(self, execution: Execution) -> tuple[list[Scalar], list[Scalar]]:
        """The entries of both sides, row by row."""
        left, right = self.outputs
        return execution.entries(left), execution.entries(right)


def origin(node: Node, positions: Sequence[int]) -> str:
    """Where some entries come from, as text: equal texts are equal entries."""
    while node.operation in ("gather", "reshape", "copy", "stop"):
        if node.operation == "gather":
            positions = [node.parameter[k] for k in positions]
        (node,) = node.parents
    if node.operation == "join":
        start = 0
        for part in node.parents:
            if start <= positions[0] and positions[-1] < start + len(part):
                return origin(part, [k - start for k in positions])
            start += len(part)
    name = node.parameter if node.operation == "input" else node.number
    return f"{name} {list(positions)}"
