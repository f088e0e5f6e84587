"""Claims in plain tests: assert that a claim is verified, or refuted.

from equivalences.testing import assert_verified

def test_my_identity():
    assert_verified("claims/claim_my_identity.py")
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalences.verification.engine import Settings
    from equivalences.verification.result import ClaimResult


def assert_verified(*what: str, budget: str = "quick", seed: int = 0, device: str = "auto") -> None:
    """Assert that claims are verified, folklore claims that are refuted as expected included.

    Args:
        what: ids, families, patterns or files, as ``equivalences verify`` takes them.
        budget: ``quick``, ``standard`` or ``deep``.
        seed: of every random choice.
        device: of the stress check.

    Raises:
        AssertionError: one is not; the text has the counterexample, or what is missing.
        UsageError: nothing is called so.
    """
    for result in results_of(what, budget, seed, device):
        assert result.verified, _report(result)


def assert_refuted(*what: str, budget: str = "quick", seed: int = 0, device: str = "auto") -> None:
    """Assert that there is a counterexample to each of the claims, whether it is expected or not.

    Raises:
        AssertionError: there is none to one of them.
        UsageError: nothing is called so.
    """
    for result in results_of(what, budget, seed, device):
        if result.witness is None:
            why = "it is verified" if result.verified else _report(result)
            raise AssertionError(f"no counterexample to {result.id} was found: {why}")


def results_of(what: Sequence[str], budget: str, seed: int, device: str) -> "list[ClaimResult]":
    """What a run finds about claims, in their order.

    Raises:
        UsageError: nothing is called so, or a file cannot be loaded.
    """
    from equivalences.command.selection import select
    from equivalences.command.status import UsageError
    from equivalences.verification.engine import Run

    selection = select(what, _jobs())
    for file, failure in selection.unloaded.items():
        raise UsageError(f"{file} cannot be loaded: {failure.message}")
    run = Run((*selection.entries, *selection.repairs), settings(budget, seed, device))
    found = {result.id: result for result in run.results()}
    return [found[entry.id] for entry in selection.entries]


def settings(budget: str, seed: int, device: str) -> "Settings":
    """The engine's settings for a budget.

    Raises:
        UsageError: there is no such budget.
    """
    from equivalences.command.status import UsageError, suggestion
    from equivalences.language.evidence import Options
    from equivalences.verification.budget import BUDGETS
    from equivalences.verification.engine import Settings

    if budget not in BUDGETS:
        raise UsageError(f"no budget {budget!r}.{suggestion(budget, BUDGETS)}")
    instances, digits, seconds = BUDGETS[budget]
    options = Options(seed=seed, digits=digits, instances=instances, device=device)
    return Settings(options=options, jobs=_jobs(), timeout=seconds)


def explanation(result: "ClaimResult") -> str:
    """Why a claim is not verified, in plain text: the place, the counterexample, how to replay it."""
    from equivalences.command.details import lines
    from equivalences.command.terminal import plain_terminal

    return "\n".join(lines(plain_terminal(100), result, "verify"))


def _report(result: "ClaimResult") -> str:
    return "\n" + explanation(result)


def _jobs() -> int:
    return min(4, os.cpu_count() or 1)
