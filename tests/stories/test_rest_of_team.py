"""Half of a team is done and has left: is the other half, who is still sought, needed yet?"""

from tests.stories.test_board import row
from tests.stories.test_call_page import act, dispatcher, look, words
from tests.stories.test_calls import CALM
from tests.stories.test_reliefs import orphans
from tests.world import Browser, Phone, World
from triage.storage.calls import Call

__all__ = ["dispatcher"]

ASKED = "CIT 1 (clinician) has cleared; still being asked: officer. Still needed?"


def cleared(world: World) -> tuple[Phone, Phone, Call]:
    """The clinician of CIT 1 was there and is done; its officer has not answered yet."""
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"})
    clinician.expect("with officer")
    officer.expect("with clinician")
    clinician.text(f"{call.code} 1")
    assert "no officer yet" in clinician.expect("accepted, it is yours")
    for word, answer in (("scene", "you are on scene"), ("clear", "you are free")):
        clinician.text(f"{call.code} {word}")
        clinician.expect(answer)
    return clinician, officer, call


def state(world: World, call: Call) -> str:
    return world.dispatch(call, "co_responder").state.value


def test_the_desk_is_asked_and_paging_goes_on_until_it_answers(
    world: World, dispatcher: Browser
) -> None:
    _, officer, call = cleared(world)
    other_clinician, other_officer = world.pair("CIT 2")
    assert ASKED in words(look(dispatcher, call))
    assert "Officer still needed? CIT 1 (clinician) has cleared" in row(dispatcher, call)

    world.wait(minutes=3)  # nobody at the desk has said anything
    assert "Officer STILL NEEDED? CIT 1 (clinician) has cleared" in row(dispatcher, call)
    assert "with clinician" not in other_officer.expect("Reply")
    other_clinician.expect_silence()

    told = act(dispatcher, call, "/rest", {"answer": ""})
    assert "Choose an answer." in told
    told = act(dispatcher, call, "/rest", {"answer": "not_needed"})
    assert "Not needed any more: who was asked is told." in told
    assert "Rest of the team (officer): not needed any more: they are called off." in told
    assert "Somebody was there; the rest of the team is called off" in told
    assert "Still needed?" not in told
    other_officer.expect("Stand down, not needed any more")
    officer.expect("Stand down, not needed any more")
    assert state(world, call) == "cleared", "the clinician was there"
    said = row(dispatcher, call)
    assert "Nothing open: close it" in said
    assert "RECOMMENDED, NOT SENT" not in said
    assert "anceled" not in said
    assert orphans(world) == 0
    world.wait(minutes=30)
    act(dispatcher, call, "/close", {"disposition": "resolved_on_scene"})
    assert call.reference not in dispatcher.get("/board").text


def test_still_needed_is_not_asked_again(world: World, dispatcher: Browser) -> None:
    _, officer, call = cleared(world)
    form = f"/calls/{call.reference}"
    key = world.dispatch(call, "co_responder").id
    told = act(dispatcher, call, "/rest", {"answer": "needed"})
    assert "Still needed: they are asked for as before." in told
    assert "still needed?" not in row(dispatcher, call).lower()
    late = dispatcher.submit(form, {"answer": "not_needed"}, to=f"{form}/dispatches/{key}/rest")
    assert late.status_code == 409
    assert "somebody has answered already" in words(late.text)

    officer.text(f"{call.code} 1")
    assert "With: no clinician any more." in officer.expect("accepted, it is yours")
    officer.text(f"{call.code} scene")
    officer.expect("you are on scene")
    officer.text(f"{call.code} clear")
    officer.expect("you are free")
    assert state(world, call) == "cleared"
    assert "still needed?" not in row(dispatcher, call).lower()


