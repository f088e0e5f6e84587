"""Means over random arrays and integrals, in balls.

A mean over signs is a sum over all of them. Under a mean over normal numbers the body is evaluated in
polynomials times exponentials, whose means have closed forms; under an integral it is evaluated in complex
balls, by which Arb's quadrature bounds its own error (F. Johansson, Numerical integration in arbitrary-
precision ball arithmetic, 2018).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from flint import acb, arb, ctx

from equivalences.language import term as node
from equivalences.language.term import Bound, Expectation, Integral, Term
from equivalences.language.totality import needs

from . import tangent
from .ballarray import ONE, BallArray
from .exponentials import ExpPolynomial, lift, variable
from .precision import UndefinedError
from .scope import Scope
from .tape import Value

if TYPE_CHECKING:
    from .evaluation import Evaluation

Numbers: TypeAlias = Any
"""A NumPy array of ring elements."""

SIGNS = 12
"""Signs over all values of which a mean is taken at most."""

PIECES = 256
HALVINGS = 30
"""How finely the way of an integral is divided to see that the integrand is defined."""

EVALUATIONS = 20
"""Evaluations of an integrand at most, for each bit of precision: analytic ones need one or two."""

ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
}


def expectation(evaluation: "Evaluation", term: Expectation, scope: Scope) -> Value:
    """The mean of the body over its random variable.

    Raises:
        UndefinedError: there are too many signs, or the body is of another form than is known here.
    """
    shape = evaluation.shape(term.variable.axes)
    if term.law == "signs":
        return signed_mean(evaluation, term, scope, prod(shape))
    variables = np.array([variable(k) for k in range(prod(shape))], dtype=object).reshape(shape)
    ring = Ring(lift, ExpPolynomial.__pow__, {"exp": ExpPolynomial.exp, "negate": lambda x: -x})
    values = Body(evaluation, scope, term.variable, variables, ring).read(term.body)
    return Value(BallArray(values.shape, [lift(x).normal_mean() for x in values.ravel()]))


def signed_mean(evaluation: "Evaluation", term: Expectation, scope: Scope, count: int) -> Value:
    """The mean over all values of so many signs."""
    if count > SIGNS:
        raise UndefinedError(f"a mean over {count} signs; at most {SIGNS} are summed over", certain=True)
    shape = evaluation.shape(term.variable.axes)
    values = []
    for choice in product((ONE, -ONE), repeat=count):
        inner = Scope(scope, {id(term.variable): Value(BallArray(shape, choice))}, scope.level)
        values.append(evaluation.at(term.body, inner))
    result = values[0]
    for value in values[1:]:
        result = tangent.add(result, value)
    return tangent.scale(result, Fraction(1, len(values)))


def integral(evaluation: "Evaluation", term: Integral, scope: Scope) -> Value:
    """The integral of the body between its ends, entry by entry.

    Raises:
        UndefinedError: the body has no continuation to complex numbers that is known here, or is not seen to be
            defined, and real, between the ends.
    """
    ends = [closed(evaluation, end, scope).array.entries[0] for end in (term.lower, term.upper)]
    shape = evaluation.shape(term.body.axes)
    require_defined(evaluation, term, scope, ends)
    entries = [quadrature(evaluation, term, scope, ends, k) for k in range(prod(shape))]
    return Value(BallArray(shape, entries))


def quadrature(evaluation: "Evaluation", term: Integral, scope: Scope, ends: Sequence[arb], entry: int) -> arb:
    """The integral of one entry."""

    def value(t: acb, analytic: bool) -> acb:
        ring = Ring(acb, tangent.raised, complex_functions(analytic))
        here = np.array(t, dtype=object)
        entries: list[acb] = Body(evaluation, scope, term.variable, here, ring).read(term.body).ravel().tolist()
        return entries[entry]

    value(acb((ends[0] + ends[1]) / 2), False)  # what cannot be read has to be said before Arb calls back
    most = EVALUATIONS * ctx.prec
    return acb.integral(value, acb(ends[0]), acb(ends[1]), eval_limit=most).real


def require_defined(evaluation: "Evaluation", term: Integral, scope: Scope, ends: Sequence[arb]) -> None:
    """Require that the body has a real value wherever its variable runs.

    Quadrature would go on with complex values. The way between the ends is halved until on each piece a real
    ball shows it.

    Raises:
        UndefinedError: certainly, if on a piece the body has no value; else if a piece stays open.
    """
    if not needs(term.body, given=evaluation.comparison.given):
        return
    pieces = [(ends[0].union(ends[1]), 0)]
    for count in range(PIECES):
        if not pieces:
            return
        piece, depth = pieces.pop()
        ring = Ring(arb, tangent.raised, REAL_FUNCTIONS)
        here = np.array(piece, dtype=object)
        found = Body(evaluation, scope, term.variable, here, ring).read(term.body)
        if not all(x.is_finite() for x in found.ravel()):
            if depth == HALVINGS or count == PIECES - 1:
                break
            middle, half = piece.mid(), piece.rad() / 2
            pieces += [(arb(middle + sign * half, half), depth + 1) for sign in (1, -1)]
    raise UndefinedError("an integral of what is not seen to be defined between the ends", certain=True)


def on_positive(function: Callable[[arb], arb], name: str, *, strictly: bool) -> Callable[[arb], arb]:
    """A function of positive numbers: no number where a ball may hold others, an error where it holds none."""

    def checked(x: arb) -> arb:
        if x < 0 or (strictly and x <= 0):
            raise UndefinedError(f"{name} of what is not positive, under an integral", certain=True)
        return function(x) if (x > 0 or (not strictly and x >= 0)) else arb("nan")

    return checked


REAL_FUNCTIONS: Mapping[str, Callable[[arb], arb]] = {
    "negate": lambda x: -x,
    "exp": arb.exp,
    "log": on_positive(arb.log, "log", strictly=True),
    "sqrt": on_positive(arb.sqrt, "sqrt", strictly=False),
    "sin": arb.sin,
    "cos": arb.cos,
    "tanh": arb.tanh,
    "erf": arb.erf,
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
}


def complex_functions(analytic: bool) -> Mapping[str, Callable[[Any], Any]]:
    """The elementary functions of complex balls; with ``analytic``, not a number across their cuts."""
    return {
        "negate": lambda x: -x,
        "exp": acb.exp,
        "log": lambda x: x.log(analytic=analytic),
        "sqrt": lambda x: x.sqrt(analytic=analytic),
        "sin": acb.sin,
        "cos": acb.cos,
        "tanh": acb.tanh,
        "erf": acb.erf,
        "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    }


def closed(evaluation: "Evaluation", term: Term, scope: Scope) -> Value:
    """The value of a term that does not depend on the variable of an average.

    Raises:
        UndefinedError: a derivative is taken by it, which is not carried through averages here.
    """
    value = evaluation.at(term, scope)
    if value.varies:
        raise UndefinedError("a derivative of a mean or an integral by what stands inside it", certain=True)
    return value


@dataclass(frozen=True)
class Ring:
    """What a body is evaluated in: how a ball enters, integer powers, and the functions there are."""

    lift: Callable[[arb], Any]
    power: Callable[[Any, int], Any]
    functions: Mapping[str, Callable[[Any], Any]]


class Body:
    """Evaluates a body in a ring, its variable being an array of ring elements."""

    def __init__(
        self, evaluation: "Evaluation", scope: Scope, variable: Bound, value: Numbers, ring: Ring
    ) -> None:
        self.evaluation, self.scope, self.ring = evaluation, scope, ring
        self.variable = variable
        self.known: dict[int, Numbers] = {id(variable): value}

    def read(self, term: Term) -> Numbers:
        """The value of a term.

        Raises:
            UndefinedError: a node that has no meaning in the ring.
        """
        if id(term) not in self.known:
            if id(self.variable) in self.evaluation.free_variables(term):
                value = np.asarray(self.compute(term), dtype=object)
            else:
                array = closed(self.evaluation, term, self.scope).array
                lifted = np.empty(len(array.entries), dtype=object)
                lifted[:] = [self.ring.lift(x) for x in array.entries]
                value = lifted.reshape(array.shape)
            self.known[id(term)] = value
        return self.known[id(term)]

    def compute(self, term: Term) -> Numbers:
        """The value of a node, from those of its children."""
        match term:
            case node.Elementwise(operation, left, right):
                return ARITHMETIC[operation](self.read(left), self.read(right))
            case node.Power(base, exponent):
                return self.mapped(lambda x: self.ring.power(x, exponent), base)
            case node.Apply(function, argument) if function in self.ring.functions:
                return self.mapped(self.ring.functions[function], argument)
            case node.Permute(argument, order):
                return np.transpose(self.read(argument), order)
            case node.Expand(argument, position):
                return np.expand_dims(self.read(argument), position)
            case node.Take(argument, position, index):
                return np.take(self.read(argument), int(self.evaluation.instance.values[index][0]), position)
            case node.Sum(argument, positions):
                return np.add.reduce(self.read(argument), axis=positions)
            case node.Concatenate(parts, position):
                return np.concatenate([self.read(part) for part in parts], position)
            case node.Matmul(left, right):
                return np.matmul(self.read(left), self.read(right))
            case node.Contract(operands, labels, output):
                pairs = zip(operands, labels, strict=True)
                return np.einsum(*(x for t, own in pairs for x in (self.read(t), list(own))), list(output))
            case node.StopGradient(argument):
                return self.read(argument)
        name = term.function if isinstance(term, node.Apply) else type(term).__name__.lower()
        raise UndefinedError(f"{name} of the variable of a mean or an integral", certain=True)

    def mapped(self, function: Callable[[Any], Any], argument: Term) -> Numbers:
        """A function, entry by entry."""
        value = self.read(argument)
        entries = np.empty(value.size, dtype=object)
        entries[:] = [function(x) for x in value.ravel()]
        return entries.reshape(value.shape)
