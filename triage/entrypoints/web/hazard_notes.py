"""Warnings about a place or a number: written by the desk, reviewed and removed by a supervisor."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from triage.context import current_context
from triage.domain.errors import Refused
from triage.domain.words import msgid
from triage.entrypoints.web import list_looks, list_places, typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.call import DISPATCHERS
from triage.entrypoints.web.call_actions import do
from triage.entrypoints.web.languages import spoken
from triage.services import hazard_notes
from triage.services.centre import Centre
from triage.services.hazard_notes import DAYS, LONGEST, MOST_DAYS
from triage.services.places import WRONG
from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.hazard_notes import HazardNote
from triage.storage.sealed import showing_a_list
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("hazard_notes", __name__)

_STANDS = msgid("The hazard note stands on every call of that place or number from now on.")


@bp.get("/hazards")
@open_to(*DISPATCHERS)
@showing_a_list()
def listed() -> ResponseReturnValue:
    return _page({}, {})


def _page(form: dict[str, str], errors: dict[str, str], status: int = 200) -> ResponseReturnValue:
    list_looks.note("hazards")
    with current_context().reading() as uow:
        after = list_places.read(request.args.get("after", ""))
        shown, more = hazard_notes.current(uow, after)
        last = shown[-1].note if more else None
        return render_template(
            "hazards.html",
            shown=shown,
            more=list_places.written((last.expires_at, last.id)) if last else "",
            is_first=after is None,
            form=form,
            errors=errors,
            days=DAYS,
            most_days=MOST_DAYS,
            longest=LONGEST,
            now=uow.now,
        ), status


@bp.post("/hazards")
@open_to(*DISPATCHERS)
def add() -> ResponseReturnValue:
    form = {name: typed.line(name) for name in ("text", "place", "phone", "days")}
    context = current_context()

    def work(uow: UnitOfWork) -> None:
        hazard_notes.add(
            uow,
            context.centre,
            form["text"],
            place=form["place"],
            phone=form["phone"],
            days=_days(form["days"]),
        )

    try:
        context.do(current_person().actor, work)
    except Refused as refusal:
        return _page(form, {refusal.field or "text": str(refusal)}, 422)
    flash(spoken(_STANDS), "good")
    return redirect("/hazards", 303)


def _days(written: str) -> int:
    """As usual where nothing is written; 0, which is refused, where it is no number."""
    if not written:
        return DAYS
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 5 else 0


@bp.post("/hazards/<uuid:key>/review")
@open_to("supervisor")
def review(key: UUID) -> ResponseReturnValue:
    return _change(
        key,
        hazard_notes.review,
        msgid("Reviewed: the note stands for %(days)s more days.", days=DAYS),
    )


@bp.post("/hazards/<uuid:key>/remove")
@open_to("supervisor")
def remove(key: UUID) -> ResponseReturnValue:
    return _change(
        key, hazard_notes.remove, msgid("The note is removed; it is kept for the record.")
    )


def _change(
    key: UUID, change: Callable[[UnitOfWork, HazardNote], None], sentence: str
) -> ResponseReturnValue:
    actor = current_person().actor
    current_context().do(actor, lambda uow: change(uow, uow.get(HazardNote, key)))
    flash(spoken(sentence), "good")
    return redirect("/hazards", 303)


@bp.post("/calls/<reference>/hazards")
@open_to(*DISPATCHERS)
def add_on_call(reference: str) -> ResponseReturnValue:
    """A warning that was learned during a call, about its place or one of its numbers."""

    def write(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        must_be_open(call)
        place, phone = _about(call, request.form.get("about", ""))
        days = _days(typed.line("days"))
        text = typed.line("text")
        hazard_notes.add(uow, centre, text, place=place, phone=phone, days=days, call=call)
        return _STANDS

    return do(reference, "hazard", write)


def _about(call: Call, what: str) -> tuple[str | None, str | None]:
    """The place or the number that one of the form's choices means."""
    if what == "said" and call.location:
        return call.location, None
    if what == "found" and call.found and call.match != WRONG:
        return call.found, None
    if what in (caller.phone for caller in call.callers if caller.phone_index):
        return None, what
    raise Refused(msgid("Choose what the note is about."), "about")
