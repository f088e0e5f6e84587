"""The tree: structural digests, sharing, rewriting."""

from equivalences import Array, dot, gradient, outer, scan, zeros
from equivalences.language.term import Bound, LoopReads, LoopState, Term, Variable, digest, loops, rewrite, walk


def array(name: str, *axes: str) -> Array:
    return Array(Variable(name, axes))


K, V, W = array("K", "n", "d"), array("V", "n", "v"), array("W", "v", "d")


def loss(W: Array) -> Array:
    return dot(V - K @ W.T, V - K @ W.T)


def running_sum() -> Array:
    return scan(lambda S, k, v: S + outer(v, k), zeros("v d"), (K, V), read=lambda S, k, v: S @ k)


def test_digest_ignores_names_of_bound_variables() -> None:
    first = gradient(lambda W: loss(W))(W)
    second = gradient(lambda other: loss(other))(W)
    assert digest(first.term) == digest(second.term)


def test_digest_ignores_sharing() -> None:
    shared = K @ W.T
    assert digest((shared * shared).term) == digest(((K @ W.T) * (K @ W.T)).term)


def test_digest_tells_bound_variables_apart() -> None:
    def swapped(S: Array, k: Array, l: Array) -> Array:  # noqa: E741
        return S + outer(k, l)

    L = array("L", "n", "d")
    start = zeros("d d")
    one = scan(swapped, start, (K, L))
    other = scan(lambda S, k, l: S + outer(l, k), start, (K, L))  # noqa: E741
    assert digest(one.term) != digest(other.term)
    assert digest(one.term) == digest(scan(swapped, zeros("d d"), (K, L)).term)


def test_digest_tells_gradients_nested_differently_apart() -> None:
    a, b = array("a"), array("b")
    first = gradient(lambda x: gradient(lambda y: x * y * y)(b))(a)
    second = gradient(lambda x: gradient(lambda y: x * x * y)(b))(a)
    assert digest(first.term) != digest(second.term)


def test_rewrite_keeps_what_is_shared_and_the_loop_of_two_states() -> None:
    both = scan(lambda s, k: (s[0] + k, s[1] + s[0]), (zeros("d"), zeros("d")), K)
    term = (both[0] + both[1]).term
    new = rewrite(term, lambda t: Variable("L", t.axes) if isinstance(t, Variable) else None)
    assert len(loops(new)) == 1
    states = [t for t in walk(new) if isinstance(t, LoopState)]
    assert {t.component for t in states} == {0, 1}
    assert not any(isinstance(t, Variable) and t.name == "K" for t in walk(new))


def test_rewrite_without_a_change_is_the_same_term() -> None:
    term = running_sum().term
    assert rewrite(term, lambda t: None) is term


def test_replacement_is_not_searched_again() -> None:
    def double(t: Term) -> Term | None:
        return (Array(t) + Array(t)).term if t is K.term else None

    assert digest(rewrite(K.term, double)) == digest((K + K).term)


def test_walk_reaches_the_body_of_a_loop() -> None:
    term = running_sum().term
    assert isinstance(term, LoopReads)
    hints = {t.hint for t in walk(term) if isinstance(t, Bound)}
    assert hints == {"S", "k", "v"}
