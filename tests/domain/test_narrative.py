"""Finding words in what was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain.narrative import Listener, fold


@pytest.mark.parametrize(
    ("term", "narrative", "found"),
    [
        ("knife", "He has a KNIFE!", True),
        ("knife", "a penknife", False),
        ("knife", "knives", False),
        ("knife", "knife", True),
        ("front door", "at the front-door", True),
        ("front door", "in front of the door", False),
        ("está aquí", "ESTA AQUI", True),
        ("niño", "un nin\u0303o", True),
        ("don't", "I don\u2019t", True),
        ("suicide", "no suicide", True),
        ("gun", "begun", False),
        ("gun", "", False),
        ("25a", "code 25A-2", True),
        ("straße", "STRASSE", True),
    ],
)
def test_whole_words_without_case_accents_or_punctuation(
    term: str, narrative: str, found: bool
) -> None:
    assert Listener([term]).hear(narrative) == (frozenset({term}) if found else frozenset())


def test_terms_that_overlap_or_differ_only_in_spelling_are_all_heard() -> None:
    terms = ["knife", "gun", "knife gun", "gun shot", "Gun"]

    assert Listener(terms).hear("a knife, gun shot") == frozenset(terms)
    assert Listener([]).hear("a knife") == frozenset()


@given(
    st.lists(
        st.text("abñ ß'", min_size=1, max_size=4).filter(lambda t: fold(t) != " "), max_size=6
    ),
    st.text("aAbBñÑ ß'.,\u0303", max_size=40),
)
def test_one_pass_hears_what_a_look_for_each_term_finds(terms: list[str], narrative: str) -> None:
    one_by_one = frozenset(term for term in terms if fold(term) in fold(narrative))

    assert Listener(terms).hear(narrative) == one_by_one
