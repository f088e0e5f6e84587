"""The meaning of sums, products of matrices, softmax and inverses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from equivalences.language.term import Contract, LogSumExp, Softmax, Term

from ..networks import atoms
from ..networks.algebra import (
    NO_RENAMING,
    Renaming,
    add,
    constant,
    contract,
    entry,
    multiply,
    rename,
    size_head,
)
from ..networks.network import Network
from ..networks.positivity import is_definite
from . import elementary
from .places import Place, Scope, UnreadableError

if TYPE_CHECKING:
    from .lower import Lowering


def size(lowering: "Lowering", axis: str) -> Network:
    """The number of places on an axis."""
    counts = []
    for (place,), _, ends in lowering.sums([axis]):
        index = place[1]
        if index is None:
            counts.append(constant(1))
        else:
            counts.append(contract(ends, [index]) if ends else entry(size_head(index.sort)))
    return add(counts)


def total(
    lowering: "Lowering", argument: Term, positions: tuple[int, ...], at: tuple[Place, ...], scope: Scope
) -> Network:
    """The sum over the axes at some positions."""
    sums = []
    for places, bound, ends in lowering.sums([argument.axes[p] for p in positions]):
        rest, chosen = iter(at), dict(zip(positions, places, strict=True))
        full = [chosen[k] if k in chosen else next(rest) for k in range(len(argument.axes))]
        sums.append(contract([lowering.part(argument, full, scope), *ends], bound))
    return add(sums)


def matmul(lowering: "Lowering", left: Term, right: Term, at: tuple[Place, ...], scope: Scope) -> Network:
    """Σₖ left[…, i, k] right[…, k, j]."""
    many_left, many_right = len(left.axes), len(right.axes)
    leading = at[: max(many_left, many_right, 2) - 2]
    rest = list(at[len(leading) :])
    row = [rest.pop(0)] if many_left > 1 else []
    sums = []
    for (k,), bound, ends in lowering.sums(left.axes[-1:]):
        a = lowering.part(left, [*(leading if many_left > 2 else ()), *row, k], scope)
        b = lowering.part(right, [*(leading if many_right > 2 else ()), k, *rest], scope)
        sums.append(contract([a, b, *ends], bound))
    return add(sums)


def contraction(lowering: "Lowering", term: Contract, at: tuple[Place, ...], scope: Scope) -> Network:
    """The sum over all labels that the output lacks."""
    sizes = {
        label: axis
        for operand, labels in zip(term.operands, term.labels, strict=True)
        for label, axis in zip(labels, operand.axes, strict=True)
    }
    summed = [label for label in sizes if label not in term.output]
    fixed = dict(zip(term.output, at, strict=True))
    sums = []
    for places, bound, ends in lowering.sums([sizes[label] for label in summed]):
        where = fixed | dict(zip(summed, places, strict=True))
        parts = [
            lowering.part(operand, [where[label] for label in labels], scope)
            for operand, labels in zip(term.operands, term.labels, strict=True)
        ]
        sums.append(contract([*parts, *ends], bound))
    return add(sums)


def softmax(lowering: "Lowering", term: Softmax, at: tuple[Place, ...], scope: Scope) -> Network:
    """m[i] e^x[i] / Σⱼ m[j] e^x[j]."""
    normaliser = sum_of_weights(lowering, term, at, scope)
    lowering.require("nonzero", normaliser)
    return multiply(weight(lowering, term, at, scope), atoms.power(normaliser, -1))


def log_sum_exp(lowering: "Lowering", term: LogSumExp, at: tuple[Place, ...], scope: Scope) -> Network:
    """log Σᵢ e^x[i]."""
    full = (*at[: term.position], (0, None), *at[term.position :])
    total_weight = sum_of_weights(lowering, term, full, scope)
    lowering.require("positive", total_weight)
    return atoms.log(total_weight)


def weight(lowering: "Lowering", term: Softmax | LogSumExp, at: Sequence[Place], scope: Scope) -> Network:
    """An exponential, or 0 outside the mask."""
    value = atoms.exp(lowering.lower(term.argument, at, scope))
    if isinstance(term, LogSumExp) or term.where is None:
        return value
    return multiply(lowering.lower(term.where, at, scope), value)


def sum_of_weights(
    lowering: "Lowering", term: Softmax | LogSumExp, at: Sequence[Place], scope: Scope
) -> Network:
    """The sum of the weights along the axis, whatever the place on it."""
    k = term.position
    sums = []
    for (place,), bound, ends in lowering.sums([term.argument.axes[k]]):
        here = weight(lowering, term, (*at[:k], place, *at[k + 1 :]), scope)
        sums.append(contract([(here, NO_RENAMING), *ends], bound))
    return add(sums)


def cumulative_sum(
    lowering: "Lowering", argument: Term, position: int, at: tuple[Place, ...], scope: Scope
) -> Network:
    """Σ_{s ≤ t} x[s]."""
    sums = []
    for (place,), bound, ends in lowering.sums([argument.axes[position]]):
        mask = (elementary.causal(at[position], place, False), NO_RENAMING)
        here = lowering.part(argument, (*at[:position], place, *at[position + 1 :]), scope)
        sums.append(contract([mask, here, *ends], bound))
    return add(sums)


def inverse(lowering: "Lowering", matrix: Term, row: Place, column: Place, scope: Scope) -> Network:
    """An entry of the inverse of a matrix.

    Raises:
        UnreadableError: a matrix of blocks, or one that depends on an index besides its own.
    """
    (axis, _) = matrix.axes
    if row[1] is None or column[1] is None or len(lowering.parts(axis)) > 1:
        raise UnreadableError(f"the inverse of a matrix on the axis {axis}, which has several parts")
    if axis in lowering.prefix:
        raise UnreadableError(f"the inverse of a matrix over the growing axis {axis}")
    i, j = atoms.placeholder(row[1].sort, 0), atoms.placeholder(column[1].sort, 1)
    inner = lowering.lower(matrix, [(0, i), (0, j)], scope)
    others = [x.name for x in inner.free if x not in (i, j)]
    if others:
        raise UnreadableError(
            "a family of inverses, one for each index: state the claim at one token, for instance the last"
        )
    if not is_definite(inner, i, j):
        lowering.require("invertible", inner)
    return rename(atoms.inverse(inner, i, j), {i: row[1], j: column[1]})


def solve(lowering: "Lowering", matrix: Term, right: Term, at: tuple[Place, ...], scope: Scope) -> Network:
    """Σⱼ inverse(matrix)[i, j] right[j, …]."""
    sums = []
    for (place,), bound, ends in lowering.sums(matrix.axes[:1]):
        first = inverse(lowering, matrix, at[0], place, scope)
        parts: list[tuple[Network, Renaming]] = [(first, NO_RENAMING), *ends]
        sums.append(contract([*parts, lowering.part(right, (place, *at[1:]), scope)], bound))
    return add(sums)
