"""Every claim of the catalogue: its verdicts under each checker, its mutants, its page's text."""

import pytest

from equivalences import Claim, Verdict, gpu, numeric, symbolic
from equivalences.catalogue import Entry, catalogue, claims_of, load
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


@pytest.mark.parametrize("entry", TRUE, ids=name_of)
def test_a_claim_is_proved_certified_and_stressed(entry: Entry) -> None:
    comparison = trace(claim_of(entry))
    proof = symbolic.examine(comparison, OPTIONS)
    assert proof.verdict is Verdict.PROVED, proof.reason
    assert "all sizes" in proof.scope
    assert proof.certificate is not None
    assert symbolic.replay(comparison, dict(proof.certificate))
    assert numeric.examine(comparison, OPTIONS).verdict is Verdict.CERTIFIED
    assert gpu.examine(comparison, OPTIONS).verdict is Verdict.STRESSED


@pytest.mark.parametrize("entry", TRUE, ids=name_of)
def test_every_mutant_is_refuted_by_a_small_witness_or_proved_equal(entry: Entry) -> None:
    claim = claim_of(entry)
    comparison = trace(claim)
    assert len(claim.mutants) >= 3
    for mutant in claim.mutants:
        mutated = trace(claim, mutant)
        witness = numeric.refute(mutated, OPTIONS)
        assert witness is not None, mutant.title
        assert witness.instance.extent() <= LARGEST, mutant.title
        assert numeric.recheck(mutated, witness)
    for automatic in mutants_of(comparison):
        witness = numeric.refute(automatic.comparison, OPTIONS)
        if witness is None:
            assert symbolic.examine(automatic.comparison, OPTIONS).verdict is Verdict.PROVED, automatic.title
        else:
            assert witness.instance.extent() <= LARGEST, automatic.title


@pytest.mark.parametrize("entry", TRUE, ids=name_of)
def test_no_refuted_mutant_is_proved(entry: Entry) -> None:
    claim = claim_of(entry)
    mutants = [trace(claim, mutant) for mutant in claim.mutants]
    mutants += [automatic.comparison for automatic in mutants_of(trace(claim))]
    for mutant in mutants:
        if numeric.refute(mutant, OPTIONS) is not None:
            assert symbolic.examine(mutant, OPTIONS).verdict is not Verdict.PROVED


@pytest.mark.parametrize("entry", FALSE, ids=name_of)
def test_a_folklore_claim_is_refuted_and_its_repair_is_true(entry: Entry) -> None:
    comparison = trace(claim_of(entry))
    evidence = numeric.examine(comparison, OPTIONS)
    assert evidence.verdict is Verdict.REFUTED
    assert evidence.witness is not None
    assert evidence.witness.instance.extent() <= LARGEST
    assert numeric.recheck(comparison, evidence.witness)
    assert symbolic.examine(comparison, OPTIONS).verdict is Verdict.UNDECIDED
    assert gpu.examine(comparison, OPTIONS).verdict is Verdict.REFUTED
    assert entry.repair in {other.id for other in TRUE}


def test_the_catalogue_keeps_its_promises() -> None:
    claims = [claim_of(entry) for entry in ENTRIES]
    assert len(claims) >= 18
    assert sum(claim.expected is Verdict.REFUTED for claim in claims) >= 4
    for claim in claims:
        assert claim.source.reference
        assert claim.about, claim.id
        assert claim.stops, claim.id
        assert not claim.waive
