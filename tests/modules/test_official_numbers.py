"""Numbers of the seed papers and of their public code, from the modules.

A number is held to the digits in which it is given: half a unit in its last place, and for a simulation its
statistical error besides.
"""

from fractions import Fraction
from math import log, sqrt

import pytest

pytest.importorskip("torch", reason="torch is not installed")
import torch
from torch import Tensor

from equivalences.modules import (
    GaussianBasis,
    LongTermMemory,
    fit_matrix,
    padding_positions,
    positions,
    signal,
    sim_aou,
)

F64 = torch.float64
SORTING = {"count": 512, "widths": (0.01, 0.05)}
LANGUAGE = {"count": 512, "widths": (0.005, 0.01)}


def as_given(value: float, digits: str) -> bool:
    """Whether a value rounds to what was printed.

    >>> as_given(0.2764, "0.28"), as_given(0.2764, "0.27")
    (True, False)
    """
    places = len(digits.partition(".")[2])
    return abs(Fraction(value) - Fraction(digits)) <= Fraction(1, 2 * 10**places)


# Similarity of unrelated updates (arXiv:2311.07772).


def orthogonal(base: float, update: float) -> tuple[Tensor, Tensor, Tensor]:
    """A base and two updates of these lengths, pairwise orthogonal."""
    z = torch.tensor([base, 0, 0], dtype=F64)
    return z, z + torch.tensor([0, update, 0], dtype=F64), z + torch.tensor([0, 0, update], dtype=F64)


def test_unrelated_updates_of_three_times_the_squared_length_give_a_quarter() -> None:
    z, icl, ft = orthogonal(1, sqrt(3))
    # Seven rounded operations on each of two vectors, whose differences are of length 1: no cancellation.
    assert abs(float(sim_aou(z, icl, ft, normalise=True)) - 0.25) <= 64 * 2.0**-53
    assert float(sim_aou(z, icl, ft)) == 0


def test_updates_of_twice_the_length_give_more() -> None:
    similarity = float(sim_aou(*orthogonal(1, 2), normalise=True))
    assert as_given(similarity, "0.2764")
    assert not as_given(similarity, "0.25")


def test_random_updates_in_many_dimensions_give_a_quarter_on_average() -> None:
    """Standard normal z, and updates of √3 times that; the mean of 400 is within four of its errors."""
    torch.manual_seed(0)
    z, r, s = torch.randn(3, 400, 2048, dtype=F64)
    each = torch.stack(
        [sim_aou(z[k], z[k] + sqrt(3) * r[k], z[k] + sqrt(3) * s[k], normalise=True) for k in range(400)]
    )
    error = float(each.std()) / sqrt(400)
    # The expectation itself is off by O(1/d) only, which this does not see: it is less than the error.
    assert abs(float(each.mean()) - 0.25) <= 4 * error


# Least squares on flat few-shot sequences x₁, y₁, x₂, y₂, … (arXiv:2309.05858).


D, LEAST = 10, 1e-3


def sequences(pairs: int, runs: int) -> tuple[Tensor, Tensor, Tensor]:
    """Orthogonal maps W, the input of one more pair, and ridge regression on all neighbours before its label.

    -> [runs D D], [runs D], [runs D D]
    """
    x, new = torch.randn(runs, pairs, D, dtype=F64), torch.randn(runs, D, dtype=F64)
    W = torch.linalg.qr(torch.randn(runs, D, D, dtype=F64)).Q
    flat = torch.stack((x, x @ W.mT), dim=2).flatten(1, 2)
    flat = torch.cat((flat, new[:, None]), dim=1)
    inputs, targets = flat[:, :-1], flat[:, 1:]
    gram = inputs.mT @ inputs + LEAST * torch.eye(D, dtype=F64)
    return W, new, torch.linalg.solve(gram, inputs.mT @ targets).mT


def mean_and_error(x: Tensor) -> tuple[float, float]:
    return float(x.mean()), float(x.std()) / sqrt(len(x))


def test_spurious_pairs_make_the_loss_plateau_at_an_eighth_of_the_dimension() -> None:
    """Φ → W/2, so that the loss ½ E|Wx − Φx|² = ½|W − Φ|² at a fresh input tends to d/8 = 1.25.

    The excess is c/n to first order. From n and 2n pairs it cancels; what is left is of the order of (d/n)².
    """
    torch.manual_seed(0)
    risks = []
    for pairs in (1000, 2000):
        W, _, found = sequences(pairs, 1000)
        risks.append(mean_and_error(((W - found) ** 2).sum((-2, -1)) / 2))
    (once, error), (twice, smaller) = risks
    extrapolated, off = 2 * twice - once, sqrt(error**2 + 4 * smaller**2)
    assert abs(extrapolated - 1.25) <= 4 * off + (D / 1000) ** 2
    assert 4 * off < 0.01, "the simulation resolves the last digit of 1.25"


