"""The equations that inputs have to satisfy: those a claim assumes, and those of its realised variables.

A variable that a hypothesis ties down is computed from the others, so that its domain is not met by drawing
it. That it is a mask or symmetric is an equation, m² = m or Sᵀ = S, which every arithmetic can read; that it
is positive is left to ``membership``.
"""

from dataclasses import dataclass

from equivalences.language.comparison import Comparison
from equivalences.language.domain import Numbers
from equivalences.language.term import Elementwise, Permute, Term, Variable


@dataclass(frozen=True)
class Hypothesis:
    """Two terms that are equal on the domain, and what to say where they are not."""

    left: Term
    right: Term
    violated: str


def hypotheses(comparison: Comparison) -> list[Hypothesis]:
    """All equations that hold on the domain of a comparison."""
    assumed = "the inputs do not satisfy the hypotheses"
    found = [Hypothesis(left, right, assumed) for left, right in comparison.assumptions]
    for name in comparison.realised:
        match comparison.given[name]:
            case Numbers(axes, "mask"):
                x = Variable(name, axes)
                found.append(Hypothesis(Elementwise("multiply", x, x), x, f"{name} is not a mask"))
            case Numbers(axes, "symmetric" | "positive definite"):
                x = Variable(name, axes)
                found.append(Hypothesis(Permute(x, (1, 0)), x, f"{name} is not symmetric"))
    return found
