"""The modules against straightforward torch, forward and backward, as ratios within one run.

    python benchmarks/modules.py [--quick]

A ratio is the median time of the module over that of the plain code: below 1 the module is faster, and 1.5 is
what is asked for at most. Both are timed in turn, so that a machine's mood meets both. Single precision where
the mathematics allows it; the memory's fits and the Bayes predictors are in double.
"""

import sys
import time
from collections.abc import Callable, Iterable
from math import sqrt
from statistics import median

import torch
from torch import Tensor, nn

from equivalences.modules import (
    LCGD,
    CompressedAlgorithm,
    Dense,
    GaussianBasis,
    LongTermMemory,
    MemoryHead,
    Sparse,
    attention,
    continuous_sparsemax,
    fit_matrix,
    mesa_parallel,
    mesa_recurrent,
    mesa_recurrent_plain,
    negative_sample_attention,
    positions,
    random_feature_attention,
    regularised_attention,
    sim_aou,
)

F64 = torch.float64
SECONDS = 0.3 if "--quick" in sys.argv else 2.0
Call = Callable[[], object]


def ratio(module: Call, plain: Call) -> tuple[float, float, float]:
    """Median milliseconds of both, and their ratio."""
    times: tuple[list[float], list[float]] = ([], [])
    for call in (module, plain):
        call()
    start = time.perf_counter()
    while len(times[0]) < 5 or time.perf_counter() - start < SECONDS:
        for call, found in zip((module, plain), times, strict=True):
            before = time.perf_counter()
            call()
            found.append(time.perf_counter() - before)
    first, second = (1e3 * median(x) for x in times)
    return first, second, first / second


def trained(f: Callable[..., Tensor], *inputs: Tensor) -> Call:
    """A forward and a backward pass, by all inputs that want a gradient."""
    wanted = [x for x in inputs if x.requires_grad]

    def call() -> object:
        return torch.autograd.grad(f(*inputs).sum(), wanted)

    return call


def normal(*shape: int, dtype: torch.dtype = torch.float32, grad: bool = True) -> Tensor:
    return (torch.randn(*shape, dtype=dtype) / sqrt(shape[-1])).requires_grad_(grad)


def plain_attention(keys: Tensor, values: Tensor, queries: Tensor) -> Tensor:
    return torch.softmax(queries @ keys.mT, -1) @ values


def plain_random_features(keys: Tensor, values: Tensor, queries: Tensor, omega: Tensor) -> Tensor:
    k = torch.exp(keys @ omega.T - (keys**2).sum(-1, keepdim=True) / 2)
    q = torch.exp(queries @ omega.T - (queries**2).sum(-1, keepdim=True) / 2)
    return (q @ (k.mT @ values)) / (q @ k.sum(-2)[..., None])


def plain_mesa(keys: Tensor, values: Tensor, queries: Tensor, gamma: Tensor, lam: Tensor) -> Tensor:
    """One ridge regression a token, token by token, by a general solver."""
    T, d = keys.shape[-2:]
    P = torch.eye(d) / lam
    S = torch.zeros(values.shape[-1], d)
    outputs = []
    for t in range(T):
        k, v, g = keys[..., t, :], values[..., t, :], gamma[..., t, None, None]
        P = g * P + k[..., :, None] * k[..., None, :]
        S = g * S + v[..., :, None] * k[..., None, :]
        outputs.append((S @ torch.linalg.solve(P, queries[..., t, :, None]))[..., 0])
    return torch.stack(outputs, -2)


def plain_descent(layers: nn.Sequential, loss: nn.Module, rate: float) -> Callable[[Tensor, Tensor], None]:
    optimiser = torch.optim.SGD(layers.parameters(), lr=rate)

    def step(x: Tensor, y: Tensor) -> None:
        optimiser.zero_grad()
        total = torch.zeros(())
        for layer in layers:
            x = layer(x.detach())
            total = total + loss(x, y)
        total.backward()
        optimiser.step()

    return step


def plain_compressed(tokens: Tensor, forms: Tensor, values: Tensor) -> Tensor:
    """The same heads with their blocks written out by Kronecker products."""
    *_, c, s = tokens.shape
    x, eye = tokens.flatten(-2), torch.eye(s)
    for layer in range(len(forms)):
        total = x
        for h in range(forms.shape[1]):
            W, V = torch.kron(forms[layer, h], eye), torch.kron(values[layer, h], eye)
            total = total + torch.tril(x @ W.T @ x.mT) @ (x @ V.T)
        x = total
    result: Tensor = x.unflatten(-1, (c, s))
    return result


