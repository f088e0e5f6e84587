"""What is known of a claim once every check has answered: plain data that goes to JSON and back."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from equivalences.language.evidence import Evidence, Json, Verdict, Witness

FailureKind: TypeAlias = Literal[
    "unreadable", "exception", "memory", "exit", "crash", "timeout", "unconfirmed", "interrupted"
]
MutantOutcome: TypeAlias = Literal["killed", "equal", "undefined", "survived", "error"]


class Outcome(enum.StrEnum):
    """Where a claim stands, in one word."""

    VERIFIED = "verified"
    """Every required checker passed and every mutant was refuted; or it was refuted, as expected."""
    REFUTED = "refuted"
    """There is a witness, and none was expected."""
    PROVED = "proved"
    """It was expected to be refuted and has been proved."""
    SURVIVED = "survived"
    """A mutant was not refuted, so agreement shows little."""
    VACUOUS = "vacuous"
    """No input satisfies ``given``, the sides are one program, or no mutant was refuted."""
    UNDECIDED = "undecided"
    """A required checker did not conclude."""
    ERROR = "error"
    """A check crashed, ran out of time or raised, or a declared mutant is itself true or has no value."""
    UNREADABLE = "unreadable"
    """The claim is ill-typed, or its file cannot be loaded."""
    CONTRADICTION = "contradiction"
    """Proved and refuted at once: a checker is wrong."""
    INTERRUPTED = "interrupted"
    """Stopped before every check had answered."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a check has no evidence.

    Attributes:
        kind: what happened.
        message: the same in one line, with the place where there is one.
        traceback: the Python stack, or what the process wrote last.
    """

    kind: FailureKind
    message: str
    traceback: str = ""

    def to_json(self) -> Json:
        """Plain data; ``verdict`` is null, which no evidence has."""
        failure = {"kind": self.kind, "message": self.message, "traceback": self.traceback}
        return {"verdict": None, "failure": failure}

    @staticmethod
    def from_json(data: Json) -> "Failure":
        """The inverse of ``to_json``."""
        return Failure(**data["failure"])


Check: TypeAlias = Evidence | Failure


def check_from_json(data: Json) -> Check:
    """Evidence or a failure, from either's JSON."""
    return Failure.from_json(data) if data["verdict"] is None else Evidence.from_json(data)


@dataclass(frozen=True, kw_only=True)
class MutantResult:
    """What became of one near miss.

    Attributes:
        title: the mutant's.
        automatic: whether it was made from the claim's terms.
        outcome: ``killed`` by a witness, proved ``equal`` to the claim, ``undefined`` at every input tried,
            ``survived`` or ``error``.
        witness: for ``killed``.
        message: for ``error`` and ``undefined``, and what was tried for ``survived``.
    """

    title: str
    automatic: bool
    outcome: MutantOutcome
    witness: Witness | None = None
    message: str = ""

    def to_json(self) -> Json:
        """Plain data."""
        return {
            "title": self.title,
            "automatic": self.automatic,
            "outcome": self.outcome,
            "witness": None if self.witness is None else self.witness.to_json(),
            "message": self.message,
        }

    @staticmethod
    def from_json(data: Json) -> "MutantResult":
        """The inverse of ``to_json``."""
        witness = None if data["witness"] is None else Witness.from_json(data["witness"])
        return MutantResult(**{**data, "witness": witness})


@dataclass(frozen=True, kw_only=True)
class ClaimResult:
    """All that a run found about one claim.

    Attributes:
        id, family, title: the claim's.
        path, line: where it is stated; the path is relative where possible.
        expected: ``Verdict.REFUTED`` for a folklore claim.
        repair: the id of the nearest true claim, where refutation is expected.
        outcome: where it stands; ``reasons`` says why it is not verified.
        required: the checkers that had to pass; ``waived`` names the others, with the claim's reasons.
        checks: for each checker that was asked, its evidence or why there is none.
        mutants: in the claim's order, then the automatic ones.
        witness: the smallest re-checked input at which the sides differ.
        axes: the axes of every array of ``given``, to print a witness in its shape.
        statement: a hash of the traced statement; empty where the claim cannot be read.
        description: the statement for its page, as ``equivalences.report.describe`` gives it; empty where
            the claim cannot be read.
        seconds: from the start of its first task to the end of its last.
    """

    id: str
    family: str
    title: str
    path: str
    line: int
    expected: Verdict | None = None
    repair: str | None = None
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    waived: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)
    mutants: tuple[MutantResult, ...] = ()
    witness: Witness | None = None
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    statement: str = ""
    description: Mapping[str, Json] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def verified(self) -> bool:
        """Whether the claim is what it says, refuted ones that are expected to be included."""
        return self.outcome is Outcome.VERIFIED

    def count(self, outcome: MutantOutcome) -> int:
        """How many mutants ended so."""
        return sum(mutant.outcome == outcome for mutant in self.mutants)

    def to_json(self) -> Json:
        """Plain data, under the schema that ``verify --output-format json`` documents."""
        return {
            "id": self.id,
            "family": self.family,
            "title": self.title,
            "path": self.path,
            "line": self.line,
            "expected": None if self.expected is None else self.expected.value,
            "repair": self.repair,
            "verified": self.verified,
            "outcome": self.outcome.value,
            "reasons": list(self.reasons),
            "required": list(self.required),
            "waived": dict(self.waived),
            "checks": {checker: check.to_json() for checker, check in self.checks.items()},
            "mutants": {
                "total": len(self.mutants),
                "killed": self.count("killed"),
                "equal": self.count("equal"),
                "undefined": self.count("undefined"),
                "survived": self.count("survived"),
                "errors": self.count("error"),
                "each": [mutant.to_json() for mutant in self.mutants],
            },
            "witness": None if self.witness is None else self.witness.to_json(),
            "axes": {name: list(axes) for name, axes in self.axes.items()},
            "statement": self.statement,
            "description": dict(self.description),
            "seconds": round(self.seconds, 3),
        }

    @staticmethod
    def from_json(data: Json) -> "ClaimResult":
        """The inverse of ``to_json``."""
        return ClaimResult(
            id=data["id"],
            family=data["family"],
            title=data["title"],
            path=data["path"],
            line=data["line"],
            expected=None if data["expected"] is None else Verdict(data["expected"]),
            repair=data["repair"],
            outcome=Outcome(data["outcome"]),
            reasons=tuple(data["reasons"]),
            required=tuple(data["required"]),
            waived=data["waived"],
            checks={checker: check_from_json(check) for checker, check in data["checks"].items()},
            mutants=tuple(MutantResult.from_json(mutant) for mutant in data["mutants"]["each"]),
            witness=None if data["witness"] is None else Witness.from_json(data["witness"]),
            axes={name: tuple(axes) for name, axes in data["axes"].items()},
            statement=data.get("statement", ""),
            description=data["description"],
            seconds=data["seconds"],
        )
