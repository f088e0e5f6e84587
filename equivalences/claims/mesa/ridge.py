"""The mesa layer solves a ridge regression at every token.

Its weights V Kᵀ (K Kᵀ + I/λ)⁻¹ minimise ½ Σ |v − Φk|² + |Φ|²/(2λ), so λ is the *inverse* strength of the
ridge. One gradient step preconditioned by the same inverse reaches them from any starting point. The inverse
can be carried from token to token by a rank-one update, and the layer with it.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Minimum,
    Mutant,
    Source,
    dot,
    gradient,
    identity,
    inverse,
    outer,
    positive,
    real,
    scan,
    zeros,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {"keys": real("n d"), "values": real("n v"), "lam": positive()}
WITH_QUERY: dict[str, Domain] = {**GIVEN, "query": real("d")}


def squared_loss(W: Array, keys: Array, values: Array) -> Array:
    """Half the squared error of recalling the values.  [v d], [n d], [n v] -> []"""
    error = values - keys @ W.T
    return dot(error, error) / 2


def ridge_loss(W: Array, keys: Array, values: Array, lam: Array) -> Array:
    """The squared loss with a ridge of strength 1/λ.  [v d], [n d], [n v], [] -> []"""
    return squared_loss(W, keys, values) + dot(W, W) / (2 * lam)


def covariance_inverse(keys: Array, lam: Array) -> Array:
    """(KᵀK + I/λ)⁻¹ for keys in rows.  [n d], [] -> [d d]"""
    return inverse(keys.T @ keys + identity("d") / lam)


def mesa_weights(keys: Array, values: Array, lam: Array) -> Array:
    """The mesa layer's weights.  [n d], [n v], [] -> [v d]"""
    return values.T @ keys @ covariance_inverse(keys, lam)


def newton_step(W0: Array, keys: Array, values: Array, lam: Array) -> Array:
    """One step from W₀ along the preconditioned gradient of the ridge loss.  … -> [v d]"""
    return W0 - gradient(ridge_loss)(W0, keys, values, lam) @ covariance_inverse(keys, lam)


preconditioned = Claim(
    "preconditioned-step-eq-ridge-regression",
    title="One preconditioned gradient step on the ridge loss solves the ridge regression",
    given={"W0": real("v d"), **GIVEN},
    lhs=newton_step,
    rhs=mesa_weights,
    source=Source(PAPER, "one preconditioned step and ridge regression"),
    about="Newton's method on a quadratic: exact from every starting point W₀.",
    stops="The gradient is that of the regularised loss; without its ridge it is exact at W₀ = 0 only.",
    mutants=(
        Mutant(
            "the gradient without the ridge",
            lhs=lambda W0, keys, values, lam: (
                W0 - gradient(squared_loss)(W0, keys, values) @ covariance_inverse(keys, lam)
            ),
        ),
        Mutant(
            "a ridge of strength λ", lhs=lambda W0, keys, values, lam: newton_step(W0, keys, values, 1 / lam)
        ),
        Mutant(
            "no preconditioner",
            lhs=lambda W0, keys, values, lam: W0 - gradient(ridge_loss)(W0, keys, values, lam),
        ),
    ),
)

unregularised = Claim(
    "preconditioned-unregularised-step-eq-ridge-regression-plus-start",
    title="Without the ridge in its gradient, the preconditioned step keeps a share of its start",
    given={"W0": real("v d"), **GIVEN},
    lhs=lambda W0, keys, values, lam: (
        W0 - gradient(squared_loss)(W0, keys, values) @ covariance_inverse(keys, lam)
    ),
    rhs=lambda W0, keys, values, lam: (
        mesa_weights(keys, values, lam) + W0 @ covariance_inverse(keys, lam) / lam
    ),
    source=Source("original", "the preconditioned step of arXiv:2309.05858 with the gradient as displayed"),
    about="What is left of the start is W₀ (KᵀK + I/λ)⁻¹ / λ: nothing at W₀ = 0, little where there is data.",
    stops="It is the ridge solution at W₀ = 0 only.",
    mutants=(
        Mutant("nothing kept", rhs=lambda W0, keys, values, lam: mesa_weights(keys, values, lam)),
        Mutant(
            "all of the start kept",
            rhs=lambda W0, keys, values, lam: mesa_weights(keys, values, lam) + W0,
        ),
        Mutant(
            "λ for 1/λ",
            rhs=lambda W0, keys, values, lam: (
                mesa_weights(keys, values, lam) + lam * (W0 @ covariance_inverse(keys, lam))
            ),
        ),
    ),
)

