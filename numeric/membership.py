"""Whether an instance lies in the domains of a comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from flint import arb, arb_mat, fmpq, fmpq_mat

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Constraint, Index, Numbers
from equivalences.language.evidence import Instance
from equivalences.language.term import Variable

from .balls.ballarray import BallArray
from .balls.evaluation import Evaluation
from .balls.precision import UndefinedError, precision
from .exact.lowering import extent
from .exact.programs import Programs
from .sampling import axes_of, feature_axes

BITS = (128, 1024)
"""At which balls look for the sign of what is not rational."""


def is_whole(comparison: Comparison, instance: Instance) -> bool:
    """Whether there is a size for every axis, no array too many, and what is realised has its value.

    Arrays of ``given`` that hypotheses tie down may be left out.
    """
    numbers = {name for name, domain in comparison.given.items() if isinstance(domain, Numbers | Index)}
    drawn = numbers - comparison.realised.keys()
    axes = {*axes_of(comparison), *feature_axes(comparison)}
    if not axes <= instance.sizes.keys() or not drawn <= instance.values.keys() <= numbers:
        return False
    if not belongs(comparison, instance):
        return False
    free = Instance(instance.sizes, {name: instance.values[name] for name in drawn})
    known = Programs(comparison).completed(free).values
    return all(known.get(name) == entries for name, entries in instance.values.items())


def belongs(comparison: Comparison, instance: Instance) -> bool:
    """Whether what is drawn lies in its domain: sizes, constraints, and indices on their axes."""
    for name, domain in comparison.given.items():
        match domain:
            case Numbers(axes, constraint) if name not in comparison.realised:
                shape = [extent(axis, instance.sizes) for axis in axes]
                found = instance.values.get(name)
                if found is None or len(found) != prod(shape) or not obeys(found, constraint, shape):
                    return False
            case Index(axis):
                if not on_axis(instance.values.get(name, ()), extent(axis, instance.sizes)):
                    return False
    return all(size >= 1 for size in instance.sizes.values())


def on_axis(found: Sequence[Fraction], size: int) -> bool:
    """Whether this is one whole number below a size."""
    return len(found) == 1 and found[0].denominator == 1 and 0 <= found[0] < size


def obeys(found: Sequence[Fraction], constraint: Constraint, shape: Sequence[int]) -> bool:
    """Whether entries satisfy a constraint."""
    match constraint:
        case "positive":
            return all(x > 0 for x in found)
        case "mask":
            return all(x in (0, 1) for x in found)
        case "symmetric" | "positive definite":
            n = shape[0]
            mirrored = all(found[i * n + j] == found[j * n + i] for i in range(n) for j in range(i))
            return mirrored and (constraint == "symmetric" or minors_are_positive(found, n))
    return True


def minors_are_positive(found: Sequence[Fraction], n: int) -> bool:
    """Sylvester's criterion for a symmetric matrix to be positive definite."""
    entries = [fmpq(x.numerator, x.denominator) for x in found]
    return all(
        fmpq_mat(k, k, [entries[i * n + j] for i in range(k) for j in range(k)]).det() > 0
        for k in range(1, n + 1)
    )


@dataclass(frozen=True)
class Violation:
    """That an instance is not seen to lie in the domain, and whether it certainly does not."""

    reason: str
    certain: bool


def violation(programs: Programs, instance: Instance) -> Violation | None:
    """What keeps an instance out of the domain: the sign of a variable that a hypothesis ties down.

    Its other constraints are equations, which are ``hypotheses``.
    """
    comparison = programs.comparison
    for name in comparison.realised:
        match comparison.given[name]:
            case Numbers(axes, ("positive" | "positive definite") as constraint):
                entries = programs.completed(instance).values.get(name)
                shape = [extent(axis, instance.sizes) for axis in axes]
                if entries is None:
                    obeyed = seen(comparison, instance, Variable(name, axes), constraint)
                else:
                    obeyed = obeys(entries, constraint, shape)
                if obeyed is not True:
                    word = "is not" if obeyed is False else "is not seen to be"
                    return Violation(f"{name} {word} {constraint}", certain=obeyed is False)
    return None


def seen(comparison: Comparison, instance: Instance, variable: Variable, constraint: Constraint) -> bool | None:
    """Whether balls around a variable's entries satisfy a sign constraint; None where they do not tell."""
    for bits in BITS:
        with precision(bits):
            try:
                found = Evaluation(comparison, instance).value(variable)
            except UndefinedError:
                continue
            signs = found.entries if constraint == "positive" else minors(found)
            if any(x <= 0 for x in signs):
                return False
            if all(x > 0 for x in signs):
                return True
    return None


def minors(matrix: BallArray) -> list[arb]:
    """The leading principal minors of a matrix."""
    n = matrix.shape[0]
    corner = [[matrix.entries[i * n + j] for i in range(k) for j in range(k)] for k in range(n + 1)]
    return [arb_mat(k, k, corner[k]).det() for k in range(1, n + 1)]


def functions_of(comparison: Comparison) -> Mapping[str, str]:
    """What stands for each function of ``given``, in words."""
    texts = {
        "Features": "vectors whose inner products are the kernel's at the points that occur",
        "UnknownFunction": "h(b + W x) entry by entry, h(u) = u + u²/2 + u³/6, W and b from its name",
        "UnknownActivation": "b + h(w u), h(u) = u + u²/2 + u³/6, w and b from its name",
    }
    kinds = {name: type(domain).__name__ for name, domain in comparison.given.items()}
    return {name: texts[kind] for name, kind in kinds.items() if kind in texts}
