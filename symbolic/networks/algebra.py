"""Sums and products of networks in normal form.

The normal form eliminates deltas, merges powers, expands positive powers of boxes, replaces 0/1 factors
inside functions by 1 where the same factor stands outside, turns a dummy that is nowhere used into the
size of its sort, and names the dummies of every connected component canonically. Two combinations of
tensor entries agree at all sizes if and only if their normal forms are equal: non-isomorphic products are
linearly independent once every sort has as many values as the larger product has indices.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from .labelling import label
from .network import (
    ZERO,
    Factor,
    Head,
    Index,
    Monomial,
    Network,
    Rational,
    accumulate,
    exact,
    factor_order,
    may_be_empty,
)

Renaming: TypeAlias = Mapping[Index, Index]
NO_RENAMING: Renaming = {}
PI = "pi()"
"""The name of π among tensors, which no variable can have."""


class SortError(ValueError):
    """An index in a place of another sort."""


def delta(i: Index, j: Index) -> Network:
    """1 where two indices of one sort agree.

    Raises:
        SortError: the sorts differ.
    """
    if i.sort != j.sort:
        raise SortError(f"no delta between {i.sort} and {j.sort}")
    return product(1, [(delta_head(i.sort), (i, j), 1)])


def delta_head(sort: str) -> Head:
    """The head of deltas of one sort."""
    return Head(kind="delta", sorts=(sort, sort), symmetries=((1, 0),), zero_one=True)


def causal_head(sort: str) -> Head:
    """1 where the second index is at most the first."""
    return Head(kind="causal", sorts=(sort, sort), zero_one=True)


def shift_head(sort: str) -> Head:
    """1 where the second index is just before the first."""
    return Head(kind="shift", sorts=(sort, sort), zero_one=True)


def pi() -> Network:
    """The circle's number: a positive scalar of which nothing else is known."""
    return entry(Head(kind="tensor", name=PI, positive=True))


def size_head(sort: str) -> Head:
    """The number of values of a sort, as a scalar."""
    return Head(kind="size", name=sort, positive=not may_be_empty(sort))


def constant(c: Rational) -> Network:
    """A number."""
    return Network({(): exact(c)}) if c else ZERO


def entry(head: Head, *indices: Index) -> Network:
    """One entry of an array.

    Raises:
        SortError: an index of another sort than the head's.
    """
    require_sorted([(head, indices, 1)])
    return product(1, [(head, indices, 1)])


def require_sorted(factors: Iterable[Factor]) -> None:
    """Check that every index has the sort of its place.

    Raises:
        SortError: one has not.
    """
    for head, indices, _ in factors:
        if tuple(i.sort for i in indices) != head.sorts:
            raise SortError(f"{head!r} takes {head.sorts}, not {tuple(i.sort for i in indices)}")


def product(c: Rational, factors: Sequence[Factor], dummies: Collection[Index] = ()) -> Network:
    """The normal form of c times the sum over the dummies of a product of factors.

    Names that begin with ``~`` are those of a normal form, and not for ``dummies``.
    """
    terms: dict[Monomial, Rational] = {}
    collect(terms, c, list(factors), set(dummies))
    return Network(terms)


def level(indices: Iterable[Index]) -> int:
    """The greatest number of question marks that a name begins with.

    While a product is worked on, its dummies bear names of a level that nothing else there has, and count
    as free where they are met inside another network.
    """
    return max((len(i.name) - len(i.name.lstrip("?")) for i in indices if i.name[0] == "?"), default=0)


def raw_terms(
    network: Network, prefix: str, renaming: Renaming = NO_RENAMING
) -> list[tuple[Rational, list[Factor], set[Index]]]:
    """Coefficient, factors and dummies of every monomial, the dummies' names beginning with ``prefix``."""
    rows = []
    for monomial, c in network.terms.items():
        names = dict(renaming)
        dummies = set()
        for _, indices, _ in monomial:
            for i in indices:
                if i.name[0] == "~" and i not in names:
                    names[i] = Index(i.sort, prefix + i.name)
                    dummies.add(names[i])
        if names:
            factors = [(h, tuple([names.get(i, i) for i in ix]), e) for h, ix, e in monomial]
        else:
            factors = list(monomial)
        rows.append((c, factors, dummies))
    return rows


def contract(
    parts: Sequence[tuple[Network, Renaming]], bound: Collection[Index] = (), c: Rational = 1
) -> Network:
    """c times the product of networks, their free indices renamed, summed over the ``bound`` indices."""
    names = [level(bound)]
    for network, renaming in parts:
        names += [level(network.free), level(renaming.values())]
    marks = "?" * (1 + max(names))
    rows: list[tuple[Rational, list[Factor], set[Index]]] = [(c, [], set(bound))]
    for k, (network, renaming) in enumerate(parts):
        more = raw_terms(network, f"{marks}{k}", renaming)
        rows = [(a * b, f + g, d | e) for a, f, d in rows for b, g, e in more]
    terms: dict[Monomial, Rational] = {}
    for coefficient, factors, dummies in rows:
        collect(terms, coefficient, factors, dummies)
    return Network(terms)


def scaled(network: Network, factors: Sequence[Factor]) -> Network:
    """The network times factors, each of which meets its own powers before it is expanded."""
    if not factors:
        return network
    marks = "?" * (1 + level((*network.free, *(i for _, ix, _ in factors for i in ix))))
    terms: dict[Monomial, Rational] = {}
    for c, own, dummies in raw_terms(network, marks):
        collect(terms, c, [*own, *factors], dummies)
    return Network(terms)


