"""Every operation's bound against its value in balls, at plain and at adversarial floats."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from equivalences import Claim, exp, real, softmax
from equivalences.gpu.compile.contraction import contract
from equivalences.gpu.compile.graph import Graph
from equivalences.gpu.compile.kernel import compile_comparison
from equivalences.gpu.compile.margins import settle
from equivalences.gpu.device.backend import usable_backend
from equivalences.gpu.device.model import Model, Precision, ieee_model
from equivalences.language.tracing import trace

from . import reference

REPLAYS = 200
RNG_SEED = 20240607
Build = Callable[[Graph], int]


def x(g: Graph) -> int:
    return g.input("x", (3, 3))


def y(g: Graph) -> int:
    return g.input("y", (3, 3))


def rounded(g: Graph, a: int) -> int:
    """The operand with a rounding error of its own."""
    return g.binary("multiply", a, y(g))


def unary(op: str) -> Build:
    return lambda g: g.unary(op, rounded(g, x(g)))


def binary(op: str) -> Build:
    return lambda g: g.binary(op, rounded(g, x(g)), g.binary("add", x(g), y(g)))


def exact_unary(op: str) -> Build:
    return lambda g: g.unary(op, x(g))


def scaled(op: str, value: Fraction) -> Build:
    return lambda g: g.binary(op, rounded(g, x(g)), g.filled(value))


def square(g: Graph) -> int:
    return g.power(g.binary("add", x(g), y(g)), 2)


def cube_below(g: Graph) -> int:
    return g.power(g.binary("add", x(g), y(g)), -3)


def positive(g: Graph) -> int:
    return g.binary("multiply", rounded(g, x(g)), rounded(g, x(g)))


def product(g: Graph) -> int:
    return contract(g, rounded(g, x(g)), g.binary("add", x(g), y(g)), (0, 1), (1, 2), (0, 2))


def gram(g: Graph) -> int:
    """K Kᵀ + I: a matrix with an inverse, and with rounding errors."""
    return g.binary("add", contract(g, x(g), x(g), (0, 1), (2, 1), (0, 2)), g.eye(3))


def unstable(g: Graph) -> int:
    """A matrix that may be singular, or nearly so."""
    return contract(g, x(g), y(g), (0, 1), (1, 2), (0, 2))


OPERATIONS: dict[str, Build] = {
    **{op: binary(op) for op in ("add", "subtract", "multiply", "divide")},
    **{op: unary(op) for op in ("exp", "tanh", "sin", "cos", "relu", "sigmoid", "softplus", "negate", "step")},
    **{
        f"{op} of exact": exact_unary(op) for op in ("exp", "tanh", "sin", "cos", "sigmoid", "softplus", "step")
    },
    "times a third": scaled("multiply", Fraction(1, 3)),
    "times a quarter": scaled("multiply", Fraction(-1, 4)),
    "times eight": scaled("multiply", Fraction(8)),
    "over seven": scaled("divide", Fraction(7)),
    "over four": scaled("divide", Fraction(4)),
    "a third over it": lambda g: g.binary("divide", g.filled(Fraction(1, 3)), rounded(g, x(g))),
    "plus a tenth": lambda g: g.binary("add", rounded(g, x(g)), g.filled(Fraction(1, 10))),
    "square": square,
    "inverse cube": cube_below,
    "log": lambda g: g.unary("log", positive(g)),
    "sqrt": lambda g: g.unary("sqrt", positive(g)),
    "sum": lambda g: g.sum(rounded(g, x(g)), [1]),
    "sum of all": lambda g: g.sum(x(g), [0, 1]),
    "sum of squares": lambda g: g.sum(square(g), [0, 1]),
    "cumulate": lambda g: g.cumulate(rounded(g, x(g)), 0),
    "cumulate backwards": lambda g: g.cumulate(rounded(g, x(g)), 1, backwards=True),
    "matmul": product,
    "matmul of exact": lambda g: contract(g, x(g), y(g), (0, 1), (1, 2), (0, 2)),
    "matmul with an exact left": lambda g: contract(g, x(g), rounded(g, x(g)), (0, 1), (1, 2), (0, 2)),
    "rows": lambda g: contract(g, rounded(g, x(g)), y(g), (0, 1), (0, 1), (0,)),
    "softmax": lambda g: g.softmax(product(g), 1, None),
    "softmax over columns": lambda g: g.softmax(x(g), 0, None),
    "masked softmax": lambda g: g.softmax(product(g), 1, g.causal(3, False)),
    "logsumexp": lambda g: g.logsumexp(product(g), 0),
    "inverse": lambda g: g.inverse(gram(g)),
    "inverse of anything": lambda g: g.inverse(unstable(g)),
    "inverse of exact": lambda g: g.inverse(x(g)),
    "solve": lambda g: g.solve(gram(g), rounded(g, x(g))),
    "solve anything": lambda g: g.solve(unstable(g), y(g)),
    "concatenate": lambda g: g.concatenate([x(g), rounded(g, x(g))], 0),
    "take": lambda g: g.take(rounded(g, x(g)), 1, 2),
    "part": lambda g: g.part(rounded(g, x(g)), 0, 1, 3),
    "transpose": lambda g: g.permute(rounded(g, x(g)), (1, 0)),
    "select": lambda g: g.binary("multiply", g.causal(3, True), rounded(g, x(g))),
    "long sum": lambda g: g.sum(g.broadcast(g.reshape(rounded(g, x(g)), (1, 3, 3)), (40, 3, 3)), [0, 1]),
    "chain": lambda g: g.binary(
        "divide", g.unary("exp", product(g)), g.binary("add", g.unary("cos", product(g)), g.filled(2))
    ),
}


def floats(model: Model, count: int) -> dict[str, np.ndarray]:
    """Plain entries, and for half of the instances hostile ones: huge, tiny, subnormal, near ties, 0."""
    rng = np.random.default_rng(RNG_SEED)
    largest = 60 if model.dtype == "float32" else 500
    arrays = {}
    for name in ("x", "y"):
        plain = rng.standard_normal((count, 3, 3))
        exponents = rng.integers(-largest, largest, (count, 3, 3))
        wild = plain * 2.0**exponents
        near = np.round(plain) * (1 + model.u * rng.integers(-2, 3, plain.shape) * 2)
        small = model.tiny * rng.integers(-3, 4, plain.shape) * 2.0 ** rng.integers(-20, 20, plain.shape)
        pick = rng.integers(0, 4, plain.shape)
        hostile = np.select([pick == 0, pick == 1, pick == 2], [wild, near, small], np.round(plain))
        moderate = plain * 2.0 ** rng.integers(-3, 4, plain.shape)
        kind = np.arange(count) % 4
        chosen = np.where(
            (kind == 0)[:, None, None], hostile, np.where((kind == 1)[:, None, None], moderate, plain)
        )
        chosen = np.where((kind == 2)[:, None, None], near, chosen)
        arrays[name] = chosen.astype(model.dtype)
    return arrays


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_bound_holds(operation: str, dtype: Precision) -> None:
    model = ieee_model(dtype)
    arrays = floats(model, REPLAYS)
    graph = Graph()
    root = OPERATIONS[operation](graph)
    value, error, _ = reference.run(graph, root, arrays, model)
    decided = 0
    for k in range(REPLAYS):
        if not np.all(np.isfinite(error[k])):
            continue
        decided += 1
        truth = reference.evaluate(graph, root, {name: a[k] for name, a in arrays.items()}, {})
        assert reference.excess(value[k], error[k], truth) <= 1, (k, value[k], error[k], truth)
    assert decided >= REPLAYS // 3


def ratios(build: Build, arrays: dict[str, np.ndarray], model: Model) -> list[float]:
    """For each instance the largest error over bound."""
    graph = Graph()
    root = build(graph)
    value, error, _ = reference.run(graph, root, arrays, model)
    return [
        reference.excess(
            value[k], error[k], reference.evaluate(graph, root, {name: a[k] for name, a in arrays.items()}, {})
        )
        for k in range(len(value))
    ]


def plain(dtype: str, count: int = 60) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {name: rng.standard_normal((count, 3, 3)).astype(dtype) for name in ("x", "y")}


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if "step" not in name])
def test_the_bound_is_not_vacuous(operation: str) -> None:
    assert max(ratios(OPERATIONS[operation], plain("float64"), ieee_model("float64"))) > 1 / 100


def test_a_model_that_promises_too_much_is_caught() -> None:
    honest = ieee_model("float64")
    false = replace(honest, u=honest.u / 8, accumulation=honest.accumulation / 8, exp_ulp=0.05)
    for operation in ("add", "multiply", "divide", "exp", "matmul", "sum", "softmax"):
        assert max(ratios(OPERATIONS[operation], plain("float64"), false)) > 1, operation


def test_operands_rounded_to_fewer_bits_need_the_model_that_says_so() -> None:
    """What a matrix unit does that keeps 10 bits of its operands."""

    class Rounding:
        def __getattr__(self, name: str) -> Any:
            return getattr(numpy, name)

        def matmul(self, a: Any, b: Any) -> Any:
            cut = np.float32(2.0**13)
            a, b = ((z * (cut + 1)) - (z * (cut + 1) - z) for z in (a, b))
            return np.matmul(a, b)

    numpy = usable_backend("numpy").xp
    backend = SimpleNamespace(xp=Rounding(), device="cpu", put=np.asarray, get=np.asarray)
    plain32, ieee = plain("float32"), ieee_model("float32")
    for model, holds in ((ieee, False), (replace(ieee, matmul_input=2.0**-11), True)):
        graph = Graph()
        root = product(graph)
        value, error, _ = reference.run(graph, root, plain32, model, backend=backend)
        truth = [reference.evaluate(graph, root, {n: a[k] for n, a in plain32.items()}, {}) for k in range(60)]
        worst = max(reference.excess(value[k], error[k], truth[k]) for k in range(60))
        assert (worst <= 1) is holds


def test_flushing_to_zero_is_covered_by_its_model_only() -> None:
    """Operands and results below the smallest normal number are 0 here, in every operation."""

    def flush(z: Any) -> Any:
        return np.where(np.abs(z) < tiny, 0.0, z)

    tiny = 2.0**-1022
    numpy = usable_backend("numpy").xp

    class Flushing:
        def __getattr__(self, name: str) -> Any:
            return getattr(numpy, name)

        def matmul(self, a: Any, b: Any) -> Any:
            return flush(np.sum(flush(flush(a)[..., :, :, None] * flush(b)[..., None, :, :]), axis=-2))

    backend = SimpleNamespace(xp=Flushing(), device="cpu", put=np.asarray, get=np.asarray)
    arrays = {"x": np.full((1, 3, 3), tiny / 4), "y": np.full((1, 3, 3), 2.0**60)}
    truth_of = OPERATIONS["matmul of exact"]
    for ftz in (False, True):
        graph = Graph()
        root = truth_of(graph)
        model = replace(ieee_model("float64"), ftz=ftz)
        value, error, _ = reference.run(graph, root, arrays, model, backend=backend)
        truth = reference.evaluate(graph, root, {n: a[0] for n, a in arrays.items()}, {})
        assert (reference.excess(value[0], error[0], truth) <= 1) is ftz


@pytest.mark.parametrize("case", range(8))
def test_what_overflowed_is_never_decided(case: int) -> None:
    """Infinite operands, of which the operation would make finite values."""

    def over(g: Graph) -> int:
        big = g.binary("multiply", x(g), x(g))
        return {
            0: g.binary("divide", g.filled(1), big),
            1: g.unary("exp", g.unary("negate", big)),
            2: g.unary("tanh", big),
            3: g.unary("sigmoid", g.unary("negate", big)),
            4: g.unary("relu", g.unary("negate", big)),
            5: g.softmax(big, 1, None),
            6: g.binary("divide", g.filled(1), g.sum(big, [0])),
            7: g.binary("divide", g.filled(1), contract(g, x(g), x(g), (0, 1), (1, 2), (0, 2))),
        }[case]

    arrays = {"x": np.full((1, 3, 3), 1e200), "y": np.ones((1, 3, 3))}
    graph = Graph()
    _, error, _ = reference.run(graph, over(graph), arrays, ieee_model("float64"))
    assert not np.any(np.isfinite(error))


def test_nothing_is_said_where_the_argument_may_leave_the_domain() -> None:
    zero = {"x": np.ones((1, 3, 3)), "y": np.ones((1, 3, 3))}

    def vanishing(g: Graph) -> int:
        third = g.binary("divide", x(g), g.filled(3))
        return g.binary("subtract", g.binary("multiply", third, g.filled(3)), y(g))

    for op in ("log", "sqrt"):
        graph = Graph()
        _, error, _ = reference.run(graph, graph.unary(op, vanishing(graph)), zero, ieee_model("float64"))
        assert not np.any(np.isfinite(error))
    graph = Graph()
    root = graph.binary("divide", y(graph), vanishing(graph))
    assert not np.any(np.isfinite(reference.run(graph, root, zero, ieee_model("float64"))[1]))
    graph = Graph()
    _, error, _ = reference.run(graph, graph.unary("step", vanishing(graph)), zero, ieee_model("float64"))
    assert np.all(error >= 1)
    graph = Graph()
    root = graph.inverse(vanishing(graph))
    assert not np.any(np.isfinite(reference.run(graph, root, zero, ieee_model("float64"))[1]))


def test_too_long_a_sum_for_the_precision_is_refused() -> None:
    assert settle(100, ieee_model("float64")) == 1 + 200 * 2.0**-53
    with pytest.raises(OverflowError, match="too many"):
        settle(2.0**23, ieee_model("float32"))


@pytest.mark.parametrize(("dtype", "delta"), [("float64", 1e-13), ("float32", 3e-5)])
def test_a_small_relative_error_is_detected(dtype: Precision, delta: float) -> None:
    comparison = trace(planted_attention())
    kernel = compile_comparison(comparison, {"m": 16, "n": 16, "d": 8, "v": 8}, ieee_model(dtype))
    rng = np.random.default_rng(5)
    arrays = {name: rng.standard_normal((500, *shape)).astype(dtype) for name, shape in kernel.shapes.items()}
    lhs, lhs_error, rhs, rhs_error = kernel.bounds(usable_backend("numpy"), arrays, {})
    bound = lhs_error + rhs_error
    assert np.all(np.abs(lhs - rhs) <= bound)
    wrong = (rhs.astype("float64") * (1 + delta)).astype(dtype)
    assert np.all(np.any(np.abs(lhs - wrong) > bound, axis=(-2, -1)))


def planted_attention() -> Claim:
    return Claim(
        "softmax-of-all-queries",
        title="Softmax attention is exponentials over their sum",
        given={"Q": real("m d"), "K": real("n d"), "V": real("n v")},
        lhs=lambda Q, K, V: softmax(Q @ K.T, axis=1) @ V,
        rhs=lambda Q, K, V: (exp(Q @ K.T) @ V) / exp(Q @ K.T).sum(1)[:, None],
    )
