"""Where bound variables have values, and where what depends on them is remembered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .tape import Value


@dataclass(frozen=True, eq=False)
class Scope:
    """Bound variables with their values, and what was computed from them.

    ``level`` is the number of gradients around.
    """

    parent: "Scope | None" = None
    bound: Mapping[int, Value] = field(default_factory=dict)
    level: int = 0
    values: dict[int, Value] = field(default_factory=dict)
    runs: dict[int, tuple[tuple[Value, ...], Value | None]] = field(default_factory=dict)

    def outwards(self) -> Iterator["Scope"]:
        """This scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent
