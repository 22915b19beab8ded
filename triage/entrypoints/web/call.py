"""The page of one call: who rang, what was answered and decided, who comes, what happened."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from triage.context import current_context
from triage.domain.errors import NotFound
from triage.domain.lifecycle import CallState, DispatchState
from triage.entrypoints.web import errand_words, looks, own_part
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.call_shown import Typed, for_desk, lines_of
from triage.entrypoints.web.call_words import words_of
from triage.entrypoints.web.fresh import fragment
from triage.entrypoints.web.page import OWN_ALARMS
from triage.services import (
    alarm_lists,
    call_pages,
    calls,
    cancellations,
    dispatches,
    errands,
    silences,
    speaking_freely,
)
from triage.services.board_lines import DispatchLine
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.dispatches import Page, Slot
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call", __name__)

DISPATCHERS = ("dispatcher", "supervisor")


@bp.get("/c/<code>")
@open_to(*DISPATCHERS, "clinician")
def by_code(code: str) -> ResponseReturnValue:
    """The link in a page's text."""
    with current_context().reading() as uow:
        reference = call_pages.newest_with_code(uow, code).reference
    return redirect(url_for("call.show", reference=reference))


@bp.get("/calls/<reference>")
@open_to(*DISPATCHERS, "clinician")
def show(reference: str) -> ResponseReturnValue:
    return render(reference)


@bp.get("/calls/<reference>/sheet")
@open_to(*DISPATCHERS)
def sheet(reference: str) -> ResponseReturnValue:
    """The call on paper. Asking for it counts as looking at the call."""
    context = current_context()
    _note_look(reference, timedelta(minutes=context.settings.policy.opening_min))
    with context.reading() as uow:
        call = calls.by_reference(uow, reference)
        return render_template("call_sheet.html", **for_desk(uow, context.centre, call, Typed()))


@bp.get("/calls/<reference>/live")
@open_to(*DISPATCHERS, "clinician", background=True)
def live(reference: str) -> ResponseReturnValue:
    """What stays fresh on the page; asked for by the page itself, so not an opening of its
    own, unless somebody asks for it who has not opened the page in this session."""
    return live_fragment(reference)


def live_fragment(reference: str) -> ResponseReturnValue:
    context = current_context()
    _note_look(reference, timedelta(hours=context.settings.policy.session_hours))
    with context.reading() as uow:
        call = calls.by_reference(uow, reference)
        if current_person().role == "clinician":
            shown = for_member(uow, context.centre, own_pages(uow, call), Typed())
            html = render_template("call_clinician_live.html", token="", **shown)
        else:
            shown = for_desk(uow, context.centre, call, Typed())
            html = render_template("call_live.html", token="", **shown)
        return fragment(html, uow.now)


def _note_look(reference: str, within: timedelta) -> None:
    """Whatever was sent, the answer shows the call. Raises Forbidden for who may not see it."""
    person = current_person()

    def find(uow: UnitOfWork) -> Call:
        call = calls.by_reference(uow, reference)
        if person.role == "clinician":
            own_pages(uow, call)
        return call

    looks.note(current_context(), person.actor, find, within)


def render(reference: str, typed: Typed | None = None, status: int = 200) -> ResponseReturnValue:
    """The page; with `typed`, one of its forms as it was sent, and what to mend in it."""
    context, typed = current_context(), typed or Typed()
    _note_look(reference, timedelta(minutes=context.settings.policy.opening_min))
    with context.reading() as uow:
        call = calls.by_reference(uow, reference)
        if current_person().role == "clinician":
            shown = for_member(uow, context.centre, own_pages(uow, call), typed)
            return render_template("call_clinician.html", **shown), status
        shown = for_desk(uow, context.centre, call, typed)
        setattr(g, OWN_ALARMS, f"/calls/{call.reference}")
        return render_template("call.html", **shown), status


def own_pages(uow: UnitOfWork, call: Call) -> list[Page]:
    """The clinician's pages for this call. Raises Forbidden: others' calls are closed to them."""
    pages = call_pages.pages_of(uow, call, current_person())
    if not pages:
        raise Forbidden
    return pages


def for_member(
    uow: UnitOfWork, centre: Centre, pages: Sequence[Page], typed: Typed
) -> dict[str, Any]:
    """For somebody who was asked to come by these pages, the newest first."""
    call = pages[0].slot.dispatch.call
    page = call_pages.of_call(uow, centre, call)
    mine = {one.slot.dispatch_id for one in pages}
    seen = silences.seen_by(uow, pages, page.record.dispatches)
    hidden = silences.came_since(uow, pages, seen)
    lines = [(one, line.without(hidden)) for one, line in lines_of(uow, centre, seen)]
    closed = cancellations.reads_as_closed(uow, call, pages)
    if closed and call.state is not CallState.CLOSED:
        lines = [(one, _as_canceled(line)) for one, line in lines]
    own_alarms = alarm_lists.of_member(uow, centre, call.id, pages[0].responder_id)
    others_alarms = alarm_lists.of_partners(uow, centre, call.id, pages[0].responder_id)
    return (
        words_of(centre)
        | errand_words.shown(uow, centre, call)
        | own_part.shown(uow, pages[0], hidden)
        | {
            "page_of": call_pages.until(uow, centre, page, silences.watched_since(uow, pages)),
            "own_alarms": own_alarms,
            "others_alarms": others_alarms,
            "who_have": alarm_lists.who_have(uow, [*own_alarms, *others_alarms]),
            "left": alarm_lists.left(uow, centre, [*own_alarms, *others_alarms]),
            "call": call,
            "quiet": speaking_freely.cannot(uow, call),
            "base": f"/calls/{call.reference}",
            "lines": [(d, line) for d, line in lines if d.id in mine],
            "also": [line for d, line in lines if d.id not in mine and _comes(line)],
            "errands": [
                one
                for one in errands.of_call(uow, call)
                if one.kind == cancellations.KIND and (closed or one.outcome != "agreed")
            ],
            "typed": typed,
            "open": not closed,
            "now": page.now,
        }
    )


def _as_canceled(line: DispatchLine) -> DispatchLine:
    """As whoever was forced to agree would read it, had the call ended by that."""
    ended = DispatchState.CLEARED if line.cleared else DispatchState.CANCELLED
    return replace(line, state=ended, asked=(), coming=())


def _comes(line: DispatchLine) -> bool:
    """Do they come to the place, or are they to?"""
    return line.reached_by != "transfer" and line.state not in dispatches.ENDED


def find_slot(uow: UnitOfWork, call: Call, key: Any) -> Slot:
    """A slot of this call. Raises NotFound for another call's."""
    slot = uow.get(Slot, key)
    if slot.dispatch.call_id != call.id:
        raise NotFound("no such place in this call's teams")
    return slot
