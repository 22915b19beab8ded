"""The standard texts for a handover, filled with what a call says now."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext

from triage.domain.role_words import member_name
from triage.domain.state_words import level_name, small_state_name
from triage.domain.timing import within
from triage.domain.words import listed
from triage.entrypoints.web.languages import spoken
from triage.entrypoints.web.page import local_time
from triage.entrypoints.web.recommendation import Recommendation
from triage.services.board_lines import DispatchLine
from triage.services.call_pages import CallPage
from triage.services.centre import Centre
from triage.services.timeline_sentences import response_name


def shown(
    centre: Centre, page: CallPage, told: Recommendation | None, lines: Sequence[DispatchLine]
) -> dict[str, Any]:
    texts = centre.policy.handovers
    said = _said(centre, page, told, lines) if texts else {}
    missing = gettext("not known")
    return {"handovers": [(one.name, one.filled(said, missing).strip()) for one in texts]}


def _said(
    centre: Centre, page: CallPage, told: Recommendation | None, lines: Sequence[DispatchLine]
) -> dict[str, str]:
    call, subject = page.call, page.call.subject
    callers = [[one.name or "", one.phone or ""] for one in page.callers]
    person = [subject.name or "", subject.about or ""] if subject else []
    return {
        "reference": call.reference,
        "code": call.code,
        "received": local_time(call.received_at),
        "place": call.location or "",
        "zone": call.zone or "",
        "caller": "; ".join(", ".join(filter(None, one)) for one in callers),
        "person": ", ".join(filter(None, person)),
        "what": call.narrative or "",
        "response": _decided(centre, told) if told else "",
        "level": _level(told) if told else "",
        "who": "; ".join(_who(lines)),
        "dangers": " ".join(spoken(one) for one in page.dangers),
    }


def _level(told: Recommendation) -> str:
    minutes, label = told.level["within_min"], level_name(told.level["label"])
    said: str = spoken(label if minutes is None else listed(", ", [label, within(minutes)]))
    return said


def _decided(centre: Centre, told: Recommendation) -> str:
    if told.outcome == "ask_more":
        undecided: str = gettext("Not decided: too few answers")
        return undecided
    said: str = spoken(response_name(centre, told.response))
    return said


def _who(lines: Sequence[DispatchLine]) -> list[str]:
    """Who is under way or there; a unit of the CAD by its own name. Whom CAD sends without having
    told us is not known; else nobody is."""
    coming = [
        spoken(listed(" ", [member_name(one.unit, one.role), small_state_name(one.state)]))
        for line in lines
        for one in line.coming
        if line.reached_by == "page"
    ]
    of_cad = [line for line in lines if line.reached_by == "cad"]
    units = [line.unit for line in of_cad if line.unit]
    return [*coming, *units] or ([] if of_cad else [gettext("nobody")])
