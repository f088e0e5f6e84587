"""The long-term memory's modules against the catalogue's fits, updates, means and divergences."""

from functools import partial
from math import pi, sqrt
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")
import torch
from torch import nn

from equivalences import Array, concat, exp, log, positive, real, sigmoid, softplus
from equivalences.claims.memory import divergence as divergences
from equivalences.claims.memory import expectation, head, padding, positions, sparsemax
from equivalences.claims.memory import update as updates
from equivalences.language.domain import Domain
from equivalences.modules import (
    GaussianBasis,
    LongTermMemory,
    MemoryHead,
    bin_probabilities,
    continuous_softmax,
    continuous_sparsemax,
    divergence,
    fit_matrix,
    padding_positions,
    sample_locations,
    signal,
    update_padding_positions,
)
from equivalences.modules import positions as token_positions
from equivalences.modules.long_term_memory import Padding

from .exact import DTYPES, Inputs, require
from .rounding import Model, Tracked, concatenate, exact, rounded, solve, stack

BASIS: dict[str, Domain] = {"centres": real("m"), "widths": positive("m")}
SIZES = {"m": 3, "n": 4, "l": 4, "k": 4, "p": 8, "e": 2, "v": 2, "d": 3}
CENTRES, WIDTHS = [0, 0.5, 1], [0.25, 0.5, 0.25]
RIDGE = 0.5


def basis_of(dtype: str) -> GaussianBasis:
    kind = getattr(torch, dtype)
    return GaussianBasis(torch.tensor(CENTRES, dtype=kind), torch.tensor(WIDTHS, dtype=kind))


def tracked_density(t: Tracked, centres: Tracked, widths: Tracked) -> Tracked:
    z = (t - centres) / widths
    return (-z * z / 2).exp() / (widths * rounded(sqrt(2 * pi), t.model))


def tracked_basis(t: Tracked) -> Tracked:
    """[n m]"""
    return tracked_density(t.reshape(-1, 1), exact(CENTRES, t.model), exact(WIDTHS, t.model))


def tracked_fit(at: Tracked, outside: Tracked | None) -> Tracked:
    """G, a system for each token.  [n m]"""
    F = tracked_basis(at)
    everywhere = F if outside is None else concatenate([F, tracked_basis(outside)])
    A = everywhere.T @ everywhere + exact(np.eye(3) * RIDGE, at.model)
    return stack([solve(A, F[k], RIDGE) for k in range(F.shape[0])])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("padded", [False, True])
def test_the_signal_is_the_catalogues_ridge_fit(padded: bool, dtype: str) -> None:
    given: dict[str, Domain] = {
        **BASIS,
        "t": real("n"),
        "X": real("n e"),
        "outside": real("p"),
        "s": real("l"),
        "lam": positive(),
    }
    kind = getattr(torch, dtype)
    t, outside = token_positions(4, "midpoints", dtype=kind), padding_positions(4, dtype=kind)
    fixed: dict[str, Any] = {"centres": CENTRES, "widths": WIDTHS, "lam": [RIDGE], "t": t, "outside": outside}
    at = Inputs(given, {**SIZES, "p": 4}, **fixed)
    model = Model.of(dtype)
    beyond = exact(outside.numpy(), model) if padded else None
    B = tracked_fit(exact(t.numpy(), model), beyond).T @ at.tracked("X", dtype)
    bound = tracked_basis(at.tracked("s", dtype)) @ B

    def plain(t: Array, X: Array, s: Array, centres: Array, widths: Array, lam: Array) -> Array:
        return positions.basis(s, centres, widths).T @ padding.fit(positions.basis(t, centres, widths), X, lam)

    def with_zeros(
        t: Array, X: Array, outside: Array, s: Array, centres: Array, widths: Array, lam: Array
    ) -> Array:
        beyond, F = positions.basis(outside, centres, widths), positions.basis(t, centres, widths)
        return positions.basis(s, centres, widths).T @ padding.padded_fit(beyond, F, X, lam)

    first, second = at.evaluate(with_zeros, plain)
    right, wrong = (first, second) if padded else (second, first)
    basis = basis_of(dtype)
    G = fit_matrix(basis, t, RIDGE, outside if padded else None)
    require(signal(G.mT @ at.tensor("X", dtype), basis, at.tensor("s", dtype)), bound, right, wrong)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("padding_rule", ["none", "midpoints", "public code"])
