"""Ground floor: what a claim is made of, and what a checker answers. Imports nothing heavy."""
