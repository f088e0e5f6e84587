from collections.abc import Iterator
from fractions import Fraction

import pytest

from equivalences import (
    Array,
    Claim,
    FeatureMap,
    activation,
    append,
    block,
    causal,
    concat,
    cos,
    cumsum,
    dot,
    each,
    einsum,
    exp,
    feature_map,
    gradient,
    identity,
    index,
    inverse,
    jacobian,
    log,
    logsumexp,
    mask,
    ones,
    outer,
    positive,
    positive_definite,
    real,
    relu,
    scan,
    sigmoid,
    sin,
    size,
    softmax,
    softplus,
    solve,
    sqrt,
    stop_gradient,
    symmetric,
    tanh,
    trace,
    transpose,
    unknown,
    zeros,
)
from equivalences.language.arguments import make
from equivalences.language.claim import Equation, Minimum
from equivalences.language.domain import Domain
from equivalences.language.tracing import trace as trace_claim
from equivalences.report.allowed import check_allowed
from equivalences.report.latex import Writer
from equivalences.report.layout import broken, definition
from equivalences.report.names import Names
from equivalences.report.statement import state

GIVEN: dict[str, Domain] = {
    "a": real(),
    "eta": positive(),
    "x": real("d"),
    "y": real("d"),
    "z": real("n"),
    "A": real("n d"),
    "B": real("n d"),
    "M": real("d d"),
    "N": real("n n"),
    "H": real("h n d"),
    "G": real("h n d"),
    "m": mask("n n"),
    "t": index("n"),
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "sigma": activation(),
    "f": unknown("n d, d -> d"),
}
V = {name: make(name, domain) for name, domain in GIVEN.items()}
a, eta, x, y, z, A, B, M, N, H, G, m, t, phi, sigma, f = V.values()
half = Fraction(1, 2)


def written(array: Array) -> tuple[str, list[str], list[str]]:
    writer = Writer(Names(tuple(GIVEN), ("d", "n", "h", "f", "T")))
    formula = writer.formula(array.term)
    assert check_allowed(formula.latex) is None
    return formula.latex, [definition(d) for d in writer.definitions], writer.notes


