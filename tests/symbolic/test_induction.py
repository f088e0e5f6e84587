from typing import Any

import pytest

from equivalences import (
    causal,
    cumsum,
    each,
    exp,
    gradient,
    identity,
    inverse,
    ones,
    outer,
    positive,
    real,
    scan,
    size,
    softmax,
    zeros,
)
from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Options, Verdict
from equivalences.symbolic import examine
from equivalences.symbolic.certificate import statement_of

from .proving import compare, prove
from .statements import TRUE

GIVEN = {
    "K": real("n d"),
    "V": real("n v"),
    "Q": real("n d"),
    "u": real("n"),
    "q": real("d"),
    "U": real("v r"),
    "lam": positive(),
    "mu": real(),
}


def outputs(K: Any, V: Any, Q: Any) -> Any:
    return scan(lambda S, k, v, q: S + outer(v, k), zeros("v d"), (K, V, Q), read=lambda S, k, v, q: S @ q)


def masked(K: Any, V: Any, Q: Any) -> Any:
    return (causal("n") * (Q @ K.T)) @ V


def test_the_goals_are_base_step_and_read_out() -> None:
    statement = statement_of(TRUE["the mesa layer read out"])
    assert statement.axis == "n"
    assert [goal.name for goal in statement.goals] == ["base 0", "base 1", "step 0", "step 1", "read-out"]


def test_a_read_inside_a_larger_expression() -> None:
    def lhs(K: Any, V: Any, Q: Any, U: Any) -> Any:
        return exp(outputs(K, V, Q) @ U).sum(0)

    comparison = compare(
        GIVEN,
        lhs,
        lambda K, V, Q, U: exp(masked(K, V, Q) @ U).sum(0),
        state=lambda K, V: V.T @ K,
    )
    assert prove(comparison)


def test_the_state_on_the_right_side() -> None:
    assert prove(compare(GIVEN, lambda u: u.sum(), lambda u: scan(lambda s, x: s + x, zeros(""), u)))


def test_prefix_sums() -> None:
    def lhs(u: Any) -> Any:
        return scan(lambda s, x: s + x, zeros(""), u, read=lambda s, x: s)

    assert prove(compare(GIVEN, lhs, lambda u: cumsum(u), state=lambda u: u.sum()))
    wrong = compare(GIVEN, lhs, lambda u: cumsum(u) - u, state=lambda u: u.sum())
    assert prove(wrong) is None


def test_counting() -> None:
    def lhs(u: Any) -> Any:
        return scan(lambda s, x: s + 1, zeros(""), u, read=lambda s, x: s)

    assert prove(compare(GIVEN, lhs, lambda: cumsum(ones("n")), state=lambda: size("n")))


def test_running_softmax_with_all_outputs() -> None:
    def lhs(K: Any, V: Any, Q: Any, q: Any) -> Any:
        return scan(
            lambda s, k, v: (s[0] + exp(k @ q) * v, s[1] + exp(k @ q)),
            (zeros("v"), zeros("")),
            (K, V),
            read=lambda s, k, v: s[0] / s[1],
        )

    def rhs(K: Any, V: Any, q: Any) -> Any:
        return softmax(each(lambda _: K @ q, K), where=causal("n")) @ V

    state = dict(state=lambda K, V, q: (exp(K @ q) @ V, exp(K @ q).sum()))
    assert prove(compare(GIVEN, lhs, rhs, **state))
    wrong = compare(GIVEN, lhs, lambda K, V, q: softmax(each(lambda _: K @ q, K)) @ V, **state)
    assert prove(wrong) is None


def test_two_scans_of_different_states() -> None:
    """Horner's rule and a sum of powers, by the relation of their states."""

    def horner(u: Any, mu: Any) -> Any:
        return scan(lambda s, x: mu * s + x, zeros(""), u)

    def pair(u: Any, mu: Any) -> Any:
        return scan(lambda s, x: (mu * s[0] + x, mu * s[1]), (zeros(""), zeros("") + 1), u)[0]

    assert prove(compare(GIVEN, horner, pair, state=lambda a, b: a))
    assert prove(compare(GIVEN, horner, pair, state=lambda a, b: b)) is None


