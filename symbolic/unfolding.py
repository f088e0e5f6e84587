"""Sigmoid, softplus and tanh written by exponentials: a second reading, where the first is not proved.

As functions of their own they keep formulas short, and their symmetries; what they have to do with
exponentials shows only where they are written out.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from equivalences.language.comparison import Comparison
from equivalences.language.term import Apply, Constant, Elementwise, Filled, Power, Term, rewrite, walk


def one_plus_exp(x: Term) -> Term:
    """1 + eˣ."""
    one = Filled(Fraction(1), x.axes) if x.axes else Constant(Fraction(1))
    return Elementwise("add", one, Apply("exp", x))


def sigmoid(x: Term) -> Term:
    """1 / (1 + e⁻ˣ)."""
    return Power(one_plus_exp(Apply("negate", x)), -1)


def softplus(x: Term) -> Term:
    """log(1 + eˣ)."""
    return Apply("log", one_plus_exp(x))


def tanh(x: Term) -> Term:
    """1 − 2 / (1 + e²ˣ)."""
    one = Filled(Fraction(1), x.axes) if x.axes else Constant(Fraction(1))
    two = Constant(Fraction(2))
    below = Power(one_plus_exp(Elementwise("multiply", two, x)), -1)
    return Elementwise("subtract", one, Elementwise("multiply", two, below))


WRITTEN: Mapping[str, Callable[[Term], Term]] = {"sigmoid": sigmoid, "softplus": softplus, "tanh": tanh}


def can_unfold(comparison: Comparison) -> bool:
    """Whether a side has a function that can be written by exponentials."""
    found = walk(comparison.lhs, comparison.rhs)
    return any(isinstance(t, Apply) and t.function in WRITTEN for t in found)


def unfolded(comparison: Comparison) -> Comparison:
    """The comparison with those functions written out in its sides.

    An invariant points at loops of the sides as they were, and is left out.
    """

    def written(term: Term) -> Term | None:
        if isinstance(term, Apply) and term.function in WRITTEN:
            return WRITTEN[term.function](rewrite(term.argument, written))
        return None

    lhs, rhs = rewrite(comparison.lhs, written), rewrite(comparison.rhs, written)
    return replace(comparison, lhs=lhs, rhs=rhs, invariant=None, waypoints=())
