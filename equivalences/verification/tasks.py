"""What a worker does: load a file, read a claim, ask a checker, try a mutant, replay what was saved.

A claim is addressed by a locator, ``{"module": …}`` or ``{"file": …}``, and its id. Checkers come by module
name, in the request. No checker is taken at its word where an independent one can speak: a certificate is
replayed after its way through JSON, and a witness is evaluated again.
"""

import importlib
import inspect
import json
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any, TypeAlias, cast

from equivalences.catalogue import claims_of, entries_of, load
from equivalences.language.claim import Claim
from equivalences.language.comparison import Comparison
from equivalences.language.domain import Index, Numbers
from equivalences.language.evidence import Evidence, Json, Options, Verdict, Witness
from equivalences.language.mutation import AutomaticMutant, mutants_of
from equivalences.language.sketch import sketch
from equivalences.language.term import Term
from equivalences.language.tracing import trace

from .result import Failure


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
    axes = {name: list(d.axes) for name, d in comparison.given.items() if isinstance(d, Numbers)}
    axes |= {name: [] for name, d in comparison.given.items() if isinstance(d, Index)}
    automatic = [] if claim.expected else [mutant.title for mutant in _automatic(_address(request))]
    return {"axes": axes, "declared": [mutant.title for mutant in claim.mutants], "automatic": automatic}


def describe(request: Json) -> Json:
    """The statement for the claim's page, made by the module that the request names."""
    address = _address(request)
    return importlib.import_module(request["pages"]).describe(_claim(address), _comparison(address))


def show(request: Json) -> Json:
    """What a person wants to read of a claim: its texts and programs, and its statement in LaTeX."""
    claim, comparison = _claim(_address(request)), _comparison(_address(request))
    programs = {"lhs": _program(claim.lhs, comparison.lhs)}
    if claim.rhs is not None:
        programs["rhs"] = _program(claim.rhs, comparison.rhs)
    if claim.minimises is not None:
        programs["loss"] = inspect.getsource(claim.minimises.loss)
    return {
        "given": {name: str(domain) for name, domain in claim.given.items()},
        "independent_of": list(claim.independent_of),
        "programs": programs,
        "mutants": [mutant.title for mutant in claim.mutants],
        "source": [claim.source.reference, claim.source.place],
        "about": claim.about,
        "stops": claim.stops,
        "latex": importlib.import_module(request["pages"]).statement_latex(claim) if request["latex"] else "",
    }


def _program(side: Callable[..., Any], term: Term) -> str:
    """A side's source; of a lambda, whose source is the statement around it, a sketch."""
    return sketch(term, 400) if side.__name__ == "<lambda>" else inspect.getsource(side)


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
    """A mutant's outcome: refuted, proved equal to the claim, or neither."""
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
        case Evidence(verdict=verdict, reason=reason):
            return {"outcome": "survived", "witness": None, "message": f"symbolic says {verdict}: {reason}"}
        case Failure(message=message):
            return {"outcome": "error", "witness": None, "message": message}


def replay(request: Json) -> Json:
    """Whether a saved certificate and saved witnesses still hold, without any search.

    Mutants' witnesses are given by title; the answer has the titles of those that no longer refute.
    """
    address = _address(request)
    comparison, numeric = _comparison(address), _checker(request, "numeric")
    certificate, witness = request["certificate"], request["witness"]
    answer: dict[str, Json] = {"certificate": None, "witness": None, "mutants": None}
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
        answer["mutants"] = [
            title
            for title, data in request["mutants"].items()
            if title not in mutants or not numeric.recheck(mutants[title], Witness.from_json(data))
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
