"""Who stops our texts and starts them again is asked again, and told what they missed; who is only
asked about a lesser call is there for a more urgent one."""

from __future__ import annotations

import pytest

from tests.stories.test_alarms import words
from tests.stories.test_calls import CALM, add
from tests.stories.test_escalation import call_in, code_of, state
from tests.world import World

ARMED = {**CALM, "weapon": "accessible"}
DANGER = "something dangerous is known"


@pytest.fixture(autouse=True)
def texts(world: World) -> None:
    world.ignores_texts("what stands in the inbox matters here")


def test_the_only_team_is_asked_again_once_it_starts_our_texts(world: World) -> None:
    (phone,) = world.team("Alpha")
    call = world.call(CALM)
    world.settle()
    phone.text("STOP")
    assert world.dispatch(call, "mobile_crisis").state.value == "unfilled"
    phone.text("START")
    world.settle()
    asks = [text for text in phone.inbox if f"Reply {call.code} 1" in text]
    assert len(asks) == 2
    phone.text(f"{call.code} 1")
    assert world.dispatch(call, "mobile_crisis").state.value == "accepted"


def test_whoever_has_said_no_before_they_stopped_our_texts_is_not_asked_again(
    world: World,
) -> None:
    (phone,) = world.team("Alpha")
    call = world.call(CALM)
    world.settle()
    phone.text(f"{call.code} 2")
    for word in ("STOP", "START"):
        phone.text(word)
    world.wait(minutes=1)
    assert len([text for text in phone.inbox if f"Reply {call.code} 1" in text]) == 1


def test_who_comes_and_has_stopped_our_texts_is_told_of_a_danger_by_radio(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call(ARMED)
    for phone in (clinician, officer):
        phone.text(f"{call.code} 1")
    clinician.text("STOP")
    world.wait(seconds=5)
    add(world, call, violence_now="physical")
    page = words(world.client("dispatcher"), f"/calls/{call.reference}")
    assert "They were told by radio" in page
    assert "TELL CIT 1 BY RADIO" in page
    assert not any(DANGER in text for text in clinician.inbox)

    clinician.text("START")
    world.settle()
    assert len([text for text in clinician.inbox if DANGER in text]) == 1


def test_a_question_about_a_lesser_call_keeps_nobody_from_the_most_urgent(world: World) -> None:
    (alpha,) = world.team("Alpha")
    lesser = call_in(world, 4)
    (bravo,) = world.team("Bravo")
    urgent = call_in(world, 1)
    bravo.text(f"{code_of(world, urgent)} 2")
    world.wait(minutes=2)
    code = code_of(world, urgent)
    assert any(f"Reply {code} 1" in text for text in alpha.inbox)
    alpha.text(f"{code} 1")
    assert state(world, urgent) == "accepted"
    assert state(world, lesser) == "seeking"
