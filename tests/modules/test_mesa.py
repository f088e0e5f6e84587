"""The forms of the mesa layer are the claims' sides; its backward pass is a gradient and stores one state."""

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")
import torch
from torch import Tensor

from equivalences import Array, dot, gradient, log, positive, real
from equivalences.claims.mesa import forgetting, ridge
from equivalences.language.domain import Domain
from equivalences.modules import MesaLayer, mesa_parallel, mesa_recurrent, mesa_recurrent_plain
from equivalences.modules.mesa import Form

from .exact import DTYPES, Inputs, require
from .rounding import Tracked, add_up, exact, fold, gradients, solve, stack

SIZES = {"n": 4, "d": 3, "v": 2}
GIVEN: dict[str, Domain] = {
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
    "gamma": positive("n"),
    "lam": positive(),
    "g": real("v"),
}
INPUTS = ("keys", "values", "query", "gamma", "lam")
Function = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
RECURRENT: dict[str, Function] = {
    "one state": mesa_recurrent,
    "checkpoints": lambda K, V, Q, gamma, lam: mesa_recurrent(K, V, Q, gamma, lam, 2),
    "plain": mesa_recurrent_plain,
}


def layer(keys: Array, values: Array, query: Array, gamma: Array, lam: Array) -> Array:
    """The catalogue's layer, whose factors are e^g, at the last token."""
    return forgetting.forgetful_layer(keys, values, lam, log(gamma), query)


def layer_that_keeps_its_prior(keys: Array, values: Array, query: Array, gamma: Array, lam: Array) -> Array:
    weights = (forgetting.data_weights(log(gamma))[:, None] * values).T @ keys
    return weights @ (forgetting.inverse_without_decay_of_prior(keys, lam, log(gamma)) @ query)


def outer(a: Tracked, b: Tracked) -> Tracked:
    return a.reshape(-1, 1) * b.reshape(1, -1)


def times(A: Tracked, b: Tracked) -> Tracked:
    return (A @ b.reshape(-1, 1)).reshape(-1)


def tracked_recursion(
    keys: Tracked, values: Tracked, query: Tracked, gamma: Tracked, lam: Tracked
) -> tuple[Tracked, Tracked, list[Tracked]]:
    """Output at the last token, the last inverse, and the sums after every token."""
    d, model = keys.shape[1], keys.model
    R = lam * exact(np.eye(d), model)
    S = exact(np.zeros((values.shape[1], d)), model)
    sums = []
    for t in range(keys.shape[0]):
        k, v, factor = keys[t], values[t], gamma[t]
        S = factor * S + outer(v, k)
        u = times(R, k)
        s = u / (factor + (k * u).sum(-1)).sqrt()
        R = (R - outer(s, s)) / factor
        sums.append(S)
    return times(S, times(R, query)), R, sums


def selected(where: np.ndarray, rows: Tracked) -> Tracked:
    """A row's number where it is asked for, and 1 elsewhere: nothing is computed.  [T T], [T] -> [T T]"""
    value = np.where(where, rows.value[:, None], 1.0)
    error = np.where(where, rows.error[:, None], 0.0)

    def back(g: Tracked) -> Tracked:
        kept = Tracked(np.where(where, g.value, 0.0), np.where(where, g.error, 0.0), g.model)
        return fold(kept, (len(where), 1)).reshape(-1)

    return Tracked(value, error, rows.model, [(rows, back)])


def tracked_parallel(keys: Tracked, values: Tracked, query: Tracked, gamma: Tracked, lam: Tracked) -> Tracked:
    """Output at the last token: one row of the system of all tokens."""
    T, d = keys.shape
    below = np.arange(T)[:, None] > np.arange(T)[None, :]
    factors = selected(below, gamma)
    weights, decay = factors.cumprod(0)[T - 1], gamma.cumprod(0)[T - 1]
    squares = (keys.reshape(T, d, 1) * keys.reshape(T, 1, d)).reshape(T, d * d)
    covariance = (weights.reshape(1, -1) @ squares).reshape(d, d) + decay * exact(np.eye(d), keys.model) / lam
    least = float(decay.value / lam.value) * (1 - 2.0**-40)  # of the prior, less what float64 may have rounded
    solved = solve(covariance, query, least)
    return ((weights * times(keys, solved)).reshape(1, -1) @ values).reshape(-1)


