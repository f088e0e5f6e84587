"""The independent checker: replays a proof from plain data.

It lowers the comparison itself and shares with the search the normal form and the moves, nothing else.
Whatever a certificate says is checked: rules, denominators and inverses are looked up in the claim, indices
have to be new where they should be, and each has to have the sort of its place.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from equivalences.language.comparison import Comparison
from equivalences.language.term import loops

from .domain import Domain, MoveError, Rule, domain_of
from .goals import Goal, Statement, check_kernels, plain_statement
from .induction import induction_statement
from .lowering.places import UnreadableError
from .moves import Alike, Cancel, Clear, Cofactor, Cut, Division, Merge, Move, Proof, apply, split
from .networks.algebra import SortError
from .networks.network import Factor, Head, Index, Network, Rational, exact
from .recurrence import MissingStateError
from .unfolding import unfolded

VERSION = 1
SCOPE = "all sizes"
HIGHEST = 64
"""The largest exponent of a factor in a move."""
DEEPEST = 32
"""How many cuts may stand inside each other."""


def statement_of(comparison: Comparison) -> Statement:
    """The goals of a comparison.

    Raises:
        UnreadableError: the comparison is outside what is proved here.
        MissingStateError: an induction needs the claim's ``state``.
    """
    check_kernels(comparison)
    if loops(comparison.lhs, comparison.rhs):
        return induction_statement(comparison)
    return plain_statement(comparison)


def replay(comparison: Comparison, certificate: Mapping[str, Any]) -> bool:
    """Whether a certificate proves every goal of a comparison; of a bound with a gap, of what proves it."""
    comparison = comparison.with_gap() or comparison
    try:
        if certificate.get("unfolded", False) is True:
            comparison = unfolded(comparison)
        statement = statement_of(comparison)
        proofs = {entry["name"]: entry["proof"] for entry in certificate["goals"]}
        if certificate["version"] != VERSION or certificate["scope"] != SCOPE:
            return False
        if len(proofs) != len(certificate["goals"]) or set(proofs) != {g.name for g in statement.goals}:
            return False
        return all(holds(goal, proofs[goal.name]) for goal in statement.goals)
    except (MoveError, SortError, UnreadableError, MissingStateError):
        return False
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, RecursionError):
        return False


def holds(goal: Goal, data: Any) -> bool:
    """Whether a proof, as plain data, takes a goal to 0.

    Raises:
        MoveError: a move that is not allowed.
        SortError: an index in a place of another sort.
    """
    return vanishes(goal.difference, data, goal, domain_of(goal))


def vanishes(network: Network, data: Any, goal: Goal, domain: Domain, depth: int = 0) -> bool:
    """Whether the moves of a proof take a network to 0.

    Raises:
        MoveError: a move that is not allowed, or cuts nested too deeply.
    """
    if depth > DEEPEST:
        raise MoveError("cuts nested too deeply")
    for entry in data["moves"]:
        network = apply(network, move_from_json(entry, network, domain), goal, domain)
    if not {"cut", "merge", "alike"} & set(data):
        return not network
    parts = split(network, division_from_json(data), domain)
    return len(parts) == len(data["parts"]) and all(
        vanishes(part, inner, goal, domain, depth + 1) for part, inner in zip(parts, data["parts"], strict=True)
    )


def certificate_of(proofs: Mapping[str, Proof], *, is_unfolded: bool = False) -> dict[str, Any]:
    """The certificate of proofs by their goals' names; of the sides as they are, or written by exponentials."""
    goals = [{"name": name, "proof": proof_to_json(proof)} for name, proof in proofs.items()]
    reading = {"unfolded": True} if is_unfolded else {}
    return {"version": VERSION, "scope": SCOPE, **reading, "goals": goals}


def proof_to_json(proof: Proof) -> dict[str, Any]:
    """Plain data; heads go by their keys."""
    data: dict[str, Any] = {"moves": [move_to_json(move) for move in proof.moves]}
    match proof.cut:
        case Cut(key, indices):
            data["cut"] = {"head": key, "indices": indices_to_json(indices)}
        case Merge(classes):
            data["merge"] = list(classes)
        case Alike(key, other):
            data["alike"] = [key, other]
    if proof.cut is not None:
        data["parts"] = [proof_to_json(part) for part in proof.parts]
    return data


def division_from_json(data: Any) -> Division:
    """What a proof ends in where it goes on in parts.

    Raises:
        MoveError: classes that are no numbers.
    """
    if "cut" in data:
        return Cut(data["cut"]["head"], indices_from_json(data["cut"]["indices"]))
    if "alike" in data:
        return Alike(*map(str, data["alike"]))
    if not all(type(number) is int for number in data["merge"]):
        raise MoveError("no classes of exponentials")
    return Merge(tuple(data["merge"]))


def move_to_json(move: Move) -> dict[str, Any]:
    """Plain data."""
    match move:
        case Cofactor(rule, coefficient, context, substitution, dummies):
            return {
                "move": "cofactor",
                "axiom": rule.axiom,
                "rule": rule.key,
                "coefficient": str(coefficient),
                "context": [[head.key, indices_to_json(ix), str(e)] for head, ix, e in context],
                "substitution": [[list(i), list(j)] for i, j in substitution],
                "dummies": indices_to_json(dummies),
            }
        case Clear(key, indices, exponent):
            return {
                "move": "clear",
                "head": key,
                "indices": indices_to_json(indices),
                "exponent": str(exponent),
            }
        case Cancel(key, index, left):
            return {"move": "cancel", "head": key, "index": list(index), "left": left}


def indices_to_json(indices: tuple[Index, ...]) -> list[list[str]]:
    """Plain data: sort and name of each."""
    return [list(i) for i in indices]


def move_from_json(data: Any, network: Network, domain: Domain) -> Move:
    """One move; heads are looked up in the goal that it acts on, and in the claim.

    Raises:
        MoveError: no such move, or a head that neither has.
    """
    match data["move"]:
        case "cofactor":
            heads = {head.key: head for head in network.heads} | dict(domain.heads)
            return Cofactor(
                Rule(data["axiom"], data["rule"]),
                exact(Fraction(data["coefficient"])),
                tuple(factor_from_json(factor, heads) for factor in data["context"]),
                tuple((index_from_json(i), index_from_json(j)) for i, j in data["substitution"]),
                indices_from_json(data["dummies"]),
            )
        case "clear":
            return Clear(data["head"], indices_from_json(data["indices"]), exponent_from_json(data["exponent"]))
        case "cancel":
            return Cancel(data["head"], index_from_json(data["index"]), bool(data["left"]))
    raise MoveError(f"no move {data['move']}")


def factor_from_json(data: Any, heads: Mapping[str, Head]) -> Factor:
    """A factor of a context.

    Raises:
        MoveError: its head occurs nowhere.
    """
    key, indices, exponent = data
    if key not in heads:
        raise MoveError("a head that neither the goal nor the claim has")
    return heads[key], indices_from_json(indices), exponent_from_json(exponent)


def exponent_from_json(text: Any) -> Rational:
    """An exponent.

    Raises:
        MoveError: it is too large to be worked with.
    """
    exponent = exact(Fraction(text))
    if not -HIGHEST <= exponent <= HIGHEST:
        raise MoveError("an exponent that is too large")
    return exponent


def index_from_json(data: Any) -> Index:
    """An index."""
    sort, name = data
    if not isinstance(sort, str) or not isinstance(name, str) or not name:
        raise MoveError("no index")
    return Index(sort, name)


def indices_from_json(data: Any) -> tuple[Index, ...]:
    """Indices."""
    return tuple(index_from_json(i) for i in data)
