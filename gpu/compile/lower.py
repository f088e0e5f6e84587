"""From a term to a graph.

Maps over rows become leading axes: inside ``each``, a value of depth k carries the axes of the k innermost
rows it may depend on in front of its own, of size 1 where it does not. A Jacobian is a map over the
entries of its body. Loops are unrolled, products associate as they are written, and gradients are taken
by ``reverse`` on the graph.
"""

from collections.abc import Sequence

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Features
from equivalences.language.term import (
    Activation,
    Apply,
    Axes,
    Bound,
    Causal,
    Concatenate,
    Constant,
    Contract,
    CumulativeSum,
    Each,
    Elementwise,
    Expand,
    Expectation,
    Feature,
    Filled,
    Gradient,
    Identity,
    Integral,
    Inverse,
    LogSumExp,
    Loop,
    LoopReads,
    LoopState,
    Matmul,
    Permute,
    Pi,
    Power,
    Shift,
    Size,
    Softmax,
    Solve,
    StopGradient,
    Sum,
    Take,
    Term,
    Unknown,
    Variable,
    children,
    summands,
)

from .forward import differentiate_forwards
from .graph import Dim, Graph, Shape, Unsupported, count
from .literals import PI, UNBOUNDED
from .products import contract_all, matmul
from .reverse import differentiate
from .scope import Environment, FreeVariables, Value
from .sizes import Sizes, extent
from .unknowns import activate, apply_unknown


def lower(graph: Graph, term: Term, comparison: Comparison, sizes: Sizes, *, forwards: bool = False) -> int:
    """The node of a term, without the realisation of feature maps; gradients in reverse, or ``forwards``.

    Raises:
        Unsupported: the term has no batched form.
    """
    return Lowering(graph, comparison, sizes, forwards=forwards).lower(term, {}).node


