"""From contractions and softmaxes to what array libraries do: products of matrices, sums, maxima.

A softmax is shifted by the maximum of its *computed* arguments. That number is a constant like any other,
and Σ exp cancels it exactly, so that the shift costs no error and nothing overflows.
"""

from .features import reachable
from .graph import Graph, Labels, Node, count


def schedule(graph: Graph, root: int, masks: frozenset[str]) -> tuple[Graph, int]:
    """The graph over operations of array libraries, and its root; ``masks`` are the 0/1 inputs."""
    new = Graph()
    place: dict[int, int] = {}
    for x in reachable(graph, root, *graph.guards):
        node = graph.nodes[x]
        args = [place[a] for a in node.args]
        place[x] = _rewrite(new, node, args, masks)
    new.guards += [place[guard] for guard in graph.guards]
    return new, place[root]


def _rewrite(g: Graph, node: Node, args: list[int], masks: frozenset[str]) -> int:
    match node.op:
        case "hold" | "stop":
            return args[0]
        case "contract":
            return _contract(g, args[0], args[1], *node.extra)
        case "softmax":
            return _softmax(g, args, node.extra, masks)
        case "logsumexp":
            axis = node.extra
            top = g.add("maximum", (args[0],), _of_one(g, args[0], axis), axis)
            powers = g.unary("exp", g.binary("subtract", args[0], top))
            flat = g.reshape(top, node.shape)
            return g.binary("add", g.unary("log", g.sum(powers, [axis])), flat)
        case "reshape":
            return g.reshape(args[0], node.shape)
        case "permute":
            return permute(g, args[0], node.extra)
        case "add" | "subtract" | "multiply" | "divide":
            return g.binary(node.op, args[0], args[1])
    return g.add(node.op, args, node.shape, node.extra)


def permute(g: Graph, x: int, order: tuple[int, ...]) -> int:
    """Axes reordered; no more than reshaped where only axes of size 1 change places."""
    shape = g.shape(x)
    moving = [k for k in order if shape[k] != 1]
    if moving == sorted(moving):
        return g.reshape(x, tuple(shape[k] for k in order))
    return g.permute(x, order)


def _softmax(g: Graph, args: list[int], axis: int, masks: frozenset[str]) -> int:
    x = args[0]
    if len(args) == 1:
        top = g.add("maximum", (x,), _of_one(g, x, axis), axis)
        weights = g.unary("exp", g.binary("subtract", x, top))
    elif is_mask(g, args[1], masks):
        x, mask = (g.broadcast(a, _joint(g, args)) for a in args)
        top = g.add("masked_maximum", (x, mask), _of_one(g, x, axis), axis)
        kept = g.add("select", (g.binary("subtract", x, top), mask), g.shape(x))
        weights = g.binary("multiply", mask, g.unary("exp", kept))
    else:
        top = g.add("maximum", (x,), _of_one(g, x, axis), axis)
        weights = g.binary("multiply", args[1], g.unary("exp", g.binary("subtract", x, top)))
    total = g.reshape(g.sum(weights, [axis]), _of_one(g, weights, axis))
    return g.binary("divide", weights, total)


def is_mask(g: Graph, x: int, masks: frozenset[str]) -> bool:
    """Whether a node holds zeros and ones, exactly."""
    node = g.nodes[x]
    match node.op:
        case "causal" | "shift" | "eye" | "onehot":
            return True
        case "filled":
            return node.extra in (0, 1)
        case "input":
            return node.extra in masks
        case "subtract":
            return g.value(node.args[0]) == 1 and is_mask(g, node.args[1], masks)
        case "multiply" | "permute" | "reshape" | "broadcast" | "take" | "part" | "concatenate":
            return all(is_mask(g, a, masks) for a in node.args)
    return False


def _joint(g: Graph, args: list[int]) -> tuple[int | str, ...]:
    return tuple(max(int(i), int(j)) for i, j in zip(g.shape(args[0]), g.shape(args[1]), strict=True))


def _of_one(g: Graph, x: int, axis: int) -> tuple[int | str, ...]:
    shape = g.shape(x)
    return (*shape[:axis], 1, *shape[axis + 1 :])


def _contract(g: Graph, a: int, b: int, left: Labels, right: Labels, output: Labels) -> int:
    """A contraction as a matrix product; where no matrix is involved, as a sum of products."""
    sizes = dict(zip(left, g.shape(a), strict=True)) | dict(zip(right, g.shape(b), strict=True))
    inner = [k for k in left if k in right and k not in output]
    batch = [k for k in output if k in left and k in right]
    rows, columns = [k for k in output if k not in right], [k for k in output if k not in left]
    if count(sizes[k] for k in inner) == 1 or not (rows or columns):
        order = (*output, *inner)
        product = g.binary("multiply", _arranged(g, a, left, order), _arranged(g, b, right, order))
        return g.sum(product, range(len(output), len(order)))
    if rows and columns and output.index(columns[0]) < output.index(rows[0]):
        a, b, left, right, rows, columns = b, a, right, left, columns, rows
    many = tuple(sizes[k] for k in batch)
    n, k, m = (count(sizes[j] for j in group) for group in (rows, inner, columns))
    first = g.reshape(_ordered(g, a, left, (*batch, *rows, *inner)), (*many, n, k))
    second = _second(g, b, right, batch, inner, columns, (*many, k, m))
    product = g.add("matmul", (first, second), (*many, n, m))
    labels = (*batch, *rows, *columns)
    product = g.reshape(product, tuple(sizes[k] for k in labels))
    return permute(g, product, tuple(labels.index(k) for k in output))


def _second(
    g: Graph,
    b: int,
    right: Labels,
    batch: list[int],
    inner: list[int],
    columns: list[int],
    shape: tuple[int | str, ...],
) -> int:
    """The right operand [k m]; a transpose of [m k] where it lies so in memory."""
    if right == (*batch, *columns, *inner) and columns:
        lying = g.reshape(b, (*shape[:-2], shape[-1], shape[-2]))
        rank = len(shape)
        return permute(g, lying, (*range(rank - 2), rank - 1, rank - 2))
    return g.reshape(_ordered(g, b, right, (*batch, *inner, *columns)), shape)


def _ordered(g: Graph, x: int, labels: Labels, order: tuple[int, ...]) -> int:
    return permute(g, x, tuple(labels.index(k) for k in order))


def _arranged(g: Graph, x: int, labels: Labels, order: tuple[int, ...]) -> int:
    """The axes in the order given, of size 1 where there are none."""
    present = tuple(k for k in order if k in labels)
    x = _ordered(g, x, labels, present)
    sizes = dict(zip(present, g.shape(x), strict=True))
    return g.reshape(x, tuple(sizes.get(k, 1) for k in order))
