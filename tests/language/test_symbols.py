"""Symbols: the field's letters, and never one for two."""

from hypothesis import given
from hypothesis import strategies as st

from equivalences.language.symbols import symbols_of

NAMES = st.sampled_from(
    [
        "keys",
        "K",
        "values",
        "V",
        "query",
        "q",
        "inputs",
        "X",
        "labels",
        "targets",
        "Y",
        "demo_keys",
        "W0",
        "eta",
    ]
)


def test_words_of_the_field_get_its_letters() -> None:
    assert symbols_of(["keys", "values", "query", "W0"]) == {
        "keys": "K", "values": "V", "query": "q", "W0": "W_{0}",
    }  # fmt: skip


@given(st.lists(NAMES, unique=True))
def test_different_names_have_different_symbols(names: list[str]) -> None:
    assert len(set(symbols_of(names).values())) == len(names)
