import numpy as np
import pytest

from equivalences.gpu.device import backend
from equivalences.gpu.device.backend import (
    NAMES,
    Backend,
    Missing,
    describe_gpu,
    find_backend,
    survey,
    usable_backend,
)

USABLE = [name for name in NAMES if isinstance(find_backend(name), Backend)]


def usable(name: str) -> Backend:
    return usable_backend(name)


def test_numpy_is_always_usable() -> None:
    assert {"numpy", "strict"} <= set(USABLE)


def test_every_backend_says_what_it_is_or_why_it_is_missing() -> None:
    found = survey()
    assert list(found) == list(NAMES)
    assert all(len(text) > 8 for text in found.values())
    assert all(text.startswith("missing: ") != (name in USABLE) for name, text in found.items())


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no backend is called 'tpu': there are auto, numpy, torch"):
        find_backend("tpu")


def test_a_missing_backend_that_is_needed_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "find_backend", lambda name: Missing(name, "no driver"))
    with pytest.raises(LookupError, match="cupy: no driver"):
        usable_backend("cupy")


def test_auto_takes_the_first_that_is_usable() -> None:
    chosen = usable("auto")
    assert chosen.name == next(name for name in backend.PREFERENCE if name in USABLE)


def test_a_library_that_imports_and_fails_is_missing_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> object:
        raise OSError("driver too old\nand more")

    broken = backend._probe(Backend(**{**vars(usable("numpy")), "name": "cupy", "title": "CuPy", "put": fail}))
    assert broken == Missing("cupy", "CuPy fails: OSError: driver too old")


def test_a_library_that_computes_wrongly_is_missing() -> None:
    wrong = backend._probe(Backend(**{**vars(usable("numpy")), "get": lambda x: np.asarray(x) + 1}))
    assert wrong == Missing("numpy", f"{usable('numpy').title} computes exp(0) as 2.0")


def test_the_page_says_why_no_graphics_card_ran() -> None:
    text = describe_gpu(usable("numpy"))
    assert text.startswith("not run: ")
    if "torch:cuda" not in USABLE:
        assert "torch" in text


@pytest.mark.parametrize("name", USABLE)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_one_singular_matrix_is_nan_and_leaves_the_others_alone(name: str, dtype: str) -> None:
    b = usable(name)
    # powers of two in a triangle: elimination is exact, whatever its order
    rng = np.random.default_rng(0)
    a = np.triu(np.exp2(rng.integers(-2, 3, (9, 3, 3)))).astype(dtype)
    a[5] = 0
    right = np.ones((9, 3, 2), dtype)
    x = b.get(b.solve(b.put(a), b.put(right)))
    inverse = b.get(b.inverse(b.put(a)))
    good = np.arange(9) != 5
    assert x.dtype == dtype
    assert np.isnan(x[5]).all()
    assert np.isnan(inverse[5]).all()
    assert np.array_equal(a[good] @ x[good], right[good])
    assert np.array_equal(a[good] @ inverse[good], np.broadcast_to(np.eye(3, dtype=dtype), (8, 3, 3)))


@pytest.mark.parametrize("name", USABLE)
def test_arrays_come_back_as_they_went(name: str) -> None:
    b = usable(name)
    x = np.asarray([[0.1, -3.0], [5e-324, 1e308]])
    assert np.array_equal(b.get(b.put(x)).view("int64"), x.view("int64"))


@pytest.mark.parametrize("name", USABLE)
def test_memory_errors_are_known_and_others_are_not(name: str) -> None:
    b = usable(name)
    assert name == "cupy" or b.is_out_of_memory(MemoryError())
    assert not b.is_out_of_memory(ValueError("memory"))
    assert not b.is_out_of_memory(RuntimeError("shapes cannot be multiplied"))


def test_torch_says_out_of_memory_in_a_bare_runtime_error() -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    text = "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried to"
    assert usable("torch").is_out_of_memory(RuntimeError(text))
