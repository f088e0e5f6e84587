"""The typed tree that a side traces to: the only thing a checker ever sees.

A term is an array whose axes are named. An axis is written as its size: a name (``n``), ``1``, or a sum
of those (``n+m``, ``n+1``); two sizes are equal if and only if they are written alike. Nodes are compared
by identity, since a term is a graph with much sharing; ``digest`` compares structures. The module is long
because a node is a few lines and the vocabulary has thirty of them.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property
from typing import Literal, TypeAlias

Axes: TypeAlias = tuple[str, ...]

ELEMENTARY = frozenset(
    {"negate", "exp", "log", "sqrt", "tanh", "sin", "cos", "erf", "relu", "sigmoid", "softplus"}
)

Law: TypeAlias = Literal["normal", "signs"]
"""How the entries of a random array are drawn, independently: from N(0, 1), or ±1 with equal chances."""


def summands(axis: str) -> tuple[str, ...]:
    """The parts of an axis: ``n+m`` has ``n`` and ``m``, any other axis itself.

    >>> summands("n+m+1")
    ('n', 'm', '1')
    """
    return tuple(axis.split("+"))


def show_axes(axes: Axes) -> str:
    """A type as it is written in docstrings and messages.

    >>> show_axes(("n", "d"))
    '[n d]'
    """
    return "[" + " ".join(axes) + "]"


@dataclass(frozen=True, eq=False)
class Term:
    """A node. Every node has ``axes``; alternatives are the dataclasses below."""

    @cached_property
    def axes(self) -> Axes:
        """The type: one axis name a dimension."""
        raise TypeError(f"{type(self).__name__} has no axes")


@dataclass(frozen=True, eq=False)
class Constant(Term):
    """A rational scalar."""

    value: Fraction

    @cached_property
    def axes(self) -> Axes:
        """A scalar has none."""
        return ()


@dataclass(frozen=True, eq=False)
class Variable(Term):
    """A variable of the claim's ``given``."""

    name: str
    shape: Axes

    @cached_property
    def axes(self) -> Axes:
        """As declared."""
        return self.shape


@dataclass(frozen=True, eq=False)
class Bound(Term):
    """A variable bound by a gradient, a loop or a kernel; ``hint`` is for display only."""

    hint: str
    shape: Axes

    @cached_property
    def axes(self) -> Axes:
        """Those of what it stands for."""
        return self.shape


@dataclass(frozen=True, eq=False)
class Size(Term):
    """The size of an axis, as a scalar."""

    axis: str

    @cached_property
    def axes(self) -> Axes:
        """A scalar has none."""
        return ()


@dataclass(frozen=True, eq=False)
class Filled(Term):
    """An array of one rational number."""

    value: Fraction
    shape: Axes

    @cached_property
    def axes(self) -> Axes:
        """As declared."""
        return self.shape


@dataclass(frozen=True, eq=False)
class Identity(Term):
    """The identity matrix."""

    axis: str

    @cached_property
    def axes(self) -> Axes:
        """[n n]."""
        return (self.axis, self.axis)


@dataclass(frozen=True, eq=False)
class Causal(Term):
    """The 0/1 matrix whose entry [t, s] is 1 where s ≤ t, or s < t if strict."""

    axis: str
    strict: bool

    @cached_property
    def axes(self) -> Axes:
        """[n n]."""
        return (self.axis, self.axis)


@dataclass(frozen=True, eq=False)
class Shift(Term):
    """The 0/1 matrix whose entry [t, s] is 1 where s = t − 1."""

    axis: str

    @cached_property
    def axes(self) -> Axes:
        """[n n]."""
        return (self.axis, self.axis)


@dataclass(frozen=True, eq=False)
class Pi(Term):
    """The circle's number, as a scalar."""

    @cached_property
    def axes(self) -> Axes:
        """A scalar has none."""
        return ()


Operation: TypeAlias = Literal["add", "subtract", "multiply", "divide"]


