"""Mutants made from a comparison's terms: near misses that nobody had to think of.

Each changes one node of one side: a sign, a factor, a transpose, a summand dropped, a mask's strictness, a
scan read before instead of after its step, a loss without its half, a variable dropped, weights left
unnormalised, a stop-gradient removed. For *lhs does not depend on B* the two sides are one program, so
both are changed alike, and only changes that may bring in a dependence are of interest.

A mutant may turn out equal to the claim; then it is proved so and reported as equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from .comparison import Bounds, Comparison, Invariant
from .domain import Numbers
from .sketch import sketch
from .term import (
    Apply,
    Bound,
    Causal,
    Constant,
    CumulativeSum,
    Elementwise,
    Filled,
    Loop,
    LoopReads,
    Matmul,
    Permute,
    Softmax,
    StopGradient,
    Term,
    Variable,
    loops,
    rewrite,
    walk,
)

PER_KIND = 3
"""How many mutants of one kind a claim gets: spread over the places where it is possible, on either side."""


@dataclass(frozen=True)
class AutomaticMutant:
    """A comparison with one node changed."""

    title: str
    comparison: Comparison


@dataclass(frozen=True)
class _Change:
    kind: str
    target: Term
    replacement: Term


def mutants_of(comparison: Comparison) -> tuple[AutomaticMutant, ...]:
    """The automatic mutants of a comparison, in a fixed order."""
    if comparison.relation == "independence":
        return _dependent_mutants(comparison)
    if comparison.bounds is not None:
        return (_reversed(comparison, comparison.bounds),)
    kinds: dict[str, list[tuple[_Change, str]]] = {}
    for change, side in _places(comparison):
        kinds.setdefault(change.kind, []).append((change, side))
    titles: dict[str, int] = {}
    found: list[AutomaticMutant] = []
    for change, side in (place for places in kinds.values() for place in _spread(places)):
        mutated = _apply(comparison, side, change)
        if mutated.is_trivial():
            continue
        title = f"{change.kind} in {side}: {sketch(change.target)}"
        titles[title] = titles.get(title, 0) + 1
        if titles[title] > 1:
            title += f" ({titles[title]})"
        found.append(AutomaticMutant(title, mutated))
    return tuple(found)


def _reversed(comparison: Comparison, bounds: Bounds) -> AutomaticMutant:
    """The bound the other way round: other changes of a bound may well be true."""
    excess = Elementwise("subtract", bounds.upper, bounds.lower)
    turned = Bounds(bounds.upper, bounds.lower, None)
    return AutomaticMutant("the bound reversed", replace(comparison, lhs=Apply("relu", excess), bounds=turned))


def _places(comparison: Comparison) -> Iterator[tuple[_Change, str]]:
    """Changes of the right side, then of the left: what is published last is most often mistyped."""
    for side in ("rhs", "lhs"):
        root = comparison.lhs if side == "lhs" else comparison.rhs
        for change in _changes(root, comparison):
            yield change, side


def _spread(places: list[tuple[_Change, str]]) -> list[tuple[_Change, str]]:
    """At most ``PER_KIND`` of the places, the first and the last among them, evenly spaced."""
    last = len(places) - 1
    if last < PER_KIND:
        return places
    return [places[round(k * last / (PER_KIND - 1))] for k in range(PER_KIND)]


def _apply(comparison: Comparison, side: str, change: _Change) -> Comparison:
    def substitute(term: Term) -> Term | None:
        return change.replacement if term is change.target else None

    old = comparison.lhs if side == "lhs" else comparison.rhs
    new = rewrite(old, substitute)
    invariant = _carried_over(comparison.invariant, loops(old), loops(new))
    changed = replace(comparison, invariant=invariant, waypoints=(), approach=None)
    return replace(changed, lhs=new) if side == "lhs" else replace(changed, rhs=new)


def _carried_over(
    invariant: Invariant | None, old: tuple[Loop, ...], new: tuple[Loop, ...]
) -> Invariant | None:
    """The author's suggestion, pointed at the loops of the changed side."""
    if invariant is None or len(old) != len(new):
        return None
    moved = {id(a): b for a, b in zip(old, new, strict=True)}
    target = moved.get(id(invariant.target), invariant.target)
    source = None if invariant.source is None else moved.get(id(invariant.source), invariant.source)
    if len(target.states) != len(invariant.values):
        return None
    if source is not None and len(source.states) != len(invariant.states):
        return None
    return replace(invariant, target=target, source=source)


