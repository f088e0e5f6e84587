"""What hypotheses say of a model: arrays that are given by others, and inner products of features."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..networks.network import Factor, Head, Index, Monomial, Network, Rational


@dataclass(frozen=True)
class Gram:
    """That ⟨φ(a), φ(b)⟩ is a network in the free indices of a and b.

    Attributes:
        name: the feature map.
        points: the two feature heads, with their indices; the first index is that of the feature.
        value: the inner product.
        free: the free indices of the hypothesis.
    """

    name: str
    points: tuple[tuple[Head, tuple[Index, ...]], tuple[Head, tuple[Index, ...]]]
    value: Network
    free: tuple[Index, ...]


@dataclass(frozen=True)
class Probe:
    """One marker set to 1 and all others to 0, to read off one entry of an array."""

    marker: Head
    place: tuple[int, ...]

    def value(self, head: Head, places: tuple[int, ...]) -> int:
        """The value of a marker's entry."""
        return int(head == self.marker and places == self.place)


def placed(head: Head, places: tuple[int, ...]) -> dict[Index, int]:
    """The values of the place holders of a head's argument."""
    return {Index(sort, f"${k}"): x for k, (sort, x) in enumerate(zip(head.sorts, places, strict=True))}


def grams_in(hypotheses: Sequence[Network]) -> list[Gram]:
    """Hypotheses of the form ⟨φ(a), φ(b)⟩ = value."""
    found = []
    for network in hypotheses:
        for monomial, c in network.terms.items():
            points = _inner_product(monomial)
            if points is not None:
                found.append(Gram(points[0][0].name, points, _rest(network, monomial, c), network.free))
                break
    return found


def definitions_in(hypotheses: Sequence[Network]) -> dict[Head, Network]:
    """Hypotheses of the form array[#i, #j] = value, solved for the array.

    One at an index of ``given``, whose name has no ``#``, speaks of one entry and defines no array.
    """
    found: dict[Head, Network] = {}
    for network in hypotheses:
        for monomial, c in network.terms.items():
            if len(monomial) != 1 or monomial[0][0].kind != "tensor" or monomial[0][2] != 1:
                continue
            head, indices, _ = monomial[0]
            value = _rest(network, monomial, c)
            everywhere = len(set(indices)) == len(indices) and all(i.name[0] == "#" for i in indices)
            if everywhere and set(value.free) <= set(indices) and not _uses(value, head, found):
                found[head] = _renamed(value, indices)
                break
    return found


def _inner_product(
    monomial: Monomial,
) -> tuple[tuple[Head, tuple[Index, ...]], tuple[Head, tuple[Index, ...]]] | None:
    factors: list[Factor] = [f for f in monomial for _ in range(int(f[2]) if f[2] > 0 else 1)]
    match factors:
        case [(Head(kind="feature") as a, (i, *rest), _), (Head(kind="feature") as b, (j, *more), _)]:
            if i == j and i.is_dummy and a.name == b.name:
                return (a, (i, *rest)), (b, (j, *more))
    return None


def _rest(network: Network, monomial: Monomial, c: Rational) -> Network:
    """What the monomial equals if the network is 0."""
    return Network({m: Fraction(-1) * b / c for m, b in network.terms.items() if m != monomial})


def _uses(network: Network, head: Head, definitions: dict[Head, Network]) -> bool:
    """Whether a network's value depends on an array, by itself or through definitions."""
    heads = network.heads
    return head in heads or any(_uses(definitions[h], head, definitions) for h in heads & definitions.keys())


def _renamed(network: Network, indices: tuple[Index, ...]) -> Network:
    names = {i: Index(i.sort, f"${k}") for k, i in enumerate(indices)}
    terms = {
        tuple((head, tuple(names.get(i, i) for i in ix), e) for head, ix, e in monomial): c
        for monomial, c in network.terms.items()
    }
    return Network(terms)
