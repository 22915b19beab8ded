""" "Never mind, cancel": who says so, and who has to agree."""

import pytest

from tests.stories.test_call_page import act, dispatcher, look, words
from tests.stories.test_calls import CALM, add
from tests.stories.test_intake import FORM, send
from tests.stories.test_reliefs import orphans
from tests.world import Browser, Phone, World
from triage.domain.lifecycle import CallState
from triage.services import people
from triage.storage.calls import AssessmentRecord, Call
from triage.storage.teams import Responder

__all__ = ["dispatcher"]

WISH = {"who": "caller", "alone": "no", "spoken": "no", "note": "He says it is all fine"}
ROUTINE = {**CALM, "problem_type": "needs_resources"}


def state(world: World, call: Call) -> CallState:
    with world.context.reading() as uow:
        return uow.get(Call, call.id).state


def test_above_routine_the_dispatch_stands_and_escalates_until_a_supervisor_agrees(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    assert phone.expect("PROMPT")
    told = act(dispatcher, call, "/never-mind", {"note": "She says so"})
    for each in ("Choose who says so.", "safely and alone?", "person in crisis spoken to? Choose"):
        assert each in told
    told = act(dispatcher, call, "/never-mind", {"who": "caller"})
    assert "Were they asked safely and alone? Choose yes or no." in told
    told = act(dispatcher, call, "/never-mind", WISH)
    assert "A clinician or supervisor has to agree." in told
    assert "Asked safely and alone: no" in told
    assert "He says it is all fine" in told
    assert "Agree: cancel the call" not in look(dispatcher, call)
    assert "Cancel? A clinician or supervisor agrees" in words(dispatcher.get("/board").text)
    assert orphans(world) == 0
    page = act(dispatcher, call, "/never-mind/answer", {"answer": "agree"})
    assert "has to agree, at their own screen" in page

    phone.expect_silence()
    world.wait(minutes=6)  # nobody answers, nobody agrees: the looking for a team goes on
    phone.ignores("it is asked anew and told of it: escalation's own story")
    world.desk.ignores("escalation's own story")
    assert "CANCEL? Nobody has agreed yet" in words(dispatcher.get("/board").text)
    assert state(world, call) is CallState.OPEN
    assert world.dispatch(call, "mobile_crisis").state.value == "unfilled"
    assert orphans(world) == 0

    supervisor = world.client("supervisor")
    told = act(supervisor, call, "/never-mind/answer", {"answer": "agree"})
    assert "Agreed: the call is canceled" in told
    assert "Canceling: agreed: the call is canceled." in told
    assert state(world, call) is CallState.CLOSED
    assert any("tand down" in text for text in phone.inbox)
    assert world.dispatch(call, "mobile_crisis").end_reason == "caller_cancelled"


def test_refused_or_taken_back_the_call_stands(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    assert phone.expect("PROMPT")
    supervisor = world.client("supervisor")
    for browser, answer in ((supervisor, "refuse"), (dispatcher, "back")):
        act(dispatcher, call, "/never-mind", WISH)
        act(browser, call, "/never-mind/answer", {"answer": answer})
        assert state(world, call) is CallState.OPEN
        assert world.dispatch(call, "mobile_crisis").state.value == "seeking"
    late = supervisor.submit(
        f"/calls/{call.reference}",
        {"answer": "agree"},
        to=f"/calls/{call.reference}/never-mind/answer",
    )
    assert late.status_code == 409
    phone.expect_silence()


def test_a_clinician_who_is_asked_agrees_at_their_own_page(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    assert phone.expect("PROMPT")
    act(dispatcher, call, "/never-mind", WISH)
    clinician = own_screen(world, phone)
    assert "Agree: cancel the call" in look(clinician, call)
    for said in ("", "no", "back"):  # they did not ask for it: nothing is theirs to take back
        told = act(clinician, call, "/never-mind/answer", {"answer": said})
        assert "Taken back" not in told
    assert "Choose an answer." in act(dispatcher, call, "/never-mind/answer", {"answer": ""})
    assert "Agree: cancel the call" in look(clinician, call)
    act(clinician, call, "/never-mind/answer", {"answer": "agree"})
    assert state(world, call) is CallState.CLOSED
    assert phone.expect("tand down")

    other = world.client("clinician", "somebody-else")
    answer = other.client.post(f"/calls/{call.reference}/never-mind/answer", data={})
    assert answer.status_code in (400, 403)


def own_screen(world: World, phone: Phone) -> Browser:
    browser = world.client("clinician")
    with world.context.unit_of_work("test") as uow:
        account = people.find_account(uow, "test-clinician")
        assert account is not None
        uow.get(Responder, phone.responder_id).account_id = account.id
    return browser


def test_a_routine_call_is_cancelled_by_the_dispatcher(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is asked is another story")
    world.team("Anybody", responses=("community_responder", "mobile_crisis", "social_services"))
    call = world.call(ROUTINE)
    with world.context.reading() as uow:
        assert uow.session.query(AssessmentRecord).filter_by(call_id=call.id).one().level == "4"
    assert "The call was routine and is canceled." in act(dispatcher, call, "/never-mind", WISH)
    assert state(world, call) is CallState.CLOSED


def test_no_other_way_cancels_a_call_above_routine(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    assert phone.expect("PROMPT")
    assert "a clinician or supervisor has to agree" in act(
        dispatcher, call, "/close", {"disposition": "caller_cancelled"}
    )
    assert "Use Never mind, cancel" in act(
        dispatcher, call, "/cancel", {"reason": "caller_cancelled"}
    )
    answer = send(dispatcher, {**FORM, "disposition": "caller_cancelled"}, action="close")
    assert answer.status_code == 422
    assert "a clinician or supervisor has to agree" in answer.text
    phone.expect_silence()


ENDINGS = ("resolved_on_phone", "refused_help", "no_response", "wrong_number", "duplicate")
HAS_TO_AGREE = "a clinician or supervisor has to agree: use Never mind, cancel on its page"


@pytest.mark.parametrize("disposition", [*ENDINGS, "test_call", "with_family", "other_agency"])
def test_no_ending_stands_a_team_down_alone_that_has_not_been_there(
    world: World, dispatcher: Browser, disposition: str
) -> None:
    call, phone = on_its_way(world)
    assert HAS_TO_AGREE in act(dispatcher, call, "/close", {"disposition": disposition})
    act(dispatcher, call, "/never-mind", WISH)
    assert HAS_TO_AGREE in act(dispatcher, call, "/close", {"disposition": disposition})
    assert (state(world, call), now(world, call)) == (CallState.OPEN, "accepted")
    assert "A clinician or supervisor agrees" in look(dispatcher, call)
    phone.expect_silence()


def on_its_way(world: World) -> tuple[Call, Phone]:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    assert phone.expect("PROMPT")
    phone.text(f"{call.code} 1")
    assert phone.expect("accepted, it is yours")
    return call, phone


def now(world: World, call: Call) -> str:
    return str(world.dispatch(call, "mobile_crisis").state.value)


@pytest.mark.parametrize("reason", ["not_needed", "duplicate", "changed_response"])
def test_nor_does_dropping_it_first(world: World, dispatcher: Browser, reason: str) -> None:
    call, phone = on_its_way(world)
    told = act(dispatcher, call, "/cancel", {"reason": reason})
    assert "nobody else is sure to come, so a clinician or supervisor has to agree" in told
    command = {"command": f"drop {call.code} {reason}"}
    answer = dispatcher.submit("/board", command, to="/command", follow=True)
    assert "nobody else is sure to come" in words(answer.text)
    assert now(world, call) == "accepted"
    phone.expect_silence()


def test_who_comes_is_not_called_off_while_the_other_response_has_nobody(
    world: World, dispatcher: Browser
) -> None:
    call, phone = on_its_way(world)
    world.ignores_texts("who is called off matters here")
    add(world, call, weapon="accessible", violence_now="physical")
    act(dispatcher, call, "/send", {})
    team = world.dispatch(call, "mobile_crisis")
    path = f"/calls/{call.reference}"
    form, to = {"reason": "not_needed"}, f"{path}/dispatches/{team.id}/cancel"
    refused = dispatcher.submit(path, form, to=to)
    assert refused.status_code == 422
    assert "nobody else is sure to come" in refused.text
    assert now(world, call) == "accepted"

    act(dispatcher, call, "/handed-over", {"unit": "4A12", "cad_number": "26-1"})
    dispatcher.submit(path, form, to=to)
    assert now(world, call) == "cancelled"
    world.settle()
    assert "tand down" in phone.inbox[-1]


def test_who_is_not_safe_there_is_called_off_at_once_and_the_call_stays_open(
    world: World, dispatcher: Browser
) -> None:
    call, phone = on_its_way(world)
    act(dispatcher, call, "/cancel", {"reason": "unsafe"})
    assert now(world, call) == "cancelled"
    for disposition in ENDINGS:
        assert HAS_TO_AGREE in act(dispatcher, call, "/close", {"disposition": disposition})
    assert state(world, call) is CallState.OPEN
    assert any("tand down" in text for text in phone.inbox)


def test_what_is_agreed_is_closed_as_it_was_asked_for(world: World, dispatcher: Browser) -> None:
    call, phone = on_its_way(world)
    wish = WISH | {"disposition": "refused_help"}
    assert "How it ends: Help was refused" in words(act(dispatcher, call, "/never-mind", wish))
    told = act(world.client("supervisor"), call, "/never-mind/answer", {"answer": "agree"})
    assert "Help was refused" in told
    with world.context.reading() as uow:
        assert uow.get(Call, call.id).disposition == "refused_help"
    phone.expect("Stand down, not needed any more")


def test_once_somebody_was_there_or_has_it_the_dispatcher_ends_it(
    world: World, dispatcher: Browser
) -> None:
    call, phone = on_its_way(world)
    phone.text(f"{call.code} SCENE")
    phone.text(f"{call.code} CLEAR")
    phone.ignores("what a team on scene reads is another story")
    act(dispatcher, call, "/close", {"disposition": "refused_help"})
    ill = world.call({"problem_type": "medical", "consciousness": "alert", "breathing": "normal"})
    act(dispatcher, ill, "/handed-over", {"unit": "Medic 12", "cad_number": "26-1"})
    assert HAS_TO_AGREE in act(dispatcher, ill, "/close", {"disposition": "wrong_number"})
    act(dispatcher, ill, "/close", {"disposition": "other_agency"})
    assert [state(world, one) for one in (call, ill)] == [CallState.CLOSED] * 2


def test_a_call_above_routine_that_was_sent_nobody_yet_is_not_closed_for_silence(
    world: World, dispatcher: Browser
) -> None:
    answer = send(dispatcher, {**FORM, "disposition": "no_response"}, action="close")
    assert answer.status_code == 422
    assert HAS_TO_AGREE in answer.text


def test_whom_nothing_here_tells_to_stand_down_the_desk_tells(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call({**CALM, "weapon": "in_hand"})
    act(dispatcher, call, "/handed-over", {"unit": "4A12", "cad_number": "26-1"})
    act(dispatcher, call, "/never-mind", WISH)
    told = act(world.client("supervisor"), call, "/never-mind/answer", {"answer": "agree"})
    assert "TELL 4A12 BY RADIO that they need not come: nothing here tells them." in told
    assert "TELL 4A12 BY RADIO: they need not come" in look(dispatcher, call)


OFF = "TELL Unit 12 BY RADIO: they need not come"


def test_a_unit_without_a_phone_that_a_closed_call_has_sent_is_the_desks_to_tell(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    world.team("Mobile 9")
    call = world.call(CALM)
    act(dispatcher, call, "/assign", {"unit": "Unit 12"})
    act(dispatcher, call, "/never-mind", WISH | {"disposition": "resolved_on_phone"})
    said = act(world.client("supervisor"), call, "/never-mind/answer", {"answer": "agree"})
    assert "TELL Unit 12 BY RADIO that they need not come" in said

    assert OFF in words(dispatcher.get("/board").text)  # the call is gone from there, this is not
    assert OFF in words(look(dispatcher, call))
    world.wait(seconds=61)
    assert "Nobody has told them by radio yet." in look(dispatcher, call)

    told = dispatcher.submit(
        "/board", {"turn": "0"}, to=f"/board/stood-down/{call.reference}", follow=True
    )
    assert "they were told by radio that they need not come" in words(told.text)
    assert OFF not in words(told.text)
    assert "Told by radio that they need not come: done." in look(dispatcher, call)


def test_so_it_is_with_whom_another_response_replaces_until_they_are_sent_after_all(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    world.team("Mobile 9")
    call = world.call(CALM)
    act(dispatcher, call, "/assign", {"unit": "Unit 12"})
    other = {"override_response": "police", "override_reason": "supervisor"}
    assert "TELL Unit 12 BY RADIO that" in act(dispatcher, call, "/override", other)

    act(dispatcher, call, "/handed-over", {"unit": "Unit 12", "cad_number": "26-1"})
    assert OFF not in words(dispatcher.get("/board").text)
    assert "need not come: over, they are sent after all." in look(dispatcher, call)


def test_the_command_bar_does_not_go_round_whoever_has_to_agree(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    world.team("Mobile 9")
    call = world.call(CALM)
    command = {"command": f"drop {call.code} caller_cancelled"}
    answer = dispatcher.submit("/board", command, to="/command", follow=True)
    assert "Which reason?" in words(answer.text)
    assert world.dispatch(call, "mobile_crisis").state.value == "seeking"

    act(dispatcher, call, "/never-mind", WISH)
    act(world.client("supervisor"), call, "/never-mind/answer", {"answer": "agree"})
    assert "Canceled: Caller canceled" in look(dispatcher, call)


def test_under_a_team_on_scene_nothing_is_cancelled(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.ignores("what it reads is another story")
    world.settle()
    phone.text("1")
    phone.text("SCENE")
    assert "a team is on scene: they say how it ends" in act(dispatcher, call, "/never-mind", WISH)
