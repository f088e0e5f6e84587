from fractions import Fraction

from equivalences.symbolic.certificate import certificate_of, replay, statement_of
from equivalences.symbolic.domain import domain_of
from equivalences.symbolic.search.buchberger import Polynomial, Word, add_multiple, membership, times
from equivalences.symbolic.search.words import propose_words

from .statements import NEAR, TRUE


def word(text: str) -> Word:
    """Lower-case letters are transposed ones."""
    return tuple((x.upper(), x.islower()) for x in text)


def polynomial(**terms: int) -> Polynomial:
    return {((), word("" if key == "one" else key)): Fraction(c) for key, c in terms.items()}


def test_cofactors_make_the_claim() -> None:
    """A left inverse and a right inverse agree."""
    generators = [polynomial(LA=1, one=-1), polynomial(AR=1, one=-1)]
    claim = polynomial(L=1, R=-1)
    found = membership(claim, generators, frozenset())
    assert found is not None
    total: Polynomial = {}
    for c, central, left, k, right in found:
        add_multiple(total, c, central, left, generators[k], right)
    assert total == claim


def test_what_does_not_follow_is_not_found() -> None:
    generators = [polynomial(LA=1, one=-1)]
    assert membership(polynomial(AL=1, one=-1), generators, frozenset()) is None


def test_central_factors_are_not_divided_by_unless_they_are_units() -> None:
    scaled: Polynomial = {((("c", 1),), word("X")): Fraction(1)}
    claim: Polynomial = {((), word("X")): Fraction(1)}
    assert membership(claim, [scaled], frozenset()) is None
    assert membership(claim, [scaled], frozenset({"c"})) is not None
    assert times((("c", 1),), (("c", -1), ("e", 2))) == (("e", 2),)


def test_identities_of_inverses_are_found_as_words() -> None:
    for name in ("push-through", "Sherman-Morrison", "Woodbury", "the gain after the update"):
        (goal,) = statement_of(TRUE[name]).goals
        proof = propose_words(goal, domain_of(goal))
        assert proof is not None
        assert proof.cut is None
        assert replay(TRUE[name], certificate_of({"identity": proof}))


def test_completion_gives_up_on_what_is_false() -> None:
    (goal,) = statement_of(NEAR["Sherman-Morrison with the wrong sign"]).goals
    assert propose_words(goal, domain_of(goal)) is None
