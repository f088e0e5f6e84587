"""Chains of primes along which the exponential is an exact homomorphism.

In a chain p₀, p₁, …, each pₖ is c·pₖ₊₁ + 1. The residues mod pₖ then have a subgroup of order pₖ₊₁, and for
one of its generators g the map x ↦ gˣ sends sums mod pₖ₊₁ to products mod pₖ: it has every algebraic
property of the exponential. A chain of length m + 1 reads exponentials nested m deep.
"""

import random
from dataclasses import dataclass
from functools import lru_cache

from flint import fmpz

WORD = 2**64


@dataclass(frozen=True)
class Level:
    """A prime, a generator g of the subgroup that exponentials live in, another one h, and a root of −1."""

    prime: int
    g: int
    h: int
    unit: int


@lru_cache(maxsize=256)
def chain(depth: int, seed: int, *, rooted: bool = False) -> tuple[Level, ...]:
    """A random chain of ``depth`` + 1 primes below 2⁶⁴, each 1 mod 4.

    A single prime has 63 bits; the last of two has at least 60, of three 55, and so on. In a ``rooted``
    chain all are 1 mod 840, so that −1, 2, 3, 5 and 7 are squares; its later primes are shorter.
    """
    rng = random.Random(f"chain {depth} {seed}")
    while True:
        primes = grow(rng, depth, 840 if rooted else 4)
        if len(primes) == depth + 1:
            return tuple(level(rng, primes, k) for k in range(depth + 1))


def grow(rng: random.Random, depth: int, step: int) -> list[int]:
    """Primes from the first to the last of a chain, or fewer where it breaks off."""
    room = (4 * step) * (8 * step) ** (depth - 1) if depth else 4
    bottom = WORD // room
    prime = rng.randrange(bottom, bottom + bottom // 4) // step * step + 1
    while not fmpz(prime).is_prime():
        prime += step
    primes = [prime]
    for _ in range(depth):
        cofactors = range(step, WORD // primes[0], step)
        found = next((c for c in cofactors if fmpz(c * primes[0] + 1).is_prime()), None)
        if found is None:
            break
        primes.insert(0, found * primes[0] + 1)
    return primes


def level(rng: random.Random, primes: list[int], k: int) -> Level:
    """A prime of the chain, with its random generators."""
    p = primes[k]
    order = primes[k + 1] if k + 1 < len(primes) else 1
    g, h = (generator(rng, p, order) for _ in range(2))
    while True:
        unit = pow(rng.randrange(2, p), (p - 1) // 4, p)
        if unit * unit % p == p - 1:
            return Level(p, g, h, unit)


def generator(rng: random.Random, p: int, order: int) -> int:
    """A random element of that prime order mod p, or 1 for the order 1."""
    while True:
        g = pow(rng.randrange(2, p), (p - 1) // order, p)
        if order == 1 or g != 1:
            return g