def plain_similarity(base: Tensor, icl: Tensor, ft: Tensor) -> Tensor:
    base, icl, ft = (nn.functional.normalize(x, dim=-1) for x in (base, icl, ft))
    cosines: Tensor = nn.functional.cosine_similarity(icl - base, ft - base, dim=-1)
    return cosines.mean()


def plain_dense(X: Tensor, y: Tensor, x: Tensor) -> Tensor:
    gram = X.mT @ X + 0.25 * torch.eye(X.shape[-1], dtype=F64)
    w: Tensor = torch.linalg.solve(gram, X.mT @ y[..., None])[..., 0]
    return (w * x).sum(-1)


def plain_sparse(X: Tensor, y: Tensor, x: Tensor, supports: Tensor) -> Tensor:
    """By general solutions and determinants; yᵀC⁻¹y as a difference, which cancels for little noise."""
    on, labels = X[..., supports].movedim(-2, -3), y[:, None, :, None]
    A, b = on.mT @ on + 0.25 * torch.eye(supports.shape[1], dtype=F64), on.mT @ labels
    w: Tensor = torch.linalg.solve(A, b)
    misfit = ((labels**2).sum((-2, -1)) - (b * w).sum((-2, -1))) / 0.25
    logs: Tensor = -(misfit + torch.linalg.slogdet(A)[1]) / 2
    means: Tensor = (w[..., 0] * x[..., supports]).sum(-1)
    return (logs.softmax(-1) * means).sum(-1)


def plain_fit(basis: GaussianBasis, at: Tensor) -> Tensor:
    F: Tensor = torch.distributions.Normal(basis.centres, basis.widths).log_prob(at[:, None]).exp()
    G: Tensor = torch.linalg.solve(F.mT @ F + torch.eye(len(basis), dtype=F64), F.mT)
    return G.mT


def plain_head(head: MemoryHead, B: Tensor, queries: Tensor) -> Tensor:
    K: Tensor = head.to_keys(B)
    scores = queries @ K.mT / sqrt(queries.shape[-1])
    mu = torch.sigmoid(head.to_position(scores))
    variance = nn.functional.softplus(head.to_variance(scores)).clamp(min=1e-6)
    density = torch.distributions.Normal(head.basis.centres, (variance + head.basis.widths**2).sqrt())
    r: Tensor = density.log_prob(mu).exp()
    values: Tensor = head.to_values(B)
    return r @ values


def plain_sparsemax(basis: GaussianBasis, mu: Tensor, variance: Tensor) -> Tensor:
    """By distributions' own functions."""
    a = (1.5 * variance[..., None]) ** (1 / 3)
    unit = torch.distributions.Normal(torch.zeros((), dtype=F64), torch.ones((), dtype=F64))
    away, w = basis.centres - mu[..., None], basis.widths
    low, high = (-a - away) / w, (a - away) / w
    inside: Tensor = unit.cdf(high) - unit.cdf(low)
    f, g = unit.log_prob(low).exp(), unit.log_prob(high).exp()
    edges = 2 * away * w * (f - g) + w**2 * (low * f - high * g)
    result: Tensor = ((a**2 - away**2 - w**2) * inside - edges) / (2 * variance[..., None])
    return result


def of_attention() -> Iterable[tuple[str, Call, Call]]:
    K, V, Q = normal(8, 512, 64), normal(8, 512, 64), normal(8, 512, 64)
    k, v, M = normal(8, 64, 64), normal(8, 64, 64), normal(512, 512, grad=False)
    yield "attention, 8 × 512 × 64", trained(attention, K, V, Q), trained(plain_attention, K, V, Q)

    def regularised(K: Tensor, V: Tensor, k: Tensor, v: Tensor, Q: Tensor) -> Tensor:
        return regularised_attention(K, V, k, v, Q, 0.5)

    def plain_regularised(K: Tensor, V: Tensor, k: Tensor, v: Tensor, Q: Tensor) -> Tensor:
        return plain_attention(torch.cat((K, k), -2), torch.cat((V, v / 2), -2), Q)

    yield "regularised", trained(regularised, K, V, k, v, Q), trained(plain_regularised, K, V, k, v, Q)
    yield (
        "negative samples",
        trained(lambda K, V, Q: negative_sample_attention(K, V, Q, M, 0.5), K, V, Q),
        trained(lambda K, V, Q: plain_attention(K, V - 0.5 * (M.T @ V), Q), K, V, Q),
    )
    omega = torch.randn(128, 64)
    yield (
        "random features, 128",
        trained(lambda K, V, Q: random_feature_attention(K, V, Q, omega), K, V, Q),
        trained(lambda K, V, Q: plain_random_features(K, V, Q, omega), K, V, Q),
    )


