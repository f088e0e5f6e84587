"""The variables of a claim in LaTeX: where each lives."""

from collections.abc import Mapping
from dataclasses import dataclass

from equivalences.language.comparison import Kernel
from equivalences.language.domain import (
    Domain,
    Features,
    Index,
    Numbers,
    UnknownActivation,
    UnknownFunction,
)
from equivalences.language.term import Axes, Term

from .indexing import Symbol, substitute
from .latex import Writer
from .names import Names

REAL, POSITIVE, BITS = "\\mathbb{R}", "\\mathbb{R}_{>0}", "\\{0, 1\\}"


@dataclass(frozen=True, kw_only=True)
class Given:
    """One variable: its name in the claim's file, its symbol, where it lives, and its type as declared."""

    name: str
    latex: str
    lives: str
    type: str


def space(names: Names, axes: Axes, numbers: str = REAL) -> str:
    """The set of arrays of a type."""
    return f"{numbers}^{{{names.shape(axes)}}}" if axes else numbers


def given(writer: Writer, domains: Mapping[str, Domain], kernels: Mapping[str, Kernel]) -> list[Given]:
    """All variables, in order of declaration."""
    return [
        Given(
            name=name,
            latex=writer.names.variables[name],
            lives=_lives(writer, name, domain, kernels.get(name)),
            type=str(domain),
        )
        for name, domain in domains.items()
    ]


def _lives(writer: Writer, name: str, domain: Domain, kernel: Kernel | None) -> str:
    names, x = writer.names, writer.names.variables[name]
    match domain:
        case Numbers(axes, "positive"):
            return f"{x} \\in {space(names, axes, POSITIVE)}" if axes else f"{x} > 0"
        case Numbers(axes, "mask"):
            return f"{x} \\in {space(names, axes, BITS)}"
        case Numbers(axes, "symmetric"):
            return f"{x} = {x}^\\top \\in {space(names, axes)}"
        case Numbers(axes, "positive definite"):
            return f"{x} = {x}^\\top \\in {space(names, axes)},\\ {x} \\succ 0"
        case Numbers(axes, _):
            return f"{x} \\in {space(names, axes)}"
        case Index(axis):
            return f"{x} \\in \\{{1, \\dots, {names.size(axis)}\\}}"
        case Features(points, features, _):
            arrow = f"{x} : {space(names, (points,))} \\to {space(names, (features,))}"
            return arrow if kernel is None else f"{arrow},\\ {_kernel(writer, x, kernel)}"
        case UnknownFunction(inputs, output):
            domain_latex = " \\times ".join(space(names, axes) for axes in inputs)
            return f"{x} : {domain_latex} \\to {space(names, output)}"
        case UnknownActivation():
            return f"{x} : \\mathbb{{R}} \\to \\mathbb{{R}}"


def _kernel(writer: Writer, function: str, kernel: Kernel) -> str:
    a, b = ("x", "y") if not {"x", "y"} & writer.names.taken else ("x'", "y'")
    points: dict[int, Term] = {id(kernel.x): Symbol(a, kernel.x.axes), id(kernel.y): Symbol(b, kernel.y.axes)}
    value = writer.write(substitute(kernel.value, points))
    return f"\\langle {function}({a}),\\, {function}({b}) \\rangle = {value.latex}"
