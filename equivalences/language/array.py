"""The array that a side computes with while it is traced: strict types, and errors that say what to do.

Types are tuples of axis names, and sizes are equal only if their names are. There is no trailing-axis
broadcasting: elementwise operations take equal types, a scalar, or an axis of size 1 that ``x[:, None]``
inserted. Whatever would need a value (``if``, a loop, a NumPy call) is refused with the op to use instead.
"""

import sys
from fractions import Fraction
from pathlib import Path
from typing import NoReturn, TypeAlias

from .term import (
    Apply,
    Axes,
    Bound,
    Constant,
    Elementwise,
    Expand,
    Matmul,
    Operation,
    Permute,
    Power,
    Sum,
    Take,
    Term,
    Variable,
    show_axes,
)

LANGUAGE = str(Path(__file__).resolve().parent)
SIGNS: dict[Operation, str] = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


class ClaimError(Exception):
    """A claim that cannot be read: the text says what is wrong, where, and what to do."""


class ShapeError(ClaimError, TypeError):
    """Operands whose types do not fit, or an operation that a traced array does not have."""


def refuse(text: str) -> NoReturn:
    """Raise ``ShapeError``, with the line of the claim that called for it."""
    raise ShapeError(text + where_called())


def where_called() -> str:
    """The innermost line outside this package's language: `` (file.py:12)``, or nothing."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(LANGUAGE):
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    return f"  ({Path(frame.f_code.co_filename).name}:{frame.f_lineno})"


class Array:
    """An array of a claim: a term, with Python's operators.

    ``axes`` is its type. ``x.T`` transposes a matrix, ``x[t]`` takes a token, ``x[:, None]`` inserts an axis
    of size 1, ``x.sum("n")`` sums over an axis given by name or position.
    """

    __slots__ = ("term",)

    def __init__(self, term: Term) -> None:
        self.term = term

    @property
    def axes(self) -> Axes:
        """The names of the axes."""
        return self.term.axes

    def __repr__(self) -> str:
        return describe(self.term)

    def __add__(self, other: "Operand") -> "Array":
        return elementwise("add", self, other)

    def __radd__(self, other: "Operand") -> "Array":
        return elementwise("add", other, self)

    def __sub__(self, other: "Operand") -> "Array":
        return elementwise("subtract", self, other)

    def __rsub__(self, other: "Operand") -> "Array":
        return elementwise("subtract", other, self)

    def __mul__(self, other: "Operand") -> "Array":
        return elementwise("multiply", self, other)

    def __rmul__(self, other: "Operand") -> "Array":
        return elementwise("multiply", other, self)

    def __truediv__(self, other: "Operand") -> "Array":
        return elementwise("divide", self, other)

    def __rtruediv__(self, other: "Operand") -> "Array":
        return elementwise("divide", other, self)

    def __neg__(self) -> "Array":
        return Array(Apply("negate", self.term))

    def __pos__(self) -> "Array":
        return self

    def __pow__(self, exponent: int) -> "Array":
        if not isinstance(exponent, int) or isinstance(exponent, bool):
            refuse(f"{self!r} ** {exponent!r}: exponents are integers; for roots there is sqrt")
        return Array(Power(self.term, exponent))

    def __matmul__(self, other: "Array") -> "Array":
        return matmul(self, other)

    def __rmatmul__(self, other: object) -> "Array":
        refuse(f"{other!r} @ {self!r}: a number is multiplied by *")

    @property
    def T(self) -> "Array":  # noqa: N802 - NumPy's name
        """The transpose of a matrix."""
        if len(self.axes) == 1:
            refuse(f"{self!r}.T: a vector has no orientation; drop the .T, or use outer(a, b) for a product")
        if len(self.axes) != 2:
            refuse(f"{self!r}.T: needs two axes; use einsum to reorder {len(self.axes)}")
        return Array(Permute(self.term, (1, 0)))

    def sum(self, axis: int | str | None = None) -> "Array":
        """The sum over one axis, given by name or position, or over all.  […] -> […]"""
        positions = range(len(self.axes)) if axis is None else [position_of(self, axis)]
        return Array(Sum(self.term, tuple(positions))) if self.axes else self

    def __getitem__(self, key: object) -> "Array":
        keys = key if isinstance(key, tuple) else (key,)
        term, position = self.term, 0
        if sum(k is not None for k in keys) > len(self.axes):
            refuse(f"{self!r}[{_show_key(keys)}]: more indices than axes")
        for k in keys:
            if k is None:
                term, position = Expand(term, position), position + 1
            elif isinstance(k, slice) and k == slice(None):
                position += 1
            elif isinstance(k, IndexArray):
                if k.over != term.axes[position]:
                    refuse(
                        f"{self!r}[{_show_key(keys)}]: {k.name} runs over {k.over}, "
                        f"but axis {position} is {term.axes[position]}"
                    )
                term = Take(term, position, k.name)
            else:
                refuse(
                    f"{self!r}[{_show_key(keys)}]: sizes are symbols, so only :, None and a given index "
                    'are possible; declare a token as t=index("n") and write x[t]'
                )
        return Array(term)

    def __bool__(self) -> NoReturn:
        refuse(
            f"{self!r} has no truth value while the claim is traced: an if, and, or, not or max on it "
            "cannot be decided; multiply by a mask, or state two claims"
        )

    def __iter__(self) -> NoReturn:
        refuse(
            f"cannot loop over {self!r}, whose sizes are symbols: use .sum(axis), scan(step, init, xs), "
            "each(f, xs) or a matrix product"
        )

    def __len__(self) -> NoReturn:
        refuse(f'len({self!r}): sizes are symbols; size("{self.axes[0] if self.axes else "n"}") is one')

    def __float__(self) -> NoReturn:
        refuse(f"{self!r} has no value while the claim is traced: use the op of equivalences, not of math")

    __int__ = __index__ = __complex__ = __float__

    def __compare(self, other: object) -> NoReturn:
        refuse(f"{self!r} cannot be compared while the claim is traced: use a mask, or relu")

    __lt__ = __le__ = __gt__ = __ge__ = __compare
    __eq__ = __ne__ = __compare
    __hash__ = object.__hash__

    def __abs__(self) -> NoReturn:
        refuse(f"abs({self!r}): write sqrt(x ** 2), or relu(x) + relu(-x)")

    def __array_ufunc__(self, ufunc: object, *args: object, **kwargs: object) -> NoReturn:
        name = getattr(ufunc, "__name__", "function")
        refuse(f"NumPy's {name} was called on a traced array: use equivalences.{name}, or an operator")

    def __array_function__(self, function: object, *args: object, **kwargs: object) -> NoReturn:
        self.__array_ufunc__(function)

    def __array__(self, *args: object, **kwargs: object) -> NoReturn:
        refuse("a NumPy function was called on a traced array: use the op of equivalences of that name")


class IndexArray:
    """A position on an axis, to be used as ``x[t]`` only."""

    __slots__ = ("name", "over")

    def __init__(self, name: str, over: str) -> None:
        self.name, self.over = name, over

    def __repr__(self) -> str:
        return f"{self.name} (an index of {self.over})"


Operand: TypeAlias = Array | int | Fraction


def _show_key(keys: tuple[object, ...]) -> str:
    return ", ".join(":" if isinstance(k, slice) else getattr(k, "name", repr(k)) for k in keys)


def describe(term: Term) -> str:
    """An operand in a message: its name where it has one, and its type."""
    match term:
        case Variable(name, _) | Bound(name, _):
            text = name
        case Constant(value):
            return str(value)
        case Permute(Variable(name, _), (1, 0)):
            text = f"{name}.T"
        case _:
            text = f"({type(term).__name__.lower()})"
    return text + show_axes(term.axes)


def lift(value: object) -> Array:
    """An operand as an array: exact numbers become constants.

    Raises:
        ShapeError: a float, or anything else that is not exact.
    """
    if isinstance(value, Array):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        hint = "Fraction(1, 2) or x / 2" if isinstance(value, float) else "an int, a Fraction or a variable"
        refuse(f"{value!r} of type {type(value).__name__} is no exact number: write {hint}")
    return Array(Constant(Fraction(value)))


def elementwise(operation: Operation, a: object, b: object) -> Array:
    """An arithmetic operation, entry by entry."""
    left, right = lift(a), lift(b)
    x, y = left.axes, right.axes
    if x and y and len(x) != len(y):
        refuse(
            f"{left!r} {SIGNS[operation]} {right!r}: {len(x)} axes against {len(y)}, and trailing axes are "
            "not broadcast; insert the missing one, as in x[:, None]"
        )
    for k, (i, j) in enumerate(zip(x, y, strict=False)):
        if i != j and "1" not in (i, j):
            hint = "; did you forget .T?" if x == y[::-1] else ""
            refuse(
                f"{left!r} {SIGNS[operation]} {right!r}: axis {k} is {i} on the left and {j} on the right, "
                f"and sizes are equal only if their names are{hint}"
            )
    return Array(Elementwise(operation, left.term, right.term))


def matmul(a: object, b: object) -> Array:
    """NumPy's ``@``: the last axis of the left is contracted with the last but one of the right."""
    if not isinstance(a, Array) or not isinstance(b, Array):
        refuse(f"{a!r} @ {b!r}: a number is multiplied by *")
    x, y = a.axes, b.axes
    if not x or not y:
        refuse(f"{a!r} @ {b!r}: a scalar is multiplied by *")
    inner, other = x[-1], y[max(0, len(y) - 2)]
    if inner != other:
        hint = ""
        if len(y) == 2 and y[1] == inner:
            hint = "; did you mean .T of the right side?"
        elif len(x) == 2 and x[0] == other:
            hint = "; did you mean .T of the left side?"
        refuse(f"{a!r} @ {b!r}: contracts axis {inner} with axis {other}{hint}")
    if len(x) > 2 and len(y) > 2 and x[:-2] != y[:-2]:
        refuse(f"{a!r} @ {b!r}: the leading axes {show_axes(x[:-2])} and {show_axes(y[:-2])} differ")
    return Array(Matmul(a.term, b.term))


def position_of(x: Array, axis: int | str) -> int:
    """The position of an axis given by name or position."""
    if isinstance(axis, int) and not isinstance(axis, bool):
        if not -len(x.axes) <= axis < len(x.axes):
            refuse(f"axis {axis} of {x!r}: it has {len(x.axes)} axes")
        return axis % len(x.axes)
    if x.axes.count(axis) != 1:
        how = "absent from" if axis not in x.axes else "ambiguous in"
        refuse(f"axis {axis!r} is {how} {x!r}: give its position")
    return x.axes.index(axis)
