"""Stresses nothing; says what the claim's variables tell it to."""

from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Evidence, Options, Verdict

from .arithmetic import difference, misbehave, points, witness


def examine(comparison: Comparison, options: Options) -> Evidence:
    misbehave("gpu", comparison)
    detail = {"backend": "numpy", "device": "cpu", "worst": 0.25}
    if "nan_gpu" in comparison.given:
        detail["worst"] = float("nan")
    if "lie_gpu" in comparison.given:
        invented = witness(points(comparison)[0], points(comparison)[0]["a"], points(comparison)[0]["a"] + 1)
        return Evidence(checker="gpu", verdict=Verdict.REFUTED, scope="one instance", witness=invented)
    if "none_gpu" in comparison.given:
        return Evidence(checker="gpu", verdict=Verdict.INAPPLICABLE, scope="", reason="no device")
    verdict = Verdict.STRESSED if difference(comparison) is None else Verdict.UNDECIDED
    scope = f"{options.instances} instances"
    return Evidence(checker="gpu", verdict=verdict, scope=scope, detail=detail)
