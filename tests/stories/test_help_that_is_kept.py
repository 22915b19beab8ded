"""While somebody on a call needs help, or does not answer, what is done there for another reason
calls off nobody who comes: they are the help at hand."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.stories.test_alarms import signs_in, untaken
from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM, add, responses, state
from tests.stories.test_cancellations import WISH
from tests.stories.test_changes_in_alarm import OTHER, words
from tests.stories.test_clearing_by_desk import in_need, places
from tests.stories.test_diverts import accepted, offered, propose
from tests.stories.test_diverts_that_end import asked, page_of
from tests.stories.test_escalation import call_in, code_of
from tests.stories.test_hushed_teams import press
from tests.stories.test_neighbours import CARVER
from tests.world import Browser, Phone, World
from triage.domain.alarms import AlarmKind
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch

ALARM_STANDS = "CIT 1 (clinician) NEEDS HELP on this call, and that alarm is not over."
COMES_AS_WELL = "Nobody is called off meanwhile: what you choose is sent in addition."


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def on_the_way(world: World) -> tuple[Phone, Call]:
    world.ignores_texts("what is asked on the way is told elsewhere")
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="Pier 3")
    phone.text(f"{call.code} 1")
    return phone, call


def falls_silent(world: World) -> None:
    """They are asked twice on their way whether all is well."""
    for minutes in (20.1, 2.1, 2.1):
        world.wait(seconds=60 * minutes)
    (alarm,) = untaken(world)
    assert alarm.kind is AlarmKind.MISSED_CHECK_IN


def test_another_response_comes_in_addition_to_her_backup(
    world: World, dispatcher: Browser
) -> None:
    _, _, call = in_need(world)
    page = words(dispatcher, f"/calls/{call.reference}")
    assert f"{ALARM_STANDS} First reach them by radio" in page
    assert COMES_AS_WELL in page
    assert "Send this as well" in page
    assert "will be told to stand down" not in page

    told = act(dispatcher, call, "/override", OTHER)
    assert "An alarm stands on this call, so nobody is called off" in told
    assert "police" in responses(world, call)
    assert places(world, call)[:2] == ["on_scene", "en_route"]

    press(dispatcher, world, AlarmKind.HELP, "take", "over")
    assert COMES_AS_WELL not in words(dispatcher, f"/calls/{call.reference}")


def test_another_county_that_takes_the_call_sends_nobody_home(
    world: World, dispatcher: Browser
) -> None:
    _, _, call = in_need(world)
    act(dispatcher, call, "/neighbour", CARVER)
    told = act(dispatcher, call, "/neighbour/answer", {"answer": "accepted", "who": "Lee"})
    assert "An alarm stands on this call, so ours go on and it stays open." in told
    assert places(world, call) == ["on_scene", "en_route"]
    assert state(world, call) == "open"


def test_who_comes_to_somebody_in_danger_is_not_asked_to_turn(
    world: World, dispatcher: Browser
) -> None:
    phone, _ = on_the_way(world)
    falls_silent(world)
    urgent = call_in(world, 1, "mobile_crisis")
    assert offered(world, urgent) == []

    press(dispatcher, world, AlarmKind.MISSED_CHECK_IN, "take", "over")
    assert offered(world, urgent) == ["Mobile 9"]
    propose(world, urgent)
    assert "Go there instead" in phone.inbox[-1]


def test_a_question_to_turn_ends_when_a_colleague_there_needs_help(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = asked(world, 1, [alpha])
    alpha.text(f"{first} ASSIST")
    alpha.expect("ALARM RAISED")
    alpha.text(f"{code_of(world, urgent)} 1")
    alpha.expect("This question is over. Stay on your call.")
    assert "Somebody on the call of Alpha needs help" in page_of(world, urgent)
    world.ignores_texts("what else is told of it is another story")


def test_nobody_reads_on_their_own_page_that_they_do_not_answer(
    world: World, dispatcher: Browser
) -> None:
    phone, call = on_the_way(world)
    add(world, call, weapon="accessible")
    own = signs_in(world, phone)
    act(dispatcher, call, "/never-mind", WISH)
    falls_silent(world)
    told = act(own, call, "/never-mind/answer", {"answer": "agree"})
    assert "dispatch has to end this call: ask them" in told.lower()
    assert "DOES NOT ANSWER" not in told
    assert "that alarm is not over" not in told
    assert state(world, call) == "open"
    with world.context.reading() as uow:
        (dispatch,) = uow.session.scalars(select(Dispatch).where(Dispatch.call_id == call.id)).all()
        assert dispatch.state.value == "accepted"