def test_whoever_has_accepted_meanwhile_may_be_called_off_until_they_are_there(
    world: World, dispatcher: Browser
) -> None:
    _, officer, call = cleared(world)
    officer.text(f"{call.code} 1")
    officer.expect("accepted, it is yours")
    page = words(look(dispatcher, call))
    assert "has cleared; on the way: officer. Still needed?" in page
    assert "Still needed: they come" in page
    assert "Until you answer they come as before." in page
    assert "go on asking" not in page
    act(dispatcher, call, "/rest", {"answer": "not_needed"})
    officer.expect("Stand down, not needed any more")
    assert state(world, call) == "cleared"


def test_whoever_comes_ends_the_question(world: World, dispatcher: Browser) -> None:
    _, officer, call = cleared(world)
    officer.text(f"{call.code} 1")
    officer.expect("accepted, it is yours")
    officer.text(f"{call.code} scene")
    officer.expect("you are on scene")
    page = words(look(dispatcher, call))
    assert "Still needed?" not in page
    assert "Rest of the team (officer): over, nobody else is to come." in page


def test_with_nobody_left_to_ask_the_call_is_as_loud_as_ever(
    world: World, dispatcher: Browser
) -> None:
    _, officer, call = cleared(world)
    officer.text(f"{call.code} 2")
    officer.expect("declined.")
    world.desk.expect("nobody is left to ask")
    said = row(dispatcher, call)
    assert "NOBODY COMING" in said
    assert "Officer still needed?" in said
    page = words(look(dispatcher, call))
    assert "has cleared; nobody is left to ask: officer. Still needed?" in page
    assert orphans(world) == 0
    act(dispatcher, call, "/rest", {"answer": "not_needed"})
    assert state(world, call) == "cleared"
    assert "NOBODY COMING" not in row(dispatcher, call)


