"""The LaTeX that GitHub renders: what is outside is shown as code, never as broken mathematics.

GitHub refuses some macros, ``\\operatorname`` among them, and a reader's page must not depend on packages.
"""

import re

from equivalences.language.symbols import GREEK

COMMANDS = """
frac tfrac sum prod int sqrt mathrm mathbf mathbb mathcal boldsymbol text left right bigl bigr Bigl Bigr
lvert rvert lVert rVert langle rangle begin end underbrace overset lim max min nabla partial hat bar tilde dot
top odot otimes oplus le ge ne equiv iff implies to mapsto dots cdots cdot times quad qquad in infty pm exp log
tanh sin cos ell circ sup inf forall approx prime succ prec sim widehat
"""
MACROS = frozenset(COMMANDS.split()) | frozenset(GREEK) | {"varepsilon", "varphi"}
ENVIRONMENTS = frozenset({"aligned", "cases", "pmatrix", "matrix", "array"})
ESCAPED = frozenset(",;!:{}_\\ %#&")
MACRO = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
ENVIRONMENT = re.compile(r"\\(begin|end)\{([^{}]*)\}")
FORBIDDEN = re.compile(r"[^\x20-\x7e\n]|[`$|#%~]|\n\s*\n")


def check_allowed(latex: str) -> str | None:
    """Why a formula cannot be shown as mathematics, or None if it can.

    >>> check_allowed("W_0 + \\\\eta x")
    >>> check_allowed("\\\\operatorname{f}(x)")
    '\\\\operatorname is not allowed'
    """
    for macro in MACRO.findall(latex):
        if macro not in (MACROS if macro.isalpha() else ESCAPED):
            return f"\\{macro} is not allowed"
    without = re.sub(r"\\[^A-Za-z]", "", latex)
    if found := FORBIDDEN.search(without):
        return f"the character {found.group()!r} is not allowed"
    depth = 0
    for character in without:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            break
    if depth:
        return "the braces do not match"
    if without.count("\\left") != without.count("\\right"):
        return "\\left and \\right do not match"
    return _unmatched(latex)


def _unmatched(latex: str) -> str | None:
    """Which environment is unknown or not closed."""
    opened: list[str] = []
    if len(ENVIRONMENT.findall(latex)) != len(re.findall(r"\\(?:begin|end)(?![A-Za-z])", latex)):
        return "an environment has no name"
    for which, name in ENVIRONMENT.findall(latex):
        if name not in ENVIRONMENTS:
            return f"the environment {name} is not allowed"
        if which == "begin":
            opened.append(name)
        elif not opened or opened.pop() != name:
            return f"the environment {name} is not matched"
    return f"the environment {opened[0]} is not matched" if opened else None
