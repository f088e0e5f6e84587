"""Runs the checkers over claims and their mutants, in processes of their own, and settles the verdict."""

from .result import ClaimResult as ClaimResult
from .result import Failure as Failure
from .result import MutantResult as MutantResult
from .result import Outcome as Outcome
