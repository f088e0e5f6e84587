from dataclasses import replace

import pytest

from equivalences.gpu import examination
from equivalences.gpu.cases import instance_of
from equivalences.gpu.compile.kernel import compile_comparison
from equivalences.gpu.controls import OPERANDS, with_fault
from equivalences.gpu.device.backend import usable_backend
from equivalences.gpu.device.model import Precision, ieee_model
from equivalences.gpu.families import FAMILIES
from equivalences.gpu.replay import regenerate, replay
from equivalences.gpu.stress import Shard, run_shard
from equivalences.language.evidence import Options, Verdict
from equivalences.numeric import compare_at, recheck
from equivalences.numeric.membership import belongs

from .planted import FALSE, TRUE, comparison_of

SIZES = (("n", 3), ("d", 2), ("v", 2))
OPTIONS = Options(digits=30, instances=400)


def shard(family: str = "uniform", dtype: Precision = "float64", **sizes: int) -> Shard:
    return Shard(
        family=family,
        sizes=tuple((dict(SIZES) | sizes).items()),
        dtype=dtype,
        lane="bounded",
        seed=3,
        first=0,
        count=8,
        bits=12,
    )


@pytest.mark.parametrize("claim", ["linear", "constraints", "push-through", "recurrent"])
@pytest.mark.parametrize("family", FAMILIES)
def test_instances_of_every_family_lie_in_the_domains(claim: str, family: str) -> None:
    comparison = comparison_of(claim)
    for dtype in ("float64", "float32"):
        instance = instance_of(comparison, family, dict(SIZES), 0, 5, dtype=dtype)
        assert belongs(comparison, instance)


@pytest.mark.parametrize("claim", FALSE)
def test_a_violation_of_a_false_claim_is_confirmed_with_a_witness(claim: str) -> None:
    comparison = comparison_of(claim)
    again = replay(comparison, shard(e=2), 1, OPTIONS)
    assert again.answer == "differ"
    assert again.witness is not None
    assert recheck(comparison, again.witness)


@pytest.mark.parametrize("claim", [name for name in TRUE if name != "features"])
def test_a_true_claim_is_never_confirmed_as_false(claim: str) -> None:
    again = replay(comparison_of(claim), shard(), 1, OPTIONS)
    assert again.answer != "differ"
    assert again.witness is None


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("family", ["uniform", "singular", "mixed", "duplicates"])
def test_instances_at_which_balls_agree_are_held_by_the_bounds(family: str, dtype: Precision) -> None:
    backend = usable_backend("numpy")
    for claim in ("linear", "softmax", "push-through"):
        comparison = comparison_of(claim)
        where = shard(family, dtype)
        outcome = run_shard(
            comparison, compile_comparison(comparison, dict(SIZES), ieee_model(dtype)), backend, where
        )
        assert outcome.violated == 0
        for item in range(3):
            assert compare_at(comparison, regenerate(comparison, where, item), 30) == "agree"


@pytest.mark.parametrize("claim", ["linear", "push-through"])
def test_a_faulty_device_refutes_its_model_and_not_the_claim(
    claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault comes after the audit, so that only the instances can show it."""
    faulty = with_fault(usable_backend("numpy"), OPERANDS)
    monkeypatch.setattr("equivalences.gpu.workbench.usable_backend", lambda name: faulty)
    monkeypatch.setattr(examination, "_try_claim", lambda *arguments: iter(()))
    evidence = examination.examine(comparison_of(claim), replace(OPTIONS, device="numpy"))
    assert evidence.verdict == Verdict.UNDECIDED
    assert "violates its model, not the claim" in evidence.reason
    assert evidence.witness is None
