"""A call that belongs to the next county: ours until somebody there has taken it."""

from tests.stories.test_call_page import act, dispatcher, words
from tests.stories.test_calls import CALM, add
from tests.stories.test_cancellations import state
from tests.stories.test_reliefs import orphans
from tests.world import Browser, World
from triage.domain.lifecycle import CallState

__all__ = ["dispatcher"]

CARVER = {"neighbour": "Carver County 911"}


def test_it_is_ours_and_turns_red_until_they_have_taken_it(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="Millbrook, by the mill")
    assert phone.expect("PROMPT")
    assert "Choose whose call it is." in act(dispatcher, call, "/neighbour", {})
    told = act(dispatcher, call, "/neighbour", CARVER)
    assert "Ring Carver County 911: +12025550177." in told
    assert "Offered to Carver County 911" in words(dispatcher.get("/board").text)
    assert orphans(world) == 0
    phone.expect_silence()
    world.wait(seconds=61)
    assert "NOT TAKEN YET by Carver County 911: ring them" in words(dispatcher.get("/board").text)
    assert "late" in act(dispatcher, call, "/neighbour/answer", {"answer": "accepted"})
    assert state(world, call) is CallState.OPEN

    told = act(
        dispatcher, call, "/neighbour/answer", {"answer": "accepted", "who": "Position 3, Lee"}
    )
    assert "The neighboring center: took the call." in told
    assert "Position 3, Lee" in told
    assert "Ours who were asked are told to stand down." in told
    assert state(world, call) is CallState.CLOSED
    assert phone.expect("tand down")
    assert orphans(world) == 0


def test_where_nobody_of_ours_was_asked_nobody_is_said_to_be_told(
    world: World, dispatcher: Browser
) -> None:
    call = world.call(CALM)
    world.ignores_texts("nobody is left to ask")
    act(dispatcher, call, "/neighbour", CARVER)

    told = act(dispatcher, call, "/neighbour/answer", {"answer": "accepted", "who": "Lee"})

    assert "They have taken it." in told
    assert "Ours who were asked" not in told


def test_while_a_team_is_on_scene_its_backup_goes_on_too(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    assert phone.expect("PROMPT")
    phone.text(f"{call.code} 1")
    assert phone.expect("accepted, it is yours")
    phone.text(f"{call.code} SCENE")
    assert phone.expect("you are on scene")
    add(world, call, weapon="in_hand")
    phone.expect("something dangerous is known now")
    act(dispatcher, call, "/send", {})
    act(dispatcher, call, "/handed-over", {"unit": "4A12", "cad_number": "26-1"})
    act(dispatcher, call, "/neighbour", CARVER)
    told = act(dispatcher, call, "/neighbour/answer", {"answer": "accepted", "who": "Lee"})
    assert "took the call" in told
    assert "BY RADIO" not in told
    assert state(world, call) is CallState.OPEN
    (backup,) = [one for one in world.dispatches(call) if one.slots[0].unit == "4A12"]
    assert backup.state.value == "handed_over"
    phone.expect_silence()


def test_no_ending_closes_it_before_they_have_said_whether_they_take_it(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    assert phone.expect("PROMPT")
    phone.text(f"{call.code} 1")
    assert phone.expect("accepted, it is yours")
    act(dispatcher, call, "/neighbour", CARVER)
    for disposition in ("other_agency", "linked_to_care", "duplicate"):
        told = act(dispatcher, call, "/close", {"disposition": disposition})
        assert "Carver County 911 was offered this call. Write down first" in told
    command = {"command": f"end {call.code} other_agency"}
    told = dispatcher.submit("/board", command, to="/command", follow=True).text
    assert "Carver County 911 was offered this call" in words(told)
    assert state(world, call) is CallState.OPEN
    phone.expect_silence()
    act(dispatcher, call, "/neighbour/answer", {"answer": "accepted", "who": "Position 3"})
    assert state(world, call) is CallState.CLOSED
    assert phone.expect("tand down")


def test_refused_it_is_ours_again(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    assert phone.expect("PROMPT")
    act(dispatcher, call, "/neighbour", CARVER)
    told = act(dispatcher, call, "/neighbour/answer", {"answer": "refused"})
    assert "refused: the call is ours again." in told
    assert state(world, call) is CallState.OPEN
    assert world.dispatch(call, "mobile_crisis").state.value == "seeking"
    assert "Offered to" not in words(dispatcher.get("/board").text)
    phone.expect_silence()