def test_a_missing_state_is_asked_for() -> None:
    comparison = compare(GIVEN, outputs, masked)
    evidence = examine(comparison, Options())
    assert evidence.verdict is Verdict.UNDECIDED
    assert "state=" in evidence.reason


def test_states_of_different_types_are_asked_for() -> None:
    comparison = compare(
        GIVEN,
        lambda K: scan(lambda S, k: S + outer(k, k), zeros("d d"), K).sum(0),
        lambda K: scan(lambda s, k: s + k * k.sum(), zeros("d"), K),
    )
    assert "state=" in examine(comparison, Options()).reason
    with_state = compare(
        GIVEN,
        lambda K: scan(lambda s, k: s + k * k.sum(), zeros("d"), K),
        lambda K: scan(lambda S, k: S + outer(k, k), zeros("d d"), K).sum(0),
        state=lambda S: S.sum(0),
    )
    assert prove(with_state)


def recursion(K: Any, start: Any) -> Any:
    def step(R: Any, k: Any) -> Any:
        return R - outer(R @ k, k @ R) / (1 + k @ R @ k)

    return scan(step, start, K)


def test_an_inverse_that_need_not_exist_at_smaller_sizes_proves_nothing() -> None:
    """At size 0 the closed form would be the inverse of 0, from which anything follows."""
    comparison = compare(
        GIVEN,
        lambda K, lam: recursion(K, lam * identity("d")),
        lambda K: inverse(K.T @ K),
    )
    assert examine(comparison, Options()).verdict is not Verdict.PROVED
    indefinite = compare(
        GIVEN,
        lambda K, mu: recursion(K, identity("d") / mu),
        lambda K, mu: inverse(K.T @ K + mu * identity("d")),
    )
    evidence = examine(indefinite, Options())
    assert evidence.verdict is Verdict.UNDECIDED
    assert "defined at every size" in evidence.reason


def test_a_normaliser_that_is_zero_at_the_start_proves_nothing() -> None:
    comparison = compare(
        GIVEN,
        lambda u, mu: scan(lambda s, x: s + x, zeros(""), u) * mu,
        lambda u, mu: u.sum() * mu,
        state=lambda u: u.sum() ** 2 / u.sum(),
    )
    assert examine(comparison, Options()).verdict is Verdict.UNDECIDED


def loop_over_whole_axis(K: Any, u: Any) -> Any:
    return scan(lambda s, k: s + u.sum() * k, zeros("d"), K)


def loop_in_gradient(K: Any, q: Any) -> Any:
    return gradient(lambda z: scan(lambda s, k: s + (k @ z) ** 2, zeros(""), K))(q)


def loop_in_each(K: Any, Q: Any) -> Any:
    return each(lambda q: scan(lambda s, k: s + k @ q, zeros(""), K), Q)


def nested_loops(K: Any) -> Any:
    return scan(lambda s, k: s + scan(lambda t, x: t + x, zeros(""), k), zeros(""), K)


@pytest.mark.parametrize(
    ("lhs", "rhs", "why"),
    [
        (loop_over_whole_axis, lambda K, u: u.sum() * K.sum(0), "otherwise than through its rows"),
        (loop_in_gradient, lambda K, q: 2 * K.T @ (K @ q), "gradient"),
        (loop_in_each, lambda K, Q: Q @ K.sum(0), "scan inside each"),
        (nested_loops, lambda K: K.sum(), "more than one scan"),
    ],
)
def test_loops_that_no_induction_treats(lhs: Any, rhs: Any, why: str) -> None:
    evidence = examine(compare(GIVEN, lhs, rhs), Options())
    assert evidence.verdict is Verdict.INAPPLICABLE
    assert why in evidence.reason


def test_rows_that_a_new_token_changes_prove_nothing() -> None:
    """A scan over softmax weights of the whole axis is no recurrence in its size."""

    def over(rows: Any) -> Comparison:
        return compare(
            GIVEN,
            lambda u: scan(lambda s, x: s + x, zeros(""), rows(u)),
            lambda u: rows(u).sum(),
        )

    assert examine(over(lambda u: softmax(u)), Options()).verdict is not Verdict.PROVED
    assert prove(over(lambda u: exp(u) * 2))
    assert prove(over(lambda u: cumsum(u)))
