"""Feature maps without features: an array of features as coefficients of kernel functions.

Of a feature map φ only ⟨φ(x), φ(y)⟩ = κ(x, y) is known. An array with an axis of features is therefore
kept as coefficients, Σⱼ c[…, j] φ(pⱼ), over the points that occur; linear operations act on the
coefficients, and a contraction of two feature axes becomes Σ c[…, i] κ(pᵢ, qⱼ) d[…, j]. No Gram matrix is
factored, so nothing depends on its condition, repeated points do no harm, and the rounding bound is that
of the kernel's own values.

A given array such as W₀ [v f] stands for rows Σⱼ W₀[·, j] φ(aⱼ), the anchors aⱼ being fixed dyadic points,
as many as the axis of features has entries: elements of the feature space that are independent of the
points of the instance. What is not linear along a feature axis is refused.
"""

from dataclasses import dataclass
from typing import TypeAlias

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Features
from equivalences.language.realisation import weight

from .contraction import contract
from .graph import Graph, Labels, Node, Shape, Table, Unsupported, count
from .lower import Lowering
from .points import require_free_features
from .scope import Value
from .sizes import Sizes

ANCHOR = -2
"""Where the coordinates of anchors lie among the weights of an unknown function."""


@dataclass(frozen=True)
class Block:
    """Points [N d] of a feature map, as a node; they span part of its feature space."""

    function: str
    points: int
    size: int


Vector: TypeAlias = dict[Block, int | None]
"""Coefficients for each block, in the place of the feature axis; None: entry i is point i itself."""


def realise(graph: Graph, root: int, comparison: Comparison, sizes: Sizes) -> tuple[Graph, int]:
    """The same side over kernel values; a side without feature axes is returned as it is.

    Raises:
        Unsupported: a feature axis is used other than linearly, or belongs to several feature maps.
    """
    if not any(isinstance(d, Features) for d in comparison.given.values()):
        return graph, root
    require_free_features(comparison)
    realisation = Realisation(graph, comparison, sizes)
    for x in reachable(graph, root, *graph.guards):
        realisation.visit(x)
    if not {root, *graph.guards} <= realisation.plain.keys():
        raise Unsupported("a side has an axis of features, of which only inner products are known")
    realisation.new.guards += [realisation.plain[guard] for guard in graph.guards]
    return realisation.new, realisation.plain[root]


def reachable(graph: Graph, *roots: int) -> list[int]:
    """The nodes that some roots need, operands first."""
    seen, todo = set(roots), list(roots)
    while todo:
        for argument in graph.nodes[todo.pop()].args:
            if argument not in seen:
                seen.add(argument)
                todo.append(argument)
    return sorted(seen)


