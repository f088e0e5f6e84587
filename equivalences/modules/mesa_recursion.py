"""The mesa layer's recursion over tokens, and its gradient from the last state alone.

With S the decayed sum of v kᵀ, P that of k kᵀ plus the prior, and R = P⁻¹, the output is y = S R q. Let x be
R q, and g the gradient of y. A reverse pass carries two gradients, H by S and G by P:

    H ← γ' H + g xᵀ,   G ← γ' G − (R Sᵀ g) xᵀ,   dq = R Sᵀ g,   dv = H k,   dk = Hᵀ v + (G + Gᵀ) k,

with γ' the factor of the later token. The outputs do not change when all tokens from t on and γ(t) are scaled
together, so that γ dγ at t is −Σ (vᵀ H k + kᵀ G k) over the tokens from t on; dλ = −γ(1) tr G(1)/λ². R is
recovered backwards, S is summed once more forwards: no state is stored but the last R.

Source: arXiv:2309.05858, the backward pass of the mesa layer; the form by G and H, and of dγ, is derived here.
"""

from typing import Any

import torch
from torch import Tensor


def check_shapes(keys: Tensor, values: Tensor, queries: Tensor, gamma: Tensor) -> None:
    """Raises ValueError unless they are [..., T, d], [..., T, v], [..., T, d] and [..., T], with T ≥ 1."""
    shapes = [tuple(x.shape) for x in (keys, values, queries, gamma)]
    tokens = shapes[0][:-1]
    if not (shapes[0] == shapes[2] and tokens == shapes[1][:-1] == shapes[3] and tokens and tokens[-1]):
        raise ValueError("keys {}, values {}, queries {}, gamma {} do not fit".format(*shapes))


def outer(a: Tensor, b: Tensor) -> Tensor:
    """[..., n], [..., m] -> [..., n, m]"""
    return a[..., :, None] * b[..., None, :]


def times(matrix: Tensor, vector: Tensor) -> Tensor:
    """[..., n, m], [..., m] -> [..., n]"""
    return (matrix @ vector[..., None])[..., 0]


def prior_inverse(keys: Tensor, lam: Tensor) -> Tensor:
    """λ I, once for each batch entry.  [..., T, d], [] -> [..., d, d]"""
    d = keys.shape[-1]
    eye = torch.eye(d, dtype=keys.dtype, device=keys.device)
    return (lam * eye).expand(*keys.shape[:-2], d, d)


def after(R: Tensor, key: Tensor, gamma: Tensor) -> Tensor:
    """(γ R⁻¹ + k kᵀ)⁻¹, by Sherman and Morrison.  [..., d, d], [..., d], [...] -> [..., d, d]

    Every operation keeps R symmetric to the last bit: what is antisymmetric in it would grow by 1/γ a token.
    """
    u = times(R, key)
    s = u / (gamma + (key * u).sum(-1))[..., None].sqrt()
    return (R - outer(s, s)) / gamma[..., None, None]


def before(R: Tensor, key: Tensor, gamma: Tensor) -> Tensor:
    """The inverse of `after` in R.  [..., d, d], [..., d], [...] -> [..., d, d]"""
    u = times(R, key)
    s = u / (1 - (key * u).sum(-1))[..., None].sqrt()
    return gamma[..., None, None] * (R + outer(s, s))


def recursion(
    keys: Tensor, values: Tensor, queries: Tensor, gamma: Tensor, lam: Tensor, keep: int = 0
) -> tuple[list[Tensor], list[Tensor]]:
    """The outputs of all tokens, [..., v] each, and R at every `keep` tokens and after the last."""
    R = prior_inverse(keys, lam)
    S = torch.zeros_like(outer(values[..., 0, :], keys[..., 0, :]))
    outputs, kept = [], []
    T = keys.shape[-2]
    for t in range(T):
        k, v, g = keys[..., t, :], values[..., t, :], gamma[..., t]
        S = g[..., None, None] * S + outer(v, k)
        R = after(R, k, g)
        outputs.append(times(S, times(R, queries[..., t, :])))
        if t == T - 1 or (keep and (t + 1) % keep == 0):
            kept.append(R)
    return outputs, kept


