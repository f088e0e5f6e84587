"""Gaussian basis functions, and the continuous signal that ridge regression fits to tokens.

ψⱼ(t) = N(t; μⱼ, σⱼ²) are normalised densities: their peaks are 1/(σⱼ√(2π)), not 1. The signal is Bᵀψ(t) with
B = Gᵀ X for tokens X and a matrix G of positions only.

Where tokens lie is a convention that shows in the numbers. The paper puts token i of L at i/L (right edges);
public code fits the first segment at midpoints and updates at right edges, and it fits zeros outside of [0, 1],
out to −½ and 3/2 (`padding_positions`, `update_padding_positions`): a constant signal is halved at both ends.

Source: arXiv:2109.00301; decided in `equivalences/claims/memory` (`signal_fit.py`, `padding.py` and
`positions.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt
from typing import Literal

import torch
from torch import Tensor

Rule = Literal["left edges", "midpoints", "right edges"]
SHIFTS: dict[str, float] = {"left edges": 0.0, "midpoints": 0.5, "right edges": 1.0}


@dataclass(frozen=True, eq=False)
class GaussianBasis:
    """N normal densities on the line.

    Attributes:
        centres: [N].
        widths: [N], the standard deviations, positive.

    Raises:
        ValueError: the shapes differ, or a width is not positive.
    """

    centres: Tensor
    widths: Tensor

    def __post_init__(self) -> None:
        if self.centres.ndim != 1 or self.centres.shape != self.widths.shape or bool((self.widths <= 0).any()):
            raise ValueError("one positive width for every centre")

    @classmethod
    def grid(
        cls, count: int, widths: Sequence[float], *, dtype: torch.dtype = torch.float64
    ) -> "GaussianBasis":
        """Equally spaced centres from 0 to 1, each with all the widths: `count` functions in all.

        Args:
            count: a multiple of the number of widths.
            widths: the standard deviations.
            dtype: of the centres; a fit's condition number, 1 + |F|²/ridge at most, often asks for float64.

        Raises:
            ValueError: `count` is no multiple, or a width is not positive.
        """
        if count < 1 or count % len(widths):
            raise ValueError(f"{count} is no multiple of {len(widths)}")
        centres = torch.linspace(0, 1, count // len(widths), dtype=dtype)
        return cls(
            centres.repeat_interleave(len(widths)), torch.tensor(widths, dtype=dtype).repeat(len(centres))
        )

    def __len__(self) -> int:
        return len(self.centres)

    def at(self, t: Tensor) -> Tensor:
        """All functions at each point.  [...] -> [..., N]"""
        return normal_density(t[..., None], self.centres, self.widths)


def normal_density(t: Tensor, centres: Tensor, widths: Tensor) -> Tensor:
    """The density of N(centre, width²) at t; the arguments are broadcast.  [...], [...], [...] -> [...]"""
    z = (t - centres) / widths
    return (-z * z / 2).exp() / (sqrt(2 * pi) * widths)


def positions(count: int, rule: Rule, *, dtype: torch.dtype = torch.float64) -> Tensor:
    """Where `count` tokens lie on [0, 1]: at (i + shift)/count, with shift 0, ½ or 1.  -> [count]

    Raises:
        ValueError: there is no such rule.
    """
    if rule not in SHIFTS:
        raise ValueError(f"no rule {rule!r}: {', '.join(SHIFTS)}")
    return (torch.arange(count, dtype=dtype) + SHIFTS[rule]) / count


def padding_positions(count: int, *, dtype: torch.dtype = torch.float64) -> Tensor:
    """Midpoints of cells of width 1/count on [−½, 0] and on [1, 3/2], as many as fit.  -> [2·(count // 2)]"""
    steps = (torch.arange(count // 2, dtype=dtype) + 0.5) / count
    return torch.cat((-steps.flip(0), 1 + steps))


def update_padding_positions(samples: int, length: int, *, dtype: torch.dtype = torch.float64) -> Tensor:
    """Where public code fits zeros at an update with M samples and L new tokens: not quite at midpoints.

    Of 2(M + L) equally spaced points those outside of [0, 1], where the outermost lie 1/(M + 2L) inside of −½
    and 3/2, not 1/(2M + 2L) as midpoints would.

    Args:
        samples, length: M and L, positive.
        dtype: of the result.

    Returns:
        [2·((M + L) // 2)].
    """
    inset = 1 / (samples + 2 * length)
    points = torch.linspace(inset - 0.5, 1.5 - inset, 2 * (samples + length), dtype=dtype)
    return points[(points < 0) | (points > 1)]


def fit_matrix(basis: GaussianBasis, at: Tensor, ridge: float, outside: Tensor | None = None) -> Tensor:
    """G = Fᵀ (F Fᵀ + ridge I)⁻¹ with the basis at the tokens in the columns of F, so that B = Gᵀ X.

    Args:
        basis: N functions.
        at: [L], where the tokens lie.
        ridge: positive; the loss is |Fᵀ B − X|² + ridge |B|², without halves.
        outside: [P], further positions, at which zeros are fitted; None fits the tokens only.

    Returns:
        [L, N].

    Raises:
        ValueError: the ridge is not positive.
    """
    if not ridge > 0:
        raise ValueError("the ridge is positive")
    F = basis.at(at)
    everywhere = F if outside is None else torch.cat((F, basis.at(outside)))
    A = everywhere.mT @ everywhere + ridge * torch.eye(len(basis), dtype=F.dtype, device=F.device)
    return torch.cholesky_solve(F.mT, torch.linalg.cholesky(A)).mT


def signal(B: Tensor, basis: GaussianBasis, t: Tensor) -> Tensor:
    """The signal Bᵀψ at each point.  [..., N, e], [m] -> [..., m, e]"""
    return basis.at(t) @ B
