"""The dual form of in-context learning and of fine-tuning, for attention without softmax.

Linear attention of a query to demonstrations and to its own context is a linear map of the query: that of the
context alone, plus an update by the demonstrations. Fine-tuning the key and value matrices changes the same
map too, by three terms. The demonstrations' update does not involve the query's context; the fine-tuning
update does. The update by the demonstrations is a gradient step on a loss linear in the outputs, with the
demonstrations' values as targets: the *meta-gradients* are values, not gradients of a task's loss.
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
    "WK": real("d c"),
    "WV": real("v c"),
    "demos": real("n c"),
    "context": real("m c"),
    "query": real("d"),
}
TUNED: dict[str, Domain] = {
    "WK": real("d c"),
    "WV": real("v c"),
    "DK": real("d c"),
    "DV": real("v c"),
    "context": real("m c"),
    "query": real("d"),
}


def linear_attention(WK: Array, WV: Array, tokens: Array, query: Array) -> Array:
    """Attention of a query to tokens, without softmax.  [d c], [v c], [n c], [d] -> [v]"""
    return (tokens @ WK.T @ query) @ (tokens @ WV.T)


def in_context(WK: Array, WV: Array, demos: Array, context: Array, query: Array) -> Array:
    """Linear attention to demonstrations and context.  … -> [v]"""
    return linear_attention(WK, WV, concat(demos, context), query)


def map_of(WK: Array, WV: Array, tokens: Array) -> Array:
    """The sum of outer products of values and keys of tokens.  [d c], [v c], [n c] -> [v d]"""
    return (tokens @ WV.T).T @ (tokens @ WK.T)


def updated_map(WK: Array, WV: Array, demos: Array, context: Array, query: Array) -> Array:
    """The zero-shot map plus the demonstrations' update, at the query.  … -> [v]"""
    return (map_of(WK, WV, context) + map_of(WK, WV, demos)) @ query


in_context_dual = Claim(
    "in-context-linear-attention-eq-updated-zero-shot-map",
    title="Demonstrations in linear attention update the map that the query's context defines",
    given=GIVEN,
    lhs=in_context,
    rhs=updated_map,
    source=Source(DUAL, "the dual form of in-context learning for relaxed attention"),
    about=(
        "The zero-shot map is W_V X (W_K X)ᵀ, tokens in the columns of X; each demonstration adds the outer "
        "product of its value and its key."
    ),
    stops=(
        "For attention without softmax and without the division by √d. With softmax the two parts share a "
        "normaliser."
    ),
    mutants=(
        Mutant(
            "the demonstrations alone",
            rhs=lambda WK, WV, demos, query: map_of(WK, WV, demos) @ query,
        ),
        Mutant(
            "an update of the wrong sign",
            rhs=lambda WK, WV, demos, context, query: (map_of(WK, WV, context) - map_of(WK, WV, demos)) @ query,
        ),
        Mutant(
            "the context counted twice",
            rhs=lambda WK, WV, demos, context, query: (
                (2 * map_of(WK, WV, context) + map_of(WK, WV, demos)) @ query
            ),
        ),
    ),
)


def similarity_loss(W: Array, WK: Array, WV: Array, demos: Array) -> Array:
    """Minus the similarity of the map's outputs at the keys and the values.  [v d], … -> []"""
    return -dot(demos @ WV.T, (demos @ WK.T) @ W.T)


def trained_map(WK: Array, WV: Array, demos: Array, context: Array, query: Array) -> Array:
    """The zero-shot map after one step of size 1 on the demonstrations, at the query.  … -> [v]"""
    W = map_of(WK, WV, context)
    return (W - gradient(similarity_loss)(W, WK, WV, demos)) @ query


def squared_loss(W: Array, WK: Array, WV: Array, demos: Array) -> Array:
    """Half the squared error of the map at the keys.  [v d], … -> []"""
    errors = demos @ WV.T - (demos @ WK.T) @ W.T
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
            rhs=lambda WK, WV, demos, context, query: (
                (map_of(WK, WV, context) - gradient(squared_loss)(map_of(WK, WV, context), WK, WV, demos))
                @ query
            ),
        ),
        Mutant(
            "a step up the loss",
            rhs=lambda WK, WV, demos, context, query: trained_map(WK, -WV, demos, context, query),
        ),
        Mutant(
            "trained on the context too",
            rhs=lambda WK, WV, demos, context, query: trained_map(
                WK, WV, concat(demos, context), context, query
            ),
        ),
    ),
)


def in_context_update(WK: Array, WV: Array, demos: Array, context: Array, query: Array) -> Array:
    """The derivative by the query of what the demonstrations change.  … -> [v d]"""
    return jacobian(lambda q: in_context(WK, WV, demos, context, q) - linear_attention(WK, WV, context, q))(
        query
    )


in_context_independent = Claim(
    "in-context-update-of-linear-attention-ignores-query-context",
    title="The demonstrations' update of linear attention does not depend on the query's context",
    given=GIVEN,
    lhs=in_context_update,
    independent_of=("context", "query"),
    source=Source("original", "what the update of the dual form in arXiv:2212.10559 is made of"),
    about="The update is the derivative, by the query, of the change that the demonstrations make.",
    stops="For attention without softmax.",
    mutants=(
        Mutant(
            "the whole map instead of its change",
            lhs=lambda WK, WV, demos, context, query: jacobian(lambda q: in_context(WK, WV, demos, context, q))(
                query
            ),
        ),
        Mutant(
            "the context counted twice",
            lhs=lambda WK, WV, demos, context, query: jacobian(
                lambda q: (
                    in_context(WK, WV, concat(demos, context), context, q)
                    - linear_attention(WK, WV, context, q)
                )
            )(query),
        ),
        Mutant(
            "softmax on the demonstrations' weights",
            lhs=lambda WK, WV, demos, context, query: jacobian(
                lambda q: softmax(demos @ WK.T @ q) @ (demos @ WV.T)
            )(query),
        ),
    ),
)


def softmax_attention(WK: Array, WV: Array, tokens: Array, query: Array) -> Array:
    """Softmax attention of a query to tokens.  [d c], [v c], [n c], [d] -> [v]"""
    return softmax(tokens @ WK.T @ query) @ (tokens @ WV.T)


softmax_independent = Claim(
    "in-context-change-of-softmax-attention-ignores-query-context",
    title="What demonstrations change in softmax attention does not depend on the query's context",
    given=GIVEN,
    lhs=lambda WK, WV, demos, context, query: (
        softmax_attention(WK, WV, concat(demos, context), query) - softmax_attention(WK, WV, context, query)
    ),
    independent_of=("context",),
    source=Source("original", "the dual form of arXiv:2212.10559, read with the softmax left in"),
    about="If it held, the demonstrations would be one fixed update of the layer, whatever is asked.",
    stops="False: the normaliser is shared by demonstrations and context.",
    expected=Verdict.REFUTED,
    repair="in-context-update-of-linear-attention-ignores-query-context",
)
