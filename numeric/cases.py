"""The instances at which a comparison is certified."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from equivalences.language.evidence import Instance, Options

from .balls import certification as balls
from .balls.precision import UndefinedError
from .exact.programs import Programs
from .sampling import EDGES, Sizes, axes_of, distinct, draw, schedule
from .trial import Trial, over_rationals, over_residues

REDRAWS = 12
"""Instances that are drawn before a case counts as outside the domain."""
GENERIC = ("all sizes distinct", "larger")
"""Cases of which at least one has to have a value: the others are edges."""
BITS = 256
"""At which it is seen whether balls define a value, where exact arithmetic does not tell."""


@dataclass(frozen=True)
class Case:
    """An instance to certify at, where it comes from, and whether it is more than an edge."""

    title: str
    instance: Instance
    generic: bool


def instances(programs: Programs, options: Options) -> tuple[list[Case], list[str]]:
    """An instance of every family at which both sides have a value, and the families that have none."""
    cases, outside = [], []
    for title, sizes, family in families(programs, Random(options.seed)):
        rng = Random(f"{options.seed} {title}")
        whole = programs.sized(sizes)
        reason = ""
        for _ in range(REDRAWS):
            instance = programs.completed(draw(programs.comparison, whole, rng, family))
            reason = undefined(programs, instance, options.seed)
            if not reason:
                cases.append(Case(title, instance, title in GENERIC))
                break
        else:
            outside.append(f"{title}: {reason}")
    return cases, outside


def families(programs: Programs, rng: Random) -> Iterator[tuple[str, Sizes, str]]:
    """Titles, sizes and families, in the order in which they are reported."""
    axes = axes_of(programs.comparison)
    small = schedule(axes, rng)
    yield "all sizes 1", dict.fromkeys(axes, 1), "dyadic"
    yield "all sizes distinct", distinct(axes), "dyadic"
    for k, family in enumerate(EDGES):
        yield family, small[(1 + k) % len(small)], family
    yield "larger", dict.fromkeys(axes, 5 if len(axes) < 5 else 3), "dyadic"


def undefined(programs: Programs, instance: Instance, seed: int) -> str:
    """Why an instance has no value on one of the sides, or violates a hypothesis; empty if it has."""
    program = programs.of(instance)
    trial: Trial
    if not program.rational:
        trial = over_rationals(programs, instance)
    elif not program.modular and not program.graph.partial:
        trial = over_residues(programs, instance, seed)
    else:
        try:
            balls.evaluate(programs.comparison, instance, BITS)
        except UndefinedError as error:
            return error.reason if error.certain else ""
        return ""
    return trial.reason if trial.outcome == "undefined" else ""
