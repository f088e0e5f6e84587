"""The mesa layer's recursion run backwards, and what that does to rounding errors.

The update of the inverse by one key can be undone exactly, so that a backward pass has to keep the last
inverse only. The undoing never divides by 0; but it amplifies an error in the inverse by (I + Rkkᵀ) on
both sides, where R is the inverse before the key: at the first token by up to (1 + λ|k|²)².
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    dot,
    einsum,
    identity,
    inverse,
    jacobian,
    outer,
    positive,
    positive_definite,
    real,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {"R": positive_definite("d"), "key": real("d")}


def rank_one_update(R: Array, key: Array, gamma: Array) -> Array:
    """The inverse after one more key, as the layer carries it.  [d d], [d], [] -> [d d]"""
    return (R - outer(R @ key, key @ R) / (gamma + key @ R @ key)) / gamma


def forward(R: Array, key: Array) -> Array:
    """The inverse after one more key, without forgetting.  [d d], [d] -> [d d]"""
    return R - outer(R @ key, key @ R) / (1 + key @ R @ key)


def backward(R: Array, key: Array) -> Array:
    """The inverse before its last key.  [d d], [d] -> [d d]"""
    return R - outer(R @ key, key @ R) / (key @ R @ key - 1)


def derivative_of_backward(R: Array, key: Array, E: Array) -> Array:
    """How the inverse before the key changes with the one after it, R.  [d d], [d], [d d] -> [d d]"""
    return einsum(jacobian(backward)(R, key), E, "a b c d, c d -> a b")


def amplified(R: Array, key: Array, E: Array) -> Array:
    """An error between two factors I + Rkkᵀ; R is the inverse before the key.  [d d], [d], [d d] -> [d d]"""
    return (identity("d") + outer(R @ key, key)) @ E @ (identity("d") + outer(key, key @ R))


undone = Claim(
    "reverse-recursion-recovers-inverse",
    title="The mesa layer's update of its inverse can be undone",
    given={**GIVEN, "gamma": positive()},
    lhs=lambda R, key, gamma: gamma * backward(rank_one_update(R, key, gamma), key),
    rhs=lambda R: R,
    source=Source(PAPER, "the reversed recursion of the backward pass, with forget factors"),
    about=(
        "R is the inverse before the key; the backward pass starts from the last one and keeps no other. "
        "γ is the forget factor, 1 without forgetting."
    ),
    stops="In exact arithmetic; with rounding see reverse-recursion-amplifies-errors.",
    mutants=(
        Mutant("not undone", lhs=rank_one_update),
        Mutant(
            "divided by the decay",
            lhs=lambda R, key, gamma: backward(rank_one_update(R, key, gamma), key) / gamma,
        ),
        Mutant("the decay left out", lhs=lambda R, key, gamma: backward(rank_one_update(R, key, gamma), key)),
        Mutant(
            "the decay before the step",
            lhs=lambda R, key, gamma: backward(gamma * rank_one_update(R, key, gamma), key),
        ),
    ),
)

denominator = Claim(
    "reverse-recursion-denominator",
    title="The denominators of the reversed and of the forward update are reciprocals",
    given=GIVEN,
    lhs=lambda R, key: 1 - key @ forward(R, key) @ key,
    rhs=lambda R, key: 1 / (1 + key @ R @ key),
    source=Source("original", "the reversed recursion of arXiv:2309.05858"),
    about="As R is positive definite the right side lies in (0, 1]: the reversed step never divides by 0.",
    stops="Without forgetting. A long key brings it close to 0, and the step close to a cancellation.",
    mutants=(
        Mutant("the inverse before the key", lhs=lambda R, key: 1 - key @ R @ key),
        Mutant("the sign of the reversed denominator", lhs=lambda R, key: key @ forward(R, key) @ key - 1),
        Mutant("the inverse after the key", rhs=lambda R, key: 1 / (1 + key @ forward(R, key) @ key)),
    ),
)

derivative = Claim(
    "reverse-recursion-amplifies-errors",
    title="The reversed step multiplies an error in the inverse by I + Rkkᵀ on both sides",
    given={**GIVEN, "E": real("d d")},
    lhs=lambda R, key, E: derivative_of_backward(forward(R, key), key, E),
    rhs=amplified,
    source=Source("original", "the reversed recursion of arXiv:2309.05858, differentiated"),
    about="To first order, for any error, symmetric or not; R is the inverse before the key.",
    stops="It says what one step does to an error, not how large the errors are that are made.",
    mutants=(
        Mutant("the inverse after the key", rhs=lambda R, key, E: amplified(forward(R, key), key, E)),
        Mutant(
            "the factor on one side only",
            rhs=lambda R, key, E: (identity("d") + outer(R @ key, key)) @ E,
        ),
        Mutant("the error unchanged", rhs=lambda E: E),
        Mutant(
            "the factors of a forward step",
            rhs=lambda R, key, E: (
                (identity("d") - outer(R @ key, key)) @ E @ (identity("d") - outer(key, key @ R))
            ),
        ),
    ),
)


def finite_error(R: Array, key: Array, E: Array) -> Array:
    """What an error becomes, to all orders.  [d d], [d], [d d] -> [d d]"""
    second = amplified(R, key, outer(E @ key, key @ E))
    return amplified(R, key, E) + second / (1 - key @ (forward(R, key) + E) @ key)


finite = Claim(
    "reverse-recursion-error-to-all-orders",
    title="What the reversed step makes of an error of any size",
    given={**GIVEN, "E": real("d d")},
    lhs=lambda R, key, E: backward(forward(R, key) + E, key) - R,
    rhs=finite_error,
    source=Source("original", "the reversed recursion of arXiv:2309.05858"),
    about=(
        "The first summand is the amplification to first order. The second divides by 1/(1 + k·Rk) − k·Ek: "
        "an error E that is as large as 1/(1 + k·Rk) along the key hits a pole."
    ),
    stops="Where the denominator is not 0.",
    mutants=(
        Mutant("to first order only", rhs=amplified),
        Mutant(
            "the second summand subtracted",
            rhs=lambda R, key, E: 2 * amplified(R, key, E) - finite_error(R, key, E),
        ),
        Mutant("the error unchanged", rhs=lambda E: E),
    ),
)

FIRST: dict[str, Domain] = {"key": real("d"), "lam": positive()}


def error_along_key(key: Array, lam: Array) -> Array:
    """What the reversed step makes of the error kkᵀ after the first key.  [d], [] -> [d d]"""
    return derivative_of_backward(forward(lam * identity("d"), key), key, outer(key, key))


attained = Claim(
    "reverse-recursion-amplification-at-first-token",
    title="At the first token the reversed step amplifies an error along the key by (1 + λ|k|²)²",
    given=FIRST,
    lhs=error_along_key,
    rhs=lambda key, lam: (1 + lam * dot(key, key)) ** 2 * outer(key, key),
    source=Source("original", "the reversed recursion of arXiv:2309.05858, differentiated"),
    about="The inverse before the first key is λI; the factors then have the norm 1 + λ|k|², along the key.",
    stops="Other directions are amplified less; those orthogonal to the key not at all.",
    mutants=(
        Mutant("one factor only", rhs=lambda key, lam: (1 + lam * dot(key, key)) * outer(key, key)),
        Mutant("no amplification", rhs=lambda key: outer(key, key)),
        Mutant("the norm unsquared in λ", rhs=lambda key, lam: (1 + dot(key, key)) ** 2 * outer(key, key)),
    ),
)


def amplified_norm(key: Array, lam: Array, E: Array) -> Array:
    """The squared norm of an error that was amplified at the first token.  [d], [], [d d] -> []"""
    found = amplified(lam * identity("d"), key, E)
    return dot(found, found)


def crossed(key: Array, x: Array) -> Array:
    """The squares of kᵢxⱼₗ − kⱼxᵢₗ, summed over i < j and l.  [d], [d d] -> []"""
    cross = key[:, None, None] * x[None, :, :] - key[None, :, None] * x[:, None, :]
    return (cross**2).sum(2).sum(1).sum() / 2


def slack_of_growth(key: Array, lam: Array, E: Array) -> Array:
    """What the bound on the growth leaves: the parts across the key.  [d], [], [d d] -> []"""
    k = dot(key, key)
    c = 2 * lam + lam**2 * k
    half = E + lam * outer(key, key @ E)
    return (1 + lam * k) ** 2 * c * crossed(key, E) + c * crossed(key, half.T)


growth = Claim(
    "reverse-recursion-amplification-at-most",
    title="At the first token the reversed step amplifies no error by more than (1 + λ|k|²)²",
    given={"key": real("d"), "lam": positive(), "E": real("d d")},
    lhs=amplified_norm,
    at_most=lambda key, lam, E: (1 + lam * dot(key, key)) ** 4 * dot(E, E),
    gap=slack_of_growth,
    source=Source("original", "the reversed recursion of arXiv:2309.05858, differentiated"),
    about=(
        "The factors are those of reverse-recursion-amplifies-errors where the inverse before the key is λI. "
        "Both sides are squared, in the Frobenius norm."
    ),
    stops="Attained along the key, as reverse-recursion-amplification-at-first-token says.",
    mutants=(
        Mutant("no growth", rhs=lambda E: dot(E, E)),
        Mutant(
            "growth by one factor",
            rhs=lambda key, lam, E: (1 + lam * dot(key, key)) ** 2 * dot(E, E),
        ),
        Mutant(
            "growth as of half the key",
            rhs=lambda key, lam, E: (1 + lam * dot(key, key) / 4) ** 4 * dot(E, E),
        ),
    ),
)


def inverse_after(keys: Array, lam: Array) -> Array:
    """(KᵀK + I/λ)⁻¹ for keys in rows.  [n d], [] -> [d d]"""
    return inverse(keys.T @ keys + identity("d") / lam)


def leverage_left(keys: Array, key: Array, lam: Array) -> Array:
    """What earlier keys take from a key's leverage.  [n d], [d], [] -> []"""
    seen = keys @ (inverse_after(keys, lam) @ key)
    return dot(seen, seen) + lam * dot(seen @ keys, seen @ keys)


