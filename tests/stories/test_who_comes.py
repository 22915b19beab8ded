""" "Who is coming?": a script to read to the caller, and whether it was said."""

import re
from html import unescape

import pytest

from tests.stories.test_board import also_sent
from tests.stories.test_call_page import ARMED, act, dispatcher, look, words
from tests.stories.test_calls import CALM
from tests.stories.test_cancellations import own_screen
from tests.stories.test_plain_words import ARMED_PAIR
from tests.world import Browser, World
from triage.services import escalation_policies
from triage.storage.calls import Call

__all__ = ["dispatcher"]


def script(page: str, language: str = "en") -> list[str]:
    """What is read to the caller, sentence by sentence."""
    return re.split(r"(?<=[.!?]) ", " ".join(lines(page, language)))


def lines(page: str, language: str = "en") -> list[str]:
    """The same, line by line."""
    (found,) = re.findall(rf'<ul class="script" lang="{language}">(.*?)</ul>', page, re.DOTALL)
    return [unescape(one) for one in re.findall(r"<li>(.*?)</li>", found)]


CHANGED = "Tell the caller again: who comes has changed"
NOBODY_YET = "; nobody has confirmed yet."
TELL = "We tell you as soon as we know."


def in_cad(dispatcher: Browser, call: Call, number: str) -> None:
    form = {"unit": f"Unit {number}", "cad_number": number}
    assert "is handed over to" in act(dispatcher, call, "/handed-over", form)


def promises(said: list[str]) -> list[str]:
    """What sounds as if somebody were under way, in either language."""
    signs = ("will come", "should be there", "should have been", "Irá", "Deberían")
    return [one for one in said if any(sign in one for sign in signs)]


def tell(dispatcher: Browser, call: Call) -> None:
    """Somebody has told the caller what stands there."""
    told = act(dispatcher, call, "/told", {"answer": "told"})
    assert "The caller was told who comes." in told
    assert not is_changed(dispatcher)


def is_changed(dispatcher: Browser) -> bool:
    return CHANGED in words(dispatcher.get("/board").text)


def test_the_script_says_who_is_asked_and_what_to_do_and_promises_nobody(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, caller_phone="202-555-0143")
    assert phone.expect("PROMPT")
    page = words(look(dispatcher, call))
    assert f"We have asked for a crisis clinician{NOBODY_YET}" in page
    assert "No police are on the way." in page
    assert "They wear: everyday clothes with a badge, and carry no weapons." in page
    assert not promises(script(look(dispatcher, call)))
    assert not promises(script(look(dispatcher, call), "es"))
    assert TELL in page
    assert "Hemos pedido que vaya un profesional clínico de crisis; nadie" in page
    assert "No va policía." in page
    assert "we call you back" in page
    assert "come because" not in page
    assert "Not told yet" in page

    assert "Choose why they were not told." in act(dispatcher, call, "/told", {"answer": "no"})
    told = act(dispatcher, call, "/told", {"answer": "no", "reason": "rang_off"})
    assert "The caller was NOT told: They hung up." in told


def test_the_caller_is_to_be_told_again_when_who_comes_or_when_has_changed(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, caller_phone="202-555-0143")
    assert phone.expect("PROMPT")
    tell(dispatcher, call)

    phone.text("1")
    phone.expect("accepted")
    assert is_changed(dispatcher)  # now somebody comes
    page = words(look(dispatcher, call))
    assert "A crisis clinician will come to you." in page
    assert "Irá a verle: Un profesional clínico de crisis." in page
    assert "They come as soon as they can; we do not know the minute yet." in page
    assert TELL not in page
    tell(dispatcher, call)
    phone.text("ETA 30")
    phone.expect("30")
    assert "They should be there at about" in words(look(dispatcher, call))
    assert is_changed(dispatcher)  # no minute was known, now one is
    tell(dispatcher, call)
    phone.text("ETA 38")
    phone.expect("38")
    assert not is_changed(dispatcher)
    phone.text("ETA 55")
    phone.expect("55")
    assert is_changed(dispatcher)
    assert "It has changed: tell the caller again" in words(look(dispatcher, call))
    tell(dispatcher, call)