@dataclass(frozen=True, eq=False)
class Elementwise(Term):
    """An arithmetic operation, entry by entry; a scalar or an axis of size 1 stretches."""

    operation: Operation
    left: Term
    right: Term

    @cached_property
    def axes(self) -> Axes:
        """Those of the operand that is not stretched."""
        left, right = self.left.axes, self.right.axes
        if not left or not right:
            return left or right
        return tuple(b if a == "1" else a for a, b in zip(left, right, strict=True))


@dataclass(frozen=True, eq=False)
class Power(Term):
    """An integer power, entry by entry."""

    base: Term
    exponent: int

    @cached_property
    def axes(self) -> Axes:
        """Those of the base."""
        return self.base.axes


@dataclass(frozen=True, eq=False)
class Apply(Term):
    """A function of ``ELEMENTARY``, entry by entry."""

    function: str
    argument: Term

    @cached_property
    def axes(self) -> Axes:
        """Those of the argument."""
        return self.argument.axes


@dataclass(frozen=True, eq=False)
class Activation(Term):
    """An uninterpreted differentiable function of one real number, entry by entry."""

    function: str
    argument: Term

    @cached_property
    def axes(self) -> Axes:
        """Those of the argument."""
        return self.argument.axes


@dataclass(frozen=True, eq=False)
class Unknown(Term):
    """An uninterpreted differentiable function of whole arrays."""

    function: str
    arguments: tuple[Term, ...]
    shape: Axes

    @cached_property
    def axes(self) -> Axes:
        """As declared."""
        return self.shape


@dataclass(frozen=True, eq=False)
class Feature(Term):
    """A feature map applied along the last axis: [… d] -> [… f]."""

    function: str
    point: Term
    features: str

    @cached_property
    def axes(self) -> Axes:
        """The point's, with the feature axis last."""
        return (*self.point.axes[:-1], self.features)


@dataclass(frozen=True, eq=False)
class Permute(Term):
    """Axes reordered: axis k of the result is axis ``order[k]`` of the argument."""

    argument: Term
    order: tuple[int, ...]

    @cached_property
    def axes(self) -> Axes:
        """The argument's, reordered."""
        return tuple(self.argument.axes[k] for k in self.order)


@dataclass(frozen=True, eq=False)
class Expand(Term):
    """A new axis of size 1 at ``position``."""

    argument: Term
    position: int

    @cached_property
    def axes(self) -> Axes:
        """The argument's, with a 1."""
        axes = self.argument.axes
        return (*axes[: self.position], "1", *axes[self.position :])


@dataclass(frozen=True, eq=False)
class Take(Term):
    """The slice at an index of the claim: x[t] along ``position``."""

    argument: Term
    position: int
    index: str

    @cached_property
    def axes(self) -> Axes:
        """The argument's, without that axis."""
        axes = self.argument.axes
        return axes[: self.position] + axes[self.position + 1 :]


@dataclass(frozen=True, eq=False)
class Sum(Term):
    """The sum over the axes at ``positions``."""

    argument: Term
    positions: tuple[int, ...]

    @cached_property
    def axes(self) -> Axes:
        """Those that are not summed."""
        return tuple(a for k, a in enumerate(self.argument.axes) if k not in self.positions)


@dataclass(frozen=True, eq=False)
class Matmul(Term):
    """NumPy's ``@`` for ranks 1 and 2; above, leading axes are equal or on one side only."""

    left: Term
    right: Term

    @cached_property
    def axes(self) -> Axes:
        """Leading axes, then rows of the left, then columns of the right."""
        a, b = self.left.axes, self.right.axes
        leading = a[:-2] or b[:-2]
        return leading + (a[-2:-1] if len(a) > 1 else ()) + (b[-1:] if len(b) > 1 else ())


@dataclass(frozen=True, eq=False)
class Contract(Term):
    """A named contraction: axes with one label are identified, labels not in ``output`` are summed."""

    operands: tuple[Term, ...]
    labels: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]

    @cached_property
    def axes(self) -> Axes:
        """The axes that the output's labels stand for."""
        sizes = {
            label: axis
            for operand, labels in zip(self.operands, self.labels, strict=True)
            for label, axis in zip(labels, operand.axes, strict=True)
        }
        return tuple(sizes[label] for label in self.output)


