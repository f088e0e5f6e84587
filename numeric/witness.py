"""The smallest exact counterexample of a refuted comparison.

A difference is looked for at small sizes, mod p first, where one evaluation at random settles an identity;
sizes are then lowered one by one, entries are set to 0, 1 and −1, and the rest is decided over ℚ or in balls.
Nothing else makes a witness: a difference mod p alone is none, since order has no meaning there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, product
from random import Random

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Index, Numbers
from equivalences.language.evidence import Instance, Options, Witness

from .balls import certification as balls
from .balls.certification import Status
from .balls.existence import impossible
from .climb import climb
from .exact.lowering import extent
from .exact.programs import Programs
from .membership import belongs, functions_of, violation
from .sampling import LARGE, Sizes, axes_of, draw, feature_axes, schedule, signs_of
from .trial import Outcome, at_random, over_rationals, over_residues

DIGITS = (20, 120, 500)
"""To which balls look for a difference, one after another, while the sides agree."""
ROUNDS = 2
"""Random points mod p for each choice of sizes; more where a mask has few values."""
DRAWS = {"exact": 24, "balls": 3}
"""Instances of one choice of sizes at which the sides agree before the next is tried; exact ones are cheap."""
REDRAWS = 48
"""Instances that are drawn for that, since some have no value."""
CYCLE = ("small", "dyadic", "small", "small", LARGE, "dyadic")
"""The families of those, one after another."""
WORDS: dict[Outcome, Status] = {"equal": "agree", "different": "differ", "undefined": "undecided"}
"""What the outcome of a trial means."""


def find(comparison: Comparison, options: Options) -> Witness | None:
    """A small witness against a comparison, if one is met.

    None does not mean that the comparison holds.
    """
    axes = (*axes_of(comparison), *feature_axes(comparison))
    if impossible(comparison, dict.fromkeys(axes, 2)):
        return None
    search = Search(Programs(comparison), options.seed)
    for sizes in schedule(axes_of(comparison), Random(options.seed)):
        instance = search.difference(sizes)
        if instance is not None and (found := against(search.programs, instance, options)):
            return found
    if comparison.bounds is not None:
        ascent = climb(search.programs, options.seed)
        if ascent.is_violation and ascent.instance is not None:
            return against(search.programs, ascent.instance, options)
    return None


def against(programs: Programs, instance: Instance, options: Options) -> Witness | None:
    """The smallest witness that is met on the way down from an instance at which the sides differ."""
    search = Search(programs, options.seed)
    return search.witness(search.smallest(instance)) or search.witness(instance)


@dataclass(frozen=True)
class Search:
    """Looks for instances at which the sides differ."""

    programs: Programs
    seed: int

    @property
    def comparison(self) -> Comparison:
        """What is searched."""
        return self.programs.comparison

    def difference(self, sizes: Sizes) -> Instance | None:
        """A small instance of these sizes at which the sides seem to differ."""
        whole = self.programs.sized(sizes)
        name = ",".join(f"{axis}{size}" for axis, size in whole.items())
        rng = Random(f"{self.seed} {name}")
        program = self.programs.any(sizes)
        if not program.modular and not self.differs_at_random(sizes, name):
            return None
        # A bound is violated at few places: it takes more draws than an identity to meet one.
        exact = not program.modular or not program.rational or self.comparison.bounds is not None
        agreed, enough = 0, DRAWS["exact"] if exact or not sizes else DRAWS["balls"]
        for instance in self.candidates(sizes, whole, rng):
            status = self.status(instance)
            if status == "differ":
                return instance
            agreed += status == "agree"
            if agreed >= enough:
                return None
        return None

    def candidates(self, sizes: Sizes, whole: Sizes, rng: Random) -> Iterator[Instance]:
        """Small instances, with some that are large, and all signs of scalars where sizes are 1."""
        for family in ("small", "small"):
            yield draw(self.comparison, whole, rng, family)
        if max(sizes.values(), default=1) == 1:
            yield draw(self.comparison, whole, rng, LARGE)
            for family, signs in product(("small", LARGE), signs_of(self.comparison)):
                yield draw(self.comparison, whole, rng, family, signs)
        for k in range(REDRAWS):
            yield draw(self.comparison, whole, rng, CYCLE[k % len(CYCLE)])

    def differs_at_random(self, sizes: Sizes, name: str) -> bool:
        """Whether the sides differ mod p at one of a few random points."""
        masked = any(isinstance(d, Numbers) and d.constraint == "mask" for d in self.comparison.given.values())
        rounds = 12 if masked or self.indices() else ROUNDS
        trials = (at_random(self.programs, sizes, f"{self.seed} {name} {k}") for k in range(rounds))
        return any(trial.outcome == "different" for trial in trials)

    def indices(self) -> list[str]:
        """The indices of ``given``."""
        return [name for name, d in self.comparison.given.items() if isinstance(d, Index)]

    def differs(self, instance: Instance) -> bool:
        """Whether the sides seem to differ at an instance of the domain."""
        return self.status(instance) == "differ"

    def status(self, instance: Instance) -> Status:
        """Whether the sides seem to differ: over ℚ, else mod p, else in balls; undecided outside the domain."""
        program = self.programs.of(instance)
        if not program.rational:
            found = WORDS[over_rationals(self.programs, instance).outcome]
        elif program.modular:
            found = self.in_balls(instance)
        else:
            found = WORDS[over_residues(self.programs, instance, self.seed).outcome]
            if found == "differ" and program.graph.partial:
                found = self.in_balls(instance)
        return "undecided" if found == "differ" and violation(self.programs, instance) else found

    def in_balls(self, instance: Instance) -> Status:
        """What balls say to few digits."""
        return balls.certify(self.comparison, instance, DIGITS[0]).status

    def smallest(self, instance: Instance) -> Instance:
        """The instance with sizes lowered, and entries set to 0, 1 and −1, as far as the sides differ."""
        best = self.lowered(instance)
        for name in [n for n in self.comparison.given if n not in self.comparison.realised]:
            for k in range(len(best.values.get(name, ()))):
                best = next((x for x in self.simpler(best, name, k) if self.differs(x)), best)
        return best

    def lowered(self, instance: Instance) -> Instance:
        """An instance of the smallest sizes that are found one axis after another."""
        best = instance
        axes = axes_of(self.comparison)
        for axis in sorted(axes, key=lambda a: -instance.sizes[a]):
            for size in range(1, best.sizes[axis]):
                smaller = self.difference({a: size if a == axis else best.sizes[a] for a in axes})
                if smaller is not None:
                    best = smaller
                    break
        return best

    def simpler(self, instance: Instance, name: str, k: int) -> Iterator[Instance]:
        """The instance with one entry replaced by 0, 1 or −1, and its mirror image with it."""
        domain, before = self.comparison.given[name], instance.values[name]
        mirror = k
        if isinstance(domain, Numbers) and domain.constraint in ("symmetric", "positive definite"):
            n = extent(domain.axes[0], instance.sizes)
            mirror = k % n * n + k // n
        for value in (Fraction(0), Fraction(1), Fraction(-1)):
            if before[k] == value:
                return
            changed = tuple(value if j in (k, mirror) else x for j, x in enumerate(before))
            candidate = Instance(instance.sizes, {**instance.values, name: changed})
            if belongs(self.comparison, candidate):
                yield candidate

    def witness(self, instance: Instance) -> Witness | None:
        """The witness at an instance, if ℚ or balls confirm it."""
        return confirm(self.programs, self.programs.completed(instance))


def confirm(programs: Programs, instance: Instance) -> Witness | None:
    """The witness at an instance, decided over ℚ where that applies, else in balls; of a bound, its sides."""
    found = _confirm(programs, instance)
    bounds = programs.comparison.bounds
    if found is None or bounds is None:
        return found
    sides = replace(programs.comparison, lhs=bounds.lower, rhs=bounds.upper, relation="equality", bounds=None)
    return _confirm(Programs(sides), instance)


def _confirm(programs: Programs, instance: Instance) -> Witness | None:
    if violation(programs, instance):
        return None
    comparison, program = programs.comparison, programs.of(instance)
    functions = functions_of(comparison)
    if not program.rational:
        trial = over_rationals(programs, instance)
        if trial.outcome != "different":
            return None
        differences = [x - y for x, y in zip(trial.left, trial.right, strict=True)]
        flat = max(range(len(differences)), key=lambda k: abs(differences[k]))
        shape = [extent(axis, instance.sizes) for axis in comparison.lhs.axes]
        return Witness(
            instance=instance,
            entry=next(islice(product(*map(range, shape)), flat, None)),
            lhs=str(trial.left[flat]),
            rhs=str(trial.right[flat]),
            difference=str(differences[flat]),
            arithmetic="exact over the rationals",
            functions=functions,
        )
    for digits in DIGITS:
        result = balls.certify(comparison, instance, digits)
        if result.status != "agree":
            break
    if result.status != "differ":
        return None
    return Witness(
        instance=instance,
        entry=result.entry,
        lhs=result.lhs,
        rhs=result.rhs,
        difference=result.difference,
        arithmetic=f"balls of {result.bits} bits",
        functions=functions,
    )
