"""The texts we send."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain import escalation_wording, safety_wording, wording
from triage.domain.sms_replies import Reply, Verb, parse
from triage.domain.timing import within

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


def test_a_page_is_one_text_whatever_it_has_to_say() -> None:
    for (level, minutes), response, area, partner, link in product(
        LEVELS, HELP, AREAS, PARTNERS, LINKS
    ):
        text = wording.page(
            K,
            level=level,
            within_min=minutes,
            help_wanted=wording.help_words(response),
            area=area,
            partner=partner,
            link=link,
        )

        assert wording.segments(text) == 1
        assert text == wording.gsm7(text)
        assert f", {within(minutes)}" in text
        assert text.endswith(f"Reply {K} 1=accept 2=decline")
        assert len(link) > 80 or f" {link} " in text


def test_area_and_partner_stand_in_every_page_of_a_usual_centre() -> None:
    for (level, minutes), response in product(LEVELS[1:3], HELP[:3]):
        text = wording.page(
            K,
            level=level,
            within_min=minutes,
            help_wanted=wording.help_words(response),
            area="Northgate",
            partner="clinician",
            link="https://triage.county.example.gov/c/K7QM",
        )
        assert ", Northgate, with clinician. " in text


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80), st.text(max_size=30))
def test_no_fill_makes_a_page_longer(area: str, partner: str, response: str, level: str) -> None:
    fills = {"area": area, "partner": partner, "help_wanted": response, "level": level}

    assert wording.segments(wording.page(K, **(USUAL | fills))) == 1


def test_the_place_is_given_exactly_as_it_was_said_and_only_after_a_yes() -> None:
    place = "blue house behind the old mill, 2º piso “rear”"

    text = wording.accepted(K, place, ["CIT 2 officer", "no case_worker yet"])

    assert f"Go to: {place}." in text
    assert "With: CIT 2 officer, no case worker yet." in text


SAID = {
    "declined": wording.declined(K, escalation_wording.SOMEBODY_IS_ASKED),
    "declined by the last": wording.declined(
        K, escalation_wording.desk_is_told(by_one=True, by_text=False)
    ),
    "declined while all are asked": wording.declined(K, escalation_wording.OTHERS_ARE_ASKED),
    "declined, a relief": wording.declined(K, escalation_wording.NO_RELIEF),
    "given back": escalation_wording.charge_given_back(
        K, escalation_wording.supervisors_are_asked(by_one=False)
    ),
    "charge_is_taken": escalation_wording.charge_is_taken(K, "County supervisors of the night"),
    "charge_reminder": escalation_wording.charge_reminder(K, 120),
    "nobody_left_at_all": escalation_wording.nobody_left_at_all(K, "IMMEDIATE", on_shift=True),
    "eta": wording.eta(K, 10),
    "en_route": wording.en_route(K),
    "on_scene": wording.on_scene(K),
    "cleared": wording.cleared(K),
    "help_raised": wording.help_raised(K),
    "noted": wording.noted(K),
    "check_in": safety_wording.check_in(K, again=False),
    "check_in once more": safety_wording.check_in(K, again=True),
    "all_is_well": safety_wording.checked_in(K, "7K4M"),
    "address": safety_wording.address_rings(K),
    "no_pin": safety_wording.no_pin(K),
    "pin_rests": safety_wording.pin_rests("14:05 EST"),
    "verdict_thanks": wording.verdict_thanks(K),
    "taken_by": wording.taken_by(K, "CIT 2"),
    "stand_down": wording.stand_down(K, "caller cancelled"),
    "not_open": wording.not_open(K, "handed_over"),
    "unknown_code": wording.unknown_code(),
    "which_code": wording.which_code([K, "7K4M"]),
    "need_code": wording.need_code(K),
    "yes": wording.yes_is_not_an_answer(K),
    "not_understood": wording.not_understood(K),
    "not_understood at all": wording.not_understood(),
    "not_understood in hand": wording.not_understood(in_hand=K),
    "not yours": wording.not_open(K, "unfilled"),
    "yours_already": wording.yours_already(K),
    "ambiguous": wording.ambiguous(K),
    "unknown_number": wording.unknown_number("Riverbend Emergency Communications"),
    "opted_in": wording.opted_in(),
    "half_pair": wording.half_pair(K, "case_worker"),
    "follow_up_due": wording.follow_up_due("261103-7QK2M9", "welfare_check", "Nov 03 14:00 EST"),
    "partner_notice": wording.partner_notice(
        "261103-7QK2M9", "case_work", "Riverbend Emergency Communications", "Ask at 555-0100."
    ),
}


@pytest.mark.parametrize("which", SAID)
def test_every_text_is_short_plain_and_free_of_health(which: str) -> None:
    text = SAID[which]

    assert wording.segments(text) == 1
    assert text == wording.gsm7(text)
    for word in ("crisis", "mental", "suicid", "psych", "drug", "weapon", "patient"):
        assert word not in text.lower()


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(30, "30 min"), (90, "90 min"), (150, "2 h 30 min"), (240, "4 h"), (10080, "7 days")],
)
def test_texts_and_screens_say_how_soon_in_the_same_words(minutes: int, said: str) -> None:
    assert within(minutes) == f"within {said}"


def test_what_a_phone_may_say_is_told_of_the_call_for_which_it_is_true() -> None:
    both = wording.not_understood("4TCN", K)

    assert "4TCN 1=accept 2=decline" in both
    assert f"{K} with ETA 10" in both
    assert wording.segments(both) <= 2
    assert "accept" not in wording.not_understood(in_hand=K)
    for word in ("ADDR", "STAGED", "TRANSPORT", "OK"):
        assert f" {word}," in wording.not_understood(K)
        assert parse(f"{K} {word}").verb


def test_late_answers_are_told_who_has_it() -> None:
    assert SAID["taken_by"] == "K7QM: Taken by CIT 2, stand down."


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("K7QM ETA 10", Reply(K, Verb.ETA, 10)),
        ("K7QM SCENE", Reply(K, Verb.ON_SCENE)),
        ("K7QM CLEAR", Reply(K, Verb.CLEAR)),
        ("K7QM ASSIST", Reply(K, Verb.HELP)),
    ],
)
def test_what_we_ask_people_to_type_is_understood(typed: str, meant: Reply) -> None:
    assert typed in wording.accepted(K, "Pier 3", [])
    assert parse(typed) == meant


@pytest.mark.parametrize("which", SAID)
def test_our_own_texts_sent_back_by_a_machine_do_nothing(which: str) -> None:
    echoed = parse(SAID[which])

    assert echoed.verb in {None, Verb.AMBIGUOUS, Verb.HELP}
    assert echoed.digit is None


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
    assert wording.segments(text) == parts


def test_one_curly_quote_does_not_halve_a_text() -> None:
    assert wording.gsm7("it’s “here” – Café Olé\u00a0ÿ 北\n") == 'it\'s "here" - Café Olé y ?'
