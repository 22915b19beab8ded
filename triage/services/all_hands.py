"""All hands: everybody on shift who could fill a missing place is asked at the same time."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from triage.domain.escalation import Due
from triage.domain.lifecycle import PageKind, PageState, SlotState
from triage.services.availability import team_options
from triage.services.centre import Centre
from triage.services.pages import open_page, send_page
from triage.storage.dispatches import BUSY_SLOT, Dispatch, Page, Slot
from triage.storage.teams import Responder, Team
from triage.storage.unit_of_work import UnitOfWork


def ask(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, due: Due) -> int:
    """Ask them; how many. The slots stay unfilled until one of them says yes."""
    found = to_ask(uow, dispatch, due)
    for slot, team_id, responder_id in found:
        team, responder = uow.get(Team, team_id), uow.get(Responder, responder_id)
        send_page(uow, centre, open_page(uow, slot, team, responder, PageKind.ALL_HANDS))
    return len(found)


def to_ask(uow: UnitOfWork, dispatch: Dispatch, due: Due) -> Sequence[tuple[Slot, UUID, UUID]]:
    """The place, the team and the member of each who has no call. Those too who were asked before:
    who said no may change their mind. Where the teams were asked again, a no to that counts, until
    the policy begins anew."""
    missing = [slot for slot in dispatch.slots if slot.state is SlotState.UNFILLED]
    left_out = _busy(uow, dispatch)
    if due.round == 1:
        left_out |= {one for slot in missing if _is_asked_again(slot) for one in _said_no(slot)}
    return [
        (slot, option.team_id, member.responder_id)
        for option in team_options(uow, dispatch.call.zone, besides=dispatch)
        if option.may_be_asked
        for member in option.members
        if member.responder_id not in left_out
        for slot in [one for one in missing if one.role == member.role][:1]
    ]


def _is_asked_again(slot: Slot) -> bool:
    """Has this place taken that of an earlier round (stand_downs.ask_anew)?"""
    return slot.relieves is None and any(
        other.state is SlotState.CANCELLED and other.position == slot.position
        for other in slot.dispatch.slots
    )


def _said_no(slot: Slot) -> set[UUID]:
    """Since this round began."""
    return {
        page.responder_id
        for page in slot.newest_pages
        if page.state is PageState.DECLINED and page.counts_since(slot.created_at)
    }


def _busy(uow: UnitOfWork, dispatch: Dispatch) -> set[UUID]:
    """Who has a call, or a question about this one still open, or about one as urgent. A question
    about a lesser call keeps nobody from this one."""
    working = (
        select(Slot.responder_id)
        .join(Dispatch)
        .where(BUSY_SLOT, Slot.responder_id.is_not(None))
        .where(
            or_(
                Slot.state != SlotState.PAGED,
                Dispatch.level_rank <= dispatch.level_rank,
            )
        )
    )
    asked = (
        select(Page.responder_id)
        .join(Slot)
        .join(Dispatch)
        .where(Dispatch.call_id == dispatch.call_id, Page.state == PageState.OPEN)
    )
    found = {*uow.session.scalars(working), *uow.session.scalars(asked)}
    return {key for key in found if key is not None}
