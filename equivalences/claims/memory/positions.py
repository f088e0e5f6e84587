"""Where the tokens stand on the memory's interval matters as the places of the basis functions do.

A token may be put at the left edge, the middle or the right edge of its part of the interval. Moving all
tokens is moving all centres the other way; with fixed centres another convention is another memory.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    exp,
    identity,
    pi,
    positive,
    real,
    solve,
    sqrt,
)

GIVEN: dict[str, Domain] = {
    "t": real("n"),
    "X": real("n e"),
    "s": real(),
    "delta": real(),
    "centres": real("m"),
    "widths": positive("m"),
    "lam": positive(),
}


def basis(t: Array, centres: Array, widths: Array) -> Array:
    """The basis functions at every position.  [n], [m], [m] -> [m n]"""
    away = (t[None, :] - centres[:, None]) / widths[:, None]
    return exp(-(away**2) / 2) / (sqrt(2 * pi()) * widths[:, None])


def at(s: Array, centres: Array, widths: Array) -> Array:
    """The basis functions at one position.  [], [m], [m] -> [m]"""
    return exp(-(((s - centres) / widths) ** 2) / 2) / (sqrt(2 * pi()) * widths)


def signal(t: Array, X: Array, s: Array, centres: Array, widths: Array, lam: Array) -> Array:
    """The signal fitted to tokens at t, read at s.  … -> [e]"""
    F = basis(t, centres, widths)
    return X.T @ solve(F.T @ F + lam * identity("n"), F.T @ at(s, centres, widths))


def moved_tokens(
    t: Array, X: Array, s: Array, delta: Array, centres: Array, widths: Array, lam: Array
) -> Array:
    """Tokens that stand earlier, read at s.  … -> [e]"""
    F = basis(t - delta, centres, widths)
    return (solve(F @ F.T + lam * identity("m"), F @ X)).T @ at(s, centres, widths)


translation = Claim(
    "memory-of-moved-tokens-eq-moved-basis",
    title="A memory of moved tokens is that of a basis moved the other way",
    given=GIVEN,
    lhs=moved_tokens,
    rhs=lambda t, X, s, delta, centres, widths, lam: signal(t, X, s + delta, centres + delta, widths, lam),
    source=Source("original", "conventions of positions for the signal of arXiv:2109.00301"),
    about=(
        "Between the middle and the right edge of a token's part of the interval, δ is 1/(2L). The right side "
        "is read at the moved position, and with its inverse on the side of the tokens."
    ),
    stops="The centres move: with the same centres, see memory-of-midpoints-eq-memory-of-right-edges.",
    mutants=(
        Mutant(
            "the centres kept",
            rhs=lambda t, X, s, delta, centres, widths, lam: signal(t, X, s + delta, centres, widths, lam),
        ),
        Mutant(
            "the reading position kept",
            rhs=lambda t, X, s, delta, centres, widths, lam: signal(t, X, s, centres + delta, widths, lam),
        ),
        Mutant(
            "the same way",
            rhs=lambda t, X, s, delta, centres, widths, lam: signal(
                t, X, s - delta, centres - delta, widths, lam
            ),
        ),
    ),
)

conventions = Claim(
    "memory-of-midpoints-eq-memory-of-right-edges",
    title="It does not matter whether tokens stand at the middle or at the right edge of their part",
    given=GIVEN,
    lhs=moved_tokens,
    rhs=signal,
    source=Source("original", "two conventions of positions in public code of arXiv:2109.00301"),
    about="The first fit and later updates may put tokens at different places of their parts of the interval.",
    stops="False for one token and one basis function: the centres stay where they are.",
    expected=Verdict.REFUTED,
    repair="memory-of-moved-tokens-eq-moved-basis",
)
