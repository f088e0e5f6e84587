"""The arithmetic audit: before a run, a device shows that its model describes it, or the run is void."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from .backend import Backend, usable_backend
from .model import Model, Precision, ieee_model
from .probes import FATAL, keeps_subnormals, rounds_sums
from .rounding import SAMPLES, measure_division, measure_ulps

AUDITED = ("exp", "log", "tanh", "sqrt", "sin", "cos")
DOCUMENTED_ULP = 4.0
"""What NumPy, torch and CUDA document for these functions is no worse."""
STEPS = (4.0, 8.0, 17.0)
"""What is assumed of a function, in ulps; the last covers all that an audit lets pass."""
STANDARD = frozenset({"divide", "sqrt"})


@dataclass(frozen=True)
class Void:
    """A device whose arithmetic is outside every model: nothing it computes is evidence."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What a device showed, and the model that follows from it.

    Attributes:
        model: the hypotheses under which bounds hold.
        measured: the largest error seen, in ulps, for each function.
        anomalies: what was found and is covered by the model.
    """

    model: Model
    measured: Mapping[str, float]
    anomalies: tuple[str, ...]

    def lines(self) -> list[str]:
        """The model in words, then what it rests on; measured figures are not among them, since they vary."""
        return [
            *self.model.lines(),
            f"{self.model.dtype}: audited over {SAMPLES} arguments: no function errs by more than half of this",
            *(f"{self.model.dtype}: {anomaly}" for anomaly in self.anomalies),
        ]


def audit(backend: Backend, dtype: Precision) -> Audit | Void:
    """Probe a device in one precision.

    Void is who rounds the operands of a product, does not round to nearest, loses more in a sum than
    rounding can, or has a function that is off by more than twice what vendors document.
    """
    for probe in FATAL:
        fault = probe(backend, dtype)
        if fault is not None:
            return Void(f"{backend.title}, {dtype}: {fault}")
    measured = {name: measure_ulps(backend, name, dtype) for name in AUDITED}
    measured["divide"] = measure_division(backend, dtype)
    for name, ulp in measured.items():
        if not ulp <= 2 * DOCUMENTED_ULP:
            return Void(f"{backend.title}, {dtype}: {name} is off by {ulp:.3g} ulp")
    anomalies = {probe: probe(backend, dtype) for probe in (rounds_sums, keeps_subnormals)}
    plain = ieee_model(dtype)
    allowed = {f"{name}_ulp": allow(name, ulp) for name, ulp in measured.items()}
    model = Model(
        dtype=dtype,
        u=plain.u,
        tiny=plain.tiny,
        accumulation=plain.u * (2 if anomalies[rounds_sums] else 1),
        ftz=anomalies[keeps_subnormals] is not None,
        **allowed,
    )
    return Audit(model=model, measured=measured, anomalies=tuple(filter(None, anomalies.values())))


@cache
def audit_of(name: str, dtype: Precision) -> Audit | Void:
    """The audit of a usable backend, once a process."""
    return audit(usable_backend(name), dtype)


def allow(function: str, ulp: float) -> float:
    """What is assumed of a function that was seen to be off by so much: at least twice that and 1 more.

    It comes in steps, so that a page does not change with the machine that wrote it. Division and square
    root are either rounded correctly, as IEEE 754 demands, or treated like the others.

    >>> allow("sqrt", 0.5), allow("exp", 0.66), allow("exp", 2.3)
    (0.5, 4.0, 8.0)
    """
    if function in STANDARD and ulp <= 0.5:
        return 0.5
    return next(step for step in STEPS if step >= 2 * ulp + 1)
