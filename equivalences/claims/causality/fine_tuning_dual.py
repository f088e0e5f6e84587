"""The dual form of fine-tuning, for attention without softmax.

Fine-tuning moves the key matrix W_K and the value matrix W_V. Linear attention to the query's context is a
linear map of the query before and after; the map moves by three terms, of which the last is of second order.
Every term involves the context X, so that fine-tuning is no fixed update of the map, unlike demonstrations.
"""

from equivalences import Array, Claim, Domain, Mutant, Source, Verdict, jacobian, real, zeros

DUAL = "arXiv:2212.10559"
GIVEN: dict[str, Domain] = {
    "W_K": real("d c"),
    "W_V": real("v c"),
    "D_K": real("d c"),
    "D_V": real("v c"),
    "X": real("m c"),
    "query": real("d"),
}


def linear_attention(W_K: Array, W_V: Array, tokens: Array, query: Array) -> Array:
    """Attention of a query to tokens, without softmax.  [d c], [v c], [m c], [d] -> [v]"""
    return (tokens @ W_K.T @ query) @ (tokens @ W_V.T)


def fine_tuned(W_K: Array, W_V: Array, D_K: Array, D_V: Array, X: Array, query: Array) -> Array:
    """Linear attention after both matrices have moved.  … -> [v]"""
    return linear_attention(W_K + D_K, W_V + D_V, X, query)


def updated_map(W_K: Array, W_V: Array, D_K: Array, D_V: Array, X: Array, query: Array) -> Array:
    """The zero-shot map and the three terms of the update, at the query.  … -> [v]"""
    gram = X.T @ X
    update = D_V @ gram @ W_K.T + W_V @ gram @ D_K.T + D_V @ gram @ D_K.T
    return (W_V @ gram @ W_K.T + update) @ query


def without_cross_term(W_K: Array, W_V: Array, D_K: Array, D_V: Array, X: Array, query: Array) -> Array:
    """The update without the term in which both matrices move.  … -> [v]"""
    gram = X.T @ X
    return (W_V @ gram @ W_K.T + D_V @ gram @ W_K.T + W_V @ gram @ D_K.T) @ query


dual = Claim(
    "fine-tuned-linear-attention-eq-updated-zero-shot-map",
    title="Fine-tuning keys and values updates the map of linear attention by three terms",
    given=GIVEN,
    lhs=fine_tuned,
    rhs=updated_map,
    source=Source(DUAL, "the dual form of fine-tuning for relaxed attention"),
    about=(
        "With tokens in the columns of X, the zero-shot map is W_V X Xᵀ W_Kᵀ; here they stand in its rows. The "
        "last of the four terms is that in which both matrices move."
    ),
    stops="For attention without softmax; the third term may be dropped to first order only.",
    mutants=(
        Mutant("the cross term dropped", rhs=without_cross_term),
        Mutant(
            "only the values move",
            rhs=lambda W_K, W_V, D_V, X, query: (W_V + D_V) @ (X.T @ X) @ W_K.T @ query,
        ),
        Mutant(
            "the terms of the keys of the wrong sign",
            rhs=lambda W_K, W_V, D_K, D_V, X, query: updated_map(W_K, W_V, -D_K, D_V, X, query),
        ),
    ),
)


def scaled(W_K: Array, W_V: Array, D_K: Array, D_V: Array, X: Array, query: Array, eta: Array) -> Array:
    """Linear attention after both matrices have moved by η times their updates.  … -> [v]"""
    return linear_attention(W_K + eta * D_K, W_V + eta * D_V, X, query)


first_order = Claim(
    "fine-tuned-linear-attention-to-first-order",
    title="To first order in the step the update of fine-tuning has two terms, and no cross term",
    given=GIVEN,
    lhs=lambda W_K, W_V, D_K, D_V, X, query: jacobian(lambda eta: scaled(W_K, W_V, D_K, D_V, X, query, eta))(
        zeros("")
    ),
    rhs=lambda W_K, W_V, D_K, D_V, X, query: (
        linear_attention(D_K, W_V, X, query) + linear_attention(W_K, D_V, X, query)
    ),
    source=Source("original", "the derivative of the dual form of fine-tuning in arXiv:2212.10559"),
    about="Half of it attends by the keys' update, half of it answers by the values' update.",
    stops="At step size 0; the exact update has the term in which both move besides.",
    mutants=(
        Mutant(
            "the cross term instead of one of the two",
            rhs=lambda W_K, W_V, D_K, D_V, X, query: (
                linear_attention(D_K, D_V, X, query) + linear_attention(W_K, D_V, X, query)
            ),
        ),
        Mutant(
            "the keys' term left out",
            rhs=lambda W_K, D_V, X, query: linear_attention(W_K, D_V, X, query),
        ),
        Mutant(
            "the values' term of the wrong sign",
            rhs=lambda W_K, W_V, D_K, D_V, X, query: (
                linear_attention(D_K, W_V, X, query) - linear_attention(W_K, D_V, X, query)
            ),
        ),
    ),
)

independent = Claim(
    "fine-tuning-update-ignores-query-context",
    title="The fine-tuning update of linear attention does not depend on the query's context",
    given=GIVEN,
    lhs=lambda W_K, W_V, D_K, D_V, X, query: jacobian(
        lambda q: fine_tuned(W_K, W_V, D_K, D_V, X, q) - linear_attention(W_K, W_V, X, q)
    )(query),
    independent_of=("X",),
    source=Source("original", "the dual forms of arXiv:2212.10559, taken to be updates of one kind"),
    about="True of the demonstrations' update, which the dual form sets beside this one.",
    stops="False: each of the three terms contains the context.",
    expected=Verdict.REFUTED,
    repair="in-context-update-of-linear-attention-ignores-query-context",
)
