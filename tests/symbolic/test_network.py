from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest

from equivalences.symbolic.networks import algebra, atoms, labelling
from equivalences.symbolic.networks.algebra import SortError, bind, constant, entry, multiply, product, rename
from equivalences.symbolic.networks.network import ZERO, Factor, Head, Index, Network, from_json
from equivalences.symbolic.networks.positivity import is_definite, is_positive


def tensor(name: str, *sorts: str, **flags: Any) -> Head:
    return Head(kind="tensor", name=name, sorts=sorts, **flags)


def n(name: str) -> Index:
    return Index("n", name)


A, B = tensor("A", "n", "n"), tensor("B", "n", "n")
S = Head(kind="tensor", name="S", sorts=("n", "n"), symmetries=((1, 0),))
X, Y, M = tensor("x", "n"), tensor("y", "n"), tensor("m", "n", zero_one=True)
P = tensor("p", "n", positive=True)
C = tensor("c")


def summed(*factors: Factor) -> Network:
    dummies = {i for _, indices, _ in factors for i in indices if i.name[0] == "?"}
    return product(1, factors, dummies)


def cycle(head: Head, length: int) -> Network:
    return summed(*((head, (n(f"?{k}"), n(f"?{(k + 1) % length}")), 1) for k in range(length)))


def test_dummies_are_named_canonically() -> None:
    first = summed((A, (n("i"), n("?a")), 1), (B, (n("?a"), n("j")), 1))
    second = summed((B, (n("?z"), n("j")), 1), (A, (n("i"), n("?z")), 1))
    assert first == second
    assert first != summed((A, (n("i"), n("?a")), 1), (B, (n("j"), n("?a")), 1))


