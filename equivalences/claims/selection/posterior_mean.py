"""The optimal predictor in context is the posterior mean, and it is softmax attention over hypotheses.

A hypothesis h says f_h at the query and F_h,t at the tokens of the prompt. Whoever is trained to small squared
error on prompts drawn from a prior over hypotheses is trained towards the average of the f_h, weighted by
prior times likelihood. With Gaussian noise the weights are a softmax, whose logits are linear in the labels.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Minimum,
    Mutant,
    Source,
    Verdict,
    dot,
    exp,
    gradient,
    log,
    logsumexp,
    positive,
    real,
    scan,
    softmax,
)

OPTIMUM = "the optimal predictor behind arXiv:2311.00871"
WEIGHED: dict[str, Domain] = {
    "log_likelihoods": real("h"),
    "prior": positive("h"),
    "predictions": real("h v"),
}


def posterior(log_likelihoods: Array, prior: Array) -> Array:
    """Bayes' rule: likelihood times prior, normalised.  [h], [h] -> [h]"""
    joint = exp(log_likelihoods) * prior
    return joint / joint.sum()


def posterior_mean(log_likelihoods: Array, prior: Array, predictions: Array) -> Array:
    """The hypotheses' predictions, averaged over the posterior.  [h], [h], [h v] -> [v]"""
    return posterior(log_likelihoods, prior) @ predictions


def expected_error(guess: Array, log_likelihoods: Array, prior: Array, predictions: Array) -> Array:
    """The squared error of one guess, expected over prior and likelihood.  [v], [h], [h], [h v] -> []"""
    error = predictions - guess[None, :]
    return (exp(log_likelihoods) * prior) @ (error * error).sum(1)


optimum = Claim(
    "posterior-mean-minimises-expected-squared-error",
    title="The posterior mean minimises the expected squared error",
    given=WEIGHED,
    lhs=posterior_mean,
    minimises=Minimum(
        expected_error,
        gap=lambda difference, log_likelihoods, prior: (
            (exp(log_likelihoods) * prior).sum() * dot(difference, difference)
        ),
    ),
    source=Source("original", f"{OPTIMUM}: the least squared error over all functions of the prompt"),
    about=(
        "For every prompt apart: the prompt enters by the likelihoods only, so that the best function of "
        "prompts is the best guess at each of them. Any other guess costs its squared distance, times the "
        "probability of the prompt."
    ),
    stops=(
        "Finitely many hypotheses, all of positive prior. It speaks of the least error over all functions; "
        "what an architecture can express, or training reaches, is another question."
    ),
    mutants=(
        Mutant(
            "the prior left out",
            lhs=lambda log_likelihoods, predictions: softmax(log_likelihoods) @ predictions,
        ),
        Mutant("the likelihood left out", lhs=lambda prior, predictions: (prior / prior.sum()) @ predictions),
        Mutant(
            "weights left unnormalised",
            lhs=lambda log_likelihoods, prior, predictions: (exp(log_likelihoods) * prior) @ predictions,
        ),
    ),
)

TOKENS: dict[str, Domain] = {
    "F": real("h n"),
    "f": real("h"),
    "prior": positive("h"),
    "y": real("n"),
    "sigma": positive(),
}


def misfit(F: Array, y: Array) -> Array:
    """The squared distance of each hypothesis from the labels.  [h n], [n] -> [h]"""
    return ((F - y[None, :]) ** 2).sum(1)


def sequential_bayes(F: Array, f: Array, prior: Array, y: Array, sigma: Array) -> Array:
    """The posterior carried from label to label, then the mean.  [h n], [h], [h], [n], [] -> []"""

    def step(weights: Array, column: Array, label: Array) -> Array:
        joint = weights * exp(-((label - column) ** 2) / (2 * sigma**2))
        return joint / joint.sum()

    return scan(step, prior / prior.sum(), (F.T, y)) @ f


def attention_over_hypotheses(F: Array, f: Array, prior: Array, y: Array, sigma: Array) -> Array:
    """Dot-product attention with a bias of half the keys' squared norms.  [h n], [h], [h], [n], [] -> []"""
    return softmax((F @ y - (F**2).sum(1) / 2) / sigma**2 + log(prior)) @ f


