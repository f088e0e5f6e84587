"""Formulas: what is printed reads back as what it was printed from, and is in GitHub's subset."""

import contextlib
import re
from typing import Any

import pytest
from hypothesis import given, settings

from equivalences import (
    Array,
    Claim,
    FeatureMap,
    Function,
    causal,
    dot,
    exp,
    feature_map,
    gradient,
    identity,
    index,
    inverse,
    jacobian,
    outer,
    positive,
    real,
    scan,
    softmax,
    sqrt,
    tanh,
    unknown,
    zeros,
)
from equivalences.language.domain import Domain
from equivalences.language.symbols import symbols_of
from equivalences.language.tracing import trace
from equivalences.symbolic.certificate import statement_of
from equivalences.symbolic.derivation import LONGEST, conditions, derivation, hypotheses
from equivalences.symbolic.display.cursor import ReadingError
from equivalences.symbolic.display.notation import array_symbol, legend_of
from equivalences.symbolic.display.printing import latex, matrix_latex, read, read_matrix, sum_latex
from equivalences.symbolic.networks import algebra, atoms
from equivalences.symbolic.networks.algebra import SortError
from equivalences.symbolic.networks.network import Head, Index, Network
from equivalences.symbolic.search.proposals import propose

from .networks import sums

K = Head(kind="tensor", name="K", sorts=("n", "d"))
V = Head(kind="tensor", name="V", sorts=("n", "v"))
Q = Head(kind="tensor", name="q", sorts=("d",))
LAMBDA = Head(kind="tensor", name="lam", positive=True)
ROW, COLUMN, N, D, E = (
    Index("n", "#0"),
    Index("n", "#1"),
    Index("n", "?n"),
    Index("d", "?d"),
    Index("d", "?e"),
)

ALLOWED = re.compile(
    r"\\(frac|sum|sqrt|mathrm|mathbf|left|right|exp|log|tanh|sin|cos|le|ne|ge|in|top|odot|cdot|nabla|partial|mapsto|text"
    r"|delta|lambda|eta|varphi|,|_)(?![A-Za-z])"
)


def scores() -> Network:
    """Σ_d K[i, d] q[d]"""
    return algebra.bind(algebra.multiply(algebra.entry(K, ROW, D), algebra.entry(Q, D)), D)


@settings(max_examples=200, deadline=None)
@given(sums())
def test_random_networks_read_back(network: Network) -> None:
    legend = legend_of([network])
    text = sum_latex(network, legend)
    assert text is not None
    assert read(text, legend) == network
    matrix = matrix_latex(network, legend)
    if matrix is not None:
        free = tuple(sorted(network.free, key=lambda i: i.name))
        assert read_matrix(matrix, legend, free) == network


def test_matrix_notation() -> None:
    score = scores()
    assert latex(score) == "K q"
    softmax = algebra.multiply(atoms.exp(score), atoms.power(algebra.bind(atoms.exp(score), ROW), -1))
    assert latex(softmax) == r"\frac{\exp\left(K q\right)}{\mathbf{1}_{n}^{\top} \exp\left(K q\right)}"
    gram = algebra.bind(algebra.multiply(algebra.entry(K, ROW, D), algebra.entry(K, COLUMN, D)), D)
    assert latex(gram) == r"K K^{\top}"
    regular = gram + algebra.multiply(algebra.delta(ROW, COLUMN), atoms.power(algebra.entry(LAMBDA), -1))
    assert latex(atoms.inverse(regular, ROW, COLUMN)) == r"\left(\frac{I_{n}}{\lambda} + K K^{\top}\right)^{-1}"
    squares = algebra.bind(algebra.multiply(algebra.entry(K, N, D), algebra.entry(K, N, D)), N, D)
    assert latex(squares) == r"\mathrm{tr}\left(K K^{\top}\right)"
    masked = algebra.multiply(algebra.entry(algebra.causal_head("n"), ROW, COLUMN), gram)
    assert latex(masked) == r"\left(\mathrm{causal}_{n} \odot \left(K K^{\top}\right)\right)"


def test_index_notation_where_no_matrix_form_exists() -> None:
    # three indices meet in one entry
    third = Head(kind="tensor", name="T", sorts=("n", "d", "d"))
    network = algebra.bind(
        algebra.multiply(algebra.entry(third, ROW, D, E), algebra.entry(Q, D), algebra.entry(Q, E)), D, E
    )
    assert latex(network) == r"\sum_{j=1}^{d} \sum_{k=1}^{d} T_{i j k} q_{k} q_{j}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("K q", "q K"),
        ("K", "V"),
        (r"\mathbf{1}_{n}^{\top}", r"\mathbf{1}_{d}^{\top}"),
        ("exp", "log"),
        (r"\frac", ""),
    ],
)
def test_an_altered_formula_is_another_network_or_none(old: str, new: str) -> None:
    network = algebra.multiply(atoms.exp(scores()), atoms.power(algebra.bind(atoms.exp(scores()), ROW), -1))
    legend = legend_of([network, algebra.entry(V, N, Index("v", "?v"))])
    text = matrix_latex(network, legend)
    assert text is not None
    assert old in text
    with contextlib.suppress(ReadingError, SortError):
        assert read_matrix(text.replace(old, new, 1), legend, (ROW,)) != network


