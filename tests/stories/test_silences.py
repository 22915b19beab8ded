"""After a silent alarm that team is asked nothing and told nothing new until somebody says that it
is over: whoever forces them and reads along learns nothing."""

from __future__ import annotations

from html import unescape

import pytest
from sqlalchemy import select

from tests.stories.test_alarms import words
from tests.stories.test_calls import CALM
from tests.stories.test_duress import WORD, knows, pair_on_scene
from tests.stories.test_escalation import call_in, state
from tests.stories.test_lost_phones import lose
from tests.stories.test_reachability import recruit
from tests.typical_calls import UNARMED
from tests.world import Browser, Phone, World
from triage.domain.alarms import AlarmKind
from triage.domain.delivery import Whose
from triage.domain.errors import Conflict
from triage.domain.phone_network import Refused as Away
from triage.services import alarms, communication_tests, outbox
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.safety import Alarm


def all_read(*phones: Phone) -> None:
    for phone in phones:
        assert phone.inbox


def the_alarm(world: World) -> Alarm:
    with world.context.reading() as uow:
        return uow.session.scalars(select(Alarm).where(Alarm.kind == AlarmKind.DURESS)).one()


def press(desk: Browser, world: World, what: str) -> str:
    """The button under Alarms."""
    answer = desk.submit("/alarms", {"next": "/alarms"}, f"/alarms/{the_alarm(world).id}/{what}")
    assert answer.status_code == 303
    return words(desk, "/alarms")


@pytest.fixture
def forced(world: World) -> tuple[Phone, Phone]:
    """A clinician on scene who has just said her word, and the officer with her."""
    clinician, officer, call = pair_on_scene(world, "CIT 1")
    knows(world, clinician)
    clinician.text(f"{call.code} ok {WORD}")
    all_read(clinician, officer)
    world.desk.expect_ring("Silent alarm of CIT 1")
    return clinician, officer


def test_who_asks_for_a_relief_that_nobody_is_found_for_is_answered_as_ever(
    world: World, forced: tuple[Phone, Phone]
) -> None:
    clinician, officer = forced

    clinician.text("need relief")

    clinician.expect("no relief found yet")
    clinician.expect_silence()
    officer.expect_silence()


def test_who_takes_a_call_by_a_key_reads_where_it_is_as_ever(world: World) -> None:
    """It rang when they said their word."""
    (alpha,) = world.team("Alpha", calls_at_once=2)
    call_in(world, 4)
    alpha.text(f"{alpha.code} 1")
    urgent = call_in(world, 1)
    world.wait(seconds=31)
    alpha.expect_ring("press 1 to accept")
    knows(world, alpha)
    alpha.text(f"ok {WORD}")
    all_read(alpha)
    world.desk.expect_ring("Silent alarm of Alpha")

    assert "A text with the place follows" in alpha.press("1")

    alpha.expect("Go to: Dockside Apartments")
    assert state(world, urgent) == "accepted"


def test_no_page_and_no_test_reaches_them_until_it_is_over(
    world: World, forced: tuple[Phone, Phone]
) -> None:
    clinician, officer = forced
    desk = world.client("dispatcher")
    press(desk, world, "take")

    world.desk.ignores("that nobody dispatches in CAD")
    world.call({**CALM, "weapon": "accessible"})
    world.context.do("test", lambda uow: communication_tests.start_now(uow, world.centre))
    world.wait(hours=1)

    for phone in forced:
        new = world.phones.unread(phone.number)
        assert all(text.startswith("Roster check") for text in new), "it would be noticed"
        assert phone.rings == []

    press(desk, world, "take")  # nobody had it any more: its holder was not seen for an hour
    press(desk, world, "over")
    all_read(*forced)
    world.context.do("test", lambda uow: communication_tests.start_now(uow, world.centre))
    clinician.expect("Test")
    officer.expect("Test")


def test_their_own_texts_get_the_ordinary_answer(world: World, forced: tuple[Phone, Phone]) -> None:
    clinician, officer = forced
    press(world.client("dispatcher"), world, "take")

    clinician.text("CLEAR")
    clinician.expect("clear")
    officer.expect_silence()


def test_another_team_is_asked_and_they_are_again_once_it_is_over(world: World) -> None:
    (first,) = world.team("MCT 1", calls_at_once=3)
    (second,) = world.team("MCT 2", zones=["elsewhere"], calls_at_once=3)
    knows(world, first).text(f"hello {WORD}")
    all_read(first)
    world.desk.expect_ring("Silent alarm of MCT 1")

    world.call(UNARMED)

    second.expect("1=accept")
    first.expect_silence()
    assert "MCT 1" not in {one.team.name for one in pages(world)}

    desk = world.client("dispatcher")
    press(desk, world, "take")
    press(desk, world, "over")
    world.call(UNARMED)
    first.expect("1=accept")


def pages(world: World) -> list[Page]:
    with world.context.reading() as uow:
        found = list(uow.session.scalars(select(Page)))
        assert all(page.team.name for page in found)
        return found


def test_a_page_that_waits_on_their_phone_moves_on(world: World) -> None:
    (first,) = world.team("MCT 1")
    world.call(UNARMED)
    first.expect("1=accept")
    (second,) = world.team("MCT 2")
    knows(world, first).text(f"what {WORD}")
    all_read(first)

    world.wait(minutes=10)

    first.expect_silence()
    second.expect("1=accept")
    world.desk.expect_ring("Silent alarm of MCT 1")


