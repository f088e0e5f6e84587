"""How many instances of what: sizes, families and precisions of a stress check.

Sizes are small and all different, where a wrong axis shows; all 1, where edges are; and larger, where
rounding accumulates. Most instances are small: they cost little, and false claims fail there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import get_args

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Features, Index, Numbers, UnknownFunction
from equivalences.language.evidence import Options
from equivalences.language.term import Axes, LoopReads, LoopState, Size, summands, walk

from .cases import extent, sampled
from .compile.kernel import Unsupported
from .compile.points import features_needed, require_free_features
from .compile.polynomial import exact_lane
from .device.model import Precision
from .families import FAMILIES
from .stress import Shard
from .workbench import Workbench

BITS = 12
"""Of an entry in the bounded lane: single precision holds it, and what families make of it."""
EXACT_BITS = (12, 7, 5, 3, 2)
TRAFFIC = 1 << 14
"""Bytes of intermediate values that a share may have for each instance of the run."""
WEIGHTS = 1 << 18
"""Of an unknown function of whole arrays, at most."""
MINIMUM = 2 * len(FAMILIES)
"""Instances that every share has, whatever it costs: one of each family and precision."""
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


@dataclass(frozen=True)
class Share:
    """Sizes, and how much of the run is spent on them."""

    sizes: Mapping[str, int]
    percent: int


def axes_of(comparison: Comparison) -> tuple[str, ...]:
    """The names of all axes, in order of appearance; not those of features, whose size is a means."""
    features = {d.features for d in comparison.given.values() if isinstance(d, Features)}
    written: list[str] = []
    for domain in comparison.given.values():
        match domain:
            case Numbers(axes, _):
                written += axes
            case Index(axis):
                written.append(axis)
    kernels = [kernel.value for kernel in comparison.kernels.values()]
    assumed = [side for pair in comparison.assumptions for side in pair]
    for term in walk(comparison.lhs, comparison.rhs, *comparison.realised.values(), *assumed, *kernels):
        written += term.axes
        match term:
            case Size(axis):
                written.append(axis)
            case LoopState(loop) | LoopReads(loop):
                written.append(loop.axis)
    written += [d.points for d in comparison.given.values() if isinstance(d, Features)]
    names = [name for axis in written for name in summands(axis) if name != "1"]
    return tuple(name for name in dict.fromkeys(names) if name not in features)


def shares_of(comparison: Comparison) -> tuple[Share, ...]:
    """The sizes of a run: all different, all different the other way round, 1, 8 and 16.

    Raises:
        Unsupported: an axis of features is another axis too.

    >>> from equivalences.language.term import Variable
    >>> x = Variable("x", ("n", "d"))
    >>> [share.sizes for share in shares_of(Comparison({}, x, x))][:2]
    [{'n': 3, 'd': 2}, {'n': 2, 'd': 3}]
    """
    require_free_features(comparison)
    names = axes_of(comparison)
    features = [d for d in comparison.given.values() if isinstance(d, Features)]

    def complete(sizes: dict[str, int]) -> dict[str, int]:
        return {**sizes, **{d.features: features_needed(comparison, d, sizes) for d in features}}

    ascending = range(2, 2 + len(names))
    different = [3, 2, *range(4, 2 + len(names))][: len(names)]
    if not names:
        return (Share(complete({}), 100),)
    return (
        Share(complete(dict(zip(names, different, strict=True))), 40),
        Share(complete(dict(zip(names, ascending, strict=True))), 25),
        Share(complete(dict.fromkeys(names, 1)), 5),
        Share(complete(dict.fromkeys(names, 8)), 27),
        Share(complete(dict.fromkeys(names, 16)), 3),
    )


def spread(instances: int, parts: int) -> list[int]:
    """Instances dealt out evenly, the first parts getting the rest.

    >>> spread(7, 3)
    [3, 2, 2]
    """
    return [instances // parts + (k < instances % parts) for k in range(parts)]


def is_usable(bench: Workbench, share: Share) -> bool:
    """Whether both precisions compile at these sizes, to two programs, and without too many weights."""
    if not is_small(bench.comparison, share):
        return False
    try:
        for dtype in PRECISIONS:
            bench.conditions(share.sizes, dtype)
        return not any(bench.kernel(share.sizes, dtype).is_trivial for dtype in PRECISIONS)
    except Unsupported:
        return False


def shards_of(bench: Workbench, first: Share, options: Options) -> Iterator[Shard]:
    """The shards of a run, one share after another, from the usable share ``first`` on.

    Sizes that are not usable are left out, and where they cost more than they may, fewer instances run
    there; what is spared runs at the first sizes.
    """
    shares = shares_of(bench.comparison)
    start = afford(bench, first, options.instances)
    yield from _deal(bench, first, options.seed, 0, start)
    spare = options.instances - start
    for share in shares[shares.index(first) + 1 :]:
        if is_usable(bench, share):
            instances = min(spare, afford(bench, share, options.instances))
            spare -= instances
            yield from _deal(bench, share, options.seed, 0, instances)
    yield from _deal(bench, first, options.seed, start, spare)


def _deal(bench: Workbench, share: Share, seed: int, start: int, instances: int) -> Iterator[Shard]:
    """Instances of one share, dealt out to precisions and families; ``start`` ran before."""
    kinds = [(dtype, family) for dtype in PRECISIONS for family in FAMILIES]
    before, after = spread(start, len(kinds)), spread(start + instances, len(kinds))
    for (dtype, family), begin, end in zip(kinds, before, after, strict=True):
        if begin < end:
            bits = exact_bits(bench.comparison, share.sizes, dtype) if FAMILIES[family].on_lattice else None
            yield Shard(
                family=family,
                sizes=tuple(share.sizes.items()),
                dtype=dtype,
                lane="bounded" if bits is None else "exact",
                seed=seed,
                first=begin,
                count=end - begin,
                bits=BITS if bits is None else bits,
            )


def is_small(comparison: Comparison, share: Share) -> bool:
    """Whether the weights that stand for unknown functions are few: each is derived from a hash."""
    functions = [d for d in comparison.given.values() if isinstance(d, UnknownFunction)]

    def entries(axes: Axes) -> int:
        return prod(extent(axis, share.sizes) for axis in axes)

    return all(entries(f.output) * sum(map(entries, f.inputs)) <= WEIGHTS for f in functions)


def afford(bench: Workbench, share: Share, instances: int) -> int:
    """How many instances a share gets."""
    cost = max(1, bench.kernel(share.sizes, "float64").memory_per_instance)
    return min(instances, instances * share.percent // 100, max(MINIMUM, instances * TRAFFIC // cost))


def exact_bits(comparison: Comparison, sizes: Mapping[str, int], dtype: Precision) -> int | None:
    """The most bits of an entry at which no polynomial of the sides rounds; None if there are none."""
    if any(domain.constraint == "positive definite" for domain in sampled(comparison).values()):
        return None
    fitting = (bits for bits in EXACT_BITS if exact_lane(comparison, sizes, bits, dtype))
    return next(fitting, None)
