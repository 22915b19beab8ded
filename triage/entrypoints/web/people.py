"""Accounts: an administrator's place, and everybody's own password."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.errors import Refused
from triage.domain.role_words import role_name
from triage.entrypoints.web.access import current_person, open_to
from triage.services import people
from triage.services.people import ROLES
from triage.storage.people import Account
from triage.storage.sealed import showing_a_list
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("people", __name__)

Change = Callable[[UnitOfWork, Account], None]


@bp.get("/people")
@open_to("administrator")
@showing_a_list()
def list_accounts() -> ResponseReturnValue:
    with current_context().reading() as uow:
        return render_template("people.html", accounts=people.accounts(uow), now=uow.now)


@bp.route("/people/new", methods=["GET", "POST"])
@open_to("administrator")
def add() -> ResponseReturnValue:
    context, form, errors = current_context(), request.form, {}
    if request.method == "POST":
        try:
            context.do(
                current_person().actor,
                lambda uow: people.add_account(
                    uow,
                    context.centre,
                    form.get("username", ""),
                    form.get("name", ""),
                    form.get("role", ""),
                    form.get("password", ""),
                ),
            )
        except Refused as error:
            errors = {error.field: str(error)}
        else:
            flash(gettext("The account is open."), "good")
            return redirect("/people")
    page = render_template(
        "person_new.html",
        roles=[(role, role_name(role)) for role in ROLES],
        form=form,
        errors=errors,
    )
    return page, 422 if errors else 200


@bp.get("/people/<uuid:account_id>")
@open_to("administrator")
def account(account_id: UUID) -> ResponseReturnValue:
    return _account_page(account_id)


def _account_page(account_id: UUID, errors: dict[str | None, str] | None = None) -> str:
    with current_context().reading() as uow:
        shown = uow.get(Account, account_id)
        return render_template("person.html", account=shown, now=uow.now, errors=errors or {})


@bp.post("/people/<uuid:account_id>/password")
@open_to("administrator")
def set_password(account_id: UUID) -> ResponseReturnValue:
    context, password = current_context(), request.form.get("password", "")
    try:
        _change(account_id, lambda uow, it: people.set_password(uow, context.centre, it, password))
    except Refused as error:
        return _account_page(account_id, {error.field: str(error)}), 422
    flash(
        gettext(
            "The new password counts from now on; whoever was signed in with the old one is not."
        ),
        "good",
    )
    return redirect(f"/people/{account_id}")


@bp.post("/people/<uuid:account_id>/disable")
@open_to("administrator")
def disable(account_id: UUID) -> ResponseReturnValue:
    _change(account_id, people.disable)
    return redirect(f"/people/{account_id}")


@bp.post("/people/<uuid:account_id>/enable")
@open_to("administrator")
def enable(account_id: UUID) -> ResponseReturnValue:
    _change(account_id, people.enable)
    return redirect(f"/people/{account_id}")


@bp.post("/people/<uuid:account_id>/release")
@open_to("administrator")
def release(account_id: UUID) -> ResponseReturnValue:
    _change(account_id, people.release)
    return redirect(f"/people/{account_id}")


def _change(account_id: UUID, change: Change) -> None:
    actor = current_person().actor
    current_context().do(actor, lambda uow: change(uow, uow.get(Account, account_id)))


@bp.route("/account/password", methods=["GET", "POST"])
@open_to(*ROLES)
def own_password() -> ResponseReturnValue:
    if request.method == "GET":
        return render_template("own_password.html", errors={})
    context, person, form = current_context(), current_person(), request.form
    with context.reading() as uow:
        attempt = people.check_password(uow, person.username, form.get("password_now", ""))
    errors: dict[str | None, str] = {}
    if not attempt.right:
        errors = {"password_now": gettext("This is not your password.")}
    else:
        try:
            _change(
                person.account_id,
                lambda uow, it: people.set_password(
                    uow, context.centre, it, form.get("password", "")
                ),
            )
        except Refused as error:
            errors = {error.field: str(error)}
    if errors:
        return render_template("own_password.html", errors=errors), 422
    g.person = None  # their session ended with the old password
    flash(gettext("Your password is changed. Sign in with it."), "good")
    return redirect("/sign-in")
