"""Systems with positive definite matrices, differentiated by one more solution with the same factor."""

from typing import Any

import torch
from torch import Tensor


class PositiveSolve(torch.autograd.Function):
    """x = A⁻¹ b; the gradients are A⁻¹ g by b, and −(A⁻¹ g) xᵀ by A."""

    @staticmethod
    def forward(ctx: Any, A: Tensor, b: Tensor) -> Tensor:
        """The solution.  [..., d, d], [..., d] -> [..., d]"""
        L = torch.linalg.cholesky(A)
        x = torch.cholesky_solve(b[..., None], L)[..., 0]
        ctx.save_for_backward(L, x)
        return x

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        """The gradients by A and b.  [..., d] -> [..., d, d], [..., d]"""
        L, x = ctx.saved_tensors
        by_b = torch.cholesky_solve(gradients[0][..., None], L)[..., 0]
        return -by_b[..., :, None] * x[..., None, :], by_b


def positive_solve(A: Tensor, b: Tensor) -> Tensor:
    """A⁻¹ b by Cholesky; A has to be symmetric, of which one half is read.  [..., d, d], [..., d] -> [..., d]

    It can be differentiated once.

    Raises:
        torch.linalg.LinAlgError: A is not positive definite, to working precision.
    """
    x: Tensor = PositiveSolve.apply(A, b)  # type: ignore[no-untyped-call]
    return x
