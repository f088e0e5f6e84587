"""Derivatives of a graph by reverse accumulation; the adjoints are nodes again, so gradients nest."""

from .graph import Graph, Node


def cotangent(graph: Graph, value: Node, variable: Node, seed: Node) -> Node | None:
    """The adjoint of ``variable`` for the adjoint ``seed`` of ``value``; None where the value ignores it."""
    active = dependents(value, variable)
    adjoints = {value.number: seed}
    for number in sorted(active, reverse=True):
        node, adjoint = active[number], adjoints.get(number)
        if adjoint is None or node is variable:
            continue
        for parent, pulled in zip(node.parents, pull(graph, node, adjoint), strict=True):
            if parent.number in active:
                before = adjoints.get(parent.number)
                adjoints[parent.number] = pulled if before is None else graph.binary("add", before, pulled)
    return adjoints.get(variable.number)


def dependents(value: Node, variable: Node) -> dict[int, Node]:
    """The nodes between a variable and a value, both included, that are not held constant."""
    found: dict[int, Node] = {}
    todo = [value]
    while todo:
        node = todo.pop()
        if node.number >= variable.number and node.number not in found:
            found[node.number] = node
            todo.extend(node.parents)
    active: dict[int, Node] = {}
    for number in sorted(found):
        node = found[number]
        moves = node.operation not in ("stop", "step")
        if node is variable or (moves and any(p.number in active for p in node.parents)):
            active[number] = node
    return active


def pull(graph: Graph, node: Node, g: Node) -> tuple[Node, ...]:
    """The adjoints of a node's parents, given its own."""
    match node.operation, node.parents:
        case "add", _:
            return (g, g)
        case "subtract", _:
            return (g, graph.unary("negate", g))
        case "multiply", (a, b):
            return (graph.binary("multiply", g, b), graph.binary("multiply", g, a))
        case "divide", (_, b):
            share = graph.binary("divide", g, b)
            return (share, graph.unary("negate", graph.binary("multiply", share, node)))
        case "scale", (scalar, a):
            inner = graph.product(graph.reshape(g, (1, len(g))), graph.reshape(a, (len(a), 1)))
            return (graph.reshape(inner, scalar.shape), graph.scale(scalar, g))
        case "product", (a, b):
            return (graph.product(g, graph.permute(b, (1, 0))), graph.product(graph.permute(a, (1, 0)), g))
        case "solve", (matrix, _):
            back = graph.node("solve", (graph.permute(matrix, (1, 0)), g), g.shape)
            return (graph.unary("negate", graph.product(back, graph.permute(node, (1, 0)))), back)
        case "join", parts:
            ends = [sum(len(p) for p in parts[: k + 1]) for k in range(len(parts))]
            return tuple(
                graph.gather(g, range(e - len(p), e), p.shape) for p, e in zip(parts, ends, strict=True)
            )
        case "opaque", parents:
            return tuple(graph.node("opaque", (p, g), p.shape, node.parameter) for p in parents)
    return (pull_entries(graph, node, g),) * len(node.parents)


def pull_entries(graph: Graph, node: Node, g: Node) -> Node:
    """The adjoint of the only parent of a node."""
    a = node.parents[0]
    match node.operation:
        case "copy":
            return g
        case "reshape":
            return graph.reshape(g, a.shape)
        case "negate":
            return graph.unary("negate", g)
        case "gather":
            return graph.scatter(g, node.parameter, a.shape)
        case "scatter":
            return graph.gather(g, node.parameter, a.shape)
        case "transpose":
            return graph.permute(g, (1, 0))
        case "power":
            slope = graph.scale(graph.number(node.parameter), graph.unary("power", a, node.parameter - 1))
            return graph.binary("multiply", g, slope)
        case "exp":
            return graph.binary("multiply", g, node)
        case "turn":
            return graph.binary("multiply", g, graph.scale(graph.node("unit", (), ()), node))
        case "log":
            return graph.binary("divide", g, a)
        case "sqrt":
            return graph.binary("divide", g, graph.scale(graph.number(2), node))
        case "relu":
            return graph.binary("multiply", g, graph.unary("step", a))
        case "inverse":
            turned = graph.permute(node, (1, 0))
            return graph.unary("negate", graph.product(graph.product(turned, g), turned))
        case "feature" | "slope":
            return graph.node("slope", (a, g), a.shape)
    raise TypeError(f"no derivative of {node.operation}")
