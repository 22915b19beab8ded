"""Teams that wait near, transport, ask to be relieved, or must leave because it is not safe."""

import re
from collections.abc import Sequence

from sqlalchemy import delete, select

from tests.stories.test_call_page import act, clinician, look, path, words
from tests.stories.test_calls import CALM
from tests.world import Phone, World
from triage.domain.alarms import AlarmKind
from triage.services import alarm_lists, audits, reliefs
from triage.services.audits import Surroundings
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.messages import Message
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

RESPONSE = "mobile_crisis"


def slots(world: World, call: Call) -> list[tuple[str, str]]:
    """State and team of each place of this call, in the order they were opened."""
    with world.context.reading() as uow:
        places = places_of(uow, call, RESPONSE)
        return [(slot.state.value, slot.team.name if slot.team else "") for slot in places]


def places_of(uow: UnitOfWork, call: Call, response: str) -> Sequence[Slot]:
    return uow.session.scalars(
        select(Slot)
        .join(Dispatch)
        .where(Dispatch.call_id == call.id, Dispatch.response == response)
        .order_by(Slot.created_at, Slot.id)
    ).all()


def orphans(world: World) -> int:
    """What the watcher says has no next step."""
    with world.context.reading() as uow:
        found = audits.audit(uow, world.centre, Surroundings(simulated=True, demo=True))
        return sum(one.count for one in found if one.code == "no_next_step")


def state(world: World, call: Call) -> str:
    return world.dispatch(call, RESPONSE).state.value


def having(world: World, name: str = "Alpha") -> tuple[Call, Phone]:
    """A call that this team has accepted."""
    (phone,) = world.team(name)
    call = world.call(CALM)
    phone.expect("Reply")
    phone.text(f"{call.code} 1")
    phone.expect("it is yours")
    return call, phone


def test_a_team_waits_near_goes_in_steps_back_and_transports(world: World) -> None:
    call, alpha = having(world)

    alpha.text(f"{call.code} STAGED")
    alpha.expect("you wait near the scene")
    assert slots(world, call) == [("staged", "Alpha")]
    alpha.text(f"{call.code} llegue")
    alpha.expect("you are on scene")
    alpha.text(f"{call.code} espero cerca")
    alpha.expect("you wait near")
    alpha.text(f"{call.code} scene")
    alpha.expect("you are on scene")
    alpha.text(f"transporting to the hospital {call.code}")
    alpha.expect("you are transporting")
    assert slots(world, call) == [("transporting", "Alpha")]
    assert state(world, call) == "on_scene"
    alpha.text(f"{call.code} 2")
    alpha.expect("you are transporting since")
    alpha.text(f"{call.code} clear")
    alpha.expect("cleared, you are free")

    assert slots(world, call) == [("cleared", "Alpha")]
    assert state(world, call) == "cleared"


def test_nobody_is_released_before_somebody_else_has_accepted(world: World) -> None:
    call, alpha = having(world)
    alpha.text(f"{call.code} scene")
    alpha.expect("you are on scene")
    (bravo,) = world.team("Bravo")

    alpha.text(f"{call.code} REPLACE")
    alpha.expect("You stay responsible until somebody accepts")
    bravo.expect("relief for Alpha")
    assert slots(world, call) == [("on_scene", "Alpha"), ("paged", "Bravo")]
    assert state(world, call) == "on_scene"  # whoever is sought is not missing

    for word in ("clear", "done"):
        alpha.text(f"{call.code} {word}")
        alpha.expect("nobody has taken over yet, you stay responsible")
    alpha.text(f"{call.code} replace")
    alpha.expect("a relief is being asked")
    assert slots(world, call) == [("on_scene", "Alpha"), ("paged", "Bravo")]

    bravo.text(f"{call.code} 1")

    bravo.expect("it is yours")
    alpha.expect("Bravo has accepted and takes over. You are released")
    assert slots(world, call) == [("replaced", "Alpha"), ("accepted", "Bravo")]
    assert state(world, call) == "accepted"
    alpha.text(f"{call.code} clear")
    alpha.expect("not yours any more, you are released")
    bravo.text(f"{call.code} scene")
    bravo.expect("you are on scene")
    bravo.text(f"{call.code} clear")
    bravo.expect("cleared, you are free")
    assert state(world, call) == "cleared"


