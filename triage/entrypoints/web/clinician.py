"""A call on the screen of somebody who was paged for it: the same answers as by text."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import GONE, ON_SITE, PageState, SlotState, leads_back
from triage.domain.state_words import small_state_name
from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.call import own_pages, render
from triage.entrypoints.web.call_shown import Typed
from triage.entrypoints.web.call_teams import minutes_typed, state_typed
from triage.entrypoints.web.languages import spoken
from triage.entrypoints.web.page import local_seconds
from triage.services import (
    after_a_no,
    alarms,
    arrivals,
    calls,
    check_ins,
    cries,
    dispatches,
    idempotency,
    page_answers,
    reliefs,
    replacements,
)
from triage.services.centre import Centre
from triage.storage.dispatches import Page, Slot
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("clinician", __name__, url_prefix="/calls/<reference>")


@bp.post("/mine")
@open_to("clinician")
def mine(reference: str) -> ResponseReturnValue:
    """What somebody who was paged says on the screen instead of by text."""

    centre = current_context().centre

    def say(uow: UnitOfWork) -> str:
        return once(uow, centre, own_pages(uow, calls.by_reference(uow, reference))[0])

    back = url_for("call.show", reference=reference)
    return take(current_person().actor, say, back, lambda *sent: render(reference, *sent))


def take(
    actor: str,
    say: Callable[[UnitOfWork], str],
    back: str,
    again: Callable[[Typed, int], ResponseReturnValue],
) -> ResponseReturnValue:
    """Do it and go back to the page, or show it `again` with what is true now. The page's own queue
    is told the same in a sentence."""
    context, sent, status = current_context(), Typed("mine", typed.fields()), 200
    try:
        sentence = spoken(context.do(actor, say, keyed=bool(typed.line("key"))))
    except Refused as refusal:
        sentence, status = spoken(str(refusal)), 422
        if refusal.field:
            sent.errors = {refusal.field: sentence}
        else:
            sent.problem = sentence
    except Conflict as conflict:
        sentence = gettext("Nothing was changed: %(why)s.", why=spoken(str(conflict)))
        status = 409
        sent.problem = sentence
    if "X-Queued" in request.headers:
        with context.reading() as uow:
            return {"said": sentence, "at": local_seconds(uow.now)}, status
    if status != 200:
        return again(sent, status)
    flash(sentence, "good")
    return redirect(back, 303)


def once(uow: UnitOfWork, centre: Centre, page: Page) -> str:
    """What a button says, done once however often a telephone sends it: each press has a key of
    its own, and the same press again is told the same."""
    if not (key := typed.line("key")[: idempotency.KEY_LENGTH]):
        return answer(uow, centre, page)
    pressed = " ".join(typed.line(field) for field in ("page", "action", "minutes"))
    claim = idempotency.claim(uow, f"responder:{page.responder_id}", key, pressed)
    if claim.call_id is not None:
        return claim.response or ""
    said: str = spoken(answer(uow, centre, page))
    idempotency.answer(uow, claim, page.slot.dispatch.call_id, said)
    return said


def answer(uow: UnitOfWork, centre: Centre, page: Page) -> str:
    """Do what the pressed button says and tell what changed. What was pressed beside an older
    question never answers a newer one."""
    doing, _, minutes = typed.line("action").partition("-")
    minutes = minutes or typed.line("minutes")
    if doing == "help":
        cries.cry_for_help(uow, centre, page.responder, [page])
        return msgid(
            "ALARM RAISED: dispatch is told that you need help. Use your radio if you can."
        )
    if doing == "over":
        alarms.end_own(uow, centre, page)
        return msgid("Dispatch is told that your alarm is over.")
    if (asked := typed.line("page")) and asked != str(page.id):
        raise Conflict(msgid("you were asked anew meanwhile, look at the page"))
    if page.state is PageState.ACCEPTED and _leads_back(page.slot, doing):
        raise Conflict(_stands(uow, centre, page.slot))
    if doing == "accept":
        return _accept(uow, centre, page, minutes)
    if doing == "decline":
        then = page_answers.decline(uow, centre, page, "screen")
        if after_a_no.gave_back(uow, page):
            return msgid("You have given it back. %(then)s", then=then)
        return msgid("You have declined. %(then)s", then=then)
    return _go_on(uow, centre, page, doing, minutes)


def _accept(uow: UnitOfWork, centre: Centre, page: Page, minutes: str) -> str:
    arrives_in = minutes_typed(minutes) if minutes else None
    told = page_answers.accept(uow, centre, page, "screen")
    if told is not None:
        return told
    if arrives_in is None:
        return msgid("You have accepted: it is yours.")
    dispatches.set_eta(uow, page.slot, arrives_in, "screen")
    return msgid(
        "You have accepted: it is yours. You arrive in %(minutes)s min.", minutes=arrives_in
    )


def _leads_back(slot: Slot, doing: str) -> bool:
    """Was it pressed, or did it arrive late, though they are there already?"""
    if slot.state not in ON_SITE or doing in {"safe", slot.state.value, *_RELIEF}:
        return False
    asked = doing in {"accept", "decline", "eta"}
    return asked or leads_back(slot.state, state_typed(doing))


def _stands(uow: UnitOfWork, centre: Centre, slot: Slot) -> str:
    return msgid(
        "you are %(doing)s since %(at)s",
        doing=small_state_name(slot.state),
        at=arrivals.since(uow, centre, slot),
    )


def _relieve(uow: UnitOfWork, centre: Centre, slot: Slot) -> str:
    replacements.ask(uow, centre, slot, "screen")
    relief = reliefs.relief_of(slot)
    if relief is not None and relief.state is SlotState.UNFILLED:
        return msgid("No relief is found yet, dispatch is told. You stay, we go on looking.")
    return msgid("A relief is being asked. You stay responsible until somebody has accepted.")


def _call_off(uow: UnitOfWork, centre: Centre, slot: Slot) -> str:
    replacements.call_off(uow, centre, slot, "screen")
    return msgid("No relief is asked any more: you stay.")


def _withdraw(uow: UnitOfWork, centre: Centre, slot: Slot) -> str:
    replacements.withdraw(uow, centre, slot, "screen")
    return msgid("You are withdrawn: dispatch is told it is not safe, somebody else is asked.")


_RELIEF = {"relieve": _relieve, "call_off": _call_off, "withdraw": _withdraw}


def _go_on(uow: UnitOfWork, centre: Centre, page: Page, doing: str, minutes: str) -> str:
    """Whoever has the call says what they do now."""
    slot = page.slot
    if page.state != "accepted" or slot.responder_id != page.responder_id:
        raise Conflict(msgid("you do not have this call; accept it first"))
    if slot.state in GONE:
        raise Conflict(msgid("it is not yours any more, you are released"))
    if doing in _RELIEF:
        return _RELIEF[doing](uow, centre, slot)
    if doing == "eta":
        dispatches.set_eta(uow, slot, minutes_typed(minutes), "screen")
        return msgid("You arrive in %(minutes)s min.", minutes=minutes)
    if doing == "safe":
        check_ins.heard(uow, slot, "screen")
        return msgid("Thank you, noted.")
    state = state_typed(doing)
    dispatches.advance(uow, centre, slot, state, "screen")
    return msgid("You: %(doing)s.", doing=small_state_name(state))
