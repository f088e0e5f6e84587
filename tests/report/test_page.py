import html
import re
from collections.abc import Sequence

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options as Flags

from equivalences.language.evidence import Options
from equivalences.report import page, summary
from equivalences.report.allowed import check_allowed
from equivalences.report.blocks import Block, Details, Formula, Items, Line, Math, Paragraph, Table, markdown
from equivalences.report.writing import render
from equivalences.verification.result import ClaimResult

from .samples import ALL, FALSE, HOSTILE_CLAIM, REFUTED, TIMED_OUT, UNREADABLE, VERIFIED

ADDRESSES = {result.id: f"../{result.family}/{result.id}.md" for result in ALL}


def page_of(result: ClaimResult) -> list[Block]:
    return page.blocks(result, ADDRESSES, Options())


def text_of(result: ClaimResult) -> str:
    return markdown(page_of(result))


def to_html(text: str) -> str:
    return str(cmarkgfm.github_flavored_markdown_to_html(text, Flags.CMARK_OPT_UNSAFE))


def headings(text: str) -> list[str]:
    return re.findall(r"^## (.*)$", text, re.MULTILINE)


def formulas(blocks: Sequence[Block]) -> tuple[list[str], list[str]]:
    """The displayed formulas of a document, and those in lines, in order."""
    displayed: list[str] = []
    inline: list[str] = []

    def see_line(line: Line) -> None:
        inline.extend(" ".join(i.latex.split()) for i in line if isinstance(i, Math))

    def see(block: Block) -> None:
        match block:
            case Formula(latex):
                displayed.append(latex)
            case Paragraph(line):
                see_line(line)
            case Table(rows=rows):
                for row in rows:
                    for cell in row:
                        see_line(cell)
            case Items(items):
                for item in items:
                    for inner in item:
                        see(inner)
            case Details(blocks=inner):
                for b in inner:
                    see(b)

    for block in blocks:
        see(block)
    return displayed, inline


@pytest.mark.parametrize("result", ALL, ids=lambda r: r.id)
def test_every_formula_reaches_the_reader_as_it_was_written(result: ClaimResult) -> None:
    displayed, inline = formulas(page_of(result))
    rendered = to_html(text_of(result))
    allowed = [latex for latex in displayed if check_allowed(latex) is None]
    shown = re.findall(
        r'<pre(?: lang="math")?><code(?: class="language-math")?>(.*?)</code></pre>', rendered, re.DOTALL
    )
    shown_math = [html.unescape(code).rstrip("\n") for code in shown]
    assert [latex for latex in shown_math if latex in allowed] == allowed
    in_lines = [html.unescape(code) for code in re.findall(r"\$<code>(.*?)</code>\$", rendered, re.DOTALL)]
    assert in_lines == [latex for latex in inline if check_allowed(latex) is None]
    assert not re.search(
        r"\\(operatorname|href|mbox|newcommand|phantom)", "".join(shown_math[: len(allowed)] + in_lines)
    )


def test_page_of_a_verified_claim() -> None:
    text = text_of(VERIFIED)
    assert text.startswith(
        "# Softmax attention is one gradient-descent step\n\n`softmax-is-a-step` · ✓ **verified** "
        "(3 of 3 required checks, near misses refuted: 2 / 2) · stated in "
        "`equivalences/claims/contrastive/softmax.py:12` · [all claims](../README.md)\n"
    )
    assert headings(text) == [
        "Claim",
        "Verdict",
        "Derivation",
        "Exact and certified checks",
        "Stress test",
        "Near misses",
        "What this does not show",
        "Reproduce",
    ]
    assert "| Symbolic | ✓\u00a0proved | all sizes | required |" in text
    assert "| Stress (numpy) | ✓\u00a0stressed | 1000 instances of 1 family, float64 | required |" in text
    assert "A false claim passes this with probability ≤ 2^-50." in text
    assert "1. The right side.\n\n   ```math\n   W_0 - \\eta \\nabla L\n   ```" in text
    assert "n = 2, d = 2`: agrees" in text or "`d = 2, n = 2`: agrees" in text
    assert (
        "| a step up \\| the loss | ✓\u00a0killed | `d = 1, n = 2, keys = [[1/2], [0]], query = [1]: " in text
    )
    assert "- GPU: not run: torch is not installed.\n" in text
    assert "Where it stops." in text


