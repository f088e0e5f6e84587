"""Forget factors in the mesa layer's recursions: data weights that decay, and a prior that decays with them.

A forget factor γₜ > 0 multiplies what came before token t. Here γₜ = e^g for a real g, so that a product of
factors is the exponential of a sum. The recursions then solve a ridge regression in which token s has the
weight of all later factors, and the ridge 1/λ that of all factors: the prior is forgotten as the data are.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Minimum,
    Mutant,
    Source,
    Verdict,
    causal,
    dot,
    exp,
    identity,
    inverse,
    ones,
    outer,
    positive,
    positive_definite,
    real,
    scan,
    zeros,
)

PAPER = "arXiv:2309.05858"
KEYS: dict[str, Domain] = {"keys": real("n d"), "lam": positive(), "g": real("n")}
GIVEN: dict[str, Domain] = {"values": real("n v"), "query": real("d"), **KEYS}


def forgetful_update(R: Array, key: Array, gamma: Array) -> Array:
    """The inverse after one more key, with what came before decayed.  [d d], [d], [] -> [d d]"""
    return (R - outer(R @ key, key @ R) / (gamma + key @ R @ key)) / gamma


def data_weights(g: Array) -> Array:
    """For each token the product of all later decays.  [n] -> [n]"""
    return exp(g @ causal("n", strict=True))


def prior_weight(g: Array) -> Array:
    """The product of all decays.  [n] -> []"""
    return exp(g.sum())


def weighted_inverse(keys: Array, lam: Array, g: Array) -> Array:
    """The inverse of the weighted covariance and the decayed prior.  [n d], [], [n] -> [d d]"""
    weighted = data_weights(g)[:, None] * keys
    return inverse(keys.T @ weighted + prior_weight(g) * identity("d") / lam)


def inverse_without_decay_of_prior(keys: Array, lam: Array, g: Array) -> Array:
    """The inverse of the weighted covariance and the prior as it was.  [n d], [], [n] -> [d d]"""
    return inverse(keys.T @ (data_weights(g)[:, None] * keys) + identity("d") / lam)


def weighted_weights(keys: Array, values: Array, lam: Array, g: Array) -> Array:
    """The forgetful layer's weights.  [n d], [n v], [], [n] -> [v d]"""
    return (data_weights(g)[:, None] * values).T @ keys @ weighted_inverse(keys, lam, g)


def forgetful_recursion(keys: Array, lam: Array, g: Array) -> Array:
    """The inverse carried from token to token.  [n d], [], [n] -> [d d]"""
    return scan(lambda R, key, a: forgetful_update(R, key, exp(a)), lam * identity("d"), (keys, g))


one_step = Claim(
    "forgetful-update-eq-inverse-of-decayed-covariance",
    title="One forgetful update inverts the decayed covariance with one more key",
    given={"A": positive_definite("d"), "key": real("d"), "gamma": positive()},
    lhs=lambda A, key, gamma: forgetful_update(inverse(A), key, gamma),
    rhs=lambda A, key, gamma: inverse(gamma * A + outer(key, key)),
    source=Source(PAPER, "the recursive form of the mesa layer with forget factors"),
    about="A is the covariance before the token, the prior included; the factor multiplies all of it.",
    stops="For γ > 0. At γ = 0 the right side would be the inverse of a matrix of rank one.",
    mutants=(
        Mutant(
            "the denominator of no forgetting",
            lhs=lambda A, key, gamma: (
                (inverse(A) - outer(inverse(A) @ key, key @ inverse(A)) / (1 + key @ inverse(A) @ key)) / gamma
            ),
        ),
        Mutant("the new key decayed too", rhs=lambda A, key, gamma: inverse(gamma * (A + outer(key, key)))),
        Mutant(
            "no division by the decay",
            lhs=lambda A, key, gamma: gamma * forgetful_update(inverse(A), key, gamma),
        ),
    ),
)

recursion = Claim(
    "forgetful-recursion-eq-inverse-with-decayed-prior",
    title="With forget factors the recursion inverts a weighted covariance and a decayed prior",
    given=KEYS,
    lhs=forgetful_recursion,
    rhs=weighted_inverse,
    source=Source(PAPER, "the recursive form of the mesa layer with forget factors"),
    about=(
        "The factors are γₜ = e^g; token s weighs the product of the factors after it, the prior the product "
        "of all. The induction runs over the tokens."
    ),
    stops="An undecayed prior is another estimator: forgetful-recursion-eq-inverse-with-undecayed-prior.",
    mutants=(
        Mutant("an undecayed prior", rhs=inverse_without_decay_of_prior),
        Mutant(
            "a token's own factor on its own weight",
            rhs=lambda keys, lam, g: inverse(
                keys.T @ (exp(g @ causal("n"))[:, None] * keys) + prior_weight(g) * identity("d") / lam
            ),
        ),
        Mutant("a start at I/λ", lhs=lambda keys, lam, g: forgetful_recursion(keys, 1 / lam, g)),
        Mutant(
            "the denominator of no forgetting",
            lhs=lambda keys, lam, g: scan(
                lambda R, key, a: (R - outer(R @ key, key @ R) / (1 + key @ R @ key)) / exp(a),
                lam * identity("d"),
                (keys, g),
            ),
        ),
    ),
)

