"""SymPy at small explicit sizes: an independent second opinion."""
