"""Where an entry of a term lies: places on axes that may have several parts; and what variables stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from equivalences.language.term import Bound

from ..networks.network import Index, Network

Place: TypeAlias = tuple[int, Index | None]
"""The number of a part of an axis, and an index there; a part of size 1 has none."""

Parts: TypeAlias = tuple[int, ...]


class UnreadableError(Exception):
    """A term that has no network; the text says why."""


class Part(NamedTuple):
    """One summand of an axis: its size, and what tells entries of an array there from others."""

    sort: str
    label: str


@dataclass(frozen=True, eq=False)
class Binding:
    """What a bound variable stands for: its entries at given parts, over the free indices ``#k``.

    Where gradients are stopped it stands for something else.
    """

    entries: Callable[[Parts], Network]
    stopped: "Binding | None" = None


@dataclass(frozen=True, eq=False)
class LoopValue:
    """What a loop's last states and its reads stand for."""

    states: tuple[Binding, ...]
    reads: Binding | None


Scope: TypeAlias = Mapping[Bound, Binding]

ConditionKind: TypeAlias = Literal["nonzero", "positive", "nonnegative", "invertible"]


@dataclass(frozen=True)
class Condition:
    """What has to hold for a term to be defined; a matrix has the free indices ``$0`` and ``$1``."""

    kind: ConditionKind
    network: Network
