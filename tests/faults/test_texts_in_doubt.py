"""Texts when the provider, the line or a worker fails: none lost, none sent needlessly."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from tests.world import FakePhones, World
from triage.domain.delivery import AttemptState, Whose
from triage.domain.lifecycle import MessageState, PageState
from triage.domain.phone_network import OutboundSms, Outcome, Refused, Sent, Unknown
from triage.entrypoints import worker
from triage.services import claims, dispatches, outbox, reports, settling
from triage.services.handing_over import ClaimedText
from triage.services.reports import Report
from triage.storage.attempts import Attempt, StrayReport
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.teams import Responder
from triage.storage.timers import ClockShift

PHONE = "+12025550177"


@pytest.fixture
def world(world: World) -> World:
    world.ignores_texts("each story hands one over itself and reads what is written down of it")
    return world


def owe(world: World, body: str = "hello", **more: Any) -> Message:
    fields = {"kind": "reply", "to": PHONE, "to_role": "clinician", "priority": 4} | more
    with world.context.unit_of_work("test") as uow:
        return outbox.enqueue(uow, world.centre, body=body, **fields)


def claim(world: World, limit: int = 10) -> list[ClaimedText]:
    with world.context.unit_of_work("worker") as uow:
        return claims.claim(uow, world.centre, "w1", limit)


def settle(world: World, claimed: ClaimedText, outcome: Outcome) -> None:
    with world.context.unit_of_work("worker") as uow:
        settling.settle(uow, world.centre, claimed, outcome)


def resolve(world: World, claimed: ClaimedText, found: list[str] | None) -> ClaimedText | None:
    with world.context.unit_of_work("worker") as uow:
        return settling.resolve(uow, world.centre, claimed, found)


def hear(world: World, message: Message, status: str, sid: str = "SM1", code: Any = None) -> bool:
    """A report to the address of this text's latest handing over."""
    made = attempts(world, message)
    report = Report(sid, status, code, attempt_id=made[-1].id if made else None)
    with world.context.unit_of_work("carrier") as uow:
        return reports.hear(uow, world.centre, report)


def attempts(world: World, message: Message) -> list[Attempt]:
    with world.context.reading() as uow:
        of_it = select(Attempt).where(Attempt.message_id == message.id).order_by(Attempt.number)
        return list(uow.session.scalars(of_it))


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

    assert claim(world) == []
    assert now(world, message).state is MessageState.ATTEMPTING
    assert [one.state for one in attempts(world, message)] == [AttemptState.ATTEMPTING]
    assert text.sms.id == str(attempts(world, message)[0].id)

    move_clock(world, 16)
    (again,) = claim(world)
    assert again.attempt_id is None  # the provider is asked before anything is sent again
    assert again.fence == text.fence + 1
    assert now(world, message).state is MessageState.UNKNOWN
    copy = resolve(world, again, [])
    assert copy is not None
    assert copy.sms.body == text.sms.body
    assert [one.is_copy for one in attempts(world, message)] == [False, True]


def test_what_a_worker_knows_that_slept_through_its_lease_is_believed(world: World) -> None:
    message = owe(world)
    (sleeper,) = claim(world)
    move_clock(world, 16)
    (second,) = claim(world)
    copy = resolve(world, second, None)
    assert copy is not None

    settle(world, sleeper, Sent("SM1"))
    assert (now(world, message).state, now(world, message).provider_id) == ("sent", "SM1")
    settle(world, copy, Sent("SM2"))
    assert (now(world, message).state, now(world, message).provider_id) == ("sent", "SM1")
    assert [one.provider_id for one in attempts(world, message)] == ["SM1", "SM2"]
    assert world.audited("text.second_copy") == 1


def test_a_sleeper_whose_text_was_refused_ends_the_doubt(world: World) -> None:
    message = owe(world)
    (sleeper,) = claim(world)
    move_clock(world, 16)
    (second,) = claim(world)

    settle(world, sleeper, Refused("no connection: Timeout", Whose.PROVIDER))

    assert now(world, message).state is MessageState.READY
    assert resolve(world, second, []) is None


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


AWAY = Refused("no connection: NewConnectionError", Whose.PROVIDER)


