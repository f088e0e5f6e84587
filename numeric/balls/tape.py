"""The tape: values that remember how they were computed, and the pass back over them.

A gradient pulls a cotangent back from a value to a variable, one array operation at a time. Pulling back is
itself recorded, so that gradients nest. Every value carries the set of the gradients it depends on, one bit
a nesting level: a pass visits what depends on its own variable and nothing else, and what no gradient asks
for is not recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from . import ballarray as balls
from .ballarray import BallArray, Shape

Pull: TypeAlias = "Callable[[Value, Value], Value]"
"""From the cotangent of a result, and the result, to the cotangent of an operand."""


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """An array of balls on the tape.

    Attributes:
        array: the balls.
        varies: the nesting levels of the gradients whose variable it depends on, one bit each.
        operands: what it was computed from, where that varies.
        pulls: for each operand, how a cotangent is pulled back to it.
    """

    array: BallArray
    varies: int = 0
    operands: "tuple[Value, ...]" = ()
    pulls: tuple[Pull, ...] = ()

    @property
    def shape(self) -> Shape:
        """The array's."""
        return self.array.shape


def record(array: BallArray, *operands: tuple[Value, Pull]) -> Value:
    """A result and its operands with their pulls; those that do not vary are forgotten."""
    kept = [(operand, pull) for operand, pull in operands if operand.varies]
    if not kept:
        return Value(array)
    varies = 0
    for operand, _ in kept:
        varies |= operand.varies
    return Value(array, varies, tuple(o for o, _ in kept), tuple(p for _, p in kept))


def variable(at: Value, level: int) -> Value:
    """The variable of a gradient at nesting level ``level``; outer gradients see the point it stands at."""
    return Value(at.array, at.varies | 1 << level, (at,), (lambda g, out: g,))


def constant(value: Value) -> Value:
    """The same balls, with no memory."""
    return Value(value.array)


def pulled_back(
    value: Value, cotangent: Value, variable: Value, level: int, add: Callable[[Value, Value], Value]
) -> Value:
    """The cotangent of ``variable``, given that of ``value``.

    ``level`` is the nesting level at which the variable was made; ``add`` is the recorded sum.
    """
    bit = 1 << level
    cotangents = {id(value): cotangent}
    for node in reversed(_operands_first(value, variable, bit)):
        g = cotangents.pop(id(node), None)
        if g is None:
            continue
        if node is variable:
            return _outside(g, bit)
        for operand, pull in zip(node.operands, node.pulls, strict=True):
            if operand.varies & bit:
                new = pull(g, node)
                old = cotangents.get(id(operand))
                cotangents[id(operand)] = new if old is None else add(old, new)
    return Value(balls.zeros(variable.shape))


def _outside(value: Value, bit: int) -> Value:
    """A finished gradient: those at its level and deeper are over, and it depends on outer ones only."""
    left = value.varies & (bit - 1)
    return Value(value.array, left, (value,), (lambda g, out: g,)) if left else Value(value.array)


def _operands_first(value: Value, variable: Value, bit: int) -> Sequence[Value]:
    """What lies between a value and a variable, each after its operands."""
    ordered: list[Value] = []
    seen: set[int] = set()
    todo = [(value, False)]
    while todo:
        node, done = todo.pop()
        if done:
            ordered.append(node)
        elif id(node) not in seen and node.varies & bit:
            seen.add(id(node))
            todo.append((node, True))
            if node is not variable:
                todo.extend((operand, False) for operand in node.operands)
    return ordered
