"""Texts that could mean two things: none does the wrong one, and no cry for help is lost."""

from __future__ import annotations

import pytest

from tests.stories.test_alarms import untaken
from tests.stories.test_calls import CALM
from tests.stories.test_check_ins import ASKED, on_scene
from tests.stories.test_check_ins import outcomes as checks
from tests.stories.test_replies import standing, unread
from tests.world import Phone, World
from triage.domain.alarms import AlarmKind
from triage.storage.calls import Call


def accepted(world: World, **more: int) -> tuple[Phone, Call]:
    (phone,) = world.team("MCT 1", **more)
    call = world.call(CALM)
    phone.expect("Reply")
    phone.text(f"{call.code} 1")
    phone.expect("it is yours")
    return phone, call


def kinds(world: World) -> set[AlarmKind]:
    return {alarm.kind for alarm in untaken(world)}


# --- whether all is well ----------------------------------------------------------------------


def test_on_the_way_a_bare_no_is_asked_back_and_silence_then_is_an_alarm(world: World) -> None:
    phone, call = accepted(world)
    world.wait(minutes=world.centre.policy.check_en_route_min, seconds=5)
    phone.expect(ASKED)

    phone.text("no")

    phone.expect(f"Not understood, nothing was changed. Reply {call.code} with GO")
    assert standing(world, call)[0] == "accepted"
    assert checks(world) == [None]
    phone.ignores("it is asked again")
    for _ in range(2):
        world.wait(seconds=world.centre.policy.check_answer_s + 5)
    world.desk.expect_ring("Alarm. MCT 1")
    assert kinds(world) == {AlarmKind.MISSED_CHECK_IN}


def test_on_the_way_a_no_with_the_code_gives_it_back(world: World) -> None:
    phone, call = accepted(world)
    world.wait(minutes=world.centre.policy.check_en_route_min, seconds=5)
    phone.expect(ASKED)

    phone.text(f"{call.code} no")

    phone.expect("you have given it back")
    world.desk.expect("nobody is left to ask")
    assert untaken(world) == []


@pytest.mark.parametrize("said", ["all clear", "{code} listo", "lista", "listo, todo bien"])
def test_all_clear_is_an_answer_to_whether_all_is_well_and_ends_nothing(
    world: World, said: str
) -> None:
    phone, call = on_scene(world)
    world.wait(minutes=20, seconds=5)
    phone.expect(ASKED)

    phone.text(said.format(code=call.code))

    phone.expect("thank you, noted")
    assert checks(world) == ["answered"]
    assert standing(world, call)[0] == "on_scene"


@pytest.mark.parametrize("said", ["listo", "{code} listo", "all clear"])
def test_listo_before_they_are_there_is_only_a_manner_of_speaking(world: World, said: str) -> None:
    phone, call = accepted(world)

    phone.text(said.format(code=call.code))

    phone.expect("Not understood, nothing was changed")
    assert standing(world, call)[0] == "accepted"
    phone.text(f"{call.code} scene")
    phone.expect("you are on scene")
    phone.text(said.format(code=call.code))
    phone.expect(f"{call.code} cleared, you are free")


# --- cries for help ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    ["{code}ASSIST", "assist{code}", "{code}help", "HELPPP", "heelp", "helpme", "911", "{code} 911",
     "emergency", "shots fired near the door"],
)  # fmt: skip
def test_a_cry_for_help_in_a_hurry_is_one(world: World, said: str) -> None:
    phone, call = accepted(world)

    phone.text(said.format(code=call.code))

    world.desk.expect_ring("Alarm. MCT 1")
    assert call.code in phone.expect("ALARM RAISED")


@pytest.mark.parametrize(
    "said",
    ["I am off duty. In an emergency call 911", "no emergency", "is it an emergency?", "2 of 911"],
)
def test_what_a_machine_says_of_emergencies_is_no_cry(world: World, said: str) -> None:
    phone, _ = accepted(world)

    phone.text(said)

    phone.expect("nothing was changed")
    assert untaken(world) == []


def test_a_cry_for_help_is_not_raised_on_calls_of_long_ago(world: World) -> None:
    """Whoever never says whether it was the right team has owed it for each of them."""
    (phone,) = world.team("MCT 1", calls_at_once=3)
    for _ in range(3):
        old = world.call(CALM)
        phone.text(f"{old.code} 1")
        phone.text(f"{old.code} scene")
        phone.text(f"{old.code} clear")
    world.wait(hours=3)
    phone.ignores("the calls of long ago")

    phone.text("assist")

    world.desk.expect_ring("Alarm. MCT 1")
    (alarm,) = untaken(world)
    assert alarm.call_id is None


# --- a yes that is none -----------------------------------------------------------------------


@pytest.mark.parametrize("said", ["YES", "Sí", "{code} yes"])
def test_whoever_says_yes_to_a_page_is_told_what_to_type_and_then_a_person_reads_it(
    world: World, said: str
) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")

    phone.text(said.format(code=call.code))
    phone.expect(f"Reply {call.code} 1 to accept")
    assert unread(world) == []
    world.wait(minutes=1.9)
    phone.text(said.format(code=call.code))

    phone.expect("A dispatcher reads your text")
    assert unread(world) == [said.format(code=call.code)]
    assert world.audited("page.accepted") == 0


def test_a_bare_yes_is_not_given_to_the_newer_of_two_calls_that_may_be_meant(world: World) -> None:
    (phone,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    one = world.call(CALM)
    phone.expect(one.code)
    world.wait(minutes=6)
    bravo.expect(one.code)  # was asked next, and has not answered
    two = world.call(CALM)
    phone.expect(two.code)

    phone.text("1")

    asked = phone.expect("Which one?")
    assert one.code in asked
    assert two.code in asked
    assert world.audited("page.accepted") == 0
    phone.text(f"{one.code} 1")
    phone.expect(f"{one.code} accepted, it is yours")
    bravo.expect("stand down")


def test_a_no_that_comes_twice_gives_no_other_call_back(world: World) -> None:
    """Under two keys, as a carrier may bring it, or a thumb that strikes twice."""
    phone, one = accepted(world, calls_at_once=2)
    two = world.call(CALM)
    phone.expect(two.code)

    phone.text("2")
    phone.expect(f"{two.code} declined")
    world.desk.expect("nobody is left to ask")
    phone.text("2")

    phone.expect(f"{two.code} declined")
    assert standing(world, one)[0] == "accepted"
    world.wait(seconds=11)
    phone.text("2")
    phone.expect(f"{one.code}: you have given it back")
    world.desk.expect("nobody is left to ask")


# --- texts of nobody that we know ---------------------------------------------------------------


@pytest.mark.parametrize("said", ["STOP", "stopall", "Unsubscribe"])
def test_a_stranger_who_wants_no_texts_gets_none(world: World, said: str) -> None:
    stranger = world.stranger()

    stranger.text(said)

    stranger.expect_silence()
    assert unread(world) == [said]


def test_strangers_do_not_push_a_members_text_off_the_list(world: World) -> None:
    phone, call = accepted(world)
    for said in ("maybe", "maybe later then"):
        phone.text(f"{call.code} {said}")
        phone.expect("nothing was changed")
    for _ in range(25):
        stranger = world.stranger()
        stranger.ignores("the polite answer")
        stranger.text("win a prize")

    assert unread(world)[0] == f"{call.code} maybe later then"
