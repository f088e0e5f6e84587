"""Statements that are false or nowhere defined, each in the blind spot of a rule that is sound elsewhere."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from equivalences import (
    Equation,
    append,
    cumsum,
    dot,
    exp,
    feature_map,
    gradient,
    identity,
    index,
    inverse,
    log,
    logsumexp,
    mask,
    ones,
    positive,
    real,
    relu,
    scan,
    size,
    sqrt,
    trace,
    unknown,
    zeros,
)
from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Options, Verdict
from equivalences.symbolic import examine
from equivalences.symbolic.certificate import replay, statement_of
from equivalences.symbolic.goals import array
from equivalences.symbolic.lowering.lower import Lowering
from equivalences.symbolic.lowering.places import UnreadableError
from equivalences.symbolic.networks import atoms
from equivalences.symbolic.networks.algebra import bind, constant, entry, multiply, size_head
from equivalences.symbolic.networks.network import Head, Index, earlier
from equivalences.symbolic.networks.partiality import restrictions
from equivalences.symbolic.networks.positivity import is_nonnegative, is_positive
from equivalences.symbolic.recurrence import MissingStateError

from .proving import compare, prove


def is_proved(comparison: Comparison) -> bool:
    """Whether goals of the comparison are proved, no second opinion being asked."""
    try:
        return prove(comparison) is not None
    except (UnreadableError, MissingStateError):
        return False


def refusal(comparison: Comparison) -> str:
    """Why the prover does not read a comparison."""
    evidence = examine(comparison, Options())
    assert evidence.verdict is Verdict.INAPPLICABLE, evidence
    return evidence.reason


def add(s: Any, r: Any) -> Any:
    return s + r


def similarities(kernel: Callable[..., Any], rhs: Callable[..., Any], **more: Any) -> Comparison:
    """A scan of ⟨φ(x), φ(y)⟩ over the rows of x, and what it is said to be."""
    given = {"phi": feature_map("d -> f", kernel=kernel), "x": real("n d"), "y": real("d")}

    def lhs(phi: Any, x: Any, y: Any) -> Any:
        return scan(lambda s, r: s + dot(phi(r), phi(y)), zeros(""), x)

    return compare(given, lhs, rhs, **more)


def test_a_kernel_that_knows_the_growing_axis_is_not_used_at_smaller_sizes() -> None:
    comparison = similarities(lambda x, y: size("n") * dot(x, y), lambda x, y: dot(cumsum(ones("n")), x @ y))
    assert "kernel of phi, which knows the growing axis n" in refusal(comparison)
    bent = similarities(
        lambda x, y: (1 + relu(size("n") - 16)) * dot(x, y),
        lambda x, y: dot(1 + relu(cumsum(ones("n")) - 16), x @ y),
        state=lambda x, y: dot(x @ y, 1 + relu(cumsum(ones("n")) - 16)),
    )
    assert "growing axis" in refusal(bent)
    assert is_proved(similarities(lambda x, y: size("m") * dot(x, y), lambda x, y: size("m") * (x @ y).sum()))


def far(s: Any, a: Any) -> Any:
    """0 where s − a is 1, 0, −1 or −2."""
    return (s - a - 1) * (s - a) * (s - a + 1) * (s - a + 2)


def test_assumptions_about_the_growing_axis_are_not_used_at_smaller_sizes() -> None:
    comparison = compare(
        {"x": real("n"), "a": real()},
        lambda x, a: scan(add, zeros(""), x * (1 + far(size("n"), a))),
        lambda x, a: (x * (1 + far(cumsum(ones("n")), a))).sum(),
        assume=(Equation(lambda a: a, lambda: size("n")),),
        realise={"a": lambda: size("n")},
    )
    assert not is_proved(comparison)
    goals = {goal.name: goal for goal in statement_of(comparison).goals}
    assert [name for name, goal in goals.items() if goal.rules] == ["read-out"]


@pytest.mark.parametrize(
    "what",
    [lambda x: exp(x).sum(), lambda x: size("n") + 0 * x.sum(), lambda x: dot(exp(x), cumsum(exp(x)))],
)
def test_sums_over_no_tokens_are_not_positive(what: Any) -> None:
    """The slope of relu is 0 at size 0 and 1 at every other."""

    def lhs(x: Any) -> Any:
        return scan(lambda s, r: s, zeros(""), x)

    assert not is_proved(compare({"x": real("n")}, lhs, lambda x: gradient(relu)(what(x))))


@pytest.mark.parametrize("sort", ["n", earlier("n")])
def test_signs_of_sums_over_a_sort_that_may_be_empty(sort: str) -> None:
    i, j = Index(sort, "i"), Index(sort, "j")
    head = Head(kind="tensor", name="w", sorts=(sort,), positive=True)
    weight, count = entry(head, i), entry(size_head(sort))
    total = bind(weight, i)
    assert is_positive(weight)
    assert is_positive(total) is (sort == "n")
    assert is_positive(count) is (sort == "n")
    assert is_nonnegative(total)
    assert is_nonnegative(count)
    assert is_positive(total + constant(1))
    assert is_positive(multiply(entry(head, j), total))
    assert not is_nonnegative(total - constant(1))


def test_variables_that_change_places_are_told_apart() -> None:
    """A term's entries are kept for what its variables stand for, each of them."""
    kernel = compare(
        {"phi": feature_map("d -> f", kernel=lambda x, y: (x - 2 * y).sum()), "x": real("d")},
        lambda phi, x: dot(phi(x), phi(x)),
        lambda x: -x.sum(),
    ).kernels["phi"]
    lowering = Lowering({})
    first, second = array(lowering, "x", kernel.x), array(lowering, "y", kernel.y)
    value = lowering.lower(kernel.value, (), {kernel.x: first, kernel.y: second})
    assert lowering.lower(kernel.value, (), {kernel.x: second, kernel.y: first}) != value


