"""Means tested by sampling: an anytime-valid test of the stated mean, given the stated variance.

With φ(x) = log(1 + x + x²/2) for x ≥ 0 and φ(−x) = −φ(x) (Catoni 2012), e^φ(x) ≤ 1 + x + x²/2. So where
E X = μ and E (X − μ)² = V, the product of e^{φ(λ(Xᵢ − μ)) − λ²V/2} is a supermartingale, and likewise with
−φ. By Ville's inequality |Σ φ(λ(Xᵢ − μ))| stays below nλ²V/2 + log(2/α) for all n at once, but for a chance of
α (Wang and Ramdas, Catoni-style confidence sequences, 2023). No tail is assumed; φ changes by no more than its
argument, so that rounding errors of X and μ, which are bounded, widen the threshold by λ times themselves.

A mean of a random array is tested entry by entry, α being shared among inputs and entries. An entry whose
stated variance is 0 within its rounding error has to be its mean at every draw.

The stated variance is tested too. Where it is V or less, Y = (X − μ)²/V has a mean of 1 or less, and the
product of 1 + β(Yᵢ − 1) is a supermartingale for each 0 ≤ β ≤ 1, and so is the mean of these products over
several β (Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, 2024). A variance
that is stated too large makes the test blind. No test that assumes nothing of tails can reject it, but a run
whose draws spread far less says nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import log, sqrt
from typing import Any, TypeAlias

import numpy as np

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Numbers
from equivalences.language.evidence import Instance, Options
from equivalences.language.term import Bound, Expectation, Law, Term, Variable, rewrite
from equivalences.language.totality import needs

from .cases import Arrays, extent, make_cases, positions_of, sampled
from .compile.graph import Unsupported
from .compile.kernel import Kernel, compile_comparison
from .device.backend import Backend
from .device.model import Model
from .plan import axes_of

Array: TypeAlias = Any

ALPHA = 1e-6
"""The chance that a true mean is rejected anywhere in a run."""
INPUTS = 6
BATCH = 2048
DRAWN = "drawn·"
"""The random array, among the arrays of an instance: no variable has such a name."""
STREAM = 1 << 40
"""Added to an input's number, the random key of its draws."""
FAMILY = "uniform"
STAKES = (1 / 32, 1 / 8, 1 / 2, 7 / 8)
"""The β by which a variance that is too small is bet against."""
NARROWEST = 1 / 16
"""The least share of the stated variance that the draws have to show."""


@dataclass(frozen=True, kw_only=True)
class Test:
    """What came of one input.

    Attributes:
        instance: the input, exactly.
        address: the input, in words.
        count: how many draws.
        ratio: the largest |Σ φ| over its threshold, of all entries and all n; NaN where one is not finite.
        noticed: whether a mean that is off by ``power`` standard deviations would have been rejected.
        power: that number.
        spread: the least and the largest mean of (X − μ)²/V over the draws, of all entries.
        wider: whether the draws spread more than the stated variance allows.
    """

    instance: Instance
    address: str
    count: int
    ratio: float
    noticed: bool
    power: float
    spread: tuple[float, float] = (0.0, 0.0)
    wider: bool = False

    @property
    def narrow(self) -> bool:
        """Whether the draws spread so much less than stated that a wrong mean might hide."""
        return not self.spread[0] >= NARROWEST

    @property
    def rejected(self) -> bool:
        """Whether the stated mean is rejected."""
        return self.ratio >= 1


@dataclass(frozen=True)
class Sampler:
    """A mean at some sizes, compiled: what is averaged with the stated mean, and the stated variance."""

    comparison: Comparison
    sizes: Mapping[str, int]
    law: Law
    shape: tuple[int, ...]
    body: Kernel
    variance: Kernel


def is_sampled(comparison: Comparison) -> bool:
    """Whether the left side is a mean whose variance is stated."""
    return comparison.variance is not None


def sampler_of(comparison: Comparison, sizes: Mapping[str, int], model: Model) -> Sampler:
    """The kernels of a mean.

    Raises:
        Unsupported: the body, the mean or the variance has no batched form, or the body need not be defined.
    """
    mean, variance = comparison.lhs, comparison.variance
    assert isinstance(mean, Expectation)
    assert variance is not None
    drawn = Variable(DRAWN, mean.variable.axes)

    def opened(term: Term) -> Term | None:
        return drawn if term is mean.variable else None

    renamed = Bound(DRAWN, mean.variable.axes)

    def other(term: Term) -> Term | None:
        return renamed if term is mean.variable else None

    given = comparison.given
    if needs(mean.body, given=given) - needs(rewrite(mean.body, other), given=given):
        raise Unsupported("a mean of what is not visibly defined for every draw")
    given = {**comparison.given, DRAWN: Numbers(mean.variable.axes)}
    body = replace(comparison, given=given, lhs=rewrite(mean.body, opened), variance=None)
    spread = replace(comparison, lhs=variance, variance=None)
    shape = tuple(extent(axis, sizes) for axis in mean.variable.axes)
    kernels = compile_comparison(body, sizes, model), compile_comparison(spread, sizes, model)
    return Sampler(comparison, sizes, mean.law, shape, *kernels)


def sizes_of(comparison: Comparison) -> Iterator[Mapping[str, int]]:
    """The sizes of a run: all different, all 1, all 4."""
    axes = axes_of(comparison)
    yield {axis: 2 + k for k, axis in enumerate(axes)}
    yield dict.fromkeys(axes, 1)
    yield dict.fromkeys(axes, 4)


