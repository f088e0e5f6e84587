"""Feature maps at explicit sizes: the points at which φ is used, and features with the right inner products."""

import itertools

import sympy

from .scalars import Scalar

LARGEST_GRAM = 4


class FeaturePoints:
    """The points at which a feature map is used; φ at the k-th of them is a row of fresh symbols."""

    def __init__(self, name: str, width: int) -> None:
        self.name, self.width = name, width
        self.points: list[tuple[Scalar, ...]] = []

    def row(self, point: tuple[Scalar, ...]) -> list[Scalar]:
        """The symbols that stand for φ(point)."""
        canonical = tuple(sympy.expand(x) for x in point)
        if canonical not in self.points:
            self.points.append(canonical)
        return [self.symbol(self.points.index(canonical), k) for k in range(self.width)]

    def symbol(self, point: int, feature: int) -> Scalar:
        """One feature of one point."""
        return sympy.Symbol(f"{self.name}⟨{point}⟩[{feature}]", real=True)

    def algebraic(self, gram: list[list[Scalar]]) -> dict[Scalar, Scalar]:
        """Features without roots: the rows of ((G + 1)/2, i(G − 1)/2), followed by zeros.

        Their products are (G + 1)²/4 − (G − 1)²/4 = G for a symmetric G.
        """
        n = len(gram)
        found = {self.symbol(i, k): sympy.Integer(0) for i in range(n) for k in range(self.width)}
        for i, j in itertools.product(range(n), repeat=2):
            found[self.symbol(i, j)] = (gram[i][j] + int(i == j)) / 2
            found[self.symbol(i, j + n)] = sympy.I * (gram[i][j] - int(i == j)) / 2
        return found

    def values(self, rows: list[list[Scalar]], zero: Scalar) -> dict[Scalar, Scalar]:
        """Features given as numbers of any kind, followed by zeros."""
        return {
            self.symbol(i, k): row[k] if k < len(row) else zero
            for i, row in enumerate(rows)
            for k in range(self.width)
        }
