"""A comparison at concrete sizes as two pairs of functions: values, and values with their errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

import numpy as np

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Index, Numbers
from equivalences.language.term import Gradient, walk

from ..device.model import Model, Precision
from .emit import emit
from .features import realise
from .graph import Graph, Table, Unsupported, count
from .lower import lower
from .schedule import schedule
from .sizes import Sizes, given_shapes
from .source import STRUCTURAL

__all__ = ["Kernel", "Runner", "Unsupported", "arrays_of", "compile_comparison"]

Array: TypeAlias = Any
"""An array of whichever library."""
Side: TypeAlias = tuple[Graph, int]
"""A graph and its root."""
Pair: TypeAlias = tuple[Side, Side]


class Runner(Protocol):
    """What a kernel needs of a backend: a namespace, a device, and systems of equal batches."""

    @property
    def xp(self) -> Any:
        """The Array API namespace."""
        ...

    @property
    def device(self) -> Any:
        """What the namespace's creation functions take."""
        ...

    @property
    def put(self) -> Callable[[Any], Array]:
        """A NumPy array to the device."""
        ...

    @property
    def solve(self) -> Callable[[Array, Array], Array]:
        """Solutions of [batch n n] for [batch n m]; NaN where a matrix is singular."""
        ...

    @property
    def inverse(self) -> Callable[[Array], Array]:
        """Inverses of [batch n n], likewise."""
        ...


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """Both sides of a comparison, compiled for sizes and an arithmetic.

    Attributes:
        source: the text of the four functions.
        shapes: the arrays to supply, without the batch axis that each has in front.
        indices: the indices to supply, one position for a whole batch.
        tables: constants of the functions.
        memory_per_instance: bytes of all that one side computes for an instance, bounds included.
        operations: how many array operations the two sides take, without bounds.
        is_trivial: whether both sides compile to one program, so that comparing them shows nothing.
    """

    source: str
    model: Model
    shapes: Mapping[str, tuple[int, ...]]
    indices: tuple[str, ...]
    tables: tuple[Table, ...]
    memory_per_instance: int
    operations: int
    is_trivial: bool

    def values(
        self, backend: Runner, arrays: Mapping[str, Array], positions: Mapping[str, int]
    ) -> tuple[Array, Array]:
        """Both sides at a batch of instances.  [batch …], … -> [batch …], [batch …]"""
        return self._call("lhs", backend, arrays, positions), self._call("rhs", backend, arrays, positions)

    def bounds(
        self, backend: Runner, arrays: Mapping[str, Array], positions: Mapping[str, int]
    ) -> tuple[Array, Array, Array, Array]:
        """Both sides and their errors: lhs, its error, rhs, its error.

        Under the model |value − exact| ≤ error holds for every entry. Where anything overflowed, a system
        could not be certified or a condition was not met, the error is infinite or NaN: undecided there.
        """
        lhs, lhs_error = self._call("lhs_bound", backend, arrays, positions)
        rhs, rhs_error = self._call("rhs_bound", backend, arrays, positions)
        return lhs, lhs_error, rhs, rhs_error

    def _call(
        self, name: str, backend: Runner, arrays: Mapping[str, Array], positions: Mapping[str, int]
    ) -> Any:
        given = [arrays[name] for name in self.shapes]
        batch = given[0].shape[0] if given else 1
        dtype = getattr(backend.xp, self.model.dtype)
        indices = [int(positions[index]) for index in self.indices]
        tables = [backend.put(numbers(table, self.model.dtype)) for table in self.tables]
        with np.errstate(all="ignore"):
            return load(self.source)[name](backend.xp, backend, dtype, batch, *given, *indices, *tables)


