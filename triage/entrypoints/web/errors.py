"""What a person sees when something went wrong: one sentence, and nothing they typed is lost."""

import logging
from typing import Any
from urllib.parse import quote

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, Unauthorized
from werkzeug.routing import RequestRedirect

from triage.domain.errors import (
    CommitInDoubt,
    Conflict,
    InvalidCall,
    NotFound,
    Refused,
    RuleFileError,
    TriageError,
)
from triage.domain.upright import upright
from triage.domain.words import msgid
from triage.entrypoints.web.headers import request_id
from triage.entrypoints.web.languages import spoken
from triage.entrypoints.web.page import NO_DATABASE, OWN_ALARMS
from triage.storage.sealed import CannotOpen

log = logging.getLogger(__name__)

SENTENCES = {
    400: (
        msgid("This request was not understood"),
        msgid("Go back, reload the page and try once more."),
    ),
    401: (msgid("Sign in first"), msgid("You are not signed in, or your sign-in has ended.")),
    403: (
        msgid("Not open to you"),
        msgid("Your role does not open this. Ask a supervisor who may."),
    ),
    404: (
        msgid("Nothing here"),
        msgid("There is no such page. The address may be mistyped or out of date."),
    ),
    405: (msgid("This does not work here"), msgid("Go back and use the buttons on the page.")),
    409: (msgid("Changed meanwhile"), msgid("Somebody else changed this first. Look at it again.")),
    413: (
        msgid("Too much at once"),
        msgid("That was too long to take. Shorten it or send a smaller file."),
    ),
    415: (
        msgid("This request was not understood"),
        msgid("The body is not of a kind that we read."),
    ),
    422: (
        msgid("Something has to be mended"),
        msgid("Something in the form has to be mended first."),
    ),
    429: (msgid("Too many at once"), msgid("Wait a minute, then try again.")),
    500: (
        msgid("That failed, and it was our fault"),
        msgid("It is recorded. Try once more; if it fails again, go on by telephone and radio."),
    ),
    503: (
        msgid("Not available just now"),
        msgid("Go on by telephone and radio, and try again in a moment."),
    ),
}
NOT_SAVED = (
    msgid("Not saved"),
    msgid(
        "Nothing of this was saved. Go on by telephone and radio, and send it again in a moment."
    ),
)
"""For whoever sent something while the database does not answer, or somebody holds it."""
_STATUS: tuple[tuple[type[TriageError], int], ...] = (
    (NotFound, 404),
    (CommitInDoubt, 503),
    (CannotOpen, 503),
    (Conflict, 409),
    (Refused, 422),
    (InvalidCall, 422),
    (RuleFileError, 422),
)


def handle(app: Flask) -> None:
    # Only the general classes: a blueprint's own handlers of them then come first.
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(TriageError, _ours)
    app.register_error_handler(OperationalError, _no_database)
    app.register_error_handler(TimeoutError, _no_database)  # no free connection
    app.register_error_handler(MemoryError, _no_database)


def asked_by_program() -> bool:
    """A script or a program asked, which cannot read a page."""
    dest = request.headers.get("Sec-Fetch-Dest")
    if request.path.startswith("/api/") or request.is_json or (dest and dest != "document"):
        return True
    accepted = request.accept_mimetypes
    return bool(accepted) and not accepted.accept_html


def typed() -> list[tuple[str, str]]:
    """The fields of the form that was sent, except passwords and tokens."""
    if request.method != "POST":
        return []
    try:
        fields = list(request.form.items(multi=True))
    except HTTPException:  # too large to read
        return []
    return [
        (name, upright(text))
        for name, text in fields
        if name != "csrf_token" and not is_secret(name)
    ]


def is_secret(name: str) -> bool:
    return "password" in name


def _http(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, RequestRedirect) or error.code is None:
        return error.get_response()
    if asked_by_program():
        problem = _problem(error.code, *SENTENCES.get(error.code, SENTENCES[400]))
        problem.headers.update(_worth_telling(error))
        return problem
    if isinstance(error, CSRFError):
        return _send_again()
    if isinstance(error, Unauthorized):
        return _sign_in()
    if isinstance(error, MethodNotAllowed) and (page := _page_of_form()):
        flash(gettext("That address only takes what a form sends. This is the page of the form."))
        return redirect(page)
    return _page(error.code, headers=_worth_telling(error))


def _page_of_form() -> str | None:
    """Where somebody belongs who opens again the address that a form was sent to: the nearest page
    above it."""
    if request.method not in {"GET", "HEAD"}:
        return None
    adapter, parts = current_app.create_url_adapter(request), request.path.split("/")
    above = ("/".join(parts[:end]) for end in range(len(parts) - 1, 1, -1))
    return next((path for path in above if adapter and adapter.test(path, "GET")), None)


def _worth_telling(error: HTTPException) -> dict[str, str]:
    return {name: text for name, text in error.get_headers() if name in {"Allow", "Retry-After"}}


def _ours(error: TriageError) -> ResponseReturnValue:
    if isinstance(error, CannotOpen):
        log.error("not decrypted: %s", error.why)
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    title, _ = SENTENCES[status]
    setattr(g, NO_DATABASE, isinstance(error, CommitInDoubt))
    if asked_by_program():
        return _problem(status, title, _sentence(error), field=getattr(error, "field", None))
    return _page(status, _sentence(error))


def _no_database(error: Exception) -> ResponseReturnValue:
    log.error("nothing can be saved or read", exc_info=error)
    setattr(g, NO_DATABASE, True)
    title, sentence = NOT_SAVED if request.method == "POST" else SENTENCES[503]
    if asked_by_program():
        return _problem(503, title, sentence)
    return _page(503, sentence, title=title)


def _sentence(error: TriageError) -> str:
    text = str(spoken(str(error)))
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _page(
    status: int,
    sentence: str | None = None,
    headers: dict[str, str] | None = None,
    title: str | None = None,
) -> ResponseReturnValue:
    usual_title, usual = SENTENCES.get(status, SENTENCES[400])
    g.pop(OWN_ALARMS, None)
    # With a sentence it is a form that is not there for this person: its words are theirs.
    no_such_page = status == 404 and sentence is None
    page = render_template(
        "error.html",
        title=title or usual_title,
        sentence=sentence or usual,
        status=status,
        kept=[] if status in {403, 405, 413} or no_such_page else typed(),
        back=request.full_path.rstrip("?"),
    )
    allow = {
        name: text for name, text in (headers or {}).items() if name in {"Allow", "Retry-After"}
    }
    return page, status, allow


def _send_again() -> ResponseReturnValue:
    """The form is too old to be believed: the person says once more that they meant it."""
    secrets = [name for name in request.form if is_secret(name)]
    page = render_template(
        "send_again.html", kept=typed(), secrets=secrets, action=request.full_path.rstrip("?")
    )
    return page, 400


def _sign_in() -> ResponseReturnValue:
    here = request.full_path.rstrip("?")
    if request.method in {"GET", "HEAD"}:
        return redirect("/sign-in" if here == "/" else f"/sign-in?next={quote(here, safe='/')}")
    return render_template(
        "sign_in.html", kept=typed(), next=here, errors={}, interrupted=True
    ), 401


def _problem(status: int, title: str, detail: str, **more: Any) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body |= {"request_id": request_id()} | {name: it for name, it in more.items() if it is not None}
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response
