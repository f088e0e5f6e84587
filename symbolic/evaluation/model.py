"""Random inputs mod p, and the value of every network at them, in code of their own.

The checker and this module share the networks' data structure and no operation on them. Entries are drawn
as they are asked for: 0/1 arrays keep to 0 and 1, positive ones to squares, symmetric ones to their
symmetries, unknown functions are tables. What hypotheses tie down is computed from them.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from ..networks.network import Factor, Head, Index, Monomial, Network, Rational
from .hypotheses import Gram, Probe, placed
from .points import FeatureTable
from .residues import (
    TOWER,
    UnmodelledError,
    exponential,
    inverse,
    invert,
    is_square,
    multiply,
    power,
)

Assignment: TypeAlias = Mapping[Index, int]
Table: TypeAlias = tuple[tuple[Index, ...], dict[tuple[int, ...], int]]
"""The indices of a partial product, and its value for each of their values."""

NO_DEFINITIONS: Mapping[Head, Network] = {}


class Model:
    """Random inputs at given sizes, and the value of every head.

    ``definitions`` are arrays given by a network in the free indices ``$0``, ``$1`` and so on.
    """

    def __init__(
        self,
        sizes: Mapping[str, int],
        seed: int,
        definitions: Mapping[Head, Network] = NO_DEFINITIONS,
        grams: Sequence[Gram] = (),
    ) -> None:
        self.sizes, self.seed = sizes, seed
        self.definitions, self.grams = definitions, grams
        self.memo: dict[object, int] = {}
        self.inverses: dict[object, list[list[int]]] = {}
        self.features: dict[tuple[str, int], FeatureTable] = {}

    def network(self, network: Network, at: Assignment, level: int = 0) -> int:
        """The value, mod the level's prime, the free indices taking the values assigned.

        Raises:
            UnmodelledError: no such value exists at this draw.
        """
        values = (self.monomial(m, at, level) * self.number(c, level) for m, c in network.terms.items())
        return sum(values) % TOWER[level]

    def number(self, c: Rational, level: int) -> int:
        """A rational number mod p."""
        numerator, denominator = c.numerator, c.denominator
        return numerator if denominator == 1 else numerator * inverse(denominator, level) % TOWER[level]

    def monomial(self, monomial: Monomial, at: Assignment, level: int, probe: "Probe | None" = None) -> int:
        """A product, its dummies summed one after the other."""
        tables = [self.table(factor, at, level, probe) for factor in monomial]
        dummies = {i for indices, _ in tables for i in indices}
        while dummies:
            chosen = min(dummies, key=lambda d: (_width(tables, d), d))
            dummies.remove(chosen)
            mine = [t for t in tables if chosen in t[0]]
            tables = [t for t in tables if chosen not in t[0]] + [self.eliminate(mine, chosen, level)]
        return multiply([values[()] for _, values in tables], level)

    def table(self, factor: Factor, at: Assignment, level: int, probe: "Probe | None") -> Table:
        """A factor for every value of its dummies."""
        head, indices, exponent = factor
        dummies = tuple(dict.fromkeys(i for i in indices if i.is_dummy))
        values = {}
        for choice in self.choices(dummies):
            local = dict(zip(dummies, choice, strict=True))
            places = tuple(local[i] if i.is_dummy else at[i] for i in indices)
            value = probe.value(head, places) if probe and head.kind == "marker" else None
            value = self.head(head, places, level) if value is None else value
            values[choice] = power(value, exponent, level)
        return dummies, values

    def choices(self, indices: Iterable[Index]) -> Iterator[tuple[int, ...]]:
        """All values of some indices."""
        return itertools.product(*(range(self.sizes[i.sort]) for i in indices))

    def eliminate(self, tables: Sequence[Table], dummy: Index, level: int) -> Table:
        """The product of tables, summed over one dummy."""
        union = tuple(dict.fromkeys(i for indices, _ in tables for i in indices if i != dummy))
        everything = (*union, dummy)
        sums: dict[tuple[int, ...], int] = {}
        places = [([everything.index(i) for i in indices], values) for indices, values in tables]
        for choice in self.choices(everything):
            product = 1
            for positions, values in places:
                product = product * values[tuple([choice[k] for k in positions])] % TOWER[level]
            sums[choice[:-1]] = (sums.get(choice[:-1], 0) + product) % TOWER[level]
        return union, sums

    def head(self, head: Head, places: tuple[int, ...], level: int) -> int:
        """One entry of an array, or one value of a function."""
        key = (head, places, level)
        if key not in self.memo:
            self.memo[key] = self.fresh(head, places, level) % TOWER[level]
        return self.memo[key]

    def fresh(self, head: Head, places: tuple[int, ...], level: int) -> int:
        """As ``head``, computed."""
        if level == len(TOWER):
            raise UnmodelledError("exponentials nested too deeply")
        match head.kind:
            case "tensor":
                return self.entry(head, places, level)
            case "size":
                return self.sizes[head.name]
            case "delta":
                return int(places[0] == places[1])
            case "causal":
                return int(places[1] <= places[0])
            case "shift":
                return int(places[1] == places[0] - 1)
            case "exp":
                return exponential(self.argument(head, places, level + 1), level)
            case "box":
                return self.argument(head, places, level)
            case "inverse":
                return self.inverse(head, places, level)
            case "log" | "function" | "activation":
                return self.function(head, places, level)
            case "unknown":
                return self.unknown(head, places, level)
            case "feature":
                return self.feature(head, places, level)
        raise UnmodelledError(f"{head.kind} alone has no value")

    def argument(self, head: Head, places: tuple[int, ...], level: int) -> int:
        """The value of a head's argument."""
        if level == len(TOWER):
            raise UnmodelledError("exponentials nested too deeply")
        assert head.argument is not None
        return self.network(head.argument, placed(head, places), level)

    def entry(self, head: Head, places: tuple[int, ...], level: int) -> int:
        """An entry of an array of the claim: as defined, else drawn within its constraint."""
        if head in self.definitions:
            at = {Index(sort, f"${k}"): x for k, (sort, x) in enumerate(zip(head.sorts, places, strict=True))}
            return self.network(self.definitions[head], at, level)
        places = min(places, *(tuple(places[k] for k in p) for p in head.symmetries), places)
        if head.zero_one:
            return self.draw(head.name, places) % 2
        value = self.draw(head.name, places, level) % TOWER[level]
        return value * value if head.positive else value

    def draw(self, *what: object) -> int:
        """A random number that depends on the seed and on what it is for."""
        text = repr((self.seed, *what)).encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=12).digest(), "big")

    def function(self, head: Head, places: tuple[int, ...], level: int) -> int:
        """A table of random values by the argument's value, with the function's own symmetry.

        A step is 1 at squares, which stand for the positive numbers, and alike at every level.
        """
        if head.name == "step":
            return int(is_square(self.argument(head, places, 0), 0))
        x, p = self.argument(head, places, level), TOWER[level]
        if head.kind != "function":
            return self.draw(head.kind, head.name, len(head.slots), x, level)
        below = x > p // 2
        value = self.draw(head.name, min(x, p - x), level)
        match head.name:
            case "sin" | "cos":
                t = self.draw("angle", min(x, p - x), level) % p if x else 0
                scale = inverse(1 + t * t, level)
                return (1 - t * t) * scale if head.name == "cos" else (-2 if below else 2) * t * scale
            case "tanh" | "erf":
                return 0 if not x else -value if below else value
            case "sigmoid":
                return inverse(2, level) if not x else 1 - value if below else value
            case "softplus":
                return value + x if below else value
        raise UnmodelledError(f"no table of {head.name}")

    def inverse(self, head: Head, places: tuple[int, ...], level: int) -> int:
        """An entry of the inverse of the argument, a matrix in its first two indices."""
        key = (head, places[2:], level)
        if key not in self.inverses:
            n = range(self.sizes[head.sorts[0]])
            matrix = [[self.argument(head, (i, j, *places[2:]), level) for j in n] for i in n]
            self.inverses[key] = invert(matrix, level)
        return self.inverses[key][places[0]][places[1]]

    def arrays(self, head: Head, places: tuple[int, ...], level: int) -> tuple[object, ...]:
        """The arrays handed to an unknown function or feature map: markers with their entries."""
        assert head.argument is not None
        at = placed(head, places)
        markers = {h for m in head.argument.terms for h, _, _ in m if h.kind == "marker"}
        found = []
        for marker in sorted(markers, key=lambda h: h.key):
            for place in itertools.product(*(range(self.sizes[s]) for s in marker.sorts)):
                probe = Probe(marker, place)
                parts = (
                    self.monomial(m, at, level, probe) * self.number(c, level)
                    for m, c in head.argument.terms.items()
                )
                value = sum(parts) % TOWER[level]
                if value:
                    found.append((marker.name, place, value))
        return tuple(found)

    def unknown(self, head: Head, places: tuple[int, ...], level: int) -> int:
        """A table by the arrays' entries; derivatives by one array in either order agree."""
        widths = [int(slot.rpartition(":")[2]) for slot in head.slots]
        start = head.outer - sum(widths)
        ends = list(itertools.accumulate(widths, initial=start))
        slots = sorted((slot, places[a:b]) for slot, a, b in zip(head.slots, ends, ends[1:], strict=False))
        return self.draw(head.name, places[:start], slots, self.arrays(head, places, level), level)

    def feature(self, head: Head, places: tuple[int, ...], level: int) -> int:
        """A feature of a point."""
        if head.slots:
            raise UnmodelledError("a derivative of a feature map")
        table = self.feature_table(head.name, level)
        return table.feature(self.arrays(head, places, level), places[0])

    def feature_table(self, name: str, level: int) -> FeatureTable:
        """The features of one map at one level, with the inner products that hypotheses say."""
        if (name, level) not in self.features:
            known: dict[tuple[object, object], int] = {}
            for gram in self.grams:
                if gram.name == name:
                    self.inner_products(gram, level, known)
            self.features[name, level] = FeatureTable(name, level, known, self.draw)
        return self.features[name, level]

    def inner_products(self, gram: Gram, level: int, known: dict[tuple[object, object], int]) -> None:
        """What one hypothesis says of the inner products of the points that occur in it."""
        for choice in self.choices(gram.free):
            at = dict(zip(gram.free, choice, strict=True))
            left, right = (
                self.arrays(head, tuple(at.get(i, 0) for i in indices), level) for head, indices in gram.points
            )
            value = self.network(gram.value, at, level)
            if (
                known.setdefault((left, right), value) != value
                or known.setdefault((right, left), value) != value
            ):
                raise UnmodelledError("hypotheses that contradict each other")


def _width(tables: Sequence[Table], dummy: Index) -> int:
    """The number of indices of the table that eliminating a dummy makes."""
    return len({i for indices, _ in tables if dummy in indices for i in indices})
