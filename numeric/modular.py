"""The comparison mod p at random points of several sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from equivalences.language.evidence import Options

from .exact.degree import bound, printed
from .exact.programs import Programs
from .sampling import Sizes, axes_of, schedule
from .trial import Trial, at_random, repeats

POINTS = 2
"""Random points mod p for each choice of sizes."""


def show(sizes: Mapping[str, int]) -> str:
    """Sizes as they are printed.

    >>> show({"n": 2, "d": 3})
    'n = 2, d = 3'
    """
    return ", ".join(f"{axis} = {size}" for axis, size in sizes.items())


@dataclass(frozen=True, kw_only=True)
class Modular:
    """The comparison mod p at random points of several sizes.

    Attributes:
        refusal: why it does not apply; empty where it does.
        trials: the points.
        sizes: of each point.
        steady: whether programs that were built again gave the same values.
    """

    refusal: str
    trials: Sequence[Trial] = ()
    sizes: Sequence[Sizes] = ()
    steady: bool = True

    @staticmethod
    def of(programs: Programs, options: Options) -> "Modular":
        """Compare at two random points for each choice of sizes."""
        axes = axes_of(programs.comparison)
        choices = schedule(axes, Random(options.seed))
        refusal = programs.any(choices[0]).modular
        if refusal:
            return Modular(refusal=refusal)
        steady = repeats(programs.comparison, choices[-1], f"{options.seed} again")
        sizes = [choice for choice in choices for _ in range(POINTS)]
        trials = [at_random(programs, choice, f"{options.seed} examine {k}") for k, choice in enumerate(sizes)]
        return Modular(refusal="", trials=trials, sizes=sizes, steady=steady)

    @property
    def compared(self) -> list[Trial]:
        """The points at which both sides have a value."""
        return [trial for trial in self.trials if trial.outcome != "undefined"]

    @property
    def depth(self) -> int:
        """How deep exponentials are nested."""
        return max((len(trial.primes) for trial in self.compared), default=1) - 1

    @property
    def problem(self) -> str:
        """Why agreement mod p cannot be claimed, although this applies."""
        if not self.steady:
            return "the exact evaluator does not repeat its own values: the run is void"
        if any(trial.outcome == "different" for trial in self.compared):
            return "the sides differ mod p, but neither ℚ nor balls confirm it"
        return ""

    def false_pass(self) -> str:
        """How likely it is that a difference at some of these sizes was missed."""
        by_size: dict[str, float] = {}
        for trial, sizes in zip(self.trials, self.sizes, strict=True):
            if trial.outcome != "undefined":
                name = show(sizes)
                by_size[name] = by_size.get(name, 0) + min(0, bound(trial.program, trial.primes))
        return printed(max(by_size.values())) if by_size else ""

    def shown(self) -> list[str]:
        """The sizes at which both sides have a value."""
        both = zip(self.trials, self.sizes, strict=True)
        return list(dict.fromkeys(show(sizes) for trial, sizes in both if trial.outcome != "undefined"))

    def table(self) -> dict[str, Any]:
        """The table of the page."""
        compared = self.compared
        undefined = next((t.reason for t in self.trials if t.outcome == "undefined"), "")
        reason = self.refusal or self.problem or ("" if compared else undefined)
        assumption = "that exponentials and features are independent random residues" if self.depth else ""
        return {
            "applicable": not self.refusal and bool(compared),
            "reason": reason,
            "primes": [str(p) for t in compared[:POINTS] for p in t.primes],
            "instances": len(compared),
            "sizes": self.shown(),
            "false_pass": "" if reason else self.false_pass(),
            "assumption": assumption,
        }
