"""Exact inputs drawn from a claim's domains: dyadic numbers, the domains' edges, and sizes.

All draws follow from a generator and from the order of ``given``.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from random import Random
from types import MappingProxyType

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Constraint, Features, Index, Numbers, UnknownFunction
from equivalences.language.evidence import Instance
from equivalences.language.term import Axes, LoopReads, LoopState, Size, summands, walk

from .exact.lowering import extent

Sizes = dict[str, int]

EDGES = ("zeros", "ones", "equal rows", "powers of two", "negative")
LARGE = "large values"
FAMILIES = ("dyadic", *EDGES, LARGE)
SIGNED = 3
"""Scalars up to which every combination of their signs is tried."""


def axes_of(comparison: Comparison) -> tuple[str, ...]:
    """The axis names of a comparison, feature axes excepted, in order of appearance.

    >>> from equivalences.language.domain import real
    >>> from equivalences.language.term import Variable
    >>> axes_of(Comparison({"x": real("n d+1")}, Variable("x", ("n", "d+1")), Variable("x", ("n", "d+1"))))
    ('n', 'd')
    """
    hidden = set(feature_axes(comparison))
    names = [part for axes in _types(comparison) for axis in axes for part in summands(axis)]
    return tuple(dict.fromkeys(name for name in names if name != "1" and name not in hidden))


def feature_axes(comparison: Comparison) -> tuple[str, ...]:
    """The axes that feature maps map into; their sizes follow from the points."""
    domains = [d for d in comparison.given.values() if isinstance(d, Features)]
    return tuple(dict.fromkeys(domain.features for domain in domains))


def _types(comparison: Comparison) -> Iterator[Axes]:
    for domain in comparison.given.values():
        match domain:
            case Numbers(axes, _):
                yield axes
            case Index(axis):
                yield (axis,)
            case Features(points, _, _):
                yield (points,)
            case UnknownFunction(inputs, output):
                yield from (*inputs, output)
    hypotheses = [term for pair in comparison.assumptions for term in pair]
    for term in walk(comparison.lhs, comparison.rhs, *hypotheses, *comparison.realised.values()):
        yield term.axes
        match term:
            case Size(axis):
                yield (axis,)
            case LoopState(loop, _) | LoopReads(loop):
                yield (loop.axis,)


def distinct(axes: Sequence[str], start: int = 2) -> Sizes:
    """Sizes of which no two are equal."""
    return {axis: start + k for k, axis in enumerate(axes)}


def schedule(axes: Sequence[str], rng: Random) -> list[Sizes]:
    """Sizes to try: all 1, small and mixed, all distinct, each axis at 1 in turn, and larger ones."""
    some = [{axis: rng.randint(1, 3) for axis in axes} for _ in range(2)]
    edges = [{axis: 1 if axis == edge else 2 for axis in axes} for edge in axes]
    large = dict.fromkeys(axes, 4 if len(axes) < 6 else 3)
    ordered = [dict.fromkeys(axes, 1), dict.fromkeys(axes, 2), *some, _mixed(axes, rng), *edges, large]
    return [dict(pairs) for pairs in dict.fromkeys(tuple(sizes.items()) for sizes in ordered)]


def _mixed(axes: Sequence[str], rng: Random) -> Sizes:
    """Sizes 2, 3, 4, … in random order, repeated from 5 on: distinct where there are few axes."""
    values = [2 + k % 4 for k in range(len(axes))]
    rng.shuffle(values)
    return dict(zip(axes, values, strict=True))


def signs_of(comparison: Comparison) -> list[dict[str, int]]:
    """Every combination of signs of the real scalars that are drawn, where they are few; none where none is."""
    scalars = [
        name
        for name, domain in comparison.given.items()
        if domain == Numbers(()) and name not in comparison.realised
    ]
    if not 1 <= len(scalars) <= SIGNED:
        return []
    return [dict(zip(scalars, signs, strict=True)) for signs in product((1, -1), repeat=len(scalars))]


def draw(
    comparison: Comparison,
    sizes: Mapping[str, int],
    rng: Random,
    family: str = "dyadic",
    signs: Mapping[str, int] = MappingProxyType({}),
) -> Instance:
    """An instance with entries of a family; what hypotheses tie down is not drawn.

    ``signs`` says which scalars are positive and which negative.
    """
    values: dict[str, tuple[Fraction, ...]] = {}
    for name, domain in comparison.given.items():
        match domain:
            case Numbers(axes, constraint) if name not in comparison.realised:
                shape = tuple(extent(axis, sizes) for axis in axes)
                values[name] = tuple(entries(shape, constraint, rng, family))
            case Index(axis):
                values[name] = (Fraction(rng.randrange(extent(axis, sizes))),)
    for name, sign in signs.items():
        values[name] = tuple(sign * (abs(x) or Fraction(1)) for x in values[name])
    return Instance(dict(sizes), values)


def integers(comparison: Comparison, sizes: Mapping[str, int], rng: Random, bits: int) -> dict[str, list[int]]:
    """Uniform integers of so many bits for every array, which are random residues mod every prime."""
    return {
        name: whole(tuple(extent(axis, sizes) for axis in domain.axes), domain.constraint, rng, bits)
        for name, domain in comparison.given.items()
        if isinstance(domain, Numbers) and name not in comparison.realised
    }


def whole(shape: tuple[int, ...], constraint: Constraint, rng: Random, bits: int) -> list[int]:
    """Random integers under a constraint."""
    match constraint:
        case "mask":
            return [rng.randrange(2) for _ in range(prod(shape))]
        case "symmetric" | "positive definite":
            drawn = [Fraction(rng.getrandbits(bits)) for _ in range(prod(shape))]
            return [x.numerator for x in structured(drawn, shape[0], constraint)]
    return [rng.getrandbits(bits) + 1 for _ in range(prod(shape))]


def entries(shape: tuple[int, ...], constraint: Constraint, rng: Random, family: str) -> list[Fraction]:
    """Entries of a family under a constraint."""
    count = prod(shape)
    if constraint == "mask":
        return [Fraction(1 if family == "ones" else rng.randrange(2)) for _ in range(count)]
    if family == "equal rows" and len(shape) > 1:
        row = [entry("dyadic", rng) for _ in range(prod(shape[1:]))]
        drawn = [x for _ in range(shape[0]) for x in row]
    else:
        drawn = [entry(family, rng) for _ in range(count)]
    match constraint:
        case "positive":
            return [abs(x) or Fraction(1) for x in drawn]
        case "symmetric" | "positive definite":
            return structured(drawn, shape[0], constraint)
    return drawn


def entry(family: str, rng: Random) -> Fraction:
    """One number of a family.

    Raises:
        ValueError: there is no such family.
    """
    match family:
        case "dyadic" | "equal rows":
            return Fraction(rng.randint(-24, 24), 8)
        case "small":
            return Fraction(rng.choice(("1", "2", "-1", "1/2", "3", "-2", "1", "2")))
        case "zeros":
            return Fraction(rng.choice(("0", "0", "1", "-1/2")))
        case "ones":
            return Fraction(1)
        case "powers of two":
            return rng.choice((-1, 1)) * Fraction(2) ** rng.randint(-3, 3)
        case "large values":
            return rng.choice((-1, 1)) * Fraction(2) ** rng.randint(7, 10)
        case "negative":
            return Fraction(-rng.randint(1, 24), 8)
    raise ValueError(f"no family {family!r}; there are {', '.join(FAMILIES)}")


def structured(drawn: Sequence[Fraction], n: int, constraint: Constraint) -> list[Fraction]:
    """A symmetric matrix: the upper triangle mirrored, or A Aᵀ + 1 if positive definite."""
    if constraint == "symmetric":
        return [drawn[min(i, j) * n + max(i, j)] for i in range(n) for j in range(n)]
    return [
        sum((drawn[i * n + k] * drawn[j * n + k] for k in range(n)), Fraction(int(i == j)))
        for i in range(n)
        for j in range(n)
    ]
