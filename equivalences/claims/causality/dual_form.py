"""The dual form of in-context learning, for attention without softmax.

Linear attention of a query to demonstrations and to its own context is a linear map of the query: that of the
context alone, plus an update by the demonstrations. The update does not involve the query's context. It is a
gradient step on a loss that is linear in the outputs, with the demonstrations' values as targets: the
*meta-gradients* are values, not gradients of a task's loss. With softmax none of this holds.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    concat,
    dot,
    gradient,
    jacobian,
    real,
    softmax,
)

DUAL = "arXiv:2212.10559"
PAPER = "arXiv:2311.07772"
GIVEN: dict[str, Domain] = {
    "W_K": real("d c"),
    "W_V": real("v c"),
    "demos": real("n c"),
    "X": real("m c"),
    "query": real("d"),
}
TUNED: dict[str, Domain] = {
    "W_K": real("d c"),
    "W_V": real("v c"),
    "D_K": real("d c"),
    "D_V": real("v c"),
    "X": real("m c"),
    "query": real("d"),
}


def linear_attention(W_K: Array, W_V: Array, tokens: Array, query: Array) -> Array:
    """Attention of a query to tokens, without softmax.  [d c], [v c], [n c], [d] -> [v]"""
    return (tokens @ W_K.T @ query) @ (tokens @ W_V.T)


def in_context(W_K: Array, W_V: Array, demos: Array, X: Array, query: Array) -> Array:
    """Linear attention to demonstrations and context.  … -> [v]"""
    return linear_attention(W_K, W_V, concat(demos, X), query)


def map_of(W_K: Array, W_V: Array, tokens: Array) -> Array:
    """The sum of outer products of values and keys of tokens.  [d c], [v c], [n c] -> [v d]"""
    return (tokens @ W_V.T).T @ (tokens @ W_K.T)


def updated_map(W_K: Array, W_V: Array, demos: Array, X: Array, query: Array) -> Array:
    """The zero-shot map plus the demonstrations' update, at the query.  … -> [v]"""
    return (map_of(W_K, W_V, X) + map_of(W_K, W_V, demos)) @ query


in_context_dual = Claim(
    "in-context-linear-attention-eq-updated-zero-shot-map",
    title="Demonstrations in linear attention update the map that the query's context defines",
    given=GIVEN,
    lhs=in_context,
    rhs=updated_map,
    source=Source(DUAL, "the dual form of in-context learning for relaxed attention"),
    about=(
        "With tokens in the columns of X, the zero-shot map is W_V X (W_K X)ᵀ; here they stand in its rows. "
        "Each demonstration adds the outer product of its value and its key."
    ),
    stops=(
        "For attention without softmax and without the division by √d. With softmax the two parts share a "
        "normaliser."
    ),
    mutants=(
        Mutant(
            "the demonstrations alone",
            rhs=lambda W_K, W_V, demos, query: map_of(W_K, W_V, demos) @ query,
        ),
        Mutant(
            "an update of the wrong sign",
            rhs=lambda W_K, W_V, demos, X, query: (map_of(W_K, W_V, X) - map_of(W_K, W_V, demos)) @ query,
        ),
        Mutant(
            "the context counted twice",
            rhs=lambda W_K, W_V, demos, X, query: (2 * map_of(W_K, W_V, X) + map_of(W_K, W_V, demos)) @ query,
        ),
    ),
)


def similarity_loss(W: Array, W_K: Array, W_V: Array, demos: Array) -> Array:
    """Minus the similarity of the map's outputs at the keys and the values.  [v d], … -> []"""
    return -dot(demos @ W_V.T, (demos @ W_K.T) @ W.T)


def trained_map(W_K: Array, W_V: Array, demos: Array, X: Array, query: Array) -> Array:
    """The zero-shot map after one step of size 1 on the demonstrations, at the query.  … -> [v]"""
    W = map_of(W_K, W_V, X)
    return (W - gradient(similarity_loss)(W, W_K, W_V, demos)) @ query


