"""The link in a page's text: a secret that only the text holds."""

import re
import string
from datetime import timedelta
from random import SystemRandom

from sqlalchemy import select

from triage.services.centre import Centre
from triage.storage.dispatches import Page
from triage.storage.page_links import PageLink
from triage.storage.sealed import blind_index
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

LENGTH = 11
"""Letters and digits: 65 bits, and a telephone makes a link of all of it."""
_SIGNS = string.ascii_letters + string.digits
_random = SystemRandom()
_SECRET = re.compile(rf"(/p/)[A-Za-z0-9]{{{LENGTH}}}\b")


def make(uow: UnitOfWork, centre: Centre, page: Page) -> str:
    """A link for one text of this page; nobody can make it again."""
    secret = "".join(_random.choices(_SIGNS, k=LENGTH))
    link = PageLink(
        page_id=page.id,
        responder_id=page.responder_id,
        secret_index=blind_index("page_link", secret),
        expires_at=uow.now + timedelta(hours=centre.policy.session_hours),
    )
    uow.add(link)
    return f"{centre.public_url}/p/{secret}"


def hidden(text: str | None) -> str | None:
    """A text as it is shown to anybody but the telephone that it was sent to."""
    return _SECRET.sub(r"\1...", text) if text else text


def revoke(uow: UnitOfWork, member: Responder) -> None:
    """Nothing that was texted to this telephone opens anything, and what was opened ends."""
    theirs = select(PageLink).where(
        PageLink.responder_id == member.id,
        PageLink.ended_at.is_(None),
        PageLink.expires_at > uow.now,
    )
    for link in uow.session.scalars(theirs):
        link.ended_at = uow.now
