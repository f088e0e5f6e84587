"""Families of stress cases: plain ones, and those at which a wrong bound or a wrong kernel shows.

A family maps 16-bit words to the entries of an array. Every result is a dyadic rational that the
precision holds exactly, on the lattice of its bits or a power of two away from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from equivalences.language.domain import Constraint

Array: TypeAlias = Any


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """What the entries of one variable are made from.

    Attributes:
        words: 16-bit words, one an entry, [count, *shape].
        dial: one more word for each instance, [count, 1, …].
        bits: significant bits of an entry.
        dtype: ``float64`` or ``float32``.
    """

    words: Array
    dial: Array
    bits: int
    dtype: str

    def scaled(self, numbers: Array, exponent: int) -> Array:
        """Whole numbers times a power of two."""
        return numbers.astype(self.dtype) * np.dtype(self.dtype).type(2.0**exponent)

    @property
    def numbers(self) -> Array:
        """Whole numbers k with −2^bits ≤ k < 2^bits."""
        return self.words >> (15 - self.bits)

    @property
    def uniform(self) -> Array:
        """k · 2^(1 − bits): below 2 in size."""
        return self.scaled(self.numbers, 1 - self.bits)


Maker: TypeAlias = Callable[[Lattice], Array]


def away_from_zero(lattice: Lattice) -> Array:
    """2^(1 − bits) to 2."""
    return lattice.scaled((lattice.numbers ^ (lattice.numbers >> 15)) + 1, 1 - lattice.bits)


def any_mask(lattice: Lattice) -> Array:
    """Zeros and ones, rows of zeros among them: there a masked softmax has no value."""
    return (lattice.words & 1).astype(lattice.dtype)


def mask(lattice: Lattice) -> Array:
    """Zeros and ones, with a one in each row."""
    x = any_mask(lattice)
    if x.ndim > 1:
        rows = x.shape[-2] if x.ndim > 2 else 1
        x = np.maximum(x, np.eye(x.shape[-1], dtype=x.dtype)[np.arange(rows) % x.shape[-1]])
    return x


def gram(lattice: Lattice) -> Array:
    """(B Bᵀ + 1) / 16 for a matrix B of 4-bit numbers."""
    factor = (lattice.words >> 12).astype("float64")
    product = factor @ np.swapaxes(factor, -1, -2) + np.eye(factor.shape[-1])
    return np.ldexp(product, -4).astype(lattice.dtype)


def gram_of_rank_one(lattice: Lattice) -> Array:
    """(b bᵀ + 1) / 256 for a vector b of 4-bit numbers, the condition being that of its length."""
    first = np.zeros_like(lattice.words)
    first[..., 0] = lattice.words[..., 0]
    return np.ldexp(gram(Lattice(words=first, dial=lattice.dial, bits=lattice.bits, dtype=lattice.dtype)), -4)


@dataclass(frozen=True, kw_only=True)
class Family:
    """One way of making instances: a function for each constraint of a domain.

    Attributes:
        number: the second half of the random key; never reused.
        about: in a few words, for the page.
        on_lattice: whether all entries lie on the lattice of their bits, so that polynomials can be exact.
    """

    number: int
    about: str
    on_lattice: bool
    real: Maker
    positive: Maker = away_from_zero
    mask: Maker = mask
    definite: Maker = gram

    def make(self, lattice: Lattice, constraint: Constraint) -> Array:
        """The entries of a variable under its constraint, [count, *shape]."""
        match constraint:
            case "real":
                return self.real(lattice)
            case "positive":
                return self.positive(lattice)
            case "mask":
                return self.mask(lattice)
            case "symmetric":
                x = self.real(lattice)
                return np.tril(x) + np.swapaxes(np.tril(x, -1), -1, -2)
            case "positive definite":
                return self.definite(lattice)


def gauss(lattice: Lattice) -> Array:
    """The sum of a word's four nibbles: bell-shaped."""
    words = lattice.words
    total = (words & 15) + ((words >> 4) & 15) + ((words >> 8) & 15) + ((words >> 12) & 15) - 30
    shift = max(0, 5 - lattice.bits)
    return lattice.scaled(total >> shift, shift - 4)


