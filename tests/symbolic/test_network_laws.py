"""Laws of the normal form and of the derivative, on random networks, decided by evaluation mod p."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import product as choices
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from equivalences.symbolic.evaluation.model import Model
from equivalences.symbolic.evaluation.residues import TOWER, UnmodelledError, inverse, power
from equivalences.symbolic.networks import algebra, atoms
from equivalences.symbolic.networks.derivative import differentiate
from equivalences.symbolic.networks.network import Head, Index, Network

from .networks import FREE, SORTS, TENSORS, VARIED, Product, products, sums

SIZES = {"n": 3, "d": 2}
P = TOWER[0]
MANY = settings(max_examples=150, deadline=None)


def value(network: Network, model: Model, at: Mapping[Index, int]) -> int:
    try:
        return model.network(network, at)
    except UnmodelledError:
        assume(False)
        raise


def places(seed: int) -> dict[Index, int]:
    return {i: (seed // 7**k) % SIZES[i.sort] for k, i in enumerate(FREE)}


@MANY
@given(products(), st.permutations("xyz"), st.randoms(use_true_random=False))
def test_the_normal_form_does_not_see_names_nor_order(p: Product, names: list[str], random: Random) -> None:
    factors = list(p.factors)
    random.shuffle(factors)
    assert Product(p.coefficient, tuple(factors), p.dummies).normal(names) == p.normal()


@MANY
@given(products(), st.integers(min_value=0, max_value=999))
def test_the_normal_form_has_the_value_of_what_was_written(p: Product, seed: int) -> None:
    assume(not any(head.kind == "log" for head in p.raw().heads))  # the table of logarithms is no logarithm
    model = Model(SIZES, seed)
    at = places(seed)
    assert value(p.normal(), model, at) == value(p.raw(), model, at)


@MANY
@given(sums(), sums(), st.integers(min_value=0, max_value=999))
def test_sums_and_products_of_networks_are_those_of_their_values(a: Network, b: Network, seed: int) -> None:
    model = Model(SIZES, seed)
    at = places(seed)
    x, y = value(a, model, at), value(b, model, at)
    assert value(a + b, model, at) == (x + y) % P
    assert value(algebra.multiply(a, b), model, at) == x * y % P
    total = sum(value(a, model, at | {FREE[0]: k}) for k in range(SIZES["n"]))
    assert value(algebra.bind(a, FREE[0]), model, at) == total % P


@MANY
@given(sums(atom_depth=0), sums(atom_depth=0), st.integers(min_value=0, max_value=999))
def test_networks_that_differ_have_different_values_somewhere(a: Network, b: Network, seed: int) -> None:
    # without atoms the normal form is complete; sizes beyond the number of indices of a monomial, and
    # several models, since a random mask may be 0 wherever it matters
    difference = a - b
    assume(difference)
    models = [Model({"n": 6, "d": 5}, seed + k) for k in range(20)]
    everywhere = list(choices(*(range(models[0].sizes[i.sort]) for i in FREE)))
    assert any(m.network(difference, dict(zip(FREE, at, strict=True))) for m in models for at in everywhere)


@MANY
@given(sums(), sums(), st.integers(min_value=0, max_value=999))
def test_exponentials_turn_sums_into_products(a: Network, b: Network, seed: int) -> None:
    model = Model(SIZES, seed)
    at = places(seed)
    both = atoms.exp(a + b)
    assert value(both, model, at) == value(algebra.multiply(atoms.exp(a), atoms.exp(b)), model, at)


def tangent(network: Network, model: Model, at: Mapping[Index, int], entry: tuple[int, ...]) -> int:
    """The derivative by one entry of ``VARIED``: dual numbers mod p, by brute force over the dummies."""
    total = 0
    for monomial, c in network.terms.items():
        dummies = sorted({i for _, ix, _ in monomial for i in ix if i.is_dummy})
        for choice in choices(*(range(model.sizes[i.sort]) for i in dummies)):
            local = {**at, **dict(zip(dummies, choice, strict=True))}
            x, dx = 1, 0
            for head, ix, e in monomial:
                where = tuple(local[i] for i in ix)
                y = model.head(head, where, 0)
                slope = model.number(e, 0) * power(y, e - 1, 0) if e != 1 else 1
                dy = slope * head_tangent(head, where, model, entry)
                y = power(y, e, 0)
                x, dx = x * y % P, (x * dy + dx * y) % P
            total += model.number(c, 0) * dx
    return total % P


def head_tangent(head: Head, where: tuple[int, ...], model: Model, entry: tuple[int, ...]) -> int:
    if head == VARIED:
        return int(where == entry)
    if head.argument is None:
        return 0
    holders = {Index(s, f"${k}"): x for k, (s, x) in enumerate(zip(head.sorts, where, strict=True))}
    y = model.head(head, where, 0)
    if head.kind == "inverse":
        n = range(model.sizes[head.sorts[0]])
        names = [Index(head.sorts[0], "$0"), Index(head.sorts[1], "$1")]
        return -sum(
            model.head(head, (where[0], u), 0)
            * tangent(head.argument, model, dict(zip(names, (u, v), strict=True)), entry)
            * model.head(head, (v, where[1]), 0)
            for u in n
            for v in n
        )
    inner = tangent(head.argument, model, holders, entry)
    match head.kind, head.name:
        case "box", _:
            return inner
        case "exp", _:
            return y * inner
        case "log", _:
            return inverse(model.network(head.argument, holders), 0) * inner
        case "function", "tanh":
            return (1 - y * y) * inner
        case "function", "sigmoid":
            return y * (1 - y) * inner
        case "function", "step":
            return 0
        case "activation", name:
            slope = Head(
                kind="activation",
                name=name,
                sorts=head.sorts,
                argument=head.argument,
                slots=("", *head.slots),
                symmetries=head.symmetries,
            )
            return model.head(slope, where, 0) * inner
    raise AssertionError(head.kind)


@MANY
@given(sums(), st.integers(min_value=0, max_value=999))
def test_derivatives_are_those_of_dual_numbers(network: Network, seed: int) -> None:
    model = Model(SIZES, seed)
    by = (Index("n", "r"), Index("d", "s"))
    entry = (seed % SIZES["n"], seed % SIZES["d"])
    at = places(seed)
    slope = value(differentiate(network, VARIED, by), model, at | dict(zip(by, entry, strict=True)))
    try:
        assert slope == tangent(network, model, at, entry)
    except UnmodelledError:
        assume(False)


def test_the_sorts_of_the_laws_are_those_of_the_sizes() -> None:
    assert set(SORTS) == set(SIZES)


def test_a_dummy_of_an_atoms_argument_is_not_mistaken_for_one_outside() -> None:
    # ∂/∂A[r, s] of Σₐ exp(A[i, a] Σₖ A[i, k]): the chain rule puts the dummy a where k is bound
    i, a, k = Index("n", "i"), Index("d", "a"), Index("d", "k")
    row = algebra.bind(algebra.entry(VARIED, i, k), k)
    exponent = algebra.multiply(algebra.entry(VARIED, i, a), row)
    network = algebra.bind(atoms.exp(exponent), a)
    model, at, entry = Model(SIZES, 1), {i: 1}, (1, 0)
    by = (Index("n", "r"), Index("d", "s"))
    slope = model.network(differentiate(network, VARIED, by), at | dict(zip(by, entry, strict=True)))
    assert slope == tangent(network, model, at, entry)


@MANY
@given(sums(), st.sampled_from([Fraction(c) for c in ("-1", "3", "-3/4", "2/5")]))
def test_reciprocals_do_not_see_by_what_number_their_argument_was_multiplied(
    network: Network, c: Fraction
) -> None:
    assume(network)
    assert atoms.power(network.scale(c), -1) == atoms.power(network, -1).scale(1 / c)


def test_an_unknown_function_is_not_its_derivative() -> None:
    # their heads once had one key, and f(x) = f'(x) was proved
    x = algebra.entry(TENSORS[5])
    functions = [atoms.activation("f", order, x) for order in range(4)]
    assert len(set(functions)) == 4
    assert len({next(iter(f.heads - x.heads)).key for f in functions}) == 4
