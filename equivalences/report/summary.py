"""The report's first page: how the claims stand, what needs attention, what was not checked."""

import textwrap
from collections import defaultdict
from collections.abc import Sequence

from equivalences.language.evidence import Evidence, Options
from equivalences.verification import ClaimResult, Failure, Outcome

from .blocks import Block, Code, Heading, Items, Line, Link, Listing, Paragraph, Strong, Table, words
from .page import place
from .standing import CHECKERS, GLOSSARY, cell, mutants, standing


def blocks(results: Sequence[ClaimResult], options: Options, errata: str = "") -> list[Block]:
    """The summary of all results, with a link to the errata ledger where there is one."""
    says = words("What papers say that is not true as it stands: ", Link("errata ledger", errata), ".")
    return [
        Heading(1, words("Verification report")),
        Paragraph(_line(results)),
        *([Paragraph(says)] if errata else []),
        *_attention([result for result in results if not result.verified]),
        *_families(results),
        *_words(),
        *_unchecked(results),
        *_reproduce(options),
    ]


def _line(results: Sequence[ClaimResult]) -> Line:
    """How many claims are verified, and how the others stand."""
    verified = sum(result.verified for result in results)
    others = [
        (outcome, sum(result.outcome is outcome for result in results))
        for outcome in Outcome
        if outcome is not Outcome.VERIFIED
    ]
    false = sum(result.verified and result.expected is not None for result in results)
    killed = sum(result.count("killed") for result in results)
    parts = [f"{count} {outcome}" for outcome, count in others if count]
    if false:
        parts.append(f"{false} of the verified are false as expected")
    parts.append(f"{killed} near misses refuted")
    opening = "No claim was checked" if not results else f"{verified} of {len(results)} claims verified"
    return words(Strong(opening), "".join(f" · {part}" for part in parts) if results else "")


def _attention(results: Sequence[ClaimResult]) -> list[Block]:
    if not results:
        return []
    rows = tuple(
        (
            words(_link(result)),
            words(_problem(result)),
            words(Code(_next(result))),
        )
        for result in results
    )
    return [Heading(2, words("Needs attention")), Table(("Claim", "Problem", "Next step"), rows)]


def _problem(result: ClaimResult) -> str:
    """Where a claim stands, with the first reason; its page has them all."""
    if not result.reasons:
        return standing(result)
    first, *more = (textwrap.shorten(reason, 200, placeholder=" …") for reason in result.reasons)
    return f"{standing(result)}: {first}" + (f" (and {len(more)} more)" if more else "")


def _link(result: ClaimResult) -> Link:
    return Link(result.id, f"{result.family}/{result.id}.md")


def _next(result: ClaimResult) -> str:
    """The command that says more, or tries again."""
    what = place(result).rpartition(":")[0] if result.family == "user" else result.id
    timed_out = any(isinstance(c, Failure) and c.kind == "timeout" for c in result.checks.values())
    if timed_out:
        return f"python -m equivalences verify {what} --timeout 1800"
    match result.outcome:
        case Outcome.REFUTED | Outcome.CONTRADICTION:
            return f"python -m equivalences replay {what}"
        case Outcome.UNREADABLE | Outcome.VACUOUS | Outcome.SURVIVED:
            return f"python -m equivalences show {what}"
    return f"python -m equivalences verify {what}"


def _families(results: Sequence[ClaimResult]) -> list[Block]:
    families: dict[str, list[ClaimResult]] = defaultdict(list)
    for result in results:
        families[result.family].append(result)
    out: list[Block] = [Heading(2, words("Claims"))] if families else []
    header = ("Claim", *CHECKERS.values(), "Near misses refuted", "Standing")
    for family, members in families.items():
        out.append(Heading(3, words(family)))
        rows = tuple(_row(result) for result in members)
        out.append(Table(header, rows, ("left", "left", "left", "left", "right", "left")))
    devices = {
        f"{check.detail['backend']} is {check.detail['device']}": None
        for result in results
        if isinstance(check := result.checks.get("gpu"), Evidence) and "device" in check.detail
    }
    return [*out, Paragraph(words(f"In the stress column, {'; '.join(devices)}."))] if devices else out


def _row(result: ClaimResult) -> tuple[Line, ...]:
    stress = cell(result, "gpu")
    match result.checks.get("gpu"):
        case Evidence(detail={"backend": backend}):
            stress += f" ({backend})"
    return (
        words(_link(result), f" — {result.title}"),
        words(cell(result, "symbolic")),
        words(cell(result, "numeric")),
        words(stress),
        words(mutants(result)),
        words(standing(result)),
    )


def _words() -> list[Block]:
    items = tuple((Paragraph(words(Strong(word), f": {meaning}")),) for word, meaning in GLOSSARY.items())
    return [Heading(2, words("What the words mean")), Items(items)]


def _unchecked(results: Sequence[ClaimResult]) -> list[Block]:
    """What did not run, by reason, with how many claims it concerns."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for result in results:
        for checker, title in CHECKERS.items():
            match result.checks.get(checker):
                case Evidence(detail={"gpu": str() as gpu}) if gpu.startswith("not run"):
                    reasons[f"GPU: {gpu}"].append(result.id)
                case Evidence(verdict="INAPPLICABLE", reason=reason):
                    reasons[f"{title} check, inapplicable: {reason}"].append(result.id)
                case None if checker in result.waived:
                    reasons[f"{title} check, waived: {result.waived[checker]}"].append(result.id)
                case None:
                    reasons[f"{title} check: not asked"].append(result.id)
    if not reasons:
        return []
    items = tuple(
        (Paragraph(words(reason, *_concerned(ids, len(results)))),) for reason, ids in reasons.items()
    )
    return [Heading(2, words("What was not checked")), Items(items)]


def _concerned(ids: Sequence[str], total: int) -> Line:
    if len(ids) == total and total > 1:
        return words(" (all claims)")
    named: list[str | Code] = []
    for identifier in ids[:3]:
        named += [", ", Code(identifier)]
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return words(" (", *named[1:], f"{more})")


def _reproduce(options: Options) -> list[Block]:
    seed = f" --seed {options.seed}" if options.seed else ""
    return [
        Heading(2, words("Reproduce")),
        Listing("sh", f"python -m equivalences verify all{seed}"),
        Paragraph(words("Times, versions and the machine are in ", Code("results.json"), " beside this page.")),
    ]