def test_an_outage_delays_texts_and_loses_none(world: World) -> None:
    message = owe(world)
    world.phones.broken = AWAY
    for _ in range(12):
        world.wait(seconds=60)
    assert now(world, message).state is MessageState.READY
    assert now(world, message).failures == 0
    assert len(attempts(world, message)) == 12

    world.phones.broken = None
    world.wait(seconds=6)
    assert world.phones.inboxes[PHONE] == ["hello"]
    assert (world.audited("provider.away"), world.audited("provider.back")) == (1, 1)


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


def test_a_text_that_cannot_be_claimed_holds_up_no_other_and_goes_to_a_person(
    world: World,
) -> None:
    mine = text_of(world, page := paged(world))
    with world.context.unit_of_work("test") as uow:  # as another release may have written it
        unreadable = sa.update(Page).values(state=sa.text("'from_the_future'"))
        uow.session.execute(unreadable.where(Page.id == page.id))
    owe(world, "flows", priority=9)
    for _ in range(5):
        worker.send_texts(world.context, "w")
        move_clock(world, 26)

    assert world.phones.inboxes[PHONE] == ["flows"]
    assert now(world, mine).state is MessageState.FAILED
    assert now(world, mine).last_error == "LookupError"


def test_a_text_that_ends_every_worker_goes_to_a_person(world: World) -> None:
    page = paged(world)
    message = text_of(world, page)
    for _ in range(2):
        (text,) = [one for one in claim(world) if one.id == message.id]
        if text.attempt_id is None:
            resolved = resolve(world, text, None)
            assert resolved is not None
            text = resolved
        assert text.attempt_id is not None
        move_clock(world, 16)

    (third,) = [one for one in claim(world) if one.id == message.id]
    assert resolve(world, third, None) is None

    assert now(world, message).state is MessageState.UNKNOWN
    assert now(world, message).ring_since is not None
    assert len(attempts(world, message)) == 2
    move_clock(world, 60)
    assert message.id not in [text.id for text in claim(world)]


def to_ring(world: World) -> list[Any]:
    with world.context.reading() as uow:
        return [message.id for message in outbox.to_ring(uow, 20)]


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

    settle(world, texts[mine.id], Refused("21610", Whose.NUMBER))

    assert now(world, mine).state is MessageState.FAILED
    assert page_now(world, page).state is PageState.UNDELIVERABLE
    with world.context.reading() as uow:
        responder = uow.get(Responder, page.responder_id)
        assert responder.opted_out_at is not None  # 21610: they had texted STOP
        pages = uow.session.scalars(select(Page).where(Page.slot_id == page.slot_id)).all()
    assert {p.responder_id for p in pages} > {page.responder_id}


def test_a_refusal_that_says_nothing_is_tried_fast_and_then_the_next_is_asked(
    world: World,
) -> None:
    page = paged(world)
    world.phones.broken = Refused("99999", Whose.NOT_SAID)
    world.settle()
    for seconds in (1, 2, 4, 8):
        assert page_now(world, page).state is PageState.OPEN
        world.wait(seconds=seconds + 0.1)

    assert page_now(world, page).state is PageState.UNDELIVERABLE


@pytest.mark.parametrize("trouble", [AWAY, Refused("20003", Whose.PROVIDER)])
def test_nobody_is_passed_over_because_the_provider_is_away(world: World, trouble: Refused) -> None:
    page = paged(world)
    world.phones.broken = trouble
    world.settle()
    for _ in range(60):
        world.wait(seconds=20)

    assert page_now(world, page).state is PageState.OPEN
    world.phones.broken = None
    world.desk.ignores("that nobody dispatches in CAD")
    while not (sent := [sms.to for sms in world.phones.sent if sms.to != world.desk.number]):
        world.wait(seconds=5)
    assert sent == [phone_of(world, page)]
    assert page_now(world, page).state is PageState.OPEN


def phone_of(world: World, page: Page) -> str:
    with world.context.reading() as uow:
        return uow.get(Responder, page.responder_id).phone or ""


def test_a_page_that_nobody_waits_for_any_more_is_not_sent(world: World) -> None:
    page = paged(world)
    with world.context.unit_of_work("test") as uow:
        uow.get(Page, page.id).move_to(PageState.WITHDRAWN)

    world.settle()
    assert now(world, text_of(world, page)).state is MessageState.WITHDRAWN


def cancel(world: World, page: Page) -> None:
    def work(uow: Any) -> None:
        dispatch = uow.get(Page, page.id).slot.dispatch
        dispatches.cancel(uow, world.centre, dispatch, "not_needed")

    world.context.do("dispatcher", work)


