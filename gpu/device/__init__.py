"""Where kernels run, and what is assumed of its arithmetic."""
