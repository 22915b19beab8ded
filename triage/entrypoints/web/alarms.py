"""Alarms of people in the field: taken with one key."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from triage.context import current_context
from triage.domain import alarms as words
from triage.domain.errors import Conflict
from triage.domain.words import Sentence, msgid
from triage.entrypoints.web import alarm_places, list_looks
from triage.entrypoints.web.access import current_person, open_to, safe_next
from triage.entrypoints.web.languages import spoken
from triage.services import alarm_lists, alarms, silences
from triage.services.actors import names_of
from triage.storage.safety import Alarm
from triage.storage.sealed import showing_a_list
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("alarms", __name__, url_prefix="/alarms")

SHOWN_FOR = timedelta(hours=12)
"""A shift, after it was taken."""


@bp.get("")
@open_to("dispatcher", "supervisor")
@showing_a_list()
def listed() -> ResponseReturnValue:
    list_looks.note("alarms")
    with current_context().reading() as uow:
        centre = current_context().centre
        taken, standing = alarm_lists.taken_since(uow, SHOWN_FOR), alarm_lists.standing(uow, centre)
        left = alarm_lists.left(uow, centre, standing)
        return render_template(
            "alarms.html",
            untaken=[one for one in standing if one.taken_at is None or one.id in left],
            in_force=[one for one in standing if one.taken_at and one.id not in left],
            left=left,
            silent=silences.silenced(uow),
            doubts=alarm_places.told(uow, standing),
            who_have=alarm_lists.who_have(uow, standing),
            unheard=alarm_lists.unheard(uow),
            taken=taken,
            names=names_of(uow, {by or "" for one in taken for by in (one.taken_by, one.over_by)}),
            words=words,
            now=uow.now,
        )


@bp.post("/<uuid:key>/take")
@open_to("dispatcher", "supervisor")
def take(key: UUID) -> ResponseReturnValue:
    return _done(
        key,
        lambda uow, alarm: alarms.take(uow, current_context().centre, alarm, "screen"),
        lambda _: msgid("You take care of the alarm of %(team)s."),
    )


@bp.post("/<uuid:key>/over")
@open_to("dispatcher", "supervisor")
def over(key: UUID) -> ResponseReturnValue:
    return _done(key, alarms.end, _over)


def _over(alarm: Alarm) -> str:
    if alarm.covert:
        return msgid("The silent alarm of %(team)s is over. They may be rung and texted again.")
    return msgid("The alarm of %(team)s is over.")


def _done(
    key: UUID, act: Callable[[UnitOfWork, Alarm], None], told: Callable[[Alarm], str]
) -> ResponseReturnValue:
    def work(uow: UnitOfWork) -> Sentence:
        alarm = uow.get(Alarm, key)
        act(uow, alarm)
        return Sentence(told(alarm), {"team": alarm.responder.team.name})

    try:
        sentence = current_context().do(current_person().actor, work)
    except Conflict as problem:
        flash(spoken(msgid("Nothing was changed: %(conflict)s.", conflict=str(problem))), "warn")
    else:
        flash(spoken(sentence), "good")
    path = safe_next(request.form.get("next") or "/alarms").partition("#")[0]
    return redirect(f"{path}#{_goes_on(path, key)}", 303)


def _goes_on(path: str, key: UUID) -> str:
    """Where the keyboard goes on: at the line of this alarm, or where it is over at the next one.
    Never at its button: a key pressed once too often would take what nobody has read."""
    if path.startswith("/calls/"):
        return "call-heading"
    with current_context().reading() as uow:
        standing = [one.id for one in alarm_lists.standing(uow, current_context().centre)]
    if not standing:
        return "main"
    return f"alarm-line-{key if key in standing else standing[0]}"
