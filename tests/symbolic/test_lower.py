from typing import Any

import pytest

from equivalences import (
    append,
    block,
    causal,
    concat,
    each,
    einsum,
    exp,
    feature_map,
    gradient,
    identity,
    index,
    jacobian,
    mask,
    ones,
    outer,
    positive_definite,
    real,
    size,
    softmax,
    stop_gradient,
    symmetric,
    trace,
    transpose,
    unknown,
    zeros,
)
from equivalences import inverse as inverse_of
from equivalences.symbolic.certificate import statement_of
from equivalences.symbolic.lowering.places import UnreadableError
from equivalences.symbolic.networks.algebra import causal_head, delta, entry
from equivalences.symbolic.networks.network import Head, Index, Network

from .proving import compare, prove

GIVEN = {
    "A": real("n d"),
    "B": real("m d"),
    "D": real("d d"),
    "x": real("d"),
    "y": real("m"),
    "z": real("n"),
    "c": real(),
    "E": real("n+m d"),
    "F": real("n+m n+m"),
    "G": symmetric("n+m"),
    "H": positive_definite("d"),
    "T": real("h n d"),
    "M": mask("n"),
    "t": index("n"),
    "k": index("n+m"),
    "f": unknown("d, m -> n"),
    "phi": feature_map("d -> g", kernel=lambda x, y: exp(x @ y)),
}


def lowered(f: Any) -> Network:
    (goal,) = statement_of(compare(GIVEN, f, f)).goals
    return goal.left


def head(name: str, *sorts: str, **flags: Any) -> Head:
    return Head(kind="tensor", name=name, sorts=sorts, **flags)


def test_entries_have_the_free_indices_of_the_axes() -> None:
    i, j = Index("n", "#0"), Index("d", "#1")
    assert lowered(lambda A: A) == entry(head("A", "n", "d"), i, j)
    assert lowered(lambda A: A.T) == entry(head("A", "n", "d"), Index("n", "#1"), Index("d", "#0"))
    assert lowered(lambda: identity("d")) == delta(Index("d", "#0"), Index("d", "#1"))
    rows = (Index("n", "#0"), Index("n", "#1"))
    assert lowered(lambda: causal("n")) == entry(causal_head("n"), *rows)
    assert lowered(lambda: causal("n", strict=True)) == entry(causal_head("n"), *rows) - delta(*rows)
    assert lowered(lambda z, t: z[t]) == entry(head("z", "n"), Index("n", "t"))


def test_each_part_of_an_axis_is_a_goal() -> None:
    goals = statement_of(compare(GIVEN, lambda F: F, lambda F: F.T)).goals
    assert [goal.name for goal in goals] == [f"identity, part {p} {q}" for p in (0, 1) for q in (0, 1)]
    assert goals[1].left == entry(head("F[0,1]", "n", "m"), Index("n", "#0"), Index("m", "#1"))


def test_an_index_on_an_axis_of_parts_is_a_case_each() -> None:
    comparison = compare(GIVEN, lambda E, k: E[k], lambda E, k: E[k] * 1)
    names = [goal.name for goal in statement_of(comparison).goals]
    assert names == ["identity, part 0", "identity, part 1"]
    assert prove(comparison)


