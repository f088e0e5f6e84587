"""Elementary functions by the few that a field can read: exponentials, turns, and what they make."""

from fractions import Fraction
from math import isqrt

from .graph import Graph, Node


def apply_function(graph: Graph, function: str, x: Node) -> Node:
    """A function of the language, entry by entry.

    A *turn* is e^{ix}: cos x and sin x are its even and odd parts. Sigmoid and tanh are quotients of
    exponentials, softplus is the logarithm of one.
    """

    def plus_one(y: Node) -> Node:
        return graph.binary("add", graph.number(1, x.shape), y)

    match function:
        case "sigmoid":
            return graph.unary("power", plus_one(graph.unary("exp", graph.unary("negate", x))), -1)
        case "tanh":
            below = graph.unary("power", plus_one(graph.unary("exp", graph.scale(graph.number(2), x))), -1)
            return graph.binary("subtract", graph.number(1, x.shape), graph.scale(graph.number(2), below))
        case "softplus":
            return graph.unary("log", plus_one(graph.unary("exp", x)))
        case "cos":
            turn = graph.unary("turn", x)
            both = graph.binary("add", turn, graph.unary("power", turn, -1))
            return graph.scale(graph.number(Fraction(1, 2)), both)
        case "sin":
            turn = graph.unary("turn", x)
            both = graph.binary("subtract", turn, graph.unary("power", turn, -1))
            turned = graph.scale(graph.node("unit", (), ()), both)
            return graph.scale(graph.number(Fraction(-1, 2)), turned)
        case "exp":
            return exponential(graph, x)
        case "sqrt":
            return square_root(graph, x)
        case "erf":
            return graph.node("opaque", (x,), x.shape, function)
        case "negate" | "log" | "relu":
            return graph.unary(function, x)
    raise TypeError(f"no function {function}")


def exponential(graph: Graph, x: Node) -> Node:
    """e^x, where e^{a + log b} becomes e^a b: a field reads no logarithm, but it reads this."""
    if x.number not in graph.logarithmic:
        return graph.unary("exp", x)
    known = graph.logarithmic[x.number]
    if known is None:
        known = graph.logarithmic[x.number] = split(graph, x)
    return known


def split(graph: Graph, x: Node) -> Node:
    """e^x by the law of exponents, x having a logarithm among its summands."""
    match x.operation, x.parents:
        case "log", (a,):
            return a
        case "add", (a, b):
            return graph.binary("multiply", exponential(graph, a), exponential(graph, b))
        case "subtract", (a, b):
            return graph.binary("divide", exponential(graph, a), exponential(graph, b))
        case "negate", (a,):
            return graph.unary("power", exponential(graph, a), -1)
        case "scale", (a, b):
            return multiple(graph, x, a, b)
        case _, (a,):
            return graph.node(x.operation, (exponential(graph, a),), x.shape, x.parameter)
    raise TypeError(f"{x.operation} is no sum")


def multiple(graph: Graph, x: Node, a: Node, b: Node) -> Node:
    """e^{k log y} as y^k, where all multiples are one whole number; else the exponential, unread."""
    factor, other = (a, b) if a.number in graph.constant else (b, a)
    values = set(constant(factor))
    (k,) = values if len(values) == 1 else (Fraction(1, 2),)
    if k.denominator != 1:
        return graph.unary("exp", x)
    base = graph.stretch(exponential(graph, other), x.shape)
    return graph.unary("power", base, int(k)) if k else graph.number(1, x.shape)


def square_root(graph: Graph, x: Node) -> Node:
    """√x: of a constant, the number itself where it is rational, or a root of its own."""
    if x.number not in graph.constant:
        return graph.unary("sqrt", x)
    values = constant(x)
    if min(values) < 0:
        return graph.unary("sqrt", x)
    roots = [Fraction(isqrt(v.numerator), isqrt(v.denominator)) for v in values]
    if all(root**2 == v for root, v in zip(roots, values, strict=True)):
        return graph.number(roots, x.shape)
    return graph.node("root", (), x.shape, tuple(values))


def constant(x: Node) -> list[Fraction]:
    """The entries of a node that depends on no input."""
    below = [constant(parent) for parent in x.parents]
    match x.operation, below:
        case "reshape", [a]:
            return a
        case "gather", [a]:
            return [a[k] for k in x.parameter]
        case "power", [a]:
            return [Fraction(p**x.parameter) for p in a]
        case "scale", [[scalar], a]:
            return [scalar * p for p in a]
        case "multiply", [a, b]:
            return [p * q for p, q in zip(a, b, strict=True)]
        case "divide", [a, b]:
            return [p / q for p, q in zip(a, b, strict=True)]
    return [Fraction(p) for p in x.parameter]
