"""Terms entry by entry: arrays of SymPy scalars at explicit small sizes.

Sizes are numbers here and nothing else is: a side becomes an array of scalar expressions in its inputs'
entries. Derivatives are SymPy's, scans are unrolled, inverses are adjugates over determinants. Nothing is
shared with the networks, so that an error in one does not hide in the other.
"""

import itertools
import operator
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import sympy

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Features, Numbers
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
    Feature,
    Filled,
    Gradient,
    Identity,
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
    summands,
)

from .features import FeaturePoints
from .scalars import (
    FUNCTIONS,
    Budget,
    Entries,
    Scalar,
    UnreadableError,
    entrywise,
    input_entry,
    inverse,
    number,
    total,
    tree_size,
    unknown_function,
)
from .scope import Scope

OPERATIONS: dict[str, Callable[[Entries, Entries], Entries]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
}


class Reader:
    """Reads the terms of one comparison at given sizes, index positions and masks."""

    def __init__(
        self,
        comparison: Comparison,
        sizes: Mapping[str, int],
        positions: Mapping[str, int],
        budget: Budget,
        width: int = 1,
    ) -> None:
        self.comparison, self.positions, self.budget = comparison, positions, budget
        features = [d.features for d in comparison.given.values() if isinstance(d, Features)]
        self.sizes = dict(sizes) | dict.fromkeys(features, width)
        self.features = {name: FeaturePoints(name, width) for name in comparison.kernels}
        self.scope = Scope()
        self._memo: dict[object, Entries] = {}
        self._varying: list[dict[Scalar, Scalar]] = []
        self._variables: dict[str, Entries] = {}

    def size(self, axis: str) -> int:
        """The number of entries along an axis."""
        return sum(1 if part == "1" else self.sizes[part] for part in summands(axis))

    def shape(self, axes: Axes) -> tuple[int, ...]:
        """The sizes of a type."""
        return tuple(self.size(axis) for axis in axes)

    def read(self, term: Term) -> Entries:
        """The entries of a term, shared where the term shares them.

        Raises:
            UnreadableError: the term has no entries, for example a derivative through a feature map.
            ExhaustedError: the budget is spent.
        """
        key = self.scope.key(term)
        if key not in self._memo:
            value = np.asarray(self._read(term), dtype=object)
            self.budget.spend(value.size)
            self._memo[key] = value
        return self._memo[key]

    def _read(self, term: Term) -> Entries:
        match term:
            case Constant(value):
                return number(value)
            case Size(axis):
                return sympy.Integer(self.size(axis))
            case Filled(value, axes):
                return np.full(self.shape(axes), number(value), dtype=object)
            case Identity(axis):
                return self._table(axis, lambda i, j: int(i == j))
            case Causal(axis, strict):
                return self._table(axis, lambda t, s: int(s < t or (s == t and not strict)))
            case Shift(axis):
                return self._table(axis, lambda t, s: int(s == t - 1))
            case Pi():
                return sympy.pi
            case Variable(name, axes):
                return self._variable(name, axes)
            case Bound():
                return self.scope.value(term)
            case Elementwise(operation, left, right):
                return OPERATIONS[operation](self.read(left), self.read(right))
            case Power(base, exponent):
                return self.read(base) ** exponent
            case Apply(function, argument):
                return entrywise(FUNCTIONS[function], self.read(argument))
            case Activation(function, argument):
                return entrywise(unknown_function(function, 0, ()), self.read(argument))
            case Unknown(function, arguments, axes):
                flat = [x for a in arguments for x in self.read(a).ravel()]
                count = int(np.prod(self.shape(axes)))
                values = [unknown_function(function, o, ())(*flat) for o in range(count)]
                return np.array(values, dtype=object).reshape(self.shape(axes))
            case Feature(function, point, _):
                return self._features(function, self.read(point))
            case Permute(argument, order):
                return self.read(argument).transpose(order)
            case Expand(argument, position):
                return np.expand_dims(self.read(argument), position)
            case Take(argument, position, index):
                return self.read(argument).take(self.positions[index], axis=position)
            case Sum(argument, positions):
                return total(self.read(argument), positions, self.budget)
            case Matmul(left, right):
                self.budget.spend(self.read(left).size * self.read(right).size / self.size(left.axes[-1]))
                return self.read(left) @ self.read(right)
            case Contract(operands, labels, output):
                return self._contract([self.read(t) for t in operands], labels, output)
            case Concatenate(parts, position):
                return np.concatenate([self.read(part) for part in parts], axis=position)
            case Softmax(argument, position, where):
                weights = entrywise(sympy.exp, self.read(argument))
                weights = weights if where is None else weights * self.read(where)
                return weights / np.expand_dims(total(weights, (position,), self.budget), position)
            case LogSumExp(argument, position):
                summed = total(entrywise(sympy.exp, self.read(argument)), (position,), self.budget)
                return entrywise(sympy.log, summed)
            case CumulativeSum(argument, position):
                return np.cumsum(self.read(argument), axis=position)
            case Inverse(argument):
                return inverse(self.read(argument), self.budget)
            case Solve(matrix, right):
                return inverse(self.read(matrix), self.budget) @ self.read(right)
            case StopGradient(argument):
                return entrywise(self._freeze, self.read(argument))
            case Gradient(body, variable, at):
                return self._differentiate(body, variable, self.read(at))
            case Each(body, rows, sequences):
                return np.stack(self._each(body, rows, [self.read(s) for s in sequences]))
            case LoopState(loop, component):
                return list(self._iterate(loop))[-1][component]
            case LoopReads(loop):
                assert loop.read is not None
                return np.stack(list(self._reads(loop)))
        raise UnreadableError(f"{type(term).__name__} has no entries here")

    def kernel(self, name: str, x: tuple[Scalar, ...], y: tuple[Scalar, ...]) -> Scalar:
        """The kernel of a feature map at two points."""
        kernel = self.comparison.kernels[name]
        points = [np.array(point, dtype=object) for point in (x, y)]
        with self.scope.binding([kernel.x, kernel.y], points):
            return self.read(kernel.value)[()]

    def gram(self, name: str) -> list[list[Scalar]]:
        """The kernel at every pair of points at which a feature map is used."""
        points = self.features[name].points
        return [[self.kernel(name, x, y) for y in points] for x in points]

    def _table(self, axis: str, entry: Callable[[int, int], int]) -> Entries:
        n = range(self.size(axis))
        return np.array([[sympy.Integer(entry(i, j)) for j in n] for i in n], dtype=object)

    def _variable(self, name: str, axes: Axes) -> Entries:
        if name not in self._variables:
            if name in self.comparison.realised:
                return self.read(self.comparison.realised[name])
            domain = self.comparison.given[name]
            assert isinstance(domain, Numbers)
            values = np.empty(self.shape(axes), dtype=object)
            for place in np.ndindex(*values.shape):
                values[place] = input_entry(name, place, domain.constraint)
            self._variables[name] = values
        return self._variables[name]

    def _features(self, function: str, points: Entries) -> Entries:
        points_of = self.features[function]
        varying = {s for pairs in self._varying for pair in pairs.items() for s in pair}
        rows = points.reshape(-1, points.shape[-1])
        if any(varying & x.free_symbols for x in rows.ravel()):
            raise UnreadableError(f"a derivative through the argument of {function}")
        values = [points_of.row(tuple(row)) for row in rows]
        return np.array(values, dtype=object).reshape((*points.shape[:-1], points_of.width))

    def _contract(
        self, operands: list[Entries], labels: tuple[tuple[int, ...], ...], output: tuple[int, ...]
    ) -> Entries:
        sizes = {k: n for x, ks in zip(operands, labels, strict=True) for k, n in zip(ks, x.shape, strict=True)}
        self.budget.spend(len(operands) * float(np.prod(list(sizes.values()))))
        pairs = [part for x, ks in zip(operands, labels, strict=True) for part in (x, list(ks))]
        return np.einsum(*pairs, list(output))

    def _freeze(self, x: Scalar) -> Scalar:
        for pairs in self._varying:
            x = x.xreplace(pairs)
        return x

    def _differentiate(self, body: Term, variable: Bound, at: Entries) -> Entries:
        names = [sympy.Dummy(variable.hint, real=True) for _ in range(at.size)]
        frozen = {x: sympy.Dummy(f"{variable.hint} held", real=True) for x in names}
        self._varying.append(frozen)
        with self.scope.binding([variable], [np.array(names, dtype=object).reshape(at.shape)]):
            value = self.read(body)
        self._varying.pop()
        point = dict(zip(names, at.ravel(), strict=True))
        held = {frozen[x]: self._freeze(y) for x, y in point.items()}
        for y in value.ravel():
            self.budget.spend(tree_size(y) * at.size / 10)
        slopes = [y.diff(x).xreplace(point | held) for y in value.ravel() for x in names]
        return np.array(slopes, dtype=object).reshape((*value.shape, *at.shape))

    def _each(self, body: Term, rows: tuple[Bound, ...], sequences: list[Entries]) -> list[Entries]:
        values = []
        for row in zip(*sequences, strict=True):
            with self.scope.binding(rows, [np.asarray(x, dtype=object) for x in row]):
                values.append(self.read(body))
        return values

    def _iterate(self, loop: Loop) -> Iterator[tuple[Entries, ...]]:
        """The states: before the first step, and after each."""
        states = tuple(self.read(x) for x in loop.initials)
        yield states
        for rows in self._rows(loop):
            with self.scope.binding((*loop.states, *loop.rows), [*states, *rows]):
                states = tuple(self.read(body) for body in loop.bodies)
            yield states

    def _rows(self, loop: Loop) -> list[list[Entries]]:
        sequences = [self.read(s) for s in loop.sequences]
        return [[np.asarray(s[t], dtype=object) for s in sequences] for t in range(self.size(loop.axis))]

    def _reads(self, loop: Loop) -> Iterator[Entries]:
        assert loop.read is not None
        after = itertools.islice(self._iterate(loop), 1, None)
        for states, rows in zip(after, self._rows(loop), strict=True):
            with self.scope.binding((*loop.states, *loop.rows), [*states, *rows]):
                yield self.read(loop.read)
