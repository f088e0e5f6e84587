"""The generated source: portable, readable, and free of anything an author wrote."""

import ast
from fractions import Fraction

import numpy as np
import pytest

from equivalences import (
    Array,
    Claim,
    Equation,
    each,
    exp,
    gradient,
    identity,
    index,
    mask,
    ones,
    real,
    scan,
    softmax,
    solve,
)
from equivalences.gpu.compile.kernel import Kernel, arrays_of, compile_comparison
from equivalences.gpu.compile.liveness import finish
from equivalences.gpu.device.backend import Backend, find_backend, usable_backend
from equivalences.gpu.device.model import ieee_model
from equivalences.language.comparison import Comparison
from equivalences.language.term import Term, Variable, rewrite
from equivalences.language.tracing import trace

from . import planted

SIZES = {"n": 5, "m": 4, "d": 3, "v": 2, "f": 7, "k": 3, "T": 4, "a": 2, "b": 3, "c": 2, "e": 3, "w": 2}
ALLOWED = {
    "abs", "arange", "asarray", "astype", "broadcast_to", "concat", "cos", "cumulative_sum", "exp", "eye",
    "finfo", "flip", "full", "full_like", "log", "matmul", "matrix_transpose", "max", "maximum", "ones",
    "permute_dims", "reshape", "sin", "sqrt", "sum", "tanh", "tril", "where", "zeros",
}  # fmt: skip
"""Names of the Array API standard of 2023 that NumPy, torch, CuPy and array-api-strict have under compat."""


def kernels() -> dict[str, Kernel]:
    model = ieee_model("float64")
    claims = {**planted.TRUE, **planted.FALSE}
    return {name: compile_comparison(trace(claim), SIZES, model) for name, claim in claims.items()}


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return {name: kernel.source for name, kernel in kernels().items()}


def attention() -> Comparison:
    return trace(
        Claim(
            "attention",
            title="Softmax attention",
            given={"Q": real("m d"), "K": real("n d"), "V": real("n v")},
            lhs=lambda Q, K, V: softmax(Q @ K.T, axis=1) @ V,
            rhs=lambda Q, K, V: (exp(Q @ K.T) @ V) / exp(Q @ K.T).sum(1)[:, None],
        )
    )


def test_only_functions_of_the_array_api_are_called(sources: dict[str, str]) -> None:
    for source in sources.values():
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Attribute(ast.Name("xp"), name):
                    assert name in ALLOWED
                case ast.Attribute(ast.Name("backend"), name):
                    assert name in ("device", "solve", "inverse")
                case ast.Attribute(_, name):
                    assert name == "max", name


def test_arrays_are_made_on_the_device_and_in_the_precision(sources: dict[str, str]) -> None:
    makers = {"full", "eye", "ones", "zeros", "asarray"}
    for source in sources.values():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in makers:
                assert {keyword.arg for keyword in node.keywords} >= {"dtype", "device"}


def test_no_name_of_the_author_reaches_the_source() -> None:
    hostile = '__import__("os")'
    x = trace(Claim("x", title="x", given={"q": real("n d")}, lhs=lambda q: q @ q.T, rhs=lambda q: (q @ q.T).T))

    def renamed(term: Term) -> Term:
        return rewrite(term, lambda t: Variable(hostile, t.axes) if isinstance(t, Variable) else None)

    comparison = Comparison(given={hostile: real("n d")}, lhs=renamed(x.lhs), rhs=renamed(x.rhs))
    kernel = compile_comparison(comparison, SIZES, ieee_model("float64"))
    assert "import" not in kernel.source
    value, _ = kernel.values(usable_backend("numpy"), {hostile: np.ones((2, 5, 3))}, {})
    assert value.tolist() == np.full((2, 5, 5), 3.0).tolist()