def arrays_of(comparison: Comparison, sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """The arrays that a kernel wants, each with its shape but for the batch axis."""
    return given_shapes(comparison, sizes)


def compile_comparison(comparison: Comparison, sizes: Sizes, model: Model) -> Kernel:
    """Compile both sides, each by itself.

    Differentiation may turn both sides into one program. Then one of them is differentiated forwards, so
    that two derivations are compared and not a program with itself.

    Raises:
        Unsupported: a side has no batched form; the text says why.
    """
    shapes = given_shapes(comparison, sizes)
    indices = tuple(name for name, domain in comparison.given.items() if isinstance(domain, Index))
    inputs = {name: f"a{k}" for k, name in enumerate(shapes)}
    positions = {name: f"i{k}" for k, name in enumerate(indices)}
    masks, positive = constrained(comparison, "mask"), constrained(comparison, "positive")

    tables: dict[Table, str] = {}

    def text(graph: Graph, root: int, name: str, *, with_bound: bool) -> str:
        try:
            return emit(
                graph,
                root,
                name,
                (*inputs.values(), *positions.values(), *tables.values()),
                model,
                inputs=inputs,
                positions=positions,
                tables=tables,
                masks=masks,
                positive=positive,
                with_bound=with_bound,
            )
        except OverflowError as error:
            raise Unsupported(str(error)) from None

    def graphs(side: str, *, forwards: bool = False) -> Pair:
        """A side, and the same with what its derivatives are taken of, which only bounds look at."""
        plain = graph_of(comparison, side, sizes, masks, forwards=forwards)
        if not has_gradient(comparison, side):
            return plain, plain
        return plain, graph_of(comparison, side, sizes, masks, forwards=forwards, guarded=True)

    lhs, rhs = graphs("lhs"), graphs("rhs")
    tables |= _tables(*lhs, *rhs)
    left, right = text(*lhs[0], "lhs", with_bound=False), text(*rhs[0], "rhs", with_bound=False)
    if _is_one(left, right) and has_gradient(comparison) and not comparison.is_trivial():
        try:
            rhs = graphs("rhs", forwards=True)
            if not has_gradient(comparison, "rhs"):
                lhs = graphs("lhs", forwards=True)
        except Unsupported:
            pass
        left, right = text(*lhs[0], "lhs", with_bound=False), text(*rhs[0], "rhs", with_bound=False)
    bounded = (text(*lhs[1], "lhs_bound", with_bound=True), text(*rhs[1], "rhs_bound", with_bound=True))
    whole = (lhs[1][0], rhs[1][0])
    entries = max(sum(count(n.shape) for n in graph.nodes if n.op not in STRUCTURAL) for graph in whole)
    return Kernel(
        source="\n\n".join((left, right, *bounded)),
        model=model,
        shapes=shapes,
        indices=indices,
        tables=tuple(tables),
        memory_per_instance=2 * entries * (8 if model.dtype == "float64" else 4),
        operations=sum(len(graph.nodes) for graph, _ in (lhs[0], rhs[0])),
        is_trivial=_is_one(left, right),
    )


def _tables(*sides: Side) -> dict[Table, str]:
    """The tables of some graphs, with names for them."""
    found = dict.fromkeys(node.extra for graph, _ in sides for node in graph.nodes if node.op == "table")
    return {table: f"k{k}" for k, table in enumerate(found)}


def _is_one(left: str, right: str) -> bool:
    """Whether two functions are one, but for their names."""
    return left.partition("\n")[2] == right.partition("\n")[2]


def has_gradient(comparison: Comparison, *sides: str) -> bool:
    """Whether a side, by default either, differentiates, what hypotheses tie down included."""
    terms = [getattr(comparison, side) for side in sides or ("lhs", "rhs")]
    return any(isinstance(term, Gradient) for term in walk(*terms, *comparison.realised.values()))


def graph_of(
    comparison: Comparison,
    side: str,
    sizes: Sizes,
    masks: frozenset[str],
    *,
    forwards: bool = False,
    guarded: bool = False,
) -> Side:
    """One side, scheduled, without the nodes that it does not need; its guards are needed where ``guarded``."""
    graph = Graph()
    root = lower(graph, getattr(comparison, side), comparison, sizes, forwards=forwards)
    if not guarded:
        graph.guards.clear()
    graph, root = realise(graph, root, comparison, sizes)
    graph, root = schedule(graph, root, masks)
    return schedule(graph, root, masks)


def constrained(comparison: Comparison, constraint: str) -> frozenset[str]:
    """The given arrays under a constraint."""
    return frozenset(
        name
        for name, domain in comparison.given.items()
        if isinstance(domain, Numbers) and domain.constraint == constraint
    )


@lru_cache(maxsize=256)
def numbers(table: Table, dtype: Precision) -> Any:
    """A table as a flat NumPy array, which no one may write into."""
    array = np.asarray([float(value) for value in table.values], dtype=dtype)
    array.flags.writeable = False
    return array


@lru_cache(maxsize=128)
def load(source: str) -> dict[str, Callable[..., Any]]:
    """The functions of a source, compiled once in a process."""
    namespace: dict[str, Any] = {}
    exec(compile(source, "<kernel>", "exec"), namespace)
    return namespace
