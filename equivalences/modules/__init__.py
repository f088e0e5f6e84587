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
from .basis import (
    GaussianBasis,
    fit_matrix,
    padding_positions,
    positions,
    signal,
    update_padding_positions,
)
from .compressed import CompressedAlgorithm, compressed_head, one_step_prediction, tokens_of
from .continuous_attention import context, continuous_softmax, continuous_sparsemax, half_width
from .layer_causal import LCGD
from .long_term_memory import LongTermMemory, MemoryHead
from .mesa import MesaLayer, mesa_parallel, mesa_recurrent, mesa_recurrent_plain
from .selection import Dense, FunctionClass, Mixture, Sparse
from .similarity import sim_am, sim_am_delta, sim_aou
from .sticky_memory import bin_probabilities, divergence, sample_locations

__all__ = [
    "LCGD",
    "CompressedAlgorithm",
    "Dense",
    "FunctionClass",
    "GaussianBasis",
    "LongTermMemory",
    "MemoryHead",
    "MesaLayer",
    "Mixture",
    "Sparse",
    "attention",
    "augmented_attention",
    "bin_probabilities",
    "compressed_head",
    "context",
    "continuous_softmax",
    "continuous_sparsemax",
    "divergence",
    "fit_matrix",
    "half_width",
    "mesa_parallel",
    "mesa_recurrent",
    "mesa_recurrent_plain",
    "negative_sample_attention",
    "negatives_matrix",
    "one_step_prediction",
    "padding_positions",
    "positions",
    "random_feature_attention",
    "regularised_attention",
    "sample_locations",
    "signal",
    "sim_am",
    "sim_am_delta",
    "sim_aou",
    "tokens_of",
    "update_padding_positions",
]
