"""The Bayes predictors against the catalogue's ridge regressions and evidences in ball arithmetic."""

from fractions import Fraction
from itertools import combinations
from math import log, pi

import numpy as np
import pytest
from flint import arb, arb_mat

pytest.importorskip("torch", reason="torch is not installed")
import torch

from equivalences import positive, real
from equivalences.claims.selection import ridge, sparsity
from equivalences.language.domain import Domain
from equivalences.modules import Dense, FunctionClass, Mixture, Sparse
from equivalences.numeric.balls.ballarray import BallArray
from equivalences.numeric.balls.precision import ball, precision

from .exact import BITS, DTYPES, Inputs, require
from .rounding import Model, Tracked, exact, log_determinant, rounded, solve, stack

SIGMA = 0.5
GIVEN: dict[str, Domain] = {"X": real("n d"), "y": real("n"), "x": real("d"), "sigma": positive()}
SIZES = {"n": 3, "d": 4}
SUPPORTS = list(combinations(range(4), 2))


def times(A: Tracked, b: Tracked) -> Tracked:
    return (A @ b.reshape(-1, 1)).reshape(-1)


def tracked_fit(X: Tracked, y: Tracked) -> tuple[Tracked, Tracked]:
    """Posterior mean and log evidence, as the module computes them."""
    (n, k), model = X.shape, X.model
    A = X.T @ X + exact(np.eye(k) * SIGMA**2, model)
    w = solve(A, times(X.T, y), SIGMA**2)
    error = y - times(X, w)
    misfit = ((error * error).sum(-1) + (w * w).sum(-1) * SIGMA**2) / SIGMA**2
    log_det = log_determinant(A, SIGMA**2) + rounded(2 * (n - k) * log(SIGMA), model)
    return w, -(misfit + log_det + rounded(n * log(2 * pi), model)) / 2


def log_sum(x: Tracked) -> Tracked:
    top = exact(x.value.max(), x.model)
    return (x - top).exp().sum(-1).log() + top


def tracked_classes(at: Inputs, dtype: str) -> dict[str, tuple[Tracked, Tracked]]:
    """Prediction and log evidence of the dense and the sparse class."""
    X, y, x = (at.tracked(name, dtype) for name in ("X", "y", "x"))
    w, dense = tracked_fit(X, y)
    fits = [tracked_fit(X[:, list(s)], y) for s in SUPPORTS]
    means = stack([(fit[0] * x[list(s)]).sum(-1) for fit, s in zip(fits, SUPPORTS, strict=True)])
    evidences = stack([fit[1] for fit in fits])
    sparse = log_sum(evidences) - rounded(log(len(SUPPORTS)), X.model)
    return {
        "dense": ((w * x).sum(-1), dense),
        "sparse": ((evidences.softmax() * means).sum(-1), sparse),
    }


def evidence(X: np.ndarray, y: np.ndarray) -> arb:
    """The logarithm of N(y; 0, XXᵀ + σ²I), by determinant and solution in balls."""
    n = len(y)
    entries = [
        sum((Fraction(a) * Fraction(b) for a, b in zip(X[i], X[j], strict=True)), Fraction(SIGMA**2) * (i == j))
        for i in range(n)
        for j in range(n)
    ]
    C, column = arb_mat(n, n, [ball(x) for x in entries]), arb_mat(n, 1, [ball(Fraction(v)) for v in y])
    square = (column.transpose() * C.solve(column))[0, 0]
    return -(square + C.det().log() + n * (2 * arb.pi()).log()) / 2


