"""Everybody's own safety: a word for duress, a PIN for the telephone, a phone that is lost."""

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import Forbidden

from triage.context import current_context
from triage.domain.errors import Conflict, Refused
from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.languages import spoken
from triage.services import duress, lost_phones, people, pins
from triage.services.people import ROLES, Person
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("safety", __name__)

Errors = dict[str | None, str]


@bp.get("/account/safety")
@open_to(*ROLES)
def own() -> ResponseReturnValue:
    return _page({})


def _page(errors: Errors) -> ResponseReturnValue:
    with current_context().reading() as uow:
        members = _members(uow, current_person())
        page = render_template("own_safety.html", members=members, errors=errors, now=uow.now)
    return page, 422 if errors else 200


def _members(uow: UnitOfWork, person: Person) -> Sequence[Responder]:
    """Who this person is in the teams."""
    return uow.session.scalars(
        select(Responder)
        .where(Responder.account_id == person.account_id, Responder.retired_at.is_(None))
        .options(joinedload(Responder.team))
        .order_by(Responder.created_at, Responder.id)
    ).all()


@bp.post("/account/safety/word")
@open_to(*ROLES)
def set_word() -> ResponseReturnValue:
    word = typed.line("word")
    if not word:
        done = gettext("Your word is forgotten.")
        return _change("password_word", duress.forget_word, done)
    done = gettext("From now on this word in any text of yours is a silent alarm.")
    return _change("password_word", lambda uow, it: duress.set_word(uow, it, word), done)


@bp.post("/account/safety/pin")
@open_to(*ROLES)
def set_pin() -> ResponseReturnValue:
    pin = typed.line("pin")
    done = gettext("Your PIN is set.")
    return _change("password_pin", lambda uow, it: pins.set_pin(uow, it, pin), done)


def _change(
    proof: str, work: Callable[[UnitOfWork, Responder], None], done: str
) -> ResponseReturnValue:
    """Change it for whoever shows their password in the field `proof`: an open screen is not
    enough to change what protects them."""
    context, person = current_context(), current_person()
    if not _is_their_password(proof):
        return _page(_not_yours(proof))

    def all_of_them(uow: UnitOfWork) -> None:
        for member in _must_be_members(uow, person):
            work(uow, member)

    try:
        context.do(person.actor, all_of_them)
    except Refused as error:
        return _page({error.field: str(error)})
    flash(done, "good")
    return redirect("/account/safety", 303)


def _must_be_members(uow: UnitOfWork, person: Person) -> Sequence[Responder]:
    if not (members := _members(uow, person)):
        raise Refused(gettext("You are in no team: no text of yours is read here."), "word")
    return members


def _is_their_password(field: str) -> bool:
    with current_context().reading() as uow:
        shown = request.form.get(field, "")
        return people.check_password(uow, current_person().username, shown).right


def _not_yours(field: str) -> Errors:
    return {field: gettext("This is not your password.")}


# --- who has no account --------------------------------------------------------------------


@bp.get("/members/<uuid:member_id>/safety")
@open_to("supervisor", "administrator")
def of_member(member_id: UUID) -> ResponseReturnValue:
    return _member_page(member_id, {})


def _member_page(member_id: UUID, errors: Errors) -> ResponseReturnValue:
    with current_context().reading() as uow:
        member = uow.get(Responder, member_id)
        page = render_template("member_safety.html", member=member, errors=errors)
    return page, 422 if errors else 200


@bp.post("/members/<uuid:member_id>/safety")
@open_to("supervisor", "administrator")
def set_of_member(member_id: UUID) -> ResponseReturnValue:
    """They type it themselves, beside whoever supervises and shows that it is them."""
    word, pin = typed.line("word"), typed.line("pin")
    if not _is_their_password("password"):
        return _member_page(member_id, _not_yours("password"))

    def work(uow: UnitOfWork) -> UUID:
        member = uow.get(Responder, member_id)
        if member.account_id is not None or member.retired_at is not None:
            raise Conflict(gettext("whoever has an account sets this under Your safety"))
        if not word and not pin:
            raise Refused(gettext("Type a word, a PIN or both."), "word")
        if word:
            duress.set_word(uow, member, word)
        if pin:
            pins.set_pin(uow, member, pin)
        return member.team_id

    try:
        team_id = current_context().do(current_person().actor, work)
    except Refused as error:
        return _member_page(member_id, {error.field: str(error)})
    flash(gettext("It is set. Nobody can look it up."), "good")
    return redirect(f"/teams/{team_id}", 303)


# --- a phone is lost -----------------------------------------------------------------------


@bp.post("/account/safety/phones/<uuid:member_id>/lost")
@open_to(*ROLES)
def own_lost(member_id: UUID) -> ResponseReturnValue:
    """Without a password: this cannot wait."""
    person = current_person()

    def report(uow: UnitOfWork, member: Responder) -> None:
        if member.account_id != person.account_id:
            raise Forbidden
        lost_phones.report(uow, current_context().centre, member)

    problem = _report(member_id, report)
    g.person = None  # their sessions ended with it, this one too
    words = gettext(
        "Your phone is shut out, and you are signed out everywhere. Tell your supervisor."
    )
    flash(spoken(problem) or words, "warn" if problem else "good")
    return redirect("/sign-in", 303)


@bp.post("/members/<uuid:member_id>/phone-lost")
@open_to("dispatcher", "supervisor", "administrator")
def lost(member_id: UUID) -> ResponseReturnValue:
    problem = _report(
        member_id, lambda uow, it: lost_phones.report(uow, current_context().centre, it)
    )
    words = gettext("This phone is shut out: nothing is sent to it, nothing from it counts.")
    flash(spoken(problem) or words, "warn" if problem else "good")
    return redirect("/teams", 303)


@bp.post("/members/<uuid:member_id>/phone-found")
@open_to("supervisor", "administrator")
def found(member_id: UUID) -> ResponseReturnValue:
    problem = _report(
        member_id, lambda uow, it: lost_phones.found(uow, current_context().centre, it)
    )
    words = gettext("They are paged again when they have replied to our text with its code word.")
    flash(spoken(problem) or words, "warn" if problem else "good")
    return redirect("/teams", 303)


def _report(member_id: UUID, work: Callable[[UnitOfWork, Responder], None]) -> str | None:
    """What kept it from being done, if anything."""
    try:
        current_context().do(
            current_person().actor, lambda uow: work(uow, uow.get(Responder, member_id))
        )
    except Conflict as problem:
        return msgid("Nothing was changed: %(why)s.", why=str(problem))
    return None
