"""Recurrences over a growing axis: base, step and read-out, each an ordinary goal.

The state of one loop, the target, is said to be a function of the other loop's state, the source, or a
closed form in the arrays read so far. At size 0 every sum over the axis is empty; a step adds one token to
the axis; a read at token t sees the closed form with every sum over the axis ended at t.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from equivalences.language.comparison import Comparison
from equivalences.language.term import Bound, Loop, Term, Variable

from .goals import Goal, Statement, cases, distinct, make_goal
from .lowering.binding import lower_all
from .lowering.lower import Lowering
from .lowering.places import (
    Binding,
    Condition,
    LoopValue,
    Part,
    Parts,
    Place,
    Scope,
    UnreadableError,
)
from .networks.algebra import entry, rename
from .networks.network import Head, Index, Network, earlier
from .networks.partiality import restrictions
from .recurrence import MissingStateError, Plan, plan

NEW = "!"
"""The label of a new token's part."""


def entries_of(name: str, variable: Bound, extra: tuple[Index, ...] = ()) -> Binding:
    """The entries of a state of which nothing is known; it may depend on further indices."""

    def entries(parts: Parts) -> Network:
        own = Lowering({})
        places = [own.places(a, f"#{k}")[p] for k, (a, p) in enumerate(zip(variable.axes, parts, strict=True))]
        indices = (*extra, *(i for _, i in places if i is not None))
        head = Head(kind="tensor", name=f"{name}{list(parts)}", sorts=tuple(i.sort for i in indices))
        return entry(head, *indices)

    return Binding(entries)


def lowered(lowering: Lowering, term: Term, scope: Scope) -> Binding:
    """A term as a binding."""
    return Binding(lambda parts: lowering.entries(term, parts, scope))


def rows_at(lowering: Lowering, loop: Loop, place: Place) -> dict[Bound, Binding]:
    """The rows of a loop's sequences at a place of the growing axis."""

    def row(sequence: Term) -> Binding:
        def entries(parts: Parts) -> Network:
            axes = sequence.axes[1:]
            rest = [lowering.places(a, f"#{k}")[p] for k, (a, p) in enumerate(zip(axes, parts, strict=True))]
            return lowering.lower(sequence, (place, *rest))

        return Binding(entries)

    return {r: row(s) for r, s in zip(loop.rows, loop.sequences, strict=True)}


def induction_statement(comparison: Comparison) -> Statement:
    """The goals of a comparison with a loop on one side or both.

    Raises:
        UnreadableError: loops of a form that no induction treats, or a side that has no network.
        MissingStateError: no state is given, and none can be read off.
    """
    what = plan(comparison)
    conditions: list[Condition] = []
    goals = [
        *base(comparison, what, conditions),
        *step(comparison, what, conditions),
        *prefix_stability(comparison, what),
        *read_out(comparison, what, conditions),
    ]
    return Statement(goals=tuple(goals), conditions=distinct(conditions), axis=what.axis)


def before_one(comparison: Comparison, axis: str, positions: Mapping[str, Place]) -> Lowering:
    """Reads the axis as its old tokens, of which there may be none."""
    return Lowering(comparison.given, growth={axis: (Part(earlier(axis), ""),)}, positions=positions)


def grown_by_one(comparison: Comparison, axis: str, positions: Mapping[str, Place]) -> Lowering:
    """Reads the axis as its old tokens, of which there may be none, and a new one after them."""
    parts = (Part(earlier(axis), ""), Part("1", NEW))
    return Lowering(comparison.given, growth={axis: parts}, positions=positions)


def require_defined(values: Lowering, what: Plan, value: Term, at: Sequence[Place], *token: Index) -> None:
    """Check that a state is defined by its form alone, whatever the source's states are.

    The sides are defined at the size at hand; that says nothing of a closed form at smaller ones.

    Raises:
        MissingStateError: it divides by what may be 0 there, or inverts what may be singular.
    """
    own = replace(values, conditions=[], memo={})
    anything = {s: entries_of(f"°{n}", s, token) for n, s in enumerate(what.states)}
    try:
        network = own.lower(value, at, anything)
    except UnreadableError as error:
        raise MissingStateError(f"the state cannot be read at every size ({error})") from None
    needs = [f"{c.network!r} has to be {c.kind}" for c in own.conditions]
    needs += [f"a factor has to be {r.need}" for r in sorted(restrictions(network))]
    if needs:
        raise MissingStateError(f"the state is not visibly defined at every size: {needs[0]}")


def base(comparison: Comparison, what: Plan, conditions: list[Condition]) -> list[Goal]:
    """At size 0 the states are the initial ones."""
    found = []
    for k, value in enumerate(what.values):
        shape = Lowering(comparison.given)
        for name, at, positions in cases(shape, comparison, value.axes, f"base {k}", (what.axis,)):
            sides = Lowering(comparison.given, growth={what.axis: ()}, positions=positions)
            values = Lowering(comparison.given, growth={what.axis: ()}, positions=positions)
            initials = what.source.initials if what.source else ()
            scope = {s: lowered(sides, i, {}) for s, i in zip(what.states, initials, strict=True)}
            left = sides.lower(what.target.initials[k], at)
            require_defined(values, what, value, at)
            right = values.lower(value, at, scope)
            found.append(make_goal(comparison, sides, name, left, right, shorter=(what.axis,)))
            conditions += sides.conditions
    return found


