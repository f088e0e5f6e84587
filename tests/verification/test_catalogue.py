import subprocess
import sys
from pathlib import Path

import pytest

from equivalences.catalogue import (
    CLAIMS,
    Entry,
    catalogue,
    claims_of,
    entries_of,
    line_of,
    load,
    refuse_duplicates,
)
from equivalences.language.array import ClaimError
from tests.planted import planted

CLAIM = 'from equivalences import Claim, real\n{more}claim = Claim("{id}", title="t", given={{"a": real()}}, '
CLAIM += "lhs=lambda a: a, rhs=lambda a: a)\n"


def test_catalogue_has_the_packages_claims_with_their_places() -> None:
    entries = catalogue()
    assert entries
    assert len({entry.id for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.family == entry.module.split(".")[-2]
        assert entry.path.startswith("equivalences/claims/")
        assert entry.id in (CLAIMS.parents[1] / entry.path).read_text().splitlines()[entry.line - 1]


def test_repairs_are_claims_of_the_catalogue() -> None:
    entries = {entry.id: entry for entry in catalogue()}
    for entry in entries.values():
        if entry.repair:
            assert entries[entry.repair].expected is None


def test_users_file_has_family_user_in_the_order_of_the_file() -> None:
    entries = entries_of(load("", planted("mutants")))
    assert {entry.family for entry in entries} == {"user"}
    assert [e.id for e in entries] == [
        "mutant-is-equal",
        "mutant-survives",
        "mutant-is-ill-typed",
        "one-program-twice",
    ]
    assert sorted(entry.line for entry in entries) == [entry.line for entry in entries]


def test_imported_claims_are_not_a_files_own(tmp_path: Path) -> None:
    (tmp_path / "other_claims.py").write_text(CLAIM.format(id="of-another", more=""))
    file = tmp_path / "claim_mine.py"
    file.write_text(CLAIM.format(id="mine", more="from other_claims import claim as other\n"))
    assert [claim.id for claim in claims_of(load("", str(file)))] == ["mine"]


def test_claim_under_two_names_is_one_claim(tmp_path: Path) -> None:
    file = tmp_path / "claim_mine.py"
    file.write_text(CLAIM.format(id="mine", more="") + "again = (claim,)\n")
    assert len(claims_of(load("", str(file)))) == 1


def test_duplicate_ids_are_refused_naming_both_files(tmp_path: Path) -> None:
    files = [tmp_path / "claim_one.py", tmp_path / "claim_two.py"]
    for file in files:
        file.write_text(CLAIM.format(id="the-same", more=""))
    entries = [entry for file in files for entry in entries_of(load("", str(file)))]
    with pytest.raises(ClaimError, match=r"(?s)'the-same'.*claim_one\.py:2 and .*claim_two\.py:2"):
        refuse_duplicates(entries)


def test_line_is_that_of_the_literal_not_of_a_comment(tmp_path: Path) -> None:
    file = tmp_path / "claim_x.py"
    file.write_text('"""my-id is explained."""\n# my-id\nx = "my-id"\n')
    assert line_of(str(file), "my-id") == 3
    assert line_of(str(file), "other") == 1


def test_entry_survives_json() -> None:
    for entry in catalogue():
        assert Entry.from_json(entry.to_json()) == entry


@pytest.mark.parametrize("command", [["--help"], ["list"], ["--version"], ["verify", "--help"]])
def test_start_loads_nothing_heavy(command: list[str]) -> None:
    program = f"""
import runpy, sys
sys.argv = ["equivalences", *{command!r}]
try:
    runpy.run_module("equivalences", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
heavy = {{"numpy", "sympy", "mpmath", "flint", "torch", "tabulate", "multiprocessing"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
