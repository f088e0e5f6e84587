"""What an induction over a growing axis is about: the two loops, and the state that relates them."""

from dataclasses import dataclass

from equivalences.language.comparison import Comparison
from equivalences.language.term import Bound, Loop, LoopState, Take, Term, loops, summands, walk

from .goals import mentions
from .lowering.lower import Lowering
from .lowering.places import UnreadableError


class MissingStateError(Exception):
    """An induction for which the claim has to say what the state is."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The states of the target as terms in those of the source, which may be absent."""

    axis: str
    target: Loop
    source: Loop | None
    states: tuple[Bound, ...]
    values: tuple[Term, ...]


def plan(comparison: Comparison) -> Plan:
    """What is to be proved by induction.

    Raises:
        UnreadableError: loops of a form that no induction treats.
        MissingStateError: no state is given, and none can be read off.
    """
    left, right = loops(comparison.lhs), loops(comparison.rhs)
    if len(left) > 1 or len(right) > 1:
        raise UnreadableError("more than one scan on a side")
    target, source = (left[0], right[0] if right else None) if left else (right[0], None)
    side, other = (comparison.lhs, comparison.rhs) if left else (comparison.rhs, comparison.lhs)
    for loop in (target, source) if source else (target,):
        require_local(loop)
    if source and source.axis != target.axis:
        raise UnreadableError(f"the scans run over different axes, {target.axis} and {source.axis}")
    states: tuple[Bound, ...]
    values: tuple[Term, ...]
    if comparison.invariant is not None:
        states, values = comparison.invariant.states, comparison.invariant.values
    elif source:
        states, values = source.states, source.states
        if [s.axes for s in states] != [s.axes for s in target.states]:
            raise MissingStateError("the scans have states of different types")
    elif isinstance(side, LoopState) and len(target.states) == 1:
        states, values = (), (other,)
    else:
        raise MissingStateError("the scan is read out, or has several states")
    what = Plan(axis=target.axis, target=target, source=source, states=states, values=values)
    require_sizeless(comparison, what)
    return what


def require_sizeless(comparison: Comparison, what: Plan) -> None:
    """Check that states, rows and kernels mean the same at smaller sizes of the growing axis.

    Raises:
        UnreadableError: one is about a token that may not be there, or about the size of the whole.
    """
    axis = what.axis
    read = [(value, "a state") for value in what.values]
    for loop in (what.target, what.source) if what.source else (what.target,):
        read += [(sequence, "a sequence") for sequence in loop.sequences]
    for term, name in read:
        takes = [t.argument.axes[t.position] for t in walk(term) if isinstance(t, Take)]
        if any(axis in summands(taken) for taken in takes):
            raise UnreadableError(f"{name} that takes one token of the growing axis {axis}")
    for name, kernel in comparison.kernels.items():
        if any(mentions(t, axis) for t in (kernel.x, kernel.y, kernel.value)):
            raise UnreadableError(f"the kernel of {name}, which knows the growing axis {axis}")


def require_local(loop: Loop) -> None:
    """Check that a step depends on the growing axis through its rows only.

    Raises:
        UnreadableError: it does not, or the axis has several parts, or the loop stands under a binder.
    """
    axis = loop.axis
    if "+" in axis or axis == "1":
        raise UnreadableError(f"a scan over the axis {axis}, which has several parts")
    read = () if loop.read is None else (loop.read,)
    if any(mentions(t, axis) for t in (*loop.bodies, *loop.initials, *read)):
        raise UnreadableError(f"a scan whose step uses the axis {axis} otherwise than through its rows")
    if Lowering({}).free_variables(LoopState(loop, 0)):
        raise UnreadableError("a scan inside each or inside a gradient")
