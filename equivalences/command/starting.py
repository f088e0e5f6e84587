"""``new``: writes a claim of one's own that runs as it is, to be changed from there."""

import argparse
from pathlib import Path

from equivalences.catalogue import catalogue
from equivalences.language.claim import ID, RESERVED

from .status import Status, UsageError

TEMPLATE = '''"""Linear attention is one gradient-descent step on a squared error, from zero weights.

Replace this by your own statement: two functions of the same inputs, written independently of each other.
"""

from equivalences import Array, Claim, Mutant, Source, dot, gradient, real, zeros


def attention(keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """Unnormalised linear attention.  [n d], [n v], [d], [] -> [v]"""
    return eta * (keys @ query) @ values


def loss(W: Array, keys: Array, values: Array) -> Array:
    """Half the squared error.  [v d], [n d], [n v] -> []"""
    error = values - keys @ W.T
    return dot(error, error) / 2


def gradient_step(keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """One step from zero, applied to the query.  [n d], [n v], [d], [] -> [v]"""
    W0 = zeros("v d")
    return (W0 - eta * gradient(loss)(W0, keys, values)) @ query


def step_up(keys: Array, values: Array, query: Array, eta: Array) -> Array:
    """A near miss: the step with the wrong sign.  [n d], [n v], [d], [] -> [v]"""
    W0 = zeros("v d")
    return (W0 + eta * gradient(loss)(W0, keys, values)) @ query


claim = Claim(
    "@ID@",
    title="Linear attention is one gradient-descent step from zero",
    given={"keys": real("n d"), "values": real("n v"), "query": real("d"), "eta": real()},
    lhs=attention,
    rhs=gradient_step,
    source=Source("original", ""),
    stops="The step starts from zero; from other weights their residual is attended to.",
    mutants=(Mutant("a step up the loss", rhs=step_up),),
)
'''


def run(options: argparse.Namespace) -> Status:
    """Write ``claim_<name>.py`` in the current folder.

    Raises:
        UsageError: the name is no id, or one of the catalogue, or the file exists.
    """
    name = options.name.lower().replace("_", "-").replace(" ", "-")
    if not ID.fullmatch(name) or name in RESERVED or len(name) > 80:
        raise UsageError(
            f"{options.name!r} is no id: write lower-case words joined by hyphens, such as my-claim"
        )
    taken = next((entry for entry in catalogue() if entry.id == name), None)
    if taken is not None:
        raise UsageError(f"{name!r} is a claim of the catalogue, {taken.path}:{taken.line}: choose another id")
    file = Path(f"claim_{name.replace('-', '_')}.py")
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(TEMPLATE.replace("@ID@", name))
    except FileExistsError:
        raise UsageError(f"{file} exists already") from None
    print(f"Created {file}, which runs as it is. Try\n\n    python -m equivalences verify {file}\n")
    return Status.VERIFIED
