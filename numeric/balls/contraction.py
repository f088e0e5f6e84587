"""Matrix products of any rank and named contractions, as steps of ``tangent``."""

from collections.abc import Sequence
from math import prod

from .tangent import (
    diagonal,
    matmul,
    multiply,
    permute,
    reshape,
    stretched,
    total,
)
from .tape import Value

Labels = tuple[int, ...]


def product(a: Value, b: Value) -> Value:
    """NumPy's ``@`` for ranks 1 and 2; above, leading axes are equal or on one side only."""
    rows = a.shape[-2:-1] if len(a.shape) > 1 else ()
    columns = b.shape[-1:] if len(b.shape) > 1 else ()
    leading = a.shape[:-2] or b.shape[:-2]
    n, m, k = prod(rows), a.shape[-1], prod(columns)
    if len(b.shape) <= 2:
        left = reshape(a, (prod(leading) * n, m))
        return reshape(matmul(left, reshape(b, (m, k))), leading + rows + columns)
    count = prod(leading)
    left = reshape(a, (count, n, m)) if len(a.shape) > 2 else stretched(reshape(a, (1, n, m)), (count, n, m))
    return reshape(matmul(left, reshape(b, (count, m, k))), leading + rows + columns)


def contract(operands: Sequence[Value], labels: Sequence[Labels], output: Labels) -> Value:
    """Axes with one label identified, labels not in ``output`` summed; operands are taken left to right."""
    pieces = [_identified(x, names) for x, names in zip(operands, labels, strict=True)]
    value, names = pieces[0]
    for position, (other, others) in enumerate(pieces[1:], start=2):
        later = {label for _, rest in pieces[position:] for label in rest}
        value, names = _pair(value, names, other, others, later | set(output))
    value, names = _summed(value, names, set(output))
    return permute(value, tuple(names.index(label) for label in output))


def _identified(x: Value, labels: Labels) -> tuple[Value, Labels]:
    unique = tuple(dict.fromkeys(labels))
    return (x, labels) if unique == labels else (diagonal(x, labels), unique)


def _summed(x: Value, labels: Labels, needed: set[int]) -> tuple[Value, Labels]:
    gone = tuple(k for k, label in enumerate(labels) if label not in needed)
    return total(x, gone), tuple(label for label in labels if label in needed)


def _pair(a: Value, left: Labels, b: Value, right: Labels, needed: set[int]) -> tuple[Value, Labels]:
    """The product of two operands: labels of both that are still needed are kept, others of both summed."""
    a, left = _summed(a, left, needed | set(right))
    b, right = _summed(b, right, needed | set(left))
    sizes = dict(zip(left + right, a.shape + b.shape, strict=True))
    batch = tuple(label for label in left if label in right and label in needed)
    inner = tuple(label for label in left if label in right and label not in needed)
    rows = tuple(label for label in left if label not in right)
    columns = tuple(label for label in right if label not in left)
    a = permute(a, tuple(left.index(label) for label in batch + rows + inner))
    b = permute(b, tuple(right.index(label) for label in batch + inner + columns))
    count, n, m, k = (prod(sizes[label] for label in part) for part in (batch, rows, inner, columns))
    names = batch + rows + columns
    if not inner:
        value = multiply(reshape(a, (count, n, 1)), reshape(b, (count, 1, k)))
    elif not batch:
        value = matmul(reshape(a, (n, m)), reshape(b, (m, k)))
    else:
        value = matmul(reshape(a, (count, n, m)), reshape(b, (count, m, k)))
    return reshape(value, tuple(sizes[label] for label in names)), names
