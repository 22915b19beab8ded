"""What a dispatcher does about a call beside sending somebody: ring back, cancel, hand it on."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from triage.domain.codes import CANCELLED
from triage.domain.errands import AFTER_LAST_TRY, REFERRAL_ENDS, RING_OUTCOMES
from triage.domain.errors import Refused
from triage.domain.words import inside, listed, msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.call import DISPATCHERS, own_pages
from triage.entrypoints.web.call_actions import do
from triage.entrypoints.web.call_shown import lines_of_call
from triage.services import (
    by_radio,
    callers,
    cancellations,
    corrections,
    escalations,
    lost_lines,
    neighbours,
    open_cries,
    referrals,
    silent_alarms,
    told_of_alarms,
)
from triage.services.cancellations import Wish
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call_errands", __name__, url_prefix="/calls/<reference>")


@bp.post("/line-lost")
@open_to(*DISPATCHERS)
def line_lost(reference: str) -> ResponseReturnValue:
    def lose(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        lost_lines.lose(uow, centre, call)
        if not callers.can_ring(call):
            return msgid("The line was lost, and no number is known. What was decided stands.")
        return msgid("The line was lost: ring the caller back. What was decided stands.")

    return do(reference, "lost", lose)


@bp.post("/rung-back")
@open_to(*DISPATCHERS)
def rung_back(reference: str) -> ResponseReturnValue:
    def note(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        outcome = typed.line("outcome")
        lost_lines.tried(
            uow,
            centre,
            call,
            turn_seen(),
            outcome,
            confirmed=bool(typed.line("confirmed")),
        )
        return msgid("Call-back: %(outcome)s.", outcome=inside(RING_OUTCOMES[outcome]))

    return do(reference, "lost", note)


_PROMISE_TOLD = {
    "rung": msgid("Written down: the caller was called back."),
    "not_reached": msgid("Written down: not reached. The next try is timed."),
    "unsafe": msgid("Written down: not rung, because it may not be safe."),
}


@bp.post("/promised-back")
@open_to(*DISPATCHERS)
def promised_back(reference: str) -> ResponseReturnValue:
    def note(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        outcome = typed.line("outcome")
        escalations.promise_tried(uow, centre, call, turn_seen(), outcome)
        return _PROMISE_TOLD[outcome]

    return do(reference, "promise", note)


@bp.post("/line-lost/decided")
@open_to(*DISPATCHERS)
def after_last_try(reference: str) -> ResponseReturnValue:
    def decide(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        lost_lines.decide(uow, centre, call, decision := typed.line("decision"))
        return msgid("Written down: %(decision)s.", decision=AFTER_LAST_TRY[decision])

    return do(reference, "lost", decide)


@bp.post("/never-mind")
@open_to(*DISPATCHERS)
def never_mind(reference: str) -> ResponseReturnValue:
    def ask(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        who, alone, spoken = (typed.line(name) for name in ("who", "alone", "spoken"))
        ends = typed.line("disposition") or CANCELLED
        wish = Wish(who, alone, spoken, typed.note("note"), ends)
        confirmed = bool(typed.line("confirmed"))
        if cancellations.ask(uow, centre, call, wish, confirmed=confirmed):
            said = msgid("The call was routine and is canceled. Whoever was asked is told.")
            return by_radio.standing_down(uow, call, said)
        return msgid(
            "A clinician or supervisor has to agree. Until then the call goes on as before."
        )

    return do(reference, "cancel", ask)


@bp.post("/never-mind/answer")
@open_to(*DISPATCHERS, "clinician")
def answer(reference: str) -> ResponseReturnValue:
    """Agreed or refused by whoever may; taken back by whoever asked."""
    person = current_person()

    def decide(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        pages = own_pages(uow, call) if person.role == "clinician" else []
        chosen = typed.line("answer")
        if chosen == "agree":
            said = msgid("Agreed: the call is canceled. Whoever was asked is told to stand down.")
            if pages:
                cancellations.agree_on_own_page(uow, centre, call, pages)
                return said  # whom the desk has to tell by radio is no matter of theirs
            cancellations.agree(uow, centre, call, person.role)
            return by_radio.standing_down(uow, call, said)
        if chosen == "refuse":
            cancellations.refuse(uow, call, person.role)
            return msgid("Refused: the call goes on as before.")
        if chosen != "back" or person.role == "clinician":  # a clinician never asked for it
            raise Refused(msgid("Choose an answer."))
        cancellations.withdraw(uow, call)
        return msgid("Taken back: the call goes on.")

    return do(reference, "cancel", decide)


@bp.post("/neighbour")
@open_to(*DISPATCHERS)
def neighbour(reference: str) -> ResponseReturnValue:
    def hand(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        to = neighbours.hand(uow, centre, call, typed.line("neighbour"))
        return msgid(
            "Ring %(name)s: %(phone)s. The call is ours until they have taken it.",
            name=to.name,
            phone=to.phone,
        )

    return do(reference, "neighbour", hand)


@bp.post("/neighbour/answer")
@open_to(*DISPATCHERS)
def neighbour_answer(reference: str) -> ResponseReturnValue:
    def decide(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        if typed.line("answer") == "accepted":
            said = msgid("They have taken it.")
            if neighbours.accepted(uow, centre, call, typed.line("who")):
                said = msgid("They have taken it. Ours who were asked are told to stand down.")
            if silent_alarms.stands_on(uow, call):
                said = msgid(
                    "They have taken it. A silent alarm stands on this call, so ours go on and it"
                    " stays open."
                )
            elif open_cries.stand_on(uow, call):
                said = msgid(
                    "They have taken it. An alarm stands on this call, so ours go on and it stays"
                    " open."
                )
            return by_radio.standing_down(uow, call, said)
        neighbours.refused(uow, call)
        return msgid("They do not take it: the call is ours again.")

    return do(reference, "neighbour", decide)


@bp.post("/told-by-radio")
@open_to(*DISPATCHERS)
def told_by_radio(reference: str) -> ResponseReturnValue:
    def note(uow: UnitOfWork, _: Centre, call: Call) -> str:
        by_radio.told(uow, call, turn_seen())
        return msgid("Written down: they were told by radio.")

    return do(reference, "radio", note)


@bp.post("/told-of-alarm")
@open_to(*DISPATCHERS)
def told_of_alarm(reference: str) -> ResponseReturnValue:
    return do(reference, "told-of-alarm", note_told_of_alarm)


@bp.post("/stood-down-by-radio")
@open_to(*DISPATCHERS)
def stood_down_by_radio(reference: str) -> ResponseReturnValue:
    def note(uow: UnitOfWork, _: Centre, call: Call) -> str:
        by_radio.told_off(uow, call, turn_seen())
        return msgid("Written down: they were told by radio that they need not come.")

    return do(reference, "stand_down", note)


@bp.post("/corrected")
@open_to(*DISPATCHERS)
def corrected(reference: str) -> ResponseReturnValue:
    def note(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        if typed.line("how") == "text":
            corrections.text(uow, centre, call, turn_seen())
            return msgid("They are texted that what was told of a danger has changed.")
        corrections.told(uow, call, turn_seen())
        return msgid("Written down: they were told that it has changed.")

    return do(reference, "corrected", note)


@bp.post("/referral")
@open_to(*DISPATCHERS)
def referral(reference: str) -> ResponseReturnValue:
    def settle(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        number, outcome = typed.line("number"), typed.line("answer")
        at = int(number) if number.isdecimal() and len(number) < 4 else -1
        referrals.settle(uow, centre, call, at, outcome)
        return msgid("Referral: %(outcome)s.", outcome=inside(REFERRAL_ENDS[outcome]))

    return do(reference, "referral", settle)


def turn_seen() -> int:
    """Which turn of an errand the person saw."""
    turn = typed.line("turn")
    return int(turn) if turn.isdecimal() and len(turn) < 9 else -1


def note_told_of_alarm(uow: UnitOfWork, centre: Centre, call: Call) -> str:
    """Those whom the form names were told by radio of a silent alarm."""
    lines = lines_of_call(uow, centre, call)
    to_tell = told_of_alarms.known(uow).to_tell(call.id, lines)
    told = told_of_alarms.note(uow, to_tell, typed.line("places").split(","))
    return msgid("Written down: %(who)s was told by radio.", who=listed(", ", told))