def test_an_update_is_the_catalogues(padding_rule: Padding, dtype: str) -> None:
    given: dict[str, Domain] = {
        **BASIS,
        "B": real("m e"),
        "X": real("l e"),
        "read": real("k"),
        "past": real("k"),
        "new": real("l"),
        "outside": real("p"),
        "lam": positive(),
    }
    kind, padded = getattr(torch, dtype), padding_rule != "none"
    evenly, unevenly = padding_positions(8, dtype=kind), update_padding_positions(4, 4, dtype=kind)
    quarters = np.array([0.25, 0.5, 0.75, 1])
    fixed: dict[str, Any] = {
        "centres": CENTRES,
        "widths": WIDTHS,
        "lam": [RIDGE],
        "outside": unevenly if padding_rule == "public code" else evenly,
    }
    fixed |= {"read": quarters, "past": quarters / 2, "new": 0.5 + quarters / 2}
    at = Inputs(given, SIZES, **fixed)
    read, past, new, outside = (at.tracked(name, dtype) for name in ("read", "past", "new", "outside"))
    G = tracked_fit(concatenate([past, new]), outside if padded else None)
    samples = tracked_basis(read) @ at.tracked("B", dtype)
    bound = G[:4].T @ samples + G[4:].T @ at.tracked("X", dtype)

    def plain(
        B: Array, X: Array, read: Array, past: Array, new: Array, centres: Array, widths: Array, lam: Array
    ) -> Array:
        at_read, at_past, at_new = (positions.basis(t, centres, widths) for t in (read, past, new))
        return updates.update(B, X, at_read, at_past, at_new, lam)

    def with_zeros(
        B: Array,
        X: Array,
        read: Array,
        past: Array,
        new: Array,
        outside: Array,
        centres: Array,
        widths: Array,
        lam: Array,
    ) -> Array:
        at_read, at_past, at_new, beyond = (
            positions.basis(t, centres, widths) for t in (read, past, new, outside)
        )
        tokens = concat(at_read.T @ B, X)
        return padding.padded_fit(beyond, concat(at_past, at_new, axis=1), tokens, lam)

    first, second = at.evaluate(with_zeros, plain)
    right, wrong = (first, second) if padded else (second, first)
    memory = LongTermMemory(basis_of(dtype), 4, 4, tau=0.5, ridge=RIDGE, padding=padding_rule)
    B, X = at.tensor("B", dtype), at.tensor("X", dtype)
    require(memory.update(B, X), bound, right, wrong)
    assert torch.equal(memory.update(B, X, memory.locations), memory.update(B, X))
    at_midpoints = fit_matrix(
        basis_of(dtype),
        token_positions(4, "midpoints", dtype=kind),
        RIDGE,
        padding_positions(4, dtype=kind) if padded else None,
    )
    assert torch.equal(memory.first_fit, at_midpoints)


READ: dict[str, Domain] = {**BASIS, "mu": real(), "sigma": positive()}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(3))
def test_continuous_softmax_is_the_wider_density(dtype: str, seed: int) -> None:
    at = Inputs(READ, SIZES, seed, centres=CENTRES, widths=WIDTHS)
    mu, sigma = at.tracked("mu", dtype), at.tracked("sigma", dtype)
    model = mu.model
    variance = exact(sigma.value**2, model)
    wide = (variance + exact(np.square(WIDTHS), model)).sqrt()
    bound = tracked_density(mu, exact(CENTRES, model), wide)
    right, wrong = at.evaluate(
        expectation.blurred,
        lambda mu, sigma, centres, widths: expectation.density(mu, centres, sigma**2 + widths),
    )
    found = continuous_softmax(basis_of(dtype), at.tensor("mu", dtype), at.tensor("sigma", dtype) ** 2)
    require(found, bound, right, wrong)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(3))
