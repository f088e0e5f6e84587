"""What a checker is asked for, and what it answers.

Everything here is plain data that goes to JSON and back, so that evidence survives its process.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""What ``json`` reads and writes."""


class Verdict(enum.StrEnum):
    """What a checker may say; see the laws in the README."""

    PROVED = "PROVED"
    """A certificate for the printed scope was replayed by the independent checker."""
    CERTIFIED = "CERTIFIED"
    """At every listed instance the difference is exactly 0, or a narrow enclosure contains 0."""
    STRESSED = "STRESSED"
    """Every instance lies within its derived bound, and the run's controls tripped."""
    REFUTED = "REFUTED"
    """A witness re-checks exactly, or in balls that exclude 0."""
    UNDECIDED = "UNDECIDED"
    """Out of time, the procedure gave up, or an enclosure is too wide."""
    INAPPLICABLE = "INAPPLICABLE"
    """The checker cannot read the claim, or the device is absent."""
    VACUOUS = "VACUOUS"
    """No input satisfies ``given``, the sides are one program, or nothing ran."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a run asks of the checkers.

    Attributes:
        seed: determines every random choice.
        digits: decimal digits to which balls certify.
        instances: how many instances the stress check evaluates.
        device: ``auto``, ``numpy``, ``torch``, ``torch:cuda``, ``cupy`` or ``strict``.
    """

    seed: int = 0
    digits: int = 50
    instances: int = 10_000
    device: str = "auto"


@dataclass(frozen=True)
class Instance:
    """Exact inputs: a size for each axis name, and row-major entries for each array of ``given``.

    An index of ``given`` is one entry, its position. Functions of ``given`` (feature maps, unknown
    functions, activations) have no entries: ``realisation`` and the checkers derive them from the rest.
    """

    sizes: Mapping[str, int]
    values: Mapping[str, tuple[Fraction, ...]]

    def extent(self) -> int:
        """The number of entries of the largest array: tokens times dimensions."""
        return max((len(entries) for entries in self.values.values()), default=0)

    def to_json(self) -> Json:
        """Fractions as text, ``"3/4"``."""
        values = {name: [str(x) for x in entries] for name, entries in self.values.items()}
        return {"sizes": dict(self.sizes), "values": values}

    @staticmethod
    def from_json(data: Json) -> "Instance":
        """The inverse of ``to_json``."""
        values = {name: tuple(Fraction(x) for x in entries) for name, entries in data["values"].items()}
        return Instance(dict(data["sizes"]), values)


@dataclass(frozen=True, kw_only=True)
class Witness:
    """Inputs at which the sides provably differ.

    Attributes:
        instance: the inputs.
        entry: the position at which the sides differ.
        lhs, rhs, difference: their values there, exact (``"3/4"``) or as a ball (``"[1.5 ± 1e-50]"``).
        arithmetic: how this was decided: ``"exact over the rationals"`` or ``"balls of 200 bits"``.
        functions: what stands for the functions of ``given``, in words.
    """

    instance: Instance
    entry: tuple[int, ...]
    lhs: str
    rhs: str
    difference: str
    arithmetic: str
    functions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Plain data."""
        return {
            "instance": self.instance.to_json(),
            "entry": list(self.entry),
            "lhs": self.lhs,
            "rhs": self.rhs,
            "difference": self.difference,
            "arithmetic": self.arithmetic,
            "functions": dict(self.functions),
        }

    @staticmethod
    def from_json(data: Json) -> "Witness":
        """The inverse of ``to_json``."""
        return Witness(
            instance=Instance.from_json(data["instance"]),
            entry=tuple(data["entry"]),
            lhs=data["lhs"],
            rhs=data["rhs"],
            difference=data["difference"],
            arithmetic=data["arithmetic"],
            functions=data["functions"],
        )


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What one checker found.

    Attributes:
        checker: ``symbolic``, ``numeric`` or ``gpu``.
        verdict: what it says.
        scope: the sizes, precisions, samples and model for which it speaks, in one line.
        reason: why it is no more than that; empty for a pass.
        detail: tables for the page, as plain data; each checker documents its keys.
        witness: for ``REFUTED``.
        certificate: for ``PROVED``: what the independent checker replays.
    """

    checker: str
    verdict: Verdict
    scope: str
    reason: str = ""
    detail: Mapping[str, Json] = field(default_factory=dict)
    witness: Witness | None = None
    certificate: Mapping[str, Json] | None = None

    def to_json(self) -> Json:
        """Plain data."""
        return {
            "checker": self.checker,
            "verdict": self.verdict.value,
            "scope": self.scope,
            "reason": self.reason,
            "detail": dict(self.detail),
            "witness": None if self.witness is None else self.witness.to_json(),
            "certificate": None if self.certificate is None else dict(self.certificate),
        }

    @staticmethod
    def from_json(data: Json) -> "Evidence":
        """The inverse of ``to_json``."""
        return Evidence(
            checker=data["checker"],
            verdict=Verdict(data["verdict"]),
            scope=data["scope"],
            reason=data["reason"],
            detail=data["detail"],
            witness=None if data["witness"] is None else Witness.from_json(data["witness"]),
            certificate=data["certificate"],
        )
