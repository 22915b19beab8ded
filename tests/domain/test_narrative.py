"""Finding words in what was said."""

import pytest

from triage.domain.narrative import finds, fold


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
    assert finds(term, fold(narrative)) is found