def test_continuous_sparsemax_is_the_closed_form(dtype: str, seed: int) -> None:
    given: dict[str, Domain] = {**BASIS, "mu": real(), "variance": positive()}
    at = Inputs(given, SIZES, seed, centres=CENTRES, widths=WIDTHS)
    mu, variance = at.tracked("mu", dtype), at.tracked("variance", dtype)
    model = mu.model
    widths, root = exact(WIDTHS, model), rounded(sqrt(2 * pi), model)
    half_root = rounded(sqrt(2), model)
    a = (variance * 1.5).power(1 / 3)
    away = exact(CENTRES, model) - mu
    low, high = (-a - away) / widths, (a - away) / widths
    at_low, at_high = ((-x * x / 2).exp() / root for x in (low, high))
    inside = ((high / half_root).erf() - (low / half_root).erf()) / 2
    squares = widths * widths
    edges = away * 2 * widths * (at_low - at_high) + squares * (low * at_low - high * at_high)
    bound = ((a * a - away * away - squares) * inside - edges) / (variance * 2)

    def side(mu: Array, variance: Array, centres: Array, widths: Array) -> Array:
        return sparsemax.closed_form(mu, exp(log(3 * variance / 2) / 3), centres, widths)

    right, wrong = at.evaluate(
        side, lambda mu, variance, centres, widths: sparsemax.closed_form(mu, variance, centres, widths)
    )
    found = continuous_sparsemax(basis_of(dtype), at.tensor("mu", dtype), at.tensor("variance", dtype))
    require(found, bound, right, wrong)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(3))
def test_the_divergence_is_the_closed_form(dtype: str, seed: int) -> None:
    given: dict[str, Domain] = {"mu": real(), "sigma": positive(), "mu0": real(), "sigma0": positive()}
    at = Inputs(given, {}, seed, mu0=[0.25], sigma0=[0.5])
    mu, sigma = at.tracked("mu", dtype), at.tracked("sigma", dtype)
    variance = exact(sigma.value**2, mu.model)
    ratio = variance / 0.25
    widths_only = (ratio - ratio.log() - 1) / 2
    off = mu - 0.25
    whole, widths = at.evaluate(
        divergences.closed_form, lambda sigma, sigma0: divergences.widths_only(sigma, sigma0)
    )
    at_mu, at_variance = at.tensor("mu", dtype), at.tensor("sigma", dtype) ** 2
    require(divergence(at_mu, at_variance, 0.25, 0.25), widths_only + off * off / 0.5, whole, widths)
    require(divergence(at_mu, at_variance, 0.25), widths_only, widths, whole)


def head_side(
    B: Array,
    W_K: Array,
    W_V: Array,
    query: Array,
    w_mu: Array,
    w_sigma: Array,
    centres: Array,
    widths: Array,
) -> Array:
    mu, variance = sigmoid(head.score(B, W_K, w_mu, query)), softplus(head.score(B, W_K, w_sigma, query))
    return head.context(B, W_V, mu, variance, centres, widths)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_head_reads_where_its_scores_say(dtype: str) -> None:
    given: dict[str, Domain] = {
        **BASIS,
        "B": real("m e"),
        "W_K": real("e d"),
        "W_V": real("e v"),
        "query": real("d"),
        "w_mu": real("m"),
        "w_sigma": real("m"),
    }
    at = Inputs(given, SIZES, seed=1, centres=CENTRES, widths=WIDTHS)
    module = MemoryHead(basis_of(dtype), 2, 3, 2).to(getattr(torch, dtype))
    with torch.no_grad():
        module.to_keys.weight.copy_(at.tensor("W_K", dtype).T)
        module.to_values.weight.copy_(at.tensor("W_V", dtype).T)
        module.to_position.weight.copy_(at.tensor("w_mu", dtype)[None])
        module.to_variance.weight.copy_(at.tensor("w_sigma", dtype)[None])
    track = partial(at.tracked, dtype=dtype)
    B, model = track("B"), Model.of(dtype)
    scores = (track("query").reshape(1, -1) @ (B @ track("W_K")).T) / rounded(sqrt(3), model)
    mu, variance = (scores @ track(name).reshape(-1, 1) for name in ("w_mu", "w_sigma"))
    wide = (variance.softplus() + exact(np.square(WIDTHS), model)).sqrt()
    r = tracked_density(mu.sigmoid(), exact(CENTRES, model), wide)
    bound = (r @ (B @ track("W_V"))).reshape(-1)

    def one_score(
        B: Array, W_K: Array, W_V: Array, query: Array, w_mu: Array, centres: Array, widths: Array
    ) -> Array:
        return head_side(B, W_K, W_V, query, w_mu, w_mu, centres, widths)

    right, wrong = at.evaluate(head_side, one_score)
    require(module(at.tensor("B", dtype), at.tensor("query", dtype)[None])[0], bound, right, wrong)


