"""Updating the memory is an affine map, and what it forgets is gone.

The contracted signal is sampled at k positions, the samples and l new tokens are fitted together. The new
coefficients are M B + GᵀX with matrices of positions only: two memories that receive the same tokens come
together by powers of M, and tokens that the fit cannot see are lost at once.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Equation,
    Mutant,
    Source,
    Verdict,
    concat,
    dot,
    identity,
    outer,
    positive,
    real,
    scan,
    solve,
    zeros,
)

PAPER = "arXiv:2109.00301"
POSITIONS: dict[str, Domain] = {
    "read": real("m k"),
    "past": real("m k"),
    "new": real("m l"),
    "lam": positive(),
}
UPDATE: dict[str, Domain] = {**POSITIONS, "B": real("m e"), "X": real("l e")}
MANY: dict[str, Domain] = {**POSITIONS, "B": real("m e"), "other": real("m e"), "Xs": real("T l e")}
UNSEEN: dict[str, Domain] = {
    "basis": real("m n"),
    "F": real("m n"),
    "X": real("n e"),
    "z": real("n"),
    "w": real("e"),
    "lam": positive(),
}


def fit(F: Array, X: Array, lam: Array) -> Array:
    """The ridge fit.  [m n], [n e], [] -> [m e]"""
    return solve(F @ F.T + lam * identity("m"), F @ X)


def update(B: Array, X: Array, read: Array, past: Array, new: Array, lam: Array) -> Array:
    """Read the signal, put the samples beside the new tokens, and fit.  … -> [m e]"""
    return fit(concat(past, new, axis=1), concat(read.T @ B, X), lam)


def affine(B: Array, X: Array, read: Array, past: Array, new: Array, lam: Array) -> Array:
    """A linear map of the memory and one of the tokens.  … -> [m e]"""
    both = past @ past.T + new @ new.T + lam * identity("m")
    return solve(both, past @ read.T) @ B + solve(both, new @ X)


one_update = Claim(
    "memory-update-is-affine",
    title="One update of the memory is an affine map of its coefficients",
    given=UPDATE,
    lhs=update,
    rhs=affine,
    source=Source(PAPER, "updating the memory"),
    about=(
        "The basis is read at the uncontracted positions and fitted at the contracted ones. The matrix M in "
        "front of B depends on positions only."
    ),
    stops="With sticky memories the positions that are read depend on the attention, and so on the queries.",
    mutants=(
        Mutant(
            "the two fitted apart",
            rhs=lambda B, X, read, past, new, lam: fit(past, read.T @ B, lam) + fit(new, X, lam),
        ),
        Mutant(
            "read at the contracted positions",
            lhs=lambda B, X, past, new, lam: update(B, X, past, past, new, lam),
        ),
        Mutant(
            "the old memory kept",
            rhs=lambda B, X, read, past, new, lam: B + affine(B, X, read, past, new, lam),
        ),
    ),
)


def difference_after(
    B: Array, other: Array, Xs: Array, read: Array, past: Array, new: Array, lam: Array
) -> Array:
    """How much two memories differ after the same T updates.  … -> [m e]"""
    both = scan(
        lambda state, X: (
            update(state[0], X, read, past, new, lam),
            update(state[1], X, read, past, new, lam),
        ),
        (B, other),
        Xs,
    )
    return both[0] - both[1]


def power_of(B: Array, other: Array, read: Array, past: Array, new: Array, lam: Array) -> Array:
    """M applied T times to the difference at the start.  … -> [m e]"""
    both = past @ past.T + new @ new.T + lam * identity("m")
    return scan(lambda D: solve(both, past @ (read.T @ D)), B - other, length="T")


forgetting = Claim(
    "memories-of-same-tokens-differ-by-power",
    title="Two memories that receive the same tokens differ by a power of the update's matrix",
    given=MANY,
    lhs=power_of,
    rhs=difference_after,
    state=lambda first, second: first - second,
    source=Source("original", "repeated updates of the memory of arXiv:2109.00301"),
    about=(
        "What was in the memory at the start enters after T updates through M's T-th power. Where all of M's "
        "eigenvalues have absolute values below 1, it is forgotten at a geometric rate: the horizon is finite."
    ),
    stops="The positions are the same at every update. It says nothing about how large M's eigenvalues are.",
    mutants=(
        Mutant("nothing forgotten", lhs=lambda B, other: scan(lambda D: D, B - other, length="T")),
        Mutant(
            "read at the contracted positions",
            lhs=lambda B, other, past, new, lam: power_of(B, other, past, past, new, lam),
        ),
        Mutant(
            "no new positions in the fit",
            lhs=lambda B, other, read, past, lam: scan(
                lambda D: fit(past, read.T @ D, lam), B - other, length="T"
            ),
        ),
    ),
)


def blind_to(basis: Array, z: Array) -> Array:
    """A basis without what it sees of z.  [m n], [n] -> [m n]"""
    return basis - outer(basis @ z, z) / dot(z, z)


unseen = Claim(
    "memory-forgets-what-its-basis-cannot-see",
    title="Tokens that differ where the basis cannot see are stored alike",
    given=UNSEEN,
    assume=(Equation(lambda F, z: F @ z, lambda: zeros("m")),),
    realise={"F": blind_to},
    lhs=lambda F, X, z, w, lam: fit(F, X + outer(z, w), lam),
    rhs=fit,
    source=Source("original", "the kernel of the fit of arXiv:2109.00301"),
    about=(
        "F z = 0 has a solution z ≠ 0 whenever there are more tokens than basis functions: longer contexts "
        "cannot all be told apart, whatever λ and the basis."
    ),
    stops=(
        "For fewer tokens than basis functions F may have no kernel, and every token counts. What is called a "
        "basis here only serves to make an F with F z = 0."
    ),
    mutants=(
        Mutant(
            "another pattern", given={"u": real("n")}, lhs=lambda F, X, u, w, lam: fit(F, X + outer(u, w), lam)
        ),
        Mutant("twice the tokens", lhs=lambda F, X, z, w, lam: fit(F, 2 * X + outer(z, w), lam)),
        Mutant("no ridge in the product", lhs=lambda F, X, z, w: F @ (X + outer(z, w))),
    ),
)


def memory_of_two(f: Array, g: Array, x: Array, y: Array, lam: Array) -> Array:
    """One basis function, of values f and g at the tokens x and y.  [], [], [e], [e], [] -> [e]"""
    return (f * x + g * y) / (f**2 + g**2 + lam)


distinguishes = Claim(
    "memories-of-different-contexts-differ",
    title="Contexts with the same memory are the same",
    given={
        "f": positive(),
        "g": positive(),
        "x": real("e"),
        "y": real("e"),
        "x2": real("e"),
        "y2": real("e"),
        "w": real("e"),
        "lam": positive(),
    },
    assume=(Equation(memory_of_two, lambda f, g, x2, y2, lam: memory_of_two(f, g, x2, y2, lam)),),
    realise={"x2": lambda g, x, w: x + g * w, "y2": lambda f, y, w: y - f * w},
    lhs=lambda x: x,
    rhs=lambda x2: x2,
    source=Source("original", "a memory of unbounded contexts, for arXiv:2109.00301"),
    about="What a memory that loses nothing would satisfy: here for one basis function and two tokens.",
    stops=(
        "False already there. It is true where the columns of F are independent, which needs at least as many "
        "basis functions as tokens."
    ),
    expected=Verdict.REFUTED,
    repair="memory-forgets-what-its-basis-cannot-see",
)
