"""Finds claims: the package's own, and those of a user's file.

A claim is a top-level ``Claim`` of a module, or one of a top-level tuple of them, in order. Its family is
the folder that the module lies in; in a user's file it is ``user``, and claims that the file imports are not
its own.
"""

import ast
import importlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType

from .language.array import ClaimError
from .language.claim import Claim
from .language.erratum import Erratum
from .language.evidence import Json, Verdict

CLAIMS = Path(__file__).parent / "claims"
USER = "user"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known of a claim before anything is checked.

    Attributes:
        id, title, expected, repair, waive: the claim's.
        family: the folder of its module, or ``user``.
        module: the module's name; empty for a user's file.
        file: the file's absolute path.
    """

    id: str
    title: str
    family: str
    module: str
    file: str
    expected: Verdict | None = None
    repair: str | None = None
    waive: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def line(self) -> int:
        """The line where the claim's id is written, 1 if it is nowhere."""
        return line_of(self.file, self.id)

    @property
    def path(self) -> str:
        """The file, relative to the package's parent or the current folder where it lies below."""
        root = str(CLAIMS.parents[1]) if self.module else os.getcwd()
        relative = os.path.relpath(self.file, root)
        return self.file if relative.startswith("..") else relative

    def to_json(self) -> Json:
        """Plain data."""
        return asdict(self)

    @staticmethod
    def from_json(data: Json) -> "Entry":
        """The inverse of ``to_json``."""
        return Entry(**{**data, "expected": Verdict(data["expected"]) if data["expected"] else None})


def catalogue() -> tuple[Entry, ...]:
    """The package's claims, by family and module.

    Raises:
        ClaimError: two claims have one id, or one cannot be stated.
    """
    names = [
        f"equivalences.claims.{path.parent.name}.{path.stem}"
        for path in sorted(CLAIMS.glob("*/*.py"))
        if not path.stem.startswith("_")
    ]
    entries = tuple(entry for name in names for entry in entries_of(load(name)))
    refuse_duplicates(entries)
    return entries


def ledger() -> dict[str, tuple[Erratum, ...]]:
    """What papers say that is not true as it stands: the ``ERRATA`` of each family's module ``errata``."""
    families = (path.parent.name for path in sorted(CLAIMS.glob("*/errata.py")))
    return {family: load(f"equivalences.claims.{family}.errata").ERRATA for family in families}


def load(module: str = "", file: str = "") -> ModuleType:
    """A module of the package by name, or a user's file by path, whose folder joins the import path.

    Raises:
        Exception: whatever the module raises when it is imported.
    """
    if module:
        return importlib.import_module(module)
    path = Path(file)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    name = f"equivalences_user_file_{path.stem}"
    found = sys.modules[name] = ModuleType(name)
    found.__file__ = file
    exec(compile(path.read_bytes(), file, "exec"), found.__dict__)
    return found


def claims_of(module: ModuleType) -> tuple[Claim, ...]:
    """The claims that a module states, in its order, each once."""
    imported = set() if _is_ours(module) else _imported_names(Path(str(module.__file__)))
    values = [value for name, value in vars(module).items() if name not in imported]
    return tuple({id(claim): claim for value in values for claim in _claims_in(value)}.values())


def entries_of(module: ModuleType) -> tuple[Entry, ...]:
    """The entries of a module's claims."""
    name, file, ours = module.__name__, str(module.__file__), _is_ours(module)
    return tuple(
        Entry(
            id=claim.id,
            title=claim.title,
            family=Path(file).parent.name if ours else USER,
            module=name if ours else "",
            file=file,
            expected=claim.expected,
            repair=claim.repair,
            waive=dict(claim.waive),
        )
        for claim in claims_of(module)
    )


def refuse_duplicates(entries: Iterable[Entry]) -> None:
    """Raise ``ClaimError`` if two claims have one id, naming both places."""
    seen: dict[str, Entry] = {}
    for entry in entries:
        first = seen.setdefault(entry.id, entry)
        if first is not entry:
            raise ClaimError(
                f"two claims have the id {entry.id!r}: {first.path}:{first.line} and {entry.path}:"
                f"{_lines_of(entry.file, entry.id)[-1]}; rename one"
            )


def line_of(file: str, identifier: str) -> int:
    """The line on which a string is written as a literal of its own, 1 if there is none."""
    return _lines_of(file, identifier)[0]


def _is_ours(module: ModuleType) -> bool:
    return module.__name__.startswith("equivalences.claims.")


def _lines_of(file: str, identifier: str) -> list[int]:
    literals = (node for node in ast.walk(ast.parse(Path(file).read_bytes())) if isinstance(node, ast.Constant))
    return sorted(node.lineno for node in literals if node.value == identifier) or [1]


def _claims_in(value: object) -> Iterator[Claim]:
    if isinstance(value, Claim):
        yield value
    elif isinstance(value, tuple | list):
        yield from (item for item in value if isinstance(item, Claim))


def _imported_names(path: Path) -> set[str]:
    statements = ast.parse(path.read_bytes()).body
    imports = [node for node in statements if isinstance(node, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name.partition(".")[0] for node in imports for alias in node.names}
