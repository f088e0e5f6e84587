"""Index networks: the exact normal form of tensor expressions at all sizes, and what is computed with it."""