def exact_classes(at: Inputs) -> dict[str, tuple[arb, arb]]:
    """Predictions from the catalogue's posterior means, log evidences from determinants."""
    X, y, x = (at.array(name) for name in ("X", "y", "x"))
    dense = at.evaluate(ridge.prediction, lambda X, y, x, sigma: ridge.prediction(X, y, x, 2 * sigma))[0]
    with_mask: dict[str, Domain] = {**GIVEN, "s": real("d")}
    each, means = [], []
    for s in SUPPORTS:
        mask = np.array([float(k in s) for k in range(4)])
        masked = Inputs(with_mask, SIZES, sigma=[SIGMA], s=mask, X=X, y=y, x=x)
        mean = masked.evaluate(
            lambda X, y, x, s, sigma: x @ sparsity.support_mean(X, y, s, sigma), lambda sigma: sigma
        )[0]
        means.append(mean.entries[0])
        with precision(BITS):
            each.append(evidence(X * mask, y).exp())
    with precision(BITS):
        total = sum(each, arb(0))
        sparse = sum((e * m for e, m in zip(each, means, strict=True)), arb(0)) / total
        return {
            "dense": (dense.entries[0], evidence(X, y)),
            "sparse": (sparse, (total / len(SUPPORTS)).log()),
        }


def inputs(seed: int) -> Inputs:
    return Inputs(GIVEN, SIZES, seed, sigma=[SIGMA])


def scalar(x: arb) -> BallArray:
    return BallArray((), [x])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(2))
def test_classes_and_their_mixture_are_the_posterior_means(dtype: str, seed: int) -> None:
    at = inputs(seed)
    X, y, x = (at.tensor(name, dtype) for name in ("X", "y", "x"))
    bounds, rights = tracked_classes(at, dtype), exact_classes(at)
    classes: dict[str, FunctionClass] = {"dense": Dense(SIGMA), "sparse": Sparse(2, SIGMA)}
    for name, wrong in (("dense", "sparse"), ("sparse", "dense")):
        prediction, log_evidence = rights[name]
        found = classes[name]
        require(found.predict(X, y, x), bounds[name][0], scalar(prediction), scalar(rights[wrong][0]))
        require(found.log_evidence(X, y), bounds[name][1], scalar(log_evidence), scalar(rights[wrong][1]))
    mixture = Mixture(list(classes.values()), (1, 3))
    model = Model.of(dtype)
    joint = stack([bounds[n][1] + rounded(log(w), model) for n, w in (("dense", 0.25), ("sparse", 0.75))])
    bound = (joint.softmax() * stack([bounds["dense"][0], bounds["sparse"][0]])).sum(-1)
    with precision(BITS):
        first, second = rights["dense"][1].exp(), 3 * rights["sparse"][1].exp()
        right = (first * rights["dense"][0] + second * rights["sparse"][0]) / (first + second)
    require(mixture.predict(X, y, x), bound, scalar(right), scalar(rights["dense"][0]))
    require(mixture.log_evidence(X, y), log_sum(joint), scalar(((first + second) / 4).log()), scalar(first))


def test_a_support_of_all_features_is_dense() -> None:
    torch.manual_seed(0)
    X, y, x = torch.randn(2, 3, 4).double(), torch.randn(2, 3).double(), torch.randn(2, 4).double()
    assert torch.equal(Sparse(4, 0.3).predict(X, y, x), Dense(0.3).predict(X, y, x))


def test_enough_labels_select_the_right_class() -> None:
    torch.manual_seed(0)
    X = torch.randn(10, 20).double()
    w = torch.zeros(20).double()
    w[[3, 11]] = torch.tensor([1.0, -1.0]).double()
    mixture = Mixture([Dense(0.01), Sparse(2, 0.01)], [0.5, 0.5])
    assert len(Sparse(2, 0.01).supports(20)) == 190
    assert float(mixture.posterior(X, X @ w)[1]) > 0.5
    assert float(mixture.posterior(X, X @ torch.randn(20).double())[0]) > 0.5


def test_what_has_no_evidence_is_refused() -> None:
    for wrong in (
        lambda: Dense(0),
        lambda: Sparse(0, 1),
        lambda: Sparse(1, -1),
        lambda: Mixture([Dense(1)], [0]),
    ):
        with pytest.raises(ValueError, match=r"positive|feature"):
            wrong()
    with pytest.raises(ValueError, match="3 of 2"):
        Sparse(3, 1).predict(torch.zeros(1, 2), torch.zeros(1), torch.zeros(2))
