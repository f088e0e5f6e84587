"""Index networks: rational combinations of products of tensor entries, summed over dummy indices.

A network is a mapping from monomials to rational coefficients. A monomial is a sorted tuple of factors
``(head, indices, exponent)``; an index whose name starts with ``~`` is a dummy, summed over its sort, every
other one is free. So Σ_k A[i,k] B[k,j] has one monomial with the free indices i and j and the dummy ``~0``.
An index may occur any number of times.

Networks are made by ``algebra`` and ``atoms``, which keep them in normal form: equal networks are equal
mappings, for every size of every sort.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

Rational: TypeAlias = int | Fraction
"""An int where it is integral, else a Fraction: ``exact`` makes it so."""

Kind: TypeAlias = Literal[
    "tensor", "size", "delta", "causal", "shift", "marker", "exp", "log", "box", "inverse",
    "function", "activation", "unknown", "feature",
]  # fmt: skip

Permutation: TypeAlias = tuple[int, ...]


def earlier(axis: str) -> str:
    """The sort of an axis's tokens before a new one: there may be none, while an axis has at least one."""
    return axis + "°"


def may_be_empty(sort: str) -> bool:
    """Whether a sort may have no values."""
    return sort.endswith("°")


class Index(NamedTuple):
    """An index and its sort, the name of the axis that it runs over."""

    sort: str
    name: str

    @property
    def is_dummy(self) -> bool:
        """Whether it is summed."""
        return self.name[0] == "~"


def exact(number: Rational) -> Rational:
    """The number as an int if it is integral."""
    return number.numerator if number.denominator == 1 else number


@dataclass(frozen=True, eq=False, kw_only=True)
class Head:
    """What stands before the indices of a factor. Heads are equal if and only if their keys are.

    Kinds without an argument:
        ``tensor`` an array of the claim (``name``), ``size`` the size of the sort ``name`` (no index),
        ``delta`` 1 where two indices agree, ``causal`` 1 where the second index is at most the first,
        ``shift`` 1 where the second index is just before the first,
        ``marker`` a place holder for the entries of the array handed to an unknown function or feature map.

    Kinds with an ``argument``, a network in which the free index ``$k`` stands for the head's index k:
        ``exp`` and ``log``; ``box`` the argument itself, kept whole because it is a denominator or under a
        root; ``inverse`` the entry ($0, $1) of the inverse of a matrix; ``function`` tanh, sin, cos, erf,
        sigmoid, softplus or step (1 where positive, else 0); ``activation`` an unknown function of one
        number, with one entry of ``slots`` for each derivative; ``unknown`` a function of whole arrays;
        ``feature`` a feature map at a point.

    The arrays xₖ handed to an ``unknown`` or ``feature`` are encoded as Σₖ Σ_c markerₖ[c] xₖ[c]. Its first
    ``outer`` indices are those of the value (the feature), then one group for each derivative; ``slots``
    names the marker by which each derivative is taken.

    Attributes:
        sorts: the sort of each index.
        zero_one: whether every value is 0 or 1.
        positive: whether every value is positive.
        definite: whether it is a positive definite matrix.
        symmetries: the permutations of the indices, besides the identity, that change nothing.
    """

    kind: Kind
    name: str = ""
    sorts: tuple[str, ...] = ()
    argument: "Network | None" = None
    outer: int = 0
    slots: tuple[str, ...] = ()
    zero_one: bool = False
    positive: bool = False
    definite: bool = False
    symmetries: tuple[Permutation, ...] = ()
    key: str = field(init=False)

    def __post_init__(self) -> None:
        sorts = ",".join(self.sorts)
        flags = "".join(str(int(x)) for x in (self.zero_one, self.positive, self.definite))
        text = f"{self.kind} {self.name} [{sorts}] {flags}"
        if self.argument is not None:
            text += f" {self.outer} {len(self.slots)}:{';'.join(self.slots)} {self.argument.key}"
        elif self.symmetries:
            text += f" {self.symmetries}"
        object.__setattr__(self, "key", text)
        object.__setattr__(self, "_hash", hash(text))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Head) and self.key == other.key)

    def __hash__(self) -> int:
        return self._hash  # type: ignore[attr-defined, no-any-return]  # no field: it is made of the key

    def __repr__(self) -> str:
        return self.name if self.kind == "tensor" else f"{self.kind}{self.name}⟨{self.argument or ''}⟩"

    @cached_property
    def open_masks(self) -> "frozenset[tuple[Head, tuple[int, ...]]]":
        """The 0/1 heads in the argument, with the positions of the head's indices at which they stand.

        None of an inverse, whose argument is the whole matrix and not what stands at its indices.
        """
        if self.kind == "inverse":
            return frozenset()
        found = set()
        for monomial in self.argument.terms if self.argument else ():
            for head, indices, _ in monomial:
                inner = {(head, tuple(range(len(indices))))} if head.zero_one else set(head.open_masks)
                for mask, positions in inner:
                    names = [indices[p].name for p in positions]
                    if all(name[0] == "$" for name in names):
                        found.add((mask, tuple(int(name[1:]) for name in names)))
        return frozenset(found)

    def orient(self, indices: tuple[Index, ...]) -> tuple[Index, ...]:
        """The least order of the indices that the symmetries allow."""
        others = (tuple(indices[k] for k in p) for p in self.symmetries)
        return min(indices, *others) if self.symmetries else indices


