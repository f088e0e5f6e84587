"""Networks in index notation: sums over named indices of products of entries.

Everything has a form here, and ``reading`` reads it back. exp and all other functions act on numbers; an
array handed to a function of whole arrays is written with ``\\cdot`` in the place of its own index, or as
``a \\mapsto entry``; so is an inverted matrix.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from ..networks import atoms
from ..networks.derivative import differentiate
from ..networks.network import (
    Factor,
    Head,
    Index,
    Monomial,
    Network,
    Rational,
    monomial_text,
)
from .notation import Legend

Letters: TypeAlias = Mapping[Index, str]
FUNCTIONS = {"tanh": "\\tanh", "sin": "\\sin", "cos": "\\cos", "erf": "\\mathrm{erf}", "step": "\\mathrm{step}"}


class Writer:
    """Writes networks with the symbols of one legend."""

    def __init__(self, legend: Legend) -> None:
        self.legend = legend

    def network(self, network: Network, letters: Letters) -> str:
        """A sum."""
        return self.sum([(c, m, letters) for m, c in ordered(network)])

    def sum(self, terms: Sequence[tuple[Rational, Monomial, Letters]]) -> str:
        """Products with their signs; 0 where there are none."""
        text = ""
        for c, monomial, letters in terms:
            sign = ("-" if c < 0 else "") if not text else (" - " if c < 0 else " + ")
            text += sign + self.term(magnitude(c), monomial, letters)
        return text or "0"

    def term(self, c: Rational, monomial: Monomial, letters: Letters) -> str:
        """A positive number times sums over the dummies of a product."""
        local = dict(letters)
        sums = ""
        for dummy in dict.fromkeys(i for _, indices, _ in monomial for i in indices if i.is_dummy):
            local[dummy] = self.legend.letter_for(local.values())
            sums += f"\\sum_{{{local[dummy]}=1}}^{{{self.legend.sizes[dummy.sort]}}} "
        exponents = [f for f in monomial if f[0].kind == "exp"]
        above = [f for f in monomial if f[0].kind != "exp" and f[2] > 0]
        below = [(h, ix, -e) for h, ix, e in monomial if h.kind != "exp" and e < 0]
        factors = [self.factor(f, local) for f in above]
        if exponents:
            factors.append(self.exponential(exponents, local))
        number, value = "", Fraction(c)
        if below:
            alone = len(below) == 1 and value.denominator == 1 and below[0][2] == 1
            denominator = [self.base(f, local, bare=True) if alone else self.factor(f, local) for f in below]
            denominator = [str(value.denominator)] * (value.denominator != 1) + denominator
            top = [str(value.numerator)] * (value.numerator != 1 or not factors) + factors
            return sums + f"\\frac{{{' '.join(top)}}}{{{' '.join(denominator)}}}"
        if value.denominator != 1:
            number = f"\\frac{{{value.numerator}}}{{{value.denominator}}} "
        elif value != 1 or not factors:
            number = f"{value.numerator} "
        return (number + sums + " ".join(factors)).strip()

    def exponential(self, factors: Sequence[Factor], letters: Letters) -> str:
        """One exponential of the sum of all exponents."""
        terms: list[tuple[Rational, Monomial, Letters]] = []
        for head, indices, e in factors:
            assert head.argument is not None
            inner = inside(head, indices, letters)
            terms += [(c * e, m, inner) for m, c in ordered(head.argument)]
        return f"\\exp\\left({self.sum(terms)}\\right)"

    def factor(self, factor: Factor, letters: Letters) -> str:
        """A positive power of one entry or atom."""
        head, indices, e = factor
        if e == Fraction(1, 2):
            return f"\\sqrt{{{self.base((head, indices, 1), letters, bare=True)}}}"
        text = self.base(factor, letters, bare=e == 1 and head.kind != "box")
        if e == 1:
            return text
        raised = head.kind in ("tensor", "size") and not indices and any(mark in text for mark in "^'")
        return f"{f'({text})' if raised else text}^{{{e}}}"

    def base(self, factor: Factor, letters: Letters, *, bare: bool) -> str:
        """What a power is taken of, in parentheses unless it may stand alone."""
        head, indices, _ = factor
        names = [letters[i] for i in indices]
        match head.kind:
            case "tensor":
                return self.entry(self.legend.arrays[head], names)
            case "size":
                return self.legend.sizes[head.name]
            case "delta":
                return f"\\delta_{{{' '.join(names)}}}"
            case "causal":
                return f"\\mathbf{{1}}_{{{names[1]} \\le {names[0]}}}"
            case "shift":
                return f"\\mathbf{{1}}_{{{names[1]} = {names[0]} - 1}}"
            case "inverse":
                text = self.inverse(head, letters, names)
            case "unknown" | "feature":
                text = self.applied(head, indices, letters)
            case _:
                text = self.function(head, indices, letters)
                return text if bare or head.kind != "box" else f"\\left({text}\\right)"
        return text if bare else f"\\left({text}\\right)"

    def entry(self, array: str, names: Sequence[str]) -> str:
        """An entry of an array."""
        if not names:
            return array
        plain = not any(mark in array for mark in "_^'")
        return f"{array if plain else f'({array})'}_{{{' '.join(names)}}}"

    def function(self, head: Head, indices: tuple[Index, ...], letters: Letters) -> str:
        """A function of a number, or a box as its bare contents."""
        assert head.argument is not None
        inner = self.network(head.argument, inside(head, indices, letters))
        match head.kind:
            case "box":
                return inner
            case "log":
                name = "\\log"
            case "activation":
                name = self.legend.functions[head.name]
                name += f"^{{({len(head.slots)})}}" if head.slots else ""
            case _:
                name = FUNCTIONS.get(head.name, f"\\mathrm{{{head.name}}}")
        return f"{name}\\left({inner}\\right)"

    def inverse(self, head: Head, letters: Letters, names: Sequence[str]) -> str:
        """An entry of an inverse; the matrix is given by its entries."""
        assert head.argument is not None
        row = self.legend.letter_for(letters.values())
        column = self.legend.letter_for([*letters.values(), row])
        holders = [atoms.placeholder(sort, k) for k, sort in enumerate(head.sorts)]
        inner = self.network(head.argument, dict(zip(holders, (row, column), strict=True)))
        size = self.legend.sizes[head.sorts[0]]
        arrow = f"{row} {column} \\in {size} \\mapsto {inner}"
        return f"\\left({arrow}\\right)^{{-1}}_{{{' '.join(names)}}}"

    def applied(self, head: Head, indices: tuple[Index, ...], letters: Letters) -> str:
        """An entry of a function of whole arrays, or of a derivative of one."""
        name = self.legend.functions[head.name]
        widths = [atoms.slot_width(slot) for slot in head.slots]
        names = [letters[i] for i in indices[: head.outer]]
        start, slopes = head.outer - sum(widths), ""
        at = start
        markers = self.legend.markers[head.name]
        for slot, width in zip(head.slots, widths, strict=True):
            (which,) = [k for k, m in enumerate(markers) if m.name == slot.rpartition(":")[0]]
            slopes += f"\\partial_{{{which + 1}; {' '.join(names[at : at + width])}}} "
            at += width
        inner = inside(head, indices, letters)
        arrays = ", ".join(self.array(head, marker, inner) for marker in markers)
        below = f"_{{{' '.join(names[:start])}}}" if start else ""
        return f"{slopes}{name}\\left({arrays}\\right){below}"

    def array(self, head: Head, marker: Head, letters: Letters) -> str:
        """One of the arrays that a function takes, by its entries."""
        assert head.argument is not None
        places = tuple(Index(sort, f"%{k}") for k, sort in enumerate(marker.sorts))
        entries = differentiate(head.argument, marker, places, deep=False)
        if len(entries.terms) == 1:
            ((monomial, c),) = entries.terms.items()
            if c == 1 and len(monomial) == 1 and monomial[0][2] == 1 and monomial[0][0].kind == "tensor":
                array, indices, _ = monomial[0]
                if tuple(i for i in indices if i in places) == places and not any(i.is_dummy for i in indices):
                    dotted = ["\\cdot" if i in places else letters[i] for i in indices]
                    if indices == places:
                        return self.legend.arrays[array]
                    return self.entry(self.legend.arrays[array], dotted)
        local = dict(letters)
        for place in places:
            local[place] = self.legend.letter_for(local.values())
        bound = "".join(f"{local[i]} \\in {self.legend.sizes[i.sort]} " for i in places)
        return (f"{bound}\\mapsto " if places else "") + self.network(entries, local)


def inside(head: Head, indices: tuple[Index, ...], letters: Letters) -> dict[Index, str]:
    """The letters of an argument's place holders."""
    return {atoms.placeholder(i.sort, k): letters[i] for k, i in enumerate(indices)}


def ordered(network: Network) -> list[tuple[Monomial, Rational]]:
    """Terms in a readable order: positive ones and short ones first."""
    return sorted(network.terms.items(), key=lambda item: (item[1] < 0, len(item[0]), monomial_text(item[0])))


def magnitude(number: Rational) -> Rational:
    """The number without its sign."""
    return -number if number < 0 else number
