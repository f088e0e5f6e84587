"""The prover's derivation of a claim as LaTeX source, a comment and a formula a step."""

from collections.abc import Iterator

from equivalences.catalogue import Entry
from equivalences.language.evidence import Evidence, Json, Verdict
from equivalences.verification.result import Failure, check_from_json

from .terminal import clean


def latex_lines(entry: Entry, answer: Json | Failure) -> list[str]:
    """The numbered steps with what they assume; or, in a comment, why there is no proof."""
    check = answer if isinstance(answer, Failure) else check_from_json(answer)
    match check:
        case Evidence(verdict=Verdict.PROVED):
            return list(_proof(check))
        case Evidence(verdict=verdict, reason=reason):
            why = f"symbolic says {verdict}: {reason}"
        case Failure(message=message):
            why = f"symbolic: {message}"
    expected = f"; it is expected to be refuted, and true is {entry.repair}" if entry.expected else ""
    return ["", f"% Not proved: {clean(why)}{expected}."]


def _proof(evidence: Evidence) -> Iterator[str]:
    detail = evidence.detail
    yield from ("", f"% Proved for {clean(evidence.scope)}; the certificate was replayed.")
    if detail["induction"]:
        goals = ", ".join(clean(goal["name"]) for goal in detail["induction"]["goals"])
        yield f"% By induction over {detail['induction']['axis']}, by the goals: {goals}."
    for number, step in enumerate(detail["derivation"], 1):
        yield from _display(f"{number}. {step['reason']}".rstrip(" ."), step["latex"])
    for latex in detail["hypotheses"]:
        yield from _display("hypothesis", latex)
    for latex in detail["conditions"]:
        yield from _display("condition", latex)


def _display(comment: str, latex: str) -> Iterator[str]:
    yield from ("", f"% {clean(comment)}", "\\[", *(clean(line) for line in latex.split("\n")), "\\]")
