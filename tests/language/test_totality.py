"""Where a term's form shows that it is defined, and where it does not."""

from typing import Any

import pytest

from equivalences import (
    Array,
    causal,
    exp,
    expectation,
    gradient,
    identity,
    inverse,
    log,
    mask,
    normal,
    positive,
    positive_definite,
    real,
    relu,
    scan,
    softmax,
    solve,
    sqrt,
    zeros,
)
from equivalences.language.arguments import make
from equivalences.language.domain import Domain
from equivalences.language.totality import needs

GIVEN: dict[str, Domain] = {
    "t": real(),
    "p": positive(),
    "x": real("n"),
    "A": real("n d"),
    "S": positive_definite("d"),
    "M": real("d d"),
    "m": mask("n"),
}


def needed(f: Any) -> frozenset[str]:
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    value = f(*(make(name, GIVEN[name]) for name in names))
    assert isinstance(value, Array)
    return needs(value.term, given=GIVEN)


DEFINED = {
    "by a positive": lambda t, p: t / (p + t**2),
    "root of a sum of squares": lambda t, p: sqrt(t**2 + p),
    "log of an exponential": lambda t: log(1 + exp(t)),
    "ridge": lambda A, p: inverse(A.T @ A + p * identity("d")),
    "ridge, weighted": lambda A, p: inverse(p * A.T @ A + identity("d")),
    "solve with a definite matrix": lambda S: solve(S, S),
    "causal softmax": lambda A: softmax(A @ A.T, where=causal("n")),
    "derivative of a square": lambda t: gradient(lambda u: u**2)(t),
    "recurrence": lambda x: scan(lambda s, r: s * r, zeros(""), x),
    "mean of a polynomial": lambda t: expectation(lambda w: (w * t) ** 4, over=normal()),
}

UNDEFINED = {
    "by a real": lambda t: 1 / t,
    "by a square": lambda t: 1 / t**2,
    "by a difference": lambda t, p: 1 / (p - t**2),
    "root of a real": lambda t: sqrt(t),
    "log of a square": lambda t: log(t**2),
    "a matrix": lambda M: inverse(M),
    "a Gram matrix": lambda A: inverse(A.T @ A),
    "a ridge of the wrong sign": lambda A, p: inverse(A.T @ A - p * identity("d")),
    "softmax over nothing": lambda x, m: softmax(x, where=m),
    "strictly causal softmax": lambda A: softmax(A @ A.T, where=causal("n", strict=True)),
    "derivative of a root": lambda t: gradient(lambda u: sqrt(u**2))(t),
    "derivative at a kink": lambda t: gradient(lambda u: relu(u))(t),
    "root in a recurrence": lambda x: scan(lambda s, r: s + sqrt(r), zeros(""), x),
    "mean of an exponential of a square": lambda t: expectation(lambda w: exp(t * w**2), over=normal()),
    "mean of a quotient": lambda t: expectation(lambda w: t / w, over=normal()),
}


@pytest.mark.parametrize("name", DEFINED)
def test_what_is_visibly_defined_needs_nothing(name: str) -> None:
    assert not needed(DEFINED[name])


@pytest.mark.parametrize("name", UNDEFINED)
def test_what_need_not_be_defined_has_a_need_and_equal_terms_have_equal_needs(name: str) -> None:
    assert needed(UNDEFINED[name])
    assert needed(UNDEFINED[name]) == needed(UNDEFINED[name])


def test_needs_are_those_of_factors() -> None:
    of_product = needed(lambda t, x: x / (t * x))
    assert of_product == needed(lambda t, x: x / t / x)
    assert needed(lambda t: 1 / t) < of_product
    assert needed(lambda t, p: sqrt(t) / sqrt(t) + p) != needed(lambda t: sqrt(t))
