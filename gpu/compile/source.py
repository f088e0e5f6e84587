"""Python source under construction: names, literals, magnitudes, and what is still alive.

Names are generated (``v`` a value, ``e`` its error, ``m`` its magnitude, ``t`` anything else), so that
nothing an author writes ever reaches ``exec``.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..device.model import Model
from .graph import Graph, Shape, Table
from .schedule import is_mask

ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
STRUCTURAL = frozenset({"permute", "reshape", "broadcast", "take", "part"})
NONNEGATIVE = frozenset(
    {"exp", "sigmoid", "softplus", "relu", "sqrt", "step", "eye", "causal", "shift", "onehot"}
)


@dataclass(frozen=True, kw_only=True)
class Error:
    """A bound of |value − exact|, as source text.

    Attributes:
        text: an array's name, or a literal where ``scalar``.
        scalar: whether it is one number for all entries.
        debt: the text is too small by a factor of (1 − u)^debt at most.
        reserve: by how many underflows the text, its debt paid, exceeds a bound.
    """

    text: str
    scalar: bool = False
    debt: float = 0.0
    reserve: float = 0.0


class Source:
    """The body of a function that evaluates a graph."""

    def __init__(
        self,
        graph: Graph,
        model: Model,
        masks: frozenset[str],
        positive: frozenset[str],
        positions: dict[str, str],
        tables: dict[Table, str],
    ) -> None:
        self.graph, self.model, self.positions, self.tables = graph, model, positions, tables
        self.masks, self.positive = masks, positive
        self.lines: list[str] = []
        self.errors: dict[int, Error | None] = {}
        self._names: dict[int, str] = {}
        self._magnitudes: dict[int, str] = {}
        self._known: dict[str, str] = {}
        self._batched: dict[int, bool] = {}
        self._temporaries = 0
        self.views: dict[str, str] = {}
        self.reusable: dict[str, str] = {}

    # names

    def let(self, text: str) -> str:
        """A name for an expression; the same name for the same text."""
        if text not in self._known:
            self._known[text] = f"t{self._temporaries}"
            self._temporaries += 1
            self.lines.append(f"{self._known[text]} = {text}")
        return self._known[text]

    def bind(self, x: int, text: str, prefix: str = "v") -> str:
        """Give a node's value, or its error, its name."""
        name = f"{prefix}{x}"
        self.lines.append(f"{name} = {text}")
        if prefix == "v":
            self._names[x] = name
            self._note_storage(x, name, text)
        return name

    def _note_storage(self, x: int, name: str, text: str) -> None:
        """Record whose memory a value shares, or may take over.

        A parameter's memory, an input's or a table's, belongs to the caller, and is never taken over.
        """
        node = self.graph.nodes[x]
        if node.op in STRUCTURAL:
            self.views[name] = self.array(node.args[0])
        elif node.op == "table":
            self.views[name] = self.tables[node.extra]
        elif node.op == "inverse":
            self.views[name] = text
        elif node.op in ARITHMETIC:
            left = node.args[0]
            same = self.graph.shape(left) == node.shape and self.is_batched(left) == self.is_batched(x)
            if same and not self._repeats(left):
                self.reusable[name] = self.value(left)

    def _repeats(self, x: int) -> bool:
        """Whether several entries of a value may share one place in memory."""
        node = self.graph.nodes[x]
        return node.op == "broadcast" or (node.op in STRUCTURAL and self._repeats(node.args[0]))

    def is_literal(self, x: int) -> bool:
        """Whether a node is one number in the text, and not an array filled with one."""
        return self.graph.value(x) is not None and not self.graph.shape(x)

    def value(self, x: int) -> str:
        """The name of a node's value; a number for a literal."""
        literal = self.graph.value(x)
        if literal is not None and self.is_literal(x):
            return number(self.rounded(literal))
        return self._names[x]

    def name(self, x: int, name: str) -> None:
        """Let a node go by a name that exists already."""
        self._names[x] = name

    def magnitude(self, x: int) -> str:
        """|value| of a node."""
        literal = self.graph.value(x)
        if literal is not None and self.is_literal(x):
            return number(abs(self.rounded(literal)))
        if self.is_nonnegative(x):
            return self.value(x)
        if x not in self._magnitudes:
            self._magnitudes[x] = f"m{x}"
            self.lines.append(f"m{x} = xp.abs({self.value(x)})")
        return self._magnitudes[x]

    def array(self, x: int) -> str:
        """A node's value as an array, literals too.

        Quotients need that: torch divides by a Python number, and a number by an array, through a
        reciprocal, which is rounded twice.
        """
        if self.is_literal(x):
            return self.let(f"xp.full((), {self.value(x)}, dtype=dtype, device=device)")
        return self.value(x)

    # numbers

    def rounded(self, value: Fraction) -> float:
        """A rational as the nearest number of the model's format, nearly."""
        nearest = value.numerator / value.denominator
        return nearest if self.model.dtype == "float64" else struct.unpack("f", struct.pack("f", nearest))[0]

    def literal_error(self, x: int) -> float:
        """How far a literal lies from the rational that it stands for; 0 for an array."""
        literal = self.graph.value(x)
        if literal is None:
            return 0.0
        distance = abs(literal - Fraction(self.rounded(literal)))
        return math.nextafter(distance.numerator / distance.denominator, math.inf) if distance else 0.0

    # what is known of a node

    def is_batched(self, x: int) -> bool:
        """Whether a node differs from instance to instance."""
        if x not in self._batched:
            node = self.graph.nodes[x]
            self._batched[x] = node.op == "input" or any(self.is_batched(a) for a in node.args)
        return self._batched[x]

    def is_mask(self, x: int) -> bool:
        """Whether a node holds exact zeros and ones."""
        return is_mask(self.graph, x, self.masks)

    def is_nonnegative(self, x: int) -> bool:
        """Whether no entry of a node's value can be negative, rounding included."""
        node = self.graph.nodes[x]
        match node.op:
            case "input":
                return node.extra in self.positive | self.masks
            case "filled":
                return bool(node.extra >= 0)
            case "multiply" if node.args[0] == node.args[1]:
                return True
            case "add" | "multiply" | "divide" | "matmul" | "concatenate" | "sum" | "cumulate":
                return all(self.is_nonnegative(a) for a in node.args)
            case "select":
                return self.is_nonnegative(node.args[0])
            case op if op in STRUCTURAL:
                return self.is_nonnegative(node.args[0])
        return node.op in NONNEGATIVE

    def may_hide_overflow(self, x: int) -> bool:
        """Whether a value can be infinite while its error is finite, though then about u times the largest.

        Only inside sums can that be: elsewhere the error has a term u·|value|.
        """
        node = self.graph.nodes[x]
        if node.op in ("matmul", "sum", "cumulate", "inverse", "solve"):
            return True
        if node.op in ("multiply", "divide"):
            return self.is_exact_scaling(x)
        if node.op in STRUCTURAL or node.op in ("negate", "select", "concatenate"):
            return any(self.may_hide_overflow(a) for a in node.args)
        return False

    def is_exact_scaling(self, x: int) -> bool:
        """Whether a product is by zeros and ones or by 2⁻ᵏ, k ≥ 0: neither rounded nor too large."""
        node = self.graph.nodes[x]
        scales = node.args[1:] if node.op == "divide" else node.args
        if node.op == "multiply" and any(self.is_mask(a) for a in node.args):
            return True
        values = [self.graph.value(a) for a in scales]
        return any(
            v is not None and _is_harmless_scale(abs(v) if node.op == "multiply" else 1 / abs(v))
            for v in values
            if v
        )

    # text

    def batch(self, x: int) -> str:
        """The size of a node's batch axis in the source."""
        return "batch" if self.is_batched(x) else "1"

    def full_shape(self, x: int, shape: Shape | None = None) -> str:
        """A node's shape with its batch axis."""
        return show((self.batch(x), *(self.graph.shape(x) if shape is None else shape)))


def _is_harmless_scale(value: Fraction) -> bool:
    """Whether a positive number is 2⁻ᵏ for a moderate k ≥ 0."""
    return value.numerator == 1 and value.denominator.bit_count() == 1 and value.denominator.bit_length() < 100


def number(value: float) -> str:
    """A literal that is safe on either side of an operator."""
    return repr(value) if value >= 0 else f"({value!r})"


def show(shape: Sequence[object]) -> str:
    """A tuple as source text."""
    return "(" + ", ".join(str(k) for k in shape) + ("," if len(shape) == 1 else "") + ")"
