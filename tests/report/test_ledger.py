"""The errata ledger: rows with links to what the catalogue says, and words that cannot become markup."""

from pathlib import Path

from equivalences.catalogue import catalogue, ledger
from equivalences.language.erratum import Erratum
from equivalences.language.evidence import Options
from equivalences.report.blocks import markdown
from equivalences.report.ledger import blocks
from equivalences.report.writing import ERRATA, write

from .samples import ALL, FALSE, VERIFIED

ROW = Erratum(
    claimed="The loss is *the* cosine loss",
    where="arXiv:0000.00000, the function `compute_G` of the code",
    truth="it is an inner product",
    derivation="the gradient of the cosine is orthogonal to $`W \\varphi`$, and attention is not",
    reading="from memory",
    claims=(VERIFIED.id, "not-checked"),
)


def test_a_row_says_what_is_true_and_where_it_was_read() -> None:
    text = markdown(blocks({"contrastive": (ROW,)}, {VERIFIED.id: VERIFIED}))
    assert "## contrastive" in text
    assert "**The loss is \\*the\\* cosine loss**" in text
    assert "the function `compute_G` of the code (from memory)" in text
    assert "What is true: it is an inner product" in text
    assert "$`W \\varphi`$" in text
    assert f"[{VERIFIED.id}]({VERIFIED.family}/{VERIFIED.id}.md) (✓ verified); not-checked." in text


def test_it_is_written_for_the_families_that_have_results(tmp_path: Path) -> None:
    write(ALL, tmp_path, Options(), errata={FALSE.family: (ROW,), "elsewhere": (ROW,)})
    text = (tmp_path / ERRATA).read_text()
    assert f"## {FALSE.family}" in text
    assert "elsewhere" not in text
    assert f"]({ERRATA})" in (tmp_path / "README.md").read_text()


def test_without_errata_there_is_no_page(tmp_path: Path) -> None:
    write(ALL, tmp_path, Options())
    assert not (tmp_path / ERRATA).exists()
    assert ERRATA not in (tmp_path / "README.md").read_text()


def test_every_row_of_the_package_points_at_claims_that_exist() -> None:
    known = {entry.id for entry in catalogue()}
    rows = [row for rows in ledger().values() for row in rows]
    for row in rows:
        assert set(row.claims) <= known, row.claimed
        assert all(text.strip() for text in (row.claimed, row.where, row.truth, row.derivation))