def test_probabilities_of_bins_follow_the_mass_inside() -> None:
    given: dict[str, Domain] = {"mu": real(), "sigma": positive()}
    masses = []
    for seed in range(2):
        at = Inputs(given, {}, seed)
        masses.append((at, at.evaluate(padding.by_error_function, lambda mu: mu)[0]))
    mu, sigma = (torch.cat([at.tensor(name, "float64")[None] for at, _ in masses]) for name in given)
    shares = bin_probabilities(mu[:, None], sigma[:, None] ** 2, 8)
    each = [bin_probabilities(mu[k, None, None], sigma[k, None, None] ** 2, 8) for k in range(2)]
    weights = torch.tensor([float(mass.entries[0]) for _, mass in masses], dtype=torch.float64)
    mixed = (weights[0] * each[0] + weights[1] * each[1]) / weights.sum()
    assert torch.equal(bin_probabilities(mu[:, None, None], sigma[:, None, None] ** 2, 8), torch.stack(each))
    # Shares are at most 1; each is a difference of error functions, 40u each, divided by sums of those.
    allowed = 8 * Model.of("float64").function / float(weights.min())
    assert bool(((shares - mixed).abs() <= allowed).all())


def test_sampled_locations_are_where_the_mass_is() -> None:
    generator = torch.Generator().manual_seed(0)
    shares = torch.tensor([[0, 0.5, 0, 0.5], [1, 0, 0, 0]], dtype=torch.float64)
    left = sample_locations(shares, 50, generator=generator)
    assert set(left[0].tolist()) == {0.25, 0.75}
    assert set(left[1].tolist()) == {0.0}
    assert torch.equal(left, left.sort(-1).values)
    middle = sample_locations(shares, 50, place="midpoints", generator=generator)
    assert set(middle[0].tolist()) == {0.375, 0.875}


def test_conventions_of_positions() -> None:
    assert token_positions(4, "left edges").tolist() == [0, 0.25, 0.5, 0.75]
    assert token_positions(4, "midpoints").tolist() == [0.125, 0.375, 0.625, 0.875]
    assert token_positions(4, "right edges").tolist() == [0.25, 0.5, 0.75, 1]
    assert padding_positions(4).tolist() == [-0.375, -0.125, 1.125, 1.375]
    # Six points for M = 2 and L = 1, from −½ + ¼ to 3/2 − ¼, are 3/10 apart.
    outside = update_padding_positions(2, 1)
    assert [round(20 * x) for x in outside.tolist()] == [-5, 25]
    for samples, length in ((2, 1), (4, 3), (512, 1024), (512, 512), (7, 4)):
        assert len(update_padding_positions(samples, length)) == 2 * ((samples + length) // 2)
    grid = GaussianBasis.grid(6, (0.1, 0.2))
    assert grid.centres.tolist() == [0, 0, 0.5, 0.5, 1, 1]
    assert grid.widths.tolist() == [0.1, 0.2] * 3


def test_gradients_reach_a_heads_weights_through_the_memory() -> None:
    torch.manual_seed(0)
    module = MemoryHead(basis_of("float32"), 2, 3, 2)
    B = torch.randn(3, 2, requires_grad=True)
    module(B, torch.randn(5, 3)).sum().backward()
    assert all(isinstance(p, nn.Parameter) and p.grad is not None for p in module.parameters())
    assert B.grad is not None


def test_memories_and_heads_move_with_their_basis() -> None:
    basis = basis_of("float64")
    memory = LongTermMemory(basis, 4, 4, tau=0.5, ridge=RIDGE).float()
    B = memory.update(memory.fit(torch.ones(4, 2)), torch.ones(4, 2))
    read = MemoryHead(basis, 2, 3, 2).float()(B, torch.ones(1, 3))
    assert (B.dtype, read.dtype) == (torch.float32, torch.float32)
    assert memory.state_dict() == {}


def test_what_is_no_memory_is_refused() -> None:
    basis = basis_of("float64")
    with pytest.raises(ValueError, match="tau"):
        LongTermMemory(basis, 4, 4, tau=1, ridge=1)
    with pytest.raises(ValueError, match="padding"):
        LongTermMemory(basis, 4, 4, tau=0.5, ridge=1, padding="zeros")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ridge"):
        fit_matrix(basis, basis.centres, 0)
    with pytest.raises(ValueError, match="rule"):
        token_positions(3, "anywhere")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="multiple"):
        GaussianBasis.grid(5, (0.1, 0.2))
    with pytest.raises(ValueError, match="no mass"):
        bin_probabilities(torch.full((1, 1), 1e3), torch.ones(1, 1), 4)
    with pytest.raises(ValueError, match="variance"):
        divergence(torch.zeros(1), torch.ones(1), 0)
