"""Features mod p with prescribed inner products, one point after the other."""

from collections.abc import Callable, Mapping

from .residues import TOWER, UnmodelledError, inverse, is_square, root

WIDTH = 12
"""The number of features of a feature map: two for each point at which it may be used."""


class FeatureTable:
    """The features of one map: rows F with F Fᵀ = L D Lᵀ, every entry of D being a sum of two squares.

    Inner products that nothing prescribes are drawn at random, once for every pair of points.
    """

    def __init__(
        self,
        name: str,
        level: int,
        known: Mapping[tuple[object, object], int],
        draw: Callable[..., int],
    ) -> None:
        self.name, self.level, self.known, self.draw = name, level, known, draw
        self.points: list[object] = []
        self.lower: list[list[int]] = []
        self.diagonal: list[int] = []
        self.roots: list[tuple[int, int]] = []

    def feature(self, point: object, which: int) -> int:
        """One feature of a point.

        Raises:
            UnmodelledError: too many points, or inner products that no features have.
        """
        if point not in self.points:
            self.append(point)
        row = self.lower[self.points.index(point)]
        k, second = divmod(which, 2)
        return row[k] * self.roots[k][second] if k < len(row) else 0

    def append(self, point: object) -> None:
        """Choose the features of one more point."""
        if 2 * len(self.points) + 2 > WIDTH:
            raise UnmodelledError(f"{self.name} is used at too many points")
        p = TOWER[self.level]
        row: list[int] = []
        for j, other in enumerate(self.points):
            rest = self.inner_product(point, other) - self.paired(row, self.lower[j][:j])
            row.append(rest * inverse(self.diagonal[j], self.level) % p)
        d = (self.inner_product(point, point) - self.paired(row, row)) % p
        self.points.append(point)
        self.lower.append([*row, 1])
        self.diagonal.append(d)
        self.roots.append(self.two_squares(d))

    def paired(self, a: list[int], b: list[int]) -> int:
        """Σ aₖ dₖ bₖ."""
        return sum(x * d * y for x, d, y in zip(a, self.diagonal, b, strict=False))

    def inner_product(self, a: object, b: object) -> int:
        """As prescribed, else at random."""
        given = self.known.get((a, b))
        pair = sorted((repr(a), repr(b)))
        return self.draw("inner product", self.name, pair, self.level) if given is None else given

    def two_squares(self, d: int) -> tuple[int, int]:
        """Numbers whose squares add up to d."""
        p = TOWER[self.level]
        for attempt in range(64):
            x = self.draw("square", d, attempt) % p
            rest = (d - x * x) % p
            if is_square(rest, self.level):
                return x, root(rest, self.level)
        raise UnmodelledError("no two squares were found")
