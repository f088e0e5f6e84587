"""The similarities are the claims' sides."""

import pytest

pytest.importorskip("torch", reason="torch is not installed")
import torch

from equivalences import real
from equivalences.claims.causality import quarter, similarity
from equivalences.language.domain import Domain
from equivalences.modules import sim_am, sim_am_delta, sim_aou

from .exact import DTYPES, Inputs, require
from .rounding import Tracked

GIVEN: dict[str, Domain] = {"base": real("d"), "icl": real("d"), "ft": real("d")}
SIZES = {"d": 5}


def length(x: Tracked) -> Tracked:
    return (x * x).sum(-1).sqrt()


def cosine(a: Tracked, b: Tracked) -> Tracked:
    return (a * b).sum(-1) / (length(a) * length(b))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(3))
def test_similarities_are_cosines_of_changes(dtype: str, seed: int) -> None:
    at = Inputs(GIVEN, SIZES, seed)
    base, icl, ft = (at.tensor(name, dtype) for name in GIVEN)
    z, a, b = (at.tracked(name, dtype) for name in GIVEN)
    changes = cosine(a - z, b - z)
    right, wrong = at.evaluate(similarity.sim_am_delta, lambda icl, ft: similarity.sim_am(icl, ft))
    require(sim_am_delta(base, icl, ft), changes, right, wrong)
    require(sim_aou(base, icl, ft), changes, right, wrong)
    require(sim_am(icl, ft), cosine(a, b), wrong, right)
    z, a, b = (x / length(x) for x in (z, a, b))
    right, wrong = at.evaluate(quarter.normalised_similarity, quarter.similarity)
    require(sim_aou(base, icl, ft, normalise=True), cosine(a - z, b - z), right, wrong)


def test_they_are_means_over_layers() -> None:
    torch.manual_seed(0)
    base, icl, ft = torch.randn(3, 4, 2, 6, dtype=torch.float64)
    each = [float(sim_aou(base[i, j], icl[i, j], ft[i, j])) for i in range(4) for j in range(2)]
    # Eight roundings of numbers of magnitude 1 at most, and as many of those they are summed from.
    assert abs(float(sim_aou(base, icl, ft)) - sum(each) / 8) <= 64 * 2.0**-53


def test_what_has_no_direction_is_refused() -> None:
    one = torch.ones(3)
    with pytest.raises(ValueError, match="no direction"):
        sim_aou(one, one, 2 * one)
    with pytest.raises(ValueError, match="shapes"):
        sim_am(one, one[:2])
