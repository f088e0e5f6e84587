"""A printed formula as tokens, with the symbols that stand for something."""

import re
from collections.abc import Iterable
from fractions import Fraction
from itertools import count

from ..networks.network import Index
from .notation import Legend
from .sums import FUNCTIONS

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]|\d+|\S")


class ReadingError(ValueError):
    """A formula that is not of the printed form."""


def tokens_of(text: str) -> tuple[str, ...]:
    """The tokens of a formula."""
    return tuple(TOKEN.findall(text))


class Cursor:
    """A formula, how far it was read, and the symbols of a legend."""

    def __init__(self, text: str, legend: Legend) -> None:
        self.tokens = tokens_of(text)
        self.at = 0
        self.legend = legend
        self.fresh = count()
        self.arrays = {tokens_of(s): head for head, s in legend.arrays.items()}
        self.sizes = {tokens_of(s): sort for sort, s in legend.sizes.items()}
        self.functions = {tokens_of(s): name for name, s in legend.functions.items()}
        self.kinds = legend.kinds
        self.named = {tokens_of(s): name for name, s in FUNCTIONS.items()}
        for name in ("sigmoid", "softplus"):
            self.named[tokens_of(f"\\mathrm{{{name}}}")] = name

    def starts(self, *tokens: str) -> bool:
        """Whether these tokens come next."""
        return self.tokens[self.at : self.at + len(tokens)] == tokens

    def take(self, *tokens: str) -> bool:
        """Skip these tokens if they come next."""
        found = self.starts(*tokens)
        self.at += len(tokens) * found
        return found

    def expect(self, *tokens: str) -> None:
        """Skip these tokens.

        Raises:
            ReadingError: something else comes next.
        """
        if not self.take(*tokens):
            raise ReadingError(f"{' '.join(tokens)} expected before {' '.join(self.tokens[self.at :][:8])}")

    def longest(self, known: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
        """The longest of some symbols that comes next; it is skipped."""
        found = max((s for s in known if self.starts(*s)), key=len, default=None)
        if found is not None:
            self.at += len(found)
        return found

    def size(self) -> str:
        """The sort whose size comes next."""
        found = self.longest(self.sizes)
        if found is None:
            raise ReadingError("a size expected")
        return self.sizes[found]

    def index(self, sort: str) -> Index:
        """A new index."""
        return Index(sort, f"%{next(self.fresh)}")

    def number(self) -> Fraction:
        """A rational number such as -3/2."""
        sign = -1 if self.take("-") else 1
        text = self.tokens[self.at]
        self.at += 1
        if self.take("/"):
            text += "/" + self.tokens[self.at]
            self.at += 1
        return sign * Fraction(text)

    def exponent(self) -> Fraction:
        """An exponent, or 1."""
        if not self.take("^", "{"):
            return Fraction(1)
        value = self.number()
        self.expect("}")
        return value

    def order(self) -> int:
        """The order of a derivative of an activation."""
        order = int(self.number()) if self.take("^", "{", "(") else 0
        if order:
            self.expect(")", "}")
        return order
