"""Terms to LaTeX, in matrix notation: vectors are columns, and a row vector is a transpose.

NumPy's ``x @ W`` of a vector and a matrix is printed as W⊤x, so that a formula can be read with a pencil.
What matrix notation has no words for is printed with indices.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

from equivalences.language.term import (
    Activation,
    Apply,
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
    walk,
)

from . import arithmetic, arrays, binding, contraction
from .definition import Definition, shared_nodes
from .fragment import Fragment, Level, atom, call, fraction, length, named, negate, power, product, transpose
from .indexing import Symbol
from .names import Names

FUNCTIONS = {
    "exp": "\\exp",
    "log": "\\log",
    "tanh": "\\tanh",
    "sin": "\\sin",
    "cos": "\\cos",
    "erf": "\\mathrm{erf}",
    "relu": "\\mathrm{relu}",
    "sigmoid": "\\mathrm{sigmoid}",
    "softplus": "\\mathrm{softplus}",
}
WIDE = 24
"""A shared subterm longer than this, in symbols, gets a name."""


def number(value: Fraction) -> Fragment:
    """A rational number."""
    if value < 0:
        return negate(number(-value))
    if value.denominator == 1:
        return atom(str(value.numerator))
    return fraction(atom(str(value.numerator)), atom(str(value.denominator)))


class Writer:
    """Prints the terms of one statement, and collects what they need: definitions and notes.

    Attributes:
        names: the symbols of variables and sizes.
        shared: the identities of nodes that deserve a name.
        definitions: what the formulas mention by name, in order of use.
        notes: keys of ``statement.NOTES``: conventions that a reader has to know.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.definitions: list[Definition] = []
        self.notes: list[str] = []
        self.functions: dict[str, str] = {}
        self.loops: dict[str, tuple[list[str], str]] = {}
        self.reserved = frozenset(names.taken)
        self.active: list[str] = []
        self._written: dict[int, tuple[Term, Fragment]] = {}
        self.shared: set[int] = set()

    def note(self, key: str) -> None:
        """Ask for a convention to be explained."""
        if key not in self.notes:
            self.notes.append(key)

    def formula(self, term: Term) -> Fragment:
        """The whole of a term: what it uses more than once, and is long, is defined by name."""
        self.shared |= shared_nodes(term)
        self.shared.discard(id(term))
        return self.write(term)

    @contextmanager
    def index(self, wishes: str = "ijklpqrst") -> Iterator[str]:
        """A letter that no index in scope has."""
        free = [letter for letter in wishes if letter not in self.reserved and letter not in self.active]
        letter = free[0] if free else f"i_{{{len(self.active)}}}"
        self.active.append(letter)
        try:
            yield letter
        finally:
            self.active.pop()

    def dependence(self, term: Term) -> tuple[str, str]:
        """What a subterm depends on besides the variables: its indices, and arguments in LaTeX."""
        below = list(walk(term))
        indices = {t.index for t in below if isinstance(t, Take) and t.index in self.active}
        indices |= {t.index for t in below if isinstance(t, Symbol) and t.index}
        arguments = {t.latex: None for t in below if isinstance(t, Symbol) and not t.index}
        return ", ".join(sorted(indices)), ", ".join(arguments)

    def write(self, term: Term) -> Fragment:
        """A term; a vector as a column."""
        if id(term) not in self._written:
            fragment = self._node(term)
            if id(term) in self.shared and length(fragment.latex) > WIDE:
                fragment = self._define(term, fragment)
            self._written[id(term)] = (term, fragment)
        return self._written[id(term)][1]

    def _define(self, term: Term, fragment: Fragment) -> Fragment:
        indices, arguments = self.dependence(term)
        letter = "chHH"[min(len(term.axes), 3)]
        count = sum(1 for taken in self.names.taken if taken.startswith(f"{letter}_{{"))
        base = self.names.claim(f"{letter}_{{{count + 1}}}")
        base = f"{base[:-1]}, {indices}}}" if indices else base
        left = base + (f"({arguments})" if arguments else "")
        self.definitions.append(Definition(((left, fragment),)))
        return named(left)

    def transposed(self, term: Term) -> Fragment:
        """The transpose of a matrix; of an array with more axes, its last two swapped."""
        match term:
            case Permute(argument, order) if arrays.is_transpose(order):
                return self.write(argument)
            case Expand(argument, 0) if len(argument.axes) == 1:
                return self.write(argument)
            case Expand(argument, 1) if len(argument.axes) == 1:
                return self.row(argument)
            case Identity():
                return self.write(term)
        return transpose(self.write(term))

    def row(self, term: Term) -> Fragment:
        """A vector as a row."""
        match term:
            case Matmul(left, right) if len(left.axes) == 1 and len(right.axes) == 2:
                return product(self.row(left), self.write(right))
            case Elementwise("multiply", left, right) if not left.axes:
                return product(self.write(left), self.row(right))
            case Elementwise("multiply", left, right) if not right.axes:
                return product(self.write(right), self.row(left))
        return transpose(self.write(term))

    def _node(self, term: Term) -> Fragment:
        match term:
            case Constant(value):
                return number(value)
            case Variable(name, _):
                return named(self.names.variables[name])
            case Symbol(latex, _, _):
                return named(latex)
            case Size(axis):
                size = self.names.size(axis)
                return Fragment(latex=size, level=Level.SUM) if "+" in axis else named(size)
            case Identity(axis):
                return named(f"I_{{{self.names.size(axis)}}}")
            case Filled(value, shape):
                return arrays.filled(self, value, shape)
            case Causal(_, strict):
                self.note("strict" if strict else "causal")
                return named("C_{<}" if strict else "C_{\\le}")
            case Shift():
                self.note("shift")
                return named("C_{\\prec}")
            case Pi():
                return named("\\pi")
            case Expectation(body, variable, law):
                return binding.mean(self, body, variable, law)
            case Integral(body, variable, lower, upper):
                return binding.integral(self, body, variable, lower, upper)
            case Elementwise():
                return arithmetic.elementwise(self, term)
            case Power(base, exponent):
                return arithmetic.entrywise_power(self, base, exponent)
            case Apply(function, argument):
                return self._apply(function, argument)
            case Activation(function, argument):
                self._entrywise(term)
                return call(self.names.variables[function], self.write(argument))
            case Feature(function, point, _):
                if len(point.axes) > 1:
                    self.note("features")
                return call(self.names.variables[function], self.write(point))
            case Unknown(function, arguments, _):
                return call(self.names.variables[function], *(self.write(x) for x in arguments))
            case Permute(argument, order) if arrays.is_transpose(order):
                return self.transposed(argument)
            case Permute():
                return arrays.by_entries(self, term)
            case Expand(argument, position):
                return arrays.expanded(self, argument, position)
            case Take():
                return arrays.slice_of(self, term)
            case Sum(argument, positions):
                return arrays.summed(self, argument, positions)
            case Matmul(left, right):
                return contraction.matmul(self, left, right)
            case Contract(operands, labels, output):
                return contraction.contraction(self, operands, labels, output)
            case Concatenate():
                return arrays.joined(self, term)
            case Softmax(argument, position, where):
                return arrays.softmax(self, argument, position, where)
            case LogSumExp(argument, position):
                return arrays.along(self, "logsumexp", argument, position, len(argument.axes) - 1)
            case CumulativeSum(argument, position):
                return arrays.along(self, "cumsum", argument, position, 0)
            case Inverse(argument):
                return power(self.write(argument), "-1")
            case Solve(matrix, right):
                return product(power(self.write(matrix), "-1"), self.write(right))
            case StopGradient(argument):
                self.note("stopped")
                return call("\\mathrm{sg}", self.write(argument))
            case Gradient(body, variable, at):
                return binding.derivative(self, body, variable, at)
            case LoopState(loop, component):
                return binding.last_state(self, loop, component)
            case LoopReads(loop):
                return binding.reads(self, loop)
            case Each(body, rows, sequences):
                return binding.stacked(self, body, rows, sequences)
        raise TypeError(f"{type(term).__name__} has no notation")

    def _apply(self, function: str, argument: Term) -> Fragment:
        if function == "negate":
            return negate(self.write(argument))
        self._entrywise(argument)
        if function == "sqrt":
            square = self.write(argument)
            return square.root or Fragment(latex=f"\\sqrt{{{square.latex}}}", level=Level.POWER)
        return call(FUNCTIONS[function], self.write(argument))

    def _entrywise(self, term: Term) -> None:
        if term.axes:
            self.note("entrywise")