def test_a_released_team_is_free_for_the_next_call(world: World) -> None:
    call, alpha = having(world)
    (bravo,) = world.team("Bravo")
    alpha.text(f"{call.code} relevo")
    alpha.expect("a relief is being asked")
    bravo.expect("PROMPT, within 60 min")
    bravo.text(f"{call.code} 1")
    bravo.expect("accepted, it is yours")
    alpha.expect("Bravo has accepted and takes over")
    other = world.call(CALM)

    alpha.expect(f"Reply {other.code} 1")


def test_a_relief_that_declines_or_keeps_silent_is_followed_by_the_next(world: World) -> None:
    call, alpha = having(world)
    bravo, charlie = world.team("Bravo")[0], world.team("Charlie")[0]

    alpha.text(f"{call.code} need relief")
    alpha.expect("a relief is being asked")
    first, second = (bravo, charlie) if bravo.inbox else (charlie, bravo)
    first.text(f"{call.code} 2")
    first.expect("declined.")
    second.expect("relief for Alpha")
    second.text(f"{call.code} 1")
    second.expect("accepted, it is yours")

    alpha.expect("You are released")
    first.text(f"{call.code} 1")
    first.expect("Taken by")


def test_when_nobody_can_relieve_a_team_it_stays_and_is_told_and_somebody_looks_on(
    world: World,
) -> None:
    call, alpha = having(world)
    alpha.text(f"{call.code} scene")
    alpha.expect("you are on scene")

    alpha.text(f"{call.code} replace")
    alpha.expect("no relief found yet")  # once, and none that somebody is asked
    alpha.expect_silence()
    alpha.text(f"{call.code} replace")  # who asks again is answered again
    alpha.expect("no relief found yet")
    alpha.expect_silence()
    assert slots(world, call) == [("on_scene", "Alpha"), ("unfilled", "")]
    assert state(world, call) == "on_scene"
    assert "NO RELIEF FOUND for Alpha" in board(world)

    for _ in range(2):  # somebody looks again and again
        world.wait(minutes=5)
    (bravo,) = world.team("Bravo")  # begins its shift
    world.wait(minutes=5)
    bravo.expect("relief for Alpha")
    bravo.text(f"{call.code} 1")
    bravo.expect("accepted, it is yours")

    alpha.expect("You are released")
    assert "NO RELIEF FOUND" not in board(world)


def test_who_is_sought_for_later_may_be_asked_although_they_said_no_at_first(world: World) -> None:
    (alpha,), (bravo,) = world.team("Alpha"), world.team("Bravo")
    call = world.call(CALM)
    first, second = (alpha, bravo) if alpha.inbox else (bravo, alpha)
    first.text(f"{call.code} 2")
    first.expect("declined.")
    second.expect("PROMPT, within 60 min")
    second.text(f"{call.code} 1")
    second.expect("accepted, it is yours")

    second.text(f"{call.code} replace")
    second.expect("a relief is being asked")

    first.expect("relief for")
    second.text(f"{call.code} withdraw")
    world.desk.expect_ring("had to withdraw")
    first.expect("UNSAFE, a team left")
    first.expect_ring("Prompt page")
    second.expect("you are withdrawn")
    assert world.audited("slot.withdrawn") == 1


