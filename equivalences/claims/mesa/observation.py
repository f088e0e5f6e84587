"""Partially observed dynamics: predicting from a window of observations, without and with noise.

A state h moves by h ← Wh and is seen as Ch only. A window of observations is Hh with H stacked from C, CW, …;
where H has full column rank the next window is a linear function of this one. With Gaussian noise the most
likely state is still linear in the window.
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
    concat,
    dot,
    einsum,
    identity,
    inverse,
    positive,
    positive_definite,
    real,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {"H": real("d+m d"), "W": real("d d"), "h": real("d")}


def left_inverse(H: Array) -> Array:
    """(HᵀH)⁻¹Hᵀ, the pseudo-inverse of a matrix of full column rank.  [m d] -> [d m]"""
    return inverse(H.T @ H) @ H.T


def right_inverse(H: Array) -> Array:
    """Hᵀ(HHᵀ)⁻¹, the pseudo-inverse of a matrix of full row rank.  [m d] -> [d m]"""
    return H.T @ inverse(H @ H.T)


window = Claim(
    "observations-are-predicted-by-conjugated-dynamics",
    title="A window of observations that determines the state is predicted by a linear map",
    given=GIVEN,
    lhs=lambda H, W, h: (H @ W @ left_inverse(H)) @ (H @ h),
    rhs=lambda H, W, h: H @ (W @ h),
    source=Source(PAPER, "the partially observed case without noise"),
    about="The map is H W H⁺ with H⁺ = (HᵀH)⁻¹Hᵀ: from the window to the state, one step, and back.",
    stops=(
        "For H of full column rank. As many observations as states are necessary for that, and not "
        "sufficient; see also observations-that-move-by-themselves-are-predicted."
    ),
    mutants=(
        Mutant("the transpose", lhs=lambda H, W, h: (H @ W @ H.T) @ (H @ h)),
        Mutant("no step", lhs=lambda H, h: (H @ left_inverse(H)) @ (H @ h)),
        Mutant("two steps", lhs=lambda H, W, h: (H @ W @ W @ left_inverse(H)) @ (H @ h)),
    ),
)

fewer = Claim(
    "fewer-observations-than-states-predict-exactly",
    title="A window of fewer observations than states is predicted exactly with the other pseudo-inverse",
    given={**GIVEN, "H": real("m d")},
    lhs=lambda H, W, h: (H @ W @ right_inverse(H)) @ (H @ h),
    rhs=lambda H, W, h: H @ (W @ h),
    source=Source("original", "the partially observed case of arXiv:2309.05858 with fewer observations"),
    about="Hᵀ(HHᵀ)⁻¹ exists there, and H Hᵀ(HHᵀ)⁻¹ = I; but the state is not recovered.",
    stops="False where what the window does not see moves into what it sees.",
    expected=Verdict.REFUTED,
    repair="observations-that-move-by-themselves-are-predicted",
)


def with_unseen_dynamics(H: Array, A: Array, M: Array) -> Array:
    """Dynamics that move what is seen by A, whatever is not seen.  [m m+k], [m m], [m+k m+k] -> [m+k m+k]"""
    return right_inverse(H) @ A @ H + (identity("m+k") - right_inverse(H) @ H) @ M


unseen = Claim(
    "observations-that-move-by-themselves-are-predicted",
    title="Fewer observations than states are predicted where what is unseen stays unseen",
    given={"H": real("m m+k"), "A": real("m m"), "M": real("m+k m+k"), "W": real("m+k m+k"), "h": real("m+k")},
    lhs=lambda H, W, h: (einsum(H, W, "o a, a b -> o b") @ right_inverse(H)) @ (H @ h),
    rhs=lambda H, W, h: H @ (W @ h),
    source=Source("original", "the partially observed case of arXiv:2309.05858 without full column rank"),
    about="Where HW = AH the state need not be recovered: full column rank is sufficient, and not necessary.",
    stops="H has to have full row rank for this pseudo-inverse, and the dynamics to respect what is seen.",
    assume=(Equation(lambda H, W: H @ W, lambda H, A: A @ H),),
    realise={"W": with_unseen_dynamics},
    mutants=(
        Mutant("no step", lhs=lambda H, h: (H @ right_inverse(H)) @ (H @ h)),
        Mutant("two steps", lhs=lambda H, W, h: (H @ W @ W @ right_inverse(H)) @ (H @ h)),
        Mutant(
            "dynamics of which nothing is known",
            given={"B": real("m+k m+k")},
            lhs=lambda H, B, h: (H @ B @ right_inverse(H)) @ (H @ h),
            rhs=lambda H, B, h: H @ (B @ h),
        ),
    ),
)


def two_observations(C: Array, W: Array) -> Array:
    """C above CW.  [p d], [d d] -> [p+p d]"""
    return concat(C, C @ W, axis=0)


two = Claim(
    "two-observations-predict-the-next-two",
    title="Two successive observations predict the next two linearly, where they determine the state",
    given={"C": real("p d"), "W": real("d d"), "h": real("d")},
    lhs=lambda C, W, h: (
        (two_observations(C, W) @ W @ left_inverse(two_observations(C, W))) @ concat(C @ h, C @ (W @ h))
    ),
    rhs=lambda C, W, h: concat(C @ (W @ h), C @ (W @ (W @ h))),
    source=Source(PAPER, "the partially observed case without noise, for a window of two"),
    about="The window slides by one: its first half was the second half before, its second half is new.",
    stops="If C and CW together have a rank below the number of states, longer windows are needed.",
    mutants=(
        Mutant("the window does not slide", rhs=lambda C, W, h: concat(C @ h, C @ (W @ h))),
        Mutant("the window reversed", rhs=lambda C, W, h: concat(C @ (W @ (W @ h)), C @ (W @ h))),
        Mutant(
            "the same observation twice",
            lhs=lambda C, W, h: (
                (two_observations(C, W) @ W @ left_inverse(two_observations(C, W))) @ concat(C @ h, C @ h)
            ),
        ),
    ),
)

NOISY: dict[str, Domain] = {"H": real("d+m d"), "precision": positive("d+m"), "z": real("d+m")}


def likeliest_state(H: Array, precision: Array, z: Array) -> Array:
    """The most likely state, for independent noise on each entry.  [m d], [m], [m] -> [d]"""
    return inverse(H.T @ (precision[:, None] * H)) @ (H.T @ (precision * z))


def negative_log_likelihood(h: Array, H: Array, precision: Array, z: Array) -> Array:
    """Half the squared error, weighted by the precisions of the noise.  [d], [m d], [m], [m] -> []"""
    return dot(precision, (z - H @ h) ** 2) / 2


likelihood = Claim(
    "likeliest-state-minimises-weighted-error",
    title="Under Gaussian noise the most likely state is the weighted least-squares solution",
    given=NOISY,
    lhs=likeliest_state,
    minimises=Minimum(
        negative_log_likelihood,
        gap=lambda difference, H, precision: dot(precision, (H @ difference) ** 2) / 2,
    ),
    source=Source(PAPER, "the partially observed case with noise"),
    about="Each observation has its own precision. The normaliser of the density does not depend on the state.",
    stops="H has to have full column rank. Noise that moves the state correlates the errors of a window.",
    mutants=(
        Mutant("unweighted", lhs=lambda H, z: left_inverse(H) @ z),
        Mutant(
            "variances in the place of precisions",
            lhs=lambda H, precision, z: likeliest_state(H, 1 / precision, z),
        ),
        Mutant("twice the state", lhs=lambda H, precision, z: 2 * likeliest_state(H, precision, z)),
    ),
)

PRIOR: dict[str, Domain] = {
    "H": real("m d"),
    "P": positive_definite("m"),
    "Q": positive_definite("d"),
    "z": real("m"),
}


def posterior_mean(H: Array, P: Array, Q: Array, z: Array) -> Array:
    """The most likely state for noise of precision P and a prior of precision Q.  … -> [d]"""
    return inverse(H.T @ P @ H + Q) @ (H.T @ (P @ z))


superposed = Claim(
    "posterior-mean-is-linear-in-observations",
    title="Under Gaussian noise and a Gaussian prior the most likely state is linear in the observations",
    given={**PRIOR, "y": real("m"), "a": real()},
    lhs=lambda H, P, Q, z, y, a: posterior_mean(H, P, Q, z + a * y),
    rhs=lambda H, P, Q, z, y, a: posterior_mean(H, P, Q, z) + a * posterior_mean(H, P, Q, y),
    source=Source(PAPER, "the partially observed case with noise"),
    about="So that a linear map from windows to windows can be learnt, as without noise.",
    stops="For a prior of mean 0, or a flat one where H has full column rank; another mean makes it affine.",
    mutants=(
        Mutant(
            "a forgotten factor",
            rhs=lambda H, P, Q, z, y: posterior_mean(H, P, Q, z) + posterior_mean(H, P, Q, y),
        ),
        Mutant("the first part only", rhs=lambda H, P, Q, z: posterior_mean(H, P, Q, z)),
        Mutant(
            "subtracted",
            rhs=lambda H, P, Q, z, y, a: posterior_mean(H, P, Q, z) - a * posterior_mean(H, P, Q, y),
        ),
    ),
)

posterior = Claim(
    "posterior-mean-eq-kalman-gain",
    title="With a Gaussian prior the inverse may stand on the side of the state or of the observations",
    given=PRIOR,
    lhs=posterior_mean,
    rhs=lambda H, P, Q, z: inverse(Q) @ H.T @ (inverse(H @ inverse(Q) @ H.T + inverse(P)) @ z),
    source=Source("original", "the noisy case of arXiv:2309.05858 with a prior"),
    about="P is the precision of the noise, Q that of the prior; the right side is Kalman's gain.",
    stops="With the prior no rank is needed. At Q → 0 it becomes the most likely state.",
    mutants=(
        Mutant(
            "the covariance of the prior",
            rhs=lambda H, P, Q, z: Q @ H.T @ (inverse(H @ Q @ H.T + inverse(P)) @ z),
        ),
        Mutant("a flat prior", lhs=lambda H, P, z: inverse(H.T @ P @ H) @ (H.T @ (P @ z))),
        Mutant(
            "the precision of the noise",
            rhs=lambda H, P, Q, z: inverse(Q) @ H.T @ (inverse(H @ inverse(Q) @ H.T + P) @ z),
        ),
    ),
)
