"""The mesa layer at small λ: linear attention, but only after a division by λ.

λ is the inverse strength of the ridge. As it goes to 0 the ridge wins and the weights go to 0; what goes to
the weights VᵀK of linear attention is the layer divided by λ. The distance has a closed form.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Limit,
    Mutant,
    Source,
    Verdict,
    dot,
    identity,
    inverse,
    positive,
    real,
    zeros,
)

PAPER = "arXiv:2309.05858"

GIVEN: dict[str, Domain] = {"keys": real("n d"), "values": real("n v"), "lam": positive()}


def mesa_weights(keys: Array, values: Array, lam: Array) -> Array:
    """The mesa layer's weights.  [n d], [n v], [] -> [v d]"""
    return values.T @ keys @ inverse(keys.T @ keys + identity("d") / lam)


def mesa_weights_for_all(keys: Array, values: Array, lam: Array) -> Array:
    """The mesa layer's weights in a form that has a value at λ = 0.  [n d], [n v], [] -> [v d]"""
    return values.T @ keys @ (lam * inverse(identity("d") + lam * keys.T @ keys))


def linear_attention_weights(keys: Array, values: Array) -> Array:
    """The weights of linear attention.  [n d], [n v] -> [v d]"""
    return values.T @ keys


def with_remainder(keys: Array, values: Array, lam: Array) -> Array:
    """Linear attention's weights, and what is exactly missing.  [n d], [n v], [] -> [v d]"""
    C = keys.T @ keys
    return values.T @ keys - lam * values.T @ keys @ C @ inverse(identity("d") + lam * C)


continued = Claim(
    "mesa-layer-weights-in-a-form-for-zero-lambda",
    title="The mesa layer's weights are VᵀK λ(I + λKᵀK)⁻¹",
    given=GIVEN,
    lhs=mesa_weights,
    rhs=mesa_weights_for_all,
    source=Source("original", "the mesa layer of arXiv:2309.05858"),
    about="The right side is defined at λ = 0 as well, where the published form divides by 0: it is 0 there.",
    stops="For λ > 0 the two agree; at λ = 0 only the right side speaks.",
    mutants=(
        Mutant(
            "without the factor λ",
            rhs=lambda keys, values, lam: values.T @ keys @ inverse(identity("d") + lam * keys.T @ keys),
        ),
        Mutant("linear attention", rhs=linear_attention_weights),
        Mutant("λ in the place of 1/λ", lhs=lambda keys, values, lam: mesa_weights(keys, values, 1 / lam)),
    ),
)

literal = Claim(
    "mesa-layer-at-zero-lambda-eq-linear-attention",
    title="At λ = 0 the mesa layer is linear self-attention",
    given={"keys": real("n d"), "values": real("n v")},
    lhs=lambda keys, values: mesa_weights_for_all(keys, values, zeros("")),
    rhs=linear_attention_weights,
    source=Source(PAPER, "linear self-attention recovered as λ goes to 0, read literally"),
    about="The layer's weights, λVᵀK(I + λKᵀK)⁻¹ at λ = 0, against those of linear self-attention.",
    stops="False: they are 0 there. It is the layer divided by λ that becomes linear attention.",
    expected=Verdict.REFUTED,
    repair="mesa-layer-over-lambda-eq-linear-attention-with-remainder",
)

remainder = Claim(
    "mesa-layer-over-lambda-eq-linear-attention-with-remainder",
    title="Divided by λ the mesa layer is linear attention, up to a remainder of order λ",
    given=GIVEN,
    lhs=lambda keys, values, lam: mesa_weights(keys, values, lam) / lam,
    rhs=with_remainder,
    source=Source("original", "the mesa layer of arXiv:2309.05858 at small λ"),
    about="The remainder −λ VᵀK KᵀK (I + λKᵀK)⁻¹ is exact at every λ; its norm is at most λ|VᵀK||KᵀK|.",
    stops="The division by λ has to be absorbed somewhere, as in the layer's output projection.",
    mutants=(
        Mutant("no division by λ", lhs=mesa_weights),
        Mutant("no remainder", rhs=linear_attention_weights),
        Mutant(
            "the remainder to first order only",
            rhs=lambda keys, values, lam: values.T @ keys - lam * values.T @ keys @ keys.T @ keys,
        ),
    ),
)


