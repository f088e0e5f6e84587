"""A traced claim: the two terms, and all that a checker may know about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from .domain import Domain
from .positivity import is_nonnegative
from .term import Bound, Constant, Elementwise, Loop, Term, Variable, digest, rewrite

Relation: TypeAlias = Literal["equality", "independence", "minimum", "bound", "limit"]


@dataclass(frozen=True)
class Kernel:
    """The kernel of a feature map: a scalar term in two bound points."""

    x: Bound
    y: Bound
    value: Term


@dataclass(frozen=True)
class Invariant:
    """A suggested induction hypothesis: the states of ``target``, as terms.

    ``source`` is the other side's loop, whose states appear as ``states``; without one the terms are a
    closed form.
    """

    target: Loop
    source: Loop | None
    states: tuple[Bound, ...]
    values: tuple[Term, ...]


@dataclass(frozen=True)
class Bounds:
    """What a bound compares: ``lower`` ≤ ``upper``; with a ``gap``, said to be the difference, and ≥ 0."""

    lower: Term
    upper: Term
    gap: Term | None


@dataclass(frozen=True)
class Approach:
    """What a limit says: lhs = target + (variable − to)^order · remainder, which is continuous at ``to``."""

    variable: str
    to: Fraction
    order: int
    target: Term
    remainder: Term

    @property
    def constant(self) -> Term:
        """The remainder where the variable is at its limit."""

        def at_limit(term: Term) -> Term | None:
            return Constant(self.to) if isinstance(term, Variable) and term.name == self.variable else None

        return rewrite(self.remainder, at_limit)


@dataclass(frozen=True)
class Comparison:
    """Two terms of one type that are said to be equal wherever ``given`` and the assumptions hold.

    Attributes:
        given: domains of all variables of both terms, in order of sampling.
        lhs, rhs: the sides; they share no node.
        relation: what the equality stands for.
        bounds: for a bound, which is the equality of relu(lower − upper) and 0: what it compares.
        variance: of what lhs averages, where lhs is an expectation and its variance is stated.
        approach: for a limit, which is an equality with a remainder: what it says.
        kernels: for each feature map, its kernel.
        assumptions: pairs of terms that are equal by hypothesis.
        realised: variables that are not sampled, as terms in the others.
        invariant: the author's suggestion for an induction.
        waypoints: the author's derivation from rhs to lhs: terms with reasons.
    """

    given: Mapping[str, Domain]
    lhs: Term
    rhs: Term
    relation: Relation = "equality"
    bounds: Bounds | None = None
    approach: Approach | None = None
    variance: Term | None = None
    kernels: Mapping[str, Kernel] = field(default_factory=dict)
    assumptions: tuple[tuple[Term, Term], ...] = ()
    realised: Mapping[str, Term] = field(default_factory=dict)
    invariant: Invariant | None = None
    waypoints: tuple[tuple[Term, str], ...] = ()

    def is_trivial(self) -> bool:
        """Whether both sides are one program, so that comparing them shows nothing."""
        if self.bounds is not None:
            return digest(self.bounds.lower) == digest(self.bounds.upper)
        return digest(self.lhs) == digest(self.rhs)

    def with_gap(self) -> "Comparison | None":
        """For a bound with a visibly non-negative gap, the equality that proves it: lower + gap = upper."""
        if self.bounds is None or self.bounds.gap is None or not is_nonnegative(self.bounds.gap, self.given):
            return None
        lhs = Elementwise("add", self.bounds.lower, self.bounds.gap)
        return replace(self, lhs=lhs, rhs=self.bounds.upper, relation="equality", bounds=None)
