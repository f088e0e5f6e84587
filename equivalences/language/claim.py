"""A claim: two programs and a domain on which they are said to agree."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from .array import Array, ClaimError
from .domain import Domain, Numbers
from .evidence import Verdict

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Names of variables; the checkers' own have other letters."""
RESERVED = frozenset({"all", "readme", "con", "nul", "aux", "prn", "results"})
CHECKERS = ("symbolic", "numeric", "gpu")


@dataclass(frozen=True)
class Source:
    """Where a claim was published, and the place in it.

    ``Source("arXiv:2310.13220", "the main equivalence")``; an original claim says ``Source("original", …)``.
    """

    reference: str
    place: str


@dataclass(frozen=True)
class Mutant:
    """A near miss of a claim that has to be refuted; what is left out is the claim's.

    ``rhs`` is the right side: of a bound, what lhs is said to be at most. ``given`` adds variables, or
    replaces their domains.
    """

    title: str
    lhs: Callable[..., Array] | None = None
    rhs: Callable[..., Array] | None = None
    given: Mapping[str, Domain] = field(default_factory=dict)
    state: Callable[..., Array | tuple[Array, ...]] | None = None


@dataclass(frozen=True)
class Equation:
    """A hypothesis that two functions of ``given`` agree."""

    lhs: Callable[..., Array]
    rhs: Callable[..., Array]


@dataclass(frozen=True)
class Minimum:
    """That ``lhs`` minimises ``loss``: loss(W) = loss(lhs) + gap(W − lhs) for every W, with gap ≥ 0.

    ``loss`` takes W first; ``gap`` takes the difference first and must be visibly non-negative: sums of
    squares, with positive coefficients. Both take any of ``given`` besides.
    """

    loss: Callable[..., Array]
    gap: Callable[..., Array]


@dataclass(frozen=True)
class Limit:
    """That lhs tends to rhs as ``variable`` tends to ``to``: lhs = rhs + (variable − to)^order · remainder.

    ``remainder`` takes any of ``given`` and is defined at ``to`` too, where it is continuous: the rate is
    ``order``, and its value there is the constant. ``rhs`` does not use the variable.
    """

    variable: str
    to: int | Fraction
    remainder: Callable[..., Array]
    order: int = 1


@dataclass(frozen=True)
class Claim:
    """Two programs and the domain on which they are said to agree.

    Attributes:
        id: lower-case words joined by hyphens.
        title: one sentence.
        given: the variables, each with its domain. Sides take any of them, by parameter name.
        lhs: one program.
        rhs: the other; None where another relation is stated.
        independent_of: instead of ``rhs``: lhs does not depend on these variables.
        minimises: instead of ``rhs``: lhs minimises a loss.
        at_most: instead of ``rhs``: lhs ≤ at_most, entry by entry.
        gap: for the proof of a bound: a visibly non-negative function with at_most = lhs + gap.
        limit: with ``rhs``: lhs tends to rhs, at a stated rate.
        variance: where lhs is an expectation, the variance of what is averaged, for a test by sampling.
        source: where it was published.
        about: what it means, in a few sentences.
        stops: where it stops being true, or what it does not say.
        mutants: near misses, each to be refuted.
        state: for a proof by induction: the left scan's state as a function of the right scan's states
            (positional) and of ``given`` (by name); a suggestion, never trusted.
        assume: hypotheses that are not domains.
        realise: for each variable that a hypothesis ties down, a function of the others that makes it.
        derivation: expressions from rhs to lhs, each with its reason: ``yield expression, "reason"``.
        expected: ``Verdict.REFUTED`` for a folklore claim that is false.
        repair: the id of the nearest true claim, where refutation is expected.
        waive: checkers that are not required, each with the reason.
    """

    id: str
    title: str
    given: Mapping[str, Domain]
    lhs: Callable[..., Array]
    rhs: Callable[..., Array] | None = None
    independent_of: tuple[str, ...] = ()
    minimises: Minimum | None = None
    at_most: Callable[..., Array] | None = None
    gap: Callable[..., Array] | None = None
    limit: Limit | None = None
    variance: Callable[..., Array] | None = None
    source: Source = Source("original", "")
    about: str = ""
    stops: str = ""
    mutants: tuple[Mutant, ...] = ()
    state: Callable[..., Array | tuple[Array, ...]] | None = None
    assume: tuple[Equation, ...] = ()
    realise: Mapping[str, Callable[..., Array]] = field(default_factory=dict)
    derivation: Callable[..., Iterator[tuple[Array, str]]] | None = None
    expected: Verdict | None = None
    repair: str | None = None
    waive: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def wrong(text: str) -> ClaimError:
            return ClaimError(f"claim {self.id!r}: {text}")

        if not isinstance(self.id, str) or not ID.fullmatch(self.id) or len(self.id) > 80:
            raise wrong("an id is lower-case words joined by hyphens, at most 80 characters")
        if self.id in RESERVED:
            raise wrong("this id is reserved; add a word")
        others = (self.rhs, self.minimises, self.at_most)
        if bool(self.independent_of) + sum(other is not None for other in others) != 1:
            raise wrong("state exactly one of rhs, independent_of, minimises and at_most")
        if self.gap is not None and self.at_most is None:
            raise wrong("gap belongs to at_most: it shows that a bound holds")
        for name in (*self.given, *(name for mutant in self.mutants for name in mutant.given)):
            if not NAME.fullmatch(name):
                raise wrong(f"the name {name!r} in given is not a word of ASCII letters, digits and _")
        self._require_limit(wrong)
        for name in (*self.independent_of, *self.realise):
            if name not in self.given:
                raise wrong(f"{name!r} is not in given ({', '.join(self.given)})")
        for checker, reason in self.waive.items():
            if checker not in CHECKERS or not reason:
                raise wrong(f"waive takes a checker ({', '.join(CHECKERS)}) and a reason")
        if self.expected not in (None, Verdict.REFUTED):
            raise wrong("expected is Verdict.REFUTED, or left out")
        if self.expected and (self.mutants or not self.repair):
            raise wrong("a claim expected to be refuted has no mutants, but a repair: the nearest true claim")
        if self.repair and not self.expected:
            raise wrong("repair belongs to a claim that is expected to be refuted")
        titles = [mutant.title for mutant in self.mutants]
        if len(set(titles)) < len(titles):
            raise wrong("two mutants have the same title")
        if self.independent_of and self.assume:
            raise wrong(
                "independent_of asks for any other value, which assume may rule out; state an equality of the "
                "two values instead"
            )
        if bool(self.assume) != bool(self.realise):
            raise wrong(
                "assume needs realise, and realise assume: hypotheses, and functions that make inputs of them"
            )

    def _require_limit(self, wrong: Callable[[str], ClaimError]) -> None:
        if self.limit is None:
            return
        if self.rhs is None:
            raise wrong("a limit needs rhs, which lhs tends to")
        domain = self.given.get(self.limit.variable)
        if not isinstance(domain, Numbers) or domain.axes or self.limit.variable in self.realise:
            raise wrong(f"the variable of a limit is a number of given, which {self.limit.variable!r} is not")
        if type(self.limit.order) is not int or self.limit.order < 1:
            raise wrong(f"a limit's order is an int, 1 or more, not {self.limit.order!r}")
        if type(self.limit.to) is not int and not isinstance(self.limit.to, Fraction):
            raise wrong(f"a limit is taken at an int or a Fraction, not at {self.limit.to!r}")
        if domain.constraint == "mask" or (domain.constraint == "positive" and self.limit.to < 0):
            raise wrong(f"{self.limit.variable!r}, {domain}, does not come near {self.limit.to}")
