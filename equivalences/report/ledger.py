"""The errata ledger: what was claimed, where, what is true, how that is seen, and how the claim was read."""

import re
from collections.abc import Mapping, Sequence

from equivalences.language.erratum import Erratum
from equivalences.verification import ClaimResult

from .blocks import Block, Code, Heading, Inline, Items, Line, Link, Math, Paragraph, Strong, Text, words
from .standing import standing

MARKED = re.compile(r"(\$`.*?`\$|`[^`]+`)")
OPENING = (
    "What is said in the papers of each family, or done in their public code, and is not true as it stands. "
    "Each entry says how it was read: what is from memory, or from a summary, is in our words and may not be "
    "what the paper says. The derivation can be checked by hand; where the catalogue has a claim that bears on "
    "it, its verdict is linked."
)


def blocks(errata: Mapping[str, Sequence[Erratum]], results: Mapping[str, ClaimResult]) -> list[Block]:
    """The page, a section a family."""
    out: list[Block] = [Heading(1, words("Errata ledger")), Paragraph(words(OPENING))]
    for family, entries in errata.items():
        out.append(Heading(2, words(family)))
        out.append(Items(tuple(_entry(entry, results) for entry in entries), numbered=True))
    return out


def _entry(entry: Erratum, results: Mapping[str, ClaimResult]) -> tuple[Block, ...]:
    rows: list[Line] = [
        (Strong(entry.claimed),),
        words("Where: ", *_marked(entry.where), f" ({entry.reading})."),
        words("What is true: ", *_marked(entry.truth)),
        words("Derivation: ", *_marked(entry.derivation)),
    ]
    if entry.claims:
        linked: list[Inline] = []
        for identifier in entry.claims:
            linked += [*words("; " if linked else ""), *_claim(identifier, results)]
        rows.append((*words("In the catalogue: "), *linked, Text(".")))
    return tuple(Paragraph(row) for row in rows)


def _claim(identifier: str, results: Mapping[str, ClaimResult]) -> Line:
    """A claim's page and how it stands, where that is known."""
    result = results.get(identifier)
    if result is None:
        return words(identifier)
    return (Link(identifier, f"{result.family}/{result.id}.md"), *words(f" ({standing(result)})"))


def _marked(text: str) -> Line:
    """Words with formulas among them, which are written between $` and `$, and with code between `s."""
    return tuple(
        Math(part[2:-2]) if part.startswith("$`") else Code(part[1:-1]) if part.startswith("`") else Text(part)
        for part in MARKED.split(text)
        if part
    )
