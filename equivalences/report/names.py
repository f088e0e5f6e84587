"""Identifiers as a mathematician writes them, and no two alike."""

import re

ALPHABET = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi
omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
GREEK = ALPHABET.split()
LETTERS = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", GREEK, strict=True))
SPOKEN = {name: name for name in GREEK} | LETTERS | {"lam": "lambda", "eps": "epsilon", "sig": "sigma"}
VARIANTS = {"phi": "varphi", "epsilon": "varepsilon"}
IDENTIFIER = re.compile(r"(.*?)_?(\d*)('*)", re.DOTALL)


def letter(word: str) -> str:
    r"""A word without its digits: a letter as it is, a Greek one as its macro, others upright.

    >>> letter("W"), letter("phi"), letter("keys")
    ('W', '\\varphi', '\\mathrm{keys}')
    """
    if len(word) == 1 and word.isascii():
        return word
    if word in SPOKEN:
        name = SPOKEN[word]
        return "\\" + VARIANTS.get(name, name)
    return "\\mathrm{" + word.replace("_", "\\_") + "}"


def symbol(identifier: str) -> str:
    r"""An identifier in LaTeX: trailing digits and single letters after an underscore become subscripts.

    >>> symbol("W0"), symbol("eta"), symbol("d_k"), symbol("W0'")
    ('W_{0}', '\\eta', 'd_{k}', "W_{0}'")
    """
    match = IDENTIFIER.fullmatch(identifier)
    assert match is not None
    word, digits, primes = match.groups()
    if not word:
        return letter(identifier)
    head, _, tail = word.partition("_")
    if head and tail and (len(tail) == 1 or tail in SPOKEN or len(head) == 1 or head in SPOKEN):
        below = ", ".join(part for part in (letter(tail), digits) if part)
        return f"{letter(head)}_{{{below}}}{primes}"
    return letter(word) + (f"_{{{digits}}}" if digits else "") + primes


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
        self.variables = {name: self.claim(symbol(name), verbatim(name)) for name in variables}
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
        return " + ".join(self.parts.get(part, part) for part in axis.split("+"))
