"""Softmax attention on raw tokens as kernel regression: when it is one, and how it selects.

Nadaraya and Watson's regression with a Gaussian kernel weighs tokens by e^(−β|k − q|²/2). Softmax attention
weighs them by e^(β k·q): by inner products, not by distances. The two agree up to a factor e^(β|k|²/2) for
each key, so that they are the same where all keys have one norm, and only then.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    exp,
    real,
    softmax,
)

PAPER = "arXiv:2309.05858"
GIVEN: dict[str, Domain] = {
    "keys": real("n d"),
    "values": real("n v"),
    "query": real("d"),
    "beta": real(),
}


def attention(keys: Array, values: Array, query: Array, beta: Array) -> Array:
    """Softmax attention at inverse temperature β.  [n d], [n v], [d], [] -> [v]"""
    return softmax(beta * (keys @ query)) @ values


def distances(keys: Array, query: Array) -> Array:
    """Squared distances of the keys from the query.  [n d], [d] -> [n]"""
    return ((keys - query[None, :]) ** 2).sum(1)


def kernel_regression(keys: Array, values: Array, query: Array, beta: Array) -> Array:
    """Nadaraya and Watson's estimate with a Gaussian kernel.  … -> [v]"""
    kernel = exp(-beta * distances(keys, query) / 2)
    return kernel @ values / kernel.sum()


def attention_with_bias(keys: Array, values: Array, query: Array, beta: Array) -> Array:
    """Softmax attention with −β|k|²/2 added to the logit of each key.  … -> [v]"""
    return softmax(beta * (keys @ query) - beta * (keys**2).sum(1) / 2) @ values


with_bias = Claim(
    "gaussian-kernel-regression-eq-attention-with-key-bias",
    title="Gaussian kernel regression is softmax attention with a bias −β|k|²/2 for each key",
    given=GIVEN,
    lhs=kernel_regression,
    rhs=attention_with_bias,
    source=Source("original", "softmax attention as kernel regression, in arXiv:2309.05858 and before it"),
    about="|k − q|² = |k|² − 2k·q + |q|², and what depends on the query alone cancels in the softmax.",
    stops="The kernel's width is β^(−1/2). A bias that depends on the keys is not in a plain attention layer.",
    mutants=(
        Mutant("no bias", rhs=attention),
        Mutant(
            "twice the bias",
            rhs=lambda keys, values, query, beta: (
                softmax(beta * (keys @ query) - beta * (keys**2).sum(1)) @ values
            ),
        ),
        Mutant(
            "an unnormalised kernel",
            lhs=lambda keys, values, query, beta: exp(-beta * distances(keys, query) / 2) @ values,
        ),
    ),
)

without_bias = Claim(
    "softmax-attention-eq-gaussian-kernel-regression",
    title="Softmax attention is Gaussian kernel regression",
    given=GIVEN,
    lhs=attention,
    rhs=kernel_regression,
    source=Source("original", "softmax attention as kernel regression, read for keys of any norm"),
    about="Attention selects by the largest inner product; a long key wins against a near one.",
    stops="False when two keys differ in norm; with equal norms the bias cancels, and it is true.",
    expected=Verdict.REFUTED,
    repair="gaussian-kernel-regression-eq-attention-with-key-bias",
)
