"""Automatic mutants: which there are, and that each changes one thing."""

from equivalences import (
    Array,
    Claim,
    causal,
    cumsum,
    dot,
    gradient,
    outer,
    real,
    scan,
    softmax,
    stop_gradient,
    zeros,
)
from equivalences.language.mutation import mutants_of
from equivalences.language.term import LoopReads, digest, loops
from equivalences.language.tracing import trace


def kinds(claim: Claim) -> set[str]:
    return {mutant.title.split(" in ")[0].split(" at ")[0] for mutant in mutants_of(trace(claim))}


def loss(W: Array, K: Array, V: Array) -> Array:
    error = V - K @ W.T
    return dot(error, error) / 2


GIVEN = {"W": real("v d"), "K": real("n d"), "V": real("n v"), "P": real("d d"), "q": real("d")}


def test_a_gradient_step_has_the_classic_near_misses() -> None:
    claim = Claim(
        "a-claim", title="t", given=GIVEN,
        lhs=lambda W, K, V, P, q: (W + (V - K @ W.T).T @ K @ P) @ q,
        rhs=lambda W, K, V, P, q: (W - gradient(loss)(W, K, V) @ P) @ q,
    )  # fmt: skip
    assert kinds(claim) >= {
        "sign", "first summand dropped", "last summand dropped", "without its half", "a variable dropped",
        "transpose",
    }  # fmt: skip


def test_masks_scans_and_weights() -> None:
    def recurrent(K: Array, V: Array) -> Array:
        return scan(lambda S, k, v: S + outer(v, k), zeros("v d"), (K, V), read=lambda S, k, v: S @ k)

    claim = Claim(
        "a-claim", title="t", given=GIVEN, lhs=recurrent,
        rhs=lambda K, V: (causal("n") * softmax(K @ K.T)) @ V + cumsum(V),
    )  # fmt: skip
    assert kinds(claim) >= {"mask strictness", "exclusive scan", "unnormalised weights"}
    (exclusive,) = (
        m for m in mutants_of(trace(claim)) if m.title.startswith("exclusive scan in lhs")
    )  # fmt: skip
    assert isinstance(exclusive.comparison.lhs, LoopReads)
    assert len(loops(exclusive.comparison.lhs)[0].states) == 2


def test_mutants_differ_from_the_claim_and_from_each_other() -> None:
    claim = Claim(
        "a-claim",
        title="t",
        given=GIVEN,
        lhs=lambda K, V: V.T @ K,
        rhs=lambda K, V: (K.T @ V).T + 0 * (V.T @ K),
    )
    original = trace(claim)
    mutants = mutants_of(original)
    digests = [digest(m.comparison.lhs, m.comparison.rhs) for m in mutants]
    assert digest(original.lhs, original.rhs) not in digests
    assert len({m.title for m in mutants}) == len(mutants)


def test_independence_loses_its_stop_gradient_on_both_sides() -> None:
    claim = Claim(
        "a-claim", title="t", given={"a": real(), "b": real()},
        lhs=lambda a, b: gradient(lambda x: x * x + stop_gradient(x) * b)(a), independent_of=("b",),
    )  # fmt: skip
    (mutant,) = mutants_of(trace(claim))
    assert mutant.title == "no stop_gradient at x"
    names = digest(mutant.comparison.lhs), digest(mutant.comparison.rhs)
    assert names[0] != names[1]


def test_decoys_do_not_use_up_the_quota_of_a_kind() -> None:
    """The places of a kind are spread, so that terms written first cannot shield those written last."""

    def shielded(K: Array, q: Array) -> Array:
        return ((((K @ q).sum() + q.sum()) + q.sum()) + q.sum()) + (K.sum() + K.sum())

    claim = Claim(
        "a-claim",
        title="t",
        given=GIVEN,
        lhs=shielded,
        rhs=lambda K, q: (K @ q).sum() + 3 * q.sum() + 2 * K.sum(),
    )
    places = [m.title for m in mutants_of(trace(claim)) if m.title.startswith("sign")]
    assert len(places) == 3
    assert any("in lhs" in title for title in places)
    assert any("in rhs" in title for title in places)
