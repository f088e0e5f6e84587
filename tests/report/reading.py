"""Reads printed formulas back and evaluates them over the rationals; shares no code with the printer."""

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

Value: TypeAlias = Any
"""A rational number, or an array of them."""

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+|[A-Za-z]|[^\s]")
SPACES = {"\\,", "\\!", "\\quad", "\\qquad"}
ENDS = {")", "]", "\\right", "}", "\\rangle", "\\rVert", ",", "&", "\\\\", "\\end", "+", "-", "\\odot", None}


def tokens(latex: str) -> list[str]:
    return [t for t in TOKEN.findall(latex) if t not in SPACES]


def times(a: Value, b: Value) -> Value:
    """A product of scalars and matrices; a 1 by 1 result is a scalar."""
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        return a * b
    assert a.shape[1] == b.shape[0], (a.shape, b.shape)
    c = a @ b
    return c[0, 0] if c.shape == (1, 1) else c


def column(value: np.ndarray) -> Value:
    """Arrays as the formulas see them: vectors are columns, scalars are numbers."""
    if value.ndim == 0:
        return value[()]
    return value[:, None] if value.ndim == 1 else value


class Reader:
    """A recursive descent over one formula; ``names`` has the values of symbols, ``sizes`` of axes."""

    def __init__(
        self,
        latex: str,
        names: Mapping[str, Value],
        sizes: Mapping[str, int],
        indices: Iterable[tuple[str, int]] = (),
    ) -> None:
        self.tokens, self.position = tokens(latex), 0
        self.names, self.sizes, self.indices = names, sizes, dict(indices)

    @property
    def next(self) -> str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self, *expected: str) -> str:
        token = self.next
        assert not expected or token in expected, (token, expected, self.tokens[self.position :])
        assert token is not None, "the formula ends too early"
        self.position += 1
        return token

    def braces(self) -> str:
        """The raw text of a group in braces."""
        self.take("{")
        depth, parts = 1, []
        while depth:
            token = self.take()
            depth += (token == "{") - (token == "}")
            parts.append(token)
        return "".join(parts[:-1])

    def whole(self) -> Value:
        value = self.sum()
        assert self.next is None, self.tokens[self.position :]
        return value

    def sum(self) -> Value:
        negative = self.next == "-" and self.take() == "-"
        value = self.entrywise()
        value = -value if negative else value
        while self.next in ("+", "-"):
            sign = self.take()
            other = self.entrywise()
            assert np.shape(value) == np.shape(other), "a sum of different types"
            value = value + other if sign == "+" else value - other
        return value

    def entrywise(self) -> Value:
        value = self.product()
        while self.next == "\\odot":
            self.take()
            other = self.product()
            assert np.shape(value) == np.shape(other)
            value = value * other
        return value

    def product(self) -> Value:
        value = self.factor()
        while self.next not in ENDS:
            if self.next == "\\cdot":
                self.take()
            value = times(value, self.factor())
        return value

    def factor(self) -> Value:
        value = self.primary()
        while self.next in ("^", "_"):
            value = self.superscript(value) if self.take() == "^" else self.subscript(value)
        return value

    def superscript(self, value: Value) -> Value:
        if self.next == "\\top":
            self.take()
            return value.T if isinstance(value, np.ndarray) else value
        text = self.braces()
        if text.startswith("\\odot"):
            return value ** int(text.removeprefix("\\odot"))
        if isinstance(value, np.ndarray):
            assert text == "-1"
            assert not np.any(value * (1 - np.eye(len(value), dtype=int))), (
                "only diagonal matrices are inverted here"
            )
            return value + np.diag([1 / x - x for x in np.diag(value)])
        return value ** int(text)

    def subscript(self, value: Value) -> Value:
        names = [n for n in re.findall(r"[a-z:]", self.braces())]
        key = tuple(slice(None) if n == ":" else self.indices[n] for n in names)
        if value.shape[1] == 1:
            value = value[:, 0]
        return column(np.asarray(value[key]))

    def group(self) -> Value:
        if self.next == "\\left":
            self.take()
            if self.next in ("\\langle", "\\lVert"):
                return self.inner(self.take(), "\\right")
            self.take("(")
            value = self.sum()
            self.take("\\right")
        else:
            self.take("(")
            value = self.sum()
        self.take(")")
        return value

    def size(self, text: str) -> int:
        return sum(int(p) if p.isdigit() else self.sizes[p] for p in text.split("+"))

    def primary(self) -> Value:
        token = self.next
        if token == "\\left" and self.tokens[self.position + 1] == "[":
            return self.stack()
        if token in ("(", "\\left"):
            return self.group()
        token = self.take()
        match token:
            case "\\frac":
                self.take("{")
                above = self.sum()
                self.take("}")
                self.take("{")
                below = self.sum()
                self.take("}")
                return above / below
            case "\\langle" | "\\lVert":
                return self.inner(token)
            case "\\mathbf":
                value = Fraction(int(self.braces()))
                self.take("_")
                shape = [self.size(part.strip("()")) for part in self.braces().split("\\times")]
                return np.full((*shape, 1)[:2], value)
            case "I":
                self.take("_")
                n = self.size(self.braces())
                return np.array([[Fraction(i == j) for j in range(n)] for i in range(n)])
            case "C":
                self.take("_")
                assert self.braces() == "\\le"
                n = self.sizes["n"]
                return np.array([[Fraction(j <= i) for j in range(n)] for i in range(n)])
            case "\\mathrm":
                return self.function(self.braces())
            case "\\sum":
                return self.series()
            case "\\begin":
                return self.block()
        if token.isdigit():
            return Fraction(int(token))
        if self.next == "_" and "".join(self.tokens[self.position : self.position + 4]) == "_{1}"[:4]:
            name = token + "_{" + "".join(self.tokens[self.position + 2 : self.position + 3]) + "}"
            if name in self.names:
                self.position += 4
                return self.names[name]
        if self.next == "_":
            ahead = token + "".join(self.tokens[self.position : self.tokens.index("}", self.position) + 1])
            if ahead in self.names:
                self.position = self.tokens.index("}", self.position) + 1
                return self.names[ahead]
        return self.names[token]

    def inner(self, opened: str, *before_end: str) -> Value:
        """An inner product, or an even power of a norm."""
        a = self.sum()
        if opened == "\\langle":
            self.take(",")
            b = self.sum()
        for token in (*before_end, "\\rangle" if opened == "\\langle" else "\\rVert"):
            self.take(token)
        if opened == "\\langle":
            assert a.shape == b.shape
            return (a * b).sum()
        if self.next == "_":
            self.take()
            assert self.braces() == "F"
        self.take("^")
        half, odd = divmod(int(self.braces()), 2)
        assert not odd, "only even powers of a norm are rational"
        return (a * a).sum() ** half

    def function(self, name: str) -> Value:
        value = self.group()
        match name:
            case "relu":
                return np.vectorize(lambda x: max(x, Fraction(0)), otypes=[object])(value)[()]
            case "tr":
                return sum(value[i, i] for i in range(len(value)))
            case "diag":
                n = len(value)
                return np.array([[value[i, 0] if i == j else Fraction(0) for j in range(n)] for i in range(n)])
        raise AssertionError(name)

    def series(self) -> Value:
        self.take("_")
        index, _, first = self.braces().partition("=")
        assert first == "1"
        self.take("^")
        size = self.size(self.braces())
        start, total = self.position, None
        assert index not in self.indices, "an index is bound twice"
        for k in range(size):
            self.position = start
            self.indices[index] = k
            value = self.entrywise()
            total = value if total is None else total + value
        del self.indices[index]
        assert self.next not in ("+", "-"), "what follows a sum sign could belong to it"
        return total

    def stack(self) -> Value:
        """[ body ] with an index and its bounds: the values of the body as rows."""
        start, depth, end = self.position + 2, 1, self.position + 1
        while depth:
            end += 1
            depth += (self.tokens[end] == "\\left") - (self.tokens[end] == "\\right")
        self.position = end
        self.take("\\right")
        self.take("]")
        self.take("_")
        index = self.braces().removesuffix("=1")
        self.take("^")
        size, after = self.size(self.braces()), self.position
        assert index not in self.indices
        values = []
        for k in range(size):
            self.position, self.indices[index] = start, k
            values.append(np.asarray(self.sum()))
        del self.indices[index]
        self.position = after
        return column(
            np.array([v[:, 0] if v.ndim == 2 and v.shape[1] == 1 else v for v in values], dtype=object)
        )

    def block(self) -> Value:
        assert self.braces() == "pmatrix"
        rows, row = [], []
        while True:
            row.append(np.atleast_2d(self.sum()))
            match self.take("&", "\\\\", "\\end"):
                case "\\\\":
                    rows.append(np.concatenate(row, axis=1))
                    row = []
                case "\\end":
                    assert self.braces() == "pmatrix"
                    return np.concatenate([*rows, np.concatenate(row, axis=1)], axis=0)