def test_who_must_leave_leaves_at_once_and_everybody_learns_it(world: World) -> None:
    call, alpha = having(world)
    alpha.text(f"{call.code} scene")
    alpha.expect("you are on scene")
    (bravo,) = world.team("Bravo")

    alpha.text(f"{call.code} WITHDRAW he has 2 knives and wont calm down")
    world.desk.expect_ring("Alarm. Alpha")

    alpha.expect("you are withdrawn, dispatch is told")
    asked = bravo.expect("UNSAFE, a team left.")
    assert asked.endswith(f"Reply {call.code} 1=accept 2=decline")
    bravo.expect_ring("It is not safe: a team had to leave. Press 1 to accept")
    assert slots(world, call) == [("withdrawn", "Alpha"), ("paged", "Bravo")]
    with world.context.reading() as uow:
        page = uow.session.scalars(
            select(Message).where(Message.kind == "page").order_by(Message.created_at.desc())
        ).first()
        assert page is not None
        assert page.priority == 1
        clocks = select(Timer.priority).where(Timer.subject_id == page.page_id)
        assert set(uow.session.scalars(clocks)) == {1}
    assert "Alpha (clinician) HAD TO WITHDRAW, it is not safe" in board(world)
    with world.context.reading() as uow:
        (alarm,) = alarm_lists.untaken(uow)
        assert (alarm.kind, alarm.rings) == (AlarmKind.WITHDREW, 1)
    world.wait(seconds=60)
    world.desk.expect_ring("Alarm. Alpha")
    with world.context.reading() as uow:
        (alarm,) = alarm_lists.untaken(uow)
        assert alarm.rings > 1  # the desk's telephone rings until a person takes it

    bravo.text(f"{call.code} 1")
    bravo.expect("Ask dispatch before you go in")
    alpha.text(f"{call.code} 1")
    alpha.expect("you left because it was not safe")
    assert "HAD TO WITHDRAW" in board(world)  # until a person has seen to it


def test_with_nobody_to_follow_a_team_that_left_the_call_is_alarmed_as_any_other(
    world: World,
) -> None:
    call, alpha = having(world)
    alpha.text(f"{call.code} scene")
    alpha.expect("you are on scene")
    alpha.text(f"unsafe {call.code}")
    world.desk.expect_ring("Alarm. Alpha")
    alpha.expect("you are withdrawn")
    world.desk.expect("nobody is left to ask")

    assert state(world, call) == "unfilled"
    assert world.dispatch(call, RESPONSE).cause
    assert "NOBODY COMING" in board(world)


def test_who_leaves_while_a_relief_is_asked_makes_that_question_urgent(world: World) -> None:
    call, alpha = having(world)
    (bravo,) = world.team("Bravo")
    alpha.text(f"{call.code} scene")
    alpha.expect("you are on scene")
    alpha.text(f"{call.code} replace")
    alpha.expect("a relief is being asked")
    bravo.expect("relief for Alpha")

    alpha.text(f"{call.code} withdraw")
    world.desk.expect_ring("Alarm. Alpha")
    bravo.expect_ring("Prompt page")
    alpha.expect("you are withdrawn")

    bravo.expect("UNSAFE, a team left.")
    assert slots(world, call) == [("withdrawn", "Alpha"), ("paged", "Bravo")]
    bravo.text(f"{call.code} 1")
    bravo.expect("accepted, it is yours")
    assert slots(world, call) == [("withdrawn", "Alpha"), ("accepted", "Bravo")]
    assert state(world, call) == "accepted"


def test_who_was_asked_and_did_not_come_yet_declines_by_that_word(world: World) -> None:
    (alpha,) = world.team("Alpha")
    call = world.call(CALM)
    alpha.expect("Reply")

    alpha.text(f"{call.code} withdraw")
    world.desk.expect("nobody is left to ask")

    alpha.expect("declined")
    assert world.audited("slot.withdrawn") == 0


def test_one_of_a_pair_leaves_and_the_other_is_warned_and_stays_until_they_say_so(
    world: World,
) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call(CALM)  # nobody but the pair is on shift
    for phone in (clinician, officer):
        phone.expect("PROMPT, within 60 min")
        phone.text(f"{call.code} 1")
        phone.expect("accepted, it is yours")
        phone.text(f"{call.code} scene")
        phone.expect("you are on scene")
    clinician.expect("officer CIT 1 has accepted too and comes with you")

    clinician.text(f"{call.code} unsafe")
    world.desk.expect_ring("Alarm. CIT 1")
    clinician.expect("you are withdrawn")
    world.desk.expect("nobody is left to ask")

    officer.expect("UNSAFE, clinician CIT 1 had to leave")
    places = states(world, call, "co_responder")
    assert places == {"clinician": ["withdrawn", "unfilled"], "officer": ["on_scene"]}
    officer.text(f"{call.code} withdraw")
    world.desk.expect_ring("Alarm. CIT 1")
    officer.expect("you are withdrawn")
    places = states(world, call, "co_responder")
    assert places["officer"][0] == "withdrawn"
    assert world.dispatch(call, "co_responder").state == "unfilled"


