"""Words with one wrong letter, and words that only look like it."""

import pytest

from triage.domain.reply_words import CARRIER_WORDS, DENIALS, FILLERS, ORDINARY_WORDS, VERB_OF, Verb
from triage.domain.sms_replies import ALPHABET, Reply, parse
from triage.domain.typing_errors import verb_meant


@pytest.mark.parametrize(
    ("body", "verb"),
    [
        ("K7QM acccept", Verb.ACCEPT),
        ("k7qm declne", Verb.DECLINE),
        ("declien K7QM", Verb.DECLINE),
        ("K7QM scnee", Verb.ON_SCENE),
        ("K7QM claer", Verb.CLEAR),
        ("K7QM cler", Verb.CLEAR),
        ("arived K7QM", Verb.ON_SCENE),
        ("K7QM enrout", Verb.EN_ROUTE),
        ("K7QM rechzo", Verb.DECLINE),
        ("K7QM aceto", Verb.ACCEPT),
        ("K7QM asist", Verb.HELP),
        ("socoro", Verb.HELP),
    ],
)
def test_one_wrong_letter_is_mended(body: str, verb: Verb) -> None:
    assert parse(body).verb is verb


@pytest.mark.parametrize(
    "body", ["K7QM clean", "the room is clean", "K7QM except", "K7QM cancle", "stpo"]
)
def test_a_word_in_its_own_right_is_left_alone(body: str) -> None:
    assert parse(body) == Reply("K7QM" if "K7QM" in body else None)


@pytest.mark.parametrize("body", ["dont accpt K7QM", "K7QM accpte not", "K7QM claer scnee"])
def test_a_mended_verb_that_is_denied_or_contradicted_does_nothing(body: str) -> None:
    assert parse(body).verb is Verb.AMBIGUOUS


@pytest.mark.parametrize(
    ("body", "verb"),
    [
        ("K7QM en rout", Verb.EN_ROUTE),
        ("on teh way K7QM", Verb.EN_ROUTE),
        ("K7QM on the wya", Verb.EN_ROUTE),
        ("K7QM on sceen", Verb.ON_SCENE),
        ("K7QM en camio", Verb.EN_ROUTE),
        ("K7QM nto safe", Verb.WITHDRAW),
        ("K7QM dnot accept", Verb.DECLINE),
        ("K7QM send polcie", Verb.HELP),
        ("K7QM en la ecsena", Verb.ON_SCENE),
    ],
)
def test_one_slip_in_a_phrase_is_mended(body: str, verb: Verb) -> None:
    assert parse(body).verb is verb


@pytest.mark.parametrize(
    "body",
    ["K7QM on the day", "K7QM on my say", "K7QM no teh wya", "K7QM en camion", "K7QM send policy"],
)
def test_a_phrase_of_other_words_or_with_two_slips_is_left_alone(body: str) -> None:
    assert parse(body).verb in {None, Verb.DECLINE, Verb.AMBIGUOUS}
    assert parse(body).verb is not Verb.EN_ROUTE


def test_no_phrase_is_mended_into_another() -> None:
    """Who types one of them means it."""
    for phrase, verb in VERB_OF.items():
        assert parse(" ".join(["K7QM", *phrase])).verb in {verb, Verb.AMBIGUOUS, None}, phrase


def test_among_other_words_a_mistyped_verb_does_nothing_but_a_cry_for_help_does() -> None:
    assert parse("K7QM the door is claer now").verb is None
    assert parse("K7QM we need asistance here").verb is Verb.HELP


def test_no_word_that_means_something_else_is_mended() -> None:
    known = CARRIER_WORDS | DENIALS | FILLERS | ORDINARY_WORDS
    assert not [word for word in known if verb_meant(word)]
    assert not [phrase for phrase in VERB_OF if len(phrase) == 1 and verb_meant(phrase[0])]


def test_a_code_is_never_taken_for_a_verb() -> None:
    assert not [sign * 4 for sign in ALPHABET if verb_meant(sign * 4)]