def test_a_place_that_was_left_unsafe_is_asked_about_as_well(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer = world.pair("CIT 1")
    (spare, _) = world.pair("CIT 2")
    call = world.call({**CALM, "weapon": "accessible"})
    world.ignores_texts("withdrawing is another story")
    for phone in (clinician, officer):
        phone.text(f"{call.code} 1")
    clinician.text(f"{call.code} withdraw")
    assert any("UNSAFE" in text for text in spare.inbox)
    officer.text(f"{call.code} scene")
    officer.text(f"{call.code} clear")
    assert "CIT 1 (officer) has cleared; still being asked: clinician." in words(
        look(dispatcher, call)
    )


def test_closing_the_call_ends_the_question_and_tells_what_was(
    world: World, dispatcher: Browser
) -> None:
    _, officer, call = cleared(world)
    officer.text(f"{call.code} 1")
    officer.expect("accepted, it is yours")
    told = act(dispatcher, call, "/close", {"disposition": "resolved_on_scene"})
    assert "is closed" in told
    officer.expect("Stand down, the call was closed")
    assert state(world, call) == "cleared"
    assert "Still needed?" not in told


def test_still_needed_is_answered_by_where_the_rest_stands(
    world: World, dispatcher: Browser
) -> None:
    _, officer, call = cleared(world)
    officer.text(f"{call.code} 1")
    officer.expect("accepted, it is yours")
    told = act(dispatcher, call, "/rest", {"answer": "needed"})
    assert "Still needed: they come as before." in told
    assert "they are asked for as before" not in told


def test_nobody_left_and_still_needed_asks_again(world: World, dispatcher: Browser) -> None:
    _, officer, call = cleared(world)
    officer.text(f"{call.code} 2")
    officer.expect("declined.")
    world.desk.expect("nobody is left to ask")
    page = words(look(dispatcher, call))
    assert "Still needed: ask again" in page
    assert "No team is left, and no other is asked until you ask again." in page
    assert "asked for as before" not in page
    assert "CIT co-responder (officer) is needed: declined by all." in page
    assert "Recommended, not sent: CIT officer" in page
    world.ignores_texts("who is asked is another story")
    world.pair("CIT 2")

    told = act(dispatcher, call, "/rest", {"answer": "needed"})

    assert "The teams are asked again, one after the other: CIT" in told
    assert "Still needed?" not in told
    assert state(world, call) == "seeking"
    world.settle()
    page = words(look(dispatcher, call))
    assert "Recommended, not sent" not in page
    assert "is needed: declined by all" not in page


def test_another_response_calls_the_rest_off_and_says_so(world: World, dispatcher: Browser) -> None:
    _, officer, call = cleared(world)
    world.team("Mobile 9")
    world.ignores_texts("who is asked is another story")
    officer.text(f"{call.code} 1")
    officer.text(f"{call.code} ETA 4")
    form = words(look(dispatcher, call)).split("Choose another response")[2]  # behind its link
    assert "CIT 1 (officer) on the way, ETA" in form

    chosen = {"override_response": "mobile_crisis", "override_reason": "supervisor"}
    told = act(dispatcher, call, "/override", chosen)

    assert "CIT 1 is told to stand down; Mobile crisis team is being asked." in told
    assert any("Stand down" in text for text in officer.inbox)
    assert state(world, call) == "cleared"


def test_who_is_on_the_way_is_told_that_the_other_left_and_the_desk_is_asked(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"})
    clinician.expect("with officer")
    officer.expect("with clinician")
    for phone in (clinician, officer):
        phone.text(f"{call.code} 1")
        phone.expect("accepted, it is yours")
    clinician.expect("comes with you")
    clinician.text(f"{call.code} ETA 9")
    clinician.expect("you arrive in 9 min")
    officer.text(f"{call.code} scene")
    officer.expect("you are on scene")
    officer.text(f"{call.code} clear")
    officer.expect("you are free")

    told = f"{call.code}: your officer has cleared and left. Ask dispatch before you go in."
    assert clinician.expect("cleared") == told
    said = row(dispatcher, call)
    assert "Clinician still needed? CIT 1 (officer) has cleared" in said
    assert "CIT 1 (clinician) on the way" in said
    assert "CIT 1 (officer) cleared" in said
    page = words(look(dispatcher, call))
    assert "CIT 1 (officer) has cleared; on the way: clinician. Still needed?" in page
    world.wait(seconds=61)
    assert "Clinician STILL NEEDED?" in row(dispatcher, call)

    clinician.text(f"{call.code} scene")
    clinician.expect("you are on scene")
    said = row(dispatcher, call)
    assert "still needed?" not in said.lower()
    assert "CIT 1 (clinician) on scene" in said
    assert "CIT 1 (officer) cleared" in said
    clinician.text(f"{call.code} clear")
    clinician.expect("you are free")
    officer.expect_silence()
    assert state(world, call) == "cleared"


def test_who_is_there_too_is_told_that_the_other_left(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"})
    clinician.expect("with officer")
    officer.expect("with clinician")
    for phone in (clinician, officer):
        for word, answer in (("1", "it is yours"), ("scene", "you are on scene")):
            phone.text(f"{call.code} {word}")
            phone.expect(answer)
    clinician.expect("comes with you")

    officer.text(f"{call.code} clear")

    officer.expect("you are free")
    told = clinician.expect("your officer has cleared and left")
    assert f"If you need help: {call.code} ASSIST" in told
    assert f"unsafe: {call.code} WITHDRAW" in told
    clinician.text(f"{call.code} clear")
    clinician.expect("you are free")
    officer.expect_silence()
    assert state(world, call) == "cleared"


def test_in_spanish_too(world: World, dispatcher: Browser) -> None:
    _, officer, call = cleared(world)
    officer.expect_silence()
    dispatcher.submit("/board", {"language": "es"}, to="/language")
    assert "se sigue pidiendo: oficial. ¿Todavía hace falta?" in words(look(dispatcher, call))


def test_canceling_what_is_left_says_what_was(world: World, dispatcher: Browser) -> None:
    _, officer, call = cleared(world)
    told = act(dispatcher, call, "/cancel", {"reason": "not_needed"})
    assert "CIT co-responder is cleared by who was there; the rest is called off." in told
    assert "Still needed?" not in told
    officer.expect("Stand down, not needed any more")
    assert state(world, call) == "cleared"
