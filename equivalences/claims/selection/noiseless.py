"""Between the classes: with little noise the optimal predictor is the dense one, or the sparse one.

A sparse function that does not fit the labels has a likelihood of the order of exp(−misfit/(2σ²)). The
mixture's distance from the dense predictor is the sparse class's posterior times the predictors' distance.
It vanishes with the noise for every function that is not sparse: behaviour in between is not the optimum.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    dot,
    exp,
    identity,
    inverse,
    positive,
    real,
)

OPTIMUM = "the optimal predictor behind arXiv:2311.00871, for sparse and dense linear functions"
CLASSES: dict[str, Domain] = {
    "sparse": real("v"),
    "dense": real("v"),
    "Es": real(),
    "Ed": real(),
    "ws": positive(),
    "wd": positive(),
    "sigma": positive(),
}


def joint(w: Array, E: Array, sigma: Array) -> Array:
    """A class's weight times its evidence, whose exponent is a misfit.  [], [], [] -> []"""
    return w * exp(-E / (2 * sigma**2))


def mixture(sparse: Array, dense: Array, Es: Array, Ed: Array, ws: Array, wd: Array, sigma: Array) -> Array:
    """The two predictors, averaged by evidence.  [v], [v], … -> [v]"""
    first, second = joint(ws, Es, sigma), joint(wd, Ed, sigma)
    return (first * sparse + second * dense) / (first + second)


def sparse_weight(Es: Array, Ed: Array, ws: Array, wd: Array, sigma: Array) -> Array:
    """The sparse class's posterior, a sigmoid of the difference of misfits.  … -> []"""
    return 1 / (1 + wd / ws * exp((Es - Ed) / (2 * sigma**2)))


distance = Claim(
    "mixture-minus-dense-predictor-eq-posterior-times-difference",
    title="The mixture leaves the dense predictor by the sparse class's posterior times the difference",
    given=CLASSES,
    lhs=lambda sparse, dense, Es, Ed, ws, wd, sigma: mixture(sparse, dense, Es, Ed, ws, wd, sigma) - dense,
    rhs=lambda sparse, dense, Es, Ed, ws, wd, sigma: sparse_weight(Es, Ed, ws, wd, sigma) * (sparse - dense),
    source=Source("original", OPTIMUM),
    about=(
        "The weights ws and wd hold the classes' prior weights and the determinants of their evidences; Es "
        "and Ed are the misfits in the exponents. If Es > Ed the posterior is smaller than "
        "(ws/wd) exp(−(Es − Ed)/(2σ²))."
    ),
    stops=(
        "Labels of a function that is not sparse leave Es > Ed = 0 as σ → 0, once there are more tokens than "
        "the sparse class has nonzero weights: the mixture becomes the dense predictor. With a σ that is not "
        "small it lies in between."
    ),
    mutants=(
        Mutant(
            "the sparse weight upside down",
            rhs=lambda sparse, dense, Es, Ed, ws, wd, sigma: (
                sparse_weight(Ed, Es, ws, wd, sigma) * (sparse - dense)
            ),
        ),
        Mutant(
            "the mixture's weights for the posterior's",
            rhs=lambda sparse, dense, ws, wd: ws / (ws + wd) * (sparse - dense),
        ),
        Mutant(
            "the odds for the posterior",
            rhs=lambda sparse, dense, Es, Ed, ws, wd, sigma: (
                ws / wd * exp((Ed - Es) / (2 * sigma**2)) * (sparse - dense)
            ),
        ),
    ),
)

noise = Claim(
    "mixture-predictor-ignores-noise",
    title="How far the optimal predictor lies between the classes' predictors is a matter of the mixture only",
    given=CLASSES,
    lhs=mixture,
    independent_of=("sigma",),
    source=Source("original", f"{OPTIMUM}, read without its noise"),
    about=(
        "As if a predictor between the sparse and the dense one could be called optimal or not whatever noise "
        "it assumes; the classes' own predictors are held fixed."
    ),
    stops="False: the noise sets how much a misfit counts.",
    expected=Verdict.REFUTED,
    repair="mixture-minus-dense-predictor-eq-posterior-times-difference",
)

TASK: dict[str, Domain] = {"X": real("n d"), "y": real("n"), "sigma": positive()}


def evidence_exponent(X: Array, y: Array, sigma: Array) -> Array:
    """yᵀ(XXᵀ + σ²I)⁻¹y, of which the evidence is exp(−½ …) up to its determinant.  [n d], [n], [] -> []"""
    return y @ (inverse(X @ X.T + sigma**2 * identity("n")) @ y)


def least_ridge_loss(X: Array, y: Array, sigma: Array) -> Array:
    """The ridge loss of strength σ² at its minimiser, over σ².  [n d], [n], [] -> []"""
    w = inverse(X.T @ X + sigma**2 * identity("d")) @ (X.T @ y)
    error = y - X @ w
    return (dot(error, error) + sigma**2 * dot(w, w)) / sigma**2


exponent = Claim(
    "evidence-exponent-eq-least-ridge-loss",
    title="What a class of linear functions loses in evidence is its least ridge loss over σ²",
    given=TASK,
    lhs=evidence_exponent,
    rhs=least_ridge_loss,
    source=Source("original", OPTIMUM),
    about=(
        "For the dense class with all features in X, for a support with the support's features only. Labels "
        "that the features cannot fit leave a residual, and the exponent grows as residual over σ²."
    ),
    stops="Standard normal weights. The evidence has a determinant besides, which does not see the labels.",
    mutants=(
        Mutant(
            "the residual alone",
            rhs=lambda X, y, sigma: (
                least_ridge_loss(X, y, sigma)
                - dot(
                    inverse(X.T @ X + sigma**2 * identity("d")) @ (X.T @ y),
                    inverse(X.T @ X + sigma**2 * identity("d")) @ (X.T @ y),
                )
            ),
        ),
        Mutant("not divided by σ²", rhs=lambda X, y, sigma: sigma**2 * least_ridge_loss(X, y, sigma)),
        Mutant("a prior of variance σ²", rhs=lambda X, y, sigma: least_ridge_loss(sigma * X, y, sigma)),
    ),
)
