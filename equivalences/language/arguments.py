"""What a side receives for each variable of ``given``."""

from dataclasses import dataclass
from typing import Any

from .array import Array, IndexArray, lift, refuse
from .domain import Domain, Features, Index, Numbers, UnknownActivation, UnknownFunction
from .term import Activation, Feature, Unknown, Variable


@dataclass(frozen=True)
class FeatureMap:
    """What a side receives for a feature map: φ(x) along the last axis.  [… d] -> [… f]"""

    name: str
    domain: Features

    def __call__(self, x: Array) -> Array:
        """The features of a point, or of every row.  [… d] -> [… f]"""
        if not isinstance(x, Array) or not x.axes or x.axes[-1] != self.domain.points:
            refuse(f"{self.name}({x!r}): the last axis has to be {self.domain.points}")
        return Array(Feature(self.name, x.term, self.domain.features))


@dataclass(frozen=True)
class Function:
    """What a side receives for an unknown function of whole arrays."""

    name: str
    domain: UnknownFunction

    def __call__(self, *xs: Array) -> Array:
        """The value, of the declared type."""
        types = tuple(x.axes if isinstance(x, Array) else None for x in xs)
        if types != self.domain.inputs:
            shown = ", ".join(map(repr, xs))
            refuse(f"{self.name}({shown}): declared as {self.domain}")
        return Array(Unknown(self.name, tuple(x.term for x in xs), self.domain.output))


@dataclass(frozen=True)
class ScalarFunction:
    """What a side receives for an unknown function of one number."""

    name: str

    def __call__(self, x: Array) -> Array:
        """The value, entry by entry.  […] -> […]"""
        return Array(Activation(self.name, lift(x).term))


def make(name: str, domain: Domain) -> Any:
    """What a side receives for a variable: an array, an index, or a callable."""
    match domain:
        case Numbers(axes, _):
            return Array(Variable(name, axes))
        case Index(axis):
            return IndexArray(name, axis)
        case Features():
            return FeatureMap(name, domain)
        case UnknownFunction():
            return Function(name, domain)
        case UnknownActivation():
            return ScalarFunction(name)