OPS = {
    "sum": (x + y - x, "x + y - x"),
    "difference of a sum": (x - (y + x), "x - (y + x)"),
    "sum of a negative": (x + -y, "x - y"),
    "scalar": (x * eta, "\\eta x"),
    "scalar beside an array": (1 - z, "\\mathbf{1}_{n} - z"),
    "constants": (Fraction(3, 2) * a, "\\frac{3}{2} a"),
    "numbers side by side": (a * 2 * 3, "a \\cdot 2 \\cdot 3"),
    "entrywise": ((x + y) * x, "(x + y) \\odot x"),
    "fraction": (-dot(x, y) / (eta * a), "-\\frac{\\langle x,\\, y \\rangle}{\\eta a}"),
    "half": (half / eta * a, "\\frac{1}{2 \\eta} a"),
    "power": (a**2, "a^{2}"),
    "power of a sum": ((a + eta) ** 2, "(a + \\eta)^{2}"),
    "power of entries": (x**2, "x^{\\odot 2}"),
    "negative": (-(x + y), "-(x + y)"),
    "matrix and vector": (M @ x, "M x"),
    "vector and matrix": (x @ M, "M^\\top x"),
    "vector and transpose": (x @ M.T, "M x"),
    "inner": (x @ y, "x^\\top y"),
    "quadratic form": (x @ M @ x, "x^\\top M x"),
    "inner product as a factor": ((x @ y) * x, "(x^\\top y) \\, x"),
    "scalars go first": (A @ (eta * x), "\\eta A x"),
    "sum as a factor": ((A + B) @ x, "(A + B) \\, x"),
    "transpose of a product": ((A @ M).T, "(A M)^\\top"),
    "inverse": (inverse(M + identity("d")), "(M + I_{d})^{-1}"),
    "solve": (solve(M, x), "M^{-1} x"),
    "dot": (dot(A, B), "\\langle A,\\, B \\rangle"),
    "norm": (dot(A, A), "\\lVert A \\rVert_{F}^{2}"),
    "norm of a vector": (dot(x - y, x - y), "\\lVert x - y \\rVert^{2}"),
    "outer": (outer(x, y), "x y^\\top"),
    "outer of products": (outer(M @ x, x @ M), "M x x^\\top M"),
    "trace": (trace(M @ M), "\\mathrm{tr}(M M)"),
    "matrix product by name": (einsum(A, B, "n d, m d -> n m"), "A B^\\top"),
    "diagonal": (einsum(M, "d d -> d"), "\\left[\\, M_{ii} \\,\\right]_{i=1}^{d}"),
    "ones": (ones("n d"), "\\mathbf{1}_{n \\times d}"),
    "zeros": (zeros("n d"), "0"),
    "size": (size("n") * a, "n a"),
    "total": (z.sum(), "\\sum_{i=1}^{n} z_{i}"),
    "total of products": (exp(A @ x).sum(), "\\sum_{i=1}^{n} \\exp(A_{i}^\\top x)"),
    "row sums": (A.sum(1), "A \\mathbf{1}_{d}"),
    "column sums": (A.sum(0), "A^\\top \\mathbf{1}_{n}"),
    "sum over heads": ((H @ transpose(G)).sum("h"), "\\sum_{i=1}^{h} H_{i} G_{i}^\\top"),
    "series in a sum": (z.sum() + a, "\\left(\\sum_{i=1}^{n} z_{i}\\right) + a"),
    "series at the end": (a - z.sum(), "a - \\sum_{i=1}^{n} z_{i}"),
    "scaled rows": (z[:, None] * A, "\\mathrm{diag}(z) \\, A"),
    "scaled columns": (A / x[None, :], "A \\, \\mathrm{diag}(x)^{-1}"),
    "repeated row": (A - x[None, :], "A - \\mathbf{1}_{n} x^\\top"),
    "column times row": (z[:, None] @ x[None, :], "z x^\\top"),
    "token": (A[t], "A_{t}"),
    "token of a product": ((A @ M)[t], "(A M)_{t}"),
    "softmax": (softmax(A @ x), "\\mathrm{softmax}(A x)"),
    "softmax by columns": (softmax(A, axis=0), "\\mathrm{softmax}_{\\text{axis } 1}(A)"),
    "masked softmax": (softmax(N, where=causal("n")), "\\mathrm{softmax}_{C_{\\le}}(N)"),
    "own mask": (softmax(N, where=m), "\\mathrm{softmax}_{m}(N)"),
    "strict mask": (causal("n", strict=True) * N, "C_{<} \\odot N"),
    "mask times product": ((causal("n") * (A @ B.T)) @ A, "(C_{\\le} \\odot (A B^\\top)) \\, A"),
    "logsumexp": (logsumexp(x), "\\mathrm{logsumexp}(x)"),
    "cumsum": (cumsum(A), "\\mathrm{cumsum}(A)"),
    "functions": (exp(a) + log(eta), "\\exp(a) + \\log(\\eta)"),
    "upright functions": (relu(x) + sigmoid(y), "\\mathrm{relu}(x) + \\mathrm{sigmoid}(y)"),
    "more functions": (tanh(a) + sin(a) + cos(a), "\\tanh(a) + \\sin(a) + \\cos(a)"),
    "softplus of a fraction": (softplus(a / eta), "\\mathrm{softplus}\\left(\\frac{a}{\\eta}\\right)"),
    "root": (sqrt(dot(x, y)), "\\sqrt{\\langle x,\\, y \\rangle}"),
    "squares": (dot(x, y) * dot(x, y), "\\langle x,\\, y \\rangle^{2}"),
    "squares of entries": ((x + y) * (x + y), "(x + y)^{\\odot 2}"),
    "difference of a negative": (x - -y, "x + y"),
    "sum that begins with a minus": (a + (-eta + a), "a - \\eta + a"),
    "negative of a negative": (-(-1 * x), "x"),
    "transpose of a negative": ((-A).T @ z, "-A^\\top z"),
    "quotient by a negative": (a / -eta, "-\\frac{a}{\\eta}"),
    "zero as a summand": (zeros("d") + x - zeros("d"), "x"),
    "difference from zero": (zeros("d") - x, "-x"),
    "zero as a factor": (A @ (0 * M) @ x + z, "z"),
    "zeros in a vector": (
        concat(x, zeros("n"), zeros("1+1")),
        "\\begin{pmatrix} x \\\\ \\mathbf{0}_{n} \\\\ \\mathbf{0}_{2} \\end{pmatrix}",
    ),
    "one number as a vector": (a * ones("1"), "a"),
    "ones of a sum of sizes": (ones("n d+d"), "\\mathbf{1}_{n \\times (d + d)}"),
    "sum over an axis of size 1": (concat(z[:, None], axis=1).sum(), "\\sum_{i=1}^{n} z_{i}"),
    "power of a squared norm": (dot(x, x) ** 2, "\\lVert x \\rVert^{4}"),
    "tall norm": (dot(x / a, x / a), "\\left\\lVert \\frac{x}{a} \\right\\rVert^{2}"),
    "tall inner product": (dot(x / a, y), "\\left\\langle \\frac{x}{a},\\, y \\right\\rangle"),
    "root of a squared norm": (sqrt(dot(x, x)), "\\lVert x \\rVert"),
    "root of a squared norm of a matrix": (sqrt(dot(A, A)), "\\lVert A \\rVert_{F}"),
    "feature map": (phi(A) @ phi(x), "\\varphi(A) \\, \\varphi(x)"),
    "activation": (sigma(A @ x), "\\sigma(A x)"),
    "unknown function": (f(A, x), "f(A, x)"),
    "stop": (stop_gradient(A) @ x, "\\mathrm{sg}(A) \\, x"),
    "stacked": (concat(A, B), "\\begin{pmatrix} A \\\\ B \\end{pmatrix}"),
    "side by side": (concat(A, N, axis=1), "\\begin{pmatrix} A & N \\end{pmatrix}"),
    "one more row": (append(A, x), "\\begin{pmatrix} A \\\\ x^\\top \\end{pmatrix}"),
    "blocks": (block([[N, A], [A.T, M]]), "\\begin{pmatrix} N & A \\\\ A^\\top & M \\end{pmatrix}"),
    "each": (each(lambda r: M @ r, A), "\\left[\\, M A_{i} \\,\\right]_{i=1}^{n}"),
}


