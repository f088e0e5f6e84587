"""Ren and Liu: softmax attention as one gradient step on a contrastive-like loss (arXiv:2310.13220)."""
