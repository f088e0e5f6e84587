"""``doctor``: says what is installed, which devices there are, and what is missed where something is not."""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import equivalences

from .parser import processors
from .status import Status
from .terminal import Terminal, clean

REQUIRED = ("numpy", "sympy", "mpmath", "python-flint", "array-api-compat", "tabulate")
OPTIONAL = {
    "torch": "the stress check on torch, and on CUDA devices",
    "cupy-cuda13x": "the stress check on CUDA devices, for CUDA 13",
    "cupy-cuda12x": "the same for CUDA 12",
    "gmpy2": "a faster mpmath",
    "pytest": "claims as tests",
    "hypothesis": "the project's own tests",
}
SURVEY = "import json; from equivalences.gpu import survey; print(json.dumps(survey()))"
PATIENCE = 60


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
        for name, answer in _survey().items():
            usable = not answer.startswith("missing")
            rows.append([f"--device {name}", "usable" if usable else "–", answer.removeprefix("missing: ")])
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


def _survey() -> dict[str, str]:
    """Each backend of the stress check, as its usability probe found it.

    It runs apart: a broken driver may crash, or never answer.
    """
    try:
        done = subprocess.run([sys.executable, "-c", SURVEY], capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"any": f"missing: the probe gave no answer within {PATIENCE} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        return {"any": f"missing: the probe failed: {clean(last)}"}
    return {name: clean(answer) for name, answer in json.loads(done.stdout).items()}
