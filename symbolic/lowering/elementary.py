"""The meaning of variables, constants and elementwise nodes."""

from fractions import Fraction
from typing import TYPE_CHECKING

from equivalences.language.domain import Numbers
from equivalences.language.term import Axes, Elementwise, Term

from ..networks import atoms
from ..networks.algebra import causal_head, constant, delta, entry, multiply, shift_head
from ..networks.network import ZERO, Head, Network
from . import binding
from .places import Place, Scope

if TYPE_CHECKING:
    from .lower import Lowering


def variable(lowering: "Lowering", name: str, shape: Axes, at: tuple[Place, ...]) -> Network:
    """An entry of an array; an array on an axis of several parts has a head for each."""
    domain = lowering.given.get(name)
    constraint = domain.constraint if isinstance(domain, Numbers) else "real"
    labels = [lowering.parts(axis)[k].label for axis, (k, _) in zip(shape, at, strict=True)]
    symmetric = constraint in ("symmetric", "positive definite")
    if symmetric and labels[0] > labels[1]:
        labels, at = labels[::-1], at[::-1]
    indices = tuple(i for _, i in at if i is not None)
    head = Head(
        kind="tensor",
        name=name + (f"[{','.join(labels)}]" if any(labels) else ""),
        sorts=tuple(i.sort for i in indices),
        zero_one=constraint == "mask",
        positive=constraint == "positive",
        definite=constraint == "positive definite" and labels[0] == labels[1],
        symmetries=((1, 0),) if symmetric and labels[0] == labels[1] and len(indices) == 2 else (),
    )
    return entry(head, *indices)


def identity(row: Place, column: Place) -> Network:
    """1 where two places agree."""
    if row[0] != column[0]:
        return ZERO
    return constant(1) if row[1] is None or column[1] is None else delta(row[1], column[1])


def causal(row: Place, column: Place, strict: bool) -> Network:
    """1 where the column is at most the row; where strict, less."""
    if row[0] != column[0]:
        return constant(int(column[0] < row[0]))
    if row[1] is None or column[1] is None:
        return constant(int(not strict))
    full = entry(causal_head(row[1].sort), row[1], column[1])
    return full - delta(row[1], column[1]) if strict else full


def shift(row: Place, column: Place) -> Network:
    """1 where the column is just before the row, on an axis of one part."""
    if row[1] is None or column[1] is None:
        return ZERO
    return entry(shift_head(row[1].sort), row[1], column[1])


def elementwise(lowering: "Lowering", term: Elementwise, at: tuple[Place, ...], scope: Scope) -> Network:
    """Arithmetic of two entries."""
    left = lowering.lower(term.left, stretched(term.left, at), scope)
    right = lowering.lower(term.right, stretched(term.right, at), scope)
    match term.operation:
        case "add":
            return left + right
        case "subtract":
            return left - right
        case "multiply":
            return multiply(left, right)
        case "divide":
            return multiply(left, power(lowering, right, -1))


def stretched(operand: Term, at: tuple[Place, ...]) -> tuple[Place, ...]:
    """The places in an operand that may be a scalar or have axes of size 1."""
    return tuple((0, None) if axis == "1" else place for axis, place in zip(operand.axes, at, strict=False))


def power(lowering: "Lowering", base: Network, exponent: int) -> Network:
    """An integer power."""
    if exponent < 0:
        lowering.require("nonzero", base)
    return atoms.power(base, exponent)


def apply(lowering: "Lowering", function: str, argument: Network) -> Network:
    """A function of one number."""
    match function:
        case "negate":
            return -argument
        case "exp":
            return atoms.exp(argument)
        case "log":
            lowering.require("positive", argument)
            return atoms.log(argument)
        case "sqrt":
            smooth = any(binding.moves(head) for head in argument.heads)
            lowering.require("positive" if smooth else "nonnegative", argument)
            return atoms.power(argument, Fraction(1, 2))
        case "relu":
            # relu(x) = x + relu(−x): of two opposite arguments one is kept, but not under a derivative, which
            # is 0 at 0 for both.
            if atoms.sign(argument) < 0 and not any(binding.moves(head) for head in argument.heads):
                return argument - multiply(argument, atoms.step(-argument))
            return multiply(argument, atoms.step(argument))
    return atoms.function(function, argument)


def concatenate(
    lowering: "Lowering", operands: tuple[Term, ...], position: int, at: tuple[Place, ...], scope: Scope
) -> Network:
    """The entry of the operand that holds the place."""
    k, index = at[position]
    for operand in operands:
        count = len(lowering.parts(operand.axes[position]))
        if k < count:
            return lowering.lower(operand, (*at[:position], (k, index), *at[position + 1 :]), scope)
        k -= count
    raise AssertionError("a place beyond the last part")
