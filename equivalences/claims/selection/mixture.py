"""A mixture of two classes: the optimal predictor averages the classes' own predictors by their evidences.

Prompts are drawn from one of two classes with probabilities w₁ and w₂; a class is a prior over hypotheses
of its own. The posterior mean over all hypotheses is the average of the two classes' posterior means. The
weights are w₁ and w₂ times the classes' evidences, the probabilities that they gave to the prompt's labels.
Selecting a model in context is nothing but these weights coming near 0 and 1.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Minimum,
    Mutant,
    Source,
    Verdict,
    concat,
    dot,
    exp,
    log,
    logsumexp,
    positive,
    real,
    softmax,
)

OPTIMUM = "the optimal predictor behind arXiv:2311.00871, for a mixture of two classes of tasks"
CLASSES: dict[str, Domain] = {
    "w1": positive(),
    "w2": positive(),
    "L1": real("h"),
    "L2": real("g"),
    "prior1": positive("h"),
    "prior2": positive("g"),
    "f1": real("h v"),
    "f2": real("g v"),
}


def evidence(L: Array, prior: Array) -> Array:
    """The labels' likelihood, averaged over a class's prior.  [h], [h] -> []"""
    return exp(L) @ prior / prior.sum()


def class_mean(L: Array, prior: Array, f: Array) -> Array:
    """The posterior mean of one class alone.  [h], [h], [h v] -> [v]"""
    return (exp(L) * prior) @ f / dot(exp(L), prior)


def mixture_mean(
    w1: Array, w2: Array, L1: Array, L2: Array, prior1: Array, prior2: Array, f1: Array, f2: Array
) -> Array:
    """The posterior mean over the hypotheses of both classes.  … -> [v]"""
    prior = concat(w1 * prior1 / prior1.sum(), w2 * prior2 / prior2.sum())
    joint = exp(concat(L1, L2)) * prior
    return joint @ concat(f1, f2) / joint.sum()


def weighted(first: Array, second: Array, m1: Array, m2: Array) -> Array:
    """Two predictions, averaged with weights in proportion to two numbers.  [], [], [v], [v] -> [v]"""
    return (first * m1 + second * m2) / (first + second)


def average_by_evidence(
    w1: Array, w2: Array, L1: Array, L2: Array, prior1: Array, prior2: Array, f1: Array, f2: Array
) -> Array:
    """The classes' posterior means, weighted by prior weight times evidence.  … -> [v]"""
    first, second = w1 * evidence(L1, prior1), w2 * evidence(L2, prior2)
    return weighted(first, second, class_mean(L1, prior1, f1), class_mean(L2, prior2, f2))


mixture = Claim(
    "mixture-posterior-mean-eq-evidence-weighted-means",
    title="The optimal predictor for a mixture averages the classes' predictors by their evidences",
    given=CLASSES,
    lhs=mixture_mean,
    rhs=average_by_evidence,
    source=Source("original", OPTIMUM),
    about="No class has to be chosen: Bayes' rule over the hypotheses chooses, softly.",
    stops=(
        "The weights depend on the prompt's labels, and on the query not at all. The prior of each class "
        "counts in its evidence, by how much of it lies where the likelihood is large."
    ),
    mutants=(
        Mutant(
            "the class weights left out",
            rhs=lambda w1, L1, L2, prior1, prior2, f1, f2: average_by_evidence(
                w1, w1, L1, L2, prior1, prior2, f1, f2
            ),
        ),
        Mutant(
            "likelihoods summed without the prior",
            rhs=lambda w1, w2, L1, L2, prior1, prior2, f1, f2: weighted(
                w1 * exp(L1).sum(),
                w2 * exp(L2).sum(),
                class_mean(L1, prior1, f1),
                class_mean(L2, prior2, f2),
            ),
        ),
        Mutant(
            "the evidences exchanged",
            rhs=lambda w1, w2, L1, L2, prior1, prior2, f1, f2: weighted(
                w1 * evidence(L2, prior2),
                w2 * evidence(L1, prior1),
                class_mean(L1, prior1, f1),
                class_mean(L2, prior2, f2),
            ),
        ),
    ),
)

