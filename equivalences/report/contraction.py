"""Notation of products and contractions: by their names where they have one, else with sum signs."""

from dataclasses import replace
from typing import TYPE_CHECKING

from equivalences.language.term import (
    Contract,
    Elementwise,
    Term,
    is_same,
)

from . import fragment as f
from .arrays import by_entries
from .fragment import Fragment, Level
from .indexing import take

if TYPE_CHECKING:
    from .latex import Writer


def matmul(writer: "Writer", left: Term, right: Term) -> Fragment:
    """A product of matrices; a vector on the left is a row, and a result that is a vector a column."""
    a, b = len(left.axes), len(right.axes)
    if max(a, b) > 2:
        writer.note("batched")
    before, left = _scalars(writer, left)
    between, right = _scalars(writer, right)
    scalars = [writer.write(x) for x in (*before, *between)]
    if a == 1 and b == 1:
        return _scalar(f.product(*scalars, writer.row(left), writer.write(right)))
    if a == 1:
        return f.product(*scalars, writer.transposed(right), writer.write(left))
    return f.product(*scalars, writer.write(left), writer.write(right))


def _scalars(writer: "Writer", term: Term) -> tuple[list[Term], Term]:
    """The scalar factors of an array, and the rest of it."""
    match term:
        case _ if id(term) in writer.shared:
            return [], term
        case Elementwise("multiply", scalar, array) if array.axes and not scalar.axes:
            more, rest = _scalars(writer, array)
            return [scalar, *more], rest
        case Elementwise("multiply", array, scalar) if array.axes and not scalar.axes:
            more, rest = _scalars(writer, array)
            return [*more, scalar], rest
    return [], term


def _scalar(value: Fragment) -> Fragment:
    """A product that is a scalar: in parentheses beside other factors."""
    return value if value.negated else replace(value, level=min(value.level, Level.ENTRYWISE))


def contraction(
    writer: "Writer", operands: tuple[Term, ...], labels: tuple[tuple[int, ...], ...], output: tuple[int, ...]
) -> Fragment:
    """Inner and outer products, norms, traces and matrix products by their names; others by entries."""
    if () in labels and len(labels) > 1:
        scalars = [writer.write(x) for x in operands if not x.axes]
        arrays = tuple(x for x in operands if x.axes)
        rest = contraction(writer, arrays, tuple(names for names in labels if names), output)
        return f.product(*scalars, rest)
    match operands, labels, output:
        case (x,), (names,), _ if names == output:
            return writer.write(x)
        case (x,), ((a, b),), () if a == b:
            return f.call("\\mathrm{tr}", writer.write(x))
        case (x, y), (a, b), () if a == b and len(set(a)) == len(a) and a:
            return _inner(writer, x, y)
        case (x, y), ((i,), (j,)), (k, l) if (i, j) == (k, l) and i != j:
            return f.product(writer.write(x), writer.row(y))
        case (x, y), ((_, _) as a, (_, _) as b), (i, j) if (
            len({*a, *b}) == 3 and len(set(a)) == len(set(b)) == 2
        ):
            (s,) = set(a) & set(b)
            if i in a and j in b and s not in (i, j):
                return f.product(_oriented(writer, x, a, i), _oriented(writer, y, b, s))
            if i in b and j in a and s not in (i, j):
                return f.product(_oriented(writer, y, b, i), _oriented(writer, x, a, s))
    if output:
        return by_entries(writer, Contract(operands, labels, output))
    return _total(writer, operands, labels)


def _oriented(writer: "Writer", x: Term, labels: tuple[int, ...], first: int) -> Fragment:
    return writer.write(x) if labels[0] == first else writer.transposed(x)


def _inner(writer: "Writer", x: Term, y: Term) -> Fragment:
    if is_same(x, y):
        return f.squared_norm(writer.write(x).latex, "_{F}" if len(x.axes) > 1 else "")
    factors = f"{writer.write(x).latex},\\, {writer.write(y).latex}"
    return f.atom(f.between("\\langle", factors, "\\rangle"))


def _total(writer: "Writer", operands: tuple[Term, ...], labels: tuple[tuple[int, ...], ...]) -> Fragment:
    """A contraction to a scalar, with a sum sign for each label."""
    left = [label for names in labels for label in names]
    if not left:
        return f.product(*(writer.write(x) for x in operands))
    label = left[0]
    axes = {name: x.axes[k] for x, names in zip(operands, labels, strict=True) for k, name in enumerate(names)}
    with writer.index() as i:
        taken = Contract(operands, labels, (label,))
        inner = take(taken, 0, i)
        assert isinstance(inner, Contract)
        body = _total(writer, inner.operands, inner.labels)
        size = writer.names.size(axes[label])
    return f.series(i, size, body)
