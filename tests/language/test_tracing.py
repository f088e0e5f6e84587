"""From a claim to a comparison, and what a claim may not be."""

from collections.abc import Callable

import pytest

from equivalences import (
    Array,
    Claim,
    ClaimError,
    Domain,
    Equation,
    Minimum,
    Mutant,
    Verdict,
    activation,
    concat,
    dot,
    exp,
    feature_map,
    identity,
    index,
    mask,
    ones,
    outer,
    positive,
    real,
    scan,
    softmax,
    unknown,
    zeros,
)
from equivalences.language.domain import parse_axes
from equivalences.language.term import Unknown, Variable, walk
from equivalences.language.tracing import trace


def product(K: Array, q: Array) -> Array:
    return K @ q


def entrywise(K: Array, q: Array) -> Array:
    return (K * q[None, :]).sum(1)


GIVEN = {"K": real("n d"), "q": real("d")}


def test_sides_take_what_they_name_and_share_nothing() -> None:
    comparison = trace(Claim("a-claim", title="t", given=GIVEN, lhs=product, rhs=entrywise))
    left, right = ({id(t) for t in walk(side)} for side in (comparison.lhs, comparison.rhs))
    assert not left & right
    assert comparison.lhs.axes == ("n",)
    assert not comparison.is_trivial()


def test_one_program_on_both_sides_is_trivial() -> None:
    assert trace(Claim("a-claim", title="t", given=GIVEN, lhs=product, rhs=product)).is_trivial()


def test_default_parameters_need_not_be_given() -> None:
    def scaled(K: Array, q: Array, factor: int = 1) -> Array:
        return factor * (K @ q)

    assert trace(Claim("a-claim", title="t", given=GIVEN, lhs=scaled, rhs=product)).rhs.axes == ("n",)


def test_independence_compares_with_fresh_variables() -> None:
    comparison = trace(Claim("a-claim", title="t", given=GIVEN, lhs=product, independent_of=("q",)))
    names = {t.name for t in walk(comparison.rhs) if isinstance(t, Variable)}
    assert names == {"K", "q'"}
    assert comparison.given["q'"] == GIVEN["q"]


def test_independence_of_what_does_not_occur_is_trivial() -> None:
    claim = Claim("a-claim", title="t", given={**GIVEN, "B": real("d d")}, lhs=product, independent_of=("B",))
    assert trace(claim).is_trivial()


def test_independence_of_a_function() -> None:
    claim = Claim(
        "a-claim", title="t", given={"x": real("d"), "f": unknown("d -> d")}, lhs=lambda x, f: f(x),
        independent_of=("f",),
    )  # fmt: skip
    functions = {t.function for t in walk(trace(claim).rhs) if isinstance(t, Unknown)}
    assert functions == {"f'"}


def squared(W: Array, V: Array) -> Array:
    return dot(W - V, W - V)


def test_a_minimum_is_an_equation_with_a_gap() -> None:
    given = {"V": real("d")}
    claim = Claim(
        "a-claim", title="t", given=given, lhs=lambda V: V,
        minimises=Minimum(squared, gap=lambda h: dot(h, h)),
    )  # fmt: skip
    comparison = trace(claim)
    assert comparison.relation == "minimum"
    assert list(comparison.given) == ["V", "W"]
    assert comparison.lhs.axes == ()


@pytest.mark.parametrize(
    "gap",
    [
        lambda h: -dot(h, h),
        lambda h: h.sum(),
        lambda h, V: squared(h + V, V) - squared(0 * V, V),
        lambda h, V: dot(h, h) * V.sum(),
        lambda h, V: dot(h, V),
    ],
)
def test_a_gap_must_be_visibly_nonnegative(gap: Callable[..., Array]) -> None:
    claim = Claim(
        "a-claim", title="t", given={"V": real("d")}, lhs=lambda V: V, minimises=Minimum(squared, gap=gap)
    )
    with pytest.raises(ClaimError, match="not visibly non-negative"):
        trace(claim)


@pytest.mark.parametrize(
    ("lhs", "words"),
    [
        (lambda K, q: K @ K, "lhs is ill-typed: K[n d] @ K[n d]: contracts axis d with axis n"),
        (lambda K, missing: K, "lhs asks for missing, which given lacks; it has K, q"),
        (lambda K, q: (K, q), "lhs returned (K[n d], q[d]) of type tuple, not an array"),
        (lambda K, q: K, "the sides differ in type: lhs is [n d], rhs is [n]"),
    ],
)
def test_ill_typed_sides_name_side_and_axes(lhs: Callable[..., Array], words: str) -> None:
    with pytest.raises(ClaimError) as caught:
        trace(Claim("a-claim", title="t", given=GIVEN, lhs=lhs, rhs=product))
    assert words in str(caught.value)


