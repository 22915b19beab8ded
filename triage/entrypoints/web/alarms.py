"""Alarms of people in the field: taken with one key."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from triage.context import current_context
from triage.domain import alarms as words
from triage.domain.errors import Conflict
from triage.entrypoints.web.access import current_person, open_to, safe_next
from triage.services import alarms
from triage.services.actors import names_of
from triage.storage.safety import Alarm
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("alarms", __name__, url_prefix="/alarms")

SHOWN_FOR = timedelta(hours=12)
"""A shift, after it was taken."""


@bp.get("")
@open_to("dispatcher", "supervisor")
def listed() -> ResponseReturnValue:
    with current_context().reading() as uow:
        taken = alarms.taken_since(uow, SHOWN_FOR)
        return render_template(
            "alarms.html",
            untaken=alarms.untaken(uow),
            unheard=alarms.unheard(uow),
            taken=taken,
            names=names_of(uow, {alarm.taken_by or "" for alarm in taken}),
            words=words,
            now=uow.now,
        )


@bp.post("/<uuid:key>/take")
@open_to("dispatcher", "supervisor")
def take(key: UUID) -> ResponseReturnValue:
    def work(uow: UnitOfWork) -> str:
        alarm = uow.get(Alarm, key)
        alarms.take(uow, alarm, "screen")
        return alarm.responder.team.name

    try:
        unit = current_context().do(current_person().actor, work)
    except Conflict as problem:
        flash(f"Nothing was changed: {problem}.", "warn")
    else:
        flash(f"You take care of the alarm of {unit}.", "good")
    return redirect(safe_next(request.form.get("next") or "/alarms"), 303)
