"""What the link in a page's text opens: that call, for one member, without a password.

A link opens once, and only a person can open it: programs that look at links in texts ask for
the address, but nothing is used up before a button is pressed. It shows what the texts to this
telephone may tell; for all else they sign in.
"""

import secrets

from sqlalchemy import select

from triage.domain.errors import Conflict
from triage.domain.lifecycle import GONE, CallState, PageKind, PageState
from triage.domain.words import msgid
from triage.services import duty, forced_agreements
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.page_links import PageLink
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork


def find(uow: UnitOfWork, secret: str) -> PageLink | None:
    return uow.session.scalar(
        select(PageLink).where(PageLink.secret_index == blind_index("page_link", secret))
    )


def why_shut(uow: UnitOfWork, link: PageLink) -> str | None:
    """Why this link opens nothing, in a sentence; None while it does."""
    if link.opened_at is not None:
        return msgid("This link was opened already, and a link opens once.")
    return why_over(uow, link)


def open_(uow: UnitOfWork, link: PageLink) -> str:
    """What the browser of whoever tapped it shows from now on. Raises Conflict with the reason
    when it opens nothing any more."""
    uow.session.refresh(link, with_for_update=True)
    if why := why_shut(uow, link):
        raise Conflict(why)
    token = secrets.token_urlsafe(32)
    link.opened_at, link.session_index = uow.now, blind_index("page_session", token)
    page = link.page
    uow.audit(
        "page.link_opened",
        page,
        call_id=page.slot.dispatch.call_id,
        team=page.team.name,
        role=page.responder.role,
    )
    return token


def opened(uow: UnitOfWork, token: str) -> PageLink | None:
    """What was opened with this, whether or not it lasts."""
    return uow.session.scalar(
        select(PageLink).where(PageLink.session_index == blind_index("page_session", token))
    )


def why_over(uow: UnitOfWork, link: PageLink) -> str | None:
    """Why what was opened shows nothing any more, in a sentence; None while it does."""
    member, page = link.responder, newest_page(uow, link)
    if is_taken_back(link):
        return msgid("This link was taken back.")
    call = page.slot.dispatch.call
    is_over = call.state not in {CallState.OPEN, CallState.ASKING}
    if is_over or forced_agreements.reads_as_closed(uow, call, [page]):
        return msgid("The call of this link has ended.")
    if link.expires_at <= uow.now:
        return msgid("This link is too old.")
    if not has_it(page) and not duty.is_on_shift(uow, member):
        return msgid("Your shift has ended.")
    return None


def is_taken_back(link: PageLink) -> bool:
    """Nothing that is pressed behind it is believed to be theirs any more."""
    member = link.responder
    return bool(link.ended_at or member.phone_lost_at or member.retired_at)


def has_it(page: Page) -> bool:
    """Has whoever was asked by this page its place in the team now, or did they until they
    cleared?"""
    slot = page.slot
    theirs = page.state is PageState.ACCEPTED and slot.responder_id == page.responder_id
    return theirs and slot.state not in GONE


def newest_page(uow: UnitOfWork, link: PageLink) -> Page:
    """The last page by which the link's member was asked to come to the same call."""
    call_id = link.page.slot.dispatch.call_id
    pages = (
        select(Page)
        .join(Slot, Slot.id == Page.slot_id)
        .join(Dispatch, Dispatch.id == Slot.dispatch_id)
        .where(Dispatch.call_id == call_id)
        .order_by(Page.created_at.desc(), Page.id.desc())
    )
    theirs = (one for one in uow.session.scalars(pages) if one.responder_id == link.responder_id)
    return next(theirs)


def diverted_to(uow: UnitOfWork, page: Page) -> str | None:
    """The code of the call to which they turned from the one of this page."""
    if page.state is not PageState.WITHDRAWN:
        return None
    turned = select(Page).where(
        Page.responder_id == page.responder_id,
        Page.instead_of_id == page.slot_id,
        Page.kind == PageKind.TEAM,  # as a question is once they have said yes
        Page.created_at > page.created_at,
    )
    found = uow.session.scalars(turned.order_by(Page.created_at.desc())).first()
    return found.slot.dispatch.call.code if found else None
