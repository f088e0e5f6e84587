"""The meaning of nodes with bound variables, and of unknown functions: gradients, maps over rows, loops."""

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from equivalences.language.term import (
    Each,
    Feature,
    Gradient,
    Loop,
    LoopReads,
    LoopState,
    Term,
    Unknown,
    walk,
)

from ..networks import atoms
from ..networks.algebra import NO_RENAMING, add, contract, entry, rename
from ..networks.derivative import Table, differentiate, substitute
from ..networks.network import Head, Index, Network
from .places import (
    Binding,
    LoopValue,
    Parts,
    Place,
    Scope,
    UnreadableError,
)

if TYPE_CHECKING:
    from .lower import Lowering


def gradient(lowering: "Lowering", term: Gradient, at: tuple[Place, ...], scope: Scope) -> Network:
    """The derivative of the body by an entry of the variable, at the point.

    Raises:
        UnreadableError: the body runs a loop over the variable.
    """
    for inner in walk(term.body):
        if isinstance(inner, LoopState | LoopReads) and term.variable in lowering.free_variables(inner):
            raise UnreadableError("the gradient through a scan is not derived for all sizes")
    rank, depth = len(term.body.axes), len(scope)
    moving: dict[Head, Parts] = {}
    frozen: dict[Head, Parts] = {}
    still = stopped(scope)
    bound = Binding(
        fresh_entries(lowering, term.variable, f"∂{depth}", moving),
        Binding(fresh_entries(lowering, term.variable, f"∂{depth}°", frozen)),
    )
    before = len(lowering.conditions)
    body = lowering.entries(term.body, tuple(k for k, _ in at[:rank]), {**scope, term.variable: bound})
    wanted = at[rank:]
    ((factor, *_), *_) = bound.entries(tuple(k for k, _ in wanted)).terms
    value = differentiate(body, factor[0], tuple(i for _, i in wanted if i is not None))
    table: Table = {
        head: (indices_of(lowering, term.variable, parts), lowering.entries(term.at, parts, where))
        for found, where in ((moving, scope), (frozen, still))
        for head, parts in found.items()
    }
    recorded = lowering.conditions[before:]
    del lowering.conditions[before:]
    for condition in recorded:
        lowering.require(condition.kind, substitute(condition.network, table))
    lower_all(lowering, term.at, scope)
    return substitute(value, table)


def lower_all(lowering: "Lowering", term: Term, scope: Scope) -> None:
    """Lower every entry of a term of which the value may need none, so that its conditions are recorded.

    Raises:
        UnreadableError: the term has no network.
    """
    for parts in itertools.product(*(range(len(lowering.parts(axis))) for axis in term.axes)):
        lowering.entries(term, parts, scope)


def moves(head: Head) -> bool:
    """Whether a head is that of an array by which a gradient is taken."""
    return head.kind == "tensor" and head.name.startswith("∂") and "°" not in head.name


def stopped(scope: Scope) -> Scope:
    """The scope in which every gradient variable is held constant."""
    return {v: b if b.stopped is None else b.stopped for v, b in scope.items()}


def fresh_entries(
    lowering: "Lowering", term: Term, name: str, found: dict[Head, Parts]
) -> Callable[[Parts], Network]:
    """The entries of a new array of a term's type; the heads that are asked for go to ``found``."""

    def entries(parts: Parts) -> Network:
        indices = indices_of(lowering, term, parts)
        head = Head(kind="tensor", name=f"{name}{list(parts)}", sorts=tuple(i.sort for i in indices))
        found[head] = parts
        return entry(head, *indices)

    return entries


def places_of(lowering: "Lowering", axes: Sequence[str], parts: Parts) -> list[Place]:
    """The places ``#k`` at given parts of axes."""
    return [lowering.places(axis, f"#{k}")[p] for k, (axis, p) in enumerate(zip(axes, parts, strict=True))]


def indices_of(lowering: "Lowering", term: Term, parts: Parts) -> tuple[Index, ...]:
    """The free indices ``#k`` of a term's entries at given parts."""
    return tuple(i for _, i in places_of(lowering, term.axes, parts) if i is not None)


def each(lowering: "Lowering", term: Each, at: tuple[Place, ...], scope: Scope) -> Network:
    """The body, its rows being those of the sequences at the first place."""
    part, outer = at[0]
    inner = None if outer is None else Index(outer.sort, f"^{len(scope)}")

    def row_of(sequence: Term, where: Scope) -> Callable[[Parts], Network]:
        def entries(parts: Parts) -> Network:
            places = places_of(lowering, sequence.axes[1:], parts)
            return lowering.lower(sequence, [(part, inner), *places], where)

        return entries

    still = stopped(scope)
    rows = {
        row: Binding(row_of(sequence, scope), Binding(row_of(sequence, still)))
        for row, sequence in zip(term.rows, term.sequences, strict=True)
    }
    for sequence in term.sequences:
        lower_all(lowering, sequence, scope)
    value = lowering.lower(term.body, at[1:], {**scope, **rows})
    return value if inner is None or outer is None else rename(value, {inner: outer})


def loop_value(lowering: "Lowering", loop: Loop) -> LoopValue:
    """What an induction lets a loop stand for.

    Raises:
        UnreadableError: nothing does.
    """
    value = lowering.loops.get(id(loop))
    if value is None:
        raise UnreadableError("a scan inside another, or one more than an induction treats")
    return value


def unknown(lowering: "Lowering", term: Unknown, at: tuple[Place, ...], scope: Scope) -> Network:
    """An entry of an unknown function of whole arrays."""
    labels = [lowering.parts(axis)[k].label for axis, (k, _) in zip(term.shape, at, strict=True)]
    name = term.function + (f"[{','.join(labels)}]" if any(labels) else "")
    encoded = add(encode(lowering, argument, k, (), scope) for k, argument in enumerate(term.arguments))
    lead = tuple(i for _, i in at if i is not None)
    return atoms.unknown("unknown", name, lead, (), encoded)


def feature(lowering: "Lowering", term: Feature, at: tuple[Place, ...], scope: Scope) -> Network:
    """One feature of a point.

    Raises:
        UnreadableError: a feature axis of several parts.
    """
    if at[-1][1] is None or len(lowering.parts(term.features)) > 1:
        raise UnreadableError(f"a feature map to the axis {term.features}, which has several parts")
    encoded = encode(lowering, term.point, 0, at[:-1], scope)
    return atoms.unknown("feature", term.function, (at[-1][1],), (), encoded)


def encode(
    lowering: "Lowering", argument: Term, number: int, leading: tuple[Place, ...], scope: Scope
) -> Network:
    """Σ_c marker[c] x[…, c] over the axes of an argument that come after the leading ones.

    Raises:
        UnreadableError: an axis that a prefix cuts off, so that the array is not of the declared type.
    """
    axes = argument.axes[len(leading) :]
    sums = []
    for places, indices, ends in lowering.sums(axes):
        if ends:
            raise UnreadableError("an unknown function of an array over the growing axis")
        labels = ",".join(lowering.parts(axis)[k].label for axis, (k, _) in zip(axes, places, strict=True))
        head = Head(kind="marker", name=f"{number}[{labels}]", sorts=tuple(i.sort for i in indices))
        marked = (entry(head, *indices), NO_RENAMING)
        sums.append(contract([marked, lowering.part(argument, (*leading, *places), scope)], indices))
    return add(sums)
