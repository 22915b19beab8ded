"""The page of one call: who rang, what was answered and decided, who comes, what happened."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from triage.context import current_context
from triage.domain.errors import NotFound
from triage.domain.lifecycle import WANTED, CallState, DispatchState, SlotState
from triage.entrypoints.web import (
    call_changes,
    call_holder,
    errand_words,
    handover_words,
    looks,
    own_part,
    who_words,
)
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.call_words import words_of
from triage.entrypoints.web.fresh import fragment
from triage.entrypoints.web.intake_form import FACT, Fields
from triage.entrypoints.web.languages import all_spoken, language
from triage.entrypoints.web.questions import panel, prompted
from triage.entrypoints.web.recommendation import (
    Chosen,
    Recommendation,
    chosen_instead,
    recommendation,
)
from triage.services import (
    alarm_lists,
    arrivals,
    assessments,
    call_pages,
    calls,
    cancellations,
    conversations,
    dispatches,
    diverts,
    errands,
    hazard_notes,
    outbox,
    said_again,
    silences,
    speaking_freely,
    suggestions,
    two_places,
)
from triage.services.board_lines import DispatchLine, hushed, line_of
from triage.services.boards import awaited, is_there
from triage.services.call_pages import CallPage
from triage.services.centre import Centre
from triage.services.suggestions import Suggestions
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call", __name__)

DISPATCHERS = ("dispatcher", "supervisor")


@dataclass
class Typed:
    """What stands on one form of the page: as typed, with what is wrong. Most forms are empty."""

    form: str = ""
    """Which of the page's forms it is."""
    fields: Fields = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    problem: str | None = None
    """What is wrong with the whole, such as that somebody was faster."""

    def value(self, name: str) -> str:
        return next(iter(self.fields.get(name, ())), "")

    def values(self, name: str) -> list[str]:
        return list(self.fields.get(name, ()))

    def on(self, form: str) -> "Typed":
        return self if form == self.form else Typed(form)


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
        return render_template(
            "call_sheet.html", **_for_dispatcher(uow, context.centre, call, Typed())
        )


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
            shown = _for_dispatcher(uow, context.centre, call, Typed())
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
        shown = _for_dispatcher(uow, context.centre, call, typed)
        return render_template("call.html", **shown), status


def own_pages(uow: UnitOfWork, call: Call) -> list[Page]:
    """The clinician's pages for this call. Raises Forbidden: others' calls are closed to them."""
    pages = call_pages.pages_of(uow, call, current_person())
    if not pages:
        raise Forbidden
    return pages


def _for_dispatcher(uow: UnitOfWork, centre: Centre, call: Call, typed: Typed) -> dict[str, Any]:
    page = call_pages.of_call(uow, centre, call)
    result = _assessed(uow, centre, call, page)
    told = recommendation(centre, result) if result else None
    answered = {one.fact: one.value for one in page.answers}
    asked = told.ask_next if told else ()
    heard = prompted(centre, result, assessments.told(uow, call), call.location or "")
    questions = panel(centre.vocabulary, answered, asked, heard)
    lines = _lines(uow, centre, page.record.dispatches, page.unasked)
    return (
        words_of(centre)
        | errand_words.shown(uow, centre, call, hushed(line for _, line in lines))
        | who_words.shown(uow, centre, call, [line for _, line in lines])
        | handover_words.shown(centre, page, told, [line for _, line in lines])
        | {
            "page_of": page,
            "of_silent_alarm": errand_words.of_silent_alarm(line for _, line in lines),
            "also_at": two_places.standing(uow),
            "conversations": conversations.of_call(uow, call, page.record.messages),
            "who_have": alarm_lists.who_have(uow, page.alarms),
            "left": alarm_lists.left(uow, centre, page.alarms),
            "reference_of": lambda key: uow.get(Call, key).reference,
            "call": call,
            "told": told,
            "instead": _instead(centre, page, result),
            "panel": questions,
            "answers_form": _answers_form(page, typed),
            "typed": typed,
            "open": call.state in {CallState.OPEN, CallState.ASKING},
            "lines": lines,
            "suggested": _suggested(uow, call, page),
            "arrived_at": arrivals.first(uow, page.record.dispatches).get(call.id),
            "awaited": bool(page.not_sent)
            or awaited([it for _, it in lines if it.state is not DispatchState.CANCELLED]),
            "is_there": is_there(line for _, line in lines),
            "target_at": _target(call, told),
            "hazard_days": (hazard_notes.DAYS, hazard_notes.MOST_DAYS),
            "offers": {
                dispatch.id: diverts.offers(uow, centre, dispatch)
                for dispatch in page.record.dispatches
                if dispatch.state is DispatchState.UNFILLED
            },
            "live_data": json.dumps(_live_data(page, answered, questions)),
            "now": page.now,
        }
        | call_holder.shown(uow, centre, call)
        | call_changes.shown(uow, call, page, [line for _, line in lines])
    )


