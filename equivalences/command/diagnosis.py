"""``doctor``: says what is installed, which devices there are, and what is missed where something is not."""

import argparse
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

import equivalences

from .devices import MISSING, survey
from .parser import processors
from .status import Status
from .terminal import Terminal

REQUIRED = ("numpy", "sympy", "mpmath", "python-flint", "array-api-compat", "tabulate")
OPTIONAL = {
    "torch": "the stress check on torch, and on CUDA devices",
    "cupy-cuda13x": "the stress check on CUDA devices, for CUDA 13",
    "cupy-cuda12x": "the same for CUDA 12",
    "gmpy2": "a faster mpmath",
    "pytest": "claims as tests",
    "hypothesis": "the project's own tests",
}


def run(options: argparse.Namespace) -> Status:
    """Print one line a fact; the status is 3 where something required is missing."""
    terminal = Terminal(sys.stdout)

    rows = [
        ["equivalences", equivalences.__version__, str(Path(equivalences.__file__).parent)],
        ["Python", platform.python_version(), ""],
        ["processors", str(processors()), ""],
    ]
    missing = [name for name in REQUIRED if not _version(name)]
    for name in REQUIRED:
        note = f"required: pip install {name}" if name in missing else ""
        rows.append([name, _version(name) or "missing", note])
    for name, purpose in OPTIONAL.items():
        rows.append([name, _version(name) or "–", "" if _version(name) else f"optional: {purpose}"])
    rows.append(["reports/", "writable" if os.access(".", os.W_OK) else "not writable", ""])
    if not missing:
        for name, answer in survey().items():
            usable = not answer.startswith(MISSING)
            rows.append([f"--device {name}", "usable" if usable else "–", answer.removeprefix(MISSING)])
        from tabulate import tabulate  # after the check that it is there

        for line in tabulate(rows, tablefmt="plain", disable_numparse=True).splitlines():
            terminal.line(line.rstrip())
        return Status.VERIFIED
    for row in rows:
        terminal.line("  ".join(row).rstrip())
    return Status.UNSETTLED


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
