"""The page of one call: what a dispatcher sees there, does there, and is told afterwards."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.stories.test_calls import CALM, add
from tests.world import Browser, Phone, World
from triage.storage.calls import Answer, AssessmentRecord, Call
from triage.storage.dispatches import Slot
from triage.storage.teams import Responder

PAIR = {**CALM, "weapon": "accessible"}
ARMED = {**CALM, "weapon": "in_hand"}


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def path(call: Call) -> str:
    return f"/calls/{call.reference}"


def look(browser: Browser, call: Call) -> str:
    page: str = browser.get(path(call)).get_data(as_text=True)
    return page


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def act(browser: Browser, call: Call, ending: str, form: dict[str, Any]) -> str:
    """Send the page's form whose address ends so, and read what the page says then."""
    found = re.search(rf'action="({path(call)}[^"]*{ending})"', look(browser, call))
    assert found, f"no form that ends in {ending}"
    answer = browser.submit(path(call), form, to=found[1], follow=True)
    return words(answer.get_data(as_text=True))


def state_of(world: World, call: Call) -> str:
    return world.dispatches(call)[0].state.value


def test_opening_a_call_is_audited_once_and_looking_on_is_not(
    world: World, dispatcher: Browser
) -> None:
    call = world.call(CALM)

    for _ in range(3):
        look(dispatcher, call)
        dispatcher.get(f"{path(call)}/live")
    assert world.audited("call.looked_at") == 1

    world.wait(minutes=16)
    world.desk.expect("dispatch it in CAD now")
    look(dispatcher, call)
    assert world.audited("call.looked_at") == 2


def test_who_is_shown_a_call_because_a_form_was_refused_has_looked_at_it(
    world: World, dispatcher: Browser
) -> None:
    call = world.call(CALM, narrative="He cries.")

    answer = dispatcher.submit("/board", {"disposition": ""}, to=f"{path(call)}/close")

    assert answer.status_code == 422
    assert "He cries." in answer.get_data(as_text=True)
    assert world.audited("call.looked_at") == 1


def test_who_may_not_see_a_call_is_not_said_to_have_looked_at_it(world: World) -> None:
    call = world.call(CALM)
    clinician = world.client("clinician")

    for ending in ("", "/live"):
        assert clinician.get(path(call) + ending).status_code == 403
    assert world.audited("call.looked_at") == 0