@dataclass(frozen=True, eq=False)
class Concatenate(Term):
    """Arrays joined along one axis, whose size is the sum."""

    parts: tuple[Term, ...]
    position: int

    @cached_property
    def axes(self) -> Axes:
        """The parts', with the sum of the joined axes."""
        first = self.parts[0].axes
        joined = "+".join(part.axes[self.position] for part in self.parts)
        return (*first[: self.position], joined, *first[self.position + 1 :])


@dataclass(frozen=True, eq=False)
class Softmax(Term):
    """exp over its sum along one axis; ``where`` is a 0/1 array, and weights outside it are 0."""

    argument: Term
    position: int
    where: Term | None

    @cached_property
    def axes(self) -> Axes:
        """Those of the argument."""
        return self.argument.axes


@dataclass(frozen=True, eq=False)
class LogSumExp(Term):
    """The logarithm of the sum of exponentials along one axis."""

    argument: Term
    position: int

    @cached_property
    def axes(self) -> Axes:
        """The argument's, without that axis."""
        axes = self.argument.axes
        return axes[: self.position] + axes[self.position + 1 :]


@dataclass(frozen=True, eq=False)
class CumulativeSum(Term):
    """Inclusive prefix sums along one axis."""

    argument: Term
    position: int

    @cached_property
    def axes(self) -> Axes:
        """Those of the argument."""
        return self.argument.axes


@dataclass(frozen=True, eq=False)
class Inverse(Term):
    """The inverse of one square matrix."""

    argument: Term

    @cached_property
    def axes(self) -> Axes:
        """[n n]."""
        return self.argument.axes


@dataclass(frozen=True, eq=False)
class Solve(Term):
    """The solution x of ``matrix @ x = right``."""

    matrix: Term
    right: Term

    @cached_property
    def axes(self) -> Axes:
        """Those of the right side."""
        return self.right.axes


@dataclass(frozen=True, eq=False)
class Gradient(Term):
    """The derivative of ``body`` by ``variable``, taken at ``at``: axes of the body, then of the variable."""

    body: Term
    variable: Bound
    at: Term

    @cached_property
    def axes(self) -> Axes:
        """[body… variable…]; a gradient's body is a scalar."""
        return self.body.axes + self.variable.axes


@dataclass(frozen=True, eq=False)
class StopGradient(Term):
    """The argument, which every enclosing gradient holds constant."""

    argument: Term

    @cached_property
    def axes(self) -> Axes:
        """Those of the argument."""
        return self.argument.axes


@dataclass(frozen=True, eq=False)
class Expectation(Term):
    """The mean of ``body`` where ``variable`` is a random array with independent entries of a law."""

    body: Term
    variable: Bound
    law: Law

    @cached_property
    def axes(self) -> Axes:
        """Those of the body."""
        return self.body.axes


@dataclass(frozen=True, eq=False)
class Integral(Term):
    """The integral of ``body`` where the scalar ``variable`` runs from ``lower`` to ``upper``."""

    body: Term
    variable: Bound
    lower: Term
    upper: Term

    @cached_property
    def axes(self) -> Axes:
        """Those of the body."""
        return self.body.axes


@dataclass(frozen=True, eq=False)
class Loop:
    """The recurrence of a scan: state ← body(state, rows), one row of each sequence a step.

    ``read`` is a function of the state *after* the step and of the rows; None where only the last state
    is asked for. Without sequences the loop runs ``axis`` times.
    """

    axis: str
    states: tuple[Bound, ...]
    rows: tuple[Bound, ...]
    bodies: tuple[Term, ...]
    initials: tuple[Term, ...]
    sequences: tuple[Term, ...]
    read: Term | None


@dataclass(frozen=True, eq=False)
class LoopState(Term):
    """One component of a loop's last state."""

    loop: Loop
    component: int

    @cached_property
    def axes(self) -> Axes:
        """Those of the component."""
        return self.loop.states[self.component].axes


