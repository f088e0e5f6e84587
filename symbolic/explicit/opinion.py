"""SymPy at small explicit sizes: an independent second opinion on a comparison.

The terms themselves are read, entry by entry, never their networks. A difference is seen by intervals that
exclude 0 at a rational point; agreement, by rational functions that vanish identically at the sizes named.
What holds at small sizes may fail at larger ones: the standard identity of 2 × 2 matrices does.
"""

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import sympy

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Features, Index, Numbers
from equivalences.language.term import LoopReads, LoopState, Size, Take, summands, walk

from .enclosure import Encloser, excludes_zero, factor
from .entries import Reader
from .features import LARGEST_GRAM
from .rational import UndefinedError, all_equal
from .scalars import Budget, Entries, ExhaustedError, Scalar, UnreadableError

POINTS = 2


@dataclass(frozen=True)
class Opinion:
    """What explicit algebra says.

    Attributes:
        verdict: ``agrees`` where every entry of the difference vanished identically at the sizes, and
            ``contradicts`` where an entry provably does not vanish at a point; ``open`` where neither was
            seen, ``unreadable`` where the terms have no explicit entries.
        sizes: those at which the verdict was reached, ``n = 2, d = 1; n = 1, d = 2``.
        reason: why it is no more than that; empty where the terms agree.
    """

    verdict: Literal["agrees", "contradicts", "open", "unreadable"]
    sizes: str
    reason: str


def second_opinion(
    comparison: Comparison, sizes: Sequence[Mapping[str, int]] | None = None, *, budget: int = 3000
) -> Opinion:
    """Compare the sides at each of some sizes, as long as operations are left.

    The budget is counted in operations of SymPy and not in seconds, so that the opinion is reproducible.
    """
    purse = Budget(budget)
    agreed: list[str] = []
    reason = unreadable = ""
    for assignment in default_sizes(comparison) if sizes is None else sizes:
        shown = ", ".join(f"{axis} = {n}" for axis, n in assignment.items())
        try:
            difference = compare(comparison, assignment, purse)
        except UnreadableError as error:
            unreadable = unreadable or str(error)
            continue
        except ExhaustedError:
            reason = reason or f"out of operations at {shown}"
            break
        except RecursionError:
            reason = reason or f"expressions nested too deeply at {shown}"
            continue
        except UndefinedError:
            reason = reason or f"the sides are not defined at {shown}"
            continue
        match difference:
            case "differs":
                return Opinion("contradicts", shown, f"the sides differ at a rational point with {shown}")
            case "unsettled":
                reason = reason or f"no normal form settles {shown}"
            case "vanishes":
                agreed.append(shown)
    if agreed:
        return Opinion("agrees", "; ".join(agreed), "")
    return Opinion("unreadable" if unreadable and not reason else "open", "", reason or unreadable)


def compare(
    comparison: Comparison, sizes: Mapping[str, int], budget: Budget
) -> Literal["vanishes", "differs", "unsettled"]:
    """What is seen of the difference at one assignment of sizes, for every position of given indices.

    Raises:
        UnreadableError: the terms have no explicit entries.
        ExhaustedError: the budget is spent.
        UndefinedError: a denominator is identically 0.
    """
    taken = {t.index for t in walk(comparison.lhs, comparison.rhs) if isinstance(t, Take)}
    indices = {n: d.axis for n, d in comparison.given.items() if isinstance(d, Index) and n in taken}
    every = itertools.product(*(range(_size(axis, sizes)) for axis in indices.values()))
    everything: list[tuple[Scalar, Scalar]] = []
    for positions in every:
        reader, left, right = _read(comparison, sizes, dict(zip(indices, positions, strict=True)), budget)
        pairs = list(zip(left.ravel(), right.ravel(), strict=True))
        if any(x.has(sympy.nan, sympy.zoo, sympy.oo) for pair in pairs for x in pair):
            raise UndefinedError
        if _differ(comparison, reader, pairs, budget):
            return "differs"
        substituted: dict[Scalar, Scalar] = {}
        for name, features in reader.features.items():
            substituted |= features.algebraic(reader.gram(name))
        everything += [(x.xreplace(substituted), y.xreplace(substituted)) for x, y in pairs]
    return "vanishes" if all_equal(everything, budget) else "unsettled"


