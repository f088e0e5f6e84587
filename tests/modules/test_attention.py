"""Attention's modules are the claims' sides, forwards and backwards, within derived bounds."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")
import torch

from equivalences import Array, dot, each, gradient, real
from equivalences.claims.contrastive import random_features, regularised_step, softmax_attention, variants
from equivalences.language.domain import Domain
from equivalences.modules import (
    attention,
    augmented_attention,
    negative_sample_attention,
    negatives_matrix,
    random_feature_attention,
    regularised_attention,
)

from .exact import DTYPES, Inputs, require
from .rounding import Model, Tracked, exact, gradients, stack

SIZES = {"n": 5, "d": 3, "v": 2, "m": 3, "f": 7}
GIVEN: dict[str, Domain] = {"keys": real("n d"), "values": real("n v"), "query": real("d"), "g": real("v")}


def tracked_attention(keys: Tracked, values: Tracked, query: Tracked) -> Tracked:
    return (keys @ query.reshape(-1, 1)).reshape(1, -1).softmax() @ values


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(3))
def test_attention_is_attention(dtype: str, seed: int) -> None:
    at = Inputs(GIVEN, SIZES, seed)
    keys, values, query = (at.tensor(name, dtype) for name in ("keys", "values", "query"))
    bound = tracked_attention(*(at.tracked(name, dtype) for name in ("keys", "values", "query")))
    right, wrong = at.evaluate(
        lambda keys, values, query: softmax_attention.attention(keys, values, query),
        lambda keys, values, query: softmax_attention.attention(keys, values, query / 2),
    )
    require(attention(keys, values, query[None])[0], bound, right, wrong)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("wrt", ["keys", "values", "query"])
def test_gradients_of_attention_are_gradients(dtype: str, wrt: str) -> None:
    at = Inputs(GIVEN, SIZES)
    names = ("keys", "values", "query")
    inputs = {name: at.tensor(name, dtype).requires_grad_() for name in names}
    attention(inputs["keys"], inputs["values"], inputs["query"][None])[0].backward(at.tensor("g", dtype))
    tracked = {name: at.tracked(name, dtype) for name in names}
    output = tracked_attention(*tracked.values())
    (bound,) = gradients(output, at.tracked("g", dtype).reshape(1, -1), tracked[wrt])

    def along(keys: Array, values: Array, query: Array, g: Array) -> Array:
        return dot(g, softmax_attention.attention(keys, values, query))

    right, wrong = at.evaluate(
        lambda keys, values, query, g: gradient(along, wrt=wrt)(keys, values, query, g),
        lambda keys, values, query, g: gradient(along, wrt=wrt)(keys, values / 2, query, 3 * g),
    )
    found = inputs[wrt].grad
    assert found is not None
    require(found, bound, right, wrong)


@pytest.mark.parametrize("dtype", DTYPES)
def test_regularised_attention_scales_the_query_tokens_values(dtype: str) -> None:
    given: dict[str, Domain] = {
        **{name: GIVEN[name] for name in ("keys", "values", "query")},
        "test_keys": real("m d"),
        "test_values": real("m v"),
        "alpha": real(),
    }
    at = Inputs(given, SIZES, alpha=[0.25])
    keys, values, query, test_keys, test_values = (
        at.tensor(name, dtype) for name in ("keys", "values", "query", "test_keys", "test_values")
    )
    model = Model.of(dtype)
    every_key = np.concatenate((at.array("keys"), at.array("test_keys")))
    shrunk = at.tracked("test_values", dtype) * 0.75  # exact: 1 − ¼
    tracked_values = [at.tracked("values", dtype)[k] for k in range(5)] + [shrunk[k] for k in range(3)]
    bound = tracked_attention(exact(every_key, model), stack(tracked_values), at.tracked("query", dtype))
    right, wrong = at.evaluate(
        regularised_step.shrunk_attention,
        lambda keys, values, test_keys, test_values, query, alpha: regularised_step.shrunk_attention(
            keys, values, test_keys, test_values, query, 2 * alpha
        ),
    )
    output = regularised_attention(keys, values, test_keys, test_values, query[None], 0.25)[0]
    require(output, bound, right, wrong)


@pytest.mark.parametrize("dtype", DTYPES)
def test_negative_samples_are_subtracted_from_the_values(dtype: str) -> None:
    given: dict[str, Domain] = {
        **{name: GIVEN[name] for name in ("keys", "values", "query")},
        "M": real("n n"),
        "beta": real(),
    }
    at = Inputs(given, SIZES, beta=[0.5])
    keys, values, query, M = (at.tensor(name, dtype) for name in ("keys", "values", "query", "M"))
    tracked = {name: at.tracked(name, dtype) for name in ("keys", "values", "query", "M")}
    contrasted = tracked["values"] - (tracked["M"].T @ tracked["values"]) * 0.5
    bound = tracked_attention(tracked["keys"], contrasted, tracked["query"])

    def side(keys: Array, values: Array, query: Array, M: Array, beta: Array) -> Array:
        return variants.attention(keys, variants.contrasted(values, M, beta), query)

    right, wrong = at.evaluate(side, lambda keys, values, query, M, beta: side(keys, values, query, M.T, beta))
    require(negative_sample_attention(keys, values, query[None], M, 0.5)[0], bound, right, wrong)


@pytest.mark.parametrize("dtype", DTYPES)
def test_augmented_attention_augments_keys_and_values(dtype: str) -> None:
    at = Inputs({name: GIVEN[name] for name in ("keys", "values", "query")}, SIZES)
    keys, values, query = (at.tensor(name, dtype) for name in ("keys", "values", "query"))
    k, v, q = (at.tracked(name, dtype) for name in ("keys", "values", "query"))
    bound = tracked_attention(k * k, v * v * v, q)

    def side(keys: Array, values: Array, query: Array) -> Array:
        return variants.attention(keys**2, values**3, query)

    right, wrong = at.evaluate(side, lambda keys, values, query: variants.attention(keys, values**3, query))
    output = augmented_attention(keys, values, query[None], lambda x: x * x, lambda x: x * x * x)[0]
    require(output, bound, right, wrong)


def features(omega: Array, points: Array) -> Array:
    """[f d], [n d] -> [n f]"""
    return each(lambda x: random_features.feature(omega, x), points)


def estimated_attention(keys: Array, values: Array, query: Array, omega: Array) -> Array:
    weights = features(omega, keys) @ random_features.feature(omega, query)
    return weights @ values / weights.sum()


def tracked_features(omega: Tracked, x: Tracked) -> Tracked:
    """The exponents."""
    return x @ omega.T - (x * x).sum(-1, keepdims=True) / 2


def shifted_features(omega: Tracked, keys: Tracked, query: Tracked) -> tuple[Tracked, Tracked]:
    """Features of keys over their largest by feature, and of the query times those, over the largest of them.

    A largest number is known as well as the numbers it is taken of.  [f d], [n d], [d] -> [n f], [1 f]
    """
    of_keys, of_query = (tracked_features(omega, x) for x in (keys, query.reshape(1, -1)))
    largest = Tracked(of_keys.value.max(0), of_keys.error.max(0), of_keys.model)
    of_query = of_query + largest
    top = Tracked(of_query.value.max(-1), of_query.error.max(-1), of_query.model)
    return (of_keys - largest).exp(), (of_query - top).exp()


@pytest.mark.parametrize("dtype", DTYPES)
def test_random_feature_attention_is_a_quotient_of_estimates(dtype: str) -> None:
    given: dict[str, Domain] = {
        **{name: GIVEN[name] for name in ("keys", "values", "query")},
        "omega": real("f d"),
    }
    at = Inputs(given, SIZES)
    keys, values, query, omega = (at.tensor(name, dtype) for name in given)
    k, v, q, w = (at.tracked(name, dtype) for name in given)
    of_keys, of_query = shifted_features(w, k, q)
    ones = exact(np.ones((5, 1)), v.model)
    both = stack([v.T[0], v.T[1], ones.T[0]]).T
    sums = of_query @ (of_keys.T @ both)
    bound = sums[:, :2] / sums[:, 2:]
    right, wrong = at.evaluate(
        estimated_attention,
        lambda keys, values, query, omega: softmax_attention.attention(keys, values, query),
    )
    require(random_feature_attention(keys, values, query[None], omega)[0], bound[0], right, wrong)


def test_random_features_neither_overflow_nor_vanish() -> None:
    x = 40 * torch.eye(3)
    output = random_feature_attention(x, x, x, torch.eye(3))
    assert bool(output.isfinite().all())
    # One key, whose weight is 1, on features that are all but 0 where the query's are not.
    far, one = torch.tensor([[200.0, 0.0]]), torch.ones(1, 1)
    assert random_feature_attention(far, one, far.flip(-1), torch.eye(2)).tolist() == [[1.0]]


def test_a_mask_hides_keys() -> None:
    torch.manual_seed(0)
    keys, values = torch.randn(4, 3), torch.randn(4, 2)
    causal = torch.ones(4, 4, dtype=torch.bool).tril()
    masked = attention(keys, values, keys, mask=causal)
    changed = values.clone()
    changed[2:] = 7
    assert torch.equal(masked[:2], attention(keys, changed, keys, mask=causal)[:2])
    assert torch.equal(masked[0], values[0])


def test_means_over_negatives() -> None:
    is_negative = torch.tensor([[False, True], [True, False], [True, False]])[:2]
    M = negatives_matrix(is_negative, torch.float64)
    assert M.tolist() == [[0, 1], [1, 0]]
    none = negatives_matrix(torch.zeros(2, 2, dtype=torch.bool), torch.float64)
    assert none.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("keys", "values", "queries"),
    [((3, 2), (4, 2), (1, 2)), ((3, 2), (3, 2), (1, 3))],
    ids=["tokens", "widths"],
)
def test_shapes_that_do_not_fit_are_refused(
    keys: tuple[int, ...], values: tuple[int, ...], queries: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="keys"):
        attention(torch.zeros(keys), torch.zeros(values), torch.zeros(queries))
