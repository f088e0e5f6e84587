"""Evaluation of terms in balls: a walk over the nodes, in scopes of bound variables.

A value is remembered in the innermost scope that binds one of the variables it depends on, and is forgotten
with that scope: what does not change in a loop is computed once, and a loop's past is not kept.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from math import prod

from flint import arb, fmpq

from equivalences.language import term as node
from equivalences.language.comparison import Comparison
from equivalences.language.domain import Features
from equivalences.language.evidence import Instance
from equivalences.language.realisation import CUBIC, offset, weight
from equivalences.language.term import Axes, Bound, Loop, Term, binders, children

from . import averages, functions, tangent
from . import ballarray as balls
from .ballarray import BallArray, Shape
from .contraction import contract, product
from .features import Realisation, extent
from .kernels import gram_of
from .precision import UndefinedError, ball
from .scope import Scope
from .tape import Value, constant, record, variable

ARITHMETIC = {
    "add": tangent.add,
    "subtract": tangent.subtract,
    "multiply": tangent.multiply,
    "divide": tangent.divide,
}
FUNCTIONS = {
    "negate": tangent.negate,
    "exp": functions.exp,
    "log": functions.log,
    "sqrt": functions.sqrt,
    "tanh": functions.tanh,
    "sin": functions.sin,
    "cos": functions.cos,
    "erf": functions.erf,
    "relu": functions.relu,
    "sigmoid": functions.sigmoid,
    "softplus": functions.softplus,
}


class Evaluation:
    """One instance at one precision: the inputs, realised once, and the values of terms."""

    def __init__(self, comparison: Comparison, instance: Instance) -> None:
        self.comparison = comparison
        self.instance = instance
        self.free: dict[int, frozenset[int]] = {}
        self.numbers: dict[tuple[int, int], arb] = {}
        self.inputs: dict[str, Value] = {}
        self.maps: dict[str, Realisation] = {}

    def value(self, term: Term) -> BallArray:
        """The array that a closed term stands for.

        Raises:
            UndefinedError: it has no value at the instance, or the balls are too wide to define one.
        """
        return self.at(term, Scope()).array

    def size(self, axis: str) -> int:
        """The number of indices of an axis."""
        return extent(axis, self.instance.sizes)

    def shape(self, axes: Axes) -> Shape:
        """The sizes of some axes."""
        return tuple(self.size(axis) for axis in axes)

    def at(self, term: Term, scope: Scope) -> Value:
        """The value of a term where the variables of a scope are bound."""
        free = self.free_variables(term)
        home = next(s for s in scope.outwards() if s.parent is None or not free.isdisjoint(s.bound))
        if id(term) not in home.values:
            home.values[id(term)] = self.compute(term, home)
        return home.values[id(term)]

    def free_variables(self, term: Term) -> frozenset[int]:
        """The bound variables, by identity, on which a term's value depends."""
        if id(term) not in self.free:
            if isinstance(term, Bound):
                self.free[id(term)] = frozenset({id(term)})
            else:
                below = frozenset().union(*map(self.free_variables, children(term)))
                self.free[id(term)] = below.difference(map(id, binders(term)))
        return self.free[id(term)]

    def compute(self, term: Term, scope: Scope) -> Value:
        """The value of a node, from those of its children."""
        match term:
            case node.Elementwise(operation, left, right):
                return ARITHMETIC[operation](self.at(left, scope), self.at(right, scope))
            case node.Matmul(left, right):
                return product(self.at(left, scope), self.at(right, scope))
            case node.Apply(function, argument):
                return FUNCTIONS[function](self.at(argument, scope))
            case node.Power(base, exponent):
                return tangent.power(self.at(base, scope), exponent)
            case node.Contract(operands, labels, output):
                return contract([self.at(x, scope) for x in operands], labels, output)
            case node.Permute(argument, order):
                return tangent.permute(self.at(argument, scope), order)
            case node.Sum(argument, positions):
                return tangent.total(self.at(argument, scope), positions)
            case node.Softmax(argument, position, where):
                mask = None if where is None else self.at(where, scope)
                return functions.softmax(self.at(argument, scope), position, mask)
            case node.LogSumExp(argument, position):
                return functions.logsumexp(self.at(argument, scope), position)
            case node.CumulativeSum(argument, position):
                return tangent.running_total(self.at(argument, scope), position)
            case node.Inverse(argument):
                return tangent.inverse(self.at(argument, scope))
            case node.Solve(matrix, right):
                x = self.at(right, scope)
                column = tangent.reshape(x, (x.shape[0], prod(x.shape[1:])))
                return tangent.reshape(tangent.solve(self.at(matrix, scope), column), x.shape)
            case node.StopGradient(argument):
                return constant(self.at(argument, scope))
        return self.move(term, scope)

    def move(self, term: Term, scope: Scope) -> Value:
        """The value of a node that makes an array or moves entries."""
        match term:
            case node.Constant(value):
                return tangent.number(value)
            case node.Variable(name, shape):
                return self.given(name, shape)
            case node.Size(axis):
                return tangent.number(self.size(axis))
            case node.Filled(value, axes):
                return Value(balls.filled(self.shape(axes), value))
            case node.Identity(axis):
                return Value(balls.identity(self.size(axis)))
            case node.Causal(axis, strict):
                return Value(balls.lower_triangle(self.size(axis), strict=strict))
            case node.Shift(axis):
                return Value(balls.subdiagonal(self.size(axis)))
            case node.Pi():
                return Value(balls.scalar(arb.pi()))
            case node.Expand(argument, position):
                x = self.at(argument, scope)
                return tangent.reshape(x, (*x.shape[:position], 1, *x.shape[position:]))
            case node.Take(argument, position, index):
                return tangent.row(self.at(argument, scope), position, int(self.instance.values[index][0]))
            case node.Concatenate(parts, position):
                return tangent.joined([self.at(part, scope) for part in parts], position)
        return self.bind(term, scope)

    def bind(self, term: Term, scope: Scope) -> Value:
        """The value of a node that binds variables, is one, or is a function of ``given``."""
        match term:
            case Bound():
                return scope.bound[id(term)]
            case node.Gradient(body, bound, at):
                level = scope.level + 1
                x = variable(self.at(at, scope), level)
                value = self.at(body, Scope(scope, {id(bound): x}, level))
                tangent.require_finite(value, "what is differentiated")
                return tangent.derivative(value, x, level)
            case node.Expectation():
                return averages.expectation(self, term, scope)
            case node.Integral():
                return averages.integral(self, term, scope)
            case node.LoopState(loop, component):
                return self.run(loop, scope)[0][component]
            case node.LoopReads(loop):
                reads = self.run(loop, scope)[1]
                assert reads is not None
                return reads
            case node.Each(body, rows, sequences):
                arrays = [self.at(s, scope) for s in sequences]
                results = [self.at(body, self.rows(rows, arrays, k, scope)) for k in range(arrays[0].shape[0])]
                return tangent.stacked(results, self.shape(body.axes))
            case node.Activation(function, argument):
                inner = tangent.scale(self.at(argument, scope), weight(function, 0, 0, 0))
                return tangent.add(functions.polynomial(inner, CUBIC), tangent.number(offset(function, 0)))
            case node.Unknown(function, arguments, shape):
                return self.unknown(function, [self.at(x, scope) for x in arguments], self.shape(shape))
            case node.Feature(function, point, _):
                return self.features(function, self.at(point, scope))
        raise TypeError(f"{type(term).__name__} is no term")

    def rows(self, names: tuple[Bound, ...], arrays: list[Value], k: int, scope: Scope) -> Scope:
        """A scope in which one row of each array is bound."""
        bound = {id(name): tangent.row(x, 0, k) for name, x in zip(names, arrays, strict=True)}
        return Scope(scope, bound, scope.level)

    def run(self, loop: Loop, scope: Scope) -> tuple[tuple[Value, ...], Value | None]:
        """A loop's last state, and its reads."""
        if id(loop) not in scope.runs:
            scope.runs[id(loop)] = self.steps(loop, scope)
        return scope.runs[id(loop)]

    def steps(self, loop: Loop, scope: Scope) -> tuple[tuple[Value, ...], Value | None]:
        """The recurrence itself; a read sees the state after its step."""
        states = tuple(self.at(x, scope) for x in loop.initials)
        arrays = [self.at(x, scope) for x in loop.sequences]
        reads = []
        for k in range(self.size(loop.axis)):
            rows = self.rows(loop.rows, arrays, k, scope)
            before = Scope(rows, _bound(loop, states), scope.level)
            states = tuple(self.at(body, before) for body in loop.bodies)
            if loop.read is not None:
                reads.append(self.at(loop.read, Scope(rows, _bound(loop, states), scope.level)))
        if loop.read is None:
            return states, None
        return states, tangent.stacked(reads, self.shape(loop.read.axes))

    def given(self, name: str, axes: Axes) -> Value:
        """An input of the instance; one that a hypothesis ties down is computed from the others."""
        if name not in self.inputs:
            if name in self.comparison.realised:
                self.inputs[name] = Value(self.value(self.comparison.realised[name]))
            else:
                entries = [self.number(x) for x in self.instance.values[name]]
                self.inputs[name] = Value(BallArray(self.shape(axes), entries))
        return self.inputs[name]

    def number(self, x: Fraction) -> arb:
        """The ball of an input: one object for one number, so that equal points are seen to be equal."""
        ratio = x.as_integer_ratio()
        known = self.numbers.get(ratio)
        if known is None:
            known = self.numbers[ratio] = arb(fmpq(*ratio))
        return known

    def unknown(self, function: str, arguments: list[Value], shape: Shape) -> Value:
        """An uninterpreted function: the fixed cubic of weighted sums of all entries of its arguments."""
        outputs = prod(shape)
        inner = Value(BallArray((outputs, 1), [ball(offset(function, o)) for o in range(outputs)]))
        for k, x in enumerate(arguments):
            inputs = prod(x.shape)
            weights = [ball(w) for w in _weights(function, k, outputs, inputs)]
            column = tangent.reshape(x, (inputs, 1))
            inner = tangent.add(inner, tangent.matmul(Value(BallArray((outputs, inputs), weights)), column))
        return tangent.reshape(functions.polynomial(inner, CUBIC), shape)

    def features(self, name: str, point: Value) -> Value:
        """The features of points along the last axis; their derivative by the point is not defined."""
        realisation = self.realisation(name)
        count, width = prod(point.shape[:-1]), point.shape[-1]
        vectors = realisation.features(balls.chunks(point.array.entries, width, count))
        array = BallArray((*point.shape[:-1], realisation.size), [x for vector in vectors for x in vector])
        return record(array, (point, _no_derivative))

    def beneath(self, term: Term, bound: Mapping[int, Value]) -> BallArray:
        """The value of a term where some variables are bound, and nothing else is."""
        return self.at(term, Scope(Scope(), bound)).array

    def realisation(self, name: str) -> Realisation:
        """The feature map of that name, with the points met so far."""
        if name not in self.maps:
            domain = self.comparison.given[name]
            assert isinstance(domain, Features)
            kernel = self.comparison.kernels[name]
            self.maps[name] = Realisation(name, self.size(domain.features), gram_of(kernel, self.beneath))
        return self.maps[name]


def _bound(loop: Loop, states: tuple[Value, ...]) -> dict[int, Value]:
    return {id(name): value for name, value in zip(loop.states, states, strict=True)}


def _no_derivative(g: Value, out: Value) -> Value:
    raise UndefinedError(
        "a derivative of a feature map by its point, which its kernel does not define", certain=True
    )


@lru_cache(maxsize=64)
def _weights(function: str, argument: int, outputs: int, inputs: int) -> list[Fraction]:
    return [weight(function, argument, o, c) for o in range(outputs) for c in range(inputs)]
