"""The dual form of fine-tuning, for attention without softmax.

Fine-tuning moves the key matrix W_K and the value matrix W_V. Linear attention to the query's context is a
linear map of the query before and after; the map moves by three terms, of which the last is of second order.
Every term involves the context X, so that fine-tuning is no fixed update of the map, unlike demonstrations.
"""

from equivalences import Array, Claim, Domain, Mutant, Source, Verdict, jacobian, real, zeros

DUAL = "arXiv:2212.10559"
GIVEN: dict[str, Domain] = {
    "WK": real("d c"),
    "WV": real("v c"),
    "DK": real("d c"),
    "DV": real("v c"),
    "context": real("m c"),
    "query": real("d"),
}


def linear_attention(WK: Array, WV: Array, tokens: Array, query: Array) -> Array:
    """Attention of a query to tokens, without softmax.  [d c], [v c], [m c], [d] -> [v]"""
    return (tokens @ WK.T @ query) @ (tokens @ WV.T)


def fine_tuned(WK: Array, WV: Array, DK: Array, DV: Array, context: Array, query: Array) -> Array:
    """Linear attention after both matrices have moved.  … -> [v]"""
    return linear_attention(WK + DK, WV + DV, context, query)


def updated_map(WK: Array, WV: Array, DK: Array, DV: Array, context: Array, query: Array) -> Array:
    """The zero-shot map and the three terms of the update, at the query.  … -> [v]"""
    gram = context.T @ context
    update = DV @ gram @ WK.T + WV @ gram @ DK.T + DV @ gram @ DK.T
    return (WV @ gram @ WK.T + update) @ query


def without_cross_term(WK: Array, WV: Array, DK: Array, DV: Array, context: Array, query: Array) -> Array:
    """The update without the term in which both matrices move.  … -> [v]"""
    gram = context.T @ context
    return (WV @ gram @ WK.T + DV @ gram @ WK.T + WV @ gram @ DK.T) @ query


dual = Claim(
    "fine-tuned-linear-attention-eq-updated-zero-shot-map",
    title="Fine-tuning keys and values updates the map of linear attention by three terms",
    given=GIVEN,
    lhs=fine_tuned,
    rhs=updated_map,
    source=Source(DUAL, "the dual form of fine-tuning for relaxed attention"),
    about="The zero-shot map is W_V X Xᵀ W_Kᵀ, with the context's tokens as the columns of X.",
    stops="For attention without softmax; the third term may be dropped to first order only.",
    mutants=(
        Mutant("the cross term dropped", rhs=without_cross_term),
        Mutant(
            "only the values move",
            rhs=lambda WK, WV, DV, context, query: (WV + DV) @ (context.T @ context) @ WK.T @ query,
        ),
        Mutant(
            "the terms of the keys of the wrong sign",
            rhs=lambda WK, WV, DK, DV, context, query: updated_map(WK, WV, -DK, DV, context, query),
        ),
    ),
)


def scaled(WK: Array, WV: Array, DK: Array, DV: Array, context: Array, query: Array, eta: Array) -> Array:
    """Linear attention after both matrices have moved by η times their updates.  … -> [v]"""
    return linear_attention(WK + eta * DK, WV + eta * DV, context, query)


first_order = Claim(
    "fine-tuned-linear-attention-to-first-order",
    title="To first order in the step the update of fine-tuning has two terms, and no cross term",
    given=GIVEN,
    lhs=lambda WK, WV, DK, DV, context, query: jacobian(
        lambda eta: scaled(WK, WV, DK, DV, context, query, eta)
    )(zeros("")),
    rhs=lambda WK, WV, DK, DV, context, query: (
        linear_attention(DK, WV, context, query) + linear_attention(WK, DV, context, query)
    ),
    source=Source("original", "the derivative of the dual form of fine-tuning in arXiv:2212.10559"),
    about="Half of it attends by the keys' update, half of it answers by the values' update.",
    stops="At step size 0; the exact update has the term in which both move besides.",
    mutants=(
        Mutant(
            "the cross term instead of one of the two",
            rhs=lambda WK, WV, DK, DV, context, query: (
                linear_attention(DK, DV, context, query) + linear_attention(WK, DV, context, query)
            ),
        ),
        Mutant(
            "the keys' term left out",
            rhs=lambda WK, DV, context, query: linear_attention(WK, DV, context, query),
        ),
        Mutant(
            "the values' term of the wrong sign",
            rhs=lambda WK, WV, DK, DV, context, query: (
                linear_attention(DK, WV, context, query) - linear_attention(WK, DV, context, query)
            ),
        ),
    ),
)

independent = Claim(
    "fine-tuning-update-ignores-query-context",
    title="The fine-tuning update of linear attention does not depend on the query's context",
    given=GIVEN,
    lhs=lambda WK, WV, DK, DV, context, query: jacobian(
        lambda q: fine_tuned(WK, WV, DK, DV, context, q) - linear_attention(WK, WV, context, q)
    )(query),
    independent_of=("context",),
    source=Source("original", "the dual forms of arXiv:2212.10559, taken to be updates of one kind"),
    about="True of the demonstrations' update, which the dual form sets beside this one.",
    stops="False: each of the three terms contains the context.",
    expected=Verdict.REFUTED,
    repair="in-context-update-of-linear-attention-ignores-query-context",
)
