"""What a dispatcher does about the teams of a call: their answers, their progress, their end."""

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from triage.domain.codes import BY_HAND, CANCEL_REASONS, NOT_NEEDED
from triage.domain.errors import NotFound, Refused
from triage.domain.lifecycle import SlotState
from triage.domain.role_words import role_name
from triage.domain.state_words import through_name
from triage.domain.words import inside, msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import open_to
from triage.entrypoints.web.call import DISPATCHERS, find_slot
from triage.entrypoints.web.call_actions import do
from triage.entrypoints.web.call_words import PROGRESS
from triage.services import (
    after_a_no,
    agreements,
    asked_again,
    assignments,
    by_radio,
    cad,
    check_ins,
    clearing,
    dispatches,
    diverts,
    escalations,
    late_teams,
    paging,
    rest_of_team,
    wrong_pins,
)
from triage.services.centre import Centre
from triage.services.timeline_sentences import response_name
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call_teams", __name__, url_prefix="/calls/<reference>")


def dispatch_of(uow: UnitOfWork, call: Call, key: UUID) -> Dispatch:
    """A dispatch of this call. Raises NotFound for another call's."""
    dispatch = uow.get(Dispatch, key)
    if dispatch.call_id != call.id:
        raise NotFound("no such dispatch of this call")
    return dispatch


