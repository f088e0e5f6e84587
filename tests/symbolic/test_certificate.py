"""Forged certificates: whatever the data says, the checker looks it up in the claim."""

import copy
from typing import Any

import pytest

from equivalences import Equation, append, exp, identity, index, inverse, log, real, sqrt, zeros
from equivalences.language.comparison import Comparison
from equivalences.symbolic import replay
from equivalences.symbolic.certificate import certificate_of, move_to_json, proof_to_json, statement_of
from equivalences.symbolic.domain import Rule
from equivalences.symbolic.moves import Alike, Cancel, Clear, Cofactor, Cut, Merge, Proof
from equivalences.symbolic.networks.network import Index

from .proving import compare, prove
from .statements import NEAR, TRUE

NAMES = [
    "softmax attention is a gradient step",
    "query tokens among the keys",
    "Sherman-Morrison",
    "push-through",
    "the gain after the update",
    "Woodbury",
    "the mesa layer read out",
    "softmax sums to 1",
]


def forged(comparison: Comparison, proof: Proof, name: str = "identity") -> bool:
    """Whether a made-up proof of the one goal is accepted."""
    return replay(comparison, certificate_of({name: proof}))


def test_an_empty_proof_is_no_proof() -> None:
    for comparison in NEAR.values():
        names = [goal.name for goal in statement_of(comparison).goals]
        assert not replay(comparison, certificate_of(dict.fromkeys(names, Proof())))


def test_a_certificate_of_another_claim_is_refused() -> None:
    certificate = prove(TRUE["Sherman-Morrison"])
    assert replay(TRUE["Sherman-Morrison"], certificate)
    assert not replay(NEAR["Sherman-Morrison with the wrong sign"], certificate)
    assert not replay(TRUE["Woodbury"], certificate)


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_certificate_is_refused(name: str) -> None:
    """Every coefficient doubled, every move left out, every substitution turned round."""
    certificate = prove(TRUE[name])
    changed = 0
    for path in list(moves_in(certificate)):
        for change in (drop, double, turn):
            other = copy.deepcopy(certificate)
            if change(other, path):
                changed += 1
                assert not replay(TRUE[name], other)
    assert changed >= 2


def moves_in(certificate: Any) -> Any:
    """The path of every move."""

    def inside(proof: Any, path: tuple[Any, ...]) -> Any:
        yield from ((*path, "moves", k) for k in range(len(proof["moves"])))
        for k, part in enumerate(proof.get("parts", [])):
            yield from inside(part, (*path, "parts", k))

    for k, goal in enumerate(certificate["goals"]):
        yield from inside(goal["proof"], ("goals", k, "proof"))


