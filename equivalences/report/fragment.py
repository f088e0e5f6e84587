"""Pieces of LaTeX that know how tightly they bind, so that parentheses are put where they are needed."""

import enum
import re
from dataclasses import dataclass

TALL = re.compile(r"\\(frac|sum|int|begin|left)(?![A-Za-z])")
WIDE_END = re.compile(r"(\\mathrm\{[^{}]*\}|\)|\\rangle|\\rVert|\\end\{pmatrix\})((_|\^)(\{[^{}]*\}|\\top))*$")
WIDE_START = re.compile(
    r"\(|\\(mathrm|left|frac|begin|sum|nabla|langle|lVert|exp|log|tanh|sin|cos|varphi)(?![a-z])"
)
SCRIPT = re.compile(r"(?<!\\)_|'")
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[^\s{}&_^]")


class Level(enum.IntEnum):
    """How tightly a piece binds, loosest first."""

    SUM = 0
    """a + b, −a."""
    SERIES = 1
    """A sum sign, whose body is open to the right."""
    ENTRYWISE = 2
    """a ⊙ b and inner products: alone in a sum, in parentheses in a product."""
    PRODUCT = 3
    """a b."""
    POWER = 4
    """Has a superscript, or is a fraction: another script needs parentheses."""
    SUBSCRIPTED = 5
    """Takes a superscript, but no further subscript."""
    ATOM = 6
    """Takes any script."""


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """LaTeX with its level.

    Attributes:
        latex: the formula.
        level: how tightly it binds.
        lines: the summands of a sum with their signs, where it may be broken.
        negated: for −x, the fragment x.
        root: for the square of a norm, the norm.
        is_open: whether it ends in the body of a sum sign, which would swallow what follows.
    """

    latex: str
    level: Level = Level.ATOM
    lines: tuple[str, ...] = ()
    negated: "Fragment | None" = None
    root: "Fragment | None" = None
    is_open: bool = False

    def pieces(self) -> tuple[str, ...]:
        """The summands with their signs, or the whole."""
        return self.lines or (self.latex,)


def atom(latex: str) -> Fragment:
    """A piece that takes any script."""
    return Fragment(latex=latex)


def series(index: str, size: str, body: Fragment) -> Fragment:
    """A sum from 1 to a size."""
    latex = f"\\sum_{{{index}=1}}^{{{size}}} {at_least(body, Level.SERIES)}"
    return Fragment(latex=latex, level=Level.SERIES, is_open=True)


def length(latex: str) -> int:
    """About how many symbols wide a formula is."""
    return len(TOKEN.findall(latex.replace("\\mathrm", "").replace("\\left", "").replace("\\right", "")))


def parentheses(latex: str) -> str:
    """The formula in parentheses that are as tall as it is."""
    return f"\\left({latex}\\right)" if TALL.search(latex) else f"({latex})"


def between(left: str, latex: str, right: str) -> str:
    """The formula between two delimiters that are as tall as it is."""
    return f"\\left{left} {latex} \\right{right}" if TALL.search(latex) else f"{left} {latex} {right}"


def at_least(x: Fragment, level: Level) -> str:
    """The formula, in parentheses if it binds less tightly than asked."""
    return x.latex if x.level >= level else parentheses(x.latex)


def named(latex: str) -> Fragment:
    """A name, which may have a subscript or primes of its own."""
    return Fragment(latex=latex, level=Level.SUBSCRIPTED if SCRIPT.search(latex) else Level.ATOM)


def add(a: Fragment, b: Fragment, sign: str) -> Fragment:
    """a + b or a − b; what is 0 is left out, and what has a minus sign of its own is subtracted."""
    if b.latex == "0":
        return a
    if a.latex == "0":
        return b if sign == "+" else negate(b)
    if b.negated:
        return add(a, b.negated, "-" if sign == "+" else "+")
    *before, last = a.pieces() if a.level == Level.SUM else (a.latex,)
    if a.is_open:
        last = _closed(last)
    if b.level == Level.SUM and sign == "+":
        first, *after = b.pieces()
        sign, first = ("-", first[1:]) if first.startswith("-") else (sign, first)
    else:
        first, after = at_least(b, Level.SERIES), []
    lines = (*before, last, f"{sign} {first}", *after)
    return Fragment(latex=" ".join(lines), level=Level.SUM, lines=lines, is_open=b.is_open)


