"""A witness as tables and as one line: exact inputs, in the shape of their arrays."""

from collections.abc import Mapping, Sequence
from math import prod

from equivalences.language.evidence import Witness

from .blocks import Block, Code, Line, Paragraph, Table, words

LONGEST = 240
"""A witness that is longer in characters is cut in a table; ``results.json`` has it whole."""


def nested(entries: Sequence[str], shape: Sequence[int]) -> str:
    """Row-major entries as nested lists.

    >>> nested(["1", "2", "3", "4"], [2, 2])
    '[[1, 2], [3, 4]]'
    """
    if not shape:
        return entries[0]
    if shape[0] == 0:
        return "[]"
    step = len(entries) // shape[0]
    rows = (nested(entries[k * step : (k + 1) * step], shape[1:]) for k in range(shape[0]))
    return f"[{', '.join(rows)}]"


def extent(axis: str, sizes: Mapping[str, int]) -> int:
    """The size of an axis: the sum of its parts."""
    return sum(1 if part == "1" else sizes[part] for part in axis.split("+"))


def values(witness: Witness, axes: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Each input in the shape of its array, by name; a flat list where the axes are not known."""
    sizes = witness.instance.sizes
    shown = {}
    for name, entries in sorted(witness.instance.values.items()):
        # A near miss may declare the variable otherwise than the claim does.
        own = [part for axis in axes.get(name, ()) for part in axis.split("+")]
        known = name in axes and all(part == "1" or part in sizes for part in own)
        shape = [extent(axis, sizes) for axis in axes[name]] if known else [len(entries)]
        shown[name] = nested(
            [str(x) for x in entries], shape if prod(shape) == len(entries) else [len(entries)]
        )
    return shown


def tables(witness: Witness, axes: Mapping[str, Sequence[str]]) -> list[Block]:
    """The inputs, and the sides' values at the entry where they differ."""
    inputs: list[tuple[Line, Line]] = [
        (words("size ", Code(axis)), words(Code(str(size))))
        for axis, size in sorted(witness.instance.sizes.items())
    ]
    inputs += [(words(Code(name)), words(Code(text))) for name, text in values(witness, axes).items()]
    inputs += [(words(Code(name)), words(text)) for name, text in sorted(witness.functions.items())]
    sides: tuple[tuple[Line, Line], ...] = (
        (words("left side"), words(Code(witness.lhs))),
        (words("right side"), words(Code(witness.rhs))),
        (words("difference"), words(Code(witness.difference))),
    )
    place = words("At entry ", Code(str(list(witness.entry)))) if witness.entry else words("The sides")
    return [
        Table(("Input", "Value"), tuple(inputs)),
        Paragraph((*place, *words(f" ({witness.arithmetic}):"))),
        Table(("Side", "Value"), sides),
    ]


def line(witness: Witness, axes: Mapping[str, Sequence[str]]) -> str:
    """The inputs and the difference, in one line."""
    sizes = [f"{axis} = {size}" for axis, size in sorted(witness.instance.sizes.items())]
    inputs = [f"{name} = {text}" for name, text in values(witness, axes).items()]
    text = ", ".join(sizes + inputs)
    if len(text) > LONGEST:
        text = text[:LONGEST].rsplit(",", 1)[0] + ", …"
    place = f"entry {list(witness.entry)} " if witness.entry else ""
    return f"{text}: {place}differs by {witness.difference}"
