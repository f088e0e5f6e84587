"""The complexity of the dual models: no factor for the number of outputs.

The loss of a dual model with |W| ≤ w is linear in W with the features vᵢ ⊗ φ(kᵢ). Under random signs εᵢ the
largest signed sum over the ball is w |Σ εᵢ vᵢ ⊗ φ(kᵢ)|, its mean square is w² Σ |vᵢ|² κ(kᵢ, kᵢ), and by Jensen
the Rademacher complexity is at most w/N times the root of that sum. The number of outputs does not occur.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    FeatureMap,
    Mutant,
    Source,
    dot,
    exp,
    expectation,
    feature_map,
    positive,
    real,
    signs,
    size,
    sqrt,
)

NO_BOUND = "floating-point quadrature has no derived bound here"
GIVEN: dict[str, Domain] = {"keys": real("n d"), "values": real("n v")}
MODEL: dict[str, Domain] = {
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    **GIVEN,
    "W": real("v f"),
    "eps": real("n"),
}


def kernel(keys: Array) -> Array:
    """The Gram matrix of exp⟨x, y⟩.  [n d] -> [n n]"""
    return exp(keys @ keys.T)


def squared_length(eps: Array, keys: Array, values: Array) -> Array:
    """|Σ εᵢ vᵢ ⊗ φ(kᵢ)|², by the kernel.  [n], [n d], [n v] -> []"""
    weighted = eps[:, None] * values
    return dot(weighted @ weighted.T, kernel(keys))


def diagonal_sum(keys: Array, values: Array) -> Array:
    """Σ |vᵢ|² κ(kᵢ, kᵢ).  [n d], [n v] -> []"""
    return dot((values**2).sum(1), exp((keys**2).sum(1)))


mean_square = Claim(
    "mean-square-of-signed-features-eq-diagonal-sum",
    title="Under random signs the mean square of the summed features is the sum of their squares",
    given=GIVEN,
    lhs=lambda keys, values: expectation(lambda eps: squared_length(eps, keys, values), over=signs("n")),
    rhs=diagonal_sum,
    variance=lambda keys, values: (
        2 * (((values @ values.T) * kernel(keys)) ** 2).sum()
        - 2 * (((values**2).sum(1) * exp((keys**2).sum(1))) ** 2).sum()
    ),
    source=Source("original", "the generalisation bound for the dual models of arXiv:2310.13220, derived anew"),
    about="Different signs are independent, so that only the diagonal is left: Σ |vᵢ|² κ(kᵢ, kᵢ).",
    stops="On average: for more than one token a single draw of the signs differs in general.",
    mutants=(
        Mutant("the whole Gram matrix", rhs=lambda keys, values: dot(values @ values.T, kernel(keys))),
        Mutant(
            "times the number of outputs", rhs=lambda keys, values: 2 * size("v") * diagonal_sum(keys, values)
        ),
        Mutant("without the kernel", rhs=lambda values: (values**2).sum()),
    ),
)


def signed_loss(phi: FeatureMap, keys: Array, values: Array, W: Array, eps: Array) -> Array:
    """Σ εᵢ ⟨vᵢ, Wφ(kᵢ)⟩.  … -> []"""
    return dot(eps, (values * (phi(keys) @ W.T)).sum(1))


def features_sum(phi: FeatureMap, keys: Array, values: Array, eps: Array) -> Array:
    """Σ εᵢ vᵢ φ(kᵢ)ᵀ.  … -> [v f]"""
    return (eps[:, None] * values).T @ phi(keys)


cauchy_schwarz = Claim(
    "signed-loss-at-most-half-squares",
    title="No model on a ball has a larger signed loss than the summed features allow",
    given=MODEL,
    lhs=signed_loss,
    at_most=lambda keys, values, phi, W, eps: (
        (dot(W, W) + dot(features_sum(phi, keys, values, eps), features_sum(phi, keys, values, eps))) / 2
    ),
    gap=lambda phi, keys, values, W, eps: (
        dot(
            W - features_sum(phi, keys, values, eps),
            W - features_sum(phi, keys, values, eps),
        )
        / 2
    ),
    source=Source("original", "the generalisation bound for the dual models of arXiv:2310.13220, derived anew"),
    about=(
        "Σ εᵢ⟨vᵢ, Wφ(kᵢ)⟩ = ⟨W, F⟩ with F = Σ εᵢvᵢφ(kᵢ)ᵀ, and ⟨W, F⟩ ≤ (|W|² + |F|²)/2. Scaled to |W| = |F| it "
        "is the inequality of Cauchy and Schwarz, ⟨W, F⟩ ≤ |W||F|, attained at W = F."
    ),
    stops="For one choice of signs.",
    mutants=(
        Mutant(
            "half as much",
            rhs=lambda keys, values, phi, W, eps: (
                (dot(W, W) + dot(features_sum(phi, keys, values, eps), features_sum(phi, keys, values, eps)))
                / 4
            ),
        ),
        Mutant(
            "the features alone",
            rhs=lambda keys, values, phi, eps: (
                dot(features_sum(phi, keys, values, eps), features_sum(phi, keys, values, eps)) / 2
            ),
        ),
        Mutant("the model alone", rhs=lambda W: dot(W, W) / 2),
    ),
)

complexity = Claim(
    "rademacher-complexity-at-most-root-of-diagonal-sum",
    title="The Rademacher complexity is at most w/N times the root of Σ |vᵢ|² κ(kᵢ, kᵢ)",
    given={**GIVEN, "w": positive()},
    lhs=lambda keys, values, w: (
        w * expectation(lambda eps: sqrt(squared_length(eps, keys, values)), over=signs("n")) / size("n")
    ),
    at_most=lambda keys, values, w: w * sqrt(diagonal_sum(keys, values)) / size("n"),
    source=Source("original", "the generalisation bound for the dual models of arXiv:2310.13220, derived anew"),
    about="Jensen's inequality for the root; the number of outputs does not occur.",
    stops="Equality where all sums are of one length, as for one token.",
    waive={
        "symbolic": "the mean of a root of signs has no closed form; Jensen's inequality is no rule here",
        "gpu": NO_BOUND,
    },
    mutants=(
        Mutant(
            "half the bound",
            rhs=lambda keys, values, w: w * sqrt(diagonal_sum(keys, values)) / (2 * size("n")),
        ),
        Mutant(
            "without the kernel's diagonal",
            rhs=lambda values, w: w * sqrt((values**2).sum()) / (2 * size("n")),
        ),
        Mutant(
            "over N²",
            rhs=lambda keys, values, w: w * sqrt(diagonal_sum(keys, values)) / (size("n") * (1 + size("n"))),
        ),
    ),
)

no_outputs = Claim(
    "diagonal-sum-at-most-value-norm-times-trace",
    title="With values of squared length at most ρ² the sum is at most ρ² times the trace of the Gram matrix",
    given={"keys": real("n d"), "values": real("n v"), "slack": positive("n"), "rho": positive()},
    lhs=lambda keys, values, slack, rho: dot(
        rho**2 * (values**2).sum(1) / ((values**2).sum(1) + slack), exp((keys**2).sum(1))
    ),
    at_most=lambda keys, rho: rho**2 * exp((keys**2).sum(1)).sum(),
    gap=lambda keys, values, slack, rho: dot(
        rho**2 * slack / ((values**2).sum(1) + slack), exp((keys**2).sum(1))
    ),
    source=Source("original", "the generalisation bound for the dual models of arXiv:2310.13220, derived anew"),
    about=(
        "Squared lengths up to ρ² are written as ρ²u/(u + slack) with u = |vᵢ|². So the complexity is at most "
        "wρ√(Tr K)/N, without the factor for the number of outputs that the bound is remembered to have."
    ),
    stops="The bound is attained as the slack tends to 0.",
    mutants=(
        Mutant("half the bound", rhs=lambda keys, rho: rho**2 * exp((keys**2).sum(1)).sum() / 2),
        Mutant("ρ for ρ²", rhs=lambda keys, rho: rho * exp((keys**2).sum(1)).sum()),
        Mutant("the number of tokens for the trace", rhs=lambda rho: rho**2 * size("n")),
    ),
)