PAIRS = {
    "einsum and matmul": (lambda A, D: einsum(A, D, "i j, j k -> i k"), lambda A, D: A @ D),
    "a diagonal": (lambda D: einsum(D, "i i -> i").sum(), lambda D: trace(D)),
    "einsum with a repeated factor": (lambda A: einsum(A, A, "i j, i j ->"), lambda A: (A**2).sum()),
    "vectors": (lambda A, x, z: z @ (A @ x), lambda A, x, z: (z @ A) @ x),
    "leading axes": (lambda T, D: T @ D, lambda T, D: einsum(T, D, "h i j, j k -> h i k")),
    "two leading axes": (
        lambda T: T @ transpose(T),
        lambda T: einsum(T, T, "h i j, h k j -> h i k"),
    ),
    "a stretched axis": (lambda A, z: z[:, None] * A, lambda A, z: einsum(z, A, "i, i j -> i j")),
    "sums over parts": (lambda E: E.sum(0), lambda E: ones("n+m") @ E),
    "concatenation": (lambda A, B: concat(A, B).sum(0), lambda A, B: A.sum(0) + B.sum(0)),
    "concatenation of three": (
        lambda A, B, x: append(concat(A, B), x) @ x,
        lambda A, B, x: concat(A @ x, append(B @ x, x @ x)),
    ),
    "blocks": (
        lambda A, B: block([[A @ A.T, A @ B.T], [B @ A.T, B @ B.T]]),
        lambda A, B: concat(A, B) @ concat(A, B).T,
    ),
    "sizes of parts": (lambda: size("n+m") + size("1"), lambda: size("n") + size("m") + 1),
    "the causal mask of parts": (
        lambda: causal("n+m"),
        lambda: block([[causal("n"), zeros("n m")], [ones("m n"), causal("m")]]),
    ),
    "a symmetric array of parts": (lambda G: G.T * 2, lambda G: G + G),
    "an inverse of a symmetric matrix": (
        lambda H: inverse_of(H).T * 2,
        lambda H: inverse_of(H) + inverse_of(H),
    ),
    "rows each": (lambda A, D: each(lambda a: D @ a, A), lambda A, D: A @ D.T),
    "rows each, of parts": (
        lambda A, B, x: each(lambda a: a @ x, concat(A, B)),
        lambda A, B, x: concat(A @ x, B @ x),
    ),
    "rows each, nested": (
        lambda A, B: each(lambda a: each(lambda b: a @ b, B), A),
        lambda A, B: A @ B.T,
    ),
    "a token of a product": (lambda A, D, t: (A @ D)[t], lambda A, D, t: A[t] @ D),
    "a gradient by an array of parts": (
        lambda E: gradient(lambda W: (W * W).sum() / 2)(E),
        lambda E: E * 1,
    ),
    "a jacobian": (lambda x: jacobian(lambda u: u * u)(x), lambda x: 2 * identity("d") * x[:, None]),
    "gradients inside each": (
        lambda A, x: each(lambda a: gradient(lambda u: (u @ a) ** 2)(x), A),
        lambda A, x: 2 * (A @ x)[:, None] * A,
    ),
    "a gradient of what each row depends on": (
        lambda A, D: gradient(lambda W: each(lambda a: a @ W @ a, A).sum())(D),
        lambda A: A.T @ A,
    ),
    "a stopped gradient": (
        lambda x: gradient(lambda u: u @ stop_gradient(u * u))(x),
        lambda x: x * x,
    ),
    "a stopped gradient outside is nothing": (lambda x: stop_gradient(x) * 2, lambda x: x + x),
    "a stop stops the outer gradient too": (
        lambda x: gradient(lambda u: gradient(lambda v: v @ stop_gradient(v))(u) @ u)(x),
        lambda x: x * 1,
    ),
    "a masked softmax": (
        lambda A, x, M: softmax(A @ x, where=M),
        lambda A, x, M: M * exp(A @ x) / (M * exp(A @ x)).sum(),
    ),
    "mixed derivatives of an unknown function": (
        lambda f, x, y: einsum(jacobian(lambda v: jacobian(lambda u: f(u, v))(x))(y), "n d m -> m d n"),
        lambda f, x, y: einsum(jacobian(lambda u: jacobian(lambda v: f(u, v))(y))(x), "n m d -> m d n"),
    ),
    "second derivatives of an unknown function": (
        lambda f, x, y: jacobian(lambda w: jacobian(lambda u: f(u, y))(w))(x),
        lambda f, x, y: einsum(jacobian(lambda w: jacobian(lambda u: f(u, y))(w))(x), "n a b -> n b a"),
    ),
    "an unknown function of a shifted point": (
        lambda f, x, y: jacobian(lambda u: f(u + x, y))(x),
        lambda f, x, y: jacobian(lambda u: f(u, y))(2 * x),
    ),
    "features of rows": (
        lambda phi, A, B: phi(A) @ phi(B).T,
        lambda A, B: exp(A @ B.T),
    ),
    "features of a point and itself": (
        lambda phi, A: einsum(phi(A), phi(A), "i f, i f -> i"),
        lambda A: exp((A * A).sum(1)),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_ways_to_say_one_thing(name: str) -> None:
    assert prove(compare(GIVEN, *PAIRS[name]))


WRONG = {
    "a transpose": (lambda D, x: D @ x, lambda D, x: D.T @ x),
    "a sum over the other axis": (lambda D: D.sum(0), lambda D: D.sum(1)),
    "blocks in another order": (lambda A, B: concat(A, B).T @ ones("n+m"), lambda A: 2 * A.sum(0)),
    "the mask of parts transposed": (
        lambda: causal("n+m"),
        lambda: block([[causal("n"), ones("n m")], [zeros("m n"), causal("m")]]),
    ),
    "a stop that does not stop": (
        lambda x: gradient(lambda u: u @ stop_gradient(u * u))(x),
        lambda x: 3 * x * x,
    ),
    "a stop that the outer gradient sees through": (
        lambda x: gradient(lambda u: gradient(lambda v: v @ stop_gradient(v))(u) @ u)(x),
        lambda x: 2 * x,
    ),
    "a size": (lambda: size("n+m"), lambda: size("n") * size("m")),
    "outer reversed": (lambda x: outer(x, 2 * x), lambda x: outer(x, x)),
    "arguments of an unknown function": (
        lambda f, x, y: f(x, y) * 2,
        lambda f, x, y: f(2 * x, y),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_near_misses_stay_open(name: str) -> None:
    assert prove(compare(GIVEN, *WRONG[name])) is None


def test_the_derivative_of_a_feature_map_is_not_read() -> None:
    comparison = compare(GIVEN, lambda phi, x: gradient(lambda u: phi(u).sum())(x), lambda x: x)
    with pytest.raises(UnreadableError, match="phi"):
        statement_of(comparison)


def test_conditions_are_recorded() -> None:
    given = {"A": real("d d"), "c": real(), "x": real("d")}

    def conditions(f: Any) -> list[str]:
        return [condition.kind for condition in statement_of(compare(given, f, f)).conditions]

    assert conditions(lambda A: inverse_of(A)) == ["invertible"]
    assert conditions(lambda A: inverse_of(A.T @ A + identity("d"))) == []
    assert conditions(lambda c, x: x / c) == ["nonzero"]
    assert conditions(lambda x: softmax(x)) == []
    assert conditions(lambda x: gradient(lambda u: (u / u.sum()).sum())(x)) == ["nonzero"]
