"""Evidence as blocks: the derivation, the exact and certified checks, the stress check, the mutants."""

import re
from collections.abc import Iterable, Mapping, Sequence

from equivalences.language.evidence import Evidence, Json
from equivalences.verification import MutantResult

from .blocks import (
    Block,
    Code,
    Details,
    Formula,
    Heading,
    Inline,
    Items,
    Line,
    Paragraph,
    Table,
    words,
)
from .layout import broken
from .standing import unbroken
from .witness import line

BOUNDED = re.compile(r"\\(int|sum)_\{[^{}]*\}\^\{1\}")
PARTS = (
    "An array of which a size is a sum is cut into blocks here: the first keeps the array's symbol, and the "
    "superscript 1 marks the next."
)
OUTCOMES = {"killed": "✓ killed", "equal": "= equal", "survived": "✗ survived", "error": "! error"}


def steps(derivation: Sequence[Mapping[str, str]]) -> Block:
    """Numbered steps, each a reason and a formula."""
    return Items(
        tuple(
            (Paragraph(words(_sentence(step["reason"]))), Formula(broken(step["latex"])))
            if step["reason"]
            else (Formula(broken(step["latex"])),)
            for step in derivation
        ),
        numbered=True,
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ":", "!")) else ".")


def parts(formulas: Iterable[str]) -> list[Block]:
    """What a superscript 1 of the prover means, where a formula has one."""
    if any("^{1}" in BOUNDED.sub("", latex) for latex in formulas):
        return [Paragraph(words(PARTS))]
    return []


def proof(evidence: Evidence, certificate: str) -> list[Block]:
    """The symbolic derivation, its induction and the second opinion."""
    detail = evidence.detail
    blocks: list[Block] = []
    if induction := detail.get("induction"):
        goals = tuple((words(goal["name"]), words(Code(str(goal["steps"])))) for goal in induction["goals"])
        blocks += [
            Paragraph(words("By induction over ", Code(induction["axis"]), ", by these goals:")),
            Table(("Goal", "Steps"), goals, ("left", "right")),
        ]
    if derivation := detail.get("derivation"):
        blocks += [steps(derivation), *parts(step["latex"] for step in derivation)]
    if hypotheses := detail.get("hypotheses"):
        blocks += [Paragraph(words("It uses that")), *(Formula(broken(latex)) for latex in hypotheses)]
    if evidence.certificate is not None:
        count = detail.get("steps")
        size = f", {count} {'step' if count == 1 else 'steps'}," if count is not None else ""
        blocks.append(
            Paragraph(
                words(
                    "The certificate", size, " is ", Code(certificate), "; it was replayed by its own checker."
                )
            )
        )
    if second := detail.get("second_opinion"):
        blocks.append(Paragraph(_second_opinion(second)))
    return blocks


def _second_opinion(second: Mapping[str, Json]) -> Line:
    """What another procedure says at small sizes, if it reads the statement and the statement has sizes."""
    if second["verdict"] == "unreadable":
        return words("There is no second opinion: the other procedure does not read an op of the statement.")
    at = (" at ", Code(_pairs(second["sizes"]))) if second["sizes"] else ()
    return words("Second opinion, by another procedure", *at, f": {second['verdict']}.")


def _pairs(sizes: Json) -> str:
    """Sizes in one line, whether they come as a mapping, a list or text."""
    match sizes:
        case dict():
            return ", ".join(f"{axis} = {size}" for axis, size in sorted(sizes.items()))
        case list():
            return "; ".join(_pairs(part) for part in sizes)
    return str(sizes)


def numerics(evidence: Evidence) -> list[Block]:
    """Exact checks in a sentence each, and the table of enclosures."""
    blocks: list[Block] = []
    items: list[Line] = []
    bounded = evidence.detail.get("relation") == "bound"
    if exact := evidence.detail.get("exact"):
        if exact["applicable"]:
            primes = ", ".join(str(p) for p in exact["primes"])
            items.append(
                words(
                    f"Modulo random primes: the difference is 0 at {exact['instances']} instances, of sizes ",
                    Code("; ".join(_pairs(size) for size in exact["sizes"])),
                    ", modulo ",
                    Code(primes),
                    f". A false claim passes this with probability {exact['false_pass']}.",
                )
            )
        else:
            reason = "residues have no order" if bounded else exact["reason"]
            items.append(words(f"Modulo random primes: does not apply: {reason}."))
    if rational := evidence.detail.get("rational"):
        if rational["applicable"]:
            holds = "the bound holds" if bounded else "the difference is 0"
            items.append(words(f"Over the rationals: {holds} at {rational['instances']} instances."))
        else:
            items.append(words(f"Over the rationals: does not apply: {rational['reason']}."))
    if items:
        blocks.append(Items(tuple((Paragraph(item),) for item in items)))
    if balls := evidence.detail.get("balls"):
        digits = evidence.detail.get("digits")
        differences = "enclosure of what exceeds the bound" if bounded else "enclosure"
        text = f"In ball arithmetic, to {digits} digits, where every {differences} contains 0:"
        blocks += [Paragraph(words(text)), _enclosures(balls, bounded=bounded)]
    if climb := evidence.detail.get("climb"):
        blocks.append(Paragraph(words(_climbed(climb))))
    if limit := evidence.detail.get("limit"):
        blocks += approaching(limit)
    return blocks


