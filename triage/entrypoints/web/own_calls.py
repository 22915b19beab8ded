"""Where a clinician begins: their own calls, each opened with one touch."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.fresh import fragment
from triage.services import field_texts, own_calls, swaps
from triage.storage.sealed import showing_a_list
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("own_calls", __name__, url_prefix="/my-calls")


@bp.get("")
@open_to("clinician")
@showing_a_list()
def show() -> ResponseReturnValue:
    with current_context().reading() as uow:
        return render_template("own_calls.html", **_shown(uow))


@bp.get("/live")
@open_to("clinician", background=True)
@showing_a_list()
def live() -> ResponseReturnValue:
    """What stays fresh there."""
    with current_context().reading() as uow:
        return fragment(render_template("own_calls_live.html", **_shown(uow)), uow.now)


@bp.post("/help")
@open_to("clinician")
def cry_for_help() -> ResponseReturnValue:
    """On whatever call they have, or on none: their call may have ended, and they not be safe."""
    context, person = current_context(), current_person()

    context.do(
        person.actor,
        lambda uow: field_texts.cry_of_account(uow, context.centre, person.account_id),
    )
    flash(
        gettext("ALARM RAISED: dispatch is told that you need help. Use your radio if you can."),
        "good",
    )
    return redirect("/my-calls", 303)


def _shown(uow: UnitOfWork) -> dict[str, Any]:
    account_id = current_person().account_id
    return {
        "mine": own_calls.of_account(uow, account_id),
        "in_a_team": bool(swaps.members_of(uow, account_id)),
        "now": uow.now,
    }
