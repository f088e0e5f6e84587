"""Evidence is predicted, label after label: one more label adds its surprise to the evidence's exponent.

M is the posterior's precision of the weights over that of the noise, b the sum of inputs times labels, M⁻¹b the
posterior mean. A label y at the input x adds xxᵀ to M and yx to b. What selects a class is how well it has
predicted each label from those before it, and not how well it fits the prompt in the end.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    dot,
    identity,
    inverse,
    outer,
    positive_definite,
    real,
)

OPTIMUM = "the optimal predictor behind arXiv:2311.00871, for dense linear functions"
STATE: dict[str, Domain] = {
    "M": positive_definite("d"),
    "b": real("d"),
    "x": real("d"),
    "y": real(),
}


def error_before(M: Array, b: Array, x: Array, y: Array) -> Array:
    """A label, less the prediction from those before it.  [d d], [d], [d], [] -> []"""
    return y - x @ inverse(M) @ b


def error_after(M: Array, b: Array, x: Array, y: Array) -> Array:
    """A label, less the prediction of the weights that have learnt from it.  [d d], [d], [d], [] -> []"""
    return error_before(M + outer(x, x), b + y * x, x, y)


shrinks = Claim(
    "error-after-update-eq-error-before-over-spread",
    title="Learning from a label shrinks its error by the prediction's variance over that of the noise",
    given=STATE,
    lhs=error_after,
    rhs=lambda M, b, x, y: error_before(M, b, x, y) / (1 + x @ inverse(M) @ x),
    source=Source("original", OPTIMUM),
    about=(
        "The next label's variance is σ²(1 + x·M⁻¹x): the noise's, and that of what is not known of the "
        "function at x. The less is known there, the more of the error is learnt away."
    ),
    stops="One label at a time; for several at once the quotient is an inverse.",
    mutants=(
        Mutant("nothing learnt", rhs=error_before),
        Mutant(
            "the error of the noise alone",
            rhs=lambda M, b, x, y: error_before(M, b, x, y) / (1 + dot(x, x)),
        ),
        Mutant(
            "learning from the input only",
            lhs=lambda M, b, x, y: error_before(M + outer(x, x), b, x, y),
        ),
    ),
)


def exponent(M: Array, b: Array, squares: Array) -> Array:
    """σ² times the exponent of the evidence: squared labels, less what is explained.  [d d], [d], [] -> []"""
    return squares - b @ inverse(M) @ b


surprise = Claim(
    "one-label-adds-product-of-errors-to-evidence-exponent",
    title="One more label adds to the evidence's exponent the product of its errors before and after",
    given={**STATE, "squares": real()},
    lhs=lambda M, b, x, y, squares: (
        exponent(M + outer(x, x), b + y * x, squares + y**2) - exponent(M, b, squares)
    ),
    rhs=lambda M, b, x, y: error_before(M, b, x, y) * error_after(M, b, x, y),
    source=Source("original", OPTIMUM),
    about=(
        "By error-after-update-eq-error-before-over-spread the product is the squared error of the prediction "
        "in units of its own variance: the label's surprise. The evidence's exponent is minus half their sum."
    ),
    stops="The evidence's determinant is the product of the predictions' variances; no label enters it.",
    mutants=(
        Mutant("the squared error before", rhs=lambda M, b, x, y: error_before(M, b, x, y) ** 2),
        Mutant("the squared error after", rhs=lambda M, b, x, y: error_after(M, b, x, y) ** 2),
        Mutant("the squared label", rhs=lambda y: y**2),
    ),
)

TASK: dict[str, Domain] = {"X": real("n d"), "y": real("n")}


def mean(X: Array, y: Array) -> Array:
    """The posterior mean for noise of variance 1.  [n d], [n] -> [d]"""
    return inverse(X.T @ X + identity("d")) @ (X.T @ y)


fits = Claim(
    "evidence-exponent-eq-squared-errors-of-final-fit",
    title="A class's evidence has the squared errors of its final fit as its exponent",
    given=TASK,
    lhs=lambda X, y: y @ (inverse(X @ X.T + identity("n")) @ y),
    rhs=lambda X, y: dot(y - X @ mean(X, y), y - X @ mean(X, y)),
    source=Source("original", f"{OPTIMUM}, with the fit taken for the evidence"),
    about="As if the class that fits the prompt best in the end had the larger evidence; σ = 1 here.",
    stops="False: the final fit has seen the labels. It leaves out what the weights themselves cost.",
    expected=Verdict.REFUTED,
    repair="evidence-exponent-eq-least-ridge-loss",
)
