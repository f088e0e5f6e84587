"""Text of claims as Markdown: it survives exactly, and nothing in it is read as markup.

Fragments are escaped without being stripped, so that they can stand beside formulas. Characters that a
terminal or a page would obey instead of showing are removed first.
"""

import re
import unicodedata

BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
SPACE = re.compile(r"[\t\n\r\f\v\x85\u2028\u2029]+")
MARKUP = re.compile(r"[\\`*_\[\]<>|~&$#]")
MARKER = re.compile(r"[-+=]|\d{1,9}(?=[.)])")
LINK = re.compile(r"(?<=[A-Za-z])(:)(?=/)|(?<=[Ww]{3})(\.)|(@)")


def plain(text: str) -> str:
    """The text on one line, without control and direction characters.

    >>> plain("one\\ntwo\\x1b[31m")
    'one two[31m'
    """
    spaced = SPACE.sub(" ", text)
    return "".join(
        c for c in spaced if c not in BIDIRECTIONAL and unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn")
    )


def escape(text: str) -> str:
    """The text as Markdown that shows it, in a paragraph, a heading, a list or a table cell.

    >>> escape("a|b _c_")
    'a\\\\|b \\\\_c\\\\_'
    """
    return LINK.sub(r"\\\g<0>", MARKUP.sub(r"\\\g<0>", plain(text)))


def start_of_line(line: str) -> str:
    """A line of Markdown whose beginning is not read as a list, a heading's underline or code.

    >>> start_of_line(" 1. x"), start_of_line("- x")
    ('1\\\\. x', '\\\\- x')
    """
    line = line.strip(" ")
    marker = MARKER.match(line)
    if marker is None:
        return line
    end = marker.end() if marker.group().isdigit() else 0
    return f"{line[:end]}\\{line[end:]}"


def code(text: str, *, in_table: bool = False) -> str:
    """The text as a code span: data, ids and paths. Empty text has no code span.

    A backslash before a bar cannot stand in a table's code span; there the text is escaped instead.
    """
    shown = plain(text)
    if not shown.strip() or (in_table and "\\|" in shown):
        return escape(shown)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    ticks = "`" * (longest + 1)
    padded = f" {shown} " if shown[0] in "` " or shown[-1] in "` " else shown
    return ticks + (padded.replace("|", "\\|") if in_table else padded) + ticks