@pytest.mark.parametrize("name", OPS)
def test_op(name: str) -> None:
    array, latex = OPS[name]
    assert written(array)[0] == latex


def test_gradient_names_its_loss() -> None:
    def loss(W: Array) -> Array:
        return half * dot(B - A @ W, B - A @ W)

    latex, (loss_definition,), _ = written(M - eta * gradient(loss)(M))
    assert latex == "M - \\eta \\, \\nabla L(M)"
    assert loss_definition == "L(W) = \\frac{1}{2} \\, \\lVert B - A W \\rVert_{F}^{2}"


def test_one_loss_has_one_name() -> None:
    def loss(W: Array) -> Array:
        return dot(W, W @ M)

    step = M - gradient(loss)(M)
    latex, definitions, _ = written(step - gradient(loss)(step))
    assert latex == "M - \\nabla L(M) - \\nabla L(M - \\nabla L(M))"
    assert len(definitions) == 1


def test_bound_variable_differs_from_a_captured_one() -> None:
    _, (loss_definition,), _ = written(gradient(lambda x: dot(x, V["x"]))(y))
    assert loss_definition == "L(x') = \\langle x',\\, x \\rangle"


def test_gradient_in_a_gradient() -> None:
    inner = gradient(lambda W: dot(W, W @ M))
    latex, definitions, _ = written(gradient(lambda W: dot(inner(W), M))(M))
    assert latex == "\\nabla L(M)"
    assert definitions == [
        "\\ell(W) = \\langle W,\\, W M \\rangle",
        "L(W) = \\langle \\nabla \\ell(W),\\, M \\rangle",
    ]


