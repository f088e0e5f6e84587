"""The fields that graphs are evaluated in: the rationals, and residues mod the primes of a chain.

Scalars and matrices are FLINT's, which have one interface: a value is a row-major list of scalars, or a
FLINT matrix where the array has two axes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from flint import fmpq, fmpq_mat, fmpz, nmod, nmod_mat
from flint.utils.flint_exceptions import DomainError

from .primes import Level

Scalar: TypeAlias = Any
Matrix: TypeAlias = Any
Value: TypeAlias = Any
"""A list of scalars, row by row, or a matrix."""


class UnrealisableError(Exception):
    """A value that exists for other primes, or with more dimensions."""


class Field(Protocol):
    """What evaluation asks of a field."""

    @property
    def reads(self) -> frozenset[str]:
        """The operations beyond arithmetic that have a value here."""

    def number(self, x: Fraction | int) -> Scalar:
        """A rational number; ZeroDivisionError where its denominator vanishes."""

    def matrix(self, rows: int, columns: int, entries: Sequence[Scalar]) -> Matrix:
        """A matrix of scalars."""

    def apply(self, operation: str, entries: Sequence[Scalar]) -> list[Scalar]:
        """A function of ``reads``, entry by entry."""

    def unit(self) -> Scalar:
        """A square root of −1."""

    def roots(self, numbers: Sequence[Fraction]) -> list[Scalar]:
        """Square roots of positive rational numbers."""


def square_root(x: nmod) -> nmod | None:
    """A root mod p, if there is one."""
    try:
        return x.sqrt()
    except DomainError:
        return None


@dataclass(frozen=True)
class Rationals:
    """ℚ, where order has a meaning and exponentials have none."""

    reads: frozenset[str] = frozenset({"relu", "step"})
    name: int = 0

    def number(self, x: Fraction | int) -> fmpq:
        """The number itself."""
        return fmpq(x.numerator, x.denominator)

    def matrix(self, rows: int, columns: int, entries: Sequence[fmpq]) -> fmpq_mat:
        """A matrix over ℚ."""
        return fmpq_mat(rows, columns, entries)

    def apply(self, operation: str, entries: Sequence[fmpq]) -> list[fmpq]:
        """max(x, 0), and its derivative."""
        zero = fmpq(0)
        if operation == "relu":
            return [x if x > zero else zero for x in entries]
        return [fmpq(int(x > zero)) for x in entries]

    def unit(self) -> fmpq:
        """There is none; plans that need one are refused before."""
        raise UnrealisableError("no rational number squares to −1")

    def roots(self, numbers: Sequence[Fraction]) -> list[fmpq]:
        """None that is rational is asked for; plans that need one are refused before."""
        raise UnrealisableError("an irrational square root")


@dataclass(frozen=True)
class Residues:
    """One level of a chain, whose exponentials and turns take residues of the next level."""

    level: Level
    reads: frozenset[str] = frozenset({"exp", "turn", "unit", "feature", "root"})
    known: dict[Fraction, nmod] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> int:
        """The prime."""
        return self.level.prime

    def number(self, x: Fraction | int) -> nmod:
        """The residue of a rational number."""
        prime = self.level.prime
        if isinstance(x, int):
            return nmod(x % prime, prime)
        if x not in self.known:
            self.known[x] = nmod(x.numerator, prime) / nmod(x.denominator, prime)
        return self.known[x]

    def matrix(self, rows: int, columns: int, entries: Sequence[nmod]) -> nmod_mat:
        """A matrix of residues."""
        return nmod_mat(rows, columns, entries, self.level.prime)

    def apply(self, operation: str, entries: Sequence[nmod]) -> list[nmod]:
        """gˣ for exponentials, hˣ for turns, of residues x of the next level."""
        base = nmod(self.level.g if operation == "exp" else self.level.h, self.level.prime)
        return [base ** int(x) for x in entries]

    def unit(self) -> nmod:
        """The root of −1 of this level."""
        return nmod(self.level.unit, self.level.prime)

    def roots(self, numbers: Sequence[Fraction]) -> list[nmod]:
        """Square roots of positive rational numbers, multiplicative in them.

        Raises:
            UnrealisableError: a prime factor is no square mod this prime.
        """
        return [self.root(x) for x in numbers]

    def root(self, x: Fraction) -> nmod:
        """One square root: a product of roots of primes."""
        value = nmod(1, self.level.prime) / nmod(x.denominator, self.level.prime)
        for factor, power in fmpz(x.numerator * x.denominator).factor():
            root = square_root(nmod(int(factor), self.level.prime))
            if root is None:
                raise UnrealisableError(f"{factor} has no square root mod {self.level.prime}")
            value = value * root**power
        return value
