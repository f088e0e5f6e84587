"""Symbols for the variables and sizes of one statement, no two alike."""

from equivalences.language.symbols import symbol, symbols_of


def verbatim(identifier: str) -> str:
    """An identifier upright and letter for letter, for one whose symbol is taken."""
    return "\\mathrm{" + identifier.replace("_", "\\_") + "}"


class Names:
    """Symbols for the variables and sizes of one statement, each different from all others.

    Variables come first; a size that is called like a variable becomes a subscript of d: the vector v
    lives in ℝ to the d_v.
    """

    def __init__(self, variables: tuple[str, ...], axes: tuple[str, ...]) -> None:
        self.taken: set[str] = set()
        wishes = symbols_of(variables)
        self.variables = {name: self.claim(wishes[name], verbatim(name)) for name in variables}
        self.parts = {axis: self.claim(symbol(axis), f"d_{{{symbol(axis)}}}") for axis in axes}

    def claim(self, *wishes: str) -> str:
        """The first wish that is free, or the last with as many primes as it takes; now it is taken."""
        name = next((wish for wish in wishes if wish not in self.taken), wishes[-1])
        while name in self.taken:
            name += "'"
        self.taken.add(name)
        return name

    def size(self, axis: str) -> str:
        """The size of an axis: the sum of its parts."""
        if set(axis) == {"1", "+"}:
            return str(axis.count("1"))
        return " + ".join(self.parts.get(part, part) for part in axis.split("+"))

    def shape(self, axes: tuple[str, ...]) -> str:
        """The sizes of an array, a sum in parentheses beside others."""
        sizes = map(self.size, axes)
        return " \\times ".join(f"({size})" if "+" in size and len(axes) > 1 else size for size in sizes)
