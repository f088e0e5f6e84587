"""The mesa layer: at every token the solution of a ridge regression on the tokens so far, applied to the query.

With data weights w(t, s), the product of the forgetting factors after s up to t, and c(t), the product of all
up to t, token t's output is Φ q for the Φ that minimises ½ Σ w |v − Φk|² + ½ (c/λ)|Φ|²; the current token
counts, and the prior is forgotten as the data are. So λ is the *inverse* strength of the ridge.

Source: arXiv:2309.05858. The identities are decided in `equivalences/claims/mesa`.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from .mesa_recursion import MesaRecursion, check_shapes, recursion
from .positive_solve import positive_solve

Form = Literal["parallel", "recurrent", "plain"]
REMEMBERING = 6.0


def decay_weights(gamma: Tensor) -> Tensor:
    """w(t, s) = γ(s+1) … γ(t) for s ≤ t, and 0 above the diagonal.  [..., T] -> [..., T, T]"""
    T = gamma.shape[-1]
    below = torch.ones(T, T, dtype=torch.bool, device=gamma.device).tril(-1)
    factors = torch.where(below, gamma[..., :, None], torch.ones_like(gamma[..., :, None]))
    return factors.cumprod(-2).tril()


def mesa_parallel(keys: Tensor, values: Tensor, queries: Tensor, gamma: Tensor, lam: Tensor) -> Tensor:
    """All tokens at once: a system of d equations for each, by Cholesky, then masked linear attention.

    Takes memory of T d² and T²; the only form that does not go token by token. It can be differentiated once.

    Args:
        keys, queries: [..., T, d].
        values: [..., T, v].
        gamma: [..., T], the forgetting factors, positive.
        lam: [], positive.

    Returns:
        [..., T, v].

    Raises:
        ValueError: the shapes do not fit.
        torch.linalg.LinAlgError: so much is forgotten, the prior included, that what is left does not determine
            the weights, to working precision.
    """
    check_shapes(keys, values, queries, gamma)
    *batch, T, d = keys.shape
    weights = decay_weights(gamma)
    squares = (keys[..., :, None] * keys[..., None, :]).reshape(*batch, T, d * d)
    prior = gamma.cumprod(-1)[..., None, None] * torch.eye(d, dtype=keys.dtype, device=keys.device) / lam
    covariance = (weights @ squares).reshape(*batch, T, d, d) + prior
    solved = positive_solve(covariance, queries)
    return (weights * (solved @ keys.mT)) @ values


def mesa_recurrent(
    keys: Tensor,
    values: Tensor,
    queries: Tensor,
    gamma: Tensor,
    lam: Tensor,
    checkpoints: int | None = None,
) -> Tensor:
    """Token by token (Sherman and Morrison), with a backward pass that keeps no state but the last.

    The inverse before a token is recovered from the one after it, R' = γ (R − R k kᵀ R / (kᵀ R k − 1)). That
    multiplies an error of R by up to γ (1 + |R'k||k|/γ)² a step; where much was forgotten, nothing may be left
    to recover. The way back has to end at λ I, or at the last checkpoint; where it misses by more than the
    square root of the machine epsilon, relative to its largest entry, the backward pass raises. For keys of
    length 1 in single precision that takes some hundred tokens if hardly anything is forgotten, and some ten if
    half is at each. The result can be differentiated once.

    Args:
        keys, values, queries, gamma, lam: as of `mesa_parallel`.
        checkpoints: keep the inverse at every so many tokens and restart from it; 1 recovers
            nothing, None keeps the last only.

    Returns:
        [..., T, v].

    Raises:
        ValueError: the shapes do not fit, or `checkpoints` is not positive.
        ArithmeticError: in the backward pass, if the recovered inverse is lost.
    """
    check_shapes(keys, values, queries, gamma)
    _check_checkpoints(checkpoints)
    inputs = (keys, values, queries, gamma, lam, checkpoints)
    result: Tensor = MesaRecursion.apply(*inputs)  # type: ignore[no-untyped-call]
    return result


def mesa_recurrent_plain(keys: Tensor, values: Tensor, queries: Tensor, gamma: Tensor, lam: Tensor) -> Tensor:
    """The same recursion, differentiated by autograd, which keeps the states of all tokens.

    Arguments and result are those of `mesa_parallel`.

    Raises:
        ValueError: the shapes do not fit.
    """
    check_shapes(keys, values, queries, gamma)
    outputs, _ = recursion(keys, values, queries, gamma, lam)
    return torch.stack(outputs, dim=-2)


def _check_checkpoints(checkpoints: int | None) -> None:
    if checkpoints is not None and checkpoints < 1:
        raise ValueError("checkpoints are a positive number of tokens apart, or None")


class MesaLayer(nn.Module):
    """A layer of mesa heads, to be added to the residual stream.

    λ is a parameter through its logarithm. With `forgetful`, γ = sigmoid(w·x + b) per token and head, otherwise
    it is 1. The bias b starts at 6, where a four-hundredth is forgotten a token: an untrained layer can recover
    its states.

    Args:
        width: of the tokens.
        heads: how many.
        key_width, value_width: of a head.
        forgetful: whether there are forgetting factors.
        form: "parallel", "recurrent" (with the memory-saving backward) or "plain" (recurrent, by autograd).
        checkpoints: as of `mesa_recurrent`; of no use to the other forms.

    Raises:
        ValueError: a size or `checkpoints` is not positive, or there is no such form.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        key_width: int,
        value_width: int,
        *,
        forgetful: bool = True,
        form: Form = "parallel",
        checkpoints: int | None = None,
    ) -> None:
        super().__init__()
        if min(width, heads, key_width, value_width) < 1:
            raise ValueError("sizes are positive")
        if form not in ("parallel", "recurrent", "plain"):
            raise ValueError(f"no form {form!r}: parallel, recurrent or plain")
        _check_checkpoints(checkpoints)
        self.heads, self.form, self.checkpoints = heads, form, checkpoints
        self.to_keys = nn.Linear(width, heads * key_width, bias=False)
        self.to_queries = nn.Linear(width, heads * key_width, bias=False)
        self.to_values = nn.Linear(width, heads * value_width, bias=False)
        self.to_output = nn.Linear(heads * value_width, width, bias=False)
        self.to_gamma = nn.Linear(width, heads) if forgetful else None
        if self.to_gamma is not None:
            nn.init.constant_(self.to_gamma.bias, REMEMBERING)
        self.log_lam = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """What the heads write.  [..., T, width] -> [..., T, width]"""
        keys, queries, values = map(self.split, (self.to_keys(x), self.to_queries(x), self.to_values(x)))
        gamma = torch.ones_like(keys[..., 0])
        if self.to_gamma is not None:
            gamma = self.to_gamma(x).sigmoid().mT
        lam = self.log_lam.exp()
        match self.form:
            case "parallel":
                heads = mesa_parallel(keys, values, queries, gamma, lam)
            case "recurrent":
                heads = mesa_recurrent(keys, values, queries, gamma, lam, self.checkpoints)
            case _:
                heads = mesa_recurrent_plain(keys, values, queries, gamma, lam)
        written: Tensor = self.to_output(heads.transpose(-3, -2).flatten(-2))
        return written

    def split(self, x: Tensor) -> Tensor:
        """One array a head.  [..., T, heads·d] -> [..., heads, T, d]"""
        split: Tensor = x.unflatten(-1, (self.heads, -1))
        return split.transpose(-3, -2)
