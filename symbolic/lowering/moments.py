"""Means of products of random numbers: sums over partitions of the factors, one cumulant a block.

Isserlis (1918) for normal numbers; for others McCullagh, Tensor Methods in Statistics (1987), chapter 2.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from ..networks.algebra import NO_RENAMING, add, constant, contract, delta_head, multiply, product
from ..networks.network import Head, Index, Network

Occurrence: TypeAlias = tuple[Head, tuple[Index, ...]]
"""One factor of a product that is an entry of the variable."""

CUMULANTS: Mapping[int, int] = {2: 1, 4: -2, 6: 16, 8: -272, 10: 7936, 12: -353792}
"""Those of a fair sign: the coefficients of log cosh t, times factorials; odd ones are 0."""


def moments(
    entries: tuple[Occurrence, ...],
    means: Mapping[Head, Network],
    variances: Mapping[Head, Network],
    cumulants: Mapping[int, int],
) -> list[Network]:
    """The mean of a product of entries as one factor, or none where there are no entries."""
    return [moment(entries, means, variances, cumulants)] if entries else []


def moment(
    entries: tuple[Occurrence, ...],
    means: Mapping[Head, Network],
    variances: Mapping[Head, Network],
    cumulants: Mapping[int, int],
) -> Network:
    """The sum over partitions of the entries into blocks, the first entry's block chosen first."""
    if not entries:
        return constant(1)
    (head, indices), *others = entries
    parts = []
    if means.get(head):
        at = {Index(i.sort, f"@{k}"): i for k, i in enumerate(indices)}
        rest = moment(tuple(others), means, variances, cumulants)
        parts.append(contract([(means[head], at), (rest, NO_RENAMING)]))
    for chosen in subsets(len(others)):
        cumulant = cumulants.get(1 + len(chosen), 0)
        block = [others[k] for k in chosen]
        if not cumulant or any(other != head for other, _ in block):
            continue
        pairs = [(i, j) for _, ix in block for i, j in zip(indices, ix, strict=True)]
        same = product(cumulant, [(delta_head(i.sort), pair, 1) for pair in pairs for i in pair[:1]])
        if head in variances:
            same = multiply(same, variances[head])
        kept = tuple(o for k, o in enumerate(others) if k not in chosen)
        parts.append(multiply(same, moment(kept, means, variances, cumulants)))
    return add(parts)


def subsets(count: int) -> Iterator[tuple[int, ...]]:
    """The non-empty subsets of so many numbers."""
    for bits in range(1, 2**count):
        yield tuple(k for k in range(count) if bits >> k & 1)
