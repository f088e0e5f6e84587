"""Networks in matrix notation, where the index pattern is series-parallel.

A product is a graph: indices are nodes, entries are edges, an edge with one end is a vector. A dummy between
two edges is a matrix product, parallel edges are an entrywise product, a vector at a node between two edges
is a diagonal matrix, an edge that ends in a dummy is multiplied by ones. What does not reduce so has no
matrix form here. Functions act entry by entry; a feature map acts on every row.
"""

from collections.abc import Sequence
from fractions import Fraction

from ..networks import algebra, atoms
from ..networks.derivative import differentiate
from ..networks.network import Factor, Head, Index, Monomial, Network, Rational
from .notation import Legend
from .series import (
    Edge,
    NoMatrixFormError,
    Piece,
    diagonal,
    edge_between,
    entrywise,
    grouped,
    hadamard,
    opened,
    reduce_dummies,
)
from .sums import FUNCTIONS, magnitude, ordered

ROW, COLUMN = "%0", "%1"


class MatrixWriter:
    """Writes networks as matrix expressions with the symbols of one legend."""

    def __init__(self, legend: Legend) -> None:
        self.legend = legend

    def network(self, network: Network) -> str:
        """A matrix, vector or number: rows and columns are the free indices, by name.

        Raises:
            NoMatrixFormError: a product is not series-parallel, or there are more than two free indices.
        """
        free = sorted(network.free, key=lambda i: i.name)
        if len(free) > 2:
            raise NoMatrixFormError
        text = ""
        for monomial, c in ordered(network):
            sign = ("-" if c < 0 else "") if not text else (" - " if c < 0 else " + ")
            text += sign + self.term(magnitude(c), monomial, free)
        return text or "0"

    def term(self, c: Rational, monomial: Monomial, free: Sequence[Index]) -> str:
        """A positive number times a product."""
        above, below, edges = self.edges(monomial)
        edges = reduce_dummies(edges, self.ones)
        scalars = [e for e in edges if not e.ends()]
        body = self.assemble([e for e in edges if e.ends()], free)
        inner = [
            str(e) if not body and not above and len(scalars) == 1 else f"\\left({e}\\right)" for e in scalars
        ]
        value = Fraction(c)
        top = [str(value.numerator)] * (value.numerator != 1) + above
        bottom = [str(value.denominator)] * (value.denominator != 1) + below
        whole = " ".join(top + inner + ([body] if body else [])) or "1"
        under = opened(bottom[0]) if len(bottom) == 1 else " ".join(bottom)
        return f"\\frac{{{whole}}}{{{under}}}" if bottom else whole

    def edges(self, monomial: Monomial) -> tuple[list[str], list[str], list[Edge]]:
        """Scalar factors above and below a fraction line, and the others as edges."""
        above: list[str] = []
        below: list[str] = []
        edges: list[Edge] = []
        exponents: dict[frozenset[Index], list[Factor]] = {}
        for factor in monomial:
            head, indices, e = factor
            nodes = tuple(dict.fromkeys(indices))
            if head.kind == "exp":
                exponents.setdefault(frozenset(nodes), []).append(factor)
            elif not nodes:
                (above if e > 0 else below).append(self.scalar(head, magnitude(e)))
            else:
                copies = e if isinstance(e, int) and 1 < e < 4 else 1
                edges += [self.edge(head, indices, e if copies == 1 else 1)] * copies
        for factors in exponents.values():
            nodes = tuple(dict.fromkeys(i for _, ix, _ in factors for i in ix))
            if len(nodes) > 2:
                raise NoMatrixFormError
            text = self.exponential(factors, nodes)
            if nodes:
                edges.append(edge_between(nodes, text))
            else:
                above.append(text)
        return above, below, edges

    def scalar(self, head: Head, e: Rational) -> str:
        """A positive power of a number."""
        match head.kind:
            case "tensor":
                text = self.legend.arrays[head]
            case "size":
                text = self.legend.sizes[head.name]
            case "box":
                assert head.argument is not None
                text = self.network(head.argument)
                if e == Fraction(1, 2):
                    return f"\\sqrt{{{text}}}"
                return f"\\left({text}\\right)" + (f"^{{{e}}}" if e != 1 else "")
            case "log" | "function" | "activation":
                text = self.function(head, ())
            case _:
                raise NoMatrixFormError
        return text if e == 1 else f"{grouped(text)}^{{{e}}}"

    def edge(self, head: Head, indices: tuple[Index, ...], e: Rational) -> Edge:
        """A factor with one or two indices."""
        nodes = tuple(dict.fromkeys(indices))
        if len(nodes) > 2 or len(nodes) != len(indices):
            raise NoMatrixFormError
        match head.kind:
            case "tensor":
                text = self.legend.arrays[head]
            case "delta":
                text = f"I_{{{self.legend.sizes[indices[0].sort]}}}"
            case "causal" | "shift":
                text = f"\\mathrm{{{head.kind}}}_{{{self.legend.sizes[indices[0].sort]}}}"
            case "inverse":
                assert head.argument is not None
                inner = self.network(head.argument)
                text = f"\\left({inner}\\right)^{{-1}}"
            case "box":
                text = f"\\left({opened(self.function(head, nodes))}\\right)"
            case "log" | "function" | "activation":
                text = self.function(head, nodes)
            case "unknown" | "feature":
                nodes, text = self.applied(head, indices)
            case _:
                raise NoMatrixFormError
        if e != 1:
            text = f"{grouped(text)}^{{\\odot {e}}}"
        return edge_between(nodes, text, symmetric=len(nodes) == 2 and (1, 0) in head.symmetries)

    def exponential(self, factors: Sequence[Factor], nodes: Sequence[Index]) -> str:
        """One exponential of the sum of all exponents, entry by entry."""
        names = dict(zip(nodes, formal(nodes), strict=True))
        total = algebra.add(
            atoms.instantiate(head, tuple(names[i] for i in indices)).scale(e) for head, indices, e in factors
        )
        return f"\\exp\\left({self.full(total, tuple(names.values()))}\\right)"

    def full(self, network: Network, indices: Sequence[Index]) -> str:
        """A network that depends on all of some indices."""
        if set(network.free) != set(indices):
            raise NoMatrixFormError
        return self.network(network)

    def function(self, head: Head, nodes: Sequence[Index]) -> str:
        """A function of a number, entry by entry, or a box as its bare contents."""
        inner = self.full(atoms.instantiate(head, formal(nodes)), formal(nodes))
        match head.kind:
            case "box":
                return inner
            case "log":
                name = "\\log"
            case "activation":
                name = self.legend.functions[head.name]
                name += f"^{{({len(head.slots)})}}" if head.slots else ""
            case _:
                name = FUNCTIONS.get(head.name, f"\\mathrm{{{head.name}}}")
        return f"{name}\\left({inner}\\right)"

    def applied(self, head: Head, indices: tuple[Index, ...]) -> tuple[tuple[Index, ...], str]:
        """A function of whole arrays, or a feature map of every row; the row comes first."""
        rows = indices[1:]
        if head.slots or head.outer != 1 or len(rows) > (head.kind == "feature"):
            raise NoMatrixFormError
        holders = formal(rows)
        argument = atoms.instantiate(head, (Index(indices[0].sort, "%f"), *holders))
        arrays = []
        for marker in self.legend.markers[head.name]:
            if len(marker.sorts) + len(rows) > 2:
                raise NoMatrixFormError
            places = tuple(Index(s, f"%{len(rows) + k}") for k, s in enumerate(marker.sorts))
            arrays.append(self.full(differentiate(argument, marker, places, deep=False), (*holders, *places)))
        text = f"{self.legend.functions[head.name]}\\left({', '.join(arrays)}\\right)"
        return (*rows, indices[0]), text

    def ones(self, sort: str) -> Piece:
        """The vector of ones."""
        return Piece(f"\\mathbf{{1}}_{{{self.legend.sizes[sort]}}}")

    def assemble(self, edges: Sequence[Edge], free: Sequence[Index]) -> str:
        """Edges between free indices as one matrix or vector."""
        if len(free) < 2:
            if any(len(e.ends()) != 1 for e in edges):
                raise NoMatrixFormError
            vectors = [str(e.ending_in(None)) for e in edges]
            if free and not vectors:
                vectors = [str(self.ones(free[0].sort))]
            return entrywise(vectors)
        if any(e.row == e.column for e in edges):
            raise NoMatrixFormError
        i, j = free
        middle = [e.starting_at(i) for e in edges if len(e.ends()) == 2]
        left = [e.ending_in(None) for e in edges if e.ends() == [i]]
        right = [e.ending_in(None) for e in edges if e.ends() == [j]]
        if not middle:
            column = hadamard(left) or Edge(i, None, (self.ones(i.sort),))
            row = (hadamard(right) or Edge(j, None, (self.ones(j.sort),))).flipped()
            return f"{column} {row}"
        whole = hadamard(middle)
        before = [str(diagonal(e)) for e in [hadamard(left)] if e is not None]
        after = [str(diagonal(e)) for e in [hadamard(right)] if e is not None]
        return " ".join([*before, str(whole), *after])


def formal(nodes: Sequence[Index]) -> tuple[Index, ...]:
    """Names for a row and a column."""
    return tuple(Index(i.sort, name) for i, name in zip(nodes, (ROW, COLUMN), strict=False))
