"""The reverse-engineered algorithm: causal linear attention whose weight blocks are multiples of the identity.

A token is c blocks of the state's width, [0; s; s before] for instance. A head then has c² numbers for
W_kᵀW_q and c² for P W_v, whatever the width. One layer of two heads is the one-step algorithm, d layers of
them with a residual stream the d-step algorithm.

Source: arXiv:2309.05858, and its public code for the closed form of one layer, which is decided in
`equivalences/claims/mesa/compressed_layer.py`.
"""

import torch
from torch import Tensor, nn


def tokens_of(states: Tensor) -> Tensor:
    """[0; sₜ; sₜ₋₁] with s₀ = 0, as three blocks.  [..., T, s] -> [..., T, 3, s]"""
    before = torch.cat((torch.zeros_like(states[..., :1, :]), states[..., :-1, :]), dim=-2)
    return torch.stack((torch.zeros_like(states), states, before), dim=-2)


def compressed_head(tokens: Tensor, form: Tensor, value: Tensor) -> Tensor:
    """What one causal head writes.

    Args:
        tokens: [..., T, c, s].
        form: [c, c], the multiples of W_kᵀW_q's blocks: row of the key, column of the query.
        value: [c, c], the multiples of P W_v's blocks: row of what is written, column of what is read.

    Returns:
        [..., T, c, s].

    Raises:
        ValueError: the numbers of blocks do not fit.
    """
    c = tokens.shape[-2]
    if form.shape != (c, c) or value.shape != (c, c):
        raise ValueError(f"{c} blocks a token, form {tuple(form.shape)}, value {tuple(value.shape)}")
    flat = tokens.flatten(-2)
    scores = (flat @ (form @ tokens).flatten(-2).mT).mT.tril()
    read: Tensor = (scores @ flat).unflatten(-1, tokens.shape[-2:])
    return value @ read


def one_step_prediction(states: Tensor, forms: Tensor, values: Tensor) -> Tensor:
    """The closed form of one layer by moments: Σ over heads of C₁(a sₜ + b sₜ₋₁) + C₂(c sₜ + d sₜ₋₁).

    With s₋ the state before s, C₁ = p Σ ssᵀ + q Σ s₋sᵀ and C₂ = p Σ ss₋ᵀ + q Σ s₋s₋ᵀ over the tokens so far.

    Args:
        states: [..., T, s].
        forms: [heads, 2, 2], the rows (a, b) and (c, d) of each head.
        values: [heads, 2], p and q of each head.

    Returns:
        [..., T, s], the prediction of the next state at every token.
    """
    both = tokens_of(states)[..., 1:, :]
    moments = (both[..., :, None, :, None] * both[..., None, :, None, :]).cumsum(-5)
    mixed = torch.einsum("hi,...ijab->...hjab", values, moments)
    directions = torch.einsum("hjk,...kb->...hjb", forms, both)
    return torch.einsum("...hjab,...hjb->...a", mixed, directions)


class CompressedAlgorithm(nn.Module):
    """d layers of compressed heads with a residual stream; the prediction is the first block of the last.

    With four blocks, as of the paper's tokens, a head has 32 numbers.

    Args:
        steps: the number of layers, d.
        heads: in each layer.
        blocks: of a token.
        width: the standard deviation of the initial multiples.

    Raises:
        ValueError: a number is not positive.
    """

    def __init__(self, steps: int = 1, heads: int = 2, blocks: int = 3, *, width: float = 0.02) -> None:
        super().__init__()
        if min(steps, heads, blocks) < 1:
            raise ValueError("steps, heads and blocks are positive")
        self.forms = nn.Parameter(width * torch.randn(steps, heads, blocks, blocks))
        self.values = nn.Parameter(width * torch.randn(steps, heads, blocks, blocks))

    def forward(self, tokens: Tensor) -> Tensor:
        """The stream after all layers.  [..., T, c, s] -> [..., T, c, s]"""
        for forms, values in zip(self.forms, self.values, strict=True):
            written = [compressed_head(tokens, form, value) for form, value in zip(forms, values, strict=True)]
            tokens = tokens + torch.stack(written).sum(0)
        return tokens

    def predict(self, states: Tensor) -> Tensor:
        """The next state at every token, of tokens of three blocks.  [..., T, s] -> [..., T, s]"""
        stream: Tensor = self(tokens_of(states))
        return stream[..., 0, :]
