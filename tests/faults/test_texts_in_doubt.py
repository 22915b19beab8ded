"""Texts when the provider, the line or a worker fails: none lost, none sent needlessly."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from tests.world import World
from triage.domain.lifecycle import MessageState, PageState
from triage.domain.phone_network import NotSent, Sent
from triage.entrypoints import worker
from triage.services import dispatches, outbox, paging
from triage.services.outbox import ClaimedText
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.teams import Responder
from triage.storage.timers import ClockShift

PHONE = "+12025550177"


def owe(world: World, body: str = "hello", **more: Any) -> Message:
    fields = {"kind": "reply", "to": PHONE, "to_role": "clinician", "priority": 5} | more
    with world.context.unit_of_work("test") as uow:
        return outbox.enqueue(uow, world.centre, body=body, **fields)


def claim(world: World, limit: int = 10) -> list[ClaimedText]:
    with world.context.unit_of_work("worker") as uow:
        return outbox.claim(uow, world.centre, "w1", limit, paging.undeliverable)


def settle(world: World, claimed: ClaimedText, outcome: Sent | NotSent) -> None:
    with world.context.unit_of_work("worker") as uow:
        outbox.settle(uow, world.centre, claimed, outcome, paging.undeliverable)


def hear(world: World, message: Message, status: str, sid: str = "SM1", code: Any = None) -> bool:
    with world.context.unit_of_work("carrier") as uow:
        return outbox.hear(uow, world.centre, message.id, sid, status, code, paging.undeliverable)


def now(world: World, message: Message) -> Message:
    with world.context.reading() as uow:
        return uow.get(Message, message.id)


def move_clock(world: World, seconds: float) -> None:
    with world.context.unit_of_work("test") as uow:
        uow.add(ClockShift(ahead_s=seconds))


def test_a_text_is_told_once_however_often_it_is_enqueued(world: World) -> None:
    first = owe(world, dedupe_key="once")
    again = owe(world, "other words", dedupe_key="once")

    assert again.id == first.id
    world.settle()
    assert world.phones.inboxes[PHONE] == ["hello"]


def test_urgent_texts_go_first(world: World) -> None:
    for priority in (5, 1, 9, 2):
        owe(world, str(priority), priority=priority)

    assert [text.sms.body for text in claim(world)] == ["1", "2", "5", "9"]


def test_nobody_else_gets_a_claimed_text_until_its_lease_ends(world: World) -> None:
    message = owe(world)
    (text,) = claim(world)

    assert not text.is_second_copy
    assert claim(world) == []
    assert now(world, message).state is MessageState.ATTEMPTING

    move_clock(world, 16)
    (again,) = claim(world)
    assert again.is_second_copy
    assert again.fence == text.fence + 1
    assert again.sms.body == text.sms.body


def test_a_worker_that_slept_through_its_lease_changes_nothing(world: World) -> None:
    message = owe(world)
    (sleeper,) = claim(world)
    move_clock(world, 16)
    (second,) = claim(world)

    settle(world, sleeper, NotSent("21211", worth_retrying=False))
    assert now(world, message).state is MessageState.ATTEMPTING

    settle(world, second, Sent("SM2"))
    settle(world, sleeper, Sent("SM1"))
    assert (now(world, message).state, now(world, message).provider_id) == ("sent", "SM2")
    assert world.audited("text.second_copy") == 1


def test_two_workers_share_the_texts_and_send_each_once(world: World) -> None:
    for number in range(40):
        owe(world, str(number))
    threads = [
        threading.Thread(target=worker.send_texts, args=(world.context, name)) for name in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(world.phones.inboxes[PHONE], key=int) == [str(n) for n in range(40)]


def test_an_outage_delays_texts_and_loses_none(world: World) -> None:
    message = owe(world)
    world.phones.broken = NotSent("http 503", worth_retrying=True)
    for _ in range(12):  # longer and longer, at most a minute apart
        world.wait(seconds=60)
    assert now(world, message).state is MessageState.READY
    assert now(world, message).failures >= 12

    world.phones.broken = None
    world.wait(seconds=60)
    assert world.phones.inboxes[PHONE] == ["hello"]


def test_a_text_too_old_to_help_is_not_sent_but_shown(world: World) -> None:
    message = owe(world, valid_s=30)
    move_clock(world, 31)
    world.settle()

    assert now(world, message).state is MessageState.EXPIRED
    assert world.audited("text.expired") == 1
    assert PHONE not in world.phones.inboxes


def test_a_text_whose_key_is_gone_holds_up_no_other(world: World) -> None:
    broken = owe(world, "first", priority=0)
    owe(world, "second", priority=1)
    with world.context.unit_of_work("test") as uow:
        row = uow.get(Message, broken.id)
        row.body_sealed = bytes([1, 4]) + b"gone" + bytes(40)

    world.settle()
    assert world.phones.inboxes[PHONE] == ["second"]
    assert now(world, broken).state is MessageState.FAILED
    assert now(world, broken).last_error == "CannotOpen"


def test_a_text_that_ends_every_worker_is_parked(world: World) -> None:
    page = paged(world)
    message = text_of(world, page)
    for _ in range(5):
        assert [text.id for text in claim(world, 1)] == [message.id]
        move_clock(world, 16)

    assert message.id not in [text.id for text in claim(world)]
    assert now(world, message).state is MessageState.FAILED
    assert page_now(world, page).state is PageState.UNDELIVERABLE


# --- pages ------------------------------------------------------------------------------


def paged(world: World) -> Page:
    """A call for which MCT 1 was paged and not yet texted; MCT 2 would be asked next."""
    for name in ("MCT 1", "MCT 2"):
        world.team(name)
    call = world.call({"problem_type": "other"})
    urgency = dispatches.Urgency("URGENT", 2, 30, 2)
    with world.context.unit_of_work("test") as uow:
        row = uow.get(Call, call.id)
        dispatches.open_dispatch(uow, world.centre, row, "mobile_crisis", urgency, "by_hand")
    with world.context.reading() as uow:
        return uow.session.scalars(select(Page).order_by(Page.created_at.desc()).limit(1)).one()


def text_of(world: World, page: Page) -> Message:
    with world.context.reading() as uow:
        return uow.session.scalars(select(Message).where(Message.page_id == page.id)).one()


def page_now(world: World, page: Page) -> Page:
    with world.context.reading() as uow:
        return uow.get(Page, page.id)


def test_a_page_that_fails_for_good_asks_the_next_at_once(world: World) -> None:
    page = paged(world)
    mine = text_of(world, page)
    texts = {text.id: text for text in claim(world)}

    settle(world, texts[mine.id], NotSent("21610", worth_retrying=False))

    assert now(world, mine).state is MessageState.FAILED
    assert page_now(world, page).state is PageState.UNDELIVERABLE
    with world.context.reading() as uow:
        responder = uow.get(Responder, page.responder_id)
        assert responder.opted_out_at is not None  # 21610: they had texted STOP
        pages = uow.session.scalars(select(Page).where(Page.slot_id == page.slot_id)).all()
    assert {p.responder_id for p in pages} > {page.responder_id}


def test_a_page_is_tried_fast_and_then_given_up(world: World) -> None:
    page = paged(world)
    world.phones.broken = NotSent("http 503", worth_retrying=True)
    world.settle()
    for seconds in (1, 2, 4, 8):
        assert page_now(world, page).state is PageState.OPEN
        world.wait(seconds=seconds + 0.1)

    assert page_now(world, page).state is PageState.UNDELIVERABLE


def test_a_page_that_nobody_waits_for_any_more_is_not_sent(world: World) -> None:
    page = paged(world)
    with world.context.unit_of_work("test") as uow:
        uow.get(Page, page.id).move_to(PageState.WITHDRAWN)

    world.settle()
    assert now(world, text_of(world, page)).state is MessageState.WITHDRAWN


# --- what the provider tells -------------------------------------------------------------


def test_reports_in_any_order_end_as_delivered(world: World) -> None:
    for order in itertools.permutations(["queued", "sending", "sent", "delivered"]):
        sid = "-".join(order)
        message = owe(world)
        (text,) = claim(world)
        for status in order:
            for _ in range(2):
                assert hear(world, message, status, sid)
        settle(world, text, Sent(sid))

        seen = now(world, message)
        assert (seen.state, seen.provider_id) == (MessageState.DELIVERED, sid)
        assert seen.sent_at is not None
    assert world.audited("text.delivered") == 24
    assert world.audited("text.second_copy") == 0


def test_a_report_that_overtakes_a_broken_line_is_believed(world: World) -> None:
    message = owe(world)
    (text,) = claim(world)
    hear(world, message, "sent", "SM9")
    settle(world, text, NotSent("in doubt: ReadTimeout", worth_retrying=True))

    assert (now(world, message).state, now(world, message).provider_id) == ("sent", "SM9")
    move_clock(world, 600)
    assert claim(world) == []


def test_a_report_ends_the_doubt_before_the_text_is_sent_again(world: World) -> None:
    message = owe(world)
    (text,) = claim(world)
    settle(world, text, NotSent("in doubt: ReadTimeout", worth_retrying=True))
    assert now(world, message).state is MessageState.READY
    hear(world, message, "delivered", "SM9")

    move_clock(world, 600)
    assert claim(world) == []
    assert now(world, message).state is MessageState.DELIVERED


def test_a_text_in_doubt_is_looked_up_before_it_is_sent_again(world: World) -> None:
    message = owe(world)
    (text,) = claim(world)
    settle(world, text, NotSent("in doubt: http 500", worth_retrying=True))
    asked: list[float] = []

    def find(sms: object, within_s: float) -> list[str]:
        asked.append(within_s)
        return ["SM-of-another-text", "SM5"]

    with world.context.unit_of_work("test") as uow:
        other = outbox.enqueue(
            uow, world.centre, kind="reply", to=PHONE, to_role="x", body="hello", priority=1
        )
        other.provider_id, other.state = "SM-of-another-text", MessageState.SENT
    world.phones.find = find  # type: ignore[attr-defined]
    world.wait(seconds=10)

    assert world.phones.sent == []
    assert (now(world, message).state, now(world, message).provider_id) == ("sent", "SM5")
    assert len(asked) == 1
    assert asked[0] > 9
    assert world.audited("text.second_copy") == 0


def test_a_second_copy_is_labelled(world: World) -> None:
    message = owe(world)
    (text,) = claim(world)
    settle(world, text, NotSent("in doubt: http 500", worth_retrying=True))
    world.wait(seconds=10)

    assert world.phones.inboxes[PHONE] == ["hello"]
    assert world.audited("text.second_copy") == 1
    assert now(world, message).state is MessageState.SENT


def test_an_undelivered_page_asks_the_next_and_one_lost_copy_does_not(world: World) -> None:
    page = paged(world)
    mine = text_of(world, page)
    world.settle()
    sent_as = now(world, mine).provider_id or ""

    hear(world, mine, "undelivered", "SM-an-earlier-copy", "30003")
    assert page_now(world, page).state is PageState.OPEN
    hear(world, mine, " Undelivered ", sent_as, "30003")
    assert page_now(world, page).state is PageState.UNDELIVERABLE
    assert now(world, mine).last_error == "30003"

    hear(world, mine, "delivered", sent_as)  # it arrived after all
    assert now(world, mine).state is MessageState.DELIVERED
    hear(world, mine, "undelivered", sent_as)
    assert now(world, mine).state is MessageState.DELIVERED


def test_reports_of_unknown_texts_or_states_change_nothing(world: World) -> None:
    message = owe(world)
    for status in ("teleported", "", "receiving"):
        assert not hear(world, message, status)
    assert not hear(world, Message(kind="never kept"), "delivered")
    assert now(world, message).state is MessageState.READY


def test_every_change_of_a_text_is_audited_without_anything_personal(world: World) -> None:
    owe(world)
    world.settle()
    with world.context.reading() as uow:
        lines = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.subject_table == "message")
        ).all()
        told = [(line.event, line.details) for line in lines]

    assert [event for event, _ in told] == ["text.queued", "text.sent"]
    assert "555" not in str(told)
    assert "hello" not in str(told)


def test_a_quiet_worker_takes_no_write_lock(world: World) -> None:
    with world.context.unit_of_work("test"):  # holds SQLite's only one
        worker.fire_timers(world.context)
        worker.send_texts(world.context, "quiet")


def test_hand_over_happens_outside_any_transaction(world: World) -> None:
    owe(world)
    phones = world.phones

    class Writing:
        def send(self, sms: Any) -> Sent | NotSent:
            with world.context.unit_of_work("somebody else"):
                return phones.send(sms)

    worker.send_texts(replace(world.context, phone=Writing()), "w")  # type: ignore[arg-type]
    assert phones.inboxes[PHONE] == ["hello"]