def _dependent_mutants(comparison: Comparison) -> tuple[AutomaticMutant, ...]:
    found = []
    pairs = zip(walk(comparison.lhs), walk(comparison.rhs), strict=True)
    stops = [(a, b) for a, b in pairs if isinstance(a, StopGradient) and isinstance(b, StopGradient)]
    for k, (a, b) in enumerate(stops):
        left = _apply(comparison, "lhs", _Change("", a, a.argument))
        both = _apply(left, "rhs", _Change("", b, b.argument))
        title = f"no stop_gradient at {sketch(a.argument)}"
        found.append(AutomaticMutant(title + (f" ({k + 1})" if len(stops) > 1 else ""), both))
    return tuple(found)


def _changes(root: Term, comparison: Comparison) -> Iterator[_Change]:
    for term in walk(root):
        match term:
            case Elementwise("add", left, right):
                yield _Change("sign", term, Elementwise("subtract", left, right))
                yield from _dropped(term, left, right)
            case Elementwise("subtract", left, right):
                yield _Change("sign", term, Elementwise("add", left, right))
                yield from _dropped(term, left, Apply("negate", right))
            case Elementwise("divide", left, Constant(value)) if value == 2:
                yield _Change("without its half", term, left)
            case Elementwise("multiply", Constant(value), right) if value == Fraction(1, 2):
                yield _Change("without its half", term, right)
            case Elementwise("multiply", _, _):
                yield _Change("a factor 2", term, Elementwise("multiply", Constant(Fraction(2)), term))
            case Apply("negate", argument):
                yield _Change("sign", term, argument)
            case Permute(argument, (1, 0)) if _is_square(argument):
                yield _Change("transpose", term, argument)
            case Matmul(left, right) if _is_square(left):
                yield _Change("transpose", term, Matmul(Permute(left, (1, 0)), right))
            case Matmul(left, right) if _is_square(right):
                yield _Change("transpose", term, Matmul(left, Permute(right, (1, 0))))
            case Causal(axis, strict):
                yield _Change("mask strictness", term, Causal(axis, not strict))
            case CumulativeSum(argument, _):
                yield _Change("exclusive scan", term, Elementwise("subtract", term, argument))
            case LoopReads(loop):
                yield _Change("exclusive scan", term, LoopReads(_reading_before(loop)))
            case Softmax(argument, _, where):
                weights: Term = Apply("exp", argument)
                if where is not None:
                    weights = Elementwise("multiply", where, weights)
                yield _Change("unnormalised weights", term, weights)
            case StopGradient(argument):
                yield _Change("no stop_gradient", term, argument)
            case Variable(name, axes) if axes and _is_real(comparison, name):
                yield _Change("a variable dropped", term, Filled(Fraction(0), axes))


def _dropped(whole: Term, left: Term, right: Term) -> Iterator[_Change]:
    if left.axes == whole.axes:
        yield _Change("last summand dropped", whole, left)
    if right.axes == whole.axes:
        yield _Change("first summand dropped", whole, right)


def _is_square(term: Term) -> bool:
    """Whether a square matrix is plain enough that its transpose is another one."""
    plain = isinstance(term, Variable | Permute)
    return plain and len(term.axes) == 2 and term.axes[0] == term.axes[1]


def _is_real(comparison: Comparison, name: str) -> bool:
    domain = comparison.given.get(name)
    return isinstance(domain, Numbers) and domain.constraint == "real"


def _reading_before(loop: Loop) -> Loop:
    """The loop that remembers its previous state and reads that one."""
    assert loop.read is not None
    earlier = tuple(Bound(f"{s.hint}_before", s.axes) for s in loop.states)
    swap = {id(s): e for s, e in zip(loop.states, earlier, strict=True)}
    return Loop(
        loop.axis,
        (*loop.states, *earlier),
        loop.rows,
        (*loop.bodies, *loop.states),
        (*loop.initials, *loop.initials),
        loop.sequences,
        rewrite(loop.read, lambda t: swap.get(id(t))),
    )
