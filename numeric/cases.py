"""The instances at which a comparison is certified."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from equivalences.language.evidence import Instance, Options

from .balls import certification as balls
from .balls.precision import UndefinedError
from .exact.programs import Programs
from .membership import violation
from .sampling import EDGES, LARGE, Sizes, axes_of, distinct, draw, schedule, signs_of
from .trial import Trial, over_rationals, over_residues

REDRAWS = 12
"""Instances that are drawn before a case counts as outside the domain."""
GENERIC = ("all sizes distinct", "larger")
"""Cases of which at least one has to have a value: the others are edges."""
SCALARS = 8
"""Instances more where there are scalars only, which are cheap."""
BITS = 256
"""At which it is seen whether balls define a value, where exact arithmetic does not tell."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where an instance comes from.

    Attributes:
        title: as it is printed.
        sizes: of every axis, feature axes excepted.
        family: of the entries.
        signs: of the scalars.
    """

    title: str
    sizes: Sizes
    family: str = "dyadic"
    signs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """An instance to certify at, where it comes from, and whether it is more than an edge.

    Values so large that balls are too wide are no objection: such a case is ``optional``.
    """

    title: str
    instance: Instance
    generic: bool
    optional: bool


@dataclass(frozen=True)
class Absence:
    """Why there is no instance, and whether one was drawn of which it is not even seen that it is none."""

    reason: str
    domain: bool = False
    open: bool = False


def instances(programs: Programs, options: Options) -> tuple[list[Case], dict[str, Absence]]:
    """An instance of every source at which both sides have a value, and the sources that have none."""
    cases: list[Case] = []
    outside: dict[str, Absence] = {}
    for source in sources(programs, Random(options.seed)):
        rng = Random(f"{options.seed} {source.title}")
        whole = programs.sized(source.sizes)
        for _ in range(REDRAWS):
            drawn = draw(programs.comparison, whole, rng, source.family, source.signs)
            instance = programs.completed(drawn)
            absence = absent(programs, instance, options.seed)
            if absence is None:
                optional = source.family == LARGE
                cases.append(Case(source.title, instance, source.title in GENERIC, optional))
                outside.pop(source.title, None)
                break
            before = outside.get(source.title)
            outside[source.title] = before if before is not None and before.open else absence
    return cases, outside


def sources(programs: Programs, rng: Random) -> Iterator[Source]:
    """What to draw, in the order in which it is reported; more of it where there are scalars only."""
    axes = axes_of(programs.comparison)
    small = schedule(axes, rng)
    yield Source(title="all sizes 1", sizes=dict.fromkeys(axes, 1))
    yield Source(title="all sizes distinct", sizes=distinct(axes))
    for k, family in enumerate(EDGES):
        yield Source(title=family, sizes=small[(1 + k) % len(small)], family=family)
    yield Source(title="larger", sizes=dict.fromkeys(axes, 5 if len(axes) < 5 else 3))
    yield Source(title=LARGE, sizes=dict.fromkeys(axes, 2), family=LARGE)
    for signs in signs_of(programs.comparison):
        title = ", ".join(f"{name} {'>' if sign > 0 else '<'} 0" for name, sign in signs.items())
        yield Source(title=title, sizes=dict.fromkeys(axes, 2), signs=signs)
    for k in range(0 if axes else SCALARS):
        yield Source(title=f"scalars {k + 1}", sizes={}, family=("small", "dyadic")[k % 2])


def absent(programs: Programs, instance: Instance, seed: int) -> Absence | None:
    """Why an instance is not in the domain, or has no value on one of the sides; None if it has."""
    program = programs.of(instance)
    found = violation(programs, instance)
    if found is not None:
        return Absence(found.reason, domain=True, open=not found.certain)
    trial: Trial
    if not program.rational:
        trial = over_rationals(programs, instance)
    elif not program.modular and not program.graph.partial and not programs.comparison.kernels:
        trial = over_residues(programs, instance, seed)
    else:
        try:
            violated = balls.enclose(programs.comparison, instance, BITS).violated()
        except UndefinedError as error:
            return Absence(error.reason) if error.certain else None
        return Absence(violated, domain=True) if violated else None
    return Absence(trial.reason, domain=trial.violated) if trial.outcome == "undefined" else None
