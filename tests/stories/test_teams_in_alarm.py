"""Whoever has an alarm that is not over is asked for no other call: only a person sends them to
one. Whoever comes to the call where it was raised learns that a colleague there needs help."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.stories.test_alarms import untaken, words
from tests.stories.test_call_page import look
from tests.stories.test_calls import CALM
from tests.stories.test_diverts import accepted, by_code, pair_on_its_way, propose
from tests.stories.test_diverts import offered as may_turn
from tests.stories.test_diverts_by_hand import assign, places
from tests.stories.test_duress import WORD, knows
from tests.stories.test_escalation import call_in, code_of, state
from tests.stories.test_silences import all_read, pages
from tests.stories.test_suggestions import offered
from tests.typical_calls import UNARMED
from tests.world import Phone, World
from triage.domain.alarms import AlarmKind
from triage.services import alarms
from triage.storage.dispatches import Dispatch
from triage.storage.safety import Alarm


def cries(world: World, phone: Phone) -> None:
    """On no call."""
    phone.text("need help")
    phone.expect("ALARM RAISED")
    world.desk.expect_ring("needs help")
    world.desk.ignores("it rings on, and that nobody is left")


def taken(world: World, *, over: bool = True) -> None:
    with world.context.unit_of_work("test") as uow:
        for alarm in uow.session.scalars(select(Alarm)):
            alarms.take(uow, world.centre, alarm, "screen")
    if over:
        ended(world)


def ended(world: World) -> None:
    with world.context.unit_of_work("test") as uow:
        for alarm in uow.session.scalars(select(Alarm)):
            alarms.end(uow, alarm)
    world.settle()


def asked(world: World) -> set[str]:
    return {one.team.name for one in pages(world)}


def cause(world: World, dispatch: Dispatch) -> str | None:
    with world.context.reading() as uow:
        return uow.get(Dispatch, dispatch.id).cause


def test_the_next_team_is_asked_until_the_alarm_is_over(world: World) -> None:
    (first,) = world.team("MCT 1", calls_at_once=3)
    cries(world, first)
    (second,) = world.team("MCT 2", zones=["elsewhere"], calls_at_once=3)

    call = world.call(UNARMED)

    second.expect("1=accept")
    page = look(world.client("dispatcher"), call)
    assert any(one.startswith("MCT 1, has an alarm that is not over") for one in offered(page))
    taken(world, over=False)
    world.call(UNARMED)
    second.expect("1=accept")
    assert asked(world) == {"MCT 2"}
    ended(world)
    world.call(UNARMED)
    first.expect("1=accept")


def test_where_everybody_free_has_an_alarm_that_is_the_cause_and_its_end_asks_them(
    world: World,
) -> None:
    (first,) = world.team("MCT 1")
    cries(world, first)

    urgent = call_in(world, 2)

    first.expect_silence()
    assert (state(world, urgent), cause(world, urgent)) == ("unfilled", "in_alarm")
    with world.context.reading() as uow:
        reference = uow.get(Dispatch, urgent.id).call.reference
    there = words(world.client("dispatcher"), f"/calls/{reference}")
    assert "whoever is free has an alarm that is not over" in there
    assert "all teams are on other calls" not in there
    taken(world)
    first.expect(f"Reply {code_of(world, urgent)} 1=accept")


def test_all_hands_leaves_them_alone(world: World) -> None:
    (first,) = world.team("MCT 1")
    (youth,) = world.team("Youth", ("youth_mobile_crisis",))
    cries(world, first)

    call_in(world, 1)
    youth.expect("IMMEDIATE")
    world.wait(minutes=2)

    first.expect_silence()
    youth.ignores("it is asked again")
    assert asked(world) == {"Youth"}


def test_they_are_not_asked_to_turn_to_another_call(world: World) -> None:
    (first,) = world.team("MCT 1")
    code = accepted(world, first)
    world.desk.ignores("rings, and that nobody is left")
    urgent = call_in(world, 1)
    assert may_turn(world, urgent) == ["MCT 1"]

    first.text("need help")

    first.expect("ALARM RAISED")
    assert may_turn(world, urgent) == []
    taken(world)
    assert may_turn(world, urgent) == ["MCT 1"]
    assert places(world, first) == [code]


def test_whoever_turns_reads_that_a_colleague_there_needs_help(world: World) -> None:
    _, officer, first = pair_on_its_way(world)
    (clinician,) = world.team("CIT 2", ("co_responder",))
    urgent = call_in(world, 1, "co_responder")
    code = code_of(world, urgent)
    world.ignores_texts("only what the officer reads matters")
    clinician.text(f"{code} 1")
    clinician.text("need help")
    propose(world, urgent)
    assert "Go there instead" in officer.inbox[-1]

    officer.text(f"{code} 1")

    assert places(world, officer) == [code]
    assert f"{code}: CIT 2 (clinician) needs help. The desk is alarmed." in officer.inbox
    assert by_code(world, first) != "accepted"


def test_a_person_sends_them_all_the_same(world: World) -> None:
    (first,) = world.team("MCT 1")
    cries(world, first)
    urgent = call_in(world, 2)

    assert "is assigned as clinician" in assign(world, urgent, first)

    first.expect(f"{code_of(world, urgent)} is yours, given to you by dispatch")
    assert places(world, first) == [code_of(world, urgent)]


def test_whoever_withdrew_is_asked_again_once_somebody_knows(world: World) -> None:
    (first,) = world.team("MCT 1", calls_at_once=3)
    code = accepted(world, first)
    first.text(f"{code} SCENE")
    first.expect("you are on scene")
    first.text(f"{code} unsafe")
    first.expect("you are withdrawn")
    world.desk.ignores("rings, and that nobody is left")

    other = call_in(world, 2)

    first.expect_silence()
    assert cause(world, other) == "in_alarm"
    taken(world, over=False)
    world.settle()
    first.expect(f"Reply {code_of(world, other)} 1=accept")


def test_whoever_answers_no_check_in_is_asked_for_nothing_else(world: World) -> None:
    (first,) = world.team("MCT 1", calls_at_once=3)
    code = accepted(world, first, 2)
    first.text(f"{code} SCENE")
    first.expect("you are on scene")
    for minutes in (20, 2, 2):
        world.wait(minutes=minutes, seconds=3)
    assert [one.kind for one in untaken(world)] == [AlarmKind.MISSED_CHECK_IN]
    assert all("Roster check" in one for one in world.phones.unread(first.number))
    assert first.inbox
    world.desk.ignores("rings, and that nobody is left")

    other = call_in(world, 2)

    first.expect_silence()
    assert cause(world, other) == "in_alarm"
    taken(world)
    first.expect(f"Reply {code_of(world, other)} 1=accept")


def test_more_of_their_team_are_asked_to_come_to_the_same_call(world: World) -> None:
    first, second = world.team("MCT 1", roles=("clinician", "clinician"), calls_at_once=3)
    wanted = call_in(world, 2)
    asked, other = (first, second) if world.phones.unread(first.number) else (second, first)
    code = code_of(world, wanted)
    asked.text(f"{code} 1")
    asked.text(f"{code} SCENE")
    asked.text(f"{code} unsafe")
    world.ignores_texts("only who is asked matters")

    assert other.inbox[-1].startswith("UNSAFE, a team left. URGENT")


@pytest.mark.parametrize("silent", [False, True])
def test_whoever_accepts_later_reads_that_a_colleague_there_needs_help_once(
    world: World, silent: bool
) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    all_read(clinician, officer)
    world.desk.ignores("rings")
    clinician.text(f"{call.code} 1")
    clinician.text(f"{call.code} SCENE")
    knows(world, clinician).text(f"{call.code} ok {WORD}" if silent else "need help")
    clinician.ignores("its own answers")

    officer.text(f"{call.code} 1")

    new = world.phones.unread(officer.number)
    officer.ignores("all of it is looked at here")
    said = f"{call.code}: CIT 1 (clinician) needs help. The desk is alarmed."
    assert new.count(said) == (0 if silent else 1)
    assert not any("alarm" in text.lower() for text in new if text != said)