def tracked_backward(
    keys: Tracked, values: Tracked, query: Tracked, gamma: Tracked, lam: Tracked, g: Tracked
) -> dict[str, Tracked]:
    """The backward pass as the module runs it, for a gradient at the last token only."""
    _, R, sums = tracked_recursion(keys, values, query, gamma, lam)
    T, d = keys.shape
    H, G = exact(np.zeros((values.shape[1], d)), keys.model), exact(np.zeros((d, d)), keys.model)
    dk, dv, weight = [], [], []
    dq = x = exact(np.zeros(d), keys.model)
    for t in range(T - 1, -1, -1):
        k, v, factor = keys[t], values[t], gamma[t]
        if t == T - 1:
            x = times(R, query)
            dq = times(R, times(sums[-1].T, g))
            H, G = H + outer(g, x), G - outer(dq, x)
        dv_t, by_key = times(H, k), times(G, k)
        dk.append(times(H.T, v) + by_key + times(G.T, k))
        dv.append(dv_t)
        weight.append((v * dv_t).sum(-1) + (k * by_key).sum(-1))
        u = times(R, k)
        H, G = factor * H, factor * G
        s = u / (-((k * u).sum(-1)) + 1).sqrt()
        R = factor * (R + outer(s, s))
    dgamma = [-add_up(weight[: T - t]) / gamma[t] for t in range(T)]
    trace = stack([G[i][i] for i in range(d)]).sum(-1)
    return {
        "keys": stack(dk[::-1]),
        "values": stack(dv[::-1]),
        "query": dq,
        "gamma": stack(dgamma),
        "lam": -trace / (lam * lam),
    }


def at_last_token(inputs: dict[str, Tensor], form: Function) -> Tensor:
    """Queries are 0 but for the last token's."""
    keys = inputs["keys"]
    queries = torch.cat((torch.zeros_like(keys[1:]), inputs["query"][None]))
    return form(keys, inputs["values"], queries, inputs["gamma"], inputs["lam"])[-1]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("form", [*RECURRENT, "parallel"])
def test_every_form_is_the_catalogues_layer(form: str, seed: int, dtype: str) -> None:
    at = Inputs(GIVEN, SIZES, seed)
    inputs = {name: at.tensor(name, dtype) for name in INPUTS}
    tracked = [at.tracked(name, dtype) for name in INPUTS]
    bound = tracked_parallel(*tracked) if form == "parallel" else tracked_recursion(*tracked)[0]
    right, wrong = at.evaluate(layer, layer_that_keeps_its_prior)
    require(at_last_token(inputs, RECURRENT.get(form, mesa_parallel)), bound, right, wrong)


@pytest.mark.parametrize("dtype", DTYPES)
def test_without_forgetting_it_is_ridge_regression(dtype: str) -> None:
    at = Inputs(GIVEN, SIZES, gamma=[1, 1, 1, 1])
    inputs = {name: at.tensor(name, dtype) for name in INPUTS}
    bound = tracked_parallel(*(at.tracked(name, dtype) for name in INPUTS))
    right, wrong = at.evaluate(
        lambda keys, values, lam, query: ridge.mesa_weights(keys, values, lam) @ query,
        lambda keys, values, lam, query: ridge.mesa_weights(keys, values, 1 / lam) @ query,
    )
    require(at_last_token(inputs, mesa_parallel), bound, right, wrong)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("wrt", INPUTS)
