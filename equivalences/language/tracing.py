"""Calling a claim's sides, once each, with symbolic arrays."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .array import Array, ClaimError, IndexArray, describe, lift, refuse
from .claim import Claim, Mutant
from .comparison import Comparison, Invariant, Kernel
from .domain import Domain, Features, Index, Numbers, UnknownActivation, UnknownFunction
from .positivity import is_nonnegative, is_zero_one
from .term import (
    Activation,
    Bound,
    Elementwise,
    Feature,
    Loop,
    Softmax,
    Term,
    Unknown,
    Variable,
    loops,
    show_axes,
    walk,
)


@dataclass(frozen=True)
class FeatureMap:
    """What a side receives for a feature map: φ(x) along the last axis.  [… d] -> [… f]"""

    name: str
    domain: Features

    def __call__(self, x: Array) -> Array:
        """The features of a point, or of every row.  [… d] -> [… f]"""
        if not isinstance(x, Array) or not x.axes or x.axes[-1] != self.domain.points:
            refuse(f"{self.name}({x!r}): the last axis has to be {self.domain.points}")
        return Array(Feature(self.name, x.term, self.domain.features))


@dataclass(frozen=True)
class Function:
    """What a side receives for an unknown function of whole arrays."""

    name: str
    domain: UnknownFunction

    def __call__(self, *xs: Array) -> Array:
        """The value, of the declared type."""
        types = tuple(x.axes if isinstance(x, Array) else None for x in xs)
        if types != self.domain.inputs:
            shown = ", ".join(map(repr, xs))
            refuse(f"{self.name}({shown}): declared as {self.domain}")
        return Array(Unknown(self.name, tuple(x.term for x in xs), self.domain.output))


@dataclass(frozen=True)
class ScalarFunction:
    """What a side receives for an unknown function of one number."""

    name: str

    def __call__(self, x: Array) -> Array:
        """The value, entry by entry.  […] -> […]"""
        return Array(Activation(self.name, lift(x).term))


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
    lhs = _call(who, "lhs", left, given)
    if claim.minimises is not None:
        given, lhs, rhs = _minimum(who, claim, given, lhs, left)
        relation: Any = "minimum"
    elif right is not None:
        rhs, relation = _call(who, "rhs", right, given), "equality"
    else:
        rhs, given = _copy(who, left, claim.independent_of, given)
        relation = "independence"
    if lhs.axes != rhs.axes:
        raise ClaimError(
            f"{who}: the sides differ in type: lhs is {show_axes(lhs.axes)}, rhs is {show_axes(rhs.axes)}"
        )
    for side in (lhs, rhs):
        _require_masks(who, side, given)
    return Comparison(
        given=given,
        lhs=lhs,
        rhs=rhs,
        relation=relation,
        kernels={name: _kernel(who, d) for name, d in given.items() if isinstance(d, Features)},
        assumptions=tuple(
            (_call(who, "assume", e.lhs, given), _call(who, "assume", e.rhs, given)) for e in claim.assume
        ),
        realised={name: _call(who, f"realise {name}", f, given) for name, f in claim.realise.items()},
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


def make(name: str, domain: Domain) -> Any:
    """What a side receives for a variable: an array, an index, or a callable."""
    match domain:
        case Numbers(axes, _):
            return Array(Variable(name, axes))
        case Index(axis):
            return IndexArray(name, axis)
        case Features():
            return FeatureMap(name, domain)
        case UnknownFunction():
            return Function(name, domain)
        case UnknownActivation():
            return ScalarFunction(name)


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
