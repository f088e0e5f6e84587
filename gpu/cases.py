"""Instances by address: every stress case is a function of seed, family, sizes and its number.

The bits are the words of Philox4x64-10 (Salmon, Moraes, Dror, Shaw, *Parallel random numbers: as easy as
1, 2, 3*, SC 2011), which are those of ``numpy.random.Philox``: the key is (seed, family), the counter
``instance · blocks + block``. So no instance depends on how a run is cut into chunks, on its workers or
its backend, and each can be made again alone. Values are dyadic rationals that the given precision holds
exactly: what a device computes with is what a proof replays.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Index, Numbers
from equivalences.language.evidence import Instance
from equivalences.language.term import summands

from .families import FAMILIES, Family, Lattice

Arrays: TypeAlias = dict[str, Any]

WORD = 64
WORDS_OF_A_BLOCK = 16
"""A block of four 64-bit words, read as 16-bit words."""
STRETCH = 32
"""Instances in a row that share the positions of the claim's indices, at most."""
POSITIONS = 1 << 32
"""Added to a family's number, the random key of its positions."""


def extent(axis: str, sizes: Mapping[str, int]) -> int:
    """The size of an axis: that of its parts, added.

    >>> extent("n+m+1", {"n": 2, "m": 3})
    6
    """
    return sum(1 if part == "1" else sizes[part] for part in summands(axis))


def sampled(comparison: Comparison) -> dict[str, Numbers]:
    """The variables that an instance has entries for: arrays that no hypothesis ties down."""
    return {
        name: domain
        for name, domain in comparison.given.items()
        if isinstance(domain, Numbers) and name not in comparison.realised
    }


def shapes_of(comparison: Comparison, sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """The shape of each sampled variable, without the batch."""
    return {
        name: tuple(extent(axis, sizes) for axis in domain.axes) for name, domain in sampled(comparison).items()
    }


def stretch_of(item: int) -> tuple[int, int]:
    """The instances that share an instance's positions: from where, up to where.

    The first stretches are short, so that a shard of a few instances has several positions.

    >>> [stretch_of(item) for item in (0, 1, 2, 7, 40)]
    [(0, 1), (1, 2), (2, 4), (4, 8), (32, 64)]
    """
    length = min(STRETCH, 1 << max(0, item.bit_length() - 1))
    start = item - item % length
    return start, start + length


def positions_of(
    comparison: Comparison, family: str, sizes: Mapping[str, int], seed: int, item: int
) -> dict[str, int]:
    """Where the claim's indices stand in an instance: random, and the same throughout its stretch."""
    indices = {name: domain.axis for name, domain in comparison.given.items() if isinstance(domain, Index)}
    blocks = max(1, -(-len(indices) // WORDS_OF_A_BLOCK))
    words = philox_words(
        seed, POSITIONS + FAMILIES[family].number, first=stretch_of(item)[0], count=1, blocks=blocks
    )
    unsigned = words[0].view("<u2").tolist()
    return {name: unsigned[k] % extent(axis, sizes) for k, (name, axis) in enumerate(indices.items())}


def last_positions(comparison: Comparison, sizes: Mapping[str, int]) -> dict[str, int]:
    """The claim's indices at the end of their axes, where a prefix is longest."""
    indices = {name: domain.axis for name, domain in comparison.given.items() if isinstance(domain, Index)}
    return {name: extent(axis, sizes) - 1 for name, axis in indices.items()}


def philox_words(seed: int, stream: int, first: int, count: int, blocks: int) -> Any:
    """The 16-bit words of instances ``first`` to ``first + count``, signed, [count, 16·blocks]."""
    before = first * blocks - 1  # NumPy steps the counter before it makes a block
    counter = [(before >> (WORD * k)) & (2**WORD - 1) for k in range(4)]
    generator = np.random.Philox(key=[seed % 2**WORD, stream], counter=counter)
    return generator.random_raw(count * blocks * 4).view("<i2").reshape(count, WORDS_OF_A_BLOCK * blocks)


def make_cases(
    comparison: Comparison,
    family: str,
    sizes: Mapping[str, int],
    *,
    seed: int,
    first: int,
    count: int,
    dtype: str = "float64",
    bits: int = 12,
) -> Arrays:
    """The arrays of ``count`` instances, each with a leading axis of that length.

    Entries are rationals with denominator 2^(bits − 1), below 2 in size, before the family scales them.
    """
    kind: Family = FAMILIES[family]
    domains, shapes = sampled(comparison), shapes_of(comparison, sizes)
    lengths = {name: int(np.prod(shape, dtype=np.int64)) for name, shape in shapes.items()}
    blocks = max(1, -(-(sum(lengths.values()) + len(shapes)) // WORDS_OF_A_BLOCK))
    words = philox_words(seed, kind.number, first, count, blocks)
    dials = words[:, words.shape[1] - len(shapes) :] if shapes else words[:, :0]
    arrays: Arrays = {}
    offset = 0
    for k, (name, shape) in enumerate(shapes.items()):
        own = words[:, offset : offset + lengths[name]].reshape(count, *shape)
        offset += lengths[name]
        lattice = Lattice(
            words=own, dial=dials[:, k].reshape(count, *(1,) * len(shape)), bits=bits, dtype=dtype
        )
        arrays[name] = kind.make(lattice, domains[name].constraint)
    return arrays


def instance_of(
    comparison: Comparison,
    family: str,
    sizes: Mapping[str, int],
    seed: int,
    item: int,
    *,
    dtype: str = "float64",
    bits: int = 12,
) -> Instance:
    """One instance, exactly: what every backend computed with, in rationals."""
    arrays = make_cases(comparison, family, sizes, seed=seed, first=item, count=1, dtype=dtype, bits=bits)
    positions = positions_of(comparison, family, sizes, seed, item)
    values = {name: tuple(Fraction(x) for x in array.ravel().tolist()) for name, array in arrays.items()}
    places = {name: (Fraction(position),) for name, position in positions.items()}
    return Instance(dict(sizes), {**values, **places})
