"""Products of terms as contractions of two operands, in the order in which they are written."""

from .contraction import contract
from .graph import Graph


def matmul(graph: Graph, below: list[int], left: int, right: int, depth: int) -> int:
    """NumPy's ``@`` of arrays of ranks ``left`` and ``right``, behind ``depth`` axes of maps."""
    outer = max(left, right, 2) - 2
    maps = tuple(range(depth))
    leading = tuple(range(depth, depth + outer))
    row, inner, column = depth + outer, depth + outer + 1, depth + outer + 2
    a = (*(leading if left > 2 else ()), *((row,) if left > 1 else ()), inner)
    b = (*(leading if right > 2 else ()), inner, *((column,) if right > 1 else ()))
    output = (*leading, *((row,) if left > 1 else ()), *((column,) if right > 1 else ()))
    return contract(graph, below[0], below[1], maps + a, maps + b, maps + output)


def contract_all(
    graph: Graph, below: list[int], labels: tuple[tuple[int, ...], ...], output: tuple[int, ...], depth: int
) -> int:
    """A contraction of any number of operands, from the left."""
    maps = tuple(range(depth))
    rest = [maps + tuple(depth + k for k in part) for part in labels]
    wanted = maps + tuple(depth + k for k in output)
    x, have = _diagonal(graph, below[0], rest[0])
    for k in range(1, len(below)):
        y, other = _diagonal(graph, below[k], rest[k])
        later = {*wanted, *(label for part in rest[k + 1 :] for label in part)}
        keep = tuple(label for label in dict.fromkeys((*have, *other)) if label in later)
        keep = wanted if k == len(below) - 1 else keep
        x, have = contract(graph, x, y, have, other, keep), keep
    x = graph.sum(x, [k for k, label in enumerate(have) if label not in wanted])
    have = tuple(label for label in have if label in wanted)
    return graph.permute(x, tuple(have.index(label) for label in wanted))


def _diagonal(graph: Graph, x: int, labels: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """The entries at which axes of one label agree: a contraction with the identity."""
    for k, label in enumerate(labels):
        if label in labels[:k]:
            fresh = 1 + max(labels) + 1_000
            renamed = (*labels[:k], fresh, *labels[k + 1 :])
            rest = labels[:k] + labels[k + 1 :]
            identity = graph.eye(graph.shape(x)[k])
            return _diagonal(graph, contract(graph, x, identity, renamed, (label, fresh), rest), rest)
    return x, labels
