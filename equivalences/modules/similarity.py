"""How alike in-context learning and fine-tuning are: similarities of outputs and of attention maps.

Three settings are compared: zero-shot (the base), in-context, fine-tuned. All are cosines, averaged over
whatever stands in front of the last axis (examples, layers, heads).

Source: arXiv:2311.07772; what the metrics measure is decided in `equivalences/claims/causality/similarity.py`,
`quarter.py` and `normalised_similarity.py`. Unrelated updates do not give a normalised similarity of 0: ¼, for
instance, where they are orthogonal, of squared length three times the base's.
"""

import torch
from torch import Tensor


def sim_aou(base: Tensor, icl: Tensor, ft: Tensor, *, normalise: bool = False) -> Tensor:
    """SimAOU: the mean cosine of two outputs' changes from zero-shot.

    Args:
        base, icl, ft: outputs of the last token, [..., d].
        normalise: scale every output to length 1 before the differences are taken.

    Returns:
        [].

    Raises:
        ValueError: the shapes differ, or something has length 0 and no direction.
    """
    if normalise:
        base, icl, ft = (x / _length(x)[..., None] for x in (base, icl, ft))
    return sim_am_delta(base, icl, ft)


def sim_am(icl: Tensor, ft: Tensor) -> Tensor:
    """SimAM: the mean cosine of two attention maps, which their common base may dominate.

    Args:
        icl, ft: scores before the softmax, of the last token, restricted to test tokens, [..., n].

    Returns:
        [].

    Raises:
        ValueError: the shapes differ, or a map is 0.
    """
    if icl.shape != ft.shape:
        raise ValueError(f"shapes {tuple(icl.shape)} and {tuple(ft.shape)}")
    cosines: Tensor = (icl * ft).sum(-1) / (_length(icl) * _length(ft))
    return cosines.mean()


def sim_am_delta(base: Tensor, icl: Tensor, ft: Tensor) -> Tensor:
    """SimAM_Δ: the mean cosine of two attention maps' changes from zero-shot.

    Args:
        base, icl, ft: as of `sim_am`, [..., n].

    Returns:
        [].

    Raises:
        ValueError: the shapes differ, or a change is 0.
    """
    if base.shape != icl.shape:
        raise ValueError(f"shapes {tuple(base.shape)} and {tuple(icl.shape)}")
    return sim_am(icl - base, ft - base)


def _length(x: Tensor) -> Tensor:
    """[..., n] -> [...]"""
    length: Tensor = torch.linalg.vector_norm(x, dim=-1)
    if bool((length == 0).any()):
        raise ValueError("a vector of length 0 has no direction")
    return length
