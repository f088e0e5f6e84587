"""Graphs at one instance in balls of 400 bits: what the generated float code has to enclose.

An interpreter of its own, so that neither the schedule nor the source text is taken on trust.
"""

from collections.abc import Mapping
from typing import Any

import flint
import numpy as np

from equivalences.gpu.compile.emit import emit
from equivalences.gpu.compile.graph import Graph
from equivalences.gpu.compile.kernel import load
from equivalences.gpu.compile.schedule import schedule
from equivalences.gpu.device.backend import usable_backend
from equivalences.gpu.device.model import Model

BITS = 400
UNARY = {
    "negate": lambda a: -a,
    "exp": flint.arb.exp,
    "log": flint.arb.log,
    "sqrt": flint.arb.sqrt,
    "tanh": flint.arb.tanh,
    "sin": flint.arb.sin,
    "cos": flint.arb.cos,
    "relu": lambda a: a if a > 0 else flint.arb(0),
    "step": lambda a: flint.arb(1 if a > 0 else 0),
    "sigmoid": lambda a: 1 / (1 + (-a).exp()),
    "softplus": lambda a: (1 + a.exp()).log(),
}
BINARY = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide}


def exact(values: Any) -> Any:
    """An array of floats as balls of radius 0; one of balls as it is."""
    values = np.asarray(values)
    if values.dtype == object:
        return values
    result = np.empty(values.shape, dtype=object)
    for position in np.ndindex(values.shape):
        result[position] = flint.arb(float(values[position]))
    return result


def rational(value: Any) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def evaluate(graph: Graph, root: int, inputs: Mapping[str, Any], positions: Mapping[str, int]) -> Any:
    """The root of a graph at one instance, as an array of balls."""
    flint.ctx.prec = BITS
    values: dict[int, Any] = {}
    for x in range(root + 1):
        values[x] = _node(graph, x, values, inputs, positions)
    return values[root]


def _node(graph: Graph, x: int, values: Any, inputs: Mapping[str, Any], positions: Mapping[str, int]) -> Any:
    node = graph.nodes[x]
    a = [values[k] for k in node.args]
    shape = tuple(int(k) for k in node.shape)
    match node.op:
        case "input":
            return exact(inputs[node.extra])
        case "filled":
            return np.full(shape, rational(node.extra), dtype=object)
        case "eye":
            return exact(np.eye(shape[0]))
        case "causal":
            return exact(np.tril(np.ones(shape), k=-1 if node.extra else 0))
        case "onehot":
            position = positions[node.extra] if isinstance(node.extra, str) else node.extra
            return exact(np.arange(shape[0]) == position)
        case "table":
            return np.array([rational(v) for v in node.extra.values], dtype=object).reshape(shape)
        case op if op in BINARY:
            return np.asarray(BINARY[op](a[0], a[1]), dtype=object).reshape(shape)
        case op if op in UNARY:
            return _map(UNARY[op], a[0])
        case "permute":
            return np.transpose(a[0], node.extra)
        case "reshape":
            return a[0].reshape(shape)
        case "broadcast":
            return np.broadcast_to(a[0], shape)
        case "take":
            axis, index = node.extra
            return np.take(a[0], positions[index] if isinstance(index, str) else index, axis=axis)
        case "part":
            axis, start, stop = node.extra
            return np.take(a[0], range(start, stop), axis=axis)
        case "concatenate":
            return np.concatenate(a, axis=node.extra)
        case "sum":
            return np.asarray(np.sum(a[0], axis=node.extra), dtype=object)
        case "cumulate":
            axis, backwards = node.extra
            y = np.flip(a[0], axis) if backwards else a[0]
            y = np.cumsum(y, axis=axis)
            return np.flip(y, axis) if backwards else y
        case "contract":
            return _contract(a, *node.extra)
        case "matmul":
            return np.matmul(a[0], a[1])
        case "softmax":
            weights = _map(UNARY["exp"], a[0])
            weights = weights * a[1] if len(a) == 2 else weights
            return weights / np.sum(weights, axis=node.extra, keepdims=True)
        case "logsumexp":
            return _map(
                UNARY["log"], np.asarray(np.sum(_map(UNARY["exp"], a[0]), axis=node.extra), dtype=object)
            )
        case "inverse":
            return _stack(lambda m: flint.arb_mat(m.tolist()).inv(), a[0], shape)
        case "solve":
            leading = shape[:-2]
            matrix = np.broadcast_to(a[0], (*leading, *a[0].shape[-2:]))
            right = np.broadcast_to(a[1], (*leading, *a[1].shape[-2:]))
            result = np.empty(shape, dtype=object)
            for k in np.ndindex(leading):
                solution = flint.arb_mat(matrix[k].tolist()).solve(flint.arb_mat(right[k].tolist()))
                result[k] = np.array(solution.tolist(), dtype=object)
            return result
        case "hold" | "stop":
            return a[0]
    raise NotImplementedError(node.op)


