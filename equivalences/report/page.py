"""One claim's page: a pure function of its result."""

import re
from collections.abc import Mapping
from pathlib import PurePath

from equivalences.language.evidence import Evidence, Options, Verdict
from equivalences.verification import ClaimResult, Failure

from . import stated, tables, witness
from .blocks import (
    Alert,
    Block,
    Code,
    Details,
    Formula,
    Heading,
    Inline,
    Items,
    Line,
    Link,
    Listing,
    Math,
    Paragraph,
    Strong,
    Table,
    words,
)
from .standing import CHECKERS, cell, standing
from .standing import mutants as count_mutants

OPEN_GOAL = re.compile(r"(.* goal '[^']*', )([^']* = 0)(, which .*)", re.DOTALL)
PROOF_OF_BOUND = (
    "What is proved is an equation: the left side and what the right side exceeds it by add up to the right "
    "side. The excess cannot be negative, by its form. The steps call the sum the left side."
)
LIMITS = {
    "symbolic": "“Proved” rests on this project's prover and its own checker, not on a proof assistant.",
    "numeric": "“Certified” speaks for the listed instances, and no further.",
    "gpu": "“Stressed” is evidence and no proof; it holds under the printed model of the device.",
}


def blocks(result: ClaimResult, addresses: Mapping[str, str], options: Options) -> list[Block]:
    """The page of a claim; ``addresses`` leads from here to the pages of other claims."""
    return [
        Heading(1, words(result.title)),
        Paragraph(_head(result)),
        *_alerts(result, addresses),
        *stated.claim(result.description, stated.conditions(result)),
        *_counterexample(result),
        *_verdict(result),
        *_evidence(result),
        *tables.section("Near misses", _mutants(result)),
        *_limits(result),
        *_reproduce(result, options),
    ]


def place(result: ClaimResult) -> str:
    """Where a claim is stated, without folders that are this machine's business."""
    path = PurePath(result.path)
    return f"{path.name if path.is_absolute() else path.as_posix()}:{result.line}"


def _head(result: ClaimResult) -> Line:
    sign, _, word = standing(result).partition(" ")
    passed = sum(cell(result, checker).startswith("✓") for checker in result.required)
    counts: tuple[str, ...] = ()
    if result.required and not result.expected:
        counts = (f" ({passed} of {len(result.required)} required checks, {_killed(result)})",)
    return words(
        Code(result.id),
        f" · {sign} ",
        Strong(word),
        *counts,
        " · stated in ",
        Code(place(result)),
        " · ",
        Link("all claims", "../README.md"),
    )


def _killed(result: ClaimResult) -> str:
    counted = count_mutants(result)
    return f"near misses refuted: {counted}" if counted else "no near misses"


def _alerts(result: ClaimResult, addresses: Mapping[str, str]) -> list[Block]:
    if result.verified and result.expected:
        assert result.repair is not None
        text = "This claim is false, and kept as a warning; the counterexample is below. What is true: "
        return [Alert("CAUTION", words(text, _claim_link(result.repair, addresses), "."))]
    if result.witness is not None and not result.expected:
        text = f"The claim is false as stated: at the inputs below {_failure(result)}, provably."
        return [Alert("CAUTION", words(text))]
    if result.verified:
        return []
    reasons = "; ".join(result.reasons) or str(result.outcome)
    return [Alert("WARNING", words(f"Not verified: {reasons}."))]


def _claim_link(identifier: str, addresses: Mapping[str, str]) -> Inline:
    return Link(identifier, addresses[identifier]) if identifier in addresses else Code(identifier)


def _failure(result: ClaimResult) -> str:
    """What happens at a counterexample."""
    match result.description.get("relation"):
        case "bound":
            return "the left side exceeds the right"
        case "independence":
            return "two values differ, the second at the inputs with a prime"
    return "the sides differ"


def _counterexample(result: ClaimResult) -> list[Block]:
    if result.witness is None:
        return []
    text = f"The smallest inputs that were found at which {_failure(result)}, checked again by other code:"
    return [
        Heading(2, words("Counterexample")),
        Paragraph(words(text)),
        *witness.tables(result.witness, result.axes),
    ]


def _verdict(result: ClaimResult) -> list[Block]:
    rows = []
    for checker, title in CHECKERS.items():
        needed = (
            "required"
            if checker in result.required
            else "waived"
            if checker in result.waived
            else "not required"
        )
        rows.append(
            (
                words(_title(result, checker, title)),
                words(cell(result, checker)),
                _shown(result, checker),
                words(needed),
            )
        )
    return [
        Heading(2, words("Verdict")),
        Table(("Check", "Result", "What exactly was shown", "Needed"), tuple(rows)),
    ]