def test_the_caller_is_to_be_told_when_nobody_comes_any_more(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, caller_phone="202-555-0143")
    phone.text(f"{call.code} 1")
    tell(dispatcher, call)
    phone.text("2")  # gives it back
    phone.ignores("what it is answered is another story")
    world.desk.ignores("escalation's own story")
    world.settle()
    assert is_changed(dispatcher)
    page = words(look(dispatcher, call))
    assert "Nobody is on the way at this moment." in page
    assert "En este momento nadie va de camino." in page


def test_what_waits_for_cad_is_asked_for_and_comes_when_it_is_confirmed(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(ARMED, caller_phone="202-555-0143")
    world.wait(minutes=31)  # later than the level asks for
    said = script(look(dispatcher, call))
    assert f"We have asked for an officer trained for crises{NOBODY_YET}" in said
    assert {"They wear: police uniform.", "Officers carry weapons."} <= set(said)
    assert TELL in said
    assert not promises(said)
    assert not promises(script(look(dispatcher, call), "es"))
    act(dispatcher, call, "/told", {"answer": "told"})
    world.wait(minutes=31)
    assert CHANGED not in words(dispatcher.get("/board").text)  # nobody confirmed: as was told

    in_cad(dispatcher, call, "26-1")

    assert "An officer trained for crises will come to you." in script(look(dispatcher, call))
    assert CHANGED in words(dispatcher.get("/board").text)


def test_who_cannot_be_rung_back_is_not_promised_to_be_told(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(ARMED, caller_phone="202-555-0143")
    act(dispatcher, call, "/speaks-freely", {"freely": "no"})
    said = script(look(dispatcher, call))
    assert f"We have asked for an officer trained for crises{NOBODY_YET}" in said
    assert TELL not in said
    said = script(look(dispatcher, world.call(ARMED, caller_phone="ask the bar")))
    assert TELL not in said


def test_nobody_without_a_number_is_promised_a_call_back(world: World, dispatcher: Browser) -> None:
    world.team("Mobile 9")
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM, caller_phone="ask the bar")
    first = "Ask first for a number on which they can be called back"
    page = look(dispatcher, call)
    assert first in page
    assert "We have no number on which we can call you back" in " ".join(script(page))
    assert "we call you back" not in page
    assert "No tenemos ningún número para llamarle" in " ".join(script(page, "es"))

    page = act(dispatcher, call, "/number", {"phone": "202 555 0143", "version": 1})
    assert first not in page
    assert "we call you back" in page


def test_beside_police_nobody_is_said_to_come_without_them(
    world: World, dispatcher: Browser
) -> None:
    world.team("Mobile 9")
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM)
    also_sent(world, call, "police_cit")

    said = " ".join(script(look(dispatcher, call)))

    assert f"We have asked for a crisis clinician{NOBODY_YET}" in said
    assert f"We have asked for an officer trained for crises{NOBODY_YET}" in said
    assert "No police" not in said


