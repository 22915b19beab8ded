"""What the desk sees on the page of one call."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from triage.domain.lifecycle import WANTED, CallState, DispatchState, SlotState
from triage.domain.role_words import person_name
from triage.entrypoints.web import (
    alarm_places,
    call_changes,
    call_holder,
    errand_words,
    handover_words,
    who_words,
)
from triage.entrypoints.web.call_words import words_of
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
    conversations,
    dispatches,
    diverts,
    hazard_notes,
    outbox,
    page_ends,
    said_again,
    silences,
    suggestions,
    told_of_alarms,
    two_places,
)
from triage.services.board_lines import DispatchLine, hushed, line_of
from triage.services.boards import awaited, is_there
from triage.services.call_pages import CallPage
from triage.services.centre import Centre
from triage.services.suggestions import Suggestions
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork


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

    def on(self, form: str, stands: Fields | None = None) -> "Typed":
        """stands -- what is on the form before anything is typed."""
        return self if form == self.form else Typed(form, stands or {})


def for_desk(uow: UnitOfWork, centre: Centre, call: Call, typed: Typed) -> dict[str, Any]:
    """For dispatchers and supervisors."""
    page = call_pages.of_call(uow, centre, call)
    result = _assessed(uow, centre, call, page)
    told = recommendation(centre, result) if result else None
    answered = {one.fact: one.value for one in page.answers}
    asked = told.ask_next if told else ()
    heard = prompted(centre, result, assessments.told(uow, call), call.location or "")
    questions = panel(centre.vocabulary, answered, asked, heard)
    lines = lines_of(uow, centre, page.record.dispatches, page.unasked)
    silent = call.id in silences.calls(uow)
    return (
        words_of(centre)
        | errand_words.shown(uow, centre, call, hushed(it for _, it in lines), silent=silent)
        | who_words.shown(uow, centre, call, [line for _, line in lines])
        | handover_words.shown(centre, page, told, [line for _, line in lines])
        | {
            "page_of": page,
            "also_at": two_places.standing(uow),
            "conversations": conversations.of_call(uow, call, page.record.messages),
            "reference_of": lambda key: uow.get(Call, key).reference,
            "call": call,
            "told": told,
            "instead": _instead(centre, page, result),
            "panel": questions,
            "answers_form": _answers_form(page, typed),
            "typed": typed,
            "open": call.state in {CallState.OPEN, CallState.ASKING},
            "lines": lines,
            "page_end": page_ends.said(uow, call),
            "person_name": person_name,
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
        | _of_alarms(uow, centre, page, [line for _, line in lines])
        | call_holder.shown(uow, centre, call)
        | call_changes.shown(uow, centre, call, page, [line for _, line in lines])
    )


def _of_alarms(
    uow: UnitOfWork, centre: Centre, page: CallPage, lines: Sequence[DispatchLine]
) -> dict[str, Any]:
    call_id, alarms = page.record.call.id, page.alarms
    to_tell = told_of_alarms.known(uow).to_tell(call_id, lines)
    elsewhere = () if call_id in silences.calls(uow) else sorted(hushed(lines))
    return {
        "of_silent_alarm": [
            *errand_words.silent_elsewhere(elsewhere),
            *errand_words.of_silent_alarm(to_tell),
        ],
        "to_tell": to_tell.all,
        "who_have": alarm_lists.who_have(uow, alarms),
        "left": alarm_lists.left(uow, centre, alarms),
        "doubts": alarm_places.told(uow, alarms),
        "unheard": alarm_lists.unheard(uow) if alarms else (),
    }


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


def lines_of(
    uow: UnitOfWork, centre: Centre, dispatches: Sequence[Dispatch], unasked: Collection[UUID] = ()
) -> list[tuple[Dispatch, DispatchLine]]:
    late_since = uow.now - timedelta(seconds=centre.policy.hand_over_red_s)
    not_left, also_at = outbox.not_left(uow), two_places.standing(uow)
    return [(one, line_of(one, late_since, not_left, unasked, also_at)) for one in dispatches]


def lines_of_call(uow: UnitOfWork, centre: Centre, call: Call) -> list[DispatchLine]:
    of_it = dispatches.of_call(uow, call)
    return [line for _, line in lines_of(uow, centre, of_it, silences.places(uow))]


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
