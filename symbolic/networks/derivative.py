"""Product and chain rule on networks, and substitution of networks for heads."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

from . import atoms
from .algebra import (
    NO_RENAMING,
    Renaming,
    add,
    bind,
    collect,
    constant,
    contract,
    delta_head,
    level,
    multiply,
    pi,
    product,
    raw_terms,
    rename,
)
from .network import ZERO, Head, Index, Monomial, Network, Rational

Table: TypeAlias = Mapping[Head, tuple[tuple[Index, ...], Network]]
"""For each head, its formal indices and the network that takes its place."""


class UnknownDerivativeError(Exception):
    """The derivative of a feature map by its point, of which nothing is known."""


def differentiate(network: Network, by: Head, at: tuple[Index, ...], *, deep: bool = True) -> Network:
    """The derivative by one entry of an array.

    Without ``deep``, atoms count as constants: the formal derivative of a polynomial in the visible entries.

    Raises:
        UnknownDerivativeError: a feature map depends on the array.
    """
    memo: dict[Head, Network] = {}

    def of_network(inner: Network) -> Network:
        terms: dict[Monomial, Rational] = {}
        if by not in inner.heads:
            return ZERO
        marks = "?" * (1 + level((*inner.free, *at)))
        for c, factors, dummies in raw_terms(inner, marks):
            for k, (head, indices, e) in enumerate(factors):
                for b, more, bound in raw_terms(of_factor(head, indices), marks + "?"):
                    rest = [*factors[:k], *factors[k + 1 :], *more]
                    if e != 1:
                        rest.append((head, indices, e - 1))
                    collect(terms, c * e * b, rest, dummies | bound)
        return Network(terms)

    def of_factor(head: Head, indices: tuple[Index, ...]) -> Network:
        if head == by:
            deltas = [(delta_head(i.sort), (i, j), 1) for i, j in zip(indices, at, strict=True)]
            return product(1, deltas)
        if head.argument is None or not deep or by not in head.argument.heads:
            return ZERO
        if head not in memo:
            memo[head] = of_network(head.argument)
        return chain_rule(head, indices, memo[head]) if memo[head] else ZERO

    return of_network(network)


def chain_rule(head: Head, indices: tuple[Index, ...], inner: Network) -> Network:
    """The derivative of an atom at its indices, given that of its argument over its place holders.

    Raises:
        UnknownDerivativeError: the atom is a feature map.
    """
    holders = tuple(atoms.placeholder(i.sort, k) for k, i in enumerate(indices))
    if head.kind == "inverse":
        (i, j), (u, v) = indices, (Index(indices[0].sort, "?u"), Index(indices[1].sort, "?v"))
        left, right = product(-1, [(head, (i, u), 1)]), product(1, [(head, (v, j), 1)])
        middle = rename(inner, dict(zip(holders, (u, v), strict=True)))
        return bind(multiply(left, middle, right), u, v)
    here = dict(zip(holders, indices, strict=True))
    inner = rename(inner, here)
    argument, itself = atoms.instantiate(head, indices), product(1, [(head, indices, 1)])
    match head.kind:
        case "exp":
            return multiply(itself, inner)
        case "log":
            return multiply(atoms.power(argument, -1), inner)
        case "box":
            return inner
        case "activation":
            return multiply(atoms.activation(head.name, len(head.slots) + 1, argument), inner)
        case "function":
            return multiply(SLOPES[head.name](itself, argument), inner)
        case "unknown":
            return by_arguments(head, indices, argument, inner)
    raise UnknownDerivativeError(head.name)


SLOPES: Mapping[str, Callable[[Network, Network], Network]] = {
    "tanh": lambda value, _: constant(1) - multiply(value, value),
    "sin": lambda _, argument: atoms.function("cos", argument),
    "cos": lambda _, argument: -atoms.function("sin", argument),
    "sigmoid": lambda value, _: value - multiply(value, value),
    "softplus": lambda _, argument: atoms.function("sigmoid", argument),
    "erf": lambda _, argument: multiply(
        constant(2), atoms.power(pi(), Fraction(-1, 2)), atoms.exp(-multiply(argument, argument))
    ),
    "step": lambda _value, _argument: ZERO,
}
"""Derivatives in terms of a function's value and argument; that of a step is 0, also at its jump."""


def by_arguments(head: Head, indices: tuple[Index, ...], encoded: Network, inner: Network) -> Network:
    """The chain rule for a function of whole arrays: a derivative by each entry of each of them.

    ``encoded`` is Σₖ Σ_c markerₖ[c] xₖ[c], and ``inner`` its derivative, in which each term has one marker.
    """
    lead = indices[: head.outer]
    parts = []
    for c, factors, dummies in raw_terms(inner, "?" * (1 + level((*indices, *encoded.free, *inner.free)))):
        ((marker, entry, _),) = [f for f in factors if f[0].kind == "marker"]
        rest = product(c, [f for f in factors if f[0].kind != "marker"])
        slots = (*head.slots, f"{marker.name}:{len(entry)}")
        value = atoms.unknown("unknown", head.name, (*lead, *entry), slots, encoded)
        parts.append(contract([(rest, NO_RENAMING), (value, NO_RENAMING)], dummies))
    return add(parts)


def substitute(network: Network, table: Table) -> Network:
    """Networks in the place of heads, all at once, inside atoms too."""
    memo: dict[Head, Network | None] = {}
    keys = frozenset(table)

    def of_argument(head: Head) -> Network | None:
        if head not in memo:
            assert head.argument is not None
            touched = not keys.isdisjoint(head.argument.heads)
            memo[head] = of_network(head.argument) if touched else None
        return memo[head]

    def of_network(inner: Network) -> Network:
        if keys.isdisjoint(inner.heads):
            return inner
        return add(of_term(*term) for term in raw_terms(inner, "?" * (1 + level(inner.free))))

    def of_term(
        c: Rational, factors: list[tuple[Head, tuple[Index, ...], Rational]], dummies: set[Index]
    ) -> Network:
        parts: list[tuple[Network, Renaming]] = []
        plain = []
        for head, indices, e in factors:
            if head in table:
                formal, value = table[head]
                new = rename(value, dict(zip(formal, indices, strict=True)))
            elif head.argument is not None and (argument := of_argument(head)) is not None:
                new = atoms.rebuild(head, indices, argument)
            else:
                plain.append((head, indices, e))
                continue
            parts.append((atoms.power(new, e), NO_RENAMING))
        return contract([(product(c, plain), NO_RENAMING), *parts], dummies)

    return of_network(network)
