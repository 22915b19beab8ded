"""A clinician's own shifts, those that are offered, and what a supervisor has to agree to."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.errors import Conflict, NotFound, Refused
from triage.domain.words import msgid
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.languages import spoken
from triage.services import swaps
from triage.storage.sealed import showing_a_list
from triage.storage.swaps import ShiftSwap
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("shifts", __name__, url_prefix="/shifts")

STATES = {
    "offered": (msgid("Offered"), "waiting"),
    "taken": (msgid("A supervisor has to agree"), "waiting"),
    "agreed": (msgid("Agreed"), "good"),
    "declined": (msgid("Not taken"), "quiet"),
    "refused": (msgid("Refused by a supervisor"), "warn"),
    "withdrawn": (msgid("Taken back"), "quiet"),
    "lapsed": (msgid("Not agreed in time: it stayed %(name)s's shift"), "warn"),
    "gone": (msgid("The shift was taken out"), "quiet"),
}
"""Words and tone of a swap's states, and of swaps.outcome."""
Errors = dict[str, str]


@bp.get("")
@open_to("clinician", "supervisor")
@showing_a_list()
def show() -> ResponseReturnValue:
    return _page({})


@bp.post("/<uuid:key>/offer")
@open_to("clinician")
def offer(key: UUID) -> ResponseReturnValue:
    account = current_person().account_id

    def work(uow: UnitOfWork) -> None:
        found = {shift.id: (shift, member) for shift, member in swaps.own_shifts(uow, account)}
        if key not in found:
            raise NotFound("no such shift of theirs")
        swaps.offer(uow, *found[key], _chosen(f"taker-{key}"))

    return _do(work, gettext("Offered. It stays yours until a supervisor has agreed."))


def _chosen(field: str) -> UUID | None:
    try:
        return UUID(request.form.get(field, ""))
    except ValueError:
        return None


@bp.post("/swaps/<uuid:key>/withdraw")
@open_to("clinician")
def withdraw(key: UUID) -> ResponseReturnValue:
    done = gettext("Taken back: the shift stays yours.")
    return _change(key, lambda uow, it: swaps.withdraw(uow, it, _me()), done)


@bp.post("/swaps/<uuid:key>/take")
@open_to("clinician")
def take(key: UUID) -> ResponseReturnValue:
    done = gettext("You would take it. It is yours as soon as a supervisor agrees.")
    return _change(key, lambda uow, it: swaps.take(uow, it, _me()), done)


@bp.post("/swaps/<uuid:key>/decline")
@open_to("clinician")
def decline(key: UUID) -> ResponseReturnValue:
    done = gettext("You do not take it: it stays your colleague's.")
    return _change(key, lambda uow, it: swaps.decline(uow, it, _me()), done)


@bp.post("/swaps/<uuid:key>/agree")
@open_to("supervisor")
def agree(key: UUID) -> ResponseReturnValue:
    centre = current_context().centre
    done = gettext("Agreed: from now on it is the colleague's shift.")
    return _change(key, lambda uow, it: swaps.agree(uow, centre, it), done)


@bp.post("/swaps/<uuid:key>/refuse")
@open_to("supervisor")
def refuse(key: UUID) -> ResponseReturnValue:
    return _change(key, swaps.refuse, gettext("Refused: the shift stays whose it was."))


def _me() -> UUID:
    return current_person().account_id


def _change(
    key: UUID, work: Callable[[UnitOfWork, ShiftSwap], None], done: str
) -> ResponseReturnValue:
    return _do(lambda uow: work(uow, uow.get(ShiftSwap, key)), done)


def _do(work: Callable[[UnitOfWork], None], done: str) -> ResponseReturnValue:
    try:
        current_context().do(current_person().actor, work)
    except Refused as refusal:
        return _page({refusal.field or "": refusal.args[0]}, status=422)
    except Conflict as conflict:
        why = spoken(conflict.args[0])
        return _page({}, gettext("Nothing was changed: %(why)s.", why=why), 409)
    flash(done, "good")
    return redirect("/shifts", 303)


def _page(errors: Errors, problem: str | None = None, status: int = 200) -> ResponseReturnValue:
    person = current_person()
    with current_context().reading() as uow:
        found = swaps.of_person(uow, person.account_id)
        own = swaps.own_shifts(uow, person.account_id)
        html = render_template(
            "shifts.html",
            own=own,
            member=bool(swaps.members_of(uow, person.account_id)),
            colleagues={m.id: _named(uow, m) for _, m in own},
            swap_of={it.shift_id: it for it in found.waiting},
            offered=[it for it in found.waiting if it.taker.account_id == person.account_id],
            ended=[(it, swaps.outcome(uow, it)) for it in found.ended],
            to_agree=swaps.to_agree(uow) if person.role == "supervisor" else [],
            supervisor=person.role == "supervisor",
            states=STATES,
            errors=errors,
            problem=problem,
            now=uow.now,
            soon=uow.now + swaps.SOON,
        )
    return html, status


def _named(uow: UnitOfWork, member: Responder) -> list[tuple[str, str]]:
    return [(str(it.id), f"{it.name}, {it.team.name}") for it in swaps.colleagues(uow, member)]
