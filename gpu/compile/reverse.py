"""Reverse-mode differentiation of a graph, by nodes of the same graph.

The derivatives are this checker's own: the symbolic checker differentiates index networks and the numeric
one carries duals. Since an adjoint is again a node, gradients nest. Only paths to the variable count;
none leads through ``stop``.
"""

from collections.abc import Callable

from .contraction import contract
from .graph import Graph, Node, Shape, Unsupported


def differentiate(graph: Graph, output: int, seed: int, variable: int) -> int:
    """Σ seed · ∂output/∂variable, an array of the variable's shape.

    Raises:
        Unsupported: a path leads through an operation without a derivative here.
    """
    reached = _between(graph, variable, output)
    adjoint = {output: seed}
    for x in sorted(reached, reverse=True):
        if x not in adjoint or x == variable:
            continue
        node = graph.nodes[x]
        for position, argument in enumerate(node.args):
            if argument in reached:
                part = _pull_back(graph, x, node, position, _filling(graph, adjoint[x], node.shape))
                known = adjoint.get(argument)
                adjoint[argument] = part if known is None else graph.binary("add", known, part)
    result = adjoint.get(variable, graph.filled(0))
    return _filling(graph, result, graph.shape(variable))


def _between(graph: Graph, variable: int, output: int) -> set[int]:
    """The nodes on paths from the variable to the output."""
    above = {variable}
    for x in range(variable + 1, output + 1):
        node = graph.nodes[x]
        if node.op not in ("stop", "step") and any(a in above for a in node.args):
            above.add(x)
    below, todo = set(), [output]
    while todo:
        x = todo.pop()
        if x in above and x not in below:
            below.add(x)
            todo.extend(graph.nodes[x].args)
    return below


def _pull_back(graph: Graph, x: int, node: Node, position: int, g: int) -> int:
    """What the adjoint g of a node adds to that of its operand at ``position``."""
    argument = node.args[position]
    shape = graph.shape(argument)
    match node.op:
        case "add" | "subtract" | "multiply" | "divide":
            return _reduced(graph, _arithmetic(graph, x, node, position, g), shape)
        case "permute":
            return graph.permute(g, tuple(node.extra.index(k) for k in range(len(node.extra))))
        case "reshape":
            return graph.reshape(graph.broadcast(g, node.shape), shape)
        case "broadcast":
            return _reduced(graph, g, shape)
        case "take":
            return _scatter(graph, node, g, shape)
        case "concatenate":
            return _section(graph, node, position, g)
        case "sum":
            kept = tuple(1 if k in node.extra else size for k, size in enumerate(shape))
            return graph.broadcast(graph.reshape(g, kept), shape)
        case "cumulate":
            axis, backwards = node.extra
            return graph.cumulate(g, axis, backwards=not backwards)
        case "contract":
            return _contraction(graph, node, position, g)
        case "softmax":
            return _softmax(graph, x, node, position, g)
        case "logsumexp":
            axis = node.extra
            weights = graph.softmax(argument, axis, None)
            return graph.binary("multiply", _axis_of_one(graph, g, axis), weights)
        case "inverse":
            return graph.unary("negate", _product(graph, _product(graph, _t(graph, x), g), _t(graph, x)))
        case "solve":
            right = graph.solve(_t(graph, node.args[0]), g)
            if position == 1:
                return _reduced(graph, right, shape)
            return _reduced(graph, graph.unary("negate", _product(graph, right, _t(graph, x))), shape)
        case "hold":
            return g
        case "negate":
            return graph.unary("negate", g)
        case op if op in DERIVATIVES:
            return graph.binary("multiply", g, DERIVATIVES[op](graph, argument, x))
    raise Unsupported(f"no derivative of {node.op} is known here")


