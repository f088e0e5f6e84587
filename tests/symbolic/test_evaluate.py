"""Evaluation mod p: exact homomorphisms, hypotheses that hold in the model, wrong steps that show."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equivalences import Claim, dot, exp, feature_map, gradient, identity, inverse, positive, real, softmax
from equivalences.language.comparison import Comparison
from equivalences.language.tracing import trace
from equivalences.symbolic.account import FaultError, account, evaluate_steps, goals_of
from equivalences.symbolic.certificate import statement_of
from equivalences.symbolic.evaluation.evaluate import evaluate, vanish, vanishes
from equivalences.symbolic.evaluation.model import Model
from equivalences.symbolic.evaluation.residues import (
    TOWER,
    UnmodelledError,
    exponential,
    invert,
    is_square,
    power,
    root,
)
from equivalences.symbolic.goals import Goal, Statement
from equivalences.symbolic.moves import Proof
from equivalences.symbolic.networks import algebra, atoms
from equivalences.symbolic.networks.network import Head, Index, Network
from equivalences.symbolic.search.proposals import propose

A = Head(kind="tensor", name="A", sorts=("n", "n"))
B = Head(kind="tensor", name="B", sorts=("n", "n"))
S = Head(kind="tensor", name="S", sorts=("n", "n"), symmetries=((1, 0),))
M = Head(kind="tensor", name="M", sorts=("n",), zero_one=True)
P = Head(kind="tensor", name="p", positive=True)
ROW, COLUMN, K = Index("n", "#i"), Index("n", "#j"), Index("n", "?k")


def matmul(a: Network, b: Network) -> Network:
    """Σ_k a[i, k] b[k, j]"""
    return algebra.contract([(a, {COLUMN: K}), (b, {ROW: K})], [K])


def test_the_tower_is_one() -> None:
    for p, q in itertools.pairwise(TOWER):
        assert p == 2 * q + 1
        assert pow(2, q - 1, q) == 1
        assert all(pow(x, (p - 1) // 2, p) == 1 for x in range(1, 31))


@given(st.integers(min_value=0), st.integers(min_value=0), st.sampled_from([0, 1, 2]))
def test_exponentials_of_sums_are_products(x: int, y: int, level: int) -> None:
    p, q = TOWER[level], TOWER[level + 1]
    assert exponential((x + y) % q, level) == exponential(x % q, level) * exponential(y % q, level) % p


@given(st.integers(min_value=1, max_value=TOWER[0] - 1), st.sampled_from([0, 1, 2, 3]))
def test_roots_respect_products(x: int, level: int) -> None:
    p = TOWER[level]
    square = x * x % p or 1
    assert is_square(square, level)
    assert root(square, level) ** 2 % p == square
    half = power(square, Fraction(1, 2), level)
    assert half == root(square, level)
    assert power(square * 9 % p, Fraction(1, 2), level) == half * power(9, Fraction(1, 2), level) % p
    assert power(half, -2, level) * square % p == 1


def test_a_singular_matrix_has_no_inverse() -> None:
    assert invert([[0, 1], [1, 0]], 0) == [[0, 1], [1, 0]]
    with pytest.raises(UnmodelledError):
        invert([[1, 2], [2, 4]], 0)


def test_constraints_hold_in_a_model() -> None:
    model = Model({"n": 3}, 5)
    at = {ROW: 0, COLUMN: 2}
    assert evaluate(algebra.entry(S, ROW, COLUMN) - algebra.entry(S, COLUMN, ROW), model, at) == 0
    assert evaluate(algebra.entry(A, ROW, COLUMN) - algebra.entry(A, COLUMN, ROW), model, at) != 0
    assert {model.head(M, (k,), 0) for k in range(3)} <= {0, 1}
    assert all(model.head(M, (k,), 0) == model.head(M, (k,), 1) for k in range(3))
    assert is_square(model.head(P, (), 0), 0)
    assert evaluate(algebra.entry(algebra.causal_head("n"), ROW, COLUMN), model, at) == 0
    assert evaluate(algebra.entry(algebra.causal_head("n"), COLUMN, ROW), model, at) == 1
    assert evaluate(algebra.entry(algebra.size_head("n")), model, {}) == 3


def test_an_inverse_is_one() -> None:
    inverse_of = atoms.inverse(algebra.entry(A, ROW, COLUMN), ROW, COLUMN)
    assert vanishes(matmul(inverse_of, algebra.entry(A, ROW, COLUMN)) - algebra.delta(ROW, COLUMN)) is True
    assert vanishes(matmul(inverse_of, algebra.entry(B, ROW, COLUMN)) - algebra.delta(ROW, COLUMN)) is False


def test_nested_exponentials_and_roots() -> None:
    x = algebra.entry(P)
    e = atoms.exp(atoms.exp(x) + x)
    split = algebra.multiply(atoms.exp(atoms.exp(x)), atoms.exp(x))
    assert vanishes(e - split) is True
    # four levels of primes, and one exponential too many
    deep = atoms.exp(atoms.exp(atoms.exp(atoms.exp(x))))
    assert vanishes(deep - x) is None
    r = atoms.power(x, Fraction(1, 2))
    assert vanishes(algebra.multiply(r, r) - x) is True
    assert vanishes(atoms.power(algebra.multiply(x, algebra.constant(4)), Fraction(1, 2)) - r.scale(2)) is True


def test_hypotheses_are_satisfied_or_the_answer_is_none() -> None:
    a, b = algebra.entry(A, ROW, COLUMN), algebra.entry(B, ROW, COLUMN)
    hypothesis = a - matmul(b, b)
    goal = matmul(a, b) - matmul(b, a)
    assert vanishes(goal, [hypothesis]) is True
    assert vanishes(goal) is False
    # BB = 1 is no definition of an array, and no model is found
    assert vanishes(goal, [matmul(b, b) - algebra.delta(ROW, COLUMN)]) is None
    contradiction = [a, a - algebra.delta(ROW, COLUMN)]
    assert vanishes(goal, contradiction) is None


def test_definitions_realise_hypotheses() -> None:
    a, b = algebra.entry(A, ROW, COLUMN), algebra.entry(B, ROW, COLUMN)
    rows, columns = Index("n", "$0"), Index("n", "$1")
    given_by = {A: atoms.inverse(algebra.entry(B, rows, columns), rows, columns)}
    hypothesis = matmul(a, b) - algebra.delta(ROW, COLUMN)
    found = vanish([matmul(b, a) - algebra.delta(ROW, COLUMN), a], [hypothesis], definitions=given_by)
    assert found == [True, False]


def attention_claim() -> Comparison:
    """Softmax attention is a step on exponential features."""

    def loss(W, phi, K, V, q):  # type: ignore[no-untyped-def]
        return -dot(V, phi(K) @ W.T) / exp(K @ q).sum()

    return trace(
        Claim(
            "attention",
            title="Attention",
            given={
                "W": real("v f"),
                "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
                "K": real("n d"),
                "V": real("n v"),
                "q": real("d"),
            },
            lhs=lambda W, phi, K, V, q: W @ phi(q) + softmax(K @ q) @ V,
            rhs=lambda W, phi, K, V, q: (W - gradient(loss)(W, phi, K, V, q)) @ phi(q),
        )
    )


def ridge_claim() -> Comparison:
    """Push-through."""
    return trace(
        Claim(
            "ridge",
            title="Push-through",
            given={"K": real("n d"), "lam": positive()},
            lhs=lambda K, lam: K @ inverse(K.T @ K + lam * identity("d")),
            rhs=lambda K, lam: inverse(K @ K.T + lam * identity("n")) @ K,
        )
    )


@pytest.mark.parametrize("comparison", [attention_claim(), ridge_claim()], ids=["attention", "ridge"])
def test_every_step_of_a_proof_vanishes(comparison: Comparison) -> None:
    (goal,) = statement_of(comparison).goals
    proof = propose(goal)
    assert proof is not None
    steps = [n for n in goals_of(goal, proof) if n]
    assert steps
    assert vanish(steps, list(goal.rules.values())) == [True] * len(steps)
    # the kernel's hypotheses are needed: without them nothing vanishes
    if goal.rules:
        assert False in vanish(steps)


def test_a_false_goal_does_not_vanish_though_the_hypotheses_hold() -> None:
    (goal,) = statement_of(attention_claim()).goals
    assert vanishes(goal.left - goal.right.scale(2), list(goal.rules.values())) is False


def test_a_wrong_proof_is_a_fault() -> None:
    comparison = ridge_claim()
    (goal,) = statement_of(comparison).goals
    wrong = Goal(name=goal.name, left=goal.left, right=goal.right.scale(2), rules=goal.rules)
    statement = Statement(goals=(wrong,), conditions=())
    with pytest.raises(FaultError, match="does not evaluate to zero"):
        evaluate_steps(comparison, statement, {goal.name: Proof()}, 0)


def test_a_contradicted_proof_is_a_fault() -> None:
    # the claim is false, and the statement that goes with it is that of another claim
    claim = Claim("c", title="C", given={"K": real("n d")}, lhs=lambda K: K, rhs=lambda K: 2 * K)
    (goal,) = statement_of(ridge_claim()).goals
    empty = Goal(name=goal.name, left=goal.left, right=goal.left, rules={})
    with pytest.raises(FaultError, match="contradicts"):
        account(trace(claim), Statement(goals=(empty,), conditions=()), {goal.name: Proof()}, 0)


@settings(max_examples=20, deadline=None)
@given(st.integers(min_value=0, max_value=10**6))
def test_answers_depend_on_the_seed_only(seed: int) -> None:
    network = algebra.entry(A, ROW, COLUMN)
    values = [evaluate(network, Model({"n": 2}, seed), {ROW: 0, COLUMN: 1}) for _ in range(2)]
    assert values[0] == values[1]
    assert evaluate(network, Model({"n": 2}, seed + 1), {ROW: 0, COLUMN: 1}) != values[0]


def test_a_step_is_the_sign_of_its_argument() -> None:
    x = algebra.entry(A, ROW, COLUMN)
    step, opposite = atoms.function("step", x), atoms.function("step", -x)
    assert vanishes(step + opposite - algebra.constant(1)) is True
    assert vanishes(atoms.function("step", x.scale(6)) - step) is True
    assert vanishes(step - opposite) is False


def test_another_value_of_a_logarithm_says_nothing() -> None:
    x = algebra.entry(P)
    assert vanishes(atoms.log(x.scale(2)) - atoms.log(x) - atoms.log(algebra.constant(2))) is True
    assert vanishes(atoms.log(x) - x) is None