def _closed(summand: str) -> str:
    """A summand in parentheses, its sign in front of them."""
    if summand[:2] in ("+ ", "- "):
        return summand[:2] + parentheses(summand[2:])
    return f"-{parentheses(summand[1:])}" if summand.startswith("-") else parentheses(summand)


def negate(a: Fragment) -> Fragment:
    """−a."""
    if a.latex == "0" or a.negated:
        return a.negated or a
    return Fragment(
        latex=f"-{at_least(a, Level.SERIES)}", level=Level.SUM, negated=a, is_open=a.level == Level.SERIES
    )


def product(*factors: Fragment) -> Fragment:
    """The factors side by side; ones are left out, minus signs come first, and 0 times anything is 0."""
    if any(factor.latex == "0" for factor in factors):
        return atom("0")
    if any(factor.negated for factor in factors):
        positive = product(*(factor.negated or factor for factor in factors))
        odd = sum(factor.negated is not None for factor in factors) % 2
        return negate(positive) if odd else positive
    kept = [factor for factor in factors if factor.latex != "1"] or [atom("1")]
    if len(kept) == 1:
        return kept[0]
    *before, last = kept
    latex = at_least(before[0], Level.PRODUCT)
    for factor in before[1:]:
        latex = _beside(latex, at_least(factor, Level.PRODUCT))
    if last.level == Level.SERIES:
        return Fragment(latex=_beside(latex, last.latex), level=Level.SERIES, is_open=True)
    return Fragment(latex=_beside(latex, at_least(last, Level.PRODUCT)), level=Level.PRODUCT)


def _beside(left: str, right: str) -> str:
    return left + _gap(left, right) + right


def _gap(left: str, right: str) -> str:
    """A dot between numbers; a little room around words, parentheses and large symbols."""
    if right[0].isdigit():
        return " \\cdot "
    return " \\, " if WIDE_END.search(left) or WIDE_START.match(right) else " "


def entrywise(a: Fragment, b: Fragment) -> Fragment:
    """a ⊙ b."""
    if "0" in (a.latex, b.latex):
        return atom("0")
    latex = f"{at_least(a, Level.POWER)} \\odot {at_least(b, Level.POWER)}"
    return Fragment(latex=latex, level=Level.ENTRYWISE)


def fraction(a: Fragment, b: Fragment) -> Fragment:
    """a over b, a minus sign in front."""
    if a.negated or b.negated:
        positive = fraction(a.negated or a, b.negated or b)
        return positive if a.negated and b.negated else negate(positive)
    return Fragment(latex=f"\\frac{{{a.latex}}}{{{b.latex}}}", level=Level.POWER)


def power(a: Fragment, exponent: str) -> Fragment:
    """a with a superscript; a power of a squared norm is a power of the norm."""
    if a.root and exponent.isdigit():
        a, exponent = a.root, str(2 * int(exponent))
    return Fragment(latex=f"{at_least(a, Level.SUBSCRIPTED)}^{{{exponent}}}", level=Level.POWER)


def squared_norm(latex: str, kind: str = "") -> Fragment:
    """The square of a norm, of which the norm is the root."""
    norm = between("\\lVert", latex, "\\rVert") + kind
    root = Fragment(latex=norm, level=Level.SUBSCRIPTED)
    return Fragment(latex=f"{norm}^{{2}}", level=Level.POWER, root=root)


def transpose(a: Fragment) -> Fragment:
    """a with ⊤; a minus sign comes first."""
    if a.latex == "0":
        return a
    if a.negated:
        return negate(transpose(a.negated))
    return Fragment(latex=f"{at_least(a, Level.SUBSCRIPTED)}^\\top", level=Level.POWER)


def subscript(a: Fragment, index: str) -> Fragment:
    """a with a subscript."""
    return Fragment(latex=f"{at_least(a, Level.ATOM)}_{{{index}}}", level=Level.SUBSCRIPTED)


def call(function: str, *arguments: Fragment) -> Fragment:
    """A function of arguments."""
    return atom(function + parentheses(", ".join(a.latex for a in arguments)))
