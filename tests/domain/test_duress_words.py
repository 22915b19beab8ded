"""A word of their own: not said by accident, and gone from the text that carried it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
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
        ("K7QM 1bluebird", Reply("K7QM", digit=1)),
        ("1bluebird", Reply(digit=1)),
        ("K7QMbluebird", Reply("K7QM", Verb.SAFE)),
        ("bluebirdK7QM", Reply("K7QM", Verb.SAFE)),
        ("K7QM1bluebird", Reply("K7QM", digit=1)),
        ("K7QM bluebird1", Reply("K7QM", digit=1)),
        ("K7QM OKbluebird", Reply("K7QM", Verb.SAFE)),
        ("bluébird", Reply(verb=Verb.SAFE)),
    ],
)
def test_a_text_is_read_without_the_word(body: str, meant: Reply) -> None:
    assert "BLUEBIRD" in duress_words.said_in(body)
    rest = duress_words.without(body, "BLUEBIRD")

    assert "BLUEBIRD" not in duress_words.said_in(rest)
    assert parse(rest) == meant


@given(st.text(max_size=60), st.text(max_size=60))
def test_wherever_it_stands_it_is_heard_and_gone(before: str, after: str) -> None:
    body = f"{before} bluebird {after}"

    assert "BLUEBIRD" in duress_words.said_in(body)
    assert "BLUEBIRD" not in duress_words.said_in(duress_words.without(body, "BLUEBIRD"))


# --- a slip inside a longer word -----------------------------------------------------------

WORDS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=duress_words.FORGIVEN, max_size=19)


@st.composite
def slips(draw: st.DrawFn) -> tuple[str, str]:
    """A word, and how a thumb may mistype it."""
    word = draw(WORDS)
    at = draw(st.integers(1, len(word) - 2))
    before, letter, after = word[:at], word[at], word[at + 1 :]
    swapped = word[: at - 1] + letter + word[at - 1] + after
    typed = draw(
        st.sampled_from(
            [
                before + draw(st.sampled_from(sorted(duress_words.BESIDE[letter]))) + after,
                before + letter + letter + after,
                word[0] + word,
                word + word[-1],
                *([swapped] if at > 1 else []),
                *([before + after] if letter in (word[at - 1], word[at + 1]) else []),
            ]
        )
    )
    return word, typed


@given(slips())
def test_one_slip_of_a_thumb_inside_a_longer_word_is_heard(slip: tuple[str, str]) -> None:
    word, typed = slip
    assume(typed != word and parse(typed) == Reply())

    assert word in duress_words.mistyped(typed)


@given(st.one_of(WORDS, slips().map(lambda slip: slip[1])))
def test_what_a_word_may_stand_for_is_one_slip_away_and_alike_at_both_ends(typed: str) -> None:
    for word in duress_words.mistyped(typed):
        assert len(word) >= duress_words.FORGIVEN
        assert (word[0], word[-1]) == (typed[0], typed[-1])
        assert word != typed
        assert abs(len(word) - len(typed)) <= 1
        if len(word) == len(typed):
            differ = [at for at, letter in enumerate(word) if letter != typed[at]]
            assert differ[-1] - differ[0] <= 1
            assert len(differ) == 1 or sorted(word) == sorted(typed)
        else:
            longer, shorter = sorted((word, typed), key=len, reverse=True)
            doubled = [at for at in range(1, len(longer)) if longer[at] == longer[at - 1]]
            assert any(longer[:at] + longer[at + 1 :] == shorter for at in doubled)


@pytest.mark.parametrize("said", MEAN_SOMETHING)
def test_no_word_of_our_texts_is_a_slip_of_somebodys(said: str) -> None:
    assert not duress_words.mistyped(said)


@pytest.mark.parametrize(
    "typed",
    ["BLUEBIR", "LUEBIRD", "BLUBIRD", "BLUEBIRDS", "XLUEBIRD", "BLUEBIRP", "BLUEBPRD", "BULEBIDR"],
)
def test_what_is_likelier_another_word_is_none(typed: str) -> None:
    assert "BLUEBIRD" not in duress_words.mistyped(typed)


def test_a_short_word_has_to_be_typed_right() -> None:
    assert "HORSES" not in duress_words.mistyped("HORDES")
    assert "CLOVERS" not in duress_words.mistyped("CLOBERS")
