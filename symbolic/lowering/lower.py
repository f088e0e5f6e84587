"""From terms to networks: what every node means, entry by entry.

A term at given parts of its axes lowers to a network whose free index ``#k`` runs over axis k; who asks
for an entry renames it. Sums over an axis are sums over its parts.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from equivalences.language.domain import Domain
from equivalences.language.term import (
    Activation,
    Apply,
    Bound,
    Causal,
    Concatenate,
    Constant,
    Contract,
    CumulativeSum,
    Each,
    Elementwise,
    Expand,
    Expectation,
    Feature,
    Filled,
    Gradient,
    Identity,
    Integral,
    Inverse,
    LogSumExp,
    LoopReads,
    LoopState,
    Matmul,
    Permute,
    Pi,
    Power,
    Shift,
    Size,
    Softmax,
    Solve,
    StopGradient,
    Sum,
    Take,
    Term,
    Unknown,
    Variable,
    binders,
    children,
    summands,
)

from ..networks import atoms
from ..networks.algebra import NO_RENAMING, Renaming, causal_head, constant, entry, pi, rename
from ..networks.derivative import UnknownDerivativeError
from ..networks.network import Index, Network
from ..networks.positivity import is_nonnegative, is_positive
from . import averages, binding, contraction, elementary
from .places import (
    Condition,
    ConditionKind,
    LoopValue,
    Part,
    Parts,
    Place,
    Scope,
    UnreadableError,
)

EMPTY_SCOPE: Scope = {}

IMPOSSIBLE: Mapping[ConditionKind, str] = {
    "nonzero": "division by",
    "positive": "the logarithm, or the derivative of a root, of",
    "nonnegative": "the square root of",
    "invertible": "the inverse of",
}


@dataclass(eq=False)
class Lowering:
    """Lowers the terms of one comparison.

    Attributes:
        given: the domains.
        growth: axes read otherwise: with a new token after the old ones, or empty.
        prefix: for a sort, the index at which sums over it end; the index itself is included.
        positions: the place of each index of ``given``.
        loops: what the loops stand for, by identity.
        conditions: what has to hold where the terms are defined.
    """

    given: Mapping[str, Domain]
    growth: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    prefix: Mapping[str, Index] = field(default_factory=dict)
    positions: Mapping[str, Place] = field(default_factory=dict)
    loops: Mapping[int, LoopValue] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    memo: dict[object, Network] = field(default_factory=dict)
    bound: dict[Term, frozenset[Bound]] = field(default_factory=dict)

    def parts(self, axis: str) -> tuple[Part, ...]:
        """The parts of an axis, in order."""
        names = summands(axis)
        found: list[Part] = []
        for k, name in enumerate(names):
            label = str(k) if len(names) > 1 else ""
            grown = self.growth.get(name, (Part(name, ""),))
            found += [Part(part.sort, label + part.label) for part in grown]
        return tuple(found)

    def places(self, axis: str, name: str) -> list[Place]:
        """Every way to stand on an axis, by an index of that name."""
        return [
            (k, None if part.sort == "1" else Index(part.sort, name)) for k, part in enumerate(self.parts(axis))
        ]

    def sums(
        self, axes: Sequence[str], name: str = "+"
    ) -> Iterator[tuple[tuple[Place, ...], list[Index], list[tuple[Network, Renaming]]]]:
        """Every way to sum over axes: the places, the indices to bind, and factors that end the sums."""
        for places in itertools.product(*(self.places(a, f"{name}{k}") for k, a in enumerate(axes))):
            indices = [i for _, i in places if i is not None]
            ends: list[tuple[Network, Renaming]] = [
                (entry(causal_head(i.sort), self.prefix[i.sort], i), NO_RENAMING)
                for i in indices
                if i.sort in self.prefix
            ]
            yield places, indices, ends

    def free_variables(self, term: Term) -> frozenset[Bound]:
        """The bound variables of enclosing terms that occur in a term."""
        if term not in self.bound:
            below = frozenset[Bound]().union(*(self.free_variables(t) for t in children(term)))
            own = frozenset({term}) if isinstance(term, Bound) else frozenset[Bound]()
            self.bound[term] = (below | own) - frozenset(binders(term))
        return self.bound[term]

    def require(self, kind: ConditionKind, network: Network) -> None:
        """Record a condition, unless the network's form shows it.

        Raises:
            UnreadableError: the form shows that it never holds.
        """
        if not network and kind != "nonnegative":
            raise UnreadableError(f"{IMPOSSIBLE[kind]} what is identically 0")
        if (kind == "positive" and is_nonnegative(-network)) or (
            kind == "nonnegative" and network and is_positive(-network)
        ):
            raise UnreadableError(f"{IMPOSSIBLE[kind]} what is nowhere positive")
        shown = is_positive(network) or (network.terms.keys() == {()} and kind == "nonzero")
        shown = shown or (kind == "nonnegative" and is_nonnegative(network))
        if kind == "invertible" or not shown:
            self.conditions.append(Condition(kind, network))

    def lower(self, term: Term, at: Sequence[Place], scope: Scope = EMPTY_SCOPE) -> Network:
        """The entry of a term at places, one an axis.

        Raises:
            UnreadableError: the term has no network.
        """
        return rename(*self.part(term, at, scope))

    def part(self, term: Term, at: Sequence[Place], scope: Scope) -> tuple[Network, Renaming]:
        """The same as a network over ``#k``, and what to rename it by."""
        renaming = {Index(i.sort, f"#{k}"): i for k, (_, i) in enumerate(at) if i is not None}
        return self.entries(term, tuple(k for k, _ in at), scope), renaming

    def entries(self, term: Term, parts: Parts, scope: Scope) -> Network:
        """The entries of a term at given parts, over the free indices ``#k``."""
        assert len(parts) == len(term.axes)
        used = frozenset((v, scope[v]) for v in self.free_variables(term) if v in scope)
        key = (term, parts, used)
        if key not in self.memo:
            at = tuple(
                self.places(axis, f"#{k}")[p] for k, (axis, p) in enumerate(zip(term.axes, parts, strict=True))
            )
            try:
                self.memo[key] = self.compute(term, at, scope)
            except ZeroDivisionError as error:
                raise UnreadableError(str(error)) from None
            except UnknownDerivativeError as error:
                raise UnreadableError(f"the derivative of {error} by its point is not known") from None
        return self.memo[key]

    def compute(self, term: Term, at: tuple[Place, ...], scope: Scope) -> Network:
        """The meaning of each node."""
        parts = tuple(k for k, _ in at)
        match term:
            case Constant(value) | Filled(value, _):
                return constant(value)
            case Variable(name, shape):
                return elementary.variable(self, name, shape, at)
            case Bound():
                return scope[term].entries(parts)
            case Size(axis):
                return contraction.size(self, axis)
            case Identity():
                return elementary.identity(at[0], at[1])
            case Causal(_, strict):
                return elementary.causal(at[0], at[1], strict)
            case Shift(axis):
                if len(self.parts(axis)) > 1:
                    raise UnreadableError("a shift along an axis of several parts, or one that grows")
                return elementary.shift(at[0], at[1])
            case Pi():
                return pi()
            case Expectation():
                return averages.expectation(self, term, at, scope)
            case Integral():
                return averages.integral(self, term, at, scope)
            case Elementwise():
                return elementary.elementwise(self, term, at, scope)
            case Power(base, exponent):
                return elementary.power(self, self.lower(base, at, scope), exponent)
            case Apply(function, argument):
                return elementary.apply(self, function, self.lower(argument, at, scope))
            case Activation(function, argument):
                return atoms.activation(function, 0, self.lower(argument, at, scope))
            case Unknown():
                return binding.unknown(self, term, at, scope)
            case Feature():
                return binding.feature(self, term, at, scope)
            case Permute(argument, order):
                return self.lower(argument, [at[order.index(k)] for k in range(len(order))], scope)
            case Expand(argument, position):
                return self.lower(argument, at[:position] + at[position + 1 :], scope)
            case Take(argument, position, index):
                places = (*at[:position], self.positions[index], *at[position:])
                return self.lower(argument, places, scope)
            case Concatenate(operands, position):
                return elementary.concatenate(self, operands, position, at, scope)
            case Sum(argument, positions):
                return contraction.total(self, argument, positions, at, scope)
            case Matmul(left, right):
                return contraction.matmul(self, left, right, at, scope)
            case Contract():
                return contraction.contraction(self, term, at, scope)
            case Softmax():
                return contraction.softmax(self, term, at, scope)
            case LogSumExp():
                return contraction.log_sum_exp(self, term, at, scope)
            case CumulativeSum(argument, position):
                return contraction.cumulative_sum(self, argument, position, at, scope)
            case Inverse(argument):
                return contraction.inverse(self, argument, at[0], at[1], scope)
            case Solve(matrix, right):
                return contraction.solve(self, matrix, right, at, scope)
            case Gradient():
                return binding.gradient(self, term, at, scope)
            case StopGradient(argument):
                still = {v: b if b.stopped is None else b.stopped for v, b in scope.items()}
                return self.lower(argument, at, still)
            case Each():
                return binding.each(self, term, at, scope)
            case LoopState(loop, component):
                return binding.loop_value(self, loop).states[component].entries(parts)
            case LoopReads(loop):
                reads = binding.loop_value(self, loop).reads
                assert reads is not None
                return reads.entries(parts)
        raise UnreadableError(f"the prover does not know {type(term).__name__}")