def _enclosures(balls: Sequence[Mapping[str, Json]], *, bounded: bool) -> Table:
    """A row for each instance; without a column of sizes where the statement has none."""
    sides = "Left and right side, first entry" if bounded else "Left side, first entry"
    last = "Excess at most" if bounded else "Difference at most"
    sized = any(row["sizes"] for row in balls)
    rows = tuple(
        (
            words(str(row["case"])),
            *([words(Code(_pairs(row["sizes"])))] if sized else []),
            words(Code(str(row["value"]))),
            words(Code(str(row["gap"]))),
            words(str(row["bits"])),
        )
        for row in balls
    )
    if not sized:
        return Table(("Case", sides, last, "Bits"), rows, ("right", "left", "left", "right"))
    return Table(("Case", "Sizes", sides, last, "Bits"), rows, ("right", "left", "left", "left", "right"))


def _climbed(climb: Mapping[str, Json]) -> str:
    """What the climb met on its way: no violation, or the claim would be refuted."""
    return (
        f"Climbing towards a violation, at {climb['evaluations']} instances, met none; the least relative "
        f"slack on the way was {climb['slack']}."
    )


def approaching(limit: Mapping[str, Json]) -> list[Block]:
    """What is left on the way to a limit, over the stated rate; and the constant that it tends to."""
    beyond = "the step" if limit["to"] in (0, "0") else f"{limit['to']} plus the step"
    case = f"On the way to the limit, in the case “{limit['case']}”, where "
    rows = tuple(
        (words(Code(row["step"])), words(Code(row["gap"])), words(Code(row["over"]))) for row in limit["rows"]
    )
    rate = "Distance / step" + ("" if limit["order"] == 1 else f"^{limit['order']}")
    constant = (
        f"The remainder is defined at the limit in every case, and in this one at most {limit['constant']}."
    )
    return [
        Paragraph(words(case, Code(limit["variable"]), f" is {beyond}:")),
        Table(("Step", "Distance from the limit at most", f"{rate} at most"), rows),
        Paragraph(words(constant)),
    ]


def stress(evidence: Evidence) -> list[Block]:
    """The stress table, the model under which it speaks, and the controls."""
    detail = evidence.detail
    blocks: list[Block] = []
    if rows := detail.get("rows"):
        lanes = dict.fromkeys(row.get("lane", detail.get("lane", "")) for row in rows)
        sizes = dict.fromkeys(_pairs(row["sizes"]) for row in rows)
        blocks += [
            Paragraph(words(f"Lane: {', '.join(lanes)}. Sizes: ", *_separated(sizes), ".")),
            Table(
                ("Family", "dtype", "Instances", "Undecided", "Error / bound", "Error", "Replay"),
                tuple(_stress_row(row) for row in rows),
                ("left", "left", "right", "right", "right", "right", "left"),
            ),
        ]
    if tests := detail.get("sampling"):
        noticed = sum(bool(row["noticed"]) for row in tests)
        power = max((row["power"] for row in tests), key=float)
        text = (
            "The statistic has to stay below its threshold at every number of draws. A mean that is off by "
            f"{power} standard deviations was planted at each input, to be rejected: "
            f"{noticed} of {len(tests)} were."
        )
        cells = tuple(
            (words(Code(row["input"])), words(f"{row['draws']:,}"), words(Code(row["ratio"]))) for row in tests
        )
        header = ("Input", "Draws", "Statistic / threshold at most")
        blocks += [Paragraph(words(text)), Table(header, cells, ("left", "right", "right"))]
    if controls := detail.get("controls"):
        tripped = sum(bool(control["tripped"]) for control in controls)
        blocks += [
            Paragraph(
                words(
                    f"Controls, wrong on purpose, have to exceed their bound: {tripped} of {len(controls)} did."
                )
            ),
            Table(
                ("Control", "Tripped"),
                tuple((words(c["title"]), words("✓ yes" if c["tripped"] else "✗ no")) for c in controls),
            ),
        ]
    if gpu := detail.get("gpu"):
        blocks.append(Paragraph(words("GPU: ", str(gpu), ".")))
    if model := detail.get("model"):
        lines = tuple((Paragraph(words(str(text))),) for text in model)
        blocks.append(Details("The model of the device's arithmetic, audited before the run", (Items(lines),)))
    return blocks


def _separated(texts: Iterable[str]) -> Line:
    line: list[str | Inline] = []
    for text in texts:
        line += [", ", Code(text)]
    return words(*line[1:])


def _stress_row(row: Mapping[str, Json]) -> tuple[Line, ...]:
    return (
        words(str(row["family"])),
        words(Code(str(row["dtype"]))),
        words(f"{row['instances']:,}"),
        words(f"{row['undecided']:,}"),
        words(Code(str(row["worst"]))),
        words(Code(str(row["error"]))),
        words(Code(str(row["replay"]))),
    )


def mutants(results: Sequence[MutantResult], axes: Mapping[str, Sequence[str]]) -> Table:
    """Near misses with their outcomes, and the witnesses that tell them from the claim."""
    rows = tuple(
        (
            words(mutant.title),
            words(unbroken(OUTCOMES[mutant.outcome])),
            words(Code(line(mutant.witness, axes))) if mutant.witness else words(mutant.message),
        )
        for mutant in results
    )
    return Table(("Near miss", "Outcome", "Where it differs"), rows)


def section(title: str, blocks: Iterable[Block]) -> list[Block]:
    """A heading with its blocks, or nothing where there are none."""
    body = list(blocks)
    return [Heading(2, words(title)), *body] if body else []
