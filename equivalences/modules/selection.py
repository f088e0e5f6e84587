"""Exact Bayes predictors in context: dense, sparse and mixed classes of linear functions.

Labels are y = w·x + noise of variance σ². What a model trained on squared error over such prompts tends to is
the posterior mean. A dense class has standard normal w: ridge regression of strength σ². A sparse class has
standard normal weights on a uniformly random support: an average over all supports by evidence. A mixture
averages its classes by prior weight times evidence, and "selects" as far as that is near 0 or 1.

Source: the optimal predictors behind arXiv:2311.00871; decided in `equivalences/claims/selection` (`ridge.py`,
`sparsity.py`, `mixture.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log, pi
from typing import Protocol

import torch
from torch import Tensor


class FunctionClass(Protocol):
    """A prior over functions of x, with Gaussian noise on the labels."""

    def log_evidence(self, X: Tensor, y: Tensor) -> Tensor:
        """The log density of the labels.  [..., n, d], [..., n] -> [...]"""
        ...

    def predict(self, X: Tensor, y: Tensor, x: Tensor) -> Tensor:
        """The posterior mean at x.  [..., n, d], [..., n], [..., d] -> [...]"""
        ...


def _fit(X: Tensor, y: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Posterior mean of w and log evidence, by the k × k system.  [..., n, k], [..., n] -> [..., k], [...]

    With A = XᵀX + σ²I and w its ridge solution, yᵀ(XXᵀ + σ²I)⁻¹y = (|y − Xw|² + σ²|w|²)/σ², a sum without
    cancellation, and det(XXᵀ + σ²I) = det A · σ^(2(n − k)).
    """
    *_, n, k = X.shape
    A = X.mT @ X + sigma**2 * torch.eye(k, dtype=X.dtype, device=X.device)
    L = torch.linalg.cholesky(A)
    w = torch.cholesky_solve(X.mT @ y[..., None], L)
    error = y[..., None] - X @ w
    misfit = ((error * error).sum((-2, -1)) + sigma**2 * (w * w).sum((-2, -1))) / sigma**2
    log_det = 2 * L.diagonal(dim1=-2, dim2=-1).log().sum(-1) + 2 * (n - k) * log(sigma)
    return w[..., 0], -(misfit + log_det + n * log(2 * pi)) / 2


@dataclass(frozen=True)
class Dense:
    """w·x with standard normal w.

    Attributes:
        sigma: the standard deviation of the noise, positive.

    Raises:
        ValueError: sigma is not positive; without noise the evidence has no density.
    """

    sigma: float

    def __post_init__(self) -> None:
        _require_noise(self.sigma)

    def log_evidence(self, X: Tensor, y: Tensor) -> Tensor:
        """log N(y; 0, XXᵀ + σ²I).  [..., n, d], [..., n] -> [...]"""
        return _fit(X, y, self.sigma)[1]

    def predict(self, X: Tensor, y: Tensor, x: Tensor) -> Tensor:
        """Ridge regression of strength σ², for a sum of squares.  [..., n, d], [..., n], [..., d] -> [...]"""
        return (_fit(X, y, self.sigma)[0] * x).sum(-1)


@dataclass(frozen=True)
class Sparse:
    """w·x with standard normal weights on a uniformly random support, and 0 elsewhere; nothing is rescaled.

    Attributes:
        nonzero: the size of the support; all supports are enumerated, C(d, nonzero) of them.
        sigma: the standard deviation of the noise, positive.

    Raises:
        ValueError: sigma or nonzero is not positive.
    """

    nonzero: int
    sigma: float

    def __post_init__(self) -> None:
        _require_noise(self.sigma)
        if self.nonzero < 1:
            raise ValueError("a support has at least one feature")

    def supports(self, d: int) -> Tensor:
        """All supports, as indices of features.  -> [supports, nonzero]

        Raises:
            ValueError: there are fewer than `nonzero` features.
        """
        if self.nonzero > d:
            raise ValueError(f"{self.nonzero} of {d} features")
        return torch.tensor(list(combinations(range(d), self.nonzero)))

    def posterior(self, X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """For every support its posterior mean of w and its log evidence.

        Args:
            X: [..., n, d].
            y: [..., n].

        Returns:
            [..., supports, nonzero], [..., supports].
        """
        on = X[..., self.supports(X.shape[-1]).to(X.device)].movedim(-2, -3)
        return _fit(on, y[..., None, :], self.sigma)

    def log_evidence(self, X: Tensor, y: Tensor) -> Tensor:
        """The log of the mean of the supports' evidences.  [..., n, d], [..., n] -> [...]"""
        each = self.posterior(X, y)[1]
        return each.logsumexp(-1) - log(each.shape[-1])

    def predict(self, X: Tensor, y: Tensor, x: Tensor) -> Tensor:
        """The supports' means, weighted by their evidences.  [..., n, d], [..., n], [..., d] -> [...]"""
        w, each = self.posterior(X, y)
        means = (w * x[..., self.supports(x.shape[-1]).to(x.device)]).sum(-1)
        return (each.softmax(-1) * means).sum(-1)


@dataclass(frozen=True)
class Mixture:
    """A class drawn at random first.

    Attributes:
        classes: the classes, which may be mixtures.
        weights: their prior probabilities, positive; they are divided by their sum.

    Raises:
        ValueError: numbers of classes and weights differ, or a weight is not positive.
    """

    classes: Sequence[FunctionClass]
    weights: Sequence[float]

    def __post_init__(self) -> None:
        if len(self.classes) != len(self.weights) or not self.classes or min(self.weights) <= 0:
            raise ValueError("every class has a positive weight")

    def joint(self, X: Tensor, y: Tensor) -> Tensor:
        """The log of prior weight times evidence.  [..., n, d], [..., n] -> [..., classes]"""
        total = sum(self.weights)
        logs = [log(w / total) + c.log_evidence(X, y) for c, w in zip(self.classes, self.weights, strict=True)]
        return torch.stack(logs, dim=-1)

    def posterior(self, X: Tensor, y: Tensor) -> Tensor:
        """The probability of every class.  [..., n, d], [..., n] -> [..., classes]"""
        return self.joint(X, y).softmax(-1)

    def log_evidence(self, X: Tensor, y: Tensor) -> Tensor:
        """The log of the classes' mean evidence.  [..., n, d], [..., n] -> [...]"""
        return self.joint(X, y).logsumexp(-1)

    def predict(self, X: Tensor, y: Tensor, x: Tensor) -> Tensor:
        """The classes' means, weighted by their posteriors.  [..., n, d], [..., n], [..., d] -> [...]"""
        means = torch.stack([c.predict(X, y, x) for c in self.classes], dim=-1)
        return (self.posterior(X, y) * means).sum(-1)


def _require_noise(sigma: float) -> None:
    if not sigma > 0:
        raise ValueError("sigma is positive: without noise the evidence has no density")
