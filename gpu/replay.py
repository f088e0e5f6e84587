"""One instance again, in ball arithmetic: whether a violated bound speaks of the claim or of the device.

This is the one place where a checker asks another. Floats only point at an instance; that the sides differ
there is for exact arithmetic or balls to say.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from equivalences import numeric
from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Instance, Options, Witness

from .cases import instance_of
from .stress import Shard

Answer: TypeAlias = Literal["differ", "agree", "undecided"]


@dataclass(frozen=True)
class Replay:
    """What balls say of one instance.

    Attributes:
        instance: the exact inputs.
        answer: whether the sides differ there.
        witness: the smallest counterexample that was found, where they do.
    """

    instance: Instance
    answer: Answer
    witness: Witness | None


def regenerate(comparison: Comparison, shard: Shard, item: int) -> Instance:
    """The exact inputs of one instance of a shard."""
    return instance_of(
        comparison, shard.family, dict(shard.sizes), shard.seed, item, dtype=shard.dtype, bits=shard.bits
    )


def replay(comparison: Comparison, shard: Shard, item: int, options: Options) -> Replay:
    """Ask balls about one instance; where the sides differ, find a witness that a reader can check.

    A smaller instance is preferred; the instance itself serves where none is found.
    """
    return replay_instance(comparison, regenerate(comparison, shard, item), options)


def replay_instance(comparison: Comparison, instance: Instance, options: Options) -> Replay:
    """The same of an instance that is given."""
    answer = numeric.compare_at(comparison, instance, options.digits)
    if answer != "differ":
        return Replay(instance, answer, None)
    witness = numeric.refute(comparison, options) or numeric.witness_at(comparison, instance)
    return Replay(instance, answer if witness else "undecided", witness)
