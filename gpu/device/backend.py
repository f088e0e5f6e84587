"""Where kernels run: array libraries by name, each usable or missing for a stated reason.

A library that imports may still be of no use: CuPy imports without a driver and fails at the first array.
So a backend is chosen by what it does with one element, never by its import. Beside the Array API a kernel
needs two functions that the libraries do not offer alike, ``solve`` and ``inverse`` of a batch in which
one matrix may be singular; they are here, under one contract.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""An array of whichever library."""

NAMES = ("numpy", "torch", "torch:cuda", "cupy", "strict")
PREFERENCE = ("torch:cuda", "cupy", "torch", "numpy")
GPUS = frozenset({"torch:cuda", "cupy"})


@dataclass(frozen=True)
class Missing:
    """A backend that cannot be used here, and why."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Backend:
    """An array library on a device.

    Attributes:
        name: one of ``NAMES``.
        title: library and device, in words; a page prints it, so it has no version.
        version: the library's.
        xp: the Array API namespace.
        device: what the namespace's creation functions take.
        put: a NumPy array to the device.
        get: an array of the device to NumPy.
        solve: x with ``a @ x = b`` for [batch n n] and [batch n m], the two batches being equal; an instance
            whose matrix is singular is NaN throughout, and does not disturb the others.
        inverse: of [batch n n], under the same contract.
        is_out_of_memory: whether an exception says that the device's memory is exhausted.
    """

    name: str
    title: str
    version: str
    xp: Any
    device: Any
    put: Callable[[Any], Array]
    get: Callable[[Array], Any]
    solve: Callable[[Array, Array], Array]
    inverse: Callable[[Array], Array]
    is_out_of_memory: Callable[[BaseException], bool]

    @property
    def is_gpu(self) -> bool:
        """Whether this is a graphics card."""
        return self.name in GPUS


@cache
def find_backend(name: str) -> Backend | Missing:
    """A backend by name, once it has carried one element there and back.

    Raises:
        ValueError: a name that is none of ``NAMES`` and not ``auto``.
    """
    match name:
        case "auto":
            return choose_backend()
        case "numpy":
            return _numpy()
        case "torch":
            return _torch("cpu")
        case "torch:cuda":
            return _torch("cuda")
        case "cupy":
            return _cupy()
        case "strict":
            return _strict()
    raise ValueError(f"no backend is called {name!r}: there are auto, {', '.join(NAMES)}")


def usable_backend(name: str) -> Backend:
    """A backend by name that is known to be usable.

    Raises:
        LookupError: it is missing; the text says why.
    """
    found = find_backend(name)
    if isinstance(found, Missing):
        raise LookupError(f"{found.name}: {found.reason}")
    return found


def choose_backend() -> Backend:
    """The first of ``PREFERENCE`` that is usable; NumPy always is."""
    for name in PREFERENCE:
        found = find_backend(name)
        if isinstance(found, Backend):
            return found
    raise AssertionError("NumPy is a dependency")


def survey() -> dict[str, str]:
    """Every backend with its title, or with why it is missing."""
    found = {name: find_backend(name) for name in NAMES}
    return {
        name: f"missing: {b.reason}" if isinstance(b, Missing) else f"{b.title}, version {b.version}"
        for name, b in found.items()
    }


def describe_gpu(used: Backend) -> str:
    """The graphics card that ran, or ``not run`` and why, in one line."""
    if used.is_gpu:
        return used.title
    missing = [found.reason for name in sorted(GPUS) if isinstance(found := find_backend(name), Missing)]
    if len(missing) < len(GPUS):
        return f"not run: {used.name} was asked for"
    return f"not run: {'; '.join(reversed(missing))}"


def _import(name: str) -> Any:
    """A module, or the text of why it does not import."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == name.partition(".")[0]:
            return f"{error.name} is not installed"
        return f"{name} does not import: {error}"


def _numpy() -> Backend:
    return Backend(
        name="numpy",
        title="NumPy on the CPU",
        version=np.__version__,
        xp=importlib.import_module("array_api_compat.numpy"),
        device="cpu",
        put=_read_only,
        get=np.asarray,
        solve=_solve_by_halves,
        inverse=_inverse_by_halves,
        is_out_of_memory=lambda error: isinstance(error, MemoryError),
    )


def _read_only(x: Any) -> Array:
    """The same memory, which a kernel that wrote into its inputs or tables would fail on."""
    view = np.asarray(x).view()
    view.flags.writeable = False
    return view


