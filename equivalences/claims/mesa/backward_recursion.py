"""The steps of the mesa layer's backward pass: through one rank-one update, to λ, and by the implicit function.

The recursive layer is differentiated update by update: a gradient by the inverse after a key becomes one by
the inverse before it and one by the key. What arrives at the start is the gradient by λI. Differentiating
the solved regression instead, through its normal equations, gives the same.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    dot,
    einsum,
    gradient,
    identity,
    inverse,
    jacobian,
    outer,
    positive,
    positive_definite,
    real,
    trace,
)

PAPER = "arXiv:2309.05858"
STEP: dict[str, Domain] = {"R": positive_definite("d"), "key": real("d"), "G": real("d d")}
GIVEN: dict[str, Domain] = {"keys": real("n d"), "values": real("n v"), "lam": positive()}


def update(R: Array, key: Array) -> Array:
    """The inverse after one more key (Sherman and Morrison).  [d d], [d] -> [d d]"""
    return R - outer(R @ key, key @ R) / (1 + key @ R @ key)


def update_along(R: Array, key: Array, G: Array) -> Array:
    """The updated inverse along G.  [d d], [d], [d d] -> []"""
    return dot(G, update(R, key))


def carried_back(R: Array, key: Array, G: Array) -> Array:
    """G between two factors I − kkᵀR/(1 + k·Rk).  [d d], [d], [d d] -> [d d]"""
    left = identity("d") - outer(key, key @ R) / (1 + key @ R @ key)
    return left @ G @ left.T


def by_key(R: Array, key: Array, G: Array) -> Array:
    """The gradient of an update by its key.  [d d], [d], [d d] -> [d]"""
    u, c = R @ key, 1 + key @ R @ key
    return 2 * (u @ G @ u) * u / c / c - R @ ((G + G.T) @ u) / c


through_update = Claim(
    "mesa-layer-gradient-through-one-update",
    title="The gradient by the inverse before a key, from the one by the inverse after it",
    given=STEP,
    lhs=lambda R, key, G: gradient(update_along)(R, key, G),
    rhs=carried_back,
    source=Source(PAPER, "the recursion of the backward pass"),
    about="R is the inverse before the key; the factors are those by which the update multiplies a vector.",
    stops="The gradient by a matrix of which every entry is free; R itself is symmetric.",
    mutants=(
        Mutant(
            "the factor on one side only",
            rhs=lambda R, key, G: (identity("d") - outer(key, key @ R) / (1 + key @ R @ key)) @ G,
        ),
        Mutant(
            "the factors transposed",
            rhs=lambda R, key, G: (
                (identity("d") - outer(R @ key, key) / (1 + key @ R @ key))
                @ G
                @ (identity("d") - outer(key, R @ key) / (1 + key @ R @ key))
            ),
        ),
        Mutant("unchanged", rhs=lambda G: G),
    ),
)

through_key = Claim(
    "mesa-layer-gradient-by-key-of-one-update",
    title="The gradient of one update of the inverse by its key",
    given=STEP,
    lhs=lambda R, key, G: gradient(update_along, wrt="key")(R, key, G),
    rhs=by_key,
    source=Source(PAPER, "the recursion of the backward pass"),
    about="With u = Rk and c = 1 + k·u it is 2 (u·Gu) u/c² − R(G + Gᵀ)u/c.",
    stops="The part that goes through the inverse; the key as a direct factor adds its own.",
    mutants=(
        Mutant(
            "G taken to be symmetric and its transpose dropped",
            rhs=lambda R, key, G: by_key(R, key, G / 2),
        ),
        Mutant(
            "the denominator not differentiated",
            rhs=lambda R, key, G: -R @ ((G + G.T) @ (R @ key)) / (1 + key @ R @ key),
        ),
        Mutant("the wrong sign", rhs=lambda R, key, G: -by_key(R, key, G)),
    ),
)


def inverse_from(R0: Array, keys: Array) -> Array:
    """The inverse after all keys, from an inverse before any.  [d d], [n d] -> [d d]"""
    return R0 @ inverse(identity("d") + keys.T @ keys @ R0)


def along(R0: Array, keys: Array, G: Array) -> Array:
    """The inverse after all keys, along G.  [d d], [n d], [d d] -> []"""
    return dot(G, inverse_from(R0, keys))


def ridge_along(lam: Array, keys: Array, G: Array) -> Array:
    """(KᵀK + I/λ)⁻¹ along G.  [], [n d], [d d] -> []"""
    return dot(G, inverse(keys.T @ keys + identity("d") / lam))


to_lambda = Claim(
    "mesa-layer-gradient-by-lambda-eq-trace-at-start",
    title="The gradient by λ is the trace of the gradient by the inverse at the start",
    given={"keys": real("n d"), "lam": positive(), "G": real("d d")},
    lhs=lambda lam, keys, G: gradient(ridge_along)(lam, keys, G),
    rhs=lambda lam, keys, G: trace(gradient(along)(lam * identity("d"), keys, G)),
    source=Source(PAPER, "the backward pass of the mesa layer, at its start"),
    about="The recursion starts at λI; what the backward pass has collected there is summed on the diagonal.",
    stops="For one λ. A λ for each dimension receives the diagonal itself.",
    mutants=(
        Mutant(
            "the sum of all entries",
            rhs=lambda lam, keys, G: gradient(along)(lam * identity("d"), keys, G).sum(),
        ),
        Mutant(
            "the inverse at the end in the place of that at the start",
            rhs=lambda lam, keys, G: trace(gradient(along)(inverse_from(lam * identity("d"), keys), keys, G)),
        ),
        Mutant(
            "divided by λ", rhs=lambda lam, keys, G: trace(gradient(along)(lam * identity("d"), keys, G)) / lam
        ),
    ),
)


def ridge_loss(W: Array, keys: Array, values: Array, lam: Array) -> Array:
    """Half the squared error of recalling the values, and a ridge.  [v d], [n d], [n v], [] -> []"""
    error = values - keys @ W.T
    return dot(error, error) / 2 + dot(W, W) / (2 * lam)


def mesa_weights(keys: Array, values: Array, lam: Array) -> Array:
    """The mesa layer's weights.  [n d], [n v], [] -> [v d]"""
    return values.T @ keys @ inverse(keys.T @ keys + identity("d") / lam)