minimiser = Claim(
    "mesa-layer-minimises-ridge-loss",
    title="The mesa layer's weights minimise the ridge loss",
    given=GIVEN,
    lhs=mesa_weights,
    minimises=Minimum(
        ridge_loss,
        gap=lambda difference, keys, lam: (
            dot(keys @ difference.T, keys @ difference.T) / 2 + dot(difference, difference) / (2 * lam)
        ),
    ),
    source=Source(PAPER, "the mesa layer"),
    about="At any other W the loss exceeds the minimum by |K(W − W*)ᵀ|²/2 + |W − W*|²/(2λ).",
    stops="The sum includes the current token; λ → 0 sends the weights to 0, not to linear attention.",
    mutants=(
        Mutant("λ in the place of 1/λ", lhs=lambda keys, values, lam: mesa_weights(keys, values, 1 / lam)),
        Mutant("linear attention's weights", lhs=lambda keys, values: values.T @ keys),
        Mutant("twice the weights", lhs=lambda keys, values, lam: 2 * mesa_weights(keys, values, lam)),
    ),
)


def dual_form(keys: Array, values: Array, lam: Array, query: Array) -> Array:
    """Attention with the inverse on the side of the tokens.  [n d], [n v], [], [d] -> [v]"""
    return (inverse(keys @ keys.T + identity("n") / lam) @ (keys @ query)) @ values


push_through = Claim(
    "mesa-layer-primal-eq-dual",
    title="The mesa layer's inverse may stand on the side of the features or of the tokens",
    given=WITH_QUERY,
    lhs=lambda keys, values, lam, query: mesa_weights(keys, values, lam) @ query,
    rhs=dual_form,
    source=Source("original", "the push-through identity for the mesa layer of arXiv:2309.05858"),
    about="K(KᵀK + I/λ)⁻¹ = (KKᵀ + I/λ)⁻¹K for keys in the rows of K.",
    stops="Both inverses exist for every λ > 0.",
    mutants=(
        Mutant(
            "λ in the place of 1/λ",
            rhs=lambda keys, values, lam, query: dual_form(keys, values, 1 / lam, query),
        ),
        Mutant(
            "without the ridge on one side",
            rhs=lambda keys, values, lam, query: lam * dual_form(keys, values, lam, query),
        ),
        Mutant("linear attention", rhs=lambda keys, values, query: (keys @ query) @ values),
    ),
)


def rank_one_update(R: Array, key: Array) -> Array:
    """The inverse after one more key (Sherman and Morrison).  [d d], [d] -> [d d]"""
    return R - outer(R @ key, key @ R) / (1 + key @ R @ key)


def recursive_inverse(keys: Array, lam: Array) -> Array:
    """The inverse carried from token to token.  [n d], [] -> [d d]"""
    return scan(rank_one_update, lam * identity("d"), keys)


recursion = Claim(
    "recursive-least-squares-eq-inverse",
    title="The mesa layer's inverse is carried from token to token by a rank-one update",
    given={"keys": real("n d"), "lam": positive()},
    lhs=recursive_inverse,
    rhs=covariance_inverse,
    source=Source(PAPER, "the recursive form of the mesa layer"),
    about="Starting at λI; the induction runs over the tokens.",
    stops="The denominators 1 + k·Rk are never 0: R is positive definite for λ > 0.",
    mutants=(
        Mutant(
            "an update of the wrong sign",
            lhs=lambda keys, lam: scan(
                lambda R, key: R + outer(R @ key, key @ R) / (1 + key @ R @ key), lam * identity("d"), keys
            ),
        ),
        Mutant(
            "no denominator",
            lhs=lambda keys, lam: scan(lambda R, key: R - outer(R @ key, key @ R), lam * identity("d"), keys),
        ),
        Mutant("a start at I/λ", lhs=lambda keys, lam: recursive_inverse(keys, 1 / lam)),
    ),
)


def recursive_layer(keys: Array, values: Array, lam: Array, query: Array) -> Array:
    """The mesa layer with both of its states carried from token to token.  … -> [v]"""

    def step(state: tuple[Array, Array], key: Array, value: Array) -> tuple[Array, Array]:
        S, R = state
        return S + outer(value, key), rank_one_update(R, key)

    S, R = scan(step, (zeros("v d"), lam * identity("d")), (keys, values))
    return S @ (R @ query)


layer = Claim(
    "recursive-mesa-layer-eq-ridge-regression",
    title="The recursive mesa layer predicts what the ridge regression on its tokens predicts",
    given=WITH_QUERY,
    lhs=recursive_layer,
    rhs=lambda keys, values, lam, query: mesa_weights(keys, values, lam) @ query,
    state=lambda keys, values, lam: (values.T @ keys, covariance_inverse(keys, lam)),
    source=Source(PAPER, "the recursive form of the mesa layer"),
    about="One sum of outer products and one inverse are all the layer has to carry.",
    stops="Without forgetting; with it the published recursion forgets the prior too.",
    mutants=(
        Mutant(
            "the inverse of the prior", lhs=lambda keys, values, lam, query: values.T @ keys @ (lam * query)
        ),
        Mutant(
            "a start at I/λ", lhs=lambda keys, values, lam, query: recursive_layer(keys, values, 1 / lam, query)
        ),
        Mutant(
            "values of the wrong sign",
            lhs=lambda keys, values, lam, query: recursive_layer(keys, -values, lam, query),
        ),
    ),
)
