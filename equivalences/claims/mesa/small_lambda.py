"""The mesa layer at small λ: linear attention, but only after a division by λ.

λ is the inverse strength of the ridge. As it goes to 0 the ridge wins and the weights go to 0; what goes to
the weights VᵀK of linear attention is the layer divided by λ. The distance has a closed form.
"""

from equivalences import Array, Claim, Domain, Mutant, Source, Verdict, identity, inverse, positive, real

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
    lhs=lambda keys, values: mesa_weights_for_all(keys, values, 0 * keys.sum()),
    rhs=linear_attention_weights,
    source=Source("arXiv:2309.05858", "linear self-attention recovered as λ goes to 0, read literally"),
    about="The layer's weights, continued to λ = 0, against those of linear self-attention.",
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
