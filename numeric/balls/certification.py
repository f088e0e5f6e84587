"""Certified comparison of two sides in ball arithmetic, at the precision that the answer needs.

Both sides are evaluated in Arb; their difference is an enclosure of the true one. Precision grows by what
was seen to be missing. Every verdict rests on two precisions at least: each side is held against itself, and
two enclosures of one number that do not meet would void the run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Literal, TypeAlias

from flint import arb

from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Instance

from ..hypotheses import hypotheses
from . import ballarray as balls
from .ballarray import ONE, ZERO, Shape
from .evaluation import Evaluation
from .precision import (
    UndefinedError,
    bits_of,
    magnitude,
    precision,
    rounded_down,
    rounded_up,
    show,
)

Status: TypeAlias = Literal["agree", "differ", "undecided"]
FIRST = 64
GUARD = 32
SLACK = 8
LIMIT = 4096
VOID = "a side excludes itself at another precision: the run is void"


@dataclass(frozen=True, kw_only=True)
class BallResult:
    """What balls say of two sides at an instance.

    Attributes:
        status: ``agree`` if every difference contains 0 and is as narrow as asked; ``differ`` if one
            excludes 0; else ``undecided``.
        bits: the precision of the last evaluation.
        entry: the position of the widest difference, or of the one furthest from 0 if they differ.
        lhs, rhs, difference: the balls there.
        gap: an upper bound of all |differences|; where the sides differ, a lower bound of the largest.
        reason: why it is undecided.
    """

    status: Status
    bits: int
    entry: tuple[int, ...] = ()
    lhs: str = ""
    rhs: str = ""
    difference: str = ""
    gap: str = ""
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Enclosures:
    """Both sides at one precision, and what the hypotheses equate with 0, each with its violation in words."""

    shape: Shape
    lhs: Sequence[arb]
    rhs: Sequence[arb]
    hypotheses: Sequence[tuple[str, Sequence[arb]]] = ()

    def violated(self) -> str:
        """Which hypothesis certainly does not hold; empty if none."""
        broken = (text for text, gaps in self.hypotheses if not all(x.contains(0) for x in gaps))
        return next(broken, "")


def evaluate(comparison: Comparison, instance: Instance, bits: int) -> tuple[list[arb], list[arb]]:
    """Enclosures of the entries of both sides, row-major.

    Raises:
        UndefinedError: a side has no value at the instance, or none that this precision can enclose.
    """
    found = enclose(comparison, instance, bits)
    return list(found.lhs), list(found.rhs)


def enclose(comparison: Comparison, instance: Instance, bits: int) -> Enclosures:
    """Both sides, and the hypotheses, at one precision.

    Raises:
        UndefinedError: as ``evaluate``.
    """
    with precision(bits):
        evaluation = Evaluation(comparison, instance)
        lhs, rhs = evaluation.value(comparison.lhs), evaluation.value(comparison.rhs)
        equations = hypotheses(comparison)
        gaps = [
            (h.violated, balls.subtract(evaluation.value(h.left), evaluation.value(h.right)).entries)
            for h in equations
        ]
    return Enclosures(lhs.shape, lhs.entries, rhs.entries, gaps)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What one precision says.

    Attributes:
        result: the verdict, were this the only evaluation.
        found: both sides, if all their entries are finite.
        missing: how many more bits to try.
        final: whether more bits cannot help.
    """

    result: BallResult
    found: Enclosures | None = None
    missing: int = GUARD
    final: bool = False


def certify(comparison: Comparison, instance: Instance, digits: int) -> BallResult:
    """Whether both sides agree at an instance to so many decimal digits.

    They agree if every difference contains 0 with a radius of at most 10^-digits · max(1, |entries|), and
    differ if one excludes 0. What is not finite, undefined or too wide at the largest precision is undecided.
    """
    asked = bits_of(digits) + GUARD
    limit = max(LIMIT, 4 * asked)
    bits, before = min(FIRST, asked // 2), None
    while True:
        attempt = _attempt(comparison, instance, bits, digits)
        if before is not None and attempt.found is not None:
            if not _meet(before, attempt.found, bits):
                return BallResult(status="undecided", bits=bits, reason=VOID)
            if attempt.result.status != "undecided":
                return attempt.result
        if attempt.final or (bits >= limit and attempt.result.status == "undecided"):
            return attempt.result
        before = attempt.found or before
        further = max(asked, bits + attempt.missing)
        bits = further if bits >= limit else min(limit, further)


def _attempt(comparison: Comparison, instance: Instance, bits: int, digits: int) -> Attempt:
    try:
        found = enclose(comparison, instance, bits)
    except UndefinedError as undefined:
        result = BallResult(status="undecided", bits=bits, reason=undefined.reason)
        return Attempt(result=result, missing=bits, final=undefined.certain)
    with precision(bits):
        return judge(found, bits, digits)


def judge(found: Enclosures, bits: int, digits: int) -> Attempt:
    """The verdict of one evaluation: finite first, since a ball that is not a number contains 0."""
    gaps = [x for _, entries in found.hypotheses for x in entries]
    sides = [*found.lhs, *found.rhs]
    if not all(x.is_finite() for x in (*sides, *gaps)):
        result = BallResult(status="undecided", bits=bits, reason="a value is not finite")
        return Attempt(result=result, missing=bits)
    if reason := found.violated():
        return Attempt(result=BallResult(status="undecided", bits=bits, reason=reason), final=True)
    loose = max((x.rad() for x in gaps), default=ZERO)
    if not loose <= arb(10) ** -digits:
        result = BallResult(status="undecided", bits=bits, reason="a hypothesis is not known well enough")
        return Attempt(result=result, found=found, missing=magnitude(loose * arb(10) ** digits) + SLACK)
    differences = [x - y for x, y in zip(found.lhs, found.rhs, strict=True)]
    if not all(d.contains(0) for d in differences):
        furthest = max(range(len(differences)), key=lambda k: differences[k].abs_lower())
        gap = rounded_down(differences[furthest].abs_lower())
        return Attempt(result=_result("differ", bits, found, furthest, gap), found=found)
    if not differences:
        return Attempt(result=BallResult(status="undecided", bits=bits, reason="no entries"), final=True)
    widest = max(range(len(differences)), key=lambda k: differences[k].abs_upper())
    scale = ONE
    for x in sides:
        scale = scale.max(x.abs_lower())
    radius, asked = max(d.rad() for d in differences), scale / arb(10) ** digits
    gap = rounded_up(differences[widest].abs_upper())
    if radius <= asked:
        return Attempt(result=_result("agree", bits, found, widest, gap), found=found)
    reason = f"the difference is known to {gap} only"
    result = _result("undecided", bits, found, widest, gap, reason)
    return Attempt(result=result, found=found, missing=magnitude(radius / asked) + SLACK)


def _meet(before: Enclosures, now: Enclosures, bits: int) -> bool:
    """Whether two evaluations may enclose the same numbers; finite balls only, since others meet everything."""
    with precision(bits):
        return all(
            x.overlaps(y) and u.overlaps(v) and (x - u).overlaps(y - v)
            for x, y, u, v in zip(before.lhs, now.lhs, before.rhs, now.rhs, strict=True)
        )


def _result(status: Status, bits: int, found: Enclosures, flat: int, gap: str, reason: str = "") -> BallResult:
    left, right = found.lhs[flat], found.rhs[flat]
    entry = next(islice(product(*map(range, found.shape)), flat, None))
    return BallResult(
        status=status,
        bits=bits,
        entry=entry,
        lhs=show(left),
        rhs=show(right),
        difference=show(left - right),
        gap=gap,
        reason=reason,
    )
