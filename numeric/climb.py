"""A bound attacked by climbing: from drawn instances towards inputs at which it is tight, or fails."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

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
        """Whether the bound seems to fail there."""
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
        while count < share:
            candidate = changed(comparison, here, rng)
            if candidate is None:
                break
            found = slack_at(sides, candidate)
            count += 1
            if found < slack:
                here, slack = candidate, found
        if slack < best.slack and not violation(programs, programs.completed(here)):
            best = Ascent(here, slack, count)
        if best.is_violation:
            break
    return replace(best, evaluations=count)


def slack_at(sides: Comparison, instance: Instance) -> float:
    """The least relative slack of the entries, infinite where there is none."""
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
                found.append(float((b - a).mid() / scale))
    return min(found, default=float("inf"))


def changed(comparison: Comparison, instance: Instance, rng: Random) -> Instance | None:
    """The instance with one entry changed, inside its domain; None where there is nothing to change."""
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
    k = rng.randrange(len(instance.values[name]))
    options = list(moves(instance.values[name][k]))
    rng.shuffle(options)
    for value in options:
        entries = (*instance.values[name][:k], value, *instance.values[name][k + 1 :])
        candidate = Instance(instance.sizes, {**instance.values, name: entries})
        if belongs(comparison, candidate):
            return candidate
    return None


def moves(x: Fraction) -> Iterator[Fraction]:
    """Other values for an entry."""
    step = Fraction(1, 8)
    yield from (2 * x, x / 2, -x, x + step, x - step, Fraction(0), Fraction(1))