def squared_loss(W: Array, W_K: Array, W_V: Array, demos: Array) -> Array:
    """Half the squared error of the map at the keys.  [v d], … -> []"""
    errors = demos @ W_V.T - (demos @ W_K.T) @ W.T
    return dot(errors, errors) / 2


meta_gradient = Claim(
    "in-context-linear-attention-eq-gradient-step-on-similarity",
    title="The demonstrations' update is a gradient step on a loss that is linear in the outputs",
    given=GIVEN,
    lhs=in_context,
    rhs=trained_map,
    source=Source("original", "the loss whose gradient is the update of the dual form in arXiv:2212.10559"),
    about=(
        "The step has size 1 and starts at the zero-shot map; the loss is −Σ vᵢ·W kᵢ over the demonstrations, "
        "whose gradient does not depend on W. The values stand where a loss's error signals stand."
    ),
    stops="The loss knows no labels: on the squared error the zero-shot map's answers would be subtracted.",
    mutants=(
        Mutant(
            "the squared error",
            rhs=lambda W_K, W_V, demos, X, query: (
                (map_of(W_K, W_V, X) - gradient(squared_loss)(map_of(W_K, W_V, X), W_K, W_V, demos)) @ query
            ),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda W_K, W_V, demos, X, query: trained_map(W_K, -W_V, demos, X, query),
        ),
        Mutant(
            "trained on the context too",
            rhs=lambda W_K, W_V, demos, X, query: trained_map(W_K, W_V, concat(demos, X), X, query),
        ),
    ),
)


def in_context_update(W_K: Array, W_V: Array, demos: Array, X: Array, query: Array) -> Array:
    """The derivative by the query of what the demonstrations change.  … -> [v d]"""
    return jacobian(lambda q: in_context(W_K, W_V, demos, X, q) - linear_attention(W_K, W_V, X, q))(query)


in_context_independent = Claim(
    "in-context-update-of-linear-attention-ignores-query-context",
    title="The demonstrations' update of linear attention does not depend on the query's context",
    given=GIVEN,
    lhs=in_context_update,
    independent_of=("X", "query"),
    source=Source("original", "what the update of the dual form in arXiv:2212.10559 is made of"),
    about="The update is the derivative, by the query, of the change that the demonstrations make.",
    stops="For attention without softmax.",
    mutants=(
        Mutant(
            "the whole map instead of its change",
            lhs=lambda W_K, W_V, demos, X, query: jacobian(lambda q: in_context(W_K, W_V, demos, X, q))(query),
        ),
        Mutant(
            "the context counted twice",
            lhs=lambda W_K, W_V, demos, X, query: jacobian(
                lambda q: in_context(W_K, W_V, concat(demos, X), X, q) - linear_attention(W_K, W_V, X, q)
            )(query),
        ),
        Mutant(
            "softmax on the demonstrations' weights",
            lhs=lambda W_K, W_V, demos, X, query: jacobian(
                lambda q: softmax(demos @ W_K.T @ q) @ (demos @ W_V.T)
            )(query),
        ),
    ),
)


def softmax_attention(W_K: Array, W_V: Array, tokens: Array, query: Array) -> Array:
    """Softmax attention of a query to tokens.  [d c], [v c], [n c], [d] -> [v]"""
    return softmax(tokens @ W_K.T @ query) @ (tokens @ W_V.T)


softmax_independent = Claim(
    "in-context-change-of-softmax-attention-ignores-query-context",
    title="What demonstrations change in softmax attention does not depend on the query's context",
    given=GIVEN,
    lhs=lambda W_K, W_V, demos, X, query: (
        softmax_attention(W_K, W_V, concat(demos, X), query) - softmax_attention(W_K, W_V, X, query)
    ),
    independent_of=("X",),
    source=Source("original", "the dual form of arXiv:2212.10559, read with the softmax left in"),
    about="If it held, the demonstrations would be one fixed update of the layer, whatever is asked.",
    stops="False: the normaliser is shared by demonstrations and context.",
    expected=Verdict.REFUTED,
    repair="in-context-update-of-linear-attention-ignores-query-context",
)
