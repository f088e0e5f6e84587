"""Identifiers as a mathematician writes them, alike in statements and derivations."""

import re
from collections.abc import Iterable

ALPHABET = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi
omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
GREEK = tuple(ALPHABET.split())
LETTERS = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", GREEK, strict=True))
SPOKEN = {name: name for name in GREEK} | LETTERS | {"lam": "lambda", "eps": "epsilon", "sig": "sigma"}
VARIANTS = {"phi": "varphi", "epsilon": "varepsilon"}
CONVENTIONAL = {
    "keys": "K", "values": "V", "queries": "Q", "key": "k", "value": "v", "query": "q",
    "inputs": "X", "labels": "Y", "targets": "Y",
}  # fmt: skip
"""The letters that the field uses for these words."""
IDENTIFIER = re.compile(r"(.*?)_?(\d*)('*)", re.DOTALL)


def letter(word: str) -> str:
    r"""A word without its digits: a letter as it is, a Greek one as its macro, others upright.

    >>> letter("W"), letter("phi"), letter("slope")
    ('W', '\\varphi', '\\mathrm{slope}')
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


def conventional(identifier: str) -> str:
    r"""The field's letter for an identifier, or its symbol: keys are K, and demo_keys K with a subscript.

    >>> conventional("keys"), conventional("demo_keys"), conventional("slope")
    ('K', 'K_{\\mathrm{demo}}', '\\mathrm{slope}')
    """
    before, _, last = identifier.rpartition("_")
    if last not in CONVENTIONAL:
        return symbol(identifier)
    return CONVENTIONAL[last] + (f"_{{{letter(before)}}}" if before else "")


def symbols_of(identifiers: Iterable[str]) -> dict[str, str]:
    r"""A symbol for each identifier: the field's letter, unless another one is written so.

    >>> symbols_of(["keys", "query", "K"])
    {'keys': '\\mathrm{keys}', 'query': 'q', 'K': 'K'}
    """
    names = list(dict.fromkeys(identifiers))
    plain = {name: symbol(name) for name in names}
    wishes = {name: conventional(name) for name in names}
    wanted = [*(wish for name, wish in wishes.items() if wish != plain[name]), *plain.values()]
    return {name: wish if wanted.count(wish) == 1 else plain[name] for name, wish in wishes.items()}
