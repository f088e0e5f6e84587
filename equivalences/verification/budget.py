"""How much a run spends on a claim, by name."""

from typing import NamedTuple


class Budget(NamedTuple):
    """Stress instances a claim, certified digits, seconds a check."""

    instances: int
    digits: int
    seconds: float


BUDGETS = {
    "quick": Budget(1_000, 50, 60.0),
    "standard": Budget(10_000, 50, 120.0),
    "deep": Budget(1_000_000, 1000, 3600.0),
}
