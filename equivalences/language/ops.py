"""The vocabulary of both sides: elementwise functions, contractions, matrices, softmax.

Each op is a function of arrays to an array; its docstring gives the definition entry by entry and the
type. Derivatives are in ``calculus``, recurrences in ``recurrence``.
"""

from fractions import Fraction

from .array import Array, Operand, lift, position_of, refuse
from .domain import parse_axes
from .term import (
    Apply,
    Causal,
    Concatenate,
    Contract,
    CumulativeSum,
    Expand,
    Filled,
    Identity,
    Inverse,
    LogSumExp,
    Permute,
    Pi,
    Shift,
    Size,
    Softmax,
    Solve,
    Term,
    show_axes,
)


def exp(x: Operand) -> Array:
    """eˣ, entry by entry.  […] -> […]"""
    return Array(Apply("exp", lift(x).term))


def log(x: Operand) -> Array:
    """The natural logarithm, entry by entry; defined where x > 0.  […] -> […]"""
    return Array(Apply("log", lift(x).term))


def sqrt(x: Operand) -> Array:
    """The square root, entry by entry; defined where x ≥ 0, differentiable where x > 0.  […] -> […]"""
    return Array(Apply("sqrt", lift(x).term))


def tanh(x: Operand) -> Array:
    """The hyperbolic tangent, entry by entry.  […] -> […]"""
    return Array(Apply("tanh", lift(x).term))


def sin(x: Operand) -> Array:
    """The sine, entry by entry.  […] -> […]"""
    return Array(Apply("sin", lift(x).term))


def cos(x: Operand) -> Array:
    """The cosine, entry by entry.  […] -> […]"""
    return Array(Apply("cos", lift(x).term))


def erf(x: Operand) -> Array:
    """The error function 2/√π ∫₀ˣ e^(−t²) dt, entry by entry.  […] -> […]"""
    return Array(Apply("erf", lift(x).term))


def sigmoid(x: Operand) -> Array:
    """1 / (1 + e⁻ˣ), entry by entry.  […] -> […]"""
    return Array(Apply("sigmoid", lift(x).term))


def softplus(x: Operand) -> Array:
    """log(1 + eˣ), entry by entry.  […] -> […]"""
    return Array(Apply("softplus", lift(x).term))


def relu(x: Operand) -> Array:
    """max(x, 0), entry by entry; its derivative at 0 is taken as 0.  […] -> […]"""
    return Array(Apply("relu", lift(x).term))


def dot(a: Array, b: Array) -> Array:
    """The full contraction Σ a[i…] b[i…] of two arrays of one type.  […], […] -> []"""
    if a.axes != b.axes:
        hint = "; did you forget .T?" if a.axes == b.axes[::-1] else ""
        refuse(f"dot({a!r}, {b!r}): both arguments need the same axes, since it sums over all of them{hint}")
    labels = tuple(range(len(a.axes)))
    return Array(Contract((a.term, b.term), (labels, labels), ()))


def outer(a: Array, b: Array) -> Array:
    """All products: entry [i…, j…] is a[i…] b[j…].  [n], [d] -> [n d]"""
    n, m = len(a.axes), len(b.axes)
    left, right = tuple(range(n)), tuple(range(n, n + m))
    return Array(Contract((a.term, b.term), (left, right), left + right))


def trace(x: Array) -> Array:
    """The sum of the diagonal of a square matrix.  [n n] -> []"""
    _require_square(x, "trace")
    return Array(Contract((x.term,), ((0, 0),), ()))


def einsum(*operands_and_spec: Array | str) -> Array:
    """A contraction with named indices: ``einsum(x, y, "n d, m d -> n m")``.

    The names are the labels of the contraction, one an axis; axes with one label are identified, and
    labels absent from the result are summed.

    Raises:
        ShapeError: axes of different size under one label, or a specification that does not fit.
    """
    *operands, spec = operands_and_spec
    if not isinstance(spec, str) or "->" not in spec:
        refuse('einsum: the last argument is the specification, as in einsum(x, y, "n d, m d -> n m")')
    left, _, right = spec.partition("->")
    inputs = [part.split() for part in left.split(",")]
    if len(inputs) != len(operands):
        refuse(f"einsum {spec!r}: {len(inputs)} inputs are named and {len(operands)} are given")
    sizes: dict[str, str] = {}
    terms: list[Term] = []
    for names, x in zip(inputs, operands, strict=True):
        if not isinstance(x, Array) or len(names) != len(x.axes):
            refuse(f"einsum {spec!r}: {x!r} does not have the axes {show_axes(tuple(names))}")
        for name, axis in zip(names, x.axes, strict=True):
            if sizes.setdefault(name, axis) != axis:
                refuse(f"einsum {spec!r}: {name} is {sizes[name]} in one operand and {axis} in {x!r}")
        terms.append(x.term)
    output = right.split()
    if not set(output) <= set(sizes) or len(set(output)) != len(output):
        refuse(f"einsum {spec!r}: the result names each label at most once, and only labels of the inputs")
    number = {name: k for k, name in enumerate(sizes)}
    return Array(
        Contract(
            tuple(terms),
            tuple(tuple(number[name] for name in names) for names in inputs),
            tuple(number[name] for name in output),
        )
    )


