"""Linear attention and its gradient-descent readings."""