def test_inner_loss_that_uses_the_outer_variable_has_it_as_an_argument() -> None:
    outer_loss = lambda W: dot(gradient(lambda U: dot(U, U @ W))(M), M)  # noqa: E731
    latex, definitions, _ = written(gradient(outer_loss)(M))
    assert latex == "\\nabla L(M)"
    assert definitions[0] == "\\ell(U;\\, W) = \\langle U,\\, U W \\rangle"
    assert definitions[1] == "L(W) = \\langle \\nabla_{U} \\ell(M;\\, W),\\, M \\rangle"


def test_jacobian() -> None:
    latex, definitions, _ = written(jacobian(lambda u: M @ u)(x))
    assert (latex, definitions) == ("\\mathrm{D} F(x)", ["F(u) = M u"])


def test_loss_of_a_row_has_its_index() -> None:
    latex, definitions, _ = written(each(lambda r: gradient(lambda w: dot(w, r))(x), A))
    assert latex == "\\left[\\, \\nabla L_{i}(x) \\,\\right]_{i=1}^{n}"
    assert definitions == ["L_{i}(w) = \\langle w,\\, A_{i} \\rangle"]


def test_scan_is_a_recurrence() -> None:
    latex, (recurrence,), _ = written(scan(lambda S, k, v: S + outer(v, k), zeros("d d"), (A, B)) @ x)
    assert latex == "S_{n} x"
    assert recurrence == (
        "\\begin{aligned}\nS_{0} &= 0 \\\\\n"
        "S_{t'} &= S_{t'-1} + B_{t'} A_{t'}^\\top \\qquad (t' = 1, \\dots, n)\n\\end{aligned}"
    ).replace("t'", "s")


def test_reads_are_stacked() -> None:
    step, read = (lambda S, k: S + outer(k, k)), (lambda S, k: S @ k)
    latex, _, notes = written(scan(step, M, A, read=read))
    assert latex == "\\left[\\, S_{s} A_{s} \\,\\right]_{s=1}^{n}"
    assert "stack" in notes


def test_recurrence_without_data() -> None:
    latex, (recurrence,), _ = written(scan(lambda S: S @ M, M, length="T"))
    assert latex == "S_{T}"
    assert "(s = 1, \\dots, T)" in recurrence


def test_two_states_have_two_letters() -> None:
    S, u = scan(lambda s, k: (s[0] + outer(k, k), s[1] + k), (zeros("d d"), zeros("d")), A)
    latex, definitions, _ = written(S @ u)
    assert latex == "S_{n} s_{n}"
    assert len(definitions) == 1


def test_long_shared_parts_are_named() -> None:
    Z = exp(A @ x).sum() + exp(B @ y).sum() + exp(A @ y).sum()
    latex, (total,), _ = written(Z / (1 + Z))
    assert latex == "\\frac{c_{1}}{1 + c_{1}}"
    assert total.startswith("c_{1} = ")
    assert written((x + y) @ (x + y))[1] == []


def test_the_index_of_a_sum_is_no_variable_of_the_claim() -> None:
    given = {"i": real("n"), "j": real("n")}
    arrays = {name: make(name, domain) for name, domain in given.items()}
    writer = Writer(Names(tuple(given), ("n",)))
    assert writer.formula((arrays["i"] * arrays["j"]).sum().term).latex == "\\sum_{k=1}^{n} i_{k} j_{k}"


