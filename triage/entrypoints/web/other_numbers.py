"""Showing whose the telephones are that are no member's: the desk's, and partners'."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.entrypoints.web.access import current_person, open_to
from triage.services import other_numbers
from triage.services.other_numbers import OtherNumber
from triage.storage.teams import Partner
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("other_numbers", __name__)

_at_the_desk = open_to("dispatcher", "supervisor", "administrator")


@bp.post("/desk-phone/ring")
@_at_the_desk
def ring_desk() -> ResponseReturnValue:
    _do(lambda uow: other_numbers.ring_desk(uow, current_context().centre))
    flash(gettext("The desk's telephone rings in a moment. Press 1 there."), "good")
    return redirect("/teams#numbers", 303)


@bp.post("/desk-phone/verify")
@_at_the_desk
def verify_desk() -> ResponseReturnValue:
    number = other_numbers.of_desk(current_context().centre)
    _do(lambda uow: other_numbers.by_hand(uow, number))
    flash(gettext("The number is verified."), "good")
    return redirect("/teams#numbers", 303)


@bp.post("/partners/<uuid:partner_id>/verify")
@_at_the_desk
def verify_partner(partner_id: UUID) -> ResponseReturnValue:
    """Somebody has rung them."""

    def verify(uow: UnitOfWork) -> None:
        partner = uow.get(Partner, partner_id)
        other_numbers.by_hand(uow, OtherNumber(partner.phone or "", partner))

    _do(verify)
    flash(gettext("The number is verified."), "good")
    return redirect("/teams#partners", 303)


def _do(work: Callable[[UnitOfWork], Any]) -> Any:
    return current_context().do(current_person().actor, work)
