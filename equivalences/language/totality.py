"""What has to hold for a term to be defined, where its form does not show it."""

from collections.abc import Iterator, Mapping

from .domain import Domain, Numbers
from .positivity import is_nonnegative, is_positive
from .term import (
    Apply,
    Bound,
    Causal,
    Constant,
    Contract,
    Each,
    Elementwise,
    Expand,
    Expectation,
    Filled,
    Gradient,
    Identity,
    Integral,
    Inverse,
    LoopReads,
    LoopState,
    Matmul,
    Permute,
    Power,
    Softmax,
    Solve,
    StopGradient,
    Sum,
    Take,
    Term,
    Variable,
    children,
    digest,
    is_same,
    walk,
)


def needs(*roots: Term, given: Mapping[str, Domain]) -> frozenset[str]:
    """Keys of what has to hold for the roots to be defined, beyond what their form shows.

    Equal terms have equal keys: where one term's needs are among another's, it is defined wherever the other
    is. What stands under a binder is one need of the binder's: with everything under it, it has to be defined.
    """
    return frozenset(key for root in roots for key in _needs(root, given, smooth=False))


def _needs(root: Term, given: Mapping[str, Domain], *, smooth: bool) -> Iterator[str]:
    """The keys of one root; with ``smooth``, of what it needs to have a derivative."""
    seen: set[int] = set()
    todo = [root]
    while todo:
        term = todo.pop()
        if id(term) in seen:
            continue
        seen.add(id(term))
        yield from _own(term, given, smooth=smooth)
        todo += _outside(term)


def _outside(term: Term) -> tuple[Term, ...]:
    """The children of a node that are no body of a binder."""
    match term:
        case Gradient(_, _, at):
            return (at,)
        case Expectation():
            return ()
        case Integral(_, _, lower, upper):
            return (lower, upper)
        case LoopState(loop, _) | LoopReads(loop):
            return (*loop.initials, *loop.sequences)
        case Each(_, _, sequences):
            return sequences
    return children(term)


def _own(term: Term, given: Mapping[str, Domain], *, smooth: bool) -> Iterator[str]:
    """The keys of one node."""
    match term:
        case Elementwise("divide", _, divisor):
            yield from _nonzero(divisor, given)
        case Power(base, exponent) if exponent < 0:
            yield from _nonzero(base, given)
        case Apply("log", argument) if not is_positive(argument, given):
            yield f"positive {digest(argument)}"
        case Apply("sqrt", argument) if not is_nonnegative(argument, given):
            yield f"nonnegative {digest(argument)}"
        case Softmax(_, position, where) if where is not None and not isinstance(where, Causal | Identity):
            yield f"some entry along {position} {digest(where)}"
        case Softmax(_, _, Causal(_, strict)) if strict:
            yield "some earlier entry"
        case Inverse(matrix) | Solve(matrix, _) if not is_definite(matrix, given):
            yield f"invertible {digest(_without_zeros(matrix))}"
        case Gradient() | Expectation() | Integral() | LoopState() | LoopReads() | Each():
            if not _is_total(term, given, smooth=smooth):
                yield f"defined {digest(term)}"
    if smooth:
        match term:
            case Apply("relu", argument):
                yield f"nonzero {digest(argument)}"
            case Apply("sqrt", argument) if not is_positive(argument, given):
                yield f"positive {digest(argument)}"


def _nonzero(term: Term, given: Mapping[str, Domain]) -> Iterator[str]:
    """What it takes for no entry to be 0, factor by factor."""
    match term:
        case Elementwise("multiply", left, right):
            yield from _nonzero(left, given)
            yield from _nonzero(right, given)
        case Elementwise("divide", argument, _) | Power(argument, _) | Apply("sqrt", argument):
            yield from _nonzero(argument, given)
        case Permute(argument, _) | Expand(argument, _) | StopGradient(argument):
            yield from _nonzero(argument, given)
        case Constant(value) if value:
            return
        case _ if not is_positive(term, given):
            yield f"nonzero {digest(term)}"