def test_symmetric_arrays_have_no_orientation() -> None:
    assert entry(S, n("i"), n("j")) == entry(S, n("j"), n("i"))
    assert entry(A, n("i"), n("j")) != entry(A, n("j"), n("i"))


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many labellings are compared."""
    calls = [0]
    image = labelling.Component.image

    def counting(self: labelling.Component, colours: tuple[int, ...]) -> labelling.Image:
        calls[0] += 1
        return image(self, colours)

    monkeypatch.setattr(labelling.Component, "image", counting)
    return calls


@pytest.mark.parametrize("size", [6, 9, 12])
def test_symmetric_sums_are_labelled_without_trying_all_orders(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted(monkeypatch)
    cycle(A, size)
    cycle(S, size)
    summed(*((A, (n("i"), n(f"?{k}")), 1) for k in range(size)))
    branches = [(A, (n("i"), n(f"?{k}")), 1) for k in range(size)]
    leaves: list[Factor] = [(B, (n(f"?{k}"), n(f"?{k}b")), 1) for k in range(size)]
    summed(*branches, *leaves)
    summed(*((S, (n(f"?{a}"), n(f"?{b}")), 1) for a, b in combinations(range(min(size, 8)), 2)))
    assert calls[0] < 40 * size


def test_an_unused_dummy_is_the_size_of_its_sort() -> None:
    size = entry(algebra.size_head("n"))
    assert bind(entry(C), n("k")) == multiply(entry(C), size)
    assert product(1, [], {n("?a"), n("?b")}) == multiply(size, size)


def test_deltas_are_eliminated() -> None:
    i, j, k = n("i"), n("j"), n("k")
    assert bind(multiply(algebra.delta(i, k), entry(A, k, j)), k) == entry(A, i, j)
    assert multiply(algebra.delta(i, j), entry(X, j)) == multiply(algebra.delta(i, j), entry(X, i))
    assert bind(algebra.delta(i, k), k) == constant(1)
    assert bind(algebra.delta(k, k), k) == entry(algebra.size_head("n"))


def test_sorts_are_checked() -> None:
    with pytest.raises(SortError):
        entry(A, n("i"), Index("d", "j"))
    with pytest.raises(SortError):
        rename(entry(X, n("i")), {n("i"): Index("d", "i")})
    with pytest.raises(SortError):
        algebra.delta(n("i"), Index("d", "i"))


def test_masks_are_idempotent_and_are_one_inside_what_they_multiply() -> None:
    m, x = entry(M, n("i")), entry(X, n("i"))
    assert multiply(m, m) == m
    assert multiply(m, atoms.exp(multiply(m, x))) == multiply(m, atoms.exp(x))
    assert atoms.exp(multiply(m, x)) != atoms.exp(x)
    other = entry(M, n("j"))
    assert multiply(other, atoms.exp(multiply(m, x))) != multiply(other, atoms.exp(x))
    reciprocal = atoms.power(constant(1) + m, -1)
    assert multiply(m, reciprocal) != m.scale(Fraction(1, 2))


def test_causal_factors() -> None:
    i, j = n("i"), n("j")
    head = algebra.causal_head("n")
    assert entry(head, i, i) == constant(1)
    assert multiply(entry(head, i, j), entry(head, j, i)) == algebra.delta(i, j)


def test_exponentials_merge() -> None:
    x, y = entry(X, n("i")), entry(Y, n("i"))
    assert multiply(atoms.exp(x), atoms.exp(y)) == atoms.exp(x + y)
    assert multiply(atoms.exp(x.scale(Fraction(1, 2))), atoms.exp(x.scale(Fraction(-1, 2)))) == constant(1)
    assert atoms.exp(ZERO) == constant(1)


def test_numbers_are_normalised() -> None:
    x = entry(X, n("i"))
    assert atoms.exp(x.scale(Fraction(2))) == atoms.exp(x.scale(2))
    assert x.scale(Fraction(1, 2)).scale(Fraction(2)).key == x.key


def test_logarithms_and_exponentials_are_inverse() -> None:
    x, p = entry(X, n("i")), entry(P, n("i"))
    total = bind(atoms.exp(x), n("i"))
    assert atoms.log(multiply(atoms.exp(x), p)) == x + atoms.log(p)
    assert atoms.exp(atoms.log(total)) == total
    assert atoms.exp(atoms.log(total).scale(-2)) == atoms.power(total, -2)
    product_of_all = atoms.exp(bind(atoms.log(p), n("i")))
    assert product_of_all != bind(p, n("i"))


def test_reciprocals_take_out_what_all_terms_share() -> None:
    x, y, c = entry(X, n("i")), entry(Y, n("i")), entry(C)
    total = multiply(c, x) + multiply(c, y)
    assert atoms.power(total, -1) == multiply(atoms.power(c, -1), atoms.power(x + y, -1))
    reciprocal = atoms.power(x + y, -1)
    assert multiply(reciprocal, reciprocal) == atoms.power(x + y, -2)
    i, j = entry(X, n("i")), entry(X, n("j"))
    assert atoms.power(i.scale(2) + j.scale(3), -1) == rename(
        atoms.power(i.scale(3) + j.scale(2), -1), {n("i"): n("j"), n("j"): n("i")}
    )


def test_a_reciprocal_of_zero_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        atoms.power(ZERO, -1)
    with pytest.raises(ZeroDivisionError):
        atoms.log(ZERO)


def test_roots_of_squares_are_not_the_numbers() -> None:
    x, p = entry(X, n("i")), entry(P, n("i"))
    half = Fraction(1, 2)
    assert atoms.power(multiply(p, p), half) == p
    assert atoms.power(multiply(x, x), half) != x
    assert multiply(atoms.power(x, half), atoms.power(x, half)) == x
    assert atoms.power(constant(Fraction(9, 4)), half) == constant(Fraction(3, 2))


def test_atoms_do_not_depend_on_names() -> None:
    one = atoms.function("tanh", entry(A, n("i"), n("j")))
    other = rename(atoms.function("tanh", entry(A, n("a"), n("b"))), {n("a"): n("i"), n("b"): n("j")})
    assert one == other
    equal = rename(one, {n("j"): n("i")})
    assert equal == atoms.function("tanh", entry(A, n("i"), n("i")))


def test_symmetries_of_arguments_are_found() -> None:
    value = multiply(entry(X, n("i")), entry(X, n("j")))
    assert atoms.exp(value) == rename(atoms.exp(value), {n("i"): n("j"), n("j"): n("i")})


def test_networks_go_to_json_and_back() -> None:
    x = entry(X, n("i"))
    total = bind(atoms.exp(multiply(x, entry(A, n("i"), n("j")))), n("i"))
    network = multiply(atoms.power(total, -1), entry(P, n("j"))) + constant(Fraction(2, 3))
    assert from_json(network.to_json()) == network
    assert from_json(network.to_json()).key == network.key


def test_what_is_visibly_positive() -> None:
    x = entry(X, n("i"))
    causal = entry(algebra.causal_head("n"), n("t"), n("i"))
    assert is_positive(bind(atoms.exp(x), n("i")))
    assert is_positive(bind(multiply(causal, atoms.exp(x)), n("i")))
    assert not is_positive(multiply(causal, atoms.exp(x)))
    assert not is_positive(bind(multiply(entry(M, n("i")), atoms.exp(x)), n("i")))
    assert not is_positive(multiply(x, x))


def test_what_is_visibly_definite() -> None:
    i, j = atoms.placeholder("n", 0), atoms.placeholder("n", 1)
    gram = bind(multiply(entry(A, n("s"), i), entry(A, n("s"), j)), n("s"))
    mixed = bind(multiply(entry(A, n("s"), i), entry(B, n("s"), j)), n("s"))
    identity = algebra.delta(i, j)
    assert is_definite(gram + identity, i, j)
    assert not is_definite(gram, i, j)
    assert not is_definite(gram - identity, i, j)
    assert not is_definite(mixed + identity, i, j)
    assert not is_definite(identity.scale(-1), i, j)
    assert not is_definite(multiply(identity, entry(C)), i, j)
