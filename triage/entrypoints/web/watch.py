"""What the watcher found, what failed and what was missed. Dispatchers read and ring;
supervisors have steps done again, or left undone."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.codes import DISMISSALS
from triage.domain.errors import Refused
from triage.domain.findings import KINDS, Finding, Kind
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.services import leftovers, outbox, silences, watch
from triage.storage.messages import Message
from triage.storage.sealed import showing_a_list
from triage.storage.timers import Timer

bp = Blueprint("watch", __name__)


@bp.get("/watch")
@open_to("dispatcher", "supervisor")
@showing_a_list()
def found() -> ResponseReturnValue:
    return _page()


def _page(wrong: UUID | None = None, why: str = "") -> ResponseReturnValue:
    """wrong -- the step whose form was refused, and why."""
    with current_context().reading() as uow:
        standing = watch.standing(uow)
        page = render_template(
            "watch.html",
            standing=standing,
            findings=_told(standing.findings),
            parked=leftovers.steps(uow, leftovers.PARKED),
            expired=leftovers.steps(uow, leftovers.EXPIRED),
            texts=leftovers.lost_texts(uow),
            silent=silences.silenced(uow),
            reasons=list(DISMISSALS.items()),
            now=uow.now,
            wrong=wrong,
            errors={"reason": why} if why else {},
        )
    return page, 422 if why else 200


def _told(findings: Sequence[Finding]) -> Sequence[tuple[Finding, Kind]]:
    order = list(KINDS)
    known = [finding for finding in findings if finding.code in KINDS]
    known.sort(key=lambda finding: order.index(finding.code))
    return [(finding, KINDS[finding.code]) for finding in known]


@bp.post("/watch/steps/<uuid:key>/retry")
@open_to("supervisor")
def retry(key: UUID) -> ResponseReturnValue:
    current_context().do(
        current_person().actor, lambda uow: leftovers.retry(uow, uow.get(Timer, key))
    )
    flash(gettext("It is done again now."), "good")
    return redirect("/watch", 303)


@bp.post("/watch/steps/<uuid:key>/dismiss")
@open_to("supervisor")
def dismiss(key: UUID) -> ResponseReturnValue:
    reason = typed.clean(request.form.get("reason", ""))
    try:
        current_context().do(
            current_person().actor, lambda uow: leftovers.dismiss(uow, uow.get(Timer, key), reason)
        )
    except Refused as error:
        return _page(key, str(error))
    flash(gettext("It is left undone, with your reason."), "good")
    return redirect("/watch", 303)


@bp.post("/watch/texts/<uuid:key>/noted")
@open_to("dispatcher", "supervisor")
def noted(key: UUID) -> ResponseReturnValue:
    """Whoever rang says so."""
    current_context().do(
        current_person().actor, lambda uow: outbox.take_note(uow, uow.get(Message, key))
    )
    flash(gettext("The text is noted as taken care of."), "good")
    return redirect("/watch", 303)
