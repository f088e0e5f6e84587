"""Deutch et al.: in-context learning against gradient descent, layer by layer (arXiv:2311.07772)."""
