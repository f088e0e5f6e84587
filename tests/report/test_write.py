import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from equivalences.language.evidence import Options
from equivalences.report import statement_latex, write
from equivalences.report.writing import MARKER, ReportError, canonical

from .samples import ALL, CLAIM, FALSE, SYMBOLIC, TIMED_OUT, VERIFIED


def contents(directory: Path) -> dict[str, bytes]:
    """Every file with its bytes, but for the one that holds times."""
    files = [path for path in directory.rglob("*") if path.is_file() and path.name != "results.json"]
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def test_what_is_written(tmp_path: Path) -> None:
    written = write(ALL, tmp_path, Options())
    names = {str(path.relative_to(tmp_path)) for path in written}
    assert names == {
        "README.md",
        "results.json",
        "contrastive/softmax-is-a-step.md",
        "contrastive/softmax-is-a-step.certificate.json",
        "contrastive/softmax-is-two-steps.md",
        "contrastive/softmax-is-two-steps.witness.json",
        "user/my-claim.md",
        "user/my-claim.witness.json",
        "user/hostile-claim.md",
        "user/hostile-claim.certificate.json",
        "user/broken-claim.md",
        "mesa/slow-claim.md",
    }
    assert written[-1].name == "README.md"
    assert not list(tmp_path.rglob(".tmp-*"))


def test_the_same_bytes_again_and_from_json(tmp_path: Path) -> None:
    write(ALL, tmp_path / "one", Options())
    saved = json.loads((tmp_path / "one" / "results.json").read_text())
    write(ALL, tmp_path / "one", Options())
    write([type(VERIFIED).from_json(claim) for claim in saved["claims"]], tmp_path / "two", Options())
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_order_of_results_does_not_matter(tmp_path: Path) -> None:
    write(ALL, tmp_path / "one", Options())
    write(ALL[::-1], tmp_path / "two", Options())
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_certificate_is_canonical(tmp_path: Path) -> None:
    write([VERIFIED], tmp_path, Options())
    text = (tmp_path / "contrastive" / "softmax-is-a-step.certificate.json").read_text()
    assert text == '{\n "format": 1,\n "steps": [\n  {\n   "rule": "kernel"\n  }\n ]\n}\n'
    assert json.loads(text) == SYMBOLIC.certificate
    with pytest.raises(ValueError, match="Out of range"):
        canonical({"x": float("nan")})


def test_a_selection_keeps_the_other_rows(tmp_path: Path) -> None:
    write(ALL, tmp_path, Options())
    before = contents(tmp_path)
    write([replace(TIMED_OUT, title="Another title")], tmp_path, Options(), whole=False)
    after = contents(tmp_path)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"README.md", "mesa/slow-claim.md"}
    readme = after["README.md"].decode()
    assert "Another title" in readme
    assert "softmax-is-two-steps" in readme


def test_a_selection_without_results_leaves_a_summary_of_more_alone(tmp_path: Path) -> None:
    write(ALL, tmp_path, Options())
    (tmp_path / "results.json").unlink()
    before = (tmp_path / "README.md").read_bytes()
    written = write([VERIFIED], tmp_path, Options(), whole=False)
    assert (tmp_path / "README.md").read_bytes() == before
    assert "README.md" not in {path.name for path in written}


def test_a_whole_run_removes_our_stale_pages_and_nothing_else(tmp_path: Path) -> None:
    write(ALL, tmp_path, Options())
    notes = tmp_path / "mesa" / "notes.md"
    notes.write_text("mine\n")
    (tmp_path / "mesa" / "notes.certificate.json").write_text("{}")
    write([VERIFIED, FALSE], tmp_path, Options())
    assert set(contents(tmp_path)) == {
        "README.md",
        "contrastive/softmax-is-a-step.md",
        "contrastive/softmax-is-a-step.certificate.json",
        "contrastive/softmax-is-two-steps.md",
        "contrastive/softmax-is-two-steps.witness.json",
        "mesa/notes.md",
        "mesa/notes.certificate.json",
    }


def test_a_certificate_goes_with_its_proof(tmp_path: Path) -> None:
    write([VERIFIED], tmp_path, Options())
    write([replace(VERIFIED, checks={})], tmp_path, Options())
    assert not list(tmp_path.rglob("*.certificate.json"))


def test_somebody_elses_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# My project\n")
    with pytest.raises(ReportError, match="not written by equivalences"):
        write([VERIFIED], tmp_path, Options())
    assert (tmp_path / "README.md").read_text() == "# My project\n"


def test_foreign_results_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"accuracy": 1}')
    with pytest.raises(ReportError, match="not written by"):
        write([VERIFIED], tmp_path, Options())


def test_links_that_lead_outside_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "contrastive").symlink_to(outside)
    with pytest.raises(ReportError, match="outside"):
        write([VERIFIED], tmp_path / "reports", Options())
    assert not list(outside.iterdir())


def test_links_in_the_place_of_pages_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "target.md"
    target.write_text(MARKER)
    (tmp_path / "reports" / "contrastive").mkdir(parents=True)
    (tmp_path / "reports" / "contrastive" / "softmax-is-a-step.md").symlink_to(target)
    with pytest.raises(ReportError, match="outside"):
        write([VERIFIED], tmp_path / "reports", Options())
    assert target.read_text() == MARKER


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "Up", ""])
def test_names_that_are_paths_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReportError, match="no name for a page"):
        write([replace(VERIFIED, id=name)], tmp_path, Options())
    with pytest.raises(ReportError, match="no name for a page"):
        write([replace(VERIFIED, family=name)], tmp_path, Options())


def test_an_interrupted_write_leaves_the_old_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write([VERIFIED], tmp_path, Options())
    before = contents(tmp_path)

    def interrupted(_: int) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write([replace(VERIFIED, title="New")], tmp_path, Options())
    assert contents(tmp_path) == before


def test_results_hold_what_pages_do_not(tmp_path: Path) -> None:
    write([VERIFIED], tmp_path, Options(seed=3))
    data = json.loads((tmp_path / "results.json").read_text())
    assert data["options"]["seed"] == 3
    assert data["environment"]["libraries"]["numpy"]
    assert data["claims"][0]["seconds"] == 1.5
    assert not {"host", "user", "node"} & set(data["environment"])


def test_statement_as_latex_source() -> None:
    latex = statement_latex(CLAIM)
    assert latex.startswith("% Softmax attention is one gradient-descent step\n\n\\[\nW_{0}")
    assert "where\n\n\\[\nL(W) = " in latex
    assert "$\\eta > 0$" in latex


def test_links_lead_to_pages(tmp_path: Path) -> None:
    write(ALL, tmp_path, Options())
    pages = list(tmp_path.rglob("*.md"))
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)\\]+)\)", page.read_text())]
    inside = [(page, link) for page, link in links if not link.startswith("javascript")]
    assert len(inside) > len(pages)
    assert all((page.parent / link).is_file() for page, link in inside)
