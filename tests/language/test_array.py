"""Typing of traced arrays, and the words of the errors."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from equivalences import Array, ShapeError, append, concat, dot, gradient, inverse, outer, scan, softmax
from equivalences.language.array import IndexArray
from equivalences.language.term import Variable


def array(name: str, *axes: str) -> Array:
    return Array(Variable(name, axes))


K, V, W, q = array("K", "n", "d"), array("V", "n", "v"), array("W", "v", "d"), array("q", "d")
A, eta = array("A", "n", "n"), array("eta")


@pytest.mark.parametrize(
    ("build", "axes"),
    [
        (lambda: K @ q, ("n",)),
        (lambda: q @ q, ()),
        (lambda: q @ K.T, ("n",)),
        (lambda: K @ W.T, ("n", "v")),
        (lambda: K.T @ V, ("d", "v")),
        (lambda: array("X", "h", "n", "d") @ array("Y", "h", "d", "m"), ("h", "n", "m")),
        (lambda: array("X", "h", "n", "d") @ array("Y", "d", "m"), ("h", "n", "m")),
        (lambda: K * (K @ q)[:, None], ("n", "d")),
        (lambda: eta * K, ("n", "d")),
        (lambda: K / 2 + Fraction(1, 2), ("n", "d")),
        (lambda: K[IndexArray("t", "n")], ("d",)),
        (lambda: concat(K, array("L", "m", "d")), ("n+m", "d")),
        (lambda: append(K, q), ("n+1", "d")),
        (lambda: softmax(A, axis=1), ("n", "n")),
        (lambda: K.sum("d"), ("n",)),
        (lambda: K.sum(), ()),
        (lambda: outer(q, K @ q), ("d", "n")),
    ],
)
def test_types(build: Callable[[], Array], axes: tuple[str, ...]) -> None:
    assert build().axes == axes


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: K @ W, "K[n d] @ W[v d]: contracts axis d with axis v; did you mean .T of the right side?"),
        (lambda: W.T @ K.T @ V, "contracts axis v with axis d"),
        (lambda: W @ V, "contracts axis d with axis n"),
        (lambda: K + V, "axis 1 is d on the left and v on the right"),
        (lambda: K.T + K, "did you forget .T?"),
        (lambda: K * q, "2 axes against 1, and trailing axes are not broadcast"),
        (lambda: q.T, "drop the .T, or use outer"),
        (lambda: K @ 2, "a number is multiplied by *"),  # type: ignore[operator]  # refused
        (lambda: K @ eta, "a scalar is multiplied by *"),
        (
            lambda: 0.5 * K,  # type: ignore[operator]  # refused
            "0.5 of type float is no exact number: write Fraction(1, 2) or x / 2",
        ),
        (lambda: K**0.5, "exponents are integers; for roots there is sqrt"),  # type: ignore[operator]  # refused
        (lambda: K[0], "sizes are symbols"),
        (lambda: K[IndexArray("t", "m")], "t runs over m, but axis 0 is n"),
        (lambda: A.sum("n"), "axis 'n' is ambiguous in A[n n]: give its position"),
        (lambda: K.sum("v"), "axis 'v' is absent from K[n d]"),
        (lambda: len(K), 'len(K[n d]): sizes are symbols; size("n") is one'),
        (lambda: list(K), "cannot loop over K[n d]"),
        (lambda: max(eta, 0), "cannot be compared"),
        (lambda: eta if eta else K, "has no truth value while the claim is traced"),
        (lambda: abs(K), "write sqrt(x ** 2)"),
        (lambda: math.exp(eta), "use the op of equivalences, not of math"),
        (lambda: np.exp(K), "NumPy's exp was called on a traced array: use equivalences.exp"),
        (lambda: np.asarray(K), "a NumPy function was called on a traced array"),
        (lambda: np.ones(3) @ K, "NumPy's matmul was called on a traced array"),
        (lambda: dot(K, K.T), "did you forget .T?"),
        (lambda: inverse(K), "needs one square matrix"),
        (lambda: gradient(lambda X: X @ q)(K), "the loss has axes [n] and must be a scalar"),
        (lambda: gradient(lambda X: K.sum())(K), "does not use X"),
        (lambda: scan(lambda S, k: outer(k, k), q, K), "[d] before and [d d] after"),
        (lambda: scan(lambda S, k, v: S, q, (K, q)), "it runs over ['d', 'n']"),
    ],
)
def test_refusals_say_what_to_do(build: Callable[[], object], words: str) -> None:
    with pytest.raises(ShapeError) as caught:
        build()
    assert words in str(caught.value)
    assert "(test_array.py:" in str(caught.value)
