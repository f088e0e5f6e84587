"""Forward-mode differentiation of a graph: a tangent along every direction, by nodes of the same graph.

A second way to a derivative, for claims whose sides become one program when both are differentiated in
reverse, as when a gradient is said not to depend on something: then the right side goes forwards, and two
derivations are held against each other. A tangent has one more axis than its value, in front: the
directions. It costs as many times the value as the variable has entries.
"""

from .contraction import contract
from .graph import Graph, Node, Shape, Unsupported, count
from .reverse import DERIVATIVES


def differentiate_forwards(graph: Graph, output: int, seed: int, variable: int, depth: int) -> int:
    """Σ seed · ∂output/∂variable, an array of the variable's shape; the first ``depth`` axes are maps.

    Raises:
        Unsupported: the way leads through an operation without a derivative here, or features are varied.
    """
    shape = graph.shape(variable)
    own = shape[depth:]
    if any(isinstance(size, str) for size in shape):
        raise Unsupported("a derivative by an array of features has no list of directions")
    n = count(own)
    basis = graph.reshape(graph.eye(n), (n, *(1,) * depth, *own))
    tangents = {variable: graph.broadcast(basis, (n, *shape))}
    for x in range(variable + 1, output + 1):
        node = graph.nodes[x]
        if node.op not in ("stop", "step") and any(a in tangents for a in node.args):
            tangents[x] = _push(graph, x, node, tangents, n)
    if output not in tangents:
        return graph.filled(0, shape)
    slope = tangents[output]
    slope = graph.binary("multiply", slope, _raised(graph, seed))
    slope = graph.sum(slope, range(1 + depth, len(graph.shape(slope))))
    return graph.reshape(graph.permute(slope, (*range(1, depth + 1), 0)), shape)


def _raised(graph: Graph, x: int) -> int:
    """A value with an axis of size 1 for the directions; literals fit as they are."""
    if graph.value(x) is not None and not graph.shape(x):
        return x
    return graph.reshape(x, (1, *graph.shape(x)))


def _push(graph: Graph, x: int, node: Node, tangents: dict[int, int], n: int) -> int:
    """The tangent of a node, from those of its operands."""
    first = node.args[0]
    shape: Shape = (n, *node.shape)
    match node.op:
        case "add" | "subtract" | "multiply" | "divide":
            return graph.broadcast(_arithmetic(graph, x, node, tangents), shape)
        case "concatenate":
            parts = [tangents.get(a, graph.filled(0, (n, *graph.shape(a)))) for a in node.args]
            return graph.concatenate(parts, node.extra + 1)
        case "contract":
            return _contraction(graph, node, tangents)
        case "solve":
            return _solution(graph, x, node, tangents)
        case "softmax" if first in tangents and not any(a in tangents for a in node.args[1:]):
            weighted = graph.binary("multiply", _raised(graph, x), tangents[first])
            mean = _kept(graph, graph.sum(weighted, [node.extra + 1]), node.extra + 1)
            pulled = graph.binary("multiply", _raised(graph, x), mean)
            return graph.broadcast(graph.binary("subtract", weighted, pulled), shape)
    if first not in tangents:
        raise Unsupported(f"no tangent of {node.op} is known here")
    t = tangents[first]
    match node.op:
        case "negate":
            return graph.unary("negate", t)
        case "permute":
            return graph.permute(t, (0, *(k + 1 for k in node.extra)))
        case "reshape":
            return graph.reshape(t, shape)
        case "broadcast":
            return graph.broadcast(t, shape)
        case "take":
            return graph.take(t, node.extra[0] + 1, node.extra[1])
        case "part":
            return graph.part(t, node.extra[0] + 1, *node.extra[1:])
        case "sum":
            return graph.sum(t, [k + 1 for k in node.extra])
        case "cumulate":
            return graph.cumulate(t, node.extra[0] + 1, backwards=node.extra[1])
        case "logsumexp":
            weights = _raised(graph, graph.softmax(first, node.extra, None))
            return graph.sum(graph.binary("multiply", weights, t), [node.extra + 1])
        case "inverse":
            inverse = _raised(graph, x)
            return graph.unary("negate", _product(graph, _product(graph, inverse, t), inverse))
        case "hold":
            return t
        case op if op in DERIVATIVES:
            return graph.binary("multiply", _raised(graph, DERIVATIVES[op](graph, first, x)), t)
    raise Unsupported(f"no tangent of {node.op} is known here")


def _arithmetic(graph: Graph, x: int, node: Node, tangents: dict[int, int]) -> int:
    a, b = node.args
    s, t = tangents.get(a), tangents.get(b)
    match node.op:
        case "multiply":
            s = None if s is None else graph.binary("multiply", s, _raised(graph, b))
            t = None if t is None else graph.binary("multiply", _raised(graph, a), t)
        case "divide":
            s = None if s is None else graph.binary("divide", s, _raised(graph, b))
            if t is not None:
                t = graph.binary("divide", graph.binary("multiply", _raised(graph, x), t), _raised(graph, b))
    backwards = node.op in ("subtract", "divide")
    if t is None:
        assert s is not None
        return s
    if s is None:
        return graph.unary("negate", t) if backwards else t
    return graph.binary("subtract" if backwards else "add", s, t)


def _contraction(graph: Graph, node: Node, tangents: dict[int, int]) -> int:
    a, b = node.args
    left, right, output = node.extra
    fresh = 1 + max((*left, *right))
    terms = []
    if a in tangents:
        terms.append(contract(graph, tangents[a], b, (fresh, *left), right, (fresh, *output)))
    if b in tangents:
        terms.append(contract(graph, a, tangents[b], left, (fresh, *right), (fresh, *output)))
    return terms[0] if len(terms) == 1 else graph.binary("add", *terms)


def _solution(graph: Graph, x: int, node: Node, tangents: dict[int, int]) -> int:
    """A ẋ = ḃ − Ȧ x."""
    matrix, right = node.args
    change = tangents.get(right)
    if matrix in tangents:
        moved = _product(graph, tangents[matrix], _raised(graph, x))
        change = graph.unary("negate", moved) if change is None else graph.binary("subtract", change, moved)
    assert change is not None
    return graph.solve(_raised(graph, matrix), change)


def _product(graph: Graph, a: int, b: int) -> int:
    outer = tuple(range(len(graph.shape(a)) - 2))
    k = len(outer)
    return contract(graph, a, b, (*outer, k, k + 1), (*outer, k + 1, k + 2), (*outer, k, k + 2))


def _kept(graph: Graph, x: int, axis: int) -> int:
    shape = graph.shape(x)
    return graph.reshape(x, (*shape[:axis], 1, *shape[axis:]))
