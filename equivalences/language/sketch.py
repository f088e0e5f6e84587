"""A term as short program text, for messages and the titles of mutants."""

from .term import (
    Activation,
    Apply,
    Bound,
    Causal,
    Concatenate,
    Constant,
    Contract,
    CumulativeSum,
    Each,
    Elementwise,
    Expand,
    Expectation,
    Feature,
    Filled,
    Gradient,
    Identity,
    Integral,
    Inverse,
    LogSumExp,
    LoopReads,
    LoopState,
    Matmul,
    Permute,
    Pi,
    Power,
    Shift,
    Size,
    Softmax,
    Solve,
    StopGradient,
    Sum,
    Take,
    Term,
    Unknown,
    Variable,
    show_axes,
)

SIGNS = {"add": " + ", "subtract": " - ", "multiply": " * ", "divide": " / "}


def sketch(term: Term, length: int = 48) -> str:
    """Program text for a term, cut to ``length`` characters.

    >>> sketch(Elementwise("add", Variable("x", ()), Constant(2)))
    'x + 2'
    """
    text = _text(term, 6)
    return text if len(text) <= length else text[: length - 1] + "…"


def _text(term: Term, depth: int) -> str:
    if depth == 0:
        return "…"

    def sub(t: Term) -> str:
        text = _text(t, depth - 1)
        return f"({text})" if isinstance(t, Elementwise | Matmul) else text

    def call(name: str, *arguments: Term) -> str:
        return f"{name}({', '.join(_text(a, depth - 1) for a in arguments)})"

    match term:
        case Constant(value):
            return str(value)
        case Variable(name, _) | Bound(name, _):
            return name
        case Elementwise(operation, left, right):
            return sub(left) + SIGNS[operation] + sub(right)
        case Matmul(left, right):
            return f"{sub(left)} @ {sub(right)}"
        case Apply("negate", argument):
            return f"-{sub(argument)}"
        case Apply(name, argument) | Activation(name, argument) | Feature(name, argument, _):
            return call(name, argument)
        case Unknown(name, arguments, _):
            return call(name, *arguments)
        case Power(base, exponent):
            return f"({sub(base)} ** {exponent})"
        case Permute(argument, _):
            return f"{sub(argument)}.T"
        case Expand(argument, _) | StopGradient(Expand(argument, _)):
            return sub(argument)
        case StopGradient(argument):
            return call("stop_gradient", argument)
        case Take(argument, _, name):
            return f"{sub(argument)}[{name}]"
        case Sum(argument, _):
            return f"{sub(argument)}.sum()"
        case Contract((left, right), (a, b), ()) if a == b:
            return call("dot", left, right)
        case Contract((left, right), _, output) if len(output) == len(left.axes) + len(right.axes):
            return call("outer", left, right)
        case Contract(operands, _, _):
            return call("einsum", *operands)
        case Concatenate(parts, _):
            return call("concat", *parts)
        case Softmax(argument, _, _):
            return call("softmax", argument)
        case LogSumExp(argument, _):
            return call("logsumexp", argument)
        case CumulativeSum(argument, _):
            return call("cumsum", argument)
        case Inverse(argument):
            return call("inverse", argument)
        case Solve(matrix, right):
            return call("solve", matrix, right)
        case Gradient(body, variable, at):
            return f"gradient({_text(body, depth - 1)} by {variable.hint})({_text(at, depth - 1)})"
        case Size(axis):
            return f"size({axis})"
        case Identity(axis):
            return f"identity({axis})"
        case Causal(axis, strict):
            return f"causal({axis}{', strict' if strict else ''})"
        case Shift(axis):
            return f"shift({axis})"
        case Pi():
            return "pi"
        case Expectation(body, _, law):
            return f"expectation({_text(body, depth - 1)}, {law})"
        case Integral(body, _, lower, upper):
            return call("integral", body, lower, upper)
        case Filled(value, axes):
            return f"{value}{show_axes(axes)}"
        case LoopState(loop, _) | LoopReads(loop):
            return f"scan over {loop.axis}"
        case Each(body, _, _):
            return call("each", body)
    return type(term).__name__.lower()
