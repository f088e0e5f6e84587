"""Indices moved inwards: entry i of K q is the i-th row of K times q.

These are the definitions of the ops, entry by entry, applied to a term before it is printed under a sum
sign. Where an op has no such form the index stays outside.
"""

from dataclasses import dataclass
from functools import cached_property

from equivalences.language.term import (
    Activation,
    Apply,
    Axes,
    Concatenate,
    Constant,
    Contract,
    CumulativeSum,
    Each,
    Elementwise,
    Expand,
    Feature,
    Filled,
    LogSumExp,
    Matmul,
    Permute,
    Power,
    Softmax,
    Solve,
    StopGradient,
    Sum,
    Take,
    Term,
    rewrite,
)


@dataclass(frozen=True, eq=False)
class Symbol(Term):
    """Something that is printed as it stands: a bound variable's name.

    A definition that mentions it depends on its ``index``, or, if it has none, on the variable itself.
    """

    latex: str
    shape: Axes
    index: str = ""

    @cached_property
    def axes(self) -> Axes:
        """Those of what it stands for."""
        return self.shape


def substitute(term: Term, replacements: dict[int, Term]) -> Term:
    """The term with nodes replaced, given by their identities."""
    return rewrite(term, lambda t: replacements.get(id(t)))


def take(term: Term, position: int, index: str) -> Term:
    """The slice of a term at an index, with the index as far inside as it goes."""
    moved = _move(term, position, index)
    return Take(term, position, index) if moved is None else moved


def _without(axes: Axes, position: int) -> Axes:
    return axes[:position] + axes[position + 1 :]


def _move(term: Term, p: int, index: str) -> Term | None:
    match term:
        case Elementwise(operation, left, right):
            return Elementwise(operation, _operand(left, p, index), _operand(right, p, index))
        case Power(base, exponent):
            return Power(take(base, p, index), exponent)
        case Apply(function, argument):
            return Apply(function, take(argument, p, index))
        case Activation(function, argument):
            return Activation(function, take(argument, p, index))
        case StopGradient(argument):
            return StopGradient(take(argument, p, index))
        case Filled(value, shape):
            return Filled(value, _without(shape, p)) if len(shape) > 1 else Constant(value)
        case Permute(argument, order):
            rest = [k - (k > order[p]) for k in _without_position(order, p)]
            inner = take(argument, order[p], index)
            return inner if rest == sorted(rest) else Permute(inner, tuple(rest))
        case Expand(argument, position) if p == position:
            return argument
        case Expand(argument, position):
            return Expand(take(argument, p - (p > position), index), position - (p < position))
        case Sum(argument, positions):
            inside = [k for k in range(len(argument.axes)) if k not in positions][p]
            return Sum(take(argument, inside, index), tuple(k - (k > inside) for k in positions))
        case Feature(function, point, features) if p < len(term.axes) - 1:
            return Feature(function, take(point, p, index), features)
        case Concatenate(parts, position) if p != position:
            return Concatenate(tuple(take(part, p, index) for part in parts), position - (p < position))
        case LogSumExp(argument, position):
            inside = p + (p >= position)
            return LogSumExp(take(argument, inside, index), position - (inside < position))
        case Softmax(argument, position, where) if p != position:
            mask = None if where is None else take(where, p, index)
            return Softmax(take(argument, p, index), position - (p < position), mask)
        case CumulativeSum(argument, position) if p != position:
            return CumulativeSum(take(argument, p, index), position - (p < position))
        case Solve(matrix, right) if p == 1:
            return Solve(matrix, take(right, 1, index))
        case Each(body, rows, sequences) if p == 0:
            return substitute(body, {id(r): take(s, 0, index) for r, s in zip(rows, sequences, strict=True)})
        case Contract(operands, labels, output):
            return _contraction(operands, labels, output, p, index)
        case Matmul(left, right):
            return _matmul(left, right, p, index)
    return None


def _without_position(order: tuple[int, ...], p: int) -> tuple[int, ...]:
    return order[:p] + order[p + 1 :]


def _operand(x: Term, p: int, index: str) -> Term:
    """An operand of an elementwise operation: scalars stretch, and so do axes of size 1."""
    if not x.axes:
        return x
    return take(x, p, "1" if x.axes[p] == "1" else index)


def _contraction(
    operands: tuple[Term, ...], labels: tuple[tuple[int, ...], ...], output: tuple[int, ...], p: int, index: str
) -> Term:
    label = output[p]
    new_operands = []
    for operand, names in zip(operands, labels, strict=True):
        for position in reversed([k for k, name in enumerate(names) if name == label]):
            operand = take(operand, position, index)
        new_operands.append(operand)
    new_labels = tuple(tuple(name for name in names if name != label) for names in labels)
    return Contract(tuple(new_operands), new_labels, _without_position(output, p))


def _matmul(left: Term, right: Term, p: int, index: str) -> Term | None:
    a, b = len(left.axes), len(right.axes)
    leading = max(a, b) - 2
    if leading > 0 and p < leading:
        left = take(left, p, index) if a > 2 else left
        right = take(right, p, index) if b > 2 else right
        return Matmul(left, right)
    if leading > 0:
        return None
    if p == 0 and a == 2:
        return Matmul(take(left, 0, index), right)
    return Matmul(left, take(right, 1, index))
