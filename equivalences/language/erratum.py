"""What a paper, or its public code, says and is not true as it stands."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Reading: TypeAlias = Literal["read in the paper", "read in extracted text", "read in the code", "from memory"]
"""How what is claimed was read. What is from memory is never printed as a paper's words."""


@dataclass(frozen=True, kw_only=True)
class Erratum:
    """One row of the errata ledger.

    Attributes:
        claimed: what is said, in our words.
        where: the paper or the repository, and the place in it.
        truth: what is true instead.
        derivation: how that is seen: a few sentences or formulas that can be checked by hand.
        reading: how what is claimed was read.
        claims: ids of the catalogue that bear on it; none for what is about tables or code.
    """

    claimed: str
    where: str
    truth: str
    derivation: str
    reading: Reading
    claims: tuple[str, ...] = ()
