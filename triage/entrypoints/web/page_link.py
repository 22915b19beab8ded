"""The link in a page's text, on the telephone that was paged.

Looking at the address changes nothing, however often a program does it; the button opens it, once.
What it opens is narrower than being signed in: this call, as far as the texts may tell of it.
A browser may hold several. The address of what was opened says which, and a cookie of its own,
named after it, that it was opened here: a page never becomes another call, nor does what is
pressed on it.
"""

from collections import deque
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound, TooManyRequests

from triage.context import current_context
from triage.domain.errors import Conflict
from triage.entrypoints.web import looks, typed
from triage.entrypoints.web.access import cookie_name, open_to_everyone
from triage.entrypoints.web.banners import field_lines
from triage.entrypoints.web.call import for_member
from triage.entrypoints.web.call_shown import Typed
from triage.entrypoints.web.clinician import once, take
from triage.entrypoints.web.fresh import fragment
from triage.services import opened_pages, page_links, watch
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.page_links import PageLink
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("page_link", __name__, url_prefix="/p")

GUESSES, WITHIN = 20, timedelta(minutes=1)
"""Secrets that were none, from one address, before it has to wait; each process counts its own."""
_guessed: dict[str, deque[datetime]] = {}
_ADDRESSES = 1000
"""Addresses that are remembered."""
HELD = 20
"""Opened links that a browser holds, the latest: every request carries them all."""


@bp.get(f"/<string(length={page_links.LENGTH}):secret>")
@open_to_everyone
def look(secret: str) -> ResponseReturnValue:
    """One button, and for whom it is. Whoever has opened this link here goes on."""
    with current_context().reading() as uow:
        link = _find(uow, secret)
        if _opened(uow, link.id):
            return redirect(_path(link.id))
        return _door(uow, link, secret)


@bp.post(f"/<string(length={page_links.LENGTH}):secret>")
@open_to_everyone
def open_(secret: str) -> ResponseReturnValue:
    context = current_context()
    with context.reading() as uow:
        link = _find(uow, secret)
        if _opened(uow, link.id):
            return redirect(_path(link.id), 303)
        key, actor = link.id, f"responder:{link.responder_id}"

    def work(uow: UnitOfWork) -> str:
        return opened_pages.open_(uow, _find(uow, secret))

    try:
        token = context.do(actor, work)
    except Conflict:  # somebody was faster
        with context.reading() as uow:
            return _door(uow, _find(uow, secret), secret)
    return _holding(key, token)


@bp.get("/call/<uuid:key>")
@open_to_everyone
def call(key: UUID) -> ResponseReturnValue:
    context = current_context()
    with context.reading() as uow:
        if (link := _opened(uow, key)) is None:
            return _over(uow, key)
        actor, page_id = f"responder:{link.responder_id}", link.page_id
        within = timedelta(minutes=context.settings.policy.opening_min)
    looks.note(context, actor, lambda uow: _call_of(uow, page_id), within)
    return _render(key, Typed(), 200)


@bp.get("/call/<uuid:key>/live")
@open_to_everyone
def live(key: UUID) -> ResponseReturnValue:
    context = current_context()
    with context.reading() as uow:
        if (link := _opened(uow, key)) is None:
            return _over(uow, key)
        html = render_template("call_clinician_live.html", token="", **_shown(uow, link, Typed()))
        return fragment(html, uow.now)


@bp.post("/call/<uuid:key>/mine")
@open_to_everyone
def mine(key: UUID) -> ResponseReturnValue:
    context = current_context()
    with context.reading() as uow:
        if (link := _believed(uow, key)) is None:
            return _over(uow, key)
        actor = f"responder:{link.responder_id}"

    def work(uow: UnitOfWork) -> str:
        if (link := _believed(uow, key)) is None:
            raise Conflict(gettext("this link has ended"))
        return once(uow, context.centre, opened_pages.newest_page(uow, link))

    return take(actor, work, _path(key), lambda *sent: _render(key, *sent))


