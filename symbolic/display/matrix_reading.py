"""Reads matrix expressions back into networks."""

from dataclasses import dataclass
from fractions import Fraction

from ..networks import algebra, atoms
from ..networks.network import Index, Network, exact
from .cursor import Cursor, ReadingError, tokens_of

MATRICES = {
    "I_{": algebra.delta_head,
    "\\mathrm{causal}_{": algebra.causal_head,
    "\\mathrm{shift}_{": algebra.shift_head,
}
"""Square matrices by how they begin."""


@dataclass(frozen=True)
class Value:
    """A matrix by its entries: free indices for its rows and columns, None where there is one."""

    network: Network
    row: Index | None = None
    column: Index | None = None

    @property
    def is_number(self) -> bool:
        """Whether it has one entry."""
        return self.row is None and self.column is None

    def transposed(self) -> "Value":
        """The transpose."""
        return Value(self.network, self.column, self.row)


class MatrixReader(Cursor):
    """Reads one matrix expression with the symbols of a legend."""

    def whole(self, free: tuple[Index, ...]) -> Network:
        """The network that the expression says, its rows and columns being these.

        Raises:
            ReadingError: it is not of the printed form, or of another type.
        """
        value = self.sum()
        if self.at != len(self.tokens):
            raise ReadingError(f"unread: {' '.join(self.tokens[self.at :])}")
        if not value.network:
            return value.network
        own = [i for i in (value.row, value.column) if i is not None]
        if [i.sort for i in own] != [i.sort for i in free]:
            raise ReadingError("another type")
        return algebra.rename(value.network, dict(zip(own, free, strict=True)))

    def sum(self) -> Value:
        """Products with signs."""
        total = self.scaled(self.term(), -1) if self.take("-") else self.term()
        while self.starts("+") or self.starts("-"):
            sign = 1 if self.take("+") else -self.take("-")
            total = self.added(total, self.scaled(self.term(), sign))
        return total

    def scaled(self, value: Value, by: int) -> Value:
        """A multiple."""
        return Value(value.network.scale(by), value.row, value.column)

    def added(self, left: Value, right: Value) -> Value:
        """The sum of two matrices of one type."""
        return Value(left.network + self.aligned(right, left), left.row, left.column)

    def aligned(self, value: Value, other: Value) -> Network:
        """The entries of a matrix over the indices of another.

        Raises:
            ReadingError: the types differ.
        """
        names = {}
        for mine, theirs in ((value.row, other.row), (value.column, other.column)):
            if (mine is None) != (theirs is None) or (mine and theirs and mine.sort != theirs.sort):
                raise ReadingError("matrices of different types")
            if mine and theirs:
                names[mine] = theirs
        return algebra.rename(value.network, names)

    def term(self) -> Value:
        """A product."""
        value = None
        while (factor := self.factor()) is not None:
            value = factor if value is None else self.product(value, factor)
        if value is None:
            raise ReadingError(f"a factor expected before {' '.join(self.tokens[self.at :][:8])}")
        return value

    def product(self, left: Value, right: Value) -> Value:
        """A matrix product; numbers scale."""
        if left.is_number or right.is_number:
            network = algebra.multiply(left.network, right.network)
            other = right if left.is_number else left
            return Value(network, other.row, other.column)
        if left.column is None and right.row is None:
            return Value(algebra.multiply(left.network, right.network), left.row, right.column)
        if left.column is None or right.row is None or left.column.sort != right.row.sort:
            raise ReadingError("factors that do not fit")
        network = algebra.multiply(left.network, algebra.rename(right.network, {right.row: left.column}))
        return Value(algebra.bind(network, left.column), left.row, right.column)

    def factor(self) -> Value | None:
        """A factor with its exponents; None at the end of a product."""
        value = self.base()
        while value is not None and self.take("^", "{"):
            if self.take("\\top"):
                value = value.transposed()
            elif self.take("\\odot"):
                value = Value(atoms.power(value.network, exact(self.number())), value.row, value.column)
            else:
                value = self.power(value, self.number())
            self.expect("}")
        return value

    def power(self, value: Value, exponent: Fraction) -> Value:
        """A power of a number, or the inverse of a matrix."""
        if value.is_number:
            return Value(atoms.power(value.network, exact(exponent)))
        if exponent != -1 or value.row is None or value.column is None:
            raise ReadingError("a power of a matrix")
        return Value(atoms.inverse(value.network, value.row, value.column), value.row, value.column)

    def base(self) -> Value | None:
        """What an exponent may be added to."""
        if self.at < len(self.tokens) and self.tokens[self.at].isdigit():
            return Value(algebra.constant(exact(self.number())))
        if self.take("\\frac", "{"):
            above = self.sum()
            self.expect("}", "{")
            network = algebra.multiply(above.network, self.reciprocal())
            return Value(network, above.row, above.column)
        if self.take("\\sqrt", "{"):
            inner = self.sum()
            self.expect("}")
            return self.power(inner, Fraction(1, 2))
        if self.starts("\\left", "("):
            return self.parenthesis()
        for name in ("exp", "log"):
            if self.take(f"\\{name}"):
                value = self.parenthesis()
                network = atoms.exp(value.network) if name == "exp" else atoms.log(value.network)
                return Value(network, value.row, value.column)
        return self.constant() or self.named_factor()

    def reciprocal(self) -> Network:
        """What is above 1, up to a brace: of a product, the product of the reciprocals of its factors."""
        before = self.at
        parts = []
        while (base := self.base()) is not None and base.is_number:
            parts.append(atoms.power(base.network, exact(-self.exponent())))
        if parts and base is None and self.take("}"):
            return algebra.multiply(*parts)
        self.at = before
        below = self.sum()
        if not below.is_number:
            raise ReadingError("division by a matrix")
        self.expect("}")
        return atoms.power(below.network, -1)

    def constant(self) -> Value | None:
        """Ones, the identity, the causal mask, a shift, a trace, a diagonal matrix."""
        if self.take("\\mathbf", "{", "1", "}", "_", "{"):
            index = self.index(self.size())
            self.expect("}")
            return Value(algebra.constant(1), index)
        for name, head_of in MATRICES.items():
            if self.take(*tokens_of(name)):
                sort = self.size()
                row, column = self.index(sort), self.index(sort)
                self.expect("}")
                return Value(algebra.entry(head_of(sort), row, column), row, column)
        if self.take(*tokens_of("\\mathrm{tr}")):
            value = self.parenthesis()
            if value.row is None or value.column is None:
                raise ReadingError("the trace of a vector")
            return Value(algebra.bind(algebra.rename(value.network, {value.column: value.row}), value.row))
        if self.take(*tokens_of("\\mathrm{diag}")):
            value = self.parenthesis()
            if value.row is None or value.column is not None:
                raise ReadingError("a diagonal that is no vector")
            column = self.index(value.row.sort)
            return Value(algebra.multiply(value.network, algebra.delta(value.row, column)), value.row, column)
        return None

    def parenthesis(self) -> Value:
        """A sum, or an entrywise product, in parentheses."""
        self.expect("\\left", "(")
        value = self.sum()
        while self.take("\\odot"):
            value = Value(
                algebra.multiply(value.network, self.aligned(self.term(), value)), value.row, value.column
            )
        self.expect("\\right", ")")
        return value

    def named_factor(self) -> Value | None:
        """What begins with a symbol: an array, a size, a function."""
        if (name := self.longest(self.named)) is not None:
            value = self.parenthesis()
            return Value(atoms.function(self.named[name], value.network), value.row, value.column)
        found = self.longest([*self.arrays, *self.sizes, *self.functions])
        if found is None:
            return None
        if found in self.sizes:
            return Value(algebra.entry(algebra.size_head(self.sizes[found])))
        if found in self.functions:
            return self.applied(self.functions[found])
        head = self.arrays[found]
        if len(head.sorts) > 2:
            raise ReadingError("an array with more than two indices")
        indices = tuple(self.index(sort) for sort in head.sorts)
        return Value(algebra.entry(head, *indices), *indices)

    def applied(self, name: str) -> Value:
        """An activation, a feature map of every row, a function of whole arrays."""
        if self.kinds[name] == "activation":
            order = self.order()
            value = self.parenthesis()
            return Value(atoms.activation(name, order, value.network), value.row, value.column)
        self.expect("\\left", "(")
        encoded, row = algebra.constant(0), None
        for k, marker in enumerate(self.legend.markers[name]):
            if k:
                self.expect(",")
            value = self.sum()
            axes = [i for i in (value.row, value.column) if i is not None]
            if len(axes) == len(marker.sorts) + 1 and self.kinds[name] == "feature":
                row, *axes = axes
            if [i.sort for i in axes] != list(marker.sorts):
                raise ReadingError("an array of another type")
            marked = algebra.multiply(algebra.entry(marker, *axes), value.network)
            encoded = encoded + algebra.bind(marked, *axes)
        self.expect("\\right", ")")
        (sort,) = self.legend.outputs[name]
        lead = self.index(sort)
        network = atoms.unknown(self.kinds[name], name, (lead,), (), encoded)
        return Value(network, lead) if row is None else Value(network, row, lead)
