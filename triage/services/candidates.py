"""Who could be asked to come, and who of them first."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from triage.domain.lifecycle import TAKEN, PageKind, PageState, SlotState
from triage.domain.ranking import Need, TeamOption, why_none
from triage.domain.storm import Candidates, may_be_held_back
from triage.services import storms
from triage.services.availability import BUSY, Held, hold, serving, team_options
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.unit_of_work import UnitOfWork

STOPPED = "stopped"
"""Through what a page ended: whoever it asked has stopped our texts."""


def find(uow: UnitOfWork, dispatch: Dispatch, wanted: Sequence[Slot]) -> Candidates:
    """Who may be asked for these slots of a dispatch now."""
    options = team_options(uow, dispatch.call.zone, besides=dispatch)
    need = need_of(dispatch, wanted)
    fitting = serving(options, dispatch.response)
    asked = _asked_already(dispatch, wanted) | _on_this_call_already(uow, dispatch)
    left = [option.without(asked) for option in fitting]
    rank = min(slot.rank for slot in wanted)
    flooded = storms.flooded(uow, left) if may_be_held_back(rank) else ()
    none = why_none(fitting, need.roles) or "all_committed"
    return Candidates(left, need, rank, flooded, none)


def anybody_left(uow: UnitOfWork, dispatch: Dispatch, wanted: Sequence[Slot]) -> bool:
    """Could any team be asked for these slots now, as far as that is told without asking the
    database about each?"""
    asked = _asked_already(dispatch, wanted)
    roles = [slot.role for slot in wanted]
    options = team_options(uow, dispatch.call.zone, besides=dispatch)
    fitting = serving(options, dispatch.response)
    return any(option.without(asked).could_come(roles) for option in fitting)


def hold_best(uow: UnitOfWork, found: Candidates) -> tuple[TeamOption, Held]:
    """Hold the best team; there is one.

    Calls that come in at the same instant all find the same one best. They do not stand in line for
    it, each for as long as the others take to commit, where another team is as good.
    """
    elsewhere: set[UUID] = set()
    while best := found.best_but(elsewhere) or found.best:
        if held := hold(uow, best, found.need.roles, wait=best.team_id in elsewhere):
            return best, held
        elsewhere.add(best.team_id)
    raise ValueError("nobody was found")


def need_of(dispatch: Dispatch, wanted: Sequence[Slot]) -> Need:
    language = dispatch.call.language
    skills = frozenset({language} if language and language != "en" else ())
    return Need(tuple(slot.role for slot in wanted), dispatch.call.zone, skills)


def _on_this_call_already(uow: UnitOfWork, dispatch: Dispatch) -> set[UUID]:
    """Members who are asked for or have another dispatch of this call: a reply names a call,
    so one phone answers one question for each."""
    new = uow.new_under(dispatch.call_id, Dispatch)
    if new is not None:
        others = [slot for one in new if one is not dispatch for slot in one.slots]
        return {s.responder_id for s in others if s.responder_id and s.state in BUSY}
    rows = uow.session.scalars(
        select(Slot.responder_id)
        .join(Dispatch)
        .where(
            Dispatch.call_id == dispatch.call_id,
            Dispatch.id != dispatch.id,
            Slot.responder_id.is_not(None),
            Slot.state.in_(BUSY),
        )
    )
    return {key for key in rows if key is not None}


def _counts(page: Page) -> bool:
    if page.state is PageState.WITHDRAWN:
        return page.answered_at is not None
    if page.state is PageState.UNDELIVERABLE and page.answered_through == STOPPED:
        return page.responder.opted_out_at is not None  # they can be asked again
    return page.kind is not PageKind.DIVERT or page.state is PageState.OPEN


def _asked_already(dispatch: Dispatch, wanted: Sequence[Slot]) -> set[UUID]:
    """Members who were asked to come since these slots were opened, or have said no since then to
    what they were asked before, have come, or left. That a team stays on its call, when it was
    asked to turn, is no answer to whether it comes when it is free; nor has anybody answered who
    was told that somebody else has it, which is no longer so."""
    since = min(slot.created_at for slot in wanted)
    live = [slot for slot in dispatch.slots if slot.state is not SlotState.CANCELLED]
    pages = (page for slot in live for page in slot.pages)
    asked = {page.responder_id for page in pages if page.counts_since(since) and _counts(page)}
    here = TAKEN | {SlotState.WITHDRAWN, SlotState.REPLACED}
    return asked | {s.responder_id for s in live if s.responder_id and s.state in here}
