"""Backward passes of the modules are the gradients of the claims' sides, within derived bounds."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import pi, sqrt
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")
import torch
from torch import Tensor
from torch.func import functional_call

from equivalences import Array, dot, exp, gradient, log, positive, real
from equivalences import sqrt as root
from equivalences.claims.causality import quarter
from equivalences.claims.contrastive import regularised_step, variants
from equivalences.claims.memory import divergence as divergences
from equivalences.claims.memory import head, sparsemax
from equivalences.claims.mesa import compressed_layer
from equivalences.language.domain import Domain
from equivalences.modules import (
    CompressedAlgorithm,
    MemoryHead,
    continuous_softmax,
    continuous_sparsemax,
    divergence,
    negative_sample_attention,
    random_feature_attention,
    regularised_attention,
    sim_aou,
)

from . import test_attention, test_compressed, test_memory, test_similarity
from .exact import DTYPES, Inputs, Side, require
from .rounding import Tracked, concatenate, exact, gradients, rounded, stack

SIZES = {"n": 4, "m": 3, "d": 3, "v": 2, "e": 2, "f": 5, "s": 2}
ATTENTION: dict[str, Domain] = {"keys": real("n d"), "values": real("n v"), "query": real("d"), "g": real("v")}
CENTRES, WIDTHS = test_memory.CENTRES, test_memory.WIDTHS
READ: dict[str, Domain] = {
    **test_memory.BASIS,
    "mu": real(),
    "variance": positive(),
    "g": real("m"),
}
ON_BASIS = {"centres": CENTRES, "widths": WIDTHS}


@dataclass(frozen=True)
class Case:
    """A module, the same operations tracked, and a side; `g` is what the output is multiplied with."""

    given: Mapping[str, Domain]
    wrt: tuple[str, ...]
    module: Callable[[Mapping[str, Tensor]], Tensor]
    tracked: Callable[[Mapping[str, Tracked]], Tracked]
    side: Side
    fixed: Mapping[str, Any] = field(default_factory=dict)


def attention(keys: Tracked, values: Tracked, query: Tracked) -> Tracked:
    return test_attention.tracked_attention(keys, values, query).reshape(-1)


def random_features(x: Mapping[str, Tracked]) -> Tracked:
    of_keys, of_query = test_attention.shifted_features(x["omega"], x["keys"], x["query"])
    columns = x["values"].T
    sums = of_query @ (of_keys.T @ stack([columns[0], columns[1], exact(np.ones(4), of_keys.model)]).T)
    return (sums[:, :2] / sums[:, 2:]).reshape(-1)


def sparsemax_of(x: Mapping[str, Tracked]) -> Tracked:
    mu, variance = x["mu"], x["variance"]
    widths, norm = exact(WIDTHS, mu.model), rounded(sqrt(2 * pi), mu.model)
    half = rounded(sqrt(2), mu.model)
    a = (variance * 1.5).power(1 / 3)
    away = exact(CENTRES, mu.model) - mu
    low, high = (-a - away) / widths, (a - away) / widths
    at_low, at_high = (-low * low / 2).exp() / norm, (-high * high / 2).exp() / norm
    inside = ((high / half).erf() - (low / half).erf()) / 2
    squares = widths * widths
    edges = away * 2 * widths * (at_low - at_high) + squares * (low * at_low - high * at_high)
    return ((a * a - away * away - squares) * inside - edges) / (variance * 2)


def softmax_of(mu: Tracked, variance: Tracked) -> Tracked:
    wide = (variance + exact(np.square(WIDTHS), mu.model)).sqrt()
    return test_memory.tracked_density(mu, exact(CENTRES, mu.model), wide)


def divergence_of(x: Mapping[str, Tracked]) -> Tracked:
    ratio, off = x["variance"] / 0.25, x["mu"] - 0.25
    return (ratio - ratio.log() - 1) / 2 + off * off / 0.5


def head_of(x: Mapping[str, Tracked]) -> Tracked:
    scores = (x["query"].reshape(1, -1) @ (x["B"] @ x["W_K"]).T) / rounded(sqrt(3), x["B"].model)
    mu, variance = (scores @ x[name].reshape(-1, 1) for name in ("w_mu", "w_sigma"))
    return (softmax_of(mu.sigmoid(), variance.softplus()) @ (x["B"] @ x["W_V"])).reshape(-1)


def head_module(x: Mapping[str, Tensor]) -> Tensor:
    dtype = str(x["B"].dtype).removeprefix("torch.")
    weights = {
        "to_keys.weight": x["W_K"].T,
        "to_values.weight": x["W_V"].T,
        "to_position.weight": x["w_mu"][None],
        "to_variance.weight": x["w_sigma"][None],
    }
    module = MemoryHead(test_memory.basis_of(dtype), 2, 3, 2)
    result: Tensor = functional_call(module, weights, (x["B"], x["query"][None]))[0]
    return result


def similarity_of(x: Mapping[str, Tracked]) -> Tracked:
    z, a, b = (y / test_similarity.length(y) for y in (x["base"], x["icl"], x["ft"]))
    return test_similarity.cosine(a - z, b - z)


def numbers(x: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    def at(name: str) -> float:
        y = x[name]
        return float(y.value) if isinstance(y, Tracked) else float(y)

    forms = [[[at(f"now{h}"), at(f"before{h}")], [at(f"cross{h}"), at(f"own{h}")]] for h in (1, 2)]
    return np.array(forms), np.array([[at(f"p{h}"), at(f"q{h}")] for h in (1, 2)])


def compressed_module(x: Mapping[str, Tensor]) -> Tensor:
    forms, values = numbers(x)
    algorithm = CompressedAlgorithm(1, 2, 3).to(x["states"].dtype)
    with torch.no_grad():
        algorithm.forms.zero_()[0, :, 1:, 1:] = torch.tensor(forms)
        algorithm.values.zero_()[0, :, 0, 1:] = torch.tensor(values)
    return test_compressed.in_first_slot(algorithm.predict(x["states"]))


def compressed_of(x: Mapping[str, Tracked]) -> Tracked:
    first = test_compressed.tracked_layer(x["states"], *numbers(x)).T
    zero = exact(np.zeros(4), first.model)
    return stack([first[0], first[1], zero, zero, zero, zero]).T


CASES = {
    "regularised": Case(
        {**ATTENTION, "test_keys": real("m d"), "test_values": real("m v"), "alpha": real()},
        ("keys", "values", "test_keys", "test_values", "query"),
        lambda x: regularised_attention(
            x["keys"], x["values"], x["test_keys"], x["test_values"], x["query"][None], 0.25
        )[0],
        lambda x: attention(
            concatenate([x["keys"], x["test_keys"]]),
            concatenate([x["values"], x["test_values"] * 0.75]),
            x["query"],
        ),
        regularised_step.shrunk_attention,
        {"alpha": [0.25]},
    ),
    "negative samples": Case(
        {**ATTENTION, "M": real("n n"), "beta": real()},
        ("keys", "values", "query", "M"),
        lambda x: negative_sample_attention(x["keys"], x["values"], x["query"][None], x["M"], 0.5)[0],
        lambda x: attention(x["keys"], x["values"] - (x["M"].T @ x["values"]) * 0.5, x["query"]),
        lambda keys, values, query, M, beta: variants.attention(
            keys, variants.contrasted(values, M, beta), query
        ),
        {"beta": [0.5]},
    ),
    "random features": Case(
        {**ATTENTION, "omega": real("f d")},
        ("keys", "values", "query", "omega"),
        lambda x: random_feature_attention(x["keys"], x["values"], x["query"][None], x["omega"])[0],
        random_features,
        test_attention.estimated_attention,
    ),
    "continuous softmax": Case(
        READ,
        ("mu", "variance"),
        lambda x: continuous_softmax(
            test_memory.basis_of(str(x["mu"].dtype).removeprefix("torch.")), x["mu"], x["variance"]
        ),
        lambda x: softmax_of(x["mu"], x["variance"]),
        head.blurred,
        ON_BASIS,
    ),
    "continuous sparsemax": Case(
        READ,
        ("mu", "variance"),
        lambda x: continuous_sparsemax(
            test_memory.basis_of(str(x["mu"].dtype).removeprefix("torch.")), x["mu"], x["variance"]
        ),
        sparsemax_of,
        lambda mu, variance, centres, widths: sparsemax.closed_form(
            mu, exp(log(3 * variance / 2) / 3), centres, widths
        ),
        ON_BASIS,
    ),
    "divergence": Case(
        {"mu": real(), "variance": positive(), "mu0": real(), "sigma0": positive(), "g": real()},
        ("mu", "variance"),
        lambda x: divergence(x["mu"], x["variance"], 0.25, 0.25),
        divergence_of,
        lambda mu, variance, mu0, sigma0: divergences.closed_form(mu, root(variance), mu0, sigma0),
        {"mu0": [0.25], "sigma0": [0.5]},
    ),
    "memory head": Case(
        {
            **test_memory.BASIS,
            "B": real("m e"),
            "W_K": real("e d"),
            "W_V": real("e v"),
            "query": real("d"),
            "w_mu": real("m"),
            "w_sigma": real("m"),
            "g": real("v"),
        },
        ("B", "W_K", "W_V", "query", "w_mu", "w_sigma"),
        head_module,
        head_of,
        test_memory.head_side,
        ON_BASIS,
    ),
    "normalised similarity": Case(
        {"base": real("f"), "icl": real("f"), "ft": real("f"), "g": real()},
        ("base", "icl", "ft"),
        lambda x: sim_aou(x["base"], x["icl"], x["ft"], normalise=True),
        similarity_of,
        quarter.normalised_similarity,
    ),
    "compressed": Case(
        {**test_compressed.GIVEN, "g": real("n s+s+s")},
        ("states",),
        compressed_module,
        compressed_of,
        compressed_layer.prediction,
    ),
}


def named(f: Callable[..., Array], names: list[str]) -> Side:
    """The function of a mapping as one of named arguments, which tracing and `gradient` look at."""

    def side(*args: Array, **kwargs: Array) -> Array:
        return f({**dict(zip(names, args, strict=False)), **kwargs})

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    side.__signature__ = inspect.Signature([inspect.Parameter(n, kind) for n in names])  # type: ignore[attr-defined]
    return side


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "wrt"), [(name, wrt) for name, case in CASES.items() for wrt in case.wrt])
def test_a_backward_pass_is_the_gradient_of_the_side(name: str, wrt: str, dtype: str) -> None:
    case = CASES[name]
    at = Inputs(case.given, SIZES, 3, **case.fixed)
    tensors = {n: at.tensor(n, dtype).requires_grad_(n in case.wrt) for n in case.given}
    case.module(tensors).backward(tensors["g"])
    tracked = {n: at.tracked(n, dtype) for n in case.given}
    (bound,) = gradients(case.tracked(tracked), tracked["g"], tracked[wrt])
    names = list(inspect.signature(case.side).parameters)
    along = named(lambda x: dot(x["g"], case.side(**{n: x[n] for n in names})), [*names, "g"])

    def by_input(x: Mapping[str, Array]) -> Array:
        return gradient(along, wrt=wrt)(*(x[n] for n in [*names, "g"]))

    right, wrong = at.evaluate(
        named(by_input, [*names, "g"]), named(lambda x: by_input({**x, "g": 2 * x["g"]}), [*names, "g"])
    )
    found = tensors[wrt].grad
    assert found is not None
    require(found, bound, right, wrong)
