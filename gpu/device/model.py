"""What is assumed of a device's arithmetic: the hypotheses under which a rounding bound is a theorem.

Nothing else is assumed: no order of summation, no fused operation, no accuracy of a matrix inverse. The
audit measures each number on the device before a run, and the run prints them.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Precision: TypeAlias = Literal["float64", "float32"]

ROUNDOFF: dict[Precision, float] = {"float64": 2.0**-53, "float32": 2.0**-24}
SMALLEST_NORMAL: dict[Precision, float] = {"float64": 2.0**-1022, "float32": 2.0**-126}


@dataclass(frozen=True, kw_only=True)
class Model:
    """One precision of one device.

    An error of k ulp is one of at most 2·k·u relative to the result, or of ``tiny`` where that is more.

    Attributes:
        dtype: the format of values and of bounds.
        u: unit roundoff of + − ×, rounded to nearest.
        tiny: the smallest normal number: what one operation may lose by underflow, gradual or abrupt.
        divide_ulp, sqrt_ulp, exp_ulp, log_ulp, tanh_ulp, sin_ulp, cos_ulp: largest errors of these.
        accumulation: unit roundoff of each addition inside a sum or a matrix product; 2·u where a unit
            truncates.
        matmul_input: relative rounding of a matrix product's operands: 0, or 2⁻¹¹ for TF32.
        ftz: whether operations may take subnormal numbers for 0.
    """

    dtype: Precision
    u: float
    tiny: float
    divide_ulp: float = 0.5
    sqrt_ulp: float = 1.0
    exp_ulp: float = 4.0
    log_ulp: float = 4.0
    tanh_ulp: float = 4.0
    sin_ulp: float = 4.0
    cos_ulp: float = 4.0
    accumulation: float
    matmul_input: float = 0.0
    ftz: bool = False

    def relative(self, ulp: float) -> float:
        """The relative error of a result that is wrong by ``ulp`` units in the last place."""
        rho = 2 * ulp * self.u
        return rho * (1 + 2 * rho)

    def gamma(self, n: int) -> float:
        """γ of n operations: |fl(Σ xᵢ yᵢ) − Σ xᵢ yᵢ| ≤ γ Σ |xᵢ yᵢ| for n terms, in any order, fused or not.

        Higham, *Accuracy and Stability of Numerical Algorithms* (2002), section 3.1.
        """
        total = n * self.accumulation
        return total / (1 - total)

    def gamma_matmul(self, n: int) -> float:
        """γ of a matrix product over n terms, the rounding of its operands included."""
        both = 2 * self.matmul_input + self.matmul_input**2
        return self.gamma(n) * (1 + both) + both

    def lines(self) -> list[str]:
        """The model in words, one hypothesis a line."""
        ulps = ", ".join(
            f"{name} {getattr(self, f'{name}_ulp'):g}"
            for name in ("divide", "sqrt", "exp", "log", "tanh", "sin", "cos")
        )
        return [
            f"{self.dtype}: + − × round to nearest, unit roundoff {self.u:.3g}",
            f"errors in units of the last place: {ulps}",
            f"sums and matrix products: in any order, {self.accumulation:.3g} an addition",
            f"operands of matrix products: rounded by {self.matmul_input:.3g}"
            if self.matmul_input
            else "operands of matrix products: not rounded",
            f"underflow loses at most {self.tiny:.3g} an operation"
            + ("; subnormal operands may be taken for 0" if self.ftz else ""),
        ]


def ieee_model(dtype: Precision) -> Model:
    """The model of a device that rounds as IEEE 754 asks; 4 ulp for what it leaves open."""
    return Model(dtype=dtype, u=ROUNDOFF[dtype], tiny=SMALLEST_NORMAL[dtype], accumulation=ROUNDOFF[dtype])
