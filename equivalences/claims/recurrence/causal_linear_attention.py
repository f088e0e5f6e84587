"""Causal linear attention has a recurrent and a parallel form.

The recurrent form carries the sum of outer products of values and keys; the parallel form multiplies all
queries with all keys under the causal mask. Token t sees tokens 1 to t, itself included, in both.
"""

from equivalences import Array, Claim, Domain, Mutant, Source, causal, outer, real, scan, zeros

GIVEN: dict[str, Domain] = {"keys": real("n d"), "values": real("n v"), "queries": real("n d")}


def recurrent(keys: Array, values: Array, queries: Array) -> Array:
    """One state, updated by each token and then read by its query.  [n d], [n v], [n d] -> [n v]"""
    return scan(
        lambda S, key, value, query: S + outer(value, key),
        zeros("v d"),
        (keys, values, queries),
        read=lambda S, key, value, query: S @ query,
    )


def parallel(keys: Array, values: Array, queries: Array) -> Array:
    """All scores at once, masked.  [n d], [n v], [n d] -> [n v]"""
    return (causal("n") * (queries @ keys.T)) @ values


forms = Claim(
    "recurrent-linear-attention-eq-masked-attention",
    title="Causal linear attention: the recurrent form equals the masked parallel form",
    given=GIVEN,
    lhs=recurrent,
    rhs=parallel,
    state=lambda keys, values: values.T @ keys,
    source=Source("arXiv:2006.16236", "causal linear attention as a recurrent network"),
    about="The state is Σ vᵢ kᵢᵀ over the tokens so far.",
    stops="Without the feature map and normaliser of the published layer; both act outside this identity.",
    mutants=(
        Mutant(
            "the strict mask",
            rhs=lambda keys, values, queries: (causal("n", strict=True) * (queries @ keys.T)) @ values,
        ),
        Mutant(
            "the mask transposed",
            rhs=lambda keys, values, queries: (causal("n").T * (queries @ keys.T)) @ values,
        ),
        Mutant("no mask", rhs=lambda keys, values, queries: (queries @ keys.T) @ values),
        Mutant(
            "the mask after the product",
            rhs=lambda keys, values, queries: causal("n") @ ((queries @ keys.T) @ values),
        ),
    ),
)
