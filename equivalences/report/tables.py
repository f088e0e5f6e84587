"""Evidence as blocks: the derivation, the exact and certified checks, the stress check, the mutants."""

from collections.abc import Iterable, Mapping, Sequence

from equivalences.language.evidence import Evidence, Json
from equivalences.verification import MutantResult

from .blocks import Block, Code, Details, Formula, Heading, Inline, Items, Line, Paragraph, Table, words
from .layout import broken
from .standing import unbroken
from .witness import line

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
        blocks.append(steps(derivation))
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
            items.append(words(f"Modulo random primes: does not apply: {exact['reason']}."))
    if rational := evidence.detail.get("rational"):
        if rational["applicable"]:
            bounded = evidence.detail.get("relation") == "bound"
            holds = "the bound holds" if bounded else "the difference is 0"
            items.append(words(f"Over the rationals: {holds} at {rational['instances']} instances."))
        else:
            items.append(words(f"Over the rationals: does not apply: {rational['reason']}."))
    if items:
        blocks.append(Items(tuple((Paragraph(item),) for item in items)))
    bound = evidence.detail.get("relation") == "bound"
    if balls := evidence.detail.get("balls"):
        digits = evidence.detail.get("digits")
        found = "what exceeds the bound is 0" if bound else "every enclosure contains 0"
        blocks.append(Paragraph(words(f"In ball arithmetic, to {digits} digits, where {found}:")))
        rows = tuple(
            (
                words(str(row["case"])),
                words(Code(_pairs(row["sizes"]))),
                words(Code(str(row["value"]))),
                words(Code(str(row["gap"]))),
                words(str(row["bits"])),
            )
            for row in balls
        )
        header = ("Case", "Sizes", "Left side, first entry", "Difference at most", "Bits")
        if bound:
            header = ("Case", "Sizes", "Left and right side, first entry", "Excess at most", "Bits")
        blocks.append(Table(header, rows, ("right", "left", "left", "left", "right")))
    if climb := evidence.detail.get("climb"):
        text = (
            f"Climbing towards a violation, at {climb['evaluations']} instances, met none; the least relative "
            f"slack on the way was {climb['slack']}."
        )
        blocks.append(Paragraph(words(text)))
    if limit := evidence.detail.get("limit"):
        blocks += approaching(limit)
    return blocks


def approaching(limit: Mapping[str, Json]) -> list[Block]:
    """What is left on the way to a limit, over the stated rate; and the constant that it tends to."""
    where = f"{limit['variable']} = {limit['to']} + step"
    text = f"On the way to the limit, at the case “{limit['case']}”, where {where}:"
    rows = tuple(
        (words(Code(row["step"])), words(Code(row["gap"])), words(Code(row["over"]))) for row in limit["rows"]
    )
    rate = "Distance / step" + ("" if limit["order"] == 1 else f"^{limit['order']}")
    constant = f"The remainder is defined at the limit at every case, and here at most {limit['constant']}."
    return [
        Paragraph(words(text)),
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