@pytest.mark.parametrize("form", RECURRENT)
def test_backward_passes_are_gradients(form: str, wrt: str, dtype: str) -> None:
    at = Inputs(GIVEN, SIZES, seed=1)
    inputs = {name: at.tensor(name, dtype).requires_grad_() for name in INPUTS}
    at_last_token(inputs, RECURRENT[form]).backward(at.tensor("g", dtype))
    tracked = {name: at.tracked(name, dtype) for name in INPUTS}
    if form == "plain":
        output = tracked_recursion(*tracked.values())[0]
        (bound,) = gradients(output, at.tracked("g", dtype), tracked[wrt])
    else:
        bound = tracked_backward(**tracked, g=at.tracked("g", dtype))[wrt]

    def along(keys: Array, values: Array, query: Array, gamma: Array, lam: Array, g: Array) -> Array:
        return dot(g, layer(keys, values, query, gamma, lam))

    def other(keys: Array, values: Array, query: Array, gamma: Array, lam: Array, g: Array) -> Array:
        return dot(g, layer_that_keeps_its_prior(keys, values, query, gamma, lam))

    right, wrong = at.evaluate(
        lambda keys, values, query, gamma, lam, g: gradient(along, wrt=wrt)(keys, values, query, gamma, lam, g),
        lambda keys, values, query, gamma, lam, g: gradient(other, wrt=wrt)(keys, values, query, gamma, lam, g),
    )
    found = inputs[wrt].grad
    assert found is not None
    require(found, bound, right, wrong)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("wrt", INPUTS)
def test_the_parallel_forms_backward_pass_is_a_gradient(wrt: str, dtype: str) -> None:
    at = Inputs(GIVEN, SIZES, seed=2)
    inputs = {name: at.tensor(name, dtype).requires_grad_() for name in INPUTS}
    at_last_token(inputs, mesa_parallel).backward(at.tensor("g", dtype))
    tracked = {name: at.tracked(name, dtype) for name in INPUTS}
    (bound,) = gradients(tracked_parallel(*tracked.values()), at.tracked("g", dtype), tracked[wrt])

    def along(keys: Array, values: Array, query: Array, gamma: Array, lam: Array, g: Array) -> Array:
        return dot(g, layer(keys, values, query, gamma, lam))

    right, wrong = at.evaluate(
        lambda keys, values, query, gamma, lam, g: gradient(along, wrt=wrt)(keys, values, query, gamma, lam, g),
        lambda keys, values, query, gamma, lam, g: gradient(along, wrt=wrt)(
            keys, values, query, gamma, 2 * lam, 3 * g
        ),
    )
    found = inputs[wrt].grad
    assert found is not None
    require(found, bound, right, wrong)