def test_the_source_reads_as_one_would_write_it() -> None:
    kernel = compile_comparison(attention(), {"m": 4, "n": 5, "d": 3, "v": 2}, ieee_model("float64"))
    assert kernel.source.split("\n\n\n")[0] == ATTENTION


ATTENTION = """\
def lhs(xp, backend, dtype, batch, a0, a1, a2):
    device = backend.device
    v2 = xp.matrix_transpose(a1)
    v3 = xp.matmul(a0, v2)
    del v2
    v4 = xp.max(v3, axis=2, keepdims=True)
    v3 -= v4
    v5 = v3
    del v3, v4
    v6 = xp.exp(v5)
    del v5
    v7 = xp.sum(v6, axis=2)
    v8 = xp.reshape(v7, (-1, 4, 1))
    del v7
    v6 /= v8
    v9 = v6
    del v6, v8
    v11 = xp.matmul(v9, a2)
    del v9
    return xp.broadcast_to(v11, (batch, 4, 2))"""


def test_values_do_not_depend_on_the_bound_or_the_batch() -> None:
    backend = usable_backend("numpy")
    for name, kernel in kernels().items():
        rng = np.random.default_rng(1)
        arrays = {key: rng.integers(1, 5, (6, *shape)) / 4 for key, shape in kernel.shapes.items()}
        positions = dict.fromkeys(kernel.indices, 1)
        lhs, rhs = kernel.values(backend, arrays, positions)
        bounded = kernel.bounds(backend, arrays, positions)
        np.testing.assert_array_equal(bounded[0], lhs, name)
        np.testing.assert_array_equal(bounded[2], rhs, name)
        assert bounded[1].shape == lhs.shape == rhs.shape
        alone = [
            kernel.values(backend, {k: a[i : i + 1] for k, a in arrays.items()}, positions) for i in range(6)
        ]
        np.testing.assert_array_equal(np.concatenate([side[0] for side in alone]), lhs, name)


def test_arguments_are_left_as_they_are() -> None:
    backend = usable_backend("numpy")
    for name, kernel in kernels().items():
        rng = np.random.default_rng(1)
        arrays = {key: rng.integers(1, 5, (3, *shape)) / 4 for key, shape in kernel.shapes.items()}
        before = {key: array.copy() for key, array in arrays.items()}
        kernel.values(backend, arrays, dict.fromkeys(kernel.indices, 1))
        kernel.bounds(backend, arrays, dict.fromkeys(kernel.indices, 1))
        for key in arrays:
            np.testing.assert_array_equal(arrays[key], before[key], name)


@pytest.mark.parametrize("name", ["torch", "strict"])
def test_backends_agree_within_their_bounds(name: str) -> None:
    backend, numpy = find_backend(name), usable_backend("numpy")
    if not isinstance(backend, Backend):
        pytest.skip(backend.reason)
    for claim, kernel in kernels().items():
        rng = np.random.default_rng(2)
        arrays = {key: rng.integers(1, 9, (4, *shape)) / 8 for key, shape in kernel.shapes.items()}
        positions = dict.fromkeys(kernel.indices, 2)
        there = kernel.bounds(backend, {key: backend.put(a) for key, a in arrays.items()}, positions)
        lhs, lhs_error, rhs, rhs_error = (backend.get(x) for x in there)
        here = kernel.bounds(numpy, arrays, positions)
        assert np.all(np.abs(lhs - here[0]) <= lhs_error + here[1]), claim
        assert np.all(np.abs(rhs - here[2]) <= rhs_error + here[3]), claim


