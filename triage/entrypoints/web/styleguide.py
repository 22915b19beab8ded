"""Everything that pages are made of, on one page."""

from datetime import datetime, timedelta

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from triage.domain.lifecycle import DispatchState, MessageState, SlotState
from triage.entrypoints.web.access import open_to
from triage.services.hazard_notes import DAYS, Shown
from triage.services.people import ROLES
from triage.storage.hazard_notes import HazardNote

bp = Blueprint("styleguide", __name__)


@bp.get("/styleguide")
@open_to(*ROLES)
def styleguide() -> ResponseReturnValue:
    return render_template(
        "styleguide.html",
        now=g.now,
        earlier=g.now - timedelta(minutes=7),
        just_now=g.now - timedelta(minutes=2),
        soon=g.now + timedelta(minutes=1),
        later=g.now + timedelta(hours=3),
        dispatch_states=list(DispatchState),
        slot_states=list(SlotState),
        message_states=list(MessageState),
        hazard=_hazard(g.now),
    )


def _hazard(now: datetime) -> Shown:
    """A note that nobody has kept."""
    note = HazardNote(author="", expires_at=now + timedelta(days=DAYS))
    note.created_at, note.text, note.place = now, "Large dog, bites.", "Pier 3"
    return Shown(note, "Jo Rivera", "")
