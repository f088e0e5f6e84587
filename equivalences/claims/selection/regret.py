"""Selection is almost free: what a mixture loses against its best class is bounded, over all labels together.

Log-losses are sums over labels of minus the log of the probability given to each of them, with everything
before it known. Since probabilities multiply along a prompt, a mixture's loss is the log of a sum over
classes, one of whose terms is the best class's own; its weight is all that can be lost.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    exp,
    index,
    log,
    logsumexp,
    ones,
    positive,
    real,
    scan,
    softmax,
    zeros,
)

OPTIMUM = "the optimal predictor behind arXiv:2311.00871, judged by its log-loss"
CLASSES: dict[str, Domain] = {"L": real("k"), "w": positive("k")}
STEPS: dict[str, Domain] = {"L": real("n k"), "w": positive("k")}


def mixture_loss(L: Array, w: Array) -> Array:
    """Minus the log of the probability that the mixture gives to all labels.  [k], [k] -> []"""
    return log(w.sum()) - logsumexp(L + log(w))


def loss_by_odds(L: Array, w: Array, c: Array) -> Array:
    """A class's loss and its log 1/w, less a logarithm that is at least 0.  [k], [k], token -> []"""
    return -L[c] + log(w.sum() / w[c]) - logsumexp(L - L[c] + log(w) - log(w[c]))


regret = Claim(
    "mixture-log-loss-eq-class-loss-plus-log-weight",
    title="What a mixture loses against any of its classes is log 1/w, less what the other classes explain",
    given={**CLASSES, "c": index("k")},
    lhs=mixture_loss,
    rhs=loss_by_odds,
    source=Source("original", OPTIMUM),
    about=(
        "For every class c and all data. The last term sums the posterior odds of all classes against c, and "
        "those of c against itself are 1: its logarithm is not negative, so that the regret is at most log 1/w."
    ),
    stops=(
        "The bound is for all labels together, however many there are; nothing is said of a single label. For "
        "two classes of one weight it is log 2."
    ),
    mutants=(
        Mutant(
            "the class's weight left out",
            rhs=lambda L, w, c: -L[c] - logsumexp(L - L[c] + log(w) - log(w[c])),
        ),
        Mutant("exactly log 1/w", rhs=lambda L, w, c: -L[c] + log(w.sum() / w[c])),
        Mutant(
            "the likelihood ratios for the odds",
            rhs=lambda L, w, c: -L[c] + log(w.sum() / w[c]) - logsumexp(L - L[c]),
        ),
    ),
)

exactly = Claim(
    "mixture-log-loss-eq-class-loss-plus-all-of-log-weight",
    title="A mixture pays exactly log 1/w for not knowing the class",
    given={**CLASSES, "c": index("k")},
    lhs=mixture_loss,
    rhs=lambda L, w, c: -L[c] + log(w.sum() / w[c]),
    source=Source("original", f"{OPTIMUM}, its bound read as an equality"),
    about="The price is a bound. It is paid in full only where no other class explains the labels at all.",
    stops="False as soon as another class gives the labels any probability; it may then even be a gain.",
    expected=Verdict.REFUTED,
    repair="mixture-log-loss-eq-class-loss-plus-log-weight",
)

ratio = Claim(
    "class-to-mixture-likelihood-eq-posterior-over-prior",
    title="A class is as much more likely than the mixture as its posterior exceeds its prior",
    given={**CLASSES, "c": index("k")},
    lhs=lambda L, w, c: exp(L[c]) / (w @ exp(L) / w.sum()),
    rhs=lambda L, w, c: softmax(L + log(w))[c] / (w[c] / w.sum()),
    source=Source("original", OPTIMUM),
    about=(
        "The regret is the log of this number. A posterior is at most 1, so that the regret is at most "
        "log 1/w, and it comes near that just where the posterior comes near 1: the price is paid for being "
        "sure."
    ),
    stops="Where the posterior stays between the classes, less is paid.",
    mutants=(
        Mutant("without the prior", rhs=lambda L, w, c: softmax(L + log(w))[c]),
        Mutant("the posterior of a uniform prior", rhs=lambda L, w, c: softmax(L)[c] / (w[c] / w.sum())),
        Mutant("prior over posterior", rhs=lambda L, w, c: (w[c] / w.sum()) / softmax(L + log(w))[c]),
    ),
)


