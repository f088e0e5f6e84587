"""How often random inputs hide a difference: a bound on the degrees that a program can reach.

Every node is a fraction of polynomials in the inputs and the exponentials. The difference of the sides, over
one denominator, has a numerator of some degree; by Schwartz and Zippel it vanishes at a uniform point mod p
with probability at most degree / p, if it does not vanish identically. Denominators are kept as products of
factors, so that common ones are counted once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log2

from .graph import Node
from .program import Program


@dataclass(frozen=True)
class Degree:
    """A bound for a fraction: degree of the numerator, and the multiplicity of each factor below."""

    numerator: int = 0
    factors: Mapping[int, int] = field(default_factory=dict)


@dataclass
class Degrees:
    """Bounds for the nodes of a program."""

    known: dict[int, Degree] = field(default_factory=dict)
    weights: dict[int, int] = field(default_factory=dict)

    def of(self, nodes: Sequence[Node]) -> None:
        """Find the bounds of nodes that are given parents first."""
        for node in nodes:
            if node.number not in self.known:
                self.known[node.number] = self.bound(node)

    def bound(self, node: Node) -> Degree:
        """The bound of a node from those of its parents."""
        below = [self.known.get(p.number, Degree(1)) for p in node.parents]
        match node.operation:
            case "number" | "unit" | "root" | "step":
                return Degree()
            case "add" | "subtract" | "join":
                return self.sum(below)
            case "multiply" | "scale" | "product":
                return self.product(*below)
            case "divide":
                return self.product(below[0], self.reciprocal(node.parents[1], below[1], 1))
            case "power" if node.parameter < 0:
                return self.reciprocal(node.parents[0], below[0], -node.parameter)
            case "power":
                return self.power(below[0], node.parameter)
            case "inverse":
                return self.inverse(node, below[0])
            case "solve":
                return self.product(self.inverse(node, below[0]), below[1])
            case "input" | "exp" | "turn" | "feature":
                return Degree(1)
        return below[0]

    def degree(self, factors: Mapping[int, int]) -> int:
        """The degree of a product of factors."""
        return sum(self.weights[name] * power for name, power in factors.items())

    def sum(self, terms: Sequence[Degree]) -> Degree:
        """A sum over the common denominator."""
        common: dict[int, int] = {}
        for term in terms:
            for name, power in term.factors.items():
                common[name] = max(power, common.get(name, 0))
        lifted = [t.numerator + self.degree(common) - self.degree(t.factors) for t in terms]
        return Degree(max(lifted), common)

    def product(self, *terms: Degree) -> Degree:
        """A product; what stands above and below may cancel."""
        factors: dict[int, int] = {}
        for term in terms:
            for name, power in term.factors.items():
                factors[name] = factors.get(name, 0) + power
        above = {name: -power for name, power in factors.items() if power < 0}
        kept = {name: power for name, power in factors.items() if power > 0}
        return Degree(sum(t.numerator for t in terms) + self.degree(above), kept)

    def power(self, base: Degree, exponent: int) -> Degree:
        """A positive power."""
        return Degree(
            base.numerator * exponent, {name: power * exponent for name, power in base.factors.items()}
        )

    def reciprocal(self, node: Node, base: Degree, exponent: int) -> Degree:
        """1 / x to a power: the numerator of x becomes a factor, its denominator goes up."""
        self.weights[node.number] = base.numerator * len(node)
        above = {name: -power * exponent for name, power in base.factors.items()}
        others = base.numerator * (len(node) - 1) * exponent
        return Degree(others, {node.number: exponent, **above})

    def inverse(self, node: Node, matrix: Degree) -> Degree:
        """Adjugate over determinant, the matrix over its common denominator."""
        n = node.shape[0] if node.operation == "inverse" else node.parents[0].shape[0]
        name = -node.parents[0].number
        self.weights[name] = n * matrix.numerator
        above = {factor: -power for factor, power in matrix.factors.items()}
        return self.product(Degree((n - 1) * matrix.numerator), Degree(0, {name: 1}), Degree(0, above))


def bound(program: Program, primes: Sequence[int]) -> float:
    """The logarithm, base 2, of the chance that a difference vanishes at a random point mod these primes."""
    degrees = Degrees()
    degrees.of([node for nodes in program.steps[:1] for node in nodes])
    both = degrees.sum([degrees.known[node.number] for node in program.outputs])
    return log2(max(both.numerator, 1)) - log2(min(primes))


def printed(bits: float) -> str:
    """A probability of at most 2^bits.

    >>> printed(-51.7)
    '≤ 2^-51'
    """
    return f"≤ 2^{int(bits)}" if bits <= -1 else "no bound: the degree is too high"
