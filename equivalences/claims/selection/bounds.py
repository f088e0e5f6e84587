"""Bounds: what a mixture can lose against a class, and how fast selection settles.

Each bound stands with its gap, so that it is seen how much is given away.
"""

from fractions import Fraction

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    dot,
    exp,
    log,
    positive,
    real,
)

LOSS = "the optimal predictor behind arXiv:2311.00871, judged by its log-loss"
SELECTION = "the optimal predictor behind arXiv:2311.00871, for sparse and dense linear functions"
COMBINED = "the optimal predictor behind arXiv:2311.00871, at convex combinations of two functions"
CLASSES: dict[str, Domain] = {
    "L": real(),
    "w": positive(),
    "others": real("k"),
    "weights": positive("k"),
}


def mixture_loss(L: Array, w: Array, others: Array, weights: Array) -> Array:
    """Minus the log of what a mixture of one class and k others gives to all labels.  … -> []"""
    return log(w + weights.sum()) - log(w * exp(L) + weights @ exp(others))


def class_loss(L: Array, w: Array, weights: Array) -> Array:
    """The class's own loss, and the log of 1 over its share of the weights.  [], [], [k] -> []"""
    return -L + log((w + weights.sum()) / w)


regret = Claim(
    "mixture-log-loss-at-most-class-loss-plus-log-weight",
    title="For all data a mixture loses at most log 1/w against any of its classes",
    given=CLASSES,
    lhs=mixture_loss,
    at_most=class_loss,
    source=Source("original", LOSS),
    about=(
        "L is the log-likelihood of all labels under the class. The price of not knowing the class does not "
        "grow with their number; for two classes of one weight it is log 2 in all."
    ),
    stops="In total, not for each label; and for the log-loss. A squared error needs an argument of its own.",
    waive={
        "symbolic": "that log(1 + r) ≥ 0 for r > 0 no form shows; the equality with that term, "
        "mixture-log-loss-eq-class-loss-plus-log-weight, is proved"
    },
    mutants=(
        Mutant("no price", rhs=lambda L: -L),
        Mutant("half the price", rhs=lambda L, w, weights: -L + log((w + weights.sum()) / w) / 2),
        Mutant("the others' share", rhs=lambda L, w, weights: -L + log((w + weights.sum()) / weights.sum())),
    ),
)

ENERGIES: dict[str, Domain] = {
    "sparse": real("v"),
    "dense": real("v"),
    "Es": real(),
    "Ed": real(),
    "ws": positive(),
    "wd": positive(),
    "sigma": positive(),
}


def odds(Es: Array, Ed: Array, ws: Array, wd: Array, sigma: Array) -> Array:
    """The sparse class's posterior odds.  … -> []"""
    return ws / wd * exp(-(Es - Ed) / (2 * sigma**2))


def squared_distance(
    sparse: Array, dense: Array, Es: Array, Ed: Array, ws: Array, wd: Array, sigma: Array
) -> Array:
    """Of the mixture's predictor from the dense one.  … -> []"""
    first, second = ws * exp(-Es / (2 * sigma**2)), wd * exp(-Ed / (2 * sigma**2))
    difference = (first * sparse + second * dense) / (first + second) - dense
    return dot(difference, difference)


def apart(sparse: Array, dense: Array) -> Array:
    """The squared distance of the classes' predictors.  [v], [v] -> []"""
    return dot(sparse - dense, sparse - dense)


settles = Claim(
    "mixture-distance-from-dense-predictor-at-most-odds",
    title="The mixture comes as near to the dense predictor as the sparse class's odds are small",
    given=ENERGIES,
    lhs=squared_distance,
    at_most=lambda sparse, dense, Es, Ed, ws, wd, sigma: (
        odds(Es, Ed, ws, wd, sigma) ** 2 * apart(sparse, dense)
    ),
    gap=lambda sparse, dense, Es, Ed, ws, wd, sigma: (
        odds(Es, Ed, ws, wd, sigma) ** 3
        * (2 + odds(Es, Ed, ws, wd, sigma))
        / (1 + odds(Es, Ed, ws, wd, sigma)) ** 2
        * apart(sparse, dense)
    ),
    source=Source("original", SELECTION),
    about=(
        "Es and Ed are the classes' misfits. Labels that no sparse function fits leave Es − Ed > 0 as σ → 0, "
        "and the bound vanishes faster than any power of σ: then the optimum is the dense predictor."
    ),
    stops="The weights hold the evidences' determinants, which grow at most like a power of 1/σ.",
    mutants=(
        Mutant(
            "the odds to the fourth power",
            rhs=lambda sparse, dense, Es, Ed, ws, wd, sigma: (
                odds(Es, Ed, ws, wd, sigma) ** 4 * apart(sparse, dense)
            ),
        ),
        Mutant(
            "the dense class's odds",
            rhs=lambda sparse, dense, Es, Ed, ws, wd, sigma: (
                odds(Ed, Es, wd, ws, sigma) ** 2 * apart(sparse, dense)
            ),
        ),
        Mutant(
            "without the weights",
            rhs=lambda sparse, dense, Es, Ed, sigma: exp(-(Es - Ed) / sigma**2) * apart(sparse, dense),
        ),
    ),
)

SHARED: dict[str, Domain] = {
    "D": positive(),
    "alpha": real(),
    "w1": positive(),
    "w2": positive(),
    "precision": positive(),
}


def drifted_odds(D: Array, alpha: Array, w1: Array, w2: Array, precision: Array) -> Array:
    """w₂/w₁ exp(−(2α − 1)D·precision/2).  [], [], [], [], [] -> []"""
    return w2 / w1 * exp(-(2 * alpha - 1) * D * precision / 2)


def loser_weight(D: Array, alpha: Array, w1: Array, w2: Array, precision: Array) -> Array:
    """The second function's posterior, at a squared distance α²D from the labels.  … -> []"""
    first = w1 * exp(-((1 - alpha) ** 2) * D * precision / 2)
    second = w2 * exp(-(alpha**2) * D * precision / 2)
    return second / (first + second)


winner = Claim(
    "loser-weight-at-convex-combination-at-most-exponential",
    title="At a convex combination the smaller share's posterior weight is exponentially small",
    given=SHARED,
    lhs=loser_weight,
    at_most=drifted_odds,
    gap=lambda D, alpha, w1, w2, precision: (
        drifted_odds(D, alpha, w1, w2, precision) ** 2 / (1 + drifted_odds(D, alpha, w1, w2, precision))
    ),
    source=Source("original", COMBINED),
    about=(
        "D = |f₁ − f₂|² is a sum over the tokens; labels αf₁ + (1 − α)f₂ are at squared distances (1 − α)²D "
        "and α²D from the two. The precision is 1/σ². For α > ½ the bound falls exponentially with the number "
        "of tokens: the optimum for the mixture selects the first function, at a share of 0.6 or 0.9 alike."
    ),
    stops="Labels without noise. For α ≤ ½ it is true and says nothing.",
    mutants=(
        Mutant(
            "a drift that starts at α = ¼",
            rhs=lambda D, alpha, w1, w2, precision: drifted_odds(D, alpha + Fraction(1, 4), w1, w2, precision),
        ),
        Mutant(
            "without the weights",
            rhs=lambda D, alpha, precision: drifted_odds(D, alpha, D, D, precision),
        ),
        Mutant(
            "the winner's odds",
            rhs=lambda D, alpha, w1, w2, precision: drifted_odds(D, 1 - alpha, w2, w1, precision),
        ),
    ),
)
