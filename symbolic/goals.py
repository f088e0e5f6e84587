"""What has to vanish for a comparison to hold at all sizes: one network a case, and what may be used.

The prover and the checker both start here; nothing here is searched for.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Index as GivenIndex
from equivalences.language.term import (
    Axes,
    Bound,
    LoopReads,
    LoopState,
    Size,
    Take,
    Term,
    Variable,
    summands,
    walk,
)

from .lowering.lower import Lowering
from .lowering.places import Binding, Condition, Parts, Place, UnreadableError
from .networks import atoms
from .networks.algebra import NO_RENAMING, contract, entry
from .networks.derivative import differentiate
from .networks.network import Head, Index, Network
from .networks.partiality import restrictions
from .networks.positivity import is_nonnegative, is_positive


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A difference that has to be 0 for all values of its free indices.

    Attributes:
        name: which of the claim's goals this is.
        left, right: what is subtracted from what.
        rules: networks that are 0 by hypothesis for all values of their free indices, by name.
    """

    name: str
    left: Network
    right: Network
    rules: Mapping[str, Network]

    @property
    def difference(self) -> Network:
        """The network that has to be 0."""
        return self.left - self.right


@dataclass(frozen=True, kw_only=True)
class Statement:
    """All goals of a comparison.

    Attributes:
        goals: each has to be proved.
        conditions: what has to hold for the sides to be defined.
        axis: the axis over which a scan is proved by induction, or None.
    """

    goals: tuple[Goal, ...]
    conditions: tuple[Condition, ...]
    axis: str | None = None


def cases(
    lowering: Lowering, comparison: Comparison, axes: Axes, name: str, shorter: Axes = ()
) -> Iterator[tuple[str, Sequence[Place], Mapping[str, Place]]]:
    """Every part of every free axis: the goal's name, the places, and those of the indices of ``given``.

    An index on an axis that is ``shorter`` in the goal than in the claim has no place there.
    """
    indices = {k: d.axis for k, d in comparison.given.items() if isinstance(d, GivenIndex)}
    indices = {k: axis for k, axis in indices.items() if not set(summands(axis)) & set(shorter)}
    indices = {k: axis for k, axis in indices.items() if k in taken(comparison)}
    ways = [lowering.places(axis, f"#{k}") for k, axis in enumerate(axes)]
    ways += [lowering.places(axis, index) for index, axis in indices.items()]
    for places in itertools.product(*ways):
        several = [str(place[0]) for place, way in zip(places, ways, strict=True) if len(way) > 1]
        suffix = f", part {' '.join(several)}" if several else ""
        at, rest = places[: len(axes)], places[len(axes) :]
        yield name + suffix, at, dict(zip(indices, rest, strict=True))


def taken(comparison: Comparison) -> frozenset[str]:
    """The indices of ``given`` at which a term of the comparison takes a slice."""
    values = () if comparison.invariant is None else comparison.invariant.values
    assumed = (t for pair in comparison.assumptions for t in pair)
    roots = (comparison.lhs, comparison.rhs, *values, *assumed, *comparison.realised.values())
    return frozenset(t.index for t in walk(*roots) if isinstance(t, Take))


def make_goal(
    comparison: Comparison,
    lowering: Lowering,
    name: str,
    left: Network,
    right: Network,
    *,
    shorter: Axes = (),
) -> Goal:
    """A goal with the hypotheses that its networks may use.

    ``shorter`` are the axes that have fewer tokens in the goal than in the claim: a hypothesis about one of
    them says nothing there.
    """
    rules = dict(kernel_rules(comparison, lowering, (left, right)))
    rules |= dict(assumption_rules(comparison, lowering, shorter))
    return Goal(name=name, left=left, right=right, rules=rules)


def kernel_rules(
    comparison: Comparison, lowering: Lowering, networks: Sequence[Network]
) -> Iterator[tuple[str, Network]]:
    """⟨φ(x), φ(y)⟩ − κ(x, y) for every two points x, y at which a feature map occurs."""
    heads = frozenset[Head]().union(*(network.heads for network in networks))
    points = sorted((h for h in heads if h.kind == "feature"), key=lambda h: h.key)
    for (m, first), (n, second) in itertools.combinations_with_replacement(enumerate(points), 2):
        if first.name != second.name:
            continue
        kernel = comparison.kernels[first.name]
        left = [Index(sort, f"#i{k}") for k, sort in enumerate(first.sorts[1:])]
        right = [Index(sort, f"#j{k}") for k, sort in enumerate(second.sorts[1:])]
        feature = Index(first.sorts[0], "#f")
        inner = contract(
            [(entry(first, feature, *left), NO_RENAMING), (entry(second, feature, *right), NO_RENAMING)],
            [feature],
        )
        scope = {
            kernel.x: point(lowering, kernel.x, first, left),
            kernel.y: point(lowering, kernel.y, second, right),
        }
        yield f"kernel {first.name} {m} {n}", inner - lowering.lower(kernel.value, (), scope)


