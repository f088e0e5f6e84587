"""A traced claim: the two terms, and all that a checker may know about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .domain import Domain
from .term import Bound, Loop, Term, digest

Relation: TypeAlias = Literal["equality", "independence", "minimum"]


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
class Comparison:
    """Two terms of one type that are said to be equal wherever ``given`` and the assumptions hold.

    Attributes:
        given: domains of all variables of both terms, in order of sampling.
        lhs, rhs: the sides; they share no node.
        relation: what the equality stands for.
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
    kernels: Mapping[str, Kernel] = field(default_factory=dict)
    assumptions: tuple[tuple[Term, Term], ...] = ()
    realised: Mapping[str, Term] = field(default_factory=dict)
    invariant: Invariant | None = None
    waypoints: tuple[tuple[Term, str], ...] = ()

    def is_trivial(self) -> bool:
        """Whether both sides are one program, so that comparing them shows nothing."""
        return digest(self.lhs) == digest(self.rhs)