def test_a_cancel_that_meets_a_claim_is_followed_by_a_stand_down(world: World) -> None:
    page = paged(world)
    cancelling = threading.Thread(target=cancel, args=(world, page))
    with world.context.unit_of_work("worker") as uow:
        taken = claims.claim(uow, world.centre, "w1", 10)
        uow.session.flush()
        cancelling.start()
        cancelling.join(0.5)
    cancelling.join()
    for text in taken:
        settle(world, text, world.phones.send(text.sms))
    world.settle()

    assert len(world.phones.inboxes[phone_of(world, page)]) == 2
    assert "stand" in world.phones.inboxes[phone_of(world, page)][1].lower()


def test_a_claim_that_meets_a_cancel_takes_nothing(world: World) -> None:
    page = paged(world)
    claimed: list[ClaimedText] = []
    claiming = threading.Thread(target=lambda: claimed.extend(claim(world)))
    with world.context.unit_of_work("dispatcher") as uow:
        dispatch = uow.get(Page, page.id).slot.dispatch
        dispatches.cancel(uow, world.centre, dispatch, "not_needed")
        uow.session.flush()
        claiming.start()
        claiming.join(0.5)
    claiming.join()
    world.settle()

    assert claimed == []
    assert phone_of(world, page) not in world.phones.inboxes


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
    settle(world, text, Unknown("ReadTimeoutError"))

    assert (now(world, message).state, now(world, message).provider_id) == ("sent", "SM9")
    move_clock(world, 600)
    assert claim(world) == []


def test_a_report_ends_the_doubt_before_the_text_is_sent_again(world: World) -> None:
    message = owe(world)
    (text,) = claim(world)
    settle(world, text, Unknown("ReadTimeoutError"))
    assert now(world, message).state is MessageState.UNKNOWN
    hear(world, message, "delivered", "SM9")

    move_clock(world, 600)
    assert claim(world) == []
    assert now(world, message).state is MessageState.DELIVERED


def test_a_text_in_doubt_is_looked_up_before_it_is_sent_again(world: World) -> None:
    message = owe(world)
    (text,) = claim(world)
    settle(world, text, Unknown("http 500"))
    asked: list[float] = []

    class Remembering(FakePhones):
        def find(self, sms: OutboundSms, within_s: float) -> list[str]:
            asked.append(within_s)
            return ["SM-of-another-text", "SM5"]

    world.phones = Remembering()
    world.context = replace(world.context, phone=world.phones)
    with world.context.unit_of_work("test") as uow:
        other = outbox.enqueue(
            uow, world.centre, kind="reply", to=PHONE, to_role="x", body="hello", priority=1
        )
        other.provider_id, other.state = "SM-of-another-text", MessageState.SENT
    world.wait(seconds=10)

    assert world.phones.sent == []
    assert (now(world, message).state, now(world, message).provider_id) == ("sent", "SM5")
    assert len(asked) == 1
    assert asked[0] > 9
    assert world.audited("text.second_copy") == 0


def test_a_second_copy_is_labelled(world: World) -> None:
    message = owe(world)
    (text,) = claim(world)
    settle(world, text, Unknown("http 500"))
    world.wait(seconds=10)

    assert world.phones.inboxes[PHONE] == ["hello"]
    assert world.audited("text.second_copy") == 1
    assert now(world, message).state is MessageState.SENT


def test_an_undelivered_page_asks_the_next_and_one_lost_copy_does_not(world: World) -> None:
    page = paged(world)
    mine = text_of(world, page)
    texts = {text.id: text for text in claim(world)}
    settle(world, texts[mine.id], Unknown("http 500"))
    world.wait(seconds=10)
    first, second = attempts(world, mine)

    report(world, Report("SM1", "undelivered", "30003", attempt_id=first.id))
    assert page_now(world, page).state is PageState.OPEN
    report(world, Report(second.provider_id or "", " Undelivered ", "30003"))
    assert page_now(world, page).state is PageState.UNDELIVERABLE
    assert now(world, mine).last_error == "30003"

    for status in ("delivered", "undelivered"):  # it arrived after all
        report(world, Report("SM1", status, attempt_id=first.id))
        assert now(world, mine).state is MessageState.DELIVERED
    assert [one.conflict for one in attempts(world, mine)] == [True, False]
    assert world.audited("text.conflict") == 1


def report(world: World, told: Report) -> bool:
    with world.context.unit_of_work("carrier") as uow:
        return reports.hear(uow, world.centre, told)


