"""The line to a caller was lost: ring back, at set times, until a person decides.

A lost line tells nothing of danger and nothing of safety: response and level stay what the
answers so far make them, and the call never closes itself.
"""

from datetime import datetime, timedelta

from triage.domain.errands import AFTER_LAST_TRY, RING_OUTCOMES
from triage.domain.errors import Conflict, Refused
from triage.domain.words import msgid
from triage.services import callers, errands, speaking_freely
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.errands import Errand
from triage.storage.unit_of_work import UnitOfWork

KIND = "line_lost"


def lose(uow: UnitOfWork, centre: Centre, call: Call) -> Errand:
    """Raises Conflict where the line is lost already."""
    must_be_open(call)
    first = uow.now + timedelta(minutes=centre.policy.ring_back_min[0])
    return errands.add(uow, call, KIND, first, tries=[], since=uow.now.isoformat(), round=0)


def tries_left(centre: Centre, errand: Errand) -> int:
    return len(centre.policy.ring_back_min) - _done(errand)


def _done(errand: Errand) -> int:
    """How many tries of this round were made."""
    begun: int = errand.details["round"]
    return errand.turn - begun


def tried(
    uow: UnitOfWork, centre: Centre, call: Call, turn: int, outcome: str, *, confirmed: bool
) -> Errand:
    """Write down what one call-back came to; the next one is due in its time.

    turn -- which try the person saw: somebody else may have written it down meanwhile.
    """
    errand = errands.must_wait(uow, call, KIND)
    if outcome not in RING_OUTCOMES:
        raise Refused(msgid("Choose what the call-back came to."), "outcome")
    if turn != errand.turn:
        raise Conflict(msgid("somebody has written this try down already"))
    if tries_left(centre, errand) <= 0:
        raise Conflict(msgid("this round is over: decide what happens now"))
    if speaking_freely.must_not_ring(uow, call) and not confirmed:
        raise Refused(msgid("Ringing may not be safe for this caller: confirm it."), "confirmed")
    made = {"outcome": outcome, "at": uow.now.isoformat()}
    errand.details = errand.details | {"tries": [*errand.details["tries"], made]}
    number = len(errand.details["tries"])
    uow.audit("line_lost.rung", errand, number=number, outcome=outcome)
    if outcome == "reached":
        errands.end(uow, errand, outcome)
    else:
        errands.next_turn(uow, errand, _next_at(uow, centre, errand))
    return errand


def _next_at(uow: UnitOfWork, centre: Centre, errand: Errand) -> datetime:
    """When the next try is due; after the last one a person decides now."""
    done = _done(errand) + 1
    minutes = centre.policy.ring_back_min
    if done >= len(minutes):
        return uow.now
    since = datetime.fromisoformat(errand.details["since"])
    return max(uow.now, since + timedelta(minutes=minutes[done]))


def decide(uow: UnitOfWork, centre: Centre, call: Call, decision: str) -> None:
    """What happens after the last try, or where no number is known. Raises Conflict while there
    are tries left."""
    errand = errands.must_wait(uow, call, KIND)
    if decision not in AFTER_LAST_TRY:
        raise Refused(msgid("Choose what happens now."), "decision")
    if tries_left(centre, errand) > 0 and callers.can_ring(call):
        raise Conflict(msgid("the last call-back has not been made"))
    if decision != "again":
        errands.end(uow, errand, decision)
        return
    anew = {"round": errand.turn + 1, "since": uow.now.isoformat()}
    errand.details = errand.details | anew
    uow.audit("line_lost.another_round", errand)
    first = timedelta(minutes=centre.policy.ring_back_min[0])
    errands.next_turn(uow, errand, uow.now + first)
