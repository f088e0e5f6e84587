"""The moments of wanted and spurious pairs as means over the inputs, not typed by hand.

Inputs are independent standard normal vectors x and x′, outputs y = Wx. The wanted pair is (x, y), the
spurious one (y, x′): what a flat few-shot sequence x, y, x′, … offers a layer that pairs neighbours.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Equation,
    Mutant,
    Source,
    concat,
    dot,
    expectation,
    identity,
    inverse,
    normal,
    real,
    size,
    zeros,
)

SOURCE = Source("original", "the few-shot sequences of arXiv:2309.05858, at the level of the population")
WAIVE = {"gpu": "floating-point quadrature has no derived bound here"}
ANY: dict[str, Domain] = {"W": real("d d"), "U": real("d d")}
GIVEN: dict[str, Domain] = {"A": real("d d"), "W": real("d d")}


def orthogonal(A: Array) -> Array:
    """The Cayley transform of a skew matrix: an orthogonal matrix.  [d d] -> [d d]"""
    skew = A - A.T
    return (identity("d") - skew) @ inverse(identity("d") + skew)


ORTHOGONAL = (
    Equation(lambda W: W @ W.T, lambda: identity("d")),
    Equation(lambda W: W.T @ W, lambda: identity("d")),
)


def half_square(error: Array) -> Array:
    """Half the squared norm.  [n d] -> []"""
    return dot(error, error) / 2


def wanted_loss(U: Array, W: Array) -> Array:
    """Predicting n outputs Wx from their inputs x, in the mean.  [d d], [d d] -> []"""
    return expectation(lambda X: half_square(X @ W.T - X @ U.T), over=normal("n d"))


def spurious_loss(U: Array, W: Array) -> Array:
    """Predicting n inputs that are independent of the outputs before them, in the mean.  [d d], [d d] -> []"""
    first = concat(identity("d"), zeros("d d"), axis=0)
    second = concat(zeros("d d"), identity("d"), axis=0)
    return expectation(lambda X: half_square(X @ second - X @ first @ W.T @ U.T), over=normal("n d+d"))


wanted = Claim(
    "mean-loss-of-wanted-pairs",
    title="The mean loss on n wanted pairs is n/2 times the squared distance of the weights from the map",
    given=ANY,
    lhs=wanted_loss,
    rhs=lambda U, W: size("n") * dot(W - U, W - U) / 2,
    source=SOURCE,
    about="The mean is over standard normal inputs; the norm is Frobenius'.",
    stops="For inputs of another covariance the distance is weighted by it.",
    waive=WAIVE,
    mutants=(
        Mutant("one pair", rhs=lambda U, W: dot(W - U, W - U) / 2),
        Mutant("without its half", rhs=lambda U, W: size("n") * dot(W - U, W - U)),
        Mutant("the map's norm", rhs=lambda W: size("n") * dot(W, W) / 2),
    ),
)

spurious = Claim(
    "mean-loss-of-spurious-pairs",
    title="The mean loss on n spurious pairs penalises the weights",
    given=ANY,
    lhs=spurious_loss,
    rhs=lambda U, W: size("n") * (size("d") + dot(U @ W, U @ W)) / 2,
    source=SOURCE,
    about=(
        "A row of X holds an input and, after it, the next input, which is independent of the output before "
        "it: no weights predict it, and the best are 0."
    ),
    stops="For independent standard normal inputs, pair by pair.",
    waive=WAIVE,
    mutants=(
        Mutant("one pair", rhs=lambda U, W: (size("d") + dot(U @ W, U @ W)) / 2),
        Mutant("no penalty", rhs=lambda: size("n") * size("d") / 2),
        Mutant(
            "the next input equal to the one before",
            lhs=lambda U, W: expectation(lambda X: half_square(X - X @ W.T @ U.T), over=normal("n d")),
        ),
    ),
)

plateau = Claim(
    "mean-loss-of-half-the-map",
    title="With half an orthogonal map the mean loss on n wanted pairs is nd/8",
    given=GIVEN,
    lhs=lambda W: wanted_loss(W / 2, W),
    rhs=lambda: size("n") * size("d") / 8,
    source=SOURCE,
    about="A pair costs d/8, a quarter of what predicting 0 costs, and no more demonstrations lower it.",
    stops="For W orthogonal and standard normal inputs. At n demonstrations the loss lies above the plateau.",
    assume=ORTHOGONAL,
    realise={"W": orthogonal},
    waive=WAIVE,
    mutants=(
        Mutant("predicting 0", lhs=lambda W: wanted_loss(0 * W, W)),
        Mutant("the map", lhs=lambda W: wanted_loss(W, W)),
        Mutant("a loss without its half", lhs=lambda W: 2 * wanted_loss(W / 2, W)),
    ),
)
