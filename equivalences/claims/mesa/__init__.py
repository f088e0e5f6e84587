"""Von Oswald et al.: mesa-optimisation in transformers (arXiv:2309.05858, arXiv:2212.07677)."""