def saved(form: Function, T: int, d: int) -> int:
    """Numbers that a forward pass keeps for its backward pass; one storage counts once."""
    sizes: dict[int, int] = {}

    def pack(x: Tensor) -> Tensor:
        sizes[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes() // x.element_size()
        return x

    torch.manual_seed(0)
    keys, values, queries = (torch.randn(T, n, dtype=torch.float64, requires_grad=True) for n in (d, 2, d))
    gamma = torch.full((T,), 0.99, dtype=torch.float64, requires_grad=True)
    lam = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        output = form(keys, values, queries, gamma, lam)
    if form is mesa_recurrent:
        assert vars(output.grad_fn).keys() == {"checkpoints"}, "nothing is kept beside what is counted"
    return sum(sizes.values())


def test_one_state_is_saved_whatever_the_number_of_tokens() -> None:
    for T, d in ((10, 3), (20, 3), (20, 6), (80, 6)):
        assert saved(mesa_recurrent, T, d) == T * (2 * d + 2 + 1) + 1 + d * d
        assert saved(mesa_recurrent_plain, T, d) > T * d * d
    checkpointed = saved(lambda K, V, Q, gamma, lam: mesa_recurrent(K, V, Q, gamma, lam, 10), 80, 6)
    assert checkpointed == 80 * (2 * 6 + 2 + 1) + 1 + 8 * 6 * 6


def test_what_is_not_determined_any_more_is_not_solved_for() -> None:
    """Beside one token of ones, 2⁻¹⁰⁰ of the prior is rounded away: the second pivot is 1 − 1."""
    one = torch.ones(1, 4)
    with pytest.raises(RuntimeError, match="positive"):
        mesa_parallel(one, one, one, torch.tensor([2.0**-100]), torch.tensor(1.0))


def test_a_state_that_cannot_be_recovered_is_not_made_up() -> None:
    torch.manual_seed(0)
    keys, queries, values = (torch.randn(200, 4, dtype=torch.float32, requires_grad=True) for _ in range(3))
    gamma, lam = torch.full((200,), 0.5), torch.tensor(1.0)
    with pytest.raises(ArithmeticError, match="checkpoints"):
        mesa_recurrent(keys, values, queries, gamma, lam).sum().backward()
    mesa_recurrent(keys, values, queries, gamma, lam, checkpoints=1).sum().backward()
    assert keys.grad is not None
    assert bool(keys.grad.isfinite().all())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", [*RECURRENT, "parallel"])
def test_gradients_of_batches_are_those_of_their_entries(form: str, dtype: str) -> None:
    """Two instances with one λ, stacked twice over; each is held to the bound of its own gradient."""
    both = [Inputs(GIVEN, SIZES, seed, lam=[0.75]) for seed in (1, 2)]
    inputs = {
        name: torch.stack([at.tensor(name, dtype) for at in both])[:, None].repeat_interleave(3, 1)
        for name in INPUTS
        if name != "lam"
    }
    inputs = {name: x.requires_grad_() for name, x in inputs.items()}
    keys, query = inputs["keys"], inputs["query"]
    queries = torch.cat((torch.zeros_like(keys[..., 1:, :]), query[..., None, :]), dim=-2)
    lam = both[0].tensor("lam", dtype)
    output = RECURRENT.get(form, mesa_parallel)(keys, inputs["values"], queries, inputs["gamma"], lam)[
        ..., -1, :
    ]
    output.backward(torch.stack([at.tensor("g", dtype) for at in both])[:, None].expand_as(output))

    def along(keys: Array, values: Array, query: Array, gamma: Array, lam: Array, g: Array) -> Array:
        return dot(g, layer(keys, values, query, gamma, lam))

    for k, at in enumerate(both):
        tracked = {name: at.tracked(name, dtype) for name in INPUTS}
        g = at.tracked("g", dtype)
        if form in ("plain", "parallel"):
            whole = tracked_parallel if form == "parallel" else lambda *x: tracked_recursion(*x)[0]
            (bound,) = gradients(whole(*tracked.values()), g, tracked["keys"])
        else:
            bound = tracked_backward(**tracked, g=g)["keys"]
        right, wrong = at.evaluate(
            lambda keys, values, query, gamma, lam, g: gradient(along)(keys, values, query, gamma, lam, g),
            lambda keys, values, query, gamma, lam, g: gradient(along)(keys, values, query, gamma, lam, 2 * g),
        )
        assert keys.grad is not None
        for entry in range(3):
            require(keys.grad[k, entry], bound, right, wrong)


@pytest.mark.parametrize("form", ["parallel", "recurrent", "plain"])
def test_the_layer_is_causal_and_writes_into_the_stream(form: Form) -> None:
    torch.manual_seed(0)
    layer = MesaLayer(6, 2, 3, 2, form=form)
    x = torch.randn(2, 5, 6, requires_grad=True)
    assert layer(x).shape == x.shape
    (by_tokens,) = torch.autograd.grad(layer(x)[:, :3].sum(), x)
    # Later tokens have weight 0, or come later: no rounding makes their gradients anything but 0.
    assert bool((by_tokens[:, 3:] == 0).all())
    assert bool((by_tokens[:, :3] != 0).all())
    layer(x).sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


def test_an_untrained_layer_recovers_a_hundred_states() -> None:
    for seed in range(5):
        torch.manual_seed(seed)
        layer = MesaLayer(64, 4, 16, 16, form="recurrent")
        layer(torch.randn(2, 100, 64)).sum().backward()
        assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in layer.parameters())


def test_what_does_not_fit_is_refused() -> None:
    x = torch.zeros(4, 3)
    with pytest.raises(ValueError, match="do not fit"):
        mesa_recurrent(x, x, x[:3], torch.ones(4), torch.tensor(1.0))
    with pytest.raises(ValueError, match="do not fit"):
        mesa_parallel(x[:0], x[:0], x[:0], torch.ones(0), torch.tensor(1.0))
    with pytest.raises(ValueError, match="checkpoints"):
        mesa_recurrent(x, x, x, torch.ones(4), torch.tensor(1.0), -2)
    with pytest.raises(ValueError, match="checkpoints"):
        MesaLayer(1, 1, 1, 1, checkpoints=0)
    with pytest.raises(ValueError, match="positive"):
        MesaLayer(0, 1, 1, 1)
    with pytest.raises(ValueError, match="no form"):
        MesaLayer(1, 1, 1, 1, form="sideways")  # type: ignore[arg-type]