def normal_equations(W: Array, keys: Array, values: Array, lam: Array) -> Array:
    """The gradient of the ridge loss, 0 at the mesa layer's weights.  … -> [v d]"""
    return gradient(ridge_loss)(W, keys, values, lam)


def implicit(keys: Array, values: Array, lam: Array) -> Array:
    """Minus the inverse Hessian times how the normal equations change with the values.  … -> [v d n v]"""
    W = mesa_weights(keys, values, lam)
    mixed = jacobian(normal_equations, wrt="values")(W, keys, values, lam)
    return -einsum(mixed, inverse(keys.T @ keys + identity("d") / lam), "a b n c, b d -> a d n c")


def weights_by_values(keys: Array, values: Array, lam: Array) -> Array:
    """How the mesa layer's weights change with the values.  … -> [v d n v]"""
    return jacobian(mesa_weights, wrt="values")(keys, values, lam)


by_implicit_function = Claim(
    "mesa-layer-jacobian-eq-implicit-function",
    title="The mesa layer's derivative by its values is that of the implicit function",
    given=GIVEN,
    lhs=weights_by_values,
    rhs=implicit,
    source=Source(PAPER, "the backward pass by the implicit function theorem"),
    about="The normal equations are differentiated, not the solution; the Hessian is KᵀK + I/λ, row by row.",
    stops="By the values, in which the normal equations are linear.",
    mutants=(
        Mutant("the wrong sign", rhs=lambda keys, values, lam: -implicit(keys, values, lam)),
        Mutant(
            "without the inverse Hessian",
            rhs=lambda keys, values, lam: (
                -jacobian(normal_equations, wrt="values")(mesa_weights(keys, values, lam), keys, values, lam)
            ),
        ),
        Mutant("a ridge of strength λ", rhs=lambda keys, values, lam: implicit(keys, values, 1 / lam)),
    ),
)

jacobian_by_values = Claim(
    "mesa-layer-jacobian-by-values",
    title="A value moves its own row of the mesa layer's weights, along its preconditioned key",
    given=GIVEN,
    lhs=weights_by_values,
    rhs=lambda keys, lam: einsum(
        identity("v"), keys @ inverse(keys.T @ keys + identity("d") / lam), "a c, n d -> a d n c"
    ),
    source=Source(PAPER, "the backward pass by the implicit function theorem"),
    about="∂Ŵ[a, ·]/∂V[t, c] = δ(a, c) R kₜ for every token t.",
    stops="All tokens weigh 1; with data weights the derivative has the token's weight as a factor.",
    mutants=(
        Mutant(
            "the key not preconditioned", rhs=lambda keys: einsum(identity("v"), keys, "a c, n d -> a d n c")
        ),
        Mutant(
            "all rows moved",
            rhs=lambda keys, lam: einsum(
                0 * identity("v") + 1,
                keys @ inverse(keys.T @ keys + identity("d") / lam),
                "a c, n d -> a d n c",
            ),
        ),
        Mutant(
            "a ridge of strength λ",
            rhs=lambda keys, lam: einsum(
                identity("v"), keys @ inverse(keys.T @ keys + lam * identity("d")), "a c, n d -> a d n c"
            ),
        ),
    ),
)
