"""Switches that are not rule edits: a team, a partner or a zone is off until a time."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.errors import Refused
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.languages import spoken
from triage.entrypoints.web.local_times import for_field, instant_in_form
from triage.services import switches
from triage.storage.teams import Suspension
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("supervision", __name__)

Errors = dict[str | None, str]
_USUALLY = timedelta(hours=4)


@bp.get("/switches")
@open_to("supervisor", "dispatcher")
def list_switches() -> ResponseReturnValue:
    return _page({})


@bp.post("/switches")
@open_to("supervisor")
def switch_off() -> ResponseReturnValue:
    context, form = current_context(), request.form
    kind, _, key = form.get("what", "").partition(":")

    def suspend(uow: UnitOfWork) -> str:
        until = instant_in_form("until")
        reason = form.get("reason", "")
        switches.suspend(uow, context.centre, (kind, key), until, reason)
        return switches.subjects(uow, context.centre)[kind, key]

    try:
        what = context.do(current_person().actor, suspend)
    except Refused as error:
        return _page({error.field: str(error)})
    flash(gettext("%(what)s is switched off.", what=spoken(what)), "good")
    return redirect("/switches")


@bp.post("/switches/<uuid:suspension_id>/lift")
@open_to("supervisor")
def switch_on(suspension_id: UUID) -> ResponseReturnValue:
    current_context().do(
        current_person().actor,
        lambda uow: switches.lift(uow, uow.get(Suspension, suspension_id)),
    )
    flash(gettext("It is on again."), "good")
    return redirect("/switches")


def _page(errors: Errors) -> ResponseReturnValue:
    centre, form = current_context().centre, typed.again()
    with current_context().reading() as uow:
        page = render_template(
            "switches.html",
            active=switches.active(uow, centre),
            subjects=[
                (f"{kind}:{key}", name)
                for (kind, key), name in switches.subjects(uow, centre).items()
            ],
            now=uow.now,
            until=form.get("until") or for_field(uow.now + _USUALLY),
            form=form,
            errors=errors,
        )
    return page, 422 if errors else 200