leverage = Claim(
    "mesa-layer-leverage-at-most",
    title="At no token is k·Rk larger than λ|k|², its value at the first",
    given={"keys": real("n d"), **FIRST},
    lhs=lambda keys, key, lam: key @ inverse_after(keys, lam) @ key,
    at_most=lambda key, lam: lam * dot(key, key),
    gap=leverage_left,
    source=Source("original", "the inverse carried by the mesa layer of arXiv:2309.05858"),
    about="R is the inverse after any keys. So the first token is the worst for the growth of errors.",
    stops="Without forgetting: forget factors below 1 let the inverse grow beyond λI again.",
    mutants=(
        Mutant("half of it", rhs=lambda key, lam: lam * dot(key, key) / 2),
        Mutant("by the inverse of λ", rhs=lambda key, lam: dot(key, key) / lam),
        Mutant(
            "the inverse of twice the keys", rhs=lambda keys, key, lam: key @ inverse_after(2 * keys, lam) @ key
        ),
    ),
)

stable = Claim(
    "reverse-recursion-keeps-errors",
    title="The reversed step leaves an error in the inverse as it is",
    given={**GIVEN, "E": real("d d")},
    lhs=lambda R, key, E: backward(forward(R, key) + E, key) - R,
    rhs=lambda E: E,
    source=Source("original", "exact reversal, read as a statement about rounded arithmetic"),
    about="A recursion that is reversed exactly is not for that reason one that can be reversed in floats.",
    stops="False unless the error vanishes on the key.",
    expected=Verdict.REFUTED,
    repair="reverse-recursion-amplifies-errors",
)
