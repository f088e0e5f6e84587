"""What is said of softmax attention as a gradient step, and is not true as it stands."""

from equivalences import Erratum

PAPER = "arXiv:2310.13220"

ERRATA: tuple[Erratum, ...] = (
    Erratum(
        claimed="Attention is a gradient step on a cosine-similarity loss",
        where=f"{PAPER}, the main equivalence",
        truth="The loss is an inner product without norms; with the true cosine the statement is false.",
        derivation=(
            "The cosine of v and u = Wφ does not change with the length of u, so its gradient by u, "
            "v/(|v||u|) − (v·u) u/(|v||u|³), is orthogonal to u; the gradient of attention's loss by u is "
            "−v. At W = 0 the cosine is not defined."
        ),
        reading="from memory",
        claims=("softmax-attention-eq-cosine-loss-step", "softmax-attention-eq-gradient-step"),
    ),
    Erratum(
        claimed="A layer is dual to one model that is trained on the demonstrations",
        where=f"{PAPER}, the dual model of a layer",
        truth="The loss contains the normaliser of the query: each query trains a model of its own.",
        derivation=(
            "With one-dimensional keys k₁ ≠ k₂, attention at q is a + b/(1 + e^((k₂−k₁)q)), which has poles "
            "at complex q. Every Wφ(q) in the space of the kernel e^(kq) is entire. So no W serves all q; a "
            "quotient of two linear models does."
        ),
        reading="from memory",
        claims=("one-loss-serves-every-query", "projective-model-serves-every-query"),
    ),
    Erratum(
        claimed="The step has a learning rate",
        where=f"{PAPER}, the loss of the dual model",
        truth="The learning rate stands in the loss as 1/η and cancels; without it the rate is one over the "
        "query's normaliser.",
        derivation=(
            "W₁ = W₀ − η ∇L with L = −(1/(ηD)) Σ vᵢ·Wφ(kᵢ) gives W₁ − W₀ = (1/D) Σ vᵢφ(kᵢ)ᵀ, whatever η."
        ),
        reading="from memory",
        claims=("softmax-attention-eq-gradient-step",),
    ),
    Erratum(
        claimed="Attention is the trained model",
        where=f"{PAPER}, the experiments that train the dual model for several steps",
        truth="It is one epoch. A second epoch doubles the update; the loss has no minimum.",
        derivation=(
            "The loss is linear in W, its gradient constant: after T epochs W = W₀ + TΔW. Steps on single "
            "samples, one a sample, add up to one epoch and look like convergence."
        ),
        reading="from memory",
        claims=(
            "linear-loss-second-epoch-changes-nothing",
            "linear-loss-epochs-eq-multiple-of-step",
            "linear-loss-single-samples-eq-full-batch",
            "linear-loss-falls-without-bound",
        ),
    ),
    Erratum(
        claimed="The initial weights are zero",
        where=f"{PAPER}, the main equivalence",
        truth="Only if the query attends to no token of its own; else those tokens are the initial weights.",
        derivation=(
            "Split the sum over keys in demonstrations and the query's tokens: the second part, "
            "(1/D) Σⱼ vⱼφ(kⱼ)ᵀ, is W₀, with D over all keys."
        ),
        reading="from memory",
        claims=(
            "softmax-attention-eq-gradient-step-from-any-start",
            "softmax-attention-eq-step-from-zero-shot-model",
        ),
    ),
    Erratum(
        claimed="A feed-forward layer after attention keeps the picture of one trained model",
        where=f"{PAPER}, the extension to a transformer layer",
        truth="The labels become W_F W_V xᵢ with W_F = W₂ΣW₁, and Σ is the cell of the output at the "
        "query: labels depend on the test point.",
        derivation=(
            "relu(W₁h + b₁) = Σ(W₁h + b₁) with Σ = diag 1[W₁h + b₁ > 0], and h is the attention at the query."
        ),
        reading="from memory",
        claims=("transformer-layer-eq-step-on-relabelled-tokens",),
    ),
    Erratum(
        claimed="The generalisation bound has a factor for the number of outputs",
        where=f"{PAPER}, the generalisation bound",
        truth="The factor is not needed: the complexity is at most (w/N) √(Σ |vᵢ|² κ(kᵢ, kᵢ)).",
        derivation=(
            "The class is linear in W with the features vᵢ ⊗ φ(kᵢ), of squared length |vᵢ|² κ(kᵢ, kᵢ). "
            "Cauchy and Schwarz give the supremum over the ball, independence of the signs the mean square, "
            "Jensen the root."
        ),
        reading="from memory",
        claims=(
            "mean-square-of-signed-features-eq-diagonal-sum",
            "rademacher-complexity-at-most-root-of-diagonal-sum",
            "diagonal-sum-at-most-value-norm-times-trace",
        ),
    ),
    Erratum(
        claimed="Random features estimate attention without bias",
        where=f"{PAPER}, the experiments with positive random features",
        truth="They estimate the kernel without bias, with a variance like exp(|x + y|²); attention is a "
        "quotient of two such estimates, and biased.",
        derivation=(
            "E e^(ω·z) = e^(|z|²/2) at z = x + y gives the mean, at 2z the second moment; E(A/B) ≠ EA/EB."
        ),
        reading="from memory",
        claims=(
            "positive-random-features-are-unbiased",
            "positive-random-features-variance",
            "mean-of-normalised-weight-eq-normalised-mean-weight",
        ),
    ),
)
