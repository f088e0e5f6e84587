"""Import the checkers from a checkout, where they lie beside this package.

Installed, ``symbolic/``, ``numeric/`` and ``gpu/`` are subpackages of ``equivalences``. In a checkout they
are its siblings, and ``import equivalences.symbolic`` has to be told so. The finder is appended to the
others and answers three names only, so that an installed subpackage always wins.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
SIBLINGS = frozenset({"equivalences.symbolic", "equivalences.numeric", "equivalences.gpu"})


class SiblingFinder:
    """Look for the three checkers, and nothing else, in the repository's root."""

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a checker beside this package."""
        return PathFinder.find_spec(name, [str(ROOT)], target) if name in SIBLINGS else None


def install() -> None:
    """Add the finder, in a checkout only and once."""
    if (ROOT / "pyproject.toml").is_file() and SiblingFinder not in sys.meta_path:
        sys.meta_path.append(SiblingFinder)


install()
