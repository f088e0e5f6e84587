"""Where a variable lives: axes, sign, constraint.

A domain is data; ``given`` maps each variable's name to one. What a side receives in a variable's place
is made by ``equivalences.language.tracing``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from .term import Axes, show_axes

if TYPE_CHECKING:
    from .array import Array

Constraint: TypeAlias = Literal["real", "positive", "mask", "symmetric", "positive definite"]


@dataclass(frozen=True)
class Numbers:
    """An array of real numbers under a constraint."""

    axes: Axes
    constraint: Constraint = "real"

    def __str__(self) -> str:
        return f"{self.constraint} {show_axes(self.axes)}"


@dataclass(frozen=True)
class Index:
    """A position on an axis: one token among all."""

    axis: str

    def __str__(self) -> str:
        return f"index of {self.axis}"


@dataclass(frozen=True)
class Features:
    """A map φ from points to features of which only ⟨φ(x), φ(y)⟩ = kernel(x, y) is known.

    A side receives a callable [… d] -> [… f].
    """

    points: str
    features: str
    kernel: "Callable[[Array, Array], Array]"

    def __str__(self) -> str:
        return f"feature map {self.points} -> {self.features}"


@dataclass(frozen=True)
class UnknownFunction:
    """An uninterpreted differentiable function of whole arrays; a side receives a callable."""

    inputs: tuple[Axes, ...]
    output: Axes

    def __str__(self) -> str:
        inputs = ", ".join(show_axes(axes) for axes in self.inputs)
        return f"differentiable {inputs} -> {show_axes(self.output)}"


@dataclass(frozen=True)
class UnknownActivation:
    """An uninterpreted differentiable function of one number, applied entry by entry."""

    def __str__(self) -> str:
        return "differentiable, entry by entry"


Domain: TypeAlias = Numbers | Index | Features | UnknownFunction | UnknownActivation


def parse_axes(text: str) -> Axes:
    """The axes written in a type: ``"n d"`` has two, ``""`` none.

    Raises:
        ValueError: a size that is not a name, ``1`` or a sum of those.
    """
    axes = tuple(text.split())
    for axis in axes:
        for part in axis.split("+"):
            if part != "1" and not (part.isidentifier() and part.isascii()):
                raise ValueError(f"{text!r}: {axis!r} is no axis: write a name, 1, or a sum such as n+m")
    return axes


def real(axes: str = "") -> Numbers:
    """Real numbers: ``real("n d")`` is a matrix, ``real()`` a scalar."""
    return Numbers(parse_axes(axes))


def positive(axes: str = "") -> Numbers:
    """Positive real numbers."""
    return Numbers(parse_axes(axes), "positive")


def mask(axes: str) -> Numbers:
    """An arbitrary array of zeros and ones."""
    return Numbers(parse_axes(axes), "mask")


def symmetric(axis: str) -> Numbers:
    """A symmetric matrix [n n]."""
    return Numbers(parse_axes(f"{axis} {axis}"), "symmetric")


def positive_definite(axis: str) -> Numbers:
    """A symmetric positive definite matrix [n n]."""
    return Numbers(parse_axes(f"{axis} {axis}"), "positive definite")


def index(axis: str) -> Index:
    """A position on an axis, for ``x[t]``: a token, for every token."""
    (name,) = parse_axes(axis)
    return Index(name)


def feature_map(spec: str, *, kernel: "Callable[[Array, Array], Array]") -> Features:
    """A map φ of points to features: ``feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y)))``.

    A side calls it on points, ``phi(x)`` for [… d] -> [… f]; all that is known of it is
    dot(phi(x), phi(y)) = kernel(x, y).

    Raises:
        ValueError: the specification is not one axis, ``->``, one axis.
    """
    inputs, output = _parse_arrow(spec)
    if len(inputs) != 1 or len(inputs[0]) != 1 or len(output) != 1:
        raise ValueError(f'{spec!r}: a feature map is written "d -> f"')
    return Features(inputs[0][0], output[0], kernel)


def unknown(spec: str) -> UnknownFunction:
    """An uninterpreted differentiable function: ``unknown("n c, p -> n a")`` takes two arrays.

    Raises:
        ValueError: the specification has no arrow.
    """
    return UnknownFunction(*_parse_arrow(spec))


def activation() -> UnknownActivation:
    """An uninterpreted differentiable function of one number, applied entry by entry."""
    return UnknownActivation()


def _parse_arrow(spec: str) -> tuple[tuple[Axes, ...], Axes]:
    left, arrow, right = spec.partition("->")
    if not arrow:
        raise ValueError(f'{spec!r}: write inputs -> output, for example "c, p -> a"')
    return tuple(parse_axes(part) for part in left.split(",")), parse_axes(right)
