"""The long-term memory keeps a continuous signal, fitted to its tokens by ridge regression.

The signal is X̄(t) = Bᵀψ(t) with m basis functions ψ. Column i of F holds ψ at the position of token i, and the
coefficients B are fitted to the tokens X. They are linear in the tokens, by a matrix that depends on positions
only; a signal that lies in the span of the basis is not kept but shrunk.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Equation,
    Minimum,
    Mutant,
    Source,
    Verdict,
    dot,
    einsum,
    identity,
    inverse,
    jacobian,
    positive,
    real,
    solve,
)

PAPER = "arXiv:2109.00301"
GIVEN: dict[str, Domain] = {"F": real("m n"), "X": real("n e"), "lam": positive()}
WITH_POINT: dict[str, Domain] = {**GIVEN, "psi": real("m")}
IN_SPAN: dict[str, Domain] = {**GIVEN, "B0": real("m e")}


def coefficients(F: Array, X: Array, lam: Array) -> Array:
    """The coefficients of the signal, by the inverse on the side of the basis.  [m n], [n e], [] -> [m e]"""
    return inverse(F @ F.T + lam * identity("m")) @ F @ X


def ridge_loss(B: Array, F: Array, X: Array, lam: Array) -> Array:
    """The squared error at the tokens and a ridge.  [m e], [m n], [n e], [] -> []"""
    error = F.T @ B - X
    return dot(error, error) + lam * dot(B, B)


minimiser = Claim(
    "memory-fit-minimises-ridge-loss",
    title="The memory's coefficients minimise the ridge loss at the tokens",
    given=GIVEN,
    lhs=coefficients,
    minimises=Minimum(
        ridge_loss,
        gap=lambda difference, F, lam: (
            dot(F.T @ difference, F.T @ difference) + lam * dot(difference, difference)
        ),
    ),
    source=Source(PAPER, "fitting the continuous signal by multivariate ridge regression"),
    about=(
        "Neither factor has a half, so that λ stands in the inverse as it stands in the loss. The gap is "
        "λ|B − B*|² at least: the minimiser is unique."
    ),
    stops=(
        "For λ = 0 the inverse exists only if the rows of F are independent, which needs at least as many "
        "tokens as basis functions."
    ),
    mutants=(
        Mutant("a ridge of half the strength", lhs=lambda F, X, lam: coefficients(F, X, lam / 2)),
        Mutant("a ridge of strength λ²", lhs=lambda F, X, lam: coefficients(F, X, lam**2)),
        Mutant("no inverse", lhs=lambda F, X: F @ X),
        Mutant("tokens of the wrong sign", lhs=lambda F, X, lam: coefficients(F, -X, lam)),
    ),
)


def read_out(F: Array, X: Array, lam: Array, psi: Array) -> Array:
    """The fitted signal at the point where the basis functions are ψ.  …, [m] -> [e]"""
    return coefficients(F, X, lam).T @ psi


def kernel_regression(F: Array, X: Array, lam: Array, psi: Array) -> Array:
    """Ridge regression on the tokens with the kernel k(s, t) = ψ(s)·ψ(t).  …, [m] -> [e]"""
    return X.T @ solve(F.T @ F + lam * identity("n"), F.T @ psi)


push_through = Claim(
    "memory-read-out-eq-kernel-ridge-regression",
    title="Reading the continuous memory is kernel ridge regression on its tokens",
    given=WITH_POINT,
    lhs=read_out,
    rhs=kernel_regression,
    source=Source("original", "the push-through identity for the signal of arXiv:2109.00301"),
    about=(
        "The kernel is k(s, t) = ψ(s)·ψ(t), of rank m at most. The left inverse is m by m and is the cheaper "
        "one when there are more tokens than basis functions."
    ),
    stops="Both inverses exist for every λ > 0; the two forms differ in cost, not in value.",
    mutants=(
        Mutant("the ridge doubled", rhs=lambda F, X, lam, psi: kernel_regression(F, X, 2 * lam, psi)),
        Mutant(
            "a ridge on the left side only", rhs=lambda F, X, lam, psi: lam * kernel_regression(F, X, lam, psi)
        ),
        Mutant("the tokens' similarities ignored", rhs=lambda F, X, lam, psi: X.T @ (F.T @ psi) / lam),
    ),
)


def positions_only(F: Array, lam: Array) -> Array:
    """G ⊗ I, with the matrix G that multiplies the tokens.  [m n], [] -> [m e n e]"""
    G = F.T @ inverse(F @ F.T + lam * identity("m"))
    return einsum(G, identity("e"), "n m, a b -> m a n b")


linear = Claim(
    "memory-fit-is-linear-in-tokens",
    title="The memory is linear in its tokens, by a matrix that depends on positions only",
    given=GIVEN,
    lhs=lambda F, X, lam: jacobian(lambda X: coefficients(F, X, lam))(X),
    rhs=positions_only,
    source=Source(PAPER, "the matrix G, which can be computed ahead"),
    about=(
        "The Jacobian of B by X is Gᵀ for every coordinate of a token, and no coordinate enters another's "
        "coefficients. It does not depend on X, so that B = GᵀX."
    ),
    stops=(
        "G may be kept only while the number of tokens, their positions, the basis and λ stay the same; "
        "another length needs another G."
    ),
    mutants=(
        Mutant("another ridge", rhs=lambda F, lam: positions_only(F, 2 * lam)),
        Mutant("no inverse", rhs=lambda F: einsum(F, identity("e"), "m n, a b -> m a n b")),
        Mutant("positions mirrored", rhs=lambda F, lam: positions_only(-F, lam)),
    ),
)


def shrunk(F: Array, B0: Array, lam: Array) -> Array:
    """The coefficients less what the ridge takes away.  [m n], [m e], [] -> [m e]"""
    return B0 - lam * solve(F @ F.T + lam * identity("m"), B0)


bias = Claim(
    "memory-fit-shrinks-signals-of-the-span",
    title="A signal that the basis can say is stored with coefficients shrunk by the ridge",
    given=IN_SPAN,
    assume=(Equation(lambda X: X, lambda F, B0: F.T @ B0),),
    realise={"X": lambda F, B0: F.T @ B0},
    lhs=coefficients,
    rhs=shrunk,
    source=Source("original", "ridge regression on a signal of the span, for arXiv:2109.00301"),
    about="The tokens are X = FᵀB₀. The error is −λ(FFᵀ + λI)⁻¹B₀: the memory pulls every signal towards 0.",
    stops="For λ → 0 the error vanishes if the rows of F are independent.",
    mutants=(
        Mutant("no shrinking", rhs=lambda B0: B0),
        Mutant(
            "shrinking without the factor λ",
            rhs=lambda F, B0, lam: B0 - solve(F @ F.T + lam * identity("m"), B0),
        ),
        Mutant(
            "shrinking of the wrong sign",
            rhs=lambda F, B0, lam: B0 + lam * solve(F @ F.T + lam * identity("m"), B0),
        ),
    ),
)

exact_recall = Claim(
    "memory-fit-recovers-signals-of-the-span",
    title="A signal that the basis can say is stored exactly",
    given=IN_SPAN,
    lhs=lambda F, B0, lam: coefficients(F, F.T @ B0, lam),
    rhs=lambda B0: B0,
    source=Source("original", "what one may expect of a fit of arXiv:2109.00301"),
    about="Tokens X = FᵀB₀ taken from the signal with coefficients B₀, and fitted again.",
    stops="False for every λ > 0: the ridge shrinks.",
    expected=Verdict.REFUTED,
    repair="memory-fit-shrinks-signals-of-the-span",
)
