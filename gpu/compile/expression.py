"""One expression of the Array API for each operation of a graph."""

from .graph import Node
from .source import ARITHMETIC, Source, number, show

FUNCTIONS = frozenset({"exp", "log", "sqrt", "tanh", "sin", "cos"})


def value_of(source: Source, x: int) -> str:
    """The expression that computes a node from the values of its operands."""
    node = source.graph.nodes[x]
    v = [source.value(a) for a in node.args]
    match node.op:
        case "filled":
            literal = number(source.rounded(node.extra))
            return f"xp.full({show((1, *node.shape))}, {literal}, dtype=dtype, device=device)"
        case "eye":
            n = node.shape[0]
            return f"xp.reshape(xp.eye({n}, dtype=dtype, device=device), (1, {n}, {n}))"
        case "causal":
            n, k = node.shape[0], -1 if node.extra else 0
            ones = f"xp.ones((1, {n}, {n}), dtype=dtype, device=device)"
            return f"xp.tril({ones}, k={k})"
        case "shift":
            n = node.shape[0]
            ones = f"xp.ones((1, {n}, {n}), dtype=dtype, device=device)"
            return f"xp.tril({ones}, k=-1) - xp.tril({ones}, k=-2)"
        case "onehot":
            n = node.shape[0]
            position = source.positions[node.extra] if isinstance(node.extra, str) else node.extra
            return f"xp.astype(xp.reshape(xp.arange({n}, device=device), (1, {n})) == {position}, dtype)"
        case "table":
            return f"xp.reshape({source.tables[node.extra]}, {show((1, *node.shape))})"
        case "divide" if not source.is_exact_scaling(x):
            return " / ".join(source.array(a) for a in node.args)
        case "add" | "subtract" | "multiply" | "divide":
            return f"{v[0]} {ARITHMETIC[node.op]} {v[1]}"
        case "negate":
            return f"-{v[0]}"
        case "permute" | "reshape" | "broadcast" | "take" | "part" | "cumulate" | "sum":
            return moved(source, x, source.array(node.args[0]))
        case "concatenate":
            return joined(source, x, v)
        case "maximum":
            return f"xp.max({v[0]}, axis={node.extra + 1}, keepdims=True)"
        case "masked_maximum":
            kept = f"xp.where({v[1]} > 0.5, {v[0]}, lowest)"
            return f"xp.max({kept}, axis={node.extra + 1}, keepdims=True)"
        case "select":
            return f"xp.where({v[1]} > 0.5, {v[0]}, zero)"
        case "matmul":
            return f"xp.matmul({v[0]}, {v[1]})"
        case "inverse":
            return inverse_of(source, node.args[0])
        case "solve":
            return _solve(source, x, node)
    return _function(node.op, source.array(node.args[0]))


def _function(op: str, x: str) -> str:
    match op:
        case "relu":
            return f"xp.maximum({x}, zero)"
        case "step":
            return f"xp.astype({x} > 0.0, dtype)"
        case "sigmoid":
            power = f"xp.exp(-xp.abs({x}))"
            return f"xp.where({x} >= 0.0, zero + 1.0, {power}) / (1.0 + {power})"
        case "softplus":
            return f"xp.maximum({x}, zero) + xp.log(1.0 + xp.exp(-xp.abs({x})))"
    assert op in FUNCTIONS, op
    return f"xp.{op}({x})"


def moved(source: Source, x: int, name: str) -> str:
    """An operation on axes, or a sum, applied to an array by name: the value's, or its error's."""
    node = source.graph.nodes[x]
    match node.op:
        case "permute":
            rank = len(node.extra)
            if node.extra == (*range(rank - 2), rank - 1, rank - 2):
                return f"xp.matrix_transpose({name})"
            return f"xp.permute_dims({name}, {show((0, *(k + 1 for k in node.extra)))})"
        case "reshape":
            return f"xp.reshape({name}, {show((-1, *node.shape))})"
        case "broadcast":
            return f"xp.broadcast_to({name}, {source.full_shape(x)})"
        case "take":
            axis, index = node.extra
            position = source.positions[index] if isinstance(index, str) else index
            return f"{name}[{', '.join([':'] * (axis + 1))}, {position}, ...]"
        case "part":
            axis, start, stop = node.extra
            return f"{name}[{', '.join([':'] * (axis + 1))}, {start}:{stop}, ...]"
        case "sum":
            axes = tuple(k + 1 for k in node.extra)
            return f"xp.sum({name}, axis={axes[0] if len(axes) == 1 else show(axes)})"
    axis, backwards = node.extra
    if not backwards:
        return f"xp.cumulative_sum({name}, axis={axis + 1})"
    flipped = f"xp.cumulative_sum(xp.flip({name}, axis={axis + 1}), axis={axis + 1})"
    return f"xp.flip({flipped}, axis={axis + 1})"


def joined(source: Source, x: int, names: list[str]) -> str:
    """Parts joined along an axis, the ones that are equal for all instances repeated."""
    node = source.graph.nodes[x]
    parts = [
        f"xp.broadcast_to({name}, {show(('batch', *source.graph.shape(a)))})"
        if source.is_batched(x) and not source.is_batched(a)
        else name
        for a, name in zip(node.args, names, strict=True)
    ]
    return f"xp.concat([{', '.join(parts)}], axis={node.extra + 1})"


def inverse_of(source: Source, x: int) -> str:
    """The backend's inverse of a stack of matrices; only a guess, as far as bounds go."""
    shape = source.graph.shape(x)
    n = shape[-1]
    flat = source.value(x) if len(shape) == 2 else f"xp.reshape({source.value(x)}, (-1, {n}, {n}))"
    inverse = f"backend.inverse({flat})"
    return source.let(inverse if len(shape) == 2 else f"xp.reshape({inverse}, {show((-1, *shape))})")


def _solve(source: Source, x: int, node: Node) -> str:
    """The backend's solution, over batches that are made equal first: CuPy does not broadcast them."""
    matrix, right = node.args
    n, m = source.graph.shape(right)[-2:]
    leading = node.shape[:-2]
    batch = "batch" if source.is_batched(x) else 1
    texts = []
    for a, last in ((matrix, n), (right, m)):
        text = source.array(a)
        if source.is_batched(a) != source.is_batched(x) or source.graph.shape(a)[:-2] != leading:
            text = f"xp.broadcast_to({text}, {show((batch, *leading, n, last))})"
        texts.append(text if not leading else f"xp.reshape({text}, {show((-1, n, last))})")
    solution = f"backend.solve({texts[0]}, {texts[1]})"
    return solution if not leading else f"xp.reshape({solution}, {show((-1, *node.shape))})"