class Realisation:
    """Rewrites a graph node by node."""

    def __init__(self, graph: Graph, comparison: Comparison, sizes: Sizes) -> None:
        self.old, self.new = graph, Graph()
        self.comparison, self.sizes = comparison, sizes
        self.plain: dict[int, int] = {}
        self.vectors: dict[int, Vector] = {}
        self._lowering = Lowering(self.new, comparison, sizes)
        self._kernels: dict[tuple[Block, Block], int] = {}

    def visit(self, x: int) -> None:
        """Rewrite one node, whose operands have been."""
        node = self.old.nodes[x]
        along = [k for k, size in enumerate(node.shape) if isinstance(size, str)]
        if len(along) > 1:
            raise Unsupported("an array with two axes of features, such as the identity of feature space")
        if not along and not any(a in self.vectors for a in node.args):
            args = [self.plain[a] for a in node.args]
            self.plain[x] = self.new.add(node.op, args, node.shape, node.extra)
        elif not along:
            self.plain[x] = self._inner_product(node)
        else:
            self.vectors[x] = self._vector(x, node, along[0])

    def _vector(self, x: int, node: Node, axis: int) -> Vector:
        """The coefficients of a node with a feature axis."""
        match node.op:
            case "feature":
                points = self.plain[node.args[0]]
                shape = self.new.shape(points)
                n = count(shape[:-1])
                return {Block(node.extra, self.new.reshape(points, (n, shape[-1])), n): None}
            case "input":
                anchors = self._anchors(str(node.shape[axis]))
                return {anchors: self.new.input(node.extra, at(node.shape, axis, anchors.size))}
            case "filled":
                if node.extra != 0:
                    raise Unsupported("a feature axis is filled with a number other than 0")
                return {}
            case "hold" | "stop":
                return self.vectors[node.args[0]]
            case "add" | "subtract":
                return self._sum(node, axis)
            case "concatenate" if node.extra != axis:
                return self._concatenation(node, axis)
            case "multiply" | "divide" | "contract":
                return self._scaled(node, axis)
            case "negate" | "permute" | "reshape" | "broadcast" | "take" | "part" | "sum" | "cumulate":
                return self._mapped(node, axis)
        raise Unsupported(f"{node.op} along an axis of features, which is known through inner products only")

    def _coefficients(self, x: int, block: Block) -> int:
        """The coefficients of an operand as an array."""
        known = self.vectors[x][block]
        if known is not None:
            return known
        if block.size == 1:
            return self.new.filled(1, (*self.old.shape(x)[:-1], 1))
        return self.new.reshape(self.new.eye(block.size), (*self.old.shape(x)[:-1], block.size))

    def _parts(self, x: int) -> Vector:
        """The coefficients of an operand; none for a literal 0."""
        if x not in self.vectors and self.old.value(x) != 0:
            raise Unsupported("a number is added along an axis of features")
        return self.vectors.get(x, {})

    def _sum(self, node: Node, axis: int) -> Vector:
        a, b = node.args
        left, right = self._parts(a), self._parts(b)
        result: Vector = {}
        for block in dict.fromkeys((*left, *right)):
            if block not in left:
                value = self._coefficients(b, block)
                value = value if node.op == "add" else self.new.unary("negate", value)
            elif block not in right:
                value = self._coefficients(a, block)
            else:
                value = self.new.binary(node.op, self._coefficients(a, block), self._coefficients(b, block))
            result[block] = self.new.broadcast(value, at(node.shape, axis, block.size))
        return result

    def _concatenation(self, node: Node, axis: int) -> Vector:
        blocks = dict.fromkeys(block for a in node.args for block in self.vectors[a])
        return {
            block: self.new.concatenate(
                [
                    self._coefficients(a, block)
                    if block in self.vectors[a]
                    else self.new.filled(0, at(self.old.shape(a), axis, block.size))
                    for a in node.args
                ],
                node.extra,
            )
            for block in blocks
        }

    def _scaled(self, node: Node, axis: int) -> Vector:
        """A product with an array that has no features, or a quotient by one."""
        a, b = node.args
        if (a in self.vectors) == (b in self.vectors) or (node.op == "divide" and b in self.vectors):
            raise Unsupported("two arrays of features are multiplied entry by entry")
        vector = a if a in self.vectors else b
        result: Vector = {}
        for block, known in self.vectors[vector].items():
            if known is None and node.op == "contract":
                moved = self._renamed(node, vector)
                if moved is not None:
                    result[block] = moved
                    continue
            args = [self._coefficients(x, block) if x == vector else self.plain[x] for x in (a, b)]
            if node.op == "contract":
                result[block] = contract(self.new, args[0], args[1], *node.extra)
            else:
                value = self.new.binary(node.op, *args)
                result[block] = self.new.broadcast(value, at(node.shape, axis, block.size))
        return result

    def _renamed(self, node: Node, vector: int) -> int | None:
        """Σᵢ x[…, i] φ(pᵢ): its coefficients are x, with the axis i in the place of the features."""
        a, b = node.args
        left, right, output = node.extra
        other, labels, own = (a, left, right) if vector == b else (b, right, left)
        if len(own) != 2 or own[0] in output or own[0] not in labels:
            return None
        source = tuple(own[1] if label == own[0] else label for label in labels)
        if set(source) != set(output):
            return None
        return self.new.permute(self.plain[other], tuple(source.index(label) for label in output))

    def _mapped(self, node: Node, axis: int) -> Vector:
        """An operation that leaves the feature axis alone."""
        (a,) = node.args
        return {
            block: self.new.add(
                node.op, (self._coefficients(a, block),), at(node.shape, axis, block.size), node.extra
            )
            for block in self.vectors[a]
        }

    def _inner_product(self, node: Node) -> int:
        """A contraction of two feature axes."""
        if node.op != "contract" or not all(a in self.vectors for a in node.args):
            raise Unsupported(f"{node.op} over an axis of features, which is known through inner products only")
        a, b = node.args
        left, right, output = node.extra
        pairs = [self._pair(a, p, left, b, q, right, output) for p in self.vectors[a] for q in self.vectors[b]]
        total = pairs[0] if pairs else self.new.filled(0, node.shape)
        for pair in pairs[1:]:
            total = self.new.binary("add", total, pair)
        return total

    def _pair(self, a: int, p: Block, left: Labels, b: int, q: Block, right: Labels, output: Labels) -> int:
        """Σ c κ d for one block of each operand."""
        feature = next(k for k, size in zip(left, self.old.shape(a), strict=True) if isinstance(size, str))
        other = next(k for k, size in zip(right, self.old.shape(b), strict=True) if isinstance(size, str))
        if feature != other:
            raise Unsupported("an array with two axes of features")
        fresh = 1 + max((*left, *right))
        value: int = self._kernel(p, q)
        labels: Labels = (feature, fresh)
        value, labels = self._replaced(value, labels, feature, a, p, left)
        value, labels = self._replaced(
            value, labels, fresh, b, q, tuple(fresh if k == feature else k for k in right)
        )
        rest = [k for k, label in enumerate(labels) if label not in output]
        value = self.new.sum(value, rest)
        labels = tuple(label for label in labels if label in output)
        return self.new.permute(value, tuple(labels.index(label) for label in output))

    def _replaced(
        self, value: int, labels: Labels, point: int, x: int, block: Block, own: Labels
    ) -> tuple[int, Labels]:
        """Contract the axis of points of a kernel matrix with the coefficients of one operand."""
        free = tuple(label for label in own if label != point)
        k = labels.index(point)
        if self.vectors[x][block] is None and not set(free) & set(labels):
            shape = self.new.shape(value)
            split = (*shape[:k], *self.old.shape(x)[:-1], *shape[k + 1 :])
            return self.new.reshape(value, split), (*labels[:k], *free, *labels[k + 1 :])
        keep = tuple(dict.fromkeys((*(label for label in labels if label != point), *free)))
        return contract(self.new, value, self._coefficients(x, block), labels, own, keep), keep

    def _kernel(self, p: Block, q: Block) -> int:
        """κ at every pair of points of two blocks.  [N M]"""
        if (p, q) not in self._kernels:
            kernel = self.comparison.kernels[p.function]
            x, y = self.new.shape(p.points), self.new.shape(q.points)
            environment = {
                kernel.x: Value(self.new.reshape(p.points, (x[0], 1, x[1])), 2),
                kernel.y: Value(self.new.reshape(q.points, (1, *y)), 2),
            }
            value = self._lowering.lower(kernel.value, environment).node
            self._kernels[p, q] = self.new.broadcast(value, (p.size, q.size))
        return self._kernels[p, q]

    def _anchors(self, axis: str) -> Block:
        maps = {
            name: d
            for name, d in self.comparison.given.items()
            if isinstance(d, Features) and d.features == axis
        }
        if len(maps) != 1:
            raise Unsupported(f"the axis {axis} belongs to {len(maps)} feature maps")
        ((function, domain),) = maps.items()
        n, d = self.sizes[axis], self.sizes[domain.points]
        entries = tuple(weight(function, ANCHOR, j, c) for j in range(n) for c in range(d))
        table = Table(("anchors", function, n, d), entries)
        return Block(function, self.new.table(table, (n, d)), n)


def at(shape: Shape, axis: int, size: int) -> Shape:
    """The shape with another size at one axis."""
    return (*shape[:axis], size, *shape[axis + 1 :])
