"""Whether an instance lies in the domains of a comparison."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import prod

from flint import fmpq, fmpq_mat

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Constraint, Index, Numbers
from equivalences.language.evidence import Instance

from .exact.lowering import extent


def belongs(comparison: Comparison, instance: Instance) -> bool:
    """Whether every array has its size and obeys its constraint, and every index lies on its axis."""
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


def functions_of(comparison: Comparison) -> Mapping[str, str]:
    """What stands for each function of ``given``, in words."""
    texts = {
        "Features": "vectors whose inner products are the kernel's at the points that occur",
        "UnknownFunction": "h(b + W x) entry by entry, h(u) = u + u²/2 + u³/6, W and b from its name",
        "UnknownActivation": "b + h(w u), h(u) = u + u²/2 + u³/6, w and b from its name",
    }
    kinds = {name: type(domain).__name__ for name, domain in comparison.given.items()}
    return {name: texts[kind] for name, kind in kinds.items() if kind in texts}