def test_the_loss_peaks_where_the_neighbours_are_as_many_as_the_dimensions() -> None:
    """Before the N-th label there are 2(N − 1) pairs of neighbours, which interpolate d = 10 at N = 6."""
    torch.manual_seed(0)
    found = {}
    for N in range(2, 21):
        W, new, weights = sequences(N - 1, 4000)
        error = ((W - weights) @ new[..., None])[..., 0]
        found[N] = mean_and_error((error * error).sum(-1) / 2)
    peak, off = found.pop(6)
    for mean, deviation in found.values():
        assert peak - mean > 4 * sqrt(off**2 + deviation**2)
    assert peak - 4 * off > 100 * D / 8, "a hundred times the plateau"


# The long-term memory (arXiv:2109.00301).


@pytest.mark.parametrize(("width", "tau", "digits"), [(0.01, 0.75, "16.0"), (0.005, 0.5, "7.6")])
def test_the_horizon_is_a_logarithm_of_the_least_width(width: float, tau: float, digits: str) -> None:
    assert as_given(log(1 / width) / log(1 / tau), digits)


def ends(basis: GaussianBasis, length: int, ridge: float, padded: bool) -> tuple[float, float]:
    """What a fit of a constant 1 says at both ends."""
    outside = padding_positions(length) if padded else None
    G = fit_matrix(basis, positions(length, "midpoints"), ridge, outside)
    at = signal(G.mT @ torch.ones(length, 1, dtype=F64), basis, torch.tensor([0.0, 1.0], dtype=F64))
    return float(at[0, 0]), float(at[1, 0])


@pytest.mark.parametrize(
    ("setting", "length", "ridge", "padded", "digits"),
    [
        # The settings of public code for language models and for sorting.
        (LANGUAGE, 512, 0.5, True, "0.506"),
        (LANGUAGE, 512, 0.5, False, "0.983"),
        (SORTING, 1024, 1.0, True, "0.498"),
        (SORTING, 1024, 1.0, False, "0.988"),
        # A smaller setting, of no public code.
        ({"count": 64, "widths": (0.01, 0.05)}, 256, 1.0, True, "0.506"),
        ({"count": 64, "widths": (0.01, 0.05)}, 256, 1.0, False, "0.989"),
    ],
)
def test_zeros_outside_halve_a_constant_at_both_ends(
    setting: dict[str, object], length: int, ridge: float, padded: bool, digits: str
) -> None:
    basis = GaussianBasis.grid(**setting)  # type: ignore[arg-type]
    assert all(as_given(x, digits) for x in ends(basis, length, ridge, padded))


def recall(memory: LongTermMemory, length: int, updates: int) -> list[float]:
    """A segment of ones, then zeros: the signal at the middle of what is left of the ones, by updates."""
    B = memory.fit(torch.ones(length, 1, dtype=F64))
    found = []
    for k in range(1, updates + 1):
        B = memory.update(B, torch.zeros(length, 1, dtype=F64))
        middle = torch.tensor([memory.tau**k / 2], dtype=F64)
        found.append(float(signal(B, memory.basis, middle)[0, 0]))
    return found


def test_recall_falls_to_two_thirds_at_the_horizon_of_sorting() -> None:
    """Public code's settings, 1024 new tokens and 512 samples an update."""
    memory = LongTermMemory(GaussianBasis.grid(512, (0.01, 0.05)), 1024, 512, tau=0.75, ridge=1.0)
    found = recall(memory, 1024, 24)
    given = {4: "1.000", 8: "1.016", 12: "1.03", 16: "0.66", 20: "0.07", 24: "0.005"}
    assert [k for k, digits in given.items() if not as_given(found[k - 1], digits)] == []
    assert as_given(float(torch.linalg.eigvals(memory.transition()).abs().max()), "0.53")


def test_zeros_at_midpoints_would_be_seen() -> None:
    """Public code's zeros are half a cell off or less; recall after 20 updates tells."""
    basis = GaussianBasis.grid(512, (0.01, 0.05))
    memory = LongTermMemory(basis, 1024, 512, tau=0.75, ridge=1.0, padding="midpoints")
    assert as_given(recall(memory, 1024, 20)[-1], "0.08")


def test_recall_of_the_language_models_settings() -> None:
    memory = LongTermMemory(GaussianBasis.grid(512, (0.005, 0.01)), 512, 512, tau=0.5, ridge=0.5)
    found = recall(memory, 512, 12)
    assert [as_given(found[k - 1], d) for k, d in ((4, "1.007"), (8, "0.70"), (12, "0.007"))] == [True] * 3
    assert as_given(float(torch.linalg.eigvals(memory.transition()).abs().max()), "0.27")


def test_without_zeros_outside_the_memories_forget_at_other_rates() -> None:
    for widths, tau, ridge, length, digits in (
        ((0.01, 0.05), 0.75, 1.0, 1024, "0.63"),
        ((0.005, 0.01), 0.5, 0.5, 512, "0.19"),
    ):
        basis = GaussianBasis.grid(512, widths)
        memory = LongTermMemory(basis, length, 512, tau=tau, ridge=ridge, padding="none")
        assert as_given(float(torch.linalg.eigvals(memory.transition()).abs().max()), digits)
