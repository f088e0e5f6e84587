"""The systems of the seed papers as torch modules. The only part of the package that needs torch."""

try:
    import torch as torch
except ImportError as missing:
    raise ImportError("equivalences.modules needs torch: pip install 'equivalences[torch]'") from missing

from .attention import (
    attention,
    augmented_attention,
    negative_sample_attention,
    negatives_matrix,
    random_feature_attention,
    regularised_attention,
)
from .mesa import MesaLayer, mesa_parallel, mesa_recurrent, mesa_recurrent_plain

__all__ = [
    "MesaLayer",
    "attention",
    "augmented_attention",
    "mesa_parallel",
    "mesa_recurrent",
    "mesa_recurrent_plain",
    "negative_sample_attention",
    "negatives_matrix",
    "random_feature_attention",
    "regularised_attention",
]