attention = Claim(
    "sequential-posterior-mean-eq-softmax-attention",
    title="Bayes' rule, label after label, is softmax attention over the hypotheses",
    given=TOKENS,
    lhs=sequential_bayes,
    rhs=attention_over_hypotheses,
    state=lambda F, prior, y, sigma: softmax((F @ y - (F**2).sum(1) / 2) / sigma**2 + log(prior)),
    source=Source("original", f"{OPTIMUM}, with Gaussian noise of variance σ² on the labels"),
    about="Keys are the hypotheses' values on the prompt, values what they say at the query.",
    stops="Independent noise of one known variance; an unknown variance gives weights that are no softmax.",
    mutants=(
        Mutant(
            "the prior left out",
            lhs=lambda F, f, prior, y, sigma: sequential_bayes(F, f, prior / prior, y, sigma),
        ),
        Mutant(
            "half the standard deviation",
            lhs=lambda F, f, prior, y, sigma: sequential_bayes(F, f, prior, y, sigma / 2),
        ),
        Mutant(
            "the squared norms left out",
            rhs=lambda F, f, prior, y, sigma: softmax(F @ y / sigma**2 + log(prior)) @ f,
        ),
    ),
)

linear = Claim(
    "posterior-logits-are-linear-in-labels",
    title="The labels enter the posterior's logits by a dot product only",
    given=TOKENS,
    lhs=lambda F, f, prior, y, sigma: posterior_mean(-misfit(F, y) / (2 * sigma**2), prior, f),
    rhs=attention_over_hypotheses,
    source=Source("original", f"{OPTIMUM}, with Gaussian noise of variance σ² on the labels"),
    about=(
        "The square of the labels is the same for all hypotheses and cancels: what is left is dot-product "
        "attention with a bias of a half of the keys' squared norms."
    ),
    stops="The bias is needed wherever the keys differ in norm: see posterior-mean-eq-dot-product-attention.",
    mutants=(
        Mutant(
            "the whole of the squared norm",
            rhs=lambda F, f, prior, y, sigma: softmax((F @ y - (F**2).sum(1)) / sigma**2 + log(prior)) @ f,
        ),
        Mutant(
            "σ in the place of σ²",
            rhs=lambda F, f, prior, y, sigma: softmax((F @ y - (F**2).sum(1) / 2) / sigma + log(prior)) @ f,
        ),
        Mutant(
            "labels of the wrong sign",
            rhs=lambda F, f, prior, y, sigma: attention_over_hypotheses(F, f, prior, -y, sigma),
        ),
    ),
)

dot_product = Claim(
    "posterior-mean-eq-dot-product-attention",
    title="The posterior mean is dot-product attention over the hypotheses",
    given={name: domain for name, domain in TOKENS.items() if name != "prior"},
    lhs=lambda F, f, y, sigma: softmax(-misfit(F, y) / (2 * sigma**2)) @ f,
    rhs=lambda F, f, y, sigma: softmax(F @ y / sigma**2) @ f,
    source=Source("original", f"{OPTIMUM}, read as attention without a bias"),
    about="A tempting reading: hypotheses of one prior are scored by how well they align with the labels.",
    stops="False where hypotheses differ in norm: a larger one aligns more and may fit worse.",
    expected=Verdict.REFUTED,
    repair="posterior-logits-are-linear-in-labels",
)


def log_evidence(y: Array, F: Array, prior: Array, sigma: Array) -> Array:
    """The log of the labels' probability under the whole prior, up to a constant.  [n], [h n], [h], [] -> []"""
    return logsumexp(log(prior) - misfit(F, y) / (2 * sigma**2))


ON_PROMPT: dict[str, Domain] = {name: domain for name, domain in TOKENS.items() if name != "f"}

tweedie = Claim(
    "posterior-mean-on-prompt-eq-labels-plus-score",
    title="On the prompt's own tokens the posterior mean is the labels, moved up the log-evidence",
    given=ON_PROMPT,
    lhs=lambda F, prior, y, sigma: softmax(log(prior) - misfit(F, y) / (2 * sigma**2)) @ F,
    rhs=lambda F, prior, y, sigma: y + sigma**2 * gradient(log_evidence)(y, F, prior, sigma),
    source=Source("original", f"{OPTIMUM}; the formula is Tweedie's"),
    about=(
        "One gradient step of size σ² from the labels as they are to labels that the prior finds more likely: "
        "to predict is to denoise, and the prior enters by its log-evidence only."
    ),
    stops="At the prompt's tokens. At a query the same holds of no label, since there is none.",
    mutants=(
        Mutant(
            "a step of size 1",
            rhs=lambda F, prior, y, sigma: y + gradient(log_evidence)(y, F, prior, sigma),
        ),
        Mutant(
            "a step down",
            rhs=lambda F, prior, y, sigma: y - sigma**2 * gradient(log_evidence)(y, F, prior, sigma),
        ),
        Mutant(
            "a step from 0",
            rhs=lambda F, prior, y, sigma: sigma**2 * gradient(log_evidence)(y, F, prior, sigma),
        ),
    ),
)
