"""A file without a claim."""