def step(comparison: Comparison, what: Plan, conditions: list[Condition]) -> list[Goal]:
    """One more token takes the states to what they are said to be then."""
    found = []
    for k, value in enumerate(what.values):
        shape = Lowering(comparison.given)
        for name, at, positions in cases(shape, comparison, value.axes, f"step {k}", (what.axis,)):
            sides = before_one(comparison, what.axis, positions)
            rows = grown_by_one(comparison, what.axis, positions)
            old_values = before_one(comparison, what.axis, positions)
            new_values = grown_by_one(comparison, what.axis, positions)
            token: Place = (1, None)
            for values in (old_values, new_values):
                require_defined(values, what, value, at)
            before = {s: entries_of(f"°{n}", s) for n, s in enumerate(what.states)}
            after: Scope = {}
            if what.source:
                scope = dict(zip(what.source.states, before.values(), strict=True))
                scope |= rows_at(rows, what.source, token)
                after = {
                    s: lowered(sides, body, scope)
                    for s, body in zip(what.states, what.source.bodies, strict=True)
                }
                for body in what.source.bodies:
                    lower_all(sides, body, scope)
            now = {
                s: lowered(old_values, v, before) for s, v in zip(what.target.states, what.values, strict=True)
            }
            now |= rows_at(rows, what.target, token)
            left = sides.lower(what.target.bodies[k], at, now)
            right = new_values.lower(value, at, after)
            found.append(make_goal(comparison, rows, name, left, right, shorter=(what.axis,)))
            conditions += [*sides.conditions, *rows.conditions]
    return found


def prefix_stability(comparison: Comparison, what: Plan) -> list[Goal]:
    """A new token leaves the old rows of every sequence as they were, and defined where they were.

    Raises:
        UnreadableError: the rows of a sequence need other conditions before the last token.
    """
    found = []
    for loop in (what.target, what.source) if what.source else (what.target,):
        for n, sequence in enumerate(loop.sequences):
            if isinstance(sequence, Variable):
                continue
            side = "target" if loop is what.target else "source"
            shape, title = before_one(comparison, what.axis, {}), f"old rows {side} {n}"
            for name, at, positions in cases(shape, comparison, sequence.axes, title, (what.axis,)):
                old = before_one(comparison, what.axis, positions)
                grown = grown_by_one(comparison, what.axis, positions)
                left, right = grown.lower(sequence, at), old.lower(sequence, at)
                if set(grown.conditions) != set(old.conditions) or restrictions(left) != restrictions(right):
                    raise UnreadableError("a scan over rows that need not be defined before the last token")
                found.append(make_goal(comparison, old, name, left, right, shorter=(what.axis,)))
    return found


def read_out(comparison: Comparison, what: Plan, conditions: list[Condition]) -> list[Goal]:
    """The sides agree, the loops' states being what was shown."""
    found = []
    shape = Lowering(comparison.given)
    for name, at, positions in cases(shape, comparison, comparison.lhs.axes, "read-out"):
        lowering = Lowering(comparison.given, positions=positions)
        prefix = Lowering(comparison.given, positions=positions, prefix={what.axis: token_of(what.axis)})
        whole = Lowering(comparison.given, positions=positions)
        last = {s: entries_of(f"°{n}", s) for n, s in enumerate(what.states)}
        at_token = {s: entries_of(f"°°{n}", s, (token_of(what.axis),)) for n, s in enumerate(what.states)}
        values = {
            id(what.target): LoopValue(
                tuple(lowered(whole, v, last) for v in what.values),
                reads(lowering, what.target, [lowered(prefix, v, at_token) for v in what.values]),
            )
        }
        if what.source:
            values[id(what.source)] = LoopValue(
                tuple(last.values()), reads(lowering, what.source, list(at_token.values()))
            )
        lowering.loops = values
        left, right = lowering.lower(comparison.lhs, at), lowering.lower(comparison.rhs, at)
        found.append(make_goal(comparison, lowering, name, left, right))
        conditions += lowering.conditions
    return found


def token_of(axis: str) -> Index:
    """The token at which a loop is read."""
    return Index(axis, "^t")


def reads(lowering: Lowering, loop: Loop, states: Sequence[Binding]) -> Binding | None:
    """A loop's reads, given its states after the step of the token ``^t``."""
    if loop.read is None:
        return None
    read, token = loop.read, token_of(loop.axis)

    def entries(parts: Parts) -> Network:
        scope = dict(zip(loop.states, states, strict=True)) | rows_at(lowering, loop, (0, token))
        value = lowering.entries(read, parts[1:], scope)
        axes = [
            lowering.places(a, f"#{k}")[p][1] for k, (a, p) in enumerate(zip(read.axes, parts[1:], strict=True))
        ]
        later = {i: Index(i.sort, f"#{k + 1}") for k, i in enumerate(axes) if i is not None}
        return rename(value, later | {token: Index(token.sort, "#0")})

    return Binding(entries)
