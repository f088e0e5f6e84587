"""What is said of mesa-optimisation in transformers, or done in its code, and is not true as it stands."""

from equivalences import Erratum

PAPER = "arXiv:2309.05858"
CODE = "mtavit/transformers_mesa_optimization_paper @0512b9b"

ERRATA: tuple[Erratum, ...] = (
    Erratum(
        claimed="The construction holds for any sequence",
        where=f"{PAPER}, the proposition on one layer",
        truth="The first token's last slot has to contribute 0: tokens start at the second time, or s₀ = 0.",
        derivation="Else (s₀, s₁) is one more pair of the sum η Σ (sₜ − Φ₀sₜ₋₁)sₜ₋₁ᵀ that the layer computes.",
        reading="read in extracted text",
        claims=(
            "causal-construction-eq-gradient-step-on-series",
            "causal-construction-with-a-start-eq-gradient-step-on-series",
        ),
    ),
    Erratum(
        claimed="Stacked causal layers are as many gradient steps",
        where=f"{PAPER}, the step from one layer to many",
        truth="The second layer's residuals are those of each token's own time, not of the present weights.",
        derivation=(
            "Layer two adds η Σ (sₜ' − Φ⁽¹⁾ₜ'₋₁sₜ'₋₁)sₜ'₋₁ᵀ; two steps need Φ⁽¹⁾ₜ in the place of Φ⁽¹⁾ₜ'₋₁. "
            "They agree only if Φ⁽¹⁾ does not change with time."
        ),
        reading="read in extracted text",
        claims=(
            "two-causal-layers-eq-two-gradient-steps",
            "two-causal-layers-eq-steps-with-stale-residuals",
        ),
    ),
    Erratum(
        claimed="The iterated layers follow a recursion without a source term",
        where=f"{PAPER}, the recursion in the proposition on many layers, as the extracted text has it",
        truth="Each iterate has to add α(s − Ax): the state s stays in the stream. The appendix has this form.",
        derivation=(
            "x ← (I − αA)x has the fixed point 0 only; x ← x + α(s − Ax) has A⁻¹s, and error (I − αA)ᴷe₀."
        ),
        reading="read in extracted text",
        claims=(
            "recursion-without-source-keeps-the-solution",
            "richardson-iteration-error-eq-damped-start-error",
            "chebyshev-step-error-eq-two-term-recursion",
        ),
    ),
    Erratum(
        claimed="Both weight matrices of the iterated layer carry the factor −α",
        where=f"{PAPER}, the construction of the iterated layer, as the extracted text has it",
        truth="One of them does: in both the layer multiplies by +α² SSᵀ.",
        derivation="The layer is bilinear in its two matrices, so that scaling both by −α scales it by α².",
        reading="read in extracted text",
        claims=(
            "step-size-in-both-matrices-multiplies-by-minus-step",
            "causal-layer-multiplies-by-covariance-so-far",
        ),
    ),
    Erratum(
        claimed="As λ → 0 the mesa layer becomes linear self-attention",
        where=f"{PAPER}, the relation of the mesa layer to linear self-attention",
        truth="Its weights tend to 0; divided by λ they tend to those of linear attention.",
        derivation="VᵀK(KᵀK + I/λ)⁻¹ = λ VᵀK(I + λKᵀK)⁻¹, and (I + λKᵀK)⁻¹ tends to I.",
        reading="read in extracted text",
        claims=(
            "mesa-layer-at-zero-lambda-eq-linear-attention",
            "mesa-layer-vanishes-with-lambda",
            "mesa-layer-over-lambda-tends-to-linear-attention",
        ),
    ),
    Erratum(
        claimed="λ is a regularisation strength",
        where=f"{PAPER}, the loss of the mesa layer",
        truth="The ridge is |Φ|²/(2λ): λ is the inverse of the strength, and the scale of R₀.",
        derivation="R₀ = λI is the inverse of the ridge's Hessian I/λ.",
        reading="read in extracted text",
        claims=("mesa-layer-minimises-ridge-loss", "recursive-least-squares-eq-inverse"),
    ),
    Erratum(
        claimed="With forgetting, the layer solves a ridge regression with the same prior",
        where=f"{PAPER}, the recursion with forget factors; other kernels keep the prior whole",
        truth=(
            "The recursion multiplies the prior by the forget factors too; a kept prior is another estimator."
        ),
        derivation="Rₜ⁻¹ = γₜRₜ₋₁⁻¹ + kₜkₜᵀ from R₀⁻¹ = I/λ gives the prior the weight Πγ/λ.",
        reading="read in extracted text",
        claims=(
            "forgetful-recursion-eq-inverse-with-decayed-prior",
            "forgetful-recursion-eq-inverse-with-undecayed-prior",
        ),
    ),
    Erratum(
        claimed="A Neumann series converges for an invertible matrix of operator norm below 1",
        where=f"{PAPER}, the Neumann series for the inverse",
        truth="It converges if and only if I − X has spectral radius below 1; for X = −1/2 it diverges.",
        derivation=(
            "Σ(I − X)ᵏX over k < K is I − (I − X)ᴷ. For symmetric X with 0 < X < I the condition is enough."
        ),
        reading="read in extracted text",
        claims=(
            "neumann-terms-shrink-for-every-small-matrix",
            "neumann-terms-shrink-for-positive-definite-matrices",
            "neumann-sum-times-matrix-eq-identity-less-power",
        ),
    ),
    Erratum(
        claimed="Preconditioning changes the loss to one with Φ H* s, and one step on it yields the solution",
        where=f"{PAPER}, the preconditioned loss",
        truth="The step's matrix is the solution, from Φ₀ = 0 and at rate 1, and is applied to s, not to H*s.",
        derivation=(
            "The gradient at 0 is −S₊SᵀH*, so the step is S₊SᵀA⁻¹ with H* = A⁻¹; on H*s it would be S₊SᵀA⁻²s."
        ),
        reading="read in extracted text",
        claims=(
            "preconditioned-step-eq-ridge-regression",
            "preconditioned-unregularised-step-eq-ridge-regression-plus-start",
        ),
    ),
    Erratum(
        claimed="A softmax head copies the token before",
        where=f"{PAPER}, the construction of tokens by copying",
        truth="At a finite inverse temperature β it misses by the weight (t − 1)/(e^β + t − 1).",
        derivation="One logit β and t − 1 logits 0 have the weights e^β and 1 over e^β + t − 1.",
        reading="read in extracted text",
        claims=("softmax-copy-eq-target", "softmax-copy-weight", "softmax-copy-error-at-most"),
    ),
    Erratum(
        claimed="At low temperature softmax attention selects the nearest neighbour",
        where=f"{PAPER}, softmax attention as kernel regression",
        truth="It selects the largest inner product, which is the nearest only if all keys have one norm.",
        derivation="−β|k − q|²/2 = βk·q − β|k|²/2 − β|q|²/2: the term of the keys' norms does not cancel.",
        reading="read in extracted text",
        claims=(
            "softmax-attention-eq-gaussian-kernel-regression",
            "gaussian-kernel-regression-eq-attention-with-key-bias",
        ),
    ),
    Erratum(
        claimed="Enough past observations determine the next",
        where=f"{PAPER}, partially observed systems",
        truth="It suffices that the observation matrix has full column rank; as many numbers as states do not.",
        derivation="Φ = OWO⁺ predicts z' = OWh from z = Oh where O⁺O = I, which is full column rank.",
        reading="read in extracted text",
        claims=(
            "observations-are-predicted-by-conjugated-dynamics",
            "fewer-observations-than-states-predict-exactly",
        ),
    ),
    Erratum(
        claimed="On interleaved pairs the mesa layer learns the map",
        where=f"{PAPER}, few-shot prompts of inputs and labels in turn",
        truth="It also sees the pairs (label, next input), and tends to half of an orthogonal map.",
        derivation=(
            "Normal equations with E yxᵀ = W, E x₊yᵀ = 0 and E xxᵀ + E yyᵀ = 2I give W/2, and a loss of d/8."
        ),
        reading="read in extracted text",
        claims=(
            "least-squares-on-spurious-pairs-eq-the-map",
            "half-the-map-solves-normal-equations-on-spurious-pairs",
            "loss-plateau-of-spurious-pairs",
        ),
    ),
    Erratum(
        claimed="Sixteen parameters instead of 3200 per head",
        where=f"{PAPER}, the compressed algorithm",
        truth=(
            "In the code a head has 16 + 16 numbers, of 6400; the quotient of 0.5 % agrees, the counts do not."
        ),
        derivation="Two matrices of 40 × 40 entries, each in 4 × 4 blocks of scaled identities.",
        reading="read in the code",
        claims=("compressed-layer-eq-closed-form-of-moments",),
    ),
    Erratum(
        claimed="The least-squares baseline uses all pairs so far",
        where=f"{CODE}, the LSQ baseline",
        truth="It drops the newest pair, unlike the gradient-descent baseline, so that it is no lower bound.",
        derivation=(
            "It slices the pairs up to the token's number; its stored curve is that of a fit without the "
            "newest pair, and the stored transformer is better than it at the second token."
        ),
        reading="read in the code",
    ),
    Erratum(
        claimed="The Chebyshev solver adds α times the residual",
        where=f"{CODE}, the solver named Chebyshev",
        truth=(
            "It adds a product of matrices I − αA instead, and is Richardson's iteration only at α = 1, β = 0."
        ),
        derivation="The source of the two-term recursion is αs; another source has another fixed point.",
        reading="read in the code",
        claims=("chebyshev-step-error-eq-two-term-recursion",),
    ),
    Erratum(
        claimed="The flag normalises keys and queries",
        where=f"{CODE}, the multi-head mesa layer",
        truth="Keys come from the projection named for values, and targets from that for keys: targets are "
        "normalised.",
        derivation="By the assignments at the layer's call, which swap the two projections.",
        reading="read in the code",
    ),
)
