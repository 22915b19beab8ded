"""The calls of one member of a team who is signed in: those they are asked to take, those they
have, and those they had lately, of which a note may still be owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from triage.domain.lifecycle import TAKEN, PageState
from triage.services.opened_pages import has_it
from triage.services.swaps import members_of
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.unit_of_work import UnitOfWork
from triage.storage.visits import Visit

ASKED_WITHIN = timedelta(days=30)
"""Nobody is on a call for longer."""
LATELY = timedelta(days=3)
"""A note that was not written by then is asked for by a person."""


@dataclass(frozen=True)
class OwnCalls:
    """By the newest page that asked them to come to each call, the newest first."""

    asked: Sequence[Page]
    in_hand: Sequence[Page]
    had: Sequence[Page]
    noted: frozenset[UUID]
    """Keys of calls of which they have written a note."""


def of_account(uow: UnitOfWork, account_id: UUID) -> OwnCalls:
    members = [member.id for member in members_of(uow, account_id)]
    newest: dict[UUID, Page] = {}
    for page in _asked(uow, members):
        newest.setdefault(page.slot.dispatch.call_id, page)
    asked = [page for page in newest.values() if page.state is PageState.OPEN]
    accepted = [page for page in newest.values() if page.state is PageState.ACCEPTED]
    in_hand = [page for page in accepted if has_it(page) and page.slot.state in TAKEN]
    had = [page for page in accepted if page not in in_hand and page.created_at >= uow.now - LATELY]
    return OwnCalls(asked, in_hand, had, _noted(uow, members, had))


def _asked(uow: UnitOfWork, members: Sequence[UUID]) -> Sequence[Page]:
    if not members:
        return ()
    call = joinedload(Page.slot).joinedload(Slot.dispatch).joinedload(Dispatch.call)
    of_theirs = (
        select(Page)
        .where(Page.responder_id.in_(members), Page.created_at >= uow.now - ASKED_WITHIN)
        .order_by(Page.created_at.desc(), Page.id.desc())
        .options(call.load_only(Call.reference, Call.code, Call.zone), joinedload(Page.team))
    )
    return uow.session.scalars(of_theirs).all()


def _noted(uow: UnitOfWork, members: Sequence[UUID], pages: Sequence[Page]) -> frozenset[UUID]:
    calls = [page.slot.dispatch.call_id for page in pages]
    if not calls:
        return frozenset()
    written = select(Visit.call_id).where(
        Visit.call_id.in_(calls), Visit.responder_id.in_(members), Visit.written_at.is_not(None)
    )
    return frozenset(uow.session.scalars(written))
