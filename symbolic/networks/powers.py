"""Powers, exponentials and logarithms of networks.

exp(Σ c·m) is the product of exp⟨m⟩^c; a logarithm splits off exponentials and positive factors; a power
splits off the factors common to all terms, and what remains is a box.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import gcd, lcm

from . import algebra
from .algebra import constant, multiply, product
from .network import ZERO, Factor, Index, Monomial, Network, Rational, exact
from .placement import instantiate, placed, sign, single
from .positivity import is_weight


def exp(argument: Network) -> Network:
    """e to the argument.

    exp(c · log P) is P^c, since P is positive where it has a logarithm; exp(δ · x) is 1 + δ · (exp(x) − 1) for
    a delta.
    """
    parts = []
    for monomial, c in argument.terms.items():
        head, indices, e = monomial[0] if len(monomial) == 1 else (None, (), 0)
        if head is not None and head.kind == "log" and e == 1 and not any(i.is_dummy for i in indices):
            parts.append(power(instantiate(head, indices), c))
        elif deltas := [f for f in monomial if f[0].kind == "delta"]:
            others = Network({tuple(f for f in monomial if f[0].kind != "delta"): c})
            parts.append(constant(1) + multiply(product(1, deltas), exp(others) - constant(1)))
        else:
            parts.append(single(placed("exp", "", Network({monomial: 1})), c))
    return multiply(*parts) if parts else constant(1)


def log(argument: Network) -> Network:
    """The logarithm: log(e^a · P) = a + log P, and positive common factors split off alike.

    Raises:
        ZeroDivisionError: the argument is identically 0.
    """
    if not argument:
        raise ZeroDivisionError("the logarithm of what is identically 0")
    content = [f for f in common_factors(argument) if f[0].positive]
    rest = algebra.scaled(argument, [(h, ix, -e) for h, ix, e in content])
    c = rational_content(rest)
    rest = rest.scale(Fraction(1) / c)
    parts = [constant(0)]
    for head, indices, e in content:
        if head.kind == "exp":
            parts.append(instantiate(head, indices).scale(e))
        elif head.kind == "box":
            parts.append(log(instantiate(head, indices)).scale(e))
        else:
            parts.append(single(placed("log", "", product(1, [(head, indices, 1)]))).scale(e))
    for prime, k in prime_powers(c):
        parts.append(single(placed("log", "", constant(prime))).scale(k))
    if rest != constant(1):
        parts.append(single(placed("log", "", rest)))
    return algebra.add(parts)


def common_factors(network: Network) -> list[Factor]:
    """The factors without dummies that all monomials share, with the least exponents; 0/1 factors excepted."""
    rows = [
        {(head, ix): e for head, ix, e in monomial if not head.zero_one and not any(i.is_dummy for i in ix)}
        for monomial in network.terms
    ]
    places = dict.fromkeys(place for row in rows for place in row)
    least = [(place, min(row.get(place, 0) for row in rows)) for place in places]
    return [(*place, e) for place, e in least if e]


def rational_content(network: Network) -> Rational:
    """The positive number by which the coefficients are divided to be integers without common factor."""
    values = [Fraction(c) for c in network.terms.values()]
    return exact(Fraction(gcd(*(c.numerator for c in values)), lcm(*(c.denominator for c in values))))


def prime_powers(number: Rational) -> Iterator[tuple[int, int]]:
    """The primes below 1000 in a positive rational, with exponents, then what is left of it."""
    for value, direction in ((Fraction(number).numerator, 1), (Fraction(number).denominator, -1)):
        for p in range(2, 1000):
            k = 0
            while value % p == 0:
                value, k = value // p, k + 1
            if k:
                yield p, direction * k
        if value > 1:
            yield value, direction


def root(c: Rational, e: Rational) -> Network:
    """c^e for a positive number: integer powers of primes outside, a proper fraction in a box."""
    result = constant(1)
    for p, k in prime_powers(c):
        whole = (k * e) // 1
        result = result.scale(Fraction(p) ** int(whole))
        if k * e != whole:
            result = multiply(result, single(placed("box", "", constant(p)), k * e - whole))
    return result


def power(base: Network, e: Rational) -> Network:
    """The power with a rational exponent.

    Raises:
        ZeroDivisionError: a negative power of what is identically 0.
    """
    e = exact(e)
    if e == 0:
        return constant(1)
    if e == 1:
        return base
    if not base:
        if e < 0:
            raise ZeroDivisionError("division by what is identically 0")
        return ZERO
    if isinstance(e, int) and e > 0:
        half = power(base, e // 2)
        return multiply(half, half, base) if e % 2 else multiply(half, half)
    if len(base) == 1:
        ((monomial, c),) = base.terms.items()
        return monomial_power(monomial, c, e)
    content = common_factors(base)
    if not isinstance(e, int):
        content = [f for f in content if f[0].positive]
    rest = algebra.scaled(base, [(h, ix, -f) for h, ix, f in content])
    c = rational_content(rest)
    rest = rest.scale(Fraction(1) / c)
    if isinstance(e, int):
        outside = constant(Fraction(c * sign(rest)) ** e)
        rest = rest.scale(sign(rest))
    else:
        outside = root(c, e)
    common = product(1, [(h, ix, f * e) for h, ix, f in content])
    if len(rest) == 1:
        return multiply(outside, common, power(rest, e))
    return multiply(outside, common, single(placed("box", "", rest), e))


def monomial_power(monomial: Monomial, c: Rational, e: Rational) -> Network:
    """The power of one product, with an exponent that is negative or no integer.

    A root keeps a 0/1 factor next to one that may be negative: where the former is 0, so is the root.
    """
    whole = isinstance(e, int)
    outside: list[Factor] = []
    opaque: list[Factor] = []
    safe = whole or (c > 0 and all(map(is_weight, monomial)))
    for head, indices, f in monomial:
        summed = any(i.is_dummy for i in indices)
        if head.zero_one and e > 0 and not summed and safe:
            outside.append((head, indices, f))
        elif summed or head.zero_one or not (whole or head.positive):
            opaque.append((head, indices, f))
        else:
            outside.append((head, indices, exact(f * e)))
    parts = [product(1, outside)]
    if whole:
        parts.append(constant(Fraction(c) ** int(e)))
        for component in components(opaque):
            parts.append(single(placed("box", "", closed(component)), e))
        return multiply(*parts)
    parts.append(root(c if c > 0 else -c, e))
    negative = c < 0
    if not negative and len(opaque) == 1 and not (isinstance(opaque[0][2], int) and opaque[0][2] % 2 == 0):
        head, indices, f = opaque[0]
        if not any(i.is_dummy for i in indices) and not head.zero_one:
            return multiply(*parts, product(1, [(head, indices, exact(f * e))]))
    if opaque or negative:
        parts.append(single(placed("box", "", closed(opaque).scale(-1 if negative else 1)), e))
    return multiply(*parts)


def closed(factors: list[Factor]) -> Network:
    """A product of a monomial's factors, its dummies summed."""
    ((_, renamed, dummies),) = algebra.raw_terms(Network({tuple(factors): 1}), mark(factors))
    return product(1, renamed, dummies)


def mark(factors: Iterable[Factor]) -> str:
    """A prefix for new names of dummies."""
    return "?" * (1 + algebra.level(i for _, ix, _ in factors for i in ix))


def components(factors: list[Factor]) -> list[list[Factor]]:
    """The factors grouped by the dummies that connect them."""
    groups: list[tuple[set[Index], list[Factor]]] = []
    for factor in factors:
        nodes, members = {i for i in factor[1] if i.is_dummy}, [factor]
        apart = []
        for others, more in groups:
            if nodes & others:
                nodes, members = nodes | others, more + members
            else:
                apart.append((others, more))
        groups = [*apart, (nodes, members)]
    return [members for _, members in groups]
