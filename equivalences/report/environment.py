"""Facts about the machine and its libraries, for ``results.json`` alone; no host or user name."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from equivalences.language.evidence import Json

LIBRARIES = ("equivalences", "numpy", "sympy", "mpmath", "python-flint", "torch", "array-api-compat")


def facts() -> Json:
    """Python, system, processors and the installed versions of what checkers use."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "libraries": {name: found for name in LIBRARIES if (found := _version(name)) is not None},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
