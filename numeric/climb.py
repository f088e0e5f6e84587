"""A bound attacked by climbing: from drawn instances towards inputs at which it is tight, or fails."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import NamedTuple

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Numbers
from equivalences.language.evidence import Instance

from .balls import certification as balls
from .balls.precision import UndefinedError, precision
from .exact.programs import Programs
from .membership import belongs, violation
from .sampling import axes_of, draw, schedule

BITS = 64
STARTS = 8
EVALUATIONS = 240
"""Instances that a climb looks at in all."""
FAMILIES = ("dyadic", "small", "powers of two", "ones")


EIGHTH = Fraction(1, 8)
MOVES: tuple[Callable[[Fraction], Fraction], ...] = (
    lambda x: 2 * x,
    lambda x: x / 2,
    lambda x: -x,
    lambda x: x + EIGHTH,
    lambda x: x - EIGHTH,
    lambda x: Fraction(0),
    lambda x: Fraction(1),
)
"""What an entry is changed to. A move that helps is repeated, so that doubling reaches far."""


class Step(NamedTuple):
    """One entry of one variable, and how it is changed."""

    name: str
    entry: int
    move: Callable[[Fraction], Fraction]


@dataclass(frozen=True)
class Ascent:
    """What a climb met.

    Attributes:
        instance: where the slack is least, None where no instance had one.
        slack: (upper − lower) / (|upper| + |lower|) there, the least of all entries.
        evaluations: how many instances were looked at.
    """

    instance: Instance | None
    slack: float
    evaluations: int

    @property
    def is_violation(self) -> bool:
        """Whether the bound fails there."""
        return self.slack < 0


def climb(programs: Programs, seed: int) -> Ascent:
    """The least slack that is met by changing one entry after the other."""
    comparison = programs.comparison
    assert comparison.bounds is not None
    bounds = comparison.bounds
    sides = replace(comparison, lhs=bounds.lower, rhs=bounds.upper, relation="equality", bounds=None)
    rng = Random(f"{seed} climb")
    best = Ascent(None, float("inf"), 0)
    sizes = schedule(axes_of(comparison), rng)[:STARTS]
    count = 0
    for k in range(STARTS):
        here = draw(comparison, programs.sized(sizes[k % len(sizes)]), rng, FAMILIES[k % len(FAMILIES)])
        slack, share = slack_at(sides, here), (k + 1) * EVALUATIONS // STARTS
        count += 1
        step: Step | None = None
        while count < share:
            step = step or drawn(comparison, here, rng)
            if step is None:
                break
            candidate = changed(here, step)
            found = slack_at(sides, candidate) if belongs(comparison, candidate) else float("inf")
            count += 1
            if found < slack:
                here, slack = candidate, found
            else:
                step = None
        if slack < best.slack and not violation(programs, programs.completed(here)):
            best = Ascent(here, slack, count)
        if best.is_violation:
            break
    return replace(best, evaluations=count)


def slack_at(sides: Comparison, instance: Instance) -> float:
    """The least relative slack of the entries, infinite where there is none.

    It is 0 where balls see no difference, so that a negative one is a violation.
    """
    try:
        lower, upper = balls.evaluate(sides, instance, BITS)
    except UndefinedError:
        return float("inf")
    with precision(BITS):
        found = []
        for a, b in zip(lower, upper, strict=True):
            scale = abs(a.mid()) + abs(b.mid())
            if not (a.is_finite() and b.is_finite()):
                return float("inf")
            if scale > 0:
                found.append(0.0 if (b - a).contains(0) else float((b - a).mid() / scale))
    return min(found, default=float("inf"))


def drawn(comparison: Comparison, instance: Instance, rng: Random) -> Step | None:
    """A step, drawn at random; None where there is nothing to change."""
    names = [
        name
        for name, domain in comparison.given.items()
        if isinstance(domain, Numbers)
        and domain.constraint in ("real", "positive")
        and instance.values.get(name)
    ]
    if not names:
        return None
    name = rng.choice(names)
    return Step(name, rng.randrange(len(instance.values[name])), rng.choice(MOVES))


def changed(instance: Instance, step: Step) -> Instance:
    """The instance with one entry changed."""
    entries = list(instance.values[step.name])
    entries[step.entry] = step.move(entries[step.entry])
    return Instance(instance.sizes, {**instance.values, step.name: tuple(entries)})