def _is_total(term: Term, given: Mapping[str, Domain], *, smooth: bool) -> bool:
    """Whether all that stands under a binder is visibly defined, whatever is bound."""
    match term:
        case Gradient(body, _, _):
            bodies, smooth = [body], True
        case Expectation(body, variable, law):
            if law == "normal" and not is_polynomial(body, variable):
                return False
            bodies = [body]
        case Integral(body) | Each(body):
            bodies = [body]
        case LoopState(loop, _) | LoopReads(loop):
            bodies = [*loop.bodies, *([] if loop.read is None else [loop.read])]
        case _:
            return False
    return not any(True for body in bodies for _ in _needs(body, given, smooth=smooth))


def is_polynomial(body: Term, variable: Bound) -> bool:
    """Whether a term is visibly a polynomial in a bound variable."""

    def uses(term: Term) -> bool:
        return any(t is variable for t in walk(term))

    for term in walk(body):
        match term:
            case Elementwise("divide", _, right):
                ok = not uses(right)
            case Power(base, exponent):
                ok = exponent >= 0 or not uses(base)
            case Elementwise() | Matmul() | Contract() | Sum() | Permute() | Expand() | Take() | Bound():
                ok = True
            case _:
                ok = not uses(term)
        if not ok:
            return False
    return True


def is_definite(matrix: Term, given: Mapping[str, Domain]) -> bool:
    """Whether a matrix is positive definite by its form alone."""
    match matrix:
        case Variable(name, _):
            domain = given.get(name)
            return isinstance(domain, Numbers) and domain.constraint == "positive definite"
        case Identity():
            return True
        case Elementwise("multiply", left, right):
            pairs = ((left, right), (right, left))
            return any(not a.axes and is_positive(a, given) and is_definite(b, given) for a, b in pairs)
        case Elementwise("divide", left, right):
            return not right.axes and is_positive(right, given) and is_definite(left, given)
        case Elementwise("add", left, right):
            pairs = ((left, right), (right, left))
            return any(is_definite(a, given) and is_semidefinite(b, given) for a, b in pairs)
        case Inverse(argument):
            return is_definite(argument, given)
    return False


def _without_weight(matrix: Term, given: Mapping[str, Domain]) -> Term:
    """The matrix without a factor that is visibly a non-negative number."""
    match matrix:
        case Elementwise("multiply", left, right) if not left.axes and is_nonnegative(left, given):
            return _without_weight(right, given)
        case Elementwise("multiply" | "divide", left, right) if not right.axes and is_nonnegative(right, given):
            return _without_weight(left, given)
    return matrix


def _is_transpose(left: Term, right: Term) -> bool:
    """Whether two matrices are visibly each other's transposes."""
    match left, right:
        case (Permute(inner, (1, 0)), other) | (other, Permute(inner, (1, 0))):
            return is_same(inner, other)
    return False


def _without_zeros(term: Term) -> Term:
    """The term without summands that are visibly 0; what these need is asked for besides."""
    match term:
        case Elementwise("add", left, right) if _is_zero(right) and left.axes == term.axes:
            return _without_zeros(left)
        case Elementwise("add", left, right) if _is_zero(left) and right.axes == term.axes:
            return _without_zeros(right)
    return term


def _is_zero(term: Term) -> bool:
    """Whether a term is visibly 0 wherever it is defined."""
    match term:
        case Constant(value) | Filled(value, _):
            return value == 0
        case Elementwise("multiply", left, right):
            return _is_zero(left) or _is_zero(right)
    return False


def is_semidefinite(matrix: Term, given: Mapping[str, Domain]) -> bool:
    """Whether a matrix is positive semidefinite by its form alone: definite, or AᵀA, or sums of these."""
    match matrix:
        case Matmul(left, right):
            return _is_transpose(_without_weight(left, given), _without_weight(right, given))
        case Elementwise("multiply", left, right):
            pairs = ((left, right), (right, left))
            return any(not a.axes and is_nonnegative(a, given) and is_semidefinite(b, given) for a, b in pairs)
        case Elementwise("divide", left, right):
            return not right.axes and is_positive(right, given) and is_semidefinite(left, given)
        case Elementwise("add", left, right):
            return is_semidefinite(left, given) and is_semidefinite(right, given)
    return is_definite(matrix, given)
