"""Whether expressions are zero as rational functions of their symbols, exponentials and other atoms.

Exponentials of sums split into powers of exponentials of monomials, sines and cosines into exponentials,
logarithms lose their monomial factors; what is left of them, and every other function, becomes a symbol of
its own, by the canonical form of its argument. Then numerators are expanded over a common denominator in
SymPy's sparse polynomial rings. A zero is exact; anything else shows nothing.
"""

from collections.abc import Iterable
from functools import reduce
from math import lcm
from typing import Any, TypeAlias

import sympy
from sympy.polys.rings import PolyRing

from .scalars import STEP, Budget, Scalar

Polynomial: TypeAlias = Any
Fraction: TypeAlias = tuple[Polynomial, dict[Polynomial, int]]
"""A numerator, and the factors of the denominator with their multiplicities."""

IMAGINARY = sympy.Symbol("imaginary unit")


class UndefinedError(Exception):
    """A denominator that is identically 0: the expression has no value at these sizes."""


class Atoms:
    """Rewrites expressions into rational functions of symbols, a symbol an atom."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.symbols: dict[object, Scalar] = {}
        self.arguments: dict[Scalar, Scalar] = {}
        self.roots: dict[Scalar, tuple[int, Scalar]] = {IMAGINARY: (2, sympy.Integer(-1))}
        self._memo: dict[Scalar, Scalar] = {}

    def rewrite(self, x: Scalar) -> Scalar:
        """The expression over symbols alone; exponents may be fractions."""
        if x not in self._memo:
            self.budget.spend(1)
            self._memo[x] = self._rewrite(x)
        return self._memo[x]

    def _rewrite(self, x: Scalar) -> Scalar:
        if x is sympy.I:
            return IMAGINARY
        if x.is_Symbol or x.is_Rational:
            return x
        args = [self.rewrite(a) for a in x.args]
        if x.is_Add or x.is_Mul:
            return x.func(*args)
        if x.is_Pow and x.exp.is_Rational:
            return self._power(args[0], x.exp)
        if isinstance(x, sympy.exp):
            return self._exponential(args[0])
        if isinstance(x, sympy.cos):
            return (self._turn(args[0]) + 1 / self._turn(args[0])) / 2
        if isinstance(x, sympy.sin):
            return (self._turn(args[0]) - 1 / self._turn(args[0])) / (2 * IMAGINARY)
        if isinstance(x, sympy.log):
            return self._logarithm(self._expand(args[0]))
        atom = self._symbol((x.func, *(self._expand(a) for a in args)))
        if x.func is STEP:
            self.roots[atom] = (2, atom)
        return atom

    def _symbol(self, key: object, *, positive: bool = False) -> Scalar:
        if key not in self.symbols:
            label = f"atom {len(self.symbols)}"
            self.symbols[key] = (
                sympy.Symbol(label, positive=True) if positive else sympy.Symbol(label, real=True)
            )
        return self.symbols[key]

    def _expand(self, x: Scalar) -> Scalar:
        self.budget.spend(_expanded_size(x) / 2)
        return sympy.expand(x)

    def _power(self, base: Scalar, exponent: Scalar) -> Scalar:
        if exponent.is_Integer or (base.is_Symbol and base.is_positive):
            return base**exponent
        root = self._symbol(("root", exponent.q, self._expand(base)), positive=True)
        self.roots[root] = (int(exponent.q), base)
        return root**exponent.p

    def _exponential(self, x: Scalar) -> Scalar:
        factors = []
        for part in sympy.Add.make_args(self._expand(x)):
            coefficient, monomial = part.as_coeff_Mul(rational=True)
            atom = self._symbol(("exp", monomial), positive=True)
            if IMAGINARY not in monomial.free_symbols:
                self.arguments[atom] = monomial
            factors.append(atom**coefficient)
        return sympy.Mul(*factors)

    def _turn(self, x: Scalar) -> Scalar:
        return self._exponential(IMAGINARY * x)

    def _logarithm(self, x: Scalar) -> Scalar:
        """log(eᵃ · P) = a + log P, where a collects the exponentials common to all summands."""
        parts = [part.as_powers_dict() for part in sympy.Add.make_args(x)]
        common = {
            atom: min(powers.get(atom, sympy.Integer(0)) for powers in parts)
            for atom in set().union(*parts) & self.arguments.keys()
        }
        outside = sympy.Add(*(power * self.arguments[atom] for atom, power in common.items()))
        rest = sympy.expand(x * sympy.Mul(*(atom**-power for atom, power in common.items())))
        return outside if rest == 1 else outside + self._symbol(("log", rest))


class Fractions:
    """Rational functions as polynomials over factored denominators."""

    def __init__(self, expressions: Iterable[Scalar], atoms: Atoms, budget: Budget) -> None:
        several = [*expressions, *(base for _, base in atoms.roots.values())]
        symbols = sorted(set().union(*(x.free_symbols for x in several)), key=str)
        powers = set().union(*(x.atoms(sympy.Pow) for x in several))
        self.scale = dict.fromkeys(symbols, 1)
        for power in powers:
            if power.base.is_Symbol and power.exp.is_Rational:
                self.scale[power.base] = lcm(self.scale[power.base], int(power.exp.q))
        self.ring = PolyRing(symbols, sympy.QQ, sympy.polys.orderings.lex)
        self.generators = dict(zip(symbols, self.ring.gens, strict=True))
        self.atoms, self.budget = atoms, budget
        self._memo: dict[Scalar, Fraction] = {}

    def is_zero(self, x: Scalar) -> bool:
        """Whether an expression is identically 0; False says nothing.

        Raises:
            UndefinedError: a denominator is identically 0.
            ExhaustedError: the budget is spent.
        """
        return not self._reduce(self.fraction(x)[0])

    def fraction(self, x: Scalar) -> Fraction:
        """A numerator over factors."""
        if x not in self._memo:
            self._memo[x] = self._fraction(x)
        return self._memo[x]

    def _fraction(self, x: Scalar) -> Fraction:
        if x.is_Rational:
            return self.ring.ground_new(sympy.QQ(int(x.p), int(x.q))), {}
        if x.is_Symbol:
            return self.generators[x] ** self.scale[x], {}
        if x.is_Add:
            return self._sum([self.fraction(a) for a in x.args])
        if x.is_Mul:
            return reduce(self._product, (self.fraction(a) for a in x.args))
        assert x.is_Pow
        if not x.exp.is_Integer:
            exponent = int(x.exp * self.scale[x.base])
            generator = self.generators[x.base]
            return (generator**exponent, {}) if exponent > 0 else (self.ring.one, {generator: -exponent})
        base = self.fraction(x.base)
        return reduce(self._product, [base if x.exp > 0 else self._reciprocal(base)] * abs(int(x.exp)))

    def _times(self, a: Polynomial, b: Polynomial) -> Polynomial:
        self.budget.spend(len(a) * len(b) / 50)
        return a * b

    def _sum(self, parts: list[Fraction]) -> Fraction:
        common: dict[Polynomial, int] = {}
        for _, factors in parts:
            for factor, power in factors.items():
                common[factor] = max(power, common.get(factor, 0))
        value = self.ring.zero
        for numerator, factors in parts:
            for factor, power in common.items():
                for _ in range(power - factors.get(factor, 0)):
                    numerator = self._times(numerator, factor)
            value = value + numerator
        return value, common if value else {}

    def _product(self, a: Fraction, b: Fraction) -> Fraction:
        left, right = dict(a[1]), dict(b[1])
        numerators = []
        for numerator, factors in ((a[0], right), (b[0], left)):
            cancels = numerator in factors
            numerators.append(self.ring.one if cancels else numerator)
            if cancels:
                factors[numerator] -= 1
        factors = {f: left.get(f, 0) + right.get(f, 0) for f in left.keys() | right.keys()}
        return self._times(*numerators), {f: power for f, power in factors.items() if power}

    def _reciprocal(self, x: Fraction) -> Fraction:
        numerator, factors = x
        if not self._reduce(numerator):
            raise UndefinedError
        content = reduce(lambda a, b: tuple(map(min, a, b)), numerator.itermonoms())
        rest = numerator.quo(self.ring.from_dict({content: self.ring.domain.one})).monic()
        new = {g: power for g, power in zip(self.ring.gens, content, strict=True) if power}
        if rest != self.ring.one:
            new[rest] = 1
        value = self.ring.ground_new(1 / numerator.LC)
        for factor, power in factors.items():
            for _ in range(power):
                value = self._times(value, factor)
        return value, new

    def _reduce(self, x: Polynomial) -> Polynomial:
        """The polynomial with powers of roots replaced by what they are roots of, where that is polynomial."""
        for root, (order, base) in self.atoms.roots.items():
            if root not in self.generators:
                continue
            position = self.ring.gens.index(self.generators[root])
            order *= self.scale[root]
            value, factors = self.fraction(base)
            if factors:
                continue
            while any(monomial[position] >= order for monomial in x.itermonoms()):
                self.budget.spend(len(x) * len(value) / 20)
                low = self.ring.from_dict({m: c for m, c in x.iterterms() if m[position] < order})
                high = self.ring.from_dict(
                    {_lower(m, position, order): c for m, c in x.iterterms() if m[position] >= order}
                )
                x = low + high * value
        return x


def all_equal(pairs: list[tuple[Scalar, Scalar]], budget: Budget) -> bool:
    """Whether the two expressions of each pair are defined and identically equal; False says nothing.

    Raises:
        UndefinedError: a denominator, on either side, is identically 0.
        ExhaustedError: the budget is spent.
    """
    atoms = Atoms(budget)
    sides = [atoms.rewrite(x) for x in dict.fromkeys(x for pair in pairs for x in pair)]
    differences = [atoms.rewrite(x - y) for x, y in pairs if x != y]
    fractions = Fractions([*sides, *differences], atoms, budget)
    powers = set().union(*(x.atoms(sympy.Pow) for x in sides))
    if any(power.exp.is_negative and fractions.is_zero(power.base) for power in powers):
        raise UndefinedError
    return all(fractions.is_zero(x) for x in differences)


def _lower(monomial: tuple[int, ...], position: int, order: int) -> tuple[int, ...]:
    return (*monomial[:position], monomial[position] - order, *monomial[position + 1 :])


def _expanded_size(x: Scalar) -> float:
    """About how many summands an expression has when expanded."""
    if x.is_Add:
        return float(sum(_expanded_size(a) for a in x.args))
    if x.is_Mul:
        return float(reduce(lambda a, b: a * b, (_expanded_size(a) for a in x.args)))
    if x.is_Pow and x.exp.is_Integer:
        return min(_expanded_size(x.base) ** min(abs(int(x.exp)), 20), 1e12)
    return 1.0
