"""The words and signs by which pages say how a claim or a check stands."""

from equivalences.language.evidence import Evidence, Verdict
from equivalences.verification import ClaimResult, Failure, Outcome

CHECKERS = {"symbolic": "Symbolic", "numeric": "Numeric", "gpu": "Stress"}
"""The checkers in the order of the pages, as their columns are called."""

SIGNS = {
    Verdict.PROVED: "✓",
    Verdict.CERTIFIED: "✓",
    Verdict.STRESSED: "✓",
    Verdict.REFUTED: "✗",
    Verdict.UNDECIDED: "?",
    Verdict.INAPPLICABLE: "–",
    Verdict.VACUOUS: "–",
}
STANDINGS = {
    Outcome.VERIFIED: "✓ verified",
    Outcome.REFUTED: "✗ refuted",
    Outcome.PROVED: "✗ proved, though its refutation is expected",
    Outcome.SURVIVED: "? not verified: a mutant survived",
    Outcome.VACUOUS: "? not verified: vacuous",
    Outcome.UNDECIDED: "? undecided",
    Outcome.ERROR: "! error",
    Outcome.UNREADABLE: "! unreadable",
    Outcome.CONTRADICTION: "! contradiction between checkers",
    Outcome.INTERRUPTED: "! interrupted",
}
GLOSSARY = {
    "proved": "a certificate, for all sizes unless its scope says otherwise, was replayed by an independent "
    "checker.",
    "certified": "at every listed instance the difference is exactly 0, or lies in an enclosure as narrow as "
    "asked that contains 0; for a bound, so is what exceeds it.",
    "stressed": "every floating-point instance that has a bound lies within it, and most have one, under the "
    "device's printed model.",
    "refuted": "there are inputs at which the sides differ, or the bound fails, checked again exactly or in "
    "enclosures that exclude 0.",
    "undecided": "out of time, or the procedure gave up; it says nothing against the claim.",
    "inapplicable": "this checker cannot read the claim, or the device is absent; the page says why.",
    "vacuous": "nothing was compared, so nothing was shown.",
    "near miss": "a wrong version of the claim, which has to be refuted: a check that cannot fail shows "
    "nothing.",
    "verified": "every required checker passed and every near miss was refuted or, if made automatically, "
    "proved equal to the claim.",
}
"""What the words mean, in one sentence each."""


def unbroken(words: str) -> str:
    """The words with no-break spaces, for narrow columns."""
    return words.replace(" ", "\u00a0")


def standing(result: ClaimResult) -> str:
    """Where a claim stands."""
    if result.verified and result.expected:
        return "✓ refuted, as expected"
    return STANDINGS[result.outcome]


def cell(result: ClaimResult, checker: str) -> str:
    """How a check stands, in a word."""
    match result.checks.get(checker):
        case Evidence(verdict=verdict):
            return unbroken(f"{SIGNS[verdict]} {verdict.lower()}")
        case Failure(kind=kind):
            return unbroken(f"! {kind}")
        case _ if checker in result.waived:
            return unbroken("– waived")
    return unbroken("– not asked")


def mutants(result: ClaimResult) -> str:
    """How many mutants were killed, of how many; automatic ones proved equal to the claim do not count."""
    if not result.mutants:
        return ""
    counted = [m for m in result.mutants if not (m.automatic and m.outcome == "equal")]
    return f"{result.count('killed')} / {len(counted)}"
