"""Networks as LaTeX, each formula read back before it is shown."""
