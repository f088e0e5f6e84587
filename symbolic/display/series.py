"""Products of two-index entries as graphs, and their reduction in series and in parallel."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..networks.network import Index

Ones: TypeAlias = Callable[[str], "Piece"]
"""The vector of ones on a sort."""


class NoMatrixFormError(Exception):
    """A network that is not series-parallel."""


@dataclass(frozen=True)
class Piece:
    """One factor of a matrix product: its text, whether that is transposed, and whether it is symmetric."""

    text: str
    transposed: bool = False
    symmetric: bool = False

    def flipped(self) -> "Piece":
        """The transpose."""
        return Piece(self.text, not self.transposed and not self.symmetric, self.symmetric)

    def __str__(self) -> str:
        return f"{grouped(self.text)}^{{\\top}}" if self.transposed else self.text


@dataclass(frozen=True)
class Edge:
    """A matrix whose rows are one node and whose columns are another; None is no index at all."""

    row: Index | None
    column: Index | None
    pieces: tuple[Piece, ...]

    def flipped(self) -> "Edge":
        """The transpose."""
        return Edge(self.column, self.row, tuple(p.flipped() for p in reversed(self.pieces)))

    def ending_in(self, node: Index | None) -> "Edge":
        """The same matrix, its columns at a node."""
        return self if self.column == node else self.flipped()

    def starting_at(self, node: Index | None) -> "Edge":
        """The same matrix, its rows at a node."""
        return self if self.row == node else self.flipped()

    def ends(self) -> list[Index]:
        """The nodes at its ends."""
        return [node for node in (self.row, self.column) if node is not None]

    def __str__(self) -> str:
        return " ".join(map(str, self.pieces))


def is_closed(text: str) -> bool:
    """Whether one pair of parentheses encloses the whole text."""
    if not (text.startswith("\\left(") and text.endswith("\\right)")):
        return False
    depth = 0
    for found in re.finditer(r"\\(left|right)(?![A-Za-z])", text):
        depth += 1 if found.group(1) == "left" else -1
        if depth == 0:
            return found.end() == len(text) - 1
    return False


def opened(text: str) -> str:
    """Text without the parentheses that enclose it."""
    return text[len("\\left(") : -len("\\right)")] if is_closed(text) else text


def grouped(text: str) -> str:
    """Text to which an exponent may be added."""
    return text if is_closed(text) or not any(mark in text for mark in "^' (") else f"\\left({text}\\right)"


def edge_between(nodes: Sequence[Index], text: str, *, symmetric: bool = False) -> Edge:
    """A matrix or a vector."""
    return Edge(nodes[0], nodes[1] if len(nodes) > 1 else None, (Piece(text, symmetric=symmetric),))


def hadamard(edges: Sequence[Edge]) -> Edge | None:
    """The entrywise product of edges with the same ends, oriented alike."""
    if len(edges) < 2:
        return edges[0] if edges else None
    row, column = edges[0].row, edges[0].column
    turned = [p.transposed for e in edges for p in e.pieces]
    if row is not None and column is not None and 2 * sum(turned) > len(turned):
        texts = [factor_text(e.flipped()) for e in edges]
        return Edge(row, column, (Piece(entrywise(texts), transposed=True),))
    return Edge(row, column, (Piece(entrywise([factor_text(e) for e in edges])),))


def factor_text(edge: Edge) -> str:
    """A factor of an entrywise product."""
    return str(edge) if len(edge.pieces) == 1 else f"\\left({edge}\\right)"


def entrywise(texts: Sequence[str]) -> str:
    """The entrywise product."""
    joined = " \\odot ".join(texts)
    return joined if len(texts) < 2 else f"\\left({joined}\\right)"


def diagonal(vector: Edge) -> Piece:
    """The diagonal matrix of a vector."""
    return Piece(f"\\mathrm{{diag}}\\left({opened(str(vector))}\\right)", symmetric=True)


def reduce_dummies(edges: list[Edge], ones: Ones) -> list[Edge]:
    """Sum over all dummies.

    Raises:
        NoMatrixFormError: a dummy joins edges in no series and in no parallel.
    """
    while True:
        dummies = sorted({i for e in edges for i in e.ends() if i.is_dummy})
        if not dummies:
            return edges
        for node in dummies:
            reduced = reduce_node(edges, node, ones)
            if reduced is not None:
                edges = reduced
                break
        else:
            raise NoMatrixFormError


def reduce_node(edges: list[Edge], node: Index, ones: Ones) -> list[Edge] | None:
    """Sum over one dummy, or join parallel edges at it; None where neither is possible."""
    mine = [e for e in edges if node in e.ends()]
    rest = [e for e in edges if node not in e.ends()]
    if any(e.row == e.column for e in mine):
        if len(mine) > 1:
            return None
        return [*rest, Edge(None, None, (Piece(f"\\mathrm{{tr}}\\left({mine[0]}\\right)"),))]
    if len(mine) == 1:
        edge = mine[0].ending_in(node)
        total = Edge(edge.row, None, (*edge.pieces, ones(node.sort)))
        return [*rest, total if total.row else total.flipped()]
    others = {e.starting_at(node).column for e in mine}
    (other, *_) = others
    if len(mine) == 2 and len(others) == 1 and other is not None:
        alone = other.is_dummy and not any(other in e.ends() for e in rest)
        if not alone:
            return [*rest, *(e for e in [hadamard([e.starting_at(node) for e in mine])] if e is not None)]
    if len(mine) == 2:
        first, second = sorted(mine, key=lambda e: e.starting_at(node).column is None)
        left, right = first.ending_in(node), second.starting_at(node)
        return [*rest, Edge(left.row, right.column, (*left.pieces, *right.pieces))]
    groups: dict[Index | None, list[Edge]] = {}
    for e in mine:
        out = e.starting_at(node)
        groups.setdefault(out.column, []).append(out)
    if any(len(group) > 1 for group in groups.values()):
        merged = [hadamard(group) for group in groups.values()]
        return [*rest, *(e for e in merged if e is not None)]
    if None in groups and len(groups) == 3:
        (vector,) = groups.pop(None)
        (one,), (two,) = groups.values()
        left = one.flipped()
        return [*rest, Edge(left.row, two.column, (*left.pieces, diagonal(vector), *two.pieces))]
    return None
