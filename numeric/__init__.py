"""Certifies in ball arithmetic, compares exactly mod p and over ℚ, and finds the smallest counterexamples."""

from typing import Literal

from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Instance, Options, Witness

from . import examination, witness
from .balls.existence import impossible
from .exact.programs import Programs
from .examination import examine as examine
from .membership import is_whole


def refute(comparison: Comparison, options: Options) -> Witness | None:
    """A small witness at which the sides provably differ, if one is met; None says nothing.

    A difference is looked for mod p, or in balls where that does not apply; it is decided over ℚ or in balls.
    """
    return None if comparison.is_trivial() else witness.find(comparison, options)


def recheck(comparison: Comparison, found: Witness) -> bool:
    """Whether a witness lies in the domains, and the sides differ there exactly or in balls that exclude 0."""
    return witness_at(comparison, found.instance) is not None


def witness_at(comparison: Comparison, instance: Instance) -> Witness | None:
    """The witness at an instance of the domain, if the sides differ there, exactly or in balls."""
    if not is_whole(comparison, instance) or impossible(comparison, instance.sizes):
        return None
    programs = Programs(comparison)
    return witness.confirm(programs, programs.completed(instance))


def compare_at(
    comparison: Comparison, instance: Instance, digits: int
) -> Literal["differ", "agree", "undecided"]:
    """What exact arithmetic says of the sides at an instance, or balls where it does not apply."""
    return examination.compare(comparison, instance, digits)
