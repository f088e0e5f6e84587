"""Notation of what binds variables: derivatives, recurrences, and maps over rows."""

from typing import TYPE_CHECKING

from equivalences.language.symbols import conventional
from equivalences.language.term import Bound, Law, Loop, LoopState, Term, Variable, digest, walk

from . import fragment as f
from .arrays import stack
from .definition import Definition
from .fragment import Fragment, Level, named
from .indexing import Symbol, substitute, take

if TYPE_CHECKING:
    from .latex import Writer

LAWS: dict[Law, str] = {"normal": "\\mathcal{N}(0, 1)", "signs": "\\{\\pm 1\\}"}
LETTERS = {0: ("a", "c", "g"), 1: ("s", "r", "u"), 2: ("S", "R", "P")}
"""For the states of recurrences, by the number of axes."""


def derivative(writer: "Writer", body: Term, variable: Bound, at: Term) -> Fragment:
    """∇L at a point, the loss L being defined by name; of an array, its derivative DF."""
    latex = _bound_name(writer, body, variable)
    renamed = substitute(body, {id(variable): Symbol(latex, variable.axes)})
    key = digest(substitute(body, {id(variable): Symbol("", variable.axes)}))
    outer = substitute(body, {id(variable): Variable("", variable.axes)})
    indices, arguments = writer.dependence(outer)
    if key not in writer.functions:
        wishes = ("L", "\\ell", "\\mathcal{L}") if not body.axes else ("F", "G", "\\mathcal{F}")
        name = writer.names.claim(*wishes)
        writer.functions[key] = f"{name}_{{{indices}}}" if indices else name
        extra = f";\\, {arguments}" if arguments else ""
        right = writer.formula(renamed)
        writer.definitions.append(Definition(((f"{writer.functions[key]}({latex}{extra})", right),)))
    operator = "\\nabla" if not body.axes else "\\mathrm{D}"
    if body.axes:
        writer.note("derivative")
    point = writer.write(at).latex
    if arguments:
        inside = f.parentheses(f"{point};\\, {arguments}")
        return f.atom(f"{operator}_{{{latex}}} {writer.functions[key]}{inside}")
    return f.atom(f"{operator} {writer.functions[key]}{f.parentheses(point)}")


def mean(writer: "Writer", body: Term, variable: Bound, law: Law) -> Fragment:
    """The body in brackets after E, with the law of the variable below."""
    writer.note(law)
    latex = _bound_name(writer, body, variable)
    inside = writer.formula(substitute(body, {id(variable): Symbol(latex, variable.axes)}))
    drawn = LAWS[law] + (f"^{{{writer.names.shape(variable.axes)}}}" if variable.axes else "")
    return f.atom(f"\\mathbb{{E}}_{{{latex} \\sim {drawn}}} \\left[{inside.latex}\\right]")


def integral(writer: "Writer", body: Term, variable: Bound, lower: Term, upper: Term) -> Fragment:
    """The body under an integral sign, in parentheses if it is a sum."""
    latex = _bound_name(writer, body, variable)
    inside = writer.formula(substitute(body, {id(variable): Symbol(latex, variable.axes)}))
    text = f.parentheses(inside.latex) if inside.level == Level.SUM else inside.latex
    ends = f"_{{{writer.write(lower).latex}}}^{{{writer.write(upper).latex}}}"
    return Fragment(latex=f"\\int{ends} {text} \\, \\mathrm{{d}}{latex}", level=Level.SERIES)


def _bound_name(writer: "Writer", body: Term, variable: Bound) -> str:
    """The variable's own name, with primes if the body mentions another of that name."""
    latex = conventional(variable.hint)
    below = list(walk(body))
    mentioned = {writer.names.variables[t.name] for t in below if isinstance(t, Variable)}
    mentioned |= {t.latex for t in below if isinstance(t, Symbol)}
    while latex in mentioned:
        latex += "'"
    return latex


def _letters(writer: "Writer", loop: Loop) -> list[str]:
    known = writer.names.taken
    letters = []
    for state in loop.states:
        pool = LETTERS[min(len(state.axes), 2)]
        free = [x for x in pool if x not in letters and not any(k == x or k.startswith(f"{x}_") for k in known)]
        letters.append(writer.names.claim(free[0] if free else pool[0]))
    return letters


def _define(writer: "Writer", loop: Loop) -> tuple[list[str], str]:
    """The states' letters and the recurrence's index; the equations are added to the definitions."""
    key = digest(*(LoopState(loop, k) for k in range(len(loop.states))))
    if key not in writer.loops:
        letters = _letters(writer, loop)
        with writer.index("tsrijkl") as t:
            writer.loops[key] = (letters, t)
            before = {
                id(state): Symbol(f"{x}_{{{t}-1}}", state.axes, t)
                for x, state in zip(letters, loop.states, strict=True)
            }
            rows = {id(r): take(s, 0, t) for r, s in zip(loop.rows, loop.sequences, strict=True)}
            equations = []
            for x, initial, step in zip(letters, loop.initials, loop.bodies, strict=True):
                equations.append((f"{x}_{{0}}", writer.write(initial)))
                equations.append((f"{x}_{{{t}}}", writer.formula(substitute(step, {**before, **rows}))))
            condition = f"{t} = 1, \\dots, {writer.names.size(loop.axis)}{_outside(writer, loop, t)}"
            writer.definitions.append(Definition(tuple(equations), condition))
    return writer.loops[key]


def _outside(writer: "Writer", loop: Loop, index: str) -> str:
    """On what a recurrence depends that is bound outside it."""
    indices, arguments = writer.dependence(LoopState(loop, 0))
    outer = ", ".join(part for part in (indices, arguments) if part and part != index)
    return f",\\ \\text{{for each }} {outer}" if outer else ""


def last_state(writer: "Writer", loop: Loop, component: int) -> Fragment:
    """S with the number of steps as its subscript."""
    letters, _ = _define(writer, loop)
    return named(f"{letters[component]}_{{{writer.names.size(loop.axis)}}}")


def reads(writer: "Writer", loop: Loop) -> Fragment:
    """What is read after each step, stacked."""
    assert loop.read is not None
    letters, t = _define(writer, loop)
    after = {
        id(state): Symbol(f"{x}_{{{t}}}", state.axes, t) for x, state in zip(letters, loop.states, strict=True)
    }
    writer.active.append(t)
    rows = {id(r): take(s, 0, t) for r, s in zip(loop.rows, loop.sequences, strict=True)}
    body = writer.formula(substitute(loop.read, {**after, **rows}))
    writer.active.pop()
    return stack(writer, body, t, loop.axis)


def stacked(writer: "Writer", body: Term, rows: tuple[Bound, ...], sequences: tuple[Term, ...]) -> Fragment:
    """A function of every row, stacked."""
    with writer.index() as i:
        new = {id(r): take(s, 0, i) for r, s in zip(rows, sequences, strict=True)}
        inside = writer.formula(substitute(body, new))
        return stack(writer, inside, i, sequences[0].axes[0])