def predictive_product(L: Array, w: Array) -> Array:
    """Predict each label by the posterior so far; the product of the probabilities.  [n k], [k] -> []"""

    def step(state: tuple[Array, Array], row: Array) -> tuple[Array, Array]:
        pi, product = state
        predicted = pi @ exp(row)
        return pi * exp(row) / predicted, product * predicted

    return scan(step, (w / w.sum(), ones("")), L)[1]


chain = Claim(
    "product-of-predictives-eq-mixture-evidence",
    title="The probabilities that a mixture gives to one label after another multiply to its evidence",
    given=STEPS,
    lhs=predictive_product,
    rhs=lambda L, w: w @ exp(L.sum(0)) / w.sum(),
    state=lambda L, w: (
        w * exp(L.sum(0)) / (w @ exp(L.sum(0))),
        w @ exp(L.sum(0)) / w.sum(),
    ),
    source=Source("original", OPTIMUM),
    about=(
        "The rows of L are the log-probabilities that the classes give to the next label. The sum of the "
        "mixture's log-losses is the log-loss of the whole, for which the regret is bounded once."
    ),
    stops="The mixture updates its posterior at every label; with fixed weights the losses do not telescope.",
    mutants=(
        Mutant("weights that never learn", lhs=lambda L, w: exp(log(exp(L) @ w / w.sum()).sum())),
        Mutant("a uniform prior", lhs=lambda L, w: predictive_product(L, w / w)),
        Mutant("an average over the labels", rhs=lambda L, w: w @ exp(L).sum(0) / w.sum()),
    ),
)


def total_log_loss(L: Array, w: Array) -> Array:
    """The sum over labels of the mixture's log-losses.  [n k], [k] -> []"""

    def step(state: tuple[Array, Array], row: Array) -> tuple[Array, Array]:
        joint, total = state
        return joint + row, total + logsumexp(joint) - logsumexp(joint + row)

    return scan(step, (log(w), zeros("")), L)[1]


total = Claim(
    "sum-of-mixture-log-losses-eq-log-loss-of-the-whole",
    title="A mixture's log-losses add up to the log-loss of the whole prompt",
    given=STEPS,
    lhs=total_log_loss,
    rhs=lambda L, w: -logsumexp(L.sum(0) + log(w)) + log(w.sum()),
    state=lambda L, w: (log(w) + L.sum(0), log(w.sum()) - logsumexp(L.sum(0) + log(w))),
    source=Source("original", OPTIMUM),
    about="Each label costs a difference of two log-sum-exps, and the next begins where it ended.",
    stops="The differences are not bounded one by one.",
    mutants=(
        Mutant("the prior unnormalised", rhs=lambda L, w: -logsumexp(L.sum(0) + log(w))),
        Mutant("a uniform prior", lhs=lambda L, w: total_log_loss(L, w / w)),
        Mutant("a gain for a loss", lhs=lambda L, w: -total_log_loss(L, w)),
    ),
)

fixed = Claim(
    "sum-of-mixture-log-losses-eq-losses-of-fixed-mixture",
    title="A mixture's log-losses are those of a mixture of fixed weights, label by label",
    given=STEPS,
    lhs=total_log_loss,
    rhs=lambda L, w: -log(exp(L) @ w / w.sum()).sum(),
    source=Source("original", f"{OPTIMUM}, with the price of selection charged at every label"),
    about="With fixed weights a price could be due at every label, n log 1/w in all.",
    stops="False from two labels on: the weights learn, and the price is due once.",
    expected=Verdict.REFUTED,
    repair="sum-of-mixture-log-losses-eq-log-loss-of-the-whole",
)
