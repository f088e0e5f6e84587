"""What has to hold for a network's factors to be defined, where their form does not show it."""

from collections.abc import Mapping
from typing import NamedTuple

from .network import Head, Index, Network, Rational, exact
from .placement import placeholder
from .positivity import is_definite, is_nonnegative, is_positive

UNCHANGED: Mapping[Index, Index] = {}


class Restriction(NamedTuple):
    """A place at which a factor may not be 0, must not be negative, or has to be invertible.

    The indices are those of the network that was asked about; dummies are numbered by their first place.
    """

    need: str
    key: str
    indices: tuple[Index, ...]


def restrictions(network: Network) -> frozenset[Restriction]:
    """Every power, logarithm and inverse in a network, and in its atoms, that need not exist."""
    found: set[Restriction] = set()
    seen: set[tuple[Head, tuple[Index, ...], Rational]] = set()

    def visit(inner: Network, here: Mapping[Index, Index]) -> None:
        for monomial in inner.terms:
            for head, ix, e in monomial:
                indices = tuple(here.get(i, i) for i in ix)
                if (head, indices, e) in seen:
                    continue
                seen.add((head, indices, e))
                found.update(Restriction(need, head.key, pattern(indices)) for need in needs(head, e))
                if head.argument is not None:
                    visit(head.argument, {placeholder(i.sort, k): i for k, i in enumerate(indices)})

    visit(network, UNCHANGED)
    return frozenset(found)


def needs(head: Head, e: Rational) -> list[str]:
    """What the power of one factor needs, beyond what its form shows."""
    if head.positive:
        return []
    found = ["nonzero"] if e < 0 else []
    if not isinstance(exact(e), int) and not (head.kind == "box" and is_rootable(head)):
        found.append("nonnegative")
    if head.kind == "log" and not (head.argument is not None and is_positive(head.argument)):
        found.append("positive argument")
    if head.kind == "inverse":
        assert head.argument is not None
        row, column = (placeholder(sort, k) for k, sort in enumerate(head.sorts))
        if not is_definite(head.argument, row, column):
            found.append("invertible")
    return found


def is_rootable(head: Head) -> bool:
    """Whether an atom's argument is visibly nowhere negative."""
    return head.argument is not None and is_nonnegative(head.argument)


def pattern(indices: tuple[Index, ...]) -> tuple[Index, ...]:
    """The indices, the dummies numbered by their first place."""
    dummies = list(dict.fromkeys(i for i in indices if i.is_dummy))
    return tuple(Index(i.sort, f"~{dummies.index(i)}") if i.is_dummy else i for i in indices)
