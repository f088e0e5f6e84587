"""What a claim states, in LaTeX: the formula, what it mentions, its hypotheses."""

from dataclasses import dataclass

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Domain, Features, Index, Numbers, UnknownActivation, UnknownFunction
from equivalences.language.term import (
    Elementwise,
    Identity,
    LoopReads,
    LoopState,
    Size,
    Term,
    Variable,
    summands,
    walk,
)

from . import layout
from .binding import last_state
from .definition import Definition
from .domains import Given, given
from .fragment import add, atom, named
from .indexing import Symbol, substitute
from .latex import Writer, number
from .names import Names

NOTES = {
    "rows": "X_i is row i of a matrix X, as a column.",
    "slices": "A colon among indices stands for all positions of that axis.",
    "entrywise": "Functions, powers and fractions act on each entry of an array; ⊙ multiplies entry by entry.",
    "softmax": "The softmax of a matrix is taken along each row.",
    "logsumexp": "The logsumexp of a matrix is taken along each row.",
    "cumsum": "cumsum adds up the rows from the first to each.",
    "axes": "Axes are counted from 1.",
    "masked": "A softmax with a mask below it gives weight 0 where the mask is 0.",
    "causal": "C≤ is the causal mask: its entry at row t, column s is 1 where s ≤ t, and 0 elsewhere.",
    "shift": "C≺ is the shift: its entry at row t, column s is 1 where s = t − 1, and 0 elsewhere.",
    "normal": "E with N(0, 1) below is the mean over independent standard normal numbers, one for each entry.",
    "signs": "E with ±1 below is the mean over independent signs, for each entry 1 or −1 with equal chances.",
    "strict": "C< is the strict causal mask: its entry at row t, column s is 1 where s < t, and 0 elsewhere.",
    "derivative": "DF(x) is the derivative of F at x: its axes are those of F(x), then those of x.",
    "stopped": "sg(x) is x, held constant by every derivative.",
    "batched": "Where arrays have more than two axes, products and ⊤ act on the last two.",
    "stack": "Square brackets with bounds stack what they contain, one row for each value of the index.",
    "features": "A feature map of a matrix acts on each row.",
    "points": (
        "Of a feature map only the inner products at the points that occur are used, which finitely many "
        "features can have; at all points at once they may need a Hilbert space, and the statement holds there."
    ),
    "stretched": "Arrays of different rank are combined by repeating the smaller along the axes that it lacks.",
}
"""Conventions of the formulas, by the keys that a writer notes."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A claim's statement.

    Attributes:
        latex: the formula.
        independent_of: for an independence, the variables that it does not depend on.
        definitions: what the formula mentions by name.
        notes: conventions, in words.
        given: the variables.
        hypotheses: equations that are assumed.
        realised: how inputs that satisfy them are made.
        invariant: the author's suggestion for an induction.
        steps: the author's derivation: formulas with reasons.
    """

    latex: str
    independent_of: tuple[str, ...]
    definitions: tuple[str, ...]
    notes: tuple[str, ...]
    given: tuple[Given, ...]
    hypotheses: tuple[str, ...]
    realised: tuple[str, ...]
    invariant: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]


def state(comparison: Comparison) -> Statement:
    """The statement of a traced claim."""
    writer = Writer(Names(tuple(comparison.given), _axes(comparison)))
    rows, independent = _relation(writer, comparison)
    hypotheses = [
        layout.aligned(layout.sides(writer.formula(a), writer.formula(b))) for a, b in comparison.assumptions
    ]
    realised = [
        layout.aligned(layout.equation(writer.names.variables[name], writer.formula(term)))
        for name, term in comparison.realised.items()
    ]
    invariant = _invariant(writer, comparison)
    steps = [(layout.aligned(_expression(writer, term)), reason) for term, reason in comparison.waypoints]
    variables = given(writer, comparison.given, comparison.kernels)
    hidden = {g.name for g in variables if g.name.endswith("'")} if independent else set()
    return Statement(
        latex=layout.aligned(rows),
        independent_of=independent,
        definitions=tuple(layout.definition(d) for d in writer.definitions),
        notes=(
            *(NOTES[key] for key in writer.notes),
            *([NOTES["points"]] if comparison.kernels else []),
            *([] if comparison.given else _sizes(writer)),
        ),
        given=tuple(g for g in variables if g.name not in hidden),
        hypotheses=tuple(hypotheses),
        realised=tuple(realised),
        invariant=invariant,
        steps=tuple(steps),
    )


def _sizes(writer: Writer) -> list[str]:
    """What the letters of a statement without variables are."""
    sizes = list(writer.names.parts)
    return [f"It holds for all sizes {', '.join(sizes)}, which are positive integers."] if sizes else []