def _arithmetic(graph: Graph, x: int, node: Node, position: int, g: int) -> int:
    a, b = node.args
    match node.op, position:
        case ("add", _) | ("subtract", 0):
            return g
        case ("subtract", 1):
            return graph.unary("negate", g)
        case ("multiply", _):
            return graph.binary("multiply", g, b if position == 0 else a)
        case ("divide", 0):
            return graph.binary("divide", g, b)
    return graph.unary("negate", graph.binary("divide", graph.binary("multiply", g, x), b))


def _reduced(graph: Graph, g: int, shape: Shape) -> int:
    """The adjoint summed over the axes along which the operand was stretched."""
    if not graph.shape(g) and shape:
        return g
    axes = [k for k, (own, size) in enumerate(zip(shape, graph.shape(g), strict=True)) if own == 1 != size]
    return graph.reshape(graph.sum(g, axes), shape)


def _filling(graph: Graph, g: int, shape: Shape) -> int:
    """A literal as an array of a shape; any other adjoint has it."""
    value = graph.value(g)
    return g if value is None or graph.shape(g) == shape else graph.filled(value, shape)


def _scatter(graph: Graph, node: Node, g: int, shape: Shape) -> int:
    axis, index = node.extra
    where = graph.onehot(shape[axis], index)
    where = graph.reshape(where, tuple(size if k == axis else 1 for k, size in enumerate(shape)))
    return graph.binary("multiply", _axis_of_one(graph, g, axis), where)


def _section(graph: Graph, node: Node, position: int, g: int) -> int:
    axis = node.extra
    widths = [int(graph.shape(a)[axis]) for a in node.args]
    start = sum(widths[:position])
    return graph.part(g, axis, start, start + widths[position])


def _contraction(graph: Graph, node: Node, position: int, g: int) -> int:
    labels = node.extra
    other, output = 1 - position, labels[2]
    return contract(graph, g, node.args[other], output, labels[other], labels[position])


def _softmax(graph: Graph, x: int, node: Node, position: int, g: int) -> int:
    if position == 1:
        raise Unsupported("a derivative by the mask of a softmax")
    axis = node.extra
    weighted = graph.binary("multiply", g, x)
    mean = _axis_of_one(graph, graph.sum(weighted, [axis]), axis)
    value = graph.binary("multiply", x, graph.binary("subtract", g, mean))
    return _reduced(graph, value, graph.shape(node.args[0]))


def _axis_of_one(graph: Graph, x: int, axis: int) -> int:
    shape = graph.shape(x)
    return graph.reshape(x, (*shape[:axis], 1, *shape[axis:]))


def _t(graph: Graph, x: int) -> int:
    rank = len(graph.shape(x))
    return graph.permute(x, (*range(rank - 2), rank - 1, rank - 2))


def _product(graph: Graph, a: int, b: int) -> int:
    outer = tuple(range(len(graph.shape(a)) - 2))
    n = len(outer)
    return contract(graph, a, b, (*outer, n, n + 1), (*outer, n + 1, n + 2), (*outer, n, n + 2))


def _one_minus_square(graph: Graph, x: int, value: int) -> int:
    return graph.binary("subtract", graph.filled(1), graph.binary("multiply", value, value))


DERIVATIVES: dict[str, Callable[[Graph, int, int], int]] = {
    "exp": lambda graph, x, value: value,
    "log": lambda graph, x, value: graph.binary("divide", graph.filled(1), x),
    "sqrt": lambda graph, x, value: graph.binary(
        "divide", graph.filled(1), graph.binary("multiply", graph.filled(2), value)
    ),
    "tanh": _one_minus_square,
    "sin": lambda graph, x, value: graph.unary("cos", x),
    "cos": lambda graph, x, value: graph.unary("negate", graph.unary("sin", x)),
    "relu": lambda graph, x, value: graph.unary("step", x),
    "sigmoid": lambda graph, x, value: graph.binary(
        "multiply", value, graph.binary("subtract", graph.filled(1), value)
    ),
    "softplus": lambda graph, x, value: graph.unary("sigmoid", x),
}
"""The derivative of each function of one number, from its argument and its value."""
