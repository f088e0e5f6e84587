"""Named contractions as matrix products, wherever there is one."""

from collections.abc import Sequence
from math import prod

import numpy as np

from .graph import Graph, Node

Labels = tuple[int, ...]


def contract(graph: Graph, operands: Sequence[Node], labels: Sequence[Labels], output: Labels) -> Node:
    """The sum over all labels that are not in the output, two operands at a time."""
    todo = [single(graph, x, names) for x, names in zip(operands, labels, strict=True)]
    value, names = todo[0]
    for k, (other, theirs) in enumerate(todo[1:], start=2):
        later = {label for _, rest in todo[k:] for label in rest} | set(output)
        value, names = pair(graph, (value, names), (other, theirs), later)
    value, names = reduce(graph, value, names, set(output))
    return graph.permute(value, [names.index(label) for label in output])


def single(graph: Graph, x: Node, labels: Labels) -> tuple[Node, Labels]:
    """The operand with each label once: its diagonal where a label occurs twice."""
    once = tuple(dict.fromkeys(labels))
    if once == labels:
        return x, labels
    numbered = [once.index(label) for label in labels]
    return graph.move(x, lambda p: np.einsum(p, numbered, list(range(len(once))))), once


def reduce(graph: Graph, x: Node, labels: Labels, keep: set[int]) -> tuple[Node, Labels]:
    """The operand summed over the labels that nobody else needs."""
    gone = [k for k, label in enumerate(labels) if label not in keep]
    kept = tuple(label for label in labels if label in keep)
    return (graph.sum(x, gone), kept) if gone else (x, labels)


def pair(
    graph: Graph, left: tuple[Node, Labels], right: tuple[Node, Labels], later: set[int]
) -> tuple[Node, Labels]:
    """Two operands as one, summed over the labels that only they have."""
    a, ours = reduce(graph, *left, later | set(right[1]))
    b, theirs = reduce(graph, *right, later | set(ours))
    size = dict(zip((*ours, *theirs), (*a.shape, *b.shape), strict=True))
    shared = [label for label in ours if label in theirs]
    batch = [label for label in shared if label in later]
    inner = [label for label in shared if label not in later]
    rows = [label for label in ours if label not in theirs]
    columns = [label for label in theirs if label not in ours]
    count, contracted = prod(size[x] for x in batch), prod(size[x] for x in inner)
    height, width = prod(size[x] for x in rows), prod(size[x] for x in columns)
    names = (*batch, *rows, *columns)
    shape = tuple(size[label] for label in names)
    first = graph.permute(a, [ours.index(label) for label in (*batch, *rows, *inner)])
    second = graph.permute(b, [theirs.index(label) for label in (*batch, *inner, *columns)])
    if count == 1:
        product = graph.product(
            graph.reshape(first, (height, contracted)), graph.reshape(second, (contracted, width))
        )
        return graph.reshape(product, shape), names
    if not inner or height == width == 1:
        wide = (count, height, contracted, width)
        x = graph.stretch(graph.reshape(first, (count, height, contracted, 1)), wide)
        y = graph.stretch(graph.reshape(second, (count, 1, contracted, width)), wide)
        summed = graph.sum(graph.binary("multiply", x, y), (2,))
        return graph.reshape(summed, shape), names
    slices = [
        graph.product(
            slice_of(graph, first, k, (height, contracted)), slice_of(graph, second, k, (contracted, width))
        )
        for k in range(count)
    ]
    return graph.reshape(graph.join(slices), shape), names


def slice_of(graph: Graph, x: Node, k: int, shape: tuple[int, int]) -> Node:
    """Matrix k of a stack."""
    size = prod(shape)
    return graph.gather(x, range(k * size, (k + 1) * size), shape)


def matmul(graph: Graph, a: Node, b: Node) -> Node:
    """NumPy's ``@``, with leading axes on either side."""
    leading = max(len(a.shape), len(b.shape)) - 2
    batch = tuple(range(leading)) if leading > 0 else ()
    row, inner, column = len(batch), len(batch) + 1, len(batch) + 2
    left = (*batch, row, inner) if len(a.shape) > 2 else (row, inner)[-len(a.shape) :]
    right = (*batch, inner, column) if len(b.shape) > 2 else (inner, column)[: len(b.shape)]
    output = batch + ((row,) if len(a.shape) > 1 else ()) + ((column,) if len(b.shape) > 1 else ())
    return contract(graph, [a, b], [left, right], output)