class MesaRecursion(torch.autograd.Function):
    """The recursion with a backward pass that stores its inputs, the last inverse, and checkpoints if asked."""

    @staticmethod
    def forward(
        ctx: Any,
        keys: Tensor,
        values: Tensor,
        queries: Tensor,
        gamma: Tensor,
        lam: Tensor,
        checkpoints: int | None,
    ) -> Tensor:
        """The outputs of all tokens.  [..., T, d], [..., T, v], [..., T, d], [..., T], [] -> [..., T, v]"""
        outputs, kept = recursion(keys, values, queries, gamma, lam, checkpoints or 0)
        ctx.save_for_backward(keys, values, queries, gamma, lam, *kept)
        ctx.checkpoints = checkpoints or 0
        return torch.stack(outputs, dim=-2)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients by keys, values, queries, gamma and lam.  [..., T, v] -> their shapes"""
        keys, values, queries, gamma, lam, *kept = ctx.saved_tensors
        (g,) = gradients
        returned = _through_weights(keys, values, gamma, g)
        H, G = torch.zeros_like(outer(g[..., 0, :], keys[..., 0, :])), torch.zeros_like(kept[-1])
        dk, dv, dq = torch.empty_like(keys), torch.empty_like(values), torch.empty_like(queries)
        weight = torch.empty_like(gamma)
        R = kept.pop()
        for t in range(keys.shape[-2] - 1, -1, -1):
            k, v, q = keys[..., t, :], values[..., t, :], queries[..., t, :]
            if ctx.checkpoints and (t + 1) % ctx.checkpoints == 0 and t + 1 < keys.shape[-2]:
                R = _require_recovered(R, kept.pop(), ctx.checkpoints)
            x = times(R, q)
            dq_t = times(R, returned[..., t, :])
            H = H + outer(g[..., t, :], x)
            G = G - outer(dq_t, x)
            dv_t, by_key = times(H, k), times(G, k)
            dq[..., t, :], dv[..., t, :] = dq_t, dv_t
            dk[..., t, :] = times(H.mT, v) + by_key + times(G.mT, k)
            weight[..., t] = (v * dv_t).sum(-1) + (k * by_key).sum(-1)
            factor = gamma[..., t, None, None]
            H, G, R = factor * H, factor * G, before(R, k, gamma[..., t])
        _require_recovered(R, prior_inverse(keys, lam), ctx.checkpoints)
        dgamma = -weight.flip(-1).cumsum(-1).flip(-1) / gamma
        dlam = -G.diagonal(dim1=-2, dim2=-1).sum() / lam**2
        return dk, dv, dq, dgamma, dlam, None


def _through_weights(keys: Tensor, values: Tensor, gamma: Tensor, g: Tensor) -> Tensor:
    """Sᵀ g at every token, with S summed anew.  -> [..., T, d]"""
    S = torch.zeros_like(outer(values[..., 0, :], keys[..., 0, :]))
    result = torch.empty_like(keys)
    for t in range(keys.shape[-2]):
        S = gamma[..., t, None, None] * S + outer(values[..., t, :], keys[..., t, :])
        result[..., t, :] = times(S.mT, g[..., t, :])
    return result


def _require_recovered(R: Tensor, known: Tensor, checkpoints: int) -> Tensor:
    """The known inverse, if the recovered one is near it to half of the digits."""
    if checkpoints == 1:
        return known  # all inverses are known, and no recovered one was used
    allowed = torch.finfo(R.dtype).eps ** 0.5 * float(known.abs().max())
    missed = float((R - known).abs().max())
    if not missed <= allowed:
        raise ArithmeticError(
            f"the inverse was lost on the way back (off by {missed:.1e}): use checkpoints or the plain form"
        )
    return known
