"""Errata: readings of narrow model selection that do not hold as they stand.

The paper states no theorem, and its text was not read beyond the abstract: what is claimed is a reading of
ours, never its words. What is said of public code was read in the code.
"""

from equivalences import Erratum

PAPER = "arXiv:2311.00871"
CODE = "github.com/dtsip/in-context-learning at 3383371"

ERRATA: tuple[Erratum, ...] = (
    Erratum(
        claimed=(
            "A model trained on a mixture of two function classes that fails on convex combinations of "
            "functions from both shows a defect of the model."
        ),
        where=f"{PAPER}, a reading of its experiments on convex combinations",
        truth=(
            "The optimal predictor for that mixture fails there too. It selects the closer function and keeps "
            "an error of (1 − α)²(f₁ − f₂)² where α > ½, with any number of tokens."
        ),
        derivation=(
            "Labels αf₁ + (1 − α)f₂ have squared distances (1 − α)²D from f₁ and α²D from f₂, D = |f₁ − f₂|² "
            "on the prompt. The log odds are (2α − 1)D/(2σ²) and the prior's; D grows with the number of "
            "tokens, so that the weight of f₁ goes to 1 if α > ½. A regression on both functions recovers α "
            "exactly. The defect is the prior's; a model that errs in this way may be optimal for what it was "
            "trained on."
        ),
        reading="from memory",
        claims=(
            "log-odds-at-convex-combination-grow-linearly",
            "mixture-error-at-convex-combination",
            "mixture-predicts-convex-combination",
            "fitted-share-recovers-convex-combination",
        ),
    ),
    Erratum(
        claimed=(
            "On functions with a few more nonzero weights than the sparse class has, an optimal learner of "
            "the mixture of sparse and dense functions predicts something between the two classes' "
            "predictors."
        ),
        where=f"{PAPER}, a reading of its experiments on intermediate sparsity",
        truth=(
            "Without noise it is the dense predictor exactly, as soon as there are more tokens than the "
            "sparse class has nonzero weights. Behaviour in between is a departure from that optimum, or the "
            "optimum for labels with noise."
        ),
        derivation=(
            "With n tokens and supports of size s < n, the sparse class puts no probability on labels outside "
            "of finitely many s-dimensional subspaces, in which the labels of another function almost surely "
            "do not lie. With noise σ its odds are at most of the order of σ^(s−n) e^(−E/(2σ²)), E > 0 the "
            "least squared residual over the supports, and the distance of the mixture from the dense "
            "predictor is bounded by these odds times the predictors' distance."
        ),
        reading="from memory",
        claims=(
            "mixture-minus-dense-predictor-eq-posterior-times-difference",
            "mixture-distance-from-dense-predictor-at-most-odds",
            "mixture-predictor-ignores-noise",
        ),
    ),
    Erratum(
        claimed="On sparse functions a predictor that does as well as the LASSO is near-optimal.",
        where=f"{PAPER}, a reading of the baseline for sparse linear functions",
        truth=(
            "The LASSO is no posterior mean, not even for the Laplace prior of which it is the mode. The "
            "optimum is the average over all supports by their evidences; the LASSO is a lower standard."
        ),
        derivation=(
            "For one weight the LASSO is relu(y − τ) − relu(−y − τ), which is 0 for |y| ≤ τ. The posterior "
            "mean of a symmetric prior is an increasing function of the label y, since its derivative is the "
            "posterior's variance over σ²; so it is 0 at y = 0 only. Under the Laplace prior with τ = 1, cut "
            "off at 1, and noise of variance 1 it is 0.214… at y = 1, where the LASSO is 0."
        ),
        reading="from memory",
        claims=(
            "lasso-eq-posterior-mean-of-sparse-prior",
            "lasso-eq-posterior-mean-of-laplace-prior",
            "lasso-below-threshold-is-zero",
            "sparse-posterior-mean-eq-evidence-weighted-supports",
        ),
    ),
    Erratum(
        claimed="The optimal predictor for dense linear functions is a ridge regression of strength σ²/n.",
        where="a slip in code that changes between sums and means of squared errors",
        truth="The strength is σ² for the sum of squared errors, σ²/n for their mean.",
        derivation=(
            "The posterior is proportional to exp(−|y − Xw|²/(2σ²) − |w|²/2); its exponent, times −2σ², is "
            "the sum of squared errors with a ridge σ²|w|². Divided by n it is their mean with a ridge "
            "(σ²/n)|w|²."
        ),
        reading="from memory",
        claims=("dense-posterior-mean-eq-ridge-regression", "dense-posterior-mean-eq-ridge-of-strength-over-n"),
    ),
    Erratum(
        claimed="The sparse and the dense class differ in which weights are nonzero, and in nothing else.",
        where=f"{CODE}, the task of sparse linear regression",
        truth=(
            "Weights outside of the support are set to 0 and the others, by default, are not rescaled: the "
            "labels' variance is the number of nonzero weights, not d. The classes can be told apart by the "
            "scale of one label."
        ),
        derivation=(
            "For w standard normal and s a mask, E(x·(s ⊙ w))² = Σ sᵢxᵢ², which at standard normal x is Σ sᵢ "
            "on average. With the weights times √(d/Σ sᵢ) it would be d."
        ),
        reading="read in the code",
        claims=(
            "sparse-label-variance-eq-squares-on-support",
            "sparse-label-variance-eq-dense-label-variance",
        ),
    ),
    Erratum(
        claimed="A convex combination of functions of two classes leaves the mixture by its form only.",
        where=f"{PAPER}, a reading of its experiments on convex combinations",
        truth=(
            "Its labels have another variance as well: α²σ₁² + (1 − α)²σ₂² for independent functions, half of "
            "the classes' at equal shares and equal scales."
        ),
        derivation=(
            "The two functions are independent of mean 0, so that the mixed term of the square has mean 0: "
            "what is left is α² and (1 − α)² times the classes' own variances. A test of form alone divides "
            "by the root of α² + (1 − α)²."
        ),
        reading="from memory",
        claims=("convex-combination-label-variance",),
    ),
    Erratum(
        claimed="Not to know the class costs up to log 1/w at every token.",
        where=f"{PAPER}, a reading of model selection as a cost",
        truth="It costs at most log 1/w over all tokens together, log 2 for two classes of one weight.",
        derivation=(
            "The mixture's predictive probabilities multiply to Σ wₖpₖ(y₁…yₙ) ≥ w_c p_c(y₁…yₙ). Minus the log "
            "is at most the class's own log-loss and log 1/w_c. With weights that never learn the sum would "
            "not telescope."
        ),
        reading="from memory",
        claims=(
            "mixture-log-loss-at-most-class-loss-plus-log-weight",
            "sum-of-mixture-log-losses-eq-log-loss-of-the-whole",
            "sum-of-mixture-log-losses-eq-losses-of-fixed-mixture",
        ),
    ),
    Erratum(
        claimed="Without noise, the posterior over the two classes follows from Bayes' rule for all labels.",
        where=f"{PAPER}, a reading of its tasks without noise",
        truth=(
            "Without noise the likelihoods are singular. For labels that no function of either class makes, "
            "Bayes' rule is 0/0; a statement needs σ > 0 and a limit, or holds almost surely under the "
            "mixture."
        ),
        derivation=(
            "Take two single functions and labels αf₁ + (1 − α)f₂. For σ > 0 the log odds are (2α − 1)D/(2σ²) "
            "and the prior's, of which the limit as σ → 0 exists; at σ = 0 both likelihoods are 0."
        ),
        reading="from memory",
        claims=(
            "log-odds-at-convex-combination-grow-linearly",
            "dense-posterior-mean-tends-to-least-norm-predictor",
        ),
    ),
    Erratum(
        claimed="Given enough tokens, the optimal predictor also fits functions out of the prior's range.",
        where=f"{PAPER}, a reading of its experiments on sinusoids of extreme frequency",
        truth=(
            "The posterior concentrates on the hypothesis closest on the prompt, and the error becomes that "
            "of this hypothesis. More tokens do not remove it."
        ),
        derivation=(
            "Log odds of two hypotheses at labels f + σε are (|f − f₂|² − |f − f₁|²)/(2σ²) + (f₁ − f₂)·ε/σ. "
            "The first term grows like n, the second like √n. The predictions are averages of the hypotheses "
            "always."
        ),
        reading="from memory",
        claims=(
            "out-of-range-log-odds",
            "out-of-range-posterior-eq-softmax-of-distances",
            "out-of-range-error-plus-spread-eq-average-error",
            "out-of-range-prediction-eq-function",
        ),
    ),
)
