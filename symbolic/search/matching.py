"""Finding a rule's leading monomial inside a product."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..domain import Rule
from ..networks.network import Factor, Index, Monomial, Network, Rational


@dataclass(frozen=True, eq=False)
class Pattern:
    """A rule, oriented: the monomial that it replaces, and that one's coefficient."""

    rule: Rule
    monomial: Monomial
    coefficient: Rational
    length: int


def pattern_of(rule: Rule, network: Network, *, turned: bool = False) -> Pattern | None:
    """The rule's largest monomial that has all its free indices; None where there is none.

    Of several that are as large the last in the order of names is taken; ``turned``, the first.
    """
    free = set(network.free)
    whole = [m for m in network.terms if {i for _, ix, _ in m for i in ix if not i.is_dummy} == free]
    if not whole:
        return None
    largest = [m for m in whole if weight(m) == max(map(weight, whole))]
    lead = (min if turned else max)(largest, key=lambda m: [(h.key, ix) for h, ix, _ in m])
    return Pattern(rule, lead, network.terms[lead], len(network))


def weight(monomial: Monomial) -> Rational:
    """The degree, deltas not counted."""
    return sum((e if e > 0 else -e) for head, _, e in monomial if head.kind != "delta")


def match(
    pattern: Pattern, factors: list[Factor], dummies: set[Index]
) -> Iterator[tuple[dict[Index, Index], list[Factor]]]:
    """Every way to see the pattern in a product: its free indices' images, and the other factors."""
    for found, rest in placements(pattern.monomial, factors, {}):
        summed = [found[i] for i in found if i.is_dummy]
        free = {i: found[i] for i in found if not i.is_dummy}
        elsewhere = {i for _, ix, _ in rest for i in ix} | set(free.values())
        alone = len(set(summed)) == len(summed) and all(i in dummies and i not in elsewhere for i in summed)
        if alone:
            yield free, rest


def placements(
    pattern: Sequence[Factor], factors: list[Factor], found: dict[Index, Index]
) -> Iterator[tuple[dict[Index, Index], list[Factor]]]:
    """Every assignment of indices under which the pattern's factors are among those given."""
    if not pattern:
        yield found, factors
        return
    (head, indices, e), *rest = pattern
    orders = [tuple(range(len(indices))), *head.symmetries]
    for k, (other, places, f) in enumerate(factors):
        if other != head or e * f < 0 or e * e > f * f:
            continue
        left = [*factors[:k], *([(other, places, f - e)] if f != e else []), *factors[k + 1 :]]
        for order in orders:
            extended = dict(found)
            if all(
                extended.setdefault(i, places[p]) == places[p] and i.sort == places[p].sort
                for i, p in zip(indices, order, strict=True)
            ):
                yield from placements(rest, left, extended)
