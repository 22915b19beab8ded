"""Somebody in the field says that they need help: the desk is alarmed, and whoever else is on the
call reads that it is. Never after a silent alarm, which nothing that reaches a team gives away."""

import logging
from collections.abc import Sequence

from sqlalchemy import select

from triage.domain import safety_wording
from triage.domain.alarms import AlarmKind
from triage.domain.lifecycle import PageState
from triage.domain.role_words import member_name
from triage.services import alarms, dangers
from triage.services.centre import Centre
from triage.services.stand_downs import NEEDED, no_turn, tell
from triage.storage.database import must_begin_anew
from triage.storage.dispatches import Page, Slot
from triage.storage.safety import STANDING_ALARM, Alarm
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)

_CRIED = STANDING_ALARM, Alarm.over_at.is_(None), Alarm.kind == AlarmKind.HELP


def cry_for_help(
    uow: UnitOfWork,
    centre: Centre,
    member: Responder,
    pages: Sequence[Page],
    wrote: str | None = None,
) -> None:
    """On each of these calls, or on none. Who says it again is told of once while nobody has taken
    the alarm. wrote -- see `alarms.raise_`."""
    if not pages:
        alarms.raise_(uow, centre, AlarmKind.HELP, member, wrote=wrote)
    for page in pages:
        alarm = alarms.raise_(uow, centre, AlarmKind.HELP, member, page, wrote=wrote)
        if alarm.rings == 1 and page.state is PageState.ACCEPTED:
            _tell_others(uow, centre, member, page)


def _tell_others(uow: UnitOfWork, centre: Centre, member: Responder, page: Page) -> None:
    """Nothing that goes wrong here may cost the alarm."""
    try:
        with uow.session.begin_nested():
            _tell(uow, centre, member, page)
    except Exception as error:
        if must_begin_anew(error):  # all of this is tried again
            raise
        log.error("others on the call were not told of an alarm: %s", type(error).__name__)


def _tell(uow: UnitOfWork, centre: Centre, member: Responder, page: Page) -> None:
    told = {member.id}
    for slot in dangers.under_way(uow, page.slot.dispatch.call):
        no_turn(uow, centre, slot, slot.responder_id, NEEDED)  # they are the help at hand
        if slot.responder_id not in told and slot.responder_id is not None:
            told.add(slot.responder_id)
            _needs_help(uow, centre, member, slot)


def tell_who_comes(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    """Somebody has this place now: they are told of each colleague there who has cried for help,
    taken care of or not, until that is over; and those of theirs, who had cried while asked."""
    here = *_CRIED, Alarm.call_id == slot.dispatch.call_id
    own = select(Alarm.id).where(*here, Alarm.responder_id == slot.responder_id)
    page = next((one for one in slot.pages if one.responder_id == slot.responder_id), None)
    if page is not None and uow.session.scalar(own.limit(1)):
        _tell_others(uow, centre, page.responder, page)
    cried = (
        select(Responder)
        .join(Alarm, Alarm.responder_id == Responder.id)
        .join(Page, Page.id == Alarm.page_id)
        .where(*here, Page.state == PageState.ACCEPTED, Responder.id != slot.responder_id)
    )
    for member in uow.session.scalars(cried).unique():
        _needs_help(uow, centre, member, slot)


def _needs_help(uow: UnitOfWork, centre: Centre, member: Responder, to: Slot) -> None:
    if (other := to.responder) is None:
        return
    call = to.dispatch.call
    text = safety_wording.needs_help(call.code, member_name(member.team.name, member.role))
    tell(uow, centre, to, text, priority=0)
    uow.audit("slot.told_of_help", to, call_id=call.id, team=other.team.name, role=other.role)