def default_sizes(comparison: Comparison) -> list[dict[str, int]]:
    """Small sizes that tell axes apart: alternately 2 and 1, then the reverse."""
    features = {d.features for d in comparison.given.values() if isinstance(d, Features)}
    axes = [axis for axis in _axis_names(comparison) if axis not in features]
    plans: list[dict[str, int]] = []
    for pattern in ((2, 1), (1, 2)):
        plan = {axis: pattern[k % 2] for k, axis in enumerate(axes)}
        if plan not in plans:
            plans.append(plan)
    return plans


def _axis_names(comparison: Comparison) -> list[str]:
    """The sizes that the terms depend on, in the order of ``given``."""
    kernels = [kernel.value for kernel in comparison.kernels.values()]
    used: list[str] = []
    for term in walk(comparison.lhs, comparison.rhs, *comparison.realised.values(), *kernels):
        used += term.axes
        match term:
            case Size(axis):
                used.append(axis)
            case LoopState(loop, _) | LoopReads(loop):
                used.append(loop.axis)
    declared = [axis for d in comparison.given.values() if isinstance(d, Numbers) for axis in d.axes]
    names = [part for axis in (*declared, *used) for part in summands(axis)]
    needed = {part for axis in used for part in summands(axis)} - {"1"}
    return [name for name in dict.fromkeys(names) if name in needed]


def _size(axis: str, sizes: Mapping[str, int]) -> int:
    return sum(1 if part == "1" else sizes[part] for part in summands(axis))


def _read(
    comparison: Comparison, sizes: Mapping[str, int], positions: Mapping[str, int], budget: Budget
) -> tuple[Reader, Entries, Entries]:
    """Both sides; twice over where feature maps occur, to count their points first."""
    reader = Reader(comparison, sizes, positions, budget)
    left, right = reader.read(comparison.lhs), reader.read(comparison.rhs)
    if comparison.kernels:
        points = max(len(features.points) for features in reader.features.values())
        if points > LARGEST_GRAM:
            raise UnreadableError(f"a feature map at {points} points")
        reader = Reader(comparison, sizes, positions, budget, width=2 * points)
        left, right = reader.read(comparison.lhs), reader.read(comparison.rhs)
    return reader, left, right


def _differ(comparison: Comparison, reader: Reader, pairs: list[tuple[Scalar, Scalar]], budget: Budget) -> bool:
    """Whether an entry of the difference provably does not vanish at one of a few rational points."""
    for attempt in range(POINTS):
        encloser = Encloser(_point(comparison, attempt), budget)
        real = True
        for name, features in reader.features.items():
            gram = [[encloser.enclose(x) for x in row] for row in reader.gram(name)]
            rows = factor(gram, encloser)
            real = real and rows is not None
            encloser.known |= features.values(rows or [], encloser.context.mpf(0))
        if real and any(excludes_zero(encloser.enclose(x) - encloser.enclose(y)) for x, y in pairs if x != y):
            return True
    return False


def _point(comparison: Comparison, attempt: int) -> Callable[[Scalar], Fraction]:
    """A value for each input's entry, from its name; positive definite matrices get heavy diagonals."""

    def value(symbol: Scalar) -> Fraction:
        name, _, place = symbol.name.partition("[")
        digest = hashlib.sha256(f"{attempt} {symbol.name}".encode()).digest()
        size = Fraction(1 + digest[0] % 15, 8)
        domain = comparison.given[name]
        if isinstance(domain, Numbers) and domain.constraint == "positive definite":
            row, column = place.rstrip("]").split(", ")
            return 4 + size if row == column else size / 4
        return size if symbol.is_positive or digest[1] % 2 else -size

    return value
