"""SymPy scalars and arrays of them: the entries of inputs, elementwise functions, sums, inverses."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import sympy

from equivalences.language.domain import Constraint

Scalar: TypeAlias = Any
"""A SymPy expression."""
Entries: TypeAlias = Any
"""An array of SymPy expressions."""

LARGEST_INVERSE = 3


class UnreadableError(Exception):
    """A term that has no entries at explicit sizes: the text says why."""


class ExhaustedError(Exception):
    """The budget of operations is spent."""


class Budget:
    """Counts operations, not seconds, so that an answer does not depend on the machine."""

    def __init__(self, operations: int) -> None:
        self.left = float(operations)

    def spend(self, operations: float) -> None:
        """Account for some operations.

        Raises:
            ExhaustedError: none are left.
        """
        self.left -= operations
        if self.left < 0:
            raise ExhaustedError


def number(value: Fraction) -> Scalar:
    """A rational number."""
    return sympy.Rational(value.numerator, value.denominator)


def input_entry(name: str, place: tuple[int, ...], constraint: Constraint) -> Scalar:
    """One entry of an input: a symbol, shared across the diagonal where the domain is symmetric.

    A mask has the entries of a fixed pattern, with a one at the start of every row.
    """
    match constraint:
        case "mask":
            return sympy.Integer(int(not place or place[-1] == 0 or sum(place) % 2 == 0))
        case "symmetric" | "positive definite":
            place = tuple(sorted(place))
    label = f"{name}[{', '.join(map(str, place))}]" if place else name
    return sympy.Symbol(label, positive=True) if constraint == "positive" else sympy.Symbol(label, real=True)


def entrywise(function: Callable[[Scalar], Scalar], x: Entries) -> Entries:
    """A function of one number, applied to every entry."""
    values = [function(y) for y in x.ravel()]
    return np.array(values, dtype=object).reshape(x.shape)


def total(x: Entries, positions: tuple[int, ...], budget: Budget) -> Entries:
    """The sum over some axes."""
    budget.spend(x.size / 4)
    kept = tuple(k for k in range(x.ndim) if k not in positions)
    rows = x.transpose(*kept, *positions).reshape(*(x.shape[k] for k in kept), -1)
    sums = [sympy.Add(*rows[place]) for place in np.ndindex(*rows.shape[:-1])]
    return np.array(sums, dtype=object).reshape(rows.shape[:-1])


def inverse(x: Entries, budget: Budget) -> Entries:
    """The adjugate over the determinant.

    Raises:
        UnreadableError: the matrix is larger than three by three.
    """
    n = x.shape[0]
    if n > LARGEST_INVERSE:
        raise UnreadableError(f"an inverse of {n} × {n} entries")
    budget.spend(4 * n**3)
    determinant = _determinant(x)
    cofactors = [[_cofactor(x, j, i) / determinant for j in range(n)] for i in range(n)]
    return np.array(cofactors, dtype=object)


def tree_size(x: Scalar) -> int:
    """The number of nodes of an expression as a tree: what SymPy walks through to differentiate it."""
    known: dict[Scalar, int] = {}

    def count(node: Scalar) -> int:
        if node not in known:
            known[node] = 1 + sum(count(a) for a in node.args)
        return known[node]

    return count(x)


@cache
def unknown_function(name: str, output: int, derivatives: tuple[int, ...]) -> Any:
    """A partial derivative of one entry of an uninterpreted function, as a function of all its arguments."""

    def slope(self: Scalar, position: int = 1) -> Scalar:
        return unknown_function(name, output, tuple(sorted((*derivatives, position - 1))))(*self.args)

    label = f"{name}{output}_{'_'.join(map(str, derivatives))}"
    own = {"fdiff": slope, "equivalence": (name, output, derivatives), "is_real": True}
    return type(label, (sympy.Function,), own)


def _step_slope(self: Scalar, position: int = 1) -> Scalar:
    return sympy.Integer(0)


STEP = type("step", (sympy.Function,), {"fdiff": _step_slope, "is_real": True})
"""1 where positive, else 0; its derivative counts as 0."""

FUNCTIONS: dict[str, Callable[[Scalar], Scalar]] = {
    "negate": lambda x: -x,
    "exp": sympy.exp,
    "log": sympy.log,
    "sqrt": sympy.sqrt,
    "tanh": lambda x: 1 - 2 / (sympy.exp(2 * x) + 1),
    "sin": sympy.sin,
    "cos": sympy.cos,
    "erf": sympy.erf,
    "relu": lambda x: x * STEP(x),
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
}
"""The elementary functions, each in terms of what normalisation can merge."""


def _cofactor(x: Entries, i: int, j: int) -> Scalar:
    rest = np.delete(np.delete(x, i, axis=0), j, axis=1)
    return (-1) ** (i + j) * _determinant(rest)


def _determinant(x: Entries) -> Scalar:
    if x.shape[0] == 0:
        return sympy.Integer(1)
    return sympy.Add(*(x[0, j] * _cofactor(x, 0, j) for j in range(x.shape[0])))