def at(certificate: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        certificate = certificate[key]
    return certificate


def drop(certificate: Any, path: tuple[Any, ...]) -> bool:
    move = at(certificate, path)
    del at(certificate, path[:-1])[path[-1]]
    return bool(move["move"] == "cofactor")


def double(certificate: Any, path: tuple[Any, ...]) -> bool:
    move = at(certificate, path)
    if move["move"] != "cofactor":
        return False
    move["coefficient"] = str(2 * int(move["coefficient"]))
    return True


def turn(certificate: Any, path: tuple[Any, ...]) -> bool:
    move = at(certificate, path)
    if move["move"] != "cofactor" or len(move["substitution"]) != 2:
        return False
    (i, j), (k, m) = move["substitution"]
    if i[0] != k[0]:
        move["substitution"] = [[i, m], [k, j]]
        return True
    return False


def test_a_goal_left_out_or_added_is_refused() -> None:
    certificate = prove(TRUE["the mesa layer read out"])
    for k in range(len(certificate["goals"])):
        other = copy.deepcopy(certificate)
        del other["goals"][k]
        assert not replay(TRUE["the mesa layer read out"], other)
    certificate["goals"].append({"name": "another", "proof": {"moves": []}})
    assert not replay(TRUE["the mesa layer read out"], certificate)


def test_a_part_of_a_cut_left_out_is_refused() -> None:
    false = compare({"A": real("d d"), "x": real("d")}, lambda A, x: A @ x, lambda x: x)
    key = next(h.key for h in statement_of(false).goals[0].left.heads if h.name == "x")
    data = certificate_of({"identity": Proof((), Cut(key, (Index("d", "#c"),)), (Proof(),))})
    assert not replay(false, data)
    data["goals"][0]["proof"]["parts"] = []
    assert not replay(false, data)


def test_an_invented_inverse_is_refused() -> None:
    """0 has no inverse, and A none unless the claim says so."""
    comparison = compare({"A": real("d d")}, lambda A: A, lambda: identity("d"))
    with_inverse = compare({"A": real("d d")}, lambda A: inverse(A), lambda A: A)
    inverses = [h for h in statement_of(with_inverse).goals[0].left.heads if h.kind == "inverse"]
    (key,) = [h.key for h in inverses]
    i, j = Index("d", "#0"), Index("d", "#1")
    rule = Cofactor(Rule("inverse left", key), 1, (), ((i, i), (j, j)), ())
    assert not forged(comparison, Proof((rule,)))
    assert not forged(comparison, Proof((Cancel(key, i, True),)))


def test_an_invented_denominator_is_refused() -> None:
    """Multiplying by x proves x · (…) = 0 only where x ≠ 0, or nothing where x = 0."""
    comparison = compare({"x": real(), "y": real()}, lambda x, y: x * y, lambda x: x * 0)
    key = next(h.key for h in statement_of(comparison).goals[0].left.heads if h.name == "x")
    assert not forged(comparison, Proof((Clear(key, (), 1),)))
    assert not forged(comparison, Proof((Clear(key, (), -1),)))


def test_a_context_does_not_divide_by_what_may_be_zero() -> None:
    """From x·y = 0 does not follow y = 0."""
    comparison = compare(
        {"x": real(), "y": real()},
        lambda y: y,
        lambda x: 0 * x,
        assume=(Equation(lambda x, y: x * y, lambda x: 0 * x),),
        realise={"x": lambda: 0},
    )
    (goal,) = statement_of(comparison).goals
    (rule,) = goal.rules
    (x,) = [h for h in goal.rules[rule].heads if h.name == "x"]
    move = Cofactor(Rule("hypothesis", rule), 1, ((x, (), -1),), (), ())
    assert not forged(comparison, Proof((move,)))
    assert prove(comparison) is None
    divided = compare(
        {"x": real(), "y": real()},
        lambda x, y: y / x,
        lambda x: 0 * x,
        assume=(Equation(lambda x, y: x * y, lambda x: 0 * x),),
        realise={"y": lambda: 0},
    )
    assert prove(divided) is not None


def test_a_denominator_at_one_token_is_not_one_everywhere() -> None:
    """The claim divides by x[t] for one given t."""
    given = {"x": real("n"), "y": real("n"), "t": index("n")}
    comparison = compare(
        given, lambda x, y, t: y * (1 / x[t] - 1 / x[t]) + y * x, lambda x, y: x * y * 2 / 2 + 0 * x
    )
    assert prove(comparison) is not None
    wrong = compare(given, lambda x, y, t: x * y + 1 / (1 + x[t]), lambda x, t: 1 / (1 + x[t]) + 0 * x)
    (goal,) = statement_of(wrong).goals
    (box,) = [h for h in goal.left.heads if h.kind == "box"]
    everywhere = Clear(box.key, (Index("n", "#0"),), 1)
    there = Clear(box.key, (Index("n", "t"),), 1)
    assert not forged(wrong, Proof((everywhere,)))
    assert not forged(wrong, Proof((there,)))


def test_an_unknown_hypothesis_is_refused() -> None:
    comparison = compare({"x": real()}, lambda x: x, lambda x: 2 * x)
    move = Cofactor(Rule("hypothesis", "kernel phi 0 0"), 1, (), (), ())
    assert not forged(comparison, Proof((move,)))


def test_a_cut_takes_new_indices_of_the_right_sort() -> None:
    comparison = compare({"A": real("n d"), "x": real("d")}, lambda A, x: A @ x, lambda A, x: 2 * (A @ x))
    (goal,) = statement_of(comparison).goals
    heads = {h.name: h.key for h in goal.left.heads}
    for indices in (
        (Index("n", "#0"),),
        (Index("n", "#c"),),
        (Index("d", "~0"),),
        (),
        (Index("d", "#c"), Index("d", "#e")),
    ):
        parts = (Proof(), Proof())
        assert not forged(comparison, Proof((), Cut(heads["x"], indices), parts))
    collision = (Index("n", "#0"), Index("d", "#c"))
    assert not forged(comparison, Proof((), Cut(heads["A"], collision), (Proof(),)))
    twice = (Index("n", "#c"), Index("n", "#c"))
    assert not forged(comparison, Proof((), Cut(heads["A"], twice), (Proof(),)))


def test_indices_keep_to_their_sorts() -> None:
    """With a delta between n and d, or a rule at an index of another sort, sizes would be mixed."""
    certificate = prove(TRUE["push-through"])
    text = str(certificate)
    assert "'d'" in text
    assert "'n'" in text
    for path in moves_in(certificate):
        other = copy.deepcopy(certificate)
        move = at(other, path)
        if move["move"] == "cofactor":
            for pair in move["substitution"]:
                pair[1][0] = "n" if pair[1][0] == "d" else "d"
            assert not replay(TRUE["push-through"], other)


def test_names_of_dummies_do_not_capture() -> None:
    comparison = compare({"A": real("d d"), "x": real("d")}, lambda A, x: inverse(A) @ x, lambda A, x: A @ x)
    (goal,) = statement_of(comparison).goals
    (inner,) = [h for h in goal.left.heads if h.kind == "inverse"]
    (x,) = [h for h in goal.left.heads if h.name == "x"]
    for name in ("~0", "?0~0", "??0~0", "$0", "#0"):
        dummy = Index("d", name)
        move = Cofactor(
            Rule("inverse left", inner.key), 1, ((x, (dummy,), 1),), ((Index("d", "#0"), dummy),), (dummy,)
        )
        assert not forged(comparison, Proof((move,)))


def test_a_logarithm_or_root_of_what_may_be_negative_is_no_context() -> None:
    comparison = compare(
        {"x": real("n"), "t": index("n"), "y": real("n")},
        lambda x, y, t: y + 0 * log(x[t]) + 0 * sqrt(x[t]),
        lambda y: 2 * y,
        assume=(Equation(lambda x, y: x * y, lambda x: 0 * x),),
        realise={"y": lambda: zeros("n")},
    )
    assert prove(comparison) is None


def test_a_hypothesis_on_one_token_says_nothing_of_another() -> None:
    """From x[t] = 0 follows nothing for x at another place."""
    comparison = compare(
        {"x": real("n"), "t": index("n")},
        lambda x: x,
        lambda x: 0 * x,
        assume=(Equation(lambda x, t: x[t], lambda x, t: 0 * x[t]),),
        realise={"x": lambda: zeros("n")},
    )
    (name,) = statement_of(comparison).goals[0].rules
    at, everywhere = Index("n", "t"), Index("n", "#0")
    assert not forged(comparison, Proof((Cofactor(Rule("hypothesis", name), 1, (), ((at, everywhere),), ()),)))
    assert prove(comparison) is None


def test_a_hypothesis_on_a_token_holds_in_the_part_of_the_axis_where_the_token_is() -> None:
    """From (x, z)[t] = 0 follows z = 0 only where t is the last place."""
    comparison = compare(
        {"x": real("n"), "z": real(), "t": index("n+1")},
        lambda x, z, t: append(x, z)[t] + z,
        lambda z: 0 * z,
        assume=(Equation(lambda x, z, t: append(x, z)[t], lambda z: 0 * z),),
        realise={"x": lambda: zeros("n"), "z": lambda: zeros("")},
    )
    first, last = statement_of(comparison).goals
    assert list(first.rules) == ["assumption 0, part 0"]
    assert list(last.rules) == ["assumption 0, part 1"]
    assert prove(comparison) is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"version": 1, "scope": "all sizes", "goals": []},
        {"version": 1, "scope": "n = 2", "goals": [{"name": "identity", "proof": {"moves": []}}]},
        {"version": 1, "scope": "all sizes", "goals": [{"name": "identity", "proof": {"moves": [{}]}}]},
        {"version": 1, "scope": "all sizes", "goals": [{"name": "identity", "proof": 7}]},
        {"version": 1, "scope": "all sizes", "goals": 7},
        {
            "version": 1,
            "scope": "all sizes",
            "goals": [
                {
                    "name": "identity",
                    "proof": {
                        "moves": [{"move": "clear", "head": "", "indices": [], "exponent": float("inf")}]
                    },
                }
            ],
        },
        {
            "version": 1,
            "scope": "all sizes",
            "goals": [{"name": "identity", "proof": {"moves": [{"move": "x"}]}}],
        },
    ],
)
def test_nonsense_is_refused(data: Any) -> None:
    assert not replay(TRUE["a column times a row"], data)


