"""The visit's note on a clinician's telephone: kept while it is typed, written down once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import BadRequest, Forbidden

from triage.context import current_context
from triage.domain.codes import NEXT_CONTACTS
from triage.domain.errors import Conflict, Refused
from triage.domain.words import listed, msgid
from triage.entrypoints.web import looks, typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.call import own_pages
from triage.entrypoints.web.call_words import VERDICT_WORDS
from triage.entrypoints.web.languages import spoken
from triage.entrypoints.web.local_times import instant_in_form
from triage.entrypoints.web.page import local_seconds
from triage.services import calls, visits
from triage.services.visits import NewVisit
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("visits", __name__, url_prefix="/calls/<reference>/visit")

PARTS = {
    "behaviour": (msgid("Behavior"), msgid("What you saw and heard.")),
    "intervention": (msgid("Intervention"), msgid("What you did.")),
    "response": (msgid("Response"), msgid("How the person answered to it.")),
    "plan": (msgid("Plan"), msgid("What was agreed, who does it, when.")),
}
WHY = msgid("Why, in a sentence")
Result = TypeVar("Result")


@bp.get("")
@open_to("clinician")
def show(reference: str) -> ResponseReturnValue:
    return _render(reference)


@bp.post("/draft")
@open_to("clinician")
def keep(reference: str) -> ResponseReturnValue:
    """While it is typed; or by hand, where no script runs."""
    by_script = request.accept_mimetypes.best == "application/json"
    try:
        at, written = _keep(reference)
    except visits.KeptElsewhere as refusal:
        if by_script:
            raise
        return _again(reference, refusal)
    if written:
        raise Conflict(msgid("this note is written down: open it again to add to it"))
    too_long = _too_long()
    if by_script:
        return {"saved": local_seconds(at), "too_long": spoken(too_long)}
    if too_long:
        flash(spoken(too_long), "warn")
    else:
        flash(gettext("Kept. It is not written down yet."), "good")
    return redirect(f"/calls/{reference}/visit", 303)


def _too_long() -> str:
    """What has to be shortened before it can be written down; "" where nothing has."""
    labels = {part: label for part, (label, _) in PARTS.items()} | {"verdict_why": WHY}
    names = [labels[name] for name in visits.too_long(_typed())]
    if not names:
        return ""
    return msgid(
        "Too long to be written down: shorten “%(names)s”. All that you typed is kept meanwhile.",
        names=listed("”, “", names),
    )


@bp.post("")
@open_to("clinician")
def write_down(reference: str) -> ResponseReturnValue:
    """Kept first: what is refused, or breaks off, is there when the page is opened again."""
    try:
        _keep(reference)
        new = _typed()
        _do(reference, lambda uow, page: visits.write_down(uow, page, _key(), new))
    except Refused as refusal:
        return _again(reference, refusal)
    flash(gettext("The visit is written down."), "good")
    if new.next_contact:
        flash(gettext("The next contact stands under Follow-ups; you are reminded."), "good")
    return redirect(f"/calls/{reference}/visit", 303)


def _again(reference: str, refusal: Refused) -> ResponseReturnValue:
    """The form with all that was typed: as a note of its own where the one it was for has other
    words."""
    others = isinstance(refusal, visits.WrittenAlready | visits.KeptElsewhere)
    fields = typed.fields() | {"form_key": [str(uuid4() if others else _key())]}
    alone = {refusal.field or "behaviour": refusal.args[0]}
    errors = refusal.errors if isinstance(refusal, visits.Unfinished) else alone
    return _render(reference, fields, errors, 422)


def _keep(reference: str) -> tuple[datetime, bool]:
    """When, and whether it was written down before: then nothing is kept."""

    def work(uow: UnitOfWork, page: Page) -> tuple[datetime, bool]:
        visit = visits.keep(uow, page, _key(), typed.fields())
        return uow.now, visit.written_at is not None

    return _do(reference, work)


def _do(reference: str, work: Callable[[UnitOfWork, Page], Result]) -> Result:
    return current_context().do(
        current_person().actor, lambda uow: work(uow, _page(uow, reference))
    )


def _page(uow: UnitOfWork, reference: str) -> Page:
    """Raises Forbidden where they never had the call."""
    page = visits.visited(own_pages(uow, calls.by_reference(uow, reference)))
    if page is None:
        raise Forbidden
    return page


def _key() -> UUID:
    try:
        return UUID(request.form.get("form_key", ""))
    except ValueError:
        raise BadRequest from None


def _typed() -> NewVisit:
    fields, next_at, unreadable = typed.fields(), None, ""
    try:
        next_at = instant_in_form("next_at")
    except Refused as refusal:
        unreadable = str(refusal)
    verdict = typed.one(fields, "verdict")
    return NewVisit(
        parts={part: typed.text(fields, part) for part in PARTS},
        disposition=typed.one(fields, "disposition"),
        verdict=int(verdict) if verdict in VERDICT_WORDS else None,
        verdict_why=typed.text(fields, "verdict_why"),
        next_contact=typed.one(fields, "next_contact"),
        next_at=next_at,
        unreadable_time=unreadable,
    )


def _render(
    reference: str,
    fields: Mapping[str, Sequence[str]] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    context = current_context()

    def find(uow: UnitOfWork) -> Call:
        return _page(uow, reference).slot.dispatch.call

    opening = timedelta(minutes=context.settings.policy.opening_min)
    looks.note(context, current_person().actor, find, opening)
    with context.reading() as uow:
        page = _page(uow, reference)
        draft = visits.draft_of(uow, page)
        drafted = visits.typed_in(draft) if draft else {}
        if fields is None:
            told = {"verdict": [str(page.verdict)]} if page.verdict else {}  # by text
            fields = {**told, **drafted} | {
                "form_key": [str(draft.id if draft else uuid4())],
                "page": [str(uuid4())],
                "seen": [str(draft.version if draft else 0)],
            }
        written = visits.readable(uow, page)
        html = render_template(
            "visit.html",
            call=page.slot.dispatch.call,
            page_of=page,
            form={name: values[0] for name, values in fields.items() if values},
            errors=errors or {},
            begun=draft is not None,
            last_page=typed.one(drafted, "page"),
            mine_written=any(one.responder_id == page.responder_id for one in written),
            written=written,
            parts=PARTS,
            why=WHY,
            longest=visits.LONGEST,
            ends=visits.ENDS,
            verdicts=VERDICT_WORDS,
            contacts=NEXT_CONTACTS,
        )
    return html, status
