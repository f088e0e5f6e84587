"""An attention head of the long-term memory decides from one summary where to read.

The position μ = sigmoid(w·Kq/√d) is computed from the keys K = BW of the m basis functions; the context is read
at it and projected. At a fixed density the context is linear in the memory, as a function of the memory it is
not.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    einsum,
    exp,
    jacobian,
    ones,
    pi,
    positive,
    real,
    sigmoid,
    size,
    softmax,
    sqrt,
)

PAPER = "arXiv:2109.00301"
QUERY: dict[str, Domain] = {
    "B": real("m e"),
    "W_K": real("e d"),
    "w": real("m"),
    "query": real("d"),
}
READ: dict[str, Domain] = {
    "B": real("m e"),
    "W_V": real("e v"),
    "mu": real(),
    "variance": positive(),
    "centres": real("m"),
    "widths": positive("m"),
}


def score(B: Array, W_K: Array, w: Array, query: Array) -> Array:
    """The keys of the basis functions, compared with the query and weighted.  … -> []"""
    return w @ ((B @ W_K) @ query) / sqrt(size("d"))


summary = Claim(
    "memory-attention-position-eq-position-from-one-summary",
    title="A head's position depends on the memory through one summary vector",
    given=QUERY,
    lhs=lambda B, W_K, w, query: sigmoid(score(B, W_K, w, query)),
    rhs=lambda B, W_K, w, query: sigmoid((W_K @ query) @ (B.T @ w) / sqrt(size("d"))),
    source=Source(PAPER, "the position of the attention density"),
    about=(
        "The summary Bᵀw is the same for every query. With one for the position and one for the variance, a "
        "head sees two vectors of the memory before it reads, however many tokens the memory was fitted to."
    ),
    stops="It says nothing about what is read at the position. Public code has no bias in these scores.",
    mutants=(
        Mutant("without the scale", rhs=lambda B, W_K, w, query: sigmoid((W_K @ query) @ (B.T @ w))),
        Mutant(
            "a mean over basis functions",
            rhs=lambda B, W_K, query: sigmoid((W_K @ query) @ B.sum(0) / sqrt(size("d"))),
        ),
        Mutant(
            "a softmax over basis functions",
            rhs=lambda B, W_K, w, query: sigmoid(softmax((B @ W_K) @ query / sqrt(size("d"))) @ w),
        ),
    ),
)


def blurred(mu: Array, variance: Array, centres: Array, widths: Array) -> Array:
    """The means of the basis functions under the density.  [], [], [m], [m] -> [m]"""
    wide = variance + widths**2
    return exp(-((mu - centres) ** 2) / (2 * wide)) / sqrt(2 * pi() * wide)


def context(B: Array, W_V: Array, mu: Array, variance: Array, centres: Array, widths: Array) -> Array:
    """What the head reads.  … -> [v]"""
    return (B @ W_V).T @ blurred(mu, variance, centres, widths)


linear = Claim(
    "memory-context-jacobian-eq-read-out-times-projection",
    title="At a fixed density the context is linear in the memory",
    given=READ,
    lhs=lambda B, W_V, mu, variance, centres, widths: jacobian(context)(B, W_V, mu, variance, centres, widths),
    rhs=lambda W_V, mu, variance, centres, widths: einsum(
        W_V, blurred(mu, variance, centres, widths), "e v, m -> v m e"
    ),
    source=Source("original", "the context of arXiv:2109.00301 by the memory's coefficients"),
    about="The derivative does not contain the memory: each coefficient counts with its basis function's mean.",
    stops="The density is held fixed; it depends on the memory too, and then the context is not linear.",
    mutants=(
        Mutant(
            "no blur",
            rhs=lambda W_V, mu, variance, centres, widths: einsum(
                W_V, blurred(mu, 0 * variance, centres, widths), "e v, m -> v m e"
            ),
        ),
        Mutant(
            "basis functions of equal weight",
            rhs=lambda W_V, widths: einsum(W_V, widths / widths, "e v, m -> v m e"),
        ),
        Mutant(
            "the projection left out of the derivative",
            rhs=lambda B, W_V, mu, variance, centres, widths: einsum(
                B.T @ B @ W_V, blurred(mu, variance, centres, widths), "e v, m -> v m e"
            ),
        ),
    ),
)

FULL: dict[str, Domain] = {**QUERY, "W_V": real("e v"), "variance": positive(), "centres": real("m")}


def whole_head(
    B: Array, W_K: Array, w: Array, query: Array, W_V: Array, variance: Array, centres: Array
) -> Array:
    """The context at the position that the memory decides, for basis functions of width 1.  … -> [v]"""
    position = sigmoid(score(B, W_K, w, query))
    return context(B, W_V, position, variance, centres, ones("m"))


doubled = Claim(
    "memory-context-doubles-with-the-memory",
    title="Twice the memory gives twice the context",
    given=FULL,
    lhs=lambda B, W_K, w, query, W_V, variance, centres: whole_head(
        2 * B, W_K, w, query, W_V, variance, centres
    ),
    rhs=lambda B, W_K, w, query, W_V, variance, centres: (
        2 * whole_head(B, W_K, w, query, W_V, variance, centres)
    ),
    source=Source("original", "linearity of the context of arXiv:2109.00301, read for the whole head"),
    about="The values are linear in the memory, and the read-out is linear in the values.",
    stops="False: the keys double too, and the head reads at another position.",
    expected=Verdict.REFUTED,
    repair="memory-context-jacobian-eq-read-out-times-projection",
)
