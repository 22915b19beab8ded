"""The link in a page's text, on the telephone that was paged.

Looking at the address changes nothing, however often a program does it; the button opens it, once.
What it opens is narrower than being signed in: this call, as far as the texts may tell of it.
"""

from collections import deque
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound, TooManyRequests

from triage.context import current_context
from triage.domain.errors import Conflict
from triage.entrypoints.web import looks
from triage.entrypoints.web.access import cookie_name, open_to_everyone
from triage.entrypoints.web.banners import paging_lines
from triage.entrypoints.web.call import Typed, for_member
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


@bp.get(f"/<string(length={page_links.LENGTH}):secret>")
@open_to_everyone
def look(secret: str) -> ResponseReturnValue:
    """One button, and for whom it is. Whoever has opened this link here goes on."""
    with current_context().reading() as uow:
        link = _find(uow, secret)
        if _holds(uow, link):
            return redirect("/p/call")
        return _door(uow, link, secret)


@bp.post(f"/<string(length={page_links.LENGTH}):secret>")
@open_to_everyone
def open_(secret: str) -> ResponseReturnValue:
    context = current_context()
    with context.reading() as uow:
        link = _find(uow, secret)
        if _holds(uow, link):
            return redirect("/p/call", 303)
        actor = f"responder:{link.responder_id}"

    def work(uow: UnitOfWork) -> str:
        return opened_pages.open_(uow, _find(uow, secret))

    try:
        token = context.do(actor, work)
    except Conflict:  # somebody was faster
        with context.reading() as uow:
            return _door(uow, _find(uow, secret), secret)
    answered = make_response(redirect("/p/call", 303))
    answered.set_cookie(
        _cookie(),
        token,
        httponly=True,
        samesite="Lax",
        secure=context.settings.public_url.startswith("https:"),
        path="/",
    )
    return answered


@bp.get("/call")
@open_to_everyone
def call() -> ResponseReturnValue:
    context = current_context()
    with context.reading() as uow:
        if (link := _opened(uow)) is None:
            return _over(uow)
        actor, page_id = f"responder:{link.responder_id}", link.page_id
        within = timedelta(minutes=context.settings.policy.opening_min)
    looks.note(context, actor, lambda uow: _call_of(uow, page_id), within)
    return _render(Typed(), 200)


@bp.get("/call/live")
@open_to_everyone
def live() -> ResponseReturnValue:
    context = current_context()
    with context.reading() as uow:
        if (link := _opened(uow)) is None:
            return _over(uow)
        html = render_template("call_clinician_live.html", token="", **_shown(uow, link, Typed()))
        return fragment(html, uow.now)


@bp.post("/call/mine")
@open_to_everyone
def mine() -> ResponseReturnValue:
    context = current_context()
    with context.reading() as uow:
        if (link := _opened(uow)) is None:
            return _over(uow)
        actor = f"responder:{link.responder_id}"

    def work(uow: UnitOfWork) -> str:
        if (link := _opened(uow)) is None:
            raise Conflict(gettext("this link has ended"))
        return once(uow, context.centre, opened_pages.newest_page(uow, link))

    return take(actor, work, "/p/call", _render)


def _render(sent: Typed, status: int) -> ResponseReturnValue:
    with current_context().reading() as uow:
        if (link := _opened(uow)) is None:
            return _over(uow)
        return render_template("call_clinician.html", **_shown(uow, link, sent)), status


def _shown(uow: UnitOfWork, link: PageLink, sent: Typed) -> dict[str, Any]:
    page = opened_pages.newest_page(uow, link)
    shown = for_member(uow, current_context().centre, [page], sent)
    paging = paging_lines(watch.standing(uow).codes, at_the_desk=False)
    return shown | {"base": "/p/call", "narrow": True, "paging": paging}


def _door(uow: UnitOfWork, link: PageLink, secret: str) -> ResponseReturnValue:
    g.now = uow.now
    why = opened_pages.why_shut(uow, link)
    html = render_template("page_link.html", link=link, why=why, secret=secret)
    return html, 410 if why else 200


def _over(uow: UnitOfWork) -> ResponseReturnValue:
    """What was opened has ended, or nothing was."""
    g.now = uow.now
    link = _held(uow)
    why = opened_pages.why_over(uow, link) if link else None
    why = why or gettext("No link is open in this browser.")
    return render_template("page_link.html", link=None, why=why, secret=None), 401


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


def _holds(uow: UnitOfWork, link: PageLink) -> bool:
    held = _held(uow)
    return held is not None and held.id == link.id and opened_pages.why_over(uow, link) is None


def _held(uow: UnitOfWork) -> PageLink | None:
    token = request.cookies.get(_cookie())
    return opened_pages.opened(uow, token) if token else None


def _opened(uow: UnitOfWork) -> PageLink | None:
    """What this browser may see, while it lasts."""
    g.now = uow.now
    link = _held(uow)
    return link if link and opened_pages.why_over(uow, link) is None else None


def _call_of(uow: UnitOfWork, page_id: UUID) -> Call:
    return uow.get(Page, page_id).slot.dispatch.call


def _cookie() -> str:
    return f"{cookie_name()}-page"
