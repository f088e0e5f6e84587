"""What a page says of a claim before any evidence: plain data, made where the claim's file is imported."""

from equivalences.language.claim import Claim
from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Json
from equivalences.language.tracing import trace

from .statement import Statement, state


def describe(claim: Claim, comparison: Comparison) -> Json:
    """The statement in LaTeX with all that a reader needs to read it, and the author's texts."""
    statement = state(comparison)
    return {
        "latex": statement.latex,
        "relation": comparison.relation,
        "independent_of": list(statement.independent_of),
        "definitions": list(statement.definitions),
        "notes": list(statement.notes),
        "given": [
            {"name": g.name, "latex": g.latex, "lives": g.lives, "type": g.type} for g in statement.given
        ],
        "hypotheses": list(statement.hypotheses),
        "realised": list(statement.realised),
        "invariant": list(statement.invariant),
        "derivation": [{"latex": latex, "reason": reason} for latex, reason in statement.steps],
        "source": {"reference": claim.source.reference, "place": claim.source.place},
        "about": claim.about,
        "stops": claim.stops,
    }


def statement_latex(claim: Claim) -> str:
    """The statement and the author's derivation as LaTeX source, a formula a paragraph.

    Raises:
        ClaimError: the claim cannot be traced.
    """
    statement = state(trace(claim))
    return "\n\n".join(_paragraphs(claim, statement)) + "\n"


def _paragraphs(claim: Claim, statement: Statement) -> list[str]:
    title = claim.title.replace("\n", " ")
    paragraphs = [f"% {title}", _display(statement.latex)]
    if statement.independent_of:
        paragraphs.append("does not depend on " + ", ".join(f"${x}$" for x in statement.independent_of) + ".")
    if statement.definitions:
        paragraphs += ["where", *map(_display, statement.definitions)]
    if statement.given:
        paragraphs.append("for " + ", ".join(f"${g.lives}$" for g in statement.given) + ".")
    if statement.hypotheses:
        paragraphs += ["under the hypotheses", *map(_display, statement.hypotheses)]
    for latex, reason in statement.steps:
        paragraphs += [f"% {' '.join(reason.split())}", _display(latex)]
    return paragraphs


def _display(latex: str) -> str:
    return f"\\[\n{latex}\n\\]"
