"""Claim files whose fate is known: true, false, ill-typed, raising, endless, hostile."""

from pathlib import Path


def planted(name: str) -> str:
    """The path of ``claim_<name>.py``."""
    return str(Path(__file__).parent / f"claim_{name}.py")
