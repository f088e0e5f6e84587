from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equivalences.gpu.cases import (
    STRETCH,
    instance_of,
    make_cases,
    philox_words,
    positions_of,
    shapes_of,
    stretch_of,
)
from equivalences.gpu.families import FAMILIES

from .planted import comparison_of

SIZES = {"n": 5, "d": 3, "v": 2}
M64 = 2**64 - 1


def philox4x64(counter: list[int], key: list[int]) -> list[int]:
    """Ten rounds of Philox4x64, written from the paper."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [(p1 >> 64) ^ c[1] ^ k[0], p1 & M64, (p0 >> 64) ^ c[3] ^ k[1], p0 & M64]
        k = [(k[0] + 0x9E3779B97F4A7C15) & M64, (k[1] + 0xBB67AE8584CAA73B) & M64]
    return c


def test_words_are_those_of_philox_at_the_instances_counter() -> None:
    words = philox_words(7, 3, first=10, count=2, blocks=3)
    expected = [w for block in range(30, 36) for w in philox4x64([block, 0, 0, 0], [7, 3])]
    assert words.shape == (2, 48)
    assert np.array_equal(words.ravel().view("<u8"), np.asarray(expected, dtype="u8"))


def test_the_first_instance_has_a_counter_too() -> None:
    first = philox_words(7, 3, first=0, count=1, blocks=1)
    assert first.ravel().view("<u8").tolist() == philox4x64([0, 0, 0, 0], [7, 3])


def test_words_are_known() -> None:
    assert philox_words(0, 0, first=0, count=1, blocks=1)[0, :4].view("<u8").tolist() == [0x16554D9ECA36314C]


@given(
    family=st.sampled_from(sorted(FAMILIES)),
    dtype=st.sampled_from(["float64", "float32"]),
    first=st.integers(0, 10**6),
    cuts=st.lists(st.integers(1, 7), min_size=1, max_size=4),
)
@settings(deadline=None, max_examples=40)
def test_instances_do_not_depend_on_how_the_run_is_cut(
    family: str, dtype: str, first: int, cuts: list[int]
) -> None:
    comparison = comparison_of("constraints")
    whole = make_cases(comparison, family, SIZES, seed=1, first=first, count=sum(cuts), dtype=dtype)
    start = 0
    for cut in cuts:
        part = make_cases(comparison, family, SIZES, seed=1, first=first + start, count=cut, dtype=dtype)
        for name, array in part.items():
            assert np.array_equal(array, whole[name][start : start + cut])
        start += cut


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("claim", ["constraints", "linear", "recurrent"])
def test_an_instance_is_exactly_what_the_device_gets(family: str, dtype: str, claim: str) -> None:
    comparison = comparison_of(claim)
    batch = make_cases(comparison, family, SIZES, seed=4, first=0, count=70, dtype=dtype)
    instance = instance_of(comparison, family, SIZES, 4, 69, dtype=dtype)
    for name, array in batch.items():
        assert array.dtype == dtype
        assert tuple(Fraction(x) for x in array[69].ravel().tolist()) == instance.values[name]
    assert {*instance.values} == {
        *shapes_of(comparison, SIZES),
        *positions_of(comparison, family, SIZES, 4, 69),
    }


@pytest.mark.parametrize("family", [f for f in FAMILIES if f != "tiny"])
def test_both_precisions_have_the_same_instances(family: str) -> None:
    for claim in ("constraints", "linear"):
        comparison = comparison_of(claim)
        double = make_cases(comparison, family, SIZES, seed=4, first=9, count=50)
        single = make_cases(comparison, family, SIZES, seed=4, first=9, count=50, dtype="float32")
        assert all(np.array_equal(double[name], single[name]) for name in double)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_constraints_hold(family: str, dtype: str) -> None:
    a = make_cases(comparison_of("constraints"), family, SIZES, seed=2, first=0, count=40, dtype=dtype)
    assert set(np.unique(a["M"])) == {0, 1}
    assert family == "zeros" or np.all(a["M"].sum(-1) >= 1)
    assert np.array_equal(a["S"], np.swapaxes(a["S"], -1, -2))
    assert np.array_equal(a["P"], np.swapaxes(a["P"], -1, -2))
    assert np.all(np.linalg.eigvalsh(a["P"].astype("float64")) > 0)
    lam = make_cases(comparison_of("push-through"), family, SIZES, seed=2, first=0, count=400, dtype=dtype)[
        "lam"
    ]
    assert np.all(lam > 0)
    assert len(np.unique(lam)) > 1


@pytest.mark.parametrize("bits", [2, 3, 5, 7, 12])
@pytest.mark.parametrize("family", [name for name, family in FAMILIES.items() if family.on_lattice])
def test_lattice_families_stay_on_the_lattice_of_their_bits(family: str, bits: int) -> None:
    for claim in ("linear", "push-through"):
        arrays = make_cases(comparison_of(claim), family, SIZES, seed=2, first=0, count=99, bits=bits)
        for array in arrays.values():
            numbers = array * 2.0 ** (bits - 1)
            assert np.array_equal(numbers, np.round(numbers))
            assert np.max(np.abs(numbers)) <= 2**bits


def test_adversarial_families_are_what_they_are_called() -> None:
    def cases(family: str) -> dict[str, np.ndarray]:
        return make_cases(comparison_of("linear"), family, SIZES, seed=2, first=0, count=200)

    assert np.max(np.abs(cases("huge")["X"])) > 500
    assert np.all(cases("zeros")["X"][:, ::3] == 0)
    assert np.any(cases("duplicates")["X"][:, 0] == cases("duplicates")["X"][:, 1])
    assert np.all(np.abs(cases("duplicates")["X"][:, 0] - cases("duplicates")["X"][:, 1]) < 2.0**-9)
    assert np.all(cases("equal")["X"] == cases("equal")["X"][:, :1])
    assert np.max(np.abs(cases("tiny")["X"])) < np.finfo("float64").smallest_normal
    assert np.all(np.sum(cases("unit")["X"] ** 2, axis=-1) == 1)
    assert set(np.unique(cases("unit")["eta"])) == {-1, 0, 1, 2}
    singular = np.linalg.cond(cases("singular")["X"])
    assert np.median(singular) > 100 * np.median(np.linalg.cond(cases("uniform")["X"]))


def test_an_index_takes_every_position() -> None:
    comparison = comparison_of("recurrent")
    starts = range(0, 40 * STRETCH, STRETCH)
    seen = {positions_of(comparison, "uniform", SIZES, 0, item)["t"] for item in starts}
    assert seen == set(range(5))


@pytest.mark.parametrize("family", FAMILIES)
def test_positions_are_constant_on_a_stretch(family: str) -> None:
    comparison = comparison_of("recurrent")
    for item in (0, 1, 2, 3, 6, 17, 31, 32, 63, 1000):
        start, stop = stretch_of(item)
        assert start <= item < stop <= start + STRETCH
        found = [positions_of(comparison, family, SIZES, 7, k) for k in range(start, stop)]
        assert all(position == found[0] for position in found)


def test_seeds_and_families_give_other_instances() -> None:
    comparison = comparison_of("linear")
    one = instance_of(comparison, "uniform", SIZES, 0, 0)
    assert one != instance_of(comparison, "uniform", SIZES, 1, 0)
    assert one != instance_of(comparison, "uniform", SIZES, 0, 1)
    assert one == instance_of(comparison, "uniform", SIZES, 0, 0)
