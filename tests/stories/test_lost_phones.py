"""A phone is lost: at once it gets nothing and counts for nothing; a supervisor leads back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.stories.test_addresses import PIN, with_pin
from tests.stories.test_alarms import on_a_call, signs_in, untaken, words
from tests.stories.test_calls import CALM
from tests.stories.test_duress import WORD, knows
from tests.stories.test_replies import outcomes, unread
from tests.world import Browser, Phone, World
from triage.domain.alarms import AlarmKind
from triage.domain.delivery import Whose
from triage.domain.errors import Conflict
from triage.domain.phone_network import Refused, Unknown
from triage.services import dispatches, lost_phones, outbox, verification
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.teams import Responder


def lose(world: World, phone: Phone) -> None:
    assert phone.responder_id is not None
    key = phone.responder_id
    world.context.do(
        "test", lambda uow: lost_phones.report(uow, world.centre, uow.get(Responder, key))
    )
    world.settle()


def press(browser: Browser, path: str, words: str, at: str) -> int:
    """Send the form on this page whose address ends so."""
    page = browser.get(path).get_data(as_text=True)
    found = re.search(rf'action="([^"]+{at})"', page)
    assert found, words
    return int(browser.submit(path, {}, to=found[1]).status_code)


@pytest.mark.parametrize("role", ["dispatcher", "supervisor", "clinician"])
def test_the_member_a_dispatcher_or_a_supervisor_reports_it(world: World, role: str) -> None:
    (phone,) = world.team("CIT 1")
    theirs = signs_in(world, phone, "test-member")

    if role == "clinician":
        assert press(theirs, "/account/safety", "My phone", "/lost") == 303
    else:
        assert press(world.client(role), "/teams", "Phone lost", "/phone-lost") == 303

    assert world.audited("member.phone_lost") == 1
    answer = theirs.get("/account/safety")
    assert answer.status_code == 302  # signed out
    assert "/sign-in" in answer.headers["Location"]


def test_nobody_reports_anothers_phone_on_their_own_page(world: World) -> None:
    one, two = world.pair("CIT 1")
    theirs = signs_in(world, one)

    path = f"/account/safety/phones/{two.responder_id}/lost"
    assert theirs.submit("/account/safety", {}, to=path).status_code == 403
    assert theirs.submit("/account/safety", {}, to=f"/members/{two.responder_id}/phone-lost")
    assert world.audited("member.phone_lost") == 0


def test_open_pages_move_on_and_unsent_texts_are_taken_back(world: World) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    call = world.call(CALM)
    alpha.expect("Reply")

    lose(world, alpha)

    bravo.expect(f"Reply {call.code}")
    alpha.expect_silence()
    bravo.text(f"{call.code} 2")
    bravo.expect("declined.")
    world.desk.expect("nobody is left to ask")
    world.call(CALM)
    world.wait(minutes=10)
    world.desk.expect("nobody is left to ask")
    bravo.expect("PROMPT, within 60 min")
    alpha.expect_silence()


def test_what_is_texted_from_it_does_nothing_and_is_shown_to_dispatchers(world: World) -> None:
    phone, call = on_a_call(world)
    before = len(phone.inbox)
    lose(world, phone)

    for body in (f"{call.code} SCENE", "1", "what is the address", f"{call.code} ADDR", "START"):
        phone.text(body)

    assert len(phone.inbox) == before
    assert phone.rings == []
    assert set(outcomes(world)[-5:]) == {"phone_lost"}
    assert f"{call.code} SCENE" in unread(world)
    assert world.dispatch(call, "mobile_crisis").state.value == "accepted"
    board = words(world.client("dispatcher"), "/board")
    assert "from a phone reported lost" in board
    assert "phone lost. Reach them by radio." in board


@pytest.mark.parametrize("said", ["need help", "HELP", "unsafe"])
def test_a_cry_for_help_from_it_is_an_alarm_and_gets_no_answer(world: World, said: str) -> None:
    phone, call = on_a_call(world)
    before = len(phone.inbox)
    lose(world, phone)

    phone.text(said)

    assert len(phone.inbox) == before
    (alarm,) = untaken(world)
    assert alarm.call_id == call.id
    world.desk.expect_ring("needs help")


def test_their_word_from_it_is_a_silent_alarm_and_gets_no_answer(world: World) -> None:
    phone, call = on_a_call(world)
    knows(world, phone)
    before = len(phone.inbox)
    lose(world, phone)

    phone.text(f"{call.code} ok {WORD}")

    assert len(phone.inbox) == before
    (alarm,) = untaken(world)
    assert (alarm.kind, alarm.call_id) == (AlarmKind.DURESS, call.id)
    world.desk.expect_ring("Silent alarm of CIT 1")
    assert f"{call.code} ok" in unread(world)


def test_a_ring_that_is_on_the_line_accepts_and_reads_nothing(world: World) -> None:
    phone, call = on_a_call(world)
    with_pin(world, phone)
    phone.text(f"{call.code} ADDR")
    phone.expect("your phone rings now")
    phone.pick_up()

    lose(world, phone)

    said = phone.press(PIN)
    assert "Pier" not in said
    assert "<Gather" not in said


def test_the_way_back_is_a_supervisors_and_begins_with_a_new_verification(world: World) -> None:
    (phone,) = world.team("CIT 1")
    lose(world, phone)
    assert phone.responder_id is not None
    key = phone.responder_id
    supervisor, dispatcher = world.client("supervisor"), world.client("dispatcher")
    assert "Phone found" not in dispatcher.get("/teams").get_data(as_text=True)
    forbidden = dispatcher.submit("/teams", {}, to=f"/members/{key}/phone-found")
    assert forbidden.status_code == 403
    with pytest.raises(Conflict, match="say first that it is found"):
        world.context.do(
            "test", lambda uow: verification.by_hand(uow, world.centre, uow.get(Responder, key))
        )

    with world.context.reading() as uow:
        team_id = uow.get(Responder, key).team_id
    assert press(supervisor, f"/teams/{team_id}", "found", "/phone-found") == 303

    word = phone.expect("to be paged").split("Reply ")[1].split()[0]
    world.call(CALM)
    phone.expect_silence()
    phone.text(word)
    phone.expect("pages you on this phone")
    assert world.audited("member.phone_found") == 1
    call = world.call(CALM)
    phone.expect(f"Reply {call.code}")


def test_another_number_is_a_way_back_too(world: World) -> None:
    (phone,) = world.team("CIT 1")
    lose(world, phone)
    assert phone.responder_id is not None
    key, fresh = phone.responder_id, Phone(world, world.phone_number(), phone.responder_id)

    world.context.do(
        "test",
        lambda uow: verification.change_number(
            uow, world.centre, uow.get(Responder, key), fresh.number
        ),
    )

    word = fresh.expect("to be paged").split("Reply ")[1].split()[0]
    phone.text(word)
    phone.expect("nobody reads texts to this number")
    assert outcomes(world) == ["unknown_number"]
    fresh.text(word)
    fresh.expect("pages you on this phone")


def test_reporting_it_twice_changes_nothing(world: World) -> None:
    (phone,) = world.team("CIT 1")
    lose(world, phone)

    with pytest.raises(Conflict, match="lost already"):
        lose(world, phone)


# --- texts that had not left, or perhaps had ------------------------------------------------

AWAY = Refused("no connection: ConnectionError", Whose.PROVIDER)


def new_number(world: World, phone: Phone) -> Phone:
    """Another telephone, which a supervisor has seen in their hand."""
    key = phone.responder_id
    assert key is not None
    fresh = Phone(world, world.phone_number(), key)
    with world.context.unit_of_work("test") as uow:
        member = uow.get(Responder, key)
        verification.change_number(uow, world.centre, member, fresh.number)
        verification.by_hand(uow, world.centre, member)
    world.settle()
    fresh.ignores("on duty it is asked whether texts reach it")
    return fresh


def cancel(world: World, call: Call) -> None:
    with world.context.unit_of_work("test") as uow:
        row = uow.get(Dispatch, world.dispatch(call, "mobile_crisis").id)
        dispatches.cancel(uow, world.centre, row, "not_needed")
    world.settle()


def to_ring(world: World) -> list[str]:
    """The kinds of the texts that a person should tell instead."""
    with world.context.reading() as uow:
        return [message.kind for message in outbox.to_ring(uow, 9)]


@pytest.mark.parametrize("gone", [lose, new_number])
def test_an_answer_in_doubt_is_not_sent_again_to_a_phone_that_is_theirs_no_more(
    world: World, gone: Callable[[World, Phone], Phone | None]
) -> None:
    (phone,) = world.team("CIT 1")
    call = world.call(CALM, location="Pier 3")
    phone.expect("Reply")
    world.phones.broken = Unknown("timeout")
    phone.text(f"{call.code} 1")
    changed = gone(world, phone)

    world.phones.broken = None
    world.wait(minutes=2)
    if changed:
        assert any("to be paged on this phone" in text for text in changed.inbox)
    world.wait(minutes=2)

    phone.expect_silence()
    assert to_ring(world) == []


@pytest.mark.parametrize("outcome", [AWAY, Unknown("timeout")], ids=["unsent", "in doubt"])
@pytest.mark.parametrize("gone", [lose, new_number])
def test_that_they_need_not_come_is_told_by_a_person_where_no_text_may_tell_it(
    world: World, gone: Callable[[World, Phone], Phone | None], outcome: Refused | Unknown
) -> None:
    phone, call = on_a_call(world)
    world.phones.broken = outcome
    cancel(world, call)

    changed = gone(world, phone)
    world.phones.broken = None
    world.wait(minutes=2)
    if changed:
        assert any("to be paged on this phone" in text for text in changed.inbox)
    world.wait(minutes=2)

    phone.expect_silence()
    assert to_ring(world) == ["stand_down"]
    assert re.search(
        r"CIT 1 \(clinician\)\s+Stand down", words(world.client("dispatcher"), "/watch")
    )


@pytest.mark.parametrize("gone", [lose, new_number])
def test_that_they_need_not_come_is_a_persons_to_tell_at_once_not_when_texts_leave_again(
    world: World, gone: Callable[[World, Phone], Phone | None]
) -> None:
    phone, call = on_a_call(world)
    world.phones.broken = AWAY
    cancel(world, call)

    gone(world, phone)

    assert to_ring(world) == ["stand_down"]


def test_an_answer_to_a_number_of_nobody_and_the_code_word_to_a_new_one_still_go(
    world: World,
) -> None:
    (phone,) = world.team("CIT 1")
    stranger = world.stranger()
    world.phones.broken = AWAY
    stranger.text("hello")
    fresh = new_number(world, phone)

    world.phones.broken = None
    world.wait(minutes=2)

    assert stranger.inbox
    assert any("to be paged" in text for text in fresh.inbox)
    call = world.call(CALM)
    fresh.expect(f"Reply {call.code}")
