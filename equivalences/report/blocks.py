"""A document as data, and its Markdown.

Pages are built from these blocks only: claims' texts reach a page through ``escape`` and ``code``, and
their formulas through ``check_allowed``.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .allowed import check_allowed
from .text import code, escape, plain, start_of_line


@dataclass(frozen=True)
class Text:
    """Words, shown as they are."""

    text: str


@dataclass(frozen=True)
class Strong:
    """Words with emphasis."""

    text: str


@dataclass(frozen=True)
class Code:
    """Data, an id, a path or a command."""

    text: str


@dataclass(frozen=True)
class Math:
    """A formula in a line; as code where GitHub would refuse it."""

    latex: str


@dataclass(frozen=True)
class Link:
    """A link to a place in the report; the address is ours, never a claim's."""

    text: str
    address: str


Inline: TypeAlias = Text | Strong | Code | Math | Link
Line: TypeAlias = tuple[Inline, ...]
Alignment: TypeAlias = Literal["left", "right"]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1, 2 or 3."""

    level: int
    line: Line


@dataclass(frozen=True)
class Paragraph:
    """Words and formulas."""

    line: Line


@dataclass(frozen=True)
class Formula:
    """A displayed formula; as code with a warning where GitHub would refuse it."""

    latex: str


@dataclass(frozen=True)
class Listing:
    """Code in a language."""

    language: str
    text: str


@dataclass(frozen=True)
class Table:
    """Rows of cells under a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    alignment: tuple[Alignment, ...] = ()


@dataclass(frozen=True)
class Items:
    """A list, numbered or not, of items that are blocks."""

    items: tuple[tuple["Block", ...], ...]
    numbered: bool = False


@dataclass(frozen=True)
class Alert:
    """A note or a caution."""

    kind: Literal["NOTE", "CAUTION", "WARNING"]
    line: Line


@dataclass(frozen=True)
class Details:
    """Blocks folded under a summary."""

    summary: str
    blocks: tuple["Block", ...]


Block: TypeAlias = Heading | Paragraph | Formula | Listing | Table | Items | Alert | Details


def words(*parts: str | Inline) -> Line:
    """A line of text and other inlines.

    >>> words("size ", Code("3"))
    (Text(text='size '), Code(text='3'))
    """
    return tuple(Text(part) if isinstance(part, str) else part for part in parts)


def markdown(blocks: Sequence[Block]) -> str:
    """The document in GitHub's Markdown."""
    return "\n\n".join(_block(block) for block in blocks) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(level, line):
            return f"{'#' * level} {_line(line)}"
        case Paragraph(line):
            return _line(line)
        case Formula(latex):
            return _formula(latex)
        case Listing(language, text):
            return _fence(language, text)
        case Table(header, rows, alignment):
            return _table(header, rows, alignment)
        case Items(items, numbered):
            tight = all(len(blocks) == 1 and isinstance(blocks[0], Paragraph) for blocks in items)
            markers = (f"{k}. " if numbered else "- " for k in range(1, len(items) + 1))
            return ("\n" if tight else "\n\n").join(map(_item, markers, items))
        case Alert(kind, line):
            return f"> [!{kind}]\n> {_line(line)}"
        case Details(summary, inner):
            title = html.escape(plain(summary))
            return f"<details>\n<summary>{title}</summary>\n\n{markdown(inner)}\n</details>"


def _line(line: Line, *, in_table: bool = False) -> str:
    text = "".join(_inline(inline, in_table) for inline in line)
    return text.strip(" ") if in_table else start_of_line(text)


def _inline(inline: Inline, in_table: bool) -> str:
    match inline:
        case Text(text):
            return escape(text)
        case Strong(text):
            return f"**{escape(text)}**"
        case Code(text):
            return code(text, in_table=in_table)
        case Math(latex):
            joined = " ".join(latex.split())
            return code(joined, in_table=in_table) if check_allowed(joined) else f"$`{joined}`$"
        case Link(text, address):
            return f"[{escape(text)}]({address})"


def _formula(latex: str) -> str:
    problem = check_allowed(latex)
    if problem is None:
        return _fence("math", latex)
    warning = Alert("WARNING", words("This formula cannot be shown here as mathematics: ", Code(problem), "."))
    return f"{_block(warning)}\n\n{_fence('latex', latex)}"


def _fence(language: str, text: str) -> str:
    lines = [plain(line) for line in text.splitlines()]
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return "\n".join([ticks + language, *lines, ticks])


def _table(
    header: tuple[str, ...], rows: tuple[tuple[Line, ...], ...], alignment: tuple[Alignment, ...]
) -> str:
    rules = {"left": ":--", "right": "--:"}
    sides = alignment or ("left",) * len(header)
    lines = [[escape(cell) for cell in header], [rules[side] for side in sides]]
    lines += [[_line(cell, in_table=True) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _item(marker: str, blocks: tuple[Block, ...]) -> str:
    indent = " " * len(marker)
    lines = "\n\n".join(_block(block) for block in blocks).splitlines()
    return marker + "\n".join([lines[0], *(indent + line if line else "" for line in lines[1:])])