def test_a_report_to_the_address_of_the_release_before_is_believed(world: World) -> None:
    message = owe(world)
    (text,) = claim(world)
    settle(world, text, Unknown("http 500"))

    assert report(world, Report("SM1", "delivered", message_id=message.id))
    assert now(world, message).state is MessageState.DELIVERED


def test_what_fits_nothing_is_kept_and_counted(world: World) -> None:
    message = owe(world)
    (text,) = claim(world)
    for status in ("teleported", "", "receiving"):
        assert not hear(world, message, status)
    for _ in range(3):
        assert not report(world, Report("SM0", "delivered"))
    told = Report("SM1", "delivered", to="+12025550999", attempt_id=text.attempt_id)
    assert not report(world, told)

    assert now(world, message).state is MessageState.ATTEMPTING
    with world.context.reading() as uow:
        kept = uow.session.scalars(select(StrayReport)).all()
        assert reports.strays(uow) == 7
    assert sorted((one.why, one.seen) for one in kept) == [
        ("other_number", 1),
        *[("unknown_status", 1)] * 3,
        ("unknown_text", 3),
    ]


def test_of_reports_that_fit_nothing_only_so_many_are_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_STRAYS", 5)
    for number in range(9):
        report(world, Report(f"SM{number}", "delivered"))
    with world.context.reading() as uow:
        kept = uow.session.scalars(select(StrayReport.provider_id)).all()
    assert sorted(kept) == ["SM4", "SM5", "SM6", "SM7", "SM8"]


# --- twins ------------------------------------------------------------------------------


def test_two_texts_alike_in_doubt_never_share_one_of_the_provider_s(world: World) -> None:
    one, other = owe(world), owe(world)
    for text in claim(world):
        settle(world, text, Unknown("http 500"))
    with world.context.unit_of_work("test") as uow:  # a hiccup, not an outage
        settling.providers.note_taken(uow, "sms")
    move_clock(world, 7)
    copies = [resolve(world, text, ["SM1"]) for text in claim(world)]

    assert sorted(now(world, m).state for m in (one, other)) == ["attempting", "sent"]
    assert [copy is None for copy in copies] == [True, False]


def test_a_key_that_may_be_of_a_twin_still_in_hand_is_not_taken(world: World) -> None:
    one = owe(world)
    (first,) = claim(world)
    settle(world, first, Unknown("http 500"))
    move_clock(world, 7)
    (doubtful,) = claim(world)
    other = owe(world)
    (twin,) = claim(world)

    assert resolve(world, doubtful, ["SM2"]) is None
    assert now(world, one).state is MessageState.UNKNOWN
    settle(world, twin, Sent("SM2"))
    move_clock(world, 3)
    (again,) = claim(world)
    assert resolve(world, again, ["SM2"]) is not None  # one's own never got there
    assert now(world, other).provider_id == "SM2"


def rings(world: World, *said: str) -> list[ClaimedText]:
    """Calls to one phone, each in a worker's hands."""
    for body in said:
        owe(world, body, kind="ring", channel="voice")
    return claim(world)


def test_a_call_that_may_be_of_another_ring_in_hand_is_not_taken(world: World) -> None:
    """Calls carry no words: the first never got there, the second is just being made."""
    (first,) = rings(world, "code A")
    settle(world, first, Unknown("ReadTimeoutError"))
    move_clock(world, 7)
    (doubtful,) = claim(world)
    (second,) = rings(world, "code B")

    assert resolve(world, doubtful, ["CA_B"]) is None
    settle(world, second, Sent("CA_B"))
    move_clock(world, 3)
    (again,) = claim(world)
    copy = resolve(world, again, ["CA_B"])

    assert copy is not None  # it rings after all
    settle(world, copy, Sent("CA_A"))
    assert [ring_now(world, text) for text in (first, second)] == [
        ("sent", "CA_A", 2),
        ("sent", "CA_B", 1),
    ]


def ring_now(world: World, text: ClaimedText) -> tuple[str, str | None, int]:
    with world.context.reading() as uow:
        row = uow.get(Message, text.id)
        return row.state.value, row.provider_id, row.attempts