def damped(keys: Array, lam: Array) -> Array:
    """(I + λKᵀK)⁻¹, the identity at λ = 0.  [n d], [] -> [d d]"""
    return inverse(identity("d") + lam * keys.T @ keys)


def distance(keys: Array, values: Array, lam: Array) -> Array:
    """The squared distance of the layer over λ from linear attention.  … -> []"""
    D = mesa_weights(keys, values, lam) / lam - values.T @ keys
    return dot(D, D)


def squared_norm(x: Array) -> Array:
    """The squared Frobenius norm.  [n d] -> []"""
    return dot(x, x)


def slack(keys: Array, values: Array, lam: Array) -> Array:
    """What the bound leaves.  [n d], [n v], [] -> []"""
    Z = values.T @ keys @ keys.T @ keys @ inverse(keys.T @ keys + identity("d") / lam)
    return 2 * lam * squared_norm(Z @ keys.T) + lam**2 * squared_norm(Z @ keys.T @ keys)


vanishing = Claim(
    "mesa-layer-vanishes-with-lambda",
    title="As λ → 0 the mesa layer's weights go to 0",
    given=GIVEN,
    lhs=mesa_weights,
    rhs=lambda: zeros("v d"),
    limit=Limit("lam", to=0, order=1, remainder=lambda keys, values, lam: values.T @ keys @ damped(keys, lam)),
    source=Source("original", "the mesa layer of arXiv:2309.05858 as λ goes to 0"),
    about="λ is the inverse strength of the ridge: as it vanishes the ridge wins.",
    stops="At the rate λ, so that the layer divided by λ has another limit: linear attention.",
    mutants=(
        Mutant("linear attention", rhs=lambda keys, values: values.T @ keys),
        Mutant("half of linear attention", rhs=lambda keys, values: values.T @ keys / 2),
        Mutant("minus linear attention", rhs=lambda keys, values: -values.T @ keys),
    ),
)

rescaled = Claim(
    "mesa-layer-over-lambda-tends-to-linear-attention",
    title="As λ → 0 the mesa layer divided by λ goes to linear self-attention",
    given=GIVEN,
    lhs=lambda keys, values, lam: mesa_weights(keys, values, lam) / lam,
    rhs=lambda keys, values: values.T @ keys,
    limit=Limit(
        "lam",
        to=0,
        order=1,
        remainder=lambda keys, values, lam: -values.T @ keys @ keys.T @ keys @ damped(keys, lam),
    ),
    source=Source(PAPER, "linear self-attention recovered as λ goes to 0, with the factor that it takes"),
    about="The factor 1/λ can be absorbed into the layer's output projection.",
    stops="Without the factor the limit is 0.",
    mutants=(
        Mutant("without the factor", lhs=mesa_weights),
        Mutant("nothing", rhs=lambda: zeros("v d")),
        Mutant("minus linear attention", rhs=lambda keys, values: -values.T @ keys),
    ),
)

near = Claim(
    "mesa-layer-over-lambda-near-linear-attention",
    title="The mesa layer divided by λ is within λ|VᵀK KᵀK| of linear self-attention",
    given=GIVEN,
    lhs=distance,
    at_most=lambda keys, values, lam: lam**2 * squared_norm(values.T @ keys @ keys.T @ keys),
    gap=slack,
    source=Source("original", "the mesa layer of arXiv:2309.05858 at small λ"),
    about="Both sides are squared, in the Frobenius norm. The bound holds at every λ, not only at small ones.",
    stops="Tight to first order in λ; at large λ the distance is at most |VᵀK|.",
    mutants=(
        Mutant(
            "a tenth of the distance",
            rhs=lambda keys, values, lam: lam**2 * squared_norm(values.T @ keys @ keys.T @ keys) / 100,
        ),
        Mutant(
            "of second order",
            rhs=lambda keys, values, lam: lam**4 * squared_norm(values.T @ keys @ keys.T @ keys),
        ),
        Mutant("no distance", rhs=lambda keys, values: 0 * squared_norm(values.T @ keys)),
    ),
)
