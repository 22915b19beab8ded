"""The command bar: one line at the top of every screen of the desk, by keyboard under "/"."""

import logging

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain import desk_commands as language
from triage.domain.errors import Conflict, Refused
from triage.domain.words import begun
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to, safe_next
from triage.entrypoints.web.languages import language as language_of_page
from triage.entrypoints.web.languages import spoken
from triage.services import command_offers, desk_commands
from triage.storage.sealed import CannotOpen

log = logging.getLogger(__name__)

bp = Blueprint("command_bar", __name__)
DESK = ("dispatcher", "supervisor")
LONGEST = 120
_PLACES = {"new": "/intake", "past": "/past-calls", "board": "/board", "help": "/commands"}


@bp.post("/command")
@open_to(*DESK)
def command() -> ResponseReturnValue:
    """Do it, say what was done, and stay; or go where it leads."""
    text, live = typed.line("command")[:LONGEST], "X-Live" in request.headers
    said, tone, to, confirm = "", "good", None, False
    try:
        asked = language.read(text)
        if asked.verb.word in _PLACES:
            to = _PLACES[asked.verb.word]
        elif asked.verb.word == "o":
            to = _call(asked.call)
        else:
            said = spoken(_do(asked))
    except (Refused, Conflict, CannotOpen) as refusal:
        if isinstance(refusal, CannotOpen):
            log.error("not decrypted: %s", refusal.why)
        words = spoken(begun(str(refusal)))
        why = words if words.endswith((".", "?")) else f"{words}."
        said, tone = gettext("%(why)s Nothing was changed.", why=why), "alarm"
        confirm = isinstance(refusal, Refused) and refusal.field == "confirmed"
    if live:
        return jsonify({"said": said, "tone": tone, "to": to, "confirm": confirm})
    if said:
        flash(said, tone)
    if tone == "alarm":
        flash(text, "command")  # it stands in the line again
    if confirm:
        flash(text, "confirm")
    return redirect(to or safe_next(request.form.get("next")), 303)


@bp.get("/command/offers")
@open_to(*DESK, background=True)
def offers() -> ResponseReturnValue:
    """What may be meant, while it is typed."""
    typed_so_far = request.args.get("q", "")[:LONGEST]
    with current_context().reading() as uow:
        return jsonify(
            [spoken(one) for one in command_offers.offers(uow, typed_so_far, language_of_page())]
        )


@bp.get("/commands")
@open_to(*DESK)
def listed() -> ResponseReturnValue:
    return render_template(
        "commands.html", verbs=language.VERBS, endings=language.ENDINGS, reasons=language.REASONS
    )


def _do(asked: language.Command) -> str:
    context = current_context()
    confirmed = bool(typed.line("confirmed"))
    done = context.do(
        current_person().actor,
        lambda uow: desk_commands.do(uow, context.centre, asked, confirmed=confirmed),
    )
    return done.said


def _call(name: str) -> str:
    with current_context().reading() as uow:
        found = desk_commands.find_call(uow, name).reference
    return url_for("call.show", reference=found)
