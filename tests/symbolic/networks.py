"""Random products of tensor entries and atoms, for the laws of networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import strategies as st

from equivalences.symbolic.networks import algebra, atoms
from equivalences.symbolic.networks.network import Factor, Head, Index, Network

SORTS = ("n", "d")
FREE = (Index("n", "i"), Index("n", "j"), Index("d", "a"))
TENSORS = (
    Head(kind="tensor", name="A", sorts=("n", "d")),
    Head(kind="tensor", name="B", sorts=("d", "n")),
    Head(kind="tensor", name="S", sorts=("d", "d"), symmetries=((1, 0),)),
    Head(kind="tensor", name="M", sorts=("n", "n"), zero_one=True),
    Head(kind="tensor", name="p", sorts=("n",), positive=True),
    Head(kind="tensor", name="c"),
    algebra.causal_head("n"),
    algebra.delta_head("n"),
    algebra.delta_head("d"),
)
VARIED = TENSORS[0]
"""The array by which networks are differentiated."""


@dataclass(frozen=True)
class Product:
    """A product that is not in normal form: the same dummies, renamed, are the same sum."""

    coefficient: Fraction
    factors: tuple[Factor, ...]
    dummies: tuple[Index, ...]

    def normal(self, names: Sequence[str] = "xyz") -> Network:
        """The normal form, the dummies having other names while it is made."""
        new = {i: Index(i.sort, f"?{name}") for i, name in zip(self.dummies, names, strict=False)}
        factors = [(h, tuple(new.get(i, i) for i in ix), e) for h, ix, e in self.factors]
        return algebra.product(self.coefficient, factors, set(new.values()))

    def raw(self) -> Network:
        """As written; dummies that no factor has are multiplied by the size of their sort."""
        used = {i for _, indices, _ in self.factors for i in indices}
        sizes: list[Factor] = [(algebra.size_head(i.sort), (), 1) for i in self.dummies if i not in used]
        return Network({(*self.factors, *sizes): self.coefficient})


def indices_of(sort: str, dummies: tuple[Index, ...]) -> st.SearchStrategy[Index]:
    return st.sampled_from([i for i in (*FREE, *dummies) if i.sort == sort])


@st.composite
def products(draw: st.DrawFn, *, atom_depth: int = 1) -> Product:
    """A few factors over the free indices i, j, a and up to three dummies."""
    dummies = tuple(
        Index(draw(st.sampled_from(SORTS)), f"~{k}") for k in range(draw(st.integers(min_value=0, max_value=3)))
    )
    factors: list[Factor] = []
    for _ in range(draw(st.integers(min_value=1, max_value=4))):
        if atom_depth and draw(st.integers(min_value=0, max_value=3)) == 0:
            factors += draw(atom_factors(dummies, atom_depth - 1))
        else:
            head = draw(st.sampled_from(TENSORS))
            factors.append((head, tuple(draw(indices_of(s, dummies)) for s in head.sorts), 1))
    coefficient = draw(st.sampled_from([Fraction(c) for c in ("1", "-1", "2", "1/2", "-3/4")]))
    return Product(coefficient, tuple(factors), dummies)


@st.composite
def sums(draw: st.DrawFn, *, atom_depth: int = 1) -> Network:
    """A sum of products in normal form."""
    several = draw(st.lists(products(atom_depth=atom_depth), min_size=1, max_size=3))
    return algebra.add(p.normal() for p in several)


@st.composite
def atom_factors(draw: st.DrawFn, dummies: tuple[Index, ...], depth: int) -> list[Factor]:
    """The factors of a function of a network whose free indices are bound outside it."""
    argument, u, v = draw(sums(atom_depth=depth)), Index("d", "u"), Index("d", "v")
    kind = draw(st.sampled_from(["exp", "box", "log", "tanh", "sigmoid", "step", "activation", "inverse"]))
    match kind:
        case "exp":
            made = atoms.exp(argument)
        case "box":
            made = atoms.power(argument + algebra.constant(7), -1)
        case "log":
            made = atoms.log(algebra.multiply(argument, argument) + algebra.constant(1))
        case "inverse":
            matrix = algebra.entry(TENSORS[2], u, v) + algebra.delta(u, v).scale(2)
            made = atoms.inverse(matrix, u, v)
        case "activation":
            made = atoms.activation("f", 0, argument)
        case _:
            made = atoms.function(kind, argument)
    monomial = next(iter(made.terms), ())
    kept = [f for f in monomial if not any(i.is_dummy for i in f[1])]
    places = {i: draw(indices_of(i.sort, dummies)) for i in (*FREE, u, v)}
    return [(h, tuple(places.get(i, i) for i in ix), e) for h, ix, e in kept]