def test_of_two_rings_in_doubt_and_one_call_each_rings_again(world: World) -> None:
    both = rings(world, "code A", "code B")
    for text in both:
        settle(world, text, Unknown("http 500"))
    with world.context.unit_of_work("test") as uow:  # a hiccup, not an outage
        settling.providers.note_taken(uow, "voice")
    move_clock(world, 7)

    one, other = claim(world)
    copy = resolve(world, one, ["CA1"])
    assert copy is not None
    assert resolve(world, other, ["CA1"]) is None  # while another is being made nobody can tell
    settle(world, copy, Sent("CA2"))
    move_clock(world, 3)
    (again,) = claim(world)
    assert resolve(world, again, ["CA2", "CA1"]) is not None


def test_a_call_that_can_only_be_of_this_ring_ends_its_doubt(world: World) -> None:
    first, other = rings(world, "code A", "code B")
    settle(world, other, Sent("CA_B"))
    settle(world, first, Unknown("http 500"))
    move_clock(world, 7)
    (doubtful,) = claim(world)

    assert resolve(world, doubtful, ["CA_A", "CA_B"]) is None
    assert ring_now(world, first) == ("sent", "CA_A", 1)


def test_a_key_that_went_to_a_twin_meanwhile_is_not_counted_twice(world: World) -> None:
    owe(world)
    owe(world)
    one, sleeper = claim(world)
    move_clock(world, 16)
    first, second = claim(world)
    assert resolve(world, first, ["SM2"]) is None

    settle(world, sleeper, Sent("SM2"))
    assert resolve(world, second, ["SM2"]) is not None  # one text at the phone is not two
    assert {one.id, sleeper.id} == {first.id, second.id}


# --- to whom at least once, to whom at most ---------------------------------------------


@pytest.mark.parametrize(
    ("kind", "role", "copies"),
    [("stand_down", "officer", 2), ("notice", "partner", 1), ("reply", "unknown", 1)],
)
def test_doubt_about_a_text_to_the_public_goes_to_a_person_and_not_to_the_phone(
    world: World, kind: str, role: str, copies: int
) -> None:
    message = owe(world, kind=kind, to_role=role)
    world.phones.broken = Unknown("ReadTimeoutError")
    for _ in range(30):
        world.wait(seconds=31)

    assert len(attempts(world, message)) == copies
    assert to_ring(world) == [message.id]
    assert world.audited("text.second_copy") == copies - 1


def test_who_has_sent_stop_is_rung_by_a_person(world: World) -> None:
    (phone,) = world.team("MCT 1")
    with world.context.unit_of_work("test") as uow:
        assert phone.responder_id is not None
        uow.get(Responder, phone.responder_id).opted_out_at = uow.now
    message = owe(world, kind="stand_down", to=phone.number, responder_id=phone.responder_id)
    world.settle()

    assert phone.inbox == []
    assert now(world, message).state is MessageState.FAILED
    assert to_ring(world) == [message.id]
    with world.context.unit_of_work("test") as uow:
        outbox.take_note(uow, uow.get(Message, message.id))
    assert to_ring(world) == []


def test_a_sleeper_does_not_change_why_its_text_was_given_up(world: World) -> None:
    (phone,) = world.team("MCT 1")
    message = owe(world, to=phone.number, responder_id=phone.responder_id)
    (sleeper,) = [one for one in claim(world) if one.id == message.id]
    with world.context.unit_of_work("test") as uow:
        assert phone.responder_id is not None
        uow.get(Responder, phone.responder_id).opted_out_at = uow.now
    move_clock(world, 16)
    assert message.id not in [one.id for one in claim(world)]

    settle(world, sleeper, Unknown("ReadTimeoutError"))

    given_up = now(world, message)
    assert (given_up.state, given_up.last_error) == (MessageState.FAILED, "21610")


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

    class Writing(FakePhones):
        def send(self, sms: OutboundSms) -> Outcome:
            with world.context.unit_of_work("somebody else"):
                return phones.send(sms)

    worker.send_texts(replace(world.context, phone=Writing()), "w")
    assert phones.inboxes[PHONE] == ["hello"]


def test_a_sender_that_the_carriers_drop_passes_nobody_over_and_the_phone_rings(
    world: World,
) -> None:
    page = paged(world)
    mine = text_of(world, page)
    world.settle()
    assert not world.phones.rings
    hear(world, mine, "undelivered", attempts(world, mine)[0].provider_id or "", "30034")

    assert page_now(world, page).state is PageState.OPEN
    with world.context.reading() as uow:
        assert outbox.not_left(uow) == {page.id}
    world.settle()
    ((ring,),) = world.phones.rings.values()
    assert "accept" in ring.body
