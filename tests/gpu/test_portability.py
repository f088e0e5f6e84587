"""What can be shown of CuPy and CUDA without a graphics card.

Kernels run on the Array API and nothing else, on a device that NumPy cannot read; every call binds to
CuPy's real signatures; and torch carries shapes and devices through them on a pretended CUDA device.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from equivalences.gpu.cases import make_cases, positions_of
from equivalences.gpu.compile.kernel import Kernel, compile_comparison
from equivalences.gpu.device.audit import Audit, audit_of
from equivalences.gpu.device.backend import Backend, find_backend
from equivalences.gpu.device.model import Precision, ieee_model
from equivalences.gpu.stress import compare

from .planted import TRUE, comparison_of

SIZES = {"n": 5, "d": 3, "v": 2, "f": 7}
PRECISIONS: list[Precision] = ["float64", "float32"]


def usable(name: str) -> Backend:
    found = find_backend(name)
    if not isinstance(found, Backend):
        pytest.skip(found.reason)
    return found


def kernel_of(claim: str, dtype: Precision) -> Kernel:
    return compile_comparison(comparison_of(claim), SIZES, ieee_model(dtype))


def arrays_on(backend: Backend, claim: str, dtype: Precision) -> dict[str, Any]:
    cases = make_cases(comparison_of(claim), "uniform", SIZES, seed=1, first=0, count=9, dtype=dtype)
    return {name: backend.put(array) for name, array in cases.items()}


@pytest.mark.parametrize("claim", TRUE)
@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("name", ["strict", "torch", "torch:cuda", "cupy"])
def test_backends_agree_with_numpy_within_the_bounds_of_both(claim: str, dtype: Precision, name: str) -> None:
    numpy, other = usable("numpy"), usable(name)
    positions = positions_of(comparison_of(claim), "uniform", SIZES, 0, 0)
    results = []
    for backend in (numpy, other):
        audit = audit_of(backend.name, dtype)
        assert isinstance(audit, Audit)
        kernel = compile_comparison(comparison_of(claim), SIZES, audit.model)
        bounds = kernel.bounds(backend, arrays_on(backend, claim, dtype), positions)
        results.append([backend.get(x) for x in bounds])
    (lhs, lhs_error, rhs, rhs_error), (lhs2, lhs2_error, rhs2, rhs2_error) = results
    for one, two, bound in ((lhs, lhs2, lhs_error + lhs2_error), (rhs, rhs2, rhs_error + rhs2_error)):
        assert one.dtype == two.dtype == dtype
        ratio, _ = compare(numpy, one, two, bound)
        assert np.all(ratio <= 1)


@dataclass
class Recorder:
    """A namespace that notes each call: its name, how many positional arguments, which keywords."""

    xp: Any
    calls: set[tuple[str, int, tuple[str, ...]]] = field(default_factory=set)
    path: str = ""

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.xp, name)
        if isinstance(value, ModuleType):
            return Recorder(value, self.calls, f"{self.path}{name}.")
        if not callable(value) or isinstance(value, type):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.add((self.path + name, len(args), tuple(sorted(kwargs))))
            return value(*args, **kwargs)

        return call


def unbindable(calls: set[tuple[str, int, tuple[str, ...]]], namespace: Any) -> Iterator[str]:
    """The calls that a namespace does not have, or has with other parameters."""
    for name, positional, keywords in sorted(calls):
        function: Callable[..., Any] | None = namespace
        for part in name.split("."):
            function = getattr(function, part, None)
        if function is None:
            yield f"{name} is missing"
        elif hasattr(function, "nin"):
            if function.nin != positional or keywords:
                yield f"{name} takes {function.nin} arguments"
        else:
            try:
                inspect.signature(function).bind(*[None] * positional, **dict.fromkeys(keywords))
            except TypeError as error:
                yield f"{name}: {error}"


def calls_of(claim: str, dtype: Precision) -> set[tuple[str, int, tuple[str, ...]]]:
    strict = usable("strict")
    recorder = Recorder(strict.xp)
    recording = replace(strict, xp=recorder)
    kernel, positions = kernel_of(claim, dtype), positions_of(comparison_of(claim), "uniform", SIZES, 0, 0)
    arrays = arrays_on(strict, claim, dtype)
    kernel.values(recording, arrays, positions)
    compare(recording, *(lambda b: (b[0], b[2], b[1] + b[3]))(kernel.bounds(recording, arrays, positions)))
    return recorder.calls


@pytest.mark.parametrize("claim", TRUE)
def test_every_call_binds_to_the_signatures_of_cupy(claim: str) -> None:
    pytest.importorskip("cupy", reason="cupy is not installed")
    import array_api_compat.cupy

    calls = calls_of(claim, "float64")
    assert len(calls) > 5
    assert list(unbindable(calls, array_api_compat.cupy)) == []


@pytest.mark.parametrize("claim", TRUE)
def test_every_call_binds_to_numpy(claim: str) -> None:
    assert list(unbindable(calls_of(claim, "float32"), usable("numpy").xp)) == []


def test_calls_that_do_not_bind_are_found() -> None:
    xp = usable("numpy").xp
    calls = {("exp", 2, ()), ("sum", 1, ("axis", "weight")), ("solve_all", 1, ()), ("linalg.inv", 1, ())}
    assert [text.split()[0].rstrip(":") for text in unbindable(calls, xp)] == ["exp", "solve_all", "sum"]


def indexes(torch: Any) -> bool:
    """Whether arrays of a pretended CUDA device can be indexed: not where torch is built without CUDA."""
    try:
        torch.empty(3, device="cuda:0")[0]
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("claim", TRUE)
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_kernels_stay_on_a_pretended_cuda_device(claim: str, dtype: Precision) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    fake = pytest.importorskip("torch._subclasses.fake_tensor")
    backend = replace(usable("torch"), device=torch.device("cuda:0"))
    kernel, positions = kernel_of(claim, dtype), positions_of(comparison_of(claim), "uniform", SIZES, 0, 0)
    with fake.FakeTensorMode():
        if "[:," in kernel.source and not indexes(torch):
            pytest.skip("this build of torch cannot index an array of a pretended CUDA device")
        arrays = {
            name: torch.empty((9, *shape), dtype=getattr(torch, dtype), device="cuda:0")
            for name, shape in kernel.shapes.items()
        }
        results = [*kernel.values(backend, arrays, positions), *kernel.bounds(backend, arrays, positions)]
    assert {str(x.device) for x in results} == {"cuda:0"}
    assert {x.dtype for x in results} == {getattr(torch, dtype)}
    assert len({tuple(x.shape) for x in results}) == 1


def test_a_kernel_that_mixes_devices_is_found() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    fake = pytest.importorskip("torch._subclasses.fake_tensor")
    with fake.FakeTensorMode(), pytest.raises(RuntimeError):
        torch.empty(3, device="cuda:0") + torch.empty(3, device="cpu")
