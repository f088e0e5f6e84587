"""What a straight line of assignments keeps in memory: nothing unused, nothing longer than needed.

A line whose name is never used is dropped, a name is deleted after its last use, and a result is written
over its left operand where nothing else lives there: temporaries that fit the cache are what batched
arithmetic on a CPU is limited by.
"""

import re
from collections.abc import Mapping, Sequence

NAME = re.compile(r"\b[vemt]\d+\b")


def finish(
    lines: Sequence[str], results: Sequence[str], views: Mapping[str, str], reusable: Mapping[str, str]
) -> list[str]:
    """The lines of a function that returns ``results``.

    ``views`` names, for an array, another one whose memory it may share; ``reusable``, for the result of an
    arithmetic operation, the left operand where that has the result's shape.
    """
    lines = needed(lines, results)
    last = last_uses(lines, results)
    owner: dict[str, str] = {}
    sharing: dict[str, set[str]] = {}
    body: list[str] = []
    for k, line in enumerate(lines):
        target, _, text = line.partition(" = ")
        left = reusable.get(target, target)
        root = owner.get(left, left)
        operation = text.split(" ")
        free = root in sharing and all(last[name] <= k for name in sharing[root])
        if free and len(operation) == 3 and operation[0] == left and owner.get(operation[2]) != root:
            body += [f"{left} {operation[1]}= {operation[2]}", f"{target} = {left}"]
        else:
            body.append(line)
            shared = views.get(target, target)
            root = owner.get(shared, shared)
        owner[target] = root
        if NAME.fullmatch(root):
            sharing.setdefault(root, set()).add(target)
        ended = [name for name in dict.fromkeys(NAME.findall(line)) if last[name] == k]
        if ended:
            body.append(f"del {', '.join(ended)}")
    return body


def needed(lines: Sequence[str], results: Sequence[str]) -> list[str]:
    """The lines that the results depend on."""
    names = {name for result in results for name in NAME.findall(result)}
    kept: list[str] = []
    for line in reversed(lines):
        target, _, text = line.partition(" = ")
        if target in names:
            names.update(NAME.findall(text))
            kept.append(line)
    return kept[::-1]


def last_uses(lines: Sequence[str], results: Sequence[str]) -> dict[str, int]:
    """The line after which each name is of no use; past the end for what a result needs."""
    last = {name: k for k, line in enumerate(lines) for name in NAME.findall(line)}
    return last | {name: len(lines) for result in results for name in NAME.findall(result)}
