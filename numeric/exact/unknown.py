"""The fixed cubic that stands for every uninterpreted function."""

from collections.abc import Sequence
from math import prod

from equivalences.language.realisation import CUBIC, offset, weight

from .graph import Graph, Node, Shape


def activation(graph: Graph, function: str, x: Node) -> Node:
    """b + h(w x), entry by entry.  […] -> […]"""
    value = cubic(graph, graph.scale(graph.number(weight(function, 0, 0, 0)), x))
    return graph.binary("add", graph.number(offset(function, 0), x.shape), value)


def unknown(graph: Graph, function: str, arguments: Sequence[Node], shape: Shape) -> Node:
    """h(b + Σ W x), a matrix W for every argument.  …, -> [shape]"""
    outputs = prod(shape)
    total = graph.number([offset(function, o) for o in range(outputs)], (outputs, 1))
    for k, x in enumerate(arguments):
        entries = [weight(function, k, o, c) for o in range(outputs) for c in range(len(x))]
        matrix = graph.number(entries, (outputs, len(x)))
        total = graph.binary("add", total, graph.product(matrix, graph.reshape(x, (len(x), 1))))
    return graph.reshape(cubic(graph, total), shape)


def cubic(graph: Graph, u: Node) -> Node:
    """h(u), by Horner's rule.  […] -> […]"""
    value = graph.number(CUBIC[-1], u.shape)
    for coefficient in CUBIC[-2::-1]:
        product = graph.binary("multiply", value, u)
        value = graph.binary("add", product, graph.number(coefficient, u.shape))
    return value
