"""A call sheet that was filled in by hand, typed in when the screens are back."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.codes import DISPOSITIONS, NEXT_CONTACTS
from triage.domain.errors import InvalidCall, Refused
from triage.domain.role_words import role_name
from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.intake_form import FACT, Intake, as_call, people_offered, understand
from triage.entrypoints.web.languages import spoken
from triage.entrypoints.web.local_times import instant_in_form, put_back
from triage.entrypoints.web.questions import panel
from triage.services import paper
from triage.services.follow_ups import OWNER_ROLES
from triage.services.paper import DECIDED_ON_PAPER, OLDEST, AlreadyWritten, Promise, Sheet, Went
from triage.storage.base import new_id

bp = Blueprint("paper", __name__)

UNITS = (1, 2, 3)
"""As many as may go to one call stand on the sheet."""


@bp.get("/intake/paper")
@open_to("dispatcher", "supervisor")
def blank() -> ResponseReturnValue:
    return _page(str(new_id()), Intake({}), 200)


@bp.post("/intake/paper")
@open_to("dispatcher", "supervisor")
def enter() -> ResponseReturnValue:
    context, person, key = current_context(), current_person(), _form_key()
    understood = understand(context.centre, typed.fields())
    with context.reading() as uow:
        now = uow.now
    sheet = _sheet(understood, now)
    if understood.errors:  # what else is wrong is told as well
        for one in paper.problems(context.centre, now, sheet):
            understood.errors.setdefault(one.path, one.message)
        return _page(key, understood, 422)
    try:
        call, fresh = context.do(
            person.actor, lambda uow: paper.enter(uow, context.centre, key, sheet)
        )
    except InvalidCall as wrong:
        understood.errors.update({problem.path: problem.message for problem in wrong.problems})
        return _page(key, understood, 422)
    except AlreadyWritten as same:
        understood.errors["another"] = str(same)
        return _page(key, understood, 422, same=same.reference)
    except Refused as refusal:
        understood.errors[refusal.field or "received_at"] = str(refusal)
        return _page(key, understood, 422)
    if fresh:
        flash(
            gettext(
                "Call %(reference)s is written down; its code is %(code)s.",
                reference=call.reference,
                code=call.code,
            ),
            "good",
        )
    return redirect(url_for("call.show", reference=call.reference), 303)


def _form_key() -> str:
    try:
        return str(UUID(request.form.get("form_key", "")))
    except ValueError:
        return str(new_id())  # a form that is not ours: it makes a call of its own


def _sheet(understood: Intake, now: datetime) -> Sheet:
    """What the form says; what cannot be read is told in its errors. A time in its place is one
    that makes no other time wrong."""
    errors = understood.errors
    received_at = _instant("received_at", errors, later=bool(typed.line("after_put_back")))
    promised_at = _instant("next_at", errors, not_before=received_at)
    if received_at is None:
        errors.setdefault("received_at", msgid("Write when the call came in: day and time."))
        received_at = now - OLDEST
    return Sheet(
        call=as_call(current_context().centre, understood, closing=False),
        received_at=received_at,
        went=list(_went(understood, received_at)),
        why=typed.note("why") or spoken(DECIDED_ON_PAPER),
        disposition=typed.line("disposition") or None,
        promise=_promise(promised_at),
        another=bool(typed.line("another")),
    )


def _promise(at: datetime | None) -> Promise | None:
    kind = typed.line("next_contact")
    return Promise(kind, at, typed.line("next_owner")) if kind or at else None


def _went(understood: Intake, received_at: datetime) -> Iterator[Went]:
    for number in UNITS:
        fields = ("response", "unit", "sent_at", "on_scene_at", "cleared_at", "cad_number")
        if not any(typed.line(f"{field}_{number}") for field in fields):
            continue
        sent_at = _instant(f"sent_at_{number}", understood.errors, not_before=received_at)
        if sent_at is None:
            understood.errors.setdefault(f"sent_at_{number}", msgid("Write when they were sent."))
            sent_at = received_at
        on_scene_at = _instant(f"on_scene_at_{number}", understood.errors, not_before=sent_at)
        yield Went(
            response=typed.line(f"response_{number}"),
            unit=typed.line(f"unit_{number}"),
            sent_at=sent_at,
            on_scene_at=on_scene_at,
            cleared_at=_instant(
                f"cleared_at_{number}", understood.errors, not_before=on_scene_at or sent_at
            ),
            cad_number=typed.line(f"cad_number_{number}") or None,
            row=number,
        )


def _instant(
    field: str, errors: dict[str, str], *, later: bool = False, not_before: datetime | None = None
) -> datetime | None:
    try:
        return instant_in_form(field, later=later, not_before=not_before)
    except Refused as refusal:
        errors[field] = str(refusal)
        return None


def _page(
    key: str, understood: Intake, status: int, *, same: str | None = None
) -> ResponseReturnValue:
    """The form. `same` -- the reference of a call that may be this one."""
    context = current_context()
    with context.reading() as uow:
        now = uow.now
    centre = context.centre
    names = [name.removeprefix(FACT) for name in understood.fields if name.startswith(FACT)]
    answered = {name: understood.facts[name] for name in names if name in understood.facts}
    page = render_template(
        "paper.html",
        form_key=key,
        form=understood,
        panel=panel(centre.vocabulary, answered, (), {}, in_place=True),
        zones=centre.gazetteer.zones,
        units=UNITS,
        responses=[r for r in centre.vocabulary.responses.values() if r.is_somebody],
        dispositions=DISPOSITIONS,
        contacts=NEXT_CONTACTS,
        owners=[(role, role_name(role)) for role in OWNER_ROLES],
        put_back=put_back(now - OLDEST, now),
        same=same,
        errors=understood.errors,
        **people_offered(centre),
    )
    return page, status
