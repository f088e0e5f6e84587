"""Softmax attention as one step of contrastive learning, its three variants, and its random features.

The variants change the loss of which attention is a gradient step, and show in attention as less than they say:
the regulariser scales the values of the query's own tokens, augmentation maps keys and values beforehand, and
negative samples are subtracted from the values. The attention weights stay as they are in all but the second.

Source: arXiv:2310.13220. The identities are decided in `equivalences/claims/contrastive`.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Map = Callable[[Tensor], Tensor]


def attention(
    keys: Tensor, values: Tensor, queries: Tensor, *, scale: float = 1.0, mask: Tensor | None = None
) -> Tensor:
    """softmax(scale · queries keysᵀ) values: each query's average of the values.

    Args:
        keys: [..., n, d].
        values: [..., n, v].
        queries: [..., m, d].
        scale: of the inner products; 1/√d in a transformer.
        mask: [..., m, n], true where a query may look; at least one key for every query.

    Returns:
        [..., m, v].

    Raises:
        ValueError: the widths or the numbers of tokens do not fit.
    """
    if keys.shape[-1] != queries.shape[-1] or keys.shape[-2] != values.shape[-2]:
        raise ValueError(
            f"keys {tuple(keys.shape)}, values {tuple(values.shape)}, queries {tuple(queries.shape)}"
        )
    scores = (scale * queries) @ keys.mT
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1) @ values


def regularised_attention(
    keys: Tensor,
    values: Tensor,
    test_keys: Tensor,
    test_values: Tensor,
    queries: Tensor,
    alpha: float,
    *,
    scale: float = 1.0,
) -> Tensor:
    """Attention over demonstrations and query tokens, the values of the latter scaled by 1 − alpha.

    It is one step on the loss with the regulariser alpha |W|²/(2 eta), from the query's own tokens' model.

    Args:
        keys, values: of the demonstrations, [..., n, d] and [..., n, v].
        test_keys, test_values: of the query's own tokens, [..., p, d] and [..., p, v].
        queries: [..., m, d].
        alpha: the strength of the regulariser; 0 is plain attention over all tokens.
        scale: of the inner products.

    Returns:
        [..., m, v].

    Raises:
        ValueError: the widths or the numbers of tokens do not fit.
    """
    every_key = torch.cat((keys, test_keys), dim=-2)
    every_value = torch.cat((values, (1 - alpha) * test_values), dim=-2)
    return attention(every_key, every_value, queries, scale=scale)


def augmented_attention(
    keys: Tensor, values: Tensor, queries: Tensor, g1: Map, g2: Map, *, scale: float = 1.0
) -> Tensor:
    """Attention over augmented keys g1(keys) and values g2(values); the query is not augmented.

    Args:
        keys, values, queries: as of `attention`.
        g1, g2: maps of whole arrays, modules for instance, that keep the number of tokens; g1 the width too.
        scale: of the inner products.

    Returns:
        [..., m, v].

    Raises:
        ValueError: what the maps return does not fit.
    """
    return attention(g1(keys), g2(values), queries, scale=scale)


def negative_sample_attention(
    keys: Tensor, values: Tensor, queries: Tensor, M: Tensor, beta: float, *, scale: float = 1.0
) -> Tensor:
    """Attention with every value less beta times the mean of its negatives: values − beta Mᵀ values.

    Args:
        keys, values, queries: as of `attention`.
        M: [..., n, n]; column i weighs the negatives of token i, see `negatives_matrix`.
        beta: how strongly they count; 0 is plain attention.
        scale: of the inner products.

    Returns:
        [..., m, v].

    Raises:
        ValueError: the widths or the numbers of tokens do not fit.
    """
    return attention(keys, values - beta * (M.mT @ values), queries, scale=scale)


def negatives_matrix(is_negative: Tensor, dtype: torch.dtype) -> Tensor:
    """The means over negatives: M[j, i] = 1/|N(i)| if token j is a negative of token i, and 0 otherwise.

    Args:
        is_negative: bool [..., n, n]; row j, column i.
        dtype: of the result.

    Returns:
        [..., n, n]; a column of a token without negatives is 0.
    """
    M = is_negative.to(dtype)
    return M / M.sum(-2, keepdim=True).clamp(min=1)


def random_feature_attention(keys: Tensor, values: Tensor, queries: Tensor, omega: Tensor) -> Tensor:
    """Attention with positive random features exp(ω·x − |x|²/2) in the place of the exponential kernel.

    Kernel estimates are unbiased for rows of omega that are standard normal; their quotient, which this is,
    is biased. The cost is linear in the number of tokens. A key feature is scaled by its largest value over the
    tokens, which the query's feature takes up, and those by the largest of theirs; both cancel in the quotient.
    So nothing overflows, and the denominator is 1 at least.

    Args:
        keys, values, queries: as of `attention`; for a scale s multiply keys and queries by √s.
        omega: [features, d].

    Returns:
        [..., m, v].

    Raises:
        ValueError: the widths or the numbers of tokens do not fit.
    """
    if omega.shape[-1] != keys.shape[-1]:
        raise ValueError(f"omega {tuple(omega.shape)} for keys {tuple(keys.shape)}")
    of_keys = _exponents(keys, omega)
    largest = of_keys.detach().amax(-2, keepdim=True)
    of_queries = _exponents(queries, omega) + largest
    key_features = (of_keys - largest).exp()
    query_features = (of_queries - of_queries.detach().amax(-1, keepdim=True)).exp()
    ones = torch.ones_like(values[..., :1])
    sums = query_features @ (key_features.mT @ torch.cat((values, ones), dim=-1))
    return sums[..., :-1] / sums[..., -1:]


def _exponents(x: Tensor, omega: Tensor) -> Tensor:
    """ω·x − |x|²/2.  [..., n, d], [m, d] -> [..., n, m]"""
    return x @ omega.mT - (x * x).sum(-1, keepdim=True) / 2
