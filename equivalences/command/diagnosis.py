"""``doctor``: says what is installed, which devices there are, and what is missed where something is not."""

import argparse
import importlib.metadata
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
    "cupy-cuda13x": "the stress check on CUDA devices with fused kernels (CUDA 13)",
    "cupy-cuda12x": "the same with CUDA 12",
    "gmpy2": "a faster mpmath",
    "pytest": "claims as tests",
    "hypothesis": "the project's own tests",
}
DEVICES = {
    "torch": "from torch import cuda; print(cuda.get_device_name() if cuda.is_available() else 'no CUDA')",
    "cupy": "import cupy; print(cupy.cuda.runtime.getDeviceProperties(0)['name'].decode())",
}
PATIENCE = 60


def run(options: argparse.Namespace) -> Status:
    """Print one line a fact; the status is 3 where something required is missing."""
    terminal = Terminal(sys.stdout)

    def say(name: str, text: str, note: str = "") -> None:
        terminal.line(f"{name:<18}{text:<18}{note}".rstrip())

    say("equivalences", equivalences.__version__, str(Path(equivalences.__file__).parent))
    say("Python", platform.python_version())
    say("processors", str(processors()))
    missing = [name for name in REQUIRED if not _version(name)]
    for name in REQUIRED:
        say(name, _version(name) or "missing", "" if _version(name) else "required: pip install " + name)
    for name, purpose in OPTIONAL.items():
        say(name, _version(name) or "–", "" if _version(name) else f"optional: {purpose}")
    for name, program in DEVICES.items():
        if any(_version(package) for package in OPTIONAL if package.startswith(name)):
            say(f"device of {name}", _probe(program))
    say("reports/", "writable" if os.access(".", os.W_OK) else "not writable")
    return Status.UNSETTLED if missing else Status.VERIFIED


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _probe(program: str) -> str:
    """What a program prints, run apart: a broken driver may crash, or never answer."""
    try:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return f"no answer within {PATIENCE} s"
    last = (done.stdout or done.stderr).strip().splitlines()[-1:]
    return clean(last[0]) if last else f"ended with status {done.returncode}"
