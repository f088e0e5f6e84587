"""Recurrences over a growing axis, and maps over its rows."""

import inspect
from collections.abc import Callable
from typing import Any, overload

from .array import Array, refuse
from .term import Bound, Each, Loop, LoopReads, LoopState, Term, show_axes


@overload
def scan(
    step: Callable[..., Array],
    init: Array,
    xs: Array | tuple[Array, ...] = ...,
    length: str | None = ...,
    *,
    read: None = ...,
) -> Array: ...
@overload
def scan(
    step: Callable[..., tuple[Array, ...]],
    init: tuple[Array, ...],
    xs: Array | tuple[Array, ...] = ...,
    length: str | None = ...,
    *,
    read: None = ...,
) -> tuple[Array, ...]: ...
@overload
def scan(
    step: Callable[..., Any],
    init: Array | tuple[Array, ...],
    xs: Array | tuple[Array, ...] = ...,
    length: str | None = ...,
    *,
    read: Callable[..., Array],
) -> Array: ...
def scan(
    step: Callable[..., Any],
    init: Array | tuple[Array, ...],
    xs: Array | tuple[Array, ...] = (),
    length: str | None = None,
    *,
    read: Callable[..., Array] | None = None,
) -> Array | tuple[Array, ...]:
    """The state after ``state = step(state, *rows)`` for every row of the arrays ``xs``.

    All ``xs`` share their first axis; without any, the loop runs ``length`` times (the name of a size). A
    state is an array or a tuple of arrays. With ``read``, the result is ``read(state, *rows)``, the state
    being the one *after* the step, stacked along the axis.

    Raises:
        ShapeError: no single axis to run over, or a step that changes the state's type.
    """
    sequences = xs if isinstance(xs, tuple) else (xs,)
    several = isinstance(init, tuple)
    initials = init if isinstance(init, tuple) else (init,)
    over = {x.axes[0] if x.axes else "" for x in sequences} | ({length} if length else set())
    if len(over) != 1 or "" in over:
        refuse(
            f"scan: it runs over {sorted(a for a in over if a) or 'nothing'}; all arrays share their first "
            'axis, or length="T" names the number of steps'
        )
    axis = over.pop()
    own, *others = _parameters(step, 1 + len(sequences))
    states = tuple(Bound(f"{own}{k + 1}" if several else own, x.axes) for k, x in enumerate(initials))
    rows = tuple(Bound(name, x.axes[1:]) for name, x in zip(others, sequences, strict=True))
    state: Any = tuple(Array(s) for s in states) if several else Array(states[0])
    row_arrays = [Array(r) for r in rows]
    new = step(state, *row_arrays)
    bodies = new if isinstance(new, tuple) else (new,)
    if len(bodies) != len(initials):
        refuse(f"scan: the state has {len(initials)} components before and {len(bodies)} after a step")
    for k, (before, after) in enumerate(zip(initials, bodies, strict=True)):
        if not isinstance(after, Array) or before.axes != after.axes:
            new_type = show_axes(after.axes) if isinstance(after, Array) else repr(after)
            refuse(
                f"scan: component {k} of the state is {show_axes(before.axes)} before "
                f"and {new_type} after a step"
            )
    value: Term | None = read(state, *row_arrays).term if read else None
    loop = Loop(
        axis,
        states,
        rows,
        tuple(b.term for b in bodies),
        tuple(x.term for x in initials),
        tuple(x.term for x in sequences),
        value,
    )
    if read:
        return Array(LoopReads(loop))
    last = tuple(Array(LoopState(loop, k)) for k in range(len(initials)))
    return last if several else last[0]


def each(f: Callable[..., Array], *xs: Array) -> Array:
    """``f(row, …)`` for every row along the first axis of the arrays, stacked: [n …] -> [n …].

    Raises:
        ShapeError: the arrays do not share their first axis.
    """
    over = {x.axes[0] if x.axes else "" for x in xs}
    if len(over) != 1 or "" in over:
        refuse(f"each: the arrays share their first axis; here they start with {sorted(over)}")
    rows = tuple(Bound(name, x.axes[1:]) for name, x in zip(_parameters(f, len(xs)), xs, strict=True))
    body = f(*(Array(r) for r in rows))
    return Array(Each(body.term, rows, tuple(x.term for x in xs)))


def _parameters(f: Callable[..., Any], count: int) -> list[str]:
    """The names of a function's positional parameters, for display; numbered where it takes ``*args``."""
    names = [
        p.name
        for p in inspect.signature(f).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return [*names, *(f"x{k}" for k in range(len(names), count))][:count]
