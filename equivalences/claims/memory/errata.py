"""What the paper on ∞-former, or its public code, says and is not true as it stands."""

from equivalences import Erratum

PAPER = "arXiv:2109.00301"
CODE = "github.com/deep-spin/infinite-former"

ERRATA: tuple[Erratum, ...] = (
    Erratum(
        claimed="The long-term memory is unbounded: it serves contexts of any length.",
        where=f"{PAPER}, the unbounded long-term memory",
        truth=(
            "It takes contexts of any length in, and keeps m coefficients for each coordinate. Of contexts "
            "with more than m tokens infinitely many have the same memory, and old tokens fade at the rate "
            "of a matrix power."
        ),
        derivation=(
            "B = (FFᵀ + λI)⁻¹FX is linear in X, and F has m rows: for n > m tokens F z = 0 has a solution z "
            "≠ 0, and X + z wᵀ has the memory of X. One update is B′ = MB + GᵀX with fixed M and G, so that "
            "two memories that receive the same tokens differ after T updates by the T-th power of M times "
            "their difference at the start. A basis "
            "function contracted T times has the width τ^T σ: once this is below the smallest width σ′ of the "
            "basis, T > ln(σ/σ′)/ln(1/τ), the fit cannot represent it."
        ),
        reading="from memory",
        claims=(
            "memory-forgets-what-its-basis-cannot-see",
            "memories-of-different-contexts-differ",
            "memory-update-is-affine",
            "memories-of-same-tokens-differ-by-power",
            "memory-basis-function-after-contractions-eq-powers-of-width",
        ),
    ),
    Erratum(
        claimed="The memory is cleaned when another document begins.",
        where=f"{CODE}, `LongTermAttention.forward` of the GPT-2 experiments, a comment",
        truth="It is cleaned after 2048 tokens, whatever document they belong to.",
        derivation=(
            "The condition compares a counter with the constant 2048. The counter is increased by the number "
            "of tokens at every call and set to 0 when the memory is cleaned; no document enters."
        ),
        reading="read in the code",
    ),
    Erratum(
        claimed="The attention density is a density over the memory.",
        where=f"{PAPER}, continuous attention over the signal on [0, 1]",
        truth=(
            "It is a density on the whole line; on [0, 1] it has a mass below 1, and at most ½ where the "
            "position is an end of the interval. Nothing is renormalised."
        ),
        derivation=(
            "The mass of N(μ, σ²) on [0, 1] is ½ erf((1 − μ)/(√2σ)) + ½ erf(μ/(√2σ)). At μ = 0 it is ½ "
            "erf(1/(√2σ)) < ½."
        ),
        reading="from memory",
        claims=(
            "memory-attention-mass-inside-eq-error-functions",
            "memory-attention-mass-inside-is-one",
            "memory-attention-mass-at-an-end-is-at-most-half",
        ),
    ),
    Erratum(
        claimed="The positions outside the interval, which the fit uses, are cut away again.",
        where=f"{CODE}, `compute_G` with `padding=True`",
        truth=(
            "Cutting the rows of G is fitting the signal padded with zeros. A constant signal of 1 comes "
            "back as about ½ at both ends of the interval, and without the padding as nearly 1."
        ),
        derivation=(
            "With F_out for the positions outside, B = (FFᵀ + F_outF_outᵀ + λI)⁻¹FX. This minimises |FᵀB − "
            "X|² + |F_outᵀB|² + λ|B|², where the second term pulls the signal to 0 outside; a smooth signal "
            "that is 1 on one side of an end and 0 on the other passes through ½ there. In float64, with "
            "1024 or 512 tokens and the code's constants, the values at t = 0 are 0.50 and 0.51."
        ),
        reading="read in the code",
        claims=(
            "memory-cut-matrix-eq-zero-padding",
            "memory-cut-matrix-minimises-loss-with-zeros",
            "memory-padding-does-not-change-the-fit",
        ),
    ),
    Erratum(
        claimed="The same positions are used for tokens throughout.",
        where=f"{CODE}, `positions` and `positions_inf` in `LongTermAttention.__init__`",
        truth=(
            "The first fit puts tokens at the middles of their parts of the interval, updates put both "
            "samples and tokens at the right edges."
        ),
        derivation=(
            "The first fit spaces 2l points evenly from −½ + 1/(2l) to 3/2 − 1/(2l), at a distance of 1/l, "
            "and keeps the middle l: these are (i − ½)/l for i = 1 … l. Updates use τm/M for the samples and "
            "τ + (1 − τ)i/l for the tokens, with m and i from 1."
        ),
        reading="read in the code",
        claims=("memory-of-moved-tokens-eq-moved-basis", "memory-of-midpoints-eq-memory-of-right-edges"),
    ),
    Erratum(
        claimed="Without a mean of the prior, the regulariser has no term in the means.",
        where=f"{CODE}, the branch on `mu_0` in the GPT-2 experiments, and their shipped configurations",
        truth=(
            "The branch is inverted: the term is dropped where `mu_0 > 0` and added elsewhere. The shipped "
            "configurations set `mu_0` to −1, so that the position is pulled to −1, outside the memory. The "
            "sorting experiment tests for `None`, and is right."
        ),
        derivation=(
            "KL(N(μ, σ²) ‖ N(μ₀, σ₀²)) = ½(σ²/σ₀² − ln(σ²/σ₀²) − 1 + (μ − μ₀)²/σ₀²). Its derivative by μ is "
            "(μ − μ₀)/σ₀², which for μ₀ = −1 is positive on all of [0, 1]."
        ),
        reading="read in the code",
        claims=(
            "memory-divergence-eq-closed-form",
            "memory-divergence-eq-widths-only",
            "memory-divergence-from-absent-prior-ignores-position",
            "memory-divergence-step-moves-mean-to-prior",
        ),
    ),
    Erratum(
        claimed="The matrix G depends on positions only, and is computed ahead.",
        where=f"{PAPER}, the matrix G",
        truth=(
            "So it is for fixed numbers of samples and of new tokens; any other number of tokens needs "
            "another G. It stays usable with sticky memories, where only the positions that are read change."
        ),
        derivation=(
            "G = Fᵀ(FFᵀ + λI)⁻¹ contains the positions that are fitted, through F, and not those that are "
            "read. The fitted positions are τm/M and τ + (1 − τ)i/L."
        ),
        reading="from memory",
        claims=("memory-fit-is-linear-in-tokens", "memory-update-is-affine"),
    ),
    Erratum(
        claimed="Locations are sampled from the histogram of attention.",
        where=f"{CODE}, `update_inf` of the GPT-2 experiments with `sticky_memories`",
        truth=(
            "The samples are always the left edges of the 128 bins, so that the signal is read half a bin "
            "too early in the mean, by 1/256 of the interval."
        ),
        derivation=(
            "The place inside a bin is drawn from a categorical law with one category and is 0. Under a "
            "density that is even in each bin of width h, the mean location is Σ p·left + h/2."
        ),
        reading="read in the code",
        claims=(
            "sticky-memory-left-edges-mean-eq-mean-less-half-bin",
            "sticky-memory-left-edges-keep-the-mean-location",
        ),
    ),
    Erratum(
        claimed="The sorting experiment can be run from its scripts.",
        where=f"{CODE}, the folder `sorting`",
        truth=(
            "Not as shipped: the model imports a module that the repository lacks, the mask option that the "
            "script switches on reads an attribute that is never set, and the data are written to two "
            "different folders."
        ),
        derivation=(
            "`mem_transformer.py` imports `long_term_attention_transformer`, of which there is no file. "
            "`long_term_attention.py` reads `self.share_mask` where `mask` is set, and no line assigns it. "
            "`generate_data.py` opens `/data/` for the training data and `data/` for the others."
        ),
        reading="read in the code",
    ),
    Erratum(
        claimed="The memory takes any number of tokens.",
        where=f"{CODE}, `LongTermAttention.__init__` with `padding=True`, and `batch_evaluate` in `sorting`",
        truth="With an odd length the constructor fails, and so does reading at given positions in `sorting`.",
        derivation=(
            "For odd `l` the branch assigns `positions_pad_`, and the next line reads `positions_pad`, which "
            "does not exist. `batch_evaluate` calls `phi`, where the method is `self._phi`."
        ),
        reading="read in the code",
    ),
)
