"""The programs of a claim for its reader: its functions, and those of its file that they call."""

import inspect
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

from equivalences.language.claim import Claim
from equivalences.language.comparison import Comparison
from equivalences.language.sketch import sketch
from equivalences.language.term import Term

LONGEST = 400


def programs_of(claim: Claim, comparison: Comparison) -> dict[str, str]:
    """The sources by what they are for: ``lhs``, ``rhs``, ``loss``, ``state``, ``helpers``."""
    found = {"lhs": _program(claim.lhs, (comparison.lhs,))}
    functions: list[Callable[..., Any]] = [claim.lhs]
    if claim.rhs is not None:
        found["rhs"] = _program(claim.rhs, (comparison.rhs,))
        functions.append(claim.rhs)
    if claim.minimises is not None:
        found["loss"] = inspect.getsource(claim.minimises.loss)
        functions += [claim.minimises.loss, claim.minimises.gap]
    if claim.state is not None and comparison.invariant is not None:
        found["state"] = _program(claim.state, comparison.invariant.values)
        functions.append(claim.state)
    helpers = [inspect.getsource(f) for f in _called(functions) if f not in functions]
    return found | ({"helpers": "\n\n".join(helpers)} if helpers else {})


def _program(side: Callable[..., Any], terms: tuple[Term, ...]) -> str:
    """A side's source; of a lambda, whose source is the statement around it, a sketch."""
    if getattr(side, "__name__", "<lambda>") == "<lambda>":
        return ", ".join(sketch(term, LONGEST) for term in terms)
    return inspect.getsource(side)


def _called(functions: list[Callable[..., Any]]) -> list[FunctionType]:
    """The named functions of the same file that functions name, and those that these name, in order."""
    waiting = [f for f in functions if isinstance(f, FunctionType)]
    found: list[FunctionType] = []
    while waiting:
        function = waiting.pop(0)
        for name in _names(function.__code__):
            value = function.__globals__.get(name)
            if isinstance(value, FunctionType) and value not in found and _is_beside(value, function):
                found.append(value)
                waiting.append(value)
    return found


def _is_beside(helper: FunctionType, function: FunctionType) -> bool:
    same = helper.__code__.co_filename == function.__code__.co_filename
    return same and helper.__name__ != "<lambda>"


def _names(code: CodeType) -> Iterator[str]:
    """The global names that code reads, those of functions inside it included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