class Lowering:
    """Visits terms; what is shared in a term is lowered once for each binding of its free variables."""

    def __init__(self, graph: Graph, comparison: Comparison, sizes: Sizes, *, forwards: bool = False) -> None:
        self.graph, self.comparison, self.sizes, self.forwards = graph, comparison, sizes, forwards
        self.feature_axes = {d.features for d in comparison.given.values() if isinstance(d, Features)}
        self._known: dict[tuple[object, ...], Value] = {}
        self.free = FreeVariables()
        self._loops: dict[tuple[object, ...], tuple[list[Value], list[Value]]] = {}

    def lower(self, term: Term, environment: Environment) -> Value:
        """The value of a term, given those of its free bound variables."""
        key = (term, *self._binding(term, environment))
        if key not in self._known:
            self._known[key] = self._visit(term, environment)
        return self._known[key]

    def _binding(self, term: Term, environment: Environment) -> tuple[object, ...]:
        return tuple((b, environment[b]) for b in sorted(self.free(term), key=id))

    def _depth(self, terms: Sequence[Term], environment: Environment, own: Sequence[Bound] = ()) -> int:
        free = frozenset().union(*(self.free(t) for t in terms)) - set(own)
        return max((environment[b].depth for b in free), default=0)

    def _shape(self, axes: Axes) -> Shape:
        return tuple(self._size(axis) for axis in axes)

    def _size(self, axis: str) -> Dim:
        if axis in self.feature_axes:
            return axis
        if self.feature_axes & set(summands(axis)):
            raise Unsupported(f"the axis {axis} joins features with something else")
        return extent(axis, self.sizes)

    def _lift(self, value: Value, depth: int) -> int:
        """The node with axes of size 1 for the maps that it does not know of."""
        shape = self.graph.shape(value.node)
        if not shape and self.graph.value(value.node) is not None:
            return value.node
        extra = (1,) * (depth - value.depth)
        return self.graph.reshape(value.node, shape[: value.depth] + extra + shape[value.depth :])

    def _visit(self, term: Term, environment: Environment) -> Value:
        g = self.graph
        match term:
            case Bound():
                return environment[term]
            case Variable(name, axes):
                if name in self.comparison.realised:
                    return self.lower(self.comparison.realised[name], {})
                return Value(g.input(name, self._shape(axes)))
            case Constant(value):
                return Value(g.filled(value))
            case Filled(value, axes):
                return Value(g.filled(value, self._shape(axes)))
            case Size(axis):
                return Value(g.filled(extent(axis, self.sizes)))
            case Identity(axis):
                return Value(g.eye(self._size(axis)))
            case Causal(axis, strict):
                return Value(g.causal(self._size(axis), strict))
            case Shift(axis):
                return Value(g.shift(self._size(axis)))
            case Pi():
                return Value(g.filled(PI))
            case Expectation() | Integral() | Apply("erf", _):
                raise Unsupported(UNBOUNDED[type(term)])
            case Gradient():
                return self._gradient(term, environment)
            case Each():
                return self._each(term, environment)
            case LoopState(loop, component):
                return self._loop(loop, environment)[0][component]
            case LoopReads(loop):
                reads = self._loop(loop, environment)[1]
                depth = max(read.depth for read in reads)
                rows = [self._lift(read, depth) for read in reads]
                rank = len(term.axes) - 1
                return Value(g.concatenate([self._new_axis(row, rank) for row in rows], depth), depth)
        below = [self.lower(child, environment) for child in children(term)]
        depth = max(value.depth for value in below)
        return Value(self._operation(term, [self._lift(value, depth) for value in below], depth), depth)

    def _new_axis(self, x: int, from_end: int) -> int:
        shape = self.graph.shape(x)
        k = len(shape) - from_end
        return self.graph.reshape(x, (*shape[:k], 1, *shape[k:]))

    def _operation(self, term: Term, below: list[int], depth: int) -> int:
        """An operation whose operands have the same leading axes."""
        g = self.graph
        x = below[0]
        match term:
            case Elementwise(operation, left, right):
                rank = max(len(left.axes), len(right.axes))
                return g.binary(
                    operation,
                    *(self._pad(y, len(t.axes), rank) for y, t in zip(below, (left, right), strict=True)),
                )
            case Power(_, exponent):
                return g.power(x, exponent)
            case Apply(function, _):
                return g.unary(function, x)
            case Activation(function, _):
                return activate(g, function, x)
            case Unknown(function, arguments, axes):
                shapes = [self._shape(argument.axes) for argument in arguments]
                pairs = list(zip(below, shapes, strict=True))
                return apply_unknown(g, function, pairs, self._shape(axes), depth)
            case Permute(_, order):
                return g.permute(x, (*range(depth), *(depth + k for k in order)))
            case Expand(_, position):
                return self._new_axis(x, len(term.axes) - 1 - position)
            case Sum(_, positions):
                return g.sum(x, [depth + k for k in positions])
            case Matmul(left, right):
                return matmul(g, below, len(left.axes), len(right.axes), depth)
            case Contract(_, labels, output):
                return contract_all(g, below, labels, output, depth)
            case Concatenate(_, position):
                return g.concatenate(self._same_leading(below, depth), depth + position)
            case Softmax(_, position, where):
                return g.softmax(x, depth + position, None if where is None else below[1])
            case LogSumExp(_, position):
                return g.logsumexp(x, depth + position)
            case CumulativeSum(_, position):
                return g.cumulate(x, depth + position)
            case Take(_, position, index):
                return g.take(x, depth + position, index)
            case Inverse():
                return g.inverse(x)
            case Solve(_, right):
                if len(right.axes) == 2:
                    return g.solve(x, below[1])
                column = g.solve(x, g.reshape(below[1], (*g.shape(below[1]), 1)))
                return g.reshape(column, g.shape(column)[:-1])
            case StopGradient():
                return g.stop(x)
            case Feature(function, _, features):
                return g.feature(function, features, x)
        raise Unsupported(f"{type(term).__name__} has no batched form")

    def _pad(self, x: int, own: int, rank: int) -> int:
        """A scalar with as many axes of size 1 as the other operand has."""
        shape = self.graph.shape(x)
        if own == rank or (self.graph.value(x) is not None and not shape):
            return x
        return self.graph.reshape(x, shape + (1,) * (rank - own))

    def _same_leading(self, nodes: list[int], depth: int) -> list[int]:
        leading = [max(int(self.graph.shape(x)[k]) for x in nodes) for k in range(depth)]
        return [self.graph.broadcast(x, (*leading, *self.graph.shape(x)[depth:])) for x in nodes]

    def _each(self, term: Each, environment: Environment) -> Value:
        depth = max(self._depth((term.body,), environment, term.rows), self._depth(term.sequences, environment))
        inner = dict(environment)
        n = self._size(term.sequences[0].axes[0])
        if isinstance(n, str):
            raise Unsupported("a map over features")
        for row, sequence in zip(term.rows, term.sequences, strict=True):
            inner[row] = Value(self._lift(self.lower(sequence, environment), depth), depth + 1)
        body = self._lift(self.lower(term.body, inner), depth + 1)
        shape = self.graph.shape(body)
        if not shape and self.graph.value(body) is not None:
            return Value(
                self.graph.broadcast(self.graph.reshape(body, (1,) * (depth + 1)), (1,) * depth + (n,)), depth
            )
        return Value(self.graph.broadcast(body, (*shape[:depth], n, *shape[depth + 1 :])), depth)

    def _gradient(self, term: Gradient, environment: Environment) -> Value:
        """The gradient; a Jacobian is taken of one entry after the other, along one more leading axis."""
        g = self.graph
        at = self.lower(term.at, environment)
        depth = max(at.depth, self._depth((term.body,), environment, (term.variable,)))
        entries = count(self._shape(term.body.axes))
        leading = self._leading(term.body, environment, at, depth)
        point = self._lift(at, depth)
        own = g.shape(point)[depth:]
        if term.body.axes:
            point, leading = g.reshape(point, (*g.shape(point)[:depth], 1, *own)), (*leading, entries)
        variable = g.hold(g.broadcast(point, (*leading, *own)))
        body = self.lower(term.body, environment | {term.variable: Value(variable, len(leading))})
        if g.value(body.node) is None:
            g.guards.append(body.node)
        if not term.body.axes:
            seed = g.filled(1, g.shape(body.node))
            return Value(self._differentiate(body.node, seed, variable, depth), depth)
        seed = g.reshape(g.eye(entries), (1,) * depth + (entries, *self._shape(term.body.axes)))
        seed = g.broadcast(seed, g.shape(body.node))
        result = self._differentiate(body.node, seed, variable, depth + 1)
        return Value(g.reshape(result, (*leading[:depth], *self._shape(term.axes))), depth)

    def _differentiate(self, output: int, seed: int, variable: int, depth: int) -> int:
        if self.forwards:
            return differentiate_forwards(self.graph, output, seed, variable, depth)
        return differentiate(self.graph, output, seed, variable)

    def _leading(self, body: Term, environment: Environment, at: Value, depth: int) -> Shape:
        """The sizes of the surrounding maps, as seen in what the body and its point depend on."""
        values = [at, *(environment[b] for b in self.free(body) if b in environment)]
        return tuple(max(int(self.graph.shape(v.node)[k]) for v in values if v.depth > k) for k in range(depth))

    def _loop(self, loop: Loop, environment: Environment) -> tuple[list[Value], list[Value]]:
        """The last states and all reads of a loop."""
        outside = (*loop.initials, *loop.sequences)
        inside = (*loop.bodies, *(() if loop.read is None else (loop.read,)))
        own = {*loop.states, *loop.rows}
        free = frozenset().union(*(self.free(t) for t in outside), *(self.free(t) for t in inside)) - own
        key = (loop, *((b, environment[b]) for b in sorted(free, key=id)))
        if key not in self._loops:
            self._loops[key] = self._unroll(loop, environment)
        return self._loops[key]

    def _unroll(self, loop: Loop, environment: Environment) -> tuple[list[Value], list[Value]]:
        states = [self.lower(t, environment) for t in loop.initials]
        sequences = [self.lower(t, environment) for t in loop.sequences]
        reads: list[Value] = []
        for step in range(extent(loop.axis, self.sizes)):
            rows = [Value(self.graph.take(s.node, s.depth, step), s.depth) for s in sequences]
            bound = environment | dict(zip(loop.rows, rows, strict=True))
            before = bound | dict(zip(loop.states, states, strict=True))
            states = [self.lower(t, before) for t in loop.bodies]
            if loop.read is not None:
                after = bound | dict(zip(loop.states, states, strict=True))
                reads.append(self.lower(loop.read, after))
        return states, reads