def _title(result: ClaimResult, checker: str, title: str) -> str:
    """The column's title; a stress check's with its backend."""
    match result.checks.get(checker):
        case Evidence(detail={"backend": backend}):
            return f"{title} ({backend})"
    return title


def _shown(result: ClaimResult, checker: str) -> Line:
    match result.checks.get(checker):
        case Evidence(verdict=Verdict.UNDECIDED, reason=reason) if reason:
            return words("nothing: ", *_with_formula(reason))
        case Evidence(scope=scope, reason=reason):
            return words("; ".join(part for part in (scope, reason) if part))
        case Failure(message=message):
            return words("nothing: ", Code(message))
        case _ if checker in result.waived:
            return words(f"waived: {result.waived[checker]}")
    return words("nothing: it was not asked")


def _with_formula(reason: str) -> Line:
    """A reason, in which an equation that was not proved is shown as mathematics."""
    match OPEN_GOAL.fullmatch(reason):
        case re.Match() as found:
            before, latex, after = found.groups()
            return words(before, Math(latex), after)
    return words(reason)


def _evidence(result: ClaimResult) -> list[Block]:
    out: list[Block] = []
    for checker, check in sorted(result.checks.items(), key=lambda item: list(CHECKERS).index(item[0])):
        match checker, check:
            case "symbolic", Evidence() as evidence:
                proof = tables.proof(evidence, f"{result.id}.certificate.json")
                if result.description.get("relation") == "bound" and evidence.verdict is Verdict.PROVED:
                    proof = [Paragraph(words(PROOF_OF_BOUND)), *proof]
                out += tables.section("Derivation", proof)
            case "numeric", Evidence() as evidence:
                out += tables.section("Exact and certified checks", tables.numerics(evidence))
            case "gpu", Evidence() as evidence:
                out += tables.section("Stress test", tables.stress(evidence))
    if derivation := result.description.get("derivation"):
        opening = Paragraph(words("From the right side to the left, in the author's words:"))
        out += tables.section("The author's derivation", [opening, tables.steps(derivation)])
    if invariant := result.description.get("invariant"):
        opening = Paragraph(
            words("After any number of steps, as the author suggests; it is proved, not trusted:")
        )
        out += tables.section("Induction hypothesis", [opening, *(Formula(latex) for latex in invariant)])
    return out


def _mutants(result: ClaimResult) -> list[Block]:
    if not result.mutants:
        return []
    text = f"Each has to be refuted, or the checks could not fail. Refuted: {count_mutants(result)}."
    author = [mutant for mutant in result.mutants if not mutant.automatic]
    automatic = [mutant for mutant in result.mutants if mutant.automatic]
    out: list[Block] = [Paragraph(words(text))]
    if author:
        out.append(tables.mutants(author, result.axes))
    if automatic:
        table = tables.mutants(automatic, result.axes)
        title = f"{len(automatic)} made automatically from the claim's terms"
        whole = all(mutant.outcome in ("killed", "equal") for mutant in automatic)
        out += [Details(title, (table,))] if whole else [Paragraph(words(f"{title}:")), table]
    return out


def _limits(result: ClaimResult) -> list[Block]:
    items = [LIMITS[checker] for checker in CHECKERS if cell(result, checker).startswith("✓")]
    items += [
        f"{title}: waived: {result.waived[checker]}."
        for checker, title in CHECKERS.items()
        if checker in result.waived
    ]
    match result.checks.get("gpu"):
        case Evidence(detail={"gpu": str() as gpu}) if gpu.startswith("not run"):
            items.append(f"GPU: {gpu}.")
    items.append("Whether the formula above is what the source means is for a reader to judge.")
    return [
        Heading(2, words("What this does not show")),
        Items(tuple((Paragraph(words(item)),) for item in items)),
    ]


def _reproduce(result: ClaimResult, options: Options) -> list[Block]:
    what = place(result).rpartition(":")[0] if result.family == "user" else result.id
    seed = f" --seed {options.seed}" if options.seed else ""
    lines = [f"python -m equivalences verify {what}{seed}"]
    match result.checks.get("symbolic"):
        case Evidence(certificate=certificate) if certificate is not None:
            lines.append(f"python -m equivalences replay {what}")
        case _ if result.witness is not None:
            lines.append(f"python -m equivalences replay {what}")
    return [Heading(2, words("Reproduce")), Listing("sh", "\n".join(lines))]
