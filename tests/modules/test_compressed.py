"""The compressed layer is the claim's, as a layer and in closed form."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")
import torch
from torch import Tensor

from equivalences import Array, real
from equivalences.claims.mesa import compressed_layer
from equivalences.language.domain import Domain
from equivalences.modules import CompressedAlgorithm, compressed_head, one_step_prediction, tokens_of

from .exact import DTYPES, Inputs, require
from .rounding import Tracked, exact, stack

NAMES = ("now1", "before1", "now2", "before2", "cross1", "own1", "cross2", "own2", "p1", "q1", "p2", "q2")
GIVEN: dict[str, Domain] = {"states": real("n s"), **{name: real() for name in NAMES}}
SIZES = {"n": 4, "s": 2}


def numbers_of(at: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """[heads 2 2] and [heads 2]"""
    x = {name: at.array(name).item() for name in NAMES}
    forms = [[[x[f"now{h}"], x[f"before{h}"]], [x[f"cross{h}"], x[f"own{h}"]]] for h in (1, 2)]
    return np.array(forms), np.array([[x[f"p{h}"], x[f"q{h}"]] for h in (1, 2)])


def in_first_slot(x: Tensor) -> Tensor:
    """[n s] -> [n s+s+s]"""
    return torch.cat((x, torch.zeros_like(x), torch.zeros_like(x)), dim=-1)


def padded(x: Tracked) -> Tracked:
    zeros = np.zeros(x.shape)
    value, error = (np.concatenate((a, zeros, zeros), axis=1) for a in (x.value, x.error))
    return Tracked(value, error, x.model)


def tracked_blocks(states: Tracked) -> tuple[Tracked, Tracked]:
    return states, exact(np.eye(4, k=-1), states.model) @ states


def tracked_layer(states: Tracked, forms: np.ndarray, values: np.ndarray) -> Tracked:
    """Scores of blocks mixed by the form, a causal sum, blocks mixed by the values; heads are added."""
    model, (now, before) = states.model, tracked_blocks(states)
    causal = exact(np.tril(np.ones((4, 4))), model)
    zero = exact(np.zeros((4, 2)), model)
    blocks = [zero, now, before]

    def mixed(weights: np.ndarray, parts: list[Tracked]) -> list[Tracked]:
        flat = stack([x.reshape(-1) for x in parts])
        return [row.reshape(4, 2) for row in (lambda y: [y[k] for k in range(3)])(exact(weights, model) @ flat)]

    def flat(parts: list[Tracked]) -> Tracked:
        return stack([x.T[k] for x in parts for k in range(2)]).T

    written = []
    for form, value in zip(forms, values, strict=True):
        whole, rows = np.zeros((3, 3)), np.zeros((3, 3))
        whole[1:, 1:], rows[0, 1:] = form, value
        scores = causal * (flat(mixed(whole, blocks)) @ flat(blocks).T)
        read = scores @ flat(blocks)
        parts = [stack([read.T[2 * k], read.T[2 * k + 1]]).T for k in range(3)]
        written.append(mixed(rows, parts)[0])
    return zero + (written[0] + written[1])


def tracked_moments(states: Tracked, forms: np.ndarray, values: np.ndarray) -> Tracked:
    """Σ over heads of moments times directions, token by token."""
    model, both = states.model, tracked_blocks(states)
    rows = []
    for t in range(4):
        total: list[Tracked] = []
        for form, value in zip(forms, values, strict=True):
            for j in range(2):
                direction = exact(form[j], model).reshape(1, -1) @ stack([x[t] for x in both])
                for i in range(2):
                    # Moments are sums of products, as inner products are.
                    moment = both[i][: t + 1].T @ both[j][: t + 1]
                    total.append(exact(value[i], model) * (moment @ direction.T).reshape(-1))
        # The two products by head may be added first, and all sums are of eight terms at most.
        rows.append(stack(total).sum(0))
    return stack(rows)


def first_head_twice(
    states: Array, now1: Array, before1: Array, cross1: Array, own1: Array, p1: Array, q1: Array
) -> Array:
    return compressed_layer.prediction(
        states, now1, before1, now1, before1, cross1, own1, cross1, own1, p1, q1, p1, q1
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(3))
def test_the_layer_is_the_catalogues(dtype: str, seed: int) -> None:
    at = Inputs(GIVEN, SIZES, seed)
    forms, values = numbers_of(at)
    algorithm = CompressedAlgorithm(1, 2, 3).to(getattr(torch, dtype))
    with torch.no_grad():
        algorithm.forms.zero_()[0, :, 1:, 1:] = torch.tensor(forms)
        algorithm.values.zero_()[0, :, 0, 1:] = torch.tensor(values)
    right, wrong = at.evaluate(compressed_layer.prediction, first_head_twice)
    states, tracked = at.tensor("states", dtype), at.tracked("states", dtype)
    require(
        in_first_slot(algorithm.predict(states)), padded(tracked_layer(tracked, forms, values)), right, wrong
    )
    kind = getattr(torch, dtype)
    closed = one_step_prediction(states, torch.tensor(forms, dtype=kind), torch.tensor(values, dtype=kind))
    require(in_first_slot(closed), padded(tracked_moments(tracked, forms, values)), right, wrong)


def test_d_steps_are_d_layers_with_a_residual() -> None:
    torch.manual_seed(0)
    algorithm = CompressedAlgorithm(3, 2, 3, width=0.5).double()
    tokens = tokens_of(torch.randn(5, 4, dtype=torch.float64))
    stream = tokens
    for forms, values in zip(algorithm.forms, algorithm.values, strict=True):
        heads = [compressed_head(stream, forms[h], values[h]) for h in range(2)]
        stream = stream + torch.stack(heads).sum(0)
    assert torch.equal(algorithm(tokens), stream)
    assert sum(p.numel() for p in algorithm.parameters()) == 3 * 2 * 2 * 9


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="blocks a token"):
        compressed_head(torch.zeros(2, 3, 2), torch.zeros(2, 2), torch.zeros(3, 3))
    with pytest.raises(ValueError, match="positive"):
        CompressedAlgorithm(0)
