"""The sides of claims at exact inputs, and the comparison of a module's output with them."""

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")
import torch
from torch import Tensor

from equivalences import Array, Claim
from equivalences.language.domain import Domain, Numbers
from equivalences.language.evidence import Instance
from equivalences.language.tracing import trace
from equivalences.numeric.balls.ballarray import BallArray
from equivalences.numeric.balls.evaluation import Evaluation
from equivalences.numeric.balls.precision import precision

from ..numeric.samples import ends
from .rounding import Model, Tracked, exact

BITS = 300
SLACK = 1 + 2.0**-20
"""A bound is itself computed, by fewer than 2³⁰ roundings of 2⁻⁵³ of numbers that are not negative."""
DTYPES = ("float64", "float32")
Side = Callable[..., Array]


class Inputs:
    """Dyadic entries that both formats hold, for the domains of a statement."""

    def __init__(
        self, given: Mapping[str, Domain], sizes: Mapping[str, int], seed: int = 0, **fixed: Any
    ) -> None:
        rng = random.Random(seed)
        self.given, self.sizes = given, dict(sizes)
        self.values: dict[str, tuple[Fraction, ...]] = {}
        for name, domain in given.items():
            if not isinstance(domain, Numbers):
                continue
            count = prod(self.extent(axis) for axis in domain.axes)
            entries = [Fraction(rng.randint(-16, 16), 16) for _ in range(count)]
            if domain.constraint == "positive":
                entries = [abs(x) / 2 + Fraction(1, 2) for x in entries]
            if name in fixed:
                entries = [Fraction(float(x)) for x in np.ravel(fixed[name])]
            self.values[name] = tuple(entries)

    def shape(self, name: str) -> tuple[int, ...]:
        domain = self.given[name]
        assert isinstance(domain, Numbers)
        return tuple(self.extent(axis) for axis in domain.axes)

    def extent(self, axis: str) -> int:
        return sum(self.sizes[part] for part in axis.split("+"))

    def array(self, name: str) -> Any:
        return np.array([float(x) for x in self.values[name]]).reshape(self.shape(name))

    def tensor(self, name: str, dtype: str) -> Tensor:
        return torch.tensor(self.array(name), dtype=getattr(torch, dtype))

    def tracked(self, name: str, dtype: str) -> Tracked:
        return exact(self.array(name), Model.of(dtype))

    def evaluate(self, side: Side, near_miss: Side) -> tuple[BallArray, BallArray]:
        """Enclosures of a side and of what it might be mistaken for."""
        comparison = trace(Claim("a-module", "a module", self.given, side, near_miss))
        with precision(BITS):
            evaluation = Evaluation(comparison, Instance(self.sizes, self.values))
            return evaluation.value(comparison.lhs), evaluation.value(comparison.rhs)


def distances(output: Tensor, balls: BallArray) -> list[Fraction]:
    """How far each entry can be from what its ball encloses."""
    entries = [Fraction(x) for x in output.detach().double().flatten().tolist()]
    assert tuple(output.shape) == tuple(balls.shape), (output.shape, balls.shape)
    both = zip(entries, map(ends, balls.entries), strict=True)
    return [max(abs(x - low), abs(x - high)) for x, (low, high) in both]


def require(output: Tensor, bound: Tracked, right: BallArray, wrong: BallArray) -> None:
    """The output is as near to the right value as the bound says, and the bound tells it from the wrong one."""
    allowed = [Fraction(float(e)) * Fraction(SLACK) for e in np.ravel(bound.error)]
    assert len(allowed) == len(right.entries)
    off = distances(output, right)
    assert all(x <= e for x, e in zip(off, allowed, strict=True)), max(
        float(x / e) for x, e in zip(off, allowed, strict=True) if e
    )
    missed = distances(output, wrong)
    assert any(x > 2 * e for x, e in zip(missed, allowed, strict=True)), "the bound tells nothing"
