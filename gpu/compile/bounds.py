"""A bound of the rounding error of each operation, as source text that runs beside the values.

Invariant: for every node |value − exact| ≤ error, entry by entry, where *exact* is what the graph gives in
real numbers at the given inputs, provided that the device keeps its ``Model``. The derivations stand with
the functions; they are the textbook ones of Higham, *Accuracy and Stability of Numerical Algorithms*
(2002), chapters 2 and 3, and of Rump, *Verification methods* (Acta Numerica 19, 2010) for systems.
Conventions: u is the unit roundoff, w the smallest normal number, |a| a computed magnitude (exact),
E(a) the error of a.

*The bound's own rounding.* Errors are sums, products and quotients of non-negative numbers, each rounded,
so that a formula of k operations gives at least (1 − u)^k of its exact value. That ``debt`` is counted here
and paid once, at the end. Where a difference |b| − E(b) or 1 − ‖G‖ occurs, it is kept away from 0 by the
condition under which the formula is used, and its debt is multiplied accordingly.

*Underflow.* One operation loses at most w, gradually or abruptly. Each error array exceeds a bound by some
multiples of w, its ``reserve``, which later operations use up; an error that is multiplied by something
unknown gets a new one.

*Overflow.* The error of an infinite value is infinite or NaN, by a term u·|value|; only after a sum that
overflowed may it be finite, but then it is at least γ Σ |a| / 2, about u times the largest number. Operations
that turn an infinite operand into a finite value ask for a small error, are bounded, or ask for a finite
operand.
"""

from .expression import joined, moved
from .function_bounds import (
    exp_error,
    lipschitz_error,
    log_or_sqrt_error,
    step_error,
    system_error,
)
from .graph import Node
from .margins import (
    RESERVE,
    as_array,
    debt_of,
    finite,
    floor,
    literal,
    where,
    written,
)
from .source import Error, Source, number


def error_of(source: Source, x: int) -> Error | None:
    """Write the error of a node whose value and whose operands' errors are written; None if it is exact."""
    node = source.graph.nodes[x]
    if source.is_mask(x):
        return None
    match node.op:
        case "input":
            return literal(2 * source.model.tiny) if source.model.ftz else None
        case "filled":
            distance = source.literal_error(x)
            return literal(distance + RESERVE * source.model.tiny) if distance else None
        case "eye" | "causal" | "shift" | "onehot" | "table" | "maximum" | "masked_maximum":
            return None
        case "add" | "subtract":
            return _sum_of_two(source, x, node)
        case "multiply":
            return _product(source, x, node)
        case "divide":
            return _quotient(source, x, node)
        case "negate":
            return source.errors[node.args[0]]
        case "permute" | "reshape" | "broadcast" | "take" | "part":
            return _moved(source, x, node)
        case "concatenate":
            return _joined(source, x, node)
        case "sum" | "cumulate":
            return _sum(source, x, node)
        case "matmul":
            return _matmul(source, x, node)
        case "select":
            return _selected(source, x, node)
        case "exp":
            return exp_error(source, x, node)
        case "log" | "sqrt":
            return log_or_sqrt_error(source, x, node)
        case "step":
            return step_error(source, x, node)
        case "solve" | "inverse":
            return system_error(source, x, node)
    return lipschitz_error(source, x, node)


def _sum_of_two(source: Source, x: int, node: Node) -> Error:
    """|fl(a ± b) − (a* ± b*)| ≤ E(a) + E(b) + u |fl(a ± b)|."""
    errors = [e for e in (source.errors[a] for a in node.args) if e]
    arrays, scalars = [e for e in errors if not e.scalar], [e for e in errors if e.scalar]
    terms = [e.text for e in arrays]
    terms.append(f"{source.model.u!r} * {source.magnitude(x)}")
    reserve = sum(e.reserve for e in arrays) - 4
    if scalars or reserve < 1:
        known = sum(float(e.text.strip("()")) for e in scalars) * (1 + 8 * source.model.u)
        terms.append(number(known + (RESERVE + 16) * source.model.tiny))
        reserve = RESERVE
    return written(source, x, " + ".join(terms), debt_of(*errors) + 5, reserve)


