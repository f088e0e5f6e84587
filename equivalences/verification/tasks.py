"""What a worker does: load a file, read a claim, ask a checker, try a mutant, replay what was saved.

A claim is addressed by a locator, ``{"module": …}`` or ``{"file": …}``, and its id. Checkers come by module
name, in the request. No checker is taken at its word where an independent one can speak: a certificate is
replayed after its way through JSON, and a witness is evaluated again.
"""

import importlib
import json
from functools import lru_cache
from types import ModuleType
from typing import Any, TypeAlias, cast

from equivalences.catalogue import claims_of, entries_of, load
from equivalences.language.claim import Claim
from equivalences.language.comparison import Comparison
from equivalences.language.domain import Index, Numbers
from equivalences.language.evidence import Evidence, Json, Options, Verdict, Witness
from equivalences.language.mutation import AutomaticMutant, mutants_of
from equivalences.language.tracing import trace

from .identity import identity
from .result import Failure
from .sources import programs_of


def perform(request: Json) -> Json:
    """The answer to a request, as plain data.

    Raises:
        KeyError: a request of an unknown kind.
    """
    return KINDS[request["kind"]](request)


def list_claims(request: Json) -> Json:
    """The entries of a user's file."""
    return [entry.to_json() for entry in entries_of(_module("", request["file"]))]


def read(request: Json) -> Json:
    """The claim traced: its arrays' axes and its mutants' titles; none where refutation is expected."""
    claim, comparison = _claim(_address(request)), _comparison(_address(request))
    automatic = [] if claim.expected else [mutant.title for mutant in _automatic(_address(request))]
    return {
        "axes": _axes(comparison),
        "statement": identity(comparison),
        "declared": [mutant.title for mutant in claim.mutants],
        "automatic": automatic,
    }


def _axes(comparison: Comparison) -> Json:
    arrays = {name: list(d.axes) for name, d in comparison.given.items() if isinstance(d, Numbers)}
    return arrays | {name: [] for name, d in comparison.given.items() if isinstance(d, Index)}


def describe(request: Json) -> Json:
    """The statement for the claim's page, made by the module that the request names."""
    address = _address(request)
    return importlib.import_module(request["pages"]).describe(_claim(address), _comparison(address))


def show(request: Json) -> Json:
    """What a person wants to read of a claim: its texts and programs, and its statement in LaTeX."""
    claim, comparison = _claim(_address(request)), _comparison(_address(request))
    return {
        "given": {name: str(domain) for name, domain in claim.given.items()},
        "independent_of": list(claim.independent_of),
        "programs": programs_of(claim, comparison),
        "mutants": [mutant.title for mutant in claim.mutants],
        "source": [claim.source.reference, claim.source.place],
        "about": claim.about,
        "stops": claim.stops,
        "latex": importlib.import_module(request["pages"]).statement_latex(claim) if request["latex"] else "",
    }


def refute(request: Json) -> Json:
    """A re-checked witness against the claim, or null."""
    witness = _refutation(request, _comparison(_address(request)))
    return None if witness is None else witness.to_json()


def examine(request: Json) -> Json:
    """One checker's evidence, or a failure where evidence does not stand up to being checked again."""
    comparison, options = _comparison(_address(request)), Options(**request["options"])
    evidence = _checker(request, request["checker"]).examine(comparison, options)
    return _confirmed(request, comparison, evidence).to_json()


def try_mutant(request: Json) -> Json:
    """A mutant's outcome: refuted, proved equal to the claim, without a value anywhere, or none of these."""
    comparison = _mutated(request)
    witness = _refutation(request, comparison)
    if witness is not None:
        return {"outcome": "killed", "witness": witness.to_json(), "message": ""}
    proof = _checker(request, "symbolic").examine(comparison, Options(**request["options"]))
    match _confirmed(request, comparison, proof):
        case Evidence(verdict=Verdict.PROVED):
            return {"outcome": "equal", "witness": None, "message": ""}
        case Evidence(verdict=Verdict.VACUOUS) if comparison.is_trivial():
            return {"outcome": "equal", "witness": None, "message": "the sides are one program"}
        case Failure(message=message):
            return {"outcome": "error", "witness": None, "message": message}
    return _unrefuted(request, comparison, f"symbolic says {proof.verdict}: {proof.reason}")


def _unrefuted(request: Json, comparison: Comparison, tried: str) -> Json:
    """What the numeric checker makes of a mutant that is neither refuted nor proved."""
    found = _checker(request, "numeric").examine(comparison, Options(**request["options"]))
    match _confirmed(request, comparison, found):
        case Evidence() as evidence if _has_no_value(comparison, evidence):
            return {"outcome": "undefined", "witness": None, "message": evidence.reason}
        case Evidence(verdict=Verdict.REFUTED, witness=Witness() as witness):
            return {"outcome": "killed", "witness": witness.to_json(), "message": ""}
        case Failure(message=message):
            return {"outcome": "error", "witness": None, "message": message}
    return {"outcome": "survived", "witness": None, "message": tried}


