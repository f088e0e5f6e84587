"""The exit status of a run, from what was found about each claim."""

from collections.abc import Sequence

from equivalences.verification.result import ClaimResult, Outcome

from .status import Status

FAILED = frozenset({Outcome.REFUTED, Outcome.PROVED, Outcome.SURVIVED})


def status_of(results: Sequence[ClaimResult], *, interrupted: bool = False, unloaded: int = 0) -> Status:
    """The status of a run, in which ``unloaded`` files could not be loaded."""
    outcomes = {result.outcome for result in results}
    if interrupted:
        return Status.INTERRUPTED
    if Outcome.CONTRADICTION in outcomes:
        return Status.BUG
    if outcomes <= {Outcome.UNREADABLE}:
        return Status.NOTHING_RAN
    if outcomes & FAILED:
        return Status.REFUTED
    return Status.VERIFIED if outcomes == {Outcome.VERIFIED} and not unloaded else Status.UNSETTLED
