"""Rows, stacks and joins of nodes, and triangular masks."""

from collections.abc import Sequence

import numpy as np

from .graph import Graph, Node, Shape


def concatenate(graph: Graph, parts: Sequence[Node], position: int) -> Node:
    """Arrays joined along an axis."""
    starts = np.cumsum([0, *(len(p) for p in parts)])
    places = np.concatenate(
        [np.arange(len(p)).reshape(p.shape) + s for p, s in zip(parts, starts, strict=False)], position
    )
    return graph.gather(graph.join(parts), places.ravel().tolist(), places.shape)


def stack(graph: Graph, rows: Sequence[Node], shape: Shape) -> Node:
    """Rows of one shape, stacked along new first axes.  [d], … -> [shape]"""
    return graph.reshape(graph.join(rows), shape)


def row(graph: Graph, x: Node, k: int) -> Node:
    """Row k along the first axis.  [n …] -> […]"""
    size = len(x) // x.shape[0]
    return graph.gather(x, range(k * size, (k + 1) * size), x.shape[1:])


def triangle(n: int, first: int, last: int) -> list[int]:
    """The 0/1 matrix of size n whose entry [t, s] is 1 where ``first`` ≤ t − s ≤ ``last``."""
    return [int(first <= t - s <= last) for t in range(n) for s in range(n)]


def row_sums(graph: Graph, x: Node, position: int) -> Node:
    """Sums along an axis, in the place of every entry.  […] -> […]"""
    summed = graph.sum(x, (position,))
    narrow = (*x.shape[:position], 1, *x.shape[position + 1 :])
    return graph.stretch(graph.reshape(summed, narrow), x.shape)
