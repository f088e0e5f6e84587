"""Attention over a continuous signal: means of basis functions under a density of positions, in closed form.

A query attends with a density p on the whole line: nothing is renormalised to [0, 1], and mass outside is read
too, where the signal is whatever its basis says. The context is Bᵀ r with r the basis functions' means under p.

* Continuous softmax: p = N(μ, σ²).
* Continuous sparsemax: p(t) = (a² − (t − μ)²)/(2σ²) where that is positive, a = (3σ²/2)^⅓. Its variance is
  a²/5, not σ².

Source: arXiv:2109.00301 and arXiv:2006.07214; decided in `equivalences/claims/memory` (`expectation.py`,
`sparsemax.py`).
"""

from math import pi, sqrt

import torch
from torch import Tensor

from .basis import GaussianBasis, normal_density


def continuous_softmax(basis: GaussianBasis, mu: Tensor, variance: Tensor) -> Tensor:
    """The means of the basis functions under N(mu, variance): N(mu; μⱼ, variance + σⱼ²).

    Args:
        basis: N functions.
        mu, variance: [...].

    Returns:
        [..., N].
    """
    return normal_density(mu[..., None], basis.centres, (variance[..., None] + basis.widths**2).sqrt())


def continuous_sparsemax(basis: GaussianBasis, mu: Tensor, variance: Tensor) -> Tensor:
    """The means of the basis functions under the cut-off parabola, by error functions at its ends.

    Differences of nearly equal error functions are divided by σ²: about (width/a)³ roundings of the result, so
    that supports far narrower than the basis functions lose digits.

    Args:
        basis: N functions.
        mu: [...].
        variance: [...], the parameter σ² of the density.

    Returns:
        [..., N].
    """
    mu, scale = mu[..., None], variance[..., None]
    a = half_width(scale)
    away, widths = basis.centres - mu, basis.widths
    low, high = (-a - away) / widths, (a - away) / widths
    at_low, at_high = (-low * low / 2).exp() / sqrt(2 * pi), (-high * high / 2).exp() / sqrt(2 * pi)
    inside = (torch.erf(high / sqrt(2)) - torch.erf(low / sqrt(2))) / 2
    edges = 2 * away * widths * (at_low - at_high) + widths**2 * (low * at_low - high * at_high)
    return ((a**2 - away**2 - widths**2) * inside - edges) / (2 * scale)


def half_width(variance: Tensor) -> Tensor:
    """Of the support of continuous sparsemax, (3σ²/2)^⅓.  [...] -> [...]"""
    return (1.5 * variance) ** (1 / 3)


def context(B: Tensor, r: Tensor) -> Tensor:
    """What is read of the signal: Bᵀ r.  [..., N, e], [..., m, N] -> [..., m, e]"""
    return r @ B