def test_states_that_divide_by_a_sum_over_no_tokens_prove_nothing() -> None:
    comparison = compare(
        {"x": real("n")},
        lambda x: scan(add, zeros(""), x),
        lambda x: x.sum(),
        state=lambda x: x.sum() * exp(x).sum() / exp(x).sum(),
    )
    assert examine(comparison, Options()).verdict is Verdict.UNDECIDED
    slope = compare(
        {"x": real("n")},
        lambda x: scan(lambda s, r: sqrt(s**2 + r**2), zeros(""), x),
        lambda x: dot(gradient(lambda u: sqrt(dot(u, u)))(x), x),
    )
    assert "defined at every size" in examine(slope, Options()).reason
    root = compare(
        {"x": real("n")},
        lambda x: scan(lambda s, r: sqrt(s**2 + r**2), zeros(""), x),
        lambda x: sqrt(dot(x, x)),
    )
    assert is_proved(root)


def test_rows_that_need_not_be_defined_at_smaller_sizes_prove_nothing() -> None:
    comparison = compare(
        {"x": real("n")},
        lambda x: scan(add, zeros(""), x * x.sum() / x.sum()),
        lambda x: x.sum(),
    )
    assert "before the last token" in refusal(comparison)


def masked(m: Any, x: Any, y: Any) -> Any:
    return m * exp(1 / (x * m + y * (1 - m)))


@pytest.mark.parametrize("one", [masked, lambda m, x, y: m * exp(log(x * x * m + y * (1 - m)))])
def test_a_mask_licenses_no_division_under_it(one: Any) -> None:
    """At m = x = 0 and u = 1 nothing is divided by 0, and the sides differ."""
    given = {"m": mask(""), "x": real(), "y": positive(), "u": real()}
    given |= {"k": mask(""), "a": real(), "b": real()}
    comparison = compare(
        given,
        lambda m, x, y, u: one(m, x, y) + u,
        lambda m, x, y, u: one(m, x, 2 * y) + 0 * u,
        assume=(Equation(lambda x, u: x * u, lambda: zeros("")),),
        realise={"x": lambda k, a: k * a, "u": lambda k, b: (1 - k) * b},
    )
    assert not is_proved(comparison)


