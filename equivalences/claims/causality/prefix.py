"""Softmax attention over two groups of tokens, split.

Attention over demonstrations and the query's own tokens is a weighted mean of the attention over each
group. The weight is the share of the demonstrations in the normaliser, so that in-context tokens shrink
what the query's own tokens say; they do not add to it.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    concat,
    exp,
    real,
    softmax,
)

GIVEN: dict[str, Domain] = {
    "demo_keys": real("n d"),
    "demo_values": real("n v"),
    "keys": real("m d"),
    "values": real("m v"),
    "query": real("d"),
}


def attention(keys: Array, values: Array, query: Array) -> Array:
    """Softmax attention of one query.  [n d], [n v], [d] -> [v]"""
    return softmax(keys @ query) @ values


def joint_attention(demo_keys: Array, demo_values: Array, keys: Array, values: Array, query: Array) -> Array:
    """Attention over all tokens.  [n d], [n v], [m d], [m v], [d] -> [v]"""
    return attention(concat(demo_keys, keys), concat(demo_values, values), query)


def share(demo_keys: Array, keys: Array, query: Array) -> Array:
    """The demonstrations' share of the normaliser.  [n d], [m d], [d] -> []"""
    Z_demo, Z = exp(demo_keys @ query).sum(), exp(keys @ query).sum()
    return Z_demo / (Z_demo + Z)


def weighted_mean(demo_keys: Array, demo_values: Array, keys: Array, values: Array, query: Array) -> Array:
    """The two attentions, weighted by their shares of the normaliser.  … -> [v]"""
    s = share(demo_keys, keys, query)
    return s * attention(demo_keys, demo_values, query) + (1 - s) * attention(keys, values, query)


def shares_exchanged(demo_keys: Array, demo_values: Array, keys: Array, values: Array, query: Array) -> Array:
    """Each attention weighted by the other's share.  … -> [v]"""
    s = share(demo_keys, keys, query)
    return (1 - s) * attention(demo_keys, demo_values, query) + s * attention(keys, values, query)


def zero_shot_not_shrunk(
    demo_keys: Array, demo_values: Array, keys: Array, values: Array, query: Array
) -> Array:
    """The demonstrations' part added to the whole of the other.  … -> [v]"""
    s = share(demo_keys, keys, query)
    return s * attention(demo_keys, demo_values, query) + attention(keys, values, query)


def sum_of_attentions(demo_keys: Array, demo_values: Array, keys: Array, values: Array, query: Array) -> Array:
    """What the query's tokens say, plus what the demonstrations say.  … -> [v]"""
    return attention(demo_keys, demo_values, query) + attention(keys, values, query)


split = Claim(
    "softmax-attention-splits-over-prefix",
    title="Softmax attention over two groups of tokens is a weighted mean of two attentions",
    given=GIVEN,
    lhs=joint_attention,
    rhs=weighted_mean,
    source=Source("original", "the exact softmax counterpart of the relaxed dual form in arXiv:2212.10559"),
    about="Each attention is weighted by its share of the sum of exponentials, the normaliser.",
    stops="The shares depend on the query, so the demonstrations are no fixed update of a weight matrix.",
    mutants=(
        Mutant("the shares exchanged", rhs=shares_exchanged),
        Mutant(
            "equal shares",
            rhs=lambda demo_keys, demo_values, keys, values, query: (
                sum_of_attentions(demo_keys, demo_values, keys, values, query) / 2
            ),
        ),
        Mutant("the zero-shot part not shrunk", rhs=zero_shot_not_shrunk),
    ),
)

added = Claim(
    "softmax-attention-adds-over-prefix",
    title="Demonstrations add their attention to that of the query's own tokens",
    given=GIVEN,
    lhs=joint_attention,
    rhs=sum_of_attentions,
    source=Source("arXiv:2212.10559", "the dual form of in-context learning, read with the softmax left in"),
    about="Exact for linear attention, where softmax is dropped.",
    stops="False with softmax: the sum has total weight 2.",
    expected=Verdict.REFUTED,
    repair="softmax-attention-splits-over-prefix",
)
