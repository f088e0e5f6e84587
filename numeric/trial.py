"""One exact comparison of the sides: at random residues, or at a rational instance."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Features, Index
from equivalences.language.evidence import Instance

from .exact.arithmetic import Rationals, Residues, Scalar, UnrealisableError
from .exact.graph import UnreadableError
from .exact.lowering import extent
from .exact.program import Inputs, Program
from .exact.programs import Programs
from .sampling import integers

Outcome: TypeAlias = Literal["equal", "different", "undefined"]

REDRAWS = 24
"""Samples that are drawn before a comparison counts as having none."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one comparison found.

    Attributes:
        outcome: undefined where no sample has a value, or none satisfies the hypotheses.
        program: what was evaluated.
        primes: modulo which.
        reason: why it is undefined.
        violated: whether a hypothesis is why.
        left, right: the entries of the sides.
    """

    outcome: Outcome
    program: Program
    primes: tuple[int, ...] = ()
    reason: str = ""
    violated: bool = False
    left: Sequence[Scalar] = ()
    right: Sequence[Scalar] = ()


def compare(program: Program, fields: Sequence[Rationals | Residues], inputs: Inputs) -> Trial:
    """Evaluate both sides at one point and compare them."""
    primes = tuple(field.level.prime for field in fields if isinstance(field, Residues))
    try:
        execution = program.evaluate(fields, inputs)
    except ZeroDivisionError:
        reason = "a denominator is 0, or a matrix is singular"
        return Trial(outcome="undefined", program=program, primes=primes, reason=reason)
    except (UnrealisableError, UnreadableError) as refusal:
        return Trial(outcome="undefined", program=program, primes=primes, reason=str(refusal))
    if reason := program.violated(execution):
        return Trial(outcome="undefined", program=program, primes=primes, reason=reason, violated=True)
    left, right = program.sides(execution)
    outcome: Outcome = "equal" if left == right else "different"
    return Trial(outcome=outcome, program=program, primes=primes, left=left, right=right)


def at_random(programs: Programs, sizes: dict[str, int], seed: str) -> Trial:
    """Compare at random integers modulo random primes; samples without a value are drawn again."""
    given, rng = programs.comparison.given, Random(seed)
    whole = programs.sized(sizes)
    for domain in given.values():
        if isinstance(domain, Features):
            whole[domain.features] = programs.sized(sizes)[domain.features] + 1
    places = {n: extent(d.axis, whole) for n, d in given.items() if isinstance(d, Index)}
    for _ in range(REDRAWS):
        program = programs.at(whole, {name: rng.randrange(size) for name, size in places.items()})
        fields = program.modulo(rng.getrandbits(32))
        inputs = integers(programs.comparison, whole, rng, 64 * (len(fields) + 1))
        trial = compare(program, fields, inputs)
        if trial.outcome != "undefined":
            return trial
    return trial


def over_rationals(programs: Programs, instance: Instance) -> Trial:
    """Compare at an instance over ℚ."""
    return compare(programs.of(instance), [Rationals()], instance.values)


def over_residues(programs: Programs, instance: Instance, seed: int) -> Trial:
    """Compare at an instance modulo random primes; other primes are tried where features need them."""
    program = programs.of(instance)
    for k in range(8):
        trial = compare(program, program.modulo(seed + k), instance.values)
        if trial.outcome != "undefined":
            return trial
    return trial


def repeats(comparison: Comparison, sizes: dict[str, int], seed: str) -> bool:
    """Whether programs that are built twice have the same values: each side is held against itself."""
    first, second = (at_random(Programs(comparison), sizes, seed) for _ in range(2))
    return (first.outcome, first.left, first.right) == (second.outcome, second.left, second.right)