def test_indices_and_realised_variables() -> None:
    claim = Claim(
        "realised",
        title="A normalised key",
        given={"raw": real("d"), "k": real("d"), "X": real("n d"), "t": index("n"), "M": mask("n d")},
        lhs=lambda X, k, t: X[t] * (k @ k),
        rhs=lambda X, t: X[t],
        assume=(Equation(lambda raw, k: k * (raw @ raw), lambda raw: raw),),
        realise={"k": lambda raw: raw / (raw @ raw)},
    )
    comparison = trace(claim)
    assert arrays_of(comparison, SIZES) == {"raw": (3,), "X": (5, 3), "M": (5, 3)}
    kernel = compile_comparison(comparison, SIZES, ieee_model("float64"))
    assert kernel.indices == ("t",)
    arrays = {"raw": np.full((1, 3), 2.0), "X": np.arange(15.0).reshape(1, 5, 3), "M": np.ones((1, 5, 3))}
    lhs, error, rhs, _ = kernel.bounds(usable_backend("numpy"), arrays, {"t": 4})
    for value, margin, row in zip(lhs[0].tolist(), error[0].tolist(), (12, 13, 14), strict=True):
        assert abs(Fraction(value) - Fraction(row, 12)) <= Fraction(margin) < Fraction(1, 10**12)
    assert rhs.tolist() == [[12.0, 13.0, 14.0]]


def test_one_singular_instance_leaves_the_others_alone() -> None:
    claim = Claim(
        "solve",
        title="A system",
        given={"A": real("n n"), "b": real("n")},
        lhs=lambda A, b: solve(A, b),
        rhs=lambda A, b: solve(2 * A, 2 * b),
    )
    kernel = compile_comparison(trace(claim), {"n": 2}, ieee_model("float64"))
    arrays = {"A": np.stack([np.eye(2), np.zeros((2, 2)), np.ones((2, 2))]), "b": np.ones((3, 2))}
    lhs, error, _, _ = kernel.bounds(usable_backend("numpy"), arrays, {})
    assert lhs[0].tolist() == [1.0, 1.0]
    assert np.isfinite(error).all(axis=1).tolist() == [True, False, False]


def test_a_row_without_any_weight_is_undecided() -> None:
    claim = Claim(
        "masked",
        title="Masked softmax",
        given={"X": real("n n"), "M": mask("n n")},
        lhs=lambda X, M: softmax(X, where=M),
        rhs=lambda X, M: M * exp(X) / (M * exp(X)).sum(1)[:, None],
    )
    kernel = compile_comparison(trace(claim), {"n": 2}, ieee_model("float64"))
    arrays = {"X": np.array([[[1000.0, 1.0], [2.0, 3.0]]]), "M": np.array([[[0.0, 1.0], [0.0, 0.0]]])}
    lhs, error, _, _ = kernel.bounds(usable_backend("numpy"), arrays, {})
    assert lhs[0, 0].tolist() == [0.0, 1.0]
    assert np.isfinite(error[0, 0]).all()
    assert not np.isfinite(error[0, 1]).any()


def test_long_loops_and_deep_gradients_compile() -> None:
    def step(W: Array, X: Array, Y: Array) -> Array:
        return (
            W
            - gradient(lambda V: ((Y - X @ V.T) ** 2).sum())(
                W,
            )
            / 8
        )

    claim = Claim(
        "steps",
        title="Steps",
        given={"W": real("v d"), "X": real("n d"), "Y": real("n v")},
        lhs=lambda W, X, Y: scan(lambda V: step(V, X, Y), W, length="T"),
        rhs=lambda W, X, Y: scan(lambda V: V @ (identity("d") - X.T @ X / 4) + Y.T @ X / 4, W, length="T"),
    )
    kernel = compile_comparison(trace(claim), SIZES | {"T": 32}, ieee_model("float64"))
    rng = np.random.default_rng(0)
    arrays = {key: rng.integers(-8, 9, (50, *shape)) / 16 for key, shape in kernel.shapes.items()}
    lhs, lhs_error, rhs, rhs_error = kernel.bounds(usable_backend("numpy"), arrays, {})
    decided = np.isfinite(lhs_error + rhs_error)
    assert decided.all()
    assert np.all(np.abs(lhs - rhs) <= lhs_error + rhs_error)


