"""Bounds on rounding errors, derived while the exact operations of a module are repeated.

A `Tracked` array is a value and an error. What it promises is this: the value, and whatever a program in the
model of arithmetic below computes for it by the same operations, are both within the error of the exact number.
The model is the standard one (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., chapters 2 to 4
and 10), for the unit roundoff u:

* fl(a ∘ b) = (a ∘ b)(1 + δ), |δ| ≤ u, for + − × ÷ and √; a result below the least normal number is off by no
  more than that number;
* a sum of n terms, or an inner product, in any order and with or without fused multiplication:
  γ(n) = nu/(1 − nu) times the sum of the magnitudes;
* elementary functions are within 20 units in the last place, 40u: so is named the least accurate variant that
  torch's kernels call (`exp_u20`);
* a Cholesky factor and the solution by it: (A + ΔA)x̂ = b, |ΔA|₂ ≤ nγ(3n + 1)/(1 − nγ(n + 1)) |A|₂ (Theorems
  10.3 and 10.4, with | |Rᵀ||R| |₂ ≤ n|A|₂/(1 − nγ(n + 1))).

No number here was chosen by looking at errors. Products of errors are kept, so that bounds hold to all orders.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """The unit roundoff and the least normal number of an arithmetic."""

    u: float
    tiny: float

    @classmethod
    def of(cls, name: str) -> Model:
        info = np.finfo(name)
        return cls(float(info.eps) / 2, float(info.tiny))

    def gamma(self, n: int) -> float:
        return n * self.u / (1 - n * self.u)

    @property
    def function(self) -> float:
        """The relative error of an elementary function: 20 units in the last place, of 2u at most each."""
        return 40 * self.u


@dataclass(eq=False)
class Tracked:
    """A value and a bound on its error, and what it came from."""

    value: Floats
    error: Floats
    model: Model
    parents: list[tuple[Tracked, Callable[[Tracked], Tracked]]] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def size(self) -> Floats:
        """A bound on the magnitude of the exact number."""
        return np.abs(self.value) + self.error

    @property
    def most(self) -> Floats:
        """A bound on the magnitude of what is computed."""
        return np.abs(self.value) + 2 * self.error

    @property
    def least(self) -> Floats:
        """A bound from below on the magnitudes of the exact and of the computed number."""
        least = np.abs(self.value) - 2 * self.error
        assert (least > np.abs(self.value) / 2).all(), "the error is as large as the number"
        return least

    def result(self, value: Any, carried: Any, fresh: Any, *parents: Any) -> Tracked:
        """Errors of the operands carried over, and fresh ones of this operation."""
        value = np.asarray(value, dtype=np.float64)
        error = np.broadcast_to(carried + fresh + self.model.tiny, value.shape)
        return Tracked(value, np.array(error), self.model, list(parents))

    def lift(self, other: Tracked | float) -> Tracked:
        return other if isinstance(other, Tracked) else exact(other, self.model)

    def __add__(self, other: Tracked | float) -> Tracked:
        x, y = self, self.lift(other)
        value, carried = x.value + y.value, x.error + y.error
        fresh = x.model.u * (np.abs(value) + 2 * carried)
        return x.result(value, carried, fresh, (x, lambda g: fold(g, x.shape)), (y, lambda g: fold(g, y.shape)))

    def __neg__(self) -> Tracked:
        return Tracked(-self.value, self.error, self.model, [(self, lambda g: -g)])

    def __sub__(self, other: Tracked | float) -> Tracked:
        return self + (-self.lift(other))

    def __mul__(self, other: Tracked | float) -> Tracked:
        x, y = self, self.lift(other)
        carried = x.size * y.error + x.error * y.size + x.error * y.error
        return x.result(
            x.value * y.value,
            carried,
            x.model.u * x.most * y.most,
            (x, lambda g: fold(g * y.bare(), x.shape)),
            (y, lambda g: fold(g * x.bare(), y.shape)),
        )

    def __truediv__(self, other: Tracked | float) -> Tracked:
        x, y = self, self.lift(other)
        carried = (x.error + x.size / y.least * y.error) / y.least

        def by_denominator(g: Tracked) -> Tracked:
            return fold(-g * (z.bare() / y.bare()), y.shape)

        z = x.result(
            x.value / y.value,
            carried,
            x.model.u * x.most / y.least,
            (x, lambda g: fold(g / y.bare(), x.shape)),
            (y, by_denominator),
        )
        return z

    def __matmul__(self, other: Tracked) -> Tracked:
        x, y = self, other
        carried = x.size @ y.error + x.error @ y.size + x.error @ y.error
        fresh = x.model.gamma(x.shape[-1]) * (x.most @ y.most)
        return x.result(
            x.value @ y.value,
            carried,
            fresh,
            (x, lambda g: g @ y.bare().T),
            (y, lambda g: x.bare().T @ g),
        )

    def bare(self) -> Tracked:
        """The same without its history: a factor in a backward pass."""
        return Tracked(self.value, self.error, self.model)

    @property
    def T(self) -> Tracked:  # noqa: N802
        return Tracked(self.value.T, self.error.T, self.model, [(self, lambda g: g.T)])

    def __getitem__(self, index: Any) -> Tracked:
        def scattered(g: Tracked) -> Tracked:
            value, error = np.zeros(self.shape), np.zeros(self.shape)
            np.add.at(value, index, g.value)
            np.add.at(error, index, g.error)
            return Tracked(value, error, self.model)

        return Tracked(self.value[index], self.error[index], self.model, [(self, scattered)])

    def reshape(self, *shape: int) -> Tracked:
        return Tracked(
            self.value.reshape(shape),
            self.error.reshape(shape),
            self.model,
            [(self, lambda g: g.reshape(*self.shape))],
        )

    def sum(self, axis: int, keepdims: bool = False) -> Tracked:
        n = self.shape[axis]

        def spread(g: Tracked) -> Tracked:
            value, error = (a if keepdims else np.expand_dims(a, axis) for a in (g.value, g.error))
            return Tracked(np.broadcast_to(value, self.shape), np.broadcast_to(error, self.shape), self.model)

        total, carried, most = (a.sum(axis, keepdims=keepdims) for a in (self.value, self.error, self.most))
        return self.result(total, carried, self.model.gamma(n) * most, (self, spread))

    def cumprod(self, axis: int) -> Tracked:
        """Of positive numbers, in any order: relative errors of factors and of products multiply.

        Backwards, as torch has it where no factor is 0: the sums from the end of gradient times product, over
        the factor. Those are inner products with ones, of as many terms as there are factors at most.
        """
        assert (self.value > 0).all()
        n, value = self.shape[axis], np.cumprod(self.value, axis)
        logs = np.cumsum(np.log1p(self.error / self.least), axis) + np.log1p(self.model.gamma(n))
        relative = np.expm1(logs)  # of the exact product, which is value/(1 − relative) at most
        assert (relative < 0.5).all()
        out = self.result(value, value * relative / (1 - relative), 0.0)

        def back(g: Tracked) -> Tracked:
            w = g * out.bare()
            total, carried, most = (
                np.flip(np.cumsum(np.flip(a, axis), axis), axis) for a in (w.value, w.error, w.most)
            )
            return w.result(total, carried, w.model.gamma(n) * most) / self.bare()

        out.parents = [(self, back)]
        return out

    def exp(self) -> Tracked:
        f = self.model.function
        value = np.exp(self.value)
        most = value * (1 + 2 * f) * np.exp(2 * self.error)
        out = self.result(value, most * np.expm1(self.error), f * most)
        out.parents.append((self, lambda g: g * out.bare()))
        return out

    def log(self) -> Tracked:
        assert (self.value > 0).all()
        value, carried = np.log(self.value), self.error / self.least
        fresh = self.model.function * (np.abs(value) + 2 * carried)
        return self.result(value, carried, fresh, (self, lambda g: g / self.bare()))

    def sqrt(self) -> Tracked:
        assert (self.value > 0).all()
        value, carried = np.sqrt(self.value), self.error / (2 * np.sqrt(self.least))
        out = self.result(value, carried, self.model.u * (value + 2 * carried))
        out.parents.append((self, lambda g: g / (out.bare() * 2)))
        return out

    def erf(self) -> Tracked:
        """Its slope is 2/√π at most."""
        value = np.array([math.erf(x) for x in self.value.ravel()]).reshape(self.shape)
        carried = 2 / math.sqrt(math.pi) * self.error

        def back(g: Tracked) -> Tracked:
            x = self.bare()
            return g * ((-(x * x)).exp() * rounded(2 / math.sqrt(math.pi), self.model))

        return self.result(value, carried, self.model.function * (np.abs(value) + 2 * carried), (self, back))

    def sigmoid(self) -> Tracked:
        """1/(1 + e^(−x))."""
        out = (exact(1.0, self.model) / ((-self).exp() + 1)).bare()

        def back(g: Tracked) -> Tracked:
            y = out.bare()
            return g * (-y + 1) * y

        out.parents = [(self, back)]
        return out

    def softplus(self) -> Tracked:
        """log(1 + e^x), of slope 1 at most: an exponential whose relative error does not grow, and a logarithm.

        Where x is large torch returns x itself; such values are not for this bound.
        """
        assert (self.most < 20).all()
        f = self.model.function
        value = np.log1p(np.exp(self.value))

        def back(g: Tracked) -> Tracked:
            z = self.bare().exp()
            return g * z / (z + 1)

        return self.result(value, self.error, ((1 + f) ** 2 - 1) * (value + 2 * self.error), (self, back))

    def power(self, exponent: float) -> Tracked:
        """Of a positive number; the exponent is rounded to the format too."""
        assert (self.value > 0).all()
        value = self.value**exponent
        carried = value * np.expm1(abs(exponent) * self.error / self.least)
        off = np.expm1(4 * self.model.u * abs(exponent) * np.abs(np.log(self.value)))

        def back(g: Tracked) -> Tracked:
            return g * (self.bare().power(exponent - 1) * rounded(exponent, self.model))

        fresh = (self.model.function + off) * (1 + self.model.function) * (value + 2 * carried)
        return self.result(value, carried, fresh, (self, back))

    def softmax(self, mask: NDArray[np.bool_] | None = None) -> Tracked:
        """Over the last axis: exponentials of differences from the largest, over their sum.

        A common shift cancels. A logit's error and the rounding of its difference are D at most, which
        multiplies a weight by e^(2D) at most; two exponentials, a sum of n and a quotient, or a product with a
        reciprocal, add their relative errors.
        """
        u, f, n = self.model.u, self.model.function, self.shape[-1]
        seen = np.ones(self.shape, dtype=bool) if mask is None else np.broadcast_to(mask, self.shape)
        logits = np.where(seen, self.value, -np.inf)
        shifted = logits - logits.max(-1, keepdims=True)
        error = np.where(seen, self.error, 0)
        worst = error.max(-1, keepdims=True)
        reach = np.where(seen, np.abs(shifted), 0) + error + worst
        D = (error + u * reach).max(-1, keepdims=True)
        spread = 2 * D - 2 * np.log1p(-f) - np.log1p(-self.model.gamma(n)) - 2 * np.log1p(-u)
        weights = np.exp(shifted)
        value = weights / weights.sum(-1, keepdims=True)
        # Both the value and a computed weight are the exact one times a factor in e^(± spread).
        out = self.result(value, value * np.exp(spread) * np.expm1(spread), 0.0)

        def back(g: Tracked) -> Tracked:
            p = out.bare()
            weighted = g * p
            return weighted - p * weighted.sum(-1, keepdims=True)

        out.parents.append((self, back))
        return out


def rounded(value: float, model: Model) -> Tracked:
    """A number that is computed in double precision, by two functions at most, and rounded to the format."""
    double = Model.of("float64")
    return exact(value, model).result(value, 0.0, (model.u + 4 * double.function) * abs(value))


def exact(value: Any, model: Model) -> Tracked:
    """A number that the format holds."""
    array = np.array(value, dtype=np.float64)
    return Tracked(array, np.zeros(array.shape), model)


def concatenate(parts: Sequence[Tracked]) -> Tracked:
    """Along the first axis."""
    return stack([x[k] for x in parts for k in range(x.shape[0])])


def fold(g: Tracked, shape: tuple[int, ...]) -> Tracked:
    """The sum over what was broadcast."""
    if g.shape == shape:
        return g
    lead = len(g.shape) - len(shape)
    axes = (*range(lead), *(lead + k for k, n in enumerate(shape) if n == 1 and g.shape[lead + k] != 1))
    n = math.prod(g.shape[k] for k in axes)
    total, carried, most = (a.sum(axes).reshape(shape) for a in (g.value, g.error, g.most))
    return g.result(total, carried, g.model.gamma(n) * most)


def stack(parts: Sequence[Tracked]) -> Tracked:
    """Rows side by side."""
    value, error = np.stack([x.value for x in parts]), np.stack([x.error for x in parts])

    def row(k: int) -> Callable[[Tracked], Tracked]:
        return lambda g: g[k]

    return Tracked(value, error, parts[0].model, [(x, row(k)) for k, x in enumerate(parts)])


def solve(A: Tracked, b: Tracked, least: float) -> Tracked:
    """A⁻¹ b by Cholesky, for a positive definite A [n n] whose eigenvalues are ``least`` at least, and b [n].

    (A + E)x̂ = b + f with |E|₂ ≤ δ gives |x̂ − x| ≤ (|f| + δ|x|)/(least − δ). A backward pass solves once more.
    """
    n, m = len(b.value), A.model
    norm = float(np.linalg.norm(A.value)) + float(np.linalg.norm(A.error))
    carried = float(np.linalg.norm(A.error))
    delta = carried + n * m.gamma(3 * n + 1) / (1 - n * m.gamma(n + 1)) * (norm + carried)
    assert delta < least / 2, "too ill-conditioned for a bound"
    value = solution(A.value, b.value)
    f = float(np.linalg.norm(b.error))
    size = (float(np.linalg.norm(value)) + f / (least - delta)) / (1 - carried / (least - delta))
    error = (f + delta * size) / (least - delta)
    out = b.result(value, error, 0.0)

    def by_matrix(g: Tracked) -> Tracked:
        db = solve(A.bare(), g, least)
        return -(db.reshape(-1, 1) * out.bare().reshape(1, -1))

    out.parents = [(A, by_matrix), (b, lambda g: solve(A.bare(), g, least))]
    return out


def log_determinant(A: Tracked, least: float) -> Tracked:
    """Twice the sum of the logarithms of a Cholesky factor's diagonal, for A as of ``solve``.

    The factor is that of A + E with |E|₂ ≤ δ, whose eigenvalues are those of A times 1 ± δ/least at most; its
    diagonal lies between the roots of the least and the largest eigenvalue.
    """
    n, m = len(A.value), A.model
    norm = float(np.linalg.norm(A.value)) + float(np.linalg.norm(A.error))
    delta = float(np.linalg.norm(A.error)) + n * m.gamma(n + 1) / (1 - n * m.gamma(n + 1)) * norm
    assert delta < least / 2, "too ill-conditioned for a bound"
    value = 2 * np.log(np.diagonal(np.linalg.cholesky(A.value))).sum()
    logs = n * max(abs(math.log(norm + delta)), abs(math.log(least - delta)))
    carried = -n * math.log1p(-delta / least)
    return A.result(value, carried, (m.function + m.gamma(n) * (1 + m.function)) * logs + m.u * abs(value))


def solution(A: Floats, b: Floats) -> Floats:
    """A⁻¹ b over the rationals, rounded once."""
    n = len(b)
    matrix = fmpq_mat(n, n, [fmpq(*float(x).as_integer_ratio()) for x in A.ravel()])
    column = fmpq_mat(n, 1, [fmpq(*float(x).as_integer_ratio()) for x in b])
    return np.array([float(Fraction(int(x.p), int(x.q))) for x in matrix.solve(column).entries()])


def gradients(output: Tracked, seed: Tracked, *inputs: Tracked) -> list[Tracked]:
    """The gradients of ⟨seed, output⟩ by reverse accumulation; a gradient's parts may be added in any order."""
    order: list[Tracked] = []
    seen: set[int] = set()

    def visit(node: Tracked) -> None:
        if id(node) not in seen:
            seen.add(id(node))
            for parent, _ in node.parents:
                visit(parent)
            order.append(node)

    visit(output)
    parts: dict[int, list[Tracked]] = {id(output): [seed]}
    totals: dict[int, Tracked] = {}
    for node in reversed(order):
        if id(node) not in parts:
            continue
        total = totals[id(node)] = add_up(parts[id(node)])
        for parent, back in node.parents:
            parts.setdefault(id(parent), []).append(back(total))
    return [totals[id(x)] for x in inputs]


def add_up(parts: list[Tracked]) -> Tracked:
    """A sum in any order."""
    if len(parts) == 1:
        return parts[0].bare()
    value, carried, most = (np.sum([getattr(x, name) for x in parts], 0) for name in ("value", "error", "most"))
    return parts[0].result(value, carried, parts[0].model.gamma(len(parts)) * most)