def _solve_by_halves(a: Array, b: Array) -> Array:
    """NumPy refuses a whole batch for one singular matrix: halve it until only that one is left out."""
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        if a.shape[0] == 1:
            return np.full_like(b, np.nan)
        half = a.shape[0] // 2
        return np.concatenate([_solve_by_halves(a[:half], b[:half]), _solve_by_halves(a[half:], b[half:])])


def _inverse_by_halves(a: Array) -> Array:
    return _solve_by_halves(a, np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape))


def _torch(kind: str) -> Backend | Missing:
    name = "torch" if kind == "cpu" else "torch:cuda"
    torch = _import("torch")
    if isinstance(torch, str):
        return Missing(name, torch)
    if kind == "cuda" and not torch.cuda.is_available():
        built = torch.version.cuda
        return Missing(
            name, "torch sees no CUDA device" if built else f"torch {torch.__version__} is built without CUDA"
        )
    device = torch.device(kind)
    where = torch.cuda.get_device_name(device) if kind == "cuda" else "the CPU"

    def nan_where_singular(x: Array, info: Array) -> Array:
        return torch.where(torch.reshape(info == 0, (-1, 1, 1)), x, torch.full_like(x, float("nan")))

    return _probe(
        Backend(
            name=name,
            title=f"torch on {where}",
            version=torch.__version__,
            xp=importlib.import_module("array_api_compat.torch"),
            device=device,
            put=lambda x: torch.from_numpy(np.require(x, requirements=["C", "W"])).to(device),
            get=lambda x: x.cpu().numpy(),
            solve=lambda a, b: nan_where_singular(*torch.linalg.solve_ex(a, b)),
            inverse=lambda a: nan_where_singular(*torch.linalg.inv_ex(a)),
            is_out_of_memory=lambda error: (
                isinstance(error, torch.OutOfMemoryError | MemoryError)
                or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
            ),
        )
    )


def _cupy() -> Backend | Missing:
    cupy = _import("cupy")
    if isinstance(cupy, str):
        return Missing("cupy", cupy)
    if not cupy.is_available():
        return Missing("cupy", f"CuPy {cupy.__version__} sees no CUDA device")
    title = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    xp = importlib.import_module("array_api_compat.cupy")

    def nan_where_singular(x: Array) -> Array:
        bad = xp.any(~xp.isfinite(x), axis=(-2, -1), keepdims=True)
        return xp.where(bad, xp.full_like(x, float("nan")), x)

    def inverse(a: Array) -> Array:
        identity = cupy.broadcast_to(cupy.eye(a.shape[-1], dtype=a.dtype), a.shape)
        return nan_where_singular(cupy.linalg.solve(a, cupy.ascontiguousarray(identity)))

    return _probe(
        Backend(
            name="cupy",
            title=f"CuPy on {title}",
            version=cupy.__version__,
            xp=xp,
            device=cupy.cuda.Device(0),
            put=cupy.asarray,
            get=cupy.asnumpy,
            solve=lambda a, b: nan_where_singular(cupy.linalg.solve(a, b)),
            inverse=inverse,
            is_out_of_memory=lambda error: isinstance(error, cupy.cuda.memory.OutOfMemoryError),
        )
    )


def _strict() -> Backend | Missing:
    """The Array API and nothing else, on a device that NumPy cannot read: what a portable kernel runs on."""
    xp = _import("array_api_strict")
    if isinstance(xp, str):
        return Missing("strict", xp)
    device = xp.Device("device1")

    def put(x: Any) -> Array:
        return xp.asarray(x, device=device)

    def get(x: Array) -> Any:
        return np.asarray(x.to_device(xp.Device("CPU_DEVICE")))

    def solve(a: Array, b: Array) -> Array:
        assert a.shape[:-1] == b.shape[:-1], "CuPy broadcasts no batch of systems"
        return put(_solve_by_halves(get(a), get(b)))

    return Backend(
        name="strict",
        title="array-api-strict on a pretended device",
        version=xp.__version__,
        xp=xp,
        device=device,
        put=put,
        get=get,
        solve=solve,
        inverse=lambda a: put(_inverse_by_halves(get(a))),
        is_out_of_memory=lambda error: isinstance(error, MemoryError),
    )


def _probe(backend: Backend) -> Backend | Missing:
    """The backend, if one element comes back from it as it should.

    A driver that is too old, a device that is lost or forbidden: each library has its own exceptions for
    these, so that all of a probe's errors count.
    """
    try:
        back = backend.get(backend.xp.exp(backend.put(np.zeros(1))))
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else ""
        return Missing(backend.name, f"{backend.title} fails: {type(error).__name__}: {reason}")
    if back.tolist() != [1.0]:
        return Missing(backend.name, f"{backend.title} computes exp(0) as {back.tolist()[0]}")
    return backend