def of_mesa() -> Iterable[tuple[str, Call, Call]]:
    K, V, Q = normal(8, 128, 16), normal(8, 128, 16), normal(8, 128, 16)
    gamma, lam = torch.full((8, 128), 0.999, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    inputs = (K, V, Q, gamma, lam)
    solver = trained(plain_mesa, *inputs)
    yield "mesa, parallel, 8 × 128 × 16, against a solver by token", trained(mesa_parallel, *inputs), solver
    yield "mesa, one state kept, against the same", trained(mesa_recurrent, *inputs), solver
    plain = trained(mesa_recurrent_plain, *inputs)
    yield "mesa, one state kept, against autograd of the recursion", trained(mesa_recurrent, *inputs), plain


def of_the_rest() -> Iterable[tuple[str, Call, Call]]:
    algorithm = CompressedAlgorithm(2, 2, 3)
    tokens = normal(8, 128, 3, 16)
    weights = (algorithm.forms, algorithm.values)

    def plain(tokens: Tensor, *weights: Tensor) -> Tensor:
        return plain_compressed(tokens, *weights)

    yield (
        "compressed algorithm, 2 steps",
        trained(lambda tokens, *_: algorithm(tokens), tokens, *weights),
        trained(plain, tokens, *weights),
    )
    layers = nn.Sequential(*(nn.Sequential(nn.Linear(128, 128), nn.Tanh()) for _ in range(4)))
    x, y, loss = torch.randn(256, 128), torch.randn(256, 128), nn.MSELoss()
    step, by_hand = LCGD(layers, loss, 1e-3).step, plain_descent(layers, loss, 1e-3)
    yield "layer-causal descent, 4 layers", lambda: step(x, y), lambda: by_hand(x, y)
    outputs = [torch.randn(24, 32, 2048) for _ in range(3)]
    yield "SimAOU", lambda: sim_aou(*outputs, normalise=True), lambda: plain_similarity(*outputs)
    X, labels, query = (normal(64, *shape, dtype=F64, grad=False) for shape in ((40, 20), (40,), (20,)))
    sparse = Sparse(2, 0.5)
    supports = sparse.supports(20)
    yield (
        "Bayes, dense, 64 × 40 × 20",
        lambda: Dense(0.5).predict(X, labels, query),
        lambda: plain_dense(X, labels, query),
    )
    yield (
        "Bayes, 190 supports",
        lambda: sparse.predict(X, labels, query),
        lambda: plain_sparse(X, labels, query, supports),
    )
    basis = GaussianBasis.grid(256, (0.01, 0.05))
    at = positions(512, "midpoints")
    yield (
        "signal fit, 256 functions, 512 tokens",
        lambda: fit_matrix(basis, at, 1.0),
        lambda: plain_fit(basis, at),
    )
    memory = LongTermMemory(basis, 512, 256, tau=0.75, ridge=1.0)
    B, new = torch.randn(8, 256, 64, dtype=F64), torch.randn(8, 512, 64, dtype=F64)
    past, added, read = memory.past_fit.T, memory.new_fit.T, basis.at(memory.locations)
    yield "memory update", lambda: memory.update(B, new), lambda: past @ (read @ B) + added @ new
    head = MemoryHead(basis, 64, 32, 32).double()
    B, queries = B.requires_grad_(), normal(8, 128, 32, dtype=F64)
    yield (
        "memory head",
        trained(head, B, queries),
        trained(lambda B, queries: plain_head(head, B, queries), B, queries),
    )
    mu, variance = torch.rand(8, 128, dtype=F64), torch.rand(8, 128, dtype=F64) / 10 + 0.001
    yield (
        "continuous sparsemax",
        lambda: continuous_sparsemax(basis, mu, variance),
        lambda: plain_sparsemax(basis, mu, variance),
    )


def main() -> None:
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    print(f"{'':<58}{'ms':>9}{'plain':>9}{'ratio':>7}")
    for cases in (of_attention(), of_mesa(), of_the_rest()):
        for name, module, plain in cases:
            first, second, quotient = ratio(module, plain)
            print(f"{name:<58}{first:>9.2f}{second:>9.2f}{quotient:>7.2f}")


if __name__ == "__main__":
    main()