def states(world: World, call: Call, response: str) -> dict[str, list[str]]:
    with world.context.reading() as uow:
        found: dict[str, list[str]] = {}
        for slot in places_of(uow, call, response):
            found.setdefault(slot.role, []).append(slot.state.value)
        return found


def board(world: World) -> str:
    return " ".join(world.client("dispatcher").get("/board").get_data(as_text=True).split())


def test_a_relief_that_gives_it_back_leaves_the_place_open_for_the_next(world: World) -> None:
    call, alpha = having(world)
    (bravo,) = world.team("Bravo")
    alpha.text(f"{call.code} replace")
    alpha.expect("a relief is being asked")
    bravo.expect("PROMPT, within 60 min")
    bravo.text(f"{call.code} 1")
    bravo.expect("accepted, it is yours")
    alpha.expect("Bravo has accepted and takes over")
    bravo.text(f"{call.code} 2")
    world.desk.expect("nobody is left to ask")

    bravo.expect("you have given it back. Nobody else is free")
    assert state(world, call) == "unfilled"
    assert [one for one, _ in slots(world, call)] == ["replaced", "unfilled"]


# --- on the screens -----------------------------------------------------------------------


def test_a_dispatcher_writes_down_what_is_heard_by_radio(world: World) -> None:
    call, _ = having(world)
    (bravo,) = world.team("Bravo")
    desk = world.client("dispatcher")

    assert "Alpha: waits near." in act(desk, call, "/progress", {"to": "staged"})
    told = act(desk, call, "/relief", {"act": "relieve"})
    assert "they stay until somebody has accepted" in told
    bravo.expect("relief for Alpha")
    page = look(desk, call)
    assert "Relief is asked for" in page
    assert 'value="cleared"' not in page
    told = act(desk, call, "/progress", {"to": "cleared"})
    assert "nobody has taken over yet" in told

    told = act(desk, call, "/relief", {"act": "call_off"})
    assert "Alpha stays and needs no relief" in told
    bravo.expect("no relief is needed")
    bravo.text(f"{call.code} 1")
    bravo.expect("Nothing was changed")
    assert slots(world, call) == [("staged", "Alpha"), ("cancelled", "Bravo")]

    told = act(desk, call, "/relief", {"act": "withdraw"})
    assert "Alpha has left, it was not safe" in told
    assert "HAD TO WITHDRAW" in told
    assert "HAD TO WITHDRAW" in words(desk.get("/follow-ups").text)  # on every screen
    found = re.search(r'action="(/alarms/[^"]+/take)"', look(desk, call))
    assert found
    desk.submit(path(call), {"next": path(call)}, to=found[1])
    assert "HAD TO WITHDRAW" not in words(desk.get("/board").text)
    assert "NOT SAFE: Alpha (clinician) had to withdraw (radio)" in told
    bravo.expect("UNSAFE, a team left")
    bravo.expect_ring("a team had to leave")


def test_nobody_was_left_to_relieve_a_team_and_everybody_is_asked_again(world: World) -> None:
    call, alpha = having(world)
    (bravo,) = world.team("Bravo")
    alpha.text(f"{call.code} replace")
    alpha.expect("a relief is being asked")
    bravo.expect("PROMPT, within 60 min")
    bravo.text(f"{call.code} 2")
    alpha.expect("no relief found yet")
    desk = world.client("dispatcher")
    assert "No relief found" in look(desk, call)
    alpha.text(f"{call.code} replace")
    alpha.expect("no relief found yet")

    told = act(desk, call, "/relief", {"act": "ask_again"})

    assert "The teams are asked again who could relieve Alpha." in told
    bravo.expect("declined")
    bravo.expect("relief for Alpha")
    bravo.text(f"{call.code} 1")
    bravo.expect("accepted, it is yours")
    alpha.expect("You are released")