@dataclass(frozen=True, eq=False)
class LoopReads(Term):
    """A loop's reads, stacked along its axis."""

    loop: Loop

    @cached_property
    def axes(self) -> Axes:
        """The loop's axis, then those of a read."""
        assert self.loop.read is not None
        return (self.loop.axis, *self.loop.read.axes)


@dataclass(frozen=True, eq=False)
class Each(Term):
    """``body`` for every row along the first axis of the sequences, stacked."""

    body: Term
    rows: tuple[Bound, ...]
    sequences: tuple[Term, ...]

    @cached_property
    def axes(self) -> Axes:
        """The sequences' first axis, then the body's."""
        return (self.sequences[0].axes[0], *self.body.axes)


def children(term: Term) -> tuple[Term, ...]:
    """The terms directly below a node: what lies outside a binder first, then what lies under it."""
    match term:
        case Elementwise(_, left, right) | Matmul(left, right) | Solve(left, right):
            return (left, right)
        case Power(argument, _) | Permute(argument, _) | Expand(argument, _) | Sum(argument, _):
            return (argument,)
        case Apply(_, argument) | Activation(_, argument) | Feature(_, argument, _):
            return (argument,)
        case Inverse(argument) | StopGradient(argument):
            return (argument,)
        case Take(argument, _, _) | LogSumExp(argument, _) | CumulativeSum(argument, _):
            return (argument,)
        case Softmax(argument, _, where):
            return (argument,) if where is None else (argument, where)
        case Unknown(_, arguments, _) | Contract(arguments, _, _) | Concatenate(arguments, _):
            return arguments
        case Gradient(body, _, at):
            return (at, body)
        case Expectation(body, _, _):
            return (body,)
        case Integral(body, _, lower, upper):
            return (lower, upper, body)
        case LoopState(loop, _) | LoopReads(loop):
            read = () if loop.read is None else (loop.read,)
            return (*loop.initials, *loop.sequences, *loop.bodies, *read)
        case Each(body, _, sequences):
            return (*sequences, body)
    return ()


def binders(term: Term) -> tuple[Bound, ...]:
    """The variables that a node binds in its last children."""
    match term:
        case Gradient(_, variable, _) | Expectation(_, variable, _) | Integral(_, variable, _, _):
            return (variable,)
        case LoopState(loop, _) | LoopReads(loop):
            return (*loop.states, *loop.rows)
        case Each(_, rows, _):
            return rows
    return ()


def walk(*roots: Term) -> Iterator[Term]:
    """Every node below the roots once, parents before children."""
    seen: set[int] = set()
    todo = list(reversed(roots))
    while todo:
        term = todo.pop()
        if id(term) not in seen:
            seen.add(id(term))
            yield term
            todo.extend(reversed(children(term)))


def loops(*roots: Term) -> tuple[Loop, ...]:
    """The loops below the roots, each once, in order of appearance."""
    found = [t.loop for t in walk(*roots) if isinstance(t, LoopState | LoopReads)]
    return tuple({id(loop): loop for loop in found}.values())