Factor: TypeAlias = tuple[Head, tuple[Index, ...], Rational]
Monomial: TypeAlias = tuple[Factor, ...]


def factor_order(factor: Factor) -> tuple[str, tuple[Index, ...], Rational]:
    """The key by which the factors of a monomial are sorted."""
    return (factor[0].key, factor[1], factor[2])


def monomial_text(monomial: Monomial) -> str:
    """A monomial, unambiguously."""
    return " ".join(f"{h.key}({','.join(f'{s}.{n}' for s, n in ix)})^{e}" for h, ix, e in monomial)


@dataclass(frozen=True, eq=False)
class Network:
    """A combination of monomials, none with coefficient 0; the empty one is zero."""

    terms: Mapping[Monomial, Rational]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(self.key)

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def __repr__(self) -> str:
        def show(monomial: Monomial, c: Rational) -> str:
            parts = [f"{h!r}[{','.join(i.name for i in ix)}]" + f"^{e}" * (e != 1) for h, ix, e in monomial]
            return f"{c}·" + "·".join(parts)

        return " + ".join(show(m, c) for m, c in self.terms.items()) or "0"

    @cached_property
    def key(self) -> str:
        """A hash of the normal form: equal for equal networks, in every process."""
        lines = sorted(f"{c} {monomial_text(m)}" for m, c in self.terms.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]

    @cached_property
    def free(self) -> tuple[Index, ...]:
        """The free indices, sorted."""
        found = {i for m in self.terms for _, ix, _ in m for i in ix if not i.is_dummy}
        return tuple(sorted(found))

    def __add__(self, other: "Network") -> "Network":
        return combine(self, other, 1)

    def __sub__(self, other: "Network") -> "Network":
        return combine(self, other, -1)

    def __neg__(self) -> "Network":
        return self.scale(-1)

    def scale(self, by: Rational) -> "Network":
        """A multiple."""
        return Network({m: exact(c * by) for m, c in self.terms.items()} if by else {})

    @cached_property
    def heads(self) -> frozenset[Head]:
        """The heads of the factors, and of their arguments."""
        own = {head for m in self.terms for head, _, _ in m}
        return frozenset(own.union(*(h.argument.heads for h in own if h.argument is not None)))

    def to_json(self) -> Any:
        """Plain data: a list of ``[coefficient, [[head, [[sort, name], …], exponent], …]]``."""
        return [
            [str(c), [[head_to_json(h), [list(i) for i in ix], str(e)] for h, ix, e in m]]
            for m, c in sorted(self.terms.items(), key=lambda item: monomial_text(item[0]))
        ]


ZERO = Network({})


def combine(left: Network, right: Network, by: Rational) -> Network:
    """left + by · right."""
    terms = dict(left.terms)
    for monomial, c in right.terms.items():
        accumulate(terms, monomial, by * c)
    return Network(terms)


def accumulate(terms: dict[Monomial, Rational], monomial: Monomial, c: Rational) -> None:
    """Add to a coefficient, and forget it where it becomes 0."""
    value = exact(terms.get(monomial, 0) + c)
    if value:
        terms[monomial] = value
    else:
        terms.pop(monomial, None)


def head_to_json(head: Head) -> Any:
    """Plain data; what has its default value is left out."""
    data: dict[str, Any] = {"kind": head.kind}
    if head.name:
        data["name"] = head.name
    if head.sorts:
        data["sorts"] = list(head.sorts)
    if head.argument is not None:
        data |= {"argument": head.argument.to_json(), "outer": head.outer, "slots": list(head.slots)}
    for flag in ("zero_one", "positive", "definite"):
        if getattr(head, flag):
            data[flag] = True
    if head.symmetries:
        data["symmetries"] = [list(p) for p in head.symmetries]
    return data


def head_from_json(data: Any) -> Head:
    """The inverse of ``head_to_json``."""
    return Head(
        kind=data["kind"],
        name=data.get("name", ""),
        sorts=tuple(data.get("sorts", ())),
        argument=from_json(data["argument"]) if "argument" in data else None,
        outer=data.get("outer", 0),
        slots=tuple(data.get("slots", ())),
        zero_one=data.get("zero_one", False),
        positive=data.get("positive", False),
        definite=data.get("definite", False),
        symmetries=tuple(tuple(p) for p in data.get("symmetries", ())),
    )


def from_json(data: Any) -> Network:
    """The inverse of ``Network.to_json``; for display and tests, the checker trusts no stored network."""

    def number(text: str) -> Rational:
        return exact(Fraction(text))

    def factor(entry: Any) -> Factor:
        head, indices, exponent = entry
        return head_from_json(head), tuple(Index(*i) for i in indices), number(exponent)

    return Network({tuple(factor(f) for f in factors): number(c) for c, factors in data})
