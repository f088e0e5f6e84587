"""Stands for the module that describes a claim for its page."""

from equivalences.language.claim import Claim
from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Json


def describe(claim: Claim, comparison: Comparison) -> Json:
    if "raise_pages" in comparison.given:
        raise LookupError("no such letter")
    return {"title": claim.title}


def statement_latex(claim: Claim) -> str:
    return f"% {claim.title}\n"
