"""Where a clinician begins: their own calls, each opened with one touch."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from triage.context import current_context
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.fresh import fragment
from triage.services import own_calls
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("own_calls", __name__, url_prefix="/my-calls")


@bp.get("")
@open_to("clinician")
def show() -> ResponseReturnValue:
    with current_context().reading() as uow:
        return render_template("own_calls.html", **_shown(uow))


@bp.get("/live")
@open_to("clinician", background=True)
def live() -> ResponseReturnValue:
    """What stays fresh there."""
    with current_context().reading() as uow:
        return fragment(render_template("own_calls_live.html", **_shown(uow)), uow.now)


def _shown(uow: UnitOfWork) -> dict[str, Any]:
    return {"mine": own_calls.of_account(uow, current_person().account_id), "now": uow.now}
