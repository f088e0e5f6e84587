"""Yadlowsky et al.: mixtures of tasks and the selection of models in context (arXiv:2311.00871)."""
