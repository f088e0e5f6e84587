import html
import re
from collections.abc import Sequence

import cmarkgfm
from cmarkgfm.cmark import Options
from hypothesis import example, given, settings
from hypothesis import strategies as st

from equivalences.report.blocks import Block, Code, Heading, Items, Paragraph, Table, Text, markdown
from equivalences.report.text import code, escape, plain

HOSTILE = st.one_of(
    st.text(alphabet="ab 1.)(*_`~[]<>!|\\#&;$+-=:/@w\"'^{}%\n\t", max_size=30),
    st.text(max_size=20),
    st.lists(
        st.sampled_from(
            [
                "http://a.b", "_http://a.b", "www.a.b", "a@b.c", "<script>", "<!--", "&amp;", "&#35;", "[x](y)",
                "![x](y)", "[^1]", "~~s~~", "**b**", "`c`", "``", "1. ", "1) ", "- ", "+ ", "# ", "> ", "---",
                "===", "| a |", "\\", "\\|", "$x$", "$`x`$", "```", "    ", "\u202e", "\x1b[0m", "::error::",
                "xmpp:a@b.c", "mailto:a@b.c", "ftp://a.b", "https://",
            ]
        ),
        max_size=6,
    ).map("".join),
)  # fmt: skip
TAG = re.compile(r"<[^>]*>")


def render(blocks: Sequence[Block]) -> str:
    return str(cmarkgfm.github_flavored_markdown_to_html(markdown(blocks), Options.CMARK_OPT_UNSAFE))


def text_of(rendered: str) -> str:
    return html.unescape(TAG.sub("", rendered))


def tags_of(rendered: str) -> list[str]:
    return [re.findall(r"^</?([a-z0-9]+)", tag)[0] for tag in TAG.findall(rendered)]


def without_mail(tags: list[str]) -> list[str]:
    """Mail addresses become links whatever is escaped; they are harmless."""
    return [tag for tag in tags if tag != "a"]


@settings(max_examples=200, deadline=None)
@given(HOSTILE)
@example("a|b _c_ <b>")
@example("_http://a")
@example("1.")
@example("=")
@example(" -")
def test_paragraph_shows_the_text_exactly(text: str) -> None:
    rendered = render([Paragraph((Text("x"),)), Paragraph((Text(text), Text(" end")))])
    assert text_of(rendered).split("\n")[1] == (plain(text) + " end").strip(" ")
    assert set(without_mail(tags_of(rendered))) == {"p"}


@settings(max_examples=200, deadline=None)
@given(HOSTILE)
def test_heading_and_list_show_the_text_exactly(text: str) -> None:
    rendered = render(
        [Heading(2, (Text(text), Text(" end"))), Items(((Paragraph((Text(text), Text(" end"))),),))]
    )
    expected = (plain(text) + " end").strip(" ")
    assert [line for line in text_of(rendered).split("\n") if line.strip()] == [expected, expected]
    assert set(without_mail(tags_of(rendered))) <= {"h2", "ul", "li", "p"}


@settings(max_examples=200, deadline=None)
@given(HOSTILE, HOSTILE)
@example("a\\|b", "c")
@example("\\", "|")
def test_table_cells_keep_to_themselves(text: str, other: str) -> None:
    table = Table(("one", "two", "three"), (((Text(text),), (Code(other),), (Text("end"),)),))
    rendered = render([table])
    cells = re.findall(r"<td[^>]*>(.*?)</td>", rendered, re.DOTALL)
    assert len(cells) == 3
    assert text_of(cells[0]) == plain(text).strip(" ")
    assert text_of(cells[1]).strip(" ") == plain(other).strip(" ")
    assert text_of(cells[2]) == "end"
    assert set(without_mail(tags_of(rendered))) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


@settings(max_examples=200, deadline=None)
@given(HOSTILE)
def test_code_span_shows_the_text_exactly(text: str) -> None:
    rendered = render([Paragraph((Text("x"), Code(text), Text("y")))])
    assert text_of(rendered).strip("\n") == f"x{plain(text)}y"
    assert set(without_mail(tags_of(rendered))) <= {"p", "code"}


def test_control_and_direction_characters_are_removed() -> None:
    assert plain("a\x1b]0;t\x07b\u202ec\nd") == "a]0;tbc d"


def test_code_without_content_is_no_span() -> None:
    assert code("") == ""


def test_fragments_keep_their_spaces() -> None:
    assert escape(" and ") == " and "


def test_pieces_of_a_line_do_not_join_to_a_marker() -> None:
    rendered = render([Paragraph((Text("1"), Text(". one"))), Paragraph((Text(""), Text("-"), Text(" two")))])
    assert rendered == "<p>1. one</p>\n<p>- two</p>\n"
