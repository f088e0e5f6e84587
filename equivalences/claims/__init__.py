"""The catalogue: one folder a family, one topic a module."""
