"""Calls that somebody else has begun to take: who takes one from the same number is told, and a
colleague goes on with what was left."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.errors import NotFound
from triage.domain.words import msgid
from triage.entrypoints.web.access import current_person, open_to
from triage.services import unsaved_calls
from triage.services.intake import number_of
from triage.services.unsaved_calls import UnsavedCall
from triage.storage.unit_of_work import UnitOfWork

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


def join(named: str) -> ResponseReturnValue:
    """From a form that was begun for the same call, and is kept. Raises what `go_on` raises."""
    try:
        key = UUID(named)
    except ValueError:
        raise NotFound(msgid("no such form")) from None
    answer = go_on(key)
    flash(gettext("What you had typed before is kept: New call offers it."), "good")
    return answer


def from_same_number(uow: UnitOfWork, phone: str) -> Sequence[UnsavedCall]:
    """What others take now. phone -- as it is typed."""
    centre = current_context().centre
    number = number_of(centre, phone)
    return unsaved_calls.of_number(uow, centre, current_person(), number) if number else ()
