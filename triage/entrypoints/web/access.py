"""Who may open which page.

Every view says so itself, or it is closed to everybody:

    @bp.get("/board")
    @open_to("dispatcher", "supervisor")
    def board() -> ResponseReturnValue:
        actor = current_person().actor

`@open_to_everyone` is for views that need no sign-in or that check something else, such as
a bearer token or a provider's signature. Blueprints whose requests do not come from our own
forms also say `csrf.exempt(bp)`. A view that a page calls by itself, without a person
(a poll), says `open_to(..., background=True)`: it does not keep anybody signed in.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Forbidden, Unauthorized

from triage.context import current_context
from triage.domain.errors import Conflict
from triage.domain.words import msgid
from triage.entrypoints.web.heard import hearing_of
from triage.services import people
from triage.services.people import ROLES, Person

View = TypeVar("View", bound=Callable[..., Any])

csrf = CSRFProtect()

OPEN_ENDPOINTS = frozenset({"static"})
"""Views that Flask makes itself; all others declare who may open them."""
_PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")
_EVERYONE = frozenset({"*"})
_SEEN_EVERY = timedelta(minutes=1)
_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def open_to(*roles: str, background: bool = False) -> Callable[[View], View]:
    """Let these roles in. `background` -- asked for by the page itself, not by a person."""
    if not roles or set(roles) - set(ROLES):
        raise ValueError(f"roles are some of {', '.join(ROLES)}, not {roles}")

    def declare(view: View) -> View:
        view.open_to = frozenset(roles)  # type: ignore[attr-defined]
        view.background = background  # type: ignore[attr-defined]
        return view

    return declare


def open_to_everyone(view: View) -> View:
    """Let strangers in."""
    view.open_to = _EVERYONE  # type: ignore[attr-defined]
    return view


def roles_of(app: Flask, endpoint: str) -> frozenset[str]:
    """The roles that may open a view: empty when nobody may, "*" for everybody."""
    if endpoint in OPEN_ENDPOINTS:
        return _EVERYONE
    roles: frozenset[str] = getattr(app.view_functions.get(endpoint), "open_to", frozenset())
    return roles


def is_open_to_everyone(app: Flask, endpoint: str) -> bool:
    return roles_of(app, endpoint) == _EVERYONE


def current_person() -> Person:
    """Who is signed in. Raises Unauthorized, which leads to the sign-in page."""
    if (person := person_or_none()) is None:
        raise Unauthorized
    return person


def person_or_none() -> Person | None:
    """Who is signed in, if anybody; looked up once per request."""
    if "person" not in g:
        g.person = None
        if token := request.cookies.get(cookie_name()):
            context = current_context()
            with context.reading() as uow:
                g.person = people.who_is(uow, context.centre, token)
                g.now = uow.now
    person: Person | None = g.person
    return person


def is_from_this_machine() -> bool:
    """Does a program beside us ask? What a proxy passes on comes from anywhere, though the proxy
    is here."""
    passed_on = any(name in request.headers for name in _PASSED_ON)
    from_here = request.remote_addr and ip_address(request.remote_addr).is_loopback
    return bool(from_here) and not passed_on


def cookie_name() -> str:
    name: str = current_app.config["TRIAGE_COOKIE"]
    return name


def safe_next(wanted: str | None) -> str:
    """A path of this service to go on to, or the start page: never another site."""
    return wanted if wanted and len(wanted) < 2000 and _PATH.fullmatch(wanted) else "/"


def guard(app: Flask) -> None:
    """Check every request before its view: size, role, then where the form came from."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a console stays open for a whole shift
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # checked below, after the role
    # We send no Referer (it would carry paths to others), so it cannot be asked for either;
    # Sec-Fetch-Site says the same and cannot be switched off by a page.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    csrf.init_app(app)
    app.before_request(_check_role)
    app.before_request(_check_origin)


def _check_role() -> None:
    if request.endpoint is None:  # no such page: the 404 follows
        return
    roles = roles_of(current_app, request.endpoint)
    if roles == _EVERYONE:
        return
    person = current_person()
    if request.headers.get("X-Account", str(person.account_id)) != str(person.account_id):
        # The page is of whoever opened it, not of who has signed in in another tab since.
        raise Conflict(msgid("somebody else is signed in in this browser"))
    if person.role not in roles:
        raise Forbidden
    view = current_app.view_functions[request.endpoint]
    if not getattr(view, "background", False):
        if g.now - person.seen_at >= _SEEN_EVERY:
            hearing_of(current_app).note_use(current_context(), person)
    elif g.now - person.heard_at >= people.HEARD_EVERY:
        hearing_of(current_app).note(current_context(), person.actor, {person.sign_in_id})


def _check_origin() -> None:
    # An old browser sends no such header; SameSite cookies and the form's token still hold.
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
            raise Forbidden
        csrf.protect(apply_exemptions=True)
