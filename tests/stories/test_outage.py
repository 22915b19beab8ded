"""The carrier is away: nobody is passed over, people are told to ring, and nothing is lost."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.stories.test_escalation import call_in, code_of, lay_down, state, step, supervisor
from tests.world import Browser, FakePhones, Phone, World
from triage.domain.delivery import MOST_COPIES, AttemptState, Whose
from triage.domain.lifecycle import PageState
from triage.domain.phone_network import OutboundCall, OutboundSms, Outcome, Refused, Unknown
from triage.services import dispatches, outbox, provider_health, reports
from triage.services.reports import Report
from triage.storage.attempts import Attempt
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page
from triage.storage.messages import Message
from triage.storage.teams import Responder, Shift
from triage.storage.timers import ClockShift

AWAY = Refused("no connection: NewConnectionError", Whose.PROVIDER)


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def send(world: World, call: Call, rank: int = 2) -> Dispatch:
    """A team is owed to this call; nobody has been texted yet."""
    urgency = dispatches.Urgency({1: "EMERGENCY", 2: "URGENT", 3: "SOON"}[rank], rank, 30, 2)
    with world.context.unit_of_work("test") as uow:
        made = dispatches.open_dispatch(
            uow, world.centre, uow.get(Call, call.id), "mobile_crisis", urgency, "by_hand"
        )
    assert made is not None
    return made


def calls_that_need_a_team(world: World, number: int) -> list[Call]:
    return [world.call({"problem_type": "other"}) for _ in range(number)]


def pages(world: World) -> list[Page]:
    with world.context.reading() as uow:
        return list(uow.session.scalars(select(Page).order_by(Page.created_at, Page.id)))


def test_after_eight_hours_what_still_helps_goes_out_by_priority_and_nothing_stale(
    world: World,
) -> None:
    phones = [phone for n in range(4) for phone in world.team(f"MCT {n}")]
    routine, urgent, over = calls_that_need_a_team(world, 3)
    world.phones.broken = AWAY
    send(world, routine, 3)
    send(world, urgent, 1)
    ended = send(world, over)
    with world.context.unit_of_work("test") as uow:
        outbox.enqueue(
            uow,
            world.centre,
            kind="update",
            to=phones[0].number,
            to_role="clinician",
            body="old news",
            priority=0,
        )
    for _ in range(8 * 20):
        world.wait(minutes=3)
    with world.context.unit_of_work("test") as uow:
        dispatches.cancel(uow, world.centre, uow.get(Dispatch, ended.id), "not_needed")
    world.phones.broken = None
    world.wait(seconds=6)
    phones[1].expect("EMERGENCY, within 30 min")
    phones[1].expect_ring("Emergency page")
    phones[0].expect("SOON, within 30 min")

    world.desk.ignores("that nobody dispatches in CAD")
    told = [sms.body for sms in world.phones.sent if sms.to != world.desk.number]
    assert [urgent.code in told[0], routine.code in told[1]] == [True, True]
    assert not any(over.code in body or "old news" in body for body in told)
    assert len(told) == 2
    first = pages(world)
    assert [page.number for page in first] == [1, 1, 1]  # nobody was passed over
    assert [page.state for page in first].count(PageState.OPEN) == 2
    assert all(page.answer_by > page.created_at + timedelta(hours=8) for page in first[:2])


class Muddled(FakePhones):
    """Takes what it is given, answers with an error and tells nobody what it took."""

    calls_too = False

    def send(self, sms: OutboundSms) -> Outcome:
        super().send(sms)
        return Unknown("http 500")

    def call(self, call: OutboundCall) -> Outcome:
        told = super().call(call)
        return Unknown("http 500") if self.calls_too else told


@pytest.fixture
def muddled(world: World) -> World:
    return World(replace(world.context, phone=Muddled()), world.phones)


def by_page(world: World) -> Counter[tuple[str, UUID | None]]:
    """How many texts were handed over for each page, and to whom."""
    with world.context.reading() as uow:
        made = uow.session.execute(
            select(Responder, Message.page_id)
            .join(Message, Message.responder_id == Responder.id)
            .join(Attempt)
            .where(Message.kind == "page")
        ).all()
        return Counter((who.name or "", page_id) for who, page_id in made)


@pytest.mark.parametrize("calls_too", [False, True])
def test_after_eight_hours_of_doubt_everybody_was_asked_and_nobody_had_a_third_copy(
    muddled: World, calls_too: bool
) -> None:
    world, network = muddled, muddled.context.phone
    assert isinstance(network, Muddled)
    network.calls_too = calls_too
    (alpha,), (bravo,) = world.team("Alpha"), world.team("Bravo")
    boss = supervisor(world)
    (call,) = calls_that_need_a_team(world, 1)
    send(world, call)
    desk = world.client("dispatcher")
    for _ in range(3):
        world.wait(seconds=15)
    assert "RING BY TELEPHONE" in desk.get("/board").get_data(as_text=True)
    for _ in range(21):
        world.wait(seconds=15)
    asked = by_page(world)
    assert {name for name, _ in asked} == {
        "Alpha clinician",
        "Bravo clinician",
        "Supervisors supervisor",
    }
    for _ in range(8 * 12):
        world.wait(minutes=5)

    assert max(by_page(world).values()) == MOST_COPIES
    for phone in (alpha, bravo):  # asked once, not every few minutes
        assert phone.number in network.inboxes
        assert len(network.inboxes[phone.number]) == MOST_COPIES
        assert len(network.rings[phone.number]) <= MOST_COPIES
    assert len(network.rings[boss.number]) > 30, "each round"
    assert world.audited("page.asked_anew") == 0
    assert world.audited("text.second_copy") >= 3
    assert {page.state for page in pages(world)[:2]} == {PageState.PASSED_OVER}
    assert world.dispatch(call, "mobile_crisis").state.value == "unfilled"
    assert call.code in desk.get("/board").get_data(as_text=True)


def told(world: World) -> int:
    """The provider reports each text of which nobody knew whether it took it; how many."""
    with world.context.unit_of_work("carrier") as uow:
        made = uow.session.scalars(select(Attempt).filter_by(state=AttemptState.UNKNOWN)).all()
        for attempt in made:
            key = f"SM{secrets.token_hex(16)}"
            report = Report(key, "delivered", attempt_id=attempt.id)
            assert reports.hear(uow, world.centre, report)
    return len(made)


def test_texts_that_arrive_though_each_is_answered_with_an_error_do_not_wait(
    muddled: World,
) -> None:
    world, network = muddled, muddled.context.phone
    assert isinstance(network, Muddled)
    for n in range(3):
        world.team(f"MCT {n}")
    calls = calls_that_need_a_team(world, 3)
    for call in calls[:2]:
        send(world, call)
    world.settle()
    assert "provider" in found(world)  # two in a row of which nobody knows

    assert told(world) == 2
    assert "provider" not in found(world)
    send(world, calls[2])
    world.settle()

    assert told(world) == 1
    assert {name for name, _ in by_page(world)} == {f"MCT {n} clinician" for n in range(3)}
    assert set(by_page(world).values()) == {1}
    world.wait(seconds=20)
    assert set(by_page(world).values()) == {1}


def test_a_report_of_what_was_taken_before_opens_no_way_that_takes_nothing(
    muddled: World,
) -> None:
    world = muddled
    for n in range(2):
        world.team(f"MCT {n}")
    one, other = calls_that_need_a_team(world, 2)
    send(world, one)
    world.settle()
    away = World(replace(world.context, phone=world.phones), world.phones)
    world.phones.broken = AWAY
    send(away, other)
    away.settle()

    assert told(away) == 1

    assert "provider" in found(away)


def found(world: World) -> set[str]:
    with world.context.reading() as uow:
        return {one.code for one in provider_health.provider_health(uow, simulated=True)}


def test_who_was_texted_in_doubt_may_still_say_yes(muddled: World) -> None:
    (alpha,) = muddled.team("Alpha")
    (call,) = calls_that_need_a_team(muddled, 1)
    send(muddled, call)
    for _ in range(30):
        muddled.wait(seconds=15)

    alpha.text(f"{call.code} 1")

    assert muddled.dispatch(call, "mobile_crisis").state.value == "accepted"


def test_a_reminder_takes_the_place_of_a_text_that_has_not_left(world: World) -> None:
    (alpha,) = world.team("Alpha")
    lay_down(world, [step("next_team", times=0), step("same", wait_s=60), step("supervisor")])
    world.phones.broken = AWAY
    dispatch = call_in(world, 2)
    world.wait(seconds=61)
    world.phones.broken = None
    world.wait(seconds=6)

    assert state(world, dispatch) == "seeking"
    assert [code_of(world, dispatch) in body for body in alpha.inbox] == [True]


def test_who_is_asked_anew_when_a_worker_is_back_is_rung_after_half_of_the_time(
    world: World,
) -> None:
    (alpha,) = world.team("Alpha")
    (call,) = calls_that_need_a_team(world, 1)
    send(world, call, 1)
    with world.context.unit_of_work("test") as uow:  # no worker is there for so long
        uow.add(ClockShift(ahead_s=140))
    world.settle()
    alpha.expect("EMERGENCY")
    assert world.audited("page.asked_anew") == 1
    assert alpha.rings == []

    world.wait(seconds=61)

    alpha.expect_ring("emergency")
    assert len(alpha.rings) == 1


def test_whoever_was_asked_by_text_is_rung_meanwhile(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("MCT 1")
    (call,) = calls_that_need_a_team(world, 1)
    world.phones.broken = AWAY
    send(world, call)
    world.settle()

    board = dispatcher.get("/board").get_data(as_text=True)
    assert "RING BY TELEPHONE, the text has not left: MCT 1 (clinician)" in board
    shown = dispatcher.get(f"/calls/{call.reference}").get_data(as_text=True)
    assert "RING MCT 1 BY TELEPHONE" in shown

    world.phones.broken = None
    world.wait(seconds=6)
    phone.expect("URGENT, within 30 min")
    assert "RING BY TELEPHONE" not in dispatcher.get("/board").get_data(as_text=True)


def test_an_answer_by_telephone_ends_it_and_the_text_is_not_sent_late(
    world: World,
) -> None:
    (phone,) = world.team("MCT 1")
    (call,) = calls_that_need_a_team(world, 1)
    world.phones.broken = AWAY
    send(world, call)
    world.settle()
    with world.context.unit_of_work("test") as uow:
        page = uow.session.scalars(select(Page)).one()
        dispatches.record_answer(uow, world.centre, page, True, "telephone")

    world.phones.broken = None
    world.wait(seconds=6)
    assert not any("1=accept" in body for body in phone.inbox)


def test_while_it_is_away_the_provider_is_asked_now_and_then_only(world: World) -> None:
    for n in range(6):
        world.team(f"MCT {n}")
    world.phones.broken = AWAY
    for call in calls_that_need_a_team(world, 6):
        send(world, call)
    for _ in range(12):
        world.wait(seconds=5.1)

    with world.context.reading() as uow:
        made = uow.session.scalars(select(Attempt)).all()
    assert 12 <= len(made) <= 14


def test_a_provider_that_asks_to_be_left_alone_is(world: World) -> None:
    (phone,) = world.team("MCT 1")
    (call,) = calls_that_need_a_team(world, 1)
    world.phones.broken = Refused("20429", Whose.PROVIDER, wait_s=60)
    send(world, call)
    world.settle()
    world.phones.broken = None
    world.wait(seconds=50)
    assert world.phones.sent == []
    world.wait(seconds=11)
    phone.expect("URGENT, within 30 min")
    assert len(world.phones.sent) == 1


def test_one_text_in_doubt_delays_no_other(world: World) -> None:
    world.team("MCT 1")
    (second,) = world.team("MCT 2")
    one, other = calls_that_need_a_team(world, 2)
    send(world, one)
    world.phones.broken = Unknown("ReadTimeoutError")
    world.settle()
    world.phones.broken = None
    send(world, other)
    world.settle()
    second.expect("URGENT, within 30 min")

    assert [other.code in sms.body for sms in world.phones.sent] == [True]


# --- looked at again when it is about to leave --------------------------------------------


def text_of(world: World, page: Page) -> Message:
    with world.context.reading() as uow:
        return uow.session.scalars(select(Message).where(Message.page_id == page.id)).one()


def test_whose_shift_has_ended_is_not_paged_and_the_next_is(world: World) -> None:
    first, second = world.team("MCT 1") + world.team("MCT 2")
    (call,) = calls_that_need_a_team(world, 1)
    send(world, call)
    asked = {page.responder_id for page in pages(world)}
    phone, next_one = (first, second) if first.responder_id in asked else (second, first)
    end_shift(world, phone)
    world.settle()

    phone.expect_silence()
    next_one.expect("1=accept")


def end_shift(world: World, phone: Phone) -> None:
    with world.context.unit_of_work("test") as uow:
        for shift in uow.session.scalars(
            select(Shift).where(Shift.responder_id == phone.responder_id)
        ):
            shift.ends_at = uow.now


def test_a_page_of_a_cancelled_dispatch_never_leaves_and_nobody_need_be_told(
    world: World,
) -> None:
    (phone,) = world.team("MCT 1")
    (call,) = calls_that_need_a_team(world, 1)
    made = send(world, call)
    with world.context.unit_of_work("test") as uow:
        dispatches.cancel(uow, world.centre, uow.get(Dispatch, made.id), "not_needed")

    phone.expect_silence()


def test_who_was_passed_over_is_told_that_nobody_is_needed(world: World) -> None:
    first, second = world.team("MCT 1") + world.team("MCT 2")
    (call,) = calls_that_need_a_team(world, 1)
    made = send(world, call)
    world.settle()
    world.wait(minutes=3)
    for phone in (first, second):
        phone.expect("1=accept")
    with world.context.unit_of_work("test") as uow:
        dispatches.cancel(uow, world.centre, uow.get(Dispatch, made.id), "not_needed")

    for phone in (first, second):
        phone.expect(call.code)
        phone.expect_silence()