def test_whoever_joins_them_is_told_nothing_either_and_nobody_is_told_to_ring(
    world: World, forced: tuple[Phone, Phone]
) -> None:
    _, officer = forced
    with world.context.unit_of_work("test") as uow:
        call = the_alarm(world).call_id
        page = uow.session.scalars(
            select(Page).where(Page.responder_id == officer.responder_id)
        ).one()
        outbox.enqueue(
            uow,
            world.centre,
            kind="notice",
            to=officer.number,
            to_role="officer",
            body="Somebody comes with you.",
            priority=2,
            call_id=call,
            responder_id=page.responder_id,
        )
    world.settle()

    officer.expect_silence()
    with world.context.reading() as uow:
        told = uow.session.scalars(select(Message).where(Message.kind == "notice")).all()
        assert [(one.last_error, one.ring_since) for one in told] == [("silent_alarm", None)]
    assert "RING" not in words(world.client("dispatcher"), "/board")


def test_taking_it_does_not_hide_it(world: World, forced: tuple[Phone, Phone]) -> None:
    desk, next_shift = world.client("dispatcher"), world.client("dispatcher", "relief")
    with world.context.reading() as uow:
        call = uow.get(Alarm, the_alarm(world).id).call
        assert call is not None
        reference = call.reference
    press(desk, world, "take")

    for place in ("/board", f"/calls/{reference}", "/alarms", "/intake"):
        said = words(next_shift, place)
        assert "Do not ring, text or radio them" in said, place
        assert "Reach them by radio" not in said, place
    assert "silent alarm, not over" in words(next_shift, "/teams").lower()
    assert "Taken in the last 12 hours" in words(next_shift, "/alarms")

    assert "It is over" not in press(desk, world, "over")
    for place in ("/board", f"/calls/{reference}", "/alarms", "/intake"):
        assert "Do not ring, text or radio them" not in words(next_shift, place), place
    assert "is over: they may be rung" in words(next_shift, f"/calls/{reference}")


def test_only_what_is_taken_can_be_over_and_only_once(
    world: World, forced: tuple[Phone, Phone]
) -> None:
    desk = world.client("dispatcher")
    alarm = the_alarm(world)
    with (
        pytest.raises(Conflict, match="nobody has taken"),
        world.context.unit_of_work("test") as uow,
    ):
        alarms.end(uow, uow.get(Alarm, alarm.id))
    press(desk, world, "take")
    press(desk, world, "over")
    assert "Nothing was changed" in press(desk, world, "over")


def test_a_test_of_telephones_asks_nobody_who_is_to_be_sent_nothing_and_says_so(
    world: World, forced: tuple[Phone, Phone]
) -> None:
    """Afterwards too; and what stays on that page for months tells of no silent alarm."""
    desk, (lost,) = world.client("dispatcher"), world.team("MCT 9")
    lose(world, lost)
    press(desk, world, "take")
    answering = recruit(world, "MCT 8")

    world.client("supervisor").submit("/teams/tests", {})
    answering.expect("Test")
    answering.text("READY")
    answering.expect("texts reach you")
    press(desk, world, "over")
    world.wait(hours=25)

    page = words(world.client("dispatcher"), "/teams/tests")
    assert "4 on the roster: 1 answered 1 not reached 2 not asked" in page
    assert "MCT 9 clinician MCT 9 clinician Not reached phone lost" in page
    for role in ("clinician", "officer"):
        whose = f"CIT 1 {role} CIT 1 {role}"
        assert f"{whose} Not asked nothing was to be sent to them" in page
    assert "silent" not in page.lower()
    for phone in (*forced, lost):
        assert not [text for text in world.phones.unread(phone.number) if "Test" in text]
        phone.ignores("whether all is well")


def test_a_text_of_the_test_that_has_not_left_before_the_alarm_is_not_unanswered_either(
    world: World,
) -> None:
    clinician, officer = world.pair("CIT 1")
    knows(world, clinician)
    world.phones.no_texts = Away("20003", Whose.PROVIDER)
    world.client("supervisor").submit("/teams/tests", {})
    world.settle()
    clinician.text(f"hello {WORD}")
    clinician.ignores("an ordinary answer")
    world.phones.no_texts = None
    world.wait(minutes=5)

    page = words(world.client("dispatcher"), "/teams/tests")

    assert "CIT 1 officer CIT 1 officer Not asked nothing was to be sent to them" in page
    assert "2 on the roster: 1 answered 1 not asked" in page  # a text is an answer
    officer.expect_silence()
    world.desk.expect_ring("Silent alarm of CIT 1")


def test_one_silent_alarm_is_one_persons_and_who_is_with_them_is_told_apart(
    world: World, forced: tuple[Phone, Phone]
) -> None:
    desk = world.client("dispatcher")

    board, teams = (unescape(words(desk, place)) for place in ("/board", "/teams"))

    assert "2 people on duty now or soon may not be reached by text" in board
    theirs, colleague = board.split("CIT 1 (clinician)")[-1].split("CIT 1 (officer)")
    assert (
        "silent alarm, not over Do not ring, text or radio them, they are asked nothing." in theirs
    )
    assert "a colleague's silent alarm, not over The alarm is not theirs. Do not ring" in colleague
    assert teams.count("Silent alarm, not over") == 1
    assert teams.count("A colleague's silent alarm, not over") == 1
    assert "Nobody on shift" not in teams  # they are, and are not asked