def transpose(x: Array) -> Array:
    """The last two axes swapped.  [… n d] -> [… d n]"""
    if len(x.axes) < 2:
        refuse(f"transpose({x!r}): needs two axes")
    order = list(range(len(x.axes)))
    order[-2:] = order[:-3:-1]
    return Array(Permute(x.term, tuple(order)))


def identity(axis: str) -> Array:
    """The identity matrix.  [n n]"""
    (name,) = parse_axes(axis)
    return Array(Identity(name))


def ones(axes: str) -> Array:
    """An array of ones: ``ones("n d")``.  […]"""
    return Array(Filled(Fraction(1), parse_axes(axes)))


def zeros(axes: str) -> Array:
    """An array of zeros: ``zeros("n d")``.  […]"""
    return Array(Filled(Fraction(0), parse_axes(axes)))


def size(axis: str) -> Array:
    """The size of an axis as a number: ``size("n")``.  []"""
    (name,) = parse_axes(axis)
    return Array(Size(name))


def causal(axis: str, *, strict: bool = False) -> Array:
    """The causal mask: entry [t, s] is 1 where s ≤ t (s < t if strict), else 0.  [n n]"""
    (name,) = parse_axes(axis)
    return Array(Causal(name, strict))


def shift(axis: str) -> Array:
    """The matrix that moves every token one place on: entry [t, s] is 1 where s = t − 1.  [n n]

    ``(shift("n") @ x)[t]`` is ``x[t − 1]``, and 0 at the first token.
    """
    (name,) = parse_axes(axis)
    return Array(Shift(name))


def pi() -> Array:
    """The circle's number π.  []"""
    return Array(Pi())


def softmax(x: Array, axis: int | str = -1, *, where: Array | None = None) -> Array:
    """Exponentials over their sum along one axis: w[i] = m[i] e^x[i] / Σⱼ m[j] e^x[j].  […] -> […]

    ``where`` is a 0/1 array m of the same type (all ones if not given): weights outside it are 0.
    """
    if where is not None and where.axes != x.axes:
        refuse(f"softmax({x!r}, where={where!r}): the mask needs the axes of the argument")
    return Array(Softmax(x.term, position_of(x, axis), None if where is None else where.term))


def logsumexp(x: Array, axis: int | str = -1) -> Array:
    """log Σᵢ e^x[i] along one axis.  [… n] -> […]"""
    return Array(LogSumExp(x.term, position_of(x, axis)))


def cumsum(x: Array, axis: int | str = 0) -> Array:
    """Prefix sums that include the entry itself: y[t] = Σ_{s ≤ t} x[s].  […] -> […]"""
    return Array(CumulativeSum(x.term, position_of(x, axis)))


def concat(*arrays: Array, axis: int | str = 0) -> Array:
    """Arrays joined along an axis, whose size is the sum: [n d] and [m d] give [n+m d].  …, -> […]"""
    if not arrays:
        refuse("concat(): nothing to join")
    first = arrays[0]
    k = position_of(first, axis)
    for other in arrays[1:]:
        if other.axes[:k] + other.axes[k + 1 :] != first.axes[:k] + first.axes[k + 1 :]:
            refuse(f"concat({first!r}, {other!r}, axis={k}): the other axes differ")
    return Array(Concatenate(tuple(x.term for x in arrays), k)) if len(arrays) > 1 else first


def append(x: Array, row: Array) -> Array:
    """One more row at the end of the first axis.  [n d], [d] -> [n+1 d]"""
    if x.axes[1:] != row.axes:
        refuse(f"append({x!r}, {row!r}): a row of the first has axes {show_axes(x.axes[1:])}")
    return Array(Concatenate((x.term, Expand(row.term, 0)), 0))


def block(rows: list[list[Array]]) -> Array:
    """A block matrix: ``block([[a, b], [c, d]])``.  [n v], [n d], [m v], [m d] -> [n+m v+d]"""
    return concat(*(concat(*row, axis=1) for row in rows), axis=0)


def inverse(x: Array) -> Array:
    """The inverse of a square matrix, which is assumed to exist: a condition on the page.  [n n] -> [n n]"""
    _require_square(x, "inverse")
    return Array(Inverse(x.term))


def solve(matrix: Array, right: Array) -> Array:
    """The solution x of matrix @ x = right; the inverse is assumed to exist.  [n n], [n …] -> [n …]"""
    _require_square(matrix, "solve")
    if len(right.axes) not in (1, 2) or right.axes[0] != matrix.axes[0]:
        refuse(f"solve({matrix!r}, {right!r}): the right side starts with axis {matrix.axes[0]}")
    return Array(Solve(matrix.term, right.term))


def _require_square(x: Array, op: str) -> None:
    if len(x.axes) != 2 or x.axes[0] != x.axes[1]:
        refuse(f"{op}({x!r}): needs one square matrix")
