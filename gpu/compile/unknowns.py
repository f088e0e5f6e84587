"""What stands for an uninterpreted function: the fixed cubic of ``language.realisation``, as nodes."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

from equivalences.language import realisation

from .contraction import contract
from .graph import Graph, Shape, Table, Unsupported, count


def activate(graph: Graph, function: str, x: int) -> int:
    """b + h(w x), entry by entry."""
    weight = graph.filled(realisation.weight(function, 0, 0, 0))
    offset = graph.filled(realisation.offset(function, 0))
    return graph.binary("add", offset, cubic(graph, graph.binary("multiply", weight, x)))


def apply_unknown(
    graph: Graph, function: str, arguments: Sequence[tuple[int, Shape]], shape: Shape, depth: int
) -> int:
    """h(b + Σ w x), for arguments with their own shapes, behind ``depth`` axes of maps.

    Raises:
        Unsupported: features among the arguments, or as the value.
    """
    outputs = count(shape) if not any(isinstance(size, str) for size in shape) else 0
    offset = graph.reshape(graph.table(_offsets(function, outputs), shape), (1,) * depth + shape)
    total = offset
    maps = tuple(range(depth))
    out = tuple(range(depth, depth + len(shape)))
    for k, (x, own) in enumerate(arguments):
        if any(isinstance(size, str) for size in (*own, *shape)):
            raise Unsupported(f"{function} takes or gives features")
        into = tuple(range(depth + len(shape), depth + len(shape) + len(own)))
        weights = graph.table(_weights(function, k, outputs, count(own)), shape + own)
        part = contract(graph, weights, x, out + into, maps + into, maps + out)
        total = graph.binary("add", total, part)
    return cubic(graph, total)


def cubic(graph: Graph, u: int) -> int:
    """h(u), by Horner's rule."""
    total = graph.filled(realisation.CUBIC[-1])
    for coefficient in reversed(realisation.CUBIC[:-1]):
        total = graph.binary("multiply", total, u)
        total = graph.binary("add", graph.filled(coefficient), total) if coefficient else total
    return total


@lru_cache(maxsize=256)
def _weights(function: str, argument: int, outputs: int, inputs: int) -> Table:
    """What an unknown function multiplies one argument by.  [outputs inputs]"""
    positions = product(range(outputs), range(inputs))
    values = tuple(realisation.weight(function, argument, o, c) for o, c in positions)
    return Table(("weights", function, argument, outputs, inputs), values)


def _offsets(function: str, outputs: int) -> Table:
    values = tuple(realisation.offset(function, o) for o in range(outputs))
    return Table(("offsets", function, outputs), values)
