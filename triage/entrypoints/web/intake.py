"""Taking a call: one screen, kept while it is typed, sent with one key."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf

from triage.context import current_context
from triage.domain.codes import DISPOSITIONS, NOBODY_NEEDED, OVERRIDE_REASONS
from triage.domain.errors import Conflict, InvalidCall, NotFound, Refused
from triage.domain.words import msgid
from triage.entrypoints.web import intake_attached, intake_known, intake_left, intake_undo, typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.intake_form import FACT, Intake, as_call, people_offered, understand
from triage.entrypoints.web.kept_words import kept_words
from triage.entrypoints.web.languages import all_spoken, spoken
from triage.entrypoints.web.questions import panel, prompted
from triage.entrypoints.web.recommendation import BY_HAND, chosen_instead, recommendation
from triage.services import intake as drafts
from triage.services import lost_lines, places
from triage.services.intake_pages import ALSO, BECAME, PAGE, Elsewhere, Fields, digest
from triage.storage.base import new_id
from triage.storage.calls import Call, IntakeDraft
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("intake", __name__, url_prefix="/intake")

OFFERED = 5
"""Unfinished calls that are offered at once; the rest stand behind a link."""
_ADDS = {
    "attach": msgid("The caller is attached to %(code)s: nobody is paged twice."),
    "add": msgid("What stood here is added to %(code)s: nobody is paged twice."),
}
"""Buttons with which a form becomes part of an open call, and what is said then."""
NOTHING_SAID = msgid("The line was lost before the caller said what happens.")


@bp.get("")
@open_to("dispatcher", "supervisor")
def begin() -> ResponseReturnValue:
    return _page(new_id(), understand(current_context().centre, {}), standing={})


@bp.get("/<uuid:key>")
@open_to("dispatcher", "supervisor")
def go_on(key: UUID) -> ResponseReturnValue:
    """A form as it was left, or the call that it became; one that was not begun yet is empty."""
    context = current_context()
    with context.reading() as uow:
        draft = drafts.find(uow, current_person(), key)
        if draft and draft.call_id is not None:
            return redirect(url_for("call.show", reference=uow.get(Call, draft.call_id).reference))
        if draft and draft.form is None:
            flash(gettext("That form was thrown away. This is a new one."), "warn")
            return redirect("/intake")
        fields = drafts.fields_of(draft) if draft else {}
    return _page(key, understand(context.centre, fields), standing=fields)


@bp.post("/<uuid:key>/discard")
@open_to("dispatcher", "supervisor")
def discard(key: UUID) -> ResponseReturnValue:
    person = current_person()
    current_context().do(person.actor, lambda uow: drafts.discard(uow, person, key))
    flash(gettext("The unfinished call was discarded."), "good")
    return redirect("/intake")


@bp.get("/form-token")
@open_to("dispatcher", "supervisor")
def form_token() -> ResponseReturnValue:
    """For a page whose owner has signed in anew in another tab; it looks whose the token is."""
    return {"csrf_token": generate_csrf(), "account": str(current_person().account_id)}


@bp.post("/assess")
@open_to("dispatcher", "supervisor")
def assess() -> ResponseReturnValue:
    """Keep what was typed so far and tell what the rules make of it; or why it is not kept."""
    context, key = current_context(), _form_key()
    understood, not_kept, became = understand(context.centre, typed.fields()), None, ""
    try:
        _keep(key, understood)
    except Elsewhere as elsewhere:
        not_kept, became = f"{spoken(str(elsewhere))}.", elsewhere.code
    with context.reading() as uow:
        shown = _shown(uow, understood)
        saved = uow.now.astimezone(context.centre.policy.time_zone)
    questions = shown["panel"]
    return jsonify(
        parts={
            "recommendation": render_template("intake_recommendation.html", **shown),
            "zone": render_template("intake_zone.html", **shown),
            "begun": render_template("intake_begun.html", **shown),
            "send": render_template("intake_send.html", **shown),
        },
        order=questions.order,
        consequences=all_spoken(questions.consequences),
        prompted=questions.prompted,
        conflicts=all_spoken(questions.conflicts),
        person=questions.person,
        errors=all_spoken(understood.told),
        saved=f"{saved:%H:%M:%S}",
        not_kept=not_kept,
        became=became,
    )


@bp.post("")
@open_to("dispatcher", "supervisor")
def save() -> ResponseReturnValue:
    """Send, close without sending, attach the caller to an open call, add to the call that the form
    became, keep a call whose line was lost, or (without JavaScript) look at the recommendation."""
    key, understood = _form_key(), understand(current_context().centre, typed.fields())
    try:
        return _saved(key, understood)
    except Elsewhere as elsewhere:
        # Of an ended form nothing can be kept: what stands here goes on as a form of its own.
        key = key if elsewhere.standing else new_id()
        return _page(key, understood, 409, standing=elsewhere.standing, elsewhere=elsewhere)


def _saved(key: UUID, understood: Intake) -> ResponseReturnValue:
    """Raises Elsewhere where the form went on without this page."""
    action, _, reference = request.form.get("action", "check").partition(":")
    if action in _ASIDE:
        return _ASIDE[action](key, understood, reference)
    if action not in {"send", "close", "lost", *_ADDS}:
        return _keep_and_show(key, understood, 200)
    if action == "close" and typed.one(understood.fields, "disposition") not in NOBODY_NEEDED:
        understood.errors["disposition"] = msgid("Choose why nobody is sent.")
    if understood.errors:
        return _keep_and_show(key, understood, 422)
    try:
        return _become_a_call(key, understood, action, reference)
    except Refused as refusal:
        understood.errors[refusal.field or "narrative"] = str(refusal)
    except InvalidCall as wrong:
        understood.errors.update({p.path: p.message for p in wrong.problems})
    except (Conflict, NotFound) as gone:
        if action not in _ADDS or isinstance(gone, Elsewhere):
            raise
        understood.errors["location"] = msgid(
            "Not attached: %(why)s. Take it as a call of its own.", why=str(gone)
        )
    return _keep_and_show(key, understood, 422)


def _undone(key: UUID, understood: Intake, _: str) -> ResponseReturnValue:
    """The form as it stands once its last answer was taken back."""
    standing = _keep(key, understood)
    centre = current_context().centre
    if (back := intake_undo.take_back(key, understood.fields)) is None:
        return _page(key, understood, standing=standing, undone=intake_undo.NOTHING)
    fields, step = back
    undone = intake_undo.sentence(centre, step)
    return _page(key, understand(centre, fields), standing=fields, undone=undone)


def _pasted(key: UUID, understood: Intake, _: str) -> ResponseReturnValue:
    _keep(key, understood)
    return redirect(url_for("intake_paste.ask", key=key), 303)


def _joined(key: UUID, understood: Intake, other: str) -> ResponseReturnValue:
    """On to the form that a colleague began for the same caller, and left."""
    standing = _keep(key, understood)
    try:
        return intake_left.join(other)
    except (Conflict, NotFound) as not_theirs:
        understood.errors["caller_phone"] = str(not_theirs)
        return _page(key, understood, 422, standing=standing)


_ASIDE = {"undo": _undone, "paste": _pasted, "join": _joined}
"""Buttons that keep the form and go elsewhere with it."""


def _become_a_call(
    key: UUID, understood: Intake, action: str, reference: str
) -> ResponseReturnValue:
    """The form becomes a call, or one more caller of the call that is named."""
    context, person, fields = current_context(), current_person(), understood.fields
    new = as_call(context.centre, understood, closing=action == "close")
    if action == "lost" and not new.narrative and not new.facts:
        new = replace(new, narrative=spoken(NOTHING_SAID))

    def work(uow: UnitOfWork) -> tuple[Call, bool]:
        if action in _ADDS:
            further = action == "add"
            return drafts.attach(
                uow, context.centre, person, key, fields, new, reference, further=further
            )
        saved, fresh = drafts.save(uow, context.centre, person, key, fields, new)
        if fresh and action == "lost":
            lost_lines.lose(uow, context.centre, saved)
        return saved, fresh

    call, fresh = context.do(person.actor, work, keyed=True)
    told = ""
    if fresh and action in _ADDS:
        told = msgid(_ADDS[action], code=call.code)
        intake_attached.tell_what_they_say(context.centre, call, new.narrative or "")
        intake_attached.tell_who_was_chosen(context.centre, new)
    elif fresh and action == "lost":
        told = msgid("The line was lost: the call is kept.")
    elif fresh:
        told = msgid(
            "Call %(reference)s is taken; its code is %(code)s.",
            reference=call.reference,
            code=call.code,
        )
    if told:
        flash(spoken(told), "good")
    return redirect(url_for("call.show", reference=call.reference), 303)


def _form_key() -> UUID:
    try:
        return UUID(request.form.get("form_key", ""))
    except ValueError:
        return new_id()  # a form that is not ours: it makes a call of its own


def _keep_and_show(key: UUID, understood: Intake, status: int) -> ResponseReturnValue:
    return _page(key, understood, status, standing=_keep(key, understood))


def _keep(key: UUID, understood: Intake) -> Fields:
    """What stands on the form now. Raises Elsewhere where it went on without this page."""
    context, person, empty = current_context(), current_person(), understood.is_empty
    spelled = [FACT + f.name for f in context.centre.vocabulary.facts.values() if not f.values]

    def keep(uow: UnitOfWork) -> Fields:
        fields = understood.fields
        draft = drafts.keep(uow, context.centre, person, key, fields, empty=empty, spelled=spelled)
        return drafts.fields_of(draft) if draft else {}

    return context.do(person.actor, keep)


def _page(
    key: UUID,
    understood: Intake,
    status: int = 200,
    *,
    standing: Fields,
    undone: str = "",
    elsewhere: Elsewhere | None = None,
) -> ResponseReturnValue:
    """The form. `standing` -- what is kept of it; `elsewhere` -- why the page was not sent."""
    context = current_context()
    became = elsewhere.reference if elsewhere else understood.value(BECAME)
    with context.reading() as uow:
        shown = _shown(uow, understood)
        unfinished, more = _unfinished(uow) if understood.is_empty else ([], 0)
    page = render_template(
        "intake.html",
        form_key=key,
        form_page=new_id(),
        form_seen=digest(standing),
        form_last=typed.one(standing, PAGE),
        form_became=became,
        elsewhere=elsewhere,
        there=_in_words(elsewhere.others) if elsewhere else [],
        unfinished=unfinished,
        more_unfinished=more,
        reasons=OVERRIDE_REASONS,
        closings={code: DISPOSITIONS[code] for code in DISPOSITIONS if code in NOBODY_NEEDED},
        cleaned=typed.was_cleaned(),
        undone=undone,
        comes_back_to=None if understood.is_empty else f"/intake/{key}",
        **people_offered(context.centre),
        **shown,
        **intake_known.told(understood, became),
    )
    return page, status


def _in_words(fields: Fields) -> list[tuple[str, str]]:
    return kept_words((name, value) for name, values in fields.items() for value in values)


def _unfinished(uow: UnitOfWork) -> tuple[list[tuple[IntakeDraft, Intake]], int]:
    """What is offered, and how many more there are. Beside an empty form only: a call that is being
    typed is not to be disturbed."""
    begun = [
        (draft, typed_then)
        for draft in drafts.unfinished(uow, current_person())
        if not (typed_then := Intake(drafts.fields_of(draft))).is_empty
    ]
    most = len(begun) if request.args.get("unfinished") == "all" else OFFERED
    return begun[:most], len(begun[most:])


def _shown(uow: UnitOfWork, understood: Intake) -> Mapping[str, Any]:
    """What the page and its fragments need to show a form."""
    centre = current_context().centre
    place = centre.gazetteer.find(understood.location) if understood.location else None
    match = understood.match_of(place)
    zone = understood.zone or (place.zone if place and match != places.WRONG else None)
    narrative = understood.narrative if "narrative" not in understood.errors else ""
    phone = understood.value("caller_phone")
    result = drafts.preview(uow, centre, understood.facts, narrative, zone, phone)
    told = recommendation(centre, result) if result else None
    asked = told.ask_next if told else ()
    heard = prompted(centre, result, narrative, understood.location)
    return {
        "form": understood,
        "begun": intake_left.from_same_number(uow, phone),
        "place": place,
        "match": match,
        "zones": centre.gazetteer.zones,
        "told": told,
        "chosen": chosen_instead(centre, understood.value("override_response"), result),
        "by_hand": BY_HAND,
        "panel": panel(centre.vocabulary, _in_order(understood), asked, heard),
        "prefix": FACT,
        "responses": [r for r in centre.vocabulary.responses.values() if r.is_somebody],
    }


def _in_order(understood: Intake) -> dict[str, Any]:
    """Answers in the order of the form: the browser sends them as they stand on the page."""
    asked = (FACT, ALSO)
    names = [name.split(".")[1] for name in understood.fields if name.startswith(asked)]
    return {name: understood.facts[name] for name in names if name in understood.facts}
