"""Calls taken through the service from ringing to closing, as the moulds of many like them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from tests.performance.intake.clients import CALL
from tests.world import Browser, Phone, World
from triage.domain.codes import CANCELLED
from triage.domain.lifecycle import DispatchState, FollowUpState, PageState
from triage.services import cad, calls, closing, dispatches, follow_ups, people, visits
from triage.services.follow_ups import Attempt
from triage.services.reports import Report, hear
from triage.services.visits import NewVisit
from triage.storage import models
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.follow_ups import FollowUp
from triage.storage.messages import Message
from triage.storage.teams import Responder

TEAMS = 6
TIMES = 3
"""Usually, that each story is lived, so that several teams have it."""
NOT_THEIRS = {"presence", "sign_in", "revision"}
"""What comes and goes with whoever looks."""
NOTE = "Sat with him by the water until his sister came; he wants to see somebody this week. "


@dataclass(frozen=True)
class Mould:
    """One call and all that belongs to it."""

    share: float
    """Of all calls, beside the shares of the others."""
    call_id: UUID
    rows: Sequence[tuple[str, dict[str, Any]]]
    """Each with the name of its table; tables that others point to come first."""


@dataclass
class Desk:
    """Where the calls are taken."""

    world: World
    browser: Browser
    partner: Phone
    """Of whoever calls are referred to."""

    def take(self, **form: str) -> Call:
        key = uuid4()
        answer = self.browser.submit("/intake", CALL | form | {"form_key": str(key)})
        assert answer.status_code == 303, answer.status_code
        reference = answer.location.rpartition("/")[2]
        self.world.settle()
        if self.world.phones.unread(self.partner.number) and self.partner.inbox:
            self.partner.text("1")
        with self.world.context.reading() as uow:
            return calls.by_reference(uow, reference)

    def do(self, work: Callable[[Any], Any]) -> Any:
        return self.world.context.do("test", work)

    def phone(self, call: Call) -> Phone:
        """Of whoever is asked about it now."""
        asked = (
            select(Responder)
            .join(Page, Page.responder_id == Responder.id)
            .join(Slot, Slot.id == Page.slot_id)
            .join(Dispatch, Dispatch.id == Slot.dispatch_id)
            .where(Dispatch.call_id == call.id, Page.state == PageState.OPEN)
        )
        with self.world.context.reading() as uow:
            member = uow.session.scalars(asked).first()
            assert member is not None
            assert member.phone is not None
            return Phone(self.world, member.phone, member.id)

    def close(self, call: Call, disposition: str) -> None:
        """Of a call that was canceled somebody has agreed to that."""
        agreed = disposition == CANCELLED

        def close(uow: Any) -> None:
            it = uow.get(Call, call.id)
            closing.close_call(uow, self.world.centre, it, disposition, NOTE, agreed=agreed)

        self.do(close)

    def follow_up(self, call: Call, outcome: str) -> None:
        """All that was promised was tried, with this outcome, until nothing is open."""

        def try_once(uow: Any) -> None:
            of_it = select(FollowUp).where(FollowUp.call_id == call.id)
            for one in uow.session.scalars(of_it.where(FollowUp.state == FollowUpState.OPEN)):
                follow_ups.record_attempt(uow, self.world.centre, one, Attempt(outcome, NOTE))

        for _ in range(1 + len(self.world.centre.policy.not_reached_again_h)):
            self.do(try_once)


def _visited(desk: Desk) -> Call:
    """A team went, wrote of it, and rang once more."""
    call = desk.take()
    _goes(desk, call)
    desk.do(lambda uow: _write(uow, call))
    desk.close(call, "linked_to_care")
    desk.follow_up(call, "done")
    return call


def _goes(desk: Desk, call: Call) -> None:
    phone = desk.phone(call)
    for said in ("1", "ETA 12", "SCENE", "CLEAR", "1"):
        phone.text(f"{call.code} {said}")


def _write(uow: Any, call: Call) -> None:
    page = uow.session.scalars(
        select(Page)
        .join(Slot, Slot.id == Page.slot_id)
        .join(Dispatch, Dispatch.id == Slot.dispatch_id)
        .where(Dispatch.call_id == call.id, Page.state == PageState.ACCEPTED)
    ).first()
    key = uuid4()
    visits.keep(uow, page, key, {"behaviour": [NOTE]})
    uow.session.flush()
    parts = dict.fromkeys(visits.PARTS, NOTE)
    visits.write_down(uow, page, key, NewVisit(parts, "linked_to_care", 1))


def _second_team(desk: Desk) -> Call:
    """The first team said no, another one went."""
    call = desk.take()
    desk.phone(call).text(f"{call.code} 2")
    _goes(desk, call)
    desk.close(call, "resolved_on_scene")
    desk.follow_up(call, "done")
    return call


def _called_off(desk: Desk) -> Call:
    """A team was asked, and the caller rang off again."""
    call = desk.take()
    desk.close(call, CANCELLED)
    desk.follow_up(call, "refused")
    return call


def _nobody_reached(desk: Desk) -> Call:
    call = desk.take()
    _goes(desk, call)
    desk.close(call, "not_found")
    desk.follow_up(call, "not_reached")
    return call


def _handed_over(desk: Desk) -> Call:
    """Police and an ambulance, by hand in CAD."""
    call = desk.take(**{"facts.weapon": "in_hand", "facts.consciousness": "unconscious"})

    def confirm(uow: Any) -> None:
        for one in dispatches.of_call(uow, uow.get(Call, call.id)):
            if one.state is DispatchState.HAND_OVER:
                cad.confirm(uow, desk.world.centre, one, "Unit 7", "26-000000")

    desk.do(confirm)
    desk.close(call, "hospital_involuntary")
    desk.follow_up(call, "done")
    return call


def _twice(desk: Desk) -> Call:
    """Somebody else rang about it too."""
    call = desk.take()
    again = {"caller_phone": "202-555-0177", "form_key": str(uuid4()), "caller_name": "Lou Ames"}
    answer = desk.browser.submit("/intake", CALL | again | {"action": f"attach:{call.reference}"})
    assert answer.status_code == 303, answer.status_code
    _goes(desk, call)
    desk.close(call, "with_family")
    desk.follow_up(call, "done")
    return call


def _no_call(desk: Desk) -> Call:
    call = desk.take(action="close", disposition="wrong_number")
    assert call.disposition == "wrong_number"
    return call


STORIES: Sequence[tuple[float, Callable[[Desk], Call]]] = (
    (30, _visited),
    (20, _second_team),
    (15, _called_off),
    (5, _nobody_reached),
    (12, _handed_over),
    (6, _twice),
    (12, _no_call),
)
"""Of a hundred calls, how many go so."""


def take(world: World, times: int = TIMES) -> list[Mould]:
    """Live through each story so many times, on a database without a history."""
    for number in range(TEAMS):
        _signs_in(world, world.team(f"MCT {number}", calls_at_once=9999))
    partner = world.partner("County Social Services", "social_services")
    desk = Desk(world, world.client("dispatcher"), partner)
    taken = [(share, story(desk)) for _ in range(times) for share, story in STORIES]
    world.settle()
    desk.do(lambda uow: _delivered(uow, world))
    with world.context.reading() as uow:
        rows = [*_all_rows(uow)]
    found = [Mould(share, call.id, [*_of_call(call.id, rows)]) for share, call in taken]
    for mould in found:
        _must_be_over(mould)
    return found


def _signs_in(world: World, phones: Sequence[Phone]) -> None:
    """Their members read what they wrote."""
    for number, phone in enumerate(phones):
        name = world.account("clinician", f"clinician-{phone.number[-4:]}-{number}")
        with world.context.unit_of_work("test") as uow:
            account = people.find_account(uow, name)
            assert account is not None
            uow.get(Responder, phone.responder_id).account_id = account.id


def _delivered(uow: Any, world: World) -> None:
    """The provider reports that all texts arrived."""
    for message in uow.session.scalars(select(Message)).all():
        if message.provider_id:
            hear(uow, world.centre, Report(message.provider_id, "delivered"))


def _all_rows(uow: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for table in models.Base.metadata.sorted_tables:
        if table.name not in NOT_THEIRS and "created_at" in table.columns:
            by_age = select(table).order_by(table.c.created_at, table.c.id)
            yield from ((table.name, dict(row)) for row in uow.session.execute(by_age).mappings())


def _of_call(
    call: UUID, rows: Sequence[tuple[str, dict[str, Any]]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The call, and whatever names it or a row that does, by a key or only by its value."""
    theirs, before = {call}, 0
    while len(theirs) > before:
        before = len(theirs)
        theirs |= {
            row["id"]
            for _, row in rows
            if any(value in theirs for value in row.values() if isinstance(value, UUID))
        }
    of_no_chain = dict.fromkeys(("chain", "seq", "seal"))  # as lines of the audit trail once were
    for table, row in rows:
        if row["id"] in theirs:
            yield table, row | of_no_chain if table == "audit_entry" else row


def _must_be_over(mould: Mould) -> None:
    """But for its timers, which the copies have behind them."""
    for table, row in mould.rows:
        state = row.get("state")
        wrong = (
            (table == "call" and state != "closed")
            or (table == "dispatch" and state not in {"cleared", "cancelled"})
            or (table == "errand" and row["ended_at"] is None)
            or (table == "message" and (state != "delivered" or row["ring_since"]))
            or (table == "follow_up" and state == "open")
        )
        assert not wrong, (table, row)