def check_kernels(comparison: Comparison) -> None:
    """Check that a feature map with the kernel may exist, as far as the kernel's form tells.

    Raises:
        UnreadableError: the kernel is not symmetric, negative at twice one point, or not defined everywhere.
    """
    for name, kernel in comparison.kernels.items():
        lowering = Lowering(comparison.given)
        first, second = array(lowering, "x", kernel.x), array(lowering, "y", kernel.y)
        value = lowering.lower(kernel.value, (), {kernel.x: first, kernel.y: second})
        swapped = lowering.lower(kernel.value, (), {kernel.x: second, kernel.y: first})
        twice = lowering.lower(kernel.value, (), {kernel.x: first, kernel.y: first})
        if lowering.conditions or restrictions(value):
            raise UnreadableError(f"the kernel of {name}, which is not visibly defined at all points")
        if value != swapped:
            raise UnreadableError(f"the kernel of {name}, which is not visibly symmetric")
        if twice and is_nonnegative(-twice):
            raise UnreadableError(f"the kernel of {name}, which is negative: no feature map has it")


def array(lowering: Lowering, name: str, variable: Bound) -> Binding:
    """The entries of an array of which nothing is known, of a variable's type."""
    return Binding(lambda parts: lowering.entries(Variable(f"°{name}", variable.axes), parts, {}))


def point(lowering: Lowering, variable: Bound, head: Head, indices: Sequence[Index]) -> Binding:
    """The point of a feature map, read off from its encoding."""
    holder = Index(head.sorts[0], "#f")
    encoded = atoms.instantiate(head, (holder, *indices))

    def entries(parts: Parts) -> Network:
        (axis,) = variable.axes
        part = lowering.parts(axis)[parts[0]]
        coordinate = () if part.sort == "1" else (Index(part.sort, "#0"),)
        sorts = tuple(i.sort for i in coordinate)
        marker = Head(kind="marker", name=f"0[{part.label}]", sorts=sorts)
        return differentiate(encoded, marker, coordinate, deep=False)

    return Binding(entries)


def assumption_rules(
    comparison: Comparison, lowering: Lowering, shorter: Axes
) -> Iterator[tuple[str, Network]]:
    """The hypotheses of the claim, entry by entry; those about a shorter axis are not used.

    Nor are those that speak of an index of ``given`` in another part of its axis than the goal has it.

    Raises:
        UnreadableError: nothing satisfies a hypothesis.
    """
    for k, (left, right) in enumerate(comparison.assumptions):
        if any(mentions(t, axis) for t in (left, right) for axis in shorter):
            continue
        for name, at, positions in cases(lowering, comparison, left.axes, f"assumption {k}", shorter):
            if positions != lowering.positions:
                continue
            here = Lowering(comparison.given, positions=positions)
            difference = here.lower(left, at) - here.lower(right, at)
            if is_positive(difference) or is_positive(-difference):
                raise UnreadableError(f"assumption {k}, which nothing satisfies")
            yield name, difference


def mentions(term: Term, axis: str) -> bool:
    """Whether anything in a term has the axis, or knows its size."""

    def names(t: Term) -> Axes:
        match t:
            case Size(own):
                return (own,)
            case LoopState(loop) | LoopReads(loop):
                return (*t.axes, loop.axis)
        return t.axes

    return any(axis in summands(name) for t in walk(term) for name in names(t))


def plain_statement(comparison: Comparison) -> Statement:
    """The goals of a comparison without loops: one for each part of each axis.

    Raises:
        UnreadableError: a side has no network.
    """
    goals, conditions = [], []
    first = Lowering(comparison.given)
    for name, at, positions in cases(first, comparison, comparison.lhs.axes, "identity"):
        lowering = Lowering(comparison.given, positions=positions)
        left, right = lowering.lower(comparison.lhs, at), lowering.lower(comparison.rhs, at)
        goals.append(make_goal(comparison, lowering, name, left, right))
        conditions += lowering.conditions
    return Statement(goals=tuple(goals), conditions=distinct(conditions))


def distinct(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """The conditions, each once."""
    return tuple(dict.fromkeys(conditions))