@bp.post("/dispatches/<uuid:key>/cancel")
@open_to(*DISPATCHERS)
def cancel(reference: str, key: UUID) -> ResponseReturnValue:
    def end(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        dispatch = dispatch_of(uow, call, key)
        reason = typed.line("reason")
        if reason in CANCEL_REASONS and reason not in BY_HAND:
            raise Refused(
                msgid("Use Never mind, cancel or Another county's call for that."), "reason"
            )
        agreements.drop(uow, centre, dispatch, reason, confirmed=_confirmed())
        return by_radio.standing_down(uow, call, agreements.dropped(centre, dispatch))

    return do(reference, f"cancel-{key}", end)


@bp.post("/dispatches/<uuid:key>/again")
@open_to(*DISPATCHERS)
def ask_again(reference: str, key: UUID) -> ResponseReturnValue:
    def ask(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        return asked_again.ask_again(uow, centre, dispatch_of(uow, call, key))

    return do(reference, f"again-{key}", ask)


@bp.post("/dispatches/<uuid:key>/rest")
@open_to(*DISPATCHERS)
def rest(reference: str, key: UUID) -> ResponseReturnValue:
    """One of the team has cleared: is the rest of it still needed?"""

    def decide(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        dispatch, chosen = dispatch_of(uow, call, key), typed.line("answer")
        if chosen not in {"needed", "not_needed"}:
            raise Refused(msgid("Choose an answer."))
        rest_of_team.answer(uow, dispatch, needed=chosen == "needed")
        if chosen == "needed":
            return _still_needed(uow, centre, dispatch)
        agreements.drop(uow, centre, dispatch, NOT_NEEDED, confirmed=_confirmed())
        said = msgid("Not needed any more: who was asked is told.")
        return by_radio.standing_down(uow, call, said)

    return do(reference, f"rest-{key}", decide)


def _still_needed(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> str:
    how, _ = rest_of_team.stands(dispatch)
    if how == "nobody":
        return asked_again.ask_again(uow, centre, dispatch)
    if how == "come":
        return msgid("Still needed: they come as before.")
    return msgid("Still needed: they are asked for as before.")


@bp.post("/dispatches/<uuid:key>/called-back")
@open_to(*DISPATCHERS)
def called_back(reference: str, key: UUID) -> ResponseReturnValue:
    def note(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        escalations.called_back(uow, centre, dispatch_of(uow, call, key))
        return msgid("The call-back is noted. If nobody comes, the next one is due in time.")

    return do(reference, f"call-back-{key}", note)


@bp.post("/dispatches/<uuid:key>/divert")
@open_to(*DISPATCHERS)
def divert(reference: str, key: UUID) -> ResponseReturnValue:
    def ask(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        team, _, leaves = typed.line("offer").partition(":")
        offer = diverts.propose(
            uow, centre, dispatch_of(uow, call, key), _uuid(team), _uuid(leaves)
        )
        return msgid(
            "%(name)s is asked to leave %(code)s and come here. Nothing moves until they say yes.",
            name=offer.team.name,
            code=offer.leaves.call.code,
        )

    return do(reference, f"divert-{key}", ask)


@bp.post("/dispatches/<uuid:key>/handed-over")
@open_to(*DISPATCHERS)
def hand_over(reference: str, key: UUID) -> ResponseReturnValue:
    def confirm(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        dispatch, unit = dispatch_of(uow, call, key), typed.line("unit")
        cad.confirm(uow, centre, dispatch, unit, typed.line("cad_number"))
        return msgid(
            "%(name)s is handed over to %(unit)s.",
            name=response_name(centre, dispatch.response),
            unit=unit,
        )

    return do(reference, f"hand-over-{key}", confirm)


@bp.post("/slots/<uuid:key>/assign")
@open_to(*DISPATCHERS)
def assign(reference: str, key: UUID) -> ResponseReturnValue:
    def give(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        slot, chosen = find_slot(uow, call, key), typed.line("member")
        responder = uow.get(Responder, _uuid(chosen)) if chosen else None
        unit = typed.line("unit")
        assignments.assign(uow, centre, slot, responder, unit, confirmed=_confirmed())
        return msgid(
            "%(who_has)s is assigned as %(role)s.",
            who_has=paging.who_has(slot),
            role=role_name(slot.role),
        )

    return do(reference, f"assign-{key}", give)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused(msgid("Choose somebody from the list, or name the unit."), "unit") from None


@bp.post("/slots/<uuid:key>/progress")
@open_to(*DISPATCHERS)
def progress(reference: str, key: UUID) -> ResponseReturnValue:
    def move(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        slot = find_slot(uow, call, key)
        if (minutes := typed.line("minutes")) or typed.line("to") == "eta":
            dispatches.set_eta(uow, slot, minutes_typed(minutes), "radio")
            return msgid(
                "%(who_has)s arrives in %(minutes)s min.",
                who_has=paging.who_has(slot),
                minutes=minutes,
            )
        state = state_typed(typed.line("to"))
        who = paging.who_has(slot)
        said = msgid("%(who)s: %(state)s.", who=who, state=inside(PROGRESS[state]))
        if state is SlotState.CLEARED:
            clearing.clear(uow, centre, slot, confirmed=_confirmed())
            return by_radio.standing_down(uow, call, said)
        dispatches.advance(uow, centre, slot, state, "radio")
        return said

    return do(reference, f"progress-{key}", move)


@bp.post("/slots/<uuid:key>/asked-why")
@open_to(*DISPATCHERS)
def asked_why(reference: str, key: UUID) -> ResponseReturnValue:
    """Who is late was asked what keeps them, and perhaps said when they come."""

    def note(uow: UnitOfWork, _: Centre, call: Call) -> str:
        slot = find_slot(uow, call, key)
        late_teams.asked(uow, slot)
        who = paging.who_has(slot)
        if minutes := typed.line("minutes"):
            dispatches.set_eta(uow, slot, minutes_typed(minutes), "radio")
            return msgid("%(who_has)s arrives in %(minutes)s min.", who_has=who, minutes=minutes)
        check_ins.heard(uow, slot, "radio")
        return msgid("Written down: %(who)s was asked what keeps them. Tell the caller.", who=who)

    return do(reference, f"late-{key}", note)


@bp.post("/slots/<uuid:key>/address-read")
@open_to(*DISPATCHERS)
def address_read(reference: str, key: UUID) -> ResponseReturnValue:
    """Who typed too many wrong PINs was read the address by the desk."""

    def note(uow: UnitOfWork, _: Centre, call: Call) -> str:
        slot = find_slot(uow, call, key)
        wrong_pins.told(uow, slot)
        return msgid("Written down: you read the address to %(who)s.", who=paging.who_has(slot))

    return do(reference, f"pin-{key}", note)


def _confirmed() -> bool:
    """Does whoever sends the form say that they know of the alarm?"""
    return bool(typed.line("confirmed"))


def minutes_typed(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 5 else 0  # 0 is refused with a sentence


def state_typed(text: str) -> SlotState:
    known = {state.value: state for state in PROGRESS}
    if text not in known:
        raise Refused(msgid("Choose what the team does now."))
    return known[text]


@bp.post("/pages/<uuid:key>/answer")
@open_to(*DISPATCHERS)
def record_answer(reference: str, key: UUID) -> ResponseReturnValue:
    def record(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        page = uow.get(Page, key)
        find_slot(uow, call, page.slot_id)
        said, _, through = typed.line("answer").partition(":")
        if said not in {"accepts", "declines"} or through not in {"radio", "telephone"}:
            raise Refused(msgid("Choose what the team said, and how."))
        dispatches.record_answer(uow, centre, page, said == "accepts", through)
        who = {"who": page.team.name, "way": through_name(through)}
        if said == "declines":
            then = after_a_no.what_follows(uow, centre, page)
            return msgid("%(who)s declines by %(way)s. %(then)s", **who, then=then)
        if page.slot.responder_id == page.responder_id:
            return msgid("%(who)s accepts by %(way)s: it is theirs.", **who)
        return msgid("%(who)s accepts by %(way)s: it is written down.", **who)

    return do(reference, f"answer-{key}", record)


@bp.post("/slots/<uuid:key>/heard")
@open_to(*DISPATCHERS)
def heard(reference: str, key: UUID) -> ResponseReturnValue:
    """They said by radio that all is well."""

    def note(uow: UnitOfWork, _: Centre, call: Call) -> str:
        slot = find_slot(uow, call, key)
        check_ins.heard(uow, slot, "radio")
        return msgid("%(who_has)s: all is well, by radio.", who_has=paging.who_has(slot))

    return do(reference, f"heard-{key}", note)