def test_the_page_tells_who_rang_what_was_said_and_why(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(
        CALM,
        location="Pier 3, the blue <hut>",
        caller_phone="202-555-0143",
        caller_name="Ana",
        narrative="He cries.",
    )

    page = look(dispatcher, call)
    told = words(page)
    for shown in (
        call.code,
        call.reference,
        "Pier 3, the blue &lt;hut&gt;",
        "from the list of places",
        "+12025550143",
        "Ana",
        "He cries.",
        "PROMPT , within 60 min",
        "A crisis clinician is the usual answer",
        "By points: Mobile crisis team 40 , 20 needed",
        "May still become",
        "Said to be none",
        "Looking for a team",
        "Mobile 9 clinician",
        "Call taken (api).",
        "Page to Mobile 9 (clinician) is written.",
    ):
        assert shown in told, shown
    phone.expect("PROMPT, within 60 min: mobile team")


def test_later_answers_assess_again_and_the_difference_is_shown(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)

    told = act(dispatcher, call, "/answers", {"facts.weapon": "in_hand", "seen": "1"})

    assert "Answered: weapon. The recommendation is now CIT officer." in told
    assert "Recommended, not sent: CIT officer" in told
    assert "Response: Mobile crisis team, now CIT officer." in told
    assert "before: Said to be none" in told
    assert [d.response for d in world.dispatches(call)] == ["mobile_crisis"]

    told = act(dispatcher, call, "/send", {})
    assert "CIT officer is to be dispatched in CAD now; Ambulance is" in told
    assert "police_cit" in {d.response for d in world.dispatches(call)}
    assert "Recommended, not sent" not in told
    phone.expect("PROMPT, within 60 min: mobile team")


def test_an_old_page_does_not_undo_a_newer_answer(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    add(world, call, weapon="in_hand")

    old_page = {f"facts.{fact}": value for fact, value in CALM.items()}
    act(dispatcher, call, "/answers", {**old_page, "facts.injury": "minor", "seen": "1"})

    with world.context.reading() as uow:
        given = uow.session.scalars(select(Answer).where(Answer.fact == "weapon")).all()
        assert [answer.value for answer in given] == ['"none_confirmed"', '"in_hand"']
        newest = uow.session.scalars(
            select(AssessmentRecord).order_by(AssessmentRecord.number.desc())
        ).first()
        assert newest is not None
        assert newest.response == "police_cit"
    phone.expect("PROMPT, within 60 min: mobile team")


def test_answers_by_key_come_back_as_a_fresh_page(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    token = dispatcher.csrf(path(call))

    answer = dispatcher.client.post(
        f"{path(call)}/answers",
        data={"facts.injury": "serious", "seen": "1", "csrf_token": token},
        headers={"X-Live": "1"},
    )

    assert answer.status_code == 200
    assert 'id="call-decision"' in answer.get_data(as_text=True)
    assert "Ambulance" in answer.get_data(as_text=True)
    phone.expect("PROMPT, within 60 min: mobile team")


def test_a_wrong_answer_is_told_by_its_question(world: World, dispatcher: Browser) -> None:
    call = world.call(CALM)
    answer = dispatcher.submit(
        path(call),
        {"facts.last_contact_hours": "a while", "seen": "1"},
        to=f"{path(call)}/answers",
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="a while"' in page
    assert 'id="e-facts.last_contact_hours"' in page


def test_an_answer_taken_by_radio_is_written_down(world: World, dispatcher: Browser) -> None:
    world.team("Mobile 9")
    call = world.call(CALM)

    told = act(dispatcher, call, "/answer", {"answer": "accepts:radio"})

    assert "Mobile 9 accepts by radio: it is theirs." in told
    assert state_of(world, call) == "accepted"


def test_a_no_by_telephone_asks_the_next_and_may_be_taken_back(
    world: World, dispatcher: Browser
) -> None:
    world.team("Mobile 8")
    world.team("Mobile 9")
    call = world.call(CALM)

    told = act(dispatcher, call, "/answer", {"answer": "declines:telephone"})
    assert "declines by telephone. Somebody else is being asked." in told
    told = act(dispatcher, call, "/answer", {"answer": "declines:telephone"})
    assert "declines by telephone. Nobody else is free: the desk is told." in told
    assert "Nobody coming" in told
    assert "Nobody is left to ask: declined by all." in told

    told = act(dispatcher, call, "/answer", {"answer": "accepts:radio"})  # after all
    assert "it is theirs" in told
    assert state_of(world, call) == "accepted"


def test_the_teams_are_asked_again(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.text(f"{call.code} 2")
    phone.expect("declined.")
    world.desk.expect("nobody is left to ask")

    told = act(dispatcher, call, "/again", {})
    assert "The teams are asked again, one after the other: Mobile 9 first." in told
    assert phone.expect(f"Reply {call.code} 1=accept")
    phone.text("STOP")
    world.desk.expect("nobody is left to ask")
    told = act(dispatcher, call, "/again", {})
    assert "No team is free to be asked again." in told


def test_a_slot_is_given_by_hand_to_a_member_or_a_unit(world: World, dispatcher: Browser) -> None:
    (eight,) = world.team("Mobile 8")
    (nine,) = world.team("Mobile 9")
    first, second = world.call(CALM), world.call(CALM)
    with world.context.reading() as uow:
        member = uow.session.scalars(select(Responder)).all()[-1].id

    told = act(dispatcher, first, "/assign", {"member": str(member)})
    assert "is assigned as clinician." in told
    told = act(dispatcher, second, "/assign", {"unit": "County 7"})
    assert "County 7 is assigned as clinician." in told
    told = act(dispatcher, world.call(CALM), "/assign", {})
    assert "Choose a member or name the unit." in told
    eight.expect("PROMPT")
    nine.expect("is yours, given to you by dispatch")


def test_progress_heard_by_radio(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")

    assert "Mobile 9 arrives in 12 min." in act(
        dispatcher, call, "/progress", {"to": "eta", "minutes": "12"}
    )
    assert "Minutes until arrival: a number from 1 to 600." in act(
        dispatcher, call, "/progress", {"to": "eta", "minutes": "soon"}
    )
    assert "Mobile 9: on scene." in act(dispatcher, call, "/progress", {"to": "on_scene"})
    assert "Mobile 9: cleared." in act(dispatcher, call, "/progress", {"to": "cleared"})
    assert state_of(world, call) == "cleared"
    phone.expect("dispatch has written down that you have cleared")


def test_a_hand_over_is_confirmed_with_unit_and_cad_number(
    world: World, dispatcher: Browser
) -> None:
    call = world.call(ARMED)
    world.wait(seconds=61)
    world.desk.expect("dispatch it in CAD now")
    assert "DISPATCH IN CAD NOW: CIT officer" in look(dispatcher, call)

    told = act(dispatcher, call, "/handed-over", {"unit": "  12-Adam "})
    assert "Write the CAD number" in told
    told = act(dispatcher, call, "/handed-over", {"unit": "12-Adam", "cad_number": "P-4711"})
    assert "is handed over to 12-Adam." in told
    assert "P-4711" in told


def test_what_was_typed_stays_when_a_form_is_refused(world: World, dispatcher: Browser) -> None:
    call = world.call(ARMED)
    found = re.search(r'action="([^"]+/handed-over)"', look(dispatcher, call))
    assert found
    answer = dispatcher.submit(path(call), {"unit": "12-Adam"}, to=found[1])

    assert answer.status_code == 422
    assert 'value="12-Adam"' in answer.get_data(as_text=True)


def test_whoever_is_late_reads_what_happened_and_keeps_what_they_typed(
    world: World, dispatcher: Browser
) -> None:
    call = world.call(ARMED)
    found = re.search(r'action="([^"]+/handed-over)"', look(dispatcher, call))
    assert found
    form = {"unit": "12-Adam", "cad_number": "P-4711"}
    assert dispatcher.submit(path(call), form, to=found[1]).status_code == 303

    late = dispatcher.submit(path(call), {**form, "unit": "14-Boy"}, to=found[1])
    assert late.status_code == 409
    assert "Nothing was changed: this hand-over is not open any more." in words(
        late.get_data(as_text=True)
    )


@pytest.mark.parametrize("unit", ["Unit 12, for the man who hears voices, at the pier", "12\u200b"])
def test_a_unit_is_named_as_on_the_radio_because_others_are_texted_the_name(
    world: World, dispatcher: Browser, unit: str
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.expect("PROMPT, within 60 min")
    assert "Name the unit as on the radio" in act(dispatcher, call, "/assign", {"unit": unit})
    phone.expect_silence()
    armed = world.call(ARMED)
    form = {"unit": unit, "cad_number": "26-1"}
    assert "Name the unit as on the radio" in act(dispatcher, armed, "/handed-over", form)


def test_cancelling_needs_a_reason_and_tells_who_was_asked(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    world.settle()
    phone.expect("PROMPT, within 60 min")

    assert "Choose a reason for canceling." in act(dispatcher, call, "/cancel", {})
    told = act(dispatcher, call, "/cancel", {"reason": "unsafe"})
    assert "Mobile crisis team is canceled; who was asked is told." in told
    assert phone.expect("stand down")


def test_another_response_is_sent_for_a_coded_reason(world: World, dispatcher: Browser) -> None:
    world.team("Mobile 9")
    pair = world.pair("CIT 1")
    call = world.call(CALM)
    form = {"override_response": "co_responder", "override_reason": "other"}

    assert "Say which other reason" in act(dispatcher, call, "/override", form)
    told = act(dispatcher, call, "/override", {**form, "override_note": "Asked for by name"})
    said = "Mobile 9 need not answer any more; CIT co-responder is being asked."
    assert said in told
    assert "chosen instead of Mobile crisis team" in told
    story = told.split("the newest first")[1]
    said = (
        "CIT co-responder chosen instead of Mobile crisis team: Another reason. Asked for by name"
    )
    assert said in story
    page = look(dispatcher, call)
    assert '<p class="response">CIT co-responder</p>' in page
    assert "Recommended: Mobile crisis team" in words(page)
    assert " CIT co-responder (Recommended: Mobile crisis team), PROMPT," in line_for_cad(page)
    for phone in pair:
        phone.expect("officer + clinician")


def test_who_is_called_off_by_another_choice_is_said_before_and_after(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    world.ignores_texts("what they read before is another story")
    world.pair("CIT 1")
    phone.text(f"{call.code} 1")
    phone.text(f"{call.code} ETA 4")
    page = look(dispatcher, call)
    (form,) = re.findall(r'id="called-off".*?</form>', page, re.DOTALL)
    comes = r"Mobile 9 on the way, ETA \d\d:\d\d EST ?: will be told to stand down"
    assert re.search(comes, words(form))

    form_of = {"override_response": "co_responder", "override_reason": "supervisor"}
    told = act(dispatcher, call, "/override", form_of)

    assert "Mobile 9 is told to stand down; CIT co-responder is being asked." in told
    assert "will be told to stand down" not in told
    assert any("Stand down" in text for text in phone.inbox)


def test_the_page_names_who_cannot_come(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call({**ARMED, "suicide_plan": "yes"})

    page = look(dispatcher, call)
    assert '<p class="response">CIT officer</p>' in page  # somebody of this kind does come
    missing = re.findall(r"Nobody can come in time for ([^:]*): a person must act", words(page))
    assert missing == ["CIT co-responder (clinician, officer)"]
    phone.expect("IMMEDIATE")
    world.desk.expect("nobody is left to ask")


def line_for_cad(page: str) -> str:
    found = re.search(r'id="f-copy" value="([^"]*)"', page)
    assert found
    return found[1]


def test_the_line_for_the_cad_says_what_was_sent_beside_what_is_recommended(
    world: World, dispatcher: Browser
) -> None:
    (alpha,) = world.team("Mobile 9")
    world.pair("CIT 1")
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM)
    assert " Mobile crisis team, " in line_for_cad(look(dispatcher, call))
    alpha.text("2")
    world.settle()
    nobody = line_for_cad(look(dispatcher, call))
    assert " Nobody yet (Recommended: CIT co-responder), " in nobody


def test_who_came_after_all_is_not_said_to_be_missing(world: World, dispatcher: Browser) -> None:
    (alpha,) = world.team("Mobile 9")
    world.pair("CIT 1")
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM)
    alpha.text("2")
    world.settle()
    assert "CIT co-responder instead." in words(look(dispatcher, call))

    act(dispatcher, call, "/again", {})
    alpha.text("1")
    world.settle()
    page = look(dispatcher, call)
    assert "instead." not in words(page)
    assert "Recommended, not sent" not in words(page)
    assert " Mobile crisis team, " in line_for_cad(page)


def test_the_line_for_the_cad_names_companions_and_the_place(
    world: World, dispatcher: Browser
) -> None:
    world.team("Mobile 9")
    world.pair("CIT 1")
    call = world.call(ARMED, location="Pier 3, by the crane " + "and on " * 30)

    line = line_for_cad(look(dispatcher, call))
    assert " CIT officer + Ambulance, IMMEDIATE, " in line
    assert ", Pier 3, by the crane and on" in line
    assert "..., " in line  # as much of the place as one line holds
    assert len(line) < 200


def test_a_second_caller_stands_on_the_same_call(world: World, dispatcher: Browser) -> None:
    call = world.call(CALM, caller_phone="202-555-0143")

    told = act(
        dispatcher,
        call,
        "/callers",
        {"phone": "202 555 0144", "name": "Ben", "said": "He is on the roof now"},
    )
    assert "Caller 2" in told
    assert "+12025550144" in told
    assert "He is on the roof now" in told


def test_a_call_is_closed_with_how_it_ended(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)

    assert "Mobile crisis team is still owed" in act(
        dispatcher, call, "/close", {"disposition": "arrest"}
    )
    assert "Choose how the call ended." in act(dispatcher, call, "/close", {})
    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")
    phone.text(f"{call.code} SCENE")
    phone.expect("you are on scene")
    phone.text(f"{call.code} CLEAR")
    phone.expect("cleared, you are free")
    told = act(
        dispatcher, call, "/close", {"disposition": "linked_to_care", "note": "Calm when they left"}
    )
    assert "Linked to care or services" in told
    assert "Calm when they left" in told
    assert f"{path(call)}/answers" not in look(dispatcher, call)


def test_what_is_too_long_to_keep_is_refused_beside_its_field_and_not_cut_off(
    world: World, dispatcher: Browser
) -> None:
    call = world.call(CALM)
    note = "They went home with a friend. " * 140
    told = act(dispatcher, call, "/close", {"disposition": "linked_to_care", "note": note})

    assert "This is too long by 199 characters; up to 4000 can be kept." in told
    assert note.strip() in told
    assert f"{path(call)}/answers" in look(dispatcher, call), "the call is still open"


def test_a_closed_call_takes_no_more_answers(world: World, dispatcher: Browser) -> None:
    call = world.call(CALM, disposition="test_call")
    answer = dispatcher.submit(
        "/board", {"facts.injury": "minor", "seen": "1"}, to=f"{path(call)}/answers"
    )
    assert answer.status_code == 409
    assert "is closed: nothing can be added" in answer.get_data(as_text=True)


def test_the_timeline_tells_everything_in_order(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    world.settle()
    phone.expect("PROMPT, within 60 min")
    phone.text(f"{call.code} 1 ETA 10")
    phone.expect("accepted, it is yours")
    phone.text(f"{call.code} SCENE")
    phone.expect("you are on scene")

    told = words(look(dispatcher, call)).split("Timeline the newest first")[1]
    story = (
        "Call taken",
        "Assessment 1: Mobile crisis team, PROMPT, within 60 min.",
        "Mobile crisis team is to come (recommended).",
        "Mobile 9 is asked",
        "Page to Mobile 9 (clinician): the provider has it.",
        "Mobile 9 accepted by text",
        "Arrives in 10 min.",
        "Clinician on scene (text).",
    )
    assert [line for line in story if line not in told] == []
    places = [told.index(line) for line in story]
    assert places == sorted(places, reverse=True)
    assert f"{call.code} 1 ETA 10" in told


def test_the_link_in_a_text_leads_to_the_call(world: World, dispatcher: Browser) -> None:
    call = world.call(CALM)

    assert dispatcher.get(f"/c/{call.code.lower()}").location == path(call)
    assert dispatcher.get("/c/ZZZZ").status_code == 404
    assert world.client().get(f"/c/{call.code}").location == f"/sign-in?next=/c/{call.code}"


@pytest.mark.parametrize("reference", ["nonsense", "%00", "1e3", "..%2f1", "9" * 300])
def test_a_call_that_is_not_there_is_not_found(dispatcher: Browser, reference: str) -> None:
    assert dispatcher.get(f"/calls/{reference}").status_code == 404


def test_another_calls_parts_cannot_be_touched_from_here(world: World, dispatcher: Browser) -> None:
    (eight,) = world.team("Mobile 8")
    (nine,) = world.team("Mobile 9")
    mine, other = world.call(CALM), world.call(CALM)
    slot = world.dispatches(other)[0].slots[0].id

    answer = dispatcher.submit(
        path(mine), {"to": "on_scene"}, to=f"{path(mine)}/slots/{slot}/progress"
    )
    assert answer.status_code == 404
    eight.expect("PROMPT")
    nine.expect("PROMPT")


@pytest.mark.parametrize(("text", "status"), [("a\0b", 303), ("x" * 5000, 422)])
def test_bad_text_in_a_small_form_is_never_a_failure(
    world: World, dispatcher: Browser, text: str, status: int
) -> None:
    call = world.call(ARMED)
    found = re.search(r'action="([^"]+/handed-over)"', look(dispatcher, call))
    assert found
    answer = dispatcher.submit(path(call), {"unit": "12", "cad_number": text}, to=found[1])
    assert answer.status_code == status


# --- a clinician's screen ---------------------------------------------------------------


def clinician(world: World, phone: Phone) -> Browser:
    """The member with this phone, signed in."""
    browser = world.client("clinician")
    with world.context.unit_of_work("test") as uow:
        from triage.services import people

        account = people.find_account(uow, "test-clinician")
        member = uow.get(Responder, phone.responder_id)
        assert account is not None
        member.account_id = account.id
    return browser


def test_a_clinician_sees_the_calls_they_were_asked_for_and_no_others(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="Pier 3", caller_phone="202-555-0143")
    other = world.call(ARMED)
    me = clinician(world, phone)

    page = words(look(me, call))
    assert "Pier 3" in page
    assert "Somebody needs help" in page
    assert "Said to be none" in page
    assert "You are asked to come" in page
    assert "+12025550143" not in page
    assert me.get(path(other)).status_code == 403
    assert me.get(f"{path(other)}/live").status_code == 403
    assert me.get(f"{path(call)}/live").status_code == 200
    assert me.submit(path(call), {}, to=f"{path(call)}/close").status_code == 403
    assert me.submit(path(call), {"action": "accept"}, to=f"{path(other)}/mine").status_code == 403
    phone.expect("mobile team, Harbor")


def test_a_clinician_answers_on_the_screen_as_by_text(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    me = clinician(world, phone)

    def say(**form: str) -> str:
        return words(me.submit(path(call), form, to=f"{path(call)}/mine", follow=True).text)

    assert "accept it first" in say(action="on_scene")
    assert "You have accepted: it is yours." in say(action="accept")
    assert "You arrive in 8 min." in say(action="eta", minutes="8")
    assert "You: on scene." in say(action="on_scene")
    assert "ALARM RAISED" in say(action="help")
    assert "NEEDS HELP" in world.client("dispatcher").get("/board").get_data(as_text=True)
    assert "You: cleared." in say(action="cleared")
    assert state_of(world, call) == "cleared"
    world.desk.expect_ring("needs help")


def test_a_clinician_who_declines_hands_on(world: World) -> None:
    (phone,) = world.team("Mobile 8")
    (other,) = world.team("Mobile 9")
    call = world.call(CALM)
    me = clinician(world, phone)

    me.submit(path(call), {"action": "decline"}, to=f"{path(call)}/mine")

    assert other.expect(f"Reply {call.code} 1=accept")
    with world.context.reading() as uow:
        slot = uow.session.scalars(select(Slot)).one()
        assert slot.state == "paged"


def test_why_another_response_goes_than_the_needed_one_is_told_in_words(world: World) -> None:
    pair = world.pair("CIT 1")  # and no mobile team at all
    call = world.call(
        {
            "problem_type": "mental_health_crisis",
            "consciousness": "alert",
            "breathing": "normal",
            "weapon": "none_confirmed",
            "violence_now": "none",
            "attempt_in_progress": "no",
        }
    )

    page = world.client("dispatcher").get(f"/calls/{call.reference}").get_data(as_text=True)

    assert "Mobile crisis team is needed: no team on shift. CIT co-responder instead." in page
    for phone in pair:
        phone.expect("officer + clinician")


def test_of_whoever_gave_it_back_the_page_says_so_also_once_another_has_it(
    world: World, dispatcher: Browser
) -> None:
    (first,), (second,) = world.team("Mobile 8"), world.team("Mobile 9")
    world.ignores_texts("the desk's page alone matters")
    call = world.call(CALM)
    by_turn = [phone for phone in (first, second) if phone.inbox]
    given_back = by_turn[0]
    other = second if given_back is first else first
    given_back.text(f"{call.code} 1")
    given_back.text(f"{call.code} 2")
    name = "Mobile 8" if given_back is first else "Mobile 9"
    assert f"{name}: gave it back" in words(look(dispatcher, call))

    other.text(f"{call.code} 1")
    said = words(look(dispatcher, call))
    assert f"{name}: gave it back" in said
    assert f"{name}: not needed any more" not in said