def _has_no_value(comparison: Comparison, evidence: Evidence) -> bool:
    """Whether the numeric checker saw every input that it drew to have no value.

    Where exact arithmetic does not apply it says INAPPLICABLE of that, since feature maps that cannot be
    realised look alike; without feature maps there is nothing else that it can mean.
    """
    match evidence:
        case Evidence(verdict=Verdict.VACUOUS):
            return True
        case Evidence(verdict=Verdict.INAPPLICABLE, detail={"balls": [], "outside": [_, *_]}):
            return not comparison.kernels
    return False


def replay(request: Json) -> Json:
    """Whether a saved certificate and saved witnesses still hold, without any search.

    Mutants' witnesses are given by title; the answer has the titles of those that no longer refute. Nothing
    is replayed where ``statements``, the hashes that were saved, are not the claim's of today, or where a
    mutant is no longer there: the answer is ``stale``.
    """
    address = _address(request)
    comparison, numeric = _comparison(address), _checker(request, "numeric")
    certificate, witness = request["certificate"], request["witness"]
    answer: dict[str, Json] = {
        "stale": any(statement != identity(comparison) for statement in request["statements"]),
        "axes": _axes(comparison),
        "certificate": None,
        "witness": None,
        "mutants": None,
    }
    if answer["stale"]:
        return answer
    if certificate is not None:
        answer["certificate"] = bool(_checker(request, "symbolic").replay(comparison, certificate))
    if witness is not None:
        answer["witness"] = bool(numeric.recheck(comparison, Witness.from_json(witness)))
    if request["mutants"]:
        mutants = {
            mutant.title: trace(_claim(_address(request)), mutant)
            for mutant in _claim(_address(request)).mutants
        }
        mutants |= {mutant.title: mutant.comparison for mutant in _automatic(_address(request))}
        if not set(request["mutants"]) <= set(mutants):
            return {**answer, "stale": True}
        answer["mutants"] = [
            title
            for title, data in request["mutants"].items()
            if not numeric.recheck(mutants[title], Witness.from_json(data))
        ]
    return answer


KINDS = {
    "list": list_claims,
    "read": read,
    "describe": describe,
    "show": show,
    "refute": refute,
    "examine": examine,
    "mutant": try_mutant,
    "replay": replay,
}


def _confirmed(request: Json, comparison: Comparison, evidence: Evidence) -> Evidence | Failure:
    match evidence:
        case Evidence(verdict=Verdict.PROVED, certificate=certificate):
            saved = json.loads(json.dumps(certificate))
            if saved is None or not _checker(request, "symbolic").replay(comparison, saved):
                return _unconfirmed("symbolic says PROVED, and its certificate does not replay")
        case Evidence(verdict=Verdict.REFUTED, witness=witness, checker=checker):
            if witness is None or not _checker(request, "numeric").recheck(comparison, witness):
                return _unconfirmed(f"{checker} says REFUTED, and its witness does not re-check")
    return evidence


def _unconfirmed(message: str) -> Failure:
    return Failure(kind="unconfirmed", message=message)


def _refutation(request: Json, comparison: Comparison) -> Witness | None:
    numeric = _checker(request, "numeric")
    witness = cast("Witness | None", numeric.refute(comparison, Options(**request["options"])))
    if witness is not None and not numeric.recheck(comparison, witness):
        raise ArithmeticError("numeric found a witness that does not re-check")
    return witness


def _checker(request: Json, name: str) -> Any:
    """A checker's module; it is known by its interface alone."""
    return importlib.import_module(request["checkers"][name])


Address: TypeAlias = tuple[str, str, str]
"""A module's name or a file's path, and an id."""


def _address(request: Json) -> Address:
    return request["module"], request["file"], request["id"]


@lru_cache
def _module(module: str, file: str) -> ModuleType:
    return load(module, file)


@lru_cache
def _claim(address: Address) -> Claim:
    module, file, identifier = address
    return next(claim for claim in claims_of(_module(module, file)) if claim.id == identifier)


@lru_cache
def _comparison(address: Address) -> Comparison:
    return trace(_claim(address))


@lru_cache
def _automatic(address: Address) -> tuple[AutomaticMutant, ...]:
    return mutants_of(_comparison(address))


def _mutated(request: Json) -> Comparison:
    address, position = _address(request), request["position"]
    if request["automatic"]:
        mutant: AutomaticMutant = _automatic(address)[position]
        return mutant.comparison
    claim = _claim(address)
    return trace(claim, claim.mutants[position])