def test_masks_inside_functions_become_one_where_nothing_is_divided_by() -> None:
    m = entry(Head(kind="tensor", name="m", zero_one=True))
    x, y = (entry(Head(kind="tensor", name=name)) for name in "xy")
    assert multiply(m, atoms.exp(multiply(m, x))) == multiply(m, atoms.exp(x))
    divided = multiply(m, atoms.power(x, -1))
    assert multiply(m, atoms.exp(divided)) == multiply(m, atoms.exp(atoms.power(x, -1)))
    either = multiply(m, x) + multiply(constant(1) - m, y)
    partial = multiply(m, atoms.exp(atoms.power(either, -1)))
    assert not any(r.need == "nonzero" and r.key == next(iter(x.heads)).key for r in restrictions(partial))


def test_a_root_keeps_the_mask_of_what_may_be_negative() -> None:
    m = entry(Head(kind="tensor", name="m", zero_one=True))
    x = entry(Head(kind="tensor", name="x"))
    root = atoms.power(multiply(m, x), Fraction(1, 2))
    assert {r.key for r in restrictions(root)} == {h.key for h in root.heads if h.kind == "box"}


ONE_TOKEN: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "of a longer axis": (
        {"x": real("n"), "r": real(), "t": index("n+1")},
        lambda x, r: scan(lambda s, u: s, r, x),
        lambda x, r, t: append(x, r)[t],
    ),
    "in the rows": (
        {"x": real("n"), "t": index("n")},
        lambda t: scan(add, zeros(""), identity("n")[t]),
        lambda: zeros(""),
    ),
    "in rows and state": (
        {"x": real("n"), "t": index("n")},
        lambda x, t: scan(add, zeros(""), x * x[t]),
        lambda x, t: x.sum() * x[t],
    ),
}


@pytest.mark.parametrize("name", ONE_TOKEN)
def test_one_token_of_the_growing_axis_is_not_read_at_smaller_sizes(name: str) -> None:
    assert "takes one token of the growing axis" in refusal(compare(*ONE_TOKEN[name]))


def test_features_of_unknown_functions_and_of_features() -> None:
    phi = feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y)))
    given = {"phi": phi, "F": unknown("d -> d"), "x": real("d"), "y": real("d")}
    inner = compare(given, lambda phi, F, x, y: dot(phi(F(x)), phi(y)), lambda F, x, y: exp(dot(F(x), y)))
    assert examine(inner, Options()).verdict is Verdict.PROVED
    wrong = compare(given, lambda phi, F, x, y: dot(phi(F(x)), phi(y)), lambda F, x, y: exp(dot(x, F(y))))
    assert examine(wrong, Options()).verdict is Verdict.UNDECIDED

    def nested(phi: Any, x: Any) -> Any:
        return dot(phi(x / (1 + dot(phi(x), phi(x)))), phi(x))

    assert examine(compare(given, nested, lambda x: exp(dot(x, x))), Options()).verdict is not Verdict.PROVED


def test_cuts_nested_without_end_are_not_replayed() -> None:
    comparison = compare({"x": real("n")}, lambda x: x.sum(), lambda x: 2 * x.sum())
    proof: dict[str, Any] = {"moves": []}
    head = next(iter(statement_of(comparison).goals[0].left.heads)).key
    for k in range(900):
        proof = {"moves": [], "cut": {"head": head, "indices": [["n", f"#c{k}"]]}, "parts": [proof]}
    goals = [{"name": "identity", "proof": proof}]
    assert not replay(comparison, {"version": 1, "scope": "all sizes", "goals": goals})


