"""Where the exact lane applies, nothing rounds; where it does not, something may."""

from fractions import Fraction

import numpy as np
import pytest

from equivalences import (
    Array,
    Claim,
    causal,
    dot,
    exp,
    gradient,
    identity,
    mask,
    real,
    relu,
    scan,
    size,
    softmax,
)
from equivalences.gpu.compile.kernel import compile_comparison
from equivalences.gpu.compile.polynomial import exact_lane, is_polynomial
from equivalences.gpu.device.backend import usable_backend
from equivalences.gpu.device.model import Precision, ieee_model
from equivalences.language.comparison import Comparison
from equivalences.language.tracing import trace

SIZES = {"n": 6, "m": 4, "d": 3, "v": 2, "T": 2}


def loss(W: Array, X: Array, Y: Array) -> Array:
    return dot(Y - X @ W.T, Y - X @ W.T) / 2


LINEAR = trace(
    Claim(
        "linear",
        title="One step",
        given={"W": real("v d"), "X": real("n d"), "Y": real("n v"), "q": real("d"), "eta": real()},
        lhs=lambda W, X, Y, q, eta: W @ q + eta * (X @ q) @ (Y - X @ W.T),
        rhs=lambda W, X, Y, q, eta: (W - eta * gradient(loss)(W, X, Y)) @ q,
    )
)
CAUSAL = trace(
    Claim(
        "causal",
        title="Causal linear attention",
        given={"Q": real("n d"), "K": real("n d"), "V": real("n v"), "M": mask("n n")},
        lhs=lambda Q, K, V, M: (M * causal("n") * (Q @ K.T)) @ V / 4,
        rhs=lambda Q, K, V, M: ((causal("n") * M * (Q @ K.T)) * Fraction(1, 4)) @ V,
    )
)


def lattice(comparison: Comparison, bits: int, dtype: Precision, count: int = 300) -> dict[str, np.ndarray]:
    """Entries k · 2^(1 − bits) with the largest ones among them."""
    rng = np.random.default_rng(1)
    shapes = compile_comparison(comparison, SIZES, ieee_model(dtype)).shapes
    arrays = {}
    for name, shape in shapes.items():
        numbers = rng.integers(-(2**bits), 2**bits + 1, (count, *shape))
        numbers[0] = 2**bits
        arrays[name] = (numbers * 2.0 ** (1 - bits)).astype(dtype)
        if name == "M":
            arrays[name] = (numbers > 0).astype(dtype)
    return arrays


def difference(comparison: Comparison, bits: int, dtype: Precision) -> float:
    kernel = compile_comparison(comparison, SIZES, ieee_model(dtype))
    lhs, rhs = kernel.values(usable_backend("numpy"), lattice(comparison, bits, dtype), {})
    return float(np.max(np.abs(lhs - rhs)))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("comparison", [LINEAR, CAUSAL], ids=["linear", "causal"])
def test_where_the_exact_lane_applies_the_difference_is_zero(comparison: Comparison, dtype: Precision) -> None:
    assert is_polynomial(comparison)
    applicable = [bits for bits in range(1, 16) if exact_lane(comparison, SIZES, bits, dtype)]
    assert applicable == list(range(1, len(applicable) + 1))
    assert 2 <= len(applicable) < 15 or (dtype == "float64" and comparison is CAUSAL)
    for bits in applicable:
        assert difference(comparison, bits, dtype) == 0


def test_beyond_it_rounding_shows() -> None:
    assert not exact_lane(LINEAR, SIZES, 14, "float32")
    assert difference(LINEAR, 14, "float32") > 0


def test_every_value_in_between_is_a_whole_number_of_steps() -> None:
    """The lane's own reasoning, held against rational arithmetic."""
    bits = max(b for b in range(1, 16) if exact_lane(LINEAR, SIZES, b, "float32"))
    arrays = lattice(LINEAR, bits, "float32", 20)
    kernel = compile_comparison(LINEAR, SIZES, ieee_model("float32"))
    lhs, _ = kernel.values(usable_backend("numpy"), arrays, {})
    exact = {name: np.vectorize(Fraction, otypes=[object])(a.astype("float64")) for name, a in arrays.items()}
    for k in range(20):
        W, X, Y, q, eta = (exact[name][k] for name in ("W", "X", "Y", "q", "eta"))
        truth = W @ q + eta * ((X @ q) @ (Y - X @ W.T))
        assert [Fraction(float(v)) for v in lhs[k]] == list(truth)


@pytest.mark.parametrize(
    ("side", "polynomial", "exact"),
    [
        (lambda X: X @ X.T, True, True),
        (lambda X: relu(X) @ X.T, True, True),
        (lambda X: X @ X.T * size("n"), True, True),
        (lambda X: X @ X.T / 2, True, True),
        (lambda X: X @ X.T / 3, True, False),
        (lambda X: X @ X.T * Fraction(1, 3), True, False),
        (lambda X: (X @ X.T) / (X @ X.T), False, False),
        (lambda X: X @ X.T**2, True, True),
        (lambda X: (X @ X.T) ** -1, False, False),
        (lambda X: X @ X.T + identity("n"), True, True),
        (lambda X: exp(X @ X.T), False, False),
        (lambda X: softmax(X @ X.T), False, False),
        (lambda X: scan(lambda S, x: S + S @ S, X @ X.T, X), True, False),
    ],
)
def test_what_may_round_is_not_exact(side: object, polynomial: bool, exact: bool) -> None:
    claim = Claim("side", title="A side", given={"X": real("n d")}, lhs=side, rhs=lambda X: X @ X.T)  # type: ignore[arg-type]
    comparison = trace(claim)
    assert is_polynomial(comparison) is polynomial
    assert exact_lane(comparison, SIZES, 4, "float64") is exact
