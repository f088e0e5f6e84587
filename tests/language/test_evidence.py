"""Evidence survives JSON."""

import json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from equivalences.language.evidence import Evidence, Instance, Verdict, Witness
from equivalences.language.realisation import WEIGHTS, offset, weight

fractions = st.fractions(max_denominator=2**40)
instances = st.builds(
    Instance,
    st.dictionaries(st.sampled_from(["n", "d", "m"]), st.integers(1, 9)),
    st.dictionaries(st.sampled_from(["K", "q'", "eta"]), st.lists(fractions, max_size=6).map(tuple)),
)


@given(instances)
def test_evidence_survives_json(instance: Instance) -> None:
    witness = Witness(
        instance=instance, entry=(0, 1), lhs="1/3", rhs="[0.5 ± 1e-9]", difference="-1/6", arithmetic="exact"
    )
    evidence = Evidence(
        checker="numeric",
        verdict=Verdict.REFUTED,
        scope="one instance",
        detail={"rows": [1, "2"]},
        witness=witness,
    )
    assert Evidence.from_json(json.loads(json.dumps(evidence.to_json()))) == evidence


def test_extent_is_the_largest_array() -> None:
    assert Instance({"n": 2, "d": 3}, {"K": (Fraction(0),) * 6, "q": (Fraction(1),) * 3}).extent() == 6


def test_realisation_depends_on_the_name_only() -> None:
    assert weight("f", 0, 1) == weight("f", 0, 1)
    assert {weight("f", 0, k) for k in range(99)} == set(WEIGHTS)
    assert [weight("f", 0, k) for k in range(20)] != [weight("g", 0, k) for k in range(20)]
    assert offset("f", 3) in WEIGHTS
