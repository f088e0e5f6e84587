from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from equivalences.gpu.controls import EXPONENTIAL, FLUSHED, OPERANDS, Fault, with_fault
from equivalences.gpu.device.audit import AUDITED, Audit, Void, allow, audit, audit_of
from equivalences.gpu.device.backend import NAMES, Backend, find_backend, usable_backend
from equivalences.gpu.device.model import Precision
from equivalences.gpu.device.probes import accumulates, keeps_subnormals, rounds_sums, rounds_to_nearest
from equivalences.gpu.device.rounding import DOMAINS, measure_division, measure_ulps, samples_of, two_product

USABLE = [name for name in NAMES if isinstance(find_backend(name), Backend)]
PRECISIONS: list[Precision] = ["float64", "float32"]


def usable(name: str = "numpy") -> Backend:
    return usable_backend(name)


def rounding_up(backend: Backend, operator: str, dtype: Precision) -> Backend:
    """The backend with one operator whose results are one unit too large."""

    def upwards(self: Any, other: Any) -> Any:
        right = getattr(np.ndarray, operator)(self, other)
        return np.nextafter(right, np.asarray(np.inf, dtype)).view(np.ndarray)

    kind: Any = type("Upwards", (np.ndarray,), {operator: upwards})
    return replace(backend, put=lambda x: np.asarray(x).view(kind), get=lambda x: x.view(np.ndarray))


@pytest.mark.parametrize("name", USABLE)
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_usable_devices_have_a_model(name: str, dtype: Precision) -> None:
    found = audit_of(name, dtype)
    assert isinstance(found, Audit)
    assert found.model.u == float(np.finfo(dtype).eps) / 2
    assert found.model.matmul_input == 0
    for function in (*AUDITED, "divide"):
        assert 0.4 < found.measured[function] < 5
        assert getattr(found.model, f"{function}_ulp") >= found.measured[function]
        assert getattr(found.model, f"{function}_ulp") in (0.5, 4, 8)
    assert not any(f"{found.measured['exp']:.2f}" in line for line in found.lines()), "pages vary with machines"


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_rounded_operands_are_refused_with_advice(dtype: Precision) -> None:
    found = audit(with_fault(usable(), OPERANDS), dtype)
    assert isinstance(found, Void)
    assert "about 1" in found.reason
    assert "NVIDIA_TF32_OVERRIDE=0" in found.reason


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_a_wrong_exponential_is_refused(dtype: Precision) -> None:
    found = audit(with_fault(usable(), EXPONENTIAL), dtype)
    assert isinstance(found, Void)
    assert "exp is off by" in found.reason


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_flushed_subnormals_go_into_the_model(dtype: Precision) -> None:
    found = audit(with_fault(usable(), FLUSHED), dtype)
    assert isinstance(found, Audit)
    assert found.model.ftz
    assert any("become 0 in matmul" in line for line in found.lines())
    assert keeps_subnormals(usable(), dtype) is None


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_truncated_sums_widen_the_model(dtype: Precision) -> None:
    def truncating(xp: Any, right: Any) -> Any:
        def call(a: Any, b: Any) -> Any:
            exact = np.matmul(a.astype("longdouble"), b.astype("longdouble"))
            rounded = exact.astype(dtype)
            return np.where(
                np.abs(rounded) > np.abs(exact), np.nextafter(rounded, np.zeros_like(rounded)), rounded
            )

        return call

    device = with_fault(usable(), Fault("truncation", {"matmul": truncating}))
    assert rounds_sums(device, dtype) == "sums in matmul are truncated, not rounded"
    found = audit(device, dtype)
    assert isinstance(found, Audit)
    assert found.model.accumulation == 2 * found.model.u


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_lost_small_products_are_refused(dtype: Precision) -> None:
    """A fixed-point emulation keeps what is large in a whole matrix, not in each entry."""

    def emulated(xp: Any, right: Any) -> Any:
        def call(a: Any, b: Any) -> Any:
            unit = np.max(np.abs(a), axis=(-2, -1), keepdims=True) * np.finfo(dtype).eps
            return np.matmul((np.round(a / unit) * unit).astype(dtype), b)

        return call

    device = with_fault(usable(), Fault("fixed point", {"matmul": emulated}))
    assert "off by more than its rounding" in str(accumulates(device, dtype))


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_wrong_rounding_is_seen(dtype: Precision) -> None:
    device = rounding_up(usable(), "__mul__", dtype)
    assert rounds_to_nearest(device, dtype) == "* not rounded to nearest"


@pytest.mark.parametrize("function", DOMAINS)
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_measured_errors_are_those_that_were_planted(function: str, dtype: Precision) -> None:
    def off_by_three(xp: Any, right: Any) -> Any:
        return lambda x: right(x) * np.dtype(dtype).type(1 + 3 * np.finfo(dtype).eps)

    honest = measure_ulps(usable(), function, dtype)
    planted = measure_ulps(with_fault(usable(), Fault("3 ulp", {function: off_by_three})), function, dtype)
    assert 0.49 < honest < 3
    assert 3 < planted <= 6.5 + honest  # relative errors of 3 ε are 3 to 6 units


def test_a_function_that_is_not_finite_is_infinitely_wrong() -> None:
    def broken(xp: Any, right: Any) -> Any:
        return lambda x: x * np.nan

    assert measure_ulps(with_fault(usable(), Fault("nan", {"exp": broken})), "exp", "float64") == np.inf


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_division_is_measured_against_the_exact_quotient(dtype: Precision) -> None:
    device = rounding_up(usable(), "__truediv__", dtype)
    assert measure_division(usable(), dtype) <= 0.5
    assert 1.4 < measure_division(device, dtype) <= 1.5


def test_samples_fill_the_domain_of_each_function() -> None:
    for function, (low, high, signed) in DOMAINS.items():
        x = samples_of(function, "float64")
        assert len(np.unique(x)) > 16000
        assert np.min(np.abs(x)) < 2.0 ** (low + 1)
        assert np.max(np.abs(x)) > 2.0 ** (high - 1)
        assert bool(np.any(x < 0)) == signed


def test_products_of_two_floats_are_split_exactly() -> None:
    a, b = samples_of("sin", "float64")[:200], samples_of("exp", "float64")[:200]
    high, low = two_product(a, b)
    for p, q, h, r in zip(a.tolist(), b.tolist(), high.tolist(), low.tolist(), strict=True):
        assert Fraction(p) * Fraction(q) == Fraction(h) + Fraction(r)


def test_what_is_assumed_exceeds_what_is_seen() -> None:
    assert allow("divide", 0.4999) == 0.5
    assert allow("exp", 0.4999) == 4
    assert allow("sqrt", 0.67) == 4
    assert all(allow("exp", ulp) >= 2 * ulp + 1 for ulp in (0.5, 1.5, 1.6, 3.5, 3.6, 8))


def test_torch_in_reduced_precision_is_refused() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this processor has no reduced precision to switch on")
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        found = audit(usable("torch"), "float32")
    finally:
        torch.set_float32_matmul_precision(before)
    if isinstance(found, Audit):
        pytest.skip("this processor ignores the setting")
    assert "rounds its operands to about 8 bits" in found.reason


def test_torch_with_subnormals_flushed_is_seen() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush")
    try:
        found = audit(usable("torch"), "float64")
    finally:
        torch.set_flush_denormal(False)
    assert isinstance(found, Audit)
    assert found.model.ftz
