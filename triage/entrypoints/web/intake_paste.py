"""Text from an ALI screen or another CAD: read, shown field by field, taken where it is ticked."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain import pasted
from triage.domain.pasted import FIELDS, NOTES, Pasted
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.services import intake as drafts
from triage.services.intake_pages import EDITION, PAGE, SEEN, digest, edition
from triage.storage.base import new_id

bp = Blueprint("intake_paste", __name__, url_prefix="/intake/<uuid:key>/paste")

REST = "rest"
"""The tick that puts what was not recognized into the narrative."""


@bp.get("")
@open_to("dispatcher", "supervisor")
def ask(key: UUID) -> ResponseReturnValue:
    return render_template("intake_paste.html", key=key, pasted=None, text="")


@bp.post("")
@open_to("dispatcher", "supervisor")
def show(key: UUID) -> ResponseReturnValue:
    """What was found, beside what stands on the form now."""
    read, present = pasted.read(_text()), _present(key)
    return render_template(
        "intake_paste.html",
        key=key,
        pasted=read,
        text=read.text,
        names=FIELDS,
        present={name: present.get(name, [""])[0] for name in FIELDS},
    )


@bp.post("/take")
@open_to("dispatcher", "supervisor")
def take(key: UUID) -> ResponseReturnValue:
    """Fill the form with what was ticked; the rest of the text is offered to the narrative."""
    person, read = current_person(), pasted.read(_text())
    ticked = set(request.form.getlist("take"))
    fields = filled(_present(key), read, ticked)
    context = current_context()
    context.do(
        person.actor, lambda uow: drafts.keep(uow, context.centre, person, key, fields, empty=False)
    )
    flash(gettext("The form is filled with what you ticked."), "good")
    return redirect(f"/intake/{key}", 303)


def filled(
    present: Mapping[str, Sequence[str]], read: Pasted, ticked: set[str]
) -> dict[str, list[str]]:
    """The fields of the form with what was ticked: notes and words go below the narrative."""
    fields = {name: list(values) for name, values in present.items()}
    words = [typed.text(present, "narrative")]
    for one in read.found:
        if one.field not in ticked:
            continue
        if one.field in NOTES:
            words.append(f"{FIELDS[one.field]}: {one.value}")
        elif one.field == "narrative":
            words.append(one.value)
        else:
            fields[one.field] = [one.value]
    if REST in ticked:
        words.append(read.words)
    if told := "\n".join(word for word in words if word):
        fields["narrative"] = [told]
    fields[EDITION] = [str(edition(present) + 1)]
    fields[PAGE], fields[SEEN] = [str(new_id())], [digest(present)]
    return fields


def _text() -> str:
    return typed.clean(request.form.get("pasted", "")).replace("\r\n", "\n")


def _present(key: UUID) -> dict[str, list[str]]:
    """What stands on the form. Raises NotFound for somebody else's."""
    with current_context().reading() as uow:
        return drafts.begun(uow, current_person(), key)
