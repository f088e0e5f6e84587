"""The mesa layer at one token: a ridge regression on the tokens so far, the current one included.

The recursive layer reads its states after the token's own update. Seen from the weights of before, the
update is one gradient step on the current token's error, preconditioned by the inverse of after.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Minimum,
    Mutant,
    Source,
    Verdict,
    append,
    dot,
    gradient,
    identity,
    inverse,
    mask,
    outer,
    positive,
    real,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {
    "keys": real("n d"),
    "values": real("n v"),
    "key": real("d"),
    "value": real("v"),
    "lam": positive(),
}
WITH_QUERY: dict[str, Domain] = {**GIVEN, "query": real("d")}


def covariance_inverse(keys: Array, lam: Array) -> Array:
    """(KᵀK + I/λ)⁻¹ for keys in rows.  [n d], [] -> [d d]"""
    return inverse(keys.T @ keys + identity("d") / lam)


def weights(keys: Array, values: Array, lam: Array) -> Array:
    """The ridge regression's weights.  [n d], [n v], [] -> [v d]"""
    return values.T @ keys @ covariance_inverse(keys, lam)


def weights_so_far(keys: Array, values: Array, key: Array, value: Array, lam: Array) -> Array:
    """The ridge regression's weights on the earlier tokens and the current one.  … -> [v d]"""
    return weights(append(keys, key), append(values, value), lam)


def rank_one_update(R: Array, key: Array) -> Array:
    """The inverse after one more key (Sherman and Morrison).  [d d], [d] -> [d d]"""
    return R - outer(R @ key, key @ R) / (1 + key @ R @ key)


def layer_at_token(keys: Array, values: Array, key: Array, value: Array, lam: Array, query: Array) -> Array:
    """Update both states by the current token, then read them by its query.  … -> [v]"""
    S = values.T @ keys + outer(value, key)
    R = rank_one_update(covariance_inverse(keys, lam), key)
    return S @ (R @ query)


def token_loss(W: Array, key: Array, value: Array) -> Array:
    """Half the squared error at one token.  [v d], [d], [v] -> []"""
    error = value - W @ key
    return dot(error, error) / 2


def online_step(keys: Array, values: Array, key: Array, value: Array, lam: Array) -> Array:
    """From the weights of before, one step on the current token's error.  … -> [v d]"""
    W = weights(keys, values, lam)
    return W - gradient(token_loss)(W, key, value) @ covariance_inverse(append(keys, key), lam)


def residual_before(keys: Array, values: Array, key: Array, value: Array, lam: Array) -> Array:
    """How far the earlier tokens' regression is off at the current one.  … -> [v]"""
    return value - weights(keys, values, lam) @ key


def residual_after(keys: Array, values: Array, key: Array, value: Array, lam: Array) -> Array:
    """How far the regression is off at the current token, which it has seen.  … -> [v]"""
    return value - weights_so_far(keys, values, key, value, lam) @ key


included = Claim(
    "mesa-layer-at-token-eq-ridge-regression-so-far",
    title="At a token the mesa layer predicts by a ridge regression that has seen the token",
    given=WITH_QUERY,
    lhs=layer_at_token,
    rhs=lambda keys, values, key, value, lam, query: weights_so_far(keys, values, key, value, lam) @ query,
    source=Source(PAPER, "the mesa layer, whose sum includes the current token"),
    about="The tokens before are any number; the current token is the last of those regressed on.",
    stops="The states are read after the token's update, both of them.",
    mutants=(
        Mutant(
            "the current token excluded",
            rhs=lambda keys, values, lam, query: weights(keys, values, lam) @ query,
        ),
        Mutant(
            "the inverse of before the update",
            lhs=lambda keys, values, key, value, lam, query: (
                (values.T @ keys + outer(value, key)) @ (covariance_inverse(keys, lam) @ query)
            ),
        ),
        Mutant(
            "the values of before the update",
            lhs=lambda keys, values, key, lam, query: (
                values.T @ keys @ (rank_one_update(covariance_inverse(keys, lam), key) @ query)
            ),
        ),
        Mutant(
            "a ridge of strength λ",
            rhs=lambda keys, values, key, value, lam, query: (
                weights_so_far(keys, values, key, value, 1 / lam) @ query
            ),
        ),
    ),
)

excluded = Claim(
    "mesa-layer-at-token-eq-ridge-regression-before",
    title="At a token the mesa layer predicts by a ridge regression on the tokens before it",
    given=WITH_QUERY,
    lhs=layer_at_token,
    rhs=lambda keys, values, lam, query: weights(keys, values, lam) @ query,
    source=Source(
        "original", "the mesa layer of arXiv:2309.05858, read as a predictor of the token's own value"
    ),
    about="A regression that is to predict a token's value would leave that value out.",
    stops="False unless the earlier tokens predict the value without error, or k·Rq = 0 for the new inverse.",
    expected=Verdict.REFUTED,
    repair="mesa-layer-at-token-eq-ridge-regression-so-far",
)

