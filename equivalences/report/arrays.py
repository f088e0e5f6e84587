"""Notation of the ops on arrays; each function prints one kind of node."""

from fractions import Fraction
from typing import TYPE_CHECKING

from equivalences.language.term import (
    Axes,
    Concatenate,
    Constant,
    Each,
    Take,
    Term,
)

from . import fragment as f
from .fragment import Fragment, Level
from .indexing import take

if TYPE_CHECKING:
    from .latex import Writer


def is_transpose(order: tuple[int, ...]) -> bool:
    """Whether just the last two axes are swapped."""
    n = len(order)
    return n > 1 and order == (*range(n - 2), n - 1, n - 2)


def filled(writer: "Writer", value: Fraction, shape: Axes) -> Fragment:
    """An array of one number."""
    if value == 0:
        return f.atom("0")
    scalar, several = writer.write(Constant(value)), tuple(axis for axis in shape if axis != "1")
    ones = Fragment(latex=f"\\mathbf{{1}}_{{{writer.names.shape(several)}}}", level=Level.SUBSCRIPTED)
    return f.product(scalar, ones) if several else scalar


def expanded(writer: "Writer", argument: Term, position: int) -> Fragment:
    """A column (unchanged) or a row; above, the new axis is not shown."""
    if len(argument.axes) == 1 and position == 0:
        return writer.row(argument)
    if len(argument.axes) > 1:
        writer.note("stretched")
    return writer.write(argument)


def slice_of(writer: "Writer", term: Term) -> Fragment:
    """x with its indices below it, a colon where an axis is kept before one that is not."""
    base = term
    while isinstance(base, Take):
        base = base.argument
    shown = _positions(term)
    if ":" in shown:
        writer.note("slices")
    elif len(shown) == 1 and len(base.axes) == 2:
        writer.note("rows")
    names = [writer.names.variables.get(index, index) for index in shown]
    plain = all(len(name) == 1 and name != ":" for name in names)
    return f.subscript(writer.write(base), "".join(names) if plain else ", ".join(names))


def _positions(term: Term) -> list[str]:
    """The index at each axis of what nested slices are taken of; trailing whole axes are left out."""
    taken: list[tuple[int, str]] = []
    while isinstance(term, Take):
        taken.append((term.position, term.index))
        term = term.argument
    free = list(range(len(term.axes)))
    shown = [":"] * len(term.axes)
    for position, index in reversed(taken):
        shown[free.pop(position)] = index
    while shown[-1] == ":":
        shown.pop()
    return shown


def summed(writer: "Writer", argument: Term, positions: tuple[int, ...]) -> Fragment:
    """A row or column sum of a matrix as a product with ones; any other with a sum sign."""
    rank = len(argument.axes)
    if rank == 2 and len(positions) == 1 and not isinstance(argument, Each):
        axis = argument.axes[positions[0]]
        matrix = writer.write(argument) if positions == (1,) else writer.transposed(argument)
        return f.product(matrix, filled(writer, Fraction(1), (axis,)))
    return _series(writer, argument, sorted(positions))


def _series(writer: "Writer", argument: Term, positions: list[int]) -> Fragment:
    if not positions:
        return writer.formula(argument)
    *rest, last = positions
    if argument.axes[last] == "1":
        return _series(writer, take(argument, last, "1"), rest)
    with writer.index() as i:
        size = writer.names.size(argument.axes[last])
        body = _series(writer, take(argument, last, i), rest)
    return f.series(i, size, body)


def by_entries(writer: "Writer", term: Term) -> Fragment:
    """An array as its entries, stacked axis by axis."""
    if not term.axes:
        return writer.formula(term)
    with writer.index() as i:
        return stack(writer, by_entries(writer, take(term, 0, i)), i, term.axes[0])


def stack(writer: "Writer", body: Fragment, index: str, axis: str) -> Fragment:
    """What the body is for each value of an index, stacked."""
    writer.note("stack")
    latex = f"\\left[\\, {body.latex} \\,\\right]_{{{index}=1}}^{{{writer.names.size(axis)}}}"
    return Fragment(latex=latex, level=Level.POWER)


def joined(writer: "Writer", term: Concatenate) -> Fragment:
    """A block vector or matrix."""
    if len(term.axes) > 2:
        parts = (writer.write(part) for part in term.parts)
        return f.call(f"\\mathrm{{concat}}_{{{writer.names.size(term.axes[term.position])}}}", *parts)
    rows = [_cells(writer, part) for part in term.parts] if term.position == 0 else [_cells(writer, term)]
    if len(term.axes) == 1:
        rows = [
            [_zeros(writer, part.axes) if x == "0" else x] for part, (x,) in zip(term.parts, rows, strict=True)
        ]
    if len({len(row) for row in rows}) > 1:
        rows = [[writer.write(part).latex] for part in term.parts]
    body = " \\\\ ".join(" & ".join(row) for row in rows)
    return f.atom(f"\\begin{{pmatrix}} {body} \\end{{pmatrix}}")


def _zeros(writer: "Writer", axes: Axes) -> str:
    """A vector of zeros, whose size nothing beside it tells."""
    return "0" if axes == ("1",) else f"\\mathbf{{0}}_{{{writer.names.shape(axes)}}}"


def _cells(writer: "Writer", term: Term) -> list[str]:
    match term:
        case Concatenate(parts, 1):
            return [writer.write(part).latex for part in parts]
    return [writer.write(term).latex]


def softmax(writer: "Writer", argument: Term, position: int, where: Term | None) -> Fragment:
    """Along the last axis unless said otherwise; a mask is a subscript."""
    below = [] if position == len(argument.axes) - 1 else [f"\\text{{axis }} {position + 1}"]
    if len(argument.axes) > 1:
        writer.note("softmax" if not below else "axes")
    if where is not None:
        writer.note("masked")
        below.append(writer.write(where).latex)
    name = "\\mathrm{softmax}" + (f"_{{{', '.join(below)}}}" if below else "")
    return f.call(name, writer.write(argument))


def along(writer: "Writer", name: str, argument: Term, position: int, usual: int) -> Fragment:
    """A function along one axis, which is named if it is not the usual one."""
    below = "" if position == usual else f"_{{\\text{{axis }} {position + 1}}}"
    if len(argument.axes) > 1:
        writer.note("axes" if below else name)
    return f.call(f"\\mathrm{{{name}}}{below}", writer.write(argument))
