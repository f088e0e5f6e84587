"""What has to exist although no output needs its value: the denominators of a loss that is only differentiated.

The derivative of 1/c + ⟨v, v⟩ by v does not need 1/c; but where c = 0 there is no loss, and no derivative.
"""

from collections.abc import Iterator, Sequence

from .graph import Graph, Node


def guards(graph: Graph, bodies: Sequence[Node], needed: set[int]) -> list[Node]:
    """Nodes that have a value where the denominators below some bodies are not 0, and their matrices regular.

    Divisions whose value is needed are their own guards; logarithms and roots are left to ``Graph.partial``.
    """
    if not bodies or not graph.divisions:
        return []
    below = {node.number for node in descendants(bodies)}
    unseen = [n for n in graph.divisions if n.number in below and n.number not in needed]
    return [guard(graph, node) for node in unseen]


def guard(graph: Graph, division: Node) -> Node:
    """A node that is defined where a division is, whatever is divided."""
    match division.operation, division.parents:
        case "divide", (_, below):
            return graph.unary("power", below, -1)
        case "solve", (matrix, _):
            return graph.unary("inverse", matrix)
    return division


def descendants(roots: Sequence[Node]) -> Iterator[Node]:
    """Some nodes and all that they are made of, each once."""
    seen: set[int] = set()
    todo = list(roots)
    while todo:
        node = todo.pop()
        if node.number not in seen:
            seen.add(node.number)
            yield node
            todo.extend(node.parents)
