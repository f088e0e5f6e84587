"""When nothing rounds: polynomial sides on a lattice of dyadic numbers that the format can hold.

Entries of instances are multiples of 2^(1 − bits) and at most 2 in size. Sums and products of such numbers
are again on a lattice, and as long as size over lattice step is at most 2^53 (2^24 in single precision)
every intermediate result, in whatever order sums are taken, is exact. Then the difference of the sides of
a true claim is 0, not small, and no bound is needed. Of a polynomial of degree k this asks about
k · bits + log₂(terms) < 53.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from equivalences.language.comparison import Comparison
from equivalences.language.term import (
    Apply,
    Bound,
    Elementwise,
    Inverse,
    LogSumExp,
    Power,
    Softmax,
    Solve,
    Term,
    Variable,
    walk,
)

from ..device.model import Precision
from .graph import Graph, Unsupported
from .kernel import constrained, graph_of
from .sizes import Sizes

DIGITS: dict[Precision, int] = {"float64": 53, "float32": 24}
EXACT_FUNCTIONS = frozenset({"negate", "relu"})
MOVES = frozenset({"permute", "reshape", "broadcast", "take", "part", "negate", "relu"})


@dataclass(frozen=True)
class Lattice:
    """Numbers that are multiples of 2^−places and at most ``size``."""

    places: int
    size: Fraction

    def fits(self, digits: int) -> bool:
        """Whether a format of so many binary digits holds all of them."""
        return self.size <= Fraction(2) ** (digits - self.places)


def is_polynomial(comparison: Comparison) -> bool:
    """Whether the sides use + − × and choices by sign only, as far as their terms show."""
    for term in walk(comparison.lhs, comparison.rhs, *comparison.realised.values()):
        match term:
            case Apply(function, _) if function not in EXACT_FUNCTIONS:
                return False
            case Softmax() | LogSumExp() | Inverse() | Solve():
                return False
            case Elementwise("divide", _, divisor) if _varies(divisor):
                return False
            case Power(base, exponent) if exponent < 0 and _varies(base):
                return False
    return not comparison.kernels


def _varies(term: Term) -> bool:
    return any(isinstance(t, Variable | Bound) for t in walk(term))


def exact_lane(comparison: Comparison, sizes: Sizes, bits: int, dtype: Precision) -> bool:
    """Whether no operation of either side rounds at entries of so many bits."""
    if not is_polynomial(comparison):
        return False
    graphs = _graphs(_Identity(comparison), tuple(sizes.items()))
    masks = constrained(comparison, "mask")
    return all(_is_exact(graph, bits, DIGITS[dtype], masks) for graph in graphs)


@dataclass(frozen=True, eq=False)
class _Identity:
    """A comparison under its identity, which can be a key."""

    comparison: Comparison

    def __hash__(self) -> int:
        return id(self.comparison)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.comparison is self.comparison


@lru_cache(maxsize=32)
def _graphs(key: _Identity, sizes: tuple[tuple[str, int], ...]) -> tuple[Graph, ...]:
    """The graphs of both sides; none, which is never exact, of a side without a batched form.

    Nor is it where a derivative is taken of a quotient that may be undefined: only bounds look at that.
    """
    masks = constrained(key.comparison, "mask")
    both = ("lhs", "rhs")
    try:
        guarded = [graph_of(key.comparison, side, dict(sizes), masks, guarded=True)[0] for side in both]
        if any(graph.guards and _divides(graph) for graph in guarded):
            return (_hopeless(),)
        return tuple(graph_of(key.comparison, side, dict(sizes), masks)[0] for side in both)
    except Unsupported:
        return (_hopeless(),)


def _divides(graph: Graph) -> bool:
    """Whether there is a quotient by anything but a number other than 0."""
    return any(node.op == "divide" and not graph.value(node.args[1]) for node in graph.nodes)


def _hopeless() -> Graph:
    graph = Graph()
    graph.unary("exp", graph.filled(1, (1,)))
    return graph


def _is_exact(graph: Graph, bits: int, digits: int, masks: frozenset[str]) -> bool:
    lattices: dict[int, Lattice] = {}
    for x in range(len(graph.nodes)):
        lattice = _lattice(graph, x, lattices, bits, masks)
        if lattice is None or not lattice.fits(digits):
            return False
        lattices[x] = lattice
    return True


def _lattice(
    graph: Graph, x: int, lattices: Mapping[int, Lattice], bits: int, masks: frozenset[str]
) -> Lattice | None:
    """Where the values of a node lie; None if it may round."""
    node = graph.nodes[x]
    below = [lattices[a] for a in node.args]
    match node.op:
        case "input":
            return Lattice(0, Fraction(1)) if node.extra in masks else Lattice(bits - 1, Fraction(2))
        case "filled":
            return _dyadic((node.extra,))
        case "table":
            return _dyadic(node.extra.values)
        case "eye" | "causal" | "shift" | "onehot" | "step":
            return Lattice(0, Fraction(1))
        case "add" | "subtract":
            return Lattice(max(b.places for b in below), below[0].size + below[1].size)
        case "multiply":
            return Lattice(below[0].places + below[1].places, below[0].size * below[1].size)
        case "divide":
            divisor = graph.value(node.args[1])
            scale = _dyadic((1 / divisor,)) if divisor else None
            return (
                None if scale is None else Lattice(below[0].places + scale.places, below[0].size * scale.size)
            )
        case "matmul":
            terms = int(graph.shape(node.args[0])[-1])
            return Lattice(below[0].places + below[1].places, terms * below[0].size * below[1].size)
        case "sum" | "cumulate":
            axes = node.extra if node.op == "sum" else node.extra[:1]
            size = below[0].size
            for k in axes:
                size *= int(graph.shape(node.args[0])[k])
            return Lattice(below[0].places, size)
        case "concatenate":
            return Lattice(max(b.places for b in below), max(b.size for b in below))
        case op if op in MOVES:
            return below[0]
    return None


def _dyadic(values: tuple[Fraction, ...]) -> Lattice | None:
    if any(value.denominator.bit_count() != 1 for value in values):
        return None
    places = max(value.denominator.bit_length() - 1 for value in values)
    return Lattice(places, max(abs(value) for value in values))
