"""A limit's remainder: that it is defined at the limit; and how the limit is approached."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

from flint import arb

from equivalences.language.comparison import Approach, Comparison
from equivalences.language.domain import Numbers
from equivalences.language.evidence import Instance

from .balls.evaluation import Evaluation
from .balls.precision import UndefinedError, ball, precision, rounded_up
from .cases import Case

BITS = 256
STEPS = (2, 4, 8, 16)
"""How near the limit is approached: by 2⁻ᵏ."""
NEAR = (16, 64, 256, 1024)
"""Exponents of the distances at which the left side has to be defined: what is excluded may be small."""


def undefined(comparison: Comparison, approach: Approach, cases: Sequence[Case]) -> str:
    """Why an instance has no limit: no remainder there, or no left side near it; empty where all have one."""
    for case in cases:
        if missing := absent(comparison, approach, case):
            return f"lhs is not defined at {approach.variable} = {missing}, near the limit: {case.title}"
        try:
            found = values(comparison, case.instance, approach)
        except UndefinedError as error:
            return f"the remainder is not defined at the limit: {case.title}: {error.reason}"
        if not all(x.is_finite() for x in found):
            return f"the remainder is not finite at the limit: {case.title}"
    return ""


def absent(comparison: Comparison, approach: Approach, case: Case) -> str:
    """A place near the limit at which the left side has no value; empty where it has one at all tried."""
    domain = comparison.given[approach.variable]
    one_sided = isinstance(domain, Numbers) and domain.constraint == "positive" and not approach.to
    signs = (1,) if one_sided else (1, -1)
    for k, sign in product(NEAR, signs):
        place = approach.to + Fraction(sign, 2**k)
        near = Instance(case.instance.sizes, {**case.instance.values, approach.variable: (place,)})
        try:
            with precision(BITS):
                Evaluation(comparison, near).value(comparison.lhs)
        except UndefinedError as error:
            if error.certain:
                return f"{approach.to} {'+' if sign > 0 else '−'} 2^-{k}"
    return ""


def values(comparison: Comparison, instance: Instance, approach: Approach) -> Sequence[arb]:
    """The remainder's entries at the limit.

    Raises:
        UndefinedError: it has no value there.
    """
    with precision(BITS):
        return Evaluation(comparison, instance).value(approach.constant).entries


def table(comparison: Comparison, approach: Approach, cases: Sequence[Case]) -> dict[str, Any]:
    """What is left, over the rate, at steps towards the limit, and the remainder that it tends to."""
    case = next((case for case in cases if case.generic), None)
    if case is None:
        return {}
    shown: dict[str, Any] = {
        "variable": approach.variable,
        "to": str(approach.to),
        "order": approach.order,
        "case": case.title,
    }
    sides = replace(comparison, rhs=approach.target)
    rows = []
    for k in STEPS:
        step = Fraction(1, 2**k)
        near = Instance(case.instance.sizes, {**case.instance.values, approach.variable: (approach.to + step,)})
        try:
            left = gap(sides, near)
        except UndefinedError:
            continue
        with precision(BITS):
            over = rounded_up(left / ball(step**approach.order))
            rows.append({"step": f"2^-{k}", "gap": rounded_up(left), "over": over})
    with precision(BITS):
        constant = largest(values(comparison, case.instance, approach))
    return {**shown, "rows": rows, "constant": rounded_up(constant)}


def gap(sides: Comparison, instance: Instance) -> arb:
    """The largest difference of the left side and the limit."""
    with precision(BITS):
        evaluation = Evaluation(sides, instance)
        left, right = evaluation.value(sides.lhs).entries, evaluation.value(sides.rhs).entries
        return largest([x - y for x, y in zip(left, right, strict=True)])


def largest(entries: Sequence[arb]) -> arb:
    """The largest absolute value of some entries."""
    result = arb(0)
    for x in entries:
        result = result.max(abs(x))
    return result
