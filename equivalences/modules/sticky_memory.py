"""Sticky memories, and the divergence that keeps attention narrow.

Where attention was, the old signal is read more densely at an update: locations are drawn from a histogram of
attention's mass. In the limit of many samples the contraction becomes a warp of time by its quantiles.

Source: arXiv:2109.00301 and its public code; decided in `equivalences/claims/memory` (`sticky.py`,
`divergence.py`).
"""

from math import sqrt

import torch
from torch import Tensor

from .basis import Rule, positions


def bin_probabilities(mu: Tensor, variance: Tensor, bins: int) -> Tensor:
    """The shares of equal bins of [0, 1] in the mass of normal densities there, summed over heads and queries.

    Args:
        mu, variance: [..., heads, queries].
        bins: how many.

    Returns:
        [..., bins], of sum 1.

    Raises:
        ValueError: no density has any mass in [0, 1], to this precision.
    """
    edges = torch.linspace(0, 1, bins + 1, dtype=mu.dtype, device=mu.device)
    z = (edges - mu[..., None]) / variance[..., None].sqrt()
    mass = (torch.erf(z / sqrt(2)).diff(dim=-1) / 2).sum((-3, -2))
    total = mass.sum(-1, keepdim=True)
    if bool((total <= 0).any()):
        raise ValueError("no mass of attention lies in [0, 1]")
    return mass / total


def sample_locations(
    probabilities: Tensor, count: int, *, place: Rule = "left edges", generator: torch.Generator | None = None
) -> Tensor:
    """Sorted locations in bins that are drawn with replacement.

    Args:
        probabilities: [..., bins].
        count: how many locations.
        place: which point stands for a bin; public code takes the left edge.
        generator: of the draws.

    Returns:
        [..., count].

    Raises:
        ValueError: there is no such rule.
    """
    *batch, bins = probabilities.shape
    drawn = torch.multinomial(probabilities.reshape(-1, bins), count, replacement=True, generator=generator)
    points = positions(bins, place, dtype=probabilities.dtype).to(probabilities.device)
    return points[drawn.sort(-1).values].reshape(*batch, count)


def divergence(mu: Tensor, variance: Tensor, prior_variance: float, prior_mu: float | None = None) -> Tensor:
    """The Kullback-Leibler divergence of N(mu, variance) from a prior.

    Args:
        mu, variance: [...].
        prior_variance: of the prior; public code has 0.05².
        prior_mu: the mean of the prior; None drops the term in the means, as the paper does.

    Returns:
        [...].

    Raises:
        ValueError: the prior's variance is not positive.
    """
    if not prior_variance > 0:
        raise ValueError("the prior's variance is positive")
    ratio = variance / prior_variance
    result = (ratio - ratio.log() - 1) / 2
    if prior_mu is not None:
        result = result + (mu - prior_mu) ** 2 / (2 * prior_variance)
    return result
