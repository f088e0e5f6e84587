"""Bounds of elementary functions and of systems of equations; the conventions are those of ``bounds``."""

from .expression import inverse_of
from .graph import Node
from .margins import RESERVE, debt_of, finite, floor, settle, where, written
from .source import Error, Source, number

DIVIDED = 0.9
"""The largest ‖I − RA‖ under which a system is certified."""


def exp_error(source: Source, x: int, node: Node) -> Error:
    """e^(a+δ) = e^a e^δ, and |e^δ − 1| ≤ E + E² for |δ| ≤ E ≤ 1; used where the computed E is ≤ 1/2,

    which also excludes an overflow in a.
    With the function's own relative error ρ: |value| (E (1 + E) + ρ), the product of both in the debt.
    """
    (a,) = node.args
    error = source.errors[a]
    rho = source.model.relative(source.model.exp_ulp)
    extra = 4 * rho / source.model.u
    value = source.value(x)
    if error is None:
        text = f"{rho!r} * {value} + {floor(source)}"
    else:
        e = error.text
        grown = f"{value} * ({e} * (1.0 + {e}) + {rho!r}) + {floor(source)}"
        small = f"({source.let(f'xp.full_like({value}, {e})') if error.scalar else e} <= 0.5)"
        text = where([small], grown)
    return written(source, x, text, 2 * debt_of(error) + extra + 8)


def log_or_sqrt_error(source: Source, x: int, node: Node) -> Error:
    """|log(a+δ) − log a| ≤ E / (a − E), |√(a+δ) − √a| ≤ E / √a, both where E ≤ a − E."""
    (a,) = node.args
    error = source.errors[a]
    ulp = source.model.log_ulp if node.op == "log" else source.model.sqrt_ulp
    rho = source.model.relative(ulp)
    text = f"{rho!r} * {source.magnitude(x)} + {floor(source)}"
    if error:
        low = source.let(f"{source.array(a)} - {error.text}")
        grown = f"{error.text} / {low if node.op == 'log' else source.value(x)}"
        text = f"{where([f'({low} >= {error.text})'], grown)} + {text}"
    return written(source, x, text, 3 * debt_of(error) + 2 * rho / source.model.u + 8)


def step_error(source: Source, x: int, node: Node) -> Error | None:
    """The derivative of relu is known wherever the sign of the argument is."""
    (a,) = node.args
    error = source.errors[a]
    if error is None:
        return None
    sure = [f"({source.magnitude(a)} > {error.text} * {settle(error.debt + 4, source.model)!r})"]
    sure += finite(source, a)
    small = f"xp.full_like({source.value(x)}, {floor(source)})"
    return written(source, x, f"xp.where({' & '.join(sure)}, {small}, 1.0 + {small})", 1)


def lipschitz_error(source: Source, x: int, node: Node) -> Error | None:
    """|f(a+δ) − f(a)| ≤ L E for tanh, sin, cos, relu, softplus (L = 1) and sigmoid (L = 1/4).

    The functions' own errors, with ρ that of exp: relu has none. Sigmoid divides (1 or t) by 1 + t for
    t = e^−|a|: 2ρ + u + the quotient's, relative. Softplus adds log(1 + t) to max(a, 0): t is wrong by
    ρ t ≤ ρ, 1 + t by 2u more, and the logarithm has slope ≤ 1 there: ρ + 2u, its own ρ′ log 2, and u |value|.
    """
    (a,) = node.args
    error = source.errors[a]
    model = source.model
    terms: list[str] = []
    if error:
        terms.append(f"0.25 * {error.text}" if node.op == "sigmoid" else error.text)
    absolute = (RESERVE + 16) * model.tiny
    rho = model.relative(model.exp_ulp)
    match node.op:
        case "relu":
            relative = 0.0
        case "sigmoid":
            relative = (2 * rho + 2 * model.u + model.relative(model.divide_ulp)) * (1 + 2**-10)
        case "softplus":
            relative = model.u
            absolute += (rho + 2 * model.u + model.relative(model.log_ulp)) * (1 + 2**-10)
        case _:
            relative = model.relative(getattr(model, f"{node.op}_ulp"))
    if error is None and node.op == "relu":
        return None
    if relative:
        terms.append(f"{relative!r} * {source.magnitude(x)}")
    terms.append(number(absolute))
    conditions = finite(source, a) if node.op in ("relu", "softplus") else []
    text = where(conditions, " + ".join(terms))
    if error and error.scalar and not relative:
        text = f"xp.full_like({source.value(x)}, {text})"
    return written(source, x, text, debt_of(error) + 2 * relative / model.u + 6)


def system_error(source: Source, x: int, node: Node) -> Error:
    """What is proved of a solution x̂ of A x = b by any guess R of the inverse of A.

    With G ≥ |I − R A*|, ‖G‖ < 1, both R and A* are nonsingular, and x* − x̂ = (R A*)⁻¹ R (b* − A* x̂), so
    |x* − x̂| ≤ Σ Gᵏ M ≤ M + (G 1) max M / (1 − ‖G‖) for M ≥ |R| |b* − A* x̂| (Rump 2010, section 10). An
    inverse is the solution for the identity. ‖G‖ ≤ 0.9 is asked for, so that 1 − ‖G‖ is too large by a
    factor of 1 + 18·debt·u at most.
    """
    model = source.model
    a = node.args[0]
    n = int(source.graph.shape(a)[-1])
    gamma = model.gamma_matmul(n) + 2 * model.u
    lost = floor(source, 8.0 * n)
    steps = (n * model.accumulation + 2.5 * model.matmul_input) / model.u + 6
    guess = inverse_of(source, a)
    size = source.let(f"xp.abs({guess})")
    identity = source.let(f"xp.eye({n}, dtype=dtype, device=device)")
    e = source.errors[a]
    weight = source.let(f"{source.magnitude(a)} * {gamma!r} + {e.text if e else number(4 * model.tiny)}")
    rest = f"xp.abs({identity} - xp.matmul({guess}, {source.value(a)}))"
    defect = source.let(f"{rest} + xp.matmul({size}, {weight}) + {lost}")
    rows = source.let(f"xp.sum({defect}, axis=-1, keepdims=True)")
    norm = source.let(f"xp.max({rows}, axis=-2, keepdims=True)")
    f = source.errors[node.args[1]] if node.op == "solve" else None
    right = source.array(node.args[1]) if node.op == "solve" else identity
    residual = f"xp.abs({right} - xp.matmul({source.value(a)}, {source.value(x)}))"
    residual += f" + xp.matmul({weight}, {source.magnitude(x)}) + {lost}"
    residual = source.let(residual + (f" + {f.text}" if f else ""))
    first = source.let(f"xp.matmul({size}, {residual})")
    most = f"xp.max({first}, axis=-2, keepdims=True)"
    text = where([f"({norm} <= {DIVIDED!r})"], f"{first} + {rows} * {most} / (1.0 - {norm})")
    debt = 20 * (debt_of(e) + 3 * steps) + debt_of(f)
    return written(source, x, f"{text} + {floor(source, 64.0 * n)}", debt)
