"""A memory never says more than its tokens.

The squared length of the fitted signal at the tokens' positions is at most that of the tokens; what is missing
is the squared error and twice the ridge. The coefficients are bounded by the tokens and λ alone, whatever the
positions and the basis.
"""

from equivalences import Array, Claim, Domain, Mutant, Source, Verdict, dot, identity, positive, real, solve

HERE = Source("original", "the ridge fit of arXiv:2109.00301")
GIVEN: dict[str, Domain] = {"F": real("m n"), "X": real("n e"), "lam": positive()}


def fit(F: Array, X: Array, lam: Array) -> Array:
    """The ridge fit.  [m n], [n e], [] -> [m e]"""
    return solve(F @ F.T + lam * identity("m"), F @ X)


def recalled(F: Array, X: Array, lam: Array) -> Array:
    """The squared length of the signal at the tokens' positions.  [m n], [n e], [] -> []"""
    signal = F.T @ fit(F, X, lam)
    return dot(signal, signal)


def missing(F: Array, X: Array, lam: Array) -> Array:
    """The squared error and twice the ridge.  [m n], [n e], [] -> []"""
    error, B = X - F.T @ fit(F, X, lam), fit(F, X, lam)
    return dot(error, error) + 2 * lam * dot(B, B)


signal = Claim(
    "memory-signal-is-at-most-as-long-as-tokens",
    title="The fitted signal is at the tokens' positions not longer than the tokens",
    given=GIVEN,
    lhs=recalled,
    at_most=lambda X: dot(X, X),
    gap=missing,
    source=HERE,
    about=(
        "The gap is |X − FᵀB|² + 2λ|B|². After an update the signal at the fitted positions is not longer than "
        "the samples of the old one and the new tokens together."
    ),
    stops="At other positions the signal may be larger.",
    mutants=(
        Mutant("half of the tokens", rhs=lambda X: dot(X, X) / 2),
        Mutant("less twice the gap", rhs=lambda F, X, lam: dot(X, X) - 2 * missing(F, X, lam)),
        Mutant("without the ridge's inverse", lhs=lambda F, X: dot(F @ X, F @ X)),
    ),
)

coefficients = Claim(
    "memory-coefficients-are-bounded-by-tokens-and-ridge",
    title="The squared coefficients are at most the squared tokens over 4λ",
    given=GIVEN,
    lhs=lambda F, X, lam: dot(fit(F, X, lam), fit(F, X, lam)),
    at_most=lambda X, lam: dot(X, X) / (4 * lam),
    gap=lambda F, X, lam: dot(X - 2 * F.T @ fit(F, X, lam), X - 2 * F.T @ fit(F, X, lam)) / (4 * lam),
    source=HERE,
    about=(
        "The singular values of the map from tokens to coefficients are s/(s² + λ) ≤ 1/(2√λ), where s runs "
        "over those of F: no choice of basis functions, however high, makes more of the tokens."
    ),
    stops="It is reached where all singular values of F that count are √λ.",
    mutants=(
        Mutant("an eighth", rhs=lambda X, lam: dot(X, X) / (8 * lam)),
        Mutant("λ² in the place of λ", rhs=lambda X, lam: dot(X, X) / (4 * lam**2)),
        Mutant("without λ", rhs=lambda X: dot(X, X) / 4),
    ),
)

kept = Claim(
    "memory-keeps-the-length-of-its-tokens",
    title="The fitted signal is at the tokens' positions as long as the tokens",
    given=GIVEN,
    lhs=recalled,
    rhs=lambda X: dot(X, X),
    source=Source("original", "what a memory without loss would satisfy, for arXiv:2109.00301"),
    about="Equality in the bound would need an exact fit with coefficients of length 0.",
    stops="False unless the tokens are 0: the error and the ridge take their parts.",
    expected=Verdict.REFUTED,
    repair="memory-signal-is-at-most-as-long-as-tokens",
)
