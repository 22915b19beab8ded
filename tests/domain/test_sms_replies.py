"""What teams text, and what it is taken for."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain.new_codes import codes, long_code
from triage.domain.reply_words import FLEES, VERB_OF
from triage.domain.sms_replies import ALPHABET, CARRIER_WORDS, Reply, Verb, parse

K = "K7QM"


@pytest.mark.parametrize(
    "body",
    [
        "K7QM 1",
        "1 K7QM",
        "k7qm 1",
        "K7QM1",
        "1K7QM",
        "K7QM: 1.",
        "(K7QM) - 1",
        "  K7QM   1  ",
        "Reply K7QM 1",
        "K7QM 1=accept",
        "K7QM 1 accept",
        "yes K7QM 1",
        "１ Ｋ７ＱＭ",
        "K7QM 1️⃣",
        "K7QM 1 👍",
        "ok, K7QM 1 please",
        "K7QM 1 1",
    ],
)
def test_code_and_digit_in_any_order_and_dress(body: str) -> None:
    assert parse(body) == Reply(K, digit=1)


@pytest.mark.parametrize(
    ("body", "verb"),
    [
        ("K7QM accept", Verb.ACCEPT),
        ("k7qm ACCEPT!", Verb.ACCEPT),
        (" Accept. K7QM", Verb.ACCEPT),
        ("K7QM accept, traffic is bad", Verb.ACCEPT),
        ("accept yes K7QM", Verb.ACCEPT),
        ("K7QM on my way, accepted", Verb.ACCEPT),
        ("acepto K7QM", Verb.ACCEPT),
        ("SÍ K7QM", Verb.ACCEPT),
        ("si, K7QM", Verb.ACCEPT),
        ("K7QM si no", Verb.AMBIGUOUS),
        ("K7QM decline", Verb.DECLINE),
        ("K7QM decline, still at the hospital", Verb.DECLINE),
        ("K7QM can't accept", Verb.DECLINE),
        ("K7QM no", Verb.DECLINE),
        ("no puedo K7QM", Verb.DECLINE),
        ("K7QM enroute", Verb.EN_ROUTE),
        ("en camino K7QM", Verb.EN_ROUTE),
        ("K7QM SCENE", Verb.ON_SCENE),
        ("K7QM on scene", Verb.ON_SCENE),
        ("we have arrived K7QM", Verb.ON_SCENE),
        ("K7QM llegué", Verb.ON_SCENE),
        ("K7QM CLEAR", Verb.CLEAR),
        ("K7QM listo", Verb.ALL_CLEAR),
        ("K7QM all clear", Verb.ALL_CLEAR),
        ("K7QM listo, libre", Verb.CLEAR),
        ("K7QM listo, voy", Verb.EN_ROUTE),
        ("K7QM listo, todo bien", Verb.SAFE),
        ("K7QMaccept", Verb.ACCEPT),
        ("K7QMOK", Verb.SAFE),
        ("K7QM adr", Verb.ADDRESS),
        ("K7QM ASSIST", Verb.HELP),
        ("K7QM need help", Verb.HELP),
        ("ayuda K7QM", Verb.HELP),
    ],
)
def test_verbs_in_english_and_spanish(body: str, verb: Verb) -> None:
    assert parse(body) == Reply(K, verb)


@pytest.mark.parametrize(
    ("body", "minutes"),
    [
        ("K7QM ETA 10", 10),
        ("eta 10 k7qm", 10),
        ("ETA K7QM 4", 4),
        ("K7QM ETA: 10 min", 10),
        ("K7QM 10 min", 10),
        ("10min K7QM", 10),
        ("K7QM 10 ETA", 10),
        ("K7QM ETA 1 hour", 60),
        ("K7QM on my way eta 15", 15),
        ("K7QM ETA 10 stuck at the bridge", 10),
        ("K7QM ETA 600", 600),
    ],
)
def test_minutes_until_arrival(body: str, minutes: int) -> None:
    assert parse(body) == Reply(K, Verb.ETA, minutes)


@pytest.mark.parametrize("body", ["ETA 14:30", "ETA 10-15", "K7QM ETA 601", "K7QM ETA 0", "10"])
def test_minutes_are_not_guessed(body: str) -> None:
    assert (parse(body).verb, parse(body).minutes, parse(body).digit) == (None, None, None)


def test_an_eta_may_stand_beside_a_yes() -> None:
    assert parse("K7QM 1 ETA 10") == Reply(K, None, 10, None, 1)
    assert parse("K7QM accept 10 min") == Reply(K, Verb.ACCEPT, 10)


def test_a_note_is_kept_as_it_was_written() -> None:
    said = "Side door, code 4711. Don't STOP, ask for J. K7QN 2"

    assert parse(f"K7QM NOTE {said}") == Reply(K, Verb.NOTE, note=said)
    assert parse(f"note K7QM: {said}") == Reply(K, Verb.NOTE, note=said)
    assert parse("K7QM SCENE NOTE he is calm") == Reply(K, Verb.ON_SCENE, note="he is calm")
    assert parse("K7QM note") == Reply(K, Verb.NOTE)


@pytest.mark.parametrize("word", sorted(CARRIER_WORDS))
def test_words_that_carriers_act_on_act_on_nothing(word: str) -> None:
    assert parse(word.lower()) == Reply(carrier_word=word)
    assert parse(f" {word.title()}! ") == Reply(carrier_word=word)
    assert parse(f"{K} {word}") == Reply(K, carrier_word=word)
    assert parse(f"{word} {K}") == Reply(K, carrier_word=word)


@pytest.mark.parametrize(
    "body",
    [
        "K7QM accept decline",
        "K7QM 1 2",
        "K7QM 1 decline",
        "K7QM accept 2",
        "K7QM 1=accept 2=decline",
        "K7QM K7QN 1",
        "K7QM 1 STOP",
        "K7QM yes 2",
        "K7QM cancel accept",
        "K7QM not clear",
        "K7QM scene clear",
        "K7QM CLEAR 1",
    ],
)
def test_two_things_at_once_are_asked_back(body: str) -> None:
    assert parse(body).verb is Verb.AMBIGUOUS
    assert parse(body).digit is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "   ",
        "\0",
        "👍",
        "10-4",
        "the door is clear now",
        "2 of us coming",
        "be there in 2",
        "no weapons seen",
        "the bus stop on 5th",
        "pt John Smith 123-45-6789",
        "I'm driving right now",
        "<Response><Redirect>/x</Redirect></Response>",
        "{{7*7}}",
        "+15550100 accept",
    ],
)
def test_what_is_not_wholly_understood_does_nothing(body: str) -> None:
    assert parse(body) == Reply()


@pytest.mark.parametrize(
    "said",
    ["clear?", "is it clear", "all clear?", "accept?", "¿acepto?", "are you on scene", "ok?"],
)
def test_a_question_is_no_answer(said: str) -> None:
    assert parse(said) == Reply()
    assert parse(f"{said} {K}") == Reply(K)


def test_what_tells_or_requests_something_may_end_in_a_question_mark() -> None:
    assert parse("K7QM 1?") == Reply(K, digit=1)
    assert parse("K7QM on my way, ETA 15?") == Reply(K, Verb.ETA, 15)
    assert parse("accept K7QM, which door?").verb is Verb.ACCEPT
    assert parse("K7QM address?") == Reply(K, Verb.ADDRESS)
    assert parse("K7QM need relief?") == Reply(K, Verb.REPLACE)
    assert parse("K7QM need help?") == Reply(K, Verb.HELP)
    assert parse("K7QM unsafe?") == Reply(K, Verb.WITHDRAW)
    assert parse("K7QM SCENE NOTE is the gate open?").verb is Verb.ON_SCENE


def test_a_cry_for_help_is_heard_wherever_it_stands() -> None:
    for body in ("help he has a knife", "can anyone help", "K7QM scene help", "officer down"):
        assert parse(body).verb is Verb.HELP


def test_a_mistyped_code_is_still_a_code_and_not_left_out() -> None:
    assert parse("Z7QM 1").code == "27QM"  # Z for 2
    assert parse("K7QA 1").code == "K7QA"
    assert parse("KTQM 1").code == "KTQM"
    assert parse("they went home 1").code is None


@given(st.text(max_size=200))
def test_no_text_whatever_breaks_it(body: str) -> None:
    parse(body)


_verb_words = {word for phrase in VERB_OF for word in phrase}
_others = ["K7QM", "K7QM1", "1", "2", "10", "min", "not", "note", "the", "weather", "!"]
_words = st.sampled_from([*sorted(_verb_words | CARRIER_WORDS), *_others])


@given(st.lists(_words, max_size=8).map(" ".join))
def test_a_reply_says_one_thing(body: str) -> None:
    reply = parse(body)

    assert [reply.verb, reply.digit, reply.carrier_word].count(None) >= 2
    assert reply.digit in {None, 1, 2, 3, 4}
    if reply.minutes is not None:
        assert 1 <= reply.minutes <= 600
    opts_out = set(body.split()) & (CARRIER_WORDS - {"HELP", "YES"})
    firm = body.split(maxsplit=1)[:1] in (["ACCEPT"], ["DECLINE"])
    flees = bool(set(body.split()) & FLEES)  # with whatever else they tell
    if opts_out and reply.note is None and not firm and not flees:
        assert reply.verb in {None, Verb.HELP, Verb.AMBIGUOUS}


@pytest.mark.parametrize(
    "reaction",
    [
        "Liked “{}”",
        'Loved "{}"',
        "Laughed at “{}”",
        "Reacted 👍 to “{}”",
        "👍 to “{}”",
        "Le gustó “{}”",
    ],
)
def test_a_thumb_up_on_one_of_our_texts_does_nothing(reaction: str) -> None:
    for text in ("K7QM: you are on scene. If you need help: K7QM ASSIST", "Reply K7QM 1=accept"):
        assert parse(reaction.format(text)) == Reply()


def test_the_longest_text_is_read_at_once() -> None:
    started = time.perf_counter()
    for body in ("ETA 1 " * 270, "1" * 1600, "K7QM " * 320, "can " * 400, "a'" * 800):
        parse(body)

    assert time.perf_counter() - started < 1


@given(st.integers())
def test_a_new_code_is_never_a_word(seed: int) -> None:
    code = next(codes(Random(seed)))

    assert len(code) == 4
    assert set(code) <= set(ALPHABET)
    assert any(sign.isalpha() for sign in code)
    assert parse(code) == Reply(code)
    assert parse(f"{code} 1") == parse(f"1 {code.lower()}") == Reply(code, digit=1)


@given(st.integers())
def test_a_text_that_names_a_long_code_is_left_to_a_person(seed: int) -> None:
    code = long_code(Random(seed))

    assert len(code) == 6
    for text in (code, f"{code} 1", f"2 {code.lower()}", f"{code} yes"):
        assert parse(text) == Reply()


@pytest.mark.parametrize(
    ("body", "verb"),
    [
        ("K7QM STAGED", Verb.STAGED),
        ("staging K7QM", Verb.STAGED),
        ("K7QM we are staged near", Verb.STAGED),
        ("K7QM staged on scene", Verb.STAGED),
        ("K7QM staged 10 min", Verb.STAGED),
        ("K7QM waiting for police", Verb.STAGED),
        ("K7QM estamos esperando cerca", Verb.STAGED),
        ("K7QM stged", Verb.STAGED),
        ("K7QM TRANSPORT", Verb.TRANSPORT),
        ("K7QM on the way to hospital", Verb.TRANSPORT),
        ("K7QM on our way to the hospital", Verb.TRANSPORT),
        ("K7QM transporting eta 15", Verb.TRANSPORT),
        ("K7QM trasladando al hospital", Verb.TRANSPORT),
        ("K7QM trnasporting", Verb.TRANSPORT),
        ("K7QM REPLACE", Verb.REPLACE),
        ("K7QM need relief please", Verb.REPLACE),
        ("necesitamos relevo K7QM", Verb.REPLACE),
        ("K7QM relif", Verb.REPLACE),
        ("K7QM WITHDRAW", Verb.WITHDRAW),
        ("K7QM not safe", Verb.WITHDRAW),
        ("K7QM decline, not safe", Verb.WITHDRAW),
        ("K7QM 2 unsafe", Verb.WITHDRAW),
        ("K7QM nos retiramos", Verb.WITHDRAW),
        ("K7QM withdarw", Verb.WITHDRAW),
        ("withdraw K7QM he wont stop, 2 knives", Verb.WITHDRAW),
        ("K7QM unsafe, dont send anybody in", Verb.WITHDRAW),
    ],
)
def test_waiting_transporting_relief_and_leaving(body: str, verb: Verb) -> None:
    reply = parse(body)
    assert (reply.code, reply.verb) == (K, verb)


@pytest.mark.parametrize(
    "body",
    [
        "K7QM we stayed",
        "K7QM is it safe",
        "K7QM the state",
        "K7QM replaced",
        "K7QM what a relieved",
    ],
)
def test_what_only_sounds_like_them_does_nothing(body: str) -> None:
    assert parse(body).verb is None


@pytest.mark.parametrize("body", ["K7QM hlep", "HEPL K7QM", "ehlp", "please hlep us K7QM"])
def test_a_cry_for_help_with_two_letters_swapped_is_one(body: str) -> None:
    assert parse(body).verb is Verb.HELP


@pytest.mark.parametrize(
    "body",
    [
        "No backup needed",
        "no need for backup.",
        "Backup is not needed, thanks",
        "K7QM code 4, no back up needed at this time",
        "All good. No assistance required!",
        "we don't need any help",
        "we’re ok, no more help needed",
    ],
)
def test_that_no_help_is_needed_is_no_cry_where_it_is_all_that_is_said(body: str) -> None:
    assert parse(body) == Reply("K7QM" if "K7QM" in body else None, Verb.NO_HELP)


@pytest.mark.parametrize(
    "body",
    [
        "no, backup needed",
        "No. Need for backup",
        "No!\nbackup needed",
        "no - help needed",
        "no backup needed?",
        "no no backup needed",
        "no need help",
        "need help, no backup needed",
        "not ok no backup needed",
        "no backup needed he has a knife",
        "no backup needed now",
        "no help",
        "dont send backup",
        "backup",
        "no necesito ayuda",
        "K7QM 1 no backup needed",
    ],
)
def test_and_is_one_in_any_other_company_or_with_a_comma(body: str) -> None:
    assert parse(body).verb is Verb.HELP


@pytest.mark.parametrize("body", ["dont withdraw K7QM", "K7QM clear withdraw", "K7QM wont replace"])
def test_what_is_denied_or_says_two_things_is_asked_back(body: str) -> None:
    assert parse(body).verb is Verb.AMBIGUOUS


@pytest.mark.parametrize(
    "body",
    [
        "I can accept tomorrow",
        "K7QM accept later",
        "accept K7QM if police come first",
        "accept when my shift begins",
        "acepto mañana",
        "K7QM acepto si viene la policia",
        "acepto K7QM si llego a tiempo",
        "acepto mas tarde",
        "accept but only if police come",
    ],
)
def test_a_yes_for_later_or_under_a_condition_is_asked_back(body: str) -> None:
    assert parse(body).verb is Verb.AMBIGUOUS


@pytest.mark.parametrize(
    "body",
    [
        "acepto si",
        "si acepto",
        "Acepto, sí, ya voy",
        "Acepto sí, salgo ahora",
        "K7QM accept but roads are bad",
        "ACCEPT K7QM will call when close",
        "ACCEPT eta 20 after traffic",
    ],
)
def test_a_yes_without_one_stays_a_yes(body: str) -> None:
    assert parse(body).verb is Verb.ACCEPT


def test_help_goes_before_leaving_and_a_verdict_stays_one() -> None:
    assert parse("K7QM unsafe need help").verb is Verb.HELP
    assert parse("K7QM 3 unsafe").digit == 3


@pytest.mark.parametrize(
    "body", ["ok", "OK.", "Okay, thanks", "im ok", "all good", "im safe", "bien", "estoy bien"]
)
def test_all_is_well_can_be_said_in_many_ways(body: str) -> None:
    assert parse(body) == Reply(verb=Verb.SAFE)
    assert parse(f"{K} {body}") == Reply(K, Verb.SAFE)


@pytest.mark.parametrize("body", ["not ok", "K7QM im not okay", "no estoy bien"])
def test_that_all_is_not_well_is_a_cry_for_help(body: str) -> None:
    assert parse(body).verb is Verb.HELP


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ("ok accept", Reply(verb=Verb.ACCEPT)),
        ("ok 1", Reply(digit=1)),
        ("ok, on scene", Reply(verb=Verb.ON_SCENE)),
        ("ok note calm", Reply(verb=Verb.NOTE, note="calm")),
        ("ok I think so", Reply()),
        ("never ok", Reply(verb=Verb.AMBIGUOUS)),
    ],
)
def test_ok_beside_something_else_is_only_a_manner_of_speaking(body: str, meant: Reply) -> None:
    assert parse(body) == meant


@pytest.mark.parametrize("body", ["Sí", "si!", "si gracias"])
def test_a_yes_alone_is_asked_back_in_spanish_too(body: str) -> None:
    assert parse(body) == Reply(carrier_word="YES")


@pytest.mark.parametrize(
    "said",
    [
        "K7QM not safe here, shots fired",
        "K7QM scene not safe",
        "arrived, unsafe K7QM",
        "K7QM he has a knife, unsafe, dont send anybody",
        "K7QM no es seguro, tiene un arma",
    ],
)
def test_that_it_is_not_safe_is_a_cry_for_help_where_nothing_else_is_understood(said: str) -> None:
    assert parse(said) == Reply("K7QM", Verb.HELP)


@pytest.mark.parametrize(
    ("said", "verb"),
    [
        ("K7QM staged, not safe", Verb.STAGED),
        ("K7QM not unsafe", Verb.AMBIGUOUS),
        ("is the scene not safe K7QM?", None),
        ("K7QM have to leave at five today", None),
        ("K7QM it is safe now", None),
    ],
)
def test_and_no_cry_where_somebody_waits_asks_or_denies_it(said: str, verb: Verb | None) -> None:
    assert parse(said) == Reply("K7QM", verb)
