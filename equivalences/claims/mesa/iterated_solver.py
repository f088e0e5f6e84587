"""Iterations by which layers of linear attention solve for the mesa layer's read-out.

The ridge solution applied to a state is V Kᵀ A⁻¹ s with A = K Kᵀ + I/λ. Layers that multiply by K Kᵀ can
iterate towards x = A⁻¹ s by adding multiples of the residual s − A x. The state s has to stay in the stream: a
recursion without it, as printed in one place, forgets what it solves for.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    dot,
    identity,
    inverse,
    positive,
    real,
    scan,
)

PAPER = "arXiv:2309.05858"
SOLVER: dict[str, Domain] = {
    "keys": real("n d"),
    "state": real("d"),
    "start": real("d"),
    "lam": positive(),
    "alpha": real(),
}


def operator(keys: Array, lam: Array) -> Array:
    """KᵀK + I/λ for keys in rows.  [n d], [] -> [d d]"""
    return keys.T @ keys + identity("d") / lam


def richardson(x: Array, keys: Array, state: Array, lam: Array, alpha: Array) -> Array:
    """One step along the residual.  [d], [n d], [d], [], [] -> [d]"""
    return x + alpha * (state - operator(keys, lam) @ x)


def solution(keys: Array, state: Array, lam: Array) -> Array:
    """A⁻¹s.  [n d], [d], [] -> [d]"""
    return inverse(operator(keys, lam)) @ state


def damped(e: Array, keys: Array, lam: Array, alpha: Array) -> Array:
    """(I − αA) e.  [d], [n d], [], [] -> [d]"""
    return e - alpha * (operator(keys, lam) @ e)


def error_after(keys: Array, state: Array, start: Array, lam: Array, alpha: Array) -> Array:
    """How far K steps from the start are from the solution.  … -> [d]"""
    x = scan(lambda x: richardson(x, keys, state, lam, alpha), start, length="K")
    return x - solution(keys, state, lam)


errors = Claim(
    "richardson-iteration-error-eq-damped-start-error",
    title="After K steps along the residual the error is (I − αA)ᴷ times that of the start",
    given=SOLVER,
    lhs=error_after,
    rhs=lambda keys, state, start, lam, alpha: scan(
        lambda e: damped(e, keys, lam, alpha), start - solution(keys, state, lam), length="K"
    ),
    state=lambda e, keys, state, lam: e + solution(keys, state, lam),
    source=Source(PAPER, "the proposition on iterated layers, with the recursion of its appendix"),
    about="The solution is a fixed point, and the error shrinks wherever I − αA does.",
    stops="It converges if and only if every eigenvalue a of A has |1 − αa| < 1.",
    mutants=(
        Mutant(
            "the source left out",
            lhs=lambda keys, state, start, lam, alpha: (
                scan(lambda x: damped(x, keys, lam, alpha), start, length="K") - solution(keys, state, lam)
            ),
        ),
        Mutant(
            "a ridge of strength λ",
            rhs=lambda keys, state, start, lam, alpha: scan(
                lambda e: damped(e, keys, 1 / lam, alpha), start - solution(keys, state, lam), length="K"
            ),
        ),
        Mutant(
            "steps of twice the size",
            rhs=lambda keys, state, start, lam, alpha: scan(
                lambda e: damped(e, keys, lam, 2 * alpha), start - solution(keys, state, lam), length="K"
            ),
        ),
    ),
)

MOMENTUM: dict[str, Domain] = {**SOLVER, "beta": real(), "previous": real("d")}


def with_momentum(
    x: Array, previous: Array, keys: Array, state: Array, lam: Array, alpha: Array, beta: Array
) -> Array:
    """A step along the residual and the last difference.  … -> [d]"""
    return richardson(x, keys, state, lam, alpha) + beta * (x - previous)


momentum = Claim(
    "chebyshev-step-error-eq-two-term-recursion",
    title="With momentum the error obeys the recursion of the iteration without its source",
    given=MOMENTUM,
    lhs=lambda start, previous, keys, state, lam, alpha, beta: (
        with_momentum(start, previous, keys, state, lam, alpha, beta) - solution(keys, state, lam)
    ),
    rhs=lambda start, previous, keys, state, lam, alpha, beta: (
        damped(start - solution(keys, state, lam), keys, lam, alpha) + beta * (start - previous)
    ),
    source=Source(PAPER, "the proposition on iterated layers, with momentum"),
    about="Chebyshev's iteration, for one step with any α and β; both errors enter, the solution cancels.",
    stops="How fast it converges depends on the choice of α and β for each step.",
    mutants=(
        Mutant(
            "momentum of the wrong sign",
            lhs=lambda start, previous, keys, state, lam, alpha, beta: (
                with_momentum(start, previous, keys, state, lam, alpha, -beta) - solution(keys, state, lam)
            ),
        ),
        Mutant(
            "the source left out",
            lhs=lambda start, previous, keys, state, lam, alpha, beta: (
                damped(start, keys, lam, alpha) + beta * (start - previous) - solution(keys, state, lam)
            ),
        ),
        Mutant(
            "α times a product instead of the residual",
            lhs=lambda start, previous, keys, state, lam, alpha, beta: (
                damped(start, keys, lam, alpha)
                + alpha * damped(state, keys, lam, alpha)
                + beta * (start - previous)
                - solution(keys, state, lam)
            ),
        ),
    ),
)

sourceless = Claim(
    "recursion-without-source-keeps-the-solution",
    title="The recursion without its source term has A⁻¹s as its fixed point",
    given={name: SOLVER[name] for name in ("keys", "state", "lam", "alpha")},
    lhs=lambda keys, state, lam, alpha: damped(solution(keys, state, lam), keys, lam, alpha),
    rhs=solution,
    source=Source("original", "the recursion of arXiv:2309.05858 as it stands in the extracted text"),
    about="x ← x − αAx, with momentum or without: nothing in it knows of s once it runs.",
    stops="False: its only fixed point is 0, wherever A is invertible and α ≠ 0.",
    expected=Verdict.REFUTED,
    repair="richardson-iteration-error-eq-damped-start-error",
)


def residual_bound(keys: Array, state: Array, start: Array, lam: Array) -> Array:
    """λ²|s − Ax|².  … -> []"""
    residual = state - operator(keys, lam) @ start
    return lam**2 * dot(residual, residual)


def squared_error(keys: Array, state: Array, start: Array, lam: Array) -> Array:
    """|x − A⁻¹s|².  … -> []"""
    error = start - solution(keys, state, lam)
    return dot(error, error)


def residual_gap(keys: Array, state: Array, start: Array, lam: Array) -> Array:
    """λ²|KᵀKe|² + 2λ|Ke|² for the error e.  … -> []"""
    error = start - solution(keys, state, lam)
    through = keys @ error
    twice = keys.T @ through
    return lam**2 * dot(twice, twice) + 2 * lam * dot(through, through)


a_posteriori = Claim(
    "mesa-iterate-error-at-most-scaled-residual",
    title="An iterate is no further from the solution than λ times its residual is long",
    given={name: SOLVER[name] for name in ("keys", "state", "start", "lam")},
    lhs=squared_error,
    at_most=residual_bound,
    gap=residual_gap,
    source=Source("original", "an a-posteriori bound for the iterations of arXiv:2309.05858"),
    about="A certificate that needs no eigenvalues: A is at least I/λ, so A⁻¹ is at most λ.",
    stops="It is attained where the error is orthogonal to every key.",
    mutants=(
        Mutant(
            "half the bound",
            rhs=lambda keys, state, start, lam: residual_bound(keys, state, start, lam) / 2,
        ),
        Mutant(
            "without the factor λ²",
            rhs=lambda keys, state, start, lam: residual_bound(keys, state, start, lam) / lam**2,
        ),
        Mutant(
            "1/λ for λ",
            rhs=lambda keys, state, start, lam: residual_bound(keys, state, start, lam) / lam**4,
        ),
    ),
)