def _render(key: UUID, sent: Typed, status: int) -> ResponseReturnValue:
    with current_context().reading() as uow:
        if (link := _opened(uow, key)) is None:
            return _over(uow, key)
        return render_template("call_clinician.html", **_shown(uow, link, sent)), status


def _shown(uow: UnitOfWork, link: PageLink, sent: Typed) -> dict[str, Any]:
    page = opened_pages.newest_page(uow, link)
    shown = for_member(uow, current_context().centre, [page], sent)
    paging = field_lines(current_context(), watch.standing(uow).codes)
    mine = {"base": _path(link.id), "narrow": True, "writer": link.id}
    return shown | mine | {"paging": paging}


def _door(uow: UnitOfWork, link: PageLink, secret: str) -> ResponseReturnValue:
    g.now = uow.now
    why = opened_pages.why_shut(uow, link)
    html = render_template("page_link.html", link=link, why=why, secret=secret, writer=None)
    return html, 410 if why else 200


def _over(uow: UnitOfWork, key: UUID) -> ResponseReturnValue:
    """What was opened has ended, or nothing was."""
    g.now = uow.now
    link = _held(uow, key)
    why = opened_pages.why_over(uow, link) if link else None
    why = why or gettext("No link is open in this browser.")
    writer = link.id if link else None
    return render_template("page_link.html", link=None, why=why, secret=None, writer=writer), 401


def _find(uow: UnitOfWork, secret: str) -> PageLink:
    """Raises NotFound, and TooManyRequests for an address that keeps guessing."""
    tried = _guessed.get(request.remote_addr or "", deque())
    while tried and tried[0] <= uow.now - WITHIN:
        tried.popleft()
    if len(tried) >= GUESSES:
        raise TooManyRequests(retry_after=int(WITHIN.total_seconds()))
    if (link := opened_pages.find(uow, secret)) is None:
        if len(_guessed) >= _ADDRESSES:
            _guessed.pop(next(iter(_guessed)))
        _guessed[request.remote_addr or ""] = tried
        tried.append(uow.now)
        raise NotFound
    return link


def _holding(key: UUID, token: str) -> ResponseReturnValue:
    """On to what was just opened, which this browser holds from now on."""
    secure = current_context().settings.public_url.startswith("https:")
    answered = make_response(redirect(_path(key), 303))
    held = [name for name in request.cookies if name.startswith(_cookies())]  # the oldest first
    for name in held[: 1 - HELD]:
        answered.delete_cookie(name, httponly=True, samesite="Lax", secure=secure, path="/")
    name = f"{_cookies()}{key.hex}"
    answered.set_cookie(name, token, httponly=True, samesite="Lax", secure=secure, path="/")
    return answered


def _held(uow: UnitOfWork, key: UUID) -> PageLink | None:
    token = request.cookies.get(f"{_cookies()}{key.hex}")
    link = opened_pages.opened(uow, token) if token else None
    return link if link and link.id == key else None


def _opened(uow: UnitOfWork, key: UUID) -> PageLink | None:
    """What this browser may see, while it lasts."""
    g.now = uow.now
    link = _held(uow, key)
    return link if link and opened_pages.why_over(uow, link) is None else None


def _believed(uow: UnitOfWork, key: UUID) -> PageLink | None:
    """Behind which something was pressed that counts. A cry for help does also once the call has
    ended or the time is over: whoever sends it may have pressed before."""
    if typed.line("action") != "help":
        return _opened(uow, key)
    link = _held(uow, key)
    return link if link and not opened_pages.is_taken_back(link) else None


def _call_of(uow: UnitOfWork, page_id: UUID) -> Call:
    return uow.get(Page, page_id).slot.dispatch.call


def _path(key: UUID) -> str:
    """Of what a link has opened. It opens nothing where the link was not opened."""
    return url_for("page_link.call", key=key)


def _cookies() -> str:
    """How the names of all cookies of opened links begin."""
    return f"{cookie_name()}-page-"