NOWHERE: dict[str, tuple[Any, str]] = {
    "a reciprocal of 0": (lambda v, w: 1 / (dot(w, w) - dot(w, w)) + dot(v, v), "identically 0"),
    "a logarithm of no positive number": (lambda v, w: log(-dot(w, w)) + dot(v, v), "nowhere positive"),
    "a logarithm of 0": (lambda v, w: log(dot(w, w) - dot(w, w)) + dot(v, v), "identically 0"),
    "a root of a negative number": (lambda v, w: sqrt(-exp(dot(w, w))) + dot(v, v), "nowhere positive"),
    "an inverse of 0": (lambda v, w: trace(inverse(zeros("d d"))) + dot(v, v), "identically 0"),
}


@pytest.mark.parametrize("name", NOWHERE)
def test_a_loss_that_is_nowhere_defined_has_no_gradient(name: str) -> None:
    loss, why = NOWHERE[name]
    given = {"v": real("d"), "w": real("d")}
    comparison = compare(given, lambda v, w: gradient(lambda u: loss(u, w))(v), lambda v: 2 * v)
    assert why in refusal(comparison)


def test_a_gradient_at_a_point_where_the_loss_is_not_defined() -> None:
    def loss(u: Any) -> Any:
        return 1 / dot(u, u) - 1 / dot(u, u) + u.sum()

    given = {"v": real("d")}
    at_zero = compare(given, lambda: gradient(loss)(zeros("d")), lambda: ones("d"))
    assert "identically 0" in refusal(at_zero)
    nowhere = compare(given, lambda v: gradient(lambda u: u.sum())(v / (v - v)), lambda: ones("d"))
    assert "identically 0" in refusal(nowhere)


def test_conditions_that_a_derivative_drops_are_told() -> None:
    def conditions(loss: Any) -> Any:
        given = {"v": real("d"), "w": real("d")}
        evidence = examine(
            compare(given, lambda v, w: gradient(lambda u: loss(u, w) + dot(u, u))(v), lambda v: 2 * v),
            Options(),
        )
        assert evidence.verdict is Verdict.PROVED
        return list(evidence.detail["conditions"])

    assert conditions(lambda u, w: 1 / dot(w, w)) == ["w^{\\top} w \\ne 0"]
    assert conditions(lambda u, w: log(w.sum())) == ["\\mathbf{1}_{d}^{\\top} w > 0"]
    assert conditions(lambda u, w: log(dot(u, w)) - log(dot(u, w))) == ["v^{\\top} w > 0"]
    assert conditions(lambda u, w: sqrt(dot(u, u)) - sqrt(dot(u, u))) == ["v^{\\top} v > 0"]
    assert conditions(lambda u, w: logsumexp(w)) == []


KERNELS: dict[str, tuple[Any, str]] = {
    "negative": (lambda x, y: -exp(dot(x, y)), "negative"),
    "minus an inner product": (lambda x, y: -dot(x, y), "negative"),
    "of one point": (lambda x, y: dot(x, x), "symmetric"),
    "a difference": (lambda x, y: exp((x - 2 * y).sum()), "symmetric"),
    "not everywhere": (lambda x, y: 1 / (1 - dot(x, y)), "defined at all points"),
}


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_of_no_feature_map_are_refused(name: str) -> None:
    kernel, why = KERNELS[name]
    given = {"phi": feature_map("d -> f", kernel=kernel), "x": real("d"), "y": real("d")}
    assert why in refusal(compare(given, lambda phi, x, y: dot(phi(x), phi(y)), kernel))


def test_an_assumption_that_nothing_satisfies_proves_nothing() -> None:
    comparison = compare(
        {"c": positive(), "x": real("n")},
        lambda c, x: c * x,
        lambda x: -x,
        assume=(Equation(lambda c: c, lambda: -ones("")),),
        realise={"c": lambda: -ones("")},
    )
    assert "nothing satisfies" in refusal(comparison)
