"""What bound variables stand for, while a term is read."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from equivalences.language.term import Bound, Term, binders, children

from .scalars import Entries


class Scope:
    """Values of bound variables, each with a version that tells successive values apart."""

    def __init__(self) -> None:
        self._values: dict[int, tuple[int, Entries]] = {}
        self._free: dict[int, frozenset[int]] = {}
        self._keep: list[Term] = []
        self._versions = itertools.count()

    def value(self, variable: Bound) -> Entries:
        """What a variable stands for."""
        return self._values[id(variable)][1]

    @contextmanager
    def binding(self, variables: Iterable[Bound], values: Iterable[Entries]) -> Iterator[None]:
        """Let variables stand for values, for the length of a ``with``."""
        before = dict(self._values)
        for variable, value in zip(variables, values, strict=True):
            self._values[id(variable)] = (next(self._versions), value)
        yield
        self._values = before

    def key(self, term: Term) -> object:
        """Equal for one term under the same values of the variables that it depends on."""
        free = sorted(self.free_in(term) & self._values.keys())
        return id(term), tuple((b, self._values[b][0]) for b in free)

    def free_in(self, term: Term) -> frozenset[int]:
        """The bound variables, by identity, that a term depends on."""
        if id(term) not in self._free:
            below = frozenset[int]().union(*(self.free_in(child) for child in children(term)))
            own = frozenset({id(term)}) if isinstance(term, Bound) else frozenset()
            self._free[id(term)] = (below | own) - {id(b) for b in binders(term)}
            self._keep.append(term)
        return self._free[id(term)]