def huge(lattice: Lattice) -> Array:
    """Vectors and matrices up to 2⁸ times as large: their products are logits of up to 2¹⁸."""
    x = lattice.uniform
    return np.ldexp(x, 1 + lattice.dial.astype("int32") % 8) if x.ndim > 1 else x


def duplicates(lattice: Lattice) -> Array:
    """Every second row repeats the one before it: exactly, or but for 2⁻¹¹."""
    x = lattice.uniform
    if x.ndim > 2 and x.shape[1] > 1:
        copies = x[:, 1::2].shape[1]
        near = np.where(lattice.dial & 1, np.ldexp(x[:, 1::2], -11), np.zeros_like(x[:, 1::2]))
        x[:, 1::2] = x[:, 0:-1:2][:, :copies] + near
    return x


def singular(lattice: Lattice) -> Array:
    """All rows small but the first: Gram matrices near to singular."""
    x = lattice.uniform
    if x.ndim > 2:
        x = np.ldexp(x, -9)
        x[:, :1] = np.ldexp(x[:, :1], 11)
    return x


def zeros(lattice: Lattice) -> Array:
    """Every third row, or entry of a vector, is zero, the first among them."""
    x = lattice.uniform
    if x.ndim > 1:
        x[:, ::3] = 0
    return x


def tiny(lattice: Lattice) -> Array:
    """So small that products underflow, and entries are subnormal."""
    lowest = -1030 if lattice.dtype == "float64" else -130
    return lattice.scaled(lattice.numbers, lowest + 1 - lattice.bits)


def mixed(lattice: Lattice) -> Array:
    """Each variable of each instance at its own scale, 2⁻⁶ to 2⁶."""
    return np.ldexp(lattice.uniform, lattice.dial.astype("int32") % 13 - 6)


def mixed_positive(lattice: Lattice) -> Array:
    """The same for positive variables: regularisers and steps near 0."""
    return np.ldexp(away_from_zero(lattice), lattice.dial.astype("int32") % 13 - 6)


def equal(lattice: Lattice) -> Array:
    """All rows are one row: all logits of a query are equal."""
    x = lattice.uniform
    return np.repeat(x[:, :1], x.shape[1], axis=1) if x.ndim > 2 else x


def unit(lattice: Lattice) -> Array:
    """Signed unit vectors for the last axis; scalars −1, 0, 1, 2."""
    words = lattice.words
    if words.ndim == 1:
        return ((words & 3) - 1).astype(lattice.dtype)
    size = words.shape[-1]
    chosen = (words[..., :1].astype("int64") & 0x7FFF) % size
    sign = 1 - 2 * ((words[..., :1] >> 15) & 1)
    return np.where(np.arange(size) == chosen, sign, np.zeros_like(sign)).astype(lattice.dtype)


def unit_positive(lattice: Lattice) -> Array:
    """1 or 2."""
    return ((lattice.words & 1) + 1).astype(lattice.dtype)


def _family(number: int, about: str, real: Maker, *, on_lattice: bool = False, **others: Maker) -> Family:
    return Family(number=number, about=about, real=real, on_lattice=on_lattice, **others)


FAMILIES: dict[str, Family] = {
    "uniform": _family(0, "|x| < 2", lambda lattice: lattice.uniform, on_lattice=True),
    "gauss": _family(1, "bell-shaped", gauss, on_lattice=True),
    "huge": _family(2, "entries to 2⁹", huge),
    "duplicates": _family(3, "rows twice", duplicates, definite=gram_of_rank_one),
    "singular": _family(4, "rows but one near 0", singular, definite=gram_of_rank_one),
    "zeros": _family(5, "zero rows", zeros, on_lattice=True, mask=any_mask),
    "tiny": _family(6, "subnormal", tiny),
    "mixed": _family(7, "scales 2⁻⁶ to 2⁶", mixed, positive=mixed_positive),
    "equal": _family(8, "equal rows", equal, on_lattice=True),
    "unit": _family(9, "unit vectors", unit, on_lattice=True, positive=unit_positive),
}
"""Every family by name; ``uniform`` and ``gauss`` are plain, the others adversarial."""