def rewrite(term: Term, replace: Callable[[Term], Term | None]) -> Term:
    """The term with every node for which ``replace`` gives another one replaced, outermost first.

    What is shared stays shared; a replacement is not searched again.
    """
    memo: dict[int, Term] = {}
    memo_loops: dict[int, Loop] = {}

    def visit(t: Term) -> Term:
        if id(t) not in memo:
            new = replace(t)
            memo[id(t)] = rebuild(t) if new is None else new
        return memo[id(t)]

    def visit_all(terms: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple(visit(t) for t in terms)

    def visit_loop(loop: Loop) -> Loop:
        if id(loop) not in memo_loops:
            memo_loops[id(loop)] = Loop(
                loop.axis,
                loop.states,
                loop.rows,
                visit_all(loop.bodies),
                visit_all(loop.initials),
                visit_all(loop.sequences),
                None if loop.read is None else visit(loop.read),
            )
        return memo_loops[id(loop)]

    def rebuild(t: Term) -> Term:
        if all(visit(child) is child for child in children(t)):
            return t
        match t:
            case LoopState(loop, component):
                return LoopState(visit_loop(loop), component)
            case LoopReads(loop):
                return LoopReads(visit_loop(loop))
        return with_children(t, tuple(visit(child) for child in children(t)))

    return visit(term)


def with_children(term: Term, new: tuple[Term, ...]) -> Term:
    """The same node over other children, in the order of ``children``; loops excepted."""
    match term:
        case Elementwise(operation, _, _):
            return Elementwise(operation, *new)
        case Matmul():
            return Matmul(*new)
        case Solve():
            return Solve(*new)
        case Power(_, exponent):
            return Power(new[0], exponent)
        case Permute(_, order):
            return Permute(new[0], order)
        case Expand(_, position):
            return Expand(new[0], position)
        case Sum(_, positions):
            return Sum(new[0], positions)
        case Apply(function, _):
            return Apply(function, new[0])
        case Activation(function, _):
            return Activation(function, new[0])
        case Feature(function, _, features):
            return Feature(function, new[0], features)
        case Inverse():
            return Inverse(new[0])
        case StopGradient():
            return StopGradient(new[0])
        case Take(_, position, index):
            return Take(new[0], position, index)
        case LogSumExp(_, position):
            return LogSumExp(new[0], position)
        case CumulativeSum(_, position):
            return CumulativeSum(new[0], position)
        case Softmax(_, position, where):
            return Softmax(new[0], position, None if where is None else new[1])
        case Unknown(function, _, shape):
            return Unknown(function, new, shape)
        case Contract(_, labels, output):
            return Contract(new, labels, output)
        case Concatenate(_, position):
            return Concatenate(new, position)
        case Gradient(_, variable, _):
            return Gradient(new[1], variable, new[0])
        case Expectation(_, variable, law):
            return Expectation(new[0], variable, law)
        case Integral(_, variable, _, _):
            return Integral(new[2], variable, new[0], new[1])
        case Each(_, rows, _):
            return Each(new[-1], rows, new[:-1])
    return term


def digest(*roots: Term) -> str:
    """A hash of the structure: equal for equal programs, whatever is shared and however bound names read.

    A variable that is bound by none of the roots goes by its hint; to compare parts of one tree, ask
    ``is_same``.

    >>> x = Variable("x", ("n",))
    >>> digest(Sum(x, (0,))) == digest(Sum(Variable("x", ("n",)), (0,)))
    True
    """
    return _digest(roots, lambda variable: variable.hint)


def is_same(left: Term, right: Term) -> bool:
    """Whether two parts of one tree are equal programs, in which a free variable equals itself only."""
    by_identity = [_digest((root,), lambda variable: str(id(variable))) for root in (left, right)]
    return by_identity[0] == by_identity[1]


def _digest(roots: tuple[Term, ...], name: Callable[[Bound], str]) -> str:
    """The hash, in which free variables go by a name."""
    memo: dict[tuple[int, tuple[int, ...]], str] = {}

    def visit(term: Term, scope: tuple[int, ...]) -> str:
        key = (id(term), scope)
        if key not in memo:
            match term:
                case Bound():
                    level = scope.index(id(term)) if id(term) in scope else f"free {name(term)}"
                    own = f"bound {level} {term.axes}"
                case _:
                    own = _label(term)
            below = (*scope, *(id(variable) for variable in binders(term)))
            parts = [own, *(visit(child, below) for child in children(term))]
            memo[key] = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return memo[key]

    return hashlib.sha256("".join(visit(root, ()) for root in roots).encode()).hexdigest()


def _label(term: Term) -> str:
    """What a node is, apart from its children."""
    match term:
        case LoopState(loop, component):
            return f"LoopState {loop.axis} {component} {len(loop.states)} {len(loop.rows)}"
        case LoopReads(loop):
            return f"LoopReads {loop.axis} {len(loop.states)} {len(loop.rows)}"
    values = [getattr(term, field.name) for field in fields(term)]
    plain = [
        str(value)
        for value in values
        if not isinstance(value, Term)
        and not (isinstance(value, tuple) and value and isinstance(value[0], Term))
    ]
    return " ".join([type(term).__name__, str(term.axes), *plain])
