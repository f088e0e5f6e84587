"""Building tokens by copying: what softmax attention copies from one position, and with what error.

To build tokens that hold a pair of neighbours, a first layer copies from the position before. With
orthonormal positions as keys, the logits are β at one position and 0 elsewhere. Softmax then copies up to an
error that falls with e^−β but is never 0; linear attention copies exactly.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Equation,
    Mutant,
    Source,
    Verdict,
    append,
    dot,
    exp,
    identity,
    index,
    inverse,
    ones,
    real,
    shift,
    size,
    softmax,
    zeros,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {"others": real("n d"), "target": real("d"), "beta": real()}


def copied(others: Array, target: Array, beta: Array) -> Array:
    """Softmax attention with the logit β at the target and 0 at n others.  [n d], [d], [] -> [d]"""
    return softmax(append(0 * others.sum(1), beta)) @ append(others, target)


def copied_in_closed_form(others: Array, target: Array, beta: Array) -> Array:
    """The target, and the mean deviation of the others.  [n d], [d], [] -> [d]"""
    return target + (others.sum(0) - size("n") * target) / (size("n") + exp(beta))


slot = Claim(
    "softmax-copy-eq-target-plus-error",
    title="What softmax attention copies from one position, with its error",
    given=GIVEN,
    lhs=copied,
    rhs=copied_in_closed_form,
    source=Source(PAPER, "the construction of tokens by a first layer"),
    about="The error is the sum of the n others' deviations from the target, over n + e^β.",
    stops="It is not 0 at any finite β unless the deviations cancel.",
    mutants=(
        Mutant("no error", rhs=lambda target: target),
        Mutant(
            "the target among the others",
            rhs=lambda others, target, beta: (
                target + (others.sum(0) - size("n") * target) / (size("n") + 1 + exp(beta))
            ),
        ),
        Mutant(
            "the sign of the error",
            rhs=lambda others, target, beta: 2 * target - copied_in_closed_form(others, target, beta),
        ),
    ),
)

exactly = Claim(
    "softmax-copy-eq-target",
    title="Softmax attention with a large logit at one position copies its token",
    given=GIVEN,
    lhs=copied,
    rhs=lambda target: target,
    source=Source("original", "the construction of tokens by a first softmax layer, read as exact"),
    about="Constructions that follow assume tokens that hold both neighbours exactly.",
    stops="False at every finite β.",
    expected=Verdict.REFUTED,
    repair="softmax-copy-eq-target-plus-error",
)

weight = Claim(
    "softmax-copy-weight",
    title="The weight of the copied position is e^β over e^β + n",
    given={"beta": real()},
    lhs=lambda beta: dot(softmax(append(zeros("n"), beta)), append(zeros("n"), ones(""))),
    rhs=lambda beta: exp(beta) / (exp(beta) + size("n")),
    source=Source(PAPER, "the construction of tokens by a first layer"),
    about="One position has the logit β, and n others 0: the inner products of orthonormal positions.",
    stops="The weight is below 1 at every finite β, and for β < 0 smaller than those of the others.",
    mutants=(
        Mutant("n positions in all", rhs=lambda beta: exp(beta) / (exp(beta) + size("n") - 1)),
        Mutant("a weight of 1", rhs=lambda beta: exp(beta) / exp(beta)),
        Mutant("half the logit", rhs=lambda beta: exp(beta / 2) / (exp(beta / 2) + size("n"))),
    ),
)


def orthogonal(A: Array) -> Array:
    """The Cayley transform of a skew matrix: an orthogonal matrix.  [n n] -> [n n]"""
    skew = A - A.T
    return (identity("n") - skew) @ inverse(identity("n") + skew)


POSITIONS: dict[str, Domain] = {
    "A": real("n n"),
    "P": real("n n"),
    "x": real("n d"),
    "t": index("n"),
}

linear = Claim(
    "linear-attention-copies-by-orthonormal-positions",
    title="Linear attention copies exactly from a position, where positions are orthonormal",
    given=POSITIONS,
    lhs=lambda P, x, t: (P @ P[t]) @ x,
    rhs=lambda x, t: x[t],
    source=Source("original", "the construction of tokens of arXiv:2309.05858 with a linear first layer"),
    about="The query is the position to copy from; without a softmax its inner products stay 1 and 0.",
    stops="Stated for as many positions as dimensions; more than that are never orthonormal.",
    assume=(Equation(lambda P: P @ P.T, lambda: identity("n")),),
    realise={"P": orthogonal},
    mutants=(
        Mutant("with a softmax", lhs=lambda P, x, t: softmax(P @ P[t]) @ x),
        Mutant("twice the positions", lhs=lambda P, x, t: (2 * P @ P[t]) @ x),
        Mutant(
            "positions of which nothing is known",
            given={"P": real("n n"), "other": real("n n")},
            lhs=lambda other, x, t: (other @ other[t]) @ x,
        ),
    ),
)

previous = Claim(
    "linear-attention-builds-pairs-of-neighbours",
    title="Linear attention hands every token its predecessor, where positions are orthonormal",
    given={"A": real("n n"), "P": real("n n"), "x": real("n d")},
    lhs=lambda P, x: ((shift("n") @ P) @ P.T) @ x,
    rhs=lambda x: shift("n") @ x,
    source=Source("original", "the construction of tokens of arXiv:2309.05858 with a linear first layer"),
    about="The query of a token is the position before its own; the first token, without one, is handed 0.",
    stops="Positions enter keys and queries exactly, and nothing else does.",
    assume=(Equation(lambda P: P @ P.T, lambda: identity("n")),),
    realise={"P": orthogonal},
    mutants=(
        Mutant("each token itself", lhs=lambda P, x: (P @ P.T) @ x),
        Mutant("the token after", lhs=lambda P, x: ((shift("n").T @ P) @ P.T) @ x),
        Mutant("with a softmax", lhs=lambda P, x: softmax((shift("n") @ P) @ P.T, axis=1) @ x),
    ),
)