def _product(source: Source, x: int, node: Node) -> Error | None:
    """|fl(ab) − a*b*| ≤ u |fl(ab)| + |a| E(b) + E(a) (|b| + E(b)), plus w if the product underflows."""
    a, b = node.args
    mask = next((k for k in (0, 1) if source.is_mask(node.args[k])), None)
    if mask is not None:
        error = source.errors[node.args[1 - mask]]
        if error is None:
            return None
        text = f"{source.value(node.args[mask])} * {error.text} + {floor(source)}"
        return written(source, x, text, error.debt + 2)
    if source.is_literal(a) or source.is_literal(b):
        scaled, by = (b, a) if source.is_literal(a) else (a, b)
        return _scaled(source, x, scaled, by, source.model.u)
    e, f = source.errors[a], source.errors[b]
    size, other = source.magnitude(a), source.magnitude(b)
    terms = [f"{source.model.u!r} * {source.magnitude(x)} + {floor(source)}"]
    if e and a == b:
        terms.append(f"{e.text} * ({size} + {size} + {e.text})")
    else:
        if e:
            terms.append(f"{e.text} * ({other} + {f.text})" if f else f"{e.text} * {other}")
        if f:
            terms.append(f"{size} * {f.text}")
    return written(source, x, " + ".join(terms), debt_of(e, f) + 7)


def _scaled(source: Source, x: int, scaled: int, by: int, rounding: float, *, divided: bool = False) -> Error:
    """A product with a literal c, or a quotient by it; powers of 2 are not rounded.

    A literal that is not exact, ĉ = c (1 + δ), adds |δ| |value|, to be divided by 1 − |δ|.
    """
    error = source.errors[scaled]
    size = float(source.magnitude(by)) or 1.0
    delta = source.literal_error(by) / size * (1 + 2**-20)
    factor = (1 / size if divided else size) * (1 + delta)
    relative = (0.0 if source.is_exact_scaling(x) else rounding) + delta * (1 + 8 * delta)
    terms = [floor(source)]
    if relative:
        terms.insert(0, f"{relative!r} * {source.magnitude(x)}")
    if error and not error.scalar:
        terms.insert(0, f"{error.text} * {factor!r}")
    elif error:
        terms[-1] = number(
            float(error.text.strip("()")) * factor * (1 + 8 * source.model.u)
            + (RESERVE + 16) * source.model.tiny
        )
    if len(terms) == 1:
        return Error(text=terms[0], scalar=True, debt=debt_of(error) + 4, reserve=RESERVE)
    return written(source, x, " + ".join(terms), debt_of(error) + 7)


def _quotient(source: Source, x: int, node: Node) -> Error:
    """a*/b* − a/b = ((a* − a) − (a/b) (b* − b)) / b*, and |b*| ≥ |b| − E(b).

    Used where E(b) ≤ |b| − E(b): then the computed |b| − E(b) is too large by a factor of 1 + 2·debt·u.
    """
    a, b = node.args
    rounding = (
        source.model.relative(source.model.divide_ulp) if source.model.divide_ulp > 0.5 else source.model.u
    )
    if source.is_literal(b):
        return _scaled(source, x, a, b, rounding, divided=True)
    e, f = source.errors[a], source.errors[b]
    terms = [f"{rounding!r} * {source.magnitude(x)} + {floor(source)}"]
    if f:
        low = source.let(f"{source.magnitude(b)} - {f.text}")
        above = f"{source.magnitude(x)} * {f.text} + {e.text if e else number(4 * source.model.tiny)}"
        terms.append(where([f"({low} >= {f.text})", *finite(source, b)], f"({above}) / {low}"))
    elif e:
        above = source.let(f"xp.full((), {e.text}, dtype=dtype, device=device)") if e.scalar else e.text
        terms.append(where(finite(source, b), f"{above} / {source.magnitude(b)}"))
    elif source.may_hide_overflow(b):
        terms.append(where(finite(source, b), "zero"))
    return written(source, x, " + ".join(terms), 3 * debt_of(e, f) + 10)