def _suggested(uow: UnitOfWork, call: Call, page: CallPage) -> dict[UUID, Suggestions]:
    """Who could be assigned by hand, by place that nobody has."""
    if call.state not in {CallState.OPEN, CallState.ASKING}:
        return {}
    paged = [one for one in page.record.dispatches if one.reached_by == "page"]
    wanted = [slot for one in paged for slot in one.slots if slot.state in WANTED]
    return {slot.id: suggestions.for_slot(uow, slot) for slot in wanted}


def _instead(centre: Centre, page: CallPage, result: Mapping[str, Any] | None) -> Chosen | None:
    """Who was sent, where that is what a person chose and not what is recommended."""
    if result is None or page.record.sent.cause != "overridden":
        return None
    chosen = [one.chosen for one in page.overrides if one.recommended == result["response"]]
    return chosen_instead(centre, chosen[-1], result) if chosen else None


def _target(call: Call, told: Recommendation | None) -> datetime | None:
    """When somebody is to be there, by the level."""
    minutes = told.level["within_min"] if told else None
    return None if minutes is None else call.received_at + timedelta(minutes=minutes)


def _assessed(
    uow: UnitOfWork, centre: Centre, call: Call, page: CallPage
) -> Mapping[str, Any] | None:
    """The latest assessment, what it says itself in the reader's language; with who could not
    come then (`unavailable`), and the roles that nobody is left to ask for (`unfilled`)."""
    if (record := assessments.latest(uow, call)) is None or not page.record.assessment:
        return page.record.assessment
    english = language() == "en"
    result = page.record.assessment if english else said_again.result_of(uow, centre, record)
    unfilled = {
        dispatch.response: [it.role for it in dispatch.slots if it.state is SlotState.UNFILLED]
        for dispatch in page.record.dispatches
        if dispatch.state is DispatchState.UNFILLED
    }
    away = {**assessments.given_away(record), **dict.fromkeys(unfilled, "")}
    return {**result, "unavailable": away, "unfilled": unfilled}


def _lines(
    uow: UnitOfWork, centre: Centre, dispatches: Sequence[Dispatch], unasked: Collection[UUID] = ()
) -> list[tuple[Dispatch, DispatchLine]]:
    late_since = uow.now - timedelta(seconds=centre.policy.hand_over_red_s)
    not_left, also_at = outbox.not_left(uow), two_places.standing(uow)
    return [(one, line_of(one, late_since, not_left, unasked, also_at)) for one in dispatches]


def lines_of_call(uow: UnitOfWork, centre: Centre, call: Call) -> list[DispatchLine]:
    return [line for _, line in _lines(uow, centre, dispatches.of_call(uow, call))]


def for_member(
    uow: UnitOfWork, centre: Centre, pages: Sequence[Page], typed: Typed
) -> dict[str, Any]:
    """For somebody who was asked to come by these pages, the newest first."""
    call = pages[0].slot.dispatch.call
    page = call_pages.of_call(uow, centre, call)
    mine = {one.slot.dispatch_id for one in pages}
    lines = _lines(uow, centre, silences.seen_by(uow, pages, page.record.dispatches))
    own_alarms = alarm_lists.of_member(uow, centre, call.id, pages[0].responder_id)
    return (
        words_of(centre)
        | errand_words.shown(uow, centre, call)
        | own_part.shown(uow, pages[0])
        | {
            "page_of": page,
            "own_alarms": own_alarms,
            "who_have": alarm_lists.who_have(uow, own_alarms),
            "left": alarm_lists.left(uow, centre, own_alarms),
            "call": call,
            "quiet": speaking_freely.cannot(uow, call),
            "base": f"/calls/{call.reference}",
            "lines": [(d, line) for d, line in lines if d.id in mine],
            "also": [line for d, line in lines if d.id not in mine and _comes(line)],
            "errands": [
                one for one in errands.of_call(uow, call) if one.kind == cancellations.KIND
            ],
            "typed": typed,
            "open": call.state in {CallState.OPEN, CallState.ASKING},
            "now": page.now,
        }
    )


def _comes(line: DispatchLine) -> bool:
    """Do they come to the place, or are they to?"""
    return line.reached_by != "transfer" and line.state not in dispatches.ENDED


def _answers_form(page: CallPage, typed: Typed) -> Typed:
    """The question form: what was just typed, or the answers as they stand."""
    if typed.form == "answers":
        return typed
    fields = {FACT + one.fact: _as_fields(one.value) for one in page.answers}
    return Typed("answers", fields)


def _as_fields(value: Any) -> list[str]:
    if isinstance(value, dict):  # contradicting answers: none of them is chosen here
        return []
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def _live_data(page: CallPage, answered: Mapping[str, Any], questions: Any) -> dict[str, Any]:
    """What questions.js needs to keep the question panel in step."""
    return {
        "seen": page.seen,
        "answers": {fact: _as_fields(value) for fact, value in answered.items()},
        "order": questions.order,
        "consequences": all_spoken(questions.consequences),
        "prompted": questions.prompted,
        "conflicts": all_spoken(questions.conflicts),
        "person": questions.person,
    }


def find_slot(uow: UnitOfWork, call: Call, key: Any) -> Slot:
    """A slot of this call. Raises NotFound for another call's."""
    slot = uow.get(Slot, key)
    if slot.dispatch.call_id != call.id:
        raise NotFound("no such place in this call's teams")
    return slot
