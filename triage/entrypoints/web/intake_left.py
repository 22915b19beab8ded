"""A call that somebody began to take, and left: a colleague goes on with it."""

from uuid import UUID

from flask import Blueprint, flash, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.entrypoints.web.access import current_person, open_to
from triage.services import unsaved_calls

bp = Blueprint("intake_left", __name__, url_prefix="/intake/<uuid:key>")


@bp.post("/go-on")
@open_to("dispatcher", "supervisor")
def go_on(key: UUID) -> ResponseReturnValue:
    context, person = current_context(), current_person()
    left = context.do(
        person.actor, lambda uow: unsaved_calls.go_on(uow, context.centre, person, key)
    )
    if left is not None:
        flash(gettext("You take this call now. Until now %(name)s did.", name=left.name), "good")
    return redirect(f"/intake/{key}", 303)
