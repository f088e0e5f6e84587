"""What a page says of the second opinion: with sizes, without, and where there is none."""

from typing import Any

import pytest

from equivalences.language.evidence import Evidence, Verdict
from equivalences.report.blocks import Block, Paragraph
from equivalences.report.tables import proof


def said(sizes: str, verdict: str) -> list[Block]:
    detail: dict[str, Any] = {"second_opinion": {"sizes": sizes, "verdict": verdict}}
    return list(
        proof(Evidence(checker="symbolic", verdict=Verdict.PROVED, scope="all sizes", detail=detail), "c.json")
    )


@pytest.mark.parametrize(
    ("sizes", "verdict", "text"),
    [
        ("n = 2", "agrees", "Second opinion, by another procedure at n = 2: agrees."),
        ("", "open", "Second opinion, by another procedure: open."),
        ("", "unreadable", "There is no second opinion"),
    ],
)
def test_it_is_a_whole_sentence(sizes: str, verdict: str, text: str) -> None:
    paragraphs = [block for block in said(sizes, verdict) if isinstance(block, Paragraph)]
    lines = ["".join(getattr(part, "text", "") for part in block.line) for block in paragraphs]
    assert any(line.startswith(text) for line in lines)
