"""Claims as test cases: ``pytest`` collects ``claim_*.py``, one test for each check of each claim.

A node id reads ``claim_mine.py::my-claim::symbolic``. A failure's text is the counterexample, or what is
missing.
Nothing heavy is imported before a claim is collected.
"""

import fnmatch
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .catalogue import Entry
    from .verification.pool import Pool
    from .verification.result import ClaimResult

MUTANTS, REFUTATION = "mutants", "refutation"
BUDGETS = ("quick", "standard", "deep")
POOL: "pytest.StashKey[Pool]" = pytest.StashKey()
FILES: pytest.StashKey[tuple[str, ...]] = pytest.StashKey()


class ClaimFailedError(Exception):
    """A check that a claim does not pass; its text is for people."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of claims."""
    group = parser.getgroup("equivalences", "claims")
    group.addoption("--claim-budget", choices=BUDGETS, default="quick", help="of each claim (default quick)")
    group.addoption("--claim-device", default="auto", metavar="NAME", help="of the stress check (default auto)")
    group.addoption("--claim-seed", type=int, default=0, metavar="N", help="of every random choice (default 0)")
    parser.addini("claim_files", "patterns of files that state claims", type="args", default=["claim_*.py"])


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; read which files ``[tool.equivalences] claims`` names."""
    config.addinivalue_line("markers", "claim: a check of a claim")
    config.stash[FILES] = (*config.getini("claim_files"), *_configured(config.rootpath))


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the workers."""
    if (pool := config.stash.get(POOL, None)) is not None:
        pool.__exit__()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ClaimFile | None":
    """The claims of a file whose name or path, relative to the root folder, fits a pattern."""
    if file_path.suffix != ".py":
        return None
    root = parent.config.rootpath
    relative = file_path.relative_to(root).as_posix() if file_path.is_relative_to(root) else file_path.name
    patterns = parent.config.stash[FILES]
    if not any(fnmatch.fnmatch(name, p) for p in patterns for name in (file_path.name, relative)):
        return None
    return ClaimFile.from_parent(parent, path=file_path)


class ClaimFile(pytest.File):
    """A file that states claims."""

    def collect(self) -> Iterator["ClaimCollector"]:
        """One collector for each claim.

        Raises:
            CollectError: the file cannot be loaded, or two claims have one id.
        """
        from .catalogue import refuse_duplicates
        from .language.array import ClaimError
        from .verification.loading import load_files

        file = str(self.path.resolve())
        entries, unloaded = load_files([file])
        if file in unloaded:
            raise self.CollectError(f"{self.path.name} cannot be loaded: {unloaded[file].message}")
        try:
            refuse_duplicates(entries)
        except ClaimError as error:
            raise self.CollectError(str(error)) from None
        for entry in entries:
            yield ClaimCollector.from_parent(self, name=entry.id, entry=entry, others=entries)


class ClaimCollector(pytest.Collector):
    """A claim: a test for each checker and one for its mutants, or one for its refutation."""

    def __init__(self, *, entry: "Entry", others: "list[Entry]", **more: Any) -> None:
        super().__init__(**more)
        self.entry, self.others = entry, others

    def collect(self) -> Iterator["CheckItem"]:
        """One item for each check."""
        from .language.claim import CHECKERS

        for check in (REFUTATION,) if self.entry.expected else (*CHECKERS, MUTANTS):
            yield CheckItem.from_parent(self, name=check)


class CheckItem(pytest.Item):
    """One check of one claim."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.add_marker("claim")

    def runtest(self) -> None:
        """Ask the checker, or try the mutants.

        Raises:
            ClaimFailedError: the claim does not pass.
        """
        from .language.evidence import Evidence

        claim = self.parent
        assert isinstance(claim, ClaimCollector)
        if reason := claim.entry.waive.get(self.name):
            pytest.skip(f"waived: {reason}")
        result = self._result(claim.entry, claim.others)
        evidence = result.checks.get(self.name)
        self.user_properties += [("outcome", result.outcome.value)]
        if isinstance(evidence, Evidence):
            self.user_properties += [("verdict", evidence.verdict.value), ("scope", evidence.scope)]
        if not result.verified:
            from .testing import explanation

            raise ClaimFailedError(explanation(result))

    def _result(self, entry: "Entry", others: "list[Entry]") -> "ClaimResult":
        from dataclasses import replace

        from .catalogue import catalogue
        from .command.devices import require
        from .command.status import UsageError
        from .language.claim import CHECKERS
        from .testing import settings
        from .verification.engine import Run
        from .verification.pool import Pool

        option = self.config.getoption
        if self.name in ("gpu", REFUTATION):
            try:
                require(option("--claim-device"))
            except UsageError as error:
                pytest.skip(str(error))
        asked = {MUTANTS: (), REFUTATION: CHECKERS}.get(self.name, (self.name,))
        chosen = replace(
            settings(option("--claim-budget"), option("--claim-seed"), option("--claim-device")),
            checks=asked,
            mutants=self.name == MUTANTS,
        )
        pool = self.config.stash.setdefault(
            POOL, Pool(1 if hasattr(self.config, "workerinput") else chosen.jobs)
        )
        repairs = [e for e in (*others, *catalogue()) if e.id == entry.repair][:1] if entry.repair else []
        found = {result.id: result for result in Run((entry, *repairs), chosen).results(pool)}
        return found[entry.id]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The claim's failure as it is; anything else with its traceback."""
        if isinstance(excinfo.value, ClaimFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the claim is stated."""
        claim = self.parent
        assert isinstance(claim, ClaimCollector)
        return self.path, claim.entry.line - 1, f"{claim.name}: {self.name}"


def _configured(root: Path) -> tuple[str, ...]:
    """The files that ``[tool.equivalences] claims`` of the root's ``pyproject.toml`` names."""
    path = root / "pyproject.toml"
    if not path.is_file():
        return ()
    text = path.read_text(encoding="utf-8")
    if "equivalences" not in text:
        return ()
    import tomllib

    return tuple(tomllib.loads(text).get("tool", {}).get("equivalences", {}).get("claims", ()))
