"""An unbounded memory of fixed size: a continuous signal that is contracted to make room for new tokens.

At an update the signal on [0, 1] is squeezed into [0, τ], sampled there, and fitted anew together with the new
tokens on (τ, 1]. That is an affine map B ↦ 𝓜B + GᵀX whose powers forget: after about ln(1/σ)/ln(1/τ) updates a
segment is narrower than the narrowest basis function, of width σ.

Source: arXiv:2109.00301 and its public code, whose conventions are the defaults; decided in
`equivalences/claims/memory` (`update.py`, `contraction.py`, `head.py`).
"""

from math import sqrt
from typing import Literal

import torch
from torch import Tensor, nn

from .basis import GaussianBasis, Rule, fit_matrix, padding_positions, positions, update_padding_positions
from .continuous_attention import context, continuous_softmax

Padding = Literal["public code", "midpoints", "none"]


class OnBasis(nn.Module):
    """A module that takes a basis along when it is moved to a device or a format."""

    centres: Tensor
    widths: Tensor

    def __init__(self, basis: GaussianBasis) -> None:
        super().__init__()
        self.register_buffer("centres", basis.centres, persistent=False)
        self.register_buffer("widths", basis.widths, persistent=False)

    @property
    def basis(self) -> GaussianBasis:
        """The functions, in the module's format."""
        return GaussianBasis(self.centres, self.widths)


class LongTermMemory(OnBasis):
    """The matrices of a memory, for segments of one length; they depend on positions only.

    They are computed in the basis's format, which is better double, and can be moved to another one afterwards.

    Args:
        basis: N functions.
        length: L, the tokens of a segment.
        samples: M, how many points of the old signal are fitted anew.
        tau: the share of [0, 1] into which the old signal is squeezed, between 0 and 1.
        ridge: positive.
        first: where the tokens of the first segment lie on [0, 1].
        later: where the samples lie on [0, 1] before they are squeezed, and the new tokens on [tau, 1].
        padding: where zeros are fitted besides, on [−½, 0] and [1, 3/2]: at the points of public code, which at
            an update are not quite midpoints; at midpoints; or nowhere, as the paper says.

    Attributes:
        first_fit: [L, N], G of the first segment.
        past_fit, new_fit: [M, N] and [L, N], the rows of G for samples and new tokens at an update.
        locations: [M], where the old signal is read.

    Raises:
        ValueError: tau is not between 0 and 1, the ridge is not positive, or there is no such rule or padding.
    """

    first_fit: Tensor
    past_fit: Tensor
    new_fit: Tensor
    locations: Tensor

    def __init__(
        self,
        basis: GaussianBasis,
        length: int,
        samples: int,
        *,
        tau: float,
        ridge: float,
        first: Rule = "midpoints",
        later: Rule = "right edges",
        padding: Padding = "public code",
    ) -> None:
        if not 0 < tau < 1:
            raise ValueError("tau is between 0 and 1")
        super().__init__(basis)
        self.tau = tau
        dtype = basis.centres.dtype
        tokens = positions(length, first, dtype=dtype)
        at_fit: Tensor | None = None
        at_update: Tensor | None = None
        match padding:
            case "public code":
                at_fit = padding_positions(length, dtype=dtype)
                at_update = update_padding_positions(samples, length, dtype=dtype)
            case "midpoints":
                at_fit = padding_positions(length, dtype=dtype)
                at_update = padding_positions(samples + length, dtype=dtype)
            case "none":
                pass
            case _:
                raise ValueError(f"no padding {padding!r}: public code, midpoints or none")
        self.register_buffer("first_fit", fit_matrix(basis, tokens, ridge, at_fit), persistent=False)
        self.register_buffer("locations", positions(samples, later, dtype=dtype), persistent=False)
        squeezed = torch.cat((tau * self.locations, tau + (1 - tau) * positions(length, later, dtype=dtype)))
        G = fit_matrix(basis, squeezed, ridge, at_update)
        self.register_buffer("past_fit", G[:samples], persistent=False)
        self.register_buffer("new_fit", G[samples:], persistent=False)

    def fit(self, tokens: Tensor) -> Tensor:
        """The memory of a first segment.  [..., L, e] -> [..., N, e]"""
        return self.first_fit.mT @ tokens

    def update(self, B: Tensor, tokens: Tensor, locations: Tensor | None = None) -> Tensor:
        """Contract, sample, put the new tokens beside, and fit.

        Args:
            B: [..., N, e], the memory.
            tokens: [..., L, e], the new segment.
            locations: [..., M], sorted; where to read the old signal, sticky for instance. They are fitted at
                the same squeezed positions wherever they lie. None reads evenly.

        Returns:
            [..., N, e].
        """
        read = self.basis.at(self.locations if locations is None else locations)
        return self.past_fit.mT @ (read @ B) + self.new_fit.mT @ tokens

    def transition(self) -> Tensor:
        """The linear part 𝓜 of an update that reads evenly.  -> [N, N]"""
        return self.past_fit.mT @ self.basis.at(self.locations)


class MemoryHead(OnBasis):
    """A head that reads a memory: position and variance from the scores of its N keys, then continuous softmax.

    μ = sigmoid(w_μ·Kq/√d) and σ² = softplus(w_σ·Kq/√d), without biases as in public code, with K = B W_K; the
    context is (B W_V)ᵀ r.

    Args:
        basis: N functions.
        width: e, of the tokens.
        key_width, value_width: d and v.
        least_variance: σ² is kept above this; public code has 1e-6 for sorting and 1e-4 for language.
    """

    def __init__(
        self,
        basis: GaussianBasis,
        width: int,
        key_width: int,
        value_width: int,
        *,
        least_variance: float = 1e-6,
    ) -> None:
        super().__init__(basis)
        self.least_variance = least_variance
        self.to_keys = nn.Linear(width, key_width, bias=False)
        self.to_values = nn.Linear(width, value_width, bias=False)
        self.to_position = nn.Linear(len(basis), 1, bias=False)
        self.to_variance = nn.Linear(len(basis), 1, bias=False)

    def density(self, B: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
        """Position and variance of every query's density.  [..., N, e], [..., m, d] -> [..., m], [..., m]"""
        scores = queries @ self.to_keys(B).mT / sqrt(queries.shape[-1])
        mu = self.to_position(scores)[..., 0].sigmoid()
        variance = nn.functional.softplus(self.to_variance(scores)[..., 0])
        return mu, variance.clamp(min=self.least_variance)

    def forward(self, B: Tensor, queries: Tensor) -> Tensor:
        """What every query reads.  [..., N, e], [..., m, d] -> [..., m, v]"""
        return context(self.to_values(B), continuous_softmax(self.basis, *self.density(B, queries)))
