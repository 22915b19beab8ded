"""Partners: organizations that are told by text that something waits for them."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.errors import Refused
from triage.entrypoints.web.access import current_person, open_to
from triage.services import rosters
from triage.services.rosters import NewPartner
from triage.storage.teams import Partner

bp = Blueprint("partners", __name__, url_prefix="/partners")

_supervising = open_to("supervisor", "administrator")


@bp.get("/new")
@_supervising
def new_partner() -> ResponseReturnValue:
    return _form({})


@bp.post("/new")
@_supervising
def add_partner() -> ResponseReturnValue:
    centre, form = current_context().centre, request.form
    new = NewPartner(
        form.get("name", ""),
        form.get("kind", ""),
        form.get("phone", ""),
        form.getlist("zones"),
        form.get("language", "en"),
    )
    try:
        current_context().do(
            current_person().actor, lambda uow: rosters.add_partner(uow, centre, new)
        )
    except Refused as refusal:
        return _form({refusal.field: str(refusal)})
    flash(gettext("The partner is added. Ring it, and say below that the number is right."), "good")
    return redirect("/teams#partners")


def _form(errors: dict[str | None, str]) -> ResponseReturnValue:
    centre = current_context().centre
    page = render_template(
        "partner_new.html",
        kinds=list(rosters.partner_kinds(centre).items()),
        zones=centre.gazetteer.zones,
        form=request.form,
        errors=errors,
    )
    return page, 422 if errors else 200


@bp.post("/<uuid:partner_id>/retire")
@_supervising
def retire_partner(partner_id: UUID) -> ResponseReturnValue:
    current_context().do(
        current_person().actor,
        lambda uow: rosters.retire_partner(uow, uow.get(Partner, partner_id)),
    )
    flash(gettext("The partner is retired."), "good")
    return redirect("/teams#partners")
