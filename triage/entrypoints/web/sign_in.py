"""Signing in, the start page, the colours and the language."""

from collections.abc import Sequence

from flask import (
    Blueprint,
    Response,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.words import LANGUAGES
from triage.entrypoints.web.access import (
    cookie_name,
    open_to,
    open_to_everyone,
    person_or_none,
    safe_next,
)
from triage.entrypoints.web.languages import COOKIE
from triage.entrypoints.web.page import SOUNDS, THEMES, navigation
from triage.services import people
from triage.services.people import ROLES, Person
from triage.storage.people import Account
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("sign_in", __name__)

KEPT = "kept."
"""Before the names of fields that were typed elsewhere and travel through the sign-in."""
CHOSEN = "language_chosen"
"""Of the session of a stranger who pressed the button. The cookie alone may be of whoever was
signed in before."""
_YEAR_S = 31_536_000


@bp.get("/")
@open_to(*ROLES)
def start() -> ResponseReturnValue:
    """Each person's first place: no form that is for when something happens."""
    places = [place for place in navigation() if place[1] != "/on-view"]
    return redirect(places[0][1]) if places else render_template("start.html")


@bp.get("/sign-in")
@open_to_everyone
def ask() -> ResponseReturnValue:
    wanted = safe_next(request.args.get("next"))
    if person_or_none():
        return redirect(wanted)
    return render_template("sign_in.html", next=wanted, kept=[], errors={})


@bp.post("/sign-in")
@open_to_everyone
def sign_in() -> ResponseReturnValue:
    wanted = safe_next(request.form.get("next"))
    kept = [
        (name.removeprefix(KEPT), text)
        for name, text in request.form.items(multi=True)
        if name.startswith(KEPT)
    ]
    token = _token_for(request.form.get("username", ""), request.form.get("password", ""))
    if token is None:
        sentence = gettext("This user name and password do not open an account just now.")
        errors = {"password": sentence}
        page = render_template("sign_in.html", next=wanted, kept=kept, errors=errors)
        return page, 401
    session.clear()  # forms of whoever was here before are theirs no more
    g.pop("csrf_token", None)
    answer: Response
    if kept:
        with current_context().reading() as uow:
            g.person = people.who_is(uow, current_context().centre, token)
        page = render_template("send_again.html", kept=kept, action=wanted, signed_in=True)
        answer = make_response(page)
    else:
        answer = make_response(redirect(wanted))
    answer.set_cookie(
        cookie_name(), token, httponly=True, samesite="Lax", secure=_https(), path="/"
    )
    return answer


def _token_for(username: str, password: str) -> str | None:
    context, before = current_context(), person_or_none()
    chosen = session.get(CHOSEN)
    with context.reading() as uow:
        attempt = people.check_password(uow, username, password)

    def decide(uow: UnitOfWork) -> str | None:
        token = people.sign_in(uow, context.centre, attempt)
        if token and before:
            people.sign_out(uow, before)
        if token and chosen and attempt.account_id:
            people.set_language(uow, uow.get(Account, attempt.account_id), chosen)
        return token

    return context.do("stranger", decide)


@bp.post("/theme")
@open_to_everyone
def theme() -> ResponseReturnValue:
    return _preferred("theme", THEMES)


@bp.post("/sound")
@open_to("dispatcher", "supervisor")
def sound() -> ResponseReturnValue:
    return _preferred("sound", SOUNDS)


@bp.post("/language")
@open_to_everyone
def language() -> ResponseReturnValue:
    """Whoever is signed in takes theirs along to every desk; a stranger's is this browser's, and
    becomes that of who signs in here next."""
    person, chosen = person_or_none(), request.form.get("language", "")
    if person is None:
        if chosen in LANGUAGES:
            session[CHOSEN] = chosen
        return _preferred(COOKIE, LANGUAGES)
    current_context().do(
        person.actor,
        lambda uow: people.set_language(uow, uow.get(Account, person.account_id), chosen),
    )
    return redirect(safe_next(request.form.get("next")))


def _preferred(name: str, known: Sequence[str]) -> ResponseReturnValue:
    """Kept by the browser: it is this desk's, whoever sits there."""
    answer = make_response(redirect(safe_next(request.form.get("next"))))
    if (chosen := request.form.get(name, "")) in known:
        _keep(answer, name, chosen)
    return answer


@bp.after_app_request
def _keep_language(answer: Response) -> Response:
    """Whose sign-in ends is asked for a new one in the language that they read until then."""
    person: Person | None = g.get("person")
    if person is not None and request.cookies.get(COOKIE) != person.language:
        _keep(answer, COOKIE, person.language)
    return answer


def _keep(answer: Response, name: str, value: str) -> None:
    answer.set_cookie(name, value, max_age=_YEAR_S, httponly=True, samesite="Lax", secure=_https())


def _https() -> bool:
    return current_context().settings.public_url.startswith("https:")
