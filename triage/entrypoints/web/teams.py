"""Teams, members and shifts, and a list of the partners that are told."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict

from triage.context import current_context
from triage.domain.errors import Refused
from triage.domain.reachability import WORDS
from triage.domain.role_words import role_name
from triage.entrypoints.web.access import current_person, open_to
from triage.services import other_numbers, partners, people, rosters, shifts, verification
from triage.services.rosters import NewMember, NewTeam
from triage.services.shifts import NewShift
from triage.storage.sealed import showing_a_list
from triage.storage.teams import Responder, Shift, Team
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("teams", __name__)

Errors = dict[str | None, str]
_supervising = open_to("supervisor", "administrator")


@bp.get("/teams")
@open_to("dispatcher", "supervisor", "administrator")
@showing_a_list()
def list_teams() -> ResponseReturnValue:
    """Dispatchers look only: when texts do not get through, here are the numbers to ring."""
    with current_context().reading() as uow:
        return render_template(
            "teams.html",
            teams=rosters.teams_now(uow),
            partners=rosters.partners(uow),
            retired=rosters.retired_teams(uow),
            labels=rosters.responses(current_context().centre),
            kinds=rosters.partner_kinds(current_context().centre),
            kinds_missing=partners.kinds_missing(uow, current_context().centre),
            troubles=WORDS,
            unverified=[
                one.partner.id if one.partner else None
                for one in other_numbers.unverified(uow, current_context().centre)
            ],
            desk_phone=current_context().centre.policy.desk_phone,
            changing=current_person().role != "dispatcher",
        )


@bp.route("/teams/new", methods=["GET", "POST"])
@_supervising
def add_team() -> ResponseReturnValue:
    centre, form, errors = current_context().centre, request.form, Errors()
    if request.method == "POST":
        errors = _try(lambda uow: rosters.add_team(uow, centre, _team_in_form()))
        if not errors:
            flash(gettext("The team is added. Give it members and shifts."), "good")
            return redirect("/teams")
    return _team_form(None, form, errors)


@bp.route("/teams/<uuid:team_id>/change", methods=["GET", "POST"])
@_supervising
def change_team(team_id: UUID) -> ResponseReturnValue:
    """What a team can do; its name is said on the radio and stays."""
    context = current_context()
    with context.reading() as uow:
        team = uow.get(Team, team_id)
    if request.method == "GET":
        return _team_form(team, _as_it_is(team), Errors())
    errors = _try(
        lambda uow: rosters.change_team(
            uow, context.centre, uow.get(Team, team_id), _team_in_form()
        )
    )
    if errors:
        return _team_form(team, request.form, errors)
    flash(gettext("Changed for calls from now on. What the team has stays with it."), "good")
    return redirect(f"/teams/{team_id}")


def _as_it_is(team: Team) -> MultiDict[str, Any]:
    return MultiDict(
        {
            "responses": team.responses,
            "zones": team.zones,
            "skills": ", ".join(team.skills),
            "calls_at_once": str(team.calls_at_once),
        }
    )


def _team_form(team: Team | None, form: MultiDict[str, Any], errors: Errors) -> ResponseReturnValue:
    centre = current_context().centre
    page = render_template(
        "team_form.html",
        team=team,
        responses=rosters.responses(centre),
        zones=centre.gazetteer.zones,
        form=form,
        errors=errors,
    )
    return page, 422 if errors else 200


@bp.get("/teams/<uuid:team_id>")
@_supervising
def team(team_id: UUID) -> ResponseReturnValue:
    return _team_page(team_id)


@bp.post("/teams/<uuid:team_id>/members")
@_supervising
def add_member(team_id: UUID) -> ResponseReturnValue:
    centre, form = current_context().centre, request.form
    new = NewMember(
        role=form.get("role", ""),
        name=form.get("name", ""),
        phone=form.get("phone", ""),
        skills=_listed("skills"),
        username=form.get("username") or None,
        seen_in_person="seen_in_person" in form,
        language=form.get("language", "en"),
    )
    errors = _try(lambda uow: rosters.add_member(uow, centre, uow.get(Team, team_id), new))
    if errors:
        return _team_page(team_id, "member", errors)
    if new.seen_in_person:
        flash(gettext("The member is added. Give them a shift: then they are paged."), "good")
    else:
        flash(
            gettext(
                "The member is added, and a text with a code word is on its way. They are paged"
                " when they have replied it and are on shift."
            ),
            "good",
        )
    return redirect(f"/teams/{team_id}")


@bp.post("/teams/<uuid:team_id>/shifts")
@_supervising
def add_shifts(team_id: UUID) -> ResponseReturnValue:
    centre = current_context().centre

    def add(uow: UnitOfWork) -> None:
        new = NewShift(_wall_time("starts"), _wall_time("ends"), _number("days", shifts.MOST_DAYS))
        made = shifts.add_shifts(uow, centre, _member_in_form(uow, team_id), new)
        added.append(len(made))

    added: list[int] = []
    if errors := _try(add):
        return _team_page(team_id, "shift", errors)
    flash(ngettext("The shift is added.", "%(num)s shifts are added.", added[-1]), "good")
    return redirect(f"/teams/{team_id}")


@bp.post("/teams/<uuid:team_id>/retire")
@_supervising
def retire_team(team_id: UUID) -> ResponseReturnValue:
    _do(lambda uow: rosters.retire_team(uow, current_context().centre, uow.get(Team, team_id)))
    flash(gettext("The team is retired."), "good")
    return redirect("/teams")


@bp.post("/members/<uuid:member_id>/retire")
@_supervising
def retire_member(member_id: UUID) -> ResponseReturnValue:
    def retire(uow: UnitOfWork) -> UUID:
        member = uow.get(Responder, member_id)
        rosters.retire_member(uow, current_context().centre, member)
        return member.team_id

    team_id = _do(retire)
    flash(gettext("The member is retired: they are asked no more. What they did stays."), "good")
    return redirect(f"/teams/{team_id}")


@bp.post("/members/<uuid:member_id>/verify")
@_supervising
def verify_member(member_id: UUID) -> ResponseReturnValue:
    """A supervisor has seen this telephone in their hand."""

    def verify(uow: UnitOfWork) -> UUID:
        member = uow.get(Responder, member_id)
        verification.by_hand(uow, current_context().centre, member)
        return member.team_id

    team_id = _do(verify)
    flash(gettext("The number is verified: it can be paged."), "good")
    return redirect(f"/teams/{team_id}")


@bp.post("/members/<uuid:member_id>/ask")
@_supervising
def ask_member(member_id: UUID) -> ResponseReturnValue:
    """The text with the code word, once more."""

    def ask(uow: UnitOfWork) -> UUID:
        member = uow.get(Responder, member_id)
        verification.send_again(uow, current_context().centre, member)
        return member.team_id

    team_id = _do(ask)
    flash(gettext("The text with the code word is on its way again."), "good")
    return redirect(f"/teams/{team_id}")


@bp.post("/members/<uuid:member_id>/number")
@_supervising
def change_number(member_id: UUID) -> ResponseReturnValue:
    context, written = current_context(), request.form.get("phone", "")
    with context.reading() as uow:
        team_id = uow.get(Responder, member_id).team_id
    errors = _try(
        lambda uow: verification.change_number(
            uow, context.centre, uow.get(Responder, member_id), written
        )
    )
    if errors:
        return _team_page(team_id, str(member_id), errors)
    flash(
        gettext("The number is changed. They are paged again when they have replied to our text."),
        "good",
    )
    return redirect(f"/teams/{team_id}")


@bp.post("/shifts/<uuid:shift_id>/end")
@_supervising
def end_shift(shift_id: UUID) -> ResponseReturnValue:
    def end(uow: UnitOfWork) -> tuple[UUID, bool]:
        shift = uow.get(Shift, shift_id)
        had_begun = shift.starts_at <= uow.now
        shifts.end_shift(uow, current_context().centre, shift)
        return uow.get(Responder, shift.responder_id).team_id, had_begun

    team_id, had_begun = _do(end)
    said = (
        gettext("The shift has ended: they are off.")
        if had_begun
        else gettext("The shift is taken out.")
    )
    flash(said, "good")
    return redirect(f"/teams/{team_id}")


def _team_page(
    team_id: UUID, failed: str | None = None, errors: Errors | None = None
) -> ResponseReturnValue:
    """failed -- the form that came back: `member`, `shift`, or of whom the new number is."""
    context = current_context()
    with context.reading() as uow:
        shown = rosters.team_now(uow, uow.get(Team, team_id))
        page = render_template(
            "team.html",
            shown=shown,
            names=[(str(it.responder.id), it.responder.name) for it in shown.members],
            labels=rosters.responses(context.centre),
            troubles=WORDS,
            roles=[(role, role_name(role)) for role in rosters.roles(context.centre)],
            accounts=[it for it in people.accounts(uow) if it.disabled_at is None],
            today=uow.now.astimezone(context.centre.policy.time_zone).date().isoformat(),
            failed=failed,
            errors=errors or {},
            form=request.form,
        )
    return page, 422 if errors else 200


def _team_in_form() -> NewTeam:
    form = request.form
    return NewTeam(
        name=form.get("name", ""),
        responses=form.getlist("responses"),
        zones=form.getlist("zones"),
        skills=_listed("skills"),
        calls_at_once=_number("calls_at_once", rosters.MOST_CALLS),
    )


def _member_in_form(uow: UnitOfWork, team_id: UUID) -> Responder:
    try:
        member = uow.session.get(Responder, UUID(request.form.get("member", "")))
    except ValueError:
        member = None
    if member is None or member.team_id != team_id or member.retired_at:
        raise Refused(gettext("Choose whose shift it is."), "member")
    return member


def _wall_time(field: str) -> datetime:
    try:
        written = datetime.fromisoformat(request.form.get(field, ""))
    except ValueError:
        written = None
    if written is None or written.tzinfo is not None:
        raise Refused(gettext("Write day and time, such as 2026-11-24 08:00."), field)
    return written


def _number(field: str, most: int) -> int:
    written = request.form.get(field, "").strip()
    if not (written.isascii() and written.isdigit() and len(written) < 4):
        raise Refused(
            gettext("Write a whole number, %(least)s to %(most)s.", least=1, most=most), field
        )
    return int(written)


def _listed(field: str) -> list[str]:
    return request.form.get(field, "").replace(",", " ").split()


def _do(work: Callable[[UnitOfWork], Any]) -> Any:
    return current_context().do(current_person().actor, work)


def _try(work: Callable[[UnitOfWork], Any]) -> Errors:
    """Do it, or say beside which field what is wrong."""
    try:
        _do(work)
    except Refused as error:
        return {error.field: str(error)}
    return {}