def _relation(writer: Writer, comparison: Comparison) -> tuple[list[layout.Row], tuple[str, ...]]:
    match comparison.relation:
        case "independence":
            fresh = [name[:-1] for name in comparison.given if name.endswith("'")]
            symbols = tuple(writer.names.variables[name] for name in fresh)
            return _expression(writer, comparison.lhs), symbols
        case "minimum":
            return _minimum(writer, comparison), ()
        case "bound":
            return _bound(writer, comparison), ()
        case "limit":
            return _limit(writer, comparison), ()
    return layout.sides(writer.formula(comparison.lhs), writer.formula(comparison.rhs)), ()


def _bound(writer: Writer, comparison: Comparison) -> list[layout.Row]:
    """lower ≤ upper; and what the upper side exceeds the lower by, where that is said."""
    assert comparison.bounds is not None
    bounds = comparison.bounds
    rows = layout.sides(writer.formula(bounds.lower), writer.formula(bounds.upper), "\\le")
    if bounds.gap is not None:
        words = "\\text{where the right side exceeds the left by}"
        first, *more = layout.lines(writer.formula(bounds.gap), layout.WIDTH)
        rows += [("", words), ("", first), *(("", f"\\quad {line}") for line in more)]
    return rows


def _limit(writer: Writer, comparison: Comparison) -> list[layout.Row]:
    """The expansion with its remainder, and what it tends to."""
    assert comparison.approach is not None
    approach = comparison.approach
    variable, to = writer.names.variables[approach.variable], number(approach.to).latex
    target = writer.formula(approach.target).latex
    return [
        *layout.sides(writer.formula(comparison.lhs), writer.formula(comparison.rhs)),
        ("", f"\\to {target} \\qquad ({variable} \\to {to})"),
    ]


def _minimum(writer: Writer, comparison: Comparison) -> list[layout.Row]:
    """L(W) = L(Ŵ) + gap ≥ L(Ŵ), with the minimiser Ŵ and the loss L defined by name."""
    name = list(comparison.given)[-1]
    variable = writer.names.variables[name]
    gap = comparison.rhs
    assert isinstance(gap, Elementwise)
    minimiser = next(
        (
            t.right
            for t in walk(gap.right)
            if isinstance(t, Elementwise) and isinstance(t.left, Variable) and t.left.name == name
        ),
        None,
    )
    if minimiser is None:
        return layout.sides(writer.formula(comparison.lhs), writer.formula(comparison.rhs))
    accent = "\\widehat" if variable.startswith("\\mathrm") else "\\hat"
    hat = named(f"{accent}{{{variable}}}")
    loss = writer.names.claim("L", "\\ell", "\\mathcal{L}")
    excess = substitute(gap.right, {id(minimiser): Symbol(hat.latex, minimiser.axes)})
    total = add(atom(f"{loss}({hat.latex})"), writer.formula(excess), "+")
    writer.definitions.append(Definition(((f"{loss}({variable})", writer.formula(comparison.lhs)),)))
    return [
        *layout.equation(hat.latex, writer.formula(minimiser)),
        *layout.equation(f"{loss}({variable})", total),
        ("", f"\\ge {loss}({hat.latex})"),
    ]


def _invariant(writer: Writer, comparison: Comparison) -> tuple[str, ...]:
    """One loop's last state in terms of the other's, at every length."""
    if comparison.invariant is None:
        return ()
    target, source = comparison.invariant.target, comparison.invariant.source
    states = comparison.invariant.states
    symbols: dict[int, Term] = {}
    if source is not None:
        symbols = {id(s): Symbol(last_state(writer, source, k).latex, s.axes) for k, s in enumerate(states)}
    return tuple(
        layout.aligned(layout.sides(last_state(writer, target, k), writer.formula(substitute(value, symbols))))
        for k, value in enumerate(comparison.invariant.values)
    )


def _expression(writer: Writer, term: Term) -> list[layout.Row]:
    return [("", line) for line in layout.lines(writer.formula(term), layout.WIDTH)]


def _axes(comparison: Comparison) -> tuple[str, ...]:
    """The names of all sizes, in order of appearance."""
    found: dict[str, None] = {}

    def see(*axes: str) -> None:
        found.update(dict.fromkeys(part for axis in axes for part in summands(axis) if part != "1"))

    for domain in comparison.given.values():
        see(*_domain_axes(domain))
    waypoints = [term for term, _ in comparison.waypoints]
    assumed = [term for pair in comparison.assumptions for term in pair]
    for term in walk(comparison.lhs, comparison.rhs, *waypoints, *assumed, *comparison.realised.values()):
        see(*term.axes)
        match term:
            case Size(axis) | Identity(axis):
                see(axis)
            case LoopState(loop, _) | LoopReads(loop):
                see(loop.axis)
    return tuple(found)


def _domain_axes(domain: Domain) -> tuple[str, ...]:
    match domain:
        case Numbers(axes, _):
            return axes
        case Index(axis):
            return (axis,)
        case Features(points, features, _):
            return (points, features)
        case UnknownFunction(inputs, output):
            return tuple(axis for axes in (*inputs, output) for axis in axes)
        case UnknownActivation():
            return ()
