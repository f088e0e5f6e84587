"""Long formulas broken into lines at their relations and their top-level sums."""

import re

from .definition import Definition
from .fragment import Fragment, length

WIDTH = 64
"""About how many symbols fit a line of a page."""
PIECE = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
AFTER_WORD = re.compile(r"\\mathrm\{[^{}]*\}(?:[_^]\{[^{}]*\})*(?= (?:\\left|[A-Za-z]))")
BEFORE_WORD = re.compile(r"(?<=[A-Za-z0-9})]) (?=\\mathrm)")
OPEN = frozenset({"{", "(", "[", "\\left", "\\begin", "\\langle", "\\lVert", "\\lvert"})
CLOSED = frozenset({"}", ")", "]", "\\right", "\\end", "\\rangle", "\\rVert", "\\rvert"})
Row = tuple[str, str]
"""What stands left and right of the alignment point."""


def equation(left: str, right: Fragment) -> list[Row]:
    """One equation in rows; a single one where it fits."""
    if length(left) + length(right.latex) <= WIDTH:
        return [(left, f"= {right.latex}")]
    first, *rest = lines(right, WIDTH - min(length(left), WIDTH // 2))
    return [(left, f"= {first}"), *(("", f"\\quad {line}") for line in rest)]


def sides(left: Fragment, right: Fragment, relation: str = "=") -> list[Row]:
    """left = right, or another relation, on a row of its own where they do not fit one."""
    if length(left.latex) + length(right.latex) <= WIDTH:
        return [(left.latex, f"{relation} {right.latex}")]
    (first, *more), (second, *rest) = lines(left, WIDTH), lines(right, WIDTH)
    rows = [("", first), *(("", f"\\quad {line}") for line in more)]
    return [*rows, ("", f"{relation} {second}"), *(("", f"\\quad {line}") for line in rest)]


def lines(x: Fragment, width: int) -> list[str]:
    """The summands, as many to a line as fit it."""
    return fill(x.pieces(), width)


def fill(pieces: tuple[str, ...], width: int) -> list[str]:
    """The pieces, as many to a line as fit it."""
    filled = [pieces[0]]
    for piece in pieces[1:]:
        if length(filled[-1]) + length(piece) <= width:
            filled[-1] += f" {piece}"
        else:
            filled.append(piece)
    return filled


def aligned(rows: list[Row]) -> str:
    """The rows under each other; a single row stands alone."""
    if len(rows) == 1:
        return " ".join(part for part in rows[0] if part)
    body = " \\\\\n".join(f"{left} &{right}".strip() for left, right in rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def definition(x: Definition) -> str:
    """The equations of a definition and for which indices they hold."""
    rows = [row for left, right in x.equations for row in equation(left, right)]
    if x.condition:
        left, right = rows[-1]
        rows[-1] = (left, f"{right} \\qquad ({x.condition})")
    return aligned(rows)


def broken(latex: str) -> str:
    """A formula of another's making, broken before its outermost relations and signs if it is long.

    Words that stand side by side are set apart. A formula that has lines of its own keeps them.
    """
    latex = BEFORE_WORD.sub(r" \\, ", AFTER_WORD.sub(r"\g<0> \\,", latex))
    if length(latex) <= WIDTH or "\\\\" in latex:
        return latex
    filled = fill(tuple(piece.strip() for piece in _outermost(latex)), WIDTH)
    return aligned(
        [("", filled[0]), *(("", line if line[0] == "=" else f"\\quad {line}") for line in filled[1:])]
    )


def _outermost(latex: str) -> list[str]:
    """The formula cut before each relation, plus and minus that is in no bracket."""
    pieces, depth, delimiter = [""], 0, False
    for token in PIECE.findall(latex):
        if depth == 0 and token in ("+", "-", "=") and pieces[-1].strip():
            pieces.append("")
        pieces[-1] += token
        if delimiter:
            delimiter = False
            continue
        delimiter = token in ("\\left", "\\right")
        depth += (token in OPEN) - (token in CLOSED)
    return pieces
