import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest

from equivalences import Claim, exp, gpu, real
from equivalences.gpu import examination
from equivalences.gpu.compile.kernel import Unsupported
from equivalences.gpu.controls import Trial
from equivalences.gpu.device.audit import Void
from equivalences.gpu.device.backend import NAMES, Backend, Missing, find_backend
from equivalences.gpu.families import FAMILIES
from equivalences.language.evidence import Evidence, Options, Verdict
from equivalences.language.tracing import trace
from equivalences.numeric import recheck

from .planted import FALSE, TRUE, comparison_of

OPTIONS = Options(instances=600, device="numpy")
USABLE = [name for name in NAMES if isinstance(find_backend(name), Backend)]


@pytest.mark.parametrize("claim", TRUE)
@pytest.mark.parametrize("device", USABLE)
def test_true_claims_are_stressed(claim: str, device: str) -> None:
    evidence = gpu.examine(comparison_of(claim), replace(OPTIONS, device=device))
    assert (evidence.verdict, evidence.reason) == (Verdict.STRESSED, "")
    assert evidence.scope.startswith("600 instances")
    assert sum(row["instances"] for row in evidence.detail["rows"]) == 600
    assert all(control["tripped"] for control in evidence.detail["controls"])
    assert Evidence.from_json(json.loads(json.dumps(evidence.to_json()))) == evidence


@pytest.mark.parametrize("claim", FALSE)
def test_false_claims_are_refuted_with_a_witness_that_rechecks(claim: str) -> None:
    evidence = gpu.examine(comparison_of(claim), OPTIONS)
    assert evidence.verdict == Verdict.REFUTED
    assert evidence.witness is not None
    assert recheck(comparison_of(claim), evidence.witness)


def test_polynomials_are_exact_on_the_lattice_and_bounded_off_it() -> None:
    rows = gpu.examine(comparison_of("linear"), OPTIONS).detail["rows"]
    assert {row["lane"] for row in rows if FAMILIES[row["family"]].on_lattice} == {"exact"}
    assert {row["lane"] for row in rows if not FAMILIES[row["family"]].on_lattice} == {"bounded"}
    assert {row["worst"] for row in rows if row["lane"] == "exact"} == {"0"}


def test_the_page_has_a_row_for_each_family_and_precision() -> None:
    detail = gpu.examine(comparison_of("softmax"), OPTIONS).detail
    assert detail["lane"] == "bounded"
    assert [(row["family"], row["dtype"]) for row in detail["rows"]] == [
        (family, dtype) for family in FAMILIES for dtype in ("float64", "float32")
    ]
    assert detail["gpu"].startswith("not run: ")
    assert any("unit roundoff" in line for line in detail["model"])
    assert {"backend", "device", "model", "lane", "rows", "controls", "gpu"} == set(detail)
    assert {"family", "dtype", "sizes", "instances", "undecided", "worst", "error", "replay"} <= set(
        detail["rows"][0]
    )


def test_the_same_seed_gives_the_same_evidence() -> None:
    one, two = (gpu.examine(comparison_of("softmax"), OPTIONS) for _ in range(2))
    assert one == two
    assert gpu.examine(comparison_of("softmax"), replace(OPTIONS, seed=1)) != one


def test_one_program_twice_is_vacuous() -> None:
    claim = TRUE["softmax"]
    twice = Claim("planted-twice", title="A side and itself", given=claim.given, lhs=claim.lhs, rhs=claim.lhs)
    evidence = gpu.examine(trace(twice), OPTIONS)
    assert (evidence.verdict, evidence.reason) == (Verdict.VACUOUS, "both sides are one program")


def test_no_instances_are_no_evidence() -> None:
    evidence = gpu.examine(comparison_of("softmax"), replace(OPTIONS, instances=0))
    assert (evidence.verdict, evidence.reason) == (Verdict.VACUOUS, "no instance ran")


def test_an_absent_device_is_inapplicable_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "find_backend", lambda name: Missing("cupy", "cupy is not installed"))
    evidence = gpu.examine(comparison_of("softmax"), replace(OPTIONS, device="cupy"))
    assert (evidence.verdict, evidence.reason) == (Verdict.INAPPLICABLE, "cupy: cupy is not installed")


def test_an_unknown_device_is_an_error() -> None:
    with pytest.raises(ValueError, match="no backend is called 'abacus'"):
        gpu.examine(comparison_of("softmax"), replace(OPTIONS, device="abacus"))


def test_what_the_compiler_cannot_read_is_inapplicable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise Unsupported("no batched form of this")

    monkeypatch.setattr("equivalences.gpu.workbench.compile_comparison", refuse)
    evidence = gpu.examine(comparison_of("softmax"), OPTIONS)
    assert (evidence.verdict, evidence.reason) == (Verdict.INAPPLICABLE, "no batched form of this")


def test_a_device_without_a_model_makes_the_run_void(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "audit_of", lambda name, dtype: Void("operands are rounded"))
    evidence = gpu.examine(comparison_of("softmax"), OPTIONS)
    assert (evidence.verdict, evidence.reason) == (Verdict.UNDECIDED, "void: operands are rounded")


def test_a_control_that_does_not_trip_makes_the_run_void(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "try_device", lambda backend: iter([Trial("a broken exp", False)]))
    evidence = gpu.examine(comparison_of("softmax"), OPTIONS)
    assert evidence.verdict == Verdict.UNDECIDED
    assert evidence.reason == "void: a planted fault went unnoticed: a broken exp"


def test_a_false_claim_is_refuted_even_where_controls_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "try_device", lambda backend: iter([Trial("a broken exp", False)]))
    assert gpu.examine(comparison_of("wrong sign"), OPTIONS).verdict == Verdict.REFUTED


def test_mostly_undecided_instances_decide_nothing() -> None:
    claim = Claim(
        "planted-overflow",
        title="Exponentials that overflow on both sides",
        given={"x": real("n")},
        lhs=lambda x: exp(exp(exp(8 + x * x))) + x,
        rhs=lambda x: x + exp(exp(exp(8 + x * x))),
    )
    evidence = gpu.examine(trace(claim), OPTIONS)
    assert evidence.verdict == Verdict.UNDECIDED


def test_shards_run_in_a_pool_of_processes_with_the_same_result() -> None:
    pool = partial(ProcessPoolExecutor, 2, mp_context=get_context("spawn"))
    load = partial(comparison_of, "linear")
    assert gpu.stress(load, OPTIONS, make_executor=pool) == gpu.stress(load, OPTIONS)


def test_claims_without_arrays_or_axes_run_too() -> None:
    claim = Claim(
        "planted-scalars",
        title="A square of a sum",
        given={"a": real(), "b": real()},
        lhs=lambda a, b: (a + b) ** 2,
        rhs=lambda a, b: a * a + 2 * a * b + b * b,
    )
    evidence = gpu.examine(trace(claim), OPTIONS)
    assert evidence.verdict == Verdict.STRESSED
    assert np.isfinite(float(evidence.detail["rows"][0]["worst"]))
