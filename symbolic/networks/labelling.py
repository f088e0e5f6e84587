"""Canonical names for the dummy indices of one connected product.

Two products are the same sum if one becomes the other by renaming dummies: a graph isomorphism. Colours
are refined until they are stable (Weisfeiler and Leman); where indices remain tied, one after the other is
singled out and the least result is kept. Branches that an automorphism maps to one already seen are
skipped, as in B. D. McKay and A. Piperno, Practical graph isomorphism II (2014).
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from .network import Factor, Head, Index, Rational

Colours: TypeAlias = tuple[int, ...]
Image: TypeAlias = tuple[tuple[str, tuple[Index, ...], Rational], ...]


def label(factors: Sequence[Factor], dummies: Iterable[Index]) -> list[Factor]:
    """The factors, sorted, with their dummies named ``~0``, ``~1`` and so on in a canonical way."""
    nodes = sorted(dummies)
    component = Component(factors, nodes)
    image = component.canonical()
    heads = {head.key: head for head, _, _ in factors}
    return [(heads[key], indices, exponent) for key, indices, exponent in image]


class Component:
    """A product as a coloured hypergraph: dummies are nodes, factors are edges."""

    def __init__(self, factors: Sequence[Factor], nodes: list[Index]) -> None:
        self.nodes = nodes
        self.factors = factors
        number = {node: k for k, node in enumerate(nodes)}
        free = sorted({i for _, ix, _ in factors for i in ix if i not in number})
        number |= {i: -1 - k for k, i in enumerate(free)}
        kinds = {key: k for k, key in enumerate(sorted({(h.key, e) for h, _, e in factors}))}
        self.edges = [(kinds[h.key, e], tuple(number[i] for i in ix), h) for h, ix, e in factors]
        self.incident: list[list[tuple[int, tuple[int, ...], Head]]] = [[] for _ in nodes]
        for edge in self.edges:
            for node in set(edge[1]):
                if node >= 0:
                    self.incident[node].append(edge)

    def canonical(self) -> Image:
        """The least image."""
        sorts = sorted({node.sort for node in self.nodes})
        start = tuple(sorts.index(node.sort) for node in self.nodes)
        if len(self.nodes) == 1:
            return self.image((0,))
        return self.explore(self.refine(start))[0]

    def refine(self, colours: Colours) -> Colours:
        """The coarsest stable colouring that is finer."""
        count = len(set(colours))
        while count < len(colours):
            signatures = [self.signature(node, colours) for node in range(len(colours))]
            rank = {s: k for k, s in enumerate(sorted(set(signatures)))}
            colours = tuple(rank[s] for s in signatures)
            if len(rank) == count:
                return colours
            count = len(rank)
        return colours

    def signature(self, node: int, colours: Colours) -> tuple[object, ...]:
        """A node's colour, and how it sits in its edges."""
        rows = []
        for kind, ids, head in self.incident[node]:
            row = tuple((colours[i] if i >= 0 else i, i == node) for i in ids)
            if head.symmetries:
                row = min(row, *(tuple(row[k] for k in p) for p in head.symmetries))
            rows.append((kind, row))
        rows.sort()
        return (colours[node], tuple(rows))

    def explore(self, colours: Colours) -> tuple[Image, set[Image]]:
        """The least image below a colouring, and all that were computed."""
        cell = first_tie(colours)
        if not cell:
            image = self.image(colours)
            return image, {image}
        seen: set[Image] = set()
        tried: list[int] = []
        for node in cell:
            if any(self.are_twins(node, other) for other in tried):
                continue
            child = self.refine(single_out(colours, node))
            if tried and self.leftmost(child) in seen:
                continue
            seen |= self.explore(child)[1]
            tried.append(node)
        return min(seen), seen

    def leftmost(self, colours: Colours) -> Image:
        """One image below a colouring."""
        while cell := first_tie(colours):
            colours = self.refine(single_out(colours, cell[0]))
        return self.image(colours)

    def are_twins(self, a: int, b: int) -> bool:
        """Whether swapping two nodes changes nothing."""
        swap = {a: b, b: a}
        touched = [edge for edge in self.edges if a in edge[1] or b in edge[1]]
        before = {(k, least(h, ids)) for k, ids, h in touched}
        return before == {(k, least(h, tuple(swap.get(i, i) for i in ids))) for k, ids, h in touched}

    def image(self, colours: Colours) -> Image:
        """The factors with every dummy named by its colour, colours being distinct."""
        order = {colour: k for k, colour in enumerate(sorted(colours))}
        names = {
            node: Index(node.sort, f"~{order[colour]}")
            for node, colour in zip(self.nodes, colours, strict=True)
        }
        renamed = [
            (head.key, head.orient(tuple(names.get(i, i) for i in indices)), exponent)
            for head, indices, exponent in self.factors
        ]
        return tuple(sorted(renamed))


def least(head: Head, ids: tuple[int, ...]) -> tuple[int, ...]:
    """The least order of the indices that the head's symmetries allow."""
    return min(ids, *(tuple(ids[k] for k in p) for p in head.symmetries)) if head.symmetries else ids


def first_tie(colours: Colours) -> list[int]:
    """The nodes of the least colour that several share; empty where all differ."""
    tied = min((c for c in colours if colours.count(c) > 1), default=None)
    return [] if tied is None else [k for k, c in enumerate(colours) if c == tied]


def single_out(colours: Colours, node: int) -> Colours:
    """The colouring in which a node comes before those of its colour."""
    return tuple(2 * c + (k != node) for k, c in enumerate(colours))