def test_a_relief_is_given_by_hand(world: World) -> None:
    call, alpha = having(world)
    alpha.text(f"{call.code} replace")
    alpha.expect("no relief found yet")
    desk = world.client("dispatcher")

    told = act(desk, call, "/assign", {"unit": "Engine 4"})

    assert "Engine 4 is assigned" in told
    alpha.expect("Engine 4 has accepted and takes over")
    assert [one for one, _ in slots(world, call)] == ["replaced", "accepted"]


def test_a_clinician_asks_for_relief_and_leaves_on_the_screen(world: World) -> None:
    call, alpha = having(world)
    (bravo,) = world.team("Bravo")
    me = clinician(world, alpha)

    def say(action: str) -> str:
        return words(
            me.submit(path(call), {"action": action}, to=f"{path(call)}/mine", follow=True).text
        )

    assert "You: waits near." in say("staged")
    assert "You stay responsible until somebody has accepted." in say("relieve")
    assert "I need no relief any more" in look(me, call)
    assert "nobody has taken over yet" in say("cleared")
    assert "nobody has taken over yet" in say("decline")
    assert "No relief is asked any more" in say("call_off")
    assert "You are withdrawn" in say("withdraw")
    assert "You are released." in words(look(me, call))
    assert "not yours any more, you are released" in say("on_scene")
    bravo.expect("UNSAFE, a team left")
    bravo.expect_ring("a team had to leave")
    world.desk.expect_ring("had to withdraw")


def test_on_the_screen_nobody_is_said_to_be_asked_where_nobody_is_left(world: World) -> None:
    call, alpha = having(world)
    me = clinician(world, alpha)

    there = f"{path(call)}/mine"
    told = words(me.submit(path(call), {"action": "relieve"}, to=there, follow=True).text)

    assert "No relief is found yet, dispatch is told. You stay, we go on looking." in told
    assert "A relief is being asked" not in told
    alpha.expect("no relief found yet")


def test_the_api_tells_who_relieves_whom(world: World) -> None:
    call, alpha = having(world)
    (bravo,) = world.team("Bravo")
    alpha.text(f"{call.code} replace")
    alpha.expect("a relief is being asked")
    bravo.expect("PROMPT, within 60 min")
    bravo.text(f"{call.code} 1")
    bravo.expect("accepted, it is yours")
    alpha.expect("Bravo has accepted and takes over")

    token = world.token("calls:read")
    answer = world.app.test_client().get(
        f"/api/v1/calls/{call.reference}", headers={"Authorization": f"Bearer {token}"}
    )

    (sent,) = [one for one in answer.json["dispatches"] if one["response"] == RESPONSE]
    old, new = sent["slots"]
    assert (old["state"], new["state"]) == ("replaced", "accepted")
    assert (old["replaces"], new["replaces"]) == (None, old["id"])


# --- found by the watcher -----------------------------------------------------------------


def test_a_relief_that_nobody_looks_for_any_more_is_found(world: World) -> None:
    call, alpha = having(world)
    alpha.text(f"{call.code} scene")
    alpha.expect("you are on scene")
    alpha.text(f"{call.code} replace")
    alpha.expect("no relief found yet")
    assert orphans(world) == 0
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(delete(Timer).where(Timer.kind == reliefs.RELIEF))

    assert orphans(world) == 1


def test_who_leaves_when_nobody_could_relieve_them_has_everybody_asked_once_more(
    world: World,
) -> None:
    call, alpha = having(world)
    (bravo,) = world.team("Bravo")
    alpha.text(f"{call.code} replace")
    alpha.expect("a relief is being asked")
    bravo.expect("PROMPT, within 60 min")
    bravo.text(f"{call.code} 2")
    bravo.expect("declined.")
    alpha.expect("no relief found yet")

    alpha.text(f"{call.code} withdraw")
    world.desk.expect_ring("Alarm. Alpha")
    bravo.expect_ring("Prompt page")
    alpha.expect("you are withdrawn")

    bravo.expect("UNSAFE, a team left.")
    assert [one for one, _ in slots(world, call)] == ["withdrawn", "cancelled", "paged"]
    bravo.text(f"{call.code} 1")
    bravo.expect("accepted, it is yours")
    assert state(world, call) == "accepted"
    assert orphans(world) == 0
