"""What a term's value depends on while it is lowered: its free bound variables, and what they stand for."""

from dataclasses import dataclass
from typing import TypeAlias

from equivalences.language.term import Bound, Term, binders, children


@dataclass(frozen=True)
class Value:
    """A node whose first ``depth`` axes are those of the surrounding maps."""

    node: int
    depth: int = 0


Environment: TypeAlias = dict[Bound, Value]


class FreeVariables:
    """The bound variables that occur free in a term; each term is visited once."""

    def __init__(self) -> None:
        self._known: dict[Term, frozenset[Bound]] = {}

    def __call__(self, term: Term) -> frozenset[Bound]:
        """Those of one term."""
        if term not in self._known:
            if isinstance(term, Bound):
                self._known[term] = frozenset({term})
            else:
                below = (self(child) for child in children(term))
                self._known[term] = frozenset().union(*below) - set(binders(term))
        return self._known[term]
