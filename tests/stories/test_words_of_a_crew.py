"""What a crew on a call texts in words of its own: a person reads all of it, at once."""

from __future__ import annotations

from tests.stories.test_alarms import untaken
from tests.stories.test_call_page import words
from tests.stories.test_calls import CALM
from tests.stories.test_doubtful_replies import accepted
from tests.stories.test_page_links import in_text, open_
from tests.stories.test_replies import unread
from tests.world import World
from triage.storage.calls import Call

DOOR = "we cannot find the door, man with gun on stairs"
HURRY = "hurry he is shooting"
MARK = "TEXT FROM THE CREW, nobody has read it"


def row_of(world: World, call: Call) -> str:
    """The call's own row, without the list at the foot of the board."""
    board = world.client("dispatcher").get("/board").text
    row: str = board.split(f'<li id="row-{call.reference}"')[1]
    return row.split('<p class="how-old">', maxsplit=1)[0]


def test_all_that_a_crew_writes_is_before_the_desk_at_once(world: World) -> None:
    phone, call = accepted(world)

    phone.text(DOOR)

    said = phone.expect("The desk reads your text.")
    assert f"Reply {call.code} with GO" in said
    assert unread(world) == [DOOR]
    row = row_of(world, call)
    assert MARK in row
    assert DOOR in row
    world.wait(seconds=3)
    phone.text(HURRY)
    phone.expect("A dispatcher reads your text")
    assert unread(world) == [HURRY, DOOR]
    row = row_of(world, call)
    assert "2 TEXTS FROM THE CREW, nobody has read them" in row
    assert row.index(DOOR) < row.index(HURRY)

    world.wait(minutes=6)
    phone.text(f"{call.code} scene")  # a command takes nothing back of what was written
    phone.expect("you are on scene")
    assert unread(world) == [HURRY, DOOR]


def test_who_had_to_leave_writes_and_it_is_before_the_desk_at_once(world: World) -> None:
    phone, call = accepted(world)
    for said, answer in (("scene", "you are on scene"), ("unsafe", "you are withdrawn")):
        phone.text(f"{call.code} {said}")
        phone.expect(answer)
    world.ignores_texts("the alarm and who is asked next are other stories")

    phone.text(DOOR)

    assert "The desk reads your text." in phone.inbox[-1]
    assert unread(world) == [DOOR]
    assert DOOR in row_of(world, call)


def test_what_was_read_leaves_the_row(world: World) -> None:
    phone, call = accepted(world)
    phone.text(f"{call.code} {DOOR}")
    phone.expect("The desk reads your text.")
    row = row_of(world, call)
    key = row.split("/board/texts/")[1].split("/noted")[0]

    world.client("dispatcher").submit("/board", {}, f"/board/texts/{key}/noted")

    assert MARK not in row_of(world, call)
    assert unread(world) == []


def test_on_two_calls_it_stands_on_one_of_them_and_is_asked_of_which(world: World) -> None:
    phone, one = accepted(world, calls_at_once=2)
    two = world.call(CALM)
    phone.expect(two.code)
    phone.text(f"{two.code} 1")
    phone.expect("it is yours")

    phone.text(DOOR)

    said = phone.expect("The desk reads your text.")
    assert one.code in said
    assert two.code in said
    assert unread(world) == [DOOR]
    assert sum(DOOR in row_of(world, call) for call in (one, two)) == 1


def test_a_command_that_cannot_be_done_yet_is_asked_back_as_before(world: World) -> None:
    phone, call = accepted(world)

    for said in (f"{call.code} ETA", "listo", "accept decline"):
        phone.text(said)
        phone.expect("")
        assert unread(world) == [], said
        phone.text(f"{call.code} ok")
        phone.expect("thank you, noted")
    assert MARK not in row_of(world, call)


def test_a_partner_reads_on_their_page_who_needs_help_and_who_has_it(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    link = None
    for phone in (clinician, officer):
        phone.expect(call.code)
        phone.text(f"{call.code} 1")
        link = in_text(phone.expect("it is yours"))
    clinician.expect("has accepted too")
    assert link is not None
    partner, path = open_(world, link)
    assert "needs help" not in words(partner.get(path).text)

    clinician.text("assist")

    clinician.expect("ALARM RAISED")
    officer.expect("CIT 1 (clinician) needs help. The desk is alarmed.")
    said = "CIT 1 (clinician) needs help, and nobody at the desk has taken it yet."
    assert said in words(partner.get(path).text)
    world.desk.expect_ring("Alarm. CIT 1")
    (alarm,) = untaken(world)
    world.client("dispatcher").submit("/board", {}, f"/alarms/{alarm.id}/take")
    page = words(partner.get(path).text)
    assert said not in page
    assert "CIT 1 (clinician) needs help." in page
