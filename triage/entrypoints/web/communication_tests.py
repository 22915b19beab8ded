"""Tests of everybody's telephone: what came of them, and the button for one now."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.errors import Conflict
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.languages import spoken
from triage.services import communication_tests

bp = Blueprint("communication_tests", __name__)


@bp.get("/teams/tests")
@open_to("dispatcher", "supervisor", "administrator")
def tests() -> ResponseReturnValue:
    """The newest test."""
    return _page(None)


@bp.get("/teams/tests/<uuid:run_id>")
@open_to("dispatcher", "supervisor", "administrator")
def test(run_id: UUID) -> ResponseReturnValue:
    return _page(run_id)


@bp.post("/teams/tests")
@open_to("supervisor", "administrator")
def start() -> ResponseReturnValue:
    context = current_context()
    try:
        context.do(
            current_person().actor, lambda uow: communication_tests.start_now(uow, context.centre)
        )
    except Conflict as error:
        flash(gettext("No second test was begun: %(why)s.", why=spoken(str(error))), "warn")
    else:
        flash(gettext("The test has begun: everybody on the roster gets a text."), "good")
    return redirect("/teams/tests", 303)


def _page(run_id: UUID | None) -> ResponseReturnValue:
    with current_context().reading() as uow:
        newest = communication_tests.newest(uow)
        run = communication_tests.begun(uow, run_id) if run_id else newest
        return render_template(
            "communication_tests.html",
            earlier=communication_tests.before(uow, run) if run else (),
            is_newest=run is newest,
            shown=communication_tests.results(uow, run) if run else None,
            planned=communication_tests.next_planned(uow),
            starting=current_person().role != "dispatcher",
        )