def test_moves_are_plain_data() -> None:
    move = Cancel("key", Index("d", "#0"), True)
    assert move_to_json(move) == {"move": "cancel", "head": "key", "index": ["d", "#0"], "left": True}
    assert proof_to_json(Proof()) == {"moves": []}


@pytest.mark.parametrize("classes", [(0, 0), (0, 1), (0,), (0, 0, 0), ()])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_exponentials_of_different_exponents_are_not_merged(classes: tuple[int, ...], count: int) -> None:
    """Whatever the classes, a part is left over that no empty proof takes to 0."""
    comparison = compare({"a": real(), "b": real()}, lambda a, b: exp(a), lambda a, b: exp(b))
    assert not forged(comparison, Proof((), Merge(classes), (Proof(),) * count))


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_roots_of_different_arguments_are_not_alike(count: int) -> None:
    comparison = compare({"a": real(), "b": real()}, lambda a, b: sqrt(1 + a**2), lambda a, b: sqrt(1 + b**2))
    (goal,) = statement_of(comparison).goals
    keys = sorted({head.key for monomial in goal.difference.terms for head, _, _ in monomial})
    for key in keys:
        for other in [*keys, "no atom"]:
            assert not forged(comparison, Proof((), Alike(key, other), (Proof(),) * count))
