"""A term at concrete sizes as a graph: loops unrolled, gradients taken, unknown functions put in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import prod

from equivalences.language.term import (
    Activation,
    Apply,
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
    binders,
    children,
    summands,
)

from .contraction import contract, matmul
from .elementary import apply_function, exponential
from .graph import Graph, Node, Shape
from .movement import concatenate, row, row_sums, stack, triangle
from .reverse import cotangent
from .unknown import activation, unknown

Environment = Mapping[int, Node]

SIGNS = 8
"""Signs over all values of which a mean is taken at most."""


def extent(axis: str, sizes: Mapping[str, int]) -> int:
    """The size of an axis, which may be 1 or a sum of others.

    >>> extent("n+1", {"n": 3})
    4
    """
    return sum(1 if part == "1" else sizes[part] for part in summands(axis))


@dataclass
class Lowering:
    """Lowers the terms of one side into one graph.

    Attributes:
        sizes: of every axis name.
        indices: the position of every index of ``given``.
        realised: terms that stand for variables.
        graph: makes the nodes.
        inputs: the nodes of variables, which other sides may share.
        features: the feature nodes.
        bodies: what gradients differentiate, which may not be needed itself.
    """

    sizes: Mapping[str, int]
    indices: Mapping[str, int] = field(default_factory=dict)
    realised: Mapping[str, Term] = field(default_factory=dict)
    graph: Graph = field(default_factory=Graph)
    inputs: dict[str, Node] = field(default_factory=dict)
    features: list[Node] = field(default_factory=list)
    bodies: list[Node] = field(default_factory=list)
    memo: dict[tuple[int, ...], Node] = field(default_factory=dict)
    loops: dict[tuple[int, ...], "tuple[tuple[Node, ...], Node | None]"] = field(default_factory=dict)
    bound: dict[int, frozenset[int]] = field(default_factory=dict)
    terms: list[Term] = field(default_factory=list)

    def __call__(self, term: Term, environment: Environment | None = None) -> Node:
        """The node of a term, which is kept alive since it is remembered by its identity."""
        self.terms.append(term)
        return self.lower(term, environment or {})

    def shape(self, term: Term) -> Shape:
        """The sizes of a term's axes."""
        return tuple(extent(axis, self.sizes) for axis in term.axes)

    def free(self, term: Term) -> frozenset[int]:
        """The bound variables, by id, that a term needs from outside."""
        if id(term) not in self.bound:
            below = frozenset[int]().union(*(self.free(child) for child in children(term)))
            own = {id(term)} if isinstance(term, Bound) else set()
            self.bound[id(term)] = (below | own) - {id(b) for b in binders(term)}
        return self.bound[id(term)]

    def key(self, term: Term, environment: Environment) -> tuple[int, ...]:
        """What the value of a term depends on."""
        return (id(term), *(environment[b].number for b in sorted(self.free(term))))

    def lower(self, term: Term, environment: Environment) -> Node:
        """The node of a term whose bound variables are given."""
        key = self.key(term, environment)
        if key not in self.memo:
            self.memo[key] = self.make(term, environment)
        return self.memo[key]

    def make(self, term: Term, env: Environment) -> Node:
        """A new node for a term."""
        graph = self.graph
        match term:
            case Bound():
                return env[id(term)]
            case Variable(name, _):
                return self.variable(name, self.shape(term))
            case Constant(value) | Filled(value, _):
                return graph.number(value, self.shape(term))
            case Size(axis):
                return graph.number(extent(axis, self.sizes))
            case Identity(axis):
                return graph.number(triangle(extent(axis, self.sizes), 0, 0), self.shape(term))
            case Causal(axis, strict):
                n = extent(axis, self.sizes)
                return graph.number(triangle(n, 1 if strict else 0, n), self.shape(term))
            case Shift(axis):
                n = extent(axis, self.sizes)
                return graph.number(triangle(n, 1, 1), self.shape(term))
            case Pi():
                return graph.node("opaque", (), (), "π")
            case Expectation(body, variable, "signs") if prod(self.shape(variable)) <= SIGNS:
                return self.signed_mean(body, variable, env)
            case Expectation() | Integral():
                return self.opaque(term, env)
            case Elementwise():
                return self.elementwise(term, env)
            case Power(base, exponent):
                return self.power(self.lower(base, env), exponent)
            case Apply(function, argument):
                return apply_function(graph, function, self.lower(argument, env))
            case Activation(function, argument):
                return activation(graph, function, self.lower(argument, env))
            case Unknown(function, arguments, _):
                return unknown(graph, function, [self.lower(x, env) for x in arguments], self.shape(term))
            case Feature(function, point, _):
                node = graph.node("feature", (self.lower(point, env),), self.shape(term), function)
                self.features.append(node)
                return node
            case Permute(argument, order):
                return graph.permute(self.lower(argument, env), order)
            case Expand(argument, _):
                return graph.reshape(self.lower(argument, env), self.shape(term))
            case Take(argument, position, index):
                k = self.indices[index]
                return graph.move(self.lower(argument, env), lambda p: p.take(k, position))
            case Sum(argument, positions):
                return graph.sum(self.lower(argument, env), positions)
            case Matmul(left, right):
                return matmul(graph, self.lower(left, env), self.lower(right, env))
            case Contract(operands, labels, output):
                return contract(graph, [self.lower(x, env) for x in operands], labels, output)
            case Concatenate(parts, position):
                return concatenate(graph, [self.lower(x, env) for x in parts], position)
            case Softmax(argument, position, where):
                weights = exponential(graph, self.lower(argument, env))
                if where is not None:
                    weights = graph.binary("multiply", self.lower(where, env), weights)
                return graph.binary("divide", weights, row_sums(graph, weights, position))
            case LogSumExp(argument, position):
                weights = exponential(graph, self.lower(argument, env))
                return graph.unary("log", graph.sum(weights, (position,)))
            case CumulativeSum(argument, position):
                x = self.lower(argument, env)
                n, rank = x.shape[position], len(x.shape)
                moved = tuple(rank if k == position else k for k in range(rank))
                mask = graph.number(triangle(n, 0, n), (n, n))
                return contract(graph, [mask, x], [(position, rank), moved], tuple(range(rank)))
            case Inverse(argument):
                return graph.unary("inverse", self.lower(argument, env))
            case Solve(matrix, right):
                a, b = self.lower(matrix, env), self.lower(right, env)
                column = graph.reshape(b, (b.shape[0], len(b) // b.shape[0]))
                return graph.reshape(graph.node("solve", (a, column), column.shape), b.shape)
            case StopGradient(argument):
                return graph.unary("stop", self.lower(argument, env))
            case Gradient(body, variable, at):
                return self.gradient(body, variable, self.lower(at, env), env)
            case Each(body, rows, sequences):
                return self.each(body, rows, [self.lower(x, env) for x in sequences], env)
            case LoopState(loop, component):
                return self.loop(term, loop, env)[0][component]
            case LoopReads(loop):
                reads = self.loop(term, loop, env)[1]
                assert reads is not None
                return reads
        raise TypeError(f"no lowering of {type(term).__name__}")

    def variable(self, name: str, shape: Shape) -> Node:
        """An input; or what realises it."""
        if name in self.realised:
            return self.lower(self.realised[name], {})
        if name not in self.inputs:
            self.inputs[name] = self.graph.node("input", (), shape, name)
        return self.inputs[name]

    def elementwise(self, term: Elementwise, env: Environment) -> Node:
        """An arithmetic operation; a scalar factor scales, other scalars and axes 1 are stretched."""
        graph, operation = self.graph, term.operation
        a, b, shape = self.lower(term.left, env), self.lower(term.right, env), self.shape(term)
        if shape and not b.shape and operation in ("multiply", "divide"):
            return graph.scale(b if operation == "multiply" else self.power(b, -1), a)
        if shape and not a.shape and operation == "multiply":
            return graph.scale(a, b)
        return graph.binary(operation, graph.stretch(a, shape), graph.stretch(b, shape))

    def power(self, base: Node, exponent: int) -> Node:
        """An integer power."""
        if exponent == 0:
            return self.graph.number(1, base.shape)
        return base if exponent == 1 else self.graph.unary("power", base, exponent)

    def gradient(self, body: Term, variable: Bound, at: Node, env: Environment) -> Node:
        """The derivative of the body: one reverse pass for each of its entries."""
        graph = self.graph
        copy = graph.unary("copy", at)
        value = self.lower(body, {**env, id(variable): copy})
        self.bodies.append(value)
        rows = []
        for k in range(len(value)):
            seed = graph.number([Fraction(int(j == k)) for j in range(len(value))], value.shape)
            row = cotangent(graph, value, copy, seed)
            rows.append(graph.number(0, at.shape) if row is None else row)
        return stack(graph, rows, value.shape + at.shape)

    def signed_mean(self, body: Term, variable: Bound, env: Environment) -> Node:
        """The mean over all values of the signs."""
        graph, shape, count = self.graph, self.shape(variable), prod(self.shape(variable))
        total = graph.number(0, self.shape(body))
        for choice in product((1, -1), repeat=count):
            value = self.lower(body, {**env, id(variable): graph.number(choice, shape)})
            total = graph.binary("add", total, value)
        return graph.scale(graph.number(Fraction(1, 2**count)), total)

    def opaque(self, term: Term, env: Environment) -> Node:
        """What is not evaluated here; that it depends on what it is differentiated by is kept."""
        parents = tuple(env[b] for b in sorted(self.free(term)))
        return self.graph.node("opaque", parents, self.shape(term), "an average")

    def each(self, body: Term, rows: Sequence[Bound], sequences: Sequence[Node], env: Environment) -> Node:
        """The body for every row."""
        graph = self.graph
        values = [
            self.lower(body, {**env, **self.bind(rows, [row(graph, x, k) for x in sequences])})
            for k in range(sequences[0].shape[0])
        ]
        return stack(graph, values, (len(values), *values[0].shape))

    def loop(self, term: Term, loop: Loop, env: Environment) -> tuple[tuple[Node, ...], Node | None]:
        """The last states of a loop, and its reads."""
        graph = self.graph
        key = (id(loop), *self.key(term, env)[1:])
        if key not in self.loops:
            states = tuple(self.lower(x, env) for x in loop.initials)
            sequences = [self.lower(x, env) for x in loop.sequences]
            reads = []
            for k in range(extent(loop.axis, self.sizes)):
                rows = self.bind(loop.rows, [row(graph, x, k) for x in sequences])
                before = {**env, **rows, **self.bind(loop.states, states)}
                states = tuple(self.lower(x, before) for x in loop.bodies)
                if loop.read is not None:
                    after = {**env, **rows, **self.bind(loop.states, states)}
                    reads.append(self.lower(loop.read, after))
            stacked = stack(graph, reads, (len(reads), *reads[0].shape)) if reads else None
            self.loops[key] = states, stacked
        return self.loops[key]

    def bind(self, variables: Sequence[Bound], nodes: Sequence[Node]) -> dict[int, Node]:
        """The environment in which the variables have these values."""
        return {id(v): x for v, x in zip(variables, nodes, strict=True)}