def multiply(*networks: Network) -> Network:
    """The product; equal free indices are identified."""
    return contract([(network, NO_RENAMING) for network in networks])


def rename(network: Network, renaming: Renaming) -> Network:
    """The network with free indices renamed, all at once.

    Raises:
        SortError: a new index of another sort.
    """
    for old, new in renaming.items():
        if old.sort != new.sort:
            raise SortError(f"{old} cannot become {new}")
    if not any(i in renaming for i in network.free):
        return network
    return contract([(network, renaming)])


def bind(network: Network, *indices: Index) -> Network:
    """The sum over free indices."""
    return contract([(network, NO_RENAMING)], indices) if indices else network


def add(networks: Iterable[Network]) -> Network:
    """The sum of any number of networks."""
    terms: dict[Monomial, Rational] = {}
    for network in networks:
        for monomial, c in network.terms.items():
            accumulate(terms, monomial, c)
    return Network(terms)


def collect(terms: dict[Monomial, Rational], c: Rational, factors: list[Factor], dummies: set[Index]) -> None:
    """Add the normal form of one product to ``terms``."""
    if not c:
        return
    if any(head.kind == "delta" for head, _, _ in factors):
        factors, dummies = without_deltas(factors, dummies)
    merged: dict[tuple[Head, tuple[Index, ...]], Rational] = {}
    masked = False
    for head, indices, e in factors:
        if head.kind == "causal" and indices[0] == indices[1]:
            continue
        if head.kind == "shift" and indices[0] == indices[1]:
            return
        place = (head, head.orient(indices) if head.symmetries else indices)
        merged[place] = merged.get(place, 0) + e
        masked = masked or head.zero_one
    for (head, indices), e in list(merged.items()):
        if not e:
            del merged[head, indices]
        elif head.zero_one:
            if e < 0:
                raise ZeroDivisionError(f"division by {head!r}, which may be 0")
            merged[head, indices] = 1
    found = atoms.replacement(merged, masked)
    if found is not None:
        place, e, network = found
        rest = [(h, ix, f) for (h, ix), f in merged.items() if (h, ix) != place]
        rest += [(*place, merged[place] - e)] if merged[place] != e else []
        inside = {i for _, ix in merged for i in ix}
        marks = "?" * (1 + max(level(inside), level(dummies), level(network.free)))
        for b, more, bound in raw_terms(network, marks):
            collect(terms, c * b, rest + more, dummies | bound)
        return
    accumulate(terms, canonical(merged, dummies), c)


def without_deltas(factors: list[Factor], dummies: set[Index]) -> tuple[list[Factor], set[Index]]:
    """Deltas eliminated: a dummy disappears; of two free indices the lesser is used everywhere else."""
    todo = [indices for head, indices, _ in factors if head.kind == "delta"]
    rest = [f for f in factors if f[0].kind != "delta"]
    kept: list[tuple[Index, ...]] = []
    dummies = set(dummies)
    while todo:
        i, j = sorted(todo.pop(), key=lambda x: (x in dummies, x))
        if i == j:
            continue
        rest = [(h, tuple(i if x == j else x for x in ix), e) for h, ix, e in rest]
        todo = [tuple(i if x == j else x for x in ix) for ix in todo]
        if j in dummies:
            dummies.discard(j)
        else:
            kept = [tuple(i if x == j else x for x in ix) for ix in kept]
            kept.append((i, j))
    return rest + [(delta_head(ix[0].sort), ix, 1) for ix in kept], dummies


def canonical(merged: Mapping[tuple[Head, tuple[Index, ...]], Rational], dummies: set[Index]) -> Monomial:
    """The monomial of merged factors, its dummies named component by component."""
    done: list[Factor] = []
    components: list[tuple[set[Index], list[Factor]]] = []
    used: set[Index] = set()
    for (head, indices), e in merged.items():
        mine = dummies.intersection(indices)
        factor = (head, indices, exact(e))
        if not mine:
            done.append(factor)
            continue
        used |= mine
        factors = [factor]
        apart = []
        for nodes, others in components:
            if nodes.isdisjoint(mine):
                apart.append((nodes, others))
            else:
                mine, factors = mine | nodes, others + factors
        components = [*apart, (mine, factors)]
    for unused in dummies - used:
        head = size_head(unused.sort)
        done = [f for f in done if f[0] != head] + [(head, (), 1 + sum(e for h, _, e in done if h == head))]
    done = [f for f in done if f[2]]
    rows = [label(factors, nodes) for nodes, factors in components]
    if len(rows) > 1:
        rows.sort(key=lambda row: [factor_order(f) for f in row])
    offset = 0
    for row in rows:
        if offset:
            row = [(h, tuple(shift(i, offset) for i in ix), e) for h, ix, e in row]
        offset += len({i for _, ix, _ in row for i in ix if i.is_dummy})
        done += row
    return tuple(sorted(done, key=factor_order))


def shift(index: Index, offset: int) -> Index:
    """A dummy with a later name; any other index itself."""
    return Index(index.sort, f"~{int(index.name[1:]) + offset}") if index.is_dummy else index


from . import atoms  # noqa: E402 - atoms are made by the functions above
