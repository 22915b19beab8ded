"""What is known already of the place and the number on the form: duplicates, earlier calls, notes.

Shown by itself while they are typed; whoever is shown something of a call has looked at it.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from triage.context import current_context
from triage.domain.codes import DISPOSITIONS, VERDICTS
from triage.domain.errors import CommitInDoubt
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.intake_form import Intake, understand
from triage.services import intake as drafts
from triage.services import known_calls, places
from triage.services.intake_pages import BECAME
from triage.services.known_calls import Known
from triage.services.timeline_sentences import response_name

bp = Blueprint("intake_known", __name__, url_prefix="/intake")
log = structlog.get_logger("triage.web")


@bp.post("/known")
@open_to("dispatcher", "supervisor")
def known() -> ResponseReturnValue:
    understood = understand(current_context().centre, typed.fields())
    shown = told(understood, understood.value(BECAME))
    return render_template("intake_known.html", **shown)


def told(understood: Intake, became: str) -> dict[str, Any]:
    """What the part of the form's page that tells it needs. became -- the call that this form is
    already: it is no duplicate of itself."""
    context = current_context()
    found = look(understood, became)
    with context.reading() as uow:
        now = uow.now
    return {
        "known": found,
        "now": now,
        "sent_name": lambda response: response_name(context.centre, response),
        "dispositions": DISPOSITIONS,
        "verdicts": VERDICTS,
    }


def look(understood: Intake, became: str) -> Known:
    """Look it up, and write down that somebody did."""
    context = current_context()
    centre, actor = context.centre, current_person().actor
    place = centre.gazetteer.find(understood.location) if understood.location else None
    if understood.match_of(place) == places.WRONG:
        place = None
    number = drafts.number_of(centre, understood.value("caller_phone"))
    zone = understood.zone or (place.zone if place else None)
    within = timedelta(minutes=centre.policy.opening_min)
    with context.reading() as uow:
        found = known_calls.known(
            uow, centre, understood.location, place, zone, number, understood.position
        )
        found = replace(found, alike=[a for a in found.alike if a.call.reference != became])
        keys = {call.id for call in found.calls}
        if not keys or not known_calls.not_noted(uow, actor, keys, within):
            return found
    try:
        context.do(actor, lambda uow: known_calls.note_shown(uow, keys, within))
    except (OperationalError, CommitInDoubt) as error:
        log.critical("a look is not written down", actor=actor, error=type(error).__name__)
    return found
