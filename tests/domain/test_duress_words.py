"""A word of their own: not said by accident, and gone from the text that carried it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain import duress_words
from triage.domain.errors import Refused
from triage.domain.reply_words import CARRIER_WORDS, DENIALS, FILLERS, NOTE_WORDS, VERB_OF
from triage.domain.sms_replies import Reply, Verb, parse

MEAN_SOMETHING = sorted(
    {word for phrase in VERB_OF for word in phrase} | CARRIER_WORDS | DENIALS | FILLERS | NOTE_WORDS
)


@pytest.mark.parametrize("word", ["bluebird", "Bluebird ", "Ñandú", "lavender", "tangerina"])
def test_a_word_is_kept_as_texts_are_read(word: str) -> None:
    assert duress_words.fit(word) == duress_words.fit(word.upper())


@pytest.mark.parametrize("word", MEAN_SOMETHING)
def test_no_word_that_texts_use_already(word: str) -> None:
    with pytest.raises(Refused):
        duress_words.fit(word.lower())


@pytest.mark.parametrize(
    "word",
    ["", "  ", "bird", "a" * 21, "two words", "blue-bird", "bird12", "12345", "K7QM", "XKCDRT",
     "acceptt", "declne", "clera", "assit"],
)  # fmt: skip
def test_neither_too_short_nor_too_long_nor_a_code_nor_a_mistyped_verb(word: str) -> None:
    with pytest.raises(Refused):
        duress_words.fit(word)


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ("bluebird", Reply(verb=Verb.SAFE)),
        ("K7QM Bluebird!", Reply("K7QM", Verb.SAFE)),
        ("ok BLUEBIRD", Reply(verb=Verb.SAFE)),
        ("K7QM scene, bluebird", Reply("K7QM", Verb.ON_SCENE)),
        ("bluebird K7QM ETA 10", Reply("K7QM", Verb.ETA, 10)),
        ("K7QM note all calm bluebird here", Reply("K7QM", Verb.NOTE, note="all calm here")),
        ("what do you want bluebird", Reply()),
        ("bluébird", Reply(verb=Verb.SAFE)),
    ],
)
def test_a_text_is_read_without_the_word(body: str, meant: Reply) -> None:
    rest = duress_words.without(body, "BLUEBIRD")

    assert "BLUEBIRD" not in duress_words.said_in(rest)
    assert parse(rest) == meant


@given(st.text(max_size=60), st.text(max_size=60))
def test_wherever_it_stands_it_is_heard_and_gone(before: str, after: str) -> None:
    body = f"{before} bluebird {after}"

    assert "BLUEBIRD" in duress_words.said_in(body)
    assert "BLUEBIRD" not in duress_words.said_in(duress_words.without(body, "BLUEBIRD"))