by_weights = Claim(
    "mixture-posterior-mean-eq-prior-weighted-means",
    title="The optimal predictor for a mixture averages the classes' predictors by the mixture's weights",
    given=CLASSES,
    lhs=mixture_mean,
    rhs=lambda w1, w2, L1, L2, prior1, prior2, f1, f2: weighted(
        w1, w2, class_mean(L1, prior1, f1), class_mean(L2, prior2, f2)
    ),
    source=Source("original", f"{OPTIMUM}, read as a fixed average"),
    about="As if a network trained on a half-and-half mixture had to answer half and half.",
    stops="False: the labels tell the classes apart, and the evidences say how far.",
    expected=Verdict.REFUTED,
    repair="mixture-posterior-mean-eq-evidence-weighted-means",
)


MANY: dict[str, Domain] = {"w": positive("k"), "prior": positive("k h"), "L": real("k h"), "f": real("k h")}


def mean_over_all(w: Array, prior: Array, L: Array, f: Array) -> Array:
    """The posterior mean over all hypotheses of all classes.  [k], [k h], [k h], [k h] -> []"""
    joint = w[:, None] * prior / prior.sum(1)[:, None] * exp(L)
    return (joint * f).sum() / joint.sum()


def attention_over_classes(w: Array, prior: Array, L: Array, f: Array) -> Array:
    """Attention over classes, each of which attends over its hypotheses.  [k], [k h], [k h], [k h] -> []"""
    joint = L + log(prior)
    log_evidence = logsumexp(joint, axis=1) - log(prior.sum(1))
    return softmax(log(w) + log_evidence) @ (softmax(joint, axis=1) * f).sum(1)


two_levels = Claim(
    "mixture-posterior-mean-eq-attention-over-classes",
    title="The optimal predictor for a mixture is an attention over classes of attentions over hypotheses",
    given=MANY,
    lhs=mean_over_all,
    rhs=attention_over_classes,
    source=Source("original", f"{OPTIMUM}, for any number of classes"),
    about=(
        "The inner logits are log-likelihoods and log-priors. The outer ones are the mixture's log-weights and "
        "the log-evidences, which are log-sum-exps of the inner logits."
    ),
    stops="All classes have equally many hypotheses here; each may have a prior as uneven as it likes.",
    mutants=(
        Mutant(
            "the mixture's weights for the evidences",
            rhs=lambda w, prior, L, f: (w / w.sum()) @ (softmax(L + log(prior), axis=1) * f).sum(1),
        ),
        Mutant(
            "a class's prior left unnormalised",
            rhs=lambda w, prior, L, f: attention_over_classes(w * prior.sum(1), prior, L, f),
        ),
        Mutant(
            "the average log-likelihood for the log-evidence",
            rhs=lambda w, prior, L, f: (
                softmax(log(w) + (softmax(L + log(prior), axis=1) * L).sum(1))
                @ (softmax(L + log(prior), axis=1) * f).sum(1)
            ),
        ),
    ),
)


def errors(guess: Array, pi: Array, m: Array) -> Array:
    """The squared distances from the classes' means, averaged.  [v], [k], [k v] -> []"""
    error = m - guess[None, :]
    return pi @ (error * error).sum(1)


regret = Claim(
    "mixture-posterior-mean-minimises-average-distance",
    title="The average by evidences is the closest to all classes' predictors at once",
    given={"log_evidences": real("k"), "w": positive("k"), "m": real("k v")},
    lhs=lambda log_evidences, w, m: softmax(log_evidences + log(w)) @ m,
    minimises=Minimum(
        lambda guess, log_evidences, w, m: errors(guess, softmax(log_evidences + log(w)), m),
        gap=lambda difference: dot(difference, difference),
    ),
    source=Source("original", f"{OPTIMUM}, for any number of classes"),
    about="Any number of classes; what each class's predictor does on its own tasks does not enter.",
    stops="The distances are weighted by the posterior: a class that the labels exclude is not kept close to.",
    mutants=(
        Mutant("the mixture's weights", lhs=lambda w, m: (w / w.sum()) @ m),
        Mutant("the plain evidences", lhs=lambda log_evidences, m: softmax(log_evidences) @ m),
        Mutant("the evidences inverted", lhs=lambda log_evidences, w, m: softmax(log(w) - log_evidences) @ m),
    ),
)