def _moved(source: Source, x: int, node: Node) -> Error | None:
    """Entries that only move take their errors along."""
    error = source.errors[node.args[0]]
    if error is None or error.scalar:
        return error
    return written(source, x, moved(source, x, error.text), error.debt, error.reserve)


def _joined(source: Source, x: int, node: Node) -> Error | None:
    """Parts that are exact get the reserve for an error."""
    errors = [source.errors[a] for a in node.args]
    if not any(errors):
        return None
    parts = [
        as_array(source, e or literal((RESERVE + 16) * source.model.tiny), a)
        for a, e in zip(node.args, errors, strict=True)
    ]
    reserve = min(e.reserve if e else RESERVE for e in errors)
    return written(source, x, joined(source, x, parts), debt_of(*errors) + 1, reserve)


def _terms(source: Source, node: Node) -> int:
    """How many numbers a sum adds."""
    shape = source.graph.shape(node.args[0])
    axes = node.extra if node.op == "sum" else node.extra[:1]
    total = 1
    for k in axes:
        total *= int(shape[k])
    return total


def _sum(source: Source, x: int, node: Node) -> Error | None:
    """|fl(Σ a) − Σ a*| ≤ γ(n−1) Σ |a| + Σ E(a), in any order; computed sums of ours take n roundings more."""
    (a,) = node.args
    error = source.errors[a]
    n = _terms(source, node)
    gamma = source.model.gamma(n - 1)
    steps = n * source.model.accumulation / source.model.u
    lost = floor(source, 4.0 * n)
    if error and not error.scalar:
        each = source.let(f"{source.magnitude(a)} * {gamma!r} + {error.text}")
        return written(source, x, f"{moved(source, x, each)} + {lost}", error.debt + steps + 4)
    if error:
        lost = number(
            n * float(error.text.strip("()")) * (1 + 8 * source.model.u) + (RESERVE + 16) * source.model.tiny
        )
    size = source.value(x) if source.is_nonnegative(a) else moved(source, x, source.magnitude(a))
    return written(source, x, f"{gamma!r} * {size} + {lost}", debt_of(error) + 2 * steps + 4)


def _matmul(source: Source, x: int, node: Node) -> Error:
    """|fl(AB) − A*B*| ≤ γ(n) |A| |B| + |A| E(B) + E(A) (|B| + E(B)), in any order, fused or not.

    The operands' rounding (TF32) is in γ, and in the debt, since it befalls our own products too.
    """
    a, b = node.args
    model = source.model
    n = int(source.graph.shape(a)[-1])
    e, f = source.errors[a], source.errors[b]
    size, other = source.magnitude(a), source.magnitude(b)
    gamma = model.gamma_matmul(n)
    lost = floor(source, 8.0 * n)
    steps = (n * model.accumulation + 2.5 * model.matmul_input) / model.u
    if e and f:
        first = f"xp.matmul({size} * {gamma!r} + {e.text}, {other})"
        text = f"{first} + xp.matmul({size} + {e.text}, {as_array(source, f, b)})"
    elif e:
        text = f"xp.matmul({size} * {gamma!r} + {e.text}, {other})"
    elif f:
        text = f"xp.matmul({size}, {other} * {gamma!r} + {f.text})"
    elif source.is_nonnegative(a) and source.is_nonnegative(b):
        text = f"{gamma!r} * {source.value(x)}"
        steps += steps
    else:
        text = f"{gamma!r} * xp.matmul({size}, {other})"
    return written(source, x, f"{text} + {lost}", debt_of(e, f) + steps + 5)


def _selected(source: Source, x: int, node: Node) -> Error | None:
    """Entries outside the mask are exactly 0."""
    error = source.errors[node.args[0]]
    if error is None:
        return None
    text = f"xp.where({source.value(node.args[1])} > 0.5, {error.text}, zero) + {floor(source)}"
    return written(source, x, text, error.debt + 1)
