"""A place is given by hand: to one of our members, or to a unit named by radio."""

from collections.abc import Sequence

from triage.domain import wording
from triage.domain.errors import Refused
from triage.domain.lifecycle import TAKEN, SlotState
from triage.domain.role_words import member_name, role_name
from triage.domain.words import msgid
from triage.services import (
    assessments,
    by_radio,
    cries,
    dangers,
    dispatches,
    diverts,
    open_cries,
    page_answers,
    page_links,
    paging,
    reliefs,
    silences,
    silent_alarms,
)
from triage.services.centre import Centre
from triage.services.unsafe import somebody_withdrew
from triage.storage.dispatches import Page, Slot
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork


def assign(
    uow: UnitOfWork,
    centre: Centre,
    slot: Slot,
    responder: Responder | None,
    unit: str | None,
    *,
    confirmed: bool = False,
) -> None:
    """Give a slot by hand, to one of our members or to a unit named by radio.

    confirmed -- a person knows that somebody on the call whom this releases may be in danger.
    """
    paging.require_page_dispatch(slot.dispatch)
    paging.must_be_wanted(slot)
    if responder is None and not (unit or "").strip():
        raise Refused(msgid("Choose a member or name the unit."), "unit")
    if slot.predecessor is not None and slot.predecessor.state in TAKEN:  # who is released by it
        silent_alarms.must_not_show(uow, [slot.predecessor])
        open_cries.must_be_known(uow, centre, slot.dispatch.call, confirmed=confirmed)
    turned: Sequence[Page] = []
    if responder is not None:
        turned = _give(uow, centre, slot, responder)
    else:
        by_radio.must_be_a_name(unit or "")
        slot.move_to(SlotState.ACCEPTED)
        slot.team_id, slot.responder_id, slot.unit = None, None, (unit or "").strip()
        slot.team, slot.responder = None, None
        by_radio.comes(uow, slot.dispatch.call, slot.unit)
    who = slot.team.name if slot.team else slot.unit or ""
    code = slot.dispatch.call.code
    paging.withdraw_pages(uow, centre, slot, wording.taken_by(code, who))
    reliefs.take_over(uow, centre, slot)
    told = [page.slot for page in turned]
    paging.tell_partners(
        uow, centre, slot, wording.partner_accepted(code, slot.role, who), but=told
    )
    uow.audit("slot.assigned", slot, call_id=slot.dispatch.call_id, role=slot.role, to=who)
    paging.refresh(uow, slot.dispatch)


def _give(uow: UnitOfWork, centre: Centre, slot: Slot, responder: Responder) -> Sequence[Page]:
    """Our own member gets an accepted page, as if they had answered, and is told. Returns the
    pages of those who turn with them."""
    if responder.retired_at is not None or responder.role != slot.role:
        raise Refused(
            msgid("Choose a member who is a %(role)s.", role=role_name(slot.role)), "responder"
        )
    if responder.id in silences.forced(uow):
        raise Refused(
            msgid(
                "A silent alarm stands: %(who)s is given no other call until it is over.",
                who=member_name(responder.team.name, responder.role),
            ),
            "responder",
        )
    question = diverts.question_to(slot.dispatch, responder)
    page = dispatches.give_to(uow, slot, responder)
    left, turned = diverts.settled_by_hand(uow, centre, question) if question else (None, [])
    call = slot.dispatch.call
    paging.tell(
        uow,
        centre,
        slot,
        wording.assigned(
            call.code,
            call.location,
            page_answers.partners_told(slot),
            link=page_links.make(uow, centre, page),
            instead_of=left.call.code if left is not None else None,
            unsafe=somebody_withdrew(uow, slot.dispatch),
            quiet=assessments.said_no(assessments.answers_of(uow, call), "can_speak_freely"),
            dangers=dangers.are_told(uow, centre, call),
        ),
    )
    cries.tell_who_comes(uow, centre, slot)
    for theirs in turned:
        diverts.tell_who_turned(uow, centre, theirs, page_answers.partners_told(theirs.slot))
    return turned