def test_page_of_a_claim_that_is_false_as_expected() -> None:
    text = text_of(FALSE)
    assert "✓ **refuted, as expected**" in text
    assert "> [!CAUTION]\n> This claim is false" in text
    assert "[softmax-is-a-step](../contrastive/softmax-is-a-step.md)" in text
    assert headings(text)[:3] == ["Claim", "Counterexample", "Verdict"]
    assert "| `keys` | `[[1/2], [0]]` |" in text
    assert "At entry `[0]` (exact arithmetic over the rationals):" in text
    assert "| difference | `3/4` |" in text
    assert "python -m equivalences replay softmax-is-two-steps" in text


def test_page_of_a_refuted_claim_shows_no_folders() -> None:
    text = text_of(REFUTED)
    assert "✗ **refuted**" in text
    assert "The claim is false as stated" in text
    assert "secret" not in text
    assert "`claim_mine.py:12`" in text
    assert "python -m equivalences verify claim_mine.py" in text


def test_failures_and_waivers_are_printed() -> None:
    text = text_of(TIMED_OUT)
    assert "> [!WARNING]\n> Not verified: symbolic: stopped after 60 s." in text
    assert "| Symbolic | !\u00a0timeout | nothing: `stopped after 60 s` | required |" in text
    assert "| Stress | –\u00a0waived | waived: no floats can hold it | waived |" in text
    assert "- Stress: waived: no floats can hold it." in text


def test_page_of_an_unreadable_claim() -> None:
    text = text_of(UNREADABLE)
    assert (
        "Not verified: keys\\[n d\\] @ W\\[v d\\]" in text
        or "Not verified: keys\\[n d\\] \\@ W\\[v d\\]" in text
    )
    assert "## Claim\n" not in text


def test_hostile_claims_inject_nothing() -> None:
    for text in (text_of(HOSTILE_CLAIM), markdown(summary.blocks(ALL, Options()))):
        rendered = to_html(text)
        tags = set(re.findall(r"<([a-zA-Z0-9]+)", rendered))
        assert tags <= set(
            [
                "h1",
                "h2",
                "h3",
                "p",
                "code",
                "pre",
                "table",
                "thead",
                "tbody",
                "tr",
                "th",
                "td",
                "ul",
                "ol",
                "li",
                "strong",
                "a",
                "blockquote",
                "details",
                "summary",
            ]
        )
        assert not re.search(r'href="(?!\.\./|[a-z]+/)', rendered)
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_refused_formula_is_code_with_a_warning() -> None:
    text = text_of(HOSTILE_CLAIM)
    assert "```latex\n   \\href{javascript:x}{y}\n   ```" in text
    assert "This formula cannot be shown here as mathematics: `\\href is not allowed`." in text


@pytest.mark.parametrize("result", ALL, ids=lambda r: r.id)
def test_pages_hold_no_times_and_survive_json(result: ClaimResult) -> None:
    text = text_of(result)
    assert "1.5 s" not in text
    assert not re.search(r"20\d\d-\d\d-\d\d", text)
    assert text == text_of(type(result).from_json(result.to_json()))


def test_summary() -> None:
    text = markdown(summary.blocks(ALL, Options()))
    assert "**2 of 6 claims verified** · 1 refuted · 1 undecided · 1 error · 1 unreadable · " in text
    assert headings(text) == [
        "Needs attention",
        "Claims",
        "What the words mean",
        "What was not checked",
        "Reproduce",
    ]
    assert (
        "| [my-claim](user/my-claim.md) | ✗ refuted: the sides differ at the witness "
        "| `python -m equivalences replay claim_mine.py` |" in text
    )
    assert "--timeout 1800" in text
    assert (
        "| [softmax-is-a-step](contrastive/softmax-is-a-step.md) — Softmax attention is one gradient-descent "
        "step | ✓\u00a0proved | ✓\u00a0certified | ✓\u00a0stressed (numpy) | 2 / 2 | ✓ verified |" in text
    )
    assert "- GPU: not run: torch is not installed (`softmax-is-a-step`)" in text
    assert "Stress check, waived: no floats can hold it (`slow-claim`)" in text


def test_summary_of_nothing_claims_nothing() -> None:
    text = markdown(summary.blocks((), Options()))
    assert "**No claim was checked**" in text
    assert "verified**" not in text.split("## What")[0]


def test_seed_is_part_of_the_command() -> None:
    assert "verify softmax-is-a-step --seed 7" in render(page.blocks(VERIFIED, ADDRESSES, Options(seed=7)))
