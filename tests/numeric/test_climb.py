"""Bounds attacked by climbing: what is tight is no violation, and what fails in a corner is met."""

from fractions import Fraction
from typing import Any

from equivalences import Claim, dot, real, sqrt
from equivalences.language.evidence import Options, Verdict
from equivalences.language.tracing import trace
from equivalences.numeric import examine
from equivalences.numeric.climb import EVALUATIONS, climb
from equivalences.numeric.exact.programs import Programs


def bound(given: Any, lhs: Any, at_most: Any) -> Programs:
    return Programs(trace(Claim("bound", title="A bound", given=given, lhs=lhs, at_most=at_most)))


def test_a_bound_that_is_met_is_climbed_to_the_end() -> None:
    """Both sides are equal everywhere, and at 64 bits now one and now the other seems the larger."""
    met = bound({"t": real()}, lambda t: sqrt(1 + t**2) ** 2, lambda t: 1 + t**2)
    ascent = climb(met, 0)
    assert ascent.slack == 0
    assert not ascent.is_violation
    assert ascent.evaluations == EVALUATIONS


def test_the_slack_of_a_bound_that_holds_is_small_where_it_is_tight() -> None:
    ascent = climb(
        bound(
            {"x": real("d"), "y": real("d")},
            lambda x, y: dot(x, y) ** 2,
            lambda x, y: dot(x, x) * dot(y, y),
        ),
        0,
    )
    assert 0 <= ascent.slack < 0.1


def test_a_bound_that_fails_at_large_inputs_only_is_refuted() -> None:
    fails = bound({"t": real()}, lambda t: t**2, lambda t: 10**9 + t**2 * Fraction(1, 2))
    evidence = examine(fails.comparison, Options(digits=30))
    assert evidence.verdict is Verdict.REFUTED
    assert climb(fails, 0).is_violation