undecayed = Claim(
    "forgetful-recursion-eq-inverse-with-undecayed-prior",
    title="With forget factors the recursion inverts a weighted covariance and the prior as it was",
    given=KEYS,
    lhs=forgetful_recursion,
    rhs=inverse_without_decay_of_prior,
    source=Source("original", "the recursion of arXiv:2309.05858 against layers that keep λ as it is"),
    about="Layers that solve for the query at every token keep the ridge at its full strength.",
    stops="False as soon as a factor differs from 1: the recursion's factors multiply the prior as well.",
    expected=Verdict.REFUTED,
    repair="forgetful-recursion-eq-inverse-with-decayed-prior",
)


def forgetful_layer(keys: Array, values: Array, lam: Array, g: Array, query: Array) -> Array:
    """The layer with both of its states decayed from token to token.  … -> [v]"""

    def step(state: tuple[Array, Array], key: Array, value: Array, a: Array) -> tuple[Array, Array]:
        S, R = state
        return exp(a) * S + outer(value, key), forgetful_update(R, key, exp(a))

    S, R = scan(step, (zeros("v d"), lam * identity("d")), (keys, values, g))
    return S @ (R @ query)


def forgetful_layer_that_keeps_values(keys: Array, values: Array, lam: Array, g: Array, query: Array) -> Array:
    """The layer with only the inverse decayed.  … -> [v]"""

    def step(state: tuple[Array, Array], key: Array, value: Array, a: Array) -> tuple[Array, Array]:
        S, R = state
        return S + outer(value, key), forgetful_update(R, key, exp(a))

    S, R = scan(step, (zeros("v d"), lam * identity("d")), (keys, values, g))
    return S @ (R @ query)


def prediction(keys: Array, values: Array, lam: Array, g: Array, query: Array) -> Array:
    """The weighted ridge regression's prediction at the query.  … -> [v]"""
    return weighted_weights(keys, values, lam, g) @ query


layer = Claim(
    "forgetful-mesa-layer-eq-weighted-ridge-regression",
    title="The mesa layer with forget factors predicts what a weighted ridge regression predicts",
    given=GIVEN,
    lhs=forgetful_layer,
    rhs=prediction,
    state=lambda keys, values, lam, g: (
        (data_weights(g)[:, None] * values).T @ keys,
        weighted_inverse(keys, lam, g),
    ),
    source=Source(PAPER, "the recursive form of the mesa layer with forget factors"),
    about="The sum of outer products and the inverse decay alike, and share their data weights.",
    stops="Both states have to be decayed; the ridge decays with them.",
    mutants=(
        Mutant("only the inverse decayed", lhs=forgetful_layer_that_keeps_values),
        Mutant(
            "an undecayed prior",
            rhs=lambda keys, values, lam, g, query: (
                (data_weights(g)[:, None] * values).T
                @ keys
                @ (inverse_without_decay_of_prior(keys, lam, g) @ query)
            ),
        ),
        Mutant(
            "a start at I/λ",
            lhs=lambda keys, values, lam, g, query: forgetful_layer(keys, values, 1 / lam, g, query),
        ),
    ),
)


def weighted_loss(W: Array, keys: Array, values: Array, lam: Array, w: Array, p: Array) -> Array:
    """Half the weighted squared error with a weighted ridge.  [v d], [n d], [n v], [], [n], [] -> []"""
    error = values - keys @ W.T
    return dot(w[:, None] * error, error) / 2 + p * dot(W, W) / (2 * lam)


def weighted_solution(keys: Array, values: Array, lam: Array, w: Array, p: Array) -> Array:
    """The layer's weights for any data weights and any weight of the prior.  … -> [v d]"""
    weighted = w[:, None] * keys
    return values.T @ weighted @ inverse(keys.T @ weighted + p * identity("d") / lam)


minimiser = Claim(
    "forgetful-mesa-layer-minimises-weighted-ridge-loss",
    title="The forgetful mesa layer's weights minimise the weighted ridge loss",
    given={
        "keys": real("n d"),
        "values": real("n v"),
        "lam": positive(),
        "w": positive("n"),
        "p": positive(),
    },
    lhs=weighted_solution,
    minimises=Minimum(
        weighted_loss,
        gap=lambda difference, keys, lam, w, p: (
            dot(w, ((keys @ difference.T) ** 2).sum(1)) / 2 + p * dot(difference, difference) / (2 * lam)
        ),
    ),
    source=Source(PAPER, "the mesa layer with forget factors"),
    about="For any positive weights; forget factors give suffix products, and the prior their whole product.",
    stops="The minimiser is unique because the prior's weight is positive, however small.",
    mutants=(
        Mutant(
            "the prior undecayed",
            lhs=lambda keys, values, lam, w: weighted_solution(keys, values, lam, w, ones("")),
        ),
        Mutant(
            "the values unweighted",
            lhs=lambda keys, values, lam, w, p: (
                values.T @ keys @ inverse(keys.T @ (w[:, None] * keys) + p * identity("d") / lam)
            ),
        ),
        Mutant(
            "λ in the place of 1/λ",
            lhs=lambda keys, values, lam, w, p: weighted_solution(keys, values, 1 / lam, w, p),
        ),
    ),
)
