"""Every claim of the catalogue: its verdicts under each checker, its mutants, its page's text."""

import pytest

from equivalences import Claim, Verdict, gpu, numeric, symbolic
from equivalences.catalogue import Entry, catalogue, claims_of, load
from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Options
from equivalences.language.mutation import mutants_of
from equivalences.language.tracing import trace

OPTIONS = Options(instances=400, device="numpy")
LARGEST = 6
"""How many entries the largest array of a mutant's witness may have: tokens times dimensions."""


def claim_of(entry: Entry) -> Claim:
    return next(claim for claim in claims_of(load(entry.module)) if claim.id == entry.id)


ENTRIES = catalogue()
TRUE = [entry for entry in ENTRIES if entry.expected is None]
FALSE = [entry for entry in ENTRIES if entry.expected is not None]


def name_of(entry: Entry) -> str:
    return entry.id


PASSES = {"symbolic": Verdict.PROVED, "numeric": Verdict.CERTIFIED, "gpu": Verdict.STRESSED}
CHECKERS = {"symbolic": symbolic, "numeric": numeric, "gpu": gpu}


@pytest.mark.parametrize("entry", TRUE, ids=name_of)
def test_every_checker_that_is_not_waived_passes_a_claim(entry: Entry) -> None:
    claim = claim_of(entry)
    comparison = trace(claim)
    for name, checker in CHECKERS.items():
        evidence = checker.examine(comparison, OPTIONS)
        if name in claim.waive:
            assert evidence.verdict is not PASSES[name], f"the waiver of {name} is not needed"
            assert evidence.verdict is not Verdict.REFUTED
            continue
        assert evidence.verdict is PASSES[name], f"{name}: {evidence.reason}"
        if evidence.verdict is Verdict.PROVED:
            assert "all sizes" in evidence.scope
            assert evidence.certificate is not None
            assert symbolic.replay(comparison, dict(evidence.certificate))


@pytest.mark.parametrize("entry", TRUE, ids=name_of)
def test_every_mutant_is_refuted_by_a_small_witness_or_proved_equal(entry: Entry) -> None:
    claim = claim_of(entry)
    assert len(claim.mutants) >= 3
    for mutant in claim.mutants:
        mutated = trace(claim, mutant)
        witness = numeric.refute(mutated, OPTIONS)
        assert witness is not None, mutant.title
        assert witness.instance.extent() <= LARGEST, mutant.title
        assert numeric.recheck(mutated, witness)
        assert symbolic.examine(mutated, OPTIONS).verdict is not Verdict.PROVED, mutant.title
    for automatic in mutants_of(trace(claim)):
        witness = numeric.refute(automatic.comparison, OPTIONS)
        proved = symbolic.examine(automatic.comparison, OPTIONS).verdict is Verdict.PROVED
        if witness is not None:
            assert not proved, automatic.title
            assert witness.instance.extent() <= LARGEST, automatic.title
        elif not proved:
            assert has_no_value(automatic.comparison), automatic.title


def has_no_value(comparison: Comparison) -> bool:
    """Whether a mutant is discarded: no input that is drawn gives both of its sides a value."""
    evidence = numeric.examine(comparison, OPTIONS)
    return evidence.verdict is Verdict.VACUOUS or not evidence.detail["balls"]


@pytest.mark.parametrize("entry", FALSE, ids=name_of)
def test_a_folklore_claim_is_refuted_and_its_repair_is_true(entry: Entry) -> None:
    comparison = trace(claim_of(entry))
    evidence = numeric.examine(comparison, OPTIONS)
    assert evidence.verdict is Verdict.REFUTED
    assert evidence.witness is not None
    assert evidence.witness.instance.extent() <= LARGEST
    assert numeric.recheck(comparison, evidence.witness)
    assert symbolic.examine(comparison, OPTIONS).verdict in (Verdict.UNDECIDED, Verdict.INAPPLICABLE)
    assert gpu.examine(comparison, OPTIONS).verdict in (Verdict.REFUTED, Verdict.INAPPLICABLE)
    assert entry.repair in {other.id for other in TRUE}


def test_the_catalogue_keeps_its_promises() -> None:
    claims = [claim_of(entry) for entry in ENTRIES]
    seeds = [e for e in ENTRIES if e.family in ("contrastive", "mesa", "causality", "selection", "memory")]
    assert len(seeds) >= 75
    assert sum(claim.expected is None and "symbolic" not in claim.waive for claim in claims) >= 50
    for claim in claims:
        assert claim.source.reference, claim.id
        assert claim.source.place, claim.id
        assert claim.about, claim.id
        assert claim.stops, claim.id
        assert set(claim.waive) <= {"symbolic", "gpu"}, claim.id