def test_functions_of_given_check_their_arguments() -> None:
    given: dict[str, Domain] = {
        "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))), "K": real("n d"),
        "f": unknown("n d -> d"), "s": activation(), "t": index("n"), "m": mask("n d"),
    }  # fmt: skip
    claim = Claim(
        "a-claim", title="t", given=given, lhs=lambda phi, K, f, s, t, m: dot(phi(K)[t], phi(s(f(K * m)))),
        rhs=lambda K: K.sum(),
    )  # fmt: skip
    assert set(trace(claim).kernels) == {"phi"}
    for wrong in (lambda phi, K: phi(K.T).sum(), lambda f, K: f(K.T).sum()):
        with pytest.raises(ClaimError, match="ill-typed"):
            trace(Claim("a-claim", title="t", given=given, lhs=wrong, rhs=lambda K: K.sum()))


def test_a_state_is_a_function_of_the_other_loop() -> None:
    def left(K: Array) -> Array:
        return scan(lambda S, k: S + 2 * outer(k, k), 0 * identity("d"), K)

    def right(K: Array) -> Array:
        return scan(lambda S, k: S + outer(k, k), 0 * identity("d"), K)

    claim = Claim(
        "a-claim",
        title="t",
        given={"K": real("n d")},
        lhs=left,
        rhs=lambda K: 2 * right(K),
        state=lambda S: 2 * S,
    )
    invariant = trace(claim).invariant
    assert invariant is not None
    assert invariant.source is not None
    assert [v.axes for v in invariant.values] == [("d", "d")]


def test_a_state_of_the_wrong_type_is_refused() -> None:
    claim = Claim(
        "a-claim", title="t", given={"K": real("n d")},
        lhs=lambda K: scan(lambda S, k: S + outer(k, k), 0 * identity("d"), K),
        rhs=lambda K: K.T @ K, state=lambda K: K,
    )  # fmt: skip
    with pytest.raises(ClaimError, match="the scan's state is"):
        trace(claim)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "Not An Id"}, "lower-case words joined by hyphens"),
        ({"id": "all"}, "reserved"),
        ({"rhs": None}, "exactly one of rhs, independent_of, minimises and at_most"),
        ({"independent_of": ("K",)}, "exactly one of"),
        ({"expected": Verdict.REFUTED}, "a repair"),
        ({"expected": Verdict.PROVED}, "expected is Verdict.REFUTED"),
        ({"repair": "another"}, "repair belongs to"),
        ({"waive": {"gpu": ""}}, "and a reason"),
        ({"mutants": (Mutant("one"), Mutant("one"))}, "the same title"),
        ({"assume": (Equation(product, product),)}, "assume needs realise"),
        ({"realise": {"x": product}}, "is not in given"),
        ({"realise": {"K": product}}, "realise assume"),
        (
            {"rhs": None, "independent_of": ("q",), "assume": (Equation(product, product),)},
            "asks for any other value",
        ),
    ],
)
def test_claims_that_cannot_be(change: dict[str, object], words: str) -> None:
    fields: dict[str, object] = {
        "id": "a-claim",
        "title": "t",
        "given": GIVEN,
        "lhs": product,
        "rhs": entrywise,
    }
    with pytest.raises(ClaimError, match=words):
        Claim(**(fields | change))  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("text", ["n-1", "2n", "n d*", "é"])
def test_axes_are_names_ones_or_sums(text: str) -> None:
    with pytest.raises(ValueError, match="is no axis"):
        parse_axes(text)


def test_the_main_example_traces() -> None:
    def attention(W0: Array, phi: Callable[[Array], Array], keys: Array, values: Array, query: Array) -> Array:
        return W0 @ phi(query) + softmax(keys @ query) @ values

    claim = Claim(
        "a-claim",
        title="t",
        given={
            "W0": real("v f"), "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
            "keys": real("n d"), "values": real("n v"), "query": real("d"), "eta": positive(),
        },
        lhs=attention,
        rhs=lambda values: values.sum(0),
    )  # fmt: skip
    assert trace(claim).lhs.axes == ("v",)


@pytest.mark.parametrize(
    "mask_of",
    [
        lambda K, m: m,
        lambda K, m: 1 - m,
        lambda K, m: m * m,
        lambda K, m: concat(ones("1"), zeros("1"))[:, None] * ones("1 1"),
    ],
)
def test_masks_are_what_is_visibly_zero_or_one(mask_of: Callable[..., Array]) -> None:
    def side(K: Array, m: Array) -> Array:
        where = mask_of(K, m)
        return softmax(0 * where, axis=0, where=where).sum()

    given: dict[str, Domain] = {"K": real("n d"), "m": mask("n d")}
    assert trace(Claim("a-claim", title="t", given=given, lhs=side, rhs=lambda K: K.sum())).lhs.axes == ()


@pytest.mark.parametrize("weights", [lambda K: K, lambda K: -ones("n d"), lambda K: 2 * ones("n d")])
def test_weights_are_no_mask(weights: Callable[..., Array]) -> None:
    claim = Claim(
        "a-claim", title="t", given={"K": real("n d")},
        lhs=lambda K: softmax(K, where=weights(K)), rhs=lambda K: K,
    )  # fmt: skip
    with pytest.raises(ClaimError, match="needs a mask of zeros and ones"):
        trace(claim)