def _map(f: Any, x: Any) -> Any:
    result = np.empty(x.shape, dtype=object)
    for position in np.ndindex(x.shape):
        result[position] = f(x[position])
    return result


def _stack(f: Any, x: Any, shape: tuple[int, ...]) -> Any:
    result = np.empty(shape, dtype=object)
    for k in np.ndindex(shape[:-2]):
        result[k] = np.array(f(x[k]).tolist(), dtype=object)
    return result


def _contract(a: list[Any], left: Any, right: Any, output: Any) -> Any:
    labels = sorted({*left, *right})
    inner = [k for k in labels if k not in output]
    order = (*output, *inner)

    def spread(x: Any, own: Any) -> Any:
        x = np.transpose(x, [own.index(k) for k in order if k in own])
        sizes = iter(x.shape)
        return x.reshape([next(sizes) if k in own else 1 for k in order])

    product = spread(a[0], left) * spread(a[1], right)
    return np.asarray(np.sum(product, axis=tuple(range(len(output), len(order)))), dtype=object)


def run(
    graph: Graph,
    root: int,
    arrays: Mapping[str, Any],
    model: Model,
    positions: Mapping[str, int] | None = None,
    backend: Any = None,
    masks: frozenset[str] = frozenset(),
    positive: frozenset[str] = frozenset(),
) -> tuple[Any, Any, str]:
    """The value and the error of a graph in floats, and the source."""
    backend = backend or usable_backend("numpy")
    positions = positions or {}
    scheduled, place = schedule(graph, root, masks)
    inputs = {name: f"a{k}" for k, name in enumerate(arrays)}
    indices = {name: f"i{k}" for k, name in enumerate(positions)}
    source = emit(
        scheduled,
        place,
        "side",
        (*inputs.values(), *indices.values()),
        model,
        inputs=inputs,
        positions=indices,
        tables={},
        masks=masks,
        positive=positive,
        with_bound=True,
    )
    given = [backend.put(x) for x in arrays.values()]
    dtype = getattr(backend.xp, model.dtype)
    with np.errstate(all="ignore"):
        value, error = load(source)["side"](
            backend.xp, backend, dtype, given[0].shape[0], *given, *positions.values()
        )
    return backend.get(value), backend.get(error), source


def excess(value: Any, error: Any, truth: Any) -> float:
    """The largest |value − truth| / error over finite entries; above 1 the bound is refuted.

    A finite error around a value that is not finite counts as refuted too.
    """
    worst = 0.0
    for position in np.ndindex(value.shape):
        v, e, t = float(value[position]), float(error[position]), truth[position]
        if not np.isfinite(e):
            continue
        if not np.isfinite(v):
            return float("inf")
        distance = abs(flint.arb(v) - t)
        if distance > e:
            return float("inf") if e == 0 else max(1.001, float((distance / e).lower()))
        worst = max(worst, float((distance / e).lower()) if e else 0.0)
    return worst
