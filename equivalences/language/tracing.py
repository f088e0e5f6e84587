"""Calling a claim's sides, once each, with symbolic arrays."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from .arguments import make
from .array import Array, ClaimError, describe, lift
from .claim import Claim, Limit, Mutant
from .comparison import Approach, Bounds, Comparison, Invariant, Kernel
from .domain import Domain, Features, Numbers
from .positivity import is_nonnegative, is_zero_one
from .term import (
    Apply,
    Bound,
    Constant,
    Elementwise,
    Expectation,
    Filled,
    Gradient,
    Loop,
    Power,
    Softmax,
    Term,
    Variable,
    loops,
    show_axes,
    walk,
)
from .totality import needs


def trace(claim: Claim, mutant: Mutant | None = None) -> Comparison:
    """The comparison that a claim, or one of its mutants, states.

    Raises:
        ClaimError: a side is ill-typed, asks for a variable that ``given`` lacks, or raises; the sides have
            different types; the gap of a minimum is not visibly non-negative.
    """
    given = dict(claim.given)
    left, right, state = claim.lhs, claim.rhs, claim.state
    if mutant is not None:
        given |= mutant.given
        left, right, state = mutant.lhs or left, mutant.rhs or right, mutant.state or state
    who = claim.id if mutant is None else f"{claim.id}, mutant {mutant.title!r}"
    if mutant is not None and mutant.rhs is not None and claim.rhs is None and claim.at_most is None:
        raise ClaimError(f"{who}: the claim has no right side that a mutant could change")
    lhs = _call(who, "lhs", left, given)
    bounds: Bounds | None = None
    approach: Approach | None = None
    if claim.minimises is not None:
        given, lhs, rhs = _minimum(who, claim, given, lhs, left)
        relation: Any = "minimum"
    elif claim.at_most is not None:
        bounds = _bounds(who, claim, mutant, given, lhs)
        excess = Elementwise("subtract", bounds.lower, bounds.upper)
        lhs, rhs, relation = Apply("relu", excess), Filled(Fraction(0), lhs.axes), "bound"
    elif right is not None:
        rhs, relation = _call(who, "rhs", right, given), "equality"
        if claim.limit is not None:
            approach = _approach(who, claim.limit, given, rhs)
            rhs, relation = _expansion(approach), "limit"
    else:
        rhs, given = _copy(who, left, claim.independent_of, given)
        relation = "independence"
    if lhs.axes != rhs.axes:
        raise ClaimError(
            f"{who}: the sides differ in type: lhs is {show_axes(lhs.axes)}, rhs is {show_axes(rhs.axes)}"
        )
    for side in (lhs, rhs):
        _require_masks(who, side, given)
    assumptions = tuple(
        (_call(who, "assume", e.lhs, given), _call(who, "assume", e.rhs, given)) for e in claim.assume
    )
    realised = {name: _call(who, f"realise {name}", f, given) for name, f in claim.realise.items()}
    hypotheses = [side for pair in assumptions for side in pair]
    if claim.minimises is not None:
        assert isinstance(rhs, Elementwise)
        _require_total(who, "the gap", [rhs.right], [lhs, rhs.left, *hypotheses], given)
    if bounds is not None and bounds.gap is not None:
        _require_total(who, "the gap", [bounds.gap], [bounds.lower, bounds.upper, *hypotheses], given)
    if approach is not None:
        _require_free(who, approach, [*hypotheses, *realised.values()])
        if mutant is None:
            sides = [lhs, approach.target, *hypotheses]
            _require_total(who, "the remainder", [approach.remainder, approach.constant], sides, given)
    return Comparison(
        given=given,
        lhs=lhs,
        rhs=rhs,
        relation=relation,
        bounds=bounds,
        approach=approach,
        variance=None if claim.variance is None else _variance(who, claim.variance, given, lhs),
        kernels={name: _kernel(who, d) for name, d in given.items() if isinstance(d, Features)},
        assumptions=assumptions,
        realised=realised,
        invariant=None if mutant and not loops(lhs, rhs) else _invariant(who, state, given, lhs, rhs),
        waypoints=_waypoints(who, claim, given) if mutant is None else (),
    )


def _require_masks(who: str, side: Term, given: Mapping[str, Domain]) -> None:
    """Refuse weights as masks: their softmax is another function, with another derivative."""
    for term in walk(side):
        if isinstance(term, Softmax) and term.where is not None and not is_zero_one(term.where, given):
            raise ClaimError(
                f"{who}: softmax(…, where={describe(term.where)}): needs a mask of zeros and ones: causal(n), "
                "a given mask(…), or products of those; for weights write w * exp(x) / dot(w, exp(x))"
            )


def _require_total(
    who: str, what: str, aids: list[Term], sides: list[Term], given: Mapping[str, Domain]
) -> None:
    """Refuse an aid that may be undefined where the sides are not: it would take inputs out of the claim."""
    if needs(*aids, given=given) - needs(*sides, given=given):
        raise ClaimError(
            f"{who}: {what} is not visibly defined wherever the sides are; divide by what is visibly "
            "positive, or by what a side divides by, and likewise for sqrt, log and inverse"
        )


def _require_free(who: str, approach: Approach, hypotheses: list[Term]) -> None:
    """Refuse a limit in what a hypothesis ties to other inputs: they would move with it."""
    if any(isinstance(t, Variable) and t.name == approach.variable for t in walk(*hypotheses)):
        raise ClaimError(f"{who}: {approach.variable} tends to a limit, and assume and realise may not use it")


def _arguments(
    who: str, where: str, f: Callable[..., Any], given: Mapping[str, Domain], skip: int = 0
) -> dict[str, Any]:
    parameters = list(inspect.signature(f).parameters.values())[skip:]
    missing = [p.name for p in parameters if p.name not in given and p.default is p.empty]
    if missing:
        raise ClaimError(
            f"{who}: {where} asks for {', '.join(missing)}, which given lacks; it has {', '.join(given)}"
        )
    return {p.name: make(p.name, given[p.name]) for p in parameters if p.name in given}


def _run(who: str, where: str, f: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    try:
        return f(*args, **kwargs)
    except ClaimError as error:
        raise ClaimError(f"{who}: {where} is ill-typed: {error}") from None


def _term(who: str, where: str, value: Any) -> Term:
    if isinstance(value, int):
        value = lift(value)
    if not isinstance(value, Array):
        raise ClaimError(f"{who}: {where} returned {value!r} of type {type(value).__name__}, not an array")
    return value.term


def _call(who: str, where: str, f: Callable[..., Any], given: Mapping[str, Domain]) -> Term:
    return _term(who, where, _run(who, where, f, **_arguments(who, where, f, given)))


def _copy(
    who: str, f: Callable[..., Any], names: tuple[str, ...], given: Mapping[str, Domain]
) -> tuple[Term, dict[str, Domain]]:
    """The side once more, with fresh variables in the place of ``names``; and the domains with them."""
    arguments = _arguments(who, "lhs", f, given)
    fresh = {f"{name}'": given[name] for name in names}
    arguments |= {name: make(f"{name}'", given[name]) for name in names if name in arguments}
    return _term(who, "lhs", _run(who, "lhs", f, **arguments)), {**given, **fresh}


def _minimum(
    who: str, claim: Claim, given: Mapping[str, Domain], lhs: Term, left: Callable[..., Any]
) -> tuple[dict[str, Domain], Term, Term]:
    """loss(W) and loss(minimiser) + gap(W − minimiser), for a fresh W."""
    assert claim.minimises is not None
    loss, gap = claim.minimises.loss, claim.minimises.gap
    first = next(iter(inspect.signature(loss).parameters))
    name = f"{first}'" if first in given else first
    given = {**given, name: Numbers(lhs.axes)}

    def at(f: Callable[..., Any], where: str, point: Term) -> Term:
        return _term(who, where, _run(who, where, f, Array(point), **_arguments(who, where, f, given, 1)))

    value = at(loss, "the loss", Variable(name, lhs.axes))
    again = _call(who, "lhs", left, given)
    difference = Elementwise("subtract", Variable(name, lhs.axes), again)
    excess = at(gap, "the gap", difference)
    if value.axes or excess.axes:
        raise ClaimError(f"{who}: the loss is {describe(value)}, the gap {describe(excess)}; both are scalars")
    if not is_nonnegative(excess, given):
        raise ClaimError(
            f"{who}: the gap is not visibly non-negative; write it as a sum of squares such as "
            "dot(h, h) / (2 * lam), with positive coefficients"
        )
    return given, value, Elementwise("add", at(loss, "the loss", lhs), excess)


def _bounds(who: str, claim: Claim, mutant: Mutant | None, given: Mapping[str, Domain], lhs: Term) -> Bounds:
    """What a bound compares; a mutant's right side is its upper bound, and the gap is the claim's only."""
    upper = (mutant.rhs if mutant else None) or claim.at_most
    assert upper is not None
    bound = _call(who, "at_most", upper, given)
    if bound.axes != lhs.axes:
        raise ClaimError(f"{who}: lhs is {show_axes(lhs.axes)}, at_most is {show_axes(bound.axes)}")
    if claim.gap is None or mutant is not None:
        return Bounds(lhs, bound, None)
    gap = _call(who, "gap", claim.gap, given)
    if gap.axes != lhs.axes:
        raise ClaimError(f"{who}: lhs is {show_axes(lhs.axes)}, the gap is {show_axes(gap.axes)}")
    if not is_nonnegative(gap, given):
        raise ClaimError(
            f"{who}: the gap is not visibly non-negative; write it with squares, positive variables, exp, "
            "sqrt, softplus, and sums, products and quotients of those"
        )
    return Bounds(lhs, bound, gap)


def _variance(who: str, f: Callable[..., Any], given: Mapping[str, Domain], lhs: Term) -> Term | None:
    """The stated variance of what the left side averages; nothing for a mutant whose left side is no mean."""
    if not isinstance(lhs, Expectation):
        return None
    value = _call(who, "variance", f, given)
    if value.axes != lhs.axes:
        raise ClaimError(f"{who}: lhs is {show_axes(lhs.axes)}, its variance is {show_axes(value.axes)}")
    return value


def _approach(who: str, limit: Limit, given: Mapping[str, Domain], target: Term) -> Approach:
    remainder = _call(who, "the remainder", limit.remainder, given)
    if remainder.axes != target.axes:
        raise ClaimError(f"{who}: rhs is {show_axes(target.axes)}, the remainder {show_axes(remainder.axes)}")
    if any(isinstance(t, Variable) and t.name == limit.variable for t in walk(target)):
        raise ClaimError(f"{who}: rhs is the limit in {limit.variable} and may not use it")
    kinks = (t for t in walk(remainder) if isinstance(t, Gradient))
    if any(isinstance(t, Apply) and t.function == "relu" for gradient in kinks for t in walk(gradient.body)):
        raise ClaimError(f"{who}: the remainder differentiates relu, so that it need not be continuous")
    return Approach(limit.variable, Fraction(limit.to), limit.order, target, remainder)


def _expansion(approach: Approach) -> Term:
    """target + (variable − to)^order · remainder."""
    step: Term = Variable(approach.variable, ())
    if approach.to:
        step = Elementwise("subtract", step, Constant(approach.to))
    if approach.order > 1:
        step = Power(step, approach.order)
    return Elementwise("add", approach.target, Elementwise("multiply", step, approach.remainder))


def _kernel(who: str, domain: Features) -> Kernel:
    x, y = Bound("x", (domain.points,)), Bound("y", (domain.points,))
    value = _term(who, "the kernel", _run(who, "the kernel", domain.kernel, Array(x), Array(y)))
    if value.axes:
        raise ClaimError(f"{who}: the kernel is {show_axes(value.axes)} and must be a scalar")
    return Kernel(x, y, value)


def _invariant(
    who: str, state: Callable[..., Any] | None, given: Mapping[str, Domain], lhs: Term, rhs: Term
) -> Invariant | None:
    if state is None:
        return None
    left, right = loops(lhs), loops(rhs)
    if not left and not right:
        raise ClaimError(f"{who}: state is given, but no side has a scan")
    target: Loop = left[0] if left else right[0]
    source = right[0] if left and right else None
    placeholders = tuple(Bound(s.hint, s.axes) for s in source.states) if source else ()
    arguments = _arguments(who, "state", state, given, len(placeholders))
    values = _run(who, "state", state, *(Array(p) for p in placeholders), **arguments)
    several = values if isinstance(values, tuple) else (values,)
    terms = tuple(_term(who, "state", value) for value in several)
    types = [show_axes(s.axes) for s in target.states]
    if [show_axes(t.axes) for t in terms] != types:
        raise ClaimError(f"{who}: state returned {[describe(t) for t in terms]}; the scan's state is {types}")
    return Invariant(target, source, placeholders, terms)


def _waypoints(who: str, claim: Claim, given: Mapping[str, Domain]) -> tuple[tuple[Term, str], ...]:
    derivation = claim.derivation
    if derivation is None:
        return ()
    arguments = _arguments(who, "derivation", derivation, given)
    steps = _run(who, "derivation", _listed, derivation, arguments)
    return tuple((_term(who, "derivation", expression), str(reason)) for expression, reason in steps)


def _listed(derivation: Callable[..., Iterator[Any]], arguments: dict[str, Any]) -> list[Any]:
    return list(derivation(**arguments))
