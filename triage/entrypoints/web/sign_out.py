"""Signing out: at once, or after a look at what nobody would have then."""

from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain import alarms as words
from triage.domain.errors import Conflict, Refused
from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import cookie_name, current_person, open_to
from triage.entrypoints.web.languages import spoken
from triage.services import held_calls, leaving
from triage.services.people import ROLES
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("sign_out", __name__, url_prefix="/sign-out")


@bp.get("")
@open_to(*ROLES)
def ask() -> ResponseReturnValue:
    context, person = current_context(), current_person()
    with context.reading() as uow:
        return render_template(
            "sign_out.html",
            in_hand=leaving.in_hand(uow, person),
            colleagues=held_calls.colleagues(uow, context.centre, person.account_id),
            words=words,
        )


@bp.post("")
@open_to(*ROLES)
def sign_out() -> ResponseReturnValue:
    context, person = current_context(), current_person()

    def leave(uow: UnitOfWork) -> bool:
        if "anyway" not in request.form and leaving.in_hand(uow, person):
            return False
        leaving.sign_out(uow, context.centre, person)
        return True

    if not context.do(person.actor, leave):
        return redirect("/sign-out", 303)
    session.clear()
    flash(gettext("You are signed out."), "good")
    answer = make_response(redirect("/sign-in"))
    secure = context.settings.public_url.startswith("https:")
    answer.delete_cookie(cookie_name(), httponly=True, samesite="Lax", secure=secure, path="/")
    answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


@bp.post("/give")
@open_to("dispatcher", "supervisor")
def give() -> ResponseReturnValue:
    """All their calls to one colleague, who accepts them."""
    context, person = current_context(), current_person()

    def offer(uow: UnitOfWork) -> None:
        for held in held_calls.of_person(uow, person.account_id):
            held_calls.offer(uow, context.centre, held.call, _key(typed.line("to")))

    try:
        context.do(person.actor, offer)
    except (Conflict, Refused) as problem:
        flash(spoken(msgid("Nothing was changed: %(conflict)s.", conflict=str(problem))), "warn")
    else:
        flash(gettext("Your colleague is asked. Until they accept, the calls are yours."), "good")
    return redirect("/sign-out", 303)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
