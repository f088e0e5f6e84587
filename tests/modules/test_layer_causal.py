"""Layer-causal descent does what the claims say: exactly, in exact arithmetic, and to the last bit."""

import copy
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed")
import torch
from torch import Tensor, nn

from equivalences import Array, positive, real
from equivalences.claims.causality import update_schedules
from equivalences.language.domain import Domain
from equivalences.modules import LCGD

from .exact import DTYPES, Inputs, distances

GIVEN: dict[str, Domain] = {
    "A": real("h h"),
    "B": real("h h"),
    "x": real("h"),
    "target": real("h"),
    "eta": positive(),
}


def squared(output: Tensor, target: Tensor) -> Tensor:
    return ((output - target) ** 2).sum() / 2


def linear(weights: Tensor) -> nn.Linear:
    layer = nn.Linear(weights.shape[1], weights.shape[0], bias=False, dtype=weights.dtype)
    layer.weight.data.copy_(weights)
    return layer


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("schedule", ["at once", "in turn"])
def test_linear_layers_take_the_catalogues_steps_exactly(schedule: str, dtype: str) -> None:
    """Of small integers and a rate of ¼ nothing is rounded."""
    small: dict[str, Any] = {
        "A": [1, -1, 0, 2],
        "B": [1, 1, -2, 1],
        "x": [1, -2],
        "target": [1, 1],
        "eta": [0.25],
    }
    at = Inputs(GIVEN, {"h": 2}, **small)
    layers = nn.Sequential(linear(at.tensor("A", dtype)), linear(at.tensor("B", dtype)))
    step = LCGD(layers, squared, 0.25, schedule=schedule)  # type: ignore[arg-type]
    step.step(at.tensor("x", dtype), at.tensor("target", dtype))

    def lower(A: Array, x: Array, target: Array, eta: Array) -> Array:
        return update_schedules.step_of(A, x, target, eta)

    def at_once(A: Array, B: Array, x: Array, target: Array, eta: Array) -> Array:
        return update_schedules.step_of(B, A @ x, target, eta)

    def in_turn(A: Array, B: Array, x: Array, target: Array, eta: Array) -> Array:
        return update_schedules.step_of(B, lower(A, x, target, eta) @ x, target, eta)

    sides = (at_once, in_turn) if schedule == "at once" else (in_turn, at_once)
    right, wrong = at.evaluate(*sides)
    first, _ = at.evaluate(lower, lambda A: A)
    weights = [p.detach() for p in layers.parameters()]
    assert not any(distances(weights[0], first))
    assert not any(distances(weights[1], right))
    assert any(distances(weights[1], wrong))


def stack(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(3))).double()


def updated(layers: nn.Sequential, schedule: str = "at once") -> list[Tensor]:
    torch.manual_seed(9)
    x, readout = torch.randn(5, 4, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
    targets = torch.tensor([0, 1, 2, 1, 0])
    layers = copy.deepcopy(layers)
    step = LCGD(layers, lambda h, y: nn.functional.cross_entropy(h @ readout, y), 0.5, schedule=schedule)  # type: ignore[arg-type]
    step.step(x, targets)
    return [p.detach() for p in layers.parameters()]


@pytest.mark.parametrize("schedule", ["at once", "in turn"])
def test_an_update_ignores_the_layers_above_to_the_last_bit(schedule: str) -> None:
    layers, changed = stack(), stack()
    with torch.no_grad():
        list(changed.parameters())[4].add_(1.0)
    before, after = updated(layers, schedule), updated(changed, schedule)
    assert all(torch.equal(a, b) for a, b in zip(before[:4], after[:4], strict=True))
    assert not torch.equal(before[4], after[4] - 1)


def test_the_last_layers_update_is_that_of_gradient_descent() -> None:
    layers = stack()
    torch.manual_seed(9)
    x, readout = torch.randn(5, 4, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
    nn.functional.cross_entropy(layers(x) @ readout, torch.tensor([0, 1, 2, 1, 0])).backward()
    plain = [p.detach() - 0.5 * p.grad for p in layers.parameters() if p.grad is not None]
    causal = updated(layers)
    # One product and one difference are rounded; the gradients are the same operations.
    for a, b in zip(plain[4:], causal[4:], strict=True):
        assert bool(((a - b).abs() <= 4 * 2.0**-53 * (a.abs() + 1)).all())
    assert not torch.allclose(plain[0], causal[0])


def test_frozen_parameters_stay() -> None:
    layers = stack()
    layers[0].requires_grad_(False)
    before = [p.detach().clone() for p in layers.parameters()]
    after = updated(layers)
    assert torch.equal(before[0], after[0])
    assert not torch.equal(before[2], after[2])


def test_what_cannot_be_layer_causal_is_refused() -> None:
    layer = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="share"):
        LCGD([layer, layer], squared, 0.1)
    with pytest.raises(ValueError, match="no layer"):
        LCGD([nn.Tanh()], squared, 0.1)
    with pytest.raises(ValueError, match="schedule"):
        LCGD([layer], squared, 0.1, schedule="later")  # type: ignore[arg-type]
