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
    exp,
    identity,
    index,
    inverse,
    real,
    shift,
    size,
    softmax,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {"x": real("n d"), "t": index("n"), "beta": real()}


def copied(x: Array, t: Array, beta: Array) -> Array:
    """Softmax attention with the logit β at token t and 0 at all others.  [n d], t, [] -> [d]"""
    return softmax(beta * identity("n")[t]) @ x


def copied_in_closed_form(x: Array, t: Array, beta: Array) -> Array:
    """The token, and the deviations of the others from it.  [n d], t, [] -> [d]"""
    return x[t] + (x.sum(0) - size("n") * x[t]) / (exp(beta) + size("n") - 1)


slot = Claim(
    "softmax-copy-eq-target-plus-error",
    title="What softmax attention copies from one position, with its error",
    given=GIVEN,
    lhs=copied,
    rhs=copied_in_closed_form,
    source=Source(PAPER, "the construction of tokens by a first layer"),
    about="The error is the sum of all tokens' deviations from the one copied, over e^β + n − 1.",
    stops="It is not 0 at any finite β unless the deviations cancel.",
    mutants=(
        Mutant("no error", rhs=lambda x, t: x[t]),
        Mutant(
            "n other positions",
            rhs=lambda x, t, beta: x[t] + (x.sum(0) - size("n") * x[t]) / (exp(beta) + size("n")),
        ),
        Mutant(
            "the sign of the error",
            rhs=lambda x, t, beta: 2 * x[t] - copied_in_closed_form(x, t, beta),
        ),
    ),
)

exactly = Claim(
    "softmax-copy-eq-target",
    title="Softmax attention with a large logit at one position copies its token",
    given=GIVEN,
    lhs=copied,
    rhs=lambda x, t: x[t],
    source=Source("original", "the construction of tokens by a first softmax layer, read as exact"),
    about="Constructions that follow assume tokens that hold both neighbours exactly.",
    stops="False at every finite β.",
    expected=Verdict.REFUTED,
    repair="softmax-copy-eq-target-plus-error",
)

weight = Claim(
    "softmax-copy-weight",
    title="The weight of the copied position is e^β over e^β + n − 1",
    given={"beta": real(), "t": index("n")},
    lhs=lambda beta, t: softmax(beta * identity("n")[t])[t],
    rhs=lambda beta: exp(beta) / (exp(beta) + size("n") - 1),
    source=Source(PAPER, "the construction of tokens by a first layer"),
    about="One position has the logit β, and n − 1 have 0: the inner products of orthonormal positions.",
    stops="The weight is below 1 at every finite β if n > 1, and for β < 0 smaller than those of the others.",
    mutants=(
        Mutant("n other positions", rhs=lambda beta: exp(beta) / (exp(beta) + size("n"))),
        Mutant("a weight of 1", rhs=lambda beta: exp(beta) / exp(beta)),
        Mutant("half the logit", rhs=lambda beta: exp(beta / 2) / (exp(beta / 2) + size("n") - 1)),
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
