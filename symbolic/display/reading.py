"""Reads printed sums back into networks, so that no formula is shown that says something else."""

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

from ..networks import algebra, atoms
from ..networks.network import Head, Index, Network, exact
from .cursor import Cursor, ReadingError, tokens_of

Scope: TypeAlias = Mapping[tuple[str, ...], Index]
"""The index that each letter stands for."""


class Reader(Cursor):
    """Reads one sum."""

    def whole(self) -> Network:
        """The network that the formula says.

        Raises:
            ReadingError: it is not of the printed form.
        """
        value = self.sum({tokens_of(letter): i for i, letter in self.legend.letters.items()})
        if self.at != len(self.tokens):
            raise ReadingError(f"unread: {' '.join(self.tokens[self.at :])}")
        return value

    def sum(self, scope: Scope) -> Network:
        """Products with signs."""
        total = self.term(scope).scale(-1) if self.take("-") else self.term(scope)
        while self.starts("+") or self.starts("-"):
            sign = 1 if self.take("+") else -self.take("-")
            total = total + self.term(scope).scale(sign)
        return total

    def term(self, scope: Scope) -> Network:
        """A number, sums, and factors up to the end of the product."""
        local, bound = dict(scope), []
        parts = []
        while True:
            if self.take("\\sum"):
                self.expect("_", "{")
                letter = self.letter()
                self.expect("=", "1", "}", "^", "{")
                index = self.index(self.size())
                self.expect("}")
                local[letter] = index
                bound.append(index)
                continue
            factor = self.power(local)
            if factor is None:
                break
            parts.append(factor)
        if not parts:
            raise ReadingError(f"a factor expected before {' '.join(self.tokens[self.at :][:8])}")
        return algebra.bind(algebra.multiply(*parts), *bound)

    def letter(self) -> tuple[str, ...]:
        """A letter for an index, perhaps numbered."""
        found = self.tokens[self.at : self.at + 1]
        self.at += 1
        if self.starts("_", "{") and self.tokens[self.at + 2].isdigit():
            found += self.tokens[self.at : self.at + 4]
            self.at += 4
        return found

    def power(self, scope: Scope) -> Network | None:
        """A factor with its exponent; None at the end of a product."""
        base = self.factor(scope)
        return base if base is None else atoms.power(base, exact(self.exponent()))

    def factor(self, scope: Scope) -> Network | None:
        """One factor; None at the end of a product."""
        if self.at < len(self.tokens) and self.tokens[self.at].isdigit():
            return algebra.constant(exact(self.number()))
        if self.take("\\frac", "{"):
            above = self.sum(scope)
            self.expect("}", "{")
            return algebra.multiply(above, self.reciprocal(scope))
        if self.take("\\sqrt", "{"):
            inner = self.sum(scope)
            self.expect("}")
            return atoms.power(inner, Fraction(1, 2))
        if self.take("\\exp"):
            return atoms.exp(self.parenthesis(scope))
        if self.take("\\log"):
            return atoms.log(self.parenthesis(scope))
        if self.take("\\delta", "_", "{"):
            return algebra.delta(*self.indices(scope))
        if self.take("\\mathbf", "{", "1", "}", "_", "{"):
            column = self.one_index(scope)
            if self.take("\\le"):
                (row,) = self.indices(scope)
                return algebra.entry(algebra.causal_head(row.sort), row, column)
            self.expect("=")
            (row,) = self.indices(scope, "-")
            self.expect("1", "}")
            return algebra.entry(algebra.shift_head(row.sort), row, column)
        if self.starts("\\left", "("):
            return self.matrix(scope) if self.is_matrix() else self.parenthesis(scope)
        if self.starts("\\partial"):
            return self.applied(scope)
        return self.named_factor(scope)

    def reciprocal(self, scope: Scope) -> Network:
        """What is above 1, up to a brace: of a product, the product of the reciprocals of its factors."""
        before = self.at
        parts = []
        while (base := self.factor(scope)) is not None:
            exponent = self.exponent()
            parts.append(atoms.power(base, exact(-exponent)))
        if parts and self.take("}"):
            return algebra.multiply(*parts)
        self.at = before
        below = self.sum(scope)
        self.expect("}")
        return atoms.power(below, -1)

    def named_factor(self, scope: Scope) -> Network | None:
        """What begins with a symbol: an entry, a size, a function."""
        if (name := self.longest(self.named)) is not None:
            return atoms.function(self.named[name], self.parenthesis(scope))
        parenthesised = self.take("(")
        symbols = [*self.arrays, *self.sizes, *self.functions]
        found = self.longest(symbols)
        if found is None:
            if parenthesised:
                raise ReadingError("a symbol expected")
            return None
        if parenthesised:
            self.expect(")")
        if found in self.functions:
            self.at -= len(found)
            return self.applied(scope)
        if found in self.sizes:
            return algebra.entry(algebra.size_head(self.sizes[found]))
        head = self.arrays[found]
        indices = self.indices(scope) if head.sorts and self.take("_", "{") else ()
        return algebra.entry(head, *indices)

    def parenthesis(self, scope: Scope) -> Network:
        """A sum in parentheses."""
        self.expect("\\left", "(")
        value = self.sum(scope)
        self.expect("\\right", ")")
        return value

    def indices(self, scope: Scope, end: str = "}") -> tuple[Index, ...]:
        """Letters up to a token."""
        found = []
        while not self.take(end):
            found.append(self.one_index(scope))
        return tuple(found)

    def one_index(self, scope: Scope) -> Index:
        """What a letter stands for."""
        letter = self.longest(scope)
        if letter is None:
            raise ReadingError(f"an index expected before {' '.join(self.tokens[self.at :][:8])}")
        return scope[letter]

    def is_matrix(self) -> bool:
        """Whether a matrix given by its entries comes next."""
        before = self.at
        self.at += 2
        self.letter()
        self.letter()
        found = self.starts("\\in")
        self.at = before
        return found

    def matrix(self, scope: Scope) -> Network:
        """An entry of the inverse of a matrix given by its entries."""
        self.expect("\\left", "(")
        letters = (self.letter(), self.letter())
        self.expect("\\in")
        sort = self.size()
        self.expect("\\mapsto")
        row, column = self.index(sort), self.index(sort)
        inner = self.sum({**scope, **dict(zip(letters, (row, column), strict=True))})
        self.expect("\\right", ")", "^", "{", "-", "1", "}", "_", "{")
        value = atoms.inverse(inner, row, column)
        return algebra.rename(value, dict(zip((row, column), self.indices(scope), strict=True)))

    def applied(self, scope: Scope) -> Network:
        """An entry of an unknown function, a feature map or an activation."""
        slopes = []
        while self.take("\\partial", "_", "{"):
            which = int(self.number()) - 1
            self.expect(";")
            slopes.append((which, self.indices(scope)))
        found = self.longest(self.functions)
        if found is None:
            raise ReadingError("a function expected")
        name = self.functions[found]
        if self.kinds[name] == "activation":
            return atoms.activation(name, self.order(), self.parenthesis(scope))
        self.expect("\\left", "(")
        encoded = algebra.constant(0)
        markers = self.legend.markers[name]
        for k, marker in enumerate(markers):
            if k:
                self.expect(",")
            encoded = encoded + self.array(marker, scope)
        self.expect("\\right", ")")
        lead = self.indices(scope) if self.take("_", "{") else ()
        slots = tuple(f"{markers[which].name}:{len(ix)}" for which, ix in slopes)
        lead = (*lead, *(i for _, ix in slopes for i in ix))
        return atoms.unknown(self.kinds[name], name, lead, slots, encoded)

    def array(self, marker: Head, scope: Scope) -> Network:
        """What stands for an array: marked entries."""
        places = [self.index(sort) for sort in marker.sorts]
        local = dict(scope)
        if marker.sorts and self.is_array():
            parenthesised = self.take("(")
            found = self.longest(self.arrays)
            assert found is not None
            if parenthesised:
                self.expect(")")
            indices = self.dotted(places, scope) if self.take("_", "{") else places
            entries = algebra.entry(self.arrays[found], *indices)
        else:
            for place in places:
                local[self.letter()] = place
                self.expect("\\in")
                if self.size() != place.sort:
                    raise ReadingError("an array of another type")
            if places:
                self.expect("\\mapsto")
            entries = self.sum(local)
        return algebra.bind(algebra.multiply(algebra.entry(marker, *places), entries), *places)

    def dotted(self, places: list[Index], scope: Scope) -> list[Index]:
        """Indices up to a brace, a dot being the next of some places."""
        found, rest = [], list(places)
        while not self.take("}"):
            if self.starts("\\cdot") and not rest:
                raise ReadingError("more dots than indices")
            found.append(rest.pop(0) if self.take("\\cdot") else self.one_index(scope))
        return found

    def is_array(self) -> bool:
        """Whether an array comes next, and not an index that runs over one."""
        return not (self.tokens[self.at + 1 : self.at + 2] == ("\\in",) or self.starts("\\mapsto")) and (
            self.arrow() > self.end_of_argument()
        )

    def arrow(self) -> int:
        """Where the next arrow is."""
        rest = self.tokens[self.at :]
        return self.at + rest.index("\\mapsto") if "\\mapsto" in rest else len(self.tokens)

    def end_of_argument(self) -> int:
        """Where the comma or parenthesis is that ends an argument."""
        depth = 0
        for k in range(self.at, len(self.tokens)):
            token = self.tokens[k]
            depth += (token in ("\\left", "{")) - (token in ("\\right", "}"))
            if depth < 0 or (depth == 0 and token == ","):
                return k
        return len(self.tokens)
