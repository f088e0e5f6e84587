"""How an atom is kept: a head with its argument, and indices in an order that no renaming changes."""

import itertools
from collections.abc import Sequence
from typing import TypeAlias

from . import algebra
from .algebra import product
from .network import Head, Index, Kind, Monomial, Network, Permutation, Rational
from .positivity import is_positive

Place: TypeAlias = tuple[Head, tuple[Index, ...]]


def placeholder(sort: str, position: int) -> Index:
    """The free index of an argument that stands for the head's index at a position."""
    return Index(sort, f"${position}")


def placed(
    kind: Kind,
    name: str,
    argument: Network,
    lead: tuple[Index, ...] = (),
    slots: tuple[str, ...] = (),
    blocks: Sequence[Permutation] = (),
) -> Place:
    """An atom and its indices: ``lead``, then the argument's free indices in a canonical order.

    ``blocks`` are the permutations of the leading indices, besides the identity, that change nothing.
    """
    start = len(lead)
    order, swaps = canonical_order(argument, start)
    renaming = {i: placeholder(i.sort, start + k) for k, i in enumerate(order)}
    fixed = tuple(range(start))
    first = [fixed, *blocks]
    rest = [tuple(range(len(order))), *swaps]
    symmetries = [(*a, *(start + k for k in b)) for a in first for b in rest][1:]
    inner = algebra.rename(argument, renaming)
    indices = (*lead, *order)
    head = Head(
        kind=kind,
        name=name,
        sorts=tuple(i.sort for i in indices),
        argument=inner,
        outer=start,
        slots=slots,
        zero_one=name == "step" and kind == "function",
        positive=kind == "exp"
        or (kind == "function" and name in ("sigmoid", "softplus"))
        or (kind == "box" and is_positive(inner)),
        symmetries=tuple(symmetries),
    )
    return head, indices


def canonical_order(argument: Network, start: int) -> tuple[tuple[Index, ...], list[Permutation]]:
    """The free indices in an order that does not depend on their names, and the argument's symmetries."""
    free = argument.free
    if len(free) < 2:
        return free, []
    role = {i: (i.sort, occurrences(argument, i)) for i in free}
    groups: list[list[Index]] = []
    for i in sorted(free, key=lambda i: role[i]):
        if groups and role[groups[-1][0]] == role[i]:
            groups[-1].append(i)
        else:
            groups.append([i])
    if all(len(group) == 1 for group in groups):
        return tuple(i for (i,) in groups), []
    orders = [sum(row, ()) for row in itertools.product(*(itertools.permutations(g) for g in groups))]
    keys = [
        algebra.rename(argument, {i: placeholder(i.sort, start + k) for k, i in enumerate(order)}).key
        for order in orders
    ]
    least = [order for order, key in zip(orders, keys, strict=True) if key == min(keys)]
    return least[0], [tuple(least[0].index(i) for i in order) for order in least[1:]]


def occurrences(argument: Network, index: Index) -> tuple[object, ...]:
    """Where a free index stands, in terms that no renaming changes."""
    rows = []
    for monomial, c in argument.terms.items():
        same = identified(monomial, index)
        for head, indices, e in monomial:
            where = tuple(k for k, i in enumerate(indices) if i in same)
            if where:
                images = [tuple(sorted(p.index(k) for k in where)) for p in head.symmetries]
                rows.append((c, len(monomial), head.key, e, min([where, *images])))
    return tuple(sorted(rows))


def identified(monomial: Monomial, index: Index) -> set[Index]:
    """The free indices that a product's deltas make one with an index: any of them may stand for all."""
    same = {index}
    deltas = [set(indices) for head, indices, _ in monomial if head.kind == "delta"]
    while grown := [pair for pair in deltas if pair & same and not pair <= same]:
        same.update(*grown)
    return same


def single(place: Place, e: Rational = 1) -> Network:
    """The power of one atom."""
    return product(1, [(*place, e)])


def instantiate(head: Head, indices: tuple[Index, ...], argument: Network | None = None) -> Network:
    """The argument of an atom, or what is to stand in its place, at the atom's indices."""
    inner = head.argument if argument is None else argument
    assert inner is not None
    return algebra.rename(inner, {placeholder(i.sort, k): i for k, i in enumerate(indices)})


def sign(network: Network) -> int:
    """1 or −1, opposite for opposite networks, whatever the free indices are called.

    A network that is its own opposite up to the names of its free indices has the sign 1.
    """
    signs = {c > 0 for c in network.terms.values()}
    if len(signs) == 1:
        return 1 if signs.pop() else -1
    keys = []
    for candidate in (network, -network):
        order, _ = canonical_order(candidate, 0)
        renaming = {i: placeholder(i.sort, k) for k, i in enumerate(order)}
        keys.append(algebra.rename(candidate, renaming).key)
    return 1 if keys[0] <= keys[1] else -1