def test_where_police_come_the_script_says_why(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(ARMED)
    page = words(look(dispatcher, call))
    assert "They wear: police uniform. Officers carry weapons." in page
    assert "Police are asked to come because: " in page
    assert "hold nothing in your hands and tell them that you called" in page


def test_to_the_person_themselves_no_rule_is_read_out(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call({**ARMED, "caller_role": "subject_self"})
    said = script(look(dispatcher, call))
    assert "Police are asked to come so that you and everybody near you stay safe." in said
    assert "A weapon is in somebody's hand" not in " ".join(said)
    page = look(dispatcher, call)
    assert "Se pide policía para que usted" in " ".join(script(page, "es"))


def test_nobody_is_said_to_come_to_a_neighbor_nor_their_hands_to_matter(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    armed = {one: said for one, said in ARMED.items() if one != "caller_proximity"}
    for number, (more, comes, hands) in enumerate(
        (
            ({"caller_role": "neighbour"}, "will come.", None),
            ({"caller_proximity": "remote"}, "will come.", None),
            ({}, "will come.", "hold nothing in your hands and tell them that you called"),
            (
                {"caller_proximity": "with_person"},
                "will come to you.",
                "hold nothing in your hands and tell them that you called",
            ),
            (
                {"caller_role": "subject_self"},
                "will come to you.",
                "Please hold nothing in your hands",
            ),
        )
    ):
        call = world.call({**armed, **more})
        in_cad(dispatcher, call, f"26-{number}")
        said = script(look(dispatcher, call))
        assert said[0].endswith(comes), more
        about_hands = [one for one in said if "hands" in one]
        assert hands in about_hands[0] if hands else not about_hands, more
        spanish = script(look(dispatcher, call), "es")
        assert spanish[0].startswith("Irá a verle:") is ("to you" in comes)


def test_the_script_is_one_thing_where_somebody_comes_and_somebody_stays_on_the_line(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call({**ARMED, "suicidal_ideation": "active"}, caller_phone="202-555-0143")
    said = script(look(dispatcher, call))
    assert f"We have asked for an officer trained for crises{NOBODY_YET}" in said
    ringing = "We ring for somebody to speak with you: A crisis counselor on the telephone."
    assert {ringing, "Nobody has answered yet."} < set(said)
    assert "Nobody comes to the door." not in said
    (why,) = [one for one in said if one.startswith("Police are asked to come because: ")]
    assert "A weapon is in somebody's hand" in why
    assert "counselor" not in why
    assert "ambulance" not in why
    assert said[-1].startswith("If nobody has come by ")
    act(dispatcher, call, "/transfer", {"step": "counselor"})
    said = script(look(dispatcher, call))
    assert "A crisis counselor on the telephone will speak with you as well while you wait." in said
    said = script(look(dispatcher, call), "es")
    assert "Mientras espera hablará también con usted: Un consejero de crisis por teléfono." in said


def test_of_police_for_want_of_another_team_and_by_choice_no_other_reason_is_given(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM)  # no crisis team is on shift
    told = script(look(dispatcher, call))
    assert "Police are asked to come because no other team can come now." in told
    world.team("Mobile 9")
    call = world.call(CALM)
    choice = {"override_response": "police", "override_reason": "known_history"}
    act(dispatcher, call, "/override", choice)
    told = script(look(dispatcher, call))
    assert {"They wear: police uniform.", "Officers carry weapons."} <= set(told)
    assert "come because" not in " ".join(told)


def test_where_somebody_only_speaks_with_them_nobody_is_promised_at_the_door(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(
        {**CALM, "suicidal_ideation": "passive", "suicide_intent": "no"},
        caller_phone="202-555-0143",
    )
    told = script(look(dispatcher, call))
    ringing = "We ring for somebody to speak with you: A crisis counselor on the telephone."
    assert told[:3] == [ringing, "Nobody has answered yet.", "Nobody comes to the door."]
    assert told[-1].startswith("If nobody has spoken with you by ")
    for step in ("ringing", "counselor"):
        act(dispatcher, call, "/transfer", {"step": step})
    told = script(look(dispatcher, call))
    assert told[0] == "A crisis counselor on the telephone will speak with you."
    assert told[1] == "Nobody comes to the door."
    assert "call you back" not in " ".join(told)


def test_where_everybody_is_there_nobody_is_promised_a_call_back(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, caller_phone="202-555-0143")
    for text in (f"{call.code} 1", f"{call.code} SCENE"):
        phone.text(text)
    phone.ignores("what it reads is another story")
    said = script(look(dispatcher, call))
    assert "They are there now." in said
    assert "call you back" not in " ".join(said)
    assert "le llamamos" not in " ".join(script(look(dispatcher, call), "es"))


def test_where_one_is_there_only_the_others_may_be_missed(
    world: World, dispatcher: Browser
) -> None:
    call = world.call(ARMED, caller_phone="202-555-0143")
    in_cad(dispatcher, call, "7")
    assert script(look(dispatcher, call))[-1].startswith("If nobody has come by ")

    act(dispatcher, call, "/progress", {"to": "on_scene"})

    said = script(look(dispatcher, call))
    assert "They are there now." in said
    assert said[-1].startswith("If the others have not come by ")
    assert script(look(dispatcher, call), "es")[-1].startswith("Si los demás no han llegado")


def test_while_answers_are_asked_for_nobody_is_said_to_have_been_looked_for(
    world: World, dispatcher: Browser
) -> None:
    call = world.call({}, narrative="something is wrong next door", caller_phone="202-555-0143")

    page = look(dispatcher, call)
    decides = "As soon as the answers decide, whoever is recommended is paged at once."
    assert decides in words(page)
    said = script(page)
    assert said[:2] == [
        "Nobody is on the way at this moment.",
        "We need a few more answers from you to know who can help.",
    ]
    assert "looking" not in " ".join(said)
    assert "buscando" not in " ".join(script(look(dispatcher, call), "es"))

    world.wait(minutes=5)
    world.ignores_texts("who is asked then is another story")
    assert "a few more answers" not in " ".join(script(look(dispatcher, call)))


def test_a_time_that_is_over_is_not_promised_again_and_has_to_be_told(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, caller_phone="202-555-0143")
    phone.text(f"{call.code} 1")
    phone.text("ETA 30")
    act(dispatcher, call, "/told", {"answer": "told"})
    phone.ignores("what it reads is another story")
    world.desk.ignores("escalation's own story")
    assert CHANGED not in words(dispatcher.get("/board").text)

    world.wait(minutes=31)

    said = script(look(dispatcher, call))
    assert any(one.startswith("They should have been there by ") for one in said)
    assert "We cannot say yet when they come." in said  # nobody is set to find it out
    assert not any(one.startswith("They should be there") for one in said)
    assert "Deberían haber llegado" in " ".join(script(look(dispatcher, call), "es"))
    assert CHANGED in words(dispatcher.get("/board").text)
    act(dispatcher, call, "/told", {"answer": "told"})
    assert CHANGED not in words(dispatcher.get("/board").text)
    phone.text("SCENE")
    assert "They are there now." in script(look(dispatcher, call))
    assert CHANGED not in words(dispatcher.get("/board").text)


def test_of_half_a_team_the_caller_is_not_told_that_all_of_it_comes(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call(ARMED_PAIR, caller_phone="202-555-0143")
    act(dispatcher, call, "/told", {"answer": "told"})

    officer.text(f"{call.code} 1")
    clinician.text(f"{call.code} 2")

    for phone in (officer, clinician, world.desk):
        phone.ignores("what they read is another story")
    world.settle()
    said = script(look(dispatcher, call))
    assert "So far only some of this team are on the way; we look for the others." in said
    assert "Por ahora solo va una parte" in " ".join(script(look(dispatcher, call), "es"))
    assert CHANGED in words(dispatcher.get("/board").text)


def test_where_half_a_team_is_there_the_caller_is_not_told_that_all_of_it_is(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call(ARMED_PAIR, caller_phone="202-555-0143")
    for phone in (clinician, officer):
        phone.ignores("what they read is another story")
    world.settle()

    clinician.text(f"{call.code} 1")
    clinician.text(f"{call.code} SCENE")
    said = script(look(dispatcher, call))
    assert "Some of them are there now; we look for the others." in said
    assert not any(one.startswith("They should be there") for one in said)
    assert "They are there now." not in said
    assert "Algunos ya están ahí" in " ".join(script(look(dispatcher, call), "es"))

    officer.text(f"{call.code} ETA 10")  # on the way: still not there
    said = script(look(dispatcher, call))
    assert "Some of them are there now, the others are not there yet." in said
    assert any(one.startswith("They should be there at about ") for one in said)

    officer.text(f"{call.code} SCENE")
    assert "They are there now." in script(look(dispatcher, call))


@pytest.mark.parametrize(
    ("done", "comes", "va", "armed"),
    [
        ("clinician", "An officer", "Un agente.", "They carry weapons."),
        ("officer", "A clinician", "Un profesional clínico.", "They carry no weapons."),
    ],
)
def test_of_a_team_of_which_one_has_cleared_only_the_other_is_said_to_come(
    world: World, dispatcher: Browser, done: str, comes: str, va: str, armed: str
) -> None:
    pair = dict(zip(("clinician", "officer"), world.pair("CIT 1"), strict=True))
    world.ignores_texts("what they read is another story")
    call = world.call(ARMED_PAIR, caller_phone="202-555-0143")
    for phone in pair.values():
        phone.text(f"{call.code} 1")
    assert "An officer and a clinician" in " ".join(script(look(dispatcher, call)))
    act(dispatcher, call, "/told", {"answer": "told"})
    pair[done].text(f"{call.code} scene")
    pair[done].text(f"{call.code} clear")

    page = look(dispatcher, call)
    said = script(page)
    assert said[0].startswith(f"{comes} will come")
    assert va in script(page, "es")[0]
    assert armed in said
    assert "It has changed: tell the caller again" in words(page)
    assert CHANGED in words(dispatcher.get("/board").text)
    act(dispatcher, call, "/told", {"answer": "told"})
    assert CHANGED not in words(dispatcher.get("/board").text)


def test_who_cannot_speak_freely_is_asked_for_yes_or_no_and_the_team_knows(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, caller_phone="202-555-0143")
    assert phone.expect("PROMPT")
    told = act(dispatcher, call, "/speaks-freely", {"freely": "no"})
    assert "The caller cannot speak freely" in told
    assert "For yes or no: Is there a weapon? ¿Hay un arma?" in told
    assert "We will not ring you back" in told
    assert "We will" in told
    phone.text("1")
    assert "Caller cannot speak freely: do not ring back." in phone.expect("accepted")
    clinician = own_screen(world, phone)
    assert "The caller cannot speak freely: do not ring back." in words(look(clinician, call))

    act(dispatcher, call, "/line-lost", {})
    tried = {"turn": "0", "outcome": "no_answer"}
    assert "confirm it" in act(dispatcher, call, "/rung-back", tried)
    act(dispatcher, call, "/speaks-freely", {"freely": "yes"})
    assert "Call-back: no answer." in act(dispatcher, call, "/rung-back", tried)


def test_a_team_that_has_it_already_is_told(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    assert phone.expect("PROMPT")
    phone.text("1")
    phone.expect("accepted")
    act(dispatcher, call, "/speaks-freely", {"freely": "no"})
    text = phone.expect("Caller cannot speak freely: do not ring back.")
    assert len(text) <= 160


def back_at(said: list[str]) -> str:
    (found,) = [one for one in said if "we call you back" in one]
    return found


def test_a_call_back_that_was_promised_stays_what_was_told_and_is_a_task(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM, caller_phone="202-555-0143")
    phone.text(f"{call.code} 1")
    act(dispatcher, call, "/told", {"answer": "told"})
    promised = back_at(script(look(dispatcher, call)))
    assert "A call-back is promised" in words(look(dispatcher, call))

    world.wait(minutes=4)

    assert back_at(script(look(dispatcher, call))) == promised
    act(dispatcher, call, "/told", {"answer": "told"})
    assert back_at(script(look(dispatcher, call))) == promised
    world.wait(minutes=60)
    world.settle()
    due = "CALL BACK NOW: it was promised, and not all are there"
    assert due in words(dispatcher.get("/board").text)
    assert due in words(look(dispatcher, call))

    asked = act(dispatcher, call, "/promised-back", {"turn": "0"})
    assert "Choose what the call-back came to." in asked
    assert due in words(look(dispatcher, call)), "nothing is taken for a call that was made"
    turn = {"turn": "0", "outcome": "not_reached"}
    assert "The next try is timed." in act(dispatcher, call, "/promised-back", turn)
    assert due not in words(look(dispatcher, call))
    rung = {"turn": "1", "outcome": "rung"}
    told = act(dispatcher, call, "/promised-back", rung)
    assert "Promised call-back: the caller was called back." in told
    assert "A call-back is promised" not in words(look(dispatcher, call))
    assert back_at(script(look(dispatcher, call))) != promised


def test_a_call_back_that_nobody_told_yet_is_the_same_when_reread_and_says_that_it_passed(
    world: World, dispatcher: Browser
) -> None:
    world.team("Mobile 9")
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM, caller_phone="202-555-0143")
    with world.context.reading() as uow:
        wait = escalation_policies.call_back_now(uow, world.centre, "mobile_crisis", 3)
    first = back_at(script(look(dispatcher, call)))
    world.wait(minutes=4)
    assert back_at(script(look(dispatcher, call))) == first
    assert "has passed" not in words(look(dispatcher, call))

    world.wait(minutes=wait.total_seconds() // 60 - 3)

    page = look(dispatcher, call)
    second, clock = back_at(script(page)), re.search(r"[0-9]+:[0-9]+ [A-Z]+", first)
    assert second != first
    assert clock
    assert f"{clock[0]}, when the caller was to be called back, has passed." in words(page)
    world.wait(minutes=2)
    assert back_at(script(look(dispatcher, call))) == second
    act(dispatcher, call, "/told", {"answer": "told"})
    page = look(dispatcher, call)
    assert back_at(script(page)) == second
    assert "has passed" not in words(page)


def test_whoever_was_promised_a_call_back_if_nobody_came_is_owed_none_once_somebody_is_there(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    world.ignores_texts("what they read is another story")
    call = world.call(CALM, caller_phone="202-555-0143")
    act(dispatcher, call, "/told", {"answer": "told"})
    for text in (f"{call.code} 1", f"{call.code} SCENE"):
        phone.text(text)
    page = words(look(dispatcher, call))
    assert "A call-back is promised" not in page
    assert "Promised call-back: over, somebody is there." in page


def test_no_arrival_is_said_that_nobody_gave_and_the_script_is_short(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call({**ARMED, "suicidal_ideation": "active"}, caller_phone="202-555-0143")
    also_sent(world, call, "ems")
    page = look(dispatcher, call)
    assert len(lines(page)) <= 7
    assert len(lines(page, "es")) == len(lines(page))

    call = world.call(ARMED, caller_phone="202-555-0144")
    in_cad(dispatcher, call, "26-2")
    world.wait(minutes=31)  # later than the level asks for
    said = script(look(dispatcher, call))
    assert "They come as soon as they can; we do not know the minute yet." in said
    assert not any(one.startswith("They should") for one in said)


def test_two_who_come_apart_are_told_with_both_times_and_lateness_stands_on_the_board(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer = world.pair("CIT 1")
    for phone in (clinician, officer):
        phone.ignores("what is read out matters here")
    call = world.call(ARMED_PAIR)
    clinician.text(f"{call.code} 1")
    officer.text(f"{call.code} 1")
    clinician.text(f"{call.code} ETA 90")
    officer.text(f"{call.code} ETA 99")
    world.settle()

    assert "The first should be there at about" in words(look(dispatcher, call))
    board = dispatcher.get("/board").get_data(as_text=True)
    assert re.search(r"\d+ min late by their word", board)


def test_the_caller_is_to_be_told_again_when_only_the_second_comes_much_later(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer = world.pair("CIT 1")
    for phone in (clinician, officer):
        phone.ignores("what has to be read out matters here")
    call = world.call(ARMED_PAIR)
    for phone, minutes in ((clinician, 10), (officer, 20)):
        phone.text(f"{call.code} 1")
        phone.text(f"{call.code} ETA {minutes}")
    world.settle()
    tell(dispatcher, call)

    for minutes, changed in ((26, False), (45, True)):
        officer.text(f"{call.code} ETA {minutes}")
        assert is_changed(dispatcher) is changed
    tell(dispatcher, call)
    assert not is_changed(dispatcher)
    clinician.text(f"{call.code} ETA 45")
    assert is_changed(dispatcher)
