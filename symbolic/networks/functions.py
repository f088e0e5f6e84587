"""Elementary, unknown and inverse functions of networks: what cannot be expanded is kept as an atom."""

import itertools
from fractions import Fraction

from . import algebra
from .algebra import constant, product
from .network import ZERO, Head, Index, Kind, Network, Permutation
from .placement import placed, placeholder, sign, single
from .positivity import is_positive
from .powers import common_factors, log, rational_content
from .trigonometry import angle_sum


def function(name: str, argument: Network) -> Network:
    """tanh, sin, cos, erf, sigmoid, softplus or step of a network, entry by entry."""
    if name == "step":
        return step(argument)
    if not argument:
        return {"cos": constant(1), "sigmoid": constant(Fraction(1, 2)), "softplus": log(constant(2))}.get(
            name, ZERO
        )
    if name in ("sin", "cos") and (expanded := angle_sum(name, argument)) is not None:
        return expanded
    direction = sign(argument)
    value = single(placed("function", name, argument.scale(direction)))
    if direction == 1 or name == "cos":
        return value
    match name:
        case "sigmoid":
            return constant(1) - value
        case "softplus":
            return value + argument
    return -value


def step(argument: Network) -> Network:
    """1 where the argument is positive, else 0; positive common factors do not matter."""
    if not argument or is_positive(-argument):
        return ZERO
    if is_positive(argument):
        return constant(1)
    content = [f for f in common_factors(argument) if f[0].positive]
    rest = algebra.scaled(argument, [(h, ix, -e) for h, ix, e in content])
    if not rest or is_positive(-rest):
        return ZERO
    if is_positive(rest):
        return constant(1)
    return single(placed("function", "step", rest.scale(Fraction(1) / rational_content(rest))))


def activation(name: str, order: int, argument: Network) -> Network:
    """A derivative of an unknown function of one number."""
    return single(placed("activation", name, argument, (), ("",) * order))


def inverse(matrix: Network, i: Index, j: Index) -> Network:
    """The entry (i, j) of the inverse of the matrix whose rows are i and columns j.

    Raises:
        ValueError: the matrix has further free indices.
    """
    rows, columns = placeholder(i.sort, 0), placeholder(j.sort, 1)
    inner = matrix
    if not set(inner.free) <= {rows, columns}:
        inner = algebra.rename(matrix, {i: rows, j: columns})
    if not set(inner.free) <= {rows, columns}:
        raise ValueError("a family of inverses")
    flipped = algebra.rename(inner, {rows: columns, columns: rows})
    head = Head(
        kind="inverse",
        sorts=(i.sort, j.sort),
        argument=inner,
        symmetries=((1, 0),) if flipped == inner else (),
    )
    return product(1, [(head, (i, j), 1)])


def unknown(
    kind: Kind, name: str, lead: tuple[Index, ...], slots: tuple[str, ...], encoded: Network
) -> Network:
    """An unknown function of whole arrays, a derivative of one, or a feature map; see ``Head``.

    ``lead`` holds the indices of the value, then those of each derivative.
    """
    widths = [slot_width(slot) for slot in slots]
    start = len(lead) - sum(widths)
    groups, at = [], start
    for slot, width in zip(slots, widths, strict=True):
        groups.append((slot, tuple(range(at, at + width))))
        at += width
    order = sorted(range(len(groups)), key=lambda k: groups[k][0])
    positions = (*range(start), *(p for k in order for p in groups[k][1]))
    lead = tuple(lead[p] for p in positions)
    slots = tuple(groups[k][0] for k in order)
    return single(placed(kind, name, encoded, lead, slots, slot_symmetries(start, slots)))


def slot_width(slot: str) -> int:
    """The number of indices that a derivative adds; a slot is ``marker name:width``."""
    return int(slot.rpartition(":")[2])


def slot_symmetries(start: int, slots: tuple[str, ...]) -> list[Permutation]:
    """Derivatives by the same argument commute."""
    found = []
    for order in itertools.permutations(range(len(slots))):
        if [slots[k] for k in order] == list(slots) and list(order) != sorted(order):
            starts = list(itertools.accumulate((slot_width(s) for s in slots), initial=start))
            flat = [p for k in order for p in range(starts[k], starts[k + 1])]
            found.append((*range(start), *flat))
    return found
