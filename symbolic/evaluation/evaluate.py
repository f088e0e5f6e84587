"""Whether networks vanish mod p at random inputs: every step of a proof has to."""

from collections.abc import Mapping, Sequence

from ..networks.network import Head, Network
from .hypotheses import definitions_in, grams_in
from .model import NO_DEFINITIONS, Assignment, Model
from .points import WIDTH
from .residues import UnmodelledError

ATTEMPTS = 6
ASSIGNMENTS = 3


def evaluate(network: Network, model: Model, at: Assignment) -> int:
    """The value of a network, mod the largest prime of the tower.

    Raises:
        UnmodelledError: no such value exists at this draw.
    """
    return model.network(network, at)


def vanishes(
    network: Network,
    hypotheses: Sequence[Network] = (),
    *,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
) -> bool | None:
    """Whether a network is 0 mod p at random inputs that satisfy the hypotheses.

    True leaves a chance of error of about degree/2⁶³; False is certain. None: no inputs were found at which
    all values exist and all hypotheses hold, or logarithms make another value than 0 say nothing.
    """
    return next(iter(vanish([network], hypotheses, seed=seed, sizes=sizes)))


def vanish(
    networks: Sequence[Network],
    hypotheses: Sequence[Network] = (),
    *,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
    definitions: Mapping[Head, Network] = NO_DEFINITIONS,
) -> list[bool | None]:
    """``vanishes`` for each of several networks, at common inputs where that is possible.

    ``definitions`` are arrays given by networks in the free indices ``$0``, ``$1`` and so on.
    """
    sizes = default_sizes([*networks, *hypotheses, *definitions.values()]) if sizes is None else sizes
    given = {**definitions_in(hypotheses), **definitions}
    grams = grams_in(hypotheses)
    answers: list[bool | None] = [None] * len(networks)
    for attempt in range(ATTEMPTS):
        model = Model(sizes, seed + attempt, given, grams)
        if not all(is_zero(h, model) for h in hypotheses):
            continue
        for k, network in enumerate(networks):
            if answers[k] is None:
                answers[k] = is_zero(network, model)
        if None not in answers:
            break
    return answers


def is_zero(network: Network, model: Model) -> bool | None:
    """Whether the value is 0 at some random values of the free indices; None where it does not exist.

    None, too, for another value of what has logarithms: their table is random and turns no product into a
    sum, since no map from residues to residues does.
    """
    try:
        for attempt in range(ASSIGNMENTS if network.free else 1):
            at = {i: model.draw("index", i, attempt) % model.sizes[i.sort] for i in network.free}
            if model.network(network, at):
                return None if any(head.kind == "log" for head in network.heads) else False
    except UnmodelledError:
        return None
    return True


def default_sizes(networks: Sequence[Network]) -> dict[str, int]:
    """2 and 3 alternately; feature axes are wide enough for the points."""
    heads = frozenset[Head]().union(*(network.heads for network in networks))
    sorts = {s for h in heads for s in h.sorts} | {h.name for h in heads if h.kind == "size"}
    sorts |= {i.sort for network in networks for i in network.free}
    sizes = {sort: 2 + k % 2 for k, sort in enumerate(sorted(sorts))}
    return sizes | {h.sorts[0]: WIDTH for h in heads if h.kind == "feature"}
