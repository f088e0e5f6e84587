"""A certificate that exp⟨x, y⟩ is an inner product of features, which never calls exp to compute it.

The feature map is φ(x) = ⊕ₖ x^{⊗k} / √k!, of infinite length, with ⟨x^{⊗k}, y^{⊗k}⟩ = ⟨x, y⟩ᵏ. Cut before
degree N, what is left out has the squared norm Σ_{k ≥ N} ‖x‖^{2k} / k! ≤ ‖x‖^{2N} / N! · 1 / (1 − ‖x‖² / (N+1))
where N + 1 > ‖x‖², by comparison with a geometric series. By Cauchy and Schwarz, the inner product of what is
left out is at most the product of the norms. The enclosure of ⟨φ(x), φ(y)⟩ so obtained has to contain exp⟨x, y⟩
and to be narrow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import factorial, prod

from flint import arb, arb_mat, arb_poly, fmpq, fmpq_poly

from .precision import ball, precision, rounded_up

GUARD = 48


@dataclass(frozen=True, kw_only=True)
class KernelCertificate:
    """What was found for all pairs of some points.

    Attributes:
        holds: every enclosure contains the value of exp and is narrow enough.
        bits: the width asked for: 2^-bits relative to 1 or to the value, whichever is larger.
        order: the degree N at which the features were cut.
        pairs: how many inner products were enclosed.
        tail: a bound of what was left out.
        radius: the largest radius of an enclosure relative to 1 or to the value.
    """

    holds: bool
    bits: int
    order: int
    pairs: int
    tail: str
    radius: str


def certify_kernel(points: Sequence[Sequence[Fraction]], bits: int) -> KernelCertificate:
    """Whether the features of some points have the inner products exp⟨x, y⟩, to ``bits`` bits.

    Raises:
        ValueError: there are no points.
    """
    if not points:
        raise ValueError("certify_kernel: there are no points")
    size = max(sum((x * x for x in point), Fraction(0)) for point in points)
    grown = bits + GUARD + 3 * int(size)
    with precision(grown):
        rows = arb_mat([[ball(x) for x in point] for point in points])
        order, tail = cut_off(ball(size), grown)
        margin = arb(0, tail.upper())
        series = exponential_series(order)
        inner = (rows * rows.transpose()).entries()
        upper = [inner[j * len(points) + k] for j in range(len(points)) for k in range(j, len(points))]
        holds, worst = True, arb(0)
        for x in upper:
            enclosure, value = series(x) + margin, x.exp()
            relative = enclosure.rad() / value.abs_lower().max(1)
            holds = holds and bool(enclosure.is_finite()) and bool(enclosure.overlaps(value))
            worst = worst.max(relative)
        narrow = bool(worst < arb(2) ** -bits)
        shown = [rounded_up(tail), rounded_up(worst)]
    return KernelCertificate(
        holds=holds and narrow,
        bits=bits,
        order=order,
        pairs=len(points) ** 2,
        tail=shown[0],
        radius=shown[1],
    )


def cut_off(size: arb, bits: int) -> tuple[int, arb]:
    """The degree N from which the squared norm left out is below 2^-bits, and its bound; ``size`` is ‖x‖²."""
    order, term = 0, arb(1)
    while True:
        order, term = order + 1, term * size / (order + 1)
        if size < order + 1:
            bound = term / (1 - size / (order + 1))
            if bound < arb(2) ** -bits:
                return order, bound


def exponential_series(order: int) -> arb_poly:
    """Σ_{k < N} tᵏ / k!, the inner product of the cut features as a polynomial in t = ⟨x, y⟩."""
    coefficients = [fmpq(1)]
    for k in range(1, order):
        coefficients.append(coefficients[-1] / k)
    return arb_poly(fmpq_poly(coefficients))


def explicit_inner_product(x: Sequence[Fraction], y: Sequence[Fraction], order: int) -> Fraction:
    """The inner product of the cut features entry by entry: Σ x^α y^α / α! over all |α| < N, exactly.

    It confirms ⟨x^{⊗k}, y^{⊗k}⟩ = ⟨x, y⟩ᵏ; the number of features grows like N^d.
    """
    total = Fraction(0)
    for exponents in multi_indices(len(x), order - 1):
        weight = prod(factorial(a) for a in exponents)
        total += (
            prod((u**a * v**a for u, v, a in zip(x, y, exponents, strict=True)), start=Fraction(1)) / weight
        )
    return total


def multi_indices(length: int, degree: int) -> Iterator[tuple[int, ...]]:
    """All tuples of so many natural numbers whose sum is at most ``degree``."""
    if length == 0:
        yield ()
        return
    for first in range(degree + 1):
        for rest in multi_indices(length - 1, degree - first):
            yield (first, *rest)