def test_an_altered_index_is_seen() -> None:
    network = scores()
    legend = legend_of([network])
    text = sum_latex(network, legend)
    assert text == r"\sum_{j=1}^{d} K_{i j} q_{j}"
    assert read(text.replace("q_{j}", "q_{j}^{2}"), legend) != network
    with pytest.raises((ReadingError, SortError)):
        read(text.replace("K_{i j}", "K_{j i}"), legend)
    with pytest.raises(ReadingError):
        read(text + " + ", legend)


def test_symbols() -> None:
    symbols = symbols_of(["W0", "beta", "keys"])
    assert array_symbol("W0", symbols) == "W_{0}"
    assert array_symbol("beta", symbols) == r"\beta"
    assert array_symbol("keys[!,]", symbols) == r"K^{\mathrm{new}}"


def test_symbols_are_never_shared() -> None:
    # "lam" and "lambda" would both be λ, and the size of the axis v is no vector v
    heads = [Head(kind="tensor", name=name) for name in ("lam", "lambda", "I")]
    heads.append(Head(kind="tensor", name="v", sorts=("v",)))
    legend = legend_of([algebra.entry(h, *(Index(s, "#0") for s in h.sorts)) for h in heads])
    symbols = [*legend.arrays.values(), *legend.sizes.values(), *legend.letters.values()]
    assert len(set(symbols)) == len(symbols)
    assert legend.sizes["v"] == "d_{v}"


def ridge(K: Array, V: Array, lam: Array) -> Array:
    """The ridge regression.  [n d], [n v], [] -> [v d]"""
    return V.T @ K @ inverse(K.T @ K + identity("d") / lam)


def loss(W: Array, phi: FeatureMap, keys: Array, V: Array, q: Array) -> Array:
    """Negative similarity over the normaliser.  … -> []"""
    return -dot(V, phi(keys) @ W.T) / exp(keys @ q).sum()


def layer(f: Function, x: Array, p: Array) -> Array:
    """The derivative of a squared unknown layer.  [d], [p] -> [d]"""
    return gradient(lambda x: dot(f(x, p), f(x, p)))(x)


CLAIMS: dict[str, dict[str, Any]] = {
    "push-through": {
        "lhs": lambda K, V, lam, q: ridge(K, V, lam) @ q,
        "rhs": lambda K, V, lam, q: V.T @ (inverse(K @ K.T + identity("n") / lam) @ (K @ q)),
    },
    "attention": {
        "lhs": lambda W, phi, K, V, q: W @ phi(q) + softmax(K @ q) @ V,
        "rhs": lambda W, phi, K, V, q: (W - gradient(loss)(W, phi, K, V, q)) @ phi(q),
    },
    "unknown": {
        "lhs": layer,
        "rhs": lambda f, x, p: 2 * f(x, p) @ jacobian(f)(x, p),
    },
    "induction": {
        "lhs": lambda K, V: scan(lambda S, k, v: S + outer(v, k), zeros("v d"), (K, V)),
        "rhs": lambda K, V: V.T @ K,
    },
    "token": {
        "lhs": lambda K, V, t: ((causal("n") * (K @ K.T)) @ V)[t],
        "rhs": lambda K, V, t: V.T @ (causal("n")[t] * (K @ K[t])),
    },
    "root": {
        "lhs": lambda q, lam: tanh(q / sqrt(lam)) / sqrt(1 + dot(q, q)),
        "rhs": lambda q, lam: tanh(sqrt(lam) * q / lam) * sqrt(1 + dot(q, q)) / (1 + dot(q, q)),
    },
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_proof_is_told_in_allowed_formulas(name: str) -> None:
    given: dict[str, Domain] = {
        "K": real("n d"), "V": real("n v"), "W": real("v f"), "q": real("d"), "x": real("d"), "p": real("p"),
        "lam": positive(), "t": index("n"), "f": unknown("d, p -> w"),
        "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    }  # fmt: skip
    comparison = trace(Claim("a-claim", title="A claim", given=given, **CLAIMS[name]))
    statement = statement_of(comparison)
    proofs = {goal.name: propose(goal) for goal in statement.goals}
    assert None not in proofs.values()
    found = {goal: proof for goal, proof in proofs.items() if proof is not None}
    steps = derivation(comparison, statement, found)
    assert steps
    for step in steps:
        assert step["reason"]
        assert len(step["latex"]) <= 3 * LONGEST
    for text in (*(s["latex"] for s in steps), *conditions(statement), *hypotheses(statement)):
        assert "\\" not in ALLOWED.sub("", text), text
        assert not set(text) & set("$|`#%~"), text
        assert text.isascii()
        assert text.count("{") == text.count("}")
        assert text.count("\\left") == text.count("\\right")


def test_conditions_are_said() -> None:
    claim = Claim(
        "a-claim",
        title="A claim",
        given={"K": real("n d")},
        lhs=lambda K: inverse(K.T @ K) / dot(K, K),
        rhs=lambda K: 0 * K.T @ K,
    )
    said = conditions(statement_of(trace(claim)))
    assert r"K^{\top} K \text{ is invertible}" in said
    assert any(text.endswith(r"\ne 0") for text in said)