def test_lines_that_nothing_needs_are_dropped_and_names_deleted() -> None:
    lines = ["v1 = xp.abs(a0)", "v2 = v1 + a1", "v3 = v1 * v2", "v4 = xp.exp(v2)"]
    assert finish(lines, ["v3"], {}, {}) == ["v1 = xp.abs(a0)", "v2 = v1 + a1", "v3 = v1 * v2", "del v1, v2"]


def test_a_result_is_written_over_an_operand_only_if_nothing_else_lives_there() -> None:
    lines = ["v1 = xp.exp(a0)", "v2 = v1 - a1", "v3 = xp.exp(v2)"]
    reused = ["v1 = xp.exp(a0)", "v1 -= a1", "v2 = v1", "del v1", "v3 = xp.exp(v2)", "del v2"]
    found = finish(lines, ["v3"], {}, {"v2": "v1"})
    assert found == reused
    later = [*lines, "v4 = v3 + v1"]
    assert finish(later, ["v4"], {}, {"v2": "v1"})[1] == "v2 = v1 - a1"
    argument = ["v1 = xp.reshape(a0, (-1, 4))", "v2 = v1 - a1", "v3 = xp.exp(v2)"]
    assert finish(argument, ["v3"], {"v1": "a0"}, {"v2": "v1"})[1] == "v2 = v1 - a1"
    view = ["v0 = xp.exp(a0)", "v1 = xp.reshape(v0, (-1, 4))", "v2 = v1 - a1", "v3 = v2 + v0"]
    assert "v2 = v1 - a1" in finish(view, ["v3"], {"v1": "v0"}, {"v2": "v1"})


def test_inexact_literals_carry_their_error() -> None:
    claim = Claim(
        "third",
        title="A third",
        given={"x": real("n")},
        lhs=lambda x: x * Fraction(1, 3),
        rhs=lambda x: x / 3,
    )
    kernel = compile_comparison(trace(claim), {"n": 1}, ieee_model("float32"))
    x = np.float32(np.arange(1, 500)).reshape(-1, 1)
    lhs, lhs_error, rhs, rhs_error = (
        z.astype("float64") for z in kernel.bounds(usable_backend("numpy"), {"x": x}, {})
    )
    assert np.all(np.abs(lhs - x.astype("float64") / 3) <= lhs_error)
    assert np.any(np.abs(lhs - x.astype("float64") / 3) > 2.0**-24 * np.abs(lhs))
    assert np.all(np.abs(lhs - rhs) <= lhs_error + rhs_error)


def test_what_is_only_repeated_is_not_written_over() -> None:
    claim = Claim(
        "repeated",
        title="A repeated array",
        given={"q": real("d"), "X": real("n d")},
        lhs=lambda q, X: each(lambda x: q * 3, X) - X,
        rhs=lambda q, X: 3 * (ones("n")[:, None] * q[None, :]) - X,
    )
    kernel = compile_comparison(trace(claim), SIZES, ieee_model("float64"))
    arrays = {"q": np.arange(6.0).reshape(2, 3), "X": np.ones((2, 5, 3))}
    lhs, rhs = kernel.values(usable_backend("numpy"), arrays, {})
    assert lhs.tolist() == rhs.tolist() == (3 * arrays["q"][:, None] - arrays["X"]).tolist()


def test_no_number_takes_part_in_a_quotient() -> None:
    """torch turns those into products with a reciprocal."""
    claim = Claim(
        "quotients",
        title="Quotients",
        given={"x": real("n")},
        lhs=lambda x: Fraction(1, 3) / x + x / 7,
        rhs=lambda x: x / 7 + Fraction(1, 3) / x,
    )
    kernel = compile_comparison(trace(claim), {"n": 2}, ieee_model("float64"))
    for node in ast.walk(ast.parse(kernel.source)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            assert not isinstance(node.left, ast.Constant)
            assert not isinstance(node.right, ast.Constant)