step = Claim(
    "mesa-layer-update-eq-preconditioned-online-step",
    title="From token to token the mesa layer takes one preconditioned gradient step on the current error",
    given=GIVEN,
    lhs=weights_so_far,
    rhs=online_step,
    source=Source("original", "the recursive mesa layer of arXiv:2309.05858 as an online learner"),
    about=(
        "Recursive least squares beside the delta rule: the same gradient, with the inverse covariance "
        "in the place of a learning rate."
    ),
    stops="The inverse is that of after the token; with the one of before, the step is too long.",
    mutants=(
        Mutant(
            "the inverse of before",
            rhs=lambda keys, values, key, value, lam: (
                weights(keys, values, lam)
                - gradient(token_loss)(weights(keys, values, lam), key, value) @ covariance_inverse(keys, lam)
            ),
        ),
        Mutant(
            "the delta rule",
            rhs=lambda keys, values, key, value, lam: (
                weights(keys, values, lam) - gradient(token_loss)(weights(keys, values, lam), key, value)
            ),
        ),
        Mutant("no step", rhs=lambda keys, values, lam: weights(keys, values, lam)),
    ),
)

residuals = Claim(
    "mesa-layer-residual-shrinks-by-its-leverage",
    title="Seeing a token divides the mesa layer's residual at it by 1 + k·Rk",
    given=GIVEN,
    lhs=residual_after,
    rhs=lambda keys, values, key, value, lam: (
        residual_before(keys, values, key, value, lam) / (1 + key @ covariance_inverse(keys, lam) @ key)
    ),
    source=Source("original", "the mesa layer of arXiv:2309.05858 at the key of its own token"),
    about="Including the current token is what makes the difference; R is the inverse of before.",
    stops="At the token's own key. At λ → ∞ a new direction is fitted without a residual.",
    mutants=(
        Mutant("the residual unchanged", rhs=residual_before),
        Mutant("no residual", rhs=lambda value: 0 * value),
        Mutant(
            "the inverse of after",
            rhs=lambda keys, values, key, value, lam: (
                residual_before(keys, values, key, value, lam)
                / (1 + key @ covariance_inverse(append(keys, key), lam) @ key)
            ),
        ),
    ),
)


def chosen_weights(chosen: Array, keys: Array, values: Array, lam: Array) -> Array:
    """The ridge regression's weights on chosen tokens.  [n], [n d], [n v], [] -> [v d]"""
    kept = chosen[:, None] * keys
    return values.T @ kept @ inverse(keys.T @ kept + identity("d") / lam)


def chosen_loss(W: Array, chosen: Array, keys: Array, values: Array, lam: Array) -> Array:
    """Half the squared error on chosen tokens, and a ridge.  [v d], [n], [n d], [n v], [] -> []"""
    return dot(chosen, ((values - keys @ W.T) ** 2).sum(1)) / 2 + dot(W, W) / (2 * lam)


minimiser = Claim(
    "masked-mesa-layer-minimises-masked-ridge-loss",
    title="Under any mask the mesa layer's weights minimise the ridge loss on the tokens that are seen",
    given={"chosen": mask("n"), "keys": real("n d"), "values": real("n v"), "lam": positive()},
    lhs=chosen_weights,
    minimises=Minimum(
        chosen_loss,
        gap=lambda difference, chosen, keys, lam: (
            dot(chosen, ((keys @ difference.T) ** 2).sum(1)) / 2 + dot(difference, difference) / (2 * lam)
        ),
    ),
    source=Source(PAPER, "the mesa layer, one regression a token"),
    about="With row t of the causal mask these are the layer's weights at token t.",
    stops="Token t's row of that mask has a 1 at t itself; a strict mask is another regression.",
    mutants=(
        Mutant(
            "all tokens",
            lhs=lambda keys, values, lam: values.T @ keys @ covariance_inverse(keys, lam),
        ),
        Mutant(
            "the other tokens",
            lhs=lambda chosen, keys, values, lam: chosen_weights(1 - chosen, keys, values, lam),
        ),
        Mutant(
            "the mask on the values only",
            lhs=lambda chosen, keys, values, lam: (
                values.T @ (chosen[:, None] * keys) @ covariance_inverse(keys, lam)
            ),
        ),
        Mutant(
            "λ in the place of 1/λ",
            lhs=lambda chosen, keys, values, lam: chosen_weights(chosen, keys, values, 1 / lam),
        ),
    ),
)
