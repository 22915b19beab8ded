"""The texts we send."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.catalogue import say
from triage.domain import (
    afterwards_wording,
    alarms,
    answer_wording,
    escalation_wording,
    hand_over_wording,
    reach_wording,
    relief_wording,
    safety_wording,
    speech_wording,
    wording,
)
from triage.domain.role_words import role_name
from triage.domain.sms_replies import Reply, Verb, parse
from triage.domain.texts import gsm7, segments
from triage.domain.timing import within
from triage.domain.words import Named, Sentence, Spoken, Words, listed

K = "K7QM"
USUAL = {
    "level": "URGENT",
    "within_min": 30,
    "help_wanted": wording.help_words("co_responder"),
    "area": "Northgate",
    "partner": "officer",
    "link": "https://triage.example.gov/c/K7QM",
}


def test_a_page_says_how_urgent_what_where_with_whom_and_what_to_reply() -> None:
    assert wording.page(K, **USUAL) == (
        "URGENT, within 30 min: officer + clinician, Northgate, with officer. "
        "https://triage.example.gov/c/K7QM Reply K7QM 1=accept 2=decline"
    )


LEVELS = [("EMERGENCY", 0), ("HIGHLY URGENT", 480), ("SEMI-URGENT", 1440), ("ROUTINE", 240)]
HELP = ["co_responder", "community_responder", "youth_mobile_crisis", "sobering", "x" * 40]
AREAS = [None, "Downtown", "Saint-Jean-sur-Richelieu Nord-Est", "北区", "A" * 80]
PARTNERS = [None, "community_responder", "CIT 2", "Unit {12}~[A]|€", "P" * 60]
LINKS = [
    "http://127.0.0.1:8000/c/K7QM",
    "https://crisis-triage.dispatch.some-county.example.gov/c/K7QM",
    "https://dispatch.example.gov/departments/emergency-communications/triage/service/c/K7QM",
    "https://" + "l" * 200 + "/c/K7QM",
]


REPLY = {"en": f"Reply {K} 1=accept 2=decline", "es": f"Responda {K} 1=acepto 2=no"}


def test_a_page_is_one_text_whatever_it_has_to_say() -> None:
    for (level, minutes), response, area, partner, link in product(
        LEVELS, HELP, AREAS, PARTNERS, LINKS
    ):
        page = wording.page(
            K,
            level=level,
            within_min=minutes,
            help_wanted=wording.help_words(response),
            area=area,
            partner=partner,
            link=link,
        )

        for language, how in REPLY.items():
            text = say(page, language)
            assert segments(text) == 1
            assert text == gsm7(text)
            assert f", {gsm7(say(within(minutes), language))}" in text
            assert text.endswith(how)
            assert len(link) > 80 or f" {link} " in text


def test_area_and_partner_stand_in_every_page_of_a_usual_centre() -> None:
    for (level, minutes), response in product(LEVELS[1:3], HELP[:3]):
        page = wording.page(
            K,
            level=level,
            within_min=minutes,
            help_wanted=wording.help_words(response),
            area="Northgate",
            partner="clinician",
            link="https://triage.county.example.gov/c/K7QM",
        )
        assert ", Northgate, with clinician. " in page
        assert ", Northgate, con clinico. " in say(page, "es")


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80), st.text(max_size=30))
def test_no_fill_makes_a_page_longer(area: str, partner: str, response: str, level: str) -> None:
    fills = {"area": area, "partner": partner, "help_wanted": response, "level": level}
    page = wording.page(K, **(USUAL | fills))

    assert segments(page) == 1
    assert segments(say(page, "es")) == 1


def test_the_place_is_given_exactly_as_it_was_said_and_only_after_a_yes() -> None:
    place = "blue house behind the old mill, 2º piso “rear”"

    text = wording.accepted(
        K, place, [Sentence("CIT 2 officer"), Sentence("no case worker yet")], link=LINKS[1]
    )

    assert f"Go to: {place}." in text
    assert "With: CIT 2 officer, no case worker yet." in text


CENTRE = "Riverbend Emergency Communications"
ASK = Named(Words.of({"en": "Ask at 555-0100.", "es": "Pregunte al 555-0100."}))
DUE = datetime(2026, 11, 3, 19, tzinfo=ZoneInfo("America/New_York"))
SAID: dict[str, Spoken] = {
    "declined": wording.declined(K, escalation_wording.SOMEBODY_IS_ASKED),
    "declined by the last": wording.declined(
        K, escalation_wording.desk_is_told(by_one=True, by_text=False)
    ),
    "declined while all are asked": wording.declined(K, escalation_wording.OTHERS_ARE_ASKED),
    "declined, a relief": wording.declined(K, escalation_wording.NO_RELIEF),
    "given back": escalation_wording.charge_given_back(
        K, escalation_wording.supervisors_are_asked(by_one=False)
    ),
    "nobody_left": escalation_wording.nobody_left(
        K,
        level="VERY URGENT",
        within_min=240,
        help_wanted=wording.help_words("co_responder"),
        area="Northgate",
    ),
    "divert_agreed": escalation_wording.divert_agreed(K, [escalation_wording.your("officer")]),
    "divert_off": escalation_wording.divert_off(K, "7K4M"),
    "partner_diverted": escalation_wording.partner_diverted(K, "outreach_worker"),
    "charge_taken": escalation_wording.charge_taken(K),
    "charge_is_taken": escalation_wording.charge_is_taken(K, "County supervisors of the night"),
    "charge_reminder": escalation_wording.charge_reminder(K, 120),
    **{
        f"{said}, {to}": text
        for to in ("cad", "transfer")
        for owed in [hand_over_wording.of(to)]
        for said, text in {
            "not confirmed": owed.not_confirmed(
                K, level="VERY URGENT", within_min=240, area="Northgate"
            ),
            "desk, not confirmed": owed.tell_desk(K, "IMMEDIATE", on_shift=True),
            "desk, none on shift": owed.tell_desk(K, "IMMEDIATE", on_shift=False),
            "charge of a hand-over": owed.charge_taken(K),
            "reminder of a hand-over": owed.charge_reminder(K, 120),
        }.items()
    },
    "confirmed in CAD": hand_over_wording.confirmed(K, "M" * 40),
    "transfer goes on": hand_over_wording.transfer_goes_on(K),
    "no_charge": escalation_wording.NO_CHARGE,
    "one left of many": escalation_wording.many_left([K], 0),
    "nobody_left_at_all": escalation_wording.nobody_left_at_all(K, "IMMEDIATE", on_shift=True),
    "none on shift": escalation_wording.nobody_left_at_all(K, "IMMEDIATE", on_shift=False),
    "eta": wording.eta(K, 10),
    "en_route": wording.en_route(K),
    "on_scene": wording.on_scene(K),
    "staged": relief_wording.staged(K),
    "transporting": relief_wording.transporting(K),
    "at_two_places": relief_wording.at_two_places(K, "7K4M"),
    "relief_asked": relief_wording.relief_asked(K),
    "no_relief": relief_wording.no_relief(K),
    "stays_until_relieved": relief_wording.stays_until_relieved(K),
    "released": relief_wording.released(K, "Northgate Mobile 2"),
    "given_back": relief_wording.given_back(K, escalation_wording.SOMEBODY_IS_ASKED),
    "released_before": relief_wording.released_before(K),
    "withdrawn": relief_wording.withdrawn(K),
    "partner_withdrew": relief_wording.partner_withdrew(K, "officer", "CIT 2"),
    "partner_left": relief_wording.partner_left(K, "outreach_worker"),
    "partner_not_coming": relief_wording.partner_not_coming(K, "outreach_worker"),
    "partner_stays_away": relief_wording.partner_stays_away(K, "outreach_worker"),
    "partner_cleared": relief_wording.partner_cleared(K, "outreach_worker"),
    "cleared": wording.cleared(K),
    "cleared_and_answered": wording.cleared_and_answered(K),
    "help_raised": safety_wording.help_raised(K),
    "help_unplaced": safety_wording.help_unplaced(),
    "noted": wording.noted(K),
    "cannot_speak": speech_wording.cannot_speak(K),
    "check_in": safety_wording.check_in(K, again=False),
    "check_in once more": safety_wording.check_in(K, again=True),
    "all_is_well": safety_wording.checked_in(K, "7K4M"),
    "address": safety_wording.address_rings(K),
    "language_corrected": safety_wording.language_corrected(K),
    "place_corrected": safety_wording.place_corrected(K, "12 Mill Lane"),
    "no ring": safety_wording.address_cannot_ring(K),
    "no_pin": safety_wording.no_pin(K),
    "pin_rests": safety_wording.pin_rests("14:05 EST"),
    "verdict_thanks": wording.verdict_thanks(K),
    "partner_accepted": wording.partner_accepted(K, "outreach_worker", "Northgate Mobile 2"),
    "taken_by": wording.taken_by(K, "CIT 2"),
    **{why: wording.stand_down(K, words) for why, words in wording.WHY_NOT_NEEDED.items()},
    "teams are asked anew": wording.stand_down(K, wording.ASKED_ANEW),
    "not_open": wording.not_open(K, "handed_over"),
    "cancelled": wording.not_open(K, "cancelled"),
    "not open, whatever": wording.not_open(K, "hand_over"),
    "unknown_code": answer_wording.unknown_code(),
    "which_code": answer_wording.which_code([K, "7K4M"], Reply(digit=1)),
    "which_code of a word": answer_wording.which_code([K, "7K4M"], Reply(verb=Verb.TRANSPORT)),
    "no_question": answer_wording.no_question(),
    "need_code": answer_wording.need_code(K),
    "yes": answer_wording.yes_is_not_an_answer(K),
    "not_accepted": answer_wording.not_accepted(K),
    "how_many_minutes": answer_wording.how_many_minutes(K),
    "empty_note": answer_wording.empty_note(K),
    "not_understood": answer_wording.not_understood(K),
    "not_understood at all": answer_wording.not_understood(),
    "not_understood in hand": answer_wording.not_understood(in_hand=K),
    "help_once_more": answer_wording.help_once_more("+12025550199"),
    "help_once_more, no phone": answer_wording.help_once_more(None),
    "needs_help": safety_wording.needs_help(K, "Northgate Mobile 2 (clinician)"),
    "left_to_a_person": answer_wording.left_to_a_person(),
    "could_not_be_done": answer_wording.could_not_be_done(),
    "not yours": wording.not_open(K, "unfilled"),
    "yours_already": answer_wording.yours_already(K),
    "ambiguous": answer_wording.ambiguous(K),
    "unknown_number": answer_wording.unknown_number(CENTRE),
    "opted_in": answer_wording.opted_in(),
    "half_pair": wording.half_pair(K, "case_worker"),
    "follow_up_due": afterwards_wording.follow_up_due("261103-7QK2M9", "welfare_check", DUE),
    "another follow_up_due": afterwards_wording.follow_up_due("261103-7QK2M9", "hiv_check", DUE),
    "another referral": afterwards_wording.partner_notice("261103-7QK2M9", "HIV", CENTRE, ASK),
    "partner_notice": afterwards_wording.partner_notice("261103-7QK2M9", "case_work", CENTRE, ASK),
    "a referral": afterwards_wording.partner_notice("261103-7QK2M9", "referral", CENTRE, ASK),
    "a referral again": afterwards_wording.partner_notice(
        "261103-7QK2M9", "referral", CENTRE, ASK, again=True
    ),
    "referral_taken": afterwards_wording.referral_taken("261103-7QK2M9", ASK),
    "referral_refused": afterwards_wording.referral_refused("261103-7QK2M9"),
    "which_referral": afterwards_wording.which_referral("261103-7QK2M9"),
    "verify": reach_wording.verify(CENTRE, "KQMRTW"),
    "verified": reach_wording.verified(CENTRE),
    "trial": reach_wording.trial(CENTRE),
    "test": reach_wording.test(CENTRE),
    "confirm_shift": reach_wording.confirm_shift(DUE, DUE + timedelta(days=1)),
    "confirmed": reach_wording.confirmed(K),
    "nothing_asked": reach_wording.nothing_asked(),
    "reply_ready": reach_wording.reply_ready(),
}
LONG: dict[str, Spoken] = {
    "divert": escalation_wording.divert(
        K, level="VERY URGENT", area="Northgate", instead_of="7K4M", link=LINKS[2]
    ),
    "accepted": wording.accepted(
        K,
        "1200 Saint Augustine Boulevard, Apt 4",
        [listed(" ", ["officer", "CIT 2"])],
        link=LINKS[2],
        unsafe=True,
        quiet=True,
    ),
    "assigned": wording.assigned(
        K,
        None,
        [listed(" ", ["officer", "CIT 2"])],
        link=LINKS[2],
        instead_of="7K4M",
        unsafe=True,
        quiet=True,
    ),
    "accepted, dangers": wording.accepted(
        K,
        "1200 Saint Augustine Boulevard",
        [listed(" ", ["officer", "CIT 2"])],
        link=LINKS[1],
        dangers=True,
    ),
    "many_left": escalation_wording.many_left(["K7QM"] * 6, 10),
    "many_left, unsafe": escalation_wording.many_left(["K7QM"] * 6, 10, ["K7QM"] * 2),
    "nobody_left, unsafe": escalation_wording.nobody_left(
        K,
        level="VERY URGENT",
        within_min=240,
        help_wanted=wording.help_words("co_responder"),
        area="Northgate",
        unsafe=True,
    ),
    "divert, unsafe": escalation_wording.divert(
        K, level="VERY URGENT", area="Northgate", instead_of="7K4M", link=LINKS[2], unsafe=True
    ),
    "nobody_left_at_all, unsafe": escalation_wording.nobody_left_at_all(
        K, "IMMEDIATE", on_shift=True, unsafe=True
    ),
    "unconfirmed": reach_wording.unconfirmed(
        [listed(" ", ["Northgate Mobile 2", role_name("clinician")])] * 6, DUE
    ),
    "alarm": alarms.texted(CENTRE, alarms.AlarmKind.DURESS, "CIT 2", "clinician", K),
    "last answer": answer_wording.last_answer(answer_wording.not_understood(K)),
    "desk reads": answer_wording.desk_reads(answer_wording.not_understood(in_hand=K)),
    "desk reads, last": answer_wording.last_answer(
        answer_wording.desk_reads(answer_wording.not_understood("4TCN", K))
    ),
    "page or test": reach_wording.or_ready(wording.taken_by(K, "CIT 2")),
}
"""With how many texts they may be in either language: see `MOST`."""
MOST = {"accepted": 3, "assigned": 3, "unconfirmed": 2, "alarm": 2, "many_left": 2}
SPANISH = {which: say(text, "es") for which, text in (SAID | LONG).items()}
BOTH = [(which, language) for which in SAID for language in ("en", "es")]


@pytest.mark.parametrize(("which", "language"), BOTH)
def test_every_text_is_short_plain_and_free_of_health(which: str, language: str) -> None:
    """GSM-7 has é, ñ, ü, ¿ and ¡, but not á, í, ó and ú: in a text these stand without accent."""
    text = say(SAID[which], language)

    assert segments(text) == 1
    assert text == gsm7(text)
    for word in ("crisis", "mental", "suicid", "psych", "psiq", "psico", "drug", "droga", "hiv"):
        assert word not in text.lower()
    for word in ("weapon", " arma ", "patient", "paciente", "enferm"):
        assert word not in text.lower()


@pytest.mark.parametrize("which", LONG)
def test_long_texts_are_no_longer_in_spanish(which: str) -> None:
    most = MOST.get(which, 2)

    assert segments(LONG[which]) <= most
    assert segments(SPANISH[which]) <= most
    assert SPANISH[which] == gsm7(SPANISH[which])


def test_accents_go_where_they_would_make_two_texts_of_one_and_voices_keep_them() -> None:
    assert SPANISH["declined"] == "K7QM rechazada. Se pide a otra persona."
    assert "queda guardada" not in SPANISH["verdict_thanks"]
    assert SPANISH["noted"] == "K7QM: su nota quedo guardada. La ven el despacho y el equipo."
    assert "código" in say(escalation_wording.rung("X", K, "URGENT", "", charge=False), "es")
    assert (
        say(wording.accepted(K, "Peñón 3, 2º ático", [], link=LINKS[0]), "es").count(
            "Peñón 3, 2º ático"
        )
        == 1
    )


def test_nothing_is_left_in_english() -> None:
    for which, text in (SAID | LONG).items():
        assert SPANISH[which] != text, which


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(30, "30 min"), (90, "90 min"), (150, "2 h 30 min"), (240, "4 h"), (10080, "7 days")],
)
def test_texts_and_screens_say_how_soon_in_the_same_words(minutes: int, said: str) -> None:
    assert within(minutes) == f"within {said}"


def test_what_a_phone_may_say_is_told_of_the_call_for_which_it_is_true() -> None:
    both = answer_wording.not_understood("4TCN", K)

    assert "4TCN 1=accept 2=decline" in both
    assert f"{K} with GO, ETA 10" in both
    assert segments(both) <= 2
    assert "accept" not in answer_wording.not_understood(in_hand=K)
    for word in ("ADDR", "STAGED", "TRANSPORT", "OK"):
        assert f" {word}," in answer_wording.not_understood(K)
        assert parse(f"{K} {word}").verb


def test_late_answers_are_told_who_has_it() -> None:
    assert SAID["taken_by"] == "K7QM: Taken by CIT 2, stand down."


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("K7QM GO", Reply(K, Verb.EN_ROUTE)),
        ("K7QM ETA 10", Reply(K, Verb.ETA, 10)),
        ("K7QM SCENE", Reply(K, Verb.ON_SCENE)),
        ("K7QM CLEAR", Reply(K, Verb.CLEAR)),
        ("K7QM ASSIST", Reply(K, Verb.HELP)),
    ],
)
def test_what_we_ask_people_to_type_is_understood(typed: str, meant: Reply) -> None:
    assert typed in wording.accepted(K, "Pier 3", [], link=LINKS[0])
    assert parse(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant", "which"),
    [
        ("K7QM ETA 10", Reply(K, Verb.ETA, 10), "accepted"),
        ("K7QM VOY", Reply(K, Verb.EN_ROUTE), "accepted"),
        ("K7QM LLEGUE", Reply(K, Verb.ON_SCENE), "accepted"),
        ("K7QM LIBRE", Reply(K, Verb.CLEAR), "accepted"),
        ("K7QM AYUDA", Reply(K, Verb.HELP), "accepted"),
        ("K7QM RETIRADA", Reply(K, Verb.WITHDRAW), "on_scene"),
        ("K7QM BIEN", Reply(K, Verb.SAFE), "yours_already"),
        ("K7QM NOTA", Reply(K, Verb.NOTE, note="..."), "empty_note"),
    ],
)
def test_so_is_what_they_are_asked_to_type_in_spanish(typed: str, meant: Reply, which: str) -> None:
    assert typed in SPANISH[which]
    assert parse(f"{typed} ..." if meant.note else typed).verb == meant.verb


def test_every_word_of_the_list_is_one_that_is_read_in_both_languages() -> None:
    for text in (SAID["not_understood in hand"], SPANISH["not_understood in hand"]):
        words = text.split(f"{K} ")[-1].split(" ", 1)[1].split(", ")
        verbs = [parse(f"{K} {word}").verb for word in words]
        assert None not in verbs
        assert len(set(verbs)) == 12


@pytest.mark.parametrize(("which", "language"), BOTH)
def test_our_own_texts_sent_back_by_a_machine_do_nothing(which: str, language: str) -> None:
    echoed = parse(say(SAID[which], language))

    assert echoed.verb in {None, Verb.AMBIGUOUS, Verb.HELP}
    assert echoed.digit is None
    if echoed.verb is Verb.HELP:
        assert parse(SAID[which]).verb is Verb.HELP, "no alarm in one language alone"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        # As Twilio's own sms-segments-calculator counts.
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("Ж" * 70, 1),
        ("Ж" * 71, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 152 + "€" + "b" * 152, 3),  # an escape is not split between two texts
    ],
)
def test_segments_are_counted_as_carriers_do(text: str, parts: int) -> None:
    assert segments(text) == parts


def test_one_curly_quote_does_not_halve_a_text() -> None:
    assert gsm7("it’s “here” – Café Olé\u00a0ÿ 北\n") == 'it\'s "here" - Café Olé y ?'
