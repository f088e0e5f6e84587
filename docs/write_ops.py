"""Writes docs/ops.md, the reference of the language, from its docstrings: python docs/write_ops.py"""

import inspect
from pathlib import Path

import equivalences
from equivalences.language import calculus, domain, integration, ops, recurrence

HEAD = """# The language of claims

Written from the docstrings by `docs/write_ops.py`. Types are tuples of axis names: `[n d]` is a matrix, `[]` a
scalar; two sizes are equal only if their names are. The operators, `.T`, `x[:, None]`, `x[t]` and `x.sum(axis)`
mean what they mean in NumPy, but trailing axes are not broadcast.
"""
SECTIONS = (
    ("Domains: what stands in `given`", domain),
    ("Functions and products", ops),
    ("Derivatives", calculus),
    ("Integrals and means", integration),
    ("Recurrences and maps", recurrence),
)


def reference() -> str:
    """The reference as Markdown."""
    parts = [HEAD]
    for title, module in SECTIONS:
        parts.append(f"## {title}\n")
        for name, f in vars(module).items():
            if not inspect.isfunction(f) or f.__module__ != module.__name__:
                continue
            if getattr(equivalences, name, None) is f:
                names = ", ".join(str(p).split(":")[0] for p in inspect.signature(f).parameters.values())
                parts.append(f"### `{name}({names})`\n\n{inspect.getdoc(f)}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    (Path(__file__).parent / "ops.md").write_text(reference())
