"""An officer or a hospital asks for a clinician; a clinician opens a call where they stand."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select

from triage.context import current_context
from triage.domain.errors import Conflict, InvalidCall, Refused
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.languages import language, spoken
from triage.services import field_requests
from triage.services.calls import NewCall
from triage.services.field_requests import FieldRequest
from triage.services.timeline_sentences import response_name
from triage.storage.calls import Call
from triage.storage.teams import Responder, Team
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("field_requests", __name__)


@bp.get("/field-request")
@open_to("dispatcher", "supervisor")
def ask() -> ResponseReturnValue:
    return _form("field_request.html", {})


@bp.post("/field-request")
@open_to("dispatcher", "supervisor")
def open_request() -> ResponseReturnValue:
    context, errors = current_context(), dict[str, str]()
    line = typed.line
    asked = FieldRequest(
        origin=line("origin"),
        unit=line("unit"),
        phone=line("phone"),
        location=line("location"),
        needed=typed.note("needed"),
        officer_there=line("officer_there"),
        facts=_facts(),
    )
    try:
        call, clinician = context.do(
            current_person().actor,
            lambda uow: field_requests.open_request(uow, context.centre, asked, spoken),
        )
    except (Refused, InvalidCall) as wrong:
        errors = _errors(wrong)
        return _form("field_request.html", errors, 422)
    if clinician is None:
        flash(
            gettext("The rules keep clinicians away from this place. Read why on the page."),
            "alarm",
        )
    else:
        flash(
            gettext("Asked: %(who)s.", who=spoken(response_name(context.centre, clinician))), "good"
        )
    return redirect(url_for("call.show", reference=call.reference), 303)


@bp.get("/on-view")
@open_to("clinician")
def on_view() -> ResponseReturnValue:
    return _form("on_view.html", {})


@bp.post("/on-view")
@open_to("clinician")
def open_on_view() -> ResponseReturnValue:
    context, account = current_context(), current_person().account_id
    new = NewCall(
        location=typed.line("location"),
        narrative=typed.note("narrative"),
        facts={**_facts(), "location_known": "exact"},
        origin="on_view",
    )

    def work(uow: UnitOfWork) -> Call:
        found = uow.session.execute(
            select(Responder, Team)
            .join(Team, Team.id == Responder.team_id)
            .where(Responder.account_id == account, Responder.retired_at.is_(None))
        ).first()
        if found is None:
            raise Refused(gettext("Your account belongs to no team: tell dispatch."))
        responder, team = found
        return field_requests.open_on_view(uow, context.centre, responder, team.responses, new)

    try:
        call = context.do(current_person().actor, work)
    except (Refused, InvalidCall, Conflict) as wrong:
        return _form("on_view.html", _errors(wrong), 422)
    flash(gettext("The call is open: you are on scene. Dispatch sees it."), "good")
    return redirect(url_for("call.show", reference=call.reference), 303)


def _facts() -> dict[str, str]:
    given = {name: typed.line(f"facts.{name}") for name in field_requests.ASKED}
    return {name: value for name, value in given.items() if value}


def _errors(wrong: Refused | InvalidCall | Conflict) -> dict[str, str]:
    if isinstance(wrong, InvalidCall):
        return {problem.path: problem.message for problem in wrong.problems}
    return {getattr(wrong, "field", None) or "narrative": str(wrong)}


def _form(template: str, errors: dict[str, str], status: int = 200) -> ResponseReturnValue:
    known = current_context().centre.vocabulary.facts
    asked = [known[name] for name in field_requests.ASKED if name in known]
    shown: dict[str, Any] = {
        "form": {name: request.form.get(name, "") for name in request.form},
        "errors": errors,
        "questions": [
            (fact, [(answer.value, answer.label) for answer in fact.answers(language())])
            for fact in asked
        ],
    }
    return render_template(template, **shown), status