@pytest.mark.parametrize(
    ("name", "latex"),
    {
        "W0": "W_{0}",
        "eta": "\\eta",
        "lam": "\\lambda",
        "phi": "\\varphi",
        "keys": "K",
        "slope": "\\mathrm{slope}",
        "d_k": "d_{k}",
        "W_out": "W_{\\mathrm{out}}",
        "test_keys": "K_{\\mathrm{test}}",
        "my_slope": "\\mathrm{my\\_slope}",
        "theta_1": "\\theta_{1}",
        "B'": "B'",
        "η": "\\eta",
        "x12": "x_{12}",
    }.items(),
)
def test_symbol(name: str, latex: str) -> None:
    assert Names((name,), ()).variables[name] == latex


def test_no_two_names_have_one_symbol() -> None:
    names = Names(("W0", "W_0", "v", "lam", "lambda"), ("v", "d"))
    symbols = [*names.variables.values(), *names.parts.values()]
    assert len(set(symbols)) == len(symbols)
    assert names.size("v+1") == "d_{v} + 1"


def section_five() -> Claim:
    def attention(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array) -> Array:
        return W0 @ phi(query) + softmax(keys @ query) @ values

    def loss(W: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
        return -dot(values, phi(keys) @ W.T) / (eta * exp(keys @ query).sum())

    def step(W0: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
        return (W0 - eta * gradient(loss)(W0, phi, keys, values, query, eta)) @ phi(query)

    return Claim(
        "softmax-attention-is-a-step",
        title="Softmax attention is one gradient-descent step",
        given={
            "W0": real("v f"),
            "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
            "keys": real("n d"),
            "values": real("n v"),
            "query": real("d"),
            "eta": positive(),
        },
        lhs=attention,
        rhs=step,
    )


def test_a_whole_statement() -> None:
    statement = state(trace_claim(section_five()))
    assert statement.latex == (
        "W_{0} \\, \\varphi(q) + V^\\top \\, \\mathrm{softmax}(K q) = "
        "(W_{0} - \\eta \\, \\nabla L(W_{0})) \\, \\varphi(q)"
    )
    assert statement.definitions == (
        "L(W) = -\\frac{\\langle V,\\, \\varphi(K) \\, W^\\top \\rangle}"
        "{\\eta \\, \\sum_{i=1}^{n} \\exp(K_{i}^\\top q)}",
    )
    assert [g.lives for g in statement.given] == [
        "W_{0} \\in \\mathbb{R}^{v \\times f}",
        "\\varphi : \\mathbb{R}^{d} \\to \\mathbb{R}^{f},\\ "
        "\\langle \\varphi(x),\\, \\varphi(y) \\rangle = \\exp(\\langle x,\\, y \\rangle)",
        "K \\in \\mathbb{R}^{n \\times d}",
        "V \\in \\mathbb{R}^{n \\times v}",
        "q \\in \\mathbb{R}^{d}",
        "\\eta > 0",
    ]


def test_domains() -> None:
    given: dict[str, Domain] = {
        "m": mask("n n"),
        "S": symmetric("d"),
        "P": positive_definite("d"),
        "g": positive("n"),
        "t": index("n"),
    }
    claim = Claim("c", title="", given=given, lhs=lambda S: S, rhs=lambda P: P)
    assert [g.lives for g in state(trace_claim(claim)).given] == [
        "m \\in \\{0, 1\\}^{n \\times n}",
        "S = S^\\top \\in \\mathbb{R}^{d \\times d}",
        "P = P^\\top \\in \\mathbb{R}^{d \\times d},\\ P \\succ 0",
        "g \\in \\mathbb{R}_{>0}^{n}",
        "t \\in \\{1, \\dots, n\\}",
    ]


def test_independence_states_one_side() -> None:
    claim = Claim(
        "c", title="", given={"B": real("d"), "x": real("d")}, lhs=lambda x, B: x + B, independent_of=("B",)
    )
    statement = state(trace_claim(claim))
    assert (statement.latex, statement.independent_of) == ("x + B", ("B",))
    assert [g.name for g in statement.given] == ["B", "x"]


def test_minimum_shows_the_gap() -> None:
    claim = Claim(
        "c",
        title="",
        given={"V": real("d"), "lam": positive()},
        lhs=lambda V: V,
        minimises=Minimum(loss=lambda W, V: dot(W - V, W - V), gap=lambda h: dot(h, h)),
    )
    statement = state(trace_claim(claim))
    assert statement.latex == (
        "\\begin{aligned}\n\\hat{W} &= V \\\\\n"
        "L(W) &= L(\\hat{W}) + \\lVert W - \\hat{W} \\rVert^{2} \\\\\n&\\ge L(\\hat{W})\n\\end{aligned}"
    )
    assert statement.definitions == ("L(W) = \\lVert W - V \\rVert^{2}",)


def test_hypotheses_and_waypoints() -> None:
    def derivation(x: Array, y: Array) -> Iterator[tuple[Array, str]]:
        yield y + x, "the right side"
        yield x + y, "addition commutes"

    claim = Claim(
        "c",
        title="",
        given={"x": real("d"), "y": real("d")},
        lhs=lambda x, y: x + y,
        rhs=lambda x, y: y + x,
        assume=(Equation(lambda x: x, lambda y: 2 * y),),
        realise={"x": lambda y: 2 * y},
        derivation=derivation,
    )
    statement = state(trace_claim(claim))
    assert statement.hypotheses == ("x = 2 y",)
    assert statement.realised == ("x = 2 y",)
    assert statement.steps == (("y + x", "the right side"), ("x + y", "addition commutes"))


def test_long_statements_are_broken_at_their_sums() -> None:
    claim = Claim(
        "c",
        title="",
        given={name: real("n d") for name in ("first", "second", "third", "fourth", "fifth", "sixth")},
        lhs=lambda first, second, third, fourth, fifth, sixth: first + second + third - fourth + fifth + sixth,
        rhs=lambda sixth, fifth, fourth, third, second, first: sixth + fifth - fourth + third + second + first,
    )
    latex = state(trace_claim(claim)).latex
    assert latex.startswith("\\begin{aligned}\n&\\mathrm{first}")
    assert latex.count("\\\\\n") == 1
    assert check_allowed(latex) is None


def test_formulas_of_others_are_broken_outside_brackets_only() -> None:
    short = "\\left(a - b\\right) + c"
    assert broken(short) == short
    summand = "\\left(x_{i-1} - \\frac{a - b}{c}\\right) \\mathrm{one} \\mathrm{two}"
    latex = broken(" + ".join([summand] * 8) + " = 0")
    assert latex.startswith(
        "\\begin{aligned}\n&\\left(x_{i-1} - \\frac{a - b}{c}\\right) \\, \\mathrm{one} \\, "
    )
    assert latex.count("\\\\\n") >= 2
    assert latex.endswith("= 0\n\\end{aligned}")
    assert all(line.count("\\left") == line.count("\\right") for line in latex.split("\n"))
    assert check_allowed(latex) is None


@pytest.mark.parametrize(
    "latex",
    [
        "\\operatorname{f}(x)",
        "\\href{javascript:x}{y}",
        "\\def\\x{y}",
        "\\mbox{x}",
        "\\begin{split} a \\end{split}",
        "\\begin{aligned} a",
        "{x",
        "x}",
        "}{",
        "a`b",
        "a$b",
        "|x|",
        "a % b",
        "é",
        "\\left( x",
        "a\n\nb",
        "\\begin aligned",
        "a\u202eb",
    ],
)
def test_outside_the_allow_list(latex: str) -> None:
    assert check_allowed(latex)


@pytest.mark.parametrize(
    "latex",
    ["\\{0, 1\\}", "a \\% b", "\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}", "x_i^{2}", "a < b > c"],
)
def test_inside_the_allow_list(latex: str) -> None:
    assert check_allowed(latex) is None
