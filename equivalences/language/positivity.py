"""What a term's form shows of its values: that they are non-negative, or that they are 0 or 1."""

from collections.abc import Mapping

from .domain import Domain, Numbers
from .term import (
    Apply,
    Causal,
    Concatenate,
    Constant,
    Contract,
    Elementwise,
    Expand,
    Expectation,
    Filled,
    Identity,
    Matmul,
    Permute,
    Pi,
    Power,
    Shift,
    Size,
    Softmax,
    StopGradient,
    Sum,
    Take,
    Term,
    Variable,
    is_same,
)

POSITIVE_FUNCTIONS = frozenset({"exp", "sigmoid", "softplus", "relu", "sqrt"})


def is_nonnegative(term: Term, given: Mapping[str, Domain]) -> bool:
    """Whether every entry is ≥ 0 by the term's form alone, wherever it is defined.

    True means so; False means only that the form does not show it.
    """

    def ok(t: Term) -> bool:
        return is_nonnegative(t, given)

    match term:
        case Constant(value) | Filled(value, _):
            return value >= 0
        case Variable(name, _):
            domain = given.get(name)
            return isinstance(domain, Numbers) and domain.constraint in ("positive", "mask")
        case Size() | Identity() | Causal() | Shift() | Pi():
            return True
        case Softmax(_, _, where):
            return where is None or ok(where)
        case Power(base, exponent):
            return exponent % 2 == 0 or ok(base)
        case Apply(function, _):
            return function in POSITIVE_FUNCTIONS
        case Elementwise("multiply", left, right):
            return (ok(left) and ok(right)) or is_same(left, right)
        case Elementwise("add" | "divide", left, right) | Matmul(left, right):
            return ok(left) and ok(right)
        case Contract((left, right), (a, b), _) if a == b and is_same(left, right):
            return True
        case Contract(operands, _, _) | Concatenate(operands, _):
            return all(ok(t) for t in operands)
        case Sum(argument, _) | Permute(argument, _) | Expand(argument, _) | Take(argument, _, _):
            return ok(argument)
        case StopGradient(argument) | Expectation(argument, _, _):
            return ok(argument)
    return False


def is_positive(term: Term, given: Mapping[str, Domain]) -> bool:
    """Whether every entry is > 0 by the term's form alone, wherever it is defined; no axis is empty.

    True means so; False means only that the form does not show it.
    """

    def ok(t: Term) -> bool:
        return is_positive(t, given)

    match term:
        case Constant(value) | Filled(value, _):
            return value > 0
        case Variable(name, _):
            domain = given.get(name)
            return isinstance(domain, Numbers) and domain.constraint == "positive"
        case Size() | Pi():
            return True
        case Softmax(_, _, where):
            return where is None
        case Power(base, _):
            return ok(base)
        case Apply("exp" | "sigmoid" | "softplus", _):
            return True
        case Apply("sqrt", argument):
            return ok(argument)
        case Elementwise("add", left, right):
            return (ok(left) and is_nonnegative(right, given)) or (is_nonnegative(left, given) and ok(right))
        case Elementwise("multiply" | "divide", left, right) | Matmul(left, right):
            return ok(left) and ok(right)
        case Contract(operands, _, _) | Concatenate(operands, _):
            return all(ok(t) for t in operands)
        case Sum(argument, _) | Permute(argument, _) | Expand(argument, _) | Take(argument, _, _):
            return ok(argument)
        case StopGradient(argument) | Expectation(argument, _, _):
            return ok(argument)
    return False


def is_zero_one(term: Term, given: Mapping[str, Domain]) -> bool:
    """Whether every entry is 0 or 1 by the term's form alone.

    True means so; False means only that the form does not show it.
    """

    def ok(t: Term) -> bool:
        return is_zero_one(t, given)

    match term:
        case Constant(value) | Filled(value, _):
            return value in (0, 1)
        case Variable(name, _):
            domain = given.get(name)
            return isinstance(domain, Numbers) and domain.constraint == "mask"
        case Causal() | Identity() | Shift():
            return True
        case Power(base, exponent):
            return exponent > 0 and ok(base)
        case Elementwise("multiply", left, right):
            return ok(left) and ok(right)
        case Elementwise("subtract", Constant(value) | Filled(value, _), right):
            return value == 1 and ok(right)
        case Permute(argument, _) | Expand(argument, _) | Take(argument, _, _) | StopGradient(argument):
            return ok(argument)
        case Concatenate(parts, _):
            return all(ok(part) for part in parts)
    return False