def run(comparison: Comparison, backend: Backend, model: Model, options: Options) -> list[Test]:
    """Test the mean at ``INPUTS`` inputs, by ``options.instances`` draws each.

    Raises:
        Unsupported: a kernel has no batched form.
    """
    samplers = [sampler_of(comparison, sizes, model) for sizes in sizes_of(comparison)]
    return [test(samplers[k % len(samplers)], backend, options, k, k // len(samplers)) for k in range(INPUTS)]


def test(sampler: Sampler, backend: Backend, options: Options, number: int, item: int) -> Test:
    """Test the mean at one input."""
    comparison, sizes, count = sampler.comparison, sampler.sizes, options.instances
    arrays = inputs(comparison, sizes, options.seed, item)
    positions = positions_of(comparison, FAMILY, sizes, options.seed, item)
    one = {name: backend.put(array) for name, array in arrays.items()}
    spread, doubt = (
        np.ravel(backend.get(a)).astype(float) for a in sampler.variance.bounds(backend, one, positions)[:2]
    )
    entries = len(spread)
    bar = log(2 * entries * INPUTS / ALPHA)
    power = 3 * sqrt(2 * bar / count)
    shown = ", ".join(f"{axis}={size}" for axis, size in sizes.items())
    result = Test(
        instance=exactly(sizes, arrays, positions),
        address=f"{shown or 'scalars'}, seed {options.seed}, input {item}",
        count=count,
        ratio=float("nan"),
        noticed=False,
        power=power,
    )
    if not np.all(spread >= -doubt):
        return result
    fixed = spread <= doubt
    spread = np.where(fixed, 1.0, spread)
    rate = np.sqrt(2 * bar / (count * spread))
    sums = np.zeros((3, entries))
    slack, worst, done = np.zeros(entries), 0.0, 0
    stakes = np.array(STAKES)[:, None, None]
    wealth, squares, wider = np.zeros((len(STAKES), entries)), np.zeros(entries), False
    generator = np.random.Generator(np.random.Philox(key=[options.seed % 2**64, STREAM + number]))
    while done < count:
        size = min(BATCH, count - done)
        batch = {name: backend.put(np.repeat(array, size, axis=0)) for name, array in arrays.items()}
        batch[DRAWN] = backend.put(draws(generator, sampler.law, (size, *sampler.shape)))
        found = sampler.body.bounds(backend, batch, positions)
        x, x_error, mean, mean_error = (np.reshape(backend.get(a), (-1, entries)).astype(float) for a in found)
        away = x - mean
        error = np.broadcast_to(x_error + mean_error, x.shape)
        least = np.maximum(np.abs(away) - error, 0) ** 2 / spread
        wealth_of = wealth[:, None] + np.cumsum(np.log1p(stakes * (least - 1)), axis=1)
        wider = wider or bool(np.any(np.logaddexp.reduce(wealth_of) - log(len(STAKES)) >= bar))
        wealth, squares = wealth_of[:, -1], squares + np.sum(away**2 / spread, axis=0)
        sums_of = [
            np.cumsum(phi(rate * (away + shift * np.sqrt(spread))), axis=0) for shift in (0.0, power, -power)
        ]
        slack_of = slack + np.cumsum(rate * error, axis=0)
        steps = done + np.arange(1, size + 1)[:, None]
        threshold = steps * rate**2 * spread / 2 + bar + slack_of
        ratio = np.abs(sums[0] + sums_of[0]) / threshold
        ratio = np.where(fixed, np.where(np.abs(away) <= error, 0.0, np.inf), ratio)
        known = ~np.isnan(ratio) & np.isfinite(threshold)
        worst = float(np.max(np.where(known, ratio, np.nan), initial=worst))
        sums, slack, done = sums + np.array([s[-1] for s in sums_of]), slack_of[-1], done + size
    noticed = bool(np.all((np.abs(sums[1:]) > threshold[-1]) | fixed))
    shares = np.where(fixed, 1.0, squares / count)
    return replace(
        result,
        ratio=worst,
        noticed=noticed,
        spread=(float(np.min(shares)), float(np.max(shares))),
        wider=wider,
    )


def inputs(comparison: Comparison, sizes: Mapping[str, int], seed: int, item: int) -> Arrays:
    """One instance: dyadic numbers below 1/4 in size, so that exponentials of products stay near 1."""
    arrays = make_cases(comparison, FAMILY, sizes, seed=seed, first=item, count=1)
    scaled = {n for n, d in sampled(comparison).items() if d.constraint in ("real", "positive")}
    return {name: array / 8 if name in scaled else array for name, array in arrays.items()}


def exactly(sizes: Mapping[str, int], arrays: Arrays, positions: Mapping[str, int]) -> Instance:
    """The same in rationals."""
    values = {name: tuple(Fraction(x) for x in array.ravel().tolist()) for name, array in arrays.items()}
    return Instance(dict(sizes), {**values, **{name: (Fraction(k),) for name, k in positions.items()}})


def draws(generator: np.random.Generator, law: Law, shape: tuple[int, ...]) -> Array:
    """Random arrays, one a row.  -> [count …]"""
    if law == "signs":
        return 2.0 * generator.integers(0, 2, size=shape) - 1.0
    return generator.standard_normal(size=shape)


def phi(x: Array) -> Array:
    """Catoni's influence function, entry by entry."""
    size = np.abs(x)
    return np.sign(x) * np.log1p(size + size * size / 2)


def rows(tests: Sequence[Test]) -> list[dict[str, Any]]:
    """The table of the page."""
    return [
        {
            "input": t.address,
            "draws": t.count,
            "ratio": f"{t.ratio:.2f}",
            "power": f"{t.power:.2g}",
            "noticed": t.noticed,
            "spread": f"{t.spread[0]:.2f} to {t.spread[1]:.2f}",
        }
        for t in tests
    ]
