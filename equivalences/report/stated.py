"""The part of a page that states its claim, conditions first."""

from collections.abc import Mapping, Sequence

from equivalences.language.evidence import Evidence, Json
from equivalences.verification import ClaimResult

from .blocks import Block, Code, Formula, Heading, Inline, Line, Math, Paragraph, Strong, Table, words
from .layout import broken
from .tables import parts


def conditions(result: ClaimResult) -> list[str]:
    """Where the sides are defined, as the prover found while it read them."""
    match result.checks.get("symbolic"):
        case Evidence(detail={"conditions": list() as conditions}):
            return [broken(latex) for latex in conditions]
    return []


def claim(description: Mapping[str, Json], conditions: Sequence[str]) -> list[Block]:
    """The statement with all that is needed to read it."""
    if not description:
        return []
    out: list[Block] = [Heading(2, words("Claim"))]
    if about := description["about"]:
        out.append(Paragraph(words(about)))
    if hypotheses := description["hypotheses"]:
        out += [Paragraph(words("Suppose that")), *(Formula(latex) for latex in hypotheses)]
        out.append(Paragraph(words("Then")))
    out.append(Formula(description["latex"]))
    definitions = description["definitions"]
    if names := description["independent_of"]:
        end = ", where" if definitions else "."
        out.append(Paragraph((*words("does not depend on "), *_listed(names), *words(end))))
    elif definitions:
        out.append(Paragraph(words("where")))
    out += [Formula(latex) for latex in definitions]
    rows = tuple(
        (words(Math(g["lives"])), words(Code(g["name"])), words(Code(g["type"]))) for g in description["given"]
    )
    if rows:
        out.append(Table(("For all", "In the file", "Declared as"), rows))
    if conditions:
        out.append(Paragraph(words("It is stated for inputs at which both sides are defined, that is:")))
        out += [*(Formula(latex) for latex in conditions), *parts(conditions)]
    if realised := description["realised"]:
        out.append(Paragraph(words("For the checks, inputs that satisfy the hypotheses are made by")))
        out += [Formula(latex) for latex in realised]
    if notes := description["notes"]:
        out.append(Paragraph(words(" ".join(["Vectors are columns.", *notes]))))
    if stops := description["stops"]:
        out.append(Paragraph(words(Strong("Where it stops."), f" {stops}")))
    source = description["source"]
    where = f", {source['place']}" if source["place"] else ""
    out.append(Paragraph(words(f"Source: {source['reference']}{where}.")))
    return out


def _listed(latex: Sequence[str]) -> Line:
    separated: list[Inline] = []
    for name in latex:
        separated += [*words(", "), Math(name)]
    return tuple(separated[1:])
