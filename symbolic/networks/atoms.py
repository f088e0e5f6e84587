"""Atoms: functions that keep their argument, made by ``powers`` and ``functions``.

Here they are made afresh when their argument or indices change, and here is what the normal form does
with them inside a product.
"""

from collections.abc import Mapping

from . import algebra
from .algebra import constant, contract, multiply, product
from .functions import activation as activation
from .functions import function as function
from .functions import inverse as inverse
from .functions import slot_width as slot_width
from .functions import step as step
from .functions import unknown as unknown
from .network import Head, Index, Network, Rational
from .partiality import restrictions
from .placement import Place
from .placement import instantiate as instantiate
from .placement import placed as placed
from .placement import placeholder as placeholder
from .placement import sign as sign
from .placement import single as single
from .positivity import is_positive as is_positive
from .powers import common_factors as common_factors
from .powers import exp as exp
from .powers import log as log
from .powers import power as power

TOTAL = frozenset({"exp", "function", "activation", "feature"})
"""Kinds defined for every value of their argument."""


def rebuild(head: Head, indices: tuple[Index, ...], argument: Network | None = None) -> Network:
    """An atom at its indices, made afresh from its argument or from what is to stand in its place.

    The argument of an inverse is the whole matrix, whatever the entry: it is never taken at the indices.
    """
    if head.kind == "inverse":
        matrix = head.argument if argument is None else argument
        assert matrix is not None
        holders = [placeholder(i.sort, k) for k, i in enumerate(indices)]
        return algebra.rename(inverse(matrix, *holders), dict(zip(holders, indices, strict=True)))
    inner = instantiate(head, indices, argument)
    match head.kind:
        case "exp":
            return exp(inner)
        case "log":
            return log(inner)
        case "box":
            return inner
        case "function":
            return function(head.name, inner)
        case "activation":
            return activation(head.name, len(head.slots), inner)
        case "unknown" | "feature":
            return unknown(head.kind, head.name, indices[: head.outer], head.slots, inner)
    raise ValueError(f"{head!r} has no argument")


def replacement(merged: Mapping[Place, Rational], masked: bool) -> tuple[Place, Rational, Network] | None:
    """A power of one of the factors that the normal form writes otherwise, and how.

    A 0/1 factor becomes 1 inside a function only where nothing is divided by then that was not before: the
    domain is read off the normal form.
    """
    for place, e in merged.items():
        head, indices = place
        if head.kind == "causal" and (head, indices[::-1]) in merged:
            return place, e, algebra.delta(*indices)
        if head.argument is None:
            continue
        if head.kind == "box" and e >= 1:
            return place, 1, instantiate(head, indices)
        if head.kind == "box" and e < 0 and head.argument.terms.keys() == {()}:
            return place, -1, power(head.argument, -1)
        if head.kind == "function" and head.name == "cos" and e >= 2:
            sine = function("sin", instantiate(head, indices))
            return place, 2, constant(1) - multiply(sine, sine)
        inner = indices[head.outer :]
        if head.kind != "inverse" and len(set(inner)) < len(inner):
            return place, e, power(rebuild(head, indices), e)
        if masked and head.kind in TOTAL and head.open_masks:
            ones = {
                (mask, positions)
                for mask, positions in head.open_masks
                if (mask, mask.orient(tuple(indices[p] for p in positions))) in merged
            }
            if ones:
                assert head.argument is not None
                try:
                    simpler = without_masks(head.argument, ones)
                except ZeroDivisionError:
                    continue
                if restrictions(simpler) <= restrictions(head.argument):
                    return place, e, power(rebuild(head, indices, simpler), e)
    return None


def without_masks(argument: Network, ones: set[tuple[Head, tuple[int, ...]]]) -> Network:
    """The argument where some 0/1 factors, given by the placeholders they stand at, are 1."""
    parts = []
    for c, factors, dummies in algebra.raw_terms(argument, "?"):
        networks = [(constant(c), algebra.NO_RENAMING)]
        for head, indices, e in factors:
            names = [i.name for i in indices]
            places = tuple(int(n[1:]) if n[0] == "$" else -1 for n in names)
            if (head, places) in ones:
                continue
            below = {
                (mask, positions)
                for mask, positions in head.open_masks
                if (mask, tuple(places[p] for p in positions)) in ones
            }
            if below:
                assert head.argument is not None
                inner = without_masks(head.argument, below)
                networks.append((power(rebuild(head, indices, inner), e), algebra.NO_RENAMING))
            else:
                networks.append((product(1, [(head, indices, e)]), algebra.NO_RENAMING))
        parts.append(contract(networks, dummies))
    return algebra.add(parts)
