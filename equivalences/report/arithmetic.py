"""Notation of elementwise arithmetic."""

from fractions import Fraction
from typing import TYPE_CHECKING

from equivalences.language.term import (
    Axes,
    Constant,
    Elementwise,
    Term,
    is_same,
)

from . import fragment as f
from .arrays import by_entries, filled
from .fragment import Fragment, Level
from .indexing import take

if TYPE_CHECKING:
    from .latex import Writer


def elementwise(writer: "Writer", term: Elementwise) -> Fragment:
    """Arithmetic: scalars and equal types as usual, stretched axes by diagonal matrices or by ones."""
    left, right = term.left, term.right
    if left.axes and right.axes and left.axes != right.axes:
        return _stretched(writer, term)
    a, b = writer.write(left), writer.write(right)
    match term.operation:
        case "add":
            return f.add(_spread(writer, a, left, right), _spread(writer, b, right, left), "+")
        case "subtract":
            return f.add(_spread(writer, a, left, right), _spread(writer, b, right, left), "-")
        case "multiply" if is_same(left, right):
            return entrywise_power(writer, left, 2)
        case "multiply" if left.axes and right.axes:
            writer.note("entrywise")
            return f.entrywise(a, b)
        case "multiply":
            return f.product(b, a) if left.axes and not right.axes else f.product(a, b)
        case "divide":
            return _quotient(writer, left, right)


def _spread(writer: "Writer", x: Fragment, term: Term, other: Term) -> Fragment:
    """A scalar beside an array is a multiple of ones."""
    if term.axes or not other.axes:
        return x
    ones = filled(writer, Fraction(1), other.axes)
    return ones if x.latex == "1" else f.product(x, ones)


def _quotient(writer: "Writer", left: Term, right: Term) -> Fragment:
    if right.axes:
        writer.note("entrywise")
    below = writer.write(right)
    match left:
        case Constant(value) if value.denominator != 1:
            below = f.product(f.atom(str(value.denominator)), below)
            return f.fraction(writer.write(Constant(Fraction(value.numerator))), below)
    above = writer.write(left)
    if left.axes and not right.axes and above.level <= Level.SUM and not above.latex.startswith("-"):
        return f.product(f.fraction(f.atom("1"), below), above)
    return f.fraction(above, below)


def _stretched(writer: "Writer", term: Elementwise) -> Fragment:
    """A column or a row beside a matrix: a diagonal matrix, or a product with ones."""
    left, right = term.left, term.right
    if left.axes == ("1",):
        return elementwise(writer, Elementwise(term.operation, take(left, 0, "1"), right))
    if right.axes == ("1",):
        return elementwise(writer, Elementwise(term.operation, left, take(right, 0, "1")))
    if len(left.axes) != 2 or "1" in term.axes:
        return by_entries(writer, term)
    match term.operation, _shape(left), _shape(right):
        case "multiply", "column", "matrix":
            return f.product(_diagonal(writer, left), writer.write(right))
        case "multiply", "row", "matrix":
            return f.product(writer.write(right), _diagonal(writer, left))
        case "multiply", "matrix", "column":
            return f.product(_diagonal(writer, right), writer.write(left))
        case "multiply", "matrix", "row":
            return f.product(writer.write(left), _diagonal(writer, right))
        case "divide", "matrix", "column":
            return f.product(f.power(_diagonal(writer, right), "-1"), writer.write(left))
        case "divide", "matrix", "row":
            return f.product(writer.write(left), f.power(_diagonal(writer, right), "-1"))
        case "multiply", "column", "row":
            return f.product(writer.write(_vector(left)), writer.row(_vector(right)))
        case "multiply", "row", "column":
            return f.product(writer.write(_vector(right)), writer.row(_vector(left)))
        case (("add" | "subtract"), _, _):
            a, b = _repeated(writer, left, term.axes), _repeated(writer, right, term.axes)
            return f.add(a, b, "+" if term.operation == "add" else "-")
    return by_entries(writer, term)


def _shape(x: Term) -> str:
    """What a term of two axes is beside a matrix."""
    return "column" if x.axes[1] == "1" else "row" if x.axes[0] == "1" else "matrix"


def _vector(x: Term) -> Term:
    """The vector that a column or a row is made of."""
    return take(x, 1 if x.axes[1] == "1" else 0, "1")


def _diagonal(writer: "Writer", x: Term) -> Fragment:
    return f.call("\\mathrm{diag}", writer.write(_vector(x)))


def _repeated(writer: "Writer", x: Term, axes: Axes) -> Fragment:
    """A column or a row, repeated to a matrix."""
    match _shape(x):
        case "column":
            ones = filled(writer, Fraction(1), axes[1:])
            return f.product(writer.write(_vector(x)), f.transpose(ones))
        case "row":
            return f.product(filled(writer, Fraction(1), axes[:1]), writer.row(_vector(x)))
    return writer.write(x)


def entrywise_power(writer: "Writer", base: Term, exponent: int) -> Fragment:
    """An integer power of each entry."""
    if not base.axes:
        return f.power(writer.write(base), str(exponent))
    writer.note("entrywise")
    return f.power(writer.write(base), f"\\odot {exponent}")
