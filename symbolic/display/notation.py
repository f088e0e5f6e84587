"""Symbols for the arrays, functions, sizes and indices of networks, no two alike."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from equivalences.language.symbols import symbol, symbols_of

from ..networks.algebra import PI
from ..networks.network import Head, Index, Kind, Network

LETTERS = "ijklabcdehmnoprstuvwxyz"
TAKEN = (
    *("\\delta", "\\exp", "\\log", "\\tanh", "\\sin", "\\cos", "\\mathbf{1}", "I"),
    *(
        f"\\mathrm{{{word}}}"
        for word in ("step", "sigmoid", "softplus", "erf", "tr", "diag", "causal", "shift")
    ),
)
"""Symbols that the notation itself uses."""

ARRAY = re.compile(r"(?P<name>.*?)(?:\[(?P<label>[^\]]*)\])?", re.DOTALL)


@dataclass(frozen=True)
class Legend:
    """What each symbol stands for.

    Attributes:
        arrays: LaTeX of each array, by head.
        functions: LaTeX of each unknown function, activation and feature map, by name.
        sizes: LaTeX of the size of each sort.
        letters: a letter for each free index.
        markers: for each function of whole arrays, the markers of the arrays that it takes.
        kinds: for each function, which kind of head it is.
        outputs: for each function of whole arrays, the sorts of its value.
    """

    arrays: Mapping[Head, str]
    functions: Mapping[str, str]
    sizes: Mapping[str, str]
    letters: Mapping[Index, str]
    markers: Mapping[str, tuple[Head, ...]]
    kinds: Mapping[str, Kind]
    outputs: Mapping[str, tuple[str, ...]]

    def for_indices(self, networks: Iterable[Network]) -> "Legend":
        """The same symbols, with letters for the free indices of some networks."""
        taken = {*TAKEN, *self.arrays.values(), *self.functions.values(), *self.sizes.values()}
        return replace(self, letters=letters_of({i for n in networks for i in n.free}, taken))

    def letter_for(self, used: Iterable[str]) -> str:
        """A letter for one more dummy."""
        taken = {*used, *self.letters.values(), *self.arrays.values(), *self.sizes.values()}
        taken |= set(self.functions.values())
        return next(x for x in candidates() if x not in taken)


def legend_of(networks: Iterable[Network]) -> Legend:
    """Symbols for everything that occurs in some networks."""
    several = list(networks)
    heads = sorted(frozenset[Head]().union(*(n.heads for n in several)), key=lambda h: (h.name, h.key))
    taken = set(TAKEN)
    named = dict.fromkeys(h.name for h in heads if h.kind in ("activation", "unknown", "feature"))
    tensors = [h for h in heads if h.kind == "tensor"]
    bases = [parts_of(h.name)[0] for h in tensors if not h.name.startswith("°") and h.name != PI]
    symbols = symbols_of([*bases, *named])
    arrays = {h: choose(array_symbol(h.name, symbols), taken) for h in tensors}
    functions = {name: choose(symbols[name], taken) for name in named}
    free = list(dict.fromkeys(i for n in several for i in n.free))
    sorts = {s for h in heads for s in h.sorts} | {h.name for h in heads if h.kind == "size"}
    sorts |= {i.sort for i in free}
    sizes = {}
    for sort in sorted(sorts):
        wish = symbol(sort.rstrip("°"))
        sizes[sort] = choose(wish if wish not in taken else f"d_{{{wish}}}", taken)
    letters = letters_of(free, taken)
    markers: dict[str, tuple[Head, ...]] = {}
    for h in heads:
        if h.kind in ("unknown", "feature") and h.argument is not None:
            own = {m for monomial in h.argument.terms for m, _, _ in monomial if m.kind == "marker"}
            mine = own | set(markers.get(h.name, ()))
            markers[h.name] = tuple(sorted(mine, key=lambda m: m.key))
    kinds = {h.name: h.kind for h in heads if h.name in functions and h.kind != "tensor"}
    outputs = {h.name: h.sorts[: h.outer] for h in heads if h.name in markers and not h.slots}
    return Legend(arrays, functions, sizes, letters, markers, kinds, outputs)


def letters_of(free: Iterable[Index], taken: set[str]) -> dict[Index, str]:
    """A letter for each free index: its own name where that is one."""
    letters = {}
    for index in sorted(free, key=lambda i: (not is_own_letter(i), i.name, i.sort)):
        wish = index.name.lstrip("^") if is_own_letter(index) else ""
        letters[index] = wish if wish and wish not in taken else next(x for x in candidates() if x not in taken)
        taken.add(letters[index])
    return letters


def array_symbol(name: str, symbols: Mapping[str, str]) -> str:
    r"""An array in LaTeX; what tells its parts apart becomes a superscript.

    >>> array_symbol("W0", {"W0": "W_{0}"}), array_symbol("keys[!,]", {"keys": "K"})
    ('W_{0}', 'K^{\\mathrm{new}}')
    """
    if name == PI:
        return "\\pi"
    base, label = parts_of(name)
    parts = [part for part in re.split(r"[, ]+", label) if part not in ("", "0")]
    shown = ",".join("\\mathrm{new}" if part == "!" else plain(part) for part in parts)
    latex = state_symbol(base) if base.startswith("°") else symbols[base]
    return latex + (f"^{{{shown}}}" if shown else "")


def state_symbol(name: str) -> str:
    r"""A loop's state in an induction: before the step, or at a token with a bar.

    >>> state_symbol("°0"), state_symbol("°°1")
    ('S_{1}', '\\bar{S}_{2}')
    """
    number = int(name.lstrip("°")) + 1
    return ("S" if name.count("°") == 1 else "\\bar{S}") + f"_{{{number}}}"


def parts_of(name: str) -> tuple[str, str]:
    """The claim's name of an array, and the label that tells its parts apart."""
    match = ARRAY.fullmatch(name)
    assert match is not None
    return match["name"], match["label"] or ""


def plain(text: str) -> str:
    """Only what is safe inside an upright word."""
    return re.sub(r"[^A-Za-z0-9]", lambda m: "\\_" if m.group() == "_" else "\\,", text)


def choose(wish: str, taken: set[str]) -> str:
    """A symbol that is not taken: the wish, or with as many primes as it takes."""
    while wish in taken:
        wish += "'"
    taken.add(wish)
    return wish


def candidates() -> Iterable[str]:
    """Letters for indices, then letters with numbers."""
    yield from LETTERS
    yield from (f"{x}_{{{k}}}" for k in range(1, 100) for x in "ijk")


def is_own_letter(index: Index) -> bool:
    """Whether an index of the claim is a letter already."""
    name = index.name.lstrip("^")
    return len(name) == 1 and name.isascii() and name.isalpha()
