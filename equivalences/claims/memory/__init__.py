"""Martins et al.: ∞-former, a transformer with a continuous long-term memory (arXiv:2109.00301)."""
