"""From a graph to the source text of a function over the Array API.

The text calls only what NumPy, torch, CuPy and array-api-strict offer alike: function forms, no ``einsum``,
no ``.T``, the device named wherever an array is made. Systems are solved by the backend, whose contract is
that of ``gpu.backend``.
"""

from ..device.model import Model
from .bounds import error_of
from .expression import FUNCTIONS, value_of
from .graph import Graph, Node, Table
from .liveness import finish
from .margins import settle
from .source import ARITHMETIC, Source, show

PRELUDE = {
    "zero": "xp.zeros((), dtype=dtype, device=device)",
    "infinity": 'xp.full((), float("inf"), dtype=dtype, device=device)',
    "largest": "xp.full((), xp.finfo(dtype).max, dtype=dtype, device=device)",
    "lowest": "xp.full((), -xp.finfo(dtype).max, dtype=dtype, device=device)",
}
"""Constants of a function that uses them."""
ROUNDED = frozenset(
    {*ARITHMETIC, *FUNCTIONS, "sum", "matmul", "cumulate", "sigmoid", "softplus", "solve", "inverse"}
)
"""What may give a subnormal number where its operands were not."""


def emit(
    graph: Graph,
    root: int,
    name: str,
    parameters: tuple[str, ...],
    model: Model,
    *,
    inputs: dict[str, str],
    positions: dict[str, str],
    tables: dict[Table, str],
    masks: frozenset[str],
    positive: frozenset[str],
    with_bound: bool,
) -> str:
    """The source of a function ``name(xp, backend, dtype, batch, …)`` for one side.

    ``inputs``, ``positions`` and ``tables`` give the parameters that stand for arrays, indices and
    tables. The function returns the value, or the value and its error.
    """
    source = Source(graph, model, masks, positive, positions, tables)
    for x, node in enumerate(graph.nodes):
        _write_value(source, x, node, inputs)
        if with_bound:
            source.errors[x] = error_of(source, x)
    shape = ("batch", *graph.shape(root))
    results = [f"xp.broadcast_to({source.array(root)}, {show(shape)})"]
    if with_bound:
        results.append(_final_error(source, root, show(shape)))
    body = finish(source.lines, results, source.views, source.reusable)
    used = "\n".join((*body, *results))
    head = ["device = backend.device"]
    head += [f"{constant} = {text}" for constant, text in PRELUDE.items() if constant in used]
    lines = [*head, *body, f"return {', '.join(results)}"]
    signature = ", ".join(("xp", "backend", "dtype", "batch", *parameters))
    return f"def {name}({signature}):\n" + "\n".join(f"    {line}" for line in lines) + "\n"


def _final_error(source: Source, root: int, shape: str) -> str:
    """The bound with its debt paid; not finite where the value is not, or what is differentiated is not."""
    error = source.errors[root]
    poison = f"0.0 * {source.array(root)}"
    rank = len(source.graph.shape(root))
    for guard in source.graph.guards:
        poison += f" + xp.reshape({_undefined(source, guard)}, {show((-1, *(1,) * rank))})"
    if error is None:
        return f"xp.broadcast_to({poison}, {shape})"
    factor = settle(error.debt + 4, source.model)
    return f"xp.broadcast_to({error.text} * {factor!r} + {poison}, {shape})"


def _undefined(source: Source, x: int) -> str:
    """For each instance 0 where all entries of a value and of its error are finite, else NaN."""
    error = source.errors[x]
    size = f"{source.array(x)} + {error.text}" if error else source.array(x)
    axes = tuple(range(1, 1 + len(source.graph.shape(x))))
    return f"xp.sum(0.0 * ({size}), axis={axes})" if axes else f"0.0 * ({size})"


def _write_value(source: Source, x: int, node: Node, inputs: dict[str, str]) -> None:
    """The line that computes a node."""
    if node.op == "filled" and not node.shape:
        return
    if node.op == "input":
        source.name(x, inputs[node.extra])
        if source.model.ftz and node.extra not in source.masks:
            source.bind(x, _flushed(source, inputs[node.extra]))
        return
    source.bind(x, value_of(source, x))
    if source.model.ftz and node.op in ROUNDED:
        source.bind(x, _flushed(source, source.value(x)))


def _flushed(source: Source, name: str) -> str:
    return f"xp.where(xp.abs({name}) < {source.model.tiny!r}, zero, {name})"
