"""Certifies by exact evaluation on a grid."""

from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Evidence, Options, Verdict, Witness

from .arithmetic import difference, misbehave, value


def examine(comparison: Comparison, options: Options) -> Evidence:
    misbehave("numeric", comparison)
    if "nowhere_numeric" in comparison.given:
        return Evidence(checker="numeric", verdict=Verdict.VACUOUS, scope="", reason="no input has a value")
    found = None if "blind_refuter" in comparison.given else difference(comparison)
    verdict = Verdict.CERTIFIED if found is None else Verdict.REFUTED
    scope = f"a grid, {options.digits} digits, seed {options.seed}"
    return Evidence(checker="numeric", verdict=verdict, scope=scope, witness=found)


def refute(comparison: Comparison, options: Options) -> Witness | None:
    misbehave("refuter", comparison)
    blind = {"blind_refuter", "nowhere_numeric"} & set(comparison.given)
    return None if blind else difference(comparison)


def recheck(comparison: Comparison, witness: Witness) -> bool:
    point = {name: entries[0] for name, entries in witness.instance.values.items()}
    return value(comparison.lhs, point) != value(comparison.rhs, point)
