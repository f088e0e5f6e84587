"""The gradients of the mesa layer by all of its inputs, in closed form.

For a loss ⟨g, Ŵq⟩, with Ŵ the ridge regression's weights and R its inverse, two vectors say it all: Rq, the
query preconditioned, and Ŵᵀg, the gradient carried back. Each side differentiates by itself: the left one
the published layer, the right one nothing at all.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    dot,
    gradient,
    identity,
    inverse,
    outer,
    positive,
    real,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {
    "keys": real("n d"),
    "values": real("n v"),
    "lam": positive(),
    "query": real("d"),
    "g": real("v"),
}


def covariance_inverse(keys: Array, lam: Array) -> Array:
    """(KᵀK + I/λ)⁻¹ for keys in rows.  [n d], [] -> [d d]"""
    return inverse(keys.T @ keys + identity("d") / lam)


def mesa_weights(keys: Array, values: Array, lam: Array) -> Array:
    """The mesa layer's weights.  [n d], [n v], [] -> [v d]"""
    return values.T @ keys @ covariance_inverse(keys, lam)


def loss(keys: Array, values: Array, lam: Array, query: Array, g: Array) -> Array:
    """The layer's output along g.  [n d], [n v], [], [d], [v] -> []"""
    return dot(g, mesa_weights(keys, values, lam) @ query)


def preconditioned(keys: Array, lam: Array, query: Array) -> Array:
    """The inverse applied to the query.  [n d], [], [d] -> [d]"""
    return covariance_inverse(keys, lam) @ query


def carried_back(keys: Array, values: Array, lam: Array, g: Array) -> Array:
    """The gradient by the query: g through the weights.  [n d], [n v], [], [v] -> [d]"""
    return g @ mesa_weights(keys, values, lam)


def by_keys(keys: Array, values: Array, lam: Array, query: Array, g: Array) -> Array:
    """Residuals along g times the preconditioned query, less predictions times g carried back.  … -> [n d]"""
    q = preconditioned(keys, lam, query)
    residuals = values - keys @ mesa_weights(keys, values, lam).T
    return outer(residuals @ g, q) - outer(keys @ q, carried_back(keys, values, lam, g))


by_query = Claim(
    "mesa-layer-gradient-by-query",
    title="The mesa layer's gradient by the query is the same inverse applied to the gradient",
    given=GIVEN,
    lhs=lambda keys, values, lam, query, g: gradient(loss, wrt="query")(keys, values, lam, query, g),
    rhs=lambda keys, values, lam, g: covariance_inverse(keys, lam) @ (keys.T @ (values @ g)),
    source=Source(PAPER, "the backward pass of the mesa layer"),
    about="The inverse is symmetric: the backward pass solves the same system with another right-hand side.",
    stops="The gradient at the read-out, VᵀKᵀg, is that of linear attention; the inverse is the mesa layer's.",
    mutants=(
        Mutant("linear attention", rhs=lambda keys, values, g: keys.T @ (values @ g)),
        Mutant(
            "the inverse twice",
            rhs=lambda keys, values, lam, g: (
                covariance_inverse(keys, lam) @ covariance_inverse(keys, lam) @ (keys.T @ (values @ g))
            ),
        ),
        Mutant(
            "a ridge of strength λ",
            rhs=lambda keys, values, lam, g: covariance_inverse(keys, 1 / lam) @ (keys.T @ (values @ g)),
        ),
    ),
)

by_values = Claim(
    "mesa-layer-gradient-by-values",
    title="The mesa layer's gradient by the values is attention's weight of each token times the gradient",
    given=GIVEN,
    lhs=lambda keys, values, lam, query, g: gradient(loss, wrt="values")(keys, values, lam, query, g),
    rhs=lambda keys, lam, query, g: outer(keys @ preconditioned(keys, lam, query), g),
    source=Source(PAPER, "the backward pass of the mesa layer"),
    about="The layer is linear in its values, with the weights KRq.",
    stops="The weights are those of linear attention at the preconditioned query, not at the query.",
    mutants=(
        Mutant("the query not preconditioned", rhs=lambda keys, query, g: outer(keys @ query, g)),
        Mutant(
            "the wrong sign",
            rhs=lambda keys, lam, query, g: -outer(keys @ preconditioned(keys, lam, query), g),
        ),
        Mutant(
            "a ridge of strength λ",
            rhs=lambda keys, lam, query, g: outer(keys @ preconditioned(keys, 1 / lam, query), g),
        ),
    ),
)

by_key = Claim(
    "mesa-layer-gradient-by-keys",
    title="The mesa layer's gradient by the keys is of rank two: residuals and predictions",
    given=GIVEN,
    lhs=lambda keys, values, lam, query, g: gradient(loss)(keys, values, lam, query, g),
    rhs=by_keys,
    source=Source(PAPER, "the backward pass of the mesa layer"),
    about=(
        "A key enters as a direct factor and through the inverse. Together they are the residual "
        "of its token along g times Rq, less its attention weight times Ŵᵀg."
    ),
    stops="For one query. Several queries add up, and so does a query that depends on the keys.",
    mutants=(
        Mutant(
            "the direct part only",
            rhs=lambda keys, values, lam, query, g: outer(values @ g, preconditioned(keys, lam, query)),
        ),
        Mutant(
            "values in the place of residuals",
            rhs=lambda keys, values, lam, query, g: (
                outer(values @ g, preconditioned(keys, lam, query))
                - outer(keys @ preconditioned(keys, lam, query), carried_back(keys, values, lam, g))
            ),
        ),
        Mutant(
            "the residual part only",
            rhs=lambda keys, values, lam, query, g: outer(
                (values - keys @ mesa_weights(keys, values, lam).T) @ g, preconditioned(keys, lam, query)
            ),
        ),
    ),
)

by_ridge = Claim(
    "mesa-layer-gradient-by-lambda",
    title="The mesa layer's gradient by λ is ⟨Ŵᵀg, Rq⟩/λ²",
    given=GIVEN,
    lhs=lambda keys, values, lam, query, g: gradient(loss, wrt="lam")(keys, values, lam, query, g),
    rhs=lambda keys, values, lam, query, g: (
        dot(carried_back(keys, values, lam, g), preconditioned(keys, lam, query)) / lam**2
    ),
    source=Source("original", "the backward pass of the mesa layer of arXiv:2309.05858"),
    about="λ acts through the inverse alone, whose derivative is R²/λ².",
    stops="By the inverse strength λ; by the ridge 1/λ itself the gradient is −⟨Ŵᵀg, Rq⟩.",
    mutants=(
        Mutant(
            "by the ridge itself",
            rhs=lambda keys, values, lam, query, g: (
                -dot(carried_back(keys, values, lam, g), preconditioned(keys, lam, query))
            ),
        ),
        Mutant(
            "one inverse too few",
            rhs=lambda keys, values, lam, query, g: dot(carried_back(keys, values, lam, g), query) / lam**2,
        ),
        Mutant(
            "λ to the first power",
            rhs=lambda keys, values, lam, query, g: (
                dot(carried_back(keys, values, lam, g), preconditioned(keys, lam, query)) / lam
            ),
        ),
    ),
)
